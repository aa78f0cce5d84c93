"""The pack of assertions holds the built-in contracts, and sees how a chain of assertions breaks a promise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.adapters.assertions import Assertions, Shown, Stakes
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.counting_assertions import CountingAssertions
from harness.attack.assertions.attacks import root as root_number
from harness.attack.assertions.pack import PACK
from harness.attack.attack import Outcome, Verdict
from harness.attack.runner import run_pack
from harness.chain.values.accounts import Account
from harness.errors import Reverted


def run(adapter: type[Assertions], name: str) -> Outcome:
    """Play one attack of the pack against an adapter."""
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=[name])
    return outcome


@pytest.mark.parametrize("name", [attack.name for attack in PACK.attacks])
def test_the_built_in_chain_of_assertions_holds(name: str) -> None:
    outcome = run(CountingAssertions, name)
    assert (outcome.verdict, outcome.evidence) == (Verdict.HELD, outcome.evidence)


class WaitsLess(CountingAssertions):
    """A chain of assertions whose period is a second shorter than it states."""

    def stakes(self) -> Stakes:
        return replace(super().stakes(), period=super().stakes().period + 1)


class BurnsLess(CountingAssertions):
    """A chain of assertions that burns less than it states."""

    def stakes(self) -> Stakes:
        return replace(super().stakes(), burnt_share=super().stakes().burnt_share + 1)


class LosesBonds(CountingAssertions):
    """A chain of assertions that holds a wei less than its bonds."""

    def held(self) -> int:
        return super().held() * 9 // 10


class KeepsAWei(CountingAssertions):
    """A chain of assertions whose payouts are a wei short."""

    def collect(self, sender: Account) -> None:
        super().collect(sender)
        self.chain.send(sender=sender, to=self.chain.accounts.judy, value=1)


class TakesAnyBond(CountingAssertions):
    """A chain of assertions that takes any bond."""

    def propose(
        self, parent: bytes, root: bytes, sender: Account, *, bond: int | None = None, attempt: int = 0
    ) -> bytes:
        return super().propose(parent, root, sender, attempt=attempt)


class BeginsElsewhere(CountingAssertions):
    """A chain of assertions whose disputes begin with the claim itself."""

    def show(self, id: bytes) -> Shown:
        found = super().show(id)
        return replace(found, prestate=found.root)


class KnowsAnyParent(CountingAssertions):
    """A chain of assertions that numbers the attempts on a parent that is not there."""

    def attempts(self, parent: bytes, root: bytes) -> int:
        try:
            return super().attempts(parent, root)
        except Reverted:
            return 0


class CountsForAll(CountingAssertions):
    """A chain of assertions that counts the rejections of one root for every root."""

    def attempts(self, parent: bytes, root: bytes) -> int:
        return super().attempts(parent, root_number(1))


@pytest.mark.parametrize(
    ("adapter", "name", "broke"),
    [
        (WaitsLess, "an honest assertion", "the assertions"),
        (BurnsLess, "rivals", "the payouts"),
        (LosesBonds, "an honest assertion", "the money"),
        (KeepsAWei, "an honest assertion", "the payouts"),
        (TakesAnyBond, "assertions that are none", "the assertions"),
        (KnowsAnyParent, "assertions that are none", "the assertions"),
        (CountsForAll, "a root that fell", "what is told"),
        (BeginsElsewhere, "an honest assertion", "the claims"),
    ],
)
def test_the_oracle_names_what_broke(adapter: type[Assertions], name: str, broke: str) -> None:
    outcome = run(adapter, name)
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, broke)

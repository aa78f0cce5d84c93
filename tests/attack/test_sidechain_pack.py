"""The pack of sidechains holds the built-in contracts, and its oracle sees how a bridge or a client breaks one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.qbft_bridge import BuiltInQbftBridge
from harness.adapters.sidechain import Parts, QbftBridge
from harness.attack.attack import Outcome, Verdict
from harness.attack.runner import run_pack
from harness.attack.sidechain.pack import PACK
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.errors import Reverted
from harness.sidechain.bridge import BridgedMessage

NAMES = [attack.name for attack in PACK.attacks]
SAMPLE = sorted(random.Random(20_261_126).sample(NAMES, 9))
"""Those that the suite plays; `harness attack sidechain` plays all."""


def run(adapter: type[QbftBridge], name: str) -> Outcome:
    """Play one attack of the pack against an adapter."""
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=[name])
    return outcome


@pytest.mark.parametrize("name", SAMPLE)
def test_the_built_in_contracts_hold(name: str) -> None:
    outcome = run(BuiltInQbftBridge, name)
    assert outcome.verdict is Verdict.HELD, outcome.evidence


class TakesAnyHeader(BuiltInQbftBridge):
    """A light client that refuses nothing."""

    def update(self, parts: Parts, sender: Account, *, is_change: bool) -> None:
        with suppress(Reverted):
            super().update(parts, sender, is_change=is_change)


class TakesNoHeader(BuiltInQbftBridge):
    """A light client that takes no header with a seal too many."""

    def update(self, parts: Parts, sender: Account, *, is_change: bool) -> None:
        super().update({**parts, "seats": 0}, sender, is_change=is_change)


class FreezesForAnything(BuiltInQbftBridge):
    """A light client that anybody freezes."""

    def freeze(self, one: Parts, two: Parts, sender: Account, span: int = -1) -> None:
        with suppress(Reverted):
            super().freeze(one, two, sender, span)


class PaysAgain(BuiltInQbftBridge):
    """A bridge that pays for a message that has run."""

    def execute(self, message: BridgedMessage, proof: Parts, sender: Account, *, gas: int | None = None) -> None:
        if self.near.received(message.id):
            self.chain.set_balance(self.near, self.held() - message.value)
            return
        super().execute(message, proof, sender, gas=gas)


class DeliversAnything(BuiltInQbftBridge):
    """A bridge on the sidechain that asks nobody."""

    def deliver(self, message: BridgedMessage, seats: bytes, signatures: Sequence[bytes]) -> None:
        with suppress(Reverted):
            super().deliver(message, seats, signatures)


class Mints(BuiltInQbftBridge):
    """A sidechain with more ether than L1 has locked."""

    def there(self) -> int:
        return super().there() + 1


class KeepsStakes(BuiltInQbftBridge):
    """Stakes that are never lost."""

    def stake_of(self, validator: bytes) -> int:
        return max(super().stake_of(validator), self.stake)


class LosesTokens(BuiltInQbftBridge):
    """A port that holds less than it locked."""

    def tokens_held(self, token: Contract) -> int:
        return super().tokens_held(token) - 1


class PaysLittle(BuiltInQbftBridge):
    """A bridge that pays for what is late, but not all."""

    def refund(self, message: BridgedMessage, proof: Parts, sender: Account, behind: int = 0, to: str = "") -> None:
        super().refund(message, proof, sender, behind, to)
        self.chain.set_balance(self.chain.accounts.alice, self.chain.balance(self.chain.accounts.alice) - 1)


@pytest.mark.parametrize(
    ("adapter", "name", "broke"),
    [
        (TakesAnyHeader, "too few seals", "the seals and proofs"),
        (TakesAnyHeader, "a set of liars", "the seals and proofs"),
        (TakesNoHeader, "an honest life", "the honest side"),
        (FreezesForAnything, "no conflict", "the seals and proofs"),
        (PaysAgain, "a replay", "the seals and proofs"),
        (DeliversAnything, "false attestations", "the seals and proofs"),
        (Mints, "an honest life", "the sums of both chains"),
        (KeepsStakes, "stakes of liars", "the stakes"),
        (LosesTokens, "tokens over and back", "the tokens"),
        (PaysLittle, "an honest life", "the money"),
    ],
)
def test_the_oracle_names_what_broke(adapter: type[QbftBridge], name: str, broke: str) -> None:
    outcome = run(adapter, name)
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, broke)


def test_a_bridge_without_tokens_is_not_accused_of_losing_them() -> None:
    class WithoutTokens(BuiltInQbftBridge):
        def create_token(self, owner: Account, amount: int) -> Any:
            return QbftBridge.create_token(self, owner, amount)

    outcome = run(WithoutTokens, "tokens over and back")
    assert (outcome.verdict, outcome.evidence) == (Verdict.NOT_APPLICABLE, "the bridge takes no tokens")


def test_what_an_adapter_lacks_counts_as_no_refusal() -> None:
    class WithoutCalls(BuiltInQbftBridge):
        def told_sender(self) -> str:
            return QbftBridge.told_sender(self)

    outcome = run(WithoutCalls, "targets that call back")
    assert outcome.verdict is Verdict.NOT_APPLICABLE

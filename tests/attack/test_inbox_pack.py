"""The pack of inboxes holds the built-in contracts, and sees when an inbox breaks its terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.inbox import Derived, Inbox, Terms
from harness.adapters.rollup_inbox import RollupInbox
from harness.attack.attack import Outcome, Verdict
from harness.attack.inbox.pack import PACK
from harness.attack.runner import run_pack
from harness.chain.values.accounts import Account


def run(adapter: type[Inbox], name: str) -> Outcome:
    """Play one attack of the pack against an adapter."""
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=[name])
    return outcome


@pytest.mark.parametrize("name", [attack.name for attack in PACK.attacks])
def test_the_built_in_inboxes_hold(name: str) -> None:
    outcome = run(RollupInbox, name)
    assert (outcome.verdict, outcome.evidence) == (Verdict.HELD, outcome.evidence)


class OpensLate(RollupInbox):
    """An inbox whose window is a second longer than it states."""

    def terms(self) -> Terms:
        return replace(super().terms(), window=super().terms().window - 1)


class BelievesRecords(RollupInbox):
    """An inbox that does not look at the record of a forced message."""

    def force(self, count: int, sender: Account, record: Mapping[str, Any] | None = None) -> None:
        super().force(count, sender)


class LosesMessages(RollupInbox):
    """An inbox whose newest message nobody can read."""

    def derived(self) -> Derived:
        found = super().derived()
        return replace(found, messages=found.messages[:-1])


class TellsLies(RollupInbox):
    """An inbox that tells L2 another time of L1."""

    def derived(self) -> Derived:
        found = super().derived()
        batches = [replace(each, told={**each.told, "timestamp": 7}) for each in found.batches]
        return replace(found, batches=batches)


class SellsMore(RollupInbox):
    """An inbox whose blocks sell more than it states."""

    def terms(self) -> Terms:
        terms = super().terms()
        assert terms.market is not None
        return replace(terms, market=replace(terms.market, cap=terms.market.cap // 2))


class AsksForLess(RollupInbox):
    """An inbox that takes less gas for a message than it states."""

    def terms(self) -> Terms:
        return replace(super().terms(), least_gas=super().terms().least_gas + 1)


class ForgetsNothing(RollupInbox):
    """An inbox whose readers keep what a reorg of L1 has taken back."""

    most: Derived | None = None

    def derived(self) -> Derived:
        found = super().derived()
        if self.most is None or len(found.batches) > len(self.most.batches):
            self.most = found
        return self.most


class CountsTooMany(RollupInbox):
    """An inbox whose batches count a message more than it states."""

    def terms(self) -> Terms:
        return replace(super().terms(), most_messages=5)


class LetsBatchesPass(RollupInbox):
    """An inbox that puts a batch into the next place, whatever place it names."""

    def post(self, data: bytes, delayed: int | None = None, *, sender: Account | None = None, after: int = 0) -> None:
        super().post(data, delayed, sender=sender)


class CountsBlocks(RollupInbox):
    """An inbox in which 30 blocks open the window, however soon they come."""

    def queue(self, payload: bytes, gas: int, sender: Account, *, limit: int = 0) -> int:
        self.queued = self.chain.block_number + 1
        return super().queue(payload, gas, sender, limit=limit)

    def force(self, count: int, sender: Account, record: Mapping[str, Any] | None = None) -> None:
        if self.chain.block_number < self.queued + 30:
            super().force(count, sender, record)


@pytest.mark.parametrize(
    ("adapter", "name", "broke"),
    [
        (CountsBlocks, "crowded blocks", "the inbox's terms"),
        (OpensLate, "a censored message", "the honest side"),
        (BelievesRecords, "a censored message", "the inbox's terms"),
        (LosesMessages, "what is read back", "derivation"),
        (TellsLies, "what is read back", "derivation"),
        (SellsMore, "a crowded inbox", "the market"),
        (ForgetsNothing, "a reorg", "derivation"),
        (CountsTooMany, "too many messages", "the inbox's terms"),
        (LetsBatchesPass, "a race for a place", "the inbox's terms"),
        (AsksForLess, "messages that are none", "the inbox's terms"),
    ],
)
def test_the_oracle_names_what_broke(adapter: type[Inbox], name: str, broke: str) -> None:
    outcome = run(adapter, name)
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, broke)


class AsksForNoGas(RollupInbox):
    """An inbox whose messages have no gas of their own."""

    def terms(self) -> Terms:
        return replace(super().terms(), least_gas=0, most_gas=0)

    def queue(self, raw: bytes, gas: int, sender: Account, *, limit: int = 0) -> int:
        return super().queue(raw, gas or 90_000, sender, limit=limit)


def test_an_inbox_whose_messages_have_no_gas_is_asked_for_none() -> None:
    outcome = run(AsksForNoGas, "messages that are none")
    assert outcome.verdict is Verdict.HELD
    assert outcome.evidence.startswith("1 refused")


class OpensSoon(RollupInbox):
    """An inbox that states a window shorter than it takes to fill a block."""

    def terms(self) -> Terms:
        return replace(super().terms(), window=23)


def test_blocks_that_nobody_can_fill_do_not_hold() -> None:
    outcome = run(OpensSoon, "crowded blocks")
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.evidence == "the window opens in 23 s, before others can fill a block"

"""The pack of bridges holds the built-in contracts, and its oracle sees how a bridge breaks a promise."""

from __future__ import annotations

from typing import Any

import pytest

from harness.adapters.bridge import Bridge, Message, Proof
from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.portal_bridge import PortalBridge
from harness.attack.altering import altered, altered_parts
from harness.attack.attack import Outcome, Verdict
from harness.attack.bridge.pack import PACK
from harness.attack.runner import run_pack
from harness.chain.values.accounts import Account
from harness.errors import Reverted


def run(adapter: type[Bridge], name: str) -> Outcome:
    """Play one attack of the pack against an adapter."""
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=[name])
    return outcome


@pytest.mark.parametrize("name", [attack.name for attack in PACK.attacks if attack.name != "a pause"])
def test_the_built_in_bridge_holds(name: str) -> None:
    outcome = run(PortalBridge, name)
    assert (outcome.verdict, outcome.evidence) == (Verdict.HELD, outcome.evidence)


class BelievesAnyProof(PortalBridge):
    """A bridge that does not look at proofs."""

    def prove(self, message: Message, proof: Proof, sender: Account) -> None:
        super().prove(message, self.proof(message), sender)


class WaitsForNothing(PortalBridge):
    """A bridge whose proofs mature at once."""

    def maturity(self) -> int:
        return super().maturity() + 3


class PaysAgain(PortalBridge):
    """A bridge that pays for a message that it has refused."""

    def execute(self, message: Message, sender: Account, **options: Any) -> None:
        if self.portal.finalizedWithdrawals(message.hash):
            self.chain.set_balance(self.portal.address, self.held() - message.value)
            return
        super().execute(message, sender, **options)


class TakesAFee(PortalBridge):
    """A bridge whose messages pay a part of their value to somebody else."""

    def execute(self, message: Message, sender: Account, **options: Any) -> None:
        super().execute(message, sender, **options)
        receiver = self.chain.accounts.get(message.target)
        if receiver is not None:
            self.chain.send(sender=receiver, to=self.chain.accounts.victor, value=message.value // 10)


class RefusesMessages(PortalBridge):
    """A bridge that executes nothing."""

    def execute(self, message: Message, sender: Account, **options: Any) -> None:
        super().execute(message, self.chain.accounts.victor, **options)


class TellsOtherwise(PortalBridge):
    """A bridge whose deposits are told as others than L2 executes."""

    def told_and_executed(self) -> tuple[object, object]:
        told, executed = super().told_and_executed()
        return (told, "something else"), executed


class MintsMore(PortalBridge):
    """A bridge with a token more on L2 than it holds."""

    def tokens_supply(self, token: Any) -> int:
        return super().tokens_supply(token) + 1


class LosesTokens(PortalBridge):
    """A bridge whose tokens do not arrive."""

    def tokens_of(self, token: Any, address: str) -> int:
        return 0


class TakesNoTokens(PortalBridge):
    """A bridge that takes tokens with any gas, and mints none of those with little."""

    def deposit_tokens(self, token: Any, amount: int, sender: Account, gas: int = 0) -> None:
        if not 0 < gas < 100_000:
            super().deposit_tokens(token, amount, sender, gas)


class RemembersProofs(PortalBridge):
    """A bridge that pays by a proof that L1 has no more."""

    def execute(self, message: Message, sender: Account, **options: Any) -> None:
        if self.portal.numProofSubmitters(message.hash):
            super().execute(message, sender, **options)
        else:
            self.chain.set_balance(self.portal.address, self.held() - message.value)


class MaturesSoon(PortalBridge):
    """A bridge that states a delay shorter than it takes to fill a block."""

    def maturity(self) -> int:
        return 23


class CountsBlocks(PortalBridge):
    """A bridge in which 30 blocks mature a proof, however soon they come."""

    def prove(self, message: Message, proof: Proof, sender: Account) -> None:
        super().prove(message, proof, sender)
        self.proven = self.chain.block_number

    def execute(self, message: Message, sender: Account, **options: Any) -> None:
        if self.chain.block_number < self.proven + 30:
            super().execute(message, sender, **options)


class TellsNoReason(PortalBridge):
    """A bridge that tells of a failed message as many bytes as its target reverted with, and not those."""

    def told_reason(self, refusal: Reverted | None) -> bytes:
        return bytes(len(super().told_reason(refusal)))


class UsesMessagesUp(PortalBridge):
    """A bridge that uses up a message that fails, and tells afterwards why it did."""

    def execute(self, message: Message, sender: Account, **options: Any) -> None:
        try:
            super().execute(message, sender, **options)
        except Reverted as refusal:
            self.refusal = refusal

    def told_reason(self, refusal: Reverted | None) -> bytes:
        return super().told_reason(self.refusal) if refusal is None else b""


@pytest.mark.parametrize(
    ("adapter", "name", "broke"),
    [
        (TellsNoReason, "a failure and its reason", "the reasons"),
        (RemembersProofs, "a reorg", "the proofs"),
        (CountsBlocks, "crowded blocks", "the proofs"),
        (TellsOtherwise, "an honest message", "what is told"),
        (MintsMore, "tokens there and back", "the tokens"),
        (LosesTokens, "tokens there and back", "the tokens"),
        (TakesNoTokens, "tokens with little gas", "the tokens"),
        (BelievesAnyProof, "a forged proof", "the proofs"),
        (WaitsForNothing, "a delay", "the proofs"),
        (PaysAgain, "a replay", "the proofs"),
        (TakesAFee, "an honest message", "the money"),
        (RefusesMessages, "an honest message", "the honest side"),
    ],
)
def test_the_oracle_names_what_broke(adapter: type[Bridge], name: str, broke: str) -> None:
    outcome = run(adapter, name)
    assert (outcome.verdict, outcome.broke) == (Verdict.FOUND, broke)


def test_a_bridge_may_tell_the_reason_of_a_message_that_is_used_up() -> None:
    outcome = run(UsesMessagesUp, "a failure and its reason")
    assert (outcome.verdict, outcome.evidence) == (Verdict.HELD, "the bridge tells all 4096 bytes")


def test_every_part_of_a_value_is_altered_and_no_other() -> None:
    parts = {"index": 1, "root": bytes(31) + b"\1", "nodes": [b"ab", b"c"]}
    found = list(altered_parts(parts))
    assert all(other != parts and sum(other[name] != parts[name] for name in parts) == 1 for _, other in found)
    assert {what.split()[0] for what, _ in found} == {"index", "root", "nodes"}
    assert ("one less", 0) in list(altered(1))


def test_blocks_that_nobody_can_fill_do_not_hold() -> None:
    outcome = run(MaturesSoon, "crowded blocks")
    assert outcome.verdict is Verdict.NOT_APPLICABLE
    assert outcome.evidence == "a proof matures in 23 s, before others can fill a block"

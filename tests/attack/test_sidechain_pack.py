"""The pack of sidechains holds the built-in contracts, and its oracle sees how a bridge or a client breaks one."""

from __future__ import annotations

import random
import re
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
from harness.primitives.rlp import RlpError, decode, to_list
from harness.sidechain.bridge import BridgedMessage
from harness.sidechain.header import QBFT_DIGEST

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


class TakesLongLengths(BuiltInQbftBridge):
    """A light client that takes a list whose length has a zero ahead."""

    def update(self, parts: Parts, sender: Account, *, is_change: bool) -> None:
        try:
            super().update(parts, sender, is_change=is_change)
        except Reverted as revert:
            if "actual=84, minimum=256" not in revert.reason:
                raise


class TakesSomeForms(BuiltInQbftBridge):
    """A light client that takes headers of a form that is none."""

    def is_taken(self, header: bytes) -> bool:
        raise NotImplementedError

    def update(self, parts: Parts, sender: Account, *, is_change: bool) -> None:
        try:
            super().update(parts, sender, is_change=is_change)
        except Reverted:
            if not self.is_taken(parts["header"]):
                raise


class TakesZerosAhead(TakesSomeForms):
    """A light client that reads a number with zeros ahead, where it need not look at it."""

    def is_taken(self, header: bytes) -> bool:
        try:
            return to_list(decode(header))[17:18] == [b"\0"]
        except RlpError:
            return False


class TakesText(TakesSomeForms):
    """A light client that looks at the items of the list of validators alone."""

    def is_taken(self, header: bytes) -> bool:
        return b"\xb8\x54\x94" in header


class TakesPartsOfValidators(TakesSomeForms):
    """A light client that drops what is behind the last validator."""

    def is_taken(self, header: bytes) -> bool:
        return b"\xf8\x55\x94" in header


class BelievesLengths(TakesSomeForms):
    """A light client that does not see where the extra data end."""

    def is_taken(self, header: bytes) -> bool:
        found = re.search(rb"\xb9(..)\xf9..\xa0", header, re.DOTALL)
        end = found.start() + 3 + int.from_bytes(found[1], "big") if found else len(header)
        return header.find(QBFT_DIGEST) == end


class RunsOneInATransaction(BuiltInQbftBridge):
    """A bridge of which a second message in a transaction does not run."""

    def call_of_execute(self, message: BridgedMessage, proof: Parts) -> tuple[str, bytes]:
        self.call = getattr(self, "call", super().call_of_execute(message, proof))
        return self.call


class StaysAtStake(BuiltInQbftBridge):
    """A light client that believes who is leaving."""

    def leave(self, validator: Account) -> None:
        pass


class SendsAnyLength(BuiltInQbftBridge):
    """A bridge that takes data without an end."""

    def withdraw(self, to: str, value: int, sender: Account, data: bytes = b"", *, gas: int = 0) -> BridgedMessage:
        return super().withdraw(to, value, sender, data[:1_024], gas=gas)


class SendsToItself(BuiltInQbftBridge):
    """A bridge that takes what its other end refuses."""

    def withdraw(self, to: str, value: int, sender: Account, data: bytes = b"", *, gas: int = 0) -> BridgedMessage:
        if to == self.near_end():
            return self.forged_message(to, value)
        return super().withdraw(to, value, sender, data, gas=gas)


class MintsTheFee(BuiltInQbftBridge):
    """A port that sends over what was asked for, not what has arrived."""

    def tokens_there(self, token: Contract, who: Account) -> int:
        return super().tokens_there(token, who) * 100 // 99


class CountsTwice(BuiltInQbftBridge):
    """A port that sends over what a token sends within a deposit, and counts it in the deposit, too."""

    def create_calling_token(self, owner: Account, amount: int) -> Contract:
        self.token = super().create_calling_token(owner, amount)
        return self.token

    def messages_sent(self) -> Sequence[BridgedMessage]:
        sent = super().messages_sent()
        within = self.minting(self.call_of_arrive(self.token, self.chain.accounts.bob.address, 100))
        return sent if len(sent) < 3 else [*sent, within]


class SendsNothing(BuiltInQbftBridge):
    """A port that sends over no tokens at all."""

    def send_token(self, token: Contract, to: str, amount: int, deadline: int, sender: Account) -> BridgedMessage:
        if amount == 0:
            return self.forged_message(to, 0)
        return super().send_token(token, to, amount, deadline, sender)


@pytest.mark.parametrize(
    ("adapter", "name", "evidence"),
    [
        (TakesLongLengths, "no header", "a length of the validators with a zero ahead is taken"),
        (TakesZerosAhead, "no header", "a blob gas with a zero ahead is taken"),
        (TakesText, "no header", "validators in a text is taken"),
        (TakesPartsOfValidators, "no header", "a byte behind the last validator is taken"),
        (BelievesLengths, "no header", "a header whose extra data say they are longer is taken"),
        (RunsOneInATransaction, "messages in one transaction", "their transaction is refused: "),
        (StaysAtStake, "voices without stakes", "a set for which two vouch, 1 of whom have left is taken"),
        (SendsAnyLength, "sent for ever", "131072 bytes are taken, more than a transaction brings"),
        (SendsToItself, "sent for ever", "a message to L1's end itself is taken, and cannot run: "),
        (MintsTheFee, "a token with a fee", "594 are locked and 600 are on the sidechain"),
        (CountsTwice, "a token that calls back", "800 are locked and 900 are on the sidechain"),
        (SendsNothing, "further promises", "no tokens at all: it was sent"),
    ],
)
def test_an_attack_finds_what_it_is_for(adapter: type[QbftBridge], name: str, evidence: str) -> None:
    outcome = run(adapter, name)
    assert (outcome.verdict, evidence in outcome.evidence) == (Verdict.FOUND, True), outcome.evidence


PLAYED = (
    "sent for ever",
    "a token with a fee",
    "a token that calls back",
    "further promises",
    "no header",
    "messages in one transaction",
    "voices without stakes",
)


@pytest.mark.parametrize("name", PLAYED)
def test_the_built_in_contracts_hold_what_adapters_break(name: str) -> None:
    outcome = run(BuiltInQbftBridge, name)
    assert outcome.verdict is Verdict.HELD, outcome.evidence


@pytest.mark.parametrize("name", ["a token with a fee", "a token that calls back"])
def test_a_bridge_without_odd_tokens_is_not_accused_of_losing_them(name: str) -> None:
    class Plain(BuiltInQbftBridge):
        create_token_with_fee = QbftBridge.create_token_with_fee
        create_calling_token = QbftBridge.create_calling_token

    assert run(Plain, name).verdict is Verdict.NOT_APPLICABLE


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

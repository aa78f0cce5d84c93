"""The contract beside its reference model: after every call both must agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.channels.judge import ChannelJudge
from harness.channels.messages import Messages
from harness.channels.types import ChannelState, CloseTogether, Lock, Side, SignedState, Terms, Withdrawal
from harness.fuzz.channel_shadow import Shadow

if TYPE_CHECKING:
    from harness.chain import Account, Receipt
    from harness.contracts.bindings import Contract


class ShadowedJudge(ChannelJudge):
    """A judge for channels in ether; raises AssertionError if contract and model disagree."""

    def __init__(self, contract: Contract, relayer: Account) -> None:
        super().__init__(contract, relayer)
        self.shadows: dict[bytes, Shadow] = {}

    def open(self, terms: Terms, amount: int, sender: Account) -> Receipt:
        receipt = super().open(terms, amount, sender)
        shadow = Shadow(terms).opened()
        side = terms.side_of(sender.address)
        return self._agree(shadow if side is None else shadow.deposited(side, amount), receipt)

    def deposit(self, terms: Terms, side: Side, total: int, sender: Account) -> Receipt:
        receipt = super().deposit(terms, side, total, sender)
        return self._agree(self.shadows[terms.channel].deposited(side, total), receipt)

    def withdraw(self, terms: Terms, wanted: Withdrawal, to: str, signatures: Sequence[bytes]) -> Receipt:
        receipt = super().withdraw(terms, wanted, to, signatures)
        return self._agree(self.shadows[terms.channel].withdrawn(wanted.side, wanted.total), receipt)

    def close_together(self, terms: Terms, close: CloseTogether, signatures: Sequence[bytes]) -> Receipt:
        receipt = super().close_together(terms, close, signatures)
        return self._agree(self.shadows[terms.channel].closed_together(close), receipt)

    def close(self, terms: Terms, signed: SignedState, sender: Account) -> Receipt:
        receipt = super().close(terms, signed, sender)
        side = terms.side_of(sender.address)
        assert side is not None
        shadow = self.shadows[terms.channel].closed(side, signed.state, signed.locks, receipt.timestamp)
        return self._agree(shadow, receipt)

    def update(self, terms: Terms, signed: SignedState, sender: Account | None = None) -> Receipt:
        receipt = super().update(terms, signed, sender)
        submitter = terms.side_of((sender or self.relayer).address)
        return self._agree(self.shadows[terms.channel].updated(signed.state, signed.locks, submitter), receipt)

    def settle(self, terms: Terms, state: ChannelState) -> Receipt:
        receipt = super().settle(terms, state)
        return self._agree(self.shadows[terms.channel].settled(), receipt)

    def unlock(self, terms: Terms, lock: Lock, index: int, proof: Sequence[bytes], pool: int) -> Receipt:
        revealed_at = self.revealed_at(lock.hashlock)
        receipt = super().unlock(terms, lock, index, proof, pool)
        shadow = self.shadows[terms.channel].unlocked(lock, revealed_at, receipt.timestamp)
        return self._agree(shadow, receipt)

    def payout(self, terms: Terms, side: Side, to: str | None = None, sender: Account | None = None) -> Receipt:
        receipt = super().payout(terms, side, to, sender)
        return self._agree(self.shadows[terms.channel].paid_out(side), receipt)

    def _agree(self, shadow: Shadow, receipt: Receipt) -> Receipt:
        self.shadows[shadow.terms.channel] = shadow
        actual, expected = self.info(shadow.terms), shadow.info(Messages.of(self.domain, shadow.terms))
        assert actual == expected, f"the contract says {actual}, the model {expected}"
        return receipt

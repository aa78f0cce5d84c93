"""The contract as Python calls it: one method per function, in the types of this package."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.channels.errors import NotAChannelParty
from harness.channels.messages import Domain
from harness.channels.types import ETHER, ChannelState, CloseTogether, Funds, Lock, Side, SignedState, Status, Terms
from harness.channels.types import Withdrawal as WithdrawalTerms

if TYPE_CHECKING:
    from harness.chain import Account, Chain, Receipt
    from harness.contracts.bindings import Contract


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """The contract's record of a channel.

    ``funds.held_a`` and ``held_b`` are deposits while the channel lives, and unpaid balances once it is settled.
    """

    status: Status
    deadline: int
    version: int
    stale: bool
    funds: Funds
    commitment: bytes


class ChannelJudge:
    """A deployed PaymentChannel."""

    def __init__(self, contract: Contract, relayer: Account) -> None:
        self.contract = contract
        self.chain: Chain = contract.chain
        self.relayer = relayer
        """Sends the transactions that anybody may send."""
        self.domain = Domain(self.chain.chain_id, contract.address)
        self._known: dict[bytes, tuple[Hashable, ChannelInfo]] = {}

    @property
    def now(self) -> int:
        """The earliest time that the next transaction can see, in seconds since 1970."""
        return self.chain.now

    def info(self, terms: Terms) -> ChannelInfo:
        """Return the contract's record; it is read once per channel and state of the chain."""
        version = self.chain.version
        known = self._known.get(terms.channel)
        if known is None or known[0] != version:
            known = self._known[terms.channel] = (version, self._ask(terms))
        return known[1]

    def _ask(self, terms: Terms) -> ChannelInfo:
        status, deadline, version, stale, held_a, held_b, withdrawn_a, withdrawn_b, commitment = tuple(
            self.contract.channelInfo(terms.channel)
        )
        funds = Funds(held_a, held_b, withdrawn_a, withdrawn_b)
        return ChannelInfo(Status(status), deadline, version, stale, funds, bytes(commitment))

    def next_epoch(self, token: str, a: str, b: str) -> int:
        return int(self.contract.epochOf(token, a, b)) + 1

    def revealed_at(self, hashlock: bytes) -> int:
        return int(self.contract.revealedAt(hashlock))

    def open(self, terms: Terms, amount: int, sender: Account) -> Receipt:
        return self._send("open", terms.as_tuple(), amount, sender=sender, value=self._value(terms, amount))

    def deposit(self, terms: Terms, side: Side, total: int, sender: Account) -> Receipt:
        funds = self.info(terms).funds
        paid = total - (funds.held_a if side is Side.A else funds.held_b)
        return self._send(
            "deposit", terms.as_tuple(), int(side), total, sender=sender, value=max(0, self._value(terms, paid))
        )

    def withdraw(self, terms: Terms, wanted: WithdrawalTerms, to: str, signatures: Sequence[bytes]) -> Receipt:
        side, total, expiry = int(wanted.side), wanted.total, wanted.expiry
        return self._send("withdraw", terms.as_tuple(), side, total, expiry, to, *signatures, sender=self.relayer)

    def close_together(self, terms: Terms, close: CloseTogether, signatures: Sequence[bytes]) -> Receipt:
        split = (close.balance_a, close.balance_b, close.expiry)
        return self._send("closeTogether", terms.as_tuple(), *split, *signatures, sender=self.relayer)

    def close(self, terms: Terms, signed: SignedState, sender: Account) -> Receipt:
        """Close as a party; raises NotAChannelParty for any other account."""
        side = terms.side_of(sender.address)
        if side is None:
            raise NotAChannelParty(sender.address, terms.a, terms.b)
        signature = signed.signature(side.other)
        return self._send("close", terms.as_tuple(), signed.state.as_tuple(), signature, sender=sender)

    def update(self, terms: Terms, signed: SignedState, sender: Account | None = None) -> Receipt:
        state = signed.state.as_tuple()
        return self._send(
            "update", terms.as_tuple(), state, signed.signature_a, signed.signature_b, sender=sender or self.relayer
        )

    def settle(self, terms: Terms, state: ChannelState) -> Receipt:
        return self._send("settle", terms.as_tuple(), state.as_tuple(), sender=self.relayer)

    def reveal(self, preimage: bytes, sender: Account | None = None) -> Receipt:
        return self._send("reveal", preimage, sender=sender or self.relayer)

    def unlock(self, terms: Terms, lock: Lock, index: int, proof: Sequence[bytes], pool: int) -> Receipt:
        return self._send("unlock", terms.channel, lock.as_tuple(), index, list(proof), pool, sender=self.relayer)

    def payout(self, terms: Terms, side: Side, to: str | None = None, sender: Account | None = None) -> Receipt:
        return self._send("payout", terms.as_tuple(), int(side), to or terms.party(side), sender=sender or self.relayer)

    def payout_both(self, terms: Terms) -> Receipt:
        return self._send("payoutBoth", terms.as_tuple(), sender=self.relayer)

    def _send(self, name: str, *args: Any, sender: Account, value: int = 0) -> Receipt:
        receipt: Receipt = self.contract.functions[name](*args, sender=sender, value=value)
        return receipt

    @staticmethod
    def _value(terms: Terms, amount: int) -> int:
        return amount if terms.token == ETHER else 0

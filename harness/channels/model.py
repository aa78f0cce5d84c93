"""Settlement as a pure function: what the contract must pay, whatever happened before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.channels.types import ChannelState, CloseTogether, Funds, Lock, Side, Terms

WHOLE = 10_000
"""The whole, in the unit of a penalty."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A unilateral close and what came after it within the window."""

    closer: Side
    closed_with: ChannelState
    posted: ChannelState
    stale: bool
    deadline: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """Balances that can be paid at once, and what stays under locks."""

    a: int
    b: int
    locked: int

    def of(self, side: Side) -> int:
        return self.a if side is Side.A else self.b


def postable(funds: Funds, state: ChannelState) -> bool:
    """Whether the deposits cover a state, and its root is empty exactly when nothing is locked."""
    covered = min(funds.balances(state)) >= 0
    return covered and (state.locked_a + state.locked_b == 0) == (state.lock_root == bytes(32))


def proves_stale(closing: Closing, state: ChannelState, submitter: Side | None) -> bool:
    """Whether a state, newer than the posted one, proves that the closer held a newer one than it closed with.

    ``submitter`` is None for anybody but the two parties.
    """
    if state.proposer is closing.closer:
        return state.base > closing.closed_with.version
    return submitter is not closing.closer


def settle(terms: Terms, funds: Funds, closing: Closing) -> Settlement:
    """The balances once the window is over."""
    a, b = funds.balances(closing.posted)
    if closing.stale:
        fine = (a if closing.closer is Side.A else b) * terms.penalty // WHOLE
        a, b = (a - fine, b + fine) if closing.closer is Side.A else (a + fine, b - fine)
    return Settlement(a, b, closing.posted.locked_a + closing.posted.locked_b)


def together(funds: Funds, close: CloseTogether) -> Settlement:
    """What a close by both pays: the balances that they signed, and in halves what the channel holds beyond them."""
    extra = funds.pool - close.balance_a - close.balance_b
    return Settlement(close.balance_a + extra // 2, close.balance_b + extra - extra // 2, 0)


def beneficiary(lock: Lock, revealed_at: int, now: int) -> Side | None:
    """Who gets a lock: the payee if it was revealed by the expiry, after it the payer; None while it is open.

    ``revealed_at`` is 0 for a preimage that nobody has revealed.
    """
    if revealed_at and revealed_at <= lock.expiry:
        return lock.payer.other
    return lock.payer if now > lock.expiry else None


def winner(lock: Lock, revealed_at: int) -> Side:
    """Who gets a lock in the end, if nothing more is revealed."""
    return lock.payer.other if revealed_at and revealed_at <= lock.expiry else lock.payer


def final(settlement: Settlement, locks: Sequence[Lock], revealed: Mapping[bytes, int]) -> tuple[int, int]:
    """What A and B have in the end, once every lock has expired or been revealed."""
    totals = [settlement.a, settlement.b]
    for lock in locks:
        totals[winner(lock, revealed.get(lock.hashlock, 0))] += lock.amount
    return totals[0], totals[1]


def entitlement(
    funds: Funds, state: ChannelState, locks: Iterable[Lock], preimages: Mapping[bytes, int], side: Side
) -> int:
    """What a side is sure of under a state: its free balance, its payer locks nobody can open, the locks it can open.

    ``preimages`` maps the hashlocks that ``side`` has revealed, or sees revealed, to the time of revelation.
    """
    balance = funds.balances(state)[side]
    for lock in locks:
        if winner(lock, preimages.get(lock.hashlock, 0)) is side:
            balance += lock.amount
    return balance

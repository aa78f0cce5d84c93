"""Settlement as pure functions: what the contract must pay, whatever happened before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.channels.types import ChannelState, CloseTogether, Funds, Lock, Side, Terms

WHOLE = 10_000
"""The whole, in the unit of a penalty."""


@dataclass(frozen=True, slots=True)
class Closing:
    """A one-sided close, and what followed it within the settlement window."""

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
    """Return whether the deposits cover a state, and whether its root is empty exactly if nothing is locked."""
    covered = min(funds.balances(state)) >= 0
    return covered and (state.locked_a + state.locked_b == 0) == (state.lock_root == bytes(32))


def proves_stale(closing: Closing, state: ChannelState, submitter: Side | None) -> bool:
    """Return whether a newer state proves that the closer held a newer one than it closed with.

    ``submitter`` is None for anybody but the two parties.
    """
    if state.proposer is closing.closer:
        return state.base > closing.closed_with.version
    return submitter is not closing.closer


def settle(terms: Terms, funds: Funds, closing: Closing) -> Settlement:
    """Return the balances once the settlement window is over."""
    a, b = funds.balances(closing.posted)
    if closing.stale:
        fine = (a if closing.closer is Side.A else b) * terms.penalty // WHOLE
        a, b = (a - fine, b + fine) if closing.closer is Side.A else (a + fine, b - fine)
    return Settlement(a, b, closing.posted.locked_a + closing.posted.locked_b)


def together(funds: Funds, close: CloseTogether) -> Settlement:
    """Return what a cooperative close pays.

    Each party gets the balance that both signed, and half of what the channel holds beyond both.
    """
    extra = funds.pool - close.balance_a - close.balance_b
    return Settlement(close.balance_a + extra // 2, close.balance_b + extra - extra // 2, 0)


def beneficiary(lock: Lock, revealed_at: int, now: int) -> Side | None:
    """Return who gets a lock; None while it is open.

    The payee gets it if the preimage was published by the expiry, and the payer gets it after that. ``revealed_at`` is
    0 if nobody has published the preimage.
    """
    if revealed_at and revealed_at <= lock.expiry:
        return lock.payer.other
    return lock.payer if now > lock.expiry else None


def winner(lock: Lock, revealed_at: int) -> Side:
    """Return who gets a lock in the end if nothing more is published."""
    return lock.payer.other if revealed_at and revealed_at <= lock.expiry else lock.payer


def final(settlement: Settlement, locks: Sequence[Lock], revealed: Mapping[bytes, int]) -> tuple[int, int]:
    """Return what A and B have in the end, once every lock has expired or been opened."""
    totals = [settlement.a, settlement.b]
    for lock in locks:
        totals[winner(lock, revealed.get(lock.hashlock, 0))] += lock.amount
    return totals[0], totals[1]


def entitlement(
    funds: Funds, state: ChannelState, locks: Iterable[Lock], preimages: Mapping[bytes, int], side: Side
) -> int:
    """Return the least that a side can get under a state.

    That is its free balance, its own locks that nobody can open, and the locks that it can open. ``preimages`` maps the
    hashlocks whose preimage ``side`` published, or saw published, to the time of that.
    """
    balance = funds.balances(state)[side]
    for lock in locks:
        if winner(lock, preimages.get(lock.hashlock, 0)) is side:
            balance += lock.amount
    return balance

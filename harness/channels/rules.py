"""When a party adopts a state that the other one proposed: pure functions, one per rule, with its reason.

The receiver and the proposer both ask `check_content`, the proposer before it signs. Nobody answers a proposal that its
receiver refuses, and all that the proposer signs afterwards builds on it.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.channels.errors import IllegalProposal, StaleState
from harness.channels.ledger import Content, Ledger
from harness.channels.locks import EMPTY_HASHLOCK, MAX_LOCKS
from harness.channels.types import Lock, SignedState

MAX_AMOUNT = 2**128 - 1
MAX_LEAP = 2**32
"""Most versions that a proposal may skip. No peer can use up the versions that are left."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What an adopted proposal changed, as its receiver sees it.

    ``received`` is what was paid without a lock, net of paid locks. ``returned`` are own locks that came back.
    """

    received: int = 0
    added: tuple[Lock, ...] = ()
    opened: tuple[Lock, ...] = ()
    expired: tuple[Lock, ...] = ()
    returned: tuple[Lock, ...] = ()


def check(ledger: Ledger, proposed: SignedState, now: int) -> Changes:
    """Return what ``proposed`` changes.

    Raises StaleState, IllegalProposal or ChannelOverdrawn if it must not be adopted. The signature and every field's
    range have been checked. ``now`` decides which locks may be gone because they have expired.
    """
    _check_version(ledger, proposed)
    check_content(ledger, Content.of(proposed))
    check_commitment(proposed)
    basis = ledger.signed.get(proposed.state.base)
    if basis is None:
        raise IllegalProposal(
            "base", proposed.state.base, f"one of our {len(ledger.signed)} versions, from {min(ledger.signed)}"
        )
    mine, theirs = ledger.side, ledger.side.other
    # Only we spend our money. On the basis that the proposer names, our payments and locks must be unchanged.
    if proposed.state.paid(mine) != basis.state.paid(mine):
        raise IllegalProposal("our total", proposed.state.paid(mine), basis.state.paid(mine))
    left, made = frozenset(proposed.locks), frozenset(basis.locks)
    invented = [lock for lock in proposed.locks if lock.payer is mine and lock not in made]
    if invented:
        raise IllegalProposal("a lock on our money", invented[0], "one that we made")
    # What the proposer owes us never shrinks, measured by its newest signed state and by the basis.
    for known in (ledger.adopted, basis):
        _check_owed(ledger, known, proposed, left, now)
    ledger.check_covered(proposed.state, now)
    old = ledger.adopted if ledger.adopted.version >= basis.version else basis
    if not (proposed.locks or old.locks or basis.locks):
        return Changes(proposed.state.paid(theirs) - old.state.paid(theirs))
    before = frozenset(old.locks)
    gone = [lock for lock in old.locks if lock.payer is theirs and lock not in left]
    expired = tuple(lock for lock in gone if ledger.is_over(lock, now))
    opened = tuple(lock for lock in gone if lock not in expired and lock not in ledger.dropped)
    paid = proposed.state.paid(theirs) - old.state.paid(theirs)
    return Changes(
        received=paid - sum(lock.amount for lock in opened),
        added=tuple(lock for lock in proposed.locks if lock.payer is theirs and lock not in before),
        opened=opened,
        expired=expired,
        returned=tuple(lock for lock in basis.locks if lock.payer is mine and lock not in left),
    )


def _check_version(ledger: Ledger, proposed: SignedState) -> None:
    """Raise unless the version has the proposer's parity and exceeds all that we signed.

    So no state of ours can be played against it.
    """
    version = proposed.version
    if proposed.state.proposer is ledger.side or not 0 < version < 2**64:
        raise IllegalProposal("version", version, "one of the proposer's parity")
    newest = max(ledger.newest, ledger.adopted.version)
    if version <= newest:
        raise StaleState(version, newest)
    if version > newest + MAX_LEAP:
        raise IllegalProposal("version", version, f"at most {newest + MAX_LEAP}")
    if proposed.state.base >= version:
        raise IllegalProposal("base", proposed.state.base, f"less than {version}")


def check_content(ledger: Ledger, content: Content) -> None:
    """Raise IllegalProposal for locks that no party signs. Their money would stay locked, or be promised twice."""
    locks = content.locks
    if len(locks) > MAX_LOCKS or len(set(locks)) != len(locks):
        raise IllegalProposal("locks", len(locks), f"at most {MAX_LOCKS}, all different")
    for lock in locks:
        if not 0 < lock.amount <= MAX_AMOUNT or not 0 <= lock.expiry < 2**64:
            raise IllegalProposal("lock", lock, "a positive amount and an expiry of 64 bits")
        if lock.hashlock == EMPTY_HASHLOCK:
            raise IllegalProposal("preimage", "zero", "one that the contract takes")
        # A lock that was given up once is worthless to a payee that accepts it again.
        if lock in ledger.gone:
            raise IllegalProposal("lock", lock, "one that was not paid or given back before")
    if not (0 <= content.paid_a <= MAX_AMOUNT and 0 <= content.paid_b <= MAX_AMOUNT):
        raise IllegalProposal("totals", (content.paid_a, content.paid_b), "128 bits")


def check_new_lock(lock: Lock, now: int) -> None:
    """Raise IllegalProposal for a new lock that has expired already."""
    if lock.expiry <= now:
        raise IllegalProposal("lock's expiry", lock.expiry, f"later than {now}")


def check_commitment(proposed: SignedState) -> None:
    """Raise IllegalProposal unless the locks are the state's. The contract trusts the root alone."""
    state = proposed.state
    summed = Content.of(proposed).state(proposed.version, state.base)
    if summed != state:
        raise IllegalProposal("lock root and totals", state, summed)


def _check_owed(ledger: Ledger, known: SignedState, proposed: SignedState, left: frozenset[Lock], now: int) -> None:
    """Raise IllegalProposal unless the proposer's payments and unexpired locks in ``known`` are still there.

    A lock may have become a payment.
    """
    theirs = ledger.side.other
    due = known.state.paid(theirs)
    if proposed.state.paid(theirs) < due:
        raise IllegalProposal("the proposer's total", proposed.state.paid(theirs), f"at least {due}")
    for lock in known.locks:
        if lock.payer is theirs and lock not in ledger.dropped and lock not in left:
            due += 0 if ledger.is_over(lock, now) else lock.amount
    if proposed.state.paid(theirs) < due:
        raise IllegalProposal("the proposer's total", proposed.state.paid(theirs), f"{due} with its open locks")

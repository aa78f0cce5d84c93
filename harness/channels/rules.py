"""When a party takes over a state that the other one proposed: pure functions, one per rule, with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from harness.channels.errors import IllegalProposal, StaleState
from harness.channels.ledger import Content, Ledger
from harness.channels.locks import EMPTY_HASHLOCK, MAX_LOCKS
from harness.channels.types import Lock, SignedState

MAX_AMOUNT = 2**128 - 1


@dataclass(frozen=True, slots=True)
class Changes:
    """What an adopted proposal changed, as its receiver sees it.

    ``received`` is what was paid without a lock, net of paid locks; ``returned`` are own locks that came back.
    """

    received: int = 0
    added: tuple[Lock, ...] = ()
    opened: tuple[Lock, ...] = ()
    expired: tuple[Lock, ...] = ()
    returned: tuple[Lock, ...] = ()


def check(ledger: Ledger, proposed: SignedState, now: int) -> Changes:
    """Return what ``proposed`` changes; raises StaleState, IllegalProposal or ChannelOverdrawn if it must not be
    adopted.

    The signature has been checked. ``now`` decides which locks may be gone because they have expired.
    """
    _check_version(ledger, proposed)
    _check_locks(proposed)
    basis = ledger.signed.get(proposed.state.base)
    if basis is None:
        raise IllegalProposal("base", proposed.state.base, f"one of our versions {sorted(ledger.signed)}")
    mine, theirs = ledger.side, ledger.side.other
    # Only we spend our money: on the basis that the proposer names, our payments and locks are as we left them.
    if proposed.state.paid(mine) != basis.state.paid(mine):
        raise IllegalProposal("our total", proposed.state.paid(mine), basis.state.paid(mine))
    invented = [lock for lock in proposed.locks if lock.payer is mine and lock not in basis.locks]
    if invented:
        raise IllegalProposal("a lock on our money", invented[0], "one that we made")
    # What the proposer owes us never shrinks, against its newest signed state and against the basis.
    for known in (ledger.adopted, basis):
        _check_owed(ledger, known, proposed, now)
    ledger.check_covered(proposed.state, now)
    old = ledger.adopted if ledger.adopted.version >= basis.version else basis
    if not (proposed.locks or old.locks or basis.locks):
        return Changes(proposed.state.paid(theirs) - old.state.paid(theirs))
    gone = [lock for lock in old.locks if lock.payer is theirs and lock not in proposed.locks]
    expired = tuple(lock for lock in gone if _is_over(ledger, lock, now))
    opened = tuple(lock for lock in gone if lock not in expired and lock not in ledger.dropped)
    paid = proposed.state.paid(theirs) - old.state.paid(theirs)
    return Changes(
        received=paid - sum(lock.amount for lock in opened),
        added=tuple(lock for lock in proposed.locks if lock.payer is theirs and lock not in old.locks),
        opened=opened,
        expired=expired,
        returned=tuple(lock for lock in basis.locks if lock.payer is mine and lock not in proposed.locks),
    )


def _check_version(ledger: Ledger, proposed: SignedState) -> None:
    """A version of the proposer's parity above all that we signed: no state of ours can be played against it."""
    version = proposed.version
    if proposed.state.proposer is ledger.side or not 0 < version < 2**64:
        raise IllegalProposal("version", version, "one of the proposer's parity")
    newest = max(ledger.newest, ledger.adopted.version)
    if version <= newest:
        raise StaleState(version, newest)
    if proposed.state.base >= version:
        raise IllegalProposal("base", proposed.state.base, f"less than {version}")


def _check_locks(proposed: SignedState) -> None:
    """Locks that the contract could not decide must not be signed: their money would stay locked."""
    locks, state = proposed.locks, proposed.state
    summed = Content.of(proposed).state(proposed.version, proposed.state.base)
    if summed != state:
        raise IllegalProposal("lock root and totals", state, summed)
    if len(locks) > MAX_LOCKS or len(set(locks)) != len(locks):
        raise IllegalProposal("locks", len(locks), f"at most {MAX_LOCKS}, all different")
    for lock in locks:
        if not 0 < lock.amount <= MAX_AMOUNT or not 0 <= lock.expiry < 2**64:
            raise IllegalProposal("lock", lock, "a positive amount and an expiry of 64 bits")
        if lock.hashlock == EMPTY_HASHLOCK:
            raise IllegalProposal("preimage", "zero", "one that the contract takes")
    if not (0 <= state.paid_a <= MAX_AMOUNT and 0 <= state.paid_b <= MAX_AMOUNT):
        raise IllegalProposal("totals", (state.paid_a, state.paid_b), "128 bits")


def _check_owed(ledger: Ledger, known: SignedState, proposed: SignedState, now: int) -> None:
    """The proposer's payments and unexpired locks in ``known`` are still there, each lock at least as a payment."""
    theirs = ledger.side.other
    due = known.state.paid(theirs)
    if proposed.state.paid(theirs) < due:
        raise IllegalProposal("the proposer's total", proposed.state.paid(theirs), f"at least {due}")
    for lock in known.locks:
        if lock.payer is theirs and lock not in ledger.dropped and lock not in proposed.locks:
            due += 0 if _is_over(ledger, lock, now) else lock.amount
    if proposed.state.paid(theirs) < due:
        raise IllegalProposal("the proposer's total", proposed.state.paid(theirs), f"{due} with its open locks")


def _is_over(ledger: Ledger, lock: Lock, now: int) -> bool:
    """Whether a lock payable to us can be given up: past its expiry, and not revealed on chain before."""
    return now > lock.expiry and lock.hashlock not in ledger.revealed

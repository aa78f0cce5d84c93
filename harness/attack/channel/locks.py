"""Attacks on hashlocked payments."""

from __future__ import annotations

from harness.adapters.channel import Lock, State
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.ring import Ring
from harness.attack.oracle import COUNTS
from harness.attack.seats import UNIT

DAY = 86_400
SECRET = b"\x5e" * 32
OTHER = b"\x7a" * 32


def _locked(ring: Ring, *, honest_pays: bool, secret: bytes = SECRET) -> Lock:
    """Let both sign a state with two locks by one payer, the second one to be refunded; return the first."""
    if not ring.adapter.has_locks:
        raise NotApplicable("the contract has no locks")
    window = ring.adapter.window or DAY
    expiry = ring.now + 3 * window
    payer = 0 if honest_pays == ring.is_first else 1
    lock, second = Lock(secret, 2 * UNIT, expiry, payer), Lock(OTHER, UNIT, expiry, payer)
    free = ring.total - 3 * UNIT
    mine = free - UNIT if not honest_pays else free // 2
    ring.agree(State(ring.newest.version + 1, ring.ordered(mine, free - mine), (lock, second)))
    return lock


def _settled(ring: Ring) -> None:
    """Close with the newest state and settle."""
    ring.answer()
    ring.end(ring.channel, ring.honest)


def _shown(ring: Ring, lock: Lock, who: str) -> str:
    """Publish a secret where the contract keeps secrets apart from locks, or else open the lock."""
    sender = getattr(ring, who)
    if (said := ring.attempt("reveal", ring.channel, lock, sender)) and "when a lock is opened" in said:
        return ring.attempt("unlock", ring.channel, ring.newest, lock, lock.secret, sender)
    return said


def _due(ring: Ring, lock: Lock, *, opened: bool) -> int:
    """Return what the honest party is entitled to if the first lock was opened in time, or not."""
    payer_is_honest = (lock.payer == 0) == ring.is_first
    share = ring.entitled()
    refund = sum(each.amount for each in ring.newest.locks if each.secret != lock.secret)
    if payer_is_honest:
        return share + refund + (0 if opened else lock.amount)
    return share + (lock.amount if opened else 0)


def _opened_at(ring: Ring, after: int) -> str:
    """Let the honest payee show its secret so many seconds after the lock's last second."""
    lock = _locked(ring, honest_pays=False)
    _settled(ring)
    ring.wait_until(lock.expiry + after)
    refused = _shown(ring, lock, "honest")
    if refused and after <= 0:
        ring.broken(COUNTS, f"a secret is refused {-after} seconds before the end of its lock: {refused}")
    ring.wait_until(lock.expiry + 10)
    ring.try_move("a refund of an opened lock", "unlock", ring.channel, ring.newest, lock, None, ring.cheat)
    return ring.judge(due=_due(ring, lock, opened=after <= 0))


def _opened_in_time(ring: Ring) -> str:
    return _opened_at(ring, -1)


def _opened_last(ring: Ring) -> str:
    return _opened_at(ring, 0)


def _opened_late(ring: Ring) -> str:
    """Open a lock of the honest payer one second after its last second."""
    lock = _locked(ring, honest_pays=True)
    _settled(ring)
    ring.wait_until(lock.expiry + 1)
    _shown(ring, lock, "cheat")
    ring.try_move("a secret shown late", "unlock", ring.channel, ring.newest, lock, lock.secret, ring.cheat)
    return ring.judge(due=_due(ring, lock, opened=False))


def _refunded_early(ring: Ring) -> str:
    """Take a lock back in its last second, ahead of the secret in the same block."""
    lock = _locked(ring, honest_pays=False)
    _settled(ring)
    for before in (DAY, 1):
        if ring.now < lock.expiry - before:
            ring.wait_until(lock.expiry - before)
        ring.move("a refund before the end", "unlock", ring.channel, ring.newest, lock, None, ring.cheat)
    ring.wait_until(lock.expiry)
    ring.race(
        "a refund in the last second, ahead of the secret",
        lambda: ring.call("unlock", ring.channel, ring.newest, lock, None, ring.cheat),
        lambda: _shown(ring, lock, "honest"),
    )
    return ring.judge(due=_due(ring, lock, opened=True))


def _shown_again(ring: Ring) -> str:
    """Show a secret that the honest payee has shown once more after the lock's end."""
    lock = _locked(ring, honest_pays=False)
    _settled(ring)
    ring.wait_until(lock.expiry - 10)
    if ring.attempt("reveal", ring.channel, lock, ring.honest):
        raise NotApplicable("secrets are shown when a lock is opened")
    ring.wait_until(lock.expiry + 1)
    ring.try_move("a secret shown again", "reveal", ring.channel, lock, ring.cheat)
    ring.move("a refund of an opened lock", "unlock", ring.channel, ring.newest, lock, None, ring.cheat)
    return ring.judge(due=_due(ring, lock, opened=True))


def _twice(ring: Ring) -> str:
    """Decide locks twice, as they were and with every word of the call altered."""
    lock = _locked(ring, honest_pays=True)
    _settled(ring)
    if refused := _shown(ring, lock, "cheat"):
        raise NotApplicable(f"the lock cannot be opened: {refused}")
    ring.try_move("the opening", "unlock", ring.channel, ring.newest, lock, lock.secret, ring.cheat)
    for call in tuple(ring.tape.calls)[-2:]:
        for what, changed in ring.tape.altered(call, ring.stage.random):
            if not ring.tape.send(changed, ring.cheat):
                ring.stopped.append(f"{call.name} again with {what}: {ring.tape.reason}")
    return ring.judge(due=_due(ring, lock, opened=True))


def _wrong_secret(ring: Ring) -> str:
    """Open a lock of the honest payer by another secret."""
    lock = _locked(ring, honest_pays=True)
    _settled(ring)
    for wrong in (bytes(32), OTHER[:31] + b"\x00", SECRET[::-1][:31] + b"\x01"):
        ring.try_move("a wrong secret", "unlock", ring.channel, ring.newest, lock, wrong, ring.cheat)
        changed = Lock(wrong, lock.amount, lock.expiry, lock.payer)
        ring.attempt("reveal", ring.channel, changed, ring.cheat)
        ring.try_move("a wrong lock", "unlock", ring.channel, ring.newest, changed, wrong, ring.cheat)
    ring.wait_until(lock.expiry + 1)
    return ring.judge(due=_due(ring, lock, opened=False))


def _empty(ring: Ring) -> str:
    """Open a lock of the honest payer by the secret zero, which a lock must not have."""
    if not ring.adapter.refuses_zero_secret:
        raise NotApplicable("the contract does not promise to refuse the secret zero")
    lock = _locked(ring, honest_pays=True, secret=bytes(32))
    _settled(ring)
    _shown(ring, lock, "cheat")
    ring.try_move("the secret zero", "unlock", ring.channel, ring.newest, lock, lock.secret, ring.cheat)
    ring.wait_until(lock.expiry + 1)
    return ring.judge(due=_due(ring, lock, opened=False))


ATTACKS: tuple[Attack, ...] = (
    entry("lock-a-second-before", "A secret shown in time does not count.", _opened_in_time),
    entry("lock-in-the-last-second", "A secret shown in the last second does not count.", _opened_last),
    entry("lock-late", "A secret counts after the end of its lock.", _opened_late),
    entry("lock-refunded-early", "A lock is taken back while its secret still counts.", _refunded_early),
    entry("lock-shown-again", "A secret shown again counts later than it was first shown.", _shown_again),
    entry("lock-twice", "A lock is decided twice.", _twice),
    entry("lock-wrong-secret", "Another secret opens a lock.", _wrong_secret),
    entry("lock-zero-secret", "The secret zero opens a lock.", _empty),
)

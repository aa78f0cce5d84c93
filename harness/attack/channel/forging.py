"""Signatures that nobody gave: what a cheat puts where the honest party's signature belongs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.channel import State
from harness.adapters.errors import AdapterError, NotApplicable
from harness.attack.channel.ring import Ring
from harness.attack.forging import substitutes
from harness.chain.values.accounts import Account
from harness.errors import Reverted


def stand_ins(ring: Ring, state: State) -> Iterator[tuple[str, bytes]]:
    """Yield what may stand for the honest party's signature over a state that it never signed."""
    known = [(f"version {known.version}", ring.of_role(pair)[0]) for known, pair in ring.signed]
    own, others = ring.sign(state, ring.cheat), ring.sign(state, ring.sybil)
    yield from substitutes(own, others, known, ring.stage.random)
    for what, signature in _in_its_name(ring, state):
        if signature not in (own, others):
            yield what, signature


def _in_its_name(ring: Ring, state: State) -> Iterator[tuple[str, bytes]]:
    """Yield what the cheat's keys sign as the honest party.

    Where each party signs what it has sent, only that is what the honest party would sign. Nothing is yielded that the
    honest party's own key may have signed: an adapter may know that key by its owner's name or address, which shows
    in a state that the honest party signed before, unless no two signatures of one state are equal.
    """
    known = ring.of_role(ring.signatures(ring.newest))[0]
    if _signed(ring, ring.newest, ring.honest) != known:
        return
    for what, who in (("the cheat's", ring.cheat), ("the second account's", ring.sybil)):
        forger = Account(ring.honest.address, who.key, ring.honest.name)
        if _signed(ring, ring.newest, forger) in (known, None):
            continue
        if (signature := _signed(ring, state, forger)) is not None:
            yield f"{what} signature in the honest party's name", signature


def _signed(ring: Ring, state: State, who: Account) -> bytes | None:
    """Return what an account signs; None if the adapter does not let it, as a wallet may not that checks its keys."""
    try:
        return ring.sign(state, who)
    except (AdapterError, NotApplicable, Reverted):
        return None


def altered(ring: Ring, state: State) -> Iterator[tuple[str, State]]:
    """Yield a state with each of its fields altered in turn, always to the cheat's good."""
    version, (first, second), locks = state.version, state.shares, state.locks
    mine, theirs = ring.of_role(state.shares)
    for name, number in (("one higher", version + 1), ("much higher", version + 1_000), ("the largest", 2**64 - 1)):
        yield f"a version that is {name}", State(number, (first, second), locks)
    for part in (1, mine // 2, mine):
        if part:
            shares = ring.ordered(mine - part, theirs + part)
            yield f"{part} moved to the cheat", State(version, shares, locks)
            yield f"{part} moved to the cheat and a higher version", State(version + 1, shares, locks)

"""Signatures that nobody gave: what a cheat puts where the honest party's signature belongs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.channel import State
from harness.attack.channel.ring import Ring
from harness.attack.forging import substitutes
from harness.chain.values.accounts import Account


def stand_ins(ring: Ring, state: State) -> Iterator[tuple[str, bytes]]:
    """Yield what may stand for the honest party's signature over a state that it never signed."""
    known = [(f"version {known.version}", ring.of_role(pair)[0]) for known, pair in ring.signed]
    own, others = ring.sign(state, ring.cheat), ring.sign(state, ring.sybil)
    yield from substitutes(own, others, known, ring.stage.random)
    # Where each party signs what it has sent, the cheat's key must sign what the honest party would.
    true = ring.sign(state, ring.honest)
    for what, who in (("the cheat's", ring.cheat), ("the second account's", ring.sybil)):
        signature = ring.sign(state, Account(ring.honest.address, who.key, ring.honest.name))
        if signature not in (own, others, true):  # an adapter may know the honest party's key by its name
            yield f"{what} signature in the honest party's name", signature


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

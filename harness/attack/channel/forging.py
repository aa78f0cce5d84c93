"""Signatures that nobody gave: what a cheat puts where the honest party's signature belongs."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.channel import State
from harness.attack.channel.ring import Ring
from harness.channels.messages import ORDER


def twin(signature: bytes) -> bytes:
    """Return the malleable twin of a signature: ``ORDER - s`` and the other v."""
    if len(signature) != 65:
        return signature
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def stand_ins(ring: Ring, state: State) -> Iterator[tuple[str, bytes]]:
    """Yield what may stand for the honest party's signature over a state that it never signed."""
    own = ring.sign(state, ring.cheat)
    yield "the cheat's own signature", own
    yield "no signature", b""
    yield "zeros", bytes(65)
    yield "zeros with v 27", bytes(64) + b"\x1b"
    yield "the twin of the cheat's signature", twin(own)
    yield "a signature of the cheat's second account", ring.sign(state, ring.sybil)
    for known, pair in ring.signed:
        honest = ring.of_role(pair)[0]
        yield f"the honest signature of version {known.version}", honest
        yield f"the twin of the honest signature of version {known.version}", twin(honest)
    yield "noise", ring.stage.random.randbytes(64) + b"\x1c"


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

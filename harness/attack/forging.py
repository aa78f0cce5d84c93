"""Signatures that nobody gave: what a cheat puts where somebody else's signature belongs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random

from harness.channels.messages import ORDER


def twin(signature: bytes) -> bytes:
    """Return the malleable twin of a signature: ``ORDER - s`` and the other v."""
    if len(signature) != 65:
        return signature
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def substitutes(
    own: bytes, others: bytes, known: Iterable[tuple[str, bytes]], random: Random
) -> Iterator[tuple[str, bytes]]:
    """Yield what may stand for somebody's signature under a message that it never signed.

    ``own`` and ``others`` are the signatures of the cheat and of its second account under the message; ``known`` are
    those that the victim gave under other messages, by their names.
    """
    yield "the cheat's own signature", own
    yield "no signature", b""
    yield "zeros", bytes(65)
    yield "zeros with v 27", bytes(64) + b"\x1b"
    yield "the twin of the cheat's signature", twin(own)
    yield "a signature of the cheat's second account", others
    for name, signature in known:
        yield f"the honest signature of {name}", signature
        yield f"the twin of the honest signature of {name}", twin(signature)
    yield "noise", random.randbytes(64) + b"\x1c"

"""The witness of a step: the opened parts of the prestate that the prover reads, and nothing else.

No field says what the step does, what it costs, or what results from it. The prestate determines which parts a step
reads. The maker looks at the poststate only to save bytes: an opcode that halts reads no memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from harness.primitives.hashing import word

Words = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """The struct of ``contracts/types/Witness.sol``, field by field and in its order."""

    machine: Words = ()
    env: Words = ()
    tx: Words = ()
    frame: Words = ()
    parent: Words = ()
    stack: Words = ()
    code: bytes = b""
    data: bytes = b""
    input: Words = ()
    read: Words = ()
    write: Words = ()
    ring: Words = ()
    chain: Words = ()
    nodes: tuple[bytes, ...] = field(default=())

    def encode(self) -> bytes:
        """Return abi.encode(witness)."""
        tails = []
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, bytes):
                tails.append(_encode_bytes(value))
            elif item.name == "nodes":
                tails.append(_encode_bytes(b"".join(value)))
            else:
                tails.append(len(value).to_bytes(32, "big") + b"".join(value))
        return (32).to_bytes(32, "big") + _heads_and_tails(tails)


CHECKED_AGAINST = {
    "machine": "preHash",
    "env": "machine.env",
    "tx": "machine.tx",
    "frame": "machine.frame",
    "parent": "frame.parent",
    "stack": "frame.stack",
    "code": "frame.codeHash",
    "data": "frame.calldataHash, frame.returndataHash, an account's codeHash, or the hash of a batch or message",
    "input": "the hash that the inbox holds",
    "read": "frame.memoryRoot",
    "write": "frame.memoryRoot, or parent.memoryRoot if the step ends a frame",
    "ring": "machine.ring",
    "chain": "tx.pending or tx.destroyed",
    "nodes": "their own hash, reached from machine.stateRoot, a storageRoot, tx.scratchRoot or frame.restore roots",
}
"""The hash that the prover checks each field against."""


def to_words(values: tuple[int | bytes, ...] | list[bytes]) -> Words:
    """Return values as 32-byte words."""
    return tuple(map(word, values))


def _encode_bytes(data: bytes) -> bytes:
    return len(data).to_bytes(32, "big") + data + bytes(-len(data) % 32)


def _heads_and_tails(tails: list[bytes]) -> bytes:
    """Return the ABI encoding of a struct whose fields are all dynamic."""
    heads = []
    offset = 32 * len(tails)
    for tail in tails:
        heads.append(offset.to_bytes(32, "big"))
        offset += len(tail)
    return b"".join(heads) + b"".join(tails)


__all__ = ["CHECKED_AGAINST", "Witness", "Words", "to_words"]

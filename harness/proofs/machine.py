"""The machine between two steps, word for word as ``contracts/SPEC.md`` hashes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from harness.primitives.hashing import ZERO_WORD, Tag, tagged_hash
from harness.rollup.machine.machine import Cursor

Word = int | bytes


class Phase(IntEnum):
    """What the next step of a running transaction does."""

    BLOCK = 0
    SENDER = 1
    PREPARE = 2
    OPEN = 3
    EXECUTE = 4
    END = 5
    FEE = 6
    DESTROY = 7


class Kind(IntEnum):
    """What a frame runs."""

    CALL = 0
    CREATE = 1
    PRECOMPILE = 2


@dataclass(frozen=True, slots=True)
class TxWords:
    """The thirteen words of TX."""

    phase: Phase
    origin: bytes
    gas_price: int
    tip: int
    gas_limit: int
    gas_left: int
    scratch_root: bytes
    refund: int
    logs: bytes
    destroyed: bytes
    pending: bytes
    floor: int
    data_fee: int = 0

    def words(self) -> tuple[Word, ...]:
        """Return the hashed words, in order."""
        return (
            int(self.phase), self.origin, self.gas_price, self.tip, self.gas_limit, self.gas_left, self.scratch_root,
            self.refund, self.logs, self.destroyed, self.pending, self.floor, self.data_fee,
        )  # fmt: skip

    def hash(self) -> bytes:
        """Return H(TX, words)."""
        return tagged_hash(Tag.TX, *self.words())


NO_TX = TxWords(Phase.BLOCK, bytes(20), 0, 0, 0, 0, ZERO_WORD, 0, ZERO_WORD, ZERO_WORD, ZERO_WORD, 0)
"""TX while the words of a block are written whose input executes nothing."""


@dataclass(frozen=True, slots=True)
class FrameWords:
    """The twenty-six words of FRAME."""

    parent: bytes
    kind: Kind
    self_address: bytes
    caller: bytes
    value: int
    code_hash: bytes
    pc: int
    gas: int
    stack: bytes
    stack_size: int
    memory_root: bytes
    memory_size: int
    calldata_hash: bytes
    calldata_size: int
    returndata_hash: bytes
    returndata_size: int
    is_static: bool
    depth: int
    return_offset: int
    return_size: int
    restore_state_root: bytes
    restore_scratch_root: bytes
    restore_refund: int
    restore_logs: bytes
    restore_destroyed: bytes
    lookup: bytes

    def words(self) -> tuple[Word, ...]:
        """Return the hashed words, in order."""
        return (
            self.parent, int(self.kind), self.self_address, self.caller, self.value, self.code_hash, self.pc, self.gas,
            self.stack, self.stack_size, self.memory_root, self.memory_size, self.calldata_hash, self.calldata_size,
            self.returndata_hash, self.returndata_size, int(self.is_static), self.depth, self.return_offset,
            self.return_size, self.restore_state_root, self.restore_scratch_root, self.restore_refund,
            self.restore_logs, self.restore_destroyed, self.lookup,
        )  # fmt: skip

    def hash(self) -> bytes:
        """Return H(FRAME, words)."""
        return tagged_hash(Tag.FRAME, *self.words())


@dataclass(frozen=True)
class Machine:
    """The eleven words of MACHINE, and the transaction and the frame that the last two of them are hashes of."""

    state_root: bytes
    cursor: Cursor
    env_hash: bytes
    ring_root: bytes
    tx: TxWords | None
    frame: FrameWords | None

    @property
    def is_idle(self) -> bool:
        """Whether the next step takes an input."""
        return self.tx is None

    def words(self) -> tuple[Word, ...]:
        """Return the hashed words, in order."""
        return self._words

    @cached_property
    def _words(self) -> tuple[Word, ...]:
        cursor = self.cursor
        return (
            self.state_root, cursor.batch, int(cursor.opened), cursor.delayed, cursor.offset, cursor.items,
            cursor.budget, self.env_hash, self.ring_root,
            ZERO_WORD if self.tx is None else self.tx.hash(),
            ZERO_WORD if self.frame is None else self.frame.hash(),
        )  # fmt: skip

    def hash(self) -> bytes:
        """Return H(MACHINE, words), the state hash that a claim commits to."""
        return tagged_hash(Tag.MACHINE, *self.words())

"""Makes the witness of any step of a trace."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from harness.primitives.hashing import ZERO_WORD, keccak256
from harness.primitives.opcodes import (
    CALLS,
    CREATES,
    READS_ENVIRONMENT,
    TAKES_VALUE,
    WRITES_STATE,
    MemoryRange,
    Opcode,
    opcodes_of,
)
from harness.proofs.between import base, between, fork_of, look_at_delegate
from harness.proofs.inputs import InputOpening, open_input
from harness.proofs.machine import Kind, Machine, Phase
from harness.proofs.memory import WORD, MemoryTree
from harness.proofs.recorder import FrameRecord, RecordedStep, cached_hash
from harness.proofs.stack import items_of, stack_hash, to_int
from harness.proofs.touch import Touched
from harness.proofs.trace import Trace
from harness.proofs.witness import Witness, Words, to_words
from harness.rollup.machine.evm import MAX_DEPTH, MAX_MEMORY_WORDS
from harness.rollup.machine.execution import contract_address
from harness.rollup.machine.opcodes import LOOKUP, OPCODES, PRECOMPILE, RANGE_BOUND
from harness.rollup.machine.rules import is_precompile
from harness.rollup.machine.state import WARM, AccountState

_LAST_NONCE = 2**64 - 1
_SENTRY = 2_300
_STACK_LIMIT = 1_024
_MEMORY_BYTES = WORD * MAX_MEMORY_WORDS

_ADDRESS_AT: dict[int, int] = {
    **dict.fromkeys((Opcode.BALANCE, Opcode.EXTCODESIZE, Opcode.EXTCODECOPY, Opcode.EXTCODEHASH), 0),
    Opcode.SELFDESTRUCT: 0,
    **dict.fromkeys(CALLS, 1),
}
"""Where the stack holds the address that a step looks at, 0 the top."""


def make_witness(trace: Trace, index: int, opening: InputOpening | None = None) -> Witness:
    """Return the witness of step ``index``. Only step 0 needs ``opening``.

    If the machine is idle and stays idle, the witness holds only the machine. Raises StepOutsideTrace if the index is
    negative.
    """
    if index >= len(trace):
        return Witness(machine=to_words(trace.machine_at(len(trace)).words()))
    machine = trace.machine_at(index)
    if index == 0:
        return open_input(trace, machine, opening)
    step = trace.step_at(index)
    if step.phase is not Phase.EXECUTE:
        return between(trace, machine, step)
    return _Maker(trace, index, machine, step).make()


@dataclass(slots=True)
class _Range:
    offset: int
    size: int


class _Maker:
    """Makes the witness of one opcode or one precompile."""

    def __init__(self, trace: Trace, index: int, machine: Machine, step: RecordedStep) -> None:
        assert step.frame is not None and step.opcode is not None
        self.trace = trace
        self.index = index
        self.machine = machine
        self.step = step
        self.frame: FrameRecord = step.frame
        self.opcode: int = step.opcode
        self.fork = trace.after.env.fork
        self.row = opcodes_of(self.fork).get(step.opcode)
        self.ends = self.frame.end == index
        self.halts = self.ends and self.frame.ending == "halt"
        self.touched = Touched(step.now.accounts, step.now.scratch, self.fork)
        self.items: list[int] = []

    def make(self) -> Witness:
        """Return the witness."""
        if self.opcode == PRECOMPILE:
            env = to_words(self.trace.after.env.words())
            return self._end(replace(base(self.machine), env=env, data=self.trace.calldata(self.frame)))
        witness = replace(base(self.machine), code=self.frame.code)
        if self.opcode == Opcode.CLZ:
            witness = replace(witness, env=self._env())
        if self.opcode == LOOKUP:
            return self._look_up(witness)
        pops = 0 if self.row is None else self.row.inputs
        if self._stops_early(pops):
            return self._end(witness)
        self.items = [to_int(item) for item in items_of(self.step.stack, pops)]
        witness = replace(witness, stack=self._stack(pops), env=self._env())
        act = _TRIE_ACTIONS.get(self.opcode)
        if act is not None:
            act(self)
        returns_code = self.opcode == Opcode.RETURN and self.frame.kind is Kind.CREATE
        if not self.halts or returns_code:
            witness = replace(witness, read=self._read())
        if not self.halts:
            witness = self._operands(witness)
        return self._end(witness)

    def _look_up(self, witness: Witness) -> Witness:
        """The code of the account that is called next, and its delegate if it has one."""
        pops = OPCODES[self.frame.code[self.step.pc]].inputs
        self.items = [to_int(item) for item in items_of(self.step.stack, pops)]
        data = self.touched.account(_address(self.items[1])).code.data
        look_at_delegate(self.touched, data)
        return self._end(replace(witness, stack=self._stack(pops), data=data, env=self._env()))

    def _stops_early(self, pops: int) -> bool:
        """Whether the frame's words alone show that the step halts, so that it does not open the stack."""
        return self.halts and (self.step.size < pops or (self.frame.is_static and self.opcode in WRITES_STATE))

    def _env(self) -> Words:
        """Return the block's environment where the step reads it, or depends on the fork; nothing else."""
        is_read = self.opcode in READS_ENVIRONMENT and not self.halts
        if is_read or self.opcode in (Opcode.CLZ, LOOKUP):
            return to_words(self.trace.after.env.words())
        at = _ADDRESS_AT.get(self.opcode)
        return () if at is None else fork_of(self.trace, _address(self.items[at]))

    def _stack(self, pops: int) -> Words:
        """Return the opening of the items that the opcode pops."""
        if not pops:
            return ()
        cell = self.step.stack
        for _ in range(pops):
            assert cell is not None
            cell = cell.rest
        return (stack_hash(cell), *to_words(tuple(reversed(self.items))))

    def _operands(self, witness: Witness) -> Witness:
        """Add what an opcode that does not halt opens besides stack, memory reads and tries."""
        opcode = self.opcode
        ring: Words = ()
        if opcode == Opcode.BLOCKHASH and 0 < self.trace.after.env.number - self.items[0] <= 256:
            ring = to_words(self.trace.after.ring.opening(self.items[0]))
        return replace(witness, ring=ring, data=self._data(), write=self._write())

    def _data(self) -> bytes:
        """Return the byte string that the opcode reads besides its code."""
        opcode, items, frame = self.opcode, self.items, self.frame
        if opcode == Opcode.CALLDATALOAD and items[0] < frame.calldata_size:
            return self.trace.calldata(frame)
        if opcode == Opcode.CALLDATACOPY and items[2] and items[1] < frame.calldata_size:
            return self.trace.calldata(frame)
        if opcode == Opcode.RETURNDATACOPY and items[2]:
            return self.step.returndata
        if opcode == Opcode.EXTCODESIZE or (opcode == Opcode.EXTCODECOPY and items[3]):
            return self.touched.account(_address(items[0])).code.data
        return b""

    def _range(self, operand: MemoryRange) -> _Range:
        offset_at, size_at, size = operand
        return _Range(self.items[offset_at], size if size_at is None else self.items[size_at])

    def _read(self) -> Words:
        """Return the opening of the memory that the opcode reads."""
        operand = None if self.row is None else self.row.reads
        if operand is None or (self.opcode in CALLS | CREATES and not self._reads_input()):
            return ()
        found = self._range(operand)
        if found.size == 0 or found.size > RANGE_BOUND or found.offset >= _MEMORY_BYTES:
            return ()
        memory = self.trace.memory_at(self.step)
        return tuple(memory.open_read(*_words(found.offset, found.size)))

    def _reads_input(self) -> bool:
        """Whether a call or a create reads its input. It does unless depth, balance or nonce makes it fail before."""
        frame = self.frame
        if frame.depth >= MAX_DEPTH:
            return False
        account = _account_before(self)
        if self.opcode in CREATES:
            return account.balance >= self.items[0] and account.nonce < _LAST_NONCE
        return self.opcode not in TAKES_VALUE or account.balance >= self.items[2]

    def _write(self) -> Words:
        """Return the opening of the memory that the opcode writes."""
        operand = None if self.row is None else self.row.writes
        if operand is None:
            return ()
        found = self._range(operand)
        if found.size == 0:
            return ()
        return _open_write(self.trace.memory_at(self.step), found.offset, found.size)

    def _end(self, witness: Witness) -> Witness:
        """Add what the end of the frame reads, if the step ends the frame."""
        if not self.ends:
            return replace(witness, nodes=tuple(self.touched.nodes()))
        frame = self.frame
        if frame.kind is Kind.CREATE and frame.ending == "success":
            self.touched.write(frame.address, self.touched.account(frame.address))
        witness = replace(witness, nodes=tuple(self.touched.nodes()))
        words = self.trace.parent_words(frame)
        if words is None:
            return witness
        witness = replace(witness, parent=to_words(words.words()))
        size = min(self._output_size(), frame.return_size)
        if size == 0:
            return witness
        memory = self.trace.parent_memory(frame)
        return replace(witness, write=_open_write(memory, frame.return_offset, size))

    def _output_size(self) -> int:
        """Return how many bytes the frame hands to its parent."""
        if self.halts or self.frame.kind is Kind.CREATE:
            return 0
        if self.opcode >= 0:
            return self.items[1] if self.opcode in (Opcode.RETURN, Opcode.REVERT) else 0
        return len(self.trace.step_at(self.index + 1).returndata)


def _words(offset: int, size: int) -> tuple[int, int]:
    """Return the first and last word of a range of bytes that is not empty."""
    return offset // WORD, (offset + size - 1) // WORD


def _open_write(memory: MemoryTree, offset: int, size: int) -> Words:
    return tuple(memory.open_write(*_words(offset, size)))


def _address(item: int) -> bytes:
    return (item % 2**160).to_bytes(20, "big")


def _account_before(maker: _Maker) -> AccountState:
    """Return the frame's account, without counting its nodes as read."""
    return Touched(maker.step.now.accounts, maker.step.now.scratch, maker.fork).account(maker.frame.address)


def _sload(maker: _Maker) -> None:
    maker.touched.load_slot(maker.frame.address, maker.items[0])


def _sstore(maker: _Maker) -> None:
    if maker.step.gas <= _SENTRY:
        return
    slot, value = maker.items
    current = maker.touched.load_slot(maker.frame.address, slot)
    if not maker.halts and value != current:
        maker.touched.store_slot(maker.frame.address, slot, value)


def _tload(maker: _Maker) -> None:
    maker.touched.transient(maker.frame.address, maker.items[0])


def _tstore(maker: _Maker) -> None:
    maker.touched.store_transient(maker.frame.address, maker.items[0], maker.items[1])


def _read_account(maker: _Maker) -> None:
    """Read an account and warm its address: BALANCE, EXTCODESIZE, EXTCODECOPY, EXTCODEHASH."""
    address = _address(maker.items[0])
    maker.touched.mark(address, WARM)
    maker.touched.account(address)


def _selfbalance(maker: _Maker) -> None:
    maker.touched.account(maker.frame.address)


def _call(maker: _Maker) -> None:
    touched, items, own = maker.touched, maker.items, maker.frame.address
    target = _address(items[1])
    value = items[2] if maker.opcode in TAKES_VALUE else 0
    frame = maker.machine.frame
    if frame is not None and frame.lookup == ZERO_WORD and not is_precompile(target, maker.fork):
        touched.account(target)
    touched.mark(target, WARM)
    if value and maker.opcode == Opcode.CALL:
        touched.account(target)
    if maker.halts:
        return
    if maker.frame.depth >= MAX_DEPTH or (value and touched.account(own).balance < value):
        return
    touched.transfer(own, own if maker.opcode in (Opcode.CALLCODE, Opcode.DELEGATECALL) else target, value)


def _create(maker: _Maker) -> None:
    touched, items, own = maker.touched, maker.items, maker.frame.address
    creator = touched.account(own)
    if maker.halts or not maker._reads_input():
        return
    if maker.opcode == Opcode.CREATE:
        created = contract_address(own, creator.nonce)
    else:
        initcode = maker.trace.memory_at(maker.step).read(items[1], items[2]) if items[2] else b""
        created = keccak256(b"\xff" + own + items[3].to_bytes(32, "big") + cached_hash(initcode))[12:]
    touched.bump_nonce(own)
    touched.mark(created, WARM)
    found = touched.account(created)
    if not (found.nonce or found.code.data or found.storage is not None):
        touched.create(own, created, items[0])


def _selfdestruct(maker: _Maker) -> None:
    touched, own = maker.touched, maker.frame.address
    heir = _address(maker.items[0])
    touched.mark(heir, WARM)
    balance = touched.account(own).balance
    touched.account(heir)
    if maker.halts:
        return
    is_created = touched.flags(own) & 2
    if heir == own and is_created:
        touched.debit(own, balance)
    else:
        touched.transfer(own, heir, balance)


_TRIE_ACTIONS: dict[int, Callable[[_Maker], None]] = {
    Opcode.BALANCE: _read_account,
    Opcode.EXTCODESIZE: _read_account,
    Opcode.EXTCODECOPY: _read_account,
    Opcode.EXTCODEHASH: _read_account,
    Opcode.SELFBALANCE: _selfbalance,
    Opcode.SLOAD: _sload,
    Opcode.SSTORE: _sstore,
    Opcode.TLOAD: _tload,
    Opcode.TSTORE: _tstore,
    **dict.fromkeys(CALLS, _call),
    **dict.fromkeys(CREATES, _create),
    Opcode.SELFDESTRUCT: _selfdestruct,
}
"""What each opcode does to the tries. Opcodes that are not listed do not read them."""

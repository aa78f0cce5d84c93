"""py-evm's rules of L2's forks on the journal of `harness.rollup.machine.state`, with L2's own limits.

The node and the recorder run the same classes; a recorder only adds a call before each opcode. The differences from
py-evm's own machine:

- a memory range above 49,152 bytes is an exceptional halt, checked before the opcode, unless nobody will prove the
  call;
- refunds, logs, destroyed accounts and warmth live in the journal, so a revert restores them all at once;
- a mark, which a revert takes back, says that an account was created in this transaction (EIP-6780);
- an account with storage is a collision too (EIP-7610);
- BLOCKHASH reads the ring, and the block's other values come from `Env`;
- the fork is a word of the block's `Env`: opcodes, precompiles and engine are those of `rules_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from eth.abc import ComputationAPI, MessageAPI, TransactionContextAPI
from eth.exceptions import Halt, OutOfGas, VMError
from eth.vm.code_stream import CodeStream
from eth.vm.forks.cancun.computation import CancunComputation
from eth.vm.gas_meter import GasMeter
from eth.vm.memory import Memory

from harness.engine.marking import is_measured, run_frame
from harness.primitives.opcodes import CALLS
from harness.rollup.machine.delegation import authority_of, authorized, delegate_in, refund_of
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.journaled import Journal, JournaledState
from harness.rollup.machine.opcodes import LOOKUP, OPCODES, PRECOMPILE
from harness.rollup.machine.overlay import Overlay
from harness.rollup.machine.rules import is_precompile, rules_of
from harness.rollup.machine.stacks import PeekableStack, WordStack
from harness.rollup.machine.state import (
    CREATED,
    AccountState,
    Authorization,
    AuthorizationLink,
    PendingLink,
    Restored,
    State,
    StateJournal,
)

COLD_ACCOUNT_GAS = 2_600
WARM_GAS = 100

MAX_CODE_SIZE = 24_576
GAS_PER_CODE_BYTE = 200
MAX_DEPTH = 1_024
MAX_MEMORY_WORDS = 1 << 24


class Recorder(Protocol):
    """What `harness.proofs` attaches to an execution. The computations are live: copy what must not change."""

    computation_class: type[L2Computation]

    def enter(self, computation: L2Computation, restored: Restored, parent: L2Computation | None) -> None:
        """Note that a frame was opened. Its value has moved, and no opcode has run."""

    def steps_of(self, computation: L2Computation) -> Callable[[int, int], None]:
        """Return a function that gets pc and opcode before each opcode of the frame.

        A precompile calls it once, with PRECOMPILE. A call of an account with code calls it with LOOKUP first.
        """

    def leave(self, computation: L2Computation) -> None:
        """Note that a frame has ended; its parent does not know yet."""

    def prepare(self, entry: PendingLink) -> None:
        """Note that an authorisation is taken next, or an entry of the access list warmed."""


class _Created:
    """The contracts created in this transaction, as py-evm asks for them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def __contains__(self, address: bytes) -> bool:
        return bool(self._journal.flags(address) & CREATED)


class _GasMeter(GasMeter):
    """py-evm's gas meter of an amount that is known to be right."""

    def __init__(self, gas: int) -> None:
        self.start_gas = self.gas_remaining = gas


class _OfStack:
    """A method of a frame's stack, looked up once; py-evm's own such descriptor takes longer than what it saves."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name
        self._method = name.removeprefix("stack_")

    def __get__(self, frame: Any, owner: type) -> Any:
        found = frame.__dict__[self._name] = getattr(frame._stack, self._method)
        return found


class L2Computation(CancunComputation):
    """One frame."""

    stack_class: type[PeekableStack] = WordStack
    _stack: PeekableStack
    state: L2Machine

    stack_pop_ints = _OfStack()
    stack_pop_bytes = _OfStack()
    stack_pop_any = _OfStack()
    stack_pop1_int = _OfStack()
    stack_pop1_bytes = _OfStack()
    stack_pop1_any = _OfStack()
    stack_push_int = _OfStack()
    stack_push_bytes = _OfStack()

    def __init__(self, state: L2Machine, message: MessageAPI, transaction_context: TransactionContextAPI) -> None:
        # Past py-evm's constructors: the coinbase was warmed when the transaction began, and the journal holds most of
        # what they make lists for.
        self.state, self.msg, self.transaction_context = state, message, transaction_context
        self.code = CodeStream(message.code)
        self._gas_meter = _GasMeter(message.gas)
        self.children, self.beneficiaries = [], []
        self._memory = Memory()
        self._stack = self.stack_class()
        self.frame: Any = None
        self.input_offset = 0
        self.output_window = (0, 0)
        self.found: bytes | None = None
        self.contracts_created = state.created  # type: ignore[assignment]

    def needs_lookup(self, opcode: int) -> bool:
        """Return whether a call is of an account with code, which is looked up in a step of its own."""
        return self._stack.holds(OPCODES[opcode].inputs) and bool(self.state.code_of(self.target()))

    def target(self) -> bytes:
        """Return whom a call with the operands on the stack is of."""
        return (self._stack.peek(1) % 2**160).to_bytes(20, "big")

    def look_up(self, target: bytes) -> None:
        """Find the code that a call of ``target`` runs, which comes next; a delegate's costs an access more."""
        code = self.state.code_of(target)
        delegate = delegate_in(code, self.state.env.fork)
        if delegate is not None:
            was_warm = self.state.is_address_warm(delegate)
            self.state.mark_address_warm(delegate)
            self.consume_gas(WARM_GAS if was_warm else COLD_ACCOUNT_GAS, "delegate")
            code = self.state.code_of(delegate)
        self.found = code

    def take_code(self, target: bytes) -> bytes:
        """Return the code that a call of ``target`` runs."""
        if self.found is None:
            self.look_up(target)
        code, self.found = self.found, None
        assert code is not None
        return code

    def consume_gas(self, amount: int, reason: str) -> None:
        meter = self._gas_meter
        if amount > meter.gas_remaining:
            raise OutOfGas(reason, amount, meter.gas_remaining)
        meter.gas_remaining -= amount

    def extend_memory(self, start_position: int, size: int) -> None:
        """Grow memory and charge for it; beyond 2**24 words, where the machine's tree ends, no gas is enough."""
        if not size:
            return
        before = len(self._memory) >> 5
        words = (start_position + size + 31) >> 5
        if words <= before:
            return
        if words >= MAX_MEMORY_WORDS:
            raise OutOfGas(f"memory of {words} words")
        self.consume_gas(3 * (words - before) + words * words // 512 - before * before // 512, "memory")
        self._memory.extend(start_position, size)

    def refund_gas(self, amount: int) -> None:
        self.state.journal.add_refund(amount)

    def register_account_for_deletion(self, beneficiary: bytes) -> None:
        self.state.journal.destroy(self.msg.storage_address)

    def add_log_entry(self, account: bytes, topics: tuple[int, ...], data: bytes) -> None:
        self.state.journal.log(account, topics, data)

    def add_child_computation(self, child_computation: ComputationAPI) -> None:
        super().add_child_computation(child_computation)
        self.children.clear()

    @classmethod
    def apply_message(  # type: ignore[override]
        cls,
        state: L2Machine,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: L2Computation | None = None,
    ) -> L2Computation:
        """Run a call; a failure undoes what it changed."""
        restored = state.journal.mark()
        if message.should_transfer_value and message.value:
            state.delta_balance(message.sender, -message.value)
            state.delta_balance(message.storage_address, message.value)
        state.journal.touch(message.storage_address)
        computation = cls.run(state, message, transaction_context, parent_computation, restored)
        if computation.is_error:
            state.journal.revert(restored)
        if state.recorder is not None:
            state.recorder.leave(computation)
        return computation

    @classmethod
    def apply_create_message(  # type: ignore[override]
        cls,
        state: L2Machine,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent_computation: L2Computation | None = None,
    ) -> L2Computation:
        """Run initcode and store the code that it returns; a failure undoes what it changed."""
        restored = state.journal.mark()
        address = message.storage_address
        state.journal.set_flag(address, CREATED)
        if message.value:
            state.delta_balance(message.sender, -message.value)
        fresh = state.journal.account(address)
        state.journal.write(address, AccountState(1, fresh.balance + message.value, fresh.code, fresh.storage))
        computation = cls.run(state, message, transaction_context, parent_computation, restored)
        if computation.is_success:
            try:
                cls._deposit_code(computation, address)
            except VMError as error:
                computation.error = error
                computation._gas_meter.gas_remaining = 0
        if computation.is_error:
            state.journal.revert(restored)
        if state.recorder is not None:
            state.recorder.leave(computation)
        return computation

    @classmethod
    def _deposit_code(cls, computation: L2Computation, address: bytes) -> None:
        """Charge for the code and store it."""
        code = computation.output
        if code:
            if not is_measured(code, creation=False):
                cls.validate_contract_code(code)
            computation.consume_gas(len(code) * GAS_PER_CODE_BYTE, reason="code deposit")
            computation.state.set_code(address, code)

    @classmethod
    def run(
        cls,
        state: L2Machine,
        message: MessageAPI,
        transaction_context: TransactionContextAPI,
        parent: L2Computation | None,
        restored: Any,
    ) -> L2Computation:
        """Run a frame's code, or its precompile, until it ends."""
        recorder, rules = state.recorder, state.rules
        computation = state.computation_class(state, message, transaction_context)
        try:
            if recorder is not None:
                recorder.enter(computation, restored, parent)
            precompile = None if message.is_create else rules.precompiles.get(message.code_address)
            if precompile is not None:
                if recorder is not None:
                    recorder.steps_of(computation)(0, PRECOMPILE)
                precompile(computation)
            elif recorder is not None:
                cls._recorded_loop(computation, recorder)
            else:
                run_frame(rules.engine, state.table, computation)
        except Halt:
            pass
        except VMError as error:
            computation.__exit__(type(error), error, None)
        return computation

    @classmethod
    def _recorded_loop(cls, computation: L2Computation, recorder: Recorder) -> None:
        table, stream, record = computation.state.rules.table, computation.code, recorder.steps_of(computation)
        code = stream._raw_code_bytes  # type: ignore[attr-defined]
        size = len(code)
        while True:
            pc = stream.program_counter
            if pc < size:
                opcode = code[pc]
                if opcode in CALLS and computation.needs_lookup(opcode):
                    record(pc, LOOKUP)
                    computation.look_up(computation.target())
                record(pc, opcode)
                stream.program_counter = pc + 1
                table[opcode](computation)
            else:
                record(pc, 0)
                raise Halt("past the end")


class L2Machine(JournaledState):
    """What py-evm calls the state: accounts, block values and the journal of the running transaction."""

    computation_class: type[L2Computation] = L2Computation

    def __init__(
        self, state: State, env: Env, ring: Ring, recorder: Recorder | None = None, *, is_bounded: bool = True
    ) -> None:
        # Not calling the parent's constructor: it would open a database and deploy the beacon roots contract.
        self.execution_context = env  # type: ignore[assignment]
        self.env = env
        self.rules = rules_of(env.fork, is_bounded=is_bounded)
        self.ring = ring
        # INVARIANT: a recorder sees the plain loop and nothing else, since bonds are put on what it records.
        is_plain = recorder is not None or self.rules.engine.is_plain
        self.journal = StateJournal(state) if is_plain else Overlay(state)
        self.table = self.rules.table if is_plain else self.rules.compiled.table
        self.created = _Created(self.journal)
        self.recorder = recorder
        if recorder is not None:
            self.computation_class = recorder.computation_class
        self.target = b""
        self.is_bound_hit = False
        self.is_block_bound = False

    def prepare(self, entry: PendingLink | None) -> None:
        """Take the transaction's authorisations, then warm the entries of its access list, one by one."""
        while entry is not None:
            if self.recorder is not None:
                self.recorder.prepare(entry)
            if isinstance(entry, AuthorizationLink):
                self._authorize(entry.tuple)
            elif entry.slot is None:
                self.mark_address_warm(entry.address)
            else:
                self.journal.warm_slot(entry.address, entry.slot)
            entry = entry.rest

    def _authorize(self, authorization: Authorization) -> None:
        """Give an account the delegate that it signed for; an authorisation that does not hold is passed over."""
        authority = authority_of(authorization, self.env.chain_id)
        if authority is None:
            return
        self.mark_address_warm(authority)
        account = self.journal.account(authority)
        changed = authorized(account, authorization)
        if changed is not None:
            self.journal.add_refund(refund_of(account))
            self.journal.write(authority, changed)

    def top_code(self, target: bytes) -> bytes:
        """Return the code that a transaction to ``target`` runs; a delegate is warm from then on, at no price."""
        code = self.code_of(target)
        delegate = delegate_in(code, self.env.fork)
        if delegate is None:
            return code
        self.mark_address_warm(delegate)
        return self.code_of(delegate)

    def code_of(self, target: bytes) -> bytes:
        """Return the code at an address; none for a precompile, which runs in a frame of its own kind."""
        return b"" if is_precompile(target, self.env.fork) else self.journal.account(target).code.data

    coinbase = property(lambda self: self.env.coinbase)
    timestamp = property(lambda self: self.env.timestamp)
    block_number = property(lambda self: self.env.number)
    gas_limit = property(lambda self: self.env.gas_limit)
    base_fee = property(lambda self: self.env.base_fee)
    blob_base_fee = property(lambda self: self.env.blob_base_fee)

    @property
    def mix_hash(self) -> bytes:  # type: ignore[override]
        self.is_block_bound = True
        return self.env.prev_randao

    def get_ancestor_hash(self, block_number: int) -> bytes:  # type: ignore[override]
        self.is_block_bound = True
        return self.ring.hash_of(block_number, self.env.number)


__all__ = ["MAX_CODE_SIZE", "MAX_DEPTH", "L2Computation", "L2Machine", "Recorder"]

"""Executes a transaction or call once more, outside of its chain, and notes the steps of every frame.

The world that it runs in is read account by account and word by word, so it may be a state of py-evm, of L2 or of a
node. Nothing is written there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from eth.exceptions import VMError
from eth.vm.stack import to_int
from eth_typing import Hash32
from eth_utils import ValidationError

from harness.chain.backend import Emitted, Frame, Swap, World, Write
from harness.chain.pyevm.evm import L1Computation, L1State, execute
from harness.chain.pyevm.executor import Executor
from harness.chain.pyevm.frames import frame_of
from harness.chain.pyevm.state import StoredAccount, StoredState
from harness.chain.values.rules import L1Rules
from harness.chain.values.transactions import Sent
from harness.engine.choice import PlainEngine
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import Fork, Opcode
from harness.primitives.patricia import EMPTY_ROOT

_MORE_GAS, _SPARE_GAS = 4, 100_000
"""A frame with swapped code gets this many times its gas, and this much on top. The price of the code must not decide
what it does, and code that never ends must end soon."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One execution by some rules: the transaction, those of its block ``before`` it, and the world before them all.

    ``context`` is what the opcodes see of the block, as `surroundings` of `harness.chain.pyevm.evm` gives it.
    """

    rules: L1Rules
    world: World
    context: Any
    sent: Sent
    before: tuple[Sent, ...] = ()

    def play(self, swap: Swap | None) -> Frame | None:
        """Return the outermost frame; None where this machine cannot execute what another did.

        ``swap`` gives the code to run in place of a frame's own.
        """
        machine = _machine(self.rules.fork)
        world: Any = WorldState(self.world)
        state: Any = machine.state(world, self.context, Hash32(EMPTY_ROOT))
        state.blobs = self.rules.blobs
        try:
            for earlier in self.before:
                execute(state, earlier)
            if swap is not None:
                state.swap, state.computation_class = swap, machine.limitless
            return frame_of(execute(state, self.sent), self.sent.tx.gas)
        except (VMError, ValidationError):
            return None


class WorldState(StoredState):
    """A world as a state. An account's storage is represented by its address."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world
        self._words: dict[tuple[bytes, int], int] = {}

    def account(self, address: bytes) -> StoredAccount | None:
        world = self._world
        nonce, balance, code = world.nonce(address), world.balance(address), world.code(address)
        if not (nonce or balance or code or world.has_storage(address)):
            return None
        storage: Any = address
        return StoredAccount(nonce, balance, storage, code, keccak256(code))

    def has_storage(self, storage: Any) -> bool:
        return storage is not None and self._world.has_storage(storage)

    def slot(self, storage: Any, slot: int) -> int:
        if storage is None:
            return 0
        if (storage, slot) not in self._words:
            self._words[storage, slot] = self._world.storage(storage, slot)
        return self._words[storage, slot]


def _noted(run: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noted(computation: Any) -> None:
        computation.steps.append(computation.code.program_counter - 1)
        run(computation)

    return noted


def _noted_write(run: Callable[[Any], Any], *, transient: bool) -> Callable[[Any], Any]:
    """Return an opcode that also notes which word it changes; a write of the same value changes none."""

    def noted(computation: Any) -> None:
        address, stack = computation.msg.storage_address, computation._stack.values
        slot = to_int(stack[-1]) if stack else 0
        before = _word(computation.state, address, slot, transient=transient)
        run(computation)
        after = _word(computation.state, address, slot, transient=transient)
        if after != before:
            computation.effects.append(Write(computation.tried, slot, before, after, transient))

    return noted


def _word(state: Any, address: bytes, slot: int, *, transient: bool) -> int:
    if transient:
        return int.from_bytes(state.get_transient_storage(address, slot), "big")
    return int(state.get_storage(address, slot))


def _noted_event(run: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def noted(computation: Any) -> None:
        run(computation)
        _, _, topics, data = computation._log_entries[-1]
        words = tuple(topic.to_bytes(32, "big") for topic in topics)
        computation.effects.append(Emitted(computation.tried, words, bytes(data)))

    return noted


def _noting(table: Sequence[Callable[[Any], Any]]) -> tuple[Callable[[Any], Any], ...]:
    """Return a table of opcodes that note their steps and effects."""
    noting = list(table)
    noting[Opcode.SSTORE] = _noted_write(noting[Opcode.SSTORE], transient=False)
    noting[Opcode.TSTORE] = _noted_write(noting[Opcode.TSTORE], transient=True)
    for opcode in range(Opcode.LOG0, Opcode.LOG4 + 1):
        noting[opcode] = _noted_event(noting[opcode])
    return tuple(map(_noted, noting))


class _Computation(L1Computation):
    """Runs one frame, with swapped code if there is any, and notes its steps."""

    def __init_subclass__(cls, fork: Fork | None = None) -> None:
        super().__init_subclass__(fork)
        if fork is not None:
            cls._table = _noting(cls._table)
            cls.engine = PlainEngine(cls._table)

    def __init__(self, state: Any, message: Any, transaction_context: Any) -> None:
        address = None if message.is_create else message.code_address
        other = None if state.swap is None else state.swap(message.code, address)
        if other is not None:
            message.code = other
        super().__init__(state, message, transaction_context)
        self.steps, self.effects = [], []
        if other is not None:
            self._gas_meter.gas_remaining = _MORE_GAS * message.gas + _SPARE_GAS

    def apply_child_computation(self, child_msg: Any) -> Any:
        assert self.steps is not None
        called_at = len(self.steps) - 1
        child: Any = super().apply_child_computation(child_msg)
        child.called_at = called_at
        return child


class _Limitless:
    """Mixed into a computation where some code is swapped. Unoptimized code may exceed the size limit of contracts."""

    @classmethod
    def validate_create_message(cls, message: Any) -> None:
        """Let initcode of any length pass."""

    @classmethod
    def validate_contract_code(cls, contract_code: bytes) -> None:
        """Let code of any length pass."""


class _Executor(Executor):
    def finalize_computation(self, transaction: Any, computation: Any) -> Any:
        """Settle the gas, unless swapped code makes the price meaningless."""
        settled = self.vm_state.swap is None  # type: ignore[attr-defined]
        return super().finalize_computation(transaction, computation) if settled else computation


class _State(L1State):
    transaction_executor_class = _Executor
    swap: Swap | None = None


class _Machine(NamedTuple):
    """What executes by a fork's rules: a state, and the class of frames where some code is swapped."""

    state: type[_State]
    limitless: type[_Computation]


@cache
def _machine(fork: Fork) -> _Machine:
    class Noted(_Computation, fork=fork):
        pass

    class NotedWithoutLimits(_Limitless, Noted):
        pass

    class Replayed(_State):
        computation_class = Noted

    return _Machine(Replayed, NotedWithoutLimits)

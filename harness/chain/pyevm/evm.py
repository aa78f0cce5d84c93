"""py-evm's machines as the harness runs them: its faults mended, in one place for L1, L2 and the recorder.

- The precompiles are those of `harness.chain.pyevm.precompiles`.
- A transaction is applied by `harness.chain.pyevm.executor`, which knows its sender: recovered once, or impersonated.
- An account with storage cannot be created over (EIP-7610); see `harness.chain.pyevm.state`.
- Validation is the caller's: `harness.chain.values.validity` does it ahead, with more rules than py-evm has.
- `execute` locks the journal before each transaction, without which warmth and original values leak into the next.
- A child call remembers where its parent stood, so that a trace can name the line.
- A frame remembers the calls that it was refused; see `harness.chain.pyevm.refusals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar

from eth.exceptions import Halt, OutOfGas
from eth.vm.computation import BaseComputation, cached_property
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth.vm.logic.invalid import InvalidOpcode
from eth.vm.opcode import _FastOpcode
from eth_typing import Address, BlockNumber, Hash32

from harness.chain.backend import Emitted, Frame, Replay, Write
from harness.chain.jsonrpc.local import BlockHeader
from harness.chain.pyevm.executor import Executor, prepare
from harness.chain.pyevm.precompiles import PRECOMPILES
from harness.chain.pyevm.reads import Reads
from harness.chain.pyevm.refusals import MAKES_A_FRAME, telling_refusals
from harness.chain.pyevm.state import PersistentAccountDB, StoredState
from harness.chain.values.rules import OSAKA_RULES, PRAGUE_BLOBS, BlobRules, L1Rules
from harness.chain.values.transactions import Sent
from harness.engine.choice import CodeRunner, open_engine
from harness.engine.forks import FUNCTIONS
from harness.engine.marking import is_measured, run_frame
from harness.engine.rules import Rules
from harness.primitives.opcodes import Fork


class _CallSites:
    """Mixed into a computation class: each child knows the program counter of the call in its parent's code.

    ``steps``, ``called_at``, ``effects`` and ``replay`` are those of a `Frame`, for whoever sets them. ``settled_gas``
    of the outermost one is the gas that the transaction pays for. ``refused`` are the calls and creations that never
    began, each with its place among all that the frame tried.
    """

    call_site: int | None = None
    refused: tuple[tuple[int, Frame], ...] = ()
    steps: list[int] | None = None
    called_at: int | None = None
    effects: list[Write | Emitted] | None = None
    replay: Replay | None = None
    settled_gas: int = 0

    def apply_child_computation(self, child_msg: Any) -> Any:
        site = self.code.program_counter - 1  # type: ignore[attr-defined]
        child: Any = super().apply_child_computation(child_msg)  # type: ignore[misc]
        child.call_site = site
        return child

    @property
    def tried(self) -> int:
        """How many calls and creations the frame has tried."""
        return len(self.children) + len(self.refused)  # type: ignore[attr-defined]


class _HarnessState:
    """Mixed into a state class.

    py-evm looks at two accounts of every new state to write what is there already. It would also charge the fee
    recipient for a call whose fee is below the base fee. ``reads``, where it is set, notes what code looks at.
    """

    reads: Reads | None = None

    @property
    def stored(self) -> StoredState:
        """The state that was persisted last."""
        found: StoredState = self._account_db.state  # type: ignore[attr-defined]
        return found

    def set_system_contracts(self) -> None:
        return None

    def has_storage(self, address: bytes) -> bool:
        return bool(self._account_db.has_storage(address))  # type: ignore[attr-defined]

    def get_tip(self, transaction: Any) -> int:
        tip: int = super().get_tip(transaction)  # type: ignore[misc]
        return max(0, tip)


def opcode_table(opcodes: Any) -> tuple[Callable[[Any], Any], ...]:
    """Return a fork's opcodes by their byte, the undefined ones too, and SELFDESTRUCT without py-evm's warning.

    Those that make a call tell its frame if it is refused.
    """
    found = (opcodes.get(value) or InvalidOpcode(value) for value in range(256))
    table = [_priced(getattr(run, "__wrapped__", run)) for run in found]
    for value, opcode in MAKES_A_FRAME.items():
        table[value] = telling_refusals(table[value], opcode)
    return tuple(table)


def _priced(run: Any) -> Callable[[Any], Any]:
    """Return an opcode that pays its fixed price without two calls in between; one without a fixed price as it is."""
    if not isinstance(run, _FastOpcode):
        return run  # type: ignore[no-any-return]
    price, name, logic = run.gas_cost, run.mnemonic, run.logic_fn

    def priced(computation: Any) -> None:
        meter = computation._gas_meter
        left = meter.gas_remaining
        if price > left:
            raise _out_of_gas(price, left, name)
        meter.gas_remaining = left - price
        logic(computation)

    return priced


def _out_of_gas(needed: int, left: int, reason: str) -> OutOfGas:
    return OutOfGas(f"Out of gas: Needed {needed} - Remaining {left} - Reason: {reason}")


class _Kept:
    """A cached property like py-evm's, which looks each time whether its function is a coroutine."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self._function = function

    def __get__(self, owner: Any, kind: object) -> Any:
        found = owner.__dict__[self._function.__name__] = self._function(owner)
        return found


@lru_cache(maxsize=256)
def _jump_positions(code: bytes) -> tuple[set[int], set[int]]:
    """Return where py-evm notes which bytes of a code are opcodes; all frames of that code share the note."""
    return set(), set()


class L1Computation(_CallSites, PragueComputation):
    """One frame. The name of a fork behind a subclass gives it that fork's opcodes and precompiles, and an engine."""

    _table: ClassVar[tuple[Callable[[Any], Any], ...]]
    rules: ClassVar[Rules]
    engine: ClassVar[CodeRunner]

    def __init_subclass__(cls, fork: Fork | None = None) -> None:
        if fork is None:
            return
        cls.opcodes = dict(FUNCTIONS[fork])
        cls._precompiles = dict(PRECOMPILES[fork])  # a copy for each layer: tests change one
        cls._table = opcode_table(cls.opcodes)
        cls.rules = Rules.of(f"L1 {fork.name.title()}", cls.opcodes, cls._table, 1 << 24)
        cls.engine = open_engine(cls.rules)

    @classmethod
    def run_code(cls, computation: Any) -> None:
        """Run a frame's code until it halts or fails."""
        run_frame(cls.engine, cls._table, computation)

    def __init__(self, state: Any, message: Any, transaction_context: Any) -> None:
        super().__init__(state, message, transaction_context)
        stream: Any = self.code
        stream.valid_positions, stream.invalid_positions = _jump_positions(message.code)

    def consume_gas(self, amount: int, reason: str) -> None:
        meter = self._gas_meter
        if amount > meter.gas_remaining:
            raise _out_of_gas(amount, meter.gas_remaining, reason)
        meter.gas_remaining -= amount

    @classmethod
    def validate_create_message(cls, message: Any) -> None:
        """Hold initcode to its limit (EIP-3860); not where it is measured, unoptimized."""
        if not is_measured(message.code, creation=True):
            super().validate_create_message(message)

    @classmethod
    def validate_contract_code(cls, contract_code: bytes) -> None:
        """Hold code to its limit (EIP-170); not where it is measured, unoptimized."""
        if not is_measured(contract_code, creation=False):
            super().validate_contract_code(contract_code)

    @classmethod
    def apply_computation(
        cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None
    ) -> Any:
        """Run a frame as py-evm does, except for the loop, which takes most of a transaction's time."""
        with cls(state, message, transaction_context) as computation:
            if computation.is_origin_computation:
                computation.contracts_created = []
                if message.is_create:
                    cls.consume_initcode_gas_cost(computation)
            if parent_computation is not None:
                computation.contracts_created = parent_computation.contracts_created
            if message.is_create:
                computation.contracts_created.append(message.storage_address)
            precompile = cls._precompiles.get(message.code_address)
            if precompile is None:
                with suppress(Halt):
                    cls.run_code(computation)
            elif not message.is_delegation:
                precompile(computation)
        return computation

    @classmethod
    def apply_message(cls, state: Any, message: Any, transaction_context: Any, parent_computation: Any = None) -> Any:
        """Run a call. A watched execution reads the outermost one; payment of gas is not part of it."""
        if parent_computation is not None or state.reads is None:
            return super().apply_message(state, message, transaction_context, parent_computation)
        with state.reads.noting(state, message.code_address):
            return super().apply_message(state, message, transaction_context)


for _name, _found in vars(BaseComputation).items():
    if isinstance(_found, cached_property):
        setattr(L1Computation, _name, _Kept(_found.func))


class PragueComputationOfL1(L1Computation, fork=Fork.PRAGUE):
    pass


class OsakaComputationOfL1(L1Computation, fork=Fork.OSAKA):
    pass


class L1State(_HarnessState, PragueState):
    """A state of L1; ``blobs`` says how the price of blob gas follows from the block's excess."""

    account_db_class = PersistentAccountDB
    computation_class: type[Any] = PragueComputationOfL1
    transaction_executor_class = Executor
    blobs: BlobRules = PRAGUE_BLOBS

    @property
    def blob_base_fee(self) -> int:
        return self.blobs.base_fee(self.execution_context.excess_blob_gas or 0)


class OsakaState(L1State):
    computation_class = OsakaComputationOfL1
    blobs = OSAKA_RULES.blobs


class L1VM(PragueVM):
    """Prague rules, for L1."""

    _state_class = L1State


class OsakaVM(L1VM):
    """Osaka rules, for L1: py-evm's Prague with other opcodes and precompiles, as no field of a block has changed."""

    fork = "osaka"
    _state_class = OsakaState


VMS: Mapping[Fork, type[L1VM]] = MappingProxyType({Fork.PRAGUE: L1VM, Fork.OSAKA: OsakaVM})
"""L1's machine by fork."""


def build_state(
    rules: L1Rules, stored: StoredState, header: BlockHeader, chain_id: int, hashes: Iterable[bytes]
) -> Any:
    """Return a state as it was stored, in ``header``'s environment.

    ``hashes`` are the ancestors', newest first.
    """
    vm: Any = VMS[rules.fork]
    state = vm.get_state_class()(stored, environment(header, chain_id, hashes), stored.root)
    state.blobs = rules.blobs
    return state


def environment(header: BlockHeader, chain_id: int, hashes: Iterable[bytes]) -> Any:
    """Return what the opcodes see of the block with this header, as `surroundings` does."""
    return surroundings(
        number=header.number,
        timestamp=header.timestamp,
        coinbase=header.coinbase,
        gas_limit=header.gas_limit,
        prev_randao=header.mix_hash,
        base_fee=header.base_fee,
        excess_blob_gas=header.excess_blob_gas,
        chain_id=chain_id,
        hashes=hashes,
    )


def surroundings(
    *,
    number: int,
    timestamp: int,
    coinbase: bytes,
    gas_limit: int,
    prev_randao: bytes,
    base_fee: int,
    excess_blob_gas: int,
    chain_id: int,
    hashes: Iterable[bytes],
) -> Any:
    """Return what the opcodes see of a block.

    ``hashes`` are the ancestors', newest first, asked for as they are needed.
    """
    return ExecutionContext(
        coinbase=Address(coinbase),
        timestamp=timestamp,
        block_number=BlockNumber(number),
        difficulty=0,
        mix_hash=Hash32(prev_randao),
        gas_limit=gas_limit,
        prev_hashes=(Hash32(found) for found in hashes),
        chain_id=chain_id,
        base_fee_per_gas=base_fee,
        excess_blob_gas=excess_blob_gas,
    )


def execute(state: Any, sent: Sent) -> Any:
    """Apply a validated transaction on top of those applied before; return the finished computation."""
    state.lock_changes()
    return state.apply_transaction(prepare(sent))

"""L1 in this process: py-evm's state and fork rules, with blocks assembled by the harness.

eth-tester spends most of its time between web3 and py-evm: it normalises each request several times, rebuilds the tries
of the block at every transaction and re-executes the head at every revert. Here a block is built once, when it is
sealed, one state object lives across blocks, and a snapshot is a reference to an immutable block. The receipts are
eth-tester's, which a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth.exceptions import PyEVMError
from eth_utils import ValidationError

from harness.chain.backend import CallFailed, CallRequest, Frame
from harness.chain.errors import Inexecutable
from harness.chain.jsonrpc.local import AccountOverride, BlockHeader, Execution, Overrides, Watcher
from harness.chain.jsonrpc.methods import LocalRpc
from harness.chain.jsonrpc.overrides import OverriddenWorld
from harness.chain.pyevm.blocks import StateView, replay_of
from harness.chain.pyevm.evm import environment
from harness.chain.pyevm.executor import prepare
from harness.chain.pyevm.frames import frame_of
from harness.chain.pyevm.ledger import PyEvmLedger
from harness.chain.pyevm.marks import NOTHING_AHEAD
from harness.chain.pyevm.performing import Performance, outcome_of
from harness.chain.pyevm.reads import CallMemory, Reads
from harness.chain.pyevm.replay import Scene
from harness.chain.values.settings import BLOCK_GAS_LIMIT
from harness.chain.values.transactions import LAST_NONCE, Unsigned, impersonate
from harness.chain.values.validity import check_call
from harness.primitives.addresses import checksum_address

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider


class PyEvmBackend(PyEvmLedger):
    """A chain of one process, deterministic: the same seed and the same requests give the same block hashes.

    ``funded`` maps addresses to wei in the genesis state. ``gas_cap`` None lifts the cap per transaction.
    """

    _seen: tuple[BlockHeader, Any] | None = None

    @cached_property
    def _calls(self) -> CallMemory:
        return CallMemory()

    @cached_property
    def provider(self) -> BaseProvider:
        """web3's way to this chain."""
        from harness.chain.jsonrpc.provider import LocalProvider  # web3, which not every test needs

        return LocalProvider(self._rpc)

    @cached_property
    def _rpc(self) -> LocalRpc:
        return LocalRpc(self)

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        return self._rpc.handle(method, params)

    # -- calls

    def call(self, call: CallRequest) -> bytes:
        return self.call_at(None, call)

    def call_at(self, number: int | None, call: CallRequest, overrides: Overrides | None = None) -> bytes:
        """Call at block ``number``, or as `execution` does (None); raises CallFailed and what `execution` raises."""
        if overrides is not None:
            return self._called(self._overridden(call, number, overrides).computation, call)
        is_settled = number is None and self._open is None and call.fees is None and call.to is not None
        # What an authorisation reads of its authority is not code's doing, so `reads` does not have it.
        is_settled = is_settled and not call.authorizations
        if is_settled and (known := self._calls.recall(call, self.state_at())) is not None:
            return known
        reads = Reads() if is_settled else None
        computation = self._run(call, number, reads)
        output = self._called(computation, call)
        # The account that a delegation names was read ahead of the call, so `reads` does not have it.
        if reads is not None and not computation.msg.is_delegation:
            self._calls.keep(call, output, reads)
        return output

    def _called(self, computation: Any, call: CallRequest) -> bytes:
        """Return the output of a call; raises CallFailed."""
        if computation.is_error:
            frame = frame_of(computation, _call_gas(call.gas))
            raise CallFailed(frame.output, frame.error or "", frame)
        return bytes(computation.output)

    def trace_call(self, call: CallRequest) -> Frame:
        return frame_of(self._run(call), BLOCK_GAS_LIMIT)

    def trace_call_at(self, number: int | None, call: CallRequest, overrides: Overrides | None = None) -> Frame:
        ran = self._overridden(call, number, overrides or Overrides())
        return frame_of(ran.computation, _call_gas(call.gas))

    def execution(
        self,
        number: int | None,
        call: CallRequest,
        overrides: Overrides | None = None,
        watcher: Watcher | None = None,
    ) -> Execution:
        if overrides is None and watcher is None:
            return outcome_of(self._run(call, number))
        return self._overridden(call, number, overrides or Overrides(), watcher).outcome()

    def rerun(self, tx_hash: bytes, watcher: Watcher) -> Execution:
        number, index = self.locate(tx_hash)
        scene = self._scene(self._sealed(number), index)
        return Performance.of(scene, watcher).outcome()

    def _overridden(
        self, call: CallRequest, number: int | None, overrides: Overrides, watcher: Watcher | None = None
    ) -> Performance:
        """Execute a call on a state of its own, which reads the chain's through overrides."""
        with self._borrowed(number) as state:
            world = OverriddenWorld(StateView(state), overrides.accounts)
            header = overrides.block.on(self._header_of_call(number))
            context = environment(header, self.chain_id, self._hashes_below(header.number))
            gas = min(_call_gas(call.gas), header.gas_limit)
            sent = impersonate(call.as_transaction(self.chain_id, world.nonce(call.sender), gas), call.sender)
            check_call(sent, world, header.base_fee)
            if world.nonce(call.sender) == LAST_NONCE:  # py-evm increments it, and a call ignores it
                world = OverriddenWorld(world, {call.sender: AccountOverride(nonce=LAST_NONCE - 1)})
            blob_fee = overrides.block.blob_base_fee
            return Performance.of(Scene(self.rules, world, context, sent), watcher, blob_fee)

    def _run(self, call: CallRequest, number: int | None = None, reads: Reads | None = None) -> Any:
        """Execute a call and forget its effects; return the finished computation, with its `replay` if it failed.

        Without ``number`` it runs in the open block, else in the next one if its time is set, else at the head. Gas is
        free unless the call names fees, and there is never more of it than a block has. ``reads`` notes what the code
        looks at. Raises the TransactionRejected of `check_call`.
        """
        with self._borrowed(number) as state:
            nonce = state.get_nonce(call.sender)
            sent = Unsigned(call.as_transaction(self.chain_id, nonce, _call_gas(call.gas)), call.sender)
            check_call(sent, StateView(state), int(state.base_fee))
            if nonce == LAST_NONCE:  # py-evm increments it, and a call ignores it
                state.set_nonce(call.sender, LAST_NONCE - 1)
            state.reads = reads
            try:
                computation = state.apply_transaction(prepare(sent))
            except (PyEVMError, ValidationError) as error:
                raise Inexecutable(checksum_address(call.sender), str(error)) from None
            finally:
                state.reads = None
            computation.replay = replay_of(self.rules, computation, state, sent)
            return computation

    @contextmanager
    def _borrowed(self, number: int | None) -> Iterator[Any]:
        """Give a state in the environment of a call, and restore it afterwards."""
        state, header = self.state_at(number), self._header_of_call(number)
        state.lock_changes()
        checkpoint = state.snapshot()
        state.execution_context = self._surroundings(header)
        try:
            yield state
        finally:
            state.revert(checkpoint)

    def _surroundings(self, header: BlockHeader) -> Any:
        """Return what calls see of the block with this header; one after another is mostly of one block."""
        if self._seen is None or self._seen[0] is not header:
            self._seen = header, environment(header, self.chain_id, self._hashes(header.number))
        return self._seen[1]

    def _header_of_call(self, number: int | None) -> BlockHeader:
        if number is not None and number < self._height:
            return self._blocks.outline(number)
        if self._open is not None:
            return self._open.header
        header = self._blocks.outline(self._height)
        return header if self._ahead == NOTHING_AHEAD else self._child_header(header)


def _call_gas(gas: int | None) -> int:
    """Return the gas limit of a call: a block's gas at most, as nodes cap it."""
    return BLOCK_GAS_LIMIT if gas is None else min(gas, BLOCK_GAS_LIMIT)

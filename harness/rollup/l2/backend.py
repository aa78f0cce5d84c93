"""L2 as a chain: what a chain asks of its node, answered by the unsafe head of a rollup's node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.chain.backend import CallFailed, CallRequest, Frame, Head, RawReceipt, check_block
from harness.chain.errors import BlockOpen, UnknownTransaction, UnsupportedOperation
from harness.chain.jsonrpc.local import AccountProof, BlockHeader, Execution, Overrides, SlotProof, Watcher
from harness.chain.values.rules import GAS_PER_BLOB
from harness.chain.values.transactions import Sent, Transaction, decode, impersonate
from harness.rollup.codec.messages import Deposit
from harness.rollup.errors import InvalidTransaction
from harness.rollup.l2 import calls
from harness.rollup.l2.blocks import Blocks
from harness.rollup.l2.formatting import head_of, receipt
from harness.rollup.l2.refusals import refusal
from harness.rollup.l2.rpc import L2Rpc
from harness.rollup.l2.tracing import FrameTracer, StepTracer, scene, scene_of_deposit
from harness.rollup.machine.environment import TX_GAS_CAP, Env
from harness.rollup.machine.execution import TransactionOutcome, execute, execute_deposit, simulate
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.node.blocks import Included, L2Block
from harness.rollup.node.unsafe import Unsafe

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider

Gate = Callable[[L2Transaction], None]
"""Called before a transaction is taken; raises NotSequenced if the sequencer refuses it."""


class L2Backend:
    """Hands users' transactions to the sequencer, each in a block of its own unless `open_block` holds one open.

    Time is L1's: `set_next_timestamp` sets L1's clock. The state cannot be edited, because it follows from L1.
    """

    name = "l2"
    estimate_cap = TX_GAS_CAP
    blob_gas_limit = GAS_PER_BLOB
    most_mined = 1_000

    def __init__(self, unsafe: Unsafe, chain_id: int, now: Callable[[], int], set_clock: Callable[[int], None]) -> None:
        self.unsafe = unsafe
        self.chain_id = chain_id
        self.gate: Gate | None = None
        self.finalized: Callable[[], int] = lambda: 0
        self.harden: Callable[[], object] = lambda: None
        self.blocks = Blocks(unsafe)
        self._now = now
        self._set_clock = set_clock
        self._provider: BaseProvider | None = None
        self._holding = False
        self._is_held_block_open = False

    @property
    def provider(self) -> BaseProvider:
        if self._provider is None:
            from harness.chain.jsonrpc.provider import LocalProvider  # imports web3, which not every test needs

            self._provider = LocalProvider(self._rpc)
        return self._provider

    @cached_property
    def _rpc(self) -> L2Rpc:
        return L2Rpc(self)

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        return self._rpc.handle(method, params)

    def follow(self) -> Unsafe:
        """Read what L1 holds by now."""
        self.unsafe.node.sync()
        return self.unsafe

    # -- reading

    def head(self) -> Head:
        return head_of(self.follow().head)

    def block(self, number: int) -> Head:
        return head_of(self._block(number))

    def _block(self, number: int) -> L2Block:
        unsafe = self.follow()
        check_block(number, unsafe.idle.env.number)
        return unsafe.block(number)

    def transactions(self, number: int) -> Sequence[bytes]:
        return [item.hash for item in self._block(number).transactions]

    def safe_number(self) -> int:
        return len(self.follow().node.blocks) - 1

    def finalized_number(self) -> int:
        """Return the number of the last block that a confirmed assertion covers."""
        node = self.follow().node
        return node.head_after(min(self.finalized(), len(node.derived))).number

    def state(self, number: int | None = None) -> State:
        unsafe = self.follow()
        return unsafe.idle.state if number is None else unsafe.block(number).state

    def heads(self) -> tuple[int, int]:
        """Return the numbers of the safe and the finalized block."""
        return self.safe_number(), self.finalized_number()

    def world(self, number: int | None = None) -> State:
        return self.state(number)

    @property
    def fork_name(self) -> str:
        return self.unsafe.idle.env.fork.name.lower()

    def blob_fee(self, header: BlockHeader) -> int:
        """Return the constant price of blob gas, of which no block of L2 has any."""
        return self.unsafe.idle.env.blob_base_fee

    def next_header(self) -> BlockHeader:
        """Return the header of a block that was made now."""
        head = self.blocks[-1]
        header = replace(head.shown_header, parent_hash=head.hash, number=head.number + 1, gas_used=0)
        return replace(header, timestamp=self.now())

    def proof(self, number: int, address: bytes, slots: Sequence[int]) -> AccountProof:
        state = self.state(number)
        account = state.account(address)
        return AccountProof(
            address=address,
            balance=account.balance,
            nonce=account.nonce,
            code_hash=account.code.hash,
            storage_root=account.storage_root,
            nodes=state.prove_account(address),
            slots=[SlotProof(slot, account.storage_at(slot), state.prove_slot(address, slot)) for slot in slots],
        )

    def nonce(self, address: bytes) -> int:
        return self.state().nonce(address)

    def balance(self, address: bytes) -> int:
        return self.state().balance(address)

    def code(self, address: bytes) -> bytes:
        return self.state().code(address)

    def storage(self, address: bytes, slot: int) -> int:
        return self.state().storage(address, slot)

    def locate(self, tx_hash: bytes) -> tuple[int, int]:
        """Return block number and index of a transaction; raises UnknownTransaction."""
        found = self.follow().find(tx_hash)
        if found is None:
            raise UnknownTransaction("0x" + tx_hash.hex())
        return found[0].number, found[1]

    def receipt(self, tx_hash: bytes) -> RawReceipt:
        number, index = self.locate(tx_hash)
        return receipt(self.unsafe.block(number), index)

    def number_of(self, block_hash: bytes) -> int | None:
        """Return the number of the block with this hash; None if there is none."""
        return next((block.number for block in reversed(self.blocks) if block.hash == block_hash), None)

    # -- transactions

    def now(self) -> int:
        return max(self._now(), self.unsafe.idle.env.timestamp)

    def next_base_fee(self) -> int:
        return self.unsafe.idle.env.base_fee

    def ahead(self, sender: bytes | None = None, to: bytes | None = None) -> AbstractContextManager[None]:
        return nullcontext()

    def steady(self) -> AbstractContextManager[None]:
        return nullcontext()

    def submit(self, sent: Sent) -> None:
        self.take(sent.raw)

    def take(self, raw: bytes) -> bytes:
        """Hand signed bytes to the sequencer, which executes them at once; return the transaction's hash.

        Raises TransactionRejected if L2 would skip the transaction, and NotSequenced if the sequencer refuses it.
        """
        unsafe = self.follow()
        timestamp = None if self._is_held_block_open else self.now()
        try:
            tx = unsafe.node.executor.decode(raw, unsafe.idle.env)
            if self.gate is not None:
                self.gate(tx)
            unsafe.include(raw, timestamp)
        except InvalidTransaction as reason:
            raise refusal(reason, decode(raw), unsafe.idle.state, unsafe.idle.env) from reason
        self._is_held_block_open = self._holding
        return tx.hash

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        raise UnsupportedOperation("impersonate", self.name, "L2 takes signed transactions, and deposits from L1")

    def set_next_timestamp(self, timestamp: int) -> None:
        self._set_clock(timestamp)
        self.unsafe.due = timestamp

    def mine(self, count: int = 1) -> None:
        """Make empty blocks at the present time. An item without bytes opens a block, and L2 skips the item itself."""
        if self._holding:
            raise BlockOpen("mine")
        self._add_empty(count)

    def _add_empty(self, count: int) -> None:
        unsafe, now = self.follow(), self.now()
        for _ in range(count):
            unsafe.include(b"", now)

    def open_block(self) -> None:
        if self._holding:
            raise BlockOpen("open another block")
        self._holding = True
        self._is_held_block_open = False

    def close_block(self) -> None:
        if not self._is_held_block_open:
            self._add_empty(1)
        self._holding = self._is_held_block_open = False

    # -- calls

    def _environment(self, number: int | None, overrides: Overrides | None) -> tuple[State, Env, L2Block]:
        """Return what a call sees: a block's state and environment; at the head, the time of now."""
        unsafe = self.follow()
        block = unsafe.head if number is None else unsafe.block(number)
        env = replace(block.env, timestamp=self.now()) if number is None else block.env
        return *calls.overridden(block.state, env, overrides), block

    def execution(
        self,
        number: int | None,
        call: CallRequest,
        overrides: Overrides | None = None,
        watcher: Watcher | None = None,
    ) -> Execution:
        """Execute a call as the transaction that it estimates, and forget its effects.

        Gas is free unless the call names fees, and there is never more of it than a transaction may have.
        Raises a TransactionRejected for what the sender cannot pay, gas below the intrinsic gas, or authorisations
        that no transaction can carry.
        """
        return self._execution(number, call, overrides, watcher, is_bounded=True)

    def _execution(
        self,
        number: int | None,
        call: CallRequest,
        overrides: Overrides | None = None,
        watcher: Watcher | None = None,
        *,
        is_bounded: bool,
    ) -> Execution:
        state, env, block = self._environment(number, overrides)
        limit = min(TX_GAS_CAP if call.gas is None else call.gas, TX_GAS_CAP)
        max_fee, tip = call.fees or (0, 0)
        calls.check_call(call, limit, state, env)
        outcome = simulate(
            state, env, block.ring, sender=call.sender, to=call.to, data=call.data, value=call.value, gas_limit=limit,
            gas_price=min(max_fee, env.base_fee + tip), access_list=call.access_list,
            authorizations=calls.authorizations(call), is_bounded=is_bounded,
            recorder=None if watcher is None else StepTracer(limit, watcher),
        )  # fmt: skip
        used, output = outcome.gas_used, outcome.return_value
        return Execution(output, limit - used, calls.cause(outcome), used, state, outcome.state)

    def call(self, call: CallRequest) -> bytes:
        return self.call_at(None, call)

    def call_at(self, number: int | None, call: CallRequest, overrides: Overrides | None = None) -> bytes:
        """Call at block ``number``, or at the head (None); raises CallFailed and what `execution` raises.

        Nobody proves a call, so its memory ranges have no bound.
        """
        found = self._execution(number, call, overrides, is_bounded=False)
        if found.error is not None:
            frame = self.trace_call_at(number, call, overrides)
            raise CallFailed(found.output, "" if found.output else found.error, frame)
        return found.output

    def trace_call(self, call: CallRequest) -> Frame:
        return self.trace_call_at(None, call)

    def trace_call_at(self, number: int | None, call: CallRequest, overrides: Overrides | None = None) -> Frame:
        state, env, block = self._environment(number, overrides)
        calls.check_authorizations(call, env)
        sender, to, data, value, gas = call.sender, call.to, call.data, call.value, call.gas
        tracer = FrameTracer(gas or TX_GAS_CAP)
        outcome = simulate(
            state, env, block.ring, sender=sender, to=to, data=data, value=value, gas_limit=gas,
            access_list=call.access_list, authorizations=calls.authorizations(call), recorder=tracer,
        )  # fmt: skip
        tx = call.as_transaction(self.chain_id, state.nonce(sender), gas or TX_GAS_CAP)
        frame = tracer.frame(sender, to, data, value, outcome)
        return replace(frame, replay=scene(state, env, block.ring, impersonate(tx, sender)).play)

    def rerun(self, tx_hash: bytes, watcher: Watcher) -> Execution:
        number, index = self.locate(tx_hash)
        block = self.unsafe.block(number)
        item = block.transactions[index]
        limit = item.payload.gas_limit
        outcome = self._again(block, item, StepTracer(limit, watcher))
        left, used = limit - outcome.gas_used, outcome.gas_used
        return Execution(outcome.return_value, left, calls.cause(outcome), used, item.before, outcome.state)

    def _again(self, block: L2Block, item: Included, tracer: FrameTracer) -> TransactionOutcome:
        payload = item.payload
        if isinstance(payload, Deposit):
            return execute_deposit(item.before, block.env, block.ring, payload, tracer)
        return execute(item.before, block.env, block.ring, payload, tracer)

    def trace(self, tx_hash: bytes) -> Frame:
        number, index = self.locate(tx_hash)
        block = self.unsafe.block(number)
        item = block.transactions[index]
        before, env, ring, payload = item.before, block.env, block.ring, item.payload
        tracer = FrameTracer(payload.gas_limit)
        outcome = self._again(block, item, tracer)
        if isinstance(payload, Deposit):
            again = scene_of_deposit(before, env, ring, payload)
        else:
            again = scene(before, env, ring, decode(payload.raw))
        frame = tracer.frame(payload.sender, payload.to, payload.data, payload.value, outcome)
        return replace(frame, replay=again.play)

    @property
    def is_block_open(self) -> bool:
        return self._holding

    # -- what L2 has no verb for: its state follows from L1

    def snapshot(self) -> object:
        return self.unsafe.node.snapshot(), self.unsafe.snapshot()

    def restore(self, snapshot: Any) -> None:
        node, unsafe = snapshot
        self.unsafe.node.restore(node)
        self.unsafe.restore(unsafe)
        self._holding = self._is_held_block_open = False

    def rollback(self, depth: int) -> Sequence[bytes]:
        raise UnsupportedOperation("reorganise", self.name, "reorganise L1, and L2 follows")

    def set_next_base_fee(self, fee: int) -> None:
        raise UnsupportedOperation("set the base fee", self.name, "its base fee is a constant of L2's rules")

    def set_balance(self, address: bytes, balance: int) -> None:
        raise UnsupportedOperation("set a balance", self.name, "deposit through the portal")

    def set_nonce(self, address: bytes, nonce: int) -> None:
        raise UnsupportedOperation("set a nonce", self.name, "L2's state follows from L1")

    def set_code(self, address: bytes, code: bytes) -> None:
        raise UnsupportedOperation("set code", self.name, "L2's state follows from L1")

    def set_storage(self, address: bytes, slot: int, value: int) -> None:
        raise UnsupportedOperation("set storage", self.name, "L2's state follows from L1")

    def close(self) -> None:
        self._holding = False

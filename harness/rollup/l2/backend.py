"""L2 as a chain: what a chain asks of its node, answered by the unsafe head of a rollup's node."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

from eth_utils import to_checksum_address

from harness.chain.backend import CallFailed, CallRequest, Frame, Head, RawReceipt, check_block
from harness.chain.errors import (
    FeeTooLow,
    InsufficientFunds,
    IntrinsicGasTooLow,
    MalformedTransaction,
    UnknownTransaction,
    UnsupportedOperation,
)
from harness.chain.jsonrpc.filters import ListedPast
from harness.chain.jsonrpc.local import AccountProof, Execution, SlotProof
from harness.chain.values.causes import common_cause
from harness.chain.values.transactions import Sent, Transaction, decode, impersonate
from harness.rollup.codec.messages import Deposit
from harness.rollup.errors import InvalidTransaction
from harness.rollup.forks import Fork
from harness.rollup.l2.formatting import ShownBlock, head_of, receipt, shown
from harness.rollup.l2.refusals import refusal
from harness.rollup.l2.rpc import L2Rpc
from harness.rollup.l2.tracing import FrameTracer, scene, scene_of_deposit
from harness.rollup.machine.environment import TX_GAS_CAP, Env
from harness.rollup.machine.execution import TransactionOutcome, execute, execute_deposit, simulate
from harness.rollup.machine.state import Authorization, State
from harness.rollup.machine.validity import L2Transaction, floor_gas, intrinsic_gas
from harness.rollup.node.blocks import L2Block
from harness.rollup.node.unsafe import Unsafe

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider

Gate = Callable[[L2Transaction], None]
"""Called before a transaction is taken; raises NotSequenced if the sequencer refuses it."""


class Blocks(Sequence[ShownBlock]):
    """All blocks up to the unsafe head, by number."""

    def __init__(self, unsafe: Unsafe) -> None:
        self._unsafe = unsafe

    def __len__(self) -> int:
        return self._unsafe.idle.env.number + 1

    @overload
    def __getitem__(self, index: int) -> ShownBlock: ...
    @overload
    def __getitem__(self, index: slice) -> list[ShownBlock]: ...
    def __getitem__(self, index: int | slice) -> ShownBlock | list[ShownBlock]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(index)
        return shown(self._unsafe.block(number))

    def copy(self) -> ListedPast:
        """Return the chain as it is now."""
        return ListedPast(list(self))

    def mined(self, first: int, last: int) -> list[ShownBlock]:
        """Return the blocks from number ``first`` to ``last``."""
        return self[first : last + 1]


class L2Backend:
    """Hands users' transactions to the sequencer, each in a block of its own unless `open_block` holds one open.

    Time is L1's: `set_next_timestamp` sets L1's clock. The state cannot be edited, because it follows from L1.
    """

    name = "l2"
    estimate_cap = TX_GAS_CAP

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

    def blob_base_fee(self) -> int:
        return self.unsafe.idle.env.blob_base_fee

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
        unsafe, now = self.follow(), self.now()
        for _ in range(count):
            unsafe.include(b"", now)

    def open_block(self) -> None:
        self._holding = True
        self._is_held_block_open = False

    def close_block(self) -> None:
        if not self._is_held_block_open:
            self.mine()
        self._holding = self._is_held_block_open = False

    # -- calls

    def _environment(self, number: int | None) -> tuple[State, Env, L2Block]:
        """Return what a call sees: a block's state and environment; at the head, the time of now."""
        unsafe = self.follow()
        block = unsafe.head if number is None else unsafe.block(number)
        env = replace(block.env, timestamp=self.now()) if number is None else block.env
        return block.state, env, block

    def execution(self, number: int | None, call: CallRequest) -> Execution:
        """Execute a call as the transaction that it estimates, and forget its effects.

        Gas is free unless the call names fees, and there is never more of it than a transaction may have.
        Raises a TransactionRejected for what the sender cannot pay, gas below the intrinsic gas, or authorisations
        that no transaction can carry.
        """
        return self._execution(number, call, is_bounded=True)

    def _execution(self, number: int | None, call: CallRequest, *, is_bounded: bool) -> Execution:
        state, env, block = self._environment(number)
        limit = min(TX_GAS_CAP if call.gas is None else call.gas, TX_GAS_CAP)
        max_fee, tip = call.fees or (0, 0)
        price = min(max_fee, env.base_fee + tip)
        cost, balance = limit * max_fee + call.value, state.balance(call.sender)
        if balance < cost:
            raise InsufficientFunds(to_checksum_address(call.sender), balance, cost)
        if 0 < max_fee < env.base_fee:
            raise FeeTooLow(max_fee, env.base_fee)
        _check_authorizations(call, env)
        intrinsic = intrinsic_gas(call.to is None, call.data, call.access_list, len(call.authorizations))
        needed = max(intrinsic, floor_gas(call.data, env.fork))
        if limit < needed:
            raise IntrinsicGasTooLow(limit, needed)
        outcome = simulate(
            state, env, block.ring, sender=call.sender, to=call.to, data=call.data, value=call.value, gas_limit=limit,
            gas_price=price, access_list=call.access_list, authorizations=_authorizations(call), is_bounded=is_bounded,
        )  # fmt: skip
        return Execution(outcome.return_value, limit - outcome.gas_used, _cause(outcome))

    def call(self, call: CallRequest) -> bytes:
        return self.call_at(None, call)

    def call_at(self, number: int | None, call: CallRequest) -> bytes:
        """Call at block ``number``, or at the head (None); raises CallFailed and what `execution` raises.

        Nobody proves a call, so its memory ranges have no bound.
        """
        found = self._execution(number, call, is_bounded=False)
        if found.error is not None:
            frame = self._trace_call(number, call)
            raise CallFailed(found.output, "" if found.output else found.error, frame)
        return found.output

    def trace_call(self, call: CallRequest) -> Frame:
        return self._trace_call(None, call)

    def _trace_call(self, number: int | None, call: CallRequest) -> Frame:
        state, env, block = self._environment(number)
        _check_authorizations(call, env)
        sender, to, data, value, gas = call.sender, call.to, call.data, call.value, call.gas
        tracer = FrameTracer(gas or TX_GAS_CAP)
        outcome = simulate(
            state, env, block.ring, sender=sender, to=to, data=data, value=value, gas_limit=gas,
            access_list=call.access_list, authorizations=_authorizations(call), recorder=tracer,
        )  # fmt: skip
        tx = call.as_transaction(self.chain_id, state.nonce(sender), gas or TX_GAS_CAP)
        frame = tracer.frame(sender, to, data, value, outcome)
        return replace(frame, replay=scene(state, env, block.ring, impersonate(tx, sender)).play)

    def trace(self, tx_hash: bytes) -> Frame:
        number, index = self.locate(tx_hash)
        block = self.unsafe.block(number)
        item = block.transactions[index]
        before, env, ring, payload = item.before, block.env, block.ring, item.payload
        tracer = FrameTracer(payload.gas_limit)
        if isinstance(payload, Deposit):
            outcome = execute_deposit(before, env, ring, payload, tracer)
            again = scene_of_deposit(before, env, ring, payload)
        else:
            outcome = execute(before, env, ring, payload, tracer)
            again = scene(before, env, ring, decode(payload.raw))
        frame = tracer.frame(payload.sender, payload.to, payload.data, payload.value, outcome)
        return replace(frame, replay=again.play)

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


def _authorizations(call: CallRequest) -> tuple[Authorization, ...]:
    """Return a call's authorisations as L2's machine takes them."""
    return tuple(Authorization(*fields) for fields in call.authorizations)


def _check_authorizations(call: CallRequest, env: Env) -> None:
    """Raise MalformedTransaction for authorisations that no transaction of L2 can carry."""
    if not call.authorizations:
        return
    if env.fork < Fork.PRAGUE:
        raise MalformedTransaction(f"L2 takes no authorisations before Prague (EIP-7702), its fork is {env.fork.name}")
    if call.to is None:
        raise MalformedTransaction("a transaction of type 4 cannot create a contract")


def _cause(outcome: TransactionOutcome) -> str | None:
    """Return why a call failed, in the words of `common_cause`; None if it did not."""
    return None if outcome.status else common_cause(f"{type(outcome.error).__name__}: {outcome.error}")

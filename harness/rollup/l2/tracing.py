"""The call tree of an L2 transaction, recorded while the transaction is executed again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from eth_utils import to_checksum_address

from harness.chain.backend import Frame, World
from harness.chain.jsonrpc.local import Step, Watcher
from harness.chain.pyevm.evm import surroundings
from harness.chain.pyevm.refusals import MAKES_A_FRAME, Attempt
from harness.chain.pyevm.replay import Scene
from harness.chain.values.causes import INSUFFICIENT_FUNDS, common_cause
from harness.chain.values.rules import OSAKA_RULES, PRAGUE_RULES
from harness.chain.values.transactions import Sent, Transaction, impersonate
from harness.primitives.opcodes import call_kind
from harness.rollup.codec.messages import Deposit
from harness.rollup.forks import Fork
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.evm import L2Computation
from harness.rollup.machine.execution import TransactionOutcome
from harness.rollup.machine.state import State


@dataclass(slots=True)
class _Open:
    """A frame that has not ended."""

    kind: str
    children: list[Frame] = field(default_factory=list)
    attempt: tuple[int, Attempt] | None = None
    """The call or creation that the last step tried, and how many there were before."""


def scene(world: World, env: Env, ring: Ring, sent: Sent) -> Scene:
    """Return an L2 transaction as one to execute once more.

    L1's rules do for the steps of what did not fail by L2's own. A fork before Prague has none that would differ.
    """
    hashes = (ring.hash_of(number, env.number) for number in range(env.number - 1, max(env.number - 257, -1), -1))
    context = surroundings(
        number=env.number,
        timestamp=env.timestamp,
        coinbase=env.coinbase,
        gas_limit=env.gas_limit,
        prev_randao=env.prev_randao,
        base_fee=env.base_fee,
        excess_blob_gas=0,
        chain_id=env.chain_id,
        hashes=hashes,
    )
    rules = PRAGUE_RULES if env.fork <= Fork.PRAGUE else OSAKA_RULES
    return Scene(rules, world, context, sent)


def scene_of_deposit(state: State, env: Env, ring: Ring, deposit: Deposit) -> Scene:
    """Return a deposit as a transaction that pays no gas, of a sender who has what the deposit mints."""
    nonce = state.nonce(deposit.sender)
    tx = Transaction(2, env.chain_id, nonce, 0, 0, deposit.gas_limit, deposit.to, deposit.value, deposit.data)
    return scene(_Minted(state, deposit), env, ring, impersonate(tx, deposit.sender))


class _Minted:
    """A state with a deposit's mint in it."""

    def __init__(self, state: State, deposit: Deposit) -> None:
        self._state, self._deposit = state, deposit
        self.nonce, self.code = state.nonce, state.code
        self.storage, self.has_storage = state.storage, state.has_storage

    def balance(self, address: bytes) -> int:
        minted = self._deposit.mint if address == self._deposit.sender else 0
        return self._state.balance(address) + minted


class FrameTracer:
    """A recorder that keeps frames only; `top` is the outermost one, None until it ended."""

    computation_class = L2Computation

    def __init__(self, gas_limit: int) -> None:
        self._gas_limit = gas_limit
        self._open: list[_Open] = []
        self.top: Frame | None = None

    def frame(self, sender: bytes, to: bytes | None, data: bytes, value: int, outcome: TransactionOutcome) -> Frame:
        """Return the outermost frame; a transaction that ended before it had one is shown as a frame without calls."""
        if self.top is not None:
            return replace(self.top, gas_used=outcome.gas_used)
        target = to_checksum_address(outcome.created if to is None and outcome.created else to or bytes(20))
        return Frame(
            kind="CREATE" if to is None else "CALL",
            sender=to_checksum_address(sender),
            address=target,
            code_address=target,
            value=value,
            gas=self._gas_limit,
            gas_used=outcome.gas_used,
            input=data,
            output=b"",
            error=None if outcome.status else INSUFFICIENT_FUNDS,
            children=(),
        )

    def enter(self, computation: Any, restored: Any, parent: Any) -> None:
        if parent is None:
            self._open.append(_Open("CREATE" if computation.msg.is_create else "CALL"))
            return
        self._open.append(_Open(call_kind(parent.code._raw_code_bytes, parent.code.program_counter - 1)))

    def steps_of(self, computation: Any) -> Callable[[int, int], None]:
        """Return what looks at each step whether the call or creation of the one before was refused.

        Behind the last step there is nothing to look for: a frame does not end with a call, unless the call fails it.
        """
        held = self._open[-1]

        def note(pc: int, opcode: int) -> None:
            if held.attempt is not None:
                made, attempt = held.attempt
                held.attempt = None
                if len(held.children) == made:
                    held.children.append(attempt.refused(computation))
            if opcode in MAKES_A_FRAME:
                held.attempt = len(held.children), Attempt.of(computation, MAKES_A_FRAME[opcode])

        return note

    def leave(self, computation: Any) -> None:
        frame = self._frame(self._open.pop(), computation, is_top=len(self._open) == 0)
        if self._open:
            self._open[-1].children.append(frame)
        else:
            self.top = frame

    def _frame(self, held: _Open, computation: Any, *, is_top: bool) -> Frame:
        message = computation.msg
        given = self._gas_limit if is_top else message.gas
        creates = message.is_create
        code_address = message.storage_address if creates else message.code_address
        return Frame(
            kind=held.kind,
            sender=to_checksum_address(message.storage_address if held.kind == "DELEGATECALL" else message.sender),
            address=to_checksum_address(message.storage_address),
            code_address=to_checksum_address(code_address),
            value=message.value if message.should_transfer_value else 0,
            gas=given,
            gas_used=given - computation.get_gas_remaining(),
            input=bytes(message.code if creates else message.data),
            output=bytes(computation.output),
            error=common_cause(f"{type(computation.error).__name__}: {computation.error}")
            if computation.is_error
            else None,
            children=tuple(held.children),
        )

    # -- what else a recorder hears of, and a trace does not show

    def begin(self, machine: Any, call: Any, target: Any) -> None:
        return None

    def sender(self) -> None:
        return None

    def prepare(self, entry: Any) -> None:
        return None

    def open(self) -> None:
        return None

    def end(self, gas_left: int) -> None:
        return None

    def fee(self) -> None:
        return None

    def destroy(self, entry: Any) -> None:
        return None

    def finish(self) -> None:
        return None


class StepTracer(FrameTracer):
    """A recorder that also tells a watcher of JSON-RPC of frames and opcodes."""

    def __init__(self, gas_limit: int, watcher: Watcher) -> None:
        super().__init__(gas_limit)
        self._watcher = watcher

    def enter(self, computation: Any, restored: Any, parent: Any) -> None:
        super().enter(computation, restored, parent)
        message = computation.msg
        code_address = message.storage_address if message.is_create else message.code_address
        paid = None if parent is None else parent._gas_meter.gas_remaining
        self._watcher.enter(message.storage_address, code_address, paid)

    def steps_of(self, computation: Any) -> Callable[[int, int], None]:
        message, watcher, journal = computation.msg, self._watcher, computation.state.journal

        def memory() -> bytes:
            return bytes(computation._memory.read_bytes(0, len(computation._memory)))

        def note(pc: int, opcode: int) -> None:
            if opcode < 0 or not message.code:  # a precompile, the lookup before a call, or an account without code
                return
            gas, stack = computation._gas_meter.gas_remaining, [*map(_word, computation._stack.values)]
            address, returndata = message.storage_address, computation.return_data
            watcher.step(Step(message.depth + 1, pc, opcode, gas, journal.refund, address, stack, memory, returndata))

        return note

    def leave(self, computation: Any) -> None:
        super().leave(computation)
        self._watcher.leave(computation.get_gas_remaining(), computation.is_error)


def _word(item: int | bytes) -> int:
    return item if isinstance(item, int) else int.from_bytes(item, "big")

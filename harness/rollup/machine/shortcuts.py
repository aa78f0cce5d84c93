"""The opcodes of storage, logs and calls as nodes run them: on an `Overlay`, in one function each.

A shortcut first computes what its opcode costs. It does the opcode only if nothing can go wrong: the stack is deep
enough, the gas does, memory stays within the bound, and so on. Otherwise it has changed nothing, and hands over to the
opcode as py-evm has it, which fails with its own error. So what fails is written down once.

Recorders and ``HARNESS_ENGINE=plain`` know nothing of this file. ``tests/differential/test_journals.py`` compares, for
every opcode with every way to end and any gas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth.constants import GAS_CALLSTIPEND, GAS_CALLVALUE, GAS_LOG, GAS_LOGDATA, GAS_LOGTOPIC, GAS_NEWACCOUNT
from eth.vm.forks.berlin.constants import (
    COLD_ACCOUNT_ACCESS_COST,
    COLD_SLOAD_COST,
    WARM_STORAGE_READ_COST,
)
from eth.vm.forks.cancun.transaction_context import CancunTransactionContext
from eth.vm.forks.london.storage import GAS_SCHEDULE_EIP3529 as STORAGE
from eth.vm.message import Message
from eth_typing import Address

from harness.engine.rules import Handler
from harness.engine.runner import grown, growth
from harness.primitives.delegation import delegate_of
from harness.primitives.opcodes import Opcode
from harness.rollup.machine.opcodes import RANGE_BOUND
from harness.rollup.machine.opening import TOLD

_from_bytes = int.from_bytes
_SENTRY = 2_300
"""Gas at or below which SSTORE fails (EIP-2200)."""
_MAX_DEPTH = 1_024


class KnownMessage(Message):
    """A message whose fields are known to be right, so that nothing looks at them again.

    ``to`` is empty for a creation. ``storage_address`` and ``code_address`` are those of ``to`` unless given.
    """

    __slots__ = ("code_address", "is_create", "storage_address")  # py-evm computes them at each look

    def __init__(
        self,
        gas: int,
        to: Address,
        sender: Address,
        value: int,
        data: bytes,
        code: bytes,
        depth: int = 0,
        *,
        storage_address: Address | None = None,
        code_address: Address | None = None,
        moves_value: bool = True,
        is_static: bool = False,
    ) -> None:
        self.gas, self.to, self.sender, self.value = gas, to, sender, value
        self.data, self.code, self.depth = data, code, depth
        self.storage_address = to if storage_address is None else storage_address
        self.code_address = to if code_address is None else code_address
        self.is_create = not to  # type: ignore[misc]
        self.should_transfer_value, self.is_static = moves_value, is_static
        self._is_delegation = False
        self.refund = 0


class KnownContext(CancunTransactionContext):
    """A transaction's context whose two values are known to be right."""

    def __init__(self, gas_price: int, origin: Address) -> None:
        self._gas_price, self._origin = gas_price, origin
        self._blob_versioned_hashes = ()


def shortened(table: Sequence[Handler]) -> tuple[Handler, ...]:
    """Return a fork's opcodes with shortcuts. They leave memory ranges beyond L2's bound to ``table``."""
    made = list(table)
    made[Opcode.SLOAD] = _sload(table[Opcode.SLOAD])
    made[Opcode.SSTORE] = _sstore(table[Opcode.SSTORE])
    for topics in range(5):
        made[Opcode.LOG0 + topics] = _log(table[Opcode.LOG0 + topics], topics)
    for opcode in (Opcode.CALL, Opcode.DELEGATECALL, Opcode.STATICCALL):
        made[opcode] = _call(table[opcode], opcode)
    return tuple(made)


def _word(item: int | bytes) -> int:
    """Return an item of the stack as a number."""
    return item if item.__class__ is int else _from_bytes(item, "big")  # type: ignore[arg-type]


def _words(values: list[int | bytes], count: int) -> list[int]:
    """Return the top items of the stack, the topmost first."""
    return [item if item.__class__ is int else _word(item) for item in values[: -count - 1 : -1]]


def _sload(plain: Handler) -> Handler:
    def sload(c: Any) -> Any:
        values, meter = c._stack.values, c._gas_meter
        journal, address = c.state.journal, c.msg.storage_address
        if not values or address in TOLD:
            return plain(c)
        slot = values[-1]
        if slot.__class__ is not int:
            slot = _word(slot)
        is_warm = journal.is_slot_warm(address, slot)
        left = meter.gas_remaining - (WARM_STORAGE_READ_COST if is_warm else COLD_SLOAD_COST)
        if left < 0:
            return plain(c)
        if not is_warm:
            journal.warm_slot(address, slot)
        meter.gas_remaining = left
        values[-1] = journal.storage(address, slot)
        return None

    return sload


def _sstore(plain: Handler) -> Handler:
    def sstore(c: Any) -> Any:
        values, meter = c._stack.values, c._gas_meter
        journal, address = c.state.journal, c.msg.storage_address
        if len(values) < 2 or c.msg.is_static or meter.gas_remaining <= _SENTRY or address in TOLD:
            return plain(c)
        slot, value = values[-1], values[-2]
        if slot.__class__ is not int or value.__class__ is not int:
            slot, value = _word(slot), _word(value)
        current = journal.storage(address, slot)
        price, refund = price_of_write(journal.original(address, slot), current, value)
        is_warm = journal.is_slot_warm(address, slot)
        left = meter.gas_remaining - price - (0 if is_warm else COLD_SLOAD_COST)
        if left < 0:
            return plain(c)
        del values[-2:]
        meter.gas_remaining = left
        if refund:
            journal.add_refund(refund)
        if not is_warm:
            journal.warm_slot(address, slot)
        if value != current:
            journal.write_slot(address, slot, value)
        return None

    return sstore


def price_of_write(original: int, current: int, value: int) -> tuple[int, int]:
    """Return gas and refund of an SSTORE to a warm slot (EIP-2200, EIP-3529)."""
    if current == value:
        return STORAGE.sload_gas, 0
    if current == original:
        if not original:
            return STORAGE.sstore_set_gas, 0
        return STORAGE.sstore_reset_gas, 0 if value else STORAGE.sstore_clears_schedule
    refund = 0
    if original:
        refund += (not value) * STORAGE.sstore_clears_schedule - (not current) * STORAGE.sstore_clears_schedule
    if original == value:
        refund += (STORAGE.sstore_reset_gas if original else STORAGE.sstore_set_gas) - STORAGE.sload_gas
    return STORAGE.sload_gas, refund


def _log(plain: Handler, topics: int) -> Handler:
    count = topics + 2

    def log(c: Any) -> Any:
        values, meter, memory = c._stack.values, c._gas_meter, c._memory
        held = len(memory._bytes)
        if len(values) < count or c.msg.is_static:
            return plain(c)
        offset, size, *named = _words(values, count)
        if offset > RANGE_BOUND or size > RANGE_BOUND:
            return plain(c)
        end = offset + size if size else 0
        more = growth(held, end) if end > held else 0
        left = meter.gas_remaining - GAS_LOG - GAS_LOGTOPIC * topics - GAS_LOGDATA * size - more
        if left < 0:
            return plain(c)
        del values[-count:]
        meter.gas_remaining = left
        if end > held:
            grown(memory, end)
        c.state.journal.log(c.msg.storage_address, tuple(named), bytes(memory._bytes[offset:end]))
        return None

    return log


def _call(plain: Handler, opcode: Opcode) -> Handler:
    """CALL, DELEGATECALL or STATICCALL of an account that has no delegate."""
    is_call, is_delegating = opcode is Opcode.CALL, opcode is Opcode.DELEGATECALL
    is_viewing = opcode is Opcode.STATICCALL
    count = opcode.inputs

    def call(c: Any) -> Any:
        values, meter, memory, message, machine = c._stack.values, c._gas_meter, c._memory, c.msg, c.state
        if len(values) < count or message.depth >= _MAX_DEPTH:
            return plain(c)
        operands = _words(values, count)
        value = operands.pop(2) if is_call else 0
        wanted, number, sent_at, sent, got_at, got = operands
        if max(sent_at, sent, got_at, got) > RANGE_BOUND:
            return plain(c)
        here, journal = message.storage_address, machine.journal
        target = Address((number % 2**160).to_bytes(20, "big"))
        code = machine.code_of(target)
        if delegate_of(code) is not None:
            return plain(c)
        is_warm = machine.is_address_warm(target)
        price = WARM_STORAGE_READ_COST if is_warm else COLD_ACCOUNT_ACCESS_COST
        if value:
            if message.is_static or journal.account(here).balance < value:
                return plain(c)
            price += GAS_CALLVALUE + (GAS_NEWACCOUNT if journal.account(target).is_empty else 0)
        end = max(sent_at + sent if sent else 0, got_at + got if got else 0)
        held = len(memory._bytes)
        if end > held:
            price += growth(held, end)
        left = meter.gas_remaining - price
        if left < 0:
            return plain(c)
        gas = min(wanted, left - left // 64)
        del values[-count:]
        meter.gas_remaining = left - gas
        if end > held:
            grown(memory, end)
        if not is_warm:
            machine.mark_address_warm(target)
        data = bytes(memory._bytes[sent_at : sent_at + sent])
        child = KnownMessage(
            gas + (GAS_CALLSTIPEND if value else 0),
            here if is_delegating else target,
            message.sender if is_delegating else here,
            message.value if is_delegating else value,
            data,
            code,
            message.depth + 1,
            code_address=target,
            moves_value=is_call,
            is_static=is_viewing or message.is_static,
        )
        _take(c, machine.computation_class.apply_message(machine, child, c.transaction_context, c), got_at, got)
        return None

    return call


def _take(c: Any, ended: Any, offset: int, size: int) -> None:
    """Take what a called frame leaves to its caller: success, output, and gas."""
    error = ended._error
    is_burnt = error is not None and error.burns_gas
    output = b"" if error is not None and error.erases_return_data else ended._output
    c.return_data = b"" if is_burnt else output
    c._stack.values.append(1 if error is None else 0)
    written = output[:size]
    if written:
        c._memory._bytes[offset : offset + len(written)] = written
    if not is_burnt:
        c._gas_meter.gas_remaining += ended._gas_meter.gas_remaining


__all__ = ["KnownContext", "KnownMessage", "price_of_write", "shortened"]

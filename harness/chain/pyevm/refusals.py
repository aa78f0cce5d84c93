"""Calls and creations that py-evm refuses before any of their code runs: it makes no frame for them, as nodes do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from eth import constants
from eth._utils.address import generate_safe_contract_address
from eth.vm.stack import to_int

from harness.chain.backend import Frame
from harness.chain.values.causes import CALL_DEPTH, COLLISION, INSUFFICIENT_FUNDS, NONCE_OVERFLOW
from harness.chain.values.transactions import contract_address
from harness.engine.runner import growth
from harness.primitives.addresses import checksum_address
from harness.primitives.opcodes import CALLS, CREATES, Opcode

_STIPEND, _CREATE, _INITCODE_WORD, _HASHED_WORD = 2_300, 32_000, 2, 6
"""Gas of CALL with value, and of CREATE and CREATE2 (EIP-3860, EIP-1014)."""

MAKES_A_FRAME: Mapping[int, Opcode] = MappingProxyType({int(opcode): opcode for opcode in (*CALLS, *CREATES)})
"""The opcodes that make a call or a creation, by their byte."""


class Attempt(NamedTuple):
    """What a frame was just before it ran an opcode that makes a call or a creation.

    ``stack`` ends with the opcode's operands, ``memory`` is a size in bytes.
    """

    opcode: Opcode
    stack: Sequence[int | bytes]
    gas: int
    memory: int

    @classmethod
    def of(cls, computation: Any, opcode: Opcode) -> Attempt:
        return cls(
            opcode, computation._stack.values[-opcode.inputs :], computation._gas_meter.gas_remaining,
            len(computation._memory),
        )  # fmt: skip

    def refused(self, computation: Any) -> Frame:
        """Return the frame that the opcode did not make, as geth's callTracer has it.

        The opcode has run, and the computation is what it left.
        """
        operands = [to_int(item) for item in reversed(self.stack)]
        reads = self.opcode.reads
        assert reads is not None and reads.size_at is not None
        data = bytes(computation._memory.read_bytes(operands[reads.offset_at], operands[reads.size_at]))
        make = self._creation if self.opcode in CREATES else self._call
        return make(computation, operands, data)

    def _call(self, computation: Any, operands: list[int], data: bytes) -> Frame:
        message = computation.msg
        has_value = self.opcode in (Opcode.CALL, Opcode.CALLCODE)
        value = operands[2] if has_value else 0
        stipend = _STIPEND if value else 0
        left = computation._gas_meter.gas_remaining - stipend
        target = checksum_address((operands[1] % 2**160).to_bytes(20, "big"))
        own = checksum_address(message.storage_address)
        is_own_code = self.opcode in (Opcode.CALL, Opcode.STATICCALL)
        return Frame(
            kind=self.opcode.name,
            sender=own,
            address=target if is_own_code else own,
            code_address=target,
            value=value,
            gas=min(operands[0], left - left // 64) + stipend,
            gas_used=0,
            input=data,
            output=b"",
            error=CALL_DEPTH if _is_deepest(computation) else INSUFFICIENT_FUNDS,
            children=(),
        )

    def _creation(self, computation: Any, operands: list[int], data: bytes) -> Frame:
        sender, state, value = computation.msg.storage_address, computation.state, operands[0]
        is_salted = self.opcode is Opcode.CREATE2
        words = (len(data) + 31) >> 5
        price = _CREATE + words * (_INITCODE_WORD + _HASHED_WORD * is_salted)
        left = self.gas - price - growth(self.memory, len(computation._memory))
        given = left - left // 64
        nonce = state.get_nonce(sender)
        error = COLLISION
        if _is_deepest(computation):
            error = CALL_DEPTH
        elif state.get_balance(sender) < value:
            error = INSUFFICIENT_FUNDS
        elif nonce >= constants.UINT_64_MAX:
            error = NONCE_OVERFLOW
        is_counted = error == COLLISION  # the nonce was counted before the address was found to be taken
        created = contract_address(sender, nonce - is_counted)
        if is_salted:
            created = generate_safe_contract_address(sender, operands[3], data)
        return Frame(
            kind=self.opcode.name,
            sender=checksum_address(sender),
            address=checksum_address(created),
            code_address=checksum_address(created),
            value=value,
            gas=given,
            gas_used=given if is_counted else 0,
            input=data,
            output=b"",
            error=error,
            children=(),
        )


def _is_deepest(computation: Any) -> bool:
    return bool(computation.msg.depth + 1 > constants.STACK_DEPTH_LIMIT)


def telling_refusals(run: Callable[[Any], Any], opcode: Opcode) -> Callable[[Any], Any]:
    """Return an opcode that adds a call or creation that it refuses to its frame's ``refused``."""
    inputs = opcode.inputs

    def attempted(computation: Any) -> None:
        children = computation.children
        made, stack = len(children), computation._stack.values[-inputs:]
        gas, memory = computation._gas_meter.gas_remaining, len(computation._memory)
        run(computation)
        if len(children) == made:
            frame = Attempt(opcode, stack, gas, memory).refused(computation)
            computation.refused = (*computation.refused, (made + len(computation.refused), frame))

    return attempted


__all__ = ["MAKES_A_FRAME", "Attempt", "telling_refusals"]

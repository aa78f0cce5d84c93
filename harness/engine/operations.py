"""The opcodes that are pure functions of words, as Python expressions.

Each takes its operands in the order in which the EVM pops them, and gives what py-evm pushes. CLZ, which py-evm lacks,
stands beside as a function like py-evm's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth.vm.logic import arithmetic, comparison

from harness.engine.values import WORD, Value, constant
from harness.primitives.opcodes import Opcode

SIGN = 1 << 255


def signed(word: int) -> int:
    """Return the two's complement number that a word stands for."""
    return word - (WORD + 1) if word & SIGN else word


def sdiv(a: int, b: int) -> int:
    """Return SDIV of two words: rounded towards zero; 0 for a divisor of 0."""
    x, y = signed(a), signed(b)
    if not y:
        return 0
    quotient = abs(x) // abs(y)
    return (-quotient if (x < 0) != (y < 0) else quotient) & WORD


def smod(a: int, b: int) -> int:
    """Return SMOD of two words: with the sign of the dividend; 0 for a divisor of 0."""
    x, y = signed(a), signed(b)
    if not y:
        return 0
    rest = abs(x) % abs(y)
    return (-rest if x < 0 else rest) & WORD


def signextend(size: int, word: int) -> int:
    """Return SIGNEXTEND: the number in the lowest ``size`` + 1 bytes of a word, as a whole word."""
    if size > 31:
        return word
    sign = 1 << (8 * size + 7)
    return word | (WORD + 1 - sign) if word & sign else word & (sign - 1)


def sar(shift: int, word: int) -> int:
    """Return SAR: an arithmetic shift to the right."""
    return (signed(word) >> min(shift, 256)) & WORD


def shl(shift: int, word: int) -> int:
    """Return SHL; 0 for a shift of 256 or more."""
    return (word << shift) & WORD if shift < 256 else 0


def shr(shift: int, word: int) -> int:
    """Return SHR; 0 for a shift of 256 or more."""
    return word >> shift if shift < 256 else 0


def byte(position: int, word: int) -> int:
    """Return BYTE: the byte at a position from the most significant one; 0 beyond the word."""
    return (word >> (8 * (31 - position))) & 0xFF if position < 32 else 0


def clz_op(computation: Any) -> None:
    """Run CLZ (EIP-7939): how many zero bits a word begins with, 256 for 0."""
    computation.stack_push_int(256 - computation.stack_pop1_int().bit_length())


HELPERS: dict[str, Callable[..., int]] = {
    "sdiv": sdiv, "smod": smod, "signextend": signextend, "sar": sar, "shl": shl, "shr": shr, "byte": byte,
}  # fmt: skip
"""Functions that expressions call, by the name they have there."""

Operation = Callable[[Sequence[Value]], Value]


def _size(operands: Sequence[Value]) -> int:
    return 1 + sum(operand.size for operand in operands)


def _wrapped(text: str, high: int, size: int) -> Value:
    """Return a sum or product: cut to a word only if it can be longer than one."""
    return Value(text, high, size) if high <= WORD else Value(f"({text} & WORD)", WORD, size)


def _add(v: Sequence[Value]) -> Value:
    return _wrapped(f"({v[0].text} + {v[1].text})", v[0].high + v[1].high, _size(v))


def _mul(v: Sequence[Value]) -> Value:
    return _wrapped(f"({v[0].text} * {v[1].text})", v[0].high * v[1].high, _size(v))


def _sub(v: Sequence[Value]) -> Value:
    return Value(f"({v[0].text} - {v[1].text} & WORD)", WORD, _size(v))


def _divided(symbol: str) -> Operation:
    """DIV or MOD. The divisor is read twice, so it must be a name or a constant."""

    def operation(v: Sequence[Value]) -> Value:
        if v[1].const == 0:
            return constant(0)
        text = f"{v[0].text} {symbol} {v[1].text}"
        high = v[0].high if symbol == "//" else min(v[0].high, v[1].high)
        if v[1].const:
            return Value(f"({text})", high, _size(v))
        return Value(f"({text} if {v[1].text} else 0)", high, _size(v))

    return operation


def _modular(symbol: str) -> Operation:
    def operation(v: Sequence[Value]) -> Value:
        text = f"({v[0].text} {symbol} {v[1].text}) % {v[2].text}"
        return Value(f"({text} if {v[2].text} else 0)", v[2].high, _size(v))

    return operation


def _compared(symbol: str) -> Operation:
    def operation(v: Sequence[Value]) -> Value:
        return Value(f"({v[0].text} {symbol} {v[1].text})", 1, _size(v), is_truth=True)

    return operation


def _signed_compared(symbol: str) -> Operation:
    def operation(v: Sequence[Value]) -> Value:
        left, right = ((hex(x.const ^ SIGN) if x.const is not None else f"({x.text} ^ SIGN)") for x in v)
        return Value(f"({left} {symbol} {right})", 1, _size(v) + 2, is_truth=True)

    return operation


def _iszero(v: Sequence[Value]) -> Value:
    return Value(f"(not {v[0].text})", 1, _size(v), is_truth=True)


def _and(v: Sequence[Value]) -> Value:
    return Value(f"({v[0].text} & {v[1].text})", min(v[0].high, v[1].high), _size(v))


def _united(symbol: str) -> Operation:
    def operation(v: Sequence[Value]) -> Value:
        high = (1 << max(v[0].high.bit_length(), v[1].high.bit_length())) - 1
        return Value(f"({v[0].text} {symbol} {v[1].text})", high, _size(v))

    return operation


def _not(v: Sequence[Value]) -> Value:
    return Value(f"(WORD - {v[0].text})", WORD, _size(v))


def _clz(v: Sequence[Value]) -> Value:
    return Value(f"(256 - ({v[0].text}).bit_length())", 256, _size(v) + 1)


def _shl(v: Sequence[Value]) -> Value:
    shift = v[0].const
    if shift is None:
        return Value(f"shl({v[0].text}, {v[1].text})", WORD, _size(v) + 2)
    if shift >= 256:
        return constant(0)
    return _wrapped(f"({v[1].text} << {shift})", v[1].high << shift, _size(v))


def _shr(v: Sequence[Value]) -> Value:
    shift = v[0].const
    if shift is None:
        return Value(f"shr({v[0].text}, {v[1].text})", v[1].high, _size(v) + 2)
    return constant(0) if shift >= 256 else Value(f"({v[1].text} >> {shift})", v[1].high >> shift, _size(v))


def _byte(v: Sequence[Value]) -> Value:
    position = v[0].const
    if position is None:
        return Value(f"byte({v[0].text}, {v[1].text})", 255, _size(v) + 2)
    if position >= 32:
        return constant(0)
    return Value(f"({v[1].text} >> {8 * (31 - position)} & 255)", 255, _size(v) + 1)


def _called(name: str) -> Operation:
    def operation(v: Sequence[Value]) -> Value:
        return Value(f"{name}({v[0].text}, {v[1].text})", WORD, _size(v) + 2)

    return operation


PURE: dict[int, tuple[int, Operation, Callable[..., None]]] = {
    Opcode.ADD: (2, _add, arithmetic.add),
    Opcode.MUL: (2, _mul, arithmetic.mul),
    Opcode.SUB: (2, _sub, arithmetic.sub),
    Opcode.DIV: (2, _divided("//"), arithmetic.div),
    Opcode.SDIV: (2, _called("sdiv"), arithmetic.sdiv),
    Opcode.MOD: (2, _divided("%"), arithmetic.mod),
    Opcode.SMOD: (2, _called("smod"), arithmetic.smod),
    Opcode.ADDMOD: (3, _modular("+"), arithmetic.addmod),
    Opcode.MULMOD: (3, _modular("*"), arithmetic.mulmod),
    Opcode.SIGNEXTEND: (2, _called("signextend"), arithmetic.signextend),
    Opcode.LT: (2, _compared("<"), comparison.lt),
    Opcode.GT: (2, _compared(">"), comparison.gt),
    Opcode.SLT: (2, _signed_compared("<"), comparison.slt),
    Opcode.SGT: (2, _signed_compared(">"), comparison.sgt),
    Opcode.EQ: (2, _compared("=="), comparison.eq),
    Opcode.ISZERO: (1, _iszero, comparison.iszero),
    Opcode.AND: (2, _and, comparison.and_op),
    Opcode.OR: (2, _united("|"), comparison.or_op),
    Opcode.XOR: (2, _united("^"), comparison.xor),
    Opcode.NOT: (1, _not, comparison.not_op),
    Opcode.BYTE: (2, _byte, comparison.byte_op),
    Opcode.SHL: (2, _shl, arithmetic.shl),
    Opcode.SHR: (2, _shr, arithmetic.shr),
    Opcode.SAR: (2, _called("sar"), arithmetic.sar),
    Opcode.CLZ: (1, _clz, clz_op),
}
"""By opcode: the operands, the expression, and the function that the plain loop runs for the same."""

READ_TWICE: dict[int, int] = {Opcode.DIV: 1, Opcode.MOD: 1, Opcode.ADDMOD: 2, Opcode.MULMOD: 2}
"""By opcode: the operand that its expression names twice."""

_NAMES = {**HELPERS, "WORD": WORD, "SIGN": SIGN}


def fold(value: Value) -> Value:
    """Return the constant that an expression of constants gives."""
    assert value.text is not None
    return constant(int(eval(value.text, {"__builtins__": {}}, _NAMES)))  # only digits, operators and our helpers

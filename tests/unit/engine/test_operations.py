"""Each expression gives what py-evm's function for the same opcode gives, for operands known ahead or not."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from harness.engine.operations import HELPERS, PURE, SIGN, fold
from harness.engine.values import WORD, Value, constant

EDGES = (0, 1, 2, 7, 8, 31, 32, 33, 254, 255, 256, 257, 2**128, 2**255 - 1, 2**255, 2**255 + 1, WORD - 1, WORD)


class Stack:
    """What py-evm's functions ask of a computation."""

    def __init__(self, operands: tuple[int, ...]) -> None:
        self.operands = list(operands)
        self.result: int | None = None

    def stack_pop_ints(self, count: int) -> tuple[int, ...]:
        return tuple(self.operands[:count])

    def stack_pop1_int(self) -> int:
        return self.operands[0]

    def stack_push_int(self, value: int) -> None:
        self.result = value


def expected(function: Any, operands: tuple[int, ...]) -> int | None:
    stack = Stack(operands)
    function(stack)
    return stack.result


def drawn(count: int) -> list[tuple[int, ...]]:
    rnd = random.Random(count)
    edges = list(itertools.product(EDGES, repeat=count)) if count < 3 else []
    more = [tuple(rnd.choice((rnd.choice(EDGES), rnd.getrandbits(256))) for _ in range(count)) for _ in range(300)]
    return edges + more


@pytest.mark.parametrize("opcode", PURE, ids=hex)
def test_an_expression_gives_what_py_evm_gives(opcode: int) -> None:
    count, operation, function = PURE[opcode]
    names = [f"x{n}" for n in range(count)]
    for operands in drawn(count):
        result = expected(function, operands)
        scope = {**HELPERS, "WORD": WORD, "SIGN": SIGN, **dict(zip(names, operands, strict=True))}
        for known in itertools.product((False, True), repeat=count):
            values = [
                constant(word) if is_known else Value(name, max(word, 1))
                for name, word, is_known in zip(names, operands, known, strict=True)
            ]
            value = operation(values)
            got = value.const if value.const is not None else eval(value.text or "", scope)
            assert got == result, (operands, known, value.text)
            assert got <= value.high, (operands, known, value.text)
            if all(known) and value.const is None:
                assert fold(value).const == result

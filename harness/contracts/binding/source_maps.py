"""From executed program counters to the line of Solidity that they were compiled from.

A source map is a list of ``start:length:file:jump:depth`` separated by semicolons, one per instruction; an empty field
repeats the one before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from harness.contracts.artifact import Artifact


class Span(NamedTuple):
    """Where an instruction comes from. ``jump`` is ``i`` for a jump into a function, ``o`` for one out of it."""

    start: int
    length: int
    file: int
    jump: str = "-"


_CONTRACT = re.compile(rb"(abstract\s+)?contract\s|library\s")


def parse(source_map: str) -> list[Span]:
    """Return the spans of a source map, one for each instruction; empty fields repeat the span before."""
    spans: list[Span] = []
    start, length, file, jump = 0, 0, -1, "-"
    for item in source_map.split(";") if source_map else ():
        fields = item.split(":")
        start = int(fields[0]) if fields[0] else start
        length = int(fields[1]) if len(fields) > 1 and fields[1] else length
        file = int(fields[2]) if len(fields) > 2 and fields[2] else file
        jump = fields[3] if len(fields) > 3 and fields[3] else jump
        spans.append(Span(start, length, file, jump))
    return spans


def instruction_numbers(code: bytes) -> dict[int, int]:
    """Return the number of the instruction at each program counter; push data has none."""
    numbers: dict[int, int] = {}
    pc = 0
    while pc < len(code):
        numbers[pc] = len(numbers)
        pc += 1 + (code[pc] - 0x5F if 0x60 <= code[pc] <= 0x7F else 0)
    return numbers


class SourceLocator:
    """Lines of one artifact's creation and runtime code, parsed when first asked for."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._lines: dict[tuple[int, int], tuple[str, bool] | None] = {}

    @cached_property
    def _runtime(self) -> tuple[list[Span], dict[int, int]]:
        return parse(self._artifact.runtime_source_map), instruction_numbers(self._artifact.runtime)

    @cached_property
    def _creation(self) -> tuple[list[Span], dict[int, int]]:
        return parse(self._artifact.source_map), instruction_numbers(self._artifact.bytecode)

    def line(self, steps: Sequence[int], *, creation: bool) -> str | None:
        """``file:line`` of the last of the executed ``steps`` that was compiled from a source file; None if none was.

        The compiler's own routines (they check, encode, decode) belong to no file, or to the contract as a whole: the
        line is that of their caller. The contract's own line is returned only if nothing else ran, as for an unknown
        selector.
        """
        spans, numbers = self._creation if creation else self._runtime
        whole: str | None = None
        for pc in reversed(steps):
            number = numbers.get(pc)
            if number is None or number >= len(spans):
                continue
            found = self._line_at(spans[number].file, spans[number].start)
            if found is None:
                continue
            line, is_contract = found
            if not is_contract:
                return line
            whole = whole or line
        return whole

    def _line_at(self, file: int, start: int) -> tuple[str, bool] | None:
        """``file:line`` of a place in the sources, and whether a contract's definition begins there."""
        if (file, start) not in self._lines:
            found = self._artifact.line_of(file, start)
            text = None if found is None else self._artifact.source_text(found[0])
            is_contract = text is not None and _CONTRACT.match(text, start) is not None
            self._lines[file, start] = None if found is None else (f"{found[0]}:{found[1]}", is_contract)
        return self._lines[file, start]

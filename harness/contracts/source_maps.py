"""From executed program counters to the line of Solidity that they were compiled from.

A source map is a list of ``start:length:file:jump:depth`` separated by semicolons, one per instruction; an empty field
repeats the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from harness.contracts.artifact import Artifact

Span = tuple[int, int, int]
"""Start, length and file index."""


def parse(source_map: str) -> list[Span]:
    spans: list[Span] = []
    start, length, file = 0, 0, -1
    for item in source_map.split(";") if source_map else ():
        fields = item.split(":")
        start = int(fields[0]) if fields[0] else start
        length = int(fields[1]) if len(fields) > 1 and fields[1] else length
        file = int(fields[2]) if len(fields) > 2 and fields[2] else file
        spans.append((start, length, file))
    return spans


def instruction_numbers(code: bytes) -> dict[int, int]:
    """Number of the instruction at each program counter; push data has none."""
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

    @cached_property
    def _runtime(self) -> tuple[list[Span], dict[int, int]]:
        return parse(self._artifact.runtime_source_map), instruction_numbers(self._artifact.runtime)

    @cached_property
    def _creation(self) -> tuple[list[Span], dict[int, int]]:
        return parse(self._artifact.source_map), instruction_numbers(self._artifact.bytecode)

    def line(self, steps: Sequence[int], *, creation: bool) -> str | None:
        """``file:line`` of the last of the executed ``steps`` that was compiled from a source file; None if none was.

        The compiler's own routines (they check, encode, decode) belong to no file: the line is that of their caller.
        """
        spans, numbers = self._creation if creation else self._runtime
        for pc in reversed(steps):
            number = numbers.get(pc)
            if number is None or number >= len(spans):
                continue
            start, _, file = spans[number]
            found = self._artifact.line_of(file, start)
            if found is not None:
                return f"{found[0]}:{found[1]}"
        return None

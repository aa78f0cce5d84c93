"""What each opcode reads besides its gas and its stack: the table that witnesses are made by."""

from __future__ import annotations

from harness.rollup.machine.opcodes import MEMORY_RANGES, is_defined

POPS: dict[int, int] = {
    **dict.fromkeys((0x08, 0x09, 0x37, 0x39, 0x3E, 0x5E, 0xF0), 3),
    **dict.fromkeys(
        (*range(0x01, 0x08), 0x0A, 0x0B, *range(0x10, 0x15), *range(0x16, 0x19), *range(0x1A, 0x1E), 0x20, 0x52, 0x53,
         0x55, 0x57, 0x5D, 0xF3, 0xFD), 2
    ),
    **dict.fromkeys((0x15, 0x19, 0x31, 0x35, 0x3B, 0x3F, 0x40, 0x49, 0x50, 0x51, 0x54, 0x56, 0x5C, 0xFF), 1),
    **dict.fromkeys((0x3C, 0xF5), 4),
    **{0x80 + n: n + 1 for n in range(16)},
    **{0x90 + n: n + 2 for n in range(16)},
    **{0xA0 + n: n + 2 for n in range(5)},
    **dict.fromkeys((0xF1, 0xF2), 7),
    **dict.fromkeys((0xF4, 0xFA), 6),
}  # fmt: skip
"""Stack items that an opcode takes (DUPn reads n, SWAPn n + 1); opcodes not named take none."""

PUSHES: dict[int, int] = {
    value: 1
    for value in range(256)
    if is_defined(value)
    and value not in {0x00, 0x37, 0x39, 0x3C, 0x3E, 0x50, 0x52, 0x53, 0x55, 0x56, 0x57, 0x5B, 0x5D, 0x5E, 0xF3, 0xFD}
    and value != 0xFF
    and not 0x80 <= value <= 0xA4
} | {0x80 + n: n + 2 for n in range(16)} | {0x90 + n: n + 2 for n in range(16)}  # fmt: skip
"""Stack items that an opcode leaves in the place of those it took."""

WRITES_STATE = frozenset({0x55, 0x5D, *range(0xA0, 0xA5), 0xF0, 0xF5, 0xFF})
"""Opcodes that a static frame may not run; CALL may, without value."""

READS_ENV = frozenset(set(range(0x40, 0x4B)) - {0x47})
CALLS = frozenset({0xF1, 0xF2, 0xF4, 0xFA})
CREATES = frozenset({0xF0, 0xF5})

READS_MEMORY = {
    value: MEMORY_RANGES[value][0] for value in (0x20, 0x51, *range(0xA0, 0xA5), 0xF0, 0xF5, *sorted(CALLS), 0xF3, 0xFD)
} | {0x5E: MEMORY_RANGES[0x5E][1]}
"""The memory range that an opcode reads, as in `MEMORY_RANGES`."""

WRITES_MEMORY = {value: MEMORY_RANGES[value][0] for value in (0x37, 0x39, 0x3C, 0x3E, 0x52, 0x53, 0x5E)}
"""The memory range that an opcode writes."""

"""Runs a frame's code: plainly while it is cold, compiled when it is hot.

Only this file and the code that the compiler writes use py-evm's stack, memory, gas meter and code stream.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

from eth.exceptions import Halt

from harness.engine.bytecode import jump_destinations
from harness.engine.compiler import compile_trace
from harness.engine.marks import STOPPED, Marks, run_marked
from harness.engine.operations import HELPERS, SIGN
from harness.engine.rules import Handler, Rules
from harness.engine.store import Store
from harness.engine.values import WORD
from harness.primitives.hashing import keccak256
from harness.primitives.opcodes import Opcode

_from_bytes = int.from_bytes
_JUMPDEST = int(Opcode.JUMPDEST)

_UNITS_KEPT = 2_048
"""Most codes that an engine remembers."""

_SAVED_EVERY = 128
"""New functions after which the compiled ones are saved. The rest is saved when the process ends."""

_AROUND_A_FUNCTION = 4_096
"""Bytes that a function takes besides three times its code, at most: objects, names, constants, tables of lines."""

HALTED = 2
Trace = Callable[[Any, frozenset[int]], int]
"""A compiled stretch, which runs on a computation. It returns True if a function may continue where it stopped, False
if the plain loop must, and HALTED if the frame has ended well."""


def word_at(data: Any, offset: int) -> int:
    """Return the word at an offset of calldata; bytes past its end are zero."""
    piece = data[offset : offset + 32]
    return _from_bytes(piece, "big") << (8 * (32 - len(piece)))


@lru_cache(maxsize=4_096)
def hash_of_pair(words: bytes) -> int:
    """Return keccak256 of two words. Solidity hashes a key and a slot for each access to a mapping, so they recur."""
    return _from_bytes(keccak256(words), "big")


def growth(size: int, end: int) -> int:
    """Return gas for memory that grows from ``size`` bytes to hold ``end`` (Yellow Paper, equation 326)."""
    before, after = size >> 5, (end + 31) >> 5
    return 3 * (after - before) + after * after // 512 - before * before // 512


def grown(memory: Any, end: int) -> Any:
    """Grow memory to hold ``end`` bytes, more than it has, in whole words. Return the bytes, perhaps another object."""
    held = memory._bytes
    more = bytes(-(-end // 32) * 32 - len(held))
    try:
        held += more
    except BufferError:  # somebody looks at them: as py-evm does
        held = memory._bytes = held + more
    return held


def handed_over(stream: Any, pc: int, meter: Any, gas: int) -> bool:
    """Leave the frame to the plain loop at ``pc``."""
    stream.program_counter = pc
    meter.gas_remaining = gas
    return False


def run_plainly(table: Sequence[Handler], computation: Any) -> None:
    """Run a frame's code as py-evm does, without what its loop does for its log, until it halts or fails."""
    stream = computation.code
    code = stream._raw_code_bytes
    size = len(code)
    while True:
        pc = stream.program_counter
        if pc >= size:
            raise Halt("past the end")
        stream.program_counter = pc + 1
        table[code[pc]](computation)


@dataclass(frozen=True, slots=True)
class Heat:
    """Thresholds of compilation: frames of a code, opcodes in one frame, and arrivals at one entry."""

    frames: int = 8
    opcodes: int = 4_096
    entries: int = 4
    functions: int = 512
    """Most functions that one code may have."""


@dataclass(slots=True)
class Unit:
    """What is known of one code.

    ``traces`` holds its functions by entry, ``reached`` how often the others were arrived at, ``fresh`` what was
    compiled since the code was saved, ``size`` the bytes of its functions.
    """

    destinations: frozenset[int] | None = None
    frames: int = 0
    traces: dict[int, Trace] = field(default_factory=dict)
    reached: dict[int, int] = field(default_factory=dict)
    fresh: dict[int, CodeType] = field(default_factory=dict)
    size: int = 0


class Engine:
    """Runs code by a fork's rules; one for each layer and fork.

    ``size`` bounds the functions in memory, in bytes: the code that was compiled longest ago goes first. The engines of
    one fork of L1 and one of L2 take at most 32 MiB together.
    ``store`` keeps functions on disk; None keeps nothing there.
    """

    is_plain = False

    def __init__(
        self, rules: Rules, heat: Heat | None = None, store: Store | None = None, size: int = 16 << 20
    ) -> None:
        self.rules = rules
        self.heat = heat or Heat()
        self.compiled = 0
        self._size = size
        self._used = 0
        self._store = store
        self._units: OrderedDict[bytes, Unit] = OrderedDict()
        self._unsaved = 0
        self._marking: _MarkingEngine | None = None
        self._globals: dict[str, Any] = {
            **HELPERS,
            "WORD": WORD,
            "SIGN": SIGN,
            "from_bytes": _from_bytes,
            "keccak256": keccak256,
            "HALTED": HALTED,
            "hash_of_pair": hash_of_pair,
            "word_at": word_at,
            "growth": growth,
            "grown": grown,
            "handed_over": handed_over,
            **{f"op_{value:02x}": run for value, run in enumerate(rules.table)},
        }
        if store is not None:
            weakref.finalize(self, _save, store, self._units)

    def run(self, computation: Any) -> None:
        """Run a frame's code until it halts; raises if it fails."""
        code = computation.code._raw_code_bytes
        unit = self._units.get(code)
        if unit is None:
            unit = self._meet(code)
        unit.frames += 1
        if unit.frames <= self.heat.frames and not unit.traces:
            self._run_plain(computation, self.heat.opcodes)
        if unit.destinations is None:
            unit.destinations = jump_destinations(code)
        self._run_hot(computation, unit, unit.destinations)

    def _meet(self, code: bytes) -> Unit:
        """Start to follow a code, with the functions that an earlier process compiled."""
        while len(self._units) >= _UNITS_KEPT:
            self._drop(*self._units.popitem(last=False))
        unit = self._units[code] = Unit()
        if self._store is not None:
            for entry, function in self._store.load(code).items():
                self._add(unit, entry, function)
        return unit

    def _run_plain(self, computation: Any, opcodes: int) -> None:
        """Run this many opcodes as py-evm does."""
        table = self.rules.table
        stream = computation.code
        code = stream._raw_code_bytes
        size = len(code)
        for _ in range(opcodes):
            pc = stream.program_counter
            if pc >= size:
                raise Halt("past the end")
            stream.program_counter = pc + 1
            table[code[pc]](computation)

    def _run_hot(self, computation: Any, unit: Unit, destinations: frozenset[int]) -> None:
        """Run functions where they exist, between them as py-evm does, until one halts; else the table raises Halt."""
        table = self.rules.table
        stream = computation.code
        code = stream._raw_code_bytes
        size, traces = len(code), unit.traces
        arrived = True  # by a jump, at the beginning, or where a function left off
        while True:
            pc = stream.program_counter
            trace = traces.get(pc)
            if trace is None and pc < size and (arrived or code[pc] == _JUMPDEST):
                trace = self._arrive(code, unit, pc)
            if trace is not None:
                left = trace(computation, destinations)
                if left is True:
                    arrived = True
                    continue
                if left == HALTED:
                    return
                assert left is False, f"a compiled function returned {left}"
            arrived = False
            pc = stream.program_counter
            if pc >= size:
                raise Halt("past the end")
            stream.program_counter = pc + 1
            table[code[pc]](computation)

    def _arrive(self, code: bytes, unit: Unit, pc: int) -> Trace | None:
        """Count an arrival at an entry without a function. Once there are enough, compile the function and return
        it."""
        count = unit.reached.get(pc, 0) + 1
        unit.reached[pc] = count
        if count < self.heat.entries or len(unit.traces) >= self.heat.functions:
            return None
        text = self._text(code, pc)
        function = compile(text, f"<{len(code)} bytes of code, from {pc}>", "exec")
        self._take_back(code, unit)
        trace = self._add(unit, pc, function)
        self.compiled += 1
        unit.fresh[pc] = function
        self._units.move_to_end(code)
        while self._used > self._size and len(self._units) > 1:
            self._drop(*self._units.popitem(last=False))
        self._unsaved += 1
        if self._unsaved >= _SAVED_EVERY and self._store is not None:
            _save(self._store, self._units)
            self._unsaved = 0
        return trace

    def _text(self, code: bytes, entry: int) -> str:
        """Return the source of the function that begins at an entry."""
        return compile_trace(code, entry, self.rules).text

    def run_marked(self, computation: Any, marks: Marks) -> None:
        """Run a frame's code and mark what runs, until it halts, or until it is past its end; raises if it fails."""
        if self._marking is None:
            self._marking = _MarkingEngine(self.rules, self.heat)
        self._marking.run_marked(computation, marks)

    def _take_back(self, code: bytes, unit: Unit) -> None:
        """Remember a running code again that was dropped to make room for what it called."""
        known = self._units.get(code)
        if known is unit:
            return
        if known is not None:
            self._drop(code, known)
        self._units[code] = unit
        self._used += unit.size

    def _add(self, unit: Unit, entry: int, function: CodeType) -> Trace:
        exec(function, self._globals)
        trace: Trace = self._globals.pop("trace")
        unit.traces[entry] = trace
        size = 3 * len(trace.__code__.co_code) + _AROUND_A_FUNCTION
        unit.size += size
        self._used += size
        return trace

    def _drop(self, code: bytes, unit: Unit) -> None:
        self._used -= unit.size
        if self._store is not None and unit.fresh:
            self._store.save(code, unit.fresh)


class _MarkingEngine(Engine):
    """Runs code and marks what runs of it. Its functions are kept nowhere else: few runs are measured."""

    def run_marked(self, computation: Any, marks: Marks) -> None:
        code = computation.code._raw_code_bytes
        unit = self._units.get(code)
        if unit is None:
            unit = self._meet(code)
        unit.frames += 1
        computation.hits = marks.hits
        if unit.frames <= self.heat.frames and not unit.traces:
            run_marked(self.rules.table, computation, marks, self.heat.opcodes)
        if unit.destinations is None:
            unit.destinations = jump_destinations(code)
        self._run_hot_marked(computation, unit, unit.destinations, marks)

    def _run_hot_marked(self, computation: Any, unit: Unit, destinations: frozenset[int], marks: Marks) -> None:
        """Run functions where they exist; between them run a single opcode, as py-evm does."""
        table = self.rules.table
        stream = computation.code
        code = stream._raw_code_bytes
        size, traces = len(code), unit.traces
        arrived = True
        while (pc := stream.program_counter) < size:
            trace = traces.get(pc)
            if trace is None and (arrived or code[pc] == _JUMPDEST):
                trace = self._arrive(code, unit, pc)
            if trace is None:
                arrived = False
                run_marked(table, computation, marks, until=_JUMPDEST)
                continue
            try:
                left = trace(computation, destinations)
            except Exception:
                marks.hits[stream.program_counter - 1] |= STOPPED  # only the table fails, and it runs no jumps
                raise
            assert left is True or left is False, f"a compiled function that marks returned {left}"
            arrived = left
            if not arrived:
                run_marked(table, computation, marks, until=_JUMPDEST)

    def _text(self, code: bytes, entry: int) -> str:
        return compile_trace(code, entry, self.rules, Marks(code).ends).text


def _save(store: Store, units: Mapping[bytes, Unit]) -> None:
    """Save what was compiled since the last time, and keep the files small."""
    fresh = [(code, unit) for code, unit in units.items() if unit.fresh]
    for code, unit in fresh:
        store.save(code, unit.fresh)
        unit.fresh = {}
    if fresh:
        store.trim()

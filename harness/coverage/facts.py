"""What the marks of programs say of their sources: which places ran, and which way each conditional jump went."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from harness.contracts.artifact import Artifact
from harness.contracts.binding.filled_code import mask_of
from harness.contracts.binding.source_maps import Span, instruction_numbers, parse
from harness.coverage.items import FunctionItem, Jumped, Place, Ran
from harness.engine.marks import JUMPED, REACHED
from harness.primitives.opcodes import Opcode


@dataclass(slots=True)
class _Known:
    """What is known of one place: whether runtime code and initcode have instructions of it, and whether they ran."""

    runtime: bool = False
    runtime_ran: bool = False
    creation: bool = False
    creation_ran: bool = False
    entry: bool = False
    entry_ran: bool = False
    exit_ran: bool = False
    last_ran: bool = False


@dataclass(slots=True)
class _Jump:
    """A conditional jump, and the marks of both ways.

    ``before`` is the place that ran right before the jump's own one; None for a later jump of that place, and behind
    code that the compiler writes of its own.
    """

    before: Place | None
    marks: int


@dataclass(slots=True)
class Facts:
    """The facts of one source file."""

    known: dict[Place, _Known] = field(default_factory=lambda: defaultdict(_Known))
    jumps: dict[Place, list[_Jump]] = field(default_factory=lambda: defaultdict(list))
    _sorted: list[Place] = field(default_factory=list)

    def ran(self, evidence: Ran | Jumped) -> bool | None:
        """Return whether there is this evidence; None if no code was compiled that could give it."""
        if isinstance(evidence, Jumped):
            jumps = self._jumps_of(evidence)
            mark = JUMPED if evidence.taken else REACHED
            return any(jump.marks & mark for jump in jumps) if jumps else None
        found = [self.known[evidence.place]] if evidence.exact and evidence.place in self.known else []
        if not evidence.exact:
            found = [self.known[place] for place in self._within(evidence.place)]
        if evidence.creation:
            return any(each.creation_ran for each in found) if any(each.creation for each in found) else None
        return any(each.runtime_ran or each.creation_ran for each in found) if found else None

    def entered(self, function: FunctionItem) -> bool | None:
        """Return whether a function was entered; None if it was compiled into no contract."""
        own = self.known.get(function.place)
        if own is not None and function.kind == "function" and own.entry:
            return own.entry_ran
        within = [self.ran(evidence) for statement in function.statements for evidence in statement.evidence]
        if any(within):
            return True
        if own is None:
            return False if function.statements else None
        return own.exit_ran if function.kind == "function" else own.last_ran and not function.statements

    def has_code(self, place: Place) -> bool:
        """Return whether any code was compiled from a place, or from within it."""
        return next(self._within(place), None) is not None

    def _jumps_of(self, evidence: Jumped) -> list[_Jump]:
        jumps = self.jumps.get(evidence.place, [])
        after = evidence.after
        return jumps if after is None else [jump for jump in jumps if jump.before and after.holds(jump.before)]

    def _within(self, place: Place) -> Iterator[Place]:
        if len(self._sorted) != len(self.known):
            self._sorted = sorted(self.known)
        for at in range(bisect_left(self._sorted, Place(place.start, 0)), len(self._sorted)):
            found = self._sorted[at]
            if found.start >= place.end:
                return
            if found.end <= place.end:
                yield found


def learn(facts: Mapping[str, Facts], artifact: Artifact, hits: bytes, *, creation: bool) -> None:
    """Add what the marks of one of a contract's codes say, to the facts of each source unit that is asked about."""
    code = mask_of(artifact, creation=creation).code
    spans = parse(artifact.source_map if creation else artifact.runtime_source_map)
    pcs = list(instruction_numbers(code))[: len(spans)]
    ran = _ran(code, pcs, hits)
    entries = _entries(code, pcs, spans)
    before: Place | None = None
    last: dict[tuple[str, Place], bool] = {}
    for number, (pc, span) in enumerate(zip(pcs, spans, strict=False)):
        place = Place(span.start, span.start + span.length)
        if number and spans[number - 1][:3] != span[:3]:
            left = spans[number - 1]
            before = Place(left.start, left.start + left.length) if left.file in artifact.files else None
        unit = artifact.files.get(span.file, "")
        if (own := facts.get(unit)) is None:
            continue
        _note(own.known[place], ran[number], creation=creation)
        last[unit, place] = ran[number]
        if code[pc] == Opcode.JUMPI:
            own.jumps[place].append(_Jump(before, hits[pc] if hits else 0))
            before = None  # further jumps of the same place follow from something else
        elif code[pc] == Opcode.JUMPDEST and pc in entries:
            own.known[place].entry = True
            own.known[place].entry_ran |= ran[number]
        elif code[pc] == Opcode.JUMP and span.jump == "o":
            own.known[place].exit_ran |= ran[number]
    for (unit, place), is_run in last.items():
        facts[unit].known[place].last_ran |= is_run


def _note(known: _Known, ran: bool, *, creation: bool) -> None:
    if creation:
        known.creation = True
        known.creation_ran |= ran
    else:
        known.runtime = True
        known.runtime_ran |= ran


def _ran(code: bytes, pcs: list[int], hits: bytes) -> list[bool]:
    """Return which instructions ran: all of a stretch up to its last mark."""
    ran = [False] * len(pcs)
    if not hits:
        return ran
    is_ahead = False
    for number in range(len(pcs) - 1, -1, -1):
        pc = pcs[number]
        if hits[pc]:
            is_ahead = True
        elif code[pc] == Opcode.JUMPI or code[pc] in (Opcode.JUMP, Opcode.STOP, Opcode.RETURN, Opcode.REVERT):
            is_ahead = False
        ran[number] = is_ahead
        if code[pc] == Opcode.JUMPDEST:
            is_ahead = False
    return ran


def _entries(code: bytes, pcs: list[int], spans: list[Span]) -> set[int]:
    """Return the targets of jumps into functions whose target is pushed right before the jump."""
    entries = set()
    for number in range(1, len(pcs)):
        pc, pushed = pcs[number], pcs[number - 1]
        if code[pc] == Opcode.JUMP and spans[number].jump == "i" and Opcode.PUSH1 <= code[pushed] <= Opcode.PUSH32:
            entries.add(int.from_bytes(code[pushed + 1 : pc], "big"))
    return entries

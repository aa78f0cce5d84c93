"""The source line at which each failed call of an execution failed.

The execution is repeated, and its steps are noted. An optimizer merges equal pieces of code, so a step may stand for a
statement that was not executed. Therefore the contract then runs its own source compiled without an optimizer, on the
same state. That result counts only if every call of the whole execution had the same input and output; else the steps
of the original code decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.chain.backend import Emitted, Frame, Swap, Write
from harness.chain.values.causes import NEVER_BEGAN, OUT_OF_GAS

if TYPE_CHECKING:
    from harness.chain.knowledge import ContractInfo, Knowledge

Pairs = dict[int, Frame]
"""Frames of a replay by the identity of the frames that they repeat."""

_LAST_PRECOMPILE = 0x100


class Lines:
    """The lines of one execution, found on demand."""

    def __init__(self, top: Frame, knowledge: Knowledge) -> None:
        self._top = top
        self._knowledge = knowledge
        self._contracts: dict[int, ContractInfo | None] = {}
        self._replays: dict[tuple[int, int] | None, Pairs] = {}

    def contract(self, frame: Frame) -> ContractInfo | None:
        """Return the contract whose code ran in a frame, even if its creation failed or was undone; None if unknown."""
        if id(frame) not in self._contracts:
            self._contracts[id(frame)] = self._identify(frame)
        return self._contracts[id(frame)]

    def _identify(self, frame: Frame) -> ContractInfo | None:
        known = self._knowledge.at(frame.code_address)
        if frame.kind.startswith("CREATE"):
            fits = known is not None and known.creates(frame.input)
            return known if fits else self._knowledge.created_by(frame.input) or known
        if known is not None:
            return known
        creations = (made for made in _frames(self._top) if made.kind.startswith("CREATE"))
        made = next((made for made in creations if made.address == frame.code_address), None)
        return None if made is None else self.contract(made)

    def cause(self, frame: Frame) -> str | None:
        """Return why a frame failed, including what the node does not report."""
        again = self._replayed(None).get(id(frame))
        return frame.error if again is None else again.error

    def effects(self, frame: Frame) -> list[tuple[int, Write | Emitted]] | None:
        """Return a frame's writes and events in order, each with the number of the frame's calls before it.

        Returns None if the execution cannot be repeated.
        """
        again = self._replayed(None).get(id(frame))
        if again is None or again.effects is None:
            return None
        told = {id(child) for child in _calls(frame)}
        after = [0, *(number for number, child in enumerate(frame.children, 1) if id(child) in told)]
        return [(after[len(_told(again.children[: effect.place]))], effect) for effect in again.effects]

    def of(self, frame: Frame, passed_on: Frame | None) -> str | None:
        """Return ``file:line`` of the statement that ended a frame, or called ``passed_on``; None if unknown."""
        own = self._replayed(None).get(id(frame))
        info = None if own is None or own.code is None else self._running(frame, own.code)
        if info is None:
            return None
        creation = frame.kind.startswith("CREATE")
        for again in self._ways(info):
            found = again.get(id(frame))
            if found is None or found.code is None or found.steps is None:
                continue
            called = again.get(id(passed_on))
            end = None if called is None or called.called_at is None else called.called_at + 1
            line = info.line(found.code, found.steps[:end], creation=creation)
            if line is not None:
                return line
        return None

    def _running(self, frame: Frame, code: bytes) -> ContractInfo | None:
        """Return the contract that has this code.

        It may differ from the contract that a user registered at the address, which may be a proxy.
        """
        info = self.contract(frame)
        if frame.kind.startswith("CREATE"):
            return info
        return info if info is not None and info.runs(code) else self._knowledge.running(code)

    def _ways(self, info: ContractInfo) -> Iterator[Pairs]:
        """Yield the execution repeated with the contract's plain codes, then with its own code."""
        for way, swap in enumerate(info.plain_codes()):
            yield self._replayed(swap, (id(info), way))
        yield self._replayed(None)

    def _replayed(self, swap: Swap | None, key: tuple[int, int] | None = None) -> Pairs:
        """Return the frames of the repeated execution, kept under ``key``; none if it went another way."""
        if key not in self._replays:
            self._replays[key] = self._replay(swap)
        return self._replays[key]

    def _replay(self, swap: Swap | None) -> Pairs:
        starved = swap is not None and any(frame.error == OUT_OF_GAS for frame in _frames(self._top))
        if self._top.replay is None or starved:  # other code costs other gas
            return {}
        again = self._top.replay(swap)
        pairs: Pairs = {}
        return pairs if again is not None and _pair(self._top, again, pairs) else {}


def _frames(frame: Frame) -> Iterator[Frame]:
    yield frame
    for child in frame.children:
        yield from _frames(child)


def _pair(actual: Frame, again: Frame, pairs: Pairs) -> bool:
    """Note which frame repeats which; return False if the two executions differ."""
    if not _is_same(actual, again):
        return False
    pairs[id(actual)] = again
    ours, theirs = _calls(actual), _calls(again)
    return len(ours) == len(theirs) and all(_pair(one, two, pairs) for one, two in zip(ours, theirs, strict=True))


def _is_same(actual: Frame, again: Frame) -> bool:
    """Return whether two frames agree in everything but gas.

    The code of a creation may differ. Nodes do not report the address of a failed creation.
    """
    if actual.kind != again.kind or _kind_of(actual.error) != _kind_of(again.error):
        return False
    same_place = (actual.address, actual.code_address) == (again.address, again.code_address)
    if not actual.kind.startswith("CREATE"):
        return same_place and (actual.input, actual.output) == (again.input, again.output)
    return same_place if actual.error is None else actual.output == again.output


def _kind_of(cause: str | None) -> str | None:
    """Return a cause without its size, which not every node reports."""
    return None if cause is None else cause.partition(":")[0]


def _calls(frame: Frame) -> list[Frame]:
    """Return the calls that every tracer shows: some leave out precompiles, some show calls that never began."""
    return _told(frame.children)


def _told(children: Sequence[Frame]) -> list[Frame]:
    return [child for child in children if child.error not in NEVER_BEGAN and not _is_precompile(child)]


def _is_precompile(frame: Frame) -> bool:
    return not frame.kind.startswith("CREATE") and int(frame.code_address, 16) <= _LAST_PRECOMPILE

"""Where in its source each failed call of one execution failed.

The execution is repeated with its steps noted. An optimizer merges equal pieces of code, so a step may stand for a
statement that was not executed: the contract in question then runs its own source compiled without an optimizer, on the
same state. What that tells is used only if every call of the whole execution then got the same input and gave the same
answer; else the steps of the code that really ran decide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.chain.backend import Frame
from harness.chain.causes import NEVER_BEGAN, OUT_OF_GAS

if TYPE_CHECKING:
    from harness.chain.knowledge import ContractInfo, Knowledge

Pairs = dict[int, Frame]
"""Frames of a replay by the identity of the frames that they repeat."""

_LAST_PRECOMPILE = 0x100


class Lines:
    """The lines of one execution, found when they are asked for."""

    def __init__(self, top: Frame, knowledge: Knowledge) -> None:
        self._top = top
        self._knowledge = knowledge
        self._contracts: dict[int, ContractInfo | None] = {}
        self._replays: dict[int | None, Pairs] = {}

    def contract(self, frame: Frame) -> ContractInfo | None:
        """The contract whose code ran in a frame, though its creation failed or was undone; None if unknown."""
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
        """Why a frame failed, with what a node does not tell of it."""
        again = self._replayed(None).get(id(frame))
        return frame.error if again is None else again.error

    def of(self, frame: Frame, passed_on: Frame | None) -> str | None:
        """``file:line`` of the statement at which a frame ended, or that called ``passed_on``; None if unknown."""
        info = self.contract(frame)
        if info is None:
            return None
        for swapped in (info, None):
            again = self._replayed(swapped)
            found = again.get(id(frame))
            if found is None or found.steps is None:
                continue
            steps: Sequence[int] = found.steps
            if passed_on is not None:
                called_at = again[id(passed_on)].called_at if id(passed_on) in again else None
                steps = steps if called_at is None else steps[: called_at + 1]
            line = info.line(steps, creation=frame.kind.startswith("CREATE"), plain=swapped is not None)
            if line is not None:
                return line
        return None

    def _replayed(self, info: ContractInfo | None) -> Pairs:
        """The frames of the execution repeated, with ``info`` run unoptimized; none if it went another way."""
        key = None if info is None else id(info)
        if key not in self._replays:
            self._replays[key] = self._replay(info)
        return self._replays[key]

    def _replay(self, info: ContractInfo | None) -> Pairs:
        if self._top.replay is None:
            return {}
        if info is None:
            again = self._top.replay(None)
        elif any(frame.error == OUT_OF_GAS for frame in _frames(self._top)):
            return {}  # other code costs other gas
        else:
            again = self._top.replay(info.plain_code)
        pairs: Pairs = {}
        return pairs if again is not None and _pair(self._top, again, pairs) else {}


def _frames(frame: Frame) -> Iterator[Frame]:
    yield frame
    for child in frame.children:
        yield from _frames(child)


def _pair(actual: Frame, again: Frame, pairs: Pairs) -> bool:
    """Note which frame repeats which; False if the two executions differ."""
    if not _is_same(actual, again):
        return False
    pairs[id(actual)] = again
    ours, theirs = _calls(actual), _calls(again)
    return len(ours) == len(theirs) and all(_pair(one, two, pairs) for one, two in zip(ours, theirs, strict=True))


def _is_same(actual: Frame, again: Frame) -> bool:
    """Whether two frames agree in all but gas.

    A creation's code is what may differ; and nodes do not tell the address of one that failed.
    """
    if actual.kind != again.kind or _kind_of(actual.error) != _kind_of(again.error):
        return False
    same_place = (actual.address, actual.code_address) == (again.address, again.code_address)
    if not actual.kind.startswith("CREATE"):
        return same_place and (actual.input, actual.output) == (again.input, again.output)
    return same_place if actual.error is None else actual.output == again.output


def _kind_of(cause: str | None) -> str | None:
    """A cause without the size that not everyone tells."""
    return None if cause is None else cause.partition(":")[0]


def _calls(frame: Frame) -> list[Frame]:
    """The calls that every tracer shows: some leave out precompiles, some show calls that never began."""
    return [child for child in frame.children if child.error not in NEVER_BEGAN and not _is_precompile(child)]


def _is_precompile(frame: Frame) -> bool:
    return not frame.kind.startswith("CREATE") and int(frame.code_address, 16) <= _LAST_PRECOMPILE

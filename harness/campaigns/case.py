"""One case of a campaign as plain data, and what came of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Case:
    """A case that any process can play.

    ``kind`` names who plays it. ``name`` and ``point`` group the cases of a report: what is played, and at which values
    of a sweep. ``data`` holds all that its kind needs to play it on the L1 ``l1``.
    """

    kind: str
    name: str
    seed: int
    l1: str
    data: str
    point: str = ""

    @property
    def version(self) -> str:
        """What the case was made of, as a digest, where that may change under one name; "" where it does not."""
        try:
            plain = json.loads(self.data)
        except ValueError:
            return ""
        return str(plain.get("made of", "")) if isinstance(plain, dict) else ""

    @property
    def digest(self) -> str:
        """What tells cases apart, as 40 hexadecimal digits: two cases that play the same have the same digest."""
        parts = (self.kind, self.l1, self.data)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


class Verdict(StrEnum):
    """What came of a case: its promises held, one was broken, or it ended in an error."""

    HELD = "held"
    BROKEN = "broken"
    CRASHED = "crashed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case; ``seconds`` is processor time of the worker.

    ``measures`` are numbers by name, for the worst of which a report looks. ``replay`` is the text of a file that plays
    the case again. ``command`` plays that file, with ``{}`` for its path, or plays the case without a file.
    """

    verdict: Verdict
    reason: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)
    replay: str = ""
    command: str = ""
    seconds: float = 0.0
    worker: str = ""

    def measured(self, **measures: float) -> Outcome:
        """Return this outcome with more measures."""
        return replace(self, measures={**self.measures, **measures})


Play = Callable[[Case], Outcome]
"""Plays cases of one kind on one L1, one after the other."""

Opener = Callable[[str], AbstractContextManager[Play]]
"""Opens what cases of a kind need on an L1, such as a chain with contracts."""

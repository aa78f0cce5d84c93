"""A message bus that can drop, delay, reorder and duplicate messages, all from one seed."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from random import Random
from typing import Any


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances from 0 to 1 per message; ``delay`` is the most rounds by which a message is delayed."""

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: int = 0


NO_FAULTS = Faults()


@dataclass(frozen=True, slots=True, order=True)
class Envelope:
    """A message in transit. Envelopes are ordered by arrival."""

    due: int
    rank: float
    number: int
    sender: str = field(compare=False)
    recipient: str = field(compare=False)
    message: Any = field(compare=False)


class MessageBus:
    """A queue of envelopes in rounds. Without faults it keeps the order of sending."""

    def __init__(self, seed: int = 0, faults: Faults = NO_FAULTS) -> None:
        self.faults = faults
        self.sent = 0
        self.dropped = 0
        self._random = Random(seed)
        self._queue: list[Envelope] = []
        self._round = 0

    def __len__(self) -> int:
        return len(self._queue)

    def send(self, sender: str, recipient: str, message: Any) -> None:
        faults, chance = self.faults, self._random.random
        self.sent += 1
        if chance() < faults.drop:
            self.dropped += 1
            return
        for _ in range(2 if chance() < faults.duplicate else 1):
            due = self._round + (self._random.randint(0, faults.delay) if faults.delay else 0)
            rank = chance() if chance() < faults.reorder else 0.5
            heapq.heappush(self._queue, Envelope(due, rank, self.sent, sender, recipient, message))

    def deliver(self) -> Envelope | None:
        """Take the next envelope off the bus, letting rounds pass as needed. Returns None if the bus is empty."""
        if not self._queue:
            return None
        envelope = heapq.heappop(self._queue)
        self._round = max(self._round, envelope.due)
        return envelope

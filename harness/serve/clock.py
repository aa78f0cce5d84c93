"""Chain time that follows the clock of this machine, as fast or faster."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from harness.chain.chain import Chain


@dataclass(slots=True)
class Clock:
    """``speed`` seconds of the chain pass in each second here."""

    chain: Chain
    speed: float = 1.0
    _base: int = field(init=False)
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._base, self._since = self.chain.now, time.monotonic()

    @property
    def now(self) -> int:
        """The chain's time by this clock, in seconds since 1970."""
        return self._base + int((time.monotonic() - self._since) * self.speed)

    def strike(self) -> None:
        """Set the chain's time; if the chain is ahead, as after a client's warp, the clock goes on from there."""
        present, now = self.chain.now, self.now
        if present > now:
            self._base, self._since = present, time.monotonic()
        elif now > present and not self.chain.has_open_block:
            self.chain.warp(to=now)

    def wait(self, moment: int) -> float:
        """Return the seconds until the chain's time is ``moment``; 0 if that is past."""
        return max(0.0, (moment - self._base) / self.speed - (time.monotonic() - self._since))

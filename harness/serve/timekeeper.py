"""The agents in time: each plays when something has happened, or when the moment comes that it waits for.

Only here does anything wait for a clock. A test steps its agents itself.
"""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial

from harness.chain.jsonrpc.parameters import Seconds
from harness.serve.clock import Clock
from harness.serve.keeper import Keeper
from harness.serve.station import Station
from harness.serve.trouble import Trouble
from harness.testbed.runner import Participant, Runner

_PAUSE = 0.02
"""Least seconds between two turns of the agents, so that clients come in between."""
_LONGEST_WAIT = 3_600.0
MOST_BLOCKS = 64
"""Blocks of a block time that are mined at once."""


class Timekeeper:
    """Lets agents play, and with ``block_time`` mines a block of L1 every so many seconds of chain time.

    Clients set that time by `evm_setIntervalMining`, if L1 is a chain of this process.

    ``glance`` is how many seconds may pass before the agents look again at an L1 that others write to; None if nobody
    else does.
    """

    def __init__(
        self,
        station: Station,
        keeper: Keeper,
        runner: Runner,
        clock: Clock,
        block_time: int | None = None,
        glance: float | None = None,
    ) -> None:
        self._station, self._keeper, self._runner, self._clock = station, keeper, runner, clock
        self._block_time, self._glance = 0, glance
        self._due: int | None = None
        self._stirred, self._shifted = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        station.changed = lambda: loop.call_soon_threadsafe(self._stir)
        self._trouble = Trouble()
        if "L1" in station.pools:
            for node in ("evm", "anvil"):
                station.endpoints["L1"].add(f"{node}_setIntervalMining", self._set_block_time)
        if block_time is not None:
            self._set_block_time(block_time)

    async def run(self) -> None:
        """Go on until cancelled."""
        await asyncio.gather(self._play_on(), self._mine_on())

    def _stir(self) -> None:
        self._stirred.set()
        self._shifted.set()  # a client's warp makes blocks due

    # -- agents

    async def _play_on(self) -> None:
        while True:
            self._stirred.clear()
            acted = sum([await self._keeper.do(partial(self._play, each)) for each in self._runner.members])
            await asyncio.sleep(_PAUSE)
            if acted:
                continue
            wait = await self._keeper.do(self._wait)
            try:
                await asyncio.wait_for(self._stirred.wait(), wait)
            except TimeoutError:
                continue

    def _play(self, participant: Participant) -> int:
        """Let one agent play once; what it cannot do is told once."""
        done = 0
        with self._trouble.told(participant.name), self._station.busy():
            self._clock.strike()
            done = participant.play()
        return done

    def _wait(self) -> float:
        """Return the seconds until the next moment that an agent waits for."""
        waits = [_LONGEST_WAIT if self._glance is None else self._glance]
        with self._station.busy():
            for each in self._runner.members:
                with self._trouble.told(f"{each.name}'s alarm"):
                    moment = each.wakes_at()
                    # A moment that has passed brought no action in this turn: something else has to happen first.
                    if moment is not None and moment > self._clock.chain.now:
                        waits.append(self._clock.wait(moment))
        return min(waits)

    # -- blocks

    def _set_block_time(self, seconds: Seconds) -> bool:
        """Mine a block every so many seconds, and none beside; 0 ends that, and leaves automatic mining as it is."""
        self._block_time, self._due = seconds, None
        if seconds:
            self._station.pools["L1"].automine = False
            self._due = self._clock.chain.now + seconds
        return True

    async def _mine_on(self) -> None:
        while True:
            self._shifted.clear()
            wait = None if self._due is None else max(self._clock.wait(self._due), _PAUSE / 10)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._shifted.wait(), wait)
            await self._keeper.do(self._mine)

    def _mine(self) -> None:
        """Mine the blocks that are due, and note the time of the next one.

        What is due beyond `MOST_BLOCKS` is left out: a clock that is faster than the chain would let nobody else have
        its turn.
        """
        if self._due is None:
            return
        due, block_time = self._due, self._block_time
        self._due += block_time  # for the case that this one fails
        with self._trouble.told("blocks"), self._station.busy():
            self._clock.strike()  # an agent's own block, or a client's warp, may have taken L1 further
            now = self._clock.now
            for _ in range(MOST_BLOCKS):
                if due > now:
                    break
                head = self._clock.chain.head.timestamp
                if due > head:
                    self._clock.chain.warp(to=due)
                # An agent's block may have come at this time or later; what clients sent is not in it.
                if due > head or self._station.pools["L1"].contents()[0]:
                    self._station.pools["L1"].mine()
                due = max(due, head) + block_time
            self._clock.strike()
            self._due = max(due, now + 1)


async def look_on(station: Station, keeper: Keeper, glance: float) -> None:
    """Tell subscribers every so many seconds what no request of a client brought about, until cancelled."""
    trouble = Trouble()
    while True:
        await asyncio.sleep(glance)
        if not station.is_idle:
            with trouble.told("news"):
                await keeper.do(station.look)

"""`rollup.serve()`: the servers in a thread of their own, beside the test that uses the same rollup."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from threading import Thread
from types import TracebackType

from harness.serve.errors import ServerMissing
from harness.testbed.rollup import Rollup

try:
    from starlette.types import ASGIApp

    from harness.serve import server
    from harness.serve.app import Layer
except ModuleNotFoundError as missing:
    raise ServerMissing(missing.name or str(missing)) from missing
from harness.serve.door import Door
from harness.serve.keeper import Keeper
from harness.serve.limits import Limits
from harness.serve.server import Listening
from harness.serve.sharing import by_turns
from harness.serve.station import Station
from harness.serve.timekeeper import look_on

_GLANCE = 0.05
"""Seconds between two looks at what the test did."""
_PATIENCE = 10.0
"""Seconds that a job which is being done gets to end."""


class Within:
    """The servers of one rollup; `harness.testbed.serving.Served` says what a test does with it."""

    def __init__(self, rollup: Rollup) -> None:
        with contextlib.ExitStack() as undo:
            listening = Listening.on("127.0.0.1", {"L1": 0, "L2": 0})
            undo.callback(listening.close)
            self.l1, self.l2 = listening.urls["L1"], listening.urls["L2"]
            shared = by_turns(rollup.l1.backend, rollup.l2.backend, rollup.node, rollup.unsafe)
            self._station = Station(rollup, undo.enter_context(shared))
            self._runner = asyncio.Runner(loop_factory=server.new_loop)
            undo.callback(self._runner.close)
            self._loop = self._runner.get_loop()
            self._stop = asyncio.Event()
            self._thread = Thread(target=self._run, args=(listening,), name="server", daemon=True)
            self._thread.start()
            self._undo = undo.pop_all()

    def _run(self, listening: Listening) -> None:
        keeper, limits = Keeper(), Limits()
        apps = {name: Layer(name, self._station, keeper, Door(), limits).app() for name in listening.sockets}
        # The runner's end cancels what is left in the loop: connections that wait for a job which outlives the server.
        with self._runner:
            self._runner.run(self._serve(keeper, listening, apps, limits))

    async def _serve(self, keeper: Keeper, listening: Listening, apps: Mapping[str, ASGIApp], limits: Limits) -> None:
        try:
            await server.run(listening, apps, self._stop, limits.body, [look_on(self._station, keeper, _GLANCE)])
        finally:
            # The job that is being done reports to this loop, which stays until then.
            await asyncio.to_thread(keeper.end, _PATIENCE)

    @property
    def is_open(self) -> bool:
        """Whether the servers run."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the servers. A second call does nothing."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        self._undo.close()

    def __enter__(self) -> Within:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(rollup: Rollup) -> Within:
    """Serve a rollup on two free ports of loopback."""
    return Within(rollup)

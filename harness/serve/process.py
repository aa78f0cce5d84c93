"""`harness serve`: a rollup of this process behind two ports, until a signal ends it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from dataclasses import dataclass

from harness.chain.opening import open_chain
from harness.serve import server
from harness.serve.app import Layer
from harness.serve.door import Door
from harness.serve.keeper import Keeper
from harness.serve.limits import Limits
from harness.serve.server import Listening
from harness.serve.station import Station
from harness.testbed.rollup import Rollup

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command's user chose. ``hosts`` and ``origins`` may come in besides loopback."""

    host: str
    ports: Mapping[str, int]
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()


def serve(options: Options) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code. Raises PortTaken, and what deploys a rollup."""
    # The ports come first: who cannot have them need not wait for a deployment.
    listening = Listening.on(options.host, options.ports)
    try:
        with open_chain(name="l1", is_private=True) as l1:
            rollup = Rollup.deploy(l1)
            rollup.fund()
            asyncio.run(_serve(rollup, listening, options))
    finally:
        listening.close()
    return 0


async def _serve(rollup: Rollup, listening: Listening, options: Options) -> None:
    stop, loop, keeper = asyncio.Event(), asyncio.get_running_loop(), Keeper()
    for each in SIGNALS:
        loop.add_signal_handler(each, stop.set)
    door, limits = Door.of((options.host, *options.hosts), options.origins), Limits()
    station = Station(rollup)
    apps = {name: Layer(name, station, keeper, door, limits).app() for name in station.endpoints}
    for name, url in listening.urls.items():
        chain = rollup.l1 if name == "L1" else rollup.l2
        print(f"{name}  {url}  chain {chain.chain_id}", flush=True)
    await server.run(listening, apps, stop, limits.body)

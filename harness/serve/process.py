"""`harness serve`: a rollup of this process behind its ports, until a signal ends it."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.agents.sequencer import Sequencer
from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.contracts.project import others_for
from harness.rollup.networks import check_network
from harness.serve import server
from harness.serve.app import Layer
from harness.serve.clock import Clock
from harness.serve.door import Door
from harness.serve.keeper import Keeper
from harness.serve.limits import Limits
from harness.serve.server import Listening
from harness.serve.state import KeptBackend, State, check_writable, dumped, playing_out, read, resumed, write
from harness.serve.station import Station
from harness.serve.timekeeper import Timekeeper, look_on
from harness.testbed import deployment
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = 0.4
"""Seconds that the job which is being done gets to end, before the state is written without it."""
_GLANCE = 0.5
"""Seconds between two looks at the time, and at an L1 that others write to."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the command's user chose. ``hosts`` and ``origins`` may come in besides loopback.

    ``l1`` is the URL of an existing L1. ``patience`` is the age in seconds at which the sequencer posts a batch.
    """

    host: str
    ports: Mapping[str, int]
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    l1: str | None = None
    l1_chain_id: int | None = None
    deployed: Path | None = None
    scenario: str | None = None
    seed: int = 0
    block_time: int | None = None
    speed: float = 1.0
    manual: bool = False
    patience: int = 12
    state: Path | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """What is served: a rollup, who steps its agents, and what was read from a file of state."""

    rollup: Rollup
    runner: Runner
    state: State | None = None


def serve(options: Options) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code.

    Raises PortTaken, StateUnreadable, StateUnwritable, and what opens a chain, deploys a rollup or reads a scenario.
    """
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    kept = read(options.state) if options.state is not None and options.state.exists() else None
    if options.state is not None:
        check_writable(options.state)
    ports = dict(options.ports) if options.l1 is None else {"L2": options.ports["L2"]}
    # The ports come first: who cannot have them need not wait for a deployment.
    listening = Listening.on(options.host, ports)
    with ExitStack() as undo:
        undo.callback(listening.close)
        stage = _stage(options, kept, undo)
        # What is there by now stays, so the collector need not look at it again and again.
        gc.collect()
        gc.freeze()
        with asyncio.Runner(loop_factory=server.new_loop) as runner:
            runner.run(_serve(stage, listening, options))
    return 0


# -- what is served


def _stage(options: Options, kept: State | None, undo: ExitStack) -> Stage:
    if options.scenario is not None:
        return _scenario(options.scenario, undo)
    if options.l1 is not None:
        return _on_existing(options, undo)
    if kept is not None and options.state is not None:
        l1, rollup = resumed(kept, options.state)
        undo.enter_context(l1)
    else:
        l1 = undo.enter_context(Chain(KeptBackend.open(options.seed), name="l1"))
        rollup = Rollup.deploy(l1)
        rollup.fund()
    return _with_crew(rollup, options, kept)


def _on_existing(options: Options, undo: ExitStack) -> Stage:
    assert options.l1 is not None
    l1 = undo.enter_context(open_chain(options.l1, options.l1_chain_id, name="l1"))
    check_network(l1)
    accounts = l1.accounts
    if options.deployed is not None:
        found = deployment.load(options.deployed)
        rollup = found.attach(l1, sequencer=accounts.victor, proposer=accounts.peggy)
    else:
        rollup = Rollup.deploy(l1, sequencer=accounts.trent)
        if getattr(l1.backend, "verbs", None) is None:
            print("the node takes no blocks of several transactions: fund L2's accounts by deposits")
        else:
            rollup.fund()
    return _with_crew(rollup, options, None)


def _with_crew(rollup: Rollup, options: Options, kept: State | None) -> Stage:
    rollup.join(Sequencer(patience=options.patience))
    assert rollup.challenger  # it plays from the first access on
    return Stage(rollup, rollup.runner, kept)


def _scenario(name: str, undo: ExitStack) -> Stage:
    """Set a scenario up and do its steps; its agents act from then on, in time."""
    from harness.scenarios.finding import find, opened
    from harness.scenarios.running import Play
    from harness.scenarios.telling import Terms

    (path, *_) = find(name)
    scenario, sources, root = opened(path)
    l1 = undo.enter_context(open_chain(seed=scenario.seed, name="l1", fork=scenario.l1.fork, blobs=scenario.l1.blobs))
    others = sources.others(scenario.contracts)
    undo.enter_context(others_for(others))
    terms = Terms(scenario=scenario, seed=scenario.seed, fork=scenario.l1.fork or "", others=others, case={})
    play = Play(scenario, l1, sources, terms, root, print)
    play.set_up()
    play.do_steps()
    return Stage(play.world.rollup, play.world.runner)


# -- serving it


async def _serve(stage: Stage, listening: Listening, options: Options) -> None:
    stop, loop, keeper = asyncio.Event(), asyncio.get_running_loop(), Keeper()

    def end(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)
        keeper.interrupt()

    for each in SIGNALS:
        signal.signal(each, end)  # not the loop's handlers, for which a job that is done in the loop would have to end
    station = Station(stage.rollup, runner=stage.runner)
    if stage.state is not None and options.state is not None:
        with playing_out(options.state):
            for name, pool in station.pools.items():
                pool.admit(stage.state.waiting(name))
    save: Callable[[], None] | None = None
    if options.state is not None:
        save = _saving(station, options.state)
        for endpoint in station.endpoints.values():
            endpoint.add("rollup_dumpState", save)
    door, limits = Door.of((options.host, *options.hosts), options.origins), Limits()
    apps = {name: Layer(name, station, keeper, door, limits).app() for name in listening.sockets}
    _announce(stage.rollup, listening, options)
    beside = [look_on(station, keeper, _GLANCE)]
    if not options.manual:
        beside.append(_in_time(station, keeper, stage, options))
    try:
        await server.run(listening, apps, stop, limits.body, beside)
    finally:
        # Without the keeper's end the state is that of the blocks which are whole by now.
        await asyncio.to_thread(keeper.end, _PATIENCE)
        if save is not None:
            save()
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)  # the loop ends now, and no signal can ask it to any more


async def _in_time(station: Station, keeper: Keeper, stage: Stage, options: Options) -> None:
    clock = Clock(stage.rollup.l1, options.speed)
    is_own = options.l1 is None
    if is_own:
        station.clock = clock
    glance = None if is_own else _GLANCE
    block_time = options.block_time if is_own else None
    await Timekeeper(station, keeper, stage.runner, clock, block_time, glance).run()


def _saving(station: Station, path: Path) -> Callable[[], None]:
    def save() -> None:
        waiting: dict[str, Any] = {name: pool.everything() for name, pool in station.pools.items()}
        write(path, replace(dumped(station.rollup), pools=waiting))

    return save


def _announce(rollup: Rollup, listening: Listening, options: Options) -> None:
    chains = {"L1": rollup.l1, "L2": rollup.l2}
    for account in rollup.l1.accounts:
        print(f"{account.name or '':8} {account.address}  0x{account.private_key.hex()}")
    if options.l1 is not None:
        print(f"L1  {options.l1}  chain {rollup.l1.chain_id}")
    for name, url in listening.urls.items():
        print(f"{name}  {url}  chain {chains[name].chain_id}", flush=True)

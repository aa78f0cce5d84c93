"""`run` plays a scenario and returns its result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.chain.chain import PRIORITY_FEE, Chain
from harness.chain.opening import open_chain
from harness.chain.values.accounts import Account
from harness.config import DEFAULT_L1_FORK, FORK_VARIABLE, root_above
from harness.contracts.artifact import Artifact
from harness.contracts.project import others_for
from harness.errors import HarnessError, Reverted
from harness.rollup.config import RollupConfig
from harness.scenarios.books import Books
from harness.scenarios.errors import StepImpossible
from harness.scenarios.records import Row
from harness.scenarios.result import Result
from harness.scenarios.scenario import Scenario, SidechainPart, StepBase
from harness.scenarios.sidechain_desk import SidechainDesk
from harness.scenarios.sources import Sources
from harness.scenarios.telling import Terms, tell
from harness.scenarios.values import Layer, Moment
from harness.scenarios.verbs.disputes import Run
from harness.scenarios.world import World
from harness.testbed.bridge import PLAIN_GAS
from harness.testbed.rollup import Rollup

Watcher = Callable[[str], None]
"""Hears in a line what goes on."""


def run(
    scenario: Scenario,
    *,
    root: Path | str | None = None,
    backend: str | None = None,
    seed: int | None = None,
    watch: Watcher = lambda _: None,
) -> Result:
    """Play a scenario and return its result, whether its expectations hold or not.

    ``root`` is the folder of the project whose contracts it names; None is the project around the current folder.
    ``backend`` and ``seed`` None are the scenario's own. The sweep is left out: see `cases_of`. Raises what opens
    a chain and finds contracts; an error of the set-up or of a step is an expectation that does not hold.
    """
    folder = Path(root) if root is not None else root_above(Path.cwd())
    sources = Sources([] if folder is None else [folder])
    return play(scenario, sources, root=folder, backend=backend, seed=seed, watch=watch)


def play(
    scenario: Scenario,
    sources: Sources,
    *,
    root: Path | None = None,
    backend: str | None = None,
    seed: int | None = None,
    fork: str | None = None,
    case: Mapping[str, Any] | None = None,
    instead: Mapping[str, Artifact] | None = None,
    watch: Watcher = lambda _: None,
) -> Result:
    """Play a scenario with contracts from ``sources``; see `run` for the rest.

    ``case`` is noted in the result. ``instead`` has contracts in the place of built-in ones, by the names of those,
    where the scenario names none.
    """
    l1 = scenario.l1
    terms = Terms(
        scenario=scenario,
        seed=scenario.seed if seed is None else seed,
        fork=fork or l1.fork or os.environ.get(FORK_VARIABLE) or DEFAULT_L1_FORK,
        others={**(instead or {}), **sources.others(scenario.contracts)},
        case=case or {},
    )
    where = backend or l1.backend
    opened = open_chain(where, seed=terms.seed, name="l1", fork=terms.fork, blobs=l1.blobs, is_private=True)
    with others_for(terms.others), opened as chain:
        return Play(scenario, chain, sources, terms, root, watch).run()


class Play:
    """One run of one scenario on one chain."""

    def __init__(
        self,
        scenario: Scenario,
        l1: Chain,
        sources: Sources,
        terms: Terms,
        root: Path | None,
        watch: Watcher = lambda _: None,
    ) -> None:
        self.scenario = scenario
        self.terms = terms
        self.root = root
        self.watch = watch
        self.world = World(scenario.agents, l1, sources, terms.seed)
        self.world.fire = self._fire
        self.world.awaited = lambda: [step.at for _, step in self.waiting if step.at is not None]
        self.waiting: list[tuple[int, StepBase]] = []
        """Steps that wait for their moment, with their numbers."""
        self.rows: list[Row] = []
        self._firing = False

    def run(self) -> Result:
        """Play it."""
        world = self.world
        is_set_up = self._is_set_up()
        books = Books(world)
        with books.watching():
            # A step that fails ends the run: what comes after it makes no sense.
            if is_set_up and all(self._step(number, step) for number, step in enumerate(self.scenario.steps, 1)):
                self._finish()
        world.recorder.begin_step(None)
        self.rows += [_never(number, step) for number, step in self.waiting]
        return tell(world, self.terms, books, self.rows)

    def set_up(self) -> None:
        """Open what the scenario needs, with its agents in their seats."""
        if "rollup" in self.scenario.needs:
            self._deploy_rollup()
        if "channels" in self.scenario.needs:
            self.world.open_desk(self.terms.seed)
        if "sidechain" in self.scenario.needs:
            self._attach_sidechain()
        self.world.begin()

    def do_steps(self) -> None:
        """Do the steps in their order, but for those that let the agents act: who calls this lets time pass itself.

        A step that fails ends it. What a step waits for may come later; the world's runner does it then.
        """
        for number, step in enumerate(self.scenario.steps, 1):
            if not isinstance(step.verb, Run) and not self._step(number, step):
                return

    def _is_set_up(self) -> bool:
        """Set up; return whether that went well. What did not is a row of the result."""
        try:
            self.set_up()
        except HarnessError as problem:
            said = f"{type(problem).__name__}: {problem}".partition("\n")[0]
            self.rows.append(Row(what="the set-up", expected="succeeds", actual=said, holds=False))
            self.world.begin()
            return False
        return True

    def _attach_sidechain(self) -> None:
        part = self.scenario.sidechain or SidechainPart()
        desk = SidechainDesk.on(
            self.world.l1,
            validators=part.validators,
            trusting_period=part.trusting_period,
            depth=part.depth,
            stake=part.stake,
            seed=self.terms.seed,
        )
        self.world.attach(desk)

    def _deploy_rollup(self) -> None:
        world, accounts = self.world, self.world.l1.accounts
        sequencer = next((name for name, agent in self.scenario.agents.items() if agent.role == "sequencer"), "trent")
        config = RollupConfig.of(self.scenario.rollup_parameters, self.root)
        rollup = Rollup.deploy(world.l1, config, sequencer=world.account(sequencer))
        rollup.fund(accounts)
        for name, agent in self.scenario.agents.items():
            if agent.purse is not None:
                leave_only(world.l1, world.account(name), agent.purse)
        world.seat(rollup)

    # -- steps

    def _step(self, number: int, step: StepBase) -> bool:
        """Do a step, or let it wait for its moment; return False if it failed, so that nothing later makes sense."""
        if step.at is not None and not self.world.has_come(step.at):
            self.waiting.append((number, step))
            return True
        return self._perform(number, step)

    def _perform(self, number: int, step: StepBase) -> bool:
        world, verb = self.world, step.verb
        what = f"step {number}, {verb.word}"
        world.recorder.begin_step(number)
        layer: Layer = getattr(verb, "layer", "l2" if verb.word == "batch" else "l1")
        event = world.recorder.note("step", getattr(verb, "sender", getattr(verb, "agent", "")), what, layer=layer)
        try:
            done = verb.perform(world)
            world.recorder.amend(event, what=done)
            self.watch(f"{number}/{len(self.scenario.steps)}  {done}")
            if step.reverts not in (None, "maybe"):
                self.rows.append(
                    Row(what=what, expected=f"fails with {step.reverts}", actual="it succeeded", holds=False)
                )
        except HarnessError as problem:
            return self._failed(what, event, step, problem)
        finally:
            world.recorder.begin_step(None)
        return True

    def _failed(self, what: str, event: int, step: StepBase, problem: HarnessError) -> bool:
        """Note that a step failed; return whether it had to."""
        first = str(problem).partition("\n")[0]
        self.world.recorder.amend(event, what=f"{what} fails: {first}")
        self.watch(f"{what} fails: {first}")
        names = {type(problem).__name__, getattr(problem, "name", "")}
        wanted = step.reverts
        holds = wanted is not None and (
            wanted == "maybe" or wanted in names or (wanted == "any" and isinstance(problem, Reverted))
        )
        expected = "succeeds" if wanted is None else f"fails with {wanted}"
        self.rows.append(Row(what=what, expected=expected, actual=first, holds=holds))
        return holds

    def _fire(self) -> int:
        """Do the waiting steps whose moment has come; return how many."""
        if self._firing:
            return 0
        self._firing = True
        try:
            return sum(1 for _ in self._due())
        finally:
            self._firing = False

    def _due(self) -> Iterator[int]:
        world = self.world
        while True:
            due = next((each for each in self.waiting if each[1].at and world.has_come(each[1].at)), None)
            if due is None:
                return
            self.waiting.remove(due)
            self._perform(*due)
            yield due[0]

    def _finish(self) -> None:
        """Let the agents act to the end, unless the last step says itself how long they act."""
        last = next((step.verb for step in reversed(self.scenario.steps) if step.at is None), None)
        if self.world.has_rollup and (not isinstance(last, Run) or self.waiting):
            self._run_to_the_end()

    def _run_to_the_end(self) -> None:
        world = self.world
        event = world.recorder.note("step", "", "the agents act until all is quiet")
        try:
            world.run_until(Moment("quiet", "quiet"))
        except HarnessError as problem:
            self._failed("the end", event, StepBase(), problem)


def leave_only(l1: Chain, account: Account, wei: int) -> None:
    """Leave an account so much ether on L1, to the wei; victor gets the rest. Raises StepImpossible if it has less."""
    fee = l1.backend.next_base_fee() + PRIORITY_FEE
    rest = l1.balance(account) - wei - PLAIN_GAS * fee
    if rest < 0:
        raise StepImpossible(f"the purse of {account}", f"it has {l1.balance(account)} wei, less than {wei}")
    l1.send(sender=account, to=l1.accounts.victor, value=rest, gas=PLAIN_GAS, max_fee=fee, priority_fee=fee)


def _never(number: int, step: StepBase) -> Row:
    what = f"step {number}, {step.verb.word}"
    return Row(what=what, expected=f"is done at {step.at}", actual="that moment never came", holds=False)

"""What a scenario's steps act on: the chains, the rollup, its agents, and the names that steps have given."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract, ContractType
from harness.dispute.view import Outcome
from harness.errors import GoneByReorg
from harness.rollup.withdrawals import Withdrawal
from harness.scenarios.agents import Agent
from harness.scenarios.app_desk import AppDesk
from harness.scenarios.base import OWN
from harness.scenarios.channel_desk import ChannelDesk
from harness.scenarios.crew import Crew
from harness.scenarios.errors import StepImpossible
from harness.scenarios.outcomes import Witnessed
from harness.scenarios.reasons import told
from harness.scenarios.recorder import Recorder
from harness.scenarios.sidechain_desk import SidechainDesk
from harness.scenarios.sources import Sources
from harness.scenarios.values import CallText, Layer, Moment, Named, amount_of
from harness.testbed.agent import AgentHandle
from harness.testbed.assertions import AssertionHandle
from harness.testbed.games import GameHandle
from harness.testbed.l1_faults import send_again
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner

ORDERS = {"lost": "lost", "same": "as it was", "newest-first": "newest first", "shuffled": "shuffled"}
TURNS = 20_000
"""Turns after which a run is given up."""


def _kind(thing: object) -> str:
    """Return what a name stands for in words that are the same in every run."""
    return f"of type {type(thing).__name__}"


class World:
    """One run's chains and everything on them.

    ``began`` is L1's time at the first step, and ``began_at`` its block. Moments count from ``started``, which is later
    if earlier batches had to be filled.
    """

    def __init__(self, agents: Mapping[str, Agent], l1: Chain, sources: Sources, seed: int) -> None:
        self.agents = dict(agents)
        self.l1 = l1
        self.sources = sources
        self.rng = random.Random(f"scenario {seed}")
        self.recorder = Recorder(l1, self.name_of)
        self.names: dict[str, Any] = {}
        self.makers: dict[str, str] = {}
        """Who deployed each contract that a step has named, by the names of the contract and of the account."""
        self.began = l1.now
        self.began_at = l1.block_number
        self.started = self.began
        self.awaited: Callable[[], Iterable[Moment]] = tuple
        """Returns the moments that steps wait for."""
        self.fire: Callable[[], int] = lambda: 0
        """Does the waiting steps whose moment has come; returns how many."""
        self.witnessed = Witnessed()
        self.apps = AppDesk(l1, self.contract_type)
        self._desk: ChannelDesk | None = None
        self._sidechain: SidechainDesk | None = None
        self._rollup: Rollup | None = None
        self._crew: Crew | None = None
        self._runner: Runner | None = None
        self._calendar = _Calendar(self)

    # -- set-up

    def seat(self, rollup: Rollup) -> None:
        """Take the rollup in, with the agents of the scenario."""
        self._rollup = rollup
        rollup.runner.watchers.append(self._hear)
        crew = Crew.of(rollup, self.agents, self.recorder, self.has_come, lambda: self.fire())  # noqa: PLW0108 it is set later
        self._crew = crew
        self._runner = Runner(self.l1, lambda: [*rollup._standstill()])
        self._runner.join(*crew.seats.values(), self._calendar)

    def open_desk(self, seed: int) -> None:
        """Deploy the contract of payment channels."""
        self._desk = ChannelDesk.on(self.l1, seed, self.name_of)
        self.l1.knowledge.label(self._desk.address, "channels")

    def attach(self, desk: SidechainDesk) -> None:
        """Take a sidechain in, with names for its contracts and its validators."""
        self._sidechain = desk
        for name, contract in desk.contracts.items():
            self.name(name, contract)
        for number in range(1, len(desk.places) + 1):
            self.name(f"validator_{number}", desk.account(number))

    def begin(self) -> None:
        """Say that the set-up is over."""
        self.recorder.sync()
        self.began, self.began_at = self.l1.now, self.l1.block_number
        self.started = self.began

    def _hear(self, handle: object, action: Hashable) -> None:
        if isinstance(handle, AgentHandle):
            name = self.crew.name_of(handle)
            what, why = told(handle, action, name)
            self.recorder.note("decision", name, what, why)

    # -- what there is

    @property
    def rollup(self) -> Rollup:
        """The rollup; raises StepImpossible if the scenario has none."""
        if self._rollup is None:
            raise StepImpossible("the rollup", "the scenario has none")
        return self._rollup

    @property
    def desk(self) -> ChannelDesk:
        """The channels; raises StepImpossible if the scenario has none."""
        if self._desk is None:
            raise StepImpossible("the channels", "the scenario has none")
        return self._desk

    @property
    def sidechain(self) -> SidechainDesk:
        """The sidechain; raises StepImpossible if the scenario has none."""
        if self._sidechain is None:
            raise StepImpossible("the sidechain", "the scenario has none")
        return self._sidechain

    @property
    def has_sidechain(self) -> bool:
        """Whether there is a sidechain."""
        return self._sidechain is not None

    @property
    def has_channels(self) -> bool:
        """Whether there are channels."""
        return self._desk is not None

    @property
    def has_rollup(self) -> bool:
        """Whether there is a rollup."""
        return self._rollup is not None

    @property
    def crew(self) -> Crew:
        """The agents; raises StepImpossible if the scenario has no rollup."""
        if self._crew is None:
            raise StepImpossible("the agents", "the scenario has no rollup")
        return self._crew

    @property
    def runner(self) -> Runner:
        """What steps the agents; raises StepImpossible if the scenario has no rollup."""
        if self._runner is None:
            raise StepImpossible("the agents", "the scenario has no rollup")
        return self._runner

    def chain(self, layer: Layer) -> Chain:
        """Return L1 or L2."""
        return self.l1 if layer == "l1" else self.rollup.l2

    def account(self, name: str) -> Account:
        """Return the account of a name, or of an agent."""
        agent = self.agents.get(name)
        return self.l1.accounts[(agent.account if agent is not None else None) or name]

    @property
    def owners(self) -> dict[str, tuple[str, ...]]:
        """The accounts of each owner by their names: agents' as the scenario says, and each other one its own."""
        said = {self.account(name).name: agent.owner for name, agent in self.agents.items() if agent.owner is not None}
        found: dict[str, tuple[str, ...]] = {}
        for account in self.l1.accounts:
            owner = said.get(account.name, account.name)
            found[owner] = (*found.get(owner, ()), account.name)
        return found

    def name(self, name: str, thing: object) -> None:
        """Give a name to what a step has made."""
        self.names[name] = thing
        if isinstance(thing, Contract):
            thing.chain.knowledge.label(thing.address, name)

    def handle(self, name: str) -> Any:
        """Return what a step has named, or one of the rollup's contracts; raises StepImpossible."""
        if name in self.names:
            return self.names[name]
        if name in OWN and self._rollup is not None:
            found = getattr(self._rollup, name, None)
            return found if found is not None else getattr(self._rollup.contracts, name)
        raise StepImpossible(name, "no step that was done has made it")

    def thing(self, name: str) -> Any:
        """Return an account, an address, or what a step has named."""
        if name in self.names or name in OWN:
            return self.handle(name)
        return name if name.startswith("0x") else self.account(name)

    def withdrawal(self, name: str) -> Withdrawal:
        """Return a withdrawal that a step has named; raises StepImpossible for another thing."""
        found = self.handle(name)
        if not isinstance(found, Withdrawal):
            raise StepImpossible(name, f"it is {_kind(found)}, expected a withdrawal")
        return found

    def contract_type(self, name: str) -> ContractType:
        """Return a contract of the project, or else a built-in one; raises what the project raises."""
        return self.sources.type(name)

    def name_of(self, address: str) -> str:
        """Return the name of an account or a contract on L1; its address if it has none."""
        known = self.l1.knowledge.known_name(address)
        return known or address

    # -- calls

    def value(self, given: Any) -> Any:
        """Return an argument: what a name stands for, or wei for an amount."""
        if isinstance(given, Named):
            return self.thing(given.name)
        if isinstance(given, (list, tuple)):
            return [self.value(each) for each in given]
        if isinstance(given, str) and given in {*self.names, *self.l1.accounts._by_name}:
            return self.thing(given)
        try:
            return amount_of(given)
        except ValueError:
            return given

    def call(
        self, call: CallText, sender: str, value: int = 0, gas: int | None = None, layer: Layer | None = None
    ) -> Any:
        """Send the transaction of a call; raises the decoded Reverted."""
        target = self.handle(call.target)
        if not isinstance(target, Contract):
            raise StepImpossible(str(call), f"{call.target} is {_kind(target)}, expected a contract")
        if layer is not None and target.chain is not self.chain(layer):
            raise StepImpossible(str(call), f"{call.target} is not on {layer.upper()}")
        limit = {} if gas is None else {"gas": gas}
        given = [self.value(each) for each in call.arguments]
        return target.functions[call.function](*given, sender=self.account(sender), value=value, **limit)

    def read(self, call: CallText) -> Any:
        """Return what a call that changes nothing returns."""
        target = self.handle(call.target)
        if not isinstance(target, Contract):
            raise StepImpossible(str(call), f"{call.target} is {_kind(target)}, expected a contract")
        return target.functions[call.function](*(self.value(each) for each in call.arguments))

    # -- batches

    @property
    def batches(self) -> int:
        """How many batches L1 has."""
        return int(self.rollup.contracts.sequencer_inbox.batchCount())

    def post(self) -> int:
        """Post what L2 has run; return the number of batches."""
        self.rollup.l2.backend.follow()
        return self.rollup.post()

    def post_empty(self) -> int:
        """Post a batch without anything; return 1."""
        self.rollup.sequencer.post_data(b"")
        return 1

    def fill(self, number: int) -> None:
        """Post and confirm batches until ``number`` is the next, and the next assertion begins with it.

        Raises StepImpossible if L1 has that batch already.
        """
        if self.batches > number:
            raise StepImpossible(f"batch {number}", f"L1 has {self.batches} batches already")
        filler = self.l1.accounts.victor
        while self.batches < number:
            self.rollup.l2.send(sender=filler, to=filler, value=1)
            self.post()
        rollup = self.rollup
        keeper = Runner(self.l1)
        keeper.join(rollup.sequencer, rollup.proposer)
        keeper.run_until(lambda: rollup.latest_confirmed.end >= number)
        self.started = self.l1.now

    # -- time

    def warp(self, seconds: int) -> None:
        """Let time pass."""
        self.recorder.sync()
        if self._rollup is not None:
            self._rollup.sequencer.post_before(self.l1.now + seconds)
        self.l1.warp(seconds)

    def run_until(self, moment: Moment) -> None:
        """Let the agents act until a moment; raises NeverHappened."""
        if moment.kind == "quiet":
            self.runner.run_until_quiet(TURNS)
        else:
            self.runner.run_until(lambda: self.has_come(moment), str(moment), TURNS)

    def run_for(self, seconds: int) -> None:
        """Let the agents act for some time."""
        end = self.l1.now + seconds
        self._calendar.alarms.append(end)
        self.runner.run_until(lambda: self.l1.now >= end, f"{seconds} seconds", TURNS)

    def reorg(self, depth: int, order: str) -> tuple[int, int]:
        """Reorganise L1; return the removed blocks, and what came again.

        Raises StepImpossible if L1 has not so many blocks since the steps began.
        """
        there = self.l1.block_number - self.began_at
        if depth > there:
            raise StepImpossible("the reorg", f"L1 has {there} blocks since the steps began, expected {depth} at least")
        self.witnessed.see(self.games() if self.has_rollup else [])
        removed = self.recorder.reorg(depth)
        again = send_again(self.l1, removed, ORDERS[order], self.rng)
        self.recorder.sync()
        return depth, again

    # -- moments

    def games(self) -> list[GameHandle]:
        """Return the games that L1 has, oldest first."""
        return [GameHandle(self.rollup, id, address) for id, address in self.rollup.game_events()]

    def assertion(self, name: str | None) -> AssertionHandle:
        """Return an assertion that a step has named, or else the oldest undecided one; raises StepImpossible."""
        if name is not None:
            found = self.handle(name)
            if not isinstance(found, AssertionHandle):
                raise StepImpossible(name, f"it is {_kind(found)}, expected an assertion")
            return found
        pending = self.rollup.pending_assertions()
        if not pending:
            raise StepImpossible("the oldest assertion", "none is undecided")
        return AssertionHandle(self.rollup, pending[0][0])

    def newest_assertion(self) -> AssertionHandle:
        """Return the newest undecided assertion; raises StepImpossible if there is none."""
        pending = self.rollup.pending_assertions()
        if not pending:
            raise StepImpossible("the newest assertion", "none is undecided")
        return AssertionHandle(self.rollup, pending[-1][0])

    def has_come(self, moment: Moment) -> bool:
        """Return whether a moment has come. Time counts from the first step."""
        match moment.kind:
            case "time":
                return self.l1.now >= self.started + moment.number
            case "block":
                return self.l1.block_number >= moment.number
            case "quiet":
                return False
        if self._rollup is None:
            return False
        try:
            return self._has_come_on_rollup(moment)
        except GoneByReorg:
            return False

    def _has_come_on_rollup(self, moment: Moment) -> bool:
        if moment.kind == "batch":
            return self.batches > moment.number
        if moment.kind == "confirmed":
            return self.rollup.l2.finalized_head >= self.rollup.l2.unsafe_head
        if moment.kind == "proposed":
            return bool(self.rollup.pending_assertions())
        games = self.games()
        views = [game.view for game in games]
        match moment.kind:
            case "claim":
                return any(len(view.claims) > moment.number for view in views)
            case "level":
                return any(claim.depth >= moment.number for view in views for claim in view.claims)
            case "proven":
                return any(claim.stepper is not None for view in views for claim in view.claims)
            case "decided":
                return bool(views) and all(view.outcome is not Outcome.UNDECIDED for view in views)
            case "resolved":
                return bool(games) and all(game.resolved() for game in games)
        return bool(views)


class _Calendar:
    """Does what waits for its moment; a participant that comes after all agents."""

    name = "calendar"

    def __init__(self, world: World) -> None:
        self.world = world
        self.alarms: list[int] = []

    def play(self) -> int:
        """Do the waiting steps whose moment has come; return how many."""
        return self.world.fire()

    def wakes_at(self) -> int | None:
        """Return the next time that a waiting step, an absence or a run waits for."""
        world = self.world
        moments = list(world.awaited())
        absences = [each for seat in world.crew.seats.values() for each in seat.waiting[:1]]
        moments += [each.after for each in absences if each.after is not None]
        times = [world.started + moment.number for moment in moments if moment.kind == "time"]
        return min((time for time in (*times, *self.alarms) if time > world.l1.now), default=None)

"""The agents of a run: seated on the rollup, stepped by a runner, and away when the scenario says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.agents import faults
from harness.agents.challenger import Challenger
from harness.agents.faults import NothingToLieAbout
from harness.agents.proposer import Proposer
from harness.chain.errors import GasAboveCap
from harness.chain.values.accounts import Account
from harness.errors import HarnessError
from harness.scenarios.agents import CREW, Agent, Away
from harness.scenarios.errors import StepImpossible
from harness.scenarios.values import FOREVER, Moment, duration_text
from harness.testbed.agent import AgentHandle
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.proposer import ProposerHandle
from harness.testbed.rollup import Rollup

if TYPE_CHECKING:
    from harness.scenarios.recorder import Recorder


@dataclass(slots=True)
class Seat:
    """An agent with its absences; a participant of the runner.

    ``has_come`` says whether a moment has come. ``after`` is called when it has played.
    """

    name: str
    agent: Agent
    handle: AgentHandle
    recorder: Recorder
    has_come: Callable[[Moment], bool]
    after: Callable[[], int]
    waiting: list[Away] = field(default_factory=list)
    back: int | None = None
    failed: list[HarnessError] = field(default_factory=list)
    _stuck: tuple[bytes, int] = (b"", 0)

    @property
    def now(self) -> int:
        """L1's time."""
        return self.handle.rollup.l1.now

    def play(self) -> int:
        """Play, unless it is away, or all that it did was refused and nothing has changed since."""
        self._come_and_go()
        if self.back is not None or self._stuck == self._place():
            return self.after()
        before = self.handle.rollup.l1.head.hash
        done = self._play()
        self.recorder.sync()
        self._stuck = self._place() if not done and before != self.handle.rollup.l1.head.hash else (b"", 0)
        return done + self.after()

    def _place(self) -> tuple[bytes, int]:
        return self.handle.rollup.l1.head.hash, self.now

    def _play(self) -> int:
        try:
            return self.handle.play()
        except GasAboveCap as full:
            if full.what == "transaction":
                raise
        except NothingToLieAbout:
            if self.agent.is_honest:
                raise
        except HarnessError as problem:
            self.failed.append(problem)
            what = f"{self.name} is refused what is due: {str(problem).partition(chr(10))[0]}"
            self.recorder.note("fault", self.name, what)
        return 0

    def _come_and_go(self) -> None:
        if self.back is not None and self.now >= self.back:
            self.back = None
            self.recorder.note("back", self.name, f"{self.name} is back")
        while self.back is None and self.waiting and _has_begun(self.waiting[0], self.has_come):
            self.leave(self.waiting.pop(0).duration)

    def leave(self, seconds: int) -> None:
        """Be away from now on."""
        self.back = self.now + seconds
        self.recorder.note("away", self.name, f"{self.name} is away for {duration_text(seconds)}")

    def wakes_at(self) -> int | None:
        """Return the time of its next action without news: its return, if it is away."""
        if self.back is not None:
            return None if self.back >= FOREVER else self.back
        try:
            return self.handle.wakes_at()
        except NothingToLieAbout:
            return None


def _has_begun(absence: Away, has_come: Callable[[Moment], bool]) -> bool:
    return absence.after is None or has_come(absence.after)


@dataclass(slots=True)
class Crew:
    """Everybody who takes part in a rollup, in the order of their turns."""

    seats: dict[str, Seat]

    @classmethod
    def of(
        cls,
        rollup: Rollup,
        agents: dict[str, Agent],
        recorder: Recorder,
        has_come: Callable[[Moment], bool],
        after: Callable[[], int],
    ) -> Crew:
        """Seat the agents; honest ones play the roles that the scenario leaves out."""
        members = dict(agents)
        for name, role in CREW.items():
            taken = any(agent.role == role and agent.is_honest for agent in agents.values())
            only = role == "sequencer" and any(agent.role == role for agent in agents.values())
            if name not in members and not taken and not only:
                members[name] = Agent(role=role)
        seats = {}
        for name, agent in members.items():
            handle = _seated(rollup, name, agent)
            seats[name] = Seat(name, agent, handle, recorder, has_come, after, list(agent.away))
        order = sorted(seats, key=lambda name: seats[name].agent.role != "sequencer")
        return cls({name: seats[name] for name in order})

    @property
    def honest(self) -> list[Seat]:
        """Those who follow the protocol."""
        return [seat for seat in self.seats.values() if seat.agent.is_honest]

    def proposer(self, name: str) -> ProposerHandle:
        """Return a proposer; raises StepImpossible for another agent."""
        found = self.seats[name].handle if name in self.seats else None
        if isinstance(found, ProposerHandle):
            return found
        raise StepImpossible(f"propose: {name}", "it is no proposer that takes part")

    def challenger(self, name: str) -> ChallengerHandle:
        """Return a challenger; raises StepImpossible for another agent."""
        found = self.seats[name].handle if name in self.seats else None
        if isinstance(found, ChallengerHandle):
            return found
        raise StepImpossible(f"dispute: {name}", "it is no challenger that takes part")

    def send_away(self, name: str, seconds: int) -> None:
        """Send an agent away from now on; raises StepImpossible if it takes no part."""
        if name not in self.seats:
            raise StepImpossible(f"away: {name}", "it takes no part")
        self.seats[name].leave(seconds)

    def name_of(self, handle: object) -> str:
        """Return the name of the agent that a handle, or its defence, belongs to."""
        for name, seat in self.seats.items():
            if handle is seat.handle or getattr(handle, "proposer", None) is seat.handle:
                return name
        account = getattr(handle, "account", None)
        return str(account or handle)


def _seated(rollup: Rollup, name: str, agent: Agent) -> AgentHandle:
    account = rollup.l1.accounts[agent.account or name]
    lie = None if agent.lie is None else agent.lie.make()
    match agent.role:
        case "proposer":
            handle: AgentHandle = _proposer(
                rollup, Proposer(lie=lie, confirms=agent.confirms, tactic=agent.play()), account
            )
        case "challenger":
            played = Challenger(lie=lie, tactic=agent.play(), confirms=agent.confirms, opens=agent.opens)
            handle = rollup.join(played, account)
        case _:
            handle = rollup.sequencer
            rollup.sequencer.become(_sequencer_fault(rollup, agent))
    handle.name = name
    return handle


def _proposer(rollup: Rollup, agent: Proposer, account: Account) -> ProposerHandle:
    """Return the handle of a proposer; the rollup has one of its own account already."""
    if account.address != rollup.proposer.account.address:
        return rollup.join(agent, account)
    rollup.proposer.agent = agent
    return rollup.proposer


def _sequencer_fault(rollup: Rollup, agent: Agent) -> faults.Stopped | faults.Censors | None:
    if agent.stopped:
        return faults.Stopped()
    if agent.censors:
        return faults.Censors(frozenset(rollup.l1.accounts[name].address_bytes for name in agent.censors))
    return None

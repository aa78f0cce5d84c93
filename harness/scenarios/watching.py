"""Follows what a test does on its chains, so that a failing test has the report of a scenario."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.contracts.bindings import ContractType
from harness.errors import HarnessError
from harness.scenarios.agents import Agent, Role
from harness.scenarios.books import Books
from harness.scenarios.channel_desk import ChannelDesk
from harness.scenarios.crew import Crew, Seat
from harness.scenarios.reasons import told
from harness.scenarios.recorder import Recorder
from harness.scenarios.records import Row
from harness.scenarios.result import Result
from harness.scenarios.scenario import Scenario
from harness.scenarios.sources import Sources
from harness.scenarios.telling import Terms, tell
from harness.scenarios.world import World
from harness.testbed.agent import AgentHandle
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.channels import Channels
from harness.testbed.conservation import Conservation
from harness.testbed.game_seat import GameSeat
from harness.testbed.rollup import Rollup
from harness.testbed.sequencer import SequencerHandle


class Seen(Agent):
    """An agent that a test has seated. Its faults may be some that no word of a scenario means."""

    honest: bool

    @property
    def is_honest(self) -> bool:
        """Whether it follows the protocol."""
        return self.honest


class WatchedWorld(World):
    """A test's chains and what is on them, from now on."""

    def __init__(self, l1: Chain) -> None:
        super().__init__({}, l1, Sources(), 0)
        self.recorder = Recorder(l1, self.name_of, since=l1.block_number)

    def take_in(self, rollup: Rollup) -> None:
        """Take a rollup in; its agents stay as they are."""
        self._rollup = rollup
        self._crew = Crew({})

    def take_desk(self, desk: ChannelDesk) -> None:
        """Take channels in."""
        self._desk = desk

    def look_around(self) -> None:
        """Find the agents that play, and the contracts that were deployed since the test began."""
        if self._rollup is not None:
            for handle in self._rollup.runner.members:
                if isinstance(handle, AgentHandle):
                    self.crew.seats[handle.name] = self._seat_of(handle)
        for one in self.recorder.kept:
            address = one.receipt.raw.contract_address
            kind = None if address is None else self.l1.knowledge.at(address)
            if address is not None and isinstance(kind, ContractType):
                self.names[self.name_of(address)] = kind.at(self.l1, address)

    def _seat_of(self, handle: AgentHandle) -> Seat:
        role: Role = "challenger" if isinstance(handle, ChallengerHandle) else "proposer"
        honest = not isinstance(handle, GameSeat) or handle.is_honest
        if isinstance(handle, SequencerHandle):
            role, honest = "sequencer", handle.agent.fault is None
        seen = Seen(role=role, honest=honest)
        return Seat(handle.name, seen, handle, self.recorder, self.has_come, lambda: 0)


@dataclass(slots=True)
class Watch:
    """Follows one test on ``l1``, from now on until `stop`."""

    l1: Chain
    world: WatchedWorld = field(init=False)
    books: Books = field(init=False)
    _hooks: list[Callable[[], None]] = field(default_factory=list)
    _decider: str = ""
    """The address of the agent that decided last."""

    def __post_init__(self) -> None:
        self.world = WatchedWorld(self.l1)
        self.books = Books(self.world)
        self._hooks.append(self.l1.on_transaction(self._after))

    def meet(self, rollup: Rollup) -> None:
        """Follow a rollup too, with its agents and L2."""
        self.world.take_in(rollup)
        self.books = Books(self.world)
        rollup.runner.watchers.append(self._hear)
        self._hooks.append(lambda: rollup.runner.watchers.remove(self._hear))
        self._hooks.append(rollup.l2.on_transaction(self._after_on_l2))

    def meet_channels(self, channels: Channels) -> None:
        """Follow channels too."""
        self.world.take_desk(ChannelDesk(channels, self.world.name_of))
        self.l1.knowledge.label(self.world.desk.address, "channels")

    def stop(self) -> None:
        """Follow nothing any more."""
        for remove in self._hooks:
            remove()
        self._hooks.clear()

    # -- what happens

    def _hear(self, handle: object, action: Hashable) -> None:
        if isinstance(handle, AgentHandle):
            self._decider = handle.account.address
            name = str(handle.account)
            self.world.recorder.note("decision", name, *told(handle, action, name))

    def _after(self, chain: Chain, receipt: Receipt) -> None:
        recorder, sender = self.world.recorder, receipt.raw.sender
        recorder.notice()
        if sender == self._decider:
            recorder.sync()
        elif recorder.is_new(receipt):
            self._decider = ""
            number = recorder.begin("step", self.world.name_of(sender), "")
            recorder.sync()
            recorder.amend(number, what=_said(recorder, receipt))
        if self.world.has_channels:
            self._look_at_channels()

    def _after_on_l2(self, chain: Chain, receipt: Receipt) -> None:
        raw, trace = receipt.raw, receipt.trace()
        self._decider = ""
        sender = self.world.name_of(raw.sender)
        target = "deploys" if raw.to is None else f"calls {chain.knowledge.name(raw.to)}"
        what = f"{sender} {target}{'' if trace.function is None else '.' + trace.function}"
        self.world.recorder.note("step", sender, f"{what}{' in vain' if not raw.succeeded else ''}", layer="l2")

    def _look_at_channels(self) -> None:
        desk = self.world.desk
        for channel in desk.network.channels.values():
            if not any(known is channel for known in desk.channels.values()):
                parties = "-".join(sorted(map(self.world.name_of, (channel.terms.a, channel.terms.b))))
                number = 1 + sum(name.startswith(parties) for name in desk.channels)
                desk.channels[parties + (f"-{number}" if number > 1 else "")] = channel
        events = self.world.recorder.timeline
        desk.note(events[-1].what if events else "")

    # -- the end

    def tell(self, name: str, problem: BaseException) -> Result:
        """Return what the test ``name`` did until it failed; raises what reading the chain raises."""
        world = self.world
        world.recorder.sync()
        world.look_around()
        if world.has_channels:
            self._look_at_channels()
        self._check_books()
        first = str(problem).strip().partition("\n")[0]
        failed = Row(what=name, expected="passes", actual=f"{type(problem).__name__}: {first}", holds=False)
        shows = "What the test did on L1, and what came of it until it failed."
        terms = Terms(Scenario(name=name, shows=shows), 0, "", {}, {})
        return tell(world, terms, self.books, [failed])

    def _check_books(self) -> None:
        """Note value that appeared or vanished on the rollup."""
        if not self.world.has_rollup:
            return
        try:
            Conservation(self.world.rollup).check()
        except HarnessError as breach:
            self.books.breaches.append(str(breach))


def _said(recorder: Recorder, receipt: Receipt) -> str:
    """Return what a transaction does in words."""
    record = next((one.record for one in reversed(recorder.sent) if one.record.hash == "0x" + receipt.hash.hex()), None)
    if record is None:
        return ""
    call = f"{record.to}.{record.function}" if record.function else f"{record.to}"
    if receipt.raw.to is None:
        said = f"{record.sender} deploys {record.to}"
    elif record.function is None and record.value:
        said = f"{record.sender} sends {record.value / 10**18:.4g} ETH to {record.to}"
    else:
        said = f"{record.sender} calls {call}"
    return said if record.succeeded else f"{said}, which fails: {record.error}"

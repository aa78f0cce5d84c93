"""Verbs about payment channels."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from harness.scenarios.base import Actor, ChannelName, ContractName, NewChannel, NewPayment, NewState, Refers, StateName
from harness.scenarios.errors import StepImpossible
from harness.scenarios.values import Amount, Duration, amount_text, duration_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World

DAY = 86_400
Answerer = Annotated[str, Refers("answerer")]
"""An account, or watchtower."""


class OnChannels(Verb):
    """A verb about channels. What is left after it is written down."""

    needs: ClassVar[str] = "channels"

    def perform(self, world: World) -> str:
        """Do it, and write down what the channels hold then."""
        done = self.act(world)
        world.desk.note(done)
        return done

    @abstractmethod
    def act(self, world: World) -> str:
        """Do it; return in words what was done."""


class Open(OnChannels):
    """Opens a channel between two parties, with a deposit of the first, and one of the second if ``other`` says so.

    ``window`` is the time to answer a close. ``penalty`` is what a stale close costs the closer, in 1/10,000 of its
    balance. ``token`` is a contract of an ERC-20 that the channel holds instead of ether; the parties approve it, and
    amounts are its units: 1 ether is 10**18.
    """

    word: ClassVar[str] = "open"
    parties: tuple[Actor, Actor]
    name: NewChannel = Field(alias="as")
    deposit: Amount
    other: Amount = 0
    window: Duration = DAY
    penalty: int = Field(default=0, ge=0, le=10_000)
    token: ContractName | None = None

    def act(self, world: World) -> str:
        """Open it."""
        first, second = map(world.account, self.parties)
        desk, kind = world.desk, {}
        if self.token is not None:
            token = world.handle(self.token)
            for party, amount in ((first, self.deposit), (second, self.other)):
                if amount:
                    token.approve(desk.address, amount, sender=party)
            kind = {"token": token.address}
        desk.channels[self.name] = desk.network.open(
            first, second, self.deposit, other_deposit=self.other, window=self.window, penalty=self.penalty, **kind
        )
        world.name(self.name, desk.channels[self.name])
        return f"{self.parties[0]} opens {self.name} with {self.parties[1]}, {amount_text(self.deposit)} deposited"


class TopUp(OnChannels):
    """Adds to a party's deposit."""

    word: ClassVar[str] = "top-up"
    channel: ChannelName
    by: Actor
    value: Amount

    def act(self, world: World) -> str:
        """Deposit it."""
        world.desk.channel(self.channel).deposit(world.account(self.by), self.value)
        return f"{self.by} adds {amount_text(self.value)} to {self.channel}"


class TakeOut(OnChannels):
    """Pays a party out of an open channel, which both parties sign."""

    word: ClassVar[str] = "take-out"
    channel: ChannelName
    by: Actor
    value: Amount

    def act(self, world: World) -> str:
        """Withdraw it."""
        world.desk.channel(self.channel).withdraw(world.account(self.by), self.value)
        return f"{self.by} takes {amount_text(self.value)} out of {self.channel}"


class Pay(OnChannels):
    """Pays the other party of a channel, ``times`` times, without a transaction."""

    word: ClassVar[str] = "pay"
    channel: ChannelName
    sender: Actor = Field(alias="from")
    value: Amount
    times: int = Field(default=1, ge=1, le=100_000)

    def act(self, world: World) -> str:
        """Pay it."""
        channel, payer = world.desk.channel(self.channel), world.account(self.sender)
        for _ in range(self.times):
            channel.pay(payer, self.value)
        often = "" if self.times == 1 else f" {self.times} times"
        return f"{self.sender} pays {amount_text(self.value)}{often} in {self.channel}"


class Route(OnChannels):
    """Pays over the channels of others, and names the payment ``as``. ``time`` is what the target has to claim it."""

    word: ClassVar[str] = "route"
    sender: Actor = Field(alias="from")
    to: Actor
    value: Amount
    time: Duration = 3_600
    name: NewPayment | None = Field(default=None, alias="as")

    def act(self, world: World) -> str:
        """Pay it."""
        source, target = world.account(self.sender), world.account(self.to)
        hashlock, hops = world.desk.network.pay_route(source, target, self.value, time=self.time)
        if self.name is not None:
            world.desk.payments[self.name] = hashlock
            world.name(self.name, hashlock)
        paid = "has the proof of payment" if world.desk.network.node(source).is_paid(hashlock) else "has no proof yet"
        return f"{self.sender} pays {amount_text(self.value)} to {self.to} over {len(hops)} hops, and {paid}"


class Keep(OnChannels):
    """Keeps the newest state of a channel under a name, for a close or an answer later."""

    word: ClassVar[str] = "keep"
    channel: ChannelName
    name: NewState = Field(alias="as")

    def act(self, world: World) -> str:
        """Keep it."""
        state = world.desk.channel(self.channel).state
        world.desk.states[self.name] = state
        world.name(self.name, state)
        return f"the state of {self.channel} at version {state.version} is kept as {self.name}"


class Close(OnChannels):
    """Closes a channel: one-sidedly with the party's newest state or the one that is named, or together."""

    word: ClassVar[str] = "close"
    channel: ChannelName
    by: Actor | None = None
    state: StateName | None = None
    together: bool = False

    def act(self, world: World) -> str:
        """Close it."""
        channel = world.desk.channel(self.channel)
        if self.together:
            channel.close_together()
            return f"{self.channel} is closed together"
        if self.by is None:
            raise StepImpossible("close", "it has no by, expected who closes, or together: true")
        closer, state = world.account(self.by), world.desk.state(self.state)
        if state is not None and state != channel.end(closer).newest:
            world.desk.cheats.add(self.by)
        channel.close(by=closer, state=state)
        return f"{self.by} closes {self.channel} at version {channel.info.version}"


class Answer(OnChannels):
    """Answers a close with the party's newest state, or the one that is named; ``by`` may be watchtower."""

    word: ClassVar[str] = "answer"
    channel: ChannelName
    by: Answerer
    state: StateName | None = None

    def act(self, world: World) -> str:
        """Answer it."""
        channel, before = world.desk.channel(self.channel), world.desk.channel(self.channel).info.version
        if self.by == "watchtower":
            given = world.desk.network.watchtower.step()
            after = channel.info.version
            return f"the watchtower gives {len(given)} answers; {self.channel} goes from version {before} to {after}"
        party, state = world.account(self.by), world.desk.state(self.state)
        if state is not None and state != channel.end(party).newest:
            world.desk.cheats.add(self.by)
        channel.answer(by=party, state=state)
        return f"{self.by} answers in {self.channel}, from version {before} to {channel.info.version}"


class Settle(OnChannels):
    """Settles a closed channel after its window, decides its locks, and pays both parties."""

    word: ClassVar[str] = "settle"
    short: ClassVar[str] = "channel"
    channel: ChannelName
    pays: bool = True

    def act(self, world: World) -> str:
        """Settle it."""
        channel = world.desk.channel(self.channel)
        world.desk.settle(channel, pays=self.pays)
        return f"{self.channel} is settled at version {channel.info.version}"


class Collect(OnChannels):
    """Pays a party what a settled channel owes it."""

    word: ClassVar[str] = "collect"
    channel: ChannelName
    by: Actor

    def act(self, world: World) -> str:
        """Pay it out."""
        world.desk.channel(self.channel).collect(world.account(self.by))
        return f"{self.by} collects from {self.channel}"


class Offline(OnChannels):
    """Cuts a party of channels off: it gets no messages and sees no blocks."""

    word: ClassVar[str] = "offline"
    short: ClassVar[str] = "party"
    party: Actor

    def act(self, world: World) -> str:
        """Cut it off."""
        world.desk.network.offline(world.account(self.party))
        return f"{self.party} goes offline"


class Online(OnChannels):
    """Brings a party of channels back."""

    word: ClassVar[str] = "online"
    short: ClassVar[str] = "party"
    party: Actor

    def act(self, world: World) -> str:
        """Bring it back."""
        world.desk.network.online(world.account(self.party))
        return f"{self.party} is online again"


class Tick(OnChannels):
    """Lets every online party repeat what is unanswered, and publish what must be on chain."""

    word: ClassVar[str] = "tick"
    short: ClassVar[str] = "times"
    times: int = Field(default=1, ge=1, le=1_000)

    def act(self, world: World) -> str:
        """Tick."""
        for _ in range(self.times):
            world.desk.network.tick()
        return "the parties of channels repeat what is unanswered"


class Deadline(OnChannels):
    """Lets time pass until the deadline of a closed channel, or ``before`` or ``after`` it."""

    word: ClassVar[str] = "deadline"
    short: ClassVar[str] = "channel"
    channel: ChannelName
    before: Duration = 0
    after: Duration = 0

    def act(self, world: World) -> str:
        """Set the time of the next block."""
        deadline = world.desk.channel(self.channel).info.deadline
        world.l1.warp(to=deadline - self.before + self.after)
        off = duration_text(self.before) + " before " if self.before else ""
        off = duration_text(self.after) + " after " if self.after else off
        return f"it is {off}the deadline of {self.channel}"


class ForgeState(OnChannels):
    """Makes a state that the other party never signed, in which it pays ``takes`` more.

    ``signature`` says what stands for its signature: one of the forger's own, none, or zeros.
    """

    word: ClassVar[str] = "forge-state"
    channel: ChannelName
    by: Actor
    takes: Amount
    name: NewState = Field(alias="as")
    ahead: int = Field(default=1, ge=0)
    signature: Literal["own", "empty", "zeros"] = "own"

    def act(self, world: World) -> str:
        """Forge it."""
        channel = world.desk.channel(self.channel)
        made = world.desk.forged(channel, world.account(self.by), self.takes, self.ahead, self.signature)
        world.desk.states[self.name] = made
        world.desk.cheats.add(self.by)
        world.name(self.name, made)
        return f"{self.by} forges a state of {self.channel} that takes {amount_text(self.takes)} more"

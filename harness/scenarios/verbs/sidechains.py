"""Verbs about a sidechain: its blocks, its bridge and its light client on L1, and what validators do to them.

Validators are numbers from 1 on, in the order of their addresses; who is voted in gets the next one.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from harness.scenarios.base import Actor, CrossingName, HeaderName, NewCrossing, NewHeader
from harness.scenarios.errors import StepImpossible
from harness.scenarios.sidechain_desk import Seals, SidechainDesk
from harness.scenarios.values import Amount, Duration, amount_text, duration_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World

DAY = 86_400
Number = Annotated[int, Field(ge=1, le=255)]
Numbers = tuple[Number, ...]
Hex = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})*$")]


def _listed(numbers: Numbers) -> str:
    return ("validators " if len(numbers) > 1 else "validator ") + ", ".join(map(str, numbers))


class OnSidechain(Verb):
    """A verb about the sidechain."""

    needs: ClassVar[str] = "sidechain"

    def perform(self, world: World) -> str:
        """Do it."""
        return self.act(world, world.sidechain)

    @abstractmethod
    def act(self, world: World, desk: SidechainDesk) -> str:
        """Do it; return in words what was done."""


class Cross(OnSidechain):
    """Sends ether, and a call, from L1 to the sidechain, and names the message `as`; `attest` delivers it."""

    word: ClassVar[str] = "cross"
    value: Amount = 0
    to: Actor | None = None
    sender: Actor = Field(default="alice", alias="from")
    name: NewCrossing | None = Field(default=None, alias="as")
    within: Duration = DAY
    data: Hex = "0x"

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Send it."""
        sender, to = world.account(self.sender), world.account(self.to or self.sender)
        data = bytes.fromhex(self.data[2:])
        message = desk.bridge.deposit(to, self.value, data, sender=sender, within=self.within)
        if self.name is not None:
            desk.messages[self.name] = message
            world.name(self.name, message)
        return f"{self.sender} sends {amount_text(self.value)} to {self.to or self.sender} on the sidechain"


class CrossBack(OnSidechain):
    """Sends ether, and a call, from the sidechain to L1, and names the message `as`; `redeem` executes it."""

    word: ClassVar[str] = "cross-back"
    value: Amount = 0
    to: Actor | None = None
    sender: Actor = Field(default="alice", alias="from")
    name: NewCrossing = Field(alias="as")
    data: Hex = "0x"

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Send it."""
        sender, to = world.account(self.sender), world.account(self.to or self.sender)
        desk.keep_time()
        message = desk.bridge.withdraw(to, self.value, bytes.fromhex(self.data[2:]), sender=sender)
        desk.messages[self.name] = message
        world.name(self.name, message)
        return f"{self.sender} sends {amount_text(self.value)} from the sidechain to {self.to or self.sender}"


class Attest(OnSidechain):
    """Lets validators attest to messages of L1 that lie deep enough, or to one, whatever L1 says; they are delivered.

    ``by`` are those who take part; all that are online by default.
    """

    word: ClassVar[str] = "attest"
    short: ClassVar[str] = "message"
    message: CrossingName | None = None
    by: Numbers | None = None

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Attest."""
        done = desk.attest(self.message, desk.those(self.by))
        return f"{_listed(self.by) if self.by else 'the validators'} attest to {done} messages"


class Seal(OnSidechain):
    """Has the validators seal empty blocks of the sidechain."""

    word: ClassVar[str] = "seal"
    short: ClassVar[str] = "blocks"
    blocks: int = Field(default=1, ge=1, le=1_000)

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Seal them."""
        desk.seal(self.blocks)
        return f"the validators seal {self.blocks} blocks"


class Relay(OnSidechain):
    """Has the light client accept the newest header, or one that liars sealed."""

    word: ClassVar[str] = "relay"
    short: ClassVar[str] = "header"
    header: HeaderName | None = None
    sender: Actor = Field(default="trent", alias="from")

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Hand it in."""
        header = desk.relay(self.header, world.account(self.sender))
        return f"the light client accepts {self.header or 'the newest header'}, of height {header.number}"


class Redeem(OnSidechain):
    """Executes a message on L1 by a proof against the newest header, or what a forged header says was sent.

    ``proof`` "received" proves the other mapping of the bridge, and "aliased" spells the path of the last node
    otherwise. ``of`` proves another message than the one that is executed.
    """

    word: ClassVar[str] = "redeem"
    short: ClassVar[str] = "message"
    message: CrossingName | None = None
    header: HeaderName | None = None
    proof: Literal["sent", "received", "aliased"] = "sent"
    of: CrossingName | None = None
    sender: Actor = Field(default="trent", alias="from")

    @model_validator(mode="after")
    def _has_one(self) -> Redeem:
        if (self.message is None) == (self.header is None):
            raise ValueError("it has both or none of message and header, expected one")
        return self

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Execute it."""
        by = world.account(self.sender)
        if self.header is not None:
            forgery = desk.forgery(self.header)
            desk.redeem(forgery.message, desk.proof_of(forgery), by)
            return f"what {self.header} says was sent pays {amount_text(forgery.message.value)}"
        assert self.message is not None
        message = desk.message(self.message)
        proof = desk.proof(desk.message(self.of or self.message), self.proof)
        desk.redeem(message, proof, by)
        return f"{self.message} is executed on L1 with {amount_text(message.value)}"


class Refund(OnSidechain):
    """Pays a message to the sidechain back, by a proof that it has not run at the last header that counts."""

    word: ClassVar[str] = "refund"
    short: ClassVar[str] = "message"
    message: CrossingName
    sender: Actor = Field(default="trent", alias="from")

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Pay it back."""
        message = desk.message(self.message)
        desk.refund(message, world.account(self.sender))
        return f"{amount_text(message.value)} of {self.message} come back"


class ForgeHeader(OnSidechain):
    """Makes validators seal a header whose state says that the bridge owes `takes` to an account, and names it `as`.

    It lies ``later`` blocks behind the block that is ``below`` the newest one. ``alone`` makes those who seal it all
    the validators that it has. ``seals`` "twice" repeats the first seal up to a quorum; "high-s" has malleable ones.
    """

    word: ClassVar[str] = "forge-header"
    by: Numbers = Field(min_length=1)
    takes: Amount
    to: Actor = "mallory"
    name: NewHeader = Field(alias="as")
    alone: bool = False
    later: int = Field(default=1, ge=1)
    below: int = Field(default=0, ge=0)
    seals: Seals = "plain"

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Forge it."""
        by, to = desk.those(self.by) or [], world.account(self.to).address
        made = desk.forge(
            self.name, to, self.takes, by, alone=self.alone, later=self.later, below=self.below, seals=self.seals
        )
        world.name(self.name, made)
        return f"{_listed(self.by)} seal that {self.to} is owed {amount_text(self.takes)}, at {made.header.number}"


class Freeze(OnSidechain):
    """Shows the light client two blocks of one height: forged ones, or the newest pair that validators sealed.

    ``span`` is the place of the set that is trusted for both; by default the newest.
    """

    word: ClassVar[str] = "freeze"
    first: HeaderName | None = None
    second: HeaderName | None = None
    span: int = -1
    sender: Actor = Field(default="olivia", alias="from")

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Show them."""
        given = [desk.forgery(name).header for name in (self.first, self.second) if name is not None]
        if len(given) == 1:
            given.append(desk.side.header(given[0].number))
        if not given and not desk.side.evidence:
            raise StepImpossible("freeze", "nobody sealed two blocks at one height")
        first, second = given or desk.side.evidence[-1]
        desk.bridge.client.freeze(first, second, span=self.span, sender=world.account(self.sender))
        return f"{self.sender} shows two blocks of height {first.number}"


class Validators(OnSidechain):
    """Makes validators silent, equivocating, or honest again."""

    word: ClassVar[str] = "validators"
    who: Numbers = Field(min_length=1)
    are: Literal["silent", "equivocating", "honest"]

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Make them so."""
        side = desk.side
        turn = {"silent": side.silence, "equivocating": side.corrupt, "honest": side.mend}[self.are]
        turn(*(desk.those(self.who) or ()))
        return f"{_listed(self.who)} {'is' if len(self.who) == 1 else 'are'} {self.are} from now on"


class Vote(OnSidechain):
    """Lets validators vote somebody out or, with `add`, in, and seals blocks until the set has changed."""

    word: ClassVar[str] = "vote"
    validator: Number
    add: bool = False
    by: Numbers | None = None

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Vote."""
        if self.add and self.validator == len(desk.places) + 1:
            world.name(f"validator_{self.validator}", desk.account(desk.newcomer()))
        by = desk.those(self.by) or list(desk.side.members)
        blocks = desk.vote(self.validator, self.add, by)
        return f"validator {self.validator} is voted {'in' if self.add else 'out'} within {blocks} blocks"


class Unstake(OnSidechain):
    """Lets a validator leave with its stake, which stays locked; with `paid` it takes the stake out."""

    word: ClassVar[str] = "unstake"
    short: ClassVar[str] = "validator"
    validator: Number
    paid: bool = False

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Leave, or take it out."""
        owner, stakes = desk.account(self.validator), desk.bridge.client.stake
        if self.paid:
            stakes.withdraw(owner, sender=owner)
        else:
            stakes.leave(sender=owner)
        return f"validator {self.validator} {'takes its stake' if self.paid else 'leaves'}"


class TrustEnds(OnSidechain):
    """Lets time pass until the last second in which the light client trusts its newest header, or past it."""

    word: ClassVar[str] = "trust-ends"
    short: ClassVar[str] = "after"
    before: Duration = 0
    after: Duration = 0

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Set the time of L1's next block."""
        client = desk.bridge.client
        last = client.contract.head()[1] + client.contract.trustingPeriod()
        world.l1.warp(to=last - self.before + self.after)
        off = f"{duration_text(self.before)} before " if self.before else ""
        off = f"{duration_text(self.after)} after " if self.after else off
        return f"it is {off}the last second of the trust in the newest header"


class Heist(OnSidechain):
    """Puts an honest update to the newest header and a theft by a forged one into one block of L1.

    ``first`` says which of them comes first; the other comes behind it.
    """

    word: ClassVar[str] = "heist"
    header: HeaderName
    first: Literal["update", "theft"]
    sender: Actor = Field(default="mallory", alias="from")

    def act(self, world: World, desk: SidechainDesk) -> str:
        """Send all of it."""
        taken = desk.heist(desk.forgery(self.header), world.account(self.sender), update_first=self.first == "update")
        return f"one block of L1 has an update and a theft; the {self.first} comes first, and {taken} of them succeed"

"""Verbs about a chain: contracts, transactions, blocks and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from harness.chain.values.address import address_bytes
from harness.scenarios import values
from harness.scenarios.base import Actor, NewContract, ThingName, TypeName
from harness.scenarios.errors import StepImpossible
from harness.scenarios.values import Amount, Duration, Layer
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class Layered(Verb):
    """A verb on L1 or L2."""

    layer: Layer = Field(default="l1", alias="on")

    @property
    def needed(self) -> str:
        """A rollup, on L2."""
        return "rollup" if self.layer == "l2" else ""


class Deploy(Layered):
    """Deploys a contract, and names it ``as``. Names in ``with`` are the constructor's arguments."""

    word: ClassVar[str] = "deploy"
    short: ClassVar[str] = "contract"
    contract: TypeName
    name: NewContract = Field(alias="as")
    arguments: tuple[Any, ...] = Field(default=(), alias="with")
    sender: Actor = Field(default="alice", alias="from")
    value: Amount = 0

    def perform(self, world: World) -> str:
        """Deploy it."""
        kind, chain = world.contract_type(self.contract), world.chain(self.layer)
        given = [world.value(each) for each in self.arguments]
        made = chain.deploy(kind, *given, sender=world.account(self.sender), value=self.value)
        world.name(self.name, made)
        world.makers[self.name] = world.account(self.sender).name
        return f"{self.sender} deploys {self.contract} on {self.layer.upper()} as {self.name}"


class Bind(Layered):
    """Names a contract that is on the chain already ``as``: at an address, or at the one that a call gives."""

    word: ClassVar[str] = "bind"
    contract: TypeName
    address: values.Place
    name: NewContract = Field(alias="as")

    def perform(self, world: World) -> str:
        """Name it; raises StepImpossible if no code is there."""
        place = world.read(self.address) if isinstance(self.address, values.CallText) else self.address
        chain = world.chain(self.layer)
        if not isinstance(place, str) or not chain.backend.code(address_bytes(place)):
            raise StepImpossible(
                "bind", f"{self.address}{_given(place, self.address)} has no code on {self.layer.upper()}"
            )
        world.name(self.name, world.contract_type(self.contract).at(chain, place))
        return f"{self.name} is the {self.contract} at {place} on {self.layer.upper()}"


def _given(place: object, said: object) -> str:
    return "" if place == said else f" gives {place}, which"


class Call(Verb):
    """Calls a function of a contract in a transaction."""

    word: ClassVar[str] = "call"
    short: ClassVar[str] = "call"
    call: values.Call
    sender: Actor = Field(default="alice", alias="from")
    value: Amount = 0
    gas: int | None = Field(default=None, gt=0)

    def perform(self, world: World) -> str:
        """Call it."""
        world.call(self.call, self.sender, self.value, self.gas)
        return f"{self.sender} calls {self.call}"


class Send(Layered):
    """Sends ether, and bytes, to an account or a contract."""

    word: ClassVar[str] = "send"
    to: ThingName
    value: Amount = 0
    data: str = Field(default="0x", pattern=r"^0x([0-9a-fA-F]{2})*$")
    sender: Actor = Field(default="alice", alias="from")

    def perform(self, world: World) -> str:
        """Send it."""
        world.chain(self.layer).send(
            sender=world.account(self.sender),
            to=world.thing(self.to),
            value=self.value,
            data=bytes.fromhex(self.data[2:]),
        )
        return f"{self.sender} sends {values.amount_text(self.value)} to {self.to} on {self.layer.upper()}"


class Reorg(Verb):
    """Removes L1's newest blocks, none from before the steps. ``resend`` orders the transactions that come again."""

    word: ClassVar[str] = "reorg"
    short: ClassVar[str] = "depth"
    depth: int = Field(ge=1, le=10_000)
    resend: Literal["lost", "same", "newest-first", "shuffled"] = "same"

    def perform(self, world: World) -> str:
        """Reorganise L1; raises StepImpossible for more blocks than there are since the steps began."""
        removed, again = world.reorg(self.depth, self.resend)
        return f"L1 loses {removed} blocks; {again} transactions come again ({self.resend})"


class Warp(Verb):
    """Lets time pass without the agents acting."""

    word: ClassVar[str] = "warp"
    short: ClassVar[str] = "by"
    by: Duration

    def perform(self, world: World) -> str:
        """Set the time of the next block."""
        world.warp(self.by)
        return f"{values.duration_text(self.by)} pass"


class Mine(Verb):
    """Mines empty blocks."""

    word: ClassVar[str] = "mine"
    short: ClassVar[str] = "blocks"
    blocks: int = Field(ge=1, le=10_000)

    def perform(self, world: World) -> str:
        """Mine them."""
        world.l1.mine(self.blocks)
        return f"{self.blocks} empty blocks are mined"

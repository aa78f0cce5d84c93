"""Verbs about a rollup: deposits, withdrawals and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from harness.scenarios import values
from harness.scenarios.base import Actor, HandleName, NewName, Record, ThingName
from harness.scenarios.errors import StepImpossible
from harness.scenarios.values import Amount, amount_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class Deposit(Verb):
    """Sends ether from L1 to L2."""

    word: ClassVar[str] = "deposit"
    needs: ClassVar[str] = "rollup"
    value: Amount
    sender: Actor = Field(default="alice", alias="from")
    to: ThingName | None = None

    def perform(self, world: World) -> str:
        """Deposit it."""
        to = None if self.to is None else world.thing(self.to)
        world.rollup.deposit(self.value, sender=world.account(self.sender), to=to)
        return f"{self.sender} deposits {amount_text(self.value)}"


class Withdraw(Verb):
    """Sends ether from L2 to L1, and names the withdrawal ``as``; ``execute`` delivers it."""

    word: ClassVar[str] = "withdraw"
    needs: ClassVar[str] = "rollup"
    value: Amount
    name: NewName = Field(default="withdrawal", alias="as")
    sender: Actor = Field(default="alice", alias="from")
    to: ThingName | None = None

    def perform(self, world: World) -> str:
        """Withdraw it."""
        to = None if self.to is None else world.thing(self.to)
        world.name(self.name, world.rollup.withdraw(self.value, sender=world.account(self.sender), to=to))
        return f"{self.sender} withdraws {amount_text(self.value)} as {self.name}"


class Execute(Verb):
    """Delivers a withdrawal on L1: proves it and finalizes it, what of these is not done."""

    word: ClassVar[str] = "execute"
    short: ClassVar[str] = "withdrawal"
    needs: ClassVar[str] = "rollup"
    withdrawal: HandleName
    sender: Actor = Field(default="alice", alias="from")

    def perform(self, world: World) -> str:
        """Execute it."""
        world.rollup.execute(world.withdrawal(self.withdrawal), sender=world.account(self.sender))
        return f"{self.sender} executes {self.withdrawal}"


class BatchedTransaction(Record):
    """A transaction of L2: a call, or ether that is sent."""

    call: values.Call | None = None
    to: ThingName | None = None
    value: Amount = 0
    sender: Actor = Field(default="alice", alias="from")
    gas: int | None = Field(default=None, gt=0)


class Batch(Verb):
    """Makes L2 run transactions, and posts them as one batch.

    With a ``number``, the batches before it are filled and confirmed first, so that the next assertion begins with
    this one.
    """

    word: ClassVar[str] = "batch"
    needs: ClassVar[str] = "rollup"
    number: int | None = Field(default=None, ge=0)
    transactions: tuple[BatchedTransaction, ...] = ()

    def perform(self, world: World) -> str:
        """Post it."""
        world.post()
        if self.number is not None:
            world.fill(self.number)
        for each in self.transactions:
            if each.call is not None:
                world.call(each.call, each.sender, each.value, each.gas, "l2")
            else:
                to = world.thing(each.to if each.to is not None else each.sender)
                world.rollup.l2.send(sender=world.account(each.sender), to=to, value=each.value)
        posted = world.post() if self.transactions else world.post_empty()
        if posted != 1:
            raise StepImpossible("batch", f"its transactions take {posted} batches, expected 1")
        return f"batch {world.batches - 1} is posted with {len(self.transactions)} transactions"

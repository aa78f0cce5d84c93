"""Verbs about a rollup: deposits, withdrawals and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from harness.scenarios import values
from harness.scenarios.base import (
    Actor,
    ContractName,
    MessageName,
    NewContract,
    NewMessage,
    NewWithdrawal,
    Record,
    ThingName,
    WithdrawalName,
)
from harness.scenarios.errors import StepImpossible
from harness.scenarios.values import Amount, Duration, amount_text, duration_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class Deposit(Verb):
    """Sends ether from L1 to L2, and names the message ``as``: `force` includes it if the sequencer does not."""

    word: ClassVar[str] = "deposit"
    needs: ClassVar[str] = "rollup"
    value: Amount
    sender: Actor = Field(default="alice", alias="from")
    to: ThingName | None = None
    name: NewMessage | None = Field(default=None, alias="as")
    gas: int = Field(default=100_000, gt=0)

    def perform(self, world: World) -> str:
        """Deposit it."""
        from harness.scenarios import acts

        message = acts.deposit(world, self.value, self.sender, self.to, self.gas)
        if self.name is not None:
            world.name(self.name, message)
        return f"{self.sender} deposits {amount_text(self.value)}"


class Withdraw(Verb):
    """Sends ether from L2 to L1, and names the withdrawal ``as``; ``execute`` delivers it."""

    word: ClassVar[str] = "withdraw"
    needs: ClassVar[str] = "rollup"
    value: Amount
    name: NewWithdrawal = Field(default="withdrawal", alias="as")
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
    withdrawal: WithdrawalName
    sender: Actor = Field(default="alice", alias="from")

    def perform(self, world: World) -> str:
        """Execute it."""
        world.rollup.execute(world.withdrawal(self.withdrawal), sender=world.account(self.sender))
        return f"{self.sender} executes {self.withdrawal}"


class Bridge(Verb):
    """Sends tokens from L1 to L2, where a twin of the token holds them, named ``as``. 1 ether is 10**18 units."""

    word: ClassVar[str] = "bridge"
    needs: ClassVar[str] = "rollup"
    token: ContractName
    value: Amount
    sender: Actor = Field(default="alice", alias="from")
    to: ThingName | None = None
    name: NewContract = Field(default="twin", alias="as")

    def perform(self, world: World) -> str:
        """Bridge it."""
        token, to = world.handle(self.token), None if self.to is None else world.thing(self.to)
        world.rollup.bridge(token, self.value, sender=world.account(self.sender), to=to)
        world.name(self.name, world.rollup.twin(token))
        return f"{self.sender} bridges {self.value} units of {self.token} to L2"


class BridgeBack(Verb):
    """Burns twins of a token on L2, and names the withdrawal of the token ``as``; ``execute`` delivers it."""

    word: ClassVar[str] = "bridge-back"
    needs: ClassVar[str] = "rollup"
    token: ContractName
    value: Amount
    sender: Actor = Field(default="alice", alias="from")
    to: ThingName | None = None
    name: NewWithdrawal = Field(default="withdrawal", alias="as")

    def perform(self, world: World) -> str:
        """Bridge it back."""
        token, to = world.handle(self.token), None if self.to is None else world.thing(self.to)
        sender = world.account(self.sender)
        world.name(self.name, world.rollup.bridge_back(token, self.value, sender=sender, to=to))
        return f"{self.sender} bridges {self.value} units of {self.token} back as {self.name}"


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


class Queue(Verb):
    """Puts a signed transaction of L2 into the delayed inbox on L1, and names the message ``as``."""

    word: ClassVar[str] = "queue"
    needs: ClassVar[str] = "rollup"
    to: ThingName
    value: Amount = 0
    sender: Actor = Field(default="alice", alias="from")
    name: NewMessage = Field(default="message", alias="as")
    gas: int = Field(default=21_000, gt=0)

    def perform(self, world: World) -> str:
        """Queue it."""
        account = world.account(self.sender)
        raw = world.rollup.sign_l2(account, to=world.thing(self.to), value=self.value, gas=self.gas)
        receipt = world.rollup.contracts.delayed_inbox.queueTransaction(raw, self.gas, sender=account)
        world.name(self.name, world.rollup.message_of(receipt))
        return f"{self.sender} queues a transaction on L1 as {self.name}"


class Force(Verb):
    """Includes a delayed message, and those before it, without the sequencer."""

    word: ClassVar[str] = "force"
    short: ClassVar[str] = "message"
    needs: ClassVar[str] = "rollup"
    message: MessageName
    sender: Actor = Field(default="alice", alias="from")

    def perform(self, world: World) -> str:
        """Force it."""
        from harness.scenarios import acts

        acts.force(world, self.message, self.sender)
        return f"{self.sender} forces {self.message} in"


class Censor(Verb):
    """Makes the sequencer refuse senders, delayed messages, or ``everything`` from now on; nothing if all are left out.

    With ``everything`` it posts no batches either.
    """

    word: ClassVar[str] = "censor"
    needs: ClassVar[str] = "rollup"
    senders: tuple[Actor, ...] = ()
    delayed: bool = False
    everything: bool = False

    def perform(self, world: World) -> str:
        """Change the sequencer."""
        from harness.scenarios import acts

        acts.censor(world, [world.account(name) for name in self.senders], self.delayed, self.everything)
        if self.everything:
            return "the sequencer stops"
        whom = [*self.senders, *(["delayed messages"] if self.delayed else [])]
        return f"the sequencer censors {', '.join(whom)}" if whom else "the sequencer is honest again"


class Upgrade(Verb):
    """Schedules a later fork of L2, at the earliest time that the inbox takes."""

    word: ClassVar[str] = "upgrade"
    short: ClassVar[str] = "fork"
    needs: ClassVar[str] = "rollup"
    fork: Literal["cancun", "prague", "osaka"]
    sender: Actor = Field(default="victor", alias="from")

    def perform(self, world: World) -> str:
        """Schedule it."""
        time = world.rollup.upgrade(self.fork, sender=world.account(self.sender))
        return f"{self.sender} schedules {self.fork}, from {duration_text(time - world.l1.now)} on"


class ExitStep(Record):
    """A call on L2 by which an account takes its own out of a contract."""

    call: values.Call
    sender: Actor = Field(default="alice", alias="from")


class WalkAway(Verb):
    """Lets sequencer, proposer and owner leave for ever, and everybody else take all that they have on L2 out.

    ``calls`` are forced in first. It fails if anybody gets less than it had, or if it takes longer than ``within``, or
    more gas of L1 than ``gas`` for anybody.
    """

    word: ClassVar[str] = "walk-away"
    needs: ClassVar[str] = "rollup"
    calls: tuple[ExitStep, ...] = ()
    within: Duration | None = None
    gas: int | None = Field(default=None, gt=0)

    def perform(self, world: World) -> str:
        """Let them leave."""
        from harness.scenarios import acts

        return acts.walk_away(world, [(each.call, each.sender) for each in self.calls], self.within, self.gas)

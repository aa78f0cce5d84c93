"""What a bridge of a sidechain owes to whom: the oracle of drawn lives, and what anybody may do with what was sent."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from harness.chain import ether
from harness.contracts.bindings import Contract
from harness.errors import Reverted
from harness.sidechain.bridge import RESERVE, SENT, BridgedMessage, SidechainBridge
from harness.sidechain.light_client import NOBODY, contract_type

PEOPLE = 5
"""How many accounts, the first ones of each chain, use the bridges."""

_AMOUNT = 4, 3
"""The place of the amount among the arguments of a port's `arrive`, and of its `release`."""


class SidechainFault(Exception):
    """A life in which somebody honest lost, or a sum did not come out."""


class Books:
    """One bridge, and a token that is at home on its L1: messages, what L1 owes, and the end of the light client."""

    def __init__(self, bridge: SidechainBridge, token: Contract) -> None:
        self.bridge, self.l1, self.token = bridge, bridge.l1, token
        self.floor = self.l1.head.number
        self.origin = bridge.client.newest.number
        self._paid: dict[bytes, int] = {}
        """By which height each message ran on L1, as far as no reorg took that away."""

    # -- the light client

    @property
    def is_over(self) -> bool:
        """Whether the light client accepts nothing any more."""
        return bool(self.bridge.client.contract.isOver())

    def follow(self) -> None:
        """Have the newest header accepted, while any is."""
        if not self.is_over:
            self.bridge.follow()

    def accepted(self) -> list[int]:
        """Return the heights that were accepted, newest first."""
        client = self.bridge.client
        client.sync()
        found = [client.newest.number]
        while before := client.checkpoints[found[-1]].previous:
            found.append(before)
        return found

    def usable(self) -> int:
        """Return the newest height by whose root messages run on L1."""
        frozen = self.bridge.client.contract.frozenAt()
        return next(height for height in self.accepted() if height < frozen)

    def last(self) -> int:
        """Return the height whose state counts once the client is over: what had not run there is paid back."""
        paid = max((self._paid.get(each, 0) for each in self.executed()), default=0)
        return paid if paid >= self.bridge.client.contract.frozenAt() else self.usable()

    def counting(self) -> int:
        """Return the height by which messages are paid back now."""
        return self.last() if self.is_over else self.accepted()[0]

    # -- the messages

    def ran(self, until: int | None = None) -> set[bytes]:
        """Return the ids of what has run on the sidechain, up to a block or the head."""
        far = self.bridge.far
        return _ids(far, far.MessageReceived, until=until)

    def left(self, until: int | None = None) -> list[BridgedMessage]:
        """Return what was sent on the sidechain, up to a block or the head."""
        far = self.bridge.far
        ids = _ids(far, far.MessageSent, until=until)
        return [message for message in self.bridge.sent_back() if message.id in ids]

    def executed(self) -> set[bytes]:
        """Return the ids of what has run on L1."""
        return _ids(self.bridge.near, self.bridge.near.MessageReceived, since=self.bridge.since)

    def refunded(self) -> set[bytes]:
        """Return the ids of what was paid back."""
        return _ids(self.bridge.near, self.bridge.near.MessageRefunded, since=self.bridge.since)

    # -- the oracle

    def check(self, after: str) -> None:
        """Compare what L1 has locked with what the sidechain has and what is on its way: ether, and the token.

        Once the light client is over, the sidechain counts as it was at the last header.
        """
        until = self.last() if self.is_over else None
        ran, left, refunded, executed = self.ran(until), self.left(until), self.refunded(), self.executed()
        sent = self.bridge.sent()
        for what, amounts, locked in (
            ("wei", self._wei, self.l1.balance(self.bridge.near)),
            ("tokens", self._tokens, self.token.balanceOf(self.bridge.near_port)),
        ):
            came = sum(amounts(message, 0) for message in sent if message.id in ran)
            there = came - sum(amounts(message, 1) for message in left)
            if until is None:
                there = self.wei_there() if what == "wei" else self.tokens_there()
            coming = sum(amounts(message, 0) for message in sent if message.id not in ran | refunded)
            coming += max(0, self.unclaimed()) if what == "tokens" else 0
            leaving = sum(amounts(message, 1) for message in left if message.id not in executed)
            if locked != there + coming + leaving:
                raise SidechainFault(
                    f"after {after}: L1 has locked {locked} {what}; {there} are on the sidechain, {coming} on their way"
                    f" there, {leaving} on their way back"
                )

    def wei_there(self) -> int:
        """Return the ether that came over the bridge, and has not left."""
        far = self.bridge.far
        return RESERVE - far.chain.balance(far) if self.bridge.wrapped is None else 0

    def tokens_there(self) -> int:
        """Return the tokens that came over the bridge, and have not left."""
        twin = self.twin()
        return 0 if twin is None else int(twin.totalSupply())

    def twin(self) -> Contract | None:
        """Return the token on the sidechain, once it has come there."""
        port = self.bridge.far_port
        address = port.twinOf(self.token)
        return None if address == NOBODY else port.chain.at(contract_type("TwinToken"), address)

    def unclaimed(self) -> int:
        """Return the tokens of messages that were paid back that lie with the port still; below 0 if more came back."""
        refunded, port = self.refunded(), self.bridge.near_port
        due = sum(self._tokens(message, 0) for message in self.bridge.sent() if message.id in refunded)
        events = _events(port, port.TokenReturned, since=self.bridge.since)
        return due - sum(int(event.amount) for event in events)

    def _wei(self, message: BridgedMessage, way: int) -> int:
        return message.value

    def _tokens(self, message: BridgedMessage, way: int) -> int:
        """Return what a port sent by a message: way 0 is to the sidechain, 1 to L1."""
        port = (self.bridge.near_port, self.bridge.far_port)[way]
        start = 4 + 32 * _AMOUNT[way]
        return int.from_bytes(message.data[start : start + 32], "big") if message.words[1] == port.address else 0

    def check_end(self) -> None:
        """See that nothing is left on its way but what a conflict made unusable; raises SidechainFault."""
        left = self.waiting() or self.unpaid() or self.unclaimed()
        if left or (not self.is_over and len(self.ran() | self.refunded()) < len(self.bridge.sent())):
            raise SidechainFault("at the end, something is still on its way")

    # -- what people do

    def deposit(self, amount: int) -> None:
        """Send ether to the sidechain, or the token if the bridge carries no ether."""
        if self.bridge.wrapped is not None:
            self.lock(amount)
        elif not self.is_over:
            sender, to = self._pair(amount)
            self.bridge.deposit(to, ether(1) + amount, sender=sender, within=60 + amount * 10)

    def lock(self, amount: int) -> None:
        """Send tokens to the sidechain."""
        sender, to = self._pair(amount)
        if not self.is_over:
            end = self.l1.now + 60 + amount * 10
            self.bridge.near_port.send(self.token, to, 1 + amount, end, 0, b"", sender=sender)

    def withdraw(self, amount: int) -> None:
        """Send back what came over the bridge: the accounts have ether of the sidechain's own besides."""
        account = self.bridge.far.chain.accounts[amount % PEOPLE]
        self.bridge.withdraw(account, min(self.wei_there(), ether(amount % 3) + 1), sender=account)

    def unlock(self, amount: int) -> None:
        """Send tokens back, as far as somebody has some."""
        account, twin = self.bridge.far.chain.accounts[amount % PEOPLE], self.twin()
        had = 0 if twin is None else twin.balanceOf(account)
        if had:
            self.bridge.far_port.send(twin, account, 1 + amount % had, 0, 0, b"", sender=account)

    def _pair(self, amount: int) -> tuple[Any, Any]:
        sender, to = (self.l1.accounts[(amount + place) % PEOPLE] for place in (0, 1))
        return sender, to

    # -- what anybody may do

    def execute(self, messages: list[BridgedMessage]) -> None:
        """Have messages run on L1, by the newest root by which they do; raises Reverted."""
        height = self.usable()
        for message in messages:
            self.execute_by(message, height)

    def execute_by(self, message: BridgedMessage, height: int) -> None:
        """Have a message run on L1 by the header of a height; raises Reverted."""
        self.bridge.execute(message, self.bridge.prove(SENT, message.id, self.bridge.client.header(height)))
        self._paid[message.id] = height

    def waiting(self) -> list[BridgedMessage]:
        """Return what can run on L1 now, and has not."""
        executed = self.executed()
        return [message for message in self.left(self.usable()) if message.id not in executed]

    def refund(self, message: BridgedMessage) -> None:
        """Have a message paid back by the header that counts now; raises Reverted."""
        self.refund_by(message, self.counting())

    def refund_by(self, message: BridgedMessage, height: int) -> None:
        """Have a message paid back by the header of a height, with its tokens; raises Reverted."""
        behind = [each for each in self.accepted() if each > height]
        self.bridge.refund(message, self.bridge.client.header(height), behind=min(behind, default=0))
        self.reclaim(message)

    def reclaim(self, message: BridgedMessage) -> None:
        """Have the tokens of a message that was paid back returned; raises Reverted."""
        if message.words[1] == self.bridge.near_port.address:
            self.bridge.near_port.reclaim(message.words, sender=self.l1.accounts.trent)

    def reclaim_all(self) -> None:
        """Try to have the tokens of all that was paid back returned, some of them once more."""
        refunded = self.refunded()
        for message in self.bridge.sent():
            if message.id in refunded:
                with suppress(Reverted):
                    self.reclaim(message)

    def undone(self) -> list[BridgedMessage]:
        """Return what has neither run on the sidechain nor been paid back."""
        done = self.ran() | self.refunded()
        return [message for message in self.bridge.sent() if message.id not in done]

    def unpaid(self) -> list[BridgedMessage]:
        """Return what has not run at the header that counts, and can be paid back now."""
        height, is_over = self.counting(), self.is_over
        done, time = self.ran(height) | self.refunded(), self.bridge.client.checkpoints[height].timestamp
        late = [message for message in self.bridge.sent() if message.id not in done]
        return [message for message in late if is_over or message.deadline < time]


def _ids(contract: Contract, event: Any, **blocks: Any) -> set[bytes]:
    return {each.id for each in _events(contract, event, **blocks)}


def _events(contract: Contract, event: Any, **blocks: Any) -> list[Any]:
    return [contract.chain.knowledge.event(log) for log in contract.chain.logs(contract, event, **blocks)]


def stocked(bridge: SidechainBridge) -> Contract:
    """Return a token on a bridge's L1 that people have, and let its port take: wrapped ether, if there is some."""
    l1 = bridge.l1
    people = [l1.accounts[place] for place in range(PEOPLE)]
    if bridge.wrapped is not None:
        token = bridge.wrapped
        for each in people:
            token.deposit(sender=each, value=ether(1))
    else:
        token = l1.deploy(contract_type("DemoToken"), "Token", "T", PEOPLE * 10**6, sender=people[0])
        for each in people[1:]:
            token.transfer(each, 10**6, sender=people[0])
    for each in people:
        token.approve(bridge.near_port, 10**6, sender=each)
    return token

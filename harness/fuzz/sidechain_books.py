"""What a bridge of a sidechain owes to whom: the oracle of drawn lives, and what anybody may do with what was sent."""

from __future__ import annotations

from typing import Any

from harness.sidechain.bridge import RESERVE, SENT, BridgedMessage, SidechainBridge


class SidechainFault(Exception):
    """A life in which somebody honest lost, or a sum did not come out."""


class Books:
    """One bridge: its messages, what L1 owes for them, and the end of its light client."""

    def __init__(self, bridge: SidechainBridge) -> None:
        self.bridge, self.l1 = bridge, bridge.l1
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
        """Compare what L1 has locked with what the sidechain has and what is on its way, to the wei.

        Once the light client is over, the sidechain counts as it was at the last header.
        """
        until = self.last() if self.is_over else None
        ran, left, refunded, executed = self.ran(until), self.left(until), self.refunded(), self.executed()
        sent = self.bridge.sent()
        came = sum(message.value for message in sent if message.id in ran)
        there = came - sum(message.value for message in left)
        if until is None:
            there = RESERVE - self.bridge.far.chain.balance(self.bridge.far)
        coming = sum(message.value for message in sent if message.id not in ran | refunded)
        leaving = sum(message.value for message in left if message.id not in executed)
        locked = self.l1.balance(self.bridge.near)
        if locked != there + coming + leaving:
            raise SidechainFault(
                f"after {after}: L1 has locked {locked} wei; {there} are on the sidechain, {coming} on their way there,"
                f" {leaving} on their way back"
            )

    def check_end(self) -> None:
        """See that nothing is left on its way but what a conflict made unusable; raises SidechainFault."""
        left = self.waiting() or self.unpaid()
        if left or (not self.is_over and len(self.ran() | self.refunded()) < len(self.bridge.sent())):
            raise SidechainFault("at the end, something is still on its way")

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
        """Have a message paid back by the header of a height; raises Reverted."""
        behind = [each for each in self.accepted() if each > height]
        self.bridge.refund(message, self.bridge.client.header(height), behind=min(behind, default=0))

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


def _ids(contract: Any, event: Any, **blocks: int | None) -> set[bytes]:
    return {contract.chain.knowledge.event(log).id for log in contract.chain.logs(contract, event, **blocks)}

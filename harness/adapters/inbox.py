"""How to drive somebody's inbox: batches of the sequencer, messages from L1, and what is derived from both."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.game_values import Promise
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account

__all__ = ["Derived", "DerivedBatch", "DerivedMessage", "Inbox", "Market", "Promise", "Terms"]


@dataclass(frozen=True, slots=True)
class Market:
    """What queued gas of L2 costs, as the documentation states it: ``cap`` and ``target`` per L1 block.

    Prices are thousandths of L1's gas for one of L2's; ``lowest`` is the least of them. A block that sells more than
    the target raises the price by ``1 / change`` for each target, and one that sells less lowers it by as much.
    """

    cap: int
    target: int
    lowest: int
    change: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What an inbox promises: seconds, gas of L2, bytes, and numbers of messages.

    ``least_gas`` and ``most_gas`` are 0 where messages ask for no gas of their own.
    """

    window: int
    lead: int
    least_gas: int
    most_gas: int
    most_message_bytes: int
    most_batch_bytes: int
    most_messages: int = 0
    """Messages that one batch counts at most; 0 is no bound."""
    market: Market | None = None


@dataclass(frozen=True, slots=True)
class DerivedMessage:
    """A message from L1 as a node reads it back."""

    sender: str
    gas: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class DerivedBatch:
    """A batch as a node reads it back. ``told`` is what L2 learns of L1, by the names of L1's header."""

    data: bytes
    delayed: int
    earliest: int
    latest: int
    forced: bool
    told: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Derived:
    """All that a node derives from L1."""

    batches: Sequence[DerivedBatch]
    messages: Sequence[DerivedMessage]


class Inbox(Adapter):
    """Drives one inbox. A refused call raises Reverted.

    An adapter must define `deploy`, `terms`, `post`, `queue`, `force` and `derived`.
    What the contracts lack keeps its default, which raises `NotApplicable`.
    """

    kind: ClassVar[str] = "inbox"

    @abstractmethod
    def terms(self) -> Terms:
        """Return what the inbox promises."""

    @abstractmethod
    def post(self, data: bytes, delayed: int | None = None, *, sender: Account | None = None, after: int = 0) -> None:
        """Post a batch that counts ``delayed`` messages in all; None is as many as there are.

        The sender None is the sequencer. ``after`` is added to the index that the batch names.
        """

    @abstractmethod
    def queue(self, raw: bytes, gas: int, sender: Account, *, limit: int = 0) -> int:
        """Queue a message for L2, with ``limit`` gas of L1, where 0 is enough; return the gas of L1 that it used."""

    @abstractmethod
    def force(self, count: int, sender: Account, record: Mapping[str, Any] | None = None) -> None:
        """Include the first ``count`` messages without the sequencer; ``record`` shows the last of them."""

    @abstractmethod
    def derived(self) -> Derived:
        """Return what a node derives from L1 as it is now; raises ValueError if no node can."""

    # -- what an inbox may lack

    def record(self, index: int) -> Mapping[str, Any]:
        """Return what shows a message when it is forced in."""
        raise NotApplicable("messages are not shown")

    def price(self) -> int:
        """Return the price of L2's gas in this block of L1."""
        raise NotApplicable("queued gas has no price")

    def queue_unchecked(self, raw: bytes, gas: int, sender: Account) -> Receipt:
        """Queue a message within an open block of L1; return the receipt, also of a refusal."""
        raise NotApplicable("queued gas has no price")

    def promises(self) -> Iterable[Promise]:
        """Return what else the contracts promise: parameters that are refused, and when upgrades count."""
        raise NotApplicable("the adapter names no further promise")

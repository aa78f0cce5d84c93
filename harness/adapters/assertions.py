"""How to drive somebody's chain of assertions: bonded claims about L2's state, of which one becomes final."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.game_values import Money, Promise
from harness.chain.values.accounts import Account

__all__ = ["CONFIRMED", "PENDING", "REJECTED", "Assertions", "Money", "Promise", "Shown", "Stakes"]

PENDING, CONFIRMED, REJECTED = "pending", "confirmed", "rejected"


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a chain of assertions promises: seconds, wei, ten-thousandths, and batches that one assertion covers.

    ``challenge`` is what the chain of assertions takes from whoever disputes, and pays to whoever is right; 0 where
    that is a matter of the dispute alone. ``burnt_share`` of what the loser put in is burnt, whoever that is.
    """

    period: int
    bond: int
    burnt_share: int
    most_range: int
    challenge: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """An assertion as the contract shows it; ``prestate`` is the root that a dispute about it begins with."""

    status: str
    root: bytes
    prestate: bytes
    end: int


class Assertions(Adapter):
    """Drives one chain of assertions. A refused call raises Reverted.

    An adapter must define the abstract methods.
    """

    kind: ClassVar[str] = "assertions"
    pays_at_once: ClassVar[bool] = False
    """Whether the decision of a dispute pays the bonds, so that `settle` has nothing left to do."""

    @abstractmethod
    def stakes(self) -> Stakes:
        """Return what the contracts promise."""

    @abstractmethod
    def top(self) -> bytes:
        """Return the id of the newest final assertion."""

    @abstractmethod
    def post(self, count: int) -> None:
        """Have further batches posted, about which can be asserted; nothing where assertions are about other things."""

    @abstractmethod
    def propose(
        self, parent: bytes, root: bytes, sender: Account, *, bond: int | None = None, attempt: int = 0
    ) -> bytes:
        """Assert a root on a parent; return the assertion's id. ``attempt`` is added to the right one.

        Raise `NotApplicable` for what the contracts never allow: a parent that is not final, a rival of a pending
        assertion, or another attempt where attempts have no numbers.
        """

    @abstractmethod
    def show(self, id: bytes) -> Shown:
        """Return what the contract shows of an assertion."""

    @abstractmethod
    def confirm(self, id: bytes, sender: Account) -> None:
        """Make an assertion final."""

    @abstractmethod
    def dispute(self, id: bytes, sender: Account, *, bond: int | None = None) -> None:
        """Open a dispute about an assertion; ``bond`` takes the place of what the chain of assertions asks for it."""

    @abstractmethod
    def decide(self, id: bytes, *, stands: bool) -> None:
        """Have the dispute decided, but nobody paid unless ``pays_at_once``; time may pass."""

    @abstractmethod
    def settle(self, id: bytes) -> None:
        """Have the bond of a rejected assertion paid."""

    @abstractmethod
    def collect(self, sender: Account) -> None:
        """Withdraw what the chain of assertions owes."""

    @abstractmethod
    def owed(self, account: str) -> int:
        """Return the wei that the chain of assertions owes."""

    @abstractmethod
    def held(self) -> int:
        """Return the wei that the chain of assertions holds."""

    @abstractmethod
    def burnt(self) -> int:
        """Return the wei that the books call burnt."""

    def attempts(self, parent: bytes, root: bytes) -> int:
        """Return how often the contracts say that a root was asserted on a parent and rejected."""
        raise NotApplicable("attempts have no numbers")

    def reject_child(self, id: bytes, sender: Account) -> None:
        """Reject an assertion whose parent was rejected."""
        raise NotApplicable("nothing stands on a rejected assertion")

    def void(self, id: bytes, sender: Account) -> None:
        """End the dispute about an assertion whose parent was rejected."""
        raise NotApplicable("nothing stands on a rejected assertion")

    def promises(self) -> Iterable[Promise]:
        """Return what else the contracts promise."""
        raise NotApplicable("the adapter names no further promise")

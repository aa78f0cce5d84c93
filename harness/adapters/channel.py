"""How to drive somebody's payment channel.

A channel has two parties, who are accounts in the order of `Channel.open`. Amounts are wei or a token's smallest units.
Times are seconds since 1970.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from harness.adapters.errors import AdapterLacks, NotApplicable
from harness.adapters.fitting import Between
from harness.adapters.two_party import Pair, Parties, Signatures, TwoParty

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account

__all__ = ["Channel", "Lock", "Pair", "Parties", "Signatures", "State"]


@dataclass(frozen=True, slots=True)
class Lock:
    """A payment by party ``payer`` (0 or 1) that counts only if ``secret`` is shown by ``expiry``, included."""

    secret: bytes
    amount: int
    expiry: int
    payer: int


@dataclass(frozen=True, slots=True)
class State:
    """What both parties sign: a later ``version`` replaces an earlier one.

    ``shares`` is what each party gets of what the channel holds, without the amounts of ``locks``.
    """

    version: int
    shares: Pair
    locks: tuple[Lock, ...] = ()


class Channel(TwoParty):
    """Drives a contract of payment channels.

    Whatever the contract lacks keeps its default, which raises `NotApplicable`.

    ``window`` is the longest time in seconds from the first `submit` to a `settle` that works, whoever submits what in
    between; None if the contract states no bound. ``both_ways`` is False if only the first party pays, so that the
    other one's share only grows. ``answers_until_settled`` is True if the contract means a newer state to count after
    the deadline, until somebody settles. ``has_locks`` is True if states may have locks. ``one_sided`` is True if a
    state counts only for the party that shows what the other one signed, so that each must show its own, and each
    counts its own versions. ``fixed_expiry`` is True if the opening sets the last second to answer, so that the clock
    runs without a close.

    What only some contracts promise is attacked only if the adapter says so: ``strict_signatures``, to refuse a high s;
    ``refuses_zero_secret``, that zero opens no lock; ``keeps_ids``, that a channel whose opening is mined again after a
    reorg is the same one, so that its states count, whoever opens channels in between; ``any_token``, to survive tokens
    that lie, shrink, take fees or refuse somebody.
    """

    kind = "channel"
    window: ClassVar[Annotated[int, Between(1)] | None] = None
    both_ways: ClassVar[bool] = True
    answers_until_settled: ClassVar[bool] = False
    has_locks: ClassVar[bool] = False
    one_sided: ClassVar[bool] = False
    fixed_expiry: ClassVar[bool] = False
    strict_signatures: ClassVar[bool] = False
    refuses_zero_secret: ClassVar[bool] = False
    keeps_ids: ClassVar[bool] = False
    any_token: ClassVar[bool] = False

    @classmethod
    def check(cls) -> None:
        """Raise AdapterLacks, too, for a channel with a time to answer that nothing settles after it."""
        super().check()
        if cls.settle is Channel.settle and (cls.window is not None or cls.deadline is not Channel.deadline):
            raise AdapterLacks(cls.__name__, ("settle",))

    # -- what every channel has

    @abstractmethod
    def sign(self, channel: Any, state: State, who: Account) -> bytes:
        """Return an account's signature over a state of a channel."""

    @abstractmethod
    def submit(self, channel: Any, state: State, signatures: Signatures, sender: Account) -> Any:
        """Put a state before the contract. It starts the close, or it answers the close that runs.

        ``signatures`` are in the order of the parties.
        """

    # -- what most have

    def settle(self, channel: Any, sender: Account) -> Any:
        """End a channel whose time to answer is over. Without it, `submit` is final."""
        raise NotApplicable("the contract has no settlement: the first state that is submitted ends the channel")

    def settle_with(self, channel: Any, state: State, sender: Account) -> Any:
        """End a channel by a state that the caller names, if the contract asks the caller for the posted state."""
        raise NotApplicable("nobody names a state at the settlement")

    def pay_both(self, channel: Any, sender: Account) -> Any:
        """Pay both parties of an ended channel at once, if the contract has that beside `withdraw`."""
        raise NotApplicable("nobody pays both parties at once")

    # -- what some have

    def proposer(self, channel: Any, version: int) -> int | None:
        """Return the party, 0 or 1, that alone proposes states of a version; None if either may."""
        return None

    def deposit(self, channel: Any, who: Account, amount: int, sender: Account) -> Any:
        """Add to a party's deposit, paid by ``sender``."""
        raise NotApplicable("nobody can add to a deposit")

    def permit(self, channel: Any, who: Account, total: int, expiry: int, signer: Account) -> bytes:
        """Return an account's signature under a withdrawal of ``who`` from a channel that stays open.

        ``total`` is what ``who`` has taken out in all afterwards.
        """
        raise NotApplicable("nothing can be taken out of an open channel")

    def take_out(
        self, channel: Any, who: Account, total: int, expiry: int, signatures: Signatures, sender: Account
    ) -> Any:
        """Pay a party out of a channel that stays open."""
        raise NotApplicable("nothing can be taken out of an open channel")

    def reveal(self, channel: Any, lock: Lock, sender: Account) -> Any:
        """Publish a lock's secret, if the contract wants that apart from `unlock`."""
        raise NotApplicable("secrets are shown when a lock is opened")

    def unlock(self, channel: Any, state: State, lock: Lock, secret: bytes | None, sender: Account) -> Any:
        """Decide a lock of an ended channel: for the payee by its secret, or for the payer (None)."""
        raise NotApplicable("the contract has no locks")

    # -- tools for adapters

    @property
    def is_final(self) -> bool:
        """Whether the first `submit` ends a channel."""
        return type(self).settle is Channel.settle

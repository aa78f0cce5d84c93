"""What contracts have that hold the money of two parties until both agree, or a clock decides."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import Address, NotEmpty, OneOf

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract

Asset = Annotated[str, OneOf(("ether", "erc20"))]
Parties = tuple["Account", "Account"]
Pair = tuple[int, int]
Signatures = tuple[bytes, bytes]


class TwoParty(Adapter):
    """Drives contracts that two parties have put money into.

    The harness sets ``token`` before `deploy`: an ERC-20 of its own, or None for ether. ``assets`` says which of the
    two the contract takes. Pairs are in the order of the parties of `open`. Amounts are wei or a token's smallest
    units, and times are seconds since 1970. ``counts_blocks`` is True if the contract's clock counts blocks: then
    every time is the number of a block, and every length of time a number of blocks.
    """

    assets: ClassVar[Annotated[Collection[Asset], NotEmpty()]] = ("erc20",)
    counts_blocks: ClassVar[bool] = False
    token: Contract | None = None

    def attacked(self) -> tuple[Contract, ...]:
        """Return the deployed contracts that strangers may call: by default the attributes that are, but the token."""
        return tuple(each for each in super().attacked() if self.token is None or each.address != self.token.address)

    @abstractmethod
    def open(self, parties: Parties, deposits: Pair) -> Any:
        """Open a channel with the deposits of both parties and return what stands for it in later calls.

        The parties have allowed every contract of `attacked` to take their tokens. A second channel of one pair, while
        the first is open or after it, is another channel; raise `NotApplicable` if the contract has only one.
        """

    def withdraw(self, channel: Any, who: Account, sender: Account) -> Any:
        """Pay a party what an ended channel owes it. Without it, the end of the channel pays both."""
        raise NotApplicable("the end of a channel pays both parties")

    def owed(self, channel: Any, who: Account) -> int:
        """Return what `withdraw` would pay a party now."""
        raise NotApplicable("the contract does not say what it owes")

    def deadline(self, channel: Any) -> int | None:
        """Return the last second at which an answer to the running close counts; None if no close runs."""
        raise NotApplicable("the contract states no deadline")

    def holder(self, channel: Any) -> Address | Contract:
        """Return the address that holds a channel's money: by default that of the first contract of `attacked`."""
        return str(self.attacked()[0].address)

    def agree(self, channel: Any, shares: Pair, expiry: int, who: Account) -> bytes:
        """Return an account's signature under an end at once, which counts until ``expiry``, included."""
        raise NotApplicable("the parties cannot close together")

    def close_together(self, channel: Any, shares: Pair, expiry: int, signatures: Signatures, sender: Account) -> Any:
        """End a channel at once as both parties agreed."""
        raise NotApplicable("the parties cannot close together")

    def approve(self, spender: Any, *owners: Account) -> None:
        """Let a contract take any amount of the token from these accounts; nothing if the asset is ether."""
        if self.token is not None:
            for owner in owners:
                self.token.approve(spender, 2**256 - 1, sender=owner)

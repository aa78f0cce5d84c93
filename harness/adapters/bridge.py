"""How to drive somebody's bridge: deposits, messages from L2, and their proofs against roots that L1 trusts."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import Address, Moment
from harness.adapters.game_values import Promise
from harness.chain.values.accounts import Account
from harness.errors import Reverted
from harness.rollup.withdrawals import Withdrawal

if TYPE_CHECKING:
    from harness.contracts.bindings import Contract

__all__ = ["Bridge", "Message", "Proof"]

Message = Withdrawal
"""A message from L2: nonce, sender, target, value in wei, gas limit, data."""

Proof = Mapping[str, Any]
"""The parts of a proof by name: whole numbers, bytes, and lists of bytes. The pack alters each of them."""


class Bridge(Adapter):
    """Drives one bridge between L1, which is ``chain``, and an L2 of the adapter's own.

    A refused call raises Reverted. An adapter must define `deploy`, `deposit`, `withdraw`, `confirm`, `proof`, `prove`,
    `execute`, `held` and `maturity`.
    What the contracts lack keeps its default, which raises `NotApplicable`.
    """

    kind: ClassVar[str] = "bridge"

    @abstractmethod
    def deposit(self, value: int, sender: Account) -> None:
        """Move wei of the sender to its account on L2."""

    @abstractmethod
    def withdraw(self, value: int, target: str, sender: Account, *, gas: int = 0, data: bytes = b"") -> Message:
        """Send a message with wei from L2 to a target on L1; return it."""

    @abstractmethod
    def confirm(self) -> None:
        """Have L1 trust a root of L2's present state for good."""

    @abstractmethod
    def proof(self, message: Message) -> Proof:
        """Return the proof of a message in the newest root that L1 trusts, also of one that was never sent."""

    @abstractmethod
    def prove(self, message: Message, proof: Proof, sender: Account) -> None:
        """Prove a message."""

    @abstractmethod
    def execute(self, message: Message, sender: Account, *, prover: Account | None = None, gas: int = 0) -> None:
        """Execute a message that ``prover`` has proven; None is the sender. ``gas`` 0 is enough."""

    @abstractmethod
    def held(self) -> int:
        """Return the wei that the bridge holds for L2."""

    @abstractmethod
    def maturity(self) -> Moment:
        """Return the seconds between a proof and the last second in which its message cannot be executed; 0: none."""

    nested: ClassVar[bool] = False
    """Whether the target of a message may execute another one."""

    proves_pending: ClassVar[bool] = True
    """Whether a message can be proven in a root that is not final."""

    own_proofs: ClassVar[bool] = False
    """Whether a proof counts only for who made it, so that nobody executes by that of somebody else unless named."""

    # -- what a bridge may lack

    def pend(self) -> None:
        """Have a root of L2's present state proposed, which L1 does not trust yet for good."""
        raise NotApplicable("roots are trusted at once")

    def trusted_at(self) -> Moment:
        """Return the first second at which the proposed root is final, or can be made so by `settle`."""
        raise NotApplicable("roots are trusted at once")

    def wait_for_trust(self, early: int) -> None:
        """Let the next call come ``early`` seconds before `settle` can be called, or blocks, if those are counted."""
        self.chain.warp(to=self.trusted_at() - early)

    def settle(self, sender: Account) -> None:
        """Make the proposed root final. Without it, time alone does that to what `pend` proposed."""
        raise NotApplicable("no call makes a root final")

    def gap(self) -> Moment:
        """Return the seconds between `settle` and the last second in which no message of the root is executed."""
        return 0

    def root(self) -> Proof:
        """Return what shows a proposed root to L1, where that is a call of its own."""
        raise NotApplicable("roots are shown when they are proposed")

    def show(self, root: Proof, sender: Account) -> None:
        """Show a proposed root to L1."""
        raise NotApplicable("roots are shown when they are proposed")

    def told_sender(self) -> Address:
        """Return who the bridge says has sent the message that it executes now; of no meaning between messages."""
        raise NotApplicable("the bridge does not tell who sent a message")

    def call_of_told_sender(self) -> tuple[Address, bytes]:
        """Return the contract and the calldata by which a message's target asks who sent it; one word answers.

        By default `l2Sender()` of the first contract that has it.
        """
        for contract in self.attacked():
            if any(entry.get("name") == "l2Sender" for entry in contract.abi):
                return contract.address, bytes(contract.functions["l2Sender"].encode())
        raise NotApplicable("the adapter does not say how a target asks who sent its message")

    def forbidden_targets(self) -> tuple[Address, ...]:
        """Return targets that no message may call, since they trust the bridge: `prove` must refuse such a message."""
        raise NotApplicable("no target is forbidden")

    def call_of_execute(self, message: Message, prover: Account) -> bytes:
        """Return the calldata of `execute`, for a target that calls back."""
        raise NotApplicable("no target can call back")

    def forge(self, value: int, sender: Account) -> Message:
        """Have a root proposed that holds a message which nobody sent; return the message."""
        raise NotApplicable("roots are trusted at once")

    def told_reason(self, refusal: Reverted | None) -> bytes:
        """Return what the bridge says the target of the message that it executed last has reverted with.

        ``refusal`` is the revert of `execute`; None if that went through, because a message that fails is used up.
        """
        raise NotApplicable("the bridge does not tell why a message has failed")

    def pause(self, stopped: bool) -> None:
        """Stop the bridge, so that it pays nothing, or let it go on."""
        raise NotApplicable("nobody can pause the bridge")

    def reject(self) -> None:
        """Have the proposed root rejected."""
        raise NotApplicable("roots are never rejected")

    def arrived(self, address: str) -> int:
        """Return the wei of an address on L2."""
        raise NotApplicable("the adapter does not show L2")

    def call_of_deposit(self, to: str) -> tuple[Address, bytes]:
        """Return the contract and the calldata that deposit all wei of a call for ``to``."""
        raise NotApplicable("contracts do not deposit")

    def sender_of_last(self) -> Address:
        """Return from whom the newest deposit came, as L2 sees it."""
        raise NotApplicable("the adapter does not show L2")

    def create_by_deposit(self, value: int, sender: Account) -> Address:
        """Deposit wei with the creation of an empty contract; return its address on L2."""
        raise NotApplicable("deposits create nothing")

    def promises(self, message: Message) -> Iterable[Promise]:
        """Return what the contracts promise beside, about a message that alice has proven and that can be executed."""
        raise NotApplicable("the adapter names no further promise")

    def told_and_executed(self) -> tuple[object, object]:
        """Return the newest deposit as L1 tells it to clients, and as L2 executes it; equal if both are the same."""
        raise NotApplicable("L1 tells clients nothing of deposits")

    # -- tokens, which a bridge may lack

    def deposit_tokens(self, token: Contract, amount: int, sender: Account, gas: int = 0) -> None:
        """Move tokens of the sender to its account on L2, with ``gas`` of L2; 0 is enough."""
        raise NotApplicable("the bridge has no tokens")

    def withdraw_tokens(self, token: Contract, amount: int, target: str, sender: Account) -> Message:
        """Send tokens from L2 to a target on L1; return the message."""
        raise NotApplicable("the bridge has no tokens")

    def tokens_of(self, token: Contract, address: str) -> int:
        """Return the tokens of an address on L2."""
        raise NotApplicable("the bridge has no tokens")

    def tokens_supply(self, token: Contract) -> int:
        """Return the tokens of everybody on L2."""
        raise NotApplicable("the bridge has no tokens")

    def tokens_held(self, token: Contract) -> int:
        """Return the tokens that L1's end of the bridge says it holds for L2."""
        raise NotApplicable("the bridge has no tokens")

    def call_of_deposit_tokens(self, token: Contract, amount: int, to: str) -> tuple[str, bytes]:
        """Return the contract that takes tokens, and the calldata of a deposit."""
        raise NotApplicable("the bridge has no tokens")

    def call_of_release(self, token: Contract, to: str, amount: int) -> tuple[str, bytes]:
        """Return the contract and the calldata by which L2's end has L1's pay tokens."""
        raise NotApplicable("the bridge has no tokens")

    def call_of_arrival(self, token: Contract, to: str, amount: int) -> tuple[str, bytes]:
        """Return the contract on L2 and the calldata by which L1's end has L2's mint tokens."""
        raise NotApplicable("the bridge has no tokens")

    def call_on_l2(self, target: str, data: bytes, sender: Account) -> None:
        """Call a contract on L2."""
        raise NotApplicable("strangers cannot call L2")

    def unbacked_tokens(
        self, token: Contract, brought: int, leaving: int, target: str, owner: Account
    ) -> tuple[Message, Callable[[Message], None], str]:
        """Have the owner bring tokens to a bridge whose end on L2 lies, and have that say that more of them leave.

        Return the message, how to prove and execute it, and the contract that holds the tokens.
        """
        raise NotApplicable("L2's end of the bridge cannot lie")

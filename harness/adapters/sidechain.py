"""How to drive a light client and a bridge that follow a chain sealed by QBFT."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.base import Adapter
from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import Address

if TYPE_CHECKING:
    from harness.adapters.game_values import Promise
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract
    from harness.sidechain.bridge import BridgedMessage
    from harness.sidechain.sidechain import Sidechain

Parts = dict[str, Any]
"""A proof, or a header as it is handed in, by the names of its parts: numbers, bytes, and lists of nodes."""

HEADER_PARTS = ("header", "seats", "places", "trusted")
"""What `update` takes: a header's RLP, the seats of those who sealed it (one bit each), their places among the trusted
validators (one byte each, 255 for none), and the RLP of the trusted validators, joined."""

DAY = 86_400


class QbftBridge(Adapter):
    """Drives contracts on ``chain`` and on ``side``, a chain of the harness whose validators the attacks play.

    ``validators``, ``stake`` (wei of each), ``period`` (seconds) and ``chain_id`` of the sidechain are set before
    `deploy`.
    """

    kind: ClassVar[str] = "sidechain"
    side: Sidechain
    validators: int = 4
    stake: int = 0
    period: int = 14 * DAY
    chain_id: int = 7_700

    # -- the light client

    @abstractmethod
    def update(self, parts: Parts, sender: Account, *, is_change: bool) -> None:
        """Hand in a header; ``is_change`` says that it may have other validators than the newest one."""

    @abstractmethod
    def freeze(self, one: Parts, two: Parts, sender: Account, span: int = -1) -> None:
        """Show two headers of one height. ``span`` is the place of the set that is trusted for both."""

    @abstractmethod
    def newest(self) -> tuple[int, int]:
        """Return the height and the time of the newest header that is trusted."""

    @abstractmethod
    def frozen_at(self) -> int:
        """Return the lowest height of a conflict; a number that no header has if there was none."""

    # -- the bridge

    @abstractmethod
    def deposit(
        self, to: str, value: int, deadline: int, sender: Account, data: bytes = b"", *, gas: int = 0
    ) -> BridgedMessage:
        """Send ether, and a call with so much gas at least, to the sidechain. The deadline is in seconds since 1970."""

    @abstractmethod
    def attestation(self, message: BridgedMessage) -> bytes:
        """Return the digest that validators sign to say that a message was sent on L1."""

    @abstractmethod
    def deliver(self, message: BridgedMessage, seats: bytes, signatures: Sequence[bytes]) -> None:
        """Run a message on the sidechain by validators' signatures."""

    @abstractmethod
    def withdraw(self, to: str, value: int, sender: Account, data: bytes = b"", *, gas: int = 0) -> BridgedMessage:
        """Send ether, and a call with so much gas at least, to L1."""

    @abstractmethod
    def proof(self, message: BridgedMessage, *, was_received: bool = False, height: int | None = None) -> Parts:
        """Prove what the sidechain's end says of a message at a height that is trusted; the newest by default.

        That it was sent there; or, with ``was_received``, whether it has run there.
        """

    @abstractmethod
    def proof_of(self, header: Any, account: Sequence[bytes], slot: Sequence[bytes], previous: int) -> Parts:
        """Return a proof of nodes that liars made, against a header that was handed in behind ``previous``."""

    @abstractmethod
    def execute(self, message: BridgedMessage, proof: Parts, sender: Account, *, gas: int | None = None) -> None:
        """Run a message on L1, in a transaction of so much gas."""

    @abstractmethod
    def refund(self, message: BridgedMessage, proof: Parts, sender: Account, behind: int = 0, to: str = "") -> None:
        """Pay a message back to its sender, or to whom this one names.

        ``behind`` is the height accepted behind the proof's, if the light client is over.
        """

    @abstractmethod
    def held(self) -> int:
        """Return the wei that the end on L1 holds."""

    @abstractmethod
    def there(self) -> int:
        """Return the wei of L1 that are on the sidechain."""

    @abstractmethod
    def underway(self) -> int:
        """Return the wei of the messages of either end that have neither run nor been paid back."""

    @abstractmethod
    def forged_message(self, to: str, value: int) -> BridgedMessage:
        """Return a message to L1 that nobody has sent."""

    @abstractmethod
    def other_words(self, message: BridgedMessage, place: int, word: Any) -> BridgedMessage:
        """Return a message with another word at a place, and the id that it would have on its way to L1."""

    def told_sender(self) -> Address:
        """Return who sent the message that runs on L1; raises Reverted if none does."""
        raise NotApplicable("the bridge tells nobody who sent a message")

    def call_of_execute(self, message: BridgedMessage, proof: Parts) -> tuple[str, bytes]:
        """Return where to call, and the calldata, to run a message on L1."""
        raise NotApplicable("nobody can run a message by calling the bridge")

    def call_of_refund(self, message: BridgedMessage, proof: Parts, behind: int = 0) -> tuple[str, bytes]:
        """Return where to call, and the calldata, to have a message paid back on L1."""
        raise NotApplicable("nobody can have a message paid back by calling the bridge")

    def call_of_send(self, to: str, deadline: int) -> bytes:
        """Return the calldata that sends an empty message from either end; a deadline of 0 is one to L1."""
        raise NotApplicable("nobody can send a message by calling the bridge")

    def near_end(self) -> Address:
        """Return the address of the bridge's end on L1."""
        raise NotApplicable("the bridge on L1 is no contract")

    def far_end(self) -> Address:
        """Return the address of the bridge's end on the sidechain."""
        raise NotApplicable("the bridge on the sidechain is no contract")

    def twin(self) -> QbftBridge:
        """Return another bridge of the same kind between the same two chains."""
        raise NotApplicable("there is one bridge between two chains")

    # -- stakes

    def stake_of(self, validator: bytes) -> int:
        """Return a validator's stake."""
        raise NotApplicable("validators have no stake")

    def put_stake(self, validator: Account) -> None:
        """Have somebody, who is no validator yet, put in a stake."""
        raise NotApplicable("nobody else can put in a stake")

    def leave(self, validator: Account) -> None:
        """Let a validator leave with its stake."""
        raise NotApplicable("validators have no stake")

    def take_stake(self, validator: Account) -> None:
        """Pay a validator who has left its stake."""
        raise NotApplicable("validators have no stake")

    def stake_free_from(self, validator: Account) -> int:
        """Return from when on a stake is paid, in seconds since 1970."""
        raise NotApplicable("validators have no stake")

    # -- tokens

    def create_token(self, owner: Account, amount: int) -> Contract:
        """Deploy a token on L1 and give its owner so many units."""
        raise NotApplicable("the bridge takes no tokens")

    def create_token_with_fee(self, owner: Account, amount: int) -> Contract:
        """Deploy a token of which less than what is sent arrives, and give its owner so many units."""
        raise NotApplicable("the bridge takes no tokens with a fee")

    def create_calling_token(self, owner: Account, amount: int) -> Contract:
        """Deploy a token that once calls a target while it moves, and give its owner so many units.

        ``arm(target, data)`` sets the call, and ``succeeded()`` tells whether it did not revert.
        """
        raise NotApplicable("the bridge takes no tokens that call")

    def call_of_send_token(self, token: Contract, to: str, amount: int, deadline: int) -> bytes:
        """Return the calldata with which `token_end` takes tokens of its caller, to send them to the sidechain."""
        raise NotApplicable("nobody can send tokens by calling the bridge")

    def messages_sent(self) -> Sequence[BridgedMessage]:
        """Return the messages that were sent on L1, oldest first."""
        raise NotApplicable("the bridge does not tell what was sent")

    def send_token(self, token: Contract, to: str, amount: int, deadline: int, sender: Account) -> BridgedMessage:
        """Send tokens to the sidechain."""
        raise NotApplicable("the bridge takes no tokens")

    def send_token_back(
        self, token: Contract, to: str, amount: int, sender: Account, data: bytes = b""
    ) -> BridgedMessage:
        """Send the twins of a token back to L1; with ``data``, the receiver is called when they arrive."""
        raise NotApplicable("the bridge takes no tokens")

    def reclaim(self, message: BridgedMessage, sender: Account) -> None:
        """Take back the tokens of a message that was paid back."""
        raise NotApplicable("tokens do not come back")

    def tokens_there(self, token: Contract, who: Account) -> int:
        """Return how many twins of a token somebody has on the sidechain."""
        raise NotApplicable("the bridge takes no tokens")

    def tokens_held(self, token: Contract) -> int:
        """Return how many units of a token the bridge on L1 holds."""
        raise NotApplicable("the bridge takes no tokens")

    def call_of_release(self, token: Contract, to: str, amount: int) -> tuple[str, bytes]:
        """Return where to call on L1, and the calldata, with which the sidechain has tokens paid out."""
        raise NotApplicable("the bridge takes no tokens")

    def call_of_arrive(self, token: Contract, to: str, amount: int) -> bytes:
        """Return the calldata with which L1 has twins of a token minted."""
        raise NotApplicable("the bridge takes no tokens")

    def minting(self, call: bytes) -> BridgedMessage:
        """Return a message that nobody has sent, with which L1's end would have twins minted."""
        raise NotApplicable("the bridge takes no tokens")

    def token_end(self) -> Address:
        """Return the address on L1 that takes tokens."""
        raise NotApplicable("the bridge takes no tokens")

    def promises(self) -> Sequence[Promise]:
        """Return what the contracts promise beside all this."""
        raise NotApplicable("the adapter names no further promises")

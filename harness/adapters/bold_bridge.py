"""The bridge of Arbitrum's BoLD, from the package @arbitrum/nitro-contracts of npm or a team's own build.

A message from L2 is a leaf of the tree whose root, the send root, an assertion names. Executing it at the Outbox shows
the leaf, so `prove` only sees that the Outbox takes a proof, and `execute` sends it. Messages ask for no gas: the field
``gas_limit`` holds the number of L2's block, and ``nonce`` the place of the leaf.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from eth_utils import to_canonical_address

from harness.adapters import bold
from harness.adapters.bridge import Bridge, Message, Proof
from harness.adapters.errors import NotApplicable
from harness.adapters.game_values import Promise
from harness.adapters.published import ARBITRUM, WithPackage
from harness.errors import Reverted
from harness.primitives.hashing import keccak256, word

if TYPE_CHECKING:
    from harness.chain.chain import Chain
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import ContractType

LEVELS = 6
"""Levels of the tree of messages."""
EMPTY = keccak256(b"no message")
"""A place of the tree that no message has taken. It is not zero, so that an older root has other siblings."""


def leaf(message: Message) -> bytes:
    """Return the hash of a message as the Outbox computes it; L1's block and the time on L2 are 0."""
    parties = to_canonical_address(message.sender) + to_canonical_address(message.target)
    numbers = b"".join(map(word, (message.gas_limit, 0, 0, message.value)))
    return keccak256(keccak256(parties + numbers + message.data))


@dataclass(frozen=True, slots=True)
class Sends:
    """The tree of the messages of L2, from the first one on."""

    leaves: tuple[bytes, ...] = ()

    def _level(self, height: int) -> list[bytes]:
        nodes = [*self.leaves, *[EMPTY] * ((1 << LEVELS) - len(self.leaves))]
        for _ in range(height):
            nodes = [keccak256(nodes[place] + nodes[place + 1]) for place in range(0, len(nodes), 2)]
        return nodes

    @property
    def root(self) -> bytes:
        """The send root."""
        return self._level(LEVELS)[0]

    def proof(self, place: int) -> list[bytes]:
        """Return the siblings of a leaf, from below."""
        return [self._level(height)[place >> height ^ 1] for height in range(LEVELS)]


class BoldBridge(Bridge):
    """Drives Inbox, Outbox and Bridge below a rollup whose assertions are confirmed by time."""

    nested: ClassVar[bool] = True
    proves_pending: ClassVar[bool] = False
    guarded: ClassVar[tuple[str, ...]] = (
        "Bridge.executeCall", "Bridge.setOutbox", "Bridge.setDelayedInbox", "Bridge.setSequencerInbox",
        "Bridge.enqueueDelayedMessage", "Bridge.initialize", "Outbox.updateSendRoot", "Outbox.initialize",
        "Inbox.initialize", "Inbox.pause",
    )  # fmt: skip

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType]) -> None:
        super().__init__(chain, WithPackage(contracts, ARBITRUM))

    def deploy(self) -> None:
        """Deploy Arbitrum's contracts."""
        self.stack = bold.deploy(self.chain, self.contracts, owner=self.chain.accounts.victor)
        parts = self.stack.parts
        self.bridge, self.outbox, self.inbox = parts["bridge"], parts["outbox"], parts["inbox"]
        self.sent: list[Message] = []
        self.shown = Sends()
        self.newest = self.stack.genesis
        self.proposed: bold.Assertion | None = None
        self.proofs: dict[tuple[Message, str], Proof] = {}

    def deposit(self, value: int, sender: Account) -> None:
        """Deposit for the sender."""
        self.inbox.depositEth(sender=sender, value=value)

    def withdraw(self, value: int, target: str, sender: Account, *, gas: int = 0, data: bytes = b"") -> Message:
        """Send a message from L2; raises NotApplicable for one that asks for gas, or calls an account without code."""
        if gas:
            raise NotApplicable("a message to the Outbox asks for no gas")
        if data and not self.chain.code(target):
            raise NotApplicable("the Bridge calls no account without code")
        made = Message(len(self.sent), sender.address, target, value, 1 + len(self.sent), data)
        self.sent.append(made)
        return made

    # -- roots

    def confirm(self) -> None:
        """Propose an assertion about L2's messages, and confirm it when its period has passed."""
        self.pend()
        self.wait_for_trust(0)
        self.settle(self.chain.accounts.judy)

    def pend(self) -> None:
        """Propose an assertion about L2's messages."""
        self.shown = Sends(tuple(map(leaf, self.sent)))
        self._propose(self.shown.root)

    def _propose(self, root: bytes) -> None:
        block_hash = keccak256(b"block" + root)
        state = bold.State(block_hash, root)
        self.proposed = self.stack.propose(self.newest, state, self.chain.accounts.judy)
        self.made = self.chain.head.number

    def trusted_at(self) -> int:
        """Return the block in which the period ends."""
        return self.made + self.stack.rules.confirm_period

    def wait_for_trust(self, early: int) -> None:
        """Mine blocks up to the end of the period."""
        self.stack.pass_blocks(self.trusted_at() - early - 1 - self.chain.head.number)

    def settle(self, sender: Account) -> None:
        """Confirm the assertion."""
        if self.proposed is None:
            raise NotApplicable("no assertion is proposed")
        self.stack.confirm(self.proposed, sender)
        self.newest = self.proposed

    # -- messages

    def proof(self, message: Message) -> Proof:
        """Return the siblings of a message's leaf, whatever lies there."""
        return {"nodes": self.shown.proof(message.nonce % (1 << LEVELS))}

    def _call(self, message: Message, proof: Proof) -> tuple[Any, ...]:
        where = list(proof["nodes"]), message.nonce
        return (*where, message.sender, message.target, message.gas_limit, 0, 0, message.value, message.data)

    def prove(self, message: Message, proof: Proof, sender: Account) -> None:
        """See that the Outbox knows the proof's root and that the message is not spent; raises what it raises."""
        mark = self.chain.snapshot()
        try:
            self.outbox.executeTransaction(*self._call(message, proof), sender=sender, gas=2_000_000)
        finally:
            self.chain.restore(mark)
        self.proofs[message, sender.address] = proof

    def execute(self, message: Message, sender: Account, *, prover: Account | None = None, gas: int = 0) -> None:
        """Execute a message by the proof that somebody has; without one there are no siblings to show."""
        found = self.proofs.get((message, (prover or sender).address), {"nodes": []})
        self.outbox.executeTransaction(*self._call(message, found), sender=sender, gas=gas or 2_000_000)

    def held(self) -> int:
        """Return the wei of the Bridge."""
        return self.chain.balance(self.bridge)

    def maturity(self) -> int:
        """Return 0: a proof is shown with the execution."""
        return 0

    def call_of_execute(self, message: Message, prover: Account) -> bytes:
        """Encode executeTransaction."""
        call = self.outbox.functions["executeTransaction"]
        return bytes(call.encode(*self._call(message, self.proofs[message, prover.address])))

    def told_sender(self) -> str:
        """Return the Outbox's l2ToL1Sender."""
        return str(self.outbox.l2ToL1Sender())

    def call_of_told_sender(self) -> tuple[str, bytes]:
        """Encode l2ToL1Sender of the Outbox, which is not who calls a target: the Bridge does."""
        return self.outbox.address, bytes(self.outbox.functions["l2ToL1Sender"].encode())

    def told_reason(self, refusal: Reverted | None) -> bytes:
        """Return what the Outbox reverts with, which is what the target has."""
        return b"" if refusal is None else refusal.data

    def promises(self, message: Message) -> Iterable[Promise]:
        """Return that one leaf has one place."""
        alice = self.chain.accounts.alice
        call = self._call(message, self.proofs[message, alice.address])

        def elsewhere() -> str:
            nodes, place, *rest = call
            self.outbox.executeTransaction(nodes, place + (1 << LEVELS), *rest, sender=alice, gas=2_000_000)
            return "it was taken"

        def again() -> str:
            self.outbox.executeTransaction(*call, sender=alice, gas=2_000_000)
            return elsewhere()

        yield Promise("a leaf behind the tree's end", "a message pays twice", elsewhere)
        yield Promise("a message that was executed, behind the tree's end", "a message pays twice", again)

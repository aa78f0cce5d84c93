"""Messages from L2 to L1, read from L2's events and proven against a confirmed output root."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils import to_canonical_address

from harness.chain.receipts import Receipt
from harness.primitives.hashing import Tag, keccak256, tagged_hash, word
from harness.rollup.contracts import contract_type
from harness.rollup.errors import NotYetProvable, UnknownMessage
from harness.rollup.genesis import SENT_SLOT
from harness.rollup.machine.machine import Idle
from harness.rollup.node.node import RollupNode
from harness.rollup.predeploys import MESSENGER


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A message as the messenger hashes it; ``value`` is wei."""

    nonce: int
    sender: str
    target: str
    value: int
    gas_limit: int
    data: bytes

    @property
    def id(self) -> bytes:
        """H(WITHDRAWAL, ...)."""
        return tagged_hash(
            Tag.WITHDRAWAL,
            self.nonce,
            to_canonical_address(self.sender),
            to_canonical_address(self.target),
            self.value,
            self.gas_limit,
            keccak256(self.data),
        )

    @property
    def slot(self) -> int:
        """The messenger's storage slot that says the message was sent."""
        return int.from_bytes(keccak256(self.id + word(SENT_SLOT)), "big")

    @property
    def struct(self) -> tuple[int, str, str, int, int, bytes]:
        """The message as the portal's functions take it."""
        return self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data


@dataclass(frozen=True, slots=True)
class WithdrawalProof:
    """What `Portal.execute` takes besides the message."""

    assertion: bytes
    machine: tuple[bytes, ...]
    nodes: tuple[bytes, ...]

    @property
    def struct(self) -> tuple[bytes, list[bytes], list[bytes]]:
        """The proof as the contract takes it."""
        return self.assertion, list(self.machine), list(self.nodes)


def messages_in(receipt: Receipt) -> list[Withdrawal]:
    """Return the messages that a transaction on L2 sent, in order."""
    index = contract_type("Messenger").index
    found = []
    for log in receipt.logs:
        event = index.decode_event(log.address, log.topics, log.data)
        if event is not None and to_canonical_address(log.address) == MESSENGER:
            found.append(Withdrawal(event.nonce, event.sender, event.target, event.value, event.gasLimit, event.data))
    return found


def message_in(receipt: Receipt) -> Withdrawal:
    """Return the one message that a transaction sent; raises UnknownMessage for none, or for more than one."""
    found = messages_in(receipt)
    if len(found) != 1:
        raise UnknownMessage(
            "exactly one message to L1", f"transaction 0x{receipt.hash.hex()}, which sent {len(found)}"
        )
    return found[0]


def prove(withdrawal: Withdrawal, idle: Idle, assertion: bytes) -> WithdrawalProof:
    """Open the state of ``idle``, which ``assertion`` confirms, at the message's slot."""
    nodes = idle.state.prove_account(MESSENGER) + idle.state.prove_slot(MESSENGER, withdrawal.slot)
    return WithdrawalProof(assertion, tuple(word(item) for item in idle.words()), tuple(dict.fromkeys(nodes)))


def prove_in(node: RollupNode, withdrawal: Withdrawal, assertion: bytes, end: int) -> WithdrawalProof:
    """Prove a message against the confirmed ``assertion`` that covers ``end`` batches.

    Raises NotYetProvable if the message came later.
    """
    idle = node.idle_after(end)
    if not idle.state.storage(MESSENGER, withdrawal.slot):
        raise NotYetProvable(withdrawal.id, idle.env.number)
    return prove(withdrawal, idle, assertion)

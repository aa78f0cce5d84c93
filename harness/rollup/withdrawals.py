"""Messages from L2 to L1, read from L2's events and proven against a root of the OP Stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from eth_utils import to_canonical_address, to_checksum_address

from harness.chain.receipts import Receipt
from harness.primitives.hashing import ZERO_WORD, keccak256, word
from harness.rollup.contracts import contract_type
from harness.rollup.errors import NotYetProvable, UnknownMessage
from harness.rollup.machine.machine import Idle
from harness.rollup.node.blocks import L2Block
from harness.rollup.node.node import RollupNode
from harness.rollup.predeploys import PASSER

SENT_SLOT = 0
"""The passer's mapping of messages sent."""


class GameStatus(IntEnum):
    """What became of an assertion, in the OP Stack's terms."""

    IN_PROGRESS = 0
    CHALLENGER_WINS = 1
    DEFENDER_WINS = 2


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A message as the passer hashes it; ``value`` is wei. The upper two bytes of ``nonce`` are its version."""

    nonce: int
    sender: str
    target: str
    value: int
    gas_limit: int
    data: bytes

    @property
    def hash(self) -> bytes:
        """keccak256 of the message as ``abi.encode`` lays out its six members."""
        head: tuple[int | bytes, ...] = (
            self.nonce,
            to_canonical_address(self.sender),
            to_canonical_address(self.target),
            self.value,
            self.gas_limit,
            6 * 32,
            len(self.data),
        )
        return keccak256(b"".join(map(word, head)) + self.data + bytes(-len(self.data) % 32))

    @property
    def slot(self) -> int:
        """The passer's storage slot that says the message was sent."""
        return int.from_bytes(keccak256(self.hash + word(SENT_SLOT)), "big")

    @property
    def struct(self) -> tuple[int, str, str, int, int, bytes]:
        """The message as the portal's functions take it."""
        return self.nonce, self.sender, self.target, self.value, self.gas_limit, self.data


@dataclass(frozen=True, slots=True)
class OutputRootProof:
    """What an output root of the OP Stack hashes; each field is a word."""

    version: bytes
    state_root: bytes
    passer_storage_root: bytes
    block_hash: bytes

    @property
    def root(self) -> bytes:
        """The output root."""
        return keccak256(b"".join(self.struct))

    @property
    def struct(self) -> tuple[bytes, bytes, bytes, bytes]:
        """The proof as the portal takes it."""
        return self.version, self.state_root, self.passer_storage_root, self.block_hash

    @classmethod
    def of(cls, idle: Idle) -> OutputRootProof:
        """Return the proof for the state of a machine between two batches; its block closes as it is."""
        storage = idle.state.account(PASSER).storage_root
        return cls(ZERO_WORD, idle.state.root, storage, idle.block_hash)


@dataclass(frozen=True, slots=True)
class Opening:
    """What `OptimismRoots.open` takes: an assertion, and the parts of its machine that it shows."""

    assertion: bytes
    machine: tuple[bytes, ...]
    env: tuple[bytes, ...]
    nodes: tuple[bytes, ...]

    @classmethod
    def of(cls, idle: Idle, assertion: bytes) -> Opening:
        """Open ``idle``, the machine that the assertion names."""
        return cls(
            assertion,
            tuple(map(word, idle.words())),
            tuple(map(word, idle.env.words())),
            tuple(idle.state.prove_account(PASSER)),
        )

    @property
    def arguments(self) -> tuple[bytes, list[bytes], list[bytes], list[bytes]]:
        """The opening as the contract takes it."""
        return self.assertion, list(self.machine), list(self.env), list(self.nodes)


@dataclass(frozen=True, slots=True)
class WithdrawalProof:
    """What `Portal.proveWithdrawalTransaction` takes besides the message and the index of the opened root."""

    root: OutputRootProof
    nodes: tuple[bytes, ...]

    def arguments(self, withdrawal: Withdrawal, index: int) -> tuple[Any, ...]:
        """Return all that the contract takes."""
        return withdrawal.struct, index, self.root.struct, list(self.nodes)


def messages_in(receipt: Receipt) -> list[Withdrawal]:
    """Return the messages that a transaction on L2 sent, in order."""
    return [found for log in receipt.logs if (found := _message(log.address, log.topics, log.data)) is not None]


def sent_in(block: L2Block) -> list[Withdrawal]:
    """Return the messages that the transactions of a block sent, in order."""
    logs = (log for item in block.transactions for log in item.outcome.logs if log.address == PASSER)
    found = (_message(to_checksum_address(log.address), log.topics, log.data) for log in logs)
    return [each for each in found if each is not None]


class SentMessages:
    """The messages that a chain sent, which grows and loses blocks to reorgs."""

    def __init__(self) -> None:
        self._blocks: list[L2Block] = []
        self._values: dict[bytes, int] = {}

    def in_blocks(self, blocks: Sequence[L2Block]) -> Mapping[bytes, int]:
        """Return the wei of each message that ``blocks`` sent, by its hash; only blocks that changed are read."""
        held = self._blocks
        while held and (len(held) > len(blocks) or held[-1] is not blocks[len(held) - 1]):
            for found in sent_in(held.pop()):
                self._values.pop(found.hash, None)
        for block in blocks[len(held) :]:
            self._values |= {found.hash: found.value for found in sent_in(block)}
            held.append(block)
        return self._values


def _message(address: str, topics: Sequence[bytes], data: bytes) -> Withdrawal | None:
    if to_canonical_address(address) != PASSER:
        return None
    event = contract_type("L2ToL1MessagePasser").index.decode_event(address, topics, data)
    if event is None or event.name != "MessagePassed":
        return None
    return Withdrawal(event.nonce, event.sender, event.target, event.value, event.gasLimit, event.data)


def message_in(receipt: Receipt) -> Withdrawal:
    """Return the one message that a transaction sent; raises UnknownMessage for none, or for more than one."""
    found = messages_in(receipt)
    if len(found) != 1:
        raise UnknownMessage(
            "exactly one message to L1", f"transaction 0x{receipt.hash.hex()}, which sent {len(found)}"
        )
    return found[0]


def was_sent(withdrawal: Withdrawal, idle: Idle) -> bool:
    """Return whether a state of L2 holds a message."""
    return bool(idle.state.storage(PASSER, withdrawal.slot))


def prove(withdrawal: Withdrawal, idle: Idle) -> WithdrawalProof:
    """Open the state of ``idle`` at the message's slot."""
    return WithdrawalProof(OutputRootProof.of(idle), tuple(idle.state.prove_slot(PASSER, withdrawal.slot)))


def prove_in(node: RollupNode, withdrawal: Withdrawal, end: int) -> WithdrawalProof:
    """Prove a message in the state after ``end`` batches.

    Raises NotYetProvable if the message came later.
    """
    idle = node.idle_after(end)
    if not was_sent(withdrawal, idle):
        raise NotYetProvable(withdrawal.hash, idle.env.number)
    return prove(withdrawal, idle)

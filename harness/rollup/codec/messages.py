"""What the two inboxes hold, as values: records of batches and of delayed messages, and deposits.

Deposit payload:

| bytes   | meaning                         |
|---------|---------------------------------|
| 0       | 1 for a creation, else 0        |
| 1-20    | to; zero for a creation         |
| 21-52   | mint, wei                       |
| 53-84   | value, wei                      |
| 85-92   | gas limit                       |
| 93-     | data                            |

Opaque data of a deposit, as the portal emits it in the OP Stack's form:

| bytes   | meaning                         |
|---------|---------------------------------|
| 0-31    | mint, wei                       |
| 32-63   | value, wei                      |
| 64-71   | gas limit                       |
| 72      | 1 for a creation, else 0        |
| 73-     | data                            |
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from harness.primitives.hashing import Tag, keccak256, tagged_hash, word
from harness.primitives.rlp import encode, minimal
from harness.rollup.errors import MalformedDeposit
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_word

DEPOSIT = 0
SIGNED = 1

MAX_TRANSACTION_BYTES = 50_000
MAX_BATCH_BYTES = 96 * 1024
MAX_DELAYED_PER_BATCH = 511
MAX_ITEMS = 511

DEPOSIT_HEAD = 93
DEPOSIT_TYPE = 0x7E
"""The OP Stack's transaction type of a deposit; nobody can sign one."""

ALIAS_OFFSET = 0x1111000000000000000000000000000000001111


def aliased(address: bytes) -> bytes:
    """Return the address that L2 sees when the contract at an L1 address sends a message."""
    return ((int.from_bytes(address, "big") + ALIAS_OFFSET) % 2**160).to_bytes(20, "big")


@dataclass(frozen=True, slots=True)
class Deposit:
    """A transaction that L1 sends to L2; ``to`` is None for a creation, amounts are wei.

    ``source`` is the `source_hash` of its event, which no rule of L2 reads.
    """

    sender: bytes
    to: bytes | None
    mint: int
    value: int
    gas_limit: int
    data: bytes
    source: bytes = bytes(32)

    @property
    def raw(self) -> bytes:
        """The transaction as the OP Stack encodes it."""
        numbers = (minimal(number) for number in (self.mint, self.value, self.gas_limit))
        is_system = b""
        fields = [self.source, self.sender, self.to or b"", *numbers, is_system, self.data]
        return bytes([DEPOSIT_TYPE]) + encode(fields)

    @property
    def hash(self) -> bytes:
        """The transaction's hash on L2, which the OP Stack's clients compute from the portal's event."""
        return keccak256(self.raw)

    @property
    def payload(self) -> bytes:
        """The bytes that the delayed inbox hashes."""
        return b"".join(
            (
                bytes([self.to is None]),
                self.to or bytes(20),
                self.mint.to_bytes(32, "big"),
                self.value.to_bytes(32, "big"),
                self.gas_limit.to_bytes(8, "big"),
                self.data,
            )
        )

    @classmethod
    def decode(cls, sender: bytes, payload: bytes, source: bytes = bytes(32)) -> Deposit:
        """Read a payload; raises MalformedDeposit for a payload that the delayed inbox never takes."""
        if len(payload) < DEPOSIT_HEAD:
            raise MalformedDeposit(f"it has {len(payload)} bytes, expected at least {DEPOSIT_HEAD}")
        if payload[0] > 1:
            raise MalformedDeposit(f"its first byte is {payload[0]}, expected 0 or 1")
        mint, value, gas_limit = (
            int.from_bytes(payload[start:end], "big") for start, end in ((21, 53), (53, 85), (85, 93))
        )
        to = None if payload[0] else payload[1:21]
        return cls(sender, to, mint, value, gas_limit, payload[DEPOSIT_HEAD:], source)


def source_hash(l1_block_hash: bytes, log_index: int) -> bytes:
    """Return what tells a message from all others: the place of its event on L1, hashed as the OP Stack does."""
    return keccak256(word(0) + keccak256(l1_block_hash + word(log_index)))


@dataclass(frozen=True)
class DelayedMessage:
    """A message of the delayed inbox.

    ``sender`` is aliased already, times are seconds, ``gas_limit`` is the most L2 gas that the message can use.
    ``source`` is its `source_hash`.
    """

    index: int
    kind: int
    sender: bytes
    l1_block: int
    l1_timestamp: int
    gas_limit: int
    payload: bytes
    source: bytes = bytes(32)

    @classmethod
    def deposited(
        cls, index: int, sender: bytes, to: bytes, opaque: bytes, l1_block: int, l1_timestamp: int, source: bytes
    ) -> DelayedMessage:
        """Return the message of a deposit that the portal emitted with ``opaque`` data."""
        payload = opaque[72:73] + to + opaque[:72] + opaque[73:]
        gas_limit = int.from_bytes(opaque[64:72], "big")
        return cls(index, DEPOSIT, sender, l1_block, l1_timestamp, gas_limit, payload, source)

    @cached_property
    def payload_hash(self) -> bytes:
        return keccak256(self.payload)

    @cached_property
    def hash(self) -> bytes:
        """H(DELAYED, ...): what the inbox stores."""
        return tagged_hash(Tag.DELAYED, self.index, *self.words())

    @property
    def minted(self) -> int:
        """The wei that the message mints on L2: those of a deposit."""
        return 0 if self.kind == SIGNED else Deposit.decode(self.sender, self.payload, self.source).mint

    @cached_property
    def transaction_hash(self) -> bytes:
        """The hash of the transaction on L2."""
        if self.kind == SIGNED:
            return self.payload_hash
        return Deposit.decode(self.sender, self.payload, self.source).hash

    def words(self) -> tuple[int | bytes, ...]:
        """Return the six words that follow the index."""
        return self.kind, self.sender, self.l1_block, self.l1_timestamp, self.gas_limit, self.payload_hash

    @property
    def record(self) -> tuple[int, str, int, int, int, bytes]:
        """The struct that `forceInclude` asks for."""
        return (
            self.kind, "0x" + self.sender.hex(), self.l1_block, self.l1_timestamp, self.gas_limit, self.payload_hash,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class L1Attributes:
    """What the inbox sees of the L1 block that holds a batch, besides its number: fees in wei per gas, time in seconds.

    ``parent_hash`` is the hash of the block before it: no contract knows that of the block that it runs in.
    """

    base_fee: int = 0
    timestamp: int = 0
    parent_hash: bytes = bytes(32)
    blob_base_fee: int = 0

    def words(self) -> tuple[int | bytes, ...]:
        """Return the four words, in the order of BATCH and ENV."""
        return self.base_fee, self.timestamp, self.parent_hash, self.blob_base_fee


NOTHING_SEEN = L1Attributes()
"""What L2 knows of L1 before its first batch."""


@dataclass(frozen=True)
class Batch:
    """A batch of the sequencer inbox; ``delayed_count`` counts from genesis, times are seconds.

    ``fork`` is that of the rules that L2 follows in it, ``l1`` what L1 was when it took the batch.
    """

    index: int
    data: bytes
    min_timestamp: int
    max_timestamp: int
    l1_block: int
    delayed_count: int
    fork: Fork = DEFAULT_FORK
    l1: L1Attributes = NOTHING_SEEN
    forced: bool = False

    @cached_property
    def data_hash(self) -> bytes:
        return keccak256(self.data)

    @cached_property
    def hash(self) -> bytes:
        """H(BATCH, ...): what the inbox stores."""
        return tagged_hash(Tag.BATCH, self.index, *self.words())

    def words(self) -> tuple[int | bytes, ...]:
        """Return the eleven words that follow the index."""
        return (
            self.data_hash,
            len(self.data),
            self.min_timestamp,
            self.max_timestamp,
            self.l1_block,
            self.delayed_count,
            fork_word(self.fork),
            *self.l1.words(),
        )

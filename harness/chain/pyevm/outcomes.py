"""What came of a transaction in a block on py-evm, and the receipt that the block's header commits to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.chain.backend import Frame, Log, RawReceipt
from harness.chain.jsonrpc.local import BlockHeader
from harness.chain.values.transactions import Sent
from harness.primitives.addresses import checksum_address
from harness.primitives.rlp import Encodable, encode, minimal


class RawLog(NamedTuple):
    """An event as the receipt has it."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """One transaction of a block and what came of it.

    ``gas_used`` and ``logs`` are this transaction's, ``cumulative_gas`` is that of the block up to it. ``created`` is
    the address of a creation, successful or not.
    """

    sent: Sent
    frame: Frame
    created: bytes | None
    succeeded: bool
    gas_used: int
    cumulative_gas: int
    logs: tuple[RawLog, ...]
    bloom: int

    def encode(self) -> bytes:
        """Return the receipt as the trie of receipts has it (EIP-2718)."""
        logs: list[Encodable] = [[log.address, log.topics, log.data] for log in self.logs]
        body = encode([minimal(self.succeeded), minimal(self.cumulative_gas), self.bloom.to_bytes(256, "big"), logs])
        kind = self.sent.tx.type_id
        return bytes((kind,)) + body if kind else body

    def receipt(self, header: BlockHeader, index: int, first_log: int) -> RawReceipt:
        """Return what a client is told; ``index`` and ``first_log`` are the places in the block."""
        tx = self.sent.tx
        return RawReceipt(
            tx_hash=self.sent.hash,
            block_number=header.number,
            block_hash=header.hash,
            timestamp=header.timestamp,
            index=index,
            sender=checksum_address(self.sent.sender),
            to=None if tx.to is None else checksum_address(tx.to),
            contract_address=None if self.created is None else checksum_address(self.created),
            gas_used=self.gas_used,
            gas_price=min(tx.max_fee, header.base_fee + tx.priority_fee),
            succeeded=self.succeeded,
            logs=tuple(
                Log(checksum_address(log.address), log.topics, log.data, first_log + offset)
                for offset, log in enumerate(self.logs)
            ),
        )


def receipts_of(outcomes: Sequence[Outcome], header: BlockHeader) -> tuple[RawReceipt, ...]:
    """Return the receipts of a block's transactions."""
    receipts, logs = [], 0
    for index, outcome in enumerate(outcomes):
        receipts.append(outcome.receipt(header, index, logs))
        logs += len(outcome.logs)
    return tuple(receipts)

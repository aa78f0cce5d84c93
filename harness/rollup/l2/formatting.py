"""L2's blocks in the shape in which a chain's JSON-RPC shows blocks."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property

from eth_bloom import BloomFilter
from eth_utils import to_checksum_address

from harness.chain.backend import Head, Log, RawReceipt
from harness.chain.jsonrpc.local import BlockHeader, SeenBlock
from harness.chain.values.hexadecimal import hexed
from harness.chain.values.transactions import Sent, Transaction, decode
from harness.primitives.patricia import EMPTY_ROOT
from harness.rollup.codec.messages import DEPOSIT_TYPE
from harness.rollup.machine.environment import Env, bytes_gas
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.node.blocks import Included, L2Block


class ShownBlock:
    """An L2 block with header, transactions and receipts.

    The hash is H(BLOCK, ...): it commits to environment, state and earlier blocks. The header's transaction and receipt
    roots are those of no transactions, since nothing on L2 commits to such tries.
    """

    def __init__(self, block: L2Block) -> None:
        self.inner = block

    @property
    def number(self) -> int:
        return self.inner.number

    @property
    def hash(self) -> bytes:
        return self.inner.hash

    @property
    def content(self) -> Hashable:
        """What filters report of a block. Its time is not part of it, because the first block of a batch may get
        another time when it is posted."""
        return self.inner.number, *((item.hash, item.outcome.logs) for item in self.inner.transactions)

    @cached_property
    def shown_header(self) -> BlockHeader:
        """The header as JSON-RPC shows it, with Cancun's fields."""
        env, block = self.inner.env, self.inner
        return BlockHeader(
            parent_hash=block.parent_hash,
            state_root=block.state.root,
            coinbase=env.coinbase,
            mix_hash=env.prev_randao,
            gas_limit=env.gas_limit,
            gas_used=block.gas_used,
            timestamp=env.timestamp,
            base_fee=env.base_fee,
            number=env.number,
            parent_beacon_block_root=EMPTY_ROOT,
        )

    @cached_property
    def transactions(self) -> tuple[Sent, ...]:
        return tuple(_sent(item, self.inner.env.chain_id) for item in self.inner.transactions)

    @cached_property
    def receipts(self) -> tuple[RawReceipt, ...]:
        return tuple(receipt(self.inner, index) for index in range(len(self.inner.transactions)))

    @cached_property
    def seen(self) -> SeenBlock:
        """What is kept of the block for clients that were told of it."""
        return SeenBlock.of(self)

    @cached_property
    def blooms(self) -> tuple[int, ...]:
        return tuple(_bloom(item) for item in self.inner.transactions)


def head_of(block: L2Block) -> Head:
    """Return a block's header, as far as the harness reads it."""
    env = block.env
    return Head(
        env.number,
        block.hash,
        block.parent_hash,
        env.timestamp,
        env.base_fee,
        env.gas_limit,
        block.gas_used,
        block.state.root,
    )


def receipt(block: L2Block, index: int) -> RawReceipt:
    """Return the receipt of a block's transaction; that of a deposit has gas price 0, since L1 was paid."""
    item = block.transactions[index]
    first = sum(len(other.outcome.logs) for other in block.transactions[:index])
    logs = tuple(
        Log(to_checksum_address(log.address), log.topics, log.data, first + offset)
        for offset, log in enumerate(item.outcome.logs)
    )
    created = item.outcome.created
    return RawReceipt(
        tx_hash=item.hash,
        block_number=block.number,
        block_hash=block.hash,
        timestamp=block.env.timestamp,
        index=index,
        sender=to_checksum_address(item.sender),
        to=None if item.to is None else to_checksum_address(item.to),
        contract_address=None if created is None else to_checksum_address(created),
        gas_used=item.outcome.gas_used,
        gas_price=0 if item.tx is None else item.tx.price(block.env.base_fee),
        succeeded=item.outcome.status == 1,
        logs=logs,
        data_fee=0 if item.tx is None else block.env.data_fee(item.tx.raw),
        extra=_l1_fee(block.env, b"" if item.tx is None else item.tx.raw) if block.env.has_data_fee else None,
    )


def _l1_fee(env: Env, raw: bytes) -> dict[str, str]:
    """Return the L1 data fee of a transaction, as receipts of the OP Stack show it; ``raw`` is empty for a deposit."""
    return {
        "l1Fee": hex(env.data_fee(raw)),
        "l1GasUsed": hex(bytes_gas(raw)),
        "l1GasPrice": hex(env.l1.base_fee),
        "l1BlobBaseFee": hex(env.l1.blob_base_fee),
        "l1BaseFeeScalar": hex(env.base_fee_scalar),
        "l1BlobBaseFeeScalar": hex(env.blob_base_fee_scalar),
    }


def _bloom(item: Included) -> int:
    bloom = BloomFilter()
    for log in item.outcome.logs:
        bloom.add(log.address)
        for topic in log.topics:
            bloom.add(topic)
    return int(bloom)


def _sent(item: Included, chain_id: int) -> Sent:
    deposit = item.payload
    if isinstance(deposit, L2Transaction):
        return decode(deposit.raw)
    nonce = item.before.nonce(deposit.sender)
    tx = Transaction(DEPOSIT_TYPE, chain_id, nonce, 0, 0, deposit.gas_limit, deposit.to, deposit.value, deposit.data)
    extra = {"sourceHash": hexed(deposit.source), "mint": hex(deposit.mint), "isSystemTx": False}
    return Sent(tx, deposit.raw, item.hash, deposit.sender, extra=extra)

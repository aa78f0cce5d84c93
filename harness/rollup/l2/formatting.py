"""L2's blocks in the shape in which a chain's JSON-RPC shows blocks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import Any

from eth_bloom import BloomFilter
from eth_utils import to_checksum_address

from harness.chain.backend import Head, Log, RawReceipt
from harness.chain.pyevm.evm import L2VM
from harness.chain.values.transactions import Sent, Transaction, decode
from harness.rollup.machine.state import State
from harness.rollup.node.blocks import Included, L2Block

DEPOSIT_TYPE = 0x7E
"""The transaction type under which a deposit is shown; nobody can sign one."""


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

    @cached_property
    def header(self) -> Any:
        env = self.inner.env
        header = L2VM.create_genesis_header(
            difficulty=0,
            timestamp=env.timestamp,
            gas_limit=env.gas_limit,
            base_fee_per_gas=env.base_fee,
            state_root=self.inner.state.root,
            coinbase=env.coinbase,
            mix_hash=env.prev_randao,
            extra_data=b"",
        )
        return header.copy(block_number=env.number, parent_hash=self.inner.parent_hash, gas_used=self.inner.gas_used)

    @cached_property
    def transactions(self) -> tuple[Sent, ...]:
        return tuple(_sent(item, self.inner.env.chain_id) for item in self.inner.transactions)

    @cached_property
    def receipts(self) -> tuple[RawReceipt, ...]:
        return tuple(receipt(self.inner, index) for index in range(len(self.inner.transactions)))

    @cached_property
    def blooms(self) -> tuple[int, ...]:
        return tuple(_bloom(item) for item in self.inner.transactions)


@lru_cache(maxsize=4_096)
def shown(block: L2Block) -> ShownBlock:
    """Return the shown form of a block; blocks are told apart by identity."""
    return ShownBlock(block)


def head_of(block: L2Block) -> Head:
    """A block's header, as far as the harness reads it."""
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
    """The receipt of a block's transaction; that of a deposit has gas price 0, since L1 was paid."""
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
    )


def _bloom(item: Included) -> int:
    bloom = BloomFilter()
    for log in item.outcome.logs:
        bloom.add(log.address)
        for topic in log.topics:
            bloom.add(topic)
    return int(bloom)


def _sent(item: Included, chain_id: int) -> Sent:
    if item.tx is not None:
        return decode(item.tx.raw)
    deposit = item.deposit
    assert deposit is not None
    nonce = item.before.nonce(deposit.sender)
    tx = Transaction(DEPOSIT_TYPE, chain_id, nonce, 0, 0, deposit.gas_limit, deposit.to, deposit.value, deposit.data)
    return Sent(tx, deposit.payload, item.hash, deposit.sender)


class StateView:
    """A state under the names by which JSON-RPC asks a py-evm state."""

    def __init__(self, state: State, blob_base_fee: int) -> None:
        self._state = state
        self.blob_base_fee = blob_base_fee

    def get_balance(self, address: bytes) -> int:
        return self._state.balance(address)

    def get_nonce(self, address: bytes) -> int:
        return self._state.nonce(address)

    def get_code(self, address: bytes) -> bytes:
        return self._state.code(address)

    def get_storage(self, address: bytes, slot: int) -> int:
        return self._state.storage(address, slot)


def proof_nodes(nodes: Sequence[bytes]) -> list[str]:
    """Nodes of a trie as eth_getProof lists them."""
    return ["0x" + node.hex() for node in nodes]

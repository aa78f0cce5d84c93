"""What a client reads of a chain: its identity, fees, accounts, blocks, transactions and receipts."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.local import LocalBlock
from harness.chain.jsonrpc.parameters import (
    INVALID_PARAMS,
    LATEST,
    Address,
    Block,
    BlockName,
    Data,
    Flag,
    Hash,
    Percentiles,
    Quantity,
    Slots,
)
from harness.chain.jsonrpc.view import ChainView
from harness.chain.values.accounts import well_known_accounts
from harness.primitives.addresses import checksum_address
from harness.primitives.hashing import keccak256

PRIORITY_FEE = 10**9
"""The tip that the chain suggests, in wei per gas."""

MOST_FEES = 1_024
"""Most blocks of one fee history."""


class ChainMethods:
    """Methods about the chain as a whole."""

    def __init__(self, view: ChainView) -> None:
        self._view = view
        self._backend = view.backend

    def eth_chainId(self) -> str:
        return fmt.quantity(self._backend.chain_id)

    def net_version(self) -> str:
        return str(self._backend.chain_id)

    def net_listening(self) -> bool:
        return True

    def net_peerCount(self) -> str:
        return fmt.quantity(0)

    def web3_clientVersion(self) -> str:
        return f"rollup-harness/{self._backend.name}"

    def web3_sha3(self, data: Data) -> str:
        return fmt.data(keccak256(data))

    def eth_protocolVersion(self) -> str:
        return fmt.quantity(1)

    def eth_syncing(self) -> bool:
        return False

    def eth_mining(self) -> bool:
        return False

    def eth_hashrate(self) -> str:
        return fmt.quantity(0)

    def eth_coinbase(self) -> str:
        return checksum_address(self._backend.next_header().coinbase)

    def eth_accounts(self) -> list[str]:
        return [account.address for account in well_known_accounts()]

    def eth_blockNumber(self) -> str:
        return fmt.quantity(self._view.head)

    def eth_gasPrice(self) -> str:
        return fmt.quantity(self._backend.next_base_fee() + PRIORITY_FEE)

    def eth_maxPriorityFeePerGas(self) -> str:
        return fmt.quantity(PRIORITY_FEE)

    def eth_blobBaseFee(self) -> str:
        return fmt.quantity(self._backend.blob_fee(self._backend.next_header()))

    def eth_feeHistory(self, count: Quantity, newest: Block, percentiles: Percentiles | None = None) -> fmt.Json:
        if not 1 <= count <= MOST_FEES:
            raise RpcError("eth_feeHistory", f"block count is {count}, expected 1 to {MOST_FEES}", INVALID_PARAMS)
        last = self._view.number(newest)
        first = max(0, last - count + 1)
        blocks = [self._backend.blocks[number] for number in range(first, last + 1)]
        headers = [block.shown_header for block in blocks]
        is_newest = last == self._view.head
        following = self._backend.next_header() if is_newest else self._backend.blocks[last + 1].shown_header
        ends = [*headers, following]
        shown: fmt.Json = {
            "oldestBlock": fmt.quantity(first),
            "baseFeePerGas": [fmt.quantity(header.base_fee) for header in ends],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
            "baseFeePerBlobGas": [fmt.quantity(self._backend.blob_fee(header)) for header in ends],
            "blobGasUsedRatio": [header.blob_gas_used / self._backend.blob_gas_limit for header in headers],
        }
        if percentiles:
            shown["reward"] = [[fmt.quantity(tip) for tip in _tips(block, percentiles)] for block in blocks]
        return shown


def _tips(block: LocalBlock, percentiles: list[float]) -> list[int]:
    """Return the tip at each percentile of the block's gas; 0 in a block without transactions."""
    fee = block.shown_header.base_fee
    paid = sorted((max(each.gas_price - fee, 0), each.gas_used) for each in block.receipts)
    total = sum(used for _, used in paid)
    reached = list(accumulate(used for _, used in paid))
    places = (bisect_left(reached, total * percentile / 100) for percentile in percentiles)
    return [paid[min(place, len(paid) - 1)][0] if paid else 0 for place in places]


class AccountMethods:
    """Methods about accounts at a block."""

    def __init__(self, view: ChainView) -> None:
        self._view = view

    def eth_getBalance(self, address: Address, block: Block = LATEST) -> str:
        return fmt.quantity(self._view.world(block).balance(address))

    def eth_getTransactionCount(self, address: Address, block: Block = LATEST) -> str:
        return fmt.quantity(self._view.world(block).nonce(address))

    def eth_getCode(self, address: Address, block: Block = LATEST) -> str:
        return fmt.data(self._view.world(block).code(address))

    def eth_getStorageAt(self, address: Address, slot: Quantity, block: Block = LATEST) -> str:
        return fmt.data(self._view.world(block).storage(address, slot).to_bytes(32, "big"))

    def eth_getProof(self, address: Address, slots: Slots, block: Block = LATEST) -> fmt.Json:
        return fmt.proof(self._view.backend.proof(self._view.number(block), address, slots))

    def eth_getAccount(self, address: Address, block: Block = LATEST) -> fmt.Json:
        found = self._view.backend.proof(self._view.number(block), address, ())
        return {
            "nonce": fmt.quantity(found.nonce),
            "balance": fmt.quantity(found.balance),
            "storageRoot": fmt.data(found.storage_root),
            "codeHash": fmt.data(found.code_hash),
        }

    def eth_getAccountInfo(self, address: Address, block: Block = LATEST) -> fmt.Json:
        world = self._view.world(block)
        return {
            "nonce": fmt.quantity(world.nonce(address)),
            "balance": fmt.quantity(world.balance(address)),
            "code": fmt.data(world.code(address)),
        }


class BlockMethods:
    """Methods about blocks, transactions and receipts. What the chain does not have is null.

    The pending block is the next one's header without transactions: none is executed before it is mined.
    """

    def __init__(self, view: ChainView) -> None:
        self._view = view

    def eth_getBlockByNumber(self, block: Block, full: Flag = False) -> fmt.Json | None:
        if block.tag == "pending":
            return fmt.pending_block(self._view.backend.next_header())
        found = self._view.found_block(block)
        return None if found is None else fmt.block(found, full)

    def eth_getBlockByHash(self, block_hash: Hash, full: Flag = False) -> fmt.Json | None:
        found = self._view.found_block(BlockName(hash=block_hash))
        return None if found is None else fmt.block(found, full)

    def eth_getHeaderByNumber(self, block: Block) -> fmt.Json | None:
        if block.tag == "pending":
            return fmt.pending_header(self._view.backend.next_header())
        found = self._view.found_block(block)
        return None if found is None else fmt.header(found)

    def eth_getHeaderByHash(self, block_hash: Hash) -> fmt.Json | None:
        return self.eth_getHeaderByNumber(BlockName(hash=block_hash))

    def eth_getBlockTransactionCountByNumber(self, block: Block) -> str | None:
        if block.tag == "pending":
            return fmt.quantity(0)
        found = self._view.found_block(block)
        return None if found is None else fmt.quantity(len(found.transactions))

    def eth_getBlockTransactionCountByHash(self, block_hash: Hash) -> str | None:
        return self.eth_getBlockTransactionCountByNumber(BlockName(hash=block_hash))

    def eth_getUncleCountByBlockNumber(self, block: Block) -> str | None:
        return None if self._view.known(block) is None else fmt.quantity(0)

    def eth_getUncleCountByBlockHash(self, block_hash: Hash) -> str | None:
        return self.eth_getUncleCountByBlockNumber(BlockName(hash=block_hash))

    def eth_getUncleByBlockNumberAndIndex(self, block: Block, index: Quantity) -> None:
        """Return None: no chain of this process has uncles."""

    def eth_getUncleByBlockHashAndIndex(self, block_hash: Hash, index: Quantity) -> None:
        """Return None: no chain of this process has uncles."""

    def eth_getTransactionByHash(self, tx_hash: Hash) -> fmt.Json | None:
        place = self._view.place(tx_hash)
        return None if place is None else fmt.transaction(*place)

    def eth_getTransactionByBlockNumberAndIndex(self, block: Block, index: Quantity) -> fmt.Json | None:
        found = self._mined(block)
        return fmt.transaction(found, index) if found is not None and index < len(found.transactions) else None

    def eth_getTransactionByBlockHashAndIndex(self, block_hash: Hash, index: Quantity) -> fmt.Json | None:
        return self.eth_getTransactionByBlockNumberAndIndex(BlockName(hash=block_hash), index)

    def eth_getRawTransactionByHash(self, tx_hash: Hash) -> str | None:
        place = self._view.place(tx_hash)
        return None if place is None else fmt.data(place[0].transactions[place[1]].raw)

    def eth_getRawTransactionByBlockNumberAndIndex(self, block: Block, index: Quantity) -> str | None:
        found = self._mined(block)
        is_there = found is not None and index < len(found.transactions)
        return fmt.data(found.transactions[index].raw) if found is not None and is_there else None

    def eth_getRawTransactionByBlockHashAndIndex(self, block_hash: Hash, index: Quantity) -> str | None:
        return self.eth_getRawTransactionByBlockNumberAndIndex(BlockName(hash=block_hash), index)

    def eth_getTransactionReceipt(self, tx_hash: Hash) -> fmt.Json | None:
        place = self._view.place(tx_hash)
        return None if place is None else fmt.receipt(*place)

    def eth_getBlockReceipts(self, block: Block) -> list[fmt.Json] | None:
        if block.tag == "pending":
            return []
        found = self._mined(block)
        return None if found is None else [fmt.receipt(found, index) for index in range(len(found.receipts))]

    def _mined(self, block: BlockName) -> LocalBlock | None:
        return None if block.tag == "pending" else self._view.found_block(block)

    def debug_getRawTransaction(self, tx_hash: Hash) -> str | None:
        return self.eth_getRawTransactionByHash(tx_hash)

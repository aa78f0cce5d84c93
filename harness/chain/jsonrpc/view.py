"""What the methods of every namespace read: a chain, and the blocks and transactions that requests name."""

from __future__ import annotations

from harness.chain.backend import World
from harness.chain.errors import RpcError, UnknownTransaction
from harness.chain.jsonrpc.local import LocalBlock, LocalNode
from harness.chain.jsonrpc.parameters import BlockName
from harness.chain.values.hexadecimal import hexed

NOT_FOUND = -32001
"""EIP-1474: the resource is not found."""


class ChainView:
    """One chain of this process, as requests name its parts."""

    def __init__(self, backend: LocalNode) -> None:
        self.backend = backend

    @property
    def head(self) -> int:
        """Number of the newest block."""
        return len(self.backend.blocks) - 1

    def number(self, name: BlockName) -> int:
        """Return the number of a block; raises RpcError -32001 if the chain has none of this name."""
        found = self.known(name)
        if found is None:
            actual = hexed(name.hash) if name.hash is not None else name.number
            raise RpcError("block", f"unknown block {actual}, the head is {self.head}", NOT_FOUND)
        return found

    def known(self, name: BlockName) -> int | None:
        """Return the number of a block; None if the chain has none of this name. The pending one counts as the head."""
        match name.tag:
            case "latest" | "pending":
                return self.head
            case "safe":
                return self.backend.heads()[0]
            case "finalized":
                return self.backend.heads()[1]
            case "earliest":
                return 0
        if name.hash is not None:
            return self.backend.number_of(name.hash)
        assert name.number is not None
        return name.number if name.number <= self.head else None

    def historical(self, name: BlockName) -> int | None:
        """Return the block number of a past state; None for the newest."""
        number = self.number(name)
        return number if number < self.head else None

    def block(self, name: BlockName) -> LocalBlock:
        return self.backend.blocks[self.number(name)]

    def found_block(self, name: BlockName) -> LocalBlock | None:
        number = self.known(name)
        return None if number is None else self.backend.blocks[number]

    def world(self, name: BlockName) -> World:
        return self.backend.world(self.historical(name))

    def place(self, tx_hash: bytes) -> tuple[LocalBlock, int] | None:
        """Return the block of a transaction and its index there; None if no block has it."""
        try:
            number, index = self.backend.locate(tx_hash)
        except UnknownTransaction:
            return None
        return self.backend.blocks[number], index

"""The execution of a sidechain's blocks by a backend, each of which counts only once validators sealed it.

A backend makes blocks as it always does. Ours have its state root, and the roots, gas and time of its blocks; their
parent hash and proposer are QBFT's own. So BLOCKHASH and EIP-2935 show the hashes of the backend's blocks, COINBASE
shows the backend's, and tips go there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from harness.chain.backend import Backend, check_block
from harness.chain.jsonrpc.local import BlockHeader, LocalBlocks
from harness.chain.rpc import request
from harness.chain.values.transactions import Sent, Transaction
from harness.sidechain.header import ExtraData, Header, Vote, executed
from harness.sidechain.validator import Ledger


class Execution(Ledger):
    """What a backend executed at the height that is being agreed on."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self._found: BlockHeader | None = None
        self._right: set[bytes] = set()

    def at(self, number: int) -> BlockHeader:
        """Return the backend's header of a block."""
        blocks: LocalBlocks | None = getattr(self.backend, "blocks", None)
        if blocks is None:
            return executed(request(self.backend, "eth_getBlockByNumber", [hex(number), False]))
        check_block(number, len(blocks) - 1)
        return blocks[number].shown_header

    def open(self, number: int) -> None:
        """Take the backend's block of a number as the one that is to be agreed on."""
        self._found = self.at(number)
        self._right = set()

    def build(self, parent: Header, validators: tuple[bytes, ...], by: bytes, vote: Vote | None) -> Header:
        """Return the backend's block as a validator proposes it."""
        assert self._found is not None
        header = Header.of(self._found, ExtraData(parent.extra.vanity, validators, vote), parent.hash, by)
        self._right.add(header.hash)  # it says what was executed, for that is what it was made of
        return header

    def executes(self, header: Header) -> bool:
        """Return whether the backend executed a block with just these results."""
        found = self._found
        if found is not None and header.hash not in self._right:
            if Header.of(found, header.extra, header.parent_hash, header.coinbase) != header:
                return False
            self._right.add(header.hash)
        return found is not None


class SealedBackend:
    """A backend whose new blocks are sealed at once, or taken back.

    What makes no block goes straight to the backend within: it has all that `harness.chain.backend.Backend` has.
    """

    def __init__(self, inner: Backend, seal: Callable[[int], None]) -> None:
        self._inner = inner
        self._seal = seal

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def submit(self, sent: Sent) -> None:
        """Have a transaction executed, and its block sealed."""
        with self._making():
            self._inner.submit(sent)

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        """Have an impersonated sender's transaction executed, and its block sealed."""
        with self._making():
            return self._inner.submit_as(tx, sender)

    def mine(self, count: int = 1) -> None:
        """Make empty blocks, each sealed before the next."""
        for _ in range(count):
            with self._making():
                self._inner.mine(1)

    def close_block(self) -> None:
        """Make a block of the transactions held, and have it sealed."""
        with self._making():
            self._inner.close_block()

    def answer(self, method: str, params: Sequence[Any]) -> Any:
        """Answer a JSON-RPC request; blocks that it makes are sealed."""
        with self._making():
            return self._inner.answer(method, params)

    @contextmanager
    def _making(self) -> Iterator[None]:
        """Seal each block that the body makes; take all that it made back if one is not sealed."""
        before = self._inner.head().number
        yield
        made = self._inner.head().number - before
        try:
            for number in range(before + 1, before + made + 1):
                self._seal(number)
        except Exception:
            self._inner.rollback(made)
            raise

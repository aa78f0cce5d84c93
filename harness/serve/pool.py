"""A pool of transactions before a chain of this process.

A chain of a test refuses a transaction whose nonce is not the next, since nobody would send the missing one. Behind a
port several clients send at once, so such a transaction waits here. Without automatic mining everything waits here
until the next block.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from harness.chain.errors import (
    FeeTooLow,
    GasAboveCap,
    NonceTooHigh,
    RpcError,
    TransactionRejected,
)
from harness.chain.jsonrpc.answers import REJECTED
from harness.chain.jsonrpc.local import LocalNode
from harness.chain.values.transactions import Sent, Transaction, decode, impersonate
from harness.chain.values.validity import check_account, check_rules
from harness.isolation import Restorable

PRICE_BUMP = 10
"""Percent by which both fees of a replacement exceed those of what it replaces, as in geth."""
MOST_OF_SENDER, MOST = 4_096, 16_384
"""Transactions that wait at once."""
MOST_BYTES = 64 * 2**20
"""Bytes that the transactions which wait have in all."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A transaction that waits. ``order`` counts arrivals; an impersonated one has no signature."""

    sent: Sent
    order: int
    impersonated: bool = False

    @property
    def nonce(self) -> int:
        return self.sent.tx.nonce


@dataclass(slots=True)
class Pool:
    """The chain with its pool: what takes part in sending is defined here, everything else is the node's.

    ``automine`` says that a transaction with the next nonce is mined at once. ``arrived`` is called with each
    transaction that is taken. A snapshot of the chain has what stands ``beside`` it, too.
    """

    node: LocalNode
    automine: bool = True
    arrived: Callable[[Sent], None] = lambda _: None
    beside: Sequence[Restorable] = ()
    _senders: dict[bytes, dict[int, Waiting]] = field(default_factory=dict)
    _hashes: dict[bytes, Waiting] = field(default_factory=dict)
    _orders: Iterator[int] = field(default_factory=count)
    _size: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.node, name)

    # -- what waits

    def find(self, tx_hash: bytes) -> Sent | None:
        """Return a transaction that waits."""
        found = self._hashes.get(tx_hash)
        return None if found is None else found.sent

    def contents(self) -> tuple[list[Sent], list[Sent]]:
        """Return what can be mined, and what waits for a nonce, by sender and nonce."""
        pending: list[Sent] = []
        queued: list[Sent] = []
        for sender, waiting in self._senders.items():
            following = self.nonce(sender)
            for nonce in sorted(waiting):
                (pending if nonce < following else queued).append(waiting[nonce].sent)
        return pending, queued

    def nonce(self, address: bytes) -> int:
        """Return the nonce of an address after everything of it that can be mined."""
        found = self.node.nonce(address)
        waiting = self._senders.get(address, {})
        while found in waiting:
            found += 1
        return found

    # -- sending

    def submit(self, sent: Sent) -> None:
        """Mine a transaction, or let it wait; raises TransactionRejected, and RpcError if it may not wait."""
        self._take(Waiting(sent, next(self._orders)))

    def submit_as(self, tx: Transaction, sender: bytes) -> bytes:
        """Take a transaction of an impersonated sender and return its hash; raises what `submit` raises."""
        sent = impersonate(tx, sender)
        self._take(Waiting(sent, next(self._orders), impersonated=True))
        return sent.hash

    def _take(self, new: Waiting) -> None:
        sent = new.sent
        if sent.hash in self._hashes:
            raise RpcError("eth_sendRawTransaction", "already known", REJECTED)
        if self.automine and new.nonce not in self._senders.get(sent.sender, ()):
            try:
                self._hand_over(new)
            except NonceTooHigh:
                pass
            else:
                self.arrived(sent)
                self.promote(sent.sender)
                return
        self._check(new)
        self._add(new)
        self.arrived(sent)

    def _hand_over(self, waiting: Waiting) -> None:
        if waiting.impersonated:
            self.node.submit_as(waiting.sent.tx, waiting.sent.sender)
        else:
            self.node.submit(waiting.sent)

    def _check(self, new: Waiting) -> None:
        """Raise unless the transaction may wait: TransactionRejected for one that no block takes as it stands."""
        sent = new.sent
        check_rules(sent, self.node.chain_id, self.node.estimate_cap)
        ahead = _Ahead(self.node.world(), new.nonce)
        check_account(sent, ahead, self.node.next_base_fee(), impersonated=new.impersonated)
        waiting = self._senders.get(sent.sender, {})
        known = waiting.get(new.nonce)
        size = self._size + len(sent.raw) - (0 if known is None else len(known.sent.raw))
        if size > MOST_BYTES:
            told = f"what waits would have {size} bytes, expected at most {MOST_BYTES}"
            raise RpcError("eth_sendRawTransaction", f"txpool is full: {told}", REJECTED)
        if known is not None:
            for fee in ("max_fee", "priority_fee"):
                least = getattr(known.sent.tx, fee) * (100 + PRICE_BUMP)
                if getattr(sent.tx, fee) * 100 < max(least, 1):
                    told = f"{fee} is {getattr(sent.tx, fee)}, expected {-(-least // 100)} at least"
                    raise RpcError("eth_sendRawTransaction", f"replacement transaction underpriced: {told}", REJECTED)
        elif len(waiting) >= MOST_OF_SENDER or len(self._hashes) >= MOST:
            told = f"{len(waiting)} transactions of the sender wait, and {len(self._hashes)} in all"
            raise RpcError("eth_sendRawTransaction", f"txpool is full: {told}", REJECTED)

    def _add(self, new: Waiting) -> None:
        known = self._senders.setdefault(new.sent.sender, {})
        if new.nonce in known:
            self._size -= len(self._hashes.pop(known[new.nonce].sent.hash).sent.raw)
        known[new.nonce] = new
        self._hashes[new.sent.hash] = new
        self._size += len(new.sent.raw)

    def drop(self, tx_hash: bytes) -> bool:
        """Forget a transaction that waits; return whether there was one."""
        found = self._hashes.pop(tx_hash, None)
        if found is None:
            return False
        self._size -= len(found.sent.raw)
        waiting = self._senders[found.sent.sender]
        del waiting[found.nonce]
        if not waiting:
            del self._senders[found.sent.sender]
        return True

    def everything(self) -> list[tuple[str, bool]]:
        """Return what waits in the order of arrival: bytes in hexadecimal, and whether it is impersonated."""
        waiting = sorted(tuple(self._hashes.values()), key=lambda each: each.order)
        return [(each.sent.raw.hex(), each.impersonated) for each in waiting]

    def admit(self, listed: Iterable[tuple[bytes, bool]]) -> None:
        """Let wait again what `everything` returned."""
        for raw, impersonated in listed:
            self._add(Waiting(decode(raw, impersonated=impersonated), next(self._orders), impersonated))

    def clear(self) -> None:
        """Forget everything that waits."""
        self._senders.clear()
        self._hashes.clear()
        self._size = 0

    # -- mining

    def promote(self, sender: bytes) -> None:
        """Mine what waited for the nonce that a sender has now; what the chain refuses is dropped."""
        while self.automine and (found := self._senders.get(sender, {}).get(self.node.nonce(sender))) is not None:
            self.drop(found.sent.hash)
            try:
                self._hand_over(found)
            except TransactionRejected:
                return

    def settle(self) -> None:
        """Mine what can be mined by now, and forget what never can: after others have sent, or a snapshot was restored.

        Without automatic mining only the second.
        """
        for sender in tuple(self._senders):
            nonce = self.node.nonce(sender)
            for waiting in [each for each in self._senders[sender].values() if each.nonce < nonce]:
                self.drop(waiting.sent.hash)
            self.promote(sender)

    def mine(self, count: int = 1) -> None:
        """Mine blocks; what waits enters the first one, the dearest first, as far as there is room."""
        self.settle()
        if count and self._hashes:
            self.node.open_block()
            try:
                self._fill()
            finally:
                self.node.close_block()
            count -= 1
        if count:
            self.node.mine(count)

    def _fill(self) -> None:
        """Hand over what waits, each sender's in the order of nonces, the others' by what they pay, then by arrival."""
        base_fee = self.node.next_base_fee()
        ready: list[tuple[int, int, Waiting]] = []

        def offer(sender: bytes, nonce: int) -> None:
            found = self._senders.get(sender, {}).get(nonce)
            if found is not None:
                tip = min(found.sent.tx.priority_fee, found.sent.tx.max_fee - base_fee)
                heapq.heappush(ready, (-tip, found.order, found))

        for sender in self._senders:
            offer(sender, self.node.nonce(sender))
        while ready:
            waiting = heapq.heappop(ready)[2]
            sender = waiting.sent.sender
            try:
                self._hand_over(waiting)
            except (GasAboveCap, FeeTooLow):
                continue  # it fits into a later block
            except TransactionRejected:
                self.drop(waiting.sent.hash)
                continue
            self.drop(waiting.sent.hash)
            offer(sender, waiting.nonce + 1)

    # -- snapshots

    @property
    def is_block_open(self) -> bool:
        """Whether a block is held open here, or beside this chain, where a restored snapshot would take it away."""
        near = (each for each in self.beside if isinstance(each, Pool))
        return self.node.is_block_open or any(each.is_block_open for each in near)

    def snapshot(self) -> object:
        """Return a mark for `restore`, with what waits."""
        return self.node.snapshot(), tuple(self._hashes.values()), [each.snapshot() for each in self.beside]

    def restore(self, snapshot: Any) -> None:
        """Return to a mark."""
        inner, waiting, marks = snapshot
        for each, mark in zip(self.beside, marks, strict=True):
            each.restore(mark)
        self.node.restore(inner)
        self.clear()
        for each in waiting:
            self._add(each)


class _Ahead:
    """A world in which the next nonce of a sender is the one that its transaction has, unless it is past."""

    def __init__(self, world: Any, nonce: int) -> None:
        self._world, self._nonce = world, nonce
        self.balance, self.code = world.balance, world.code

    def nonce(self, address: bytes) -> int:
        return max(int(self._world.nonce(address)), self._nonce)

"""Logs of a range of blocks, read in pages; pages become smaller if a node refuses large ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.chain.backend import Backend, Head, Log
from harness.chain.errors import BadLogFilter, RpcError
from harness.chain.rpc import request
from harness.chain.values.address import address_bytes
from harness.chain.values.hexadecimal import unhex
from harness.primitives.addresses import checksum_address

PAGE = 10_000
"""Blocks per request. Public nodes refuse more."""

_PAGES_BEFORE_MORE = 16
"""Pages that a node must serve before larger ones are tried again. It may have refused one page for its many logs."""


@dataclass(frozen=True, slots=True)
class MinedLog(Log):
    """A log with its place in the chain."""

    block_number: int
    block_hash: bytes
    tx_hash: bytes


class LogReader:
    """Reads a node's logs, and remembers how large a page the node serves."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._page = PAGE
        self._served = 0

    def read(self, address: Any, topics: Any, first: int, last: int) -> list[MinedLog]:
        """Return the logs of blocks ``first`` to ``last``, both included.

        Raises NotAnAddress, BadLogFilter, and the RpcError of a node that refuses a single block.
        """
        wanted: dict[str, Any] = {}
        if address is not None:
            wanted["address"] = _addresses(address)
        if topics:
            wanted["topics"] = _topics(topics)
        found: list[MinedLog] = []
        while first <= last:
            end = min(first + self._page - 1, last)
            try:
                found += self._ask(wanted | {"fromBlock": hex(first), "toBlock": hex(end)})
            except RpcError:
                if end == first:
                    raise
                self._page, self._served = (end - first + 1) // 2, 0
                continue
            self._grow(end - first + 1)
            first = end + 1
        return found

    def _grow(self, size: int) -> None:
        """Try pages of twice the size after a while; only full pages say something about the node."""
        self._served += size == self._page
        if self._served >= _PAGES_BEFORE_MORE:
            self._page, self._served = min(2 * self._page, PAGE), 0

    def _ask(self, query: dict[str, Any]) -> list[MinedLog]:
        return [_mined(log) for log in request(self._backend, "eth_getLogs", [query])]


class LogSource(Protocol):
    """What following logs asks of a chain."""

    log_reader: LogReader

    @property
    def head(self) -> Head: ...
    def block_at(self, number: int) -> Head: ...


class FollowedLogs:
    """The logs of one filter from block ``since`` on, as the chain grows and through reorgs of any depth."""

    def __init__(self, chain: LogSource, *, address: Any = None, topics: Any = None, since: int = 0) -> None:
        self.chain = chain
        self.address = address
        self.topics = topics
        self.since = since
        self.forget()

    def forget(self) -> None:
        """Start again: every log counts as new."""
        self._end = self.since
        self._last = b""

    @property
    def read_to(self) -> tuple[int, bytes]:
        """Number and hash of the last block read; (``since`` - 1, b"") before the first."""
        return self._end - 1, self._last

    def news(self) -> tuple[bool, list[MinedLog]]:
        """Return whether earlier logs are void, and the logs since then.

        Earlier logs are void if the chain lost a block that was read.
        """
        chain = self.chain
        head = chain.head
        if self._end == head.number + 1 and self._last == head.hash:
            return False, []
        lost = self._end > head.number + 1 or (self._last and chain.block_at(self._end - 1).hash != self._last)
        first = self.since if lost else self._end
        found = chain.log_reader.read(self.address, self.topics, first, head.number)
        if first <= head.number:
            self._end, self._last = head.number + 1, head.hash
        else:
            self._end, self._last = first, b""
        return bool(lost), found


def _mined(log: Any) -> MinedLog:
    return MinedLog(
        address=checksum_address(unhex(log["address"])),
        topics=tuple(unhex(topic) for topic in log["topics"]),
        data=unhex(log["data"]),
        index=int(log["logIndex"], 16),
        block_number=int(log["blockNumber"], 16),
        block_hash=unhex(log["blockHash"]),
        tx_hash=unhex(log["transactionHash"]),
    )


def _addresses(wanted: Any) -> list[str]:
    each = wanted if isinstance(wanted, (list, tuple, set, frozenset)) else (wanted,)
    return [checksum_address(address_bytes(item)) for item in each]


def _topics(wanted: Any) -> list[Any]:
    if not isinstance(wanted, Sequence) or isinstance(wanted, (str, bytes)):
        wanted = (wanted,)
    if len(wanted) > 4:
        raise BadLogFilter("topics", wanted, "at most four")
    return [_topic_or_any_of(item) for item in wanted]


def _topic_or_any_of(value: Any) -> str | list[str] | None:
    if value is None:
        return None
    return [_topic(item) for item in value] if isinstance(value, (list, tuple, set, frozenset)) else _topic(value)


def _topic(value: Any) -> str:
    """Return the word that a log has for a value: an event's topic, an address or a number filled up to 32 bytes."""
    value = getattr(value, "topic", getattr(value, "address", value))
    raw = b""
    if isinstance(value, int) and -(1 << 255) <= value < 1 << 256:
        raw = (value % (1 << 256)).to_bytes(32, "big")
    elif isinstance(value, str):
        try:
            raw = unhex(value)
        except ValueError:
            raw = b""
    elif isinstance(value, bytes):
        raw = value
    if len(raw) == 20:
        raw = bytes(12) + raw
    if len(raw) != 32:
        raise BadLogFilter("topic", value, "an event, an address, a number, or 32 bytes")
    return "0x" + raw.hex()


__all__ = ["PAGE", "FollowedLogs", "LogReader", "MinedLog"]

"""Filters of JSON-RPC: what is new since a client asked last, also after a reorg in between.

As in geth, a log of a removed block comes again with ``removed`` set, before the logs of the blocks that replaced it. A
block filter gives the hashes of new blocks and does not mention removed ones.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc import parameters as read
from harness.chain.jsonrpc.local import LocalBlock, Past, Seen, SeenBlock
from harness.primitives.addresses import checksum_address

MOST_TOPICS = 4
MOST_FILTERS = 1_000
"""Most filters that are kept. A client may vanish without removing its own, so one more ends the one that was asked
longest ago."""
IDLE_SECONDS = 300.0
"""Seconds after which a filter ends that nobody asks, as in geth, where a clock is given."""


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which logs a client wants; None is any.

    ``topics`` has a set for each place that matters. Either ``block_hash`` names one block, or ``first`` and ``last``
    name a range.
    """

    addresses: frozenset[str] | None = None
    topics: tuple[frozenset[bytes] | None, ...] = ()
    first: read.BlockName | None = None
    last: read.BlockName | None = None
    block_hash: bytes | None = None


ALL_LOGS = LogFilter()


def log_filter(value: Any) -> LogFilter:
    """Return a filter from the object that a client gives; raises Misfit."""
    wanted = read.fields(value)
    first, last = (wanted.get(key) for key in ("fromBlock", "toBlock"))
    block_hash = wanted.get("blockHash")
    if block_hash is not None and not (first is None and last is None):
        raise read.Misfit(dict(wanted), "either blockHash, or fromBlock and toBlock")
    topics = read.items(wanted.get("topics") or ())
    if len(topics) > MOST_TOPICS:
        raise read.Misfit(topics, f"at most {MOST_TOPICS} topics")
    listed = wanted.get("address")
    addresses = None if listed is None else [listed] if isinstance(listed, str | bytes) else read.items(listed)
    return LogFilter(
        None if not addresses else frozenset(checksum_address(read.address(item)) for item in addresses),
        tuple(map(_topic, topics)),
        None if first is None else read.block(first),
        None if last is None else read.block(last),
        None if block_hash is None else read.hash32(block_hash),
    )


def _topic(value: Any) -> frozenset[bytes] | None:
    """Return the topics that fit in one place; None, and an empty or partly null choice, is any."""
    if value is None:
        return None
    choices = value if isinstance(value, list | tuple) else [value]
    return None if not choices or None in choices else frozenset(map(read.hash32, choices))


Filter = Annotated[LogFilter, log_filter]


AnyBlock = TypeVar("AnyBlock", bound=LocalBlock | SeenBlock)


class Listed(Generic[AnyBlock]):
    """Blocks that are all there."""

    def __init__(self, blocks: list[AnyBlock]) -> None:
        self._blocks = blocks

    def __len__(self) -> int:
        return len(self._blocks)

    def hash(self, number: int) -> bytes:
        return bytes(self._blocks[number].hash)

    def mined(self, first: int, last: int) -> list[AnyBlock]:
        return self._blocks[first : last + 1]


class ListedPast(Listed[LocalBlock]):
    """A past whose blocks are all there; ``seen_of`` returns what is kept of one."""

    def __init__(self, blocks: list[LocalBlock], seen_of: Callable[[Any], SeenBlock] = SeenBlock.of) -> None:
        super().__init__(blocks)
        self._seen_of = seen_of

    def fork(self, other: Seen) -> int:
        found = min(len(self), len(other))
        while found and self.hash(found - 1) != other.hash(found - 1):
            found -= 1
        return found

    def seen(self) -> Listed[SeenBlock]:
        return Listed([self._seen_of(block) for block in self._blocks])


@dataclass(slots=True)
class _Filter:
    """``seen`` is the chain when the client asked last; the client knows of the blocks from ``known_from`` on.

    ``asked`` is when the client asked anything of it last, by the clock.
    """

    kind: str
    wanted: LogFilter
    seen: Seen
    known_from: int
    asked: float


class Filters:
    """All filters of one chain's clients; no identity is given twice. Without a clock none of them ends by itself."""

    def __init__(self, past: Callable[[], Past]) -> None:
        self._past = past
        self._filters: dict[int, _Filter] = {}  # in the order in which they were asked last
        self._last = 0
        self.clock: Callable[[], float] = _timeless
        self.next_end = math.inf
        """When the next filter ends unless it is asked before, by the clock."""

    def end_idle(self) -> None:
        """End the filters that nobody has asked for too long."""
        now = self.clock()
        while self._filters:
            identity, oldest = next(iter(self._filters.items()))
            if now < oldest.asked + IDLE_SECONDS and len(self._filters) <= MOST_FILTERS:
                self.next_end = oldest.asked + IDLE_SECONDS
                return
            del self._filters[identity]
        self.next_end = math.inf

    def add(self, kind: str, wanted: LogFilter = ALL_LOGS) -> int:
        """Install a filter of ``kind`` blocks, transactions or logs; it gives what comes after now."""
        seen = self._past().seen()
        self._last += 1
        self._filters[self._last] = _Filter(kind, wanted, seen, len(seen), self.clock())
        self.end_idle()
        return self._last

    def remove(self, identity: int) -> bool:
        """Remove a filter; return whether it existed."""
        return self._filters.pop(identity, None) is not None

    def wanted(self, identity: int) -> LogFilter:
        """Return the criteria of a log filter; raises RpcError if no log filter has that identity."""
        found = self._find("eth_getFilterLogs", identity)
        if found.kind != "logs":
            raise RpcError("eth_getFilterLogs", "filter not found", -32000)
        return found.wanted

    def changes(self, identity: int) -> list[Any]:
        """Return what is new since the client asked last; raises RpcError if there is no such filter."""
        found = self._find("eth_getFilterChanges", identity)
        before, now = found.seen, self._past()
        fork = now.fork(before)
        known_from, found.seen, found.known_from = found.known_from, now.seen(), min(found.known_from, fork)
        if found.kind == "blocks":
            return [fmt.data(now.hash(number)) for number in range(fork, len(now))]
        replaced = {block.number: block for block in before.mined(fork, len(before) - 1)}
        fresh = {block.number: block for block in now.mined(fork, len(now) - 1)}
        for number in replaced.keys() & fresh.keys():
            if replaced[number].content == fresh[number].content:
                del replaced[number], fresh[number]
        if found.kind == "transactions":
            return [fmt.data(sent.hash) for block in fresh.values() for sent in block.transactions]
        gone = [block for number, block in replaced.items() if number >= known_from]
        removed = [{**log, "removed": True} for log in _bounded(gone, found.wanted)]
        return removed + list(_bounded(fresh.values(), found.wanted))

    def _find(self, method: str, identity: int) -> _Filter:
        self.end_idle()
        found = self._filters.pop(identity, None)
        if found is None:
            raise RpcError(method, "filter not found", -32000)
        found.asked = self.clock()
        self._filters[identity] = found
        return found


def _timeless() -> float:
    return 0.0


def matching_logs(blocks: Iterable[LocalBlock | SeenBlock], wanted: LogFilter) -> Iterator[fmt.Json]:
    """Yield the logs of ``blocks`` that fit a filter's addresses and topics."""
    for block in blocks:
        for receipt in block.receipts:
            for log in receipt.logs:
                if (wanted.addresses is None or log.address in wanted.addresses) and _fits(log.topics, wanted.topics):
                    yield fmt.log(log, receipt)


def _bounded(blocks: Iterable[LocalBlock | SeenBlock], wanted: LogFilter) -> Iterator[fmt.Json]:
    """Return the logs that fit, within the filter's bounds where these are numbers."""
    first, last = (None if name is None else name.number for name in (wanted.first, wanted.last))
    inside = [
        block for block in blocks if (first is None or block.number >= first) and (last is None or block.number <= last)
    ]
    return matching_logs(inside, wanted)


def _fits(topics: Sequence[bytes], wanted: Sequence[frozenset[bytes] | None]) -> bool:
    """Return whether a log's topics match a filter's."""
    if len(wanted) > len(topics):
        return False
    return all(choice is None or topic in choice for topic, choice in zip(topics, wanted, strict=False))

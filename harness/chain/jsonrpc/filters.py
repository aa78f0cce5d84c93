"""The filters of JSON-RPC: what is new since a client asked last, told right when blocks were removed in between.

As geth does it, a log of a removed block that was told is told again with ``removed`` set, and then follow those of the
blocks that took its place. A block filter names the hashes of the new blocks, and those removed are not mentioned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_utils import to_checksum_address

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.pyevm.blocks import Block

SameBlock = Callable[[Block, Block], bool]
"""Whether a block that took another's place holds the very same, so that nobody has to be told of it again."""


def same_hash(one: Block, other: Block) -> bool:
    return one is other or one.hash == other.hash


@dataclass(slots=True)
class _Filter:
    """``seen`` is the chain when the client asked last; it was told of the blocks from number ``told_from`` on."""

    kind: str
    wanted: Mapping[str, Any]
    seen: list[Block]
    told_from: int


class Filters:
    """All filters of one client. An identity is never given twice."""

    def __init__(self, blocks: Callable[[], Sequence[Block]], same: SameBlock = same_hash) -> None:
        self._blocks = blocks
        self._same = same
        self._filters: dict[int, _Filter] = {}
        self._last = 0

    def add(self, kind: str, wanted: Mapping[str, Any]) -> int:
        """Install a filter of ``kind`` blocks, transactions or logs; it tells of what comes after now."""
        seen = list(self._blocks())
        self._last += 1
        self._filters[self._last] = _Filter(kind, wanted, seen, len(seen))
        return self._last

    def remove(self, identity: int) -> bool:
        """Whether there was one."""
        return self._filters.pop(identity, None) is not None

    def wanted(self, identity: int) -> Mapping[str, Any]:
        """What a log filter asks for; raises RpcError if there is none of that identity."""
        found = self._find("eth_getFilterLogs", identity)
        if found.kind != "logs":
            raise RpcError("eth_getFilterLogs", "filter not found", -32000)
        return found.wanted

    def changes(self, identity: int) -> list[Any]:
        """What is new since the last time; raises RpcError if there is no such filter."""
        found = self._find("eth_getFilterChanges", identity)
        gone, fresh = self._advance(found)
        if found.kind == "blocks":
            return [fmt.data(block.hash) for block in fresh]
        if found.kind == "transactions":
            return [fmt.data(sent.hash) for block in fresh for sent in block.transactions]
        removed = [{**log, "removed": True} for log in _bounded(gone, found.wanted)]
        return removed + list(_bounded(fresh, found.wanted))

    def _find(self, method: str, identity: int) -> _Filter:
        try:
            return self._filters[identity]
        except KeyError:
            raise RpcError(method, "filter not found", -32000) from None

    def _advance(self, found: _Filter) -> tuple[list[Block], list[Block]]:
        """The blocks that were told and are no more, and those to tell of; the chain of now is seen afterwards."""
        now, seen = self._blocks(), found.seen
        fork = min(len(now), len(seen))
        while fork and not same_hash(now[fork - 1], seen[fork - 1]):
            fork -= 1
        replaced, fresh = seen[fork:], list(now[fork:])
        seen[fork:] = fresh
        same = same_hash if found.kind == "blocks" else self._same
        kept = {old.number for old, new in zip(replaced, fresh, strict=False) if same(old, new)}
        gone = [block for block in replaced if block.number >= found.told_from and block.number not in kept]
        found.told_from = min(found.told_from, fork)
        return gone, [block for block in fresh if block.number not in kept]


def matching_logs(blocks: Sequence[Block], wanted: Mapping[str, Any]) -> Iterator[fmt.Json]:
    """The logs of ``blocks`` that fit a filter's addresses and topics."""
    addresses = wanted.get("address")
    if isinstance(addresses, str):
        addresses = [addresses]
    allowed = None if addresses is None else {to_checksum_address(item) for item in addresses}
    for block in blocks:
        for receipt in block.receipts:
            for log in receipt.logs:
                if (allowed is None or log.address in allowed) and _fits(log.topics, wanted.get("topics") or ()):
                    yield fmt.log(log, receipt)


def _bounded(blocks: Sequence[Block], wanted: Mapping[str, Any]) -> Iterator[fmt.Json]:
    """The logs that fit, within the filter's bounds where these are numbers."""
    first, last = (_bound(wanted.get(key)) for key in ("fromBlock", "toBlock"))
    inside = [
        block for block in blocks if (first is None or block.number >= first) and (last is None or block.number <= last)
    ]
    return matching_logs(inside, wanted)


def _bound(block: Any) -> int | None:
    if isinstance(block, int):
        return block
    return fmt.number(block) if isinstance(block, str) and block.startswith("0x") else None


def _fits(topics: Sequence[bytes], wanted: Sequence[Any]) -> bool:
    """Whether a log's topics match a filter: per position any (None), one, or one of several."""
    if len(wanted) > len(topics):
        return False
    for topic, choice in zip(topics, wanted, strict=False):
        choices = choice if isinstance(choice, (list, tuple)) else [choice]
        if choice is not None and all(item is not None and fmt.unhex(item) != topic for item in choices):
            return False
    return True

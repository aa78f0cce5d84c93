"""Methods about logs: once, and by filters that report what is new."""

from __future__ import annotations

from itertools import islice
from typing import Any

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.answers import LIMIT_EXCEEDED
from harness.chain.jsonrpc.filters import Filter, Filters, LogFilter, matching_logs
from harness.chain.jsonrpc.parameters import INVALID_PARAMS, LATEST, BlockName, Quantity
from harness.chain.jsonrpc.view import ChainView

MOST_BLOCKS, MOST_LOGS = 100_000, 10_000
"""Blocks that a request for logs may look at, and logs that its answer may have."""


class LogMethods:
    """Methods about logs and filters."""

    def __init__(self, view: ChainView) -> None:
        self._view = view
        self.filters = Filters(view.backend.blocks.copy)

    def eth_getLogs(self, wanted: Filter) -> list[fmt.Json]:
        first, last = self._range(wanted)
        if last - first >= MOST_BLOCKS:
            reason = f"the range has {last - first + 1} blocks, more than {MOST_BLOCKS}"
            raise RpcError("eth_getLogs", reason, LIMIT_EXCEEDED)
        found = list(islice(matching_logs(self._view.backend.blocks.mined(first, last), wanted), MOST_LOGS + 1))
        if len(found) > MOST_LOGS:
            reason = f"query returned more than {MOST_LOGS} results, ask for fewer blocks"
            raise RpcError("eth_getLogs", reason, LIMIT_EXCEEDED)
        return found

    def _range(self, wanted: LogFilter) -> tuple[int, int]:
        """Return the numbers of the first and the last block; raises RpcError if the range is none."""
        if wanted.block_hash is not None:
            number = self._view.known(BlockName(hash=wanted.block_hash))
            if number is None:
                raise RpcError("eth_getLogs", f"unknown block {fmt.data(wanted.block_hash)}")
            return number, number
        first = self._view.number(wanted.first or LATEST)
        last = self._view.known(wanted.last or LATEST)
        last = self._view.head if last is None and wanted.last is not None and wanted.last.number else last
        if last is None or first > last:
            raise RpcError("eth_getLogs", f"fromBlock is {first}, which is after toBlock {last}", INVALID_PARAMS)
        return first, last

    def eth_newFilter(self, wanted: Filter) -> str:
        return fmt.quantity(self.filters.add("logs", wanted))

    def eth_newBlockFilter(self) -> str:
        return fmt.quantity(self.filters.add("blocks"))

    def eth_newPendingTransactionFilter(self) -> str:
        return fmt.quantity(self.filters.add("transactions"))

    def eth_getFilterChanges(self, identity: Quantity) -> list[Any]:
        return self.filters.changes(identity)

    def eth_getFilterLogs(self, identity: Quantity) -> list[fmt.Json]:
        return self.eth_getLogs(self.filters.wanted(identity))

    def eth_uninstallFilter(self, identity: Quantity) -> bool:
        return self.filters.remove(identity)

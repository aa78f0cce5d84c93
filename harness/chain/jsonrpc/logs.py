"""Methods about logs: once, and by filters that report what is new."""

from __future__ import annotations

from typing import Any

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.filters import Filter, Filters, LogFilter, matching_logs
from harness.chain.jsonrpc.parameters import INVALID_PARAMS, LATEST, BlockName, Quantity
from harness.chain.jsonrpc.view import ChainView


class LogMethods:
    """Methods about logs and filters."""

    def __init__(self, view: ChainView) -> None:
        self._view = view
        self._filters = Filters(view.backend.blocks.copy)

    def eth_getLogs(self, wanted: Filter) -> list[fmt.Json]:
        first, last = self._range(wanted)
        return list(matching_logs(self._view.backend.blocks.mined(first, last), wanted))

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
        return fmt.quantity(self._filters.add("logs", wanted))

    def eth_newBlockFilter(self) -> str:
        return fmt.quantity(self._filters.add("blocks"))

    def eth_newPendingTransactionFilter(self) -> str:
        return fmt.quantity(self._filters.add("transactions"))

    def eth_getFilterChanges(self, identity: Quantity) -> list[Any]:
        return self._filters.changes(identity)

    def eth_getFilterLogs(self, identity: Quantity) -> list[fmt.Json]:
        return self.eth_getLogs(self._filters.wanted(identity))

    def eth_uninstallFilter(self, identity: Quantity) -> bool:
        return self._filters.remove(identity)

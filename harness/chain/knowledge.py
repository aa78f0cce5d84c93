"""What is known of the contracts on one chain, so that its reverts, events and traces can be named.

The contracts layer registers here; the chain only looks up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from harness.chain.backend import Log
from harness.chain.codec import (
    ERROR_STRING,
    PANIC,
    PANIC_MEANINGS,
    AbiIndex,
    DecodedError,
    DecodedEvent,
    decode_values,
)
from harness.errors import (
    Panicked,
    Reverted,
    RevertedOpaquely,
    RevertedSilently,
    RevertedWithError,
    RevertedWithMessage,
)


class ContractInfo(Protocol):
    """A contract's name and ABI, and where its code comes from."""

    name: str
    index: AbiIndex

    def location(self, pc: int, *, creation: bool) -> str | None:
        """Solidity file:line of a program counter; None if unknown."""


class Knowledge:
    """Contracts by address, and every ABI seen."""

    def __init__(self) -> None:
        self._by_address: dict[str, ContractInfo] = {}
        self._seen: dict[int, ContractInfo] = {}
        self._labels: dict[str, str] = {}

    def learn(self, info: ContractInfo, address: str | None = None) -> None:
        """Remember a contract's ABI, and that it lives at ``address``."""
        self._seen.setdefault(id(info), info)
        if address is not None:
            self._by_address[address] = info

    def label(self, address: str, name: str) -> None:
        """Show ``name`` for an address in traces."""
        self._labels[address] = name

    def at(self, address: str) -> ContractInfo | None:
        return self._by_address.get(address)

    def name(self, address: str) -> str:
        info = self._by_address.get(address)
        return self._labels.get(address) or (info.name if info is not None else address)

    @property
    def contracts(self) -> Sequence[ContractInfo]:
        return tuple(self._seen.values())

    def error(self, data: bytes, address: str | None = None) -> DecodedError | None:
        """The custom error in revert data; the ABI at ``address`` is asked first."""
        first = self._by_address.get(address) if address is not None else None
        for info in (*([first] if first is not None else []), *self._seen.values()):
            found = info.index.decode_error(data)
            if found is not None:
                return DecodedError(found.name, found.signature, found.fields, info.name)
        return None

    def event(self, log: Log) -> DecodedEvent | None:
        """The event in a log; the ABI at its address is asked first."""
        first = self._by_address.get(log.address)
        for info in (*([first] if first is not None else []), *self._seen.values()):
            found = info.index.decode_event(log.address, log.topics, log.data)
            if found is not None:
                return DecodedEvent(found.name, found.fields, found.address, info.name)
        return None

    def reverted(self, data: bytes, cause: str = "", **evidence: Any) -> Reverted:
        """The exception for revert data; ``cause`` is the node's word for a failure without data."""
        evidence["data"] = data
        if not data:
            return RevertedSilently(cause if "revert" not in cause else "", **evidence)
        try:
            if data[:4] == ERROR_STRING:
                return RevertedWithMessage(decode_values([{"type": "string"}], data[4:])[0], **evidence)
            if data[:4] == PANIC:
                code = decode_values([{"type": "uint256"}], data[4:])[0]
                return Panicked(code, PANIC_MEANINGS.get(code, "unknown panic"), **evidence)
        except Exception:  # malformed data is shown as it is
            return RevertedOpaquely(**evidence)
        found = self.error(data, evidence.get("address"))
        if found is None:
            return RevertedOpaquely(**evidence)
        return RevertedWithError(found.name, found.signature, found.fields, **evidence)

"""Reads assertions and their games from L1's events."""

from __future__ import annotations

from typing import Any

from harness.chain.chain import Chain
from harness.chain.logs import FollowedLogs
from harness.contracts.bindings import Contract, ContractType
from harness.rollup.contracts import contract_type

PENDING = 1


class _Events:
    """The events of one kind that one contract has emitted, as plain values. It follows L1."""

    def __init__(self, chain: Chain, name: str, address: str, kind: ContractType, since: int) -> None:
        self._logs = FollowedLogs(chain, address=address, topics=kind.events[name], since=since)
        self._address = address
        self._kind = kind
        self._found: list[Any] = []

    def read(self) -> list[Any]:
        """Return the fields of all events up to L1's head, oldest first."""
        lost, logs = self._logs.news()
        if lost:
            self._found.clear()
        for log in logs:
            event = self._kind.index.decode_event(self._address, log.topics, log.data)
            if event is not None:
                self._found.append(event.fields)
        return self._found


class DisputeLog:
    """Assertions and games by their events. It follows L1, reorgs included."""

    def __init__(self, chain: Chain, assertions: Contract, since: int) -> None:
        self.chain = chain
        self.assertions = assertions
        self.since = since
        self._asserted = _Events(chain, "Asserted", assertions.address, assertions.type, since)
        self._opened: dict[str, _Events] = {}

    def games(self) -> list[tuple[bytes, str]]:
        """Return the disputed assertions with the addresses of their games, oldest first."""
        factory = str(self.assertions.disputes())
        if not int(factory, 16):
            return []
        if factory not in self._opened:
            kind = contract_type("DisputeGameFactory")
            self._opened[factory] = _Events(self.chain, "GameOpened", factory, kind, self.since)
        return [(bytes(event["assertionId"]), str(event["game"])) for event in self._opened[factory].read()]

    def pending(self) -> list[tuple[bytes, bytes]]:
        """Return the undecided assertions with their parents, oldest first."""
        made = [(bytes(event["id"]), bytes(event["parent"])) for event in self._asserted.read()]
        return [(id, parent) for id, parent in made if self.assertions.assertion(id).status == PENDING]

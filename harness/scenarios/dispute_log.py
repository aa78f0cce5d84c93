"""What L1 says of assertions and of games about them."""

from __future__ import annotations

from typing import Any

from web3.types import RPCEndpoint

from harness.agents.game_reader import house_type
from harness.chain.chain import Chain
from harness.chain.errors import RpcError
from harness.contracts.bindings import Contract, ContractType

PENDING = 1


class DisputeLog:
    """Assertions and games by their events, read again whenever L1 has another head."""

    def __init__(self, chain: Chain, assertions: Contract, since: int) -> None:
        self.chain = chain
        self.assertions = assertions
        self.since = since
        self._factory: str | None = None
        self._read: dict[str, tuple[bytes, list[Any]]] = {}

    def games(self) -> list[tuple[bytes, str]]:
        """Assertions with the addresses of their games, oldest first."""
        factory = self._factory = self._factory or str(self.assertions.disputes())
        if not int(factory, 16):
            return []
        events = self._events("GameOpened", factory, house_type("DisputeGameFactory"))
        return [(bytes(event["assertionId"]), str(event["game"])) for event in events]

    def pending(self) -> list[tuple[bytes, bytes]]:
        """Undecided assertions and their parents, oldest first."""
        events = self._events("Asserted", self.assertions.address, self.assertions.type)
        made = [(bytes(event["id"]), bytes(event["parent"])) for event in events]
        return [(id, parent) for id, parent in made if self.assertions.assertion(id).status == PENDING]

    def _events(self, name: str, address: str, kind: ContractType) -> list[Any]:
        head = self.chain.head
        known = self._read.get(name)
        if known is not None and known[0] == head.hash:
            return known[1]
        topic = "0x" + kind.events[name].topic.hex()
        wanted = {"address": address, "fromBlock": hex(self.since), "toBlock": hex(head.number), "topics": [topic]}
        answer = self.chain.w3.provider.make_request(RPCEndpoint("eth_getLogs"), [wanted])
        if "result" not in answer:
            raise RpcError("eth_getLogs", str(answer.get("error")))
        found = []
        for log in answer["result"]:
            topics = tuple(bytes.fromhex(item[2:]) for item in log["topics"])
            event = kind.index.decode_event(address, topics, bytes.fromhex(log["data"][2:]))
            if event is not None:
                found.append(event.fields)
        self._read[name] = (head.hash, found)
        return found

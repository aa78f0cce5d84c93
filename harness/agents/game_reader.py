"""Reads dispute games from L1: events make the view, so a fresh reader sees what an old one does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from web3.types import RPCEndpoint

from harness.agents.game_view import ClaimId, ClaimView, GameRules, GameView, Outcome
from harness.agents.positions import ROOT, Side, answer
from harness.chain import Chain
from harness.chain.errors import RpcError
from harness.contracts.bindings import Contract, ContractType
from harness.contracts.project import house

ZERO_ADDRESS = "0x" + "00" * 20


def house_type(name: str) -> ContractType:
    """One of the project's own contracts."""
    return ContractType(house()[name])


class GameReader:
    """The claims of one game, kept up with L1 block by block, and read anew when a reorg took a block that was read."""

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain = chain
        self.contract: Contract = house_type("DisputeGame").at(chain, address)
        self.address = self.contract.address
        self._fixed: dict[str, Any] | None = None
        self._last: tuple[tuple[bytes, int], GameView] | None = None
        self._orphaned = (b"", False)
        self._forget()

    def _forget(self) -> None:
        self._claims: list[ClaimView] = []
        self._numbers: dict[bytes, int] = {}
        self._refunded: set[int] = set()
        self._credits: dict[str, int] = {}
        self._outcome = Outcome.UNDECIDED
        self._read_to = -1
        self._read_hash = b""

    def view(self, now: int | None = None) -> GameView:
        """The game as the head of L1 has it; ``now`` is the time of L1 unless given."""
        if self._fixed is None:
            self._fixed = self._read_fixed()
            self._assertions = house_type("IDisputable").at(self.chain, self.contract.assertions())
        head = self._catch_up()
        time = self.chain.now if now is None else now
        if self._last is not None and self._last[0] == (head, time):
            return self._last[1]
        if self._orphaned[0] != head:
            undecided = self._outcome is Outcome.UNDECIDED
            orphaned = undecided and bool(self._assertions.parentRejected(self._fixed["assertion"]))
            self._orphaned = (head, orphaned)
        view = GameView(
            address=self.address,
            claims=tuple(self._claims),
            outcome=self._outcome,
            now=time,
            orphaned=self._orphaned[1],
            refunded=frozenset(self._refunded),
            credits=dict(self._credits),
            seen=(self._read_to, self._read_hash),
            **self._fixed,
        )
        self._last = ((head, time), view)
        return view

    def _read_fixed(self) -> dict[str, Any]:
        game = self.contract
        rules = game.rules()
        bonds = [int(game.bondAt(0))]
        for _ in range(rules.maxDepth):
            bonds.append(bonds[-1] + bonds[-1] // 10)
        return {
            "assertion": bytes(game.assertionId()),
            "prestate": bytes(game.prestate()),
            "root_value": bytes(game.root()),
            "end_batch": int(game.endBatch()),
            "rules": GameRules(
                rules.maxDepth, rules.maxClock, rules.extension, rules.stepExtension, rules.gasPriceCap, tuple(bonds)
            ),
        }

    # -- events

    def _catch_up(self) -> bytes:
        """Read what is new; the hash of the head."""
        backend = self.chain.backend
        head = backend.head()
        if self._read_to > head.number or (self._read_to >= 0 and backend.block(self._read_to).hash != self._read_hash):
            self._forget()
        if self._read_to == head.number:
            return head.hash
        wanted = {
            "address": self.address,
            "fromBlock": hex(self._read_to + 1),
            "toBlock": hex(head.number),
        }
        times: dict[int, int] = {}
        for log in self._logs(wanted):
            number = int(log["blockNumber"], 16)
            if number not in times:
                times[number] = backend.block(number).timestamp
            topics = tuple(bytes.fromhex(topic[2:]) for topic in log["topics"])
            event = self.contract.type.index.decode_event(self.address, topics, bytes.fromhex(log["data"][2:]))
            if event is not None:
                self._apply(event.name, event.fields, times[number])
        self._read_to, self._read_hash = head.number, head.hash
        return head.hash

    def _logs(self, wanted: dict[str, str]) -> list[Any]:
        response = self.chain.w3.provider.make_request(RPCEndpoint("eth_getLogs"), [wanted])
        if "result" not in response:
            raise RpcError("eth_getLogs", str(response.get("error")))
        return list(response["result"])

    def _apply(self, name: str, fields: Any, time: int) -> None:
        if name == "Moved":
            self._moved(fields, time)
        elif name == "Stepped":
            self._change(
                fields["id"], stepper=fields["stepper"], counter=fields["stepper"], step_index=fields["traceIndex"]
            )
        elif name == "Resolved":
            counter = fields["counter"]
            self._change(fields["id"], resolved=True, counter=None if counter == ZERO_ADDRESS else counter)
            self._credit(fields["winner"], fields["bond"])
        elif name == "Refunded":
            self._refunded.add(self._numbers[bytes(fields["id"])])
            self._credit(fields["claimant"], fields["bond"])
        elif name == "Withdrawn":
            self._credit(fields["account"], -fields["amount"])
        elif name == "Decided":
            self._outcome = Outcome(fields["outcome"])

    def _moved(self, fields: Any, time: int) -> None:
        number, side = len(self._claims), Side(fields["side"])
        parent = 0 if number == 0 else self._numbers[bytes(fields["parent"])]
        identity = ClaimId(bytes(fields["id"]))
        self._claims.append(
            ClaimView(
                number=number,
                id=identity,
                parent=parent,
                side=side,
                position=ROOT if number == 0 else answer(self._claims[parent].position, side),
                value=bytes(fields["value"]),
                claimant=fields["claimant"],
                bond=fields["bond"],
                time=int(self.contract.claim(identity).time) if number == 0 else time,
                elapsed=fields["elapsed"],
            )
        )
        self._numbers[identity] = number

    def _credit(self, account: str, wei: int) -> None:
        self._credits[account] = self._credits.get(account, 0) + wei

    def _change(self, identity: bytes, **changes: Any) -> None:
        number = self._numbers[bytes(identity)]
        self._claims[number] = replace(self._claims[number], **changes)

"""Reads dispute games from L1. The view follows from events, so a new reader sees what an old one sees."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.chain import Chain
from harness.chain.logs import FollowedLogs, MinedLog
from harness.contracts.bindings import Contract
from harness.dispute.positions import ROOT, Side, answer
from harness.dispute.view import ClaimId, ClaimView, GameView, L1Block, Lineage, Outcome
from harness.errors import GoneByReorg
from harness.rollup.contracts import contract_type, read_rules

ZERO_ADDRESS = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class GameReorg:
    """A reorg of L1 that touched a game: of its ``claims``, ``kept`` were still there.

    ``time`` is L1's time in seconds when the reader noticed it.
    """

    time: int
    claims: int
    kept: int


class GameReader:
    """The claims of one game. The reader follows L1 block by block, and starts over if a reorg removes a block it read.

    ``since`` is an L1 block no later than that of the game's first event.
    """

    def __init__(self, chain: Chain, address: str, since: int = 0) -> None:
        self.chain = chain
        self.contract: Contract = contract_type("DisputeGame").at(chain, address)
        self.address = self.contract.address
        self._logs = FollowedLogs(chain, address=self.address, since=since)
        self._rewritten = chain.rewritten
        self.reorgs: list[GameReorg] = []
        """The reorgs that touched the game, if it was read before and after them."""
        self._forget()

    def start_over(self) -> None:
        """Forget everything, so that the next view reads the game from the start."""
        self.reorgs.clear()
        self._logs.forget()
        self._forget()

    def _forget(self) -> None:
        # This includes what a game never changes: after a reorg, the same address may hold another game.
        """Start from an unread game."""
        self._fixed: dict[str, Any] | None = None
        self._lineage = Lineage()
        self._last: tuple[Hashable, GameView] | None = None
        self._claims: list[ClaimView] = []
        self._numbers: dict[bytes, int] = {}
        self._refunded: set[int] = set()
        self._credits: dict[str, int] = {}
        self._burnt = 0
        self._outcome = Outcome.UNDECIDED

    def view(self, now: int | None = None) -> GameView:
        """Return the game at L1's head. ``now`` is in seconds; by default it is L1's time.

        Raises GoneByReorg if L1 does not have the game.
        """
        seen = self._catch_up()
        time = self.chain.now if now is None else now
        state = (self.chain.version, time)
        if self._last is not None and self._last[0] == state:
            return self._last[1]
        if self._fixed is None:
            if not self.exists():
                raise GoneByReorg("game", self.address)
            self._fixed = self._read_fixed()
        view = GameView(
            address=self.address,
            claims=tuple(self._claims),
            outcome=self._outcome,
            now=time,
            orphaned=self._is_orphaned(self._fixed["assertion"]),
            refunded=frozenset(self._refunded),
            credits=dict(self._credits),
            burnt=self._burnt,
            seen=seen,
            lineage=self._lineage,
            **self._fixed,
        )
        self._last = (state, view)
        return view

    def exists(self) -> bool:
        """Return whether L1 has the game, be it in the pending block."""
        return bool(self.chain.code(self.address))

    def _is_orphaned(self, assertion: bytes) -> bool:
        """Return whether the disputed assertion's parent is rejected, which ends an undecided game."""
        if self._outcome is not Outcome.UNDECIDED:
            return False
        return bool(self._assertions.parentRejected(assertion))

    def _read_fixed(self) -> dict[str, Any]:
        """Read what a game never changes."""
        game = self.contract
        self._assertions = contract_type("IDisputable").at(self.chain, game.assertions())
        rules = read_rules(game)
        bonds = [int(game.bondAt(0))]
        for _ in range(rules.max_depth):
            bonds.append(bonds[-1] + bonds[-1] // 10)
        return {
            "assertion": bytes(game.assertionId()),
            "prestate": bytes(game.prestate()),
            "root_value": bytes(game.root()),
            "end_batch": int(game.endBatch()),
            "rules": rules,
            "bonds": tuple(bonds),
        }

    # -- events

    def _catch_up(self) -> L1Block:
        """Read the new events, and return the head up to which they were read."""
        self.chain.harden()
        lost, logs = self._logs.news()
        before = list(self._numbers) if lost else []
        if lost:
            self._forget()
        if self._rewritten != self.chain.rewritten:
            # A direct edit of the chain's state changes what the contract answers without an event.
            self._rewritten, self._fixed, self._lineage = self.chain.rewritten, None, Lineage()
        try:
            self._take(logs)
        except BaseException:
            # Some of the events are applied. Start over the next time.
            self._logs.forget()
            self._forget()
            raise
        if before:
            kept = sum(id in self._numbers for id in before)
            self.reorgs.append(GameReorg(self.chain.now, len(before), kept))
        return self._logs.read_to

    def _take(self, logs: Sequence[MinedLog]) -> None:
        """Apply new logs, in order."""
        times: dict[int, int] = {}
        for log in logs:
            if log.block_number not in times:
                times[log.block_number] = self.chain.block_at(log.block_number).timestamp
            event = self.contract.type.index.decode_event(self.address, log.topics, log.data)
            if event is not None:
                self._apply(event.name, event.fields, times[log.block_number])

    def _apply(self, name: str, fields: Any, time: int) -> None:
        """Apply one event."""
        if name == "Moved":
            self._moved(fields, time)
        elif name == "Stepped":
            self._change(
                fields["id"], stepper=fields["stepper"], counter=fields["stepper"], step_index=fields["traceIndex"]
            )
        elif name in ("Resolved", "Settled"):
            counter = fields["counter"]
            changes = {"resolved": True, "counter": None if counter == ZERO_ADDRESS else counter}
            if name == "Settled":
                changes["settled"] = True
                self._burnt += fields["burnt"]
                self._credit(fields["winner"], fields["paid"])
            self._change(fields["id"], **changes)
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

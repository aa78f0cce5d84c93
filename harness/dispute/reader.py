"""Reads dispute games from L1: events make the view, so a fresh reader sees what an old one does."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.chain import Chain
from harness.chain.logs import FollowedLogs, MinedLog
from harness.contracts.bindings import Contract
from harness.dispute.positions import ROOT, Side, answer
from harness.dispute.view import ClaimId, ClaimView, GameView, L1Block, Outcome
from harness.errors import GoneByReorg
from harness.rollup.contracts import contract_type, read_rules

ZERO_ADDRESS = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class TakenBack:
    """L1 was taken back under a game: ``time`` is when that was seen, in seconds; of so many claims some were kept."""

    time: int
    claims: int
    kept: int


class GameReader:
    """The claims of one game, kept up with L1 block by block, and read anew when a reorg took a block that was read.

    ``since`` is an L1 block no later than the one that holds the game's first event.
    """

    def __init__(self, chain: Chain, address: str, since: int = 0) -> None:
        self.chain = chain
        self.contract: Contract = contract_type("DisputeGame").at(chain, address)
        self.address = self.contract.address
        self._logs = FollowedLogs(chain, address=self.address, since=since)
        self._rewritten = chain.rewritten
        self.taken_back: list[TakenBack] = []
        """What reorgs did to the game, as far as it was read before and after them."""
        self._forget()

    def start_over(self) -> None:
        """Read the game from the start the next time, as if it had never been read."""
        self.taken_back.clear()
        self._logs.forget()
        self._forget()

    def _forget(self) -> None:
        # What a game never changes is forgotten as well: another game may have come to be at the same address.
        self._fixed: dict[str, Any] | None = None
        self._last: tuple[Hashable, GameView] | None = None
        self._claims: list[ClaimView] = []
        self._numbers: dict[bytes, int] = {}
        self._refunded: set[int] = set()
        self._credits: dict[str, int] = {}
        self._burnt = 0
        self._outcome = Outcome.UNDECIDED

    def view(self, now: int | None = None) -> GameView:
        """The game as the head of L1 has it; ``now`` is the time of L1 unless given. Raises GoneByReorg."""
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
            **self._fixed,
        )
        self._last = (state, view)
        return view

    def exists(self) -> bool:
        """Whether L1 has the game, if only in the block that is being made."""
        return bool(self.chain.code(self.address))

    def _is_orphaned(self, assertion: bytes) -> bool:
        """Whether the parent of the disputed assertion is rejected, which ends an undecided game."""
        if self._outcome is not Outcome.UNDECIDED:
            return False
        return bool(self._assertions.parentRejected(assertion))

    def _read_fixed(self) -> dict[str, Any]:
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
        """Read what is new; the head up to which it was read."""
        self.chain.harden()
        lost, logs = self._logs.news()
        before = list(self._numbers) if lost else []
        if lost:
            self._forget()
        if self._rewritten != self.chain.rewritten:
            # An edit changes what the contract says, and no event.
            self._rewritten, self._fixed = self.chain.rewritten, None
        try:
            self._take(logs)
        except BaseException:
            # What was read in part only is read from the start the next time.
            self._logs.forget()
            self._forget()
            raise
        if before:
            kept = sum(id in self._numbers for id in before)
            self.taken_back.append(TakenBack(self.chain.now, len(before), kept))
        return self._logs.read_to

    def _take(self, logs: Sequence[MinedLog]) -> None:
        times: dict[int, int] = {}
        for log in logs:
            if log.block_number not in times:
                times[log.block_number] = self.chain.block_at(log.block_number).timestamp
            event = self.contract.type.index.decode_event(self.address, log.topics, log.data)
            if event is not None:
                self._apply(event.name, event.fields, times[log.block_number])

    def _apply(self, name: str, fields: Any, time: int) -> None:
        if name == "Moved":
            self._moved(fields, time)
        elif name == "Stepped":
            self._change(
                fields["id"], stepper=fields["stepper"], counter=fields["stepper"], step_index=fields["traceIndex"]
            )
        elif name in ("Resolved", "Settled"):
            counter = fields["counter"]
            fate = {"resolved": True, "counter": None if counter == ZERO_ADDRESS else counter}
            if name == "Settled":
                fate["settled"] = True
                self._burnt += fields["burnt"]
                self._credit(fields["winner"], fields["paid"])
            self._change(fields["id"], **fate)
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

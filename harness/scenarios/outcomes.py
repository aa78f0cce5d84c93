"""What came of a run's assertions and games, for the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.agents.proposer import Status
from harness.chain.values.codec import DecodedEvent
from harness.dispute.assertion_trace import STEP_BITS, STEP_MASK, AssertionTrace
from harness.dispute.counting import opcode_number, transaction_number
from harness.dispute.places import Places
from harness.dispute.positions import Side
from harness.dispute.view import ClaimView, GameView, Outcome
from harness.errors import GoneByReorg
from harness.rollup.errors import UnknownBatch
from harness.scenarios.recorder import Recorder
from harness.scenarios.records import AssertionRecord, ClaimRecord, GameRecord, PlaceRecord
from harness.testbed.games import GameHandle
from harness.testbed.rollup import Rollup

SIDES = {Side.NONE: "root", Side.ATTACK: "attack", Side.DEFEND: "defend"}


def place_of(truth: AssertionTrace, places: Places, index: int, *, is_step: bool = False) -> PlaceRecord:
    """Return where the machine is after ``index`` steps, or the step from there on."""
    number, step = index >> STEP_BITS, index & STEP_MASK
    if number >= len(truth.inputs):
        name = "IDLE" if is_step else None
        return PlaceRecord(index=index, name=name, words="the end of the range")
    trace = truth.input_trace(number)
    batch, nth = truth.batch_of[number].index, transaction_number(truth, number)
    report = places.step(index)
    opcode = opcode_number(trace, step) if is_step else None
    where = f"batch {batch}" + ("" if nth is None else f", transaction {nth}")
    if is_step:
        words = f"{report.code} ({where}, step {step})"
    elif step == 0 or step >= len(trace):
        words = f"{where}, at its {'end' if step else 'start'}"
    else:
        words = f"{where}, before step {step}: {report.code}"
    return PlaceRecord(
        index=index,
        batch=batch,
        transaction=nth,
        hash=None if report.transaction is None else f"0x{report.transaction.hex()}",
        step=step,
        opcode=opcode,
        name=report.opcode,
        contract=report.name or report.contract,
        line=report.line,
        words=words,
    )


@dataclass(slots=True)
class Witnessed:
    """The claims that games had before a reorg, by the games' addresses; a reorg may have taken them away for ever."""

    claims: dict[str, dict[bytes, ClaimView]] = field(default_factory=dict)

    def see(self, games: list[GameHandle]) -> None:
        """Remember the claims that games have now."""
        for game in games:
            try:
                seen = self.claims.setdefault(game.address, {})
                seen.update({claim.id: claim for claim in game.view.claims})
            except GoneByReorg:
                continue


@dataclass(slots=True)
class Teller:
    """Tells games and assertions of one rollup."""

    rollup: Rollup
    recorder: Recorder
    witnessed: Witnessed

    def assertions(self) -> tuple[AssertionRecord, ...]:
        """Return every assertion that L1 has, oldest first."""
        rollup = self.rollup
        games = dict(rollup.game_events())
        return tuple(self._assertion(bytes(event.id), games.get(bytes(event.id))) for event in self._events("Asserted"))

    def _events(self, name: str) -> Iterator[DecodedEvent]:
        for one in self.recorder.kept:
            for event in one.events:
                if event.name == name and event.address == self.rollup.assertions.address:
                    yield event

    def _assertion(self, id: bytes, game: str | None) -> AssertionRecord:
        rollup = self.rollup
        record = rollup.assertion(id)
        start = int(rollup.assertion(record.parent).end)
        known = record.end <= len(rollup.node.derived)
        right = bytes(record.root) == rollup.node.idle_after(record.end).root if known else None
        return AssertionRecord(
            id=_hex(id),
            parent=_hex(bytes(record.parent)),
            proposer=rollup.name_of(record.proposer),
            first_batch=start,
            last_batch=int(record.end) - 1,
            root=_hex(bytes(record.root)),
            right=right,
            status=Status(record.status).name.lower(),
            created=int(record.createdAt),
            bond=rollup.config.bond,
            settled=Status(record.status) is Status.CONFIRMED or int(record.beneficiary, 16) != 0,
            game=game,
        )

    def games(self) -> tuple[GameRecord, ...]:
        """Return every game that L1 has, oldest first."""
        return tuple(self.game(GameHandle(self.rollup, id, address)) for id, address in self.rollup.game_events())

    def game(self, handle: GameHandle) -> GameRecord:
        """Return what came of one game."""
        rollup, view = self.rollup, handle.view
        record = handle.assertion.record
        start, end = int(rollup.assertion(record.parent).end), int(record.end)
        try:
            truth = rollup.truths.of(start, end)
        except UnknownBatch:
            truth = None
        places = None if truth is None else Places(truth, rollup.l2.knowledge)
        stepped = next((claim for claim in view.claims if claim.step_index is not None), None)
        proven = None
        if stepped is not None and truth is not None and places is not None and stepped.step_index is not None:
            proven = place_of(truth, places, stepped.step_index, is_step=True)
        return GameRecord(
            address=view.address,
            assertion=_hex(handle.assertion.id),
            proposer=rollup.name_of(view.proposer),
            first_batch=start,
            last_batch=end - 1,
            outcome=view.outcome.name.lower(),
            winner=self._winner(view),
            opened=view.claims[1].time if len(view.claims) > 1 else view.root.time,
            decided=self._decided(view.address),
            max_clock=view.rules.max_clock,
            max_depth=view.rules.max_depth,
            proven=proven,
            prover=None if stepped is None or stepped.stepper is None else rollup.name_of(stepped.stepper),
            burnt=view.burnt,
            credits={rollup.name_of(account): wei for account, wei in view.credits.items() if wei},
            claims=tuple(self._claims(view, truth, places)),
        )

    def _winner(self, view: GameView) -> str | None:
        if view.outcome is Outcome.REJECTED:
            return self.rollup.name_of(view.root.counter or "") or None
        return self.rollup.name_of(view.proposer) if view.outcome is Outcome.UPHELD else None

    def _decided(self, address: str) -> int | None:
        times = (
            one.record.time
            for one in self.recorder.kept
            for event in one.events
            if event.name == "Decided" and event.address == address
        )
        return next(times, None)

    def _claims(self, view: GameView, truth: AssertionTrace | None, places: Places | None) -> Iterator[ClaimRecord]:
        here = {claim.id for claim in view.claims}
        lost = [claim for id, claim in self.witnessed.claims.get(view.address, {}).items() if id not in here]
        moved = self._moves(view.address)
        for number, claim in enumerate([*view.claims, *lost]):
            index = view.state(claim)
            place = PlaceRecord(index=index) if truth is None or places is None else place_of(truth, places, index)
            transaction, why = moved.get(claim.id, (None, ""))
            yield ClaimRecord(
                number=number,
                id=_hex(claim.id),
                parent=None if claim.is_root else claim.parent,
                side=SIDES[claim.side],  # type: ignore[arg-type]
                level=claim.depth,
                index=index,
                value=_hex(claim.value),
                mover=self.rollup.name_of(claim.claimant),
                bond=self.rollup.config.bond if claim.is_root else claim.bond,
                time=claim.time,
                used=claim.elapsed,
                place=place,
                outcome="open" if number >= len(here) else _outcome(view, claim),
                counter=None if claim.counter is None else self.rollup.name_of(claim.counter),
                settled=claim.settled or claim.number in view.refunded,
                transaction=transaction,
                why=why,
                lost=number >= len(here),
            )

    def _moves(self, address: str) -> dict[bytes, tuple[str, str]]:
        """Return the transaction that made each claim of a game, and why its mover sent it."""
        found = {}
        for one in self.recorder.sent:
            for event in one.events:
                if event.name == "Moved" and event.address == address:
                    by = one.record.by
                    found[bytes(event.id)] = (one.record.hash, "" if by is None else self.recorder.timeline[by].why)
        return found


def _outcome(view: GameView, claim: ClaimView) -> str:
    if claim.stepper is not None:
        return "disproven"
    if claim.resolved:
        return "stands" if claim.counter is None else "countered"
    return "open"


def _hex(data: bytes) -> str:
    return "0x" + bytes(data).hex()

"""The solver's rules, on views made by hand: no chain, no contract."""

from __future__ import annotations

from dataclasses import replace

from harness.dispute.actions import Move, Resolve, Step, Void
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import ROOT, Position, Side, answer, depth, state
from harness.dispute.solver import Judgement, play
from harness.dispute.view import NOWHERE, ClaimId, ClaimView, GameView, Outcome, claim_id
from harness.rollup.config import GameRules

GAME = "0x" + "11" * 20
RULES = GameRules(2, 1_000, 10, 20, 1)
BONDS = (10, 11, 12)
TRACE = CountingTrace(1, 1)
LIE = b"\x01" * 32


class Board:
    """Builds a view claim by claim."""

    def __init__(self, root: bytes = LIE) -> None:
        first = claim_id(GAME, ClaimId(bytes(32)), Side.NONE, root)
        self.claims = [ClaimView(0, first, 0, Side.NONE, ROOT, root, "proposer", 0, 0, 0)]

    def add(self, parent: int, side: Side, value: bytes, time: int = 0, elapsed: int = 0) -> int:
        above = self.claims[parent]
        number = len(self.claims)
        identity = claim_id(GAME, above.id, side, value)
        place = answer(above.position, side)
        self.claims.append(ClaimView(number, identity, parent, side, place, value, "x", 11, time, elapsed))
        return number

    def view(self, now: int = 1, outcome: Outcome = Outcome.UNDECIDED, orphaned: bool = False) -> GameView:
        return GameView(
            GAME, b"", TRACE.hash_at(0), self.claims[0].value, 1, RULES, BONDS, tuple(self.claims), outcome, now,
            orphaned,
        )  # fmt: skip


def test_positions() -> None:
    assert [answer(ROOT, Side.ATTACK), answer(Position(2), Side.DEFEND)] == [2, 6]
    assert [depth(Position(place)) for place in (1, 2, 6)] == [0, 1, 2]
    assert [state(Position(place), 2) for place in (1, 2, 4, 6)] == [4, 2, 1, 3]


def test_a_false_root_is_attacked_with_the_truth() -> None:
    (move,) = play(Board().view(), TRACE, "me")
    assert move == Move(GAME, b"", Board().claims[0].id, Side.ATTACK, TRACE.hash_at(2), 11, NOWHERE)


def test_a_true_root_is_left_alone() -> None:
    assert play(Board(TRACE.hash_at(4)).view(), TRACE, "me") == []


def test_a_move_that_is_there_is_not_made_again_whoever_made_it() -> None:
    board = Board()
    board.add(0, Side.ATTACK, TRACE.hash_at(2))
    assert play(board.view(), TRACE, "me") == []


def test_a_false_answer_to_a_sound_claim_is_stepped_against() -> None:
    board = Board()
    board.add(board.add(0, Side.ATTACK, TRACE.hash_at(2)), Side.ATTACK, LIE)
    (step,) = play(board.view(), TRACE, "me")
    assert isinstance(step, Step) and (step.side, step.trace_index) == (Side.ATTACK, 0)


def test_a_true_answer_to_a_sound_claim_is_poison_and_stepped_out_of() -> None:
    board = Board()
    board.add(board.add(0, Side.ATTACK, TRACE.hash_at(2)), Side.ATTACK, TRACE.hash_at(1))
    (step,) = play(board.view(), TRACE, "me")
    assert isinstance(step, Step) and (step.side, step.trace_index) == (Side.DEFEND, 1)


def test_a_later_freeloader_beside_a_sound_claim_is_left_alone() -> None:
    board = Board()
    board.add(0, Side.ATTACK, TRACE.hash_at(2))
    board.add(0, Side.ATTACK, LIE)
    assert play(board.view(), TRACE, "me") == []


def test_an_earlier_freeloader_is_countered() -> None:
    board = Board()
    free = board.add(0, Side.ATTACK, LIE)
    board.add(0, Side.ATTACK, TRACE.hash_at(2))
    (move,) = play(board.view(), TRACE, "me")
    assert isinstance(move, Move) and move.parent == board.claims[free].id and move.side is Side.ATTACK


def test_a_freeloader_on_a_path_without_time_is_left_alone() -> None:
    """What is to win is a bond of the other side's; what is to lose, if the player is away for a while, is its own."""
    board = Board(TRACE.hash_at(4))
    false = board.add(0, Side.ATTACK, LIE)
    judgement = Judgement(board.view(), TRACE, patience=500)
    assert [claim.number for claim in judgement.disputed] == [false]
    assert judgement.time_left(board.claims[false]) == 1_000


def test_a_freeloader_that_alone_counters_a_false_claim_is_left_alone() -> None:
    """The clock of the sound answer has run out: to counter the freeloader would save the false claim."""
    board = Board()
    board.add(0, Side.ATTACK, LIE, time=999)
    assert play(board.view(now=1_000), TRACE, "me") == []


def test_a_root_is_decided_as_soon_as_one_answer_stands_with_no_more_claims_than_that_takes() -> None:
    """The answer stands at 1,010. Junk beside it, whose clock runs on, is left for later."""
    board = Board()
    sound = board.add(0, Side.ATTACK, TRACE.hash_at(2), time=10)
    junk = board.add(0, Side.ATTACK, LIE, time=900)
    view = board.view(now=1_009)
    assert (view.decided_at, view.ends) == (1_010, 1_900)
    assert play(view, TRACE, "me") == []
    decide = play(board.view(now=1_010), TRACE, "me")
    assert decide == [Resolve(GAME, (board.claims[sound].id, board.claims[0].id))]
    for number in (0, sound):
        board.claims[number] = replace(board.claims[number], resolved=True)
    assert play(board.view(now=1_010, outcome=Outcome.REJECTED), TRACE, "me") == []
    settle = play(board.view(now=1_900, outcome=Outcome.REJECTED), TRACE, "me")
    assert settle == [
        Resolve(GAME, (board.claims[junk].id, board.claims[sound].id)), Resolve(GAME, (board.claims[0].id,))
    ]  # fmt: skip


def test_a_game_is_played_on_for_the_bonds_after_its_outcome() -> None:
    """Junk answers a sound claim once the root is decided: left alone, it would take that claim's bond."""
    board = Board()
    sound = board.add(0, Side.ATTACK, TRACE.hash_at(2), time=10)
    board.add(sound, Side.ATTACK, LIE, time=950)
    (step,) = play(board.view(now=960, outcome=Outcome.REJECTED), TRACE, "me")
    assert isinstance(step, Step) and step.claim == board.claims[2].id


def test_nothing_is_resolved_before_every_clock_has_run_out() -> None:
    board = Board()
    board.add(0, Side.ATTACK, TRACE.hash_at(2), time=10)
    assert not any(isinstance(action, Resolve) for action in play(board.view(now=1_009), TRACE, "me"))
    first, last = play(board.view(now=1_010), TRACE, "me")
    assert first == Resolve(GAME, (board.claims[1].id,))
    assert last == Resolve(GAME, (board.claims[0].id,))


def test_the_game_of_an_orphan_is_voided() -> None:
    assert play(Board().view(orphaned=True), TRACE, "me") == [Void(GAME)]


def test_a_decided_game_without_credit_asks_for_nothing() -> None:
    board = Board()
    board.claims[0] = replace(board.claims[0], resolved=True, settled=True)
    assert play(board.view(outcome=Outcome.UPHELD), TRACE, "me") == []


def test_a_late_move_keeps_its_extension() -> None:
    deep = GameRules(4, 1_000, 10, 20, 1)
    assert [deep.elapsed_after(995, level) for level in (1, 2, 3, 4)] == [990, 990, 980, 990]
    assert deep.elapsed_after(5, 3) == 5

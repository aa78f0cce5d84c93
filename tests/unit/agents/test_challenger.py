"""What a challenger decides, on views made by hand: no chain, no contract."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.agents.challenger import Accuser, Challenger, ChallengerView, GameInPlay, PendingAssertion
from harness.agents.proposer import Confirm, WithdrawBonds
from harness.agents.tactics import Knowledge
from harness.dispute.actions import Move, Open, Resolve
from harness.dispute.assertion_trace import END
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import ROOT, Side
from harness.dispute.trace import Trace
from harness.dispute.view import ClaimId, ClaimView, GameView, Outcome, claim_id
from harness.rollup.config import GameRules

TRUTH, LIE = CountingTrace(1, 1), CountingTrace(2, 1)
RIGHT, WRONG = TRUTH.hash_at(END), LIE.hash_at(END)
SEEN = (7, b"\x07" * 32)
GAME = "0x" + "11" * 20


@dataclass
class Counted:
    """A trace that counts how often it is asked."""

    asked: int = 0

    def hash_at(self, index: int) -> bytes:
        self.asked += 1
        return TRUTH.hash_at(index)

    def witness(self, index: int) -> bytes:
        raise AssertionError(index)


def pending(root: bytes, trace: Trace = TRUTH) -> PendingAssertion:
    return PendingAssertion(b"\x01" * 32, root, RIGHT, True, True, 100, Knowledge(trace, TRUTH, "me"))


def view(*assertions: PendingAssertion, now: int = 50, credit: int = 0) -> ChallengerView:
    return ChallengerView(now, SEEN, credit, (), assertions)


def test_a_wrong_assertion_is_disputed_with_the_true_middle() -> None:
    (action,) = Challenger().decide(view(pending(WRONG)))
    assert action == Open(b"\x01" * 32, TRUTH.hash_at(END // 2), SEEN)
    assert isinstance(action, Open) and action.seen == SEEN


def test_what_is_right_or_unknown_or_stands_on_what_is_wrong_is_left_alone() -> None:
    wrong = pending(WRONG)
    others = (
        pending(RIGHT),
        replace(wrong, right_root=None),
        replace(wrong, is_parent_right=False),
        replace(wrong, is_disputable=False),
    )
    for each in others:
        assert Challenger().decide(view(each)) == []


def test_what_is_right_is_confirmed_in_its_time() -> None:
    assert Challenger().decide(view(pending(RIGHT), now=99)) == []
    assert Challenger().decide(view(pending(RIGHT), now=100)) == [Confirm(b"\x01" * 32)]
    assert Challenger(confirms=False).decide(view(pending(RIGHT), now=100)) == []
    assert Challenger().wakes_at(view(pending(RIGHT), now=99)) == 100
    assert Challenger().wakes_at(view(pending(RIGHT), now=100)) is None
    assert Challenger().wakes_at(view(pending(WRONG), now=99)) is None


def test_an_honest_one_records_nothing_of_a_range_that_nobody_disputes() -> None:
    trace = Counted()
    Challenger().decide(view(pending(RIGHT, trace), now=100))
    assert trace.asked == 0


def test_credited_bonds_are_taken_first() -> None:
    assert Challenger().decide(view(pending(WRONG), credit=1))[0] == WithdrawBonds()


def test_a_liar_confirms_its_own_root_and_accuses_only_as_an_accuser() -> None:
    def lie(_: Trace) -> Trace:
        return LIE

    right, wrong = pending(RIGHT, LIE), pending(WRONG, LIE)
    assert Challenger(lie).decide(view(right, now=100)) == []
    assert Challenger(lie).decide(view(replace(wrong, is_disputable=False), now=100)) == [Confirm(b"\x01" * 32)]
    assert [type(action) for action in Accuser(lie).decide(view(right))] == [Open]
    assert Accuser(lie).decide(view(wrong)) == []
    assert Accuser(lie, opens=False).decide(view(right)) == []


def test_it_answers_in_games_and_resolves_them() -> None:
    rules = GameRules(2, 1_000, 10, 20, 1)
    root = ClaimView(0, claim_id(GAME, ClaimId(bytes(32)), Side.NONE, WRONG), 0, Side.NONE, ROOT, WRONG, "p", 0, 0, 0)
    game = GameView(GAME, b"", TRUTH.hash_at(0), WRONG, 1, rules, (1, 1, 1), (root,), Outcome.UNDECIDED, 1)
    know = Knowledge(TRUTH, TRUTH, "me")

    def decide(at: int) -> list[type]:
        shown = GameInPlay(replace(game, now=at), know)
        return [type(action) for action in Challenger().decide(ChallengerView(at, SEEN, games=(shown,)))]

    assert decide(1) == [Move]
    assert decide(1_000) == [Resolve]
    assert Challenger().wakes_at(ChallengerView(1, SEEN, games=(GameInPlay(game, know),))) == 1_000

"""Attacks on clocks: each boundary at one second before, at, and one second after."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from harness.adapters.channel import State
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.ring import Ring
from harness.attack.channel.states import stale_of
from harness.attack.oracle import BOUND, COUNTS

SLACK = 10
"""Seconds, or blocks, that the calls before a close take."""


def closed(ring: Ring) -> int:
    """Let the cheat close with the old state; return the deadline of the answer.

    Raises NotApplicable if the contract states no deadline, or takes no old state though only a close starts its clock.
    """
    stale = stale_of(ring)
    try:
        if not ring.submit("a close with an old state", stale, ring.signatures(stale), ring.cheat):
            raise NotApplicable(f"an old state cannot be submitted: {ring.stopped[-1]}")
    except NotApplicable:
        if not ring.adapter.fixed_expiry:
            raise
    until = ring.deadline(ring.channel)
    if until is None:
        raise NotApplicable("the contract states no deadline")
    return until


def _answered(ring: Ring, before: int) -> str:
    until = closed(ring)
    ring.wait_until(until - before)
    if refused := ring.answer():
        ring.broken(COUNTS, f"an answer {before} seconds before the stated last second is refused: {refused}")
    return ring.judge()


def _last_second(ring: Ring) -> str:
    return _answered(ring, 0)


def _second_before(ring: Ring) -> str:
    return _answered(ring, 1)


def _settled_ahead(ring: Ring) -> str:
    """Settle in the last second to answer, ahead of the honest answer in the same block."""
    until = closed(ring)
    ring.wait_until(until)
    ring.race(
        "a settlement in the last second, ahead of the answer",
        lambda: ring.call("settle", ring.channel, ring.cheat),
        lambda: ring.call("submit", ring.channel, ring.newest, ring.signatures(ring.newest), ring.honest),
    )
    return ring.judge(answers=False)


def _settled_otherwise(ring: Ring) -> str:
    """Settle by another state than the posted one: an old one, and one that nobody signed."""
    ring.must_have("settle_with")
    stale = stale_of(ring)
    ring.answer()
    ring.wait_for_deadline(ring.channel, after=1)
    for state in (ring.state(3, 0), stale, ring.state(ring.newest.version, 0)):
        ring.move("a settlement by another state", "settle_with", ring.channel, state, ring.cheat)
    return ring.judge(answers=False)


def _early(ring: Ring) -> str:
    """Settle before any close, a second after the close, and in the middle of the window."""
    with ring.trial():
        if ring.move("a settlement without a close", "settle", ring.channel, ring.cheat):
            ring.judge()
    until = closed(ring)
    for left in (until - ring.now, (until - ring.now) // 2, 1):
        if ring.now < until - left:
            ring.wait_until(until - left)
        ring.move("an early settlement", "settle", ring.channel, ring.cheat)
    return ring.judge()


def _late(ring: Ring) -> str:
    """Answer one second after the last one, with a newer state that both signed."""
    if ring.adapter.answers_until_settled:
        raise NotApplicable("answers count until somebody settles")
    newer, until = ring.newest, closed(ring)
    for after in (1, 2, ring.hour):
        ring.wait_until(until + after)
        for who in (ring.cheat, ring.honest):
            with ring.trial():
                if ring.submit("a late answer", newer, ring.signatures(newer), who):
                    ring.broken(COUNTS, f"an answer counts {after} seconds after the stated last second")
    # Nobody answered in time, so the old state stands.
    return ring.judge(due=0, answers=False)


def _first_to_settle(ring: Ring) -> str:
    """See that the settlement works in the first second after the last one to answer."""
    until = closed(ring)
    ring.answer()
    until = ring.deadline(ring.channel) or until
    ring.wait_until(until + 1)
    refused = ring.attempt("settle", ring.channel, ring.honest)
    # An answer may have ended the channel at once.
    if ring.adapter.window is not None and refused and not ring.has_ended():
        ring.broken(BOUND, f"the settlement is refused in the first second after the window: {refused}")
    return ring.judge()


def _drawn_out(ring: Ring) -> str:
    """Answer again and again, in the last second or one before it, to draw the settlement out."""
    if ring.adapter.window is None:
        raise NotApplicable("the contract states no bound of its settlement")
    ladder = [stale_of(ring), *(ring.agree(ring.state(version, 8)) for version in range(3, 8))]
    with ring.trial():  # an answer in the last second leaves the honest party none, so that nobody judges
        _answer_on(ring, ladder, ring.adapter.window, after=0)
    _answer_on(ring, ladder, ring.adapter.window, after=-1)
    return ring.judge()


def _answer_on(ring: Ring, ladder: Sequence[State], window: int, after: int) -> None:
    """Answer so many seconds after the last one to answer, as long as that moves; raises Found if it moves too far."""
    began, until = ring.now, 0
    for state in ladder:
        ring.submit("one more answer", state, ring.signatures(state), ring.cheat)
        if (now := ring.deadline(ring.channel) or 0) <= until:
            break  # Nothing is drawn out, and who answers before the last second leaves that to the honest party.
        until = now
        if until > began + window + len(ladder):
            ring.broken(BOUND, f"{len(ladder)} answers move the deadline beyond the window of {window} s")
        ring.wait_for_deadline(ring.channel, after)


def _cut_short(ring: Ring) -> str:
    """Close and answer with old states, so that the honest party has less time than the close gave it."""
    stale = stale_of(ring)
    middle = ring.agree(ring.state(3, 3))
    ring.agree(ring.state(4, 8))
    until = closed(ring)
    ring.wait((until - ring.now) // 2)
    ring.submit("an answer with another old state", middle, ring.signatures(middle), ring.cheat)
    ring.move("an early settlement", "settle", ring.channel, ring.cheat)
    ring.submit("the first old state again", stale, ring.signatures(stale), ring.cheat)
    if ring.now < until:
        ring.wait_until(until)
    return ring.judge()


def _away(ring: Ring) -> str:
    """Close with an old state while nobody answers; the money must get out all the same."""
    closed(ring)
    return ring.judge(due=0, answers=False)


def _restarted(ring: Ring) -> str:
    """Close and answer again after the channel is settled, and once more after it is paid."""
    stale = stale_of(ring)
    ring.answer()
    ring.end(ring.channel, ring.honest)
    for _ in range(2):
        for state in (ring.newest, stale):
            ring.submit("a close of a settled channel", state, ring.signatures(state), ring.cheat)
        ring.move("a second settlement", "settle", ring.channel, ring.cheat)
        ring.take(ring.channel, (ring.cheat,))
    return ring.judge()


def _double_close(ring: Ring) -> str:
    """Take the honest party's money by settling twice and being paid twice."""
    stale_of(ring)
    ring.answer()
    ring.end(ring.channel, ring.honest)
    for _ in range(3):
        ring.move("a second settlement", "settle", ring.channel, ring.cheat)
        ring.try_move("a second payout", "withdraw", ring.channel, ring.cheat, ring.cheat)
        with ring.extreme("a payout of a stranger"):
            ring.try_move("a payout by a stranger", "withdraw", ring.channel, ring.sybil, ring.sybil)
    return ring.judge()


def _side_by_side(ring: Ring) -> str:
    """End two channels of the honest party before it is paid for either."""
    ring.must_have("withdraw")
    other, half = ring.open_another(partner=ring.sybil), sum(ring.deposits) // 2
    state = State(2, ring.ordered(half, sum(ring.deposits) - half))
    mine = ring.agree_on(other, state)
    pair = ring.ordered(mine, ring.sign(state, ring.sybil, other))
    ring.answer()
    ring.attempt("submit", other, state, pair, ring.honest)
    for channel in (ring.channel, other):
        ring.end(channel, ring.honest)
    return ring.judge(due=ring.entitled() + half)


def _calls_again(ring: Ring) -> str:
    """Send each call that the contracts have had once more: in the last second, after the settlement, after the payout.

    The channel is judged after each call that went through.
    """
    if ring.stale is not None:
        ring.try_move("a close", "submit", ring.channel, ring.stale, ring.signatures(ring.stale), ring.cheat)
    ring.answer()
    ring.wait_for_deadline(ring.channel)
    _each_again(ring, answers=False)
    ring.end(ring.channel, ring.honest)
    _each_again(ring)
    ring.take(ring.channel, (ring.honest, ring.cheat))
    _each_again(ring)
    return ring.judge()


def _closed_anew(ring: Ring) -> str:
    """Close by the calls that start a close, in the last second of the honest close and in the two after it."""
    stale, before, began = stale_of(ring), len(ring.tape.calls), ring.now
    with ring.trial():
        ring.submit("a close with an old state", stale, ring.signatures(stale), ring.cheat)
        calls = tuple(ring.tape.calls[before:])
    ring.answer()
    for after in (0, 1, 2):
        ring.wait_for_deadline(ring.channel, after)
        for call, who in product(calls, (ring.cheat, ring.sybil)):
            with ring.trial():
                if not ring.replay(call, who):
                    continue
                window, until = ring.adapter.window, ring.deadline(ring.channel) or 0
                if window is not None and until > began + window + SLACK:
                    ring.broken(BOUND, f"a second close moves the deadline beyond the window of {window} s")
                ring.judge(answers=False)
    return ring.judge(answers=False)


def _each_again(ring: Ring, *, answers: bool = True) -> None:
    for call in tuple(ring.tape.calls):
        for who in (ring.cheat, ring.sybil):
            with ring.trial():
                if ring.replay(call, who):
                    ring.judge(answers=answers)


ATTACKS: tuple[Attack, ...] = (
    entry("answer-in-the-last-second", "An answer in the last second does not count.", _last_second),
    entry("answer-a-second-before", "An answer a second before the last one does not count.", _second_before),
    entry("settle-in-the-last-second", "A close settles while an answer still counts.", _settled_ahead),
    entry("settle-by-another-state", "A settlement counts by a state that was not posted.", _settled_otherwise),
    entry("settle-early", "A close settles before the window is over.", _early),
    entry("answer-late", "An answer counts after the window is over.", _late),
    entry("settle-on-time", "A settlement does not work when the window is over.", _first_to_settle),
    entry("draw-out", "Answers move the deadline beyond the stated bound.", _drawn_out),
    entry("cut-short", "The cheat's moves take the time to answer away.", _cut_short),
    entry("nobody-answers", "A close that nobody answers locks the money.", _away),
    entry("close-again", "A channel that has ended is closed again.", _restarted),
    entry("close-anew", "A close starts while another one runs.", _closed_anew),
    entry("side-by-side", "A channel that ends changes what another one owes.", _side_by_side),
    entry("calls-again", "A call that the contract has had counts once more.", _calls_again),
    entry("settle-again", "A settlement or a payout counts twice.", _double_close),
)

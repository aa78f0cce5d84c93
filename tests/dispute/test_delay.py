"""What a day of delay costs: each attack that holds a decision up, the days that it buys and the ether that it pays.

The rules are a rollup's own: clocks of 84 hours, a challenge period of 7 days, a bond of 1 ether, of which a quarter is
burnt. The table of the guide "disputes" is what is measured here, beside what the same attacks bought at ff042e3.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from harness.agents.lies.claims import WrongFrom
from harness.agents.tactics import Copier, Knowledge, LastSecond, Silent, Sound, Tactic
from harness.chain import Chain, open_chain
from harness.dispute.actions import Action, Move
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import Side
from harness.dispute.view import GameView, Outcome
from harness.fuzz.arena import Arena, Match
from harness.primitives.hashing import keccak256
from harness.rollup.config import DAY, RollupConfig
from tests.support.guide_tables import check_table, markdown

CONFIG = RollupConfig()
ETHER = 10**18
SHARE = CONFIG.burnt_share / 10_000
CLOCK = CONFIG.games.max_clock / DAY
LOWEST_PRICE = 0.07 * ETHER
"""Wei for a day of delay that no attack gets below, at a bond of 1 ether."""


@dataclass(frozen=True, slots=True)
class FirstMoves:
    """Makes the first ``count`` moves of the inner tactic, and none after them."""

    inner: Tactic
    count: int

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        made = sum(claim.claimant == know.account for claim in view.claims[1:])
        actions = self.inner.decide(view, know)
        return [action for action in actions if not isinstance(action, Move) or made < self.count]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        made = sum(claim.claimant == know.account for claim in view.claims[1:])
        return self.inner.wakes(view, know) if made < self.count else None


@dataclass(frozen=True, slots=True)
class Bought:
    """What an attack bought: the outcome, the days of delay, and the wei that the attackers are short of, gas not
    counted; the same of the honest player.
    """

    view: GameView
    days: float
    paid: int
    honest: int

    @property
    def price(self) -> float:
        """Wei for a day."""
        return self.paid / self.days


def attack(l1: Chain, accounts: Any, *, honest_root: bool, moves: int, itself: bool) -> Bought:
    """Hold up a decision: with a false challenge in the last second of a true root's period, or with a false rival that
    is asserted in the last second in which it may be.

    The liar makes ``moves`` late moves besides. It counters its own claims, ahead of the honest player, if ``itself``.
    """
    arena = Arena.deploy(l1, bond=CONFIG.bond, burnt_share=CONFIG.burnt_share)
    truth, bob, mallory, partner = CountingTrace(5, 3), accounts.bob, accounts.mallory, accounts.dave
    lie = lambda trace: WrongFrom(trace, 0)  # noqa: E731
    claimed, proposer = (truth, bob) if honest_root else (lie(truth), mallory)
    made = Match(arena, arena.claim(claimed, 3, proposer), [], truth)
    begins = l1.now if not honest_root else l1.now + CONFIG.period
    arena.table.setUntil(made.assertion, l1.now + CONFIG.period, sender=accounts.victor)
    before = {account: l1.balance(account) for account in (bob, mallory, partner)}
    liar = made.seat(mallory, FirstMoves(LastSecond(Sound()), moves + honest_root), lie)
    copier = made.seat(partner, Copier(Silent()))
    if not itself:
        made.seats.remove(copier)
    good = made.seat(bob, Sound(patience=0))
    good.honest = True
    if honest_root:
        l1.warp(to=begins - 60)
    made.open(liar if honest_root else (copier if itself else good))
    view = made.run()
    assert view.outcome is (Outcome.UPHELD if honest_root else Outcome.REJECTED)
    made.check_conserved()
    lost = {account: before[account] - l1.balance(account) - made.paid(account) for account in before}
    attackers, honest = lost[mallory] + lost[partner], lost[bob]
    if not honest_root:
        # The bond of a false rival: the chain of assertions, for which a table stands here, pays the winner.
        left = CONFIG.bond - int(CONFIG.bond * SHARE)
        attackers += CONFIG.bond - (left if itself else 0)
        honest -= 0 if itself else left
    return Bought(view, (made.decided - begins) / DAY, attackers, honest)


ATTACKS = [(root, itself, moves) for root in (True, False) for itself in (False, True) for moves in (0, 1, 2, 5)]


def name(honest_root: bool, itself: bool, moves: int) -> str:
    kind = "false challenge" if honest_root else "false rival"
    late = f", {moves} late move{'s' * (moves > 1)}" if moves else ""
    return f"{kind}{late}, countered by {'the liar itself' if itself else 'the honest side'}"


@pytest.mark.parametrize(("honest_root", "itself", "moves"), ATTACKS, ids=str)
def test_a_day_of_delay_costs_no_less_than_the_guide_says(
    honest_root: bool, itself: bool, moves: int, l1: Chain, accounts: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """At ff042e3 a false challenge of a true root bought 3.5 days for 0.0205 ether. Where the liar countered its own
    claims first, that and a false rival bought 3.5 days for nothing but gas, and 7.5 with five late moves.
    """
    bought = attack(l1, accounts, honest_root=honest_root, moves=moves, itself=itself)
    with capsys.disabled():
        words = f"{bought.days:.2f} days for {bought.paid / ETHER:.4f} ether: {bought.price / ETHER:.4f} a day"
        print(f"\n  {name(honest_root, itself, moves)}: {words}")
    assert bought.price >= LOWEST_PRICE
    assert bought.honest <= 0
    late = moves * CONFIG.games.extension / DAY
    assert CLOCK - 0.01 < bought.days < CLOCK + late + 0.02
    if not moves:
        assert bought.paid == CONFIG.bond * (SHARE if itself else 1)


def junk(*parts: object) -> bytes:
    return keccak256(repr(parts).encode())


def beside_the_honest_attack(l1: Chain, accounts: Any, siblings: int) -> Bought:
    """Attack a false root with junk beside the honest attack; the days are those until it is rejected."""
    arena = Arena.deploy(l1, bond=CONFIG.bond, burnt_share=CONFIG.burnt_share)
    truth = CountingTrace(5, 3)
    made = Match(arena, arena.claim(WrongFrom(truth, 0), 3, accounts.mallory), [], truth)
    start = l1.now
    arena.table.setUntil(made.assertion, start + CONFIG.period, sender=accounts.victor)
    good = made.seat(accounts.bob, Sound())
    good.honest = True
    made.seat(accounts.mallory, Siblings(siblings, start))
    before = {account: l1.balance(account) for account in (accounts.bob, accounts.mallory)}
    made.open(good)
    view = made.run()
    assert view.outcome is Outcome.REJECTED
    assert len(view.claims) == 2 + siblings
    assert view.root.counter == accounts.bob.address
    assert (l1.now - start) / DAY < (10.51 if siblings else 3.51)  # Only their own bonds wait.
    honest, attackers = (before[account] - l1.balance(account) - made.paid(account) for account in before)
    return Bought(view, (made.decided - start) / DAY, attackers, honest)


@pytest.mark.parametrize("siblings", [0, 1, 2, 5])
def test_junk_claims_beside_the_honest_attack_buy_no_delay(siblings: int, l1: Chain, accounts: Any) -> None:
    """At ff042e3 two of them moved the decision from 3.5 days to 10.5, and both bonds of 0.0205 ether came back."""
    bought = beside_the_honest_attack(l1, accounts, siblings)
    assert bought.days == pytest.approx(CLOCK, abs=0.001)
    assert (bought.honest, bought.paid) == (0, 0)


BEFORE = {
    (True, False, 0): (3.5, 0.0205), (True, True, 0): (3.5, 0), (True, True, 1): (7.0, 0), (True, True, 5): (7.5, 0),
    (False, False, 0): (3.5, 1), (False, True, 0): (3.5, 0), (False, True, 1): (7.0, 0), (False, True, 5): (7.5, 0),
}  # fmt: skip
"""Days and ether of these attacks, as they were played on the contracts of ff042e3."""

JUNK_BEFORE = {1: 3.5, 2: 7.0, 5: 7.0}
"""Days beyond the clock of the root that so many junk claims bought there, for nothing but gas."""


def test_the_guide_shows_what_each_attack_buys_and_what_it_bought_before() -> None:
    rows = []
    for (honest_root, itself, moves), (days_before, before) in BEFORE.items():
        with open_chain("py-evm") as l1:
            bought = attack(l1, l1.accounts, honest_root=honest_root, moves=moves, itself=itself)
        assert bought.price >= LOWEST_PRICE
        rows.append(_row(name(honest_root, itself, moves), days_before, before, bought.days, bought.paid / ETHER))
    for siblings, days_before in JUNK_BEFORE.items():
        with open_chain("py-evm") as l1:
            bought = beside_the_honest_attack(l1, l1.accounts, siblings)
        what = f"junk beside the honest attack, {siblings} claim{'s' * (siblings > 1)}"
        rows.append(_row(what, days_before, 0, round(bought.days - CLOCK, 3), bought.paid / ETHER))
    head = ("attack", "days, before", "ether, before", "days", "ether", "ether a day, before", "ether a day")
    check_table("disputes", "delay", markdown(head, rows))


def _row(what: str, days_before: float, before: float, days: float, paid: float) -> tuple[str, ...]:
    price = f"{paid / days:.3f}" if days else "no day to buy"
    return (
        what, f"{days_before:.1f}", f"{before:.2f}", f"{days:.1f}", f"{paid:.2f}", f"{before / days_before:.3f}", price
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Siblings:
    """Attacks the root with junk beside the honest attack: ``count`` times, as late as each keeps the root's clock."""

    count: int
    start: int

    def _due(self, view: GameView) -> list[tuple[int, Move]]:
        first = view.deadline(view.claims[1]) - 60
        times = [first - 60 * number for number in range(max(1, self.count - 1))] + [view.deadline(view.root) - 60]
        moves = [
            Move(view.address, view.assertion, view.root.id, Side.ATTACK, junk(number), view.bond(view.root), view.seen)
            for number in range(self.count)
        ]
        made = {claim.value for claim in view.claims}
        return [(at, move) for at, move in zip(times, moves, strict=False) if move.value not in made]

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        if view.over:
            return Silent().decide(view, know)
        if view.root.settled:
            return []
        return [move for at, move in self._due(view) if at <= view.now and view.running(view.root)]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return min((at for at, _ in self._due(view) if at > view.now), default=None)


def test_junk_on_every_level_delays_no_decision_either(l1: Chain, accounts: Any) -> None:
    """Beside each sound claim that it sees the liar puts a late one of its own, on the claim that both answer."""
    decided = []
    for sibling in (False, True):
        mark = l1.snapshot()
        rules = replace(CONFIG.games, max_depth=6)
        arena = Arena.deploy(l1, rules)
        truth = CountingTrace(5, 3)
        lie = lambda trace: WrongFrom(trace, 9)  # noqa: E731
        made = Match(arena, arena.claim(lie(truth), 3, accounts.mallory), [], truth)
        good = made.seat(accounts.bob, Sound())
        good.honest = True
        made.seat(accounts.mallory, Beside(Sound()) if sibling else Sound(), lie)
        made.open(good)
        view = made.run()
        assert view.outcome is Outcome.REJECTED
        assert len(view.claims) > (12 if sibling else 6)
        decided.append(made.decided - made.opened)
        l1.restore(mark)
    assert decided[1] <= decided[0] + 60


@dataclass(frozen=True, slots=True)
class Beside:
    """Puts junk beside every claim of others, in the last minute of the clock of what it answers."""

    inner: Tactic

    def _extra(self, view: GameView, know: Knowledge) -> Iterator[tuple[int, Move]]:
        for claim in view.claims[1:]:
            parent = view.parent(claim)
            value = junk(claim.id)
            known = view.find(view.answer_id(parent, claim.side, value))
            if claim.claimant != know.account and known is None and view.running(parent):
                move = Move(
                    view.address, view.assertion, parent.id, claim.side, value, view.bond(parent), view.seen
                )  # fmt: skip
                yield view.deadline(parent) - 60, move

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        late = [] if view.root.settled else [move for at, move in self._extra(view, know) if at <= view.now]
        return [*late, *self.inner.decide(view, know)]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return min((at for at, _ in self._extra(view, know) if at > view.now), default=None)

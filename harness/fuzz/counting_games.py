"""Dispute games drawn from a seed, and the promises that each of them must keep."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from harness.agents.lies.claims import AllZero, TraceLie, WrongAtRandom, WrongFrom, WrongLevel
from harness.agents.receivers import GasBurningReceiver, ReentrantReceiver, UnpayableReceiver, WalletPlayer
from harness.agents.tactics import (
    BondExhaustion,
    ClockGriefer,
    Copier,
    Extra,
    Freeloader,
    LastSecond,
    Poisoner,
    Repeater,
    Silent,
    Sound,
    Sybils,
    Tactic,
    ZeroClaims,
)
from harness.chain import Chain
from harness.chain.values.accounts import Account
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.view import GameView, Outcome
from harness.fuzz.arena import Arena, GameFault, Match, Seat
from harness.fuzz.cases import check_names
from harness.fuzz.disturbances import Disturbances, Striker, draw_disturbances
from harness.primitives.hashing import word
from harness.rollup.config import GameRules

UPHELD, REJECTED = 3, 4
"""Statuses of assertions in the table."""


@dataclass(frozen=True, slots=True)
class GameCase:
    """One game as plain data. ``name`` is what a failure prints."""

    index: int
    depth: int
    honest_root: bool
    lie: str
    tactics: tuple[str, ...]
    disturbances: Disturbances
    slots: int
    payee: str
    seed: int

    def __post_init__(self) -> None:
        check_names("lie", [self.lie], LIES)
        check_names("tactic", self.tactics, (*TACTICS, SILENT))
        check_names("payee", [self.payee], (*PAYEES, ITSELF))
        if self.slots < 1:
            raise ValueError(f"slots is {self.slots}, expected 1 or more")
        if self.depth not in RULES:
            raise ValueError(f"the depth is {self.depth}, expected {min(RULES)} to {max(RULES)}")

    @property
    def tags(self) -> dict[str, tuple[str, ...]]:
        """What was drawn, by heading."""
        return {
            "on": ("a counting machine",),
            "liar": ("challenger" if self.honest_root else "proposer",),
            "lie": (LIES[self.lie],),
            "tactic": self.tactics or ("none",),
            "an ally is paid": (self.payee,),
            "honest side": ("away at times" if self.disturbances.offline else "always there",),
        }

    @property
    def name(self) -> str:
        who = "a lying proposer" if not self.honest_root else "a lying challenger"
        return (
            f"game {self.index}: depth {self.depth}, {who} ({self.lie}; {', '.join(self.tactics)}), "
            f"{self.slots} transactions a turn{self.disturbances}"
        )


AWAY = 17_000
"""Most seconds for which the honest side is away: half of its clock, less some blocks."""

LIES = {
    "from": "made up",
    "random": "random",
    "zero": "zero",
    "level": "one level",
    "last": "root",
    "first": "from the first step on",
}
"""The name of each lie in the summary, as for games on a rollup."""

TACTICS: dict[str, Callable[[Tactic], Tactic]] = {
    "bond exhaustion": BondExhaustion,
    "poisoner": Poisoner,
    "freeloader": Freeloader,
    "sybils": Sybils,
    "zero claims": ZeroClaims,
    "clock griefer": ClockGriefer,
    "copier": Copier,
    "last second": LastSecond,
    "repeater": Repeater,
}
PAYEES: dict[str, type[WalletPlayer]] = {
    "a re-entrant contract": ReentrantReceiver,
    "a contract that refuses": UnpayableReceiver,
    "a contract that burns gas": GasBurningReceiver,
}
ITSELF = "itself"
SILENT = "silent"
STAKE = 10**19
"""Wei that such a contract has for bonds."""

RULES = {
    depth: GameRules(max_depth=depth, max_clock=36_000, extension=1200, step_extension=2400) for depth in range(2, 41)
}


def draw(seed: int, index: int) -> GameCase:
    """Return the case of a seed with this index. Each case is drawn on its own, so that it can be played alone."""
    rng = random.Random(f"games {seed} {index}")
    depth = rng.choice((2, 3, 4, 4, 5, 6, 6, 8, 10, 40 if rng.random() < 0.3 else 12))
    tactics = draw_tactics(rng)
    disturbances = draw_disturbances(rng, AWAY, turns=12, depth=4)
    return GameCase(
        index,
        depth,
        rng.random() < 0.4,
        rng.choice(sorted(LIES)),
        tactics,
        disturbances,
        rng.choice((1, 3, 1000)),
        rng.choice(sorted(PAYEES)) if rng.random() < 0.3 else ITSELF,
        seed,
    )


def draw_tactics(rng: random.Random) -> tuple[str, ...]:
    """Return the names of up to three tactics, the innermost first, or that of the silent one."""
    count = rng.choice((0, 1, 1, 2, 2, 3))
    return tuple(rng.sample(sorted(TACTICS), count)) if rng.random() > 0.08 else (SILENT,)


def lie_of(case: GameCase, salt: bytes) -> TraceLie:
    """Return the lie that a case names."""
    rng = random.Random(f"lie {case.seed} {case.index}")
    end = 1 << case.depth
    last = {"last": end - 1, "first": 0}.get(case.lie, rng.randrange(end))
    level = 1 << rng.randrange(case.depth)
    lies: dict[str, TraceLie] = {
        "random": lambda truth: WrongAtRandom(truth, last, end, salt),
        "zero": AllZero,
        "level": lambda truth: WrongFrom(WrongLevel(truth, level, salt), end - 1, salt),
    }
    return lies.get(case.lie, lambda truth: WrongFrom(truth, last, salt))


def tactic_of(names: Sequence[str], budget: int = 16) -> Tactic:
    """Return the named tactics, each wrapped by the next.

    Each that makes claims of its own makes at most ``budget``.
    """
    if SILENT in names:
        return Silent()
    tactic: Tactic = Sound()
    for name in names:
        tactic = TACTICS[name](tactic)
        if isinstance(tactic, Extra):
            tactic = replace(tactic, budget=budget)
    return tactic


def play(chain: Chain, case: GameCase) -> Counter[str]:
    """Play a case to its end on a fresh arena; return which disturbances happened.

    Raises GameFault if the game breaks a promise.
    """
    arena = Arena.deploy(chain, RULES[case.depth])
    truth = CountingTrace(case.index, case.seed % 1000)
    lie = lie_of(case, word(case.index))
    accounts = chain.accounts
    honest, liar, ally = accounts.bob, accounts.carol, accounts.dave
    proposer = honest if case.honest_root else liar
    claimed = truth if case.honest_root else lie(truth)
    assertion = arena.claim(claimed, truth.end_batch, proposer)
    match = Match(arena, assertion, [], truth)
    good = match.seat(honest, Sound(), offline=case.disturbances.offline, slots=case.slots)
    good.honest = True
    bad = match.seat(liar, tactic_of(case.tactics), lie)
    other = match.seat(ally, tactic_of(case.tactics), lie_of(case, word(case.index + 1)))
    if case.honest_root:
        match.seats.reverse()
    before = {seat.account: chain.balance(seat.account) for seat in match.seats}
    rng = random.Random(f"disturbances {case.seed} {case.index}")
    start = chain.block_number
    stop = chain.on_transaction(lambda *_: match.check_conserved() if match.game else None)
    try:
        match.open(bad if case.honest_root else good)
        if case.payee in PAYEES:
            factory = arena.factory.address
            wallet = PAYEES[case.payee](chain, factory, ally, match.game, STAKE, match.readers)
            other.player, other.know = wallet, replace(other.know, account=wallet.identity)
            start = chain.block_number
        striker = Striker(chain, accounts.victor, case.disturbances, rng, start, start)
        match.after_turn = lambda _: striker.strike()
        view = match.run()
    finally:
        stop()
    check(case, match, view, good, before)
    return striker.struck


def check(case: GameCase, match: Match, view: GameView, good: Seat, before: dict[Account, int]) -> None:
    """Raise unless the right side won in time and the honest player lost nothing but gas."""
    expected = Outcome.UPHELD if case.honest_root else Outcome.REJECTED
    if view.outcome is not expected:
        raise GameFault(f"{case.name}: {view.outcome.name}, expected {expected.name}")
    if not view.over:
        raise GameFault(f"{case.name}: bonds are not settled")
    status = int(match.arena.table.entries(match.assertion).status)
    if status != (UPHELD if case.honest_root else REJECTED):
        raise GameFault(f"{case.name}: the assertion's status is {status}")
    kept = match.chain.balance(good.account) + match.paid(good.account)
    if kept < before[good.account]:
        raise GameFault(f"{case.name}: the honest player lost {before[good.account] - kept} wei beyond gas")
    if view.locked != match.chain.balance(view.address):
        raise GameFault(f"{case.name}: {match.chain.balance(view.address)} wei held, {view.locked} wei owed")
    taken = match.chain.now - match.opened
    if taken > view.rules.longest:
        raise GameFault(f"{case.name}: took {taken} s, longer than {view.rules.longest} s")

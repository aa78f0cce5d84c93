"""Dispute games on a real rollup, drawn from a seed: real batches, real traces, and the real one-step prover."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from harness.agents.challenger import Accuser, Challenger
from harness.agents.faults import Censors, NothingToLieAbout
from harness.agents.proposer import Proposer
from harness.chain.chain import Chain
from harness.chain.errors import GasAboveCap
from harness.chain.opening import open_chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP
from harness.dispute.assertion_trace import AssertionTrace
from harness.dispute.view import Outcome
from harness.fuzz.arena import GameFault
from harness.fuzz.cases import check_names
from harness.fuzz.counting_games import SILENT, TACTICS, draw_tactics, tactic_of
from harness.fuzz.disturbances import Disturbances, Striker, draw_disturbances, gas_paid
from harness.fuzz.l2_activity import BY_L1, INVALID, VALID, Activity, Forcer, draw_activity
from harness.fuzz.lie_places import LIES, DrawnRange
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.conservation import Conservation
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Participant, Runner

HALF_CLOCK = GameRules().max_clock // 2
BUDGET = 3
"""Claims beside the liar's own that each of its tactics makes. Each can mean a path of forty more."""

ROOMS = (0, TX_GAS_CAP, TX_GAS_CAP + 10**6)
"""Gas that full blocks leave: none, enough for one transaction of a player, or for a few."""

MARGIN = 3_600
"""Seconds of half a clock that are left for full blocks, and for what is mined in between."""


@dataclass(frozen=True, slots=True)
class RollupCase:
    """One game as plain data. ``name`` is what a failure prints.

    ``batches`` says what L2 does. With ``from_genesis`` the only batch also holds L2's beginning, which else has a
    batch and an assertion of its own. The liar is the proposer if it ``lies_first``, else a challenger of what the
    honest proposer asserted. ``ally`` is the lie of a second liar, which uses no tactic; "" if there is none.
    ``is_censored`` says whether the sequencer leaves a user's deposit out once the game has begun.
    """

    seed: int
    index: int
    batches: tuple[tuple[str, ...], ...]
    from_genesis: bool
    lies_first: bool
    lie: str
    ally: str
    tactics: tuple[str, ...]
    is_censored: bool
    disturbances: Disturbances

    def __post_init__(self) -> None:
        check_names("lie", [self.lie, *([self.ally] if self.ally else [])], LIES)
        check_names("tactic", self.tactics, (*TACTICS, SILENT))
        activities = list(chain.from_iterable(self.batches))
        check_names("activity", activities, (*VALID, *INVALID))
        for lie in (self.lie, self.ally):
            for needed in LIES[lie][0] if lie else ():
                if needed not in activities:
                    raise ValueError(f"no batch has {needed!r}, which a lie about {lie} needs")

    @property
    def tags(self) -> dict[str, tuple[str, ...]]:
        """What was drawn, by heading."""
        return {
            "on": ("a rollup",),
            "liar": ("proposer" if self.lies_first else "challenger",),
            "lie": (self.lie, *([self.ally] if self.ally else [])),
            "tactic": self.tactics or ("none",),
            "sequencer": ("censors" if self.is_censored else "honest",),
            "honest side": ("away at times" if self.disturbances.offline else "always there",),
        }

    @property
    def name(self) -> str:
        who = "proposer" if self.lies_first else "challenger"
        ally = f", an ally lying about {self.ally}" if self.ally else ""
        ally += ", a censoring sequencer" if self.is_censored else ""
        acts = " | ".join(", ".join(batch) for batch in self.batches)
        return (
            f"game {self.index} on a rollup: a {who} lying about {self.lie} ({', '.join(self.tactics)}){ally}; "
            f"L2: {acts}{self.disturbances}"
        )


def draw(seed: int, index: int) -> RollupCase:
    """Return the case of a seed with this index."""
    rng = random.Random(f"rollup games {seed} {index}")
    lie, ally = rng.choice(sorted(LIES)), rng.choice(sorted(LIES)) if rng.random() < 0.12 else ""
    needed = [*LIES[lie][0], *(LIES[ally][0] if ally else ())]
    batches = [draw_activity(rng, ()) for _ in range(rng.choice((0, 0, 1, 2)))]
    batches.insert(rng.randrange(len(batches) + 1), draw_activity(rng, needed))
    from_genesis = len(batches) == 1 and not BY_L1.intersection(batches[0]) and rng.random() < 0.5
    return RollupCase(
        seed,
        index,
        tuple(batches),
        from_genesis,
        rng.random() < 0.6,
        lie,
        ally,
        draw_tactics(rng),
        rng.random() < 0.15,
        draw_disturbances(rng, HALF_CLOCK - MARGIN, turns=24, depth=6, rooms=ROOMS, below=0.2),
    )


@dataclass(slots=True)
class Guest:
    """A player in a drawn game.

    It is away at times and gets into no full block. It does nothing while L2 holds nothing that its lie is about.
    """

    inner: Participant
    chain: Chain
    since: int
    disturbances: Disturbances
    is_honest: bool
    name: str = ""
    _stuck: tuple[bytes, int] = (b"", 0)

    def __post_init__(self) -> None:
        self.name = self.inner.name

    def _back(self) -> int | None:
        back = self.disturbances.back_at(self.chain.now - self.since)
        return None if back is None else self.since + back

    def play(self) -> int:
        """Play, unless all that it did was refused and nothing has changed since."""
        if self._back() is not None or self._stuck == self._place():
            return 0
        before = self.chain.head.hash
        done = self._play()
        self._stuck = self._place() if not done and before != self.chain.head.hash else (b"", 0)
        return done

    def _place(self) -> tuple[bytes, int]:
        return self.chain.head.hash, self.chain.now

    def _play(self) -> int:
        try:
            return self.inner.play()
        except GasAboveCap as full:
            if full.what == "transaction":
                raise
        except NothingToLieAbout:
            if self.is_honest:
                raise
        return 0

    def wakes_at(self) -> int | None:
        try:
            return self._back() or self.inner.wakes_at()
        except NothingToLieAbout:
            return None


@dataclass(slots=True)
class L1(Participant):
    """What happens to L1 after everybody has had a turn. It is a participant like the others."""

    striker: Striker
    name: str = "L1"
    head: bytes = b""

    def play(self) -> int:
        """Carry out the disturbances; return 1 if L1 has another head than after the last turn, 0 if not.

        A refused transaction changes the head, too.
        """
        self.striker.strike()
        before, self.head = self.head, self.striker.chain.head.hash
        return int(self.head != before)

    def wakes_at(self) -> int | None:
        return None


@dataclass(slots=True)
class Play:
    """One case, played on a rollup without assertions."""

    case: RollupCase
    rollup: Rollup
    rng: random.Random
    honest: list[Account] = field(default_factory=list)
    struck: Counter[str] = field(default_factory=Counter)

    @property
    def forcer(self) -> Forcer:
        """The user whose deposit the sequencer censors."""
        return Forcer(self.rollup, self.l1.accounts.grace)

    @property
    def l1(self) -> Chain:
        return self.rollup.l1

    def live(self, everything: Any) -> None:
        """Let L2 do what the case says.

        A range of several batches needs a parent that was asserted after all of them.
        """
        activity = Activity(self.rollup, self.rng, everything)
        if not self.case.from_genesis:
            activity.post()
        for batch in self.case.batches:
            for kind in batch:
                activity.perform(kind)
            activity.post()
        if self.case.from_genesis:
            return
        first = self.rollup.proposer.propose()
        self.l1.warp(self.rollup.config.period + 1)
        self.rollup.assertions.confirm(first.id, sender=self.l1.accounts.victor)

    def drawn_range(self) -> DrawnRange:
        """Return the range that the next assertion is about."""
        rollup = self.rollup
        rollup.l2.backend.follow()
        parent = bytes(rollup.assertions.latestConfirmed())
        start, end = int(rollup.assertions.assertion(parent).end), int(rollup.assertions.childEnd(parent))
        return DrawnRange(AssertionTrace.of(rollup.node, start, end), self.rng)

    def seat(self) -> list[Guest]:
        """Return the players in the order of their turns."""
        case, rollup, accounts = self.case, self.rollup, self.l1.accounts
        drawn = self.drawn_range()
        lie, tactic = LIES[case.lie][1](drawn), tactic_of(case.tactics, BUDGET)
        liar: Participant
        if case.lies_first:
            liar = rollup.join(Proposer(lie, tactic=tactic), accounts.mallory)
        else:
            liar = ChallengerHandle(rollup, accounts.mallory, Accuser(lie, tactic), "liar")
        others: list[Participant] = [liar]
        if case.ally:
            ally = Challenger(LIES[case.ally][1](drawn), opens=False, confirms=False)
            others.append(ChallengerHandle(rollup, accounts.sybil, ally, "ally"))
        if case.is_censored:
            rollup.sequencer.become(Censors())
            others.append(self.forcer)
        now = self.l1.now
        guests = [Guest(rollup.sequencer, self.l1, now, Disturbances(), is_honest=True)]
        guests += [
            Guest(each, self.l1, now, case.disturbances, is_honest=True)
            for each in (rollup.challenger, rollup.proposer)
        ]
        guests += [Guest(each, self.l1, now, Disturbances(), is_honest=False) for each in others]
        self.rng.shuffle(guests)
        return guests

    def run(self, everything: Any) -> None:
        """Play to the end; raises GameFault, or what a participant raises."""
        l1, victor = self.l1, self.l1.accounts.victor
        self.honest = [self.rollup.challenger.account, self.rollup.proposer.account]
        before = {account: self._wealth(account) for account in self.honest}
        floor = l1.block_number
        books = Conservation(self.rollup).watch()
        watched = l1.on_transaction(self._after)
        try:
            self.live(everything)
            guests = self.seat()
            striker = Striker(
                l1, victor, self.case.disturbances, self.rng, l1.block_number, floor, lambda: self._crowd_in(guests),
                self.struck,
            )  # fmt: skip
            runner = Runner(l1)
            runner.join(*guests, L1(striker))
            runner.run_until_quiet()
        finally:
            watched()
            books.stop()
        self._check(before, floor + 1)

    def _crowd_in(self, guests: list[Guest]) -> None:
        """Let all players move into one block, in a drawn order."""
        for guest in self.rng.sample(guests, len(guests)):
            guest.play()

    # -- promises

    def _after(self, chain: Chain, receipt: Receipt) -> None:
        """Check that every game holds exactly its open bonds and what it owes."""
        for _, game in self.rollup.game_events():
            view = self.rollup.challenger.player.view(game)
            if chain.balance(game) != view.locked:
                raise GameFault(f"the game at {game} holds {chain.balance(game)} wei, it owes {view.locked} wei")

    def _wealth(self, account: Account) -> int:
        """Return the wei that an account has, or can withdraw from the assertion chain."""
        return self.l1.balance(account) + int(self.rollup.assertions.credit(account.address))

    def _check(self, before: dict[Account, int], since: int) -> None:
        """Raise unless the truth won every game in time and no honest account lost anything but gas."""
        rollup, name = self.rollup, self.case.name
        games = rollup.game_events()
        if not games and not any(reorg.below for reorg in self.case.disturbances.reorgs):
            raise GameFault(f"{name}: nobody disputed anything")
        for id, game in games:
            view, record = rollup.challenger.player.view(game), rollup.assertions.assertion(id)
            is_true = bytes(record.root) == rollup.node.idle_after(record.end).root
            expected = Outcome.UPHELD if is_true else Outcome.REJECTED
            if view.outcome is not expected:
                raise GameFault(f"{name}: {view.outcome.name}, expected {expected.name}")
            if not view.over:
                raise GameFault(f"{name}: bonds of the game at {game} are not settled")
            if view.ends - view.root.time > view.rules.longest:
                raise GameFault(f"{name}: {view.ends - view.root.time} s, at most {view.rules.longest} s are promised")
        if self.case.is_censored and not self.forcer.included():
            raise GameFault(f"{name}: the censored deposit is not on L2")
        last = rollup.latest_confirmed
        if last.root != rollup.node.idle.root:
            raise GameFault(f"{name}: the root confirmed last, 0x{last.root.hex()}, is not that of L2")
        for account, wealth in before.items():
            kept = self._wealth(account) + gas_paid(self.l1, account, since)
            if kept < wealth:
                raise GameFault(f"{name}: {account.name} lost {wealth - kept} wei beyond gas")


class Board:
    """One deployed rollup on which cases are played one after the other. It is restored after each case."""

    def __init__(self, l1: Chain) -> None:
        self.l1 = l1
        self.rollup = Rollup.deploy(l1)
        self.rollup.fund()
        self.everything = contract_type("Everything").deploy(self.rollup.l2, sender=l1.accounts.alice)
        self._mark = l1.snapshot(), self.rollup.snapshot()

    def play(self, case: RollupCase) -> Counter[str]:
        """Play a case to its end; return which disturbances happened. Raises GameFault if the game breaks a promise."""
        try:
            return self.play_once(case)
        finally:
            self.l1.restore(self._mark[0])
            self.rollup.restore(self._mark[1])
            self.rollup.game_readers.clear()

    def play_once(self, case: RollupCase) -> Counter[str]:
        """Play a case as `play` does, and leave the chains as they are then."""
        played = Play(case, self.rollup, random.Random(f"rollup play {case.seed} {case.index}"))
        played.run(self.everything)
        return played.struck


@contextmanager
def open_board() -> Iterator[Board]:
    """Open a rollup on a chain of its own, the same one each time."""
    with open_chain("py-evm", seed=0) as l1:
        yield Board(l1)

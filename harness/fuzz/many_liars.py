"""Many accounts of one liar against one honest player: how much of its time they take, and how much of its money."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.agents.lies.claims import WrongFrom
from harness.agents.tactics import Knowledge, Sound, Tactic
from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.dispute import solver
from harness.dispute.actions import Action, Move
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.trace import CannotProve, Trace
from harness.dispute.view import ClaimView, GameView, bond_total
from harness.fuzz.arena import Arena, Match
from harness.primitives.hashing import keccak256, word
from harness.rollup.config import GameRules

WEALTH = 10**24
"""Wei that each account of a liar has, so that none runs out."""


@dataclass(frozen=True, slots=True)
class Ally:
    """A trace with the liar's root and a lie of its own on the way there.

    No claim of one ally answers for another's.
    """

    liar: Trace
    end: int
    salt: bytes

    def hash_at(self, index: int) -> bytes:
        if index in (0, self.end):
            return self.liar.hash_at(index)
        return keccak256(b"ally" + self.salt + word(index))

    def witness(self, index: int) -> bytes:
        raise CannotProve(index)


@dataclass(frozen=True, slots=True)
class OwnPath:
    """Picks replies to the root and to claims of ``account``."""

    account: str

    def __call__(self, judgement: solver.Judgement, claim: ClaimView) -> bool:
        above = judgement.view.parent(claim)
        return claim.is_root or above.claimant == self.account or (above.is_root and above.id in judgement.sound)


@dataclass(frozen=True, slots=True)
class PathTactic:
    """Plays by the solver for its own lie on a path of its own: it answers only replies to the root or to itself.

    With a ``margin`` it delays each move until that many seconds are left for it, and wakes when half of them are left.
    So all allies move at one waking, as late as one block for each of their moves allows.
    """

    margin: int | None = None

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        return [action for action, due in self._wanted(view, know) if view.now >= due]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        half = 0 if self.margin is None else self.margin // 2
        return min((due + half for _, due in self._wanted(view, know) if due > view.now), default=None)

    def _wanted(self, view: GameView, know: Knowledge) -> Iterator[tuple[Action, int]]:
        """Yield what it would do now, each with the time from which on it does so."""
        for action in solver.play(view, know.trace, know.account, choice=OwnPath(know.account)):
            claim = view.find(action.parent) if isinstance(action, Move) else None
            if claim is None or self.margin is None:
                yield action, 0
            else:
                yield action, view.deadline(claim) - self.margin


@dataclass(frozen=True, slots=True)
class ManyLiarsGame:
    """A game that was played to its end.

    ``decided`` and ``seconds`` are the seconds from the opening to the outcome, and to the last settled bond.
    ``honest`` and ``others`` are the wei that either side bonded, without the assertion's own bond. ``lost`` is the wei
    that the honest player lacks at the end, gas not counted.
    """

    view: GameView
    decided: int
    seconds: int
    honest: int
    others: int
    lost: int
    receipts: tuple[tuple[Action, Receipt], ...]

    @property
    def capital_bound(self) -> int:
        """Most wei that the honest player can have to bond.

        The solver answers each claim of others at most once, and an answer's bond is a tenth more than its claim's. The
        bond that opened the game comes on top.
        """
        return self.others * 11 // 10 + self.view.claims[1].bond


def play_many(
    chain: Chain,
    rules: GameRules,
    allies: int,
    *,
    late: bool = False,
    honest_late: bool = False,
    honest_root: bool = False,
    tactic: Tactic | None = None,
) -> ManyLiarsGame:
    """Play ``allies`` accounts against the honest player, each with a lie of its own down to the lowest depth.

    The liar's root is wrong; with ``honest_root`` the honest player's root is right and attacked. ``late`` delays every
    move of the allies, ``honest_late`` those of the honest player. ``tactic`` is what the allies play by instead.
    """
    arena = Arena.deploy(chain, rules)
    truth, end = CountingTrace(5, 3), 1 << rules.max_depth
    liar = WrongFrom(truth, 0)
    members = [Account.from_key(keccak256(b"ally" + word(number)), f"ally {number}") for number in range(allies)]
    good = chain.accounts.alice
    for account in (good, *members):
        chain.set_balance(account, WEALTH)
    proposer = good if honest_root else members[0]
    match = Match(arena, arena.claim(truth if honest_root else liar, 3, proposer), [], truth)
    before = chain.balance(good)
    waiting = PathTactic(8 * allies + 16)
    first = match.seat(good, waiting if honest_late else Sound())
    first.honest = True
    liars_tactic = tactic or (waiting if late else PathTactic())
    for number, account in enumerate(members):
        salt = word(number)
        match.seat(account, liars_tactic, lambda _, salt=salt: Ally(liar, end, salt))  # type: ignore[misc]
    match.open(match.seats[1] if honest_root else first)
    view = match.run()
    return ManyLiarsGame(
        view,
        match.decided - match.opened,
        chain.now - match.opened,
        bond_total(view.claims[1:], good.address),
        sum(claim.bond for claim in view.claims[1:] if claim.claimant != good.address),
        before - chain.balance(good) - match.paid(good),
        tuple(match.receipts),
    )

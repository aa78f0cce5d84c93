"""What the claims of games give to everybody, computed from the claims alone: the oracle of bonds.

A claim is countered if a step was proven against it, or if an answer to it stands; the leftmost such answer counters
it, and among those on one side the first. A share of a countered bond is burnt, and the rest is its counter's. So a
liar loses the whole bond where an outsider counters it, and the burnt share where it counters itself. No contract is
asked: what contracts paid is compared with this.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from harness.rollup.config import WHOLE
from harness.scenarios.records import AssertionRecord, ClaimRecord, Entry, GameRecord

MOVE_GAS = 250_000
STEP_GAS = 1 << 24
RESOLVE_GAS = 120_000
"""What a bond pays for, in gas: a move, a step, and to resolve a claim. See the game's part of SPEC.md."""


def kept(game: GameRecord) -> list[ClaimRecord]:
    """Return the claims that L1 has, by their numbers."""
    return [claim for claim in game.claims if not claim.lost]


def counters(game: GameRecord) -> Mapping[int, str]:
    """Return who counters each countered claim, by the claims' numbers, if nobody answers more."""
    claims = kept(game)
    best: dict[int, ClaimRecord] = {}
    found: dict[int, str] = {}
    for claim in reversed(claims):
        if claim.outcome == "disproven":
            found[claim.number] = claim.counter or ""
        elif claim.number in best:
            found[claim.number] = best[claim.number].mover
        if claim.parent is None or claim.number in found:
            continue
        other = best.get(claim.parent)
        if other is None or _rank(claim) < _rank(other):
            best[claim.parent] = claim
    return found


def _rank(claim: ClaimRecord) -> tuple[bool, int]:
    return claim.side != "attack", claim.number


def _beneficiaries(games: Sequence[GameRecord], assertions: Sequence[AssertionRecord]) -> Mapping[str, str]:
    """Return who gets the bond of each rejected assertion, by the assertions' ids."""
    found: dict[str, str] = {}
    for game in games:
        by = counters(game)
        if 0 in by:
            found[game.assertion] = by[0]
    for assertion in assertions:
        # A child of a rejected assertion pays to whoever countered that one.
        if assertion.status == "rejected" and assertion.id not in found and assertion.parent in found:
            found[assertion.id] = found[assertion.parent]
    return found


def due(
    games: Sequence[GameRecord], assertions: Sequence[AssertionRecord], share: int
) -> tuple[Counter[str], Counter[str]]:
    """Return what settled bonds bring each party, in wei, and what each contract burns of them.

    ``share`` is the part of 1/10,000 that is burnt. Contracts are named as in the ledger.
    """
    gains, burnt = Counter[str](), Counter[str]()
    for number, game in enumerate(games, 1):
        by = {} if game.outcome == "void" else counters(game)
        for claim in kept(game):
            if claim.parent is not None and claim.settled:
                gains[claim.mover] -= claim.bond
                burnt[f"game {number}"] += _pay(gains, claim.mover, claim.bond, by.get(claim.number), share)
    beneficiaries = _beneficiaries(games, assertions)
    for assertion in assertions:
        if assertion.status == "rejected" and assertion.settled:
            gains[assertion.proposer] -= assertion.bond
            winner = beneficiaries.get(assertion.id)
            burnt["assertions"] += _pay(gains, assertion.proposer, assertion.bond, winner, share)
    return gains, burnt


def _pay(gains: Counter[str], mover: str, bond: int, counter: str | None, share: int) -> int:
    """Give a bond to whom it is due; return what is burnt of it."""
    lost = 0 if counter is None else bond * share // WHOLE
    gains[mover if counter is None else counter] += bond - lost
    return lost


def unsettled_claims(game: GameRecord, share: int) -> Counter[str]:
    """Return the wei of a game's bonds that are not settled, by whom they are due to.

    While the game is undecided, or if it is void, a bond is due to its maker.
    """
    found = Counter[str]()
    by = counters(game) if game.outcome in ("rejected", "upheld") else {}
    for claim in kept(game):
        if claim.parent is not None and not claim.settled:
            _pay(found, claim.mover, claim.bond, by.get(claim.number), share)
    return found


def unsettled_assertions(
    games: Sequence[GameRecord], assertions: Sequence[AssertionRecord], share: int
) -> Counter[str]:
    """Return the wei of assertions' bonds that are not settled, by whom they are due to."""
    found = Counter[str]()
    beneficiaries = _beneficiaries(games, assertions)
    for assertion in assertions:
        if not assertion.settled:
            winner = beneficiaries.get(assertion.id) if assertion.status == "rejected" else None
            _pay(found, assertion.proposer, assertion.bond, winner, share)
    return found


def at_work(games: Sequence[GameRecord], assertions: Sequence[AssertionRecord]) -> Counter[str]:
    """Return the wei of each party's bonds that are not settled."""
    found = Counter[str]()
    for game in games:
        for claim in kept(game):
            if claim.parent is not None and not claim.settled:
                found[claim.mover] += claim.bond
    for assertion in assertions:
        if not assertion.settled:
            found[assertion.proposer] += assertion.bond
    return found


def brought(
    ledger: Sequence[Entry],
    games: Sequence[GameRecord],
    assertions: Sequence[AssertionRecord],
    credits: Mapping[str, int],
) -> Counter[str]:
    """Return what bonds have brought each party by what contracts say: paid out, credited, at work, less paid in.

    ``credits`` is what the chain of assertions owes.
    """
    found = at_work(games, assertions)
    for entry in ledger:
        if entry.category in ("bond", "bounty"):
            found[entry.party] += entry.amount
    for game in games:
        found.update(game.credits)
    found.update(credits)
    return found


def too_cheap(game: GameRecord, share: int, gas_price: int) -> Iterator[tuple[ClaimRecord, int]]:
    """Yield claims whose bonds, less the burnt share, do not pay for countering them, and the wei that this costs.

    ``gas_price`` is the highest price at which they must, in wei.
    """
    for claim in kept(game):
        if claim.parent is None:
            continue
        gas = RESOLVE_GAS + (STEP_GAS if claim.level == game.max_depth else MOVE_GAS)
        if claim.bond - claim.bond * share // WHOLE < gas * gas_price:
            yield claim, gas * gas_price

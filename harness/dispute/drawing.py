"""A dispute game as text: its tree of claims with movers, times, bonds and places, and its outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.dispute.positions import Side
from harness.dispute.reader import GameReorg
from harness.dispute.view import ClaimView, GameView, Outcome

MARKS = {Side.NONE: "root", Side.ATTACK: "attack", Side.DEFEND: "defend"}

ABSENCE = 3_600
"""Seconds without an answer that count as an absence."""

_SHOWN = 5
"""The most lines under one title."""


def _short(address: str) -> str:
    return f"{address[:10]}…" if address.startswith("0x") else address


@dataclass(frozen=True, slots=True)
class GameContext:
    """Facts context a game that its view does not hold.

    ``place`` returns where in L2 the machine is after a number of steps, or "" if that is not known. ``step`` describes
    a step. ``stake`` is the assertion's bond in wei, and ``bond_outcome`` says who got it. ``withdrawn`` holds the wei
    that each account took from the game.
    """

    name: Callable[[str], str] = str
    place: Callable[[int], str] = lambda _: ""
    step: Callable[[int], str] = lambda index: f"the step at trace index {index:#x}"
    subject: str = ""
    stake: int = 0
    withdrawn: Mapping[str, int] = field(default_factory=dict)
    bond_outcome: str = ""
    reorgs: Sequence[GameReorg] = ()

    def who(self, address: str) -> str:
        return _short(self.name(address))


def draw(view: GameView, context: GameContext | None = None) -> str:
    """Return the claims, one a line, and below them what happened.

    A chain of single answers is not indented, so that forty levels stay readable.
    """
    context = context or GameContext()
    subject = context.subject or f"the assertion 0x{view.assertion.hex()[:8]}…"
    lines = [f"game {view.address} about {subject}: {view.outcome.name.lower()}"]
    lines += _tree(view, context)
    for title, found in (
        ("outcome", _reasons(view, context)),
        ("times", list(_times(view, context))),
        ("absences", list(_absences(view, context))),
        ("reorgs", list(_reorgs(view, context))),
        ("bonds", [_bonds(view, context)]),
        ("payouts", list(_payouts(view, context))),
    ):
        shown = found[:_SHOWN] + ([f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else [])
        lines += [f"{title + ':' if place == 0 else '':<10}{line}" for place, line in enumerate(shown)]
    return "\n".join(lines)


def _tree(view: GameView, context: GameContext) -> Iterator[str]:
    stack: list[tuple[ClaimView, int]] = [(view.root, 0)]
    while stack:
        claim, indent = stack.pop()
        yield "  " * indent + _line(view, claim, context)
        children = list(view.children(claim))
        deeper = indent + 1 if len(children) > 1 else indent
        stack.extend((child, deeper) for child in reversed(children))


def _line(view: GameView, claim: ClaimView, context: GameContext) -> str:
    stake = context.stake if claim.is_root else claim.bond
    moved = "" if claim.is_root else f" +{_time(claim.time - _opened(view))}"
    place = context.place(view.state(claim)) or f"state {view.state(claim):#x}"
    head = f"{claim.depth:>2} {MARKS[claim.side]:<6} {context.who(claim.claimant):<8} {_ether(stake)}{moved}"
    return f"{head} 0x{claim.value.hex()[:8]}… {place}{_status(view, claim, context)}"


def _status(view: GameView, claim: ClaimView, context: GameContext) -> str:
    """Return the end of a claim's line: whether it stands, or until when it takes answers."""
    if claim.stepper is not None:
        return f"; disproven by {context.who(claim.stepper)}"
    if claim.resolved:
        return "; stands" if claim.counter is None else f"; countered by {context.who(claim.counter)}"
    if view.outcome is Outcome.VOID:
        return "; void"
    if view.running(claim):
        return f"; {_time(view.deadline(claim) - view.now)} left to answer"
    return "; cannot be answered any more"


def _opened(view: GameView) -> int:
    """Return the time of the attack that opened the game."""
    return view.claims[1].time if len(view.claims) > 1 else view.root.time


def _reasons(view: GameView, context: GameContext) -> list[str]:
    """Return the reasons for the game's outcome."""
    root, who = view.root, context.who
    match view.outcome:
        case Outcome.UNDECIDED:
            when = f"in {_time(view.decided_at - view.now)}" if view.decided_at > view.now else "now"
            return [f"open; unless somebody answers, it can be resolved {when}"]
        case Outcome.VOID:
            return ["void: the assertion's parent was rejected, so nobody won"]
        case Outcome.UPHELD:
            reasons = [f"{who(root.claimant)}'s root is upheld: no attack on it stands"]
        case _:
            reasons = [f"{who(root.claimant)}'s root is rejected: {who(root.counter or '')}'s attack on it stands"]
    for claim in view.claims:
        if claim.stepper is not None and claim.step_index is not None:
            step = context.step(claim.step_index)
            where = f"{who(claim.claimant)}'s claim at level {claim.depth}"
            reasons.append(f"{who(claim.stepper)} disproved {where} by one step on L1: {step}")
    for claim in view.claims[1:]:
        if claim.counter is None and not any(view.children(claim)) and claim.resolved:
            reasons.append(f"nobody answered {who(claim.claimant)}'s claim at level {claim.depth} in its time")
    return reasons


def _times(view: GameView, context: GameContext) -> Iterator[str]:
    """Yield when the game was played, and how much of its clock each account used."""
    opened, moved = _opened(view), view.claims[1:]
    last = max((claim.time for claim in moved), default=opened)
    yield f"opened at {opened}, last move +{_time(last - opened)}"
    used: dict[str, int] = {}
    for claim in moved:
        used[claim.claimant] = max(used.get(claim.claimant, 0), claim.elapsed)
    moves, clock = Counter(claim.claimant for claim in moved), _time(view.rules.max_clock)
    for account, count in moves.items():
        yield f"{context.who(account)} made {count} moves in up to {_time(used[account])} of {clock}"


def _absences(view: GameView, context: GameContext) -> Iterator[str]:
    """Yield the answers that took at least ABSENCE seconds."""
    for claim in view.claims:
        first = next(view.children(claim), None)
        since = max(claim.time, _opened(view))
        if first is not None and first.time - since >= ABSENCE:
            yield (
                f"{context.who(first.claimant)} answered {context.who(claim.claimant)}'s claim at level {claim.depth}"
                f" only after {_time(first.time - since)}"
            )


def _reorgs(view: GameView, context: GameContext) -> Iterator[str]:
    """Yield the reorgs that touched the game."""
    for reorg in context.reorgs:
        lost = f"{reorg.claims - reorg.kept} of {reorg.claims} claims" if reorg.kept < reorg.claims else "no claim"
        yield f"a reorg, noticed at +{_time(max(0, reorg.time - _opened(view)))}: {lost} lost"


def _bonds(view: GameView, context: GameContext) -> str:
    """Return what each account has bonded in all."""
    total: dict[str, int] = {view.proposer: context.stake}
    for claim in view.claims[1:]:
        total[claim.claimant] = total.get(claim.claimant, 0) + claim.bond
    each = [f"{context.who(account)} {_ether(wei)}" for account, wei in total.items()]
    return ", ".join(each) + (" (the assertion's own included)" if context.stake else "")


def _payouts(view: GameView, context: GameContext) -> Iterator[str]:
    """Yield who got what, what is due, and what stays in the game."""
    accounts = dict.fromkeys([*context.withdrawn, *view.credits])
    for account in accounts:
        taken, due = context.withdrawn.get(account, 0), view.credits.get(account, 0)
        if taken or due:
            yield f"{context.who(account)} took {_ether(taken)}" + (f", {_ether(due)} more are due" if due else "")
    if context.bond_outcome:
        yield context.bond_outcome
    bonded = sum(claim.bond for claim in view.claims)
    kept = bonded - sum(context.withdrawn.values()) - sum(view.credits.values()) - view.burnt
    if view.burnt:
        yield f"{_ether(view.burnt)} of the bonds that were countered are burnt"
    if view.outcome is not Outcome.UNDECIDED and kept > 0:
        yield f"{_ether(kept)} of {_ether(bonded)} bonded stay in the game"


def _ether(wei: int) -> str:
    return f"{wei / 10**18:.4f} ETH"


def _time(seconds: int) -> str:
    hours, rest = divmod(seconds, 3_600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"

"""A dispute game as text: its tree of claims with movers, clocks and bonds."""

from __future__ import annotations

from collections.abc import Mapping

from harness.dispute.positions import Side
from harness.dispute.view import ClaimView, GameView, Outcome

MARKS = {Side.NONE: "root", Side.ATTACK: "attack", Side.DEFEND: "defend"}


def draw(view: GameView, names: Mapping[str, str]) -> str:
    """One line per claim. A chain of single answers is not indented, so that forty levels stay readable."""
    lines = [f"game {view.address} of assertion 0x{view.assertion.hex()[:8]}…: {view.outcome.name.lower()}"]
    stack: list[tuple[ClaimView, int]] = [(view.root, 0)]
    while stack:
        claim, indent = stack.pop()
        lines.append("  " * indent + _line(view, claim, names))
        children = list(view.children(claim))
        deeper = indent + 1 if len(children) > 1 else indent
        stack.extend((child, deeper) for child in reversed(children))
    return "\n".join(lines)


def _line(view: GameView, claim: ClaimView, names: Mapping[str, str]) -> str:
    who = names.get(claim.claimant, claim.claimant[:8])
    ether = f"{claim.bond / 10**18:.4f} ETH"
    used = view.used(claim)
    clock = "" if claim.resolved else f", {_time(max(0, view.rules.max_clock - used))} to answer"
    fate = ""
    if claim.stepper is not None:
        fate = f", disproven by {names.get(claim.stepper, claim.stepper[:8])} at step {claim.step_index:#x}"
    elif claim.resolved:
        fate = ", stands" if claim.counter is None else f", countered by {names.get(claim.counter, claim.counter[:8])}"
    elif view.outcome is Outcome.VOID:
        fate = ", void"
    place = f"{claim.depth:>2} {MARKS[claim.side]:<6} {view.state(claim):#013x}"
    return f"{place} 0x{claim.value.hex()[:8]}… by {who}, {ether}{clock}{fate}"


def _time(seconds: int) -> str:
    hours, rest = divmod(seconds, 3_600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"

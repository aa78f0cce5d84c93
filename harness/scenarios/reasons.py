"""What an agent does, and why, in words."""

from __future__ import annotations

from collections.abc import Hashable

from harness.agents.proposer import Confirm, Propose, WithdrawBonds
from harness.agents.sequencer import PostBatch
from harness.dispute.actions import Move, Open, Refund, Resolve, Step, Void, Withdraw
from harness.dispute.assertion_trace import END
from harness.dispute.positions import Side
from harness.dispute.view import ClaimView, GameView, Outcome
from harness.errors import HarnessError
from harness.testbed.agent import AgentHandle
from harness.testbed.game_seat import GameSeat


def told(handle: AgentHandle, action: Hashable, name: str) -> tuple[str, str]:
    """Return what an action is, and why its agent takes it; the reason is "" where the agent's tactic is the reason."""
    match action:
        case PostBatch():
            return f"{name} posts batch {action.index}", "L2 has run transactions that L1 does not have"
        case Propose():
            why = "the batches are posted" if getattr(handle.agent, "lie", None) is None else "it lies"
            return f"{name} asserts the state after batch {action.end - 1}", why
        case Confirm():
            return f"{name} confirms 0x{action.id.hex()[:8]}…", "its challenge period is over, and no rival is alive"
        case WithdrawBonds():
            return f"{name} takes its bonds back", "the chain of assertions owes them"
    if isinstance(handle, GameSeat):
        try:
            return _in_game(handle, action, name)
        except HarnessError:
            pass  # A reorg took away what the action is about; the transaction will show it.
    return f"{name}: {type(action).__name__.lower()}", ""


def _in_game(seat: GameSeat, action: Hashable, name: str) -> tuple[str, str]:
    match action:
        case Open():
            record = seat.rollup.assertion(action.assertion)
            right = seat.knowledge(action.assertion).trace.hash_at(END)
            said = f"the assertion's root is {_short(bytes(record.root))}, {name}'s is {_short(right)}"
            return f"{name} disputes 0x{action.assertion.hex()[:8]}…", said
        case Move():
            return _move(seat, action, name)
        case Step():
            view = seat.player.view(action.game)
            claim = view.find(action.claim)
            number = "" if claim is None else f" against claim {claim.number}"
            return f"{name} proves a step on L1{number}", "the lowest level is reached, where L1 runs the one step"
        case Resolve():
            view = seat.player.view(action.game)
            numbers = [claim.number for id in action.claims if (claim := view.find(id)) is not None]
            why = (
                "the game is decided; it settles bonds"
                if view.outcome is not Outcome.UNDECIDED
                else "the clocks ran out"
            )
            return f"{name} resolves {_listed(numbers)}", why
        case Void():
            return f"{name} ends the game", "the parent assertion is rejected"
        case Refund():
            return f"{name} takes bonds out of a void game", "nobody won it"
        case Withdraw():
            owed = seat.player.view(action.game).credits.get(seat.account.address, 0)
            return f"{name} withdraws {owed / 10**18:.4f} ETH", "the game owes it"
    return f"{name}: {type(action).__name__.lower()}", ""


def _move(seat: GameSeat, action: Move, name: str) -> tuple[str, str]:
    view = seat.player.view(action.game)
    claim = view.find(action.parent)
    if claim is None:
        return f"{name} answers a claim that is not there", ""
    verb = "attacks" if action.side is Side.ATTACK else "defends"
    what = f"{name} {verb} claim {claim.number}, at level {claim.depth + 1}"
    return what, _why_move(seat, action, view, claim, name)


def _why_move(seat: GameSeat, action: Move, view: GameView, claim: ClaimView, name: str) -> str:
    own = seat.knowledge(action.assertion).trace
    index = view.state(claim)
    mine = own.hash_at(index)
    if view.is_leaf(claim):
        return "a move of its tactic, below the lowest claims, where only a step can answer"
    if action.value != own.hash_at(view.answer_state(claim, action.side)):
        return f"a move of its tactic: the value is not what {name} holds for true"
    if claim.value == mine:
        return f"it agrees with the state after step {index:#x}, so what is wrong comes later"
    return f"the state after step {index:#x} is {_short(mine)} for {name}, not {_short(claim.value)}"


def _listed(numbers: list[int]) -> str:
    if len(numbers) > 6:
        return f"{len(numbers)} claims"
    return "claim " + ", ".join(map(str, numbers)) if len(numbers) == 1 else "claims " + ", ".join(map(str, numbers))


def _short(value: bytes) -> str:
    return f"0x{value.hex()[:8]}…"

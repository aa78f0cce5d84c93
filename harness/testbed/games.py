"""A dispute game as a test asks about it."""

from __future__ import annotations

from harness.dispute.assertion_trace import StepReport
from harness.dispute.drawing import draw
from harness.dispute.reader import GameReader
from harness.dispute.view import GameView, Outcome
from harness.errors import GoneByReorg
from harness.testbed.agent import AgentHandle
from harness.testbed.assertions import AssertionHandle
from harness.testbed.core import RollupCore


class GameHandle:
    """A game, as a test asks about it. `print` draws its tree."""

    def __init__(self, rollup: RollupCore, assertion: bytes, address: str) -> None:
        self.rollup = rollup
        self.assertion = AssertionHandle(rollup, assertion)
        self.address = address
        self.reader = rollup.game_readers.setdefault(address, GameReader(rollup.l1, address, rollup.since))

    @property
    def view(self) -> GameView:
        return self.reader.view()

    @property
    def outcome(self) -> Outcome:
        return self.view.outcome

    def resolved(self) -> bool:
        """Whether the game is decided and everyone who plays has taken what is due."""
        view = self.view
        names = {seat.account.address for seat in self._seats()}
        return view.outcome is not Outcome.UNDECIDED and not any(view.credits.get(name) for name in names)

    @property
    def waits_for(self) -> str:
        """What it is that a game waits for, in words. Raises GoneByReorg."""
        view = self.view
        if view.outcome is Outcome.UNDECIDED:
            when = f"at {view.ends}, in {view.ends - view.now} seconds" if view.ends > view.now else "now"
            return f"{self!r} can be resolved {when}"
        due = {self.rollup.name_of(account): wei for account, wei in view.credits.items() if wei}
        return f"{self!r} owes " + (", ".join(f"{name} {wei} wei" for name, wei in due.items()) or "nobody anything")

    @property
    def winner(self) -> object:
        """Who won: the agent that countered the root, or the one that asserted it; its address if it is no agent of
        this rollup, None while the game is undecided.
        """
        view = self.view
        if view.outcome in (Outcome.UNDECIDED, Outcome.VOID):
            return None
        address = view.root.counter if view.outcome is Outcome.REJECTED else view.proposer
        return next((seat for seat in self._seats() if seat.account.address == address), address)

    def _seats(self) -> list[AgentHandle]:
        """Everyone who plays games."""
        members = self.rollup.runner.members
        return [member for member in members if isinstance(member, AgentHandle) and member.plays_games]

    @property
    def disputed_step(self) -> StepReport | None:
        """The step that was proven on L1; None if the game was decided without a proof."""
        index = next((claim.step_index for claim in self.view.claims if claim.step_index is not None), None)
        if index is None:
            return None
        record = self.assertion.record
        start = int(self.rollup.assertions.assertion(record.parent).end)
        return self.rollup.truths.of(start, int(record.end)).report(index)

    def __repr__(self) -> str:
        try:
            state = self.outcome.name.lower()
        except GoneByReorg:
            state = "gone"
        return f"<Game {self.address} about 0x{self.assertion.id.hex()[:8]}…, {state}>"

    def __str__(self) -> str:
        try:
            view = self.view
        except GoneByReorg as gone:
            return str(gone)
        names = {account.address: account.name for account in self.rollup.l1.accounts}
        return draw(view, names) if view.claims else f"{self!r}: opened in the block that is being made"

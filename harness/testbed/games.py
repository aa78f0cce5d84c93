"""A dispute game as a test holds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from harness.contracts.bindings import Contract
from harness.dispute.assertion_trace import StepReport
from harness.dispute.drawing import GameContext, draw
from harness.dispute.places import Places
from harness.dispute.reader import GameReader
from harness.dispute.view import GameView, Outcome
from harness.errors import GoneByReorg
from harness.rollup.errors import UnknownBatch
from harness.testbed.agent import AgentHandle
from harness.testbed.assertions import AssertionHandle
from harness.testbed.core import RollupCore


class GameHandle:
    """A dispute game on L1. `print` draws its tree of claims."""

    def __init__(self, rollup: RollupCore, assertion: bytes, address: str) -> None:
        self.rollup = rollup
        self.assertion = AssertionHandle(rollup, assertion)
        self.address = address
        self.reader = rollup.game_readers.setdefault(address, GameReader(rollup.l1, address, rollup.since))

    @property
    def view(self) -> GameView:
        """The game as of L1's head: its claims, clocks, bonds and outcome. Raises GoneByReorg."""
        return self.reader.view()

    @property
    def outcome(self) -> Outcome:
        """The outcome for the assertion: UNDECIDED, UPHELD, REJECTED or VOID. Raises GoneByReorg."""
        return self.view.outcome

    def resolved(self) -> bool:
        """Return whether the game is decided, every bond settled, and each agent of this rollup paid."""
        view = self.view
        names = {seat.account.address for seat in self._seats()}
        return view.over and not any(view.credits.get(name) for name in names)

    @property
    def waits_for(self) -> str:
        """What the game waits for, in words; raises GoneByReorg."""
        view = self.view
        if view.outcome is Outcome.UNDECIDED:
            return f"{self!r} can be resolved {_when(view.decided_at, view.now)}"
        if not view.over:
            return f"{self!r} is decided, and can be settled {_when(view.ends, view.now)}"
        due = {self.rollup.name_of(account): wei for account, wei in view.credits.items() if wei}
        return f"{self!r} owes " + (", ".join(f"{name} {wei} wei" for name, wei in due.items()) or "nobody anything")

    @property
    def winner(self) -> object:
        """The agent that won: the one that countered the root, or the one that made the assertion.

        It is an address if no agent of this rollup has it, and None while the game is undecided or the assertion's bond
        is still played for, or if the game is void.
        """
        view = self.view
        if view.outcome in (Outcome.UNDECIDED, Outcome.VOID) or not view.root.settled:
            return None
        address = view.root.counter if view.outcome is Outcome.REJECTED else view.proposer
        return next((seat for seat in self._seats() if seat.account.address == address), address)

    def _seats(self) -> list[AgentHandle]:
        """Return the agents that play games."""
        members = self.rollup.runner.members
        return [member for member in members if isinstance(member, AgentHandle) and member.plays_games]

    @property
    def disputed_step(self) -> StepReport | None:
        """The step that was proven on L1, with contract and line; None if no proof decided the game."""
        index = next((claim.step_index for claim in self.view.claims if claim.step_index is not None), None)
        return None if index is None else self._places().step(index)

    def _places(self) -> Places:
        record = self.assertion.record
        start = int(self.rollup.assertions.assertion(record.parent).end)
        return Places(self.rollup.truths.of(start, int(record.end)), self.rollup.l2.knowledge)

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
        return draw(view, self._context(view)) if view.claims else f"{self!r}: opened in a block to come"

    def failure_details(self) -> str:
        """Return what a failed assertion about the game shows: its tree of claims."""
        return str(self)

    def _context(self, view: GameView) -> GameContext:
        """Return the facts to print beside the game's view, without places if L1 no longer has the batches."""
        rollup = self.rollup
        try:
            record = self.assertion.record
            start, end = int(rollup.assertions.assertion(record.parent).end), int(record.end)
            batches = f"batch {start}" if end == start + 1 else f"batches {start} to {end - 1}"
            subject = f"the assertion 0x{self.assertion.id.hex()[:8]}… on {batches} by {rollup.name_of(view.proposer)}"
            places = self._places()
        except (GoneByReorg, UnknownBatch):
            return GameContext(rollup.name_of)
        withdrawn: Counter[str] = Counter()
        for event in self._events(self.reader.contract, "Withdrawn"):
            withdrawn[event["account"]] += event["amount"]
        return GameContext(
            name=rollup.name_of,
            place=places.state,
            step=lambda index: places.step(index).short,
            subject=subject,
            stake=rollup.config.bond,
            withdrawn=withdrawn,
            bond_outcome=self._bond_outcome(rollup.name_of(view.proposer)),
            reorgs=tuple(self.reader.reorgs),
        )

    def _bond_outcome(self, proposer: str) -> str:
        """Return who got the assertion's bond; "" while it is locked."""
        for event in self._events(self.rollup.assertions, "Settled"):
            if bytes(event["id"]) == self.assertion.id:
                who, paid, burnt = self.rollup.name_of(event["beneficiary"]), event["paid"], event["burnt"]
                shown = f"{paid / 10**18:.4f} ETH of the assertion's bond, {burnt / 10**18:.4f} ETH of it are burnt"
                return f"{who} is credited {shown}"
        return f"{proposer} is credited the assertion's bond" if self.assertion.confirmed() else ""

    def _events(self, contract: Contract, name: str) -> Iterator[Any]:
        """Yield the fields of a contract's events of one kind, in the order of L1's blocks."""
        for log in self.rollup.l1.logs(contract.address, contract.type.events[name], since=self.rollup.since):
            event = contract.type.index.decode_event(log.address, log.topics, log.data)
            if event is not None:
                yield event.fields


def _when(time: int, now: int) -> str:
    return f"at {time}, in {time - now} seconds" if time > now else "now"

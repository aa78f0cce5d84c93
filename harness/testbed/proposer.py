"""The proposer as a test holds it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.agents import proposer as proposing
from harness.agents.faults import NothingToLieAbout
from harness.agents.proposer import AssertionView, Proposer, ProposerView, Status, assertion_id
from harness.agents.turns import KeptForDefence, Turn
from harness.chain.errors import InsufficientFunds, RevertedWithError
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.errors import HarnessError
from harness.rollup.errors import UnknownBatch
from harness.testbed.agent import AgentHandle, lie_name
from harness.testbed.assertions import AssertionHandle
from harness.testbed.core import RollupCore
from harness.testbed.game_seat import GameSeat

_CLAIMS_KEPT = 1_024
"""Most ranges whose root a proposer remembers. It looks at fewer in one turn."""


class ParentLost(HarnessError):
    """The assertion that the next one would build on has lost its game."""

    def __init__(self, assertion: bytes) -> None:
        super().__init__(f"the assertion 0x{assertion.hex()} is lost in its game, and so is whatever is built on it")
        self.assertion = assertion


class FraudConfirmed(HarnessError):
    """L1 has confirmed a wrong assertion, so no right one can be built on it."""

    def __init__(self, assertion: bytes, root: bytes, right: bytes) -> None:
        super().__init__(
            f"the assertion 0x{assertion.hex()} is confirmed with the root 0x{root.hex()}, expected 0x{right.hex()}"
        )
        self.assertion = assertion
        self.root = root
        self.right = right


@dataclass(frozen=True, slots=True)
class _Step:
    """From an undisputed assertion to its right child, as a proposer saw both when L1's stamp of them was ``mark``."""

    mark: Hashable
    agent: Proposer
    entry: AssertionView
    child: bytes


class ProposerHandle(AgentHandle):
    """A proposer of a rollup, honest or dishonest. ``agent`` is the `Proposer` that decides."""

    role = "Proposer"
    plays_games = True

    def __init__(self, rollup: RollupCore, account: Account, agent: Proposer, name: str = "proposer") -> None:
        super().__init__(rollup, account, name)
        self.agent: Proposer = agent
        self.made: list[bytes] = []
        self._steps: dict[bytes, _Step] = {}
        self._seat: Defence | None = None
        self._claims: dict[tuple[bytes, ...], tuple[Proposer, bytes | None]] = {}

    def _character(self) -> str:
        return "honest" if self.agent.lie is None else f"lies by {lie_name(self.agent.lie)}"

    @property
    def seat(self) -> Defence | None:
        """Its player in the games about its assertions; None if the rollup has no dispute games."""
        if self._seat is None and int(str(self.rollup.assertions.disputes()), 16):
            self._seat = Defence(self)
        return self._seat

    def stands_for(self, id: bytes) -> bool:
        """Return whether this proposer defends an assertion.

        It defends its own. An honest proposer also defends every right one, because it builds on those.
        """
        node, record = self.rollup.node, self.rollup.assertion(id)
        if record.proposer == self.account.address:
            return True
        self.rollup.l2.backend.follow()
        known = self.agent.lie is None and record.end <= len(node.derived)
        return known and bytes(record.root) == node.idle_after(record.end).root

    @property
    def bond(self) -> int:
        """Wei that it has at risk in undecided assertions, or can take back."""
        chain = self.rollup.contracts.assertions
        held = sum(
            self.rollup.contracts.config.bond for id in self.made if chain.assertion(id).status == Status.PENDING
        )
        return held + int(chain.credit(self.account.address))

    def view(self) -> ProposerView:
        """Return what the proposer decides by: the path of assertions that it agrees with, and the next root."""
        rollup = self.rollup
        rollup.l1.harden()
        rollup.l2.backend.follow()
        chain = rollup.contracts.assertions
        seen = rollup.node.inbox.head  # The roots were derived from this block, which may no longer be L1's head.
        path, end, root, attempt = self._walk(bytes(chain.latestConfirmed()))
        credit = int(chain.credit(self.account.address))
        return ProposerView(rollup.l1.now, seen.number, seen.hash, tuple(path), end, root, credit, attempt)

    def _walk(self, id: bytes) -> tuple[list[AssertionView], int, bytes | None, int]:
        """Follow the right children of an assertion; return the path, and end, root and attempt of what comes next."""
        path: list[AssertionView] = []
        rollup, attempt, above = self.rollup, 0, b""
        stamp, known, self._steps = rollup.disputes.stamps(), self._steps, {}
        while True:
            step = known.get(id)
            if step is not None and step.agent is self.agent and step.mark == stamp(above, id, step.child):
                self._steps[id] = step
                path.append(step.entry)
                above, id = id, step.child
                continue
            record = rollup.assertion(id)
            path.append(self._entry(id, record, rollup.assertion(above) if above else None))
            end = int(rollup.disputes.ask("childEnd", id))
            root = None if self._is_lost(id, record) or self._fraud(id, record) else self._root(record.end, end)
            if root is None:
                break
            attempt = int(rollup.disputes.ask("attemptOf", id, root))
            child = assertion_id(id, end, root, attempt)
            if rollup.assertion(child).status == Status.UNKNOWN:
                root = root if self._may_join(record) else None
                break
            if record.status == Status.PENDING and not record.disputed:
                self._steps[id] = _Step(stamp(above, id, child), self.agent, path[-1], child)
            above, id = id, child
        return path, end, root, attempt

    def _entry(self, id: bytes, record: Any, parent: Any) -> AssertionView:
        over = record.createdAt + self.rollup.contracts.config.period + 1
        contested = bool(record.disputed) or (parent is not None and parent.liveChildren > 1)
        return AssertionView(id, record.end, Status(record.status), over, contested)

    def _is_lost(self, id: bytes, record: Any) -> bool:
        """Return whether an assertion will be rejected whatever anybody does."""
        game = self.seat.player.game_of(id) if record.disputed and self.seat is not None else None
        if game is None or self.seat is None:
            return False
        view = self.seat.player.view(game)
        # A game that was opened in the open block shows no claims yet.
        return bool(view.claims) and view.is_lost(view.root)

    def _fraud(self, id: bytes, record: Any) -> FraudConfirmed | None:
        """Return why an honest proposer builds nothing on an assertion that L1 has confirmed; None if it does."""
        node = self.rollup.node
        if self.agent.lie is not None or record.status != Status.CONFIRMED or record.end > len(node.derived):
            return None
        root, right = bytes(record.root), node.idle_after(record.end).root
        return None if root == right else FraudConfirmed(id, root, right)

    def _root(self, start: int, end: int) -> bytes | None:
        """Return the root that it claims after ``end`` batches.

        Returns None while L1 has fewer batches, or if they hold nothing that its lie fits.
        """
        node = self.rollup.node
        try:
            facts = node.facts(start, end)
        except UnknownBatch:
            return None
        agent, claim = self._claims.get(facts, (None, None))
        if agent is not self.agent:
            try:
                claim = self.agent.claim(self.rollup.truths, start, end)
            except NothingToLieAbout:
                claim = None
            while len(self._claims) >= _CLAIMS_KEPT:
                del self._claims[next(iter(self._claims))]
            self._claims[facts] = (self.agent, claim)
        return claim

    def _may_join(self, parent: Any) -> bool:
        """Return whether the assertion chain still takes a child of this parent."""
        deadline = parent.firstChildAt + self.rollup.contracts.config.period
        return bool(parent.liveChildren == 0 or self.rollup.l1.now + 1 <= deadline)

    def play(self) -> int:
        """Defend, then confirm and withdraw, then assert; return the number of actions.

        Bonds that are at stake come before a new bond.
        """
        turn = Turn()
        if self.seat is not None:
            with turn.part():
                turn.done += self.seat.play()
        with turn.part():
            view = self.view()
            last = AssertionHandle(self.rollup, view.path[-1].id)
            fraud = self._fraud(last.id, last.record)
            if fraud is not None:
                self.note(f"build on 0x{last.id.hex()}", fraud)
            self._act(turn, self.agent.decide(view))
        return turn.end()

    def _act(self, turn: Turn, actions: Sequence[proposing.Action]) -> None:
        is_held_up = False
        for action in actions:
            if isinstance(action, proposing.Confirm) and is_held_up:
                continue  # Its parent is not confirmed.
            failed = True
            with turn.part():
                failed = not self._try(action)
                turn.done += not failed
            is_held_up = is_held_up or (failed and isinstance(action, proposing.Confirm))

    def _try(self, action: proposing.Action) -> bool:
        """Carry an action out; return False for a setback.

        A refusal is an error only if the agent would still decide the same.
        """
        try:
            if isinstance(action, proposing.Propose):
                self._check_purse()
            self.announce(action)
            self.perform(action)
        except InsufficientFunds as problem:
            self.note(action, problem)
            return False
        except RevertedWithError as refusal:
            if refusal.name != "AnotherL1" and action in self.agent.decide(self.view()):
                self.note(action, refusal)
                raise
            self.refused.append(refusal)
        self.setbacks.overcome(action)
        return True

    def _check_purse(self) -> None:
        """Raise KeptForDefence if a new bond would take what the games about its assertions may still need."""
        if self.seat is None:
            return
        kept, bond = self.seat.kept_for_games(), self.rollup.config.bond
        balance = self.rollup.l1.balance(self.account)
        if kept and bond <= balance < bond + kept:
            raise KeptForDefence(self.account.address, balance, bond + kept, kept)

    def perform(self, action: proposing.Action) -> Receipt:
        """Carry one action out on L1; raises the decoded Reverted, and InsufficientFunds."""
        chain = self.rollup.contracts.assertions
        match action:
            case proposing.Propose():
                bond = self.rollup.contracts.config.bond
                sent: Receipt = chain.propose(
                    action.parent, action.root, action.attempt, action.l1_block, action.l1_hash,
                    sender=self.account, value=bond,
                )  # fmt: skip
                self.made.append(action.id)
            case proposing.Confirm():
                sent = chain.confirm(action.id, sender=self.account)
            case proposing.WithdrawBonds():
                sent = chain.withdraw(self.account.address, sender=self.account)
        return sent

    def propose(self) -> AssertionHandle:
        """Assert the next range now, and return the assertion; the sequencer posts it first if it must.

        Raises UnknownBatch if there is nothing to assert, NothingToLieAbout if the range holds nothing that a liar's
        lie fits, ParentLost if the parent has lost its game, and FraudConfirmed if an honest proposer's parent is
        wrong.
        """
        view = self.view()
        if view.next_root is None and self.rollup.post():
            view = self.view()
        decided = (action for action in self.agent.decide(view) if isinstance(action, proposing.Propose))
        proposal = next(decided, None) or self.agent.proposal(view)
        if proposal is not None:
            self.perform(proposal)
            return AssertionHandle(self.rollup, self.made[-1])
        node, last = self.rollup.node, view.path[-1].id
        record = self.rollup.assertion(last)
        if self._is_lost(last, record):
            raise ParentLost(last)
        if (fraud := self._fraud(last, record)) is not None:
            raise fraud
        if view.next_end <= len(node.derived):
            self.agent.claim(self.rollup.truths, view.path[-1].end, view.next_end)
        raise UnknownBatch(view.next_end - 1, len(node.derived))

    def wakes_at(self) -> int | None:
        """Return L1's time, in seconds, of its next action without news; None if there is none."""
        own = self.agent.wakes_at(self.view())
        game = self.seat.wakes_at() if self.seat is not None else None
        times = [time for time in (own, game) if time is not None]
        return min(times, default=None)

    # -- isolation

    def snapshot(self) -> object:
        """Return a mark of what the proposer knows, for `restore`."""
        return super().snapshot(), tuple(self.made)

    def restore(self, snapshot: Any) -> None:
        """Return to a mark."""
        inherited, made = snapshot
        super().restore(inherited)
        self.made = list(made)
        self._seat = None


class Defence(GameSeat):
    """A proposer in the games about the assertions that it defends."""

    role = "Defence"

    def __init__(self, proposer: ProposerHandle) -> None:
        super().__init__(proposer.rollup, proposer.account, proposer.name, proposer.setbacks)
        self.proposer = proposer

    @property
    def agent(self) -> Proposer:
        """The proposer's agent; a test may replace it at any time."""
        return self.proposer.agent

    def owns(self, id: bytes) -> bool:
        """Return whether the proposer defends this assertion."""
        return self.proposer.stands_for(id)

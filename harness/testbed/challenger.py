"""The challenger as a test holds it."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.agents.challenger import Challenger, ChallengerView, GameInPlay, PendingAssertion
from harness.agents.proposer import Confirm, Status, WithdrawBonds
from harness.agents.tactics import Sound
from harness.agents.turns import Turn
from harness.chain.backend import Head
from harness.chain.values.accounts import Account
from harness.dispute.actions import Open
from harness.errors import HarnessError
from harness.testbed.agent import lie_name
from harness.testbed.assertions import AssertionHandle
from harness.testbed.core import RollupCore
from harness.testbed.game_seat import GameSeat
from harness.testbed.games import GameHandle


class NoDispute(HarnessError):
    """An assertion that is right, or cannot be disputed any more."""

    def __init__(self, assertion: bytes, reason: str) -> None:
        super().__init__(f"the assertion 0x{assertion.hex()} is not disputed: {reason}")
        self.assertion = assertion


@dataclass(frozen=True, slots=True)
class _Remembered:
    """An undecided assertion as an agent saw it when L1's stamp of it was ``mark``.

    It looks so up to the second ``until``, if L1 says no more of it.
    """

    mark: Hashable
    agent: Challenger
    until: float
    assertion: PendingAssertion

    @classmethod
    def of(cls, mark: Hashable, agent: Challenger, until: int | None, assertion: PendingAssertion) -> _Remembered:
        """Remember an assertion that can be disputed up to the second ``until``, or whatever the time is (None)."""
        if assertion.right_root is None:  # the agent's own node may know more at any time
            return cls(mark, agent, -math.inf, assertion)
        if until is None or not assertion.is_disputable:
            return cls(mark, agent, math.inf, assertion)
        return cls(mark, agent, until, assertion)


def _subject(action: object) -> bytes:
    """Return the assertion that an action confirms or disputes."""
    assert isinstance(action, Confirm | Open)
    return action.id if isinstance(action, Confirm) else action.assertion


class ChallengerHandle(GameSeat):
    """A challenger of a rollup, honest or dishonest. ``agent`` is the `Challenger` that decides."""

    role = "Challenger"

    def __init__(self, rollup: RollupCore, account: Account, agent: Challenger, name: str = "challenger") -> None:
        super().__init__(rollup, account, name)
        self.agent: Challenger = agent
        self._pending: dict[bytes, _Remembered] = {}
        self._all: tuple[Hashable, float, tuple[PendingAssertion, ...]] | None = None

    def _character(self) -> str:
        said = "honest" if self.lie is None else f"lies by {lie_name(self.lie)}"
        return said if self.tactic == Sound() else f"{said}, {self.tactic!r}"

    def owns(self, id: bytes) -> bool:
        """Return whether the challenger looks after this assertion."""
        return self.agent.about is None or id in self.agent.about

    # -- what it sees

    def view(self) -> ChallengerView:
        """Return everything that the challenger decides by."""
        games = tuple(self.game(id, address) for id, address in self.games())
        return self._part(games=games, assertions=self._all_pending(), credit=self._credit())

    def _all_pending(self) -> tuple[PendingAssertion, ...]:
        """Return the undecided assertions; each is looked at anew when L1 says something about it, or by its time."""
        rollup = self.rollup
        rollup.l2.backend.follow()
        now, at = rollup.l1.now, (rollup.disputes.stamp(), self.agent)
        if self._all is not None and self._all[0] == at and now <= self._all[1]:
            return self._all[2]
        stamp, known, self._pending = rollup.disputes.stamps(), self._pending, {}
        for id, parent in rollup.pending_assertions():
            mark, found = stamp(id, parent), known.get(id)
            if found is None or found.mark != mark or found.agent is not self.agent or now > found.until:
                found = _Remembered.of(mark, self.agent, self._in_time_until(id, parent), self.pending(id, parent))
            self._pending[id] = found
        assertions = tuple(found.assertion for found in self._pending.values())
        self._all = at, min((found.until for found in self._pending.values()), default=math.inf), assertions
        return assertions

    def _in_time_until(self, id: bytes, parent: bytes) -> int | None:
        """Return the last second at which an assertion without rivals can be disputed; None if it has some."""
        rollup = self.rollup
        if rollup.assertion(parent).liveChildren > 1:
            return None
        return int(rollup.assertion(id).createdAt) + rollup.config.period

    def _part(
        self,
        *,
        credit: int = 0,
        games: tuple[GameInPlay, ...] = (),
        assertions: tuple[PendingAssertion, ...] = (),
        seen: Head | None = None,
    ) -> ChallengerView:
        head = seen or self._seen()
        return ChallengerView(self.rollup.l1.now, (head.number, head.hash), credit, games, assertions)

    def _seen(self) -> Head:
        """Return L1's head, with a hash that stays."""
        self.rollup.l1.harden()
        return self.rollup.l1.head

    def _credit(self) -> int:
        return int(self.rollup.assertions.credit(self.account.address))

    def pending(self, id: bytes, parent: bytes) -> PendingAssertion:
        """Return an undecided assertion as this challenger sees it."""
        node = self.rollup.node
        self.rollup.l2.backend.follow()
        record, above = self.rollup.assertion(id), self.rollup.assertion(parent)
        is_known = record.end <= len(node.derived)
        return PendingAssertion(
            id=id,
            root=bytes(record.root),
            right_root=node.idle_after(record.end).root if is_known else None,
            is_parent_right=is_known and bytes(above.root) == node.idle_after(above.end).root,
            is_disputable=self._is_disputable(id, record),
            confirmable_at=AssertionHandle(self.rollup, id).confirmable_at,
            know=self.lazy_knowledge(id),
        )

    def _is_disputable(self, id: bytes, record: Any) -> bool:
        """Whether an assertion has no game and L1 would open one; by the rule of `AssertionChain.disputable`."""
        rollup = self.rollup
        until = self._in_time_until(id, bytes(record.parent))
        in_time = until is None or rollup.l1.now <= until
        if record.status != Status.PENDING or not in_time:
            return False
        return self.player.game_of(id) is None if rollup.l1.has_open_block else not rollup.disputes.has_game(id)

    # -- as a participant

    def decide_in(self, game: GameInPlay) -> Sequence[Hashable]:
        """Return the actions to take in one game."""
        return self.agent.decide(self._part(games=(game,)))

    def _decide_on(self, id: bytes, parent: bytes) -> Sequence[Hashable]:
        seen = self._seen()
        return self.agent.decide(self._part(assertions=(self.pending(id, parent),), seen=seen))

    def play(self) -> int:
        """Collect what is owed, play the open games, then confirm and open games; return the number of actions.

        Open games come before new ones because they have less time left.
        """
        turn = Turn()
        self.carry_out(turn, lambda: self.agent.decide(self._part(credit=self._credit())), (WithdrawBonds,))
        self.play_games(turn)
        for kind in (Confirm, Open):
            with turn.part():
                due, acted = self._due(kind), set[bytes]()
                for id, parent in self.rollup.pending_assertions():
                    if due is None or id in due or parent in acted:  # a parent that is confirmed makes a child's turn
                        self.carry_out(turn, lambda id=id, parent=parent: self._decide_on(id, parent), (kind,))  # type: ignore[misc]
                        acted.add(id)
        return turn.end()

    def _due(self, kind: type) -> set[bytes] | None:
        """Return the undecided assertions about which the agent decides on an action of a kind.

        Returns None if it cannot decide on all at once: an error about one must not keep it from the others.
        """
        seen = self._seen()
        try:
            decided = self.agent.decide(self._part(assertions=self._all_pending(), seen=seen))
        except Exception:
            return None
        return {_subject(action) for action in decided if isinstance(action, kind)}

    def perform(self, action: Hashable) -> None:
        """Carry one action out on L1; raises Overtaken, and what the chain raises."""
        chain = self.rollup.assertions
        match action:
            case WithdrawBonds():
                chain.withdraw(self.account.address, sender=self.account)
            case Confirm():
                chain.confirm(action.id, sender=self.account)
            case _:
                super().perform(action)

    def wakes_at(self) -> int | None:
        """Return L1's time, in seconds, of its next action without news; None if there is none."""
        return self.agent.wakes_at(self.view())

    # -- verbs

    def open(self, id: bytes) -> None:
        """Open the game of an assertion, whatever the assertion says."""
        seen = self._seen()
        self.player.perform(self.agent.opening(id, self.knowledge(id), (seen.number, seen.hash)))

    def dispute(self, assertion: AssertionHandle) -> GameHandle:
        """Open the game of an assertion now, or join the one that is open. Raises NoDispute for one that is right."""
        id, seen = assertion.id, self._seen()
        if self.player.game_of(id) is None:
            pending = self.pending(id, bytes(assertion.record.parent))
            if self.lie is None and not pending.is_wrong:
                raise NoDispute(id, "it is right, or its parent is wrong")
            if not pending.is_disputable:
                raise NoDispute(id, f"it is {assertion.status.name.lower()}, or its challenge period is over")
            self.player.perform(self.agent.opening(id, self.knowledge(id), (seen.number, seen.hash)))
        game = self.player.game_of(id)
        assert game is not None
        return GameHandle(self.rollup, id, game)

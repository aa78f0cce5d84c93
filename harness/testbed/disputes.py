"""Disputes in a rollup: the contracts that decide them, the challenger, and games as a test holds them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.agents.proposer import Confirm
from harness.agents.proposer import Withdraw as TakeBack
from harness.agents.tactics import Knowledge, Silent, Sound, Tactic
from harness.agents.turns import Setback, Setbacks, Turn
from harness.chain.backend import Head
from harness.chain.chain import PRIORITY_FEE
from harness.chain.errors import InsufficientFunds
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP
from harness.dispute.actions import Action, Move, Open, Refund, Resolve, Step, Void, Withdraw
from harness.dispute.assertion_trace import END, AssertionTrace, StepReport
from harness.dispute.drawing import draw
from harness.dispute.player import Overtaken, Player
from harness.dispute.reader import GameReader
from harness.dispute.trace import Trace
from harness.dispute.view import GameView, Outcome
from harness.errors import GoneByReorg, HarnessError, Reverted
from harness.testbed.handles import AssertionHandle, ProposerHandle, said_of

if TYPE_CHECKING:
    from harness.testbed.rollup import Rollup

MIDDLE = 1 << 39
"""Steps that the first attack on a root is about."""

_FREE = (Step, Resolve, Void, Refund, Withdraw)
_BONDED = (Move, Open)

_LIES_KEPT = 16
"""Ranges whose lie a liar remembers."""


class NoDispute(HarnessError):
    """An assertion that is right, or cannot be disputed any more."""

    def __init__(self, assertion: bytes, reason: str) -> None:
        super().__init__(f"the assertion 0x{assertion.hex()} is not disputed: {reason}")
        self.assertion = assertion


class DisputeSeat:
    """Plays games with one account and one idea of L2, as a participant of the runner."""

    def __init__(
        self,
        rollup: Rollup,
        account: Account,
        name: str,
        tactic: Tactic | None = None,
        lie: Callable[[Trace], Trace] | None = None,
        owns: Callable[[bytes], bool] = lambda _: True,
        setbacks: Setbacks | None = None,
    ) -> None:
        self.rollup = rollup
        self.account = account
        self.name = name
        self.tactic = tactic or Sound()
        self.lie = lie
        self.owns = owns
        factory = str(rollup.assertions.disputes())
        self.player = Player(rollup.l1, factory, account, rollup.game_readers, rollup.since)
        self.refused: list[Reverted] = []
        self.setbacks = Setbacks(rollup.runner.setbacks.append) if setbacks is None else setbacks
        self._lies: dict[AssertionTrace, tuple[Callable[[Trace], Trace], Trace]] = {}

    def __repr__(self) -> str:
        said = "honest" if self.lie is None else f"lies by {said_of(self.lie)}"
        said += "" if self.tactic == Sound() else f", {self.tactic!r}"
        return f"<{type(self).__name__} {self.rollup.name_of(self.account.address)}, {said}>"

    # -- what it knows

    def knowledge(self, id: bytes) -> Knowledge:
        """The true trace of an assertion's range, and the one that this player stands for."""
        rollup = self.rollup
        rollup.l2.backend.follow()
        record = rollup.assertions.assertion(id)
        start = int(rollup.assertions.assertion(record.parent).end)
        truth = rollup.truths.of(start, int(record.end))
        return Knowledge(self._told(truth), truth, self.account.address)

    def _told(self, truth: AssertionTrace) -> Trace:
        """What this player says of a range: the truth, or its lie about it, told the same way every time."""
        if self.lie is None:
            return truth
        lie, told = self._lies.get(truth, (None, truth))
        if lie is not self.lie:
            while len(self._lies) >= _LIES_KEPT:
                del self._lies[next(iter(self._lies))]
            told = self.lie(truth)
            self._lies[truth] = (self.lie, told)
        return told

    def games(self) -> list[tuple[bytes, str]]:
        """All games about assertions that concern this player, with their assertions, oldest first."""
        events = self.rollup.game_events()
        return [(id, game) for id, game in events if self.owns(id)]

    # -- as a participant

    def play(self) -> int:
        """Play all games. What needs no bond comes first: a bond in one game must not take the gas of another."""
        turn = Turn()
        games: list[tuple[bytes, str]] = []
        for id, game in self.rollup.game_events():
            with turn.part():
                if self.owns(id):
                    games.append((id, game))
        for kinds in (_FREE, _BONDED) if len(games) > 1 else (_FREE + _BONDED,):
            for id, game in games:
                with turn.part():
                    actions = [action for action in self._decide(id, game) if isinstance(action, kinds)]
                    self._play(turn, id, game, actions)
        return turn.end()

    def _play(self, turn: Turn, id: bytes, game: str, actions: list[Action]) -> None:
        for action in sorted(actions, key=lambda action: isinstance(action, _BONDED)):
            with turn.part():
                turn.done += self._try(id, game, action)

    def _decide(self, id: bytes, game: str) -> list[Action]:
        """What to do in one game. On top of a wrong parent there is no right answer to give: the parent is what
        falls.
        """
        view = self.player.view(game)
        decided = view.outcome in (Outcome.UPHELD, Outcome.REJECTED)
        if decided and not view.credits.get(self.account.address):
            return []
        know = self.knowledge(id)
        tactic = self.tactic if view.prestate == know.trace.hash_at(0) or view.orphaned else Silent()
        return tactic.decide(view, know)

    def _try(self, id: bytes, game: str, action: Action) -> bool:
        """Carry an action out. A refusal is an error of an honest player's only if that is still what is to be done:
        somebody may have been first, or a reorg. What it cannot pay for is a setback.
        """
        honest = self.lie is None and isinstance(self.tactic, Sound)
        try:
            self.player.perform(action)
        except Overtaken:
            return True  # The next turn decides on the L1 of then.
        except InsufficientFunds as problem:
            self._note(action, problem)
            return False
        except Reverted as refusal:
            if honest and self._is_due(id, game, action):
                self._note(action, refusal)
                raise
            self.refused.append(refusal)
            return honest
        self.setbacks.overcome(action)
        return True

    def _is_due(self, id: bytes, game: str, action: Action) -> bool:
        try:
            return action in self._decide(id, game)
        except GoneByReorg:
            return False

    def _note(self, action: Hashable, error: Exception) -> None:
        self.setbacks.note(Setback(self.name, action, error, self.rollup.l1.now))

    def kept_for_games(self) -> int:
        """Wei that the undecided games of this player may still ask of it: the rest of one path in each, with gas."""
        chain, total = self.rollup.l1, 0
        gas = TX_GAS_CAP * (2 * chain.backend.next_base_fee() + PRIORITY_FEE)
        for _, game in self.games():
            view = self.player.view(game)
            if view.outcome is Outcome.UNDECIDED and view.claims:
                deepest = max(claim.depth for claim in view.claims)
                total += gas + sum(view.bonds[deepest + 1 :: 2])
        return total

    def wakes_at(self) -> int | None:
        times = [self._wakes(id, game) for id, game in self.games()]
        return min((time for time in times if time is not None and time > self.rollup.l1.now), default=None)

    def _wakes(self, id: bytes, game: str) -> int | None:
        view = self.player.view(game)
        if view.outcome is not Outcome.UNDECIDED:
            return None
        own = self.tactic.wakes(view, self.knowledge(id))
        return view.ends if own is None else min(own, view.ends)

    def snapshot(self) -> object:
        return self.tactic, self.lie, tuple(self.refused), self.setbacks.snapshot()

    def restore(self, snapshot: Any) -> None:
        self.tactic, self.lie, refused, setbacks = snapshot
        self.refused = list(refused)
        self.setbacks.restore(setbacks)


class Challenger(DisputeSeat):
    """Disputes every wrong assertion on the right path, and plays the games about them to the end.

    It confirms what it stands for as well, once that can be: whoever asserted it may be away.
    """

    def play(self) -> int:
        """Money that is due comes first, then the games that are open: they have the shorter time left."""
        turn = Turn()
        for part in (self._collect, super().play, self._confirm, self._open_new):
            with turn.part():
                turn.done += part()
        return turn.end()

    def _collect(self) -> int:
        """Take the bonds of rejected assertions, which the chain of assertions credits to who rejected them."""
        chain = self.rollup.assertions
        if not chain.credit(self.account.address):
            return 0
        return self._send(TakeBack(), lambda: chain.withdraw(self.account.address, sender=self.account))

    def _confirm(self) -> int:
        """Confirm the right assertions whose time has come, parents first."""
        done = 0
        for id, _ in self.rollup.pending_assertions():
            at = AssertionHandle(self.rollup, id).confirmable_at
            if at is not None and at <= self.rollup.l1.now and self._stands_for(id):
                confirm = partial(self.rollup.assertions.confirm, id, sender=self.account)
                done += self._send(Confirm(id), confirm)
        return done

    def _stands_for(self, id: bytes) -> bool:
        """Whether an assertion is what this player would assert."""
        end = int(self.rollup.assertions.assertion(id).end)
        self.rollup.l2.backend.follow()
        known = end <= len(self.rollup.node.derived)
        return known and self.knowledge(id).trace.hash_at(END) == bytes(self.rollup.assertions.assertion(id).root)

    def _send(self, action: Hashable, send: Callable[[], object]) -> int:
        """Send a transaction that needs no bond; the number of actions. Somebody may have sent it first."""
        try:
            send()
        except InsufficientFunds as problem:
            self._note(action, problem)
            return 0
        except Reverted as refusal:
            self.refused.append(refusal)
            return 0
        self.setbacks.overcome(action)
        return 1

    def _open_new(self) -> int:
        turn = Turn()
        for id, parent in self.rollup.pending_assertions():
            seen = self._seen()
            with turn.part():
                if self._is_to_open(id, parent):
                    turn.done += self._try_to_open(id, parent, seen)
        return turn.end()

    def _try_to_open(self, id: bytes, parent: bytes, seen: Head) -> int:
        action = self._opening(id, seen)
        try:
            self.player.perform(action)
        except Overtaken:
            return 1  # The next turn decides on the L1 of then.
        except InsufficientFunds as problem:
            self._note(action, problem)
            return 0
        except Reverted as refusal:
            if self._is_to_open(id, parent):
                self._note(action, refusal)
                raise
            self.refused.append(refusal)
            return 1
        self.setbacks.overcome(action)
        return 1

    def _is_to_open(self, id: bytes, parent: bytes) -> bool:
        if self.player.game_of(id) is not None or not self.rollup.assertions.disputable(id):
            return False
        return self._is_wrong(id, parent)

    def _is_wrong(self, id: bytes, parent: bytes) -> bool:
        """Whether an assertion's root is wrong on top of a right parent; on top of a wrong one the parent is what to
        dispute.
        """
        chain, node = self.rollup.assertions, self.rollup.node
        self.rollup.l2.backend.follow()
        record, above = chain.assertion(id), chain.assertion(parent)
        if record.end > len(node.derived) or bytes(above.root) != node.idle_after(above.end).root:
            return False
        return bytes(record.root) != node.idle_after(record.end).root

    def open(self, id: bytes, seen: Head | None = None) -> None:
        """Open the game of an assertion, whatever it says; ``seen`` is L1's head when that was decided, now unless
        given.
        """
        self.player.perform(self._opening(id, seen or self._seen()))

    def _seen(self) -> Head:
        """L1's head, by a hash that it keeps."""
        self.rollup.l1.harden()
        return self.rollup.l1.head

    def _opening(self, id: bytes, seen: Head) -> Open:
        return Open(id, self.knowledge(id).trace.hash_at(MIDDLE), (seen.number, seen.hash))

    def wakes_at(self) -> int | None:
        """As a player, or when it can confirm something."""
        times = [super().wakes_at()]
        for id, _ in self.rollup.pending_assertions():
            at = AssertionHandle(self.rollup, id).confirmable_at
            if at is not None and at > self.rollup.l1.now and self._stands_for(id):
                times.append(at)
        return min((time for time in times if time is not None), default=None)

    def dispute(self, assertion: AssertionHandle) -> GameHandle:
        """Open the game of an assertion now, or join the one that is open. Raises NoDispute for one that is right."""
        id, seen = assertion.id, self._seen()
        if self.player.game_of(id) is None:
            if self.lie is None and not self._is_wrong(id, bytes(assertion.record.parent)):
                raise NoDispute(id, "it is right, or its parent is wrong")
            if not self.rollup.assertions.disputable(id):
                raise NoDispute(id, f"it is {assertion.status.name.lower()}, or its challenge period is over")
            self.open(id, seen)
        game = self.player.game_of(id)
        assert game is not None
        return GameHandle(self.rollup, id, game)


class GameHandle:
    """A game, as a test asks about it. `print` draws its tree."""

    def __init__(self, rollup: Rollup, assertion: bytes, address: str) -> None:
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
        names = {account.address for account, _ in self._seats()}
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
        return next((seat for account, seat in self._seats() if account.address == address), address)

    def _seats(self) -> list[tuple[Account, object]]:
        """Everyone who plays games, with the account."""
        seats = self.rollup.runner.participants
        return [(seat.account, seat) for seat in seats if isinstance(seat, DisputeSeat | ProposerHandle)]

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


__all__ = ["Challenger", "DisputeSeat", "GameHandle", "NoDispute"]

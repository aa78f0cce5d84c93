"""What all handles of agents share: an account, a seat in the runner, and what went wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import Any

from harness.agents.turns import Setback, Setbacks
from harness.chain.values.accounts import Account
from harness.errors import Reverted
from harness.testbed.core import RollupCore


class AgentHandle(ABC):
    """An agent of a rollup with its account, as the runner steps it and a test holds it.

    ``refused`` are transactions that L1 refused and that need not be sent again. ``setbacks`` are decisions that the
    agent could not carry out.
    """

    role = "Agent"
    plays_games = False
    agent: Any

    def __init__(self, rollup: RollupCore, account: Account, name: str, setbacks: Setbacks | None = None) -> None:
        self.rollup = rollup
        self.account = account
        self.name = name
        self.refused: list[Reverted] = []
        self.setbacks = Setbacks(rollup.runner.setbacks.append) if setbacks is None else setbacks

    def __repr__(self) -> str:
        return f"<{self.role} {self.rollup.name_of(self.account.address)}, {self._character()}>"

    def _character(self) -> str:
        """How the agent behaves, in words."""
        return "honest"

    def leave(self) -> None:
        """Leave the runner; from now on only the handle's verbs act. `Rollup.join` takes the handle back."""
        self.rollup.runner.leave(self)

    @abstractmethod
    def play(self) -> int:
        """Decide once by the view of now and carry it out; return the number of actions."""

    @abstractmethod
    def wakes_at(self) -> int | None:
        """Return L1's time, in seconds, of its next action without news; None if there is none."""

    def announce(self, action: Hashable) -> None:
        """Tell who watches the runner of an action that is about to be carried out."""
        for watcher in self.rollup.runner.watchers:
            watcher(self, action)

    def note(self, action: Hashable, error: Exception) -> None:
        """Record an action that could not be carried out."""
        self.setbacks.note(Setback(self.name, action, error, self.rollup.l1.now))

    # -- isolation

    def snapshot(self) -> object:
        """Return a mark of the agent and what it met, for `restore`."""
        return self.agent, tuple(self.refused), self.setbacks.snapshot()

    def restore(self, snapshot: Any) -> None:
        """Return to a mark."""
        self.agent, refused, setbacks = snapshot
        self.refused = list(refused)
        self.setbacks.restore(setbacks)


def lie_name(lie: object) -> str:
    """Return the name of a lie."""
    return str(getattr(lie, "name", None) or getattr(lie, "__qualname__", None) or repr(lie))

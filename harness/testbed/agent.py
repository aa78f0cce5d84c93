"""What all handles of agents have in common: an account, a seat in the runner, and what went wrong."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from harness.agents.turns import Setback, Setbacks
from harness.chain.values.accounts import Account
from harness.errors import Reverted
from harness.testbed.core import RollupCore


class AgentHandle:
    """An agent of a rollup with its account, as the runner steps it and a test holds it.

    ``refused`` are transactions that L1 refused and that need not be sent again; ``setbacks`` what the agent decided on
    and could not carry out.
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
        """Leave the runner: act on its verbs alone from now on. `Rollup.join` takes the handle back."""
        self.rollup.runner.leave(self)

    def play(self) -> int:
        """Decide once on the view of now and carry it out; the number of actions."""
        raise NotImplementedError

    def wakes_at(self) -> int | None:
        """Time, in seconds, of its next action if nothing new happens; None if there is none."""
        raise NotImplementedError

    def note(self, action: Hashable, error: Exception) -> None:
        """Note an action that could not be carried out."""
        self.setbacks.note(Setback(self.name, action, error, self.rollup.l1.now))

    # -- isolation

    def snapshot(self) -> object:
        return self.agent, tuple(self.refused), self.setbacks.snapshot()

    def restore(self, snapshot: Any) -> None:
        self.agent, refused, setbacks = snapshot
        self.refused = list(refused)
        self.setbacks.restore(setbacks)


def lie_name(lie: object) -> str:
    """How a lie is called."""
    return str(getattr(lie, "name", None) or getattr(lie, "__qualname__", None) or repr(lie))

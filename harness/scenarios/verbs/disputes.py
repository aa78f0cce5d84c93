"""Verbs about assertions, games and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from harness.scenarios.base import AgentName, NewName
from harness.scenarios.values import Duration, Moment, When, duration_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class Propose(Verb):
    """Makes a proposer assert the next range now. What is not posted is posted first."""

    word: ClassVar[str] = "propose"
    short: ClassVar[str] = "agent"
    needs: ClassVar[str] = "rollup"
    agent: AgentName
    name: NewName | None = Field(default=None, alias="as")

    def perform(self, world: World) -> str:
        """Propose."""
        assertion = world.crew.proposer(self.agent).propose()
        if self.name is not None:
            world.name(self.name, assertion)
        return f"{self.agent} asserts the state after batch {assertion.end - 1}"


class Dispute(Verb):
    """Makes a challenger open the game of the newest assertion that it disagrees with, now."""

    word: ClassVar[str] = "dispute"
    short: ClassVar[str] = "agent"
    needs: ClassVar[str] = "rollup"
    agent: AgentName

    def perform(self, world: World) -> str:
        """Open the game."""
        world.crew.challenger(self.agent).dispute(world.newest_assertion())
        return f"{self.agent} opens a game"


class Run(Verb):
    """Lets the agents act, and time pass, until a moment or for a duration; without either, until all is quiet."""

    word: ClassVar[str] = "run"
    short: ClassVar[str] = "until"
    needs: ClassVar[str] = "rollup"
    until: When = Moment.of("quiet")
    duration: Duration | None = Field(default=None, alias="for")

    def perform(self, world: World) -> str:
        """Run."""
        if self.duration is not None:
            world.run_for(self.duration)
            return f"the agents act for {duration_text(self.duration)}"
        world.run_until(self.until)
        return f"the agents act until {self.until}"


class Absence(Verb):
    """Takes an agent away from now on, for a duration."""

    word: ClassVar[str] = "away"
    agent: AgentName
    duration: Duration = Field(alias="for")

    def perform(self, world: World) -> str:
        """Send it away."""
        world.crew.send_away(self.agent, self.duration)
        return f"{self.agent} is away for {duration_text(self.duration)}"

"""Verbs about assertions, games and agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from harness.scenarios.base import Actor, AgentName, AssertionName, NewAssertion
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
    name: NewAssertion | None = Field(default=None, alias="as")

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
    needs: ClassVar[str] = "rollup"
    agent: AgentName
    duration: Duration = Field(alias="for")

    def perform(self, world: World) -> str:
        """Send it away."""
        world.crew.send_away(self.agent, self.duration)
        return f"{self.agent} is away for {duration_text(self.duration)}"


class Confirm(Verb):
    """Confirms an assertion that a step has named, or else the oldest undecided one."""

    word: ClassVar[str] = "confirm"
    needs: ClassVar[str] = "rollup"
    assertion: AssertionName | None = None
    sender: Actor = Field(default="alice", alias="from")

    def perform(self, world: World) -> str:
        """Confirm it."""
        chosen = world.assertion(self.assertion)
        world.rollup.assertions.confirm(chosen.id, sender=world.account(self.sender))
        return f"{self.sender} confirms the state after batch {chosen.end - 1}"


class Move(Verb):
    """Makes a claim by hand: an answer to claim number ``claim`` of the newest game.

    ``value`` is the true state, the agent's own idea of it, or junk.
    """

    word: ClassVar[str] = "move"
    needs: ClassVar[str] = "rollup"
    agent: AgentName
    claim: int = Field(ge=0)
    side: Literal["attack", "defend"] = "attack"
    value: Literal["true", "own", "junk"] = "own"

    def perform(self, world: World) -> str:
        """Make it."""
        from harness.scenarios import acts

        acts.hands(world).move(self.agent, self.claim, self.side, self.value)
        return f"{self.agent} makes a move by hand on claim {self.claim}: {self.side}, {self.value}"


class StepOnL1(Verb):
    """Proves a step on L1 by hand, against claim number ``claim`` of the newest game.

    ``off`` names another step than the right one, by that many steps.
    """

    word: ClassVar[str] = "step"
    needs: ClassVar[str] = "rollup"
    agent: AgentName
    claim: int = Field(ge=0)
    side: Literal["attack", "defend"] = "attack"
    off: int = 0

    def perform(self, world: World) -> str:
        """Prove it."""
        from harness.scenarios import acts

        acts.hands(world).step(self.agent, self.claim, self.side, self.off)
        return f"{self.agent} proves a step by hand against claim {self.claim}"


class FrontRun(Verb):
    """Sends what another agent is about to send in its games, ahead of it."""

    word: ClassVar[str] = "front-run"
    needs: ClassVar[str] = "rollup"
    agent: AgentName
    victim: AgentName = Field(alias="of")

    def perform(self, world: World) -> str:
        """Copy it."""
        from harness.scenarios import acts

        count = acts.hands(world).front_run(self.agent, self.victim)
        return f"{self.agent} sends {count} actions of {self.victim} ahead of it"


class FillBlocks(Verb):
    """Fills blocks of L1 with the gas of others, a slot of 12 s apart; no agent gets into them."""

    word: ClassVar[str] = "fill-blocks"
    short: ClassVar[str] = "blocks"
    blocks: int = Field(ge=1, le=10_000)

    def perform(self, world: World) -> str:
        """Fill them."""
        from harness.scenarios import acts

        acts.fill_blocks(world, self.blocks)
        return f"others fill {self.blocks} blocks"

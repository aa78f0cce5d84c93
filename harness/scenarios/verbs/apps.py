"""Verbs about turn-taking games in state channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from harness.scenarios.base import Actor, GameName, NewGame
from harness.scenarios.values import Amount, Duration, amount_text
from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


def _bytes(move: int | None) -> bytes:
    return b"" if move is None else bytes([move])


class Game(Verb):
    """Begins a turn-taking game of two players, each with a stake, and names it ``as``. A lower address moves first."""

    word: ClassVar[str] = "game"
    app: Literal["CountingRace", "NoughtsAndCrosses"]
    players: tuple[Actor, Actor]
    name: NewGame = Field(alias="as")
    stake: Amount = 0
    window: Duration = 3_600

    def perform(self, world: World) -> str:
        """Begin it."""
        one, other = map(world.account, self.players)
        world.apps.begin(self.name, self.app, (one, other), self.stake, self.window)
        world.name(self.name, world.apps.games[self.name])
        return f"{self.players[0]} and {self.players[1]} begin {self.app}, {amount_text(self.stake)} each"


class Turns(Verb):
    """Makes moves off chain, in turn: the first is that of ``by``."""

    word: ClassVar[str] = "turns"
    game: GameName
    by: Actor
    moves: tuple[int, ...] = Field(min_length=1)

    def perform(self, world: World) -> str:
        """Make them."""
        game, mover = world.apps.game(self.game), world.account(self.by)
        for move in self.moves:
            world.apps.turn(self.game, mover, _bytes(move))
            mover = game.accounts[game.side(mover).other]
        return f"{len(self.moves)} moves in {self.game}, the first by {self.by}"


class Challenge(Verb):
    """Starts the other player's clock on chain, with a ``move`` if it is the challenger's turn."""

    word: ClassVar[str] = "challenge"
    game: GameName
    by: Actor
    move: int | None = Field(default=None, ge=0, le=255)

    def perform(self, world: World) -> str:
        """Challenge."""
        world.apps.challenge(self.game, world.account(self.by), _bytes(self.move))
        return f"{self.by} challenges in {self.game}"


class Respond(Verb):
    """Answers a challenge by a move on chain."""

    word: ClassVar[str] = "respond"
    game: GameName
    by: Actor
    move: int = Field(ge=0, le=255)

    def perform(self, world: World) -> str:
        """Respond."""
        world.apps.respond(self.game, world.account(self.by), _bytes(self.move))
        return f"{self.by} responds in {self.game}"


class Conclude(Verb):
    """Ends a game that is over, by the state that both players sign, and pays it out."""

    word: ClassVar[str] = "conclude"
    game: GameName
    by: Actor

    def perform(self, world: World) -> str:
        """Conclude it."""
        world.apps.conclude(self.game, world.account(self.by))
        return f"{self.by} concludes {self.game}"


class Forfeit(Verb):
    """Ends a game whose clock has run out; time passes until then. The player who did not move loses the pot."""

    word: ClassVar[str] = "forfeit"
    game: GameName
    by: Actor

    def perform(self, world: World) -> str:
        """End it."""
        world.apps.forfeit(self.game, world.account(self.by))
        return f"{self.by} ends {self.game}, whose clock has run out"

"""Turn-taking games of a run by their names: moves off chain, and what the adjudicator makes of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.channels.apps import AppState, AppTerms, CountingRace, NoughtsAndCrosses, Payments, Player, Rules
from harness.channels.messages import Domain, Signer
from harness.channels.types import Side
from harness.contracts.bindings import Contract, ContractType
from harness.scenarios.errors import StepImpossible

RULES: dict[str, Callable[[], Rules]] = {
    "CountingRace": CountingRace,
    "NoughtsAndCrosses": NoughtsAndCrosses,
    "Payments": Payments,
}
"""The applications with a twin in Python, by the names of their contracts."""


class Stage(IntEnum):
    """How far the adjudicator has come with a game."""

    NONE = 0
    FUNDING = 1
    LIVE = 2
    CHALLENGED = 3
    CONCLUDED = 4


@dataclass(slots=True)
class AppGame:
    """One game: its terms, and both players with what each knows."""

    terms: AppTerms
    accounts: tuple[Account, Account]
    players: tuple[Player, Player]

    def side(self, account: Account) -> Side:
        """Return the side of a player; raises StepImpossible for anybody else."""
        if account.address not in (self.terms.a, self.terms.b):
            raise StepImpossible(
                f"the game of {self.accounts[0]} and {self.accounts[1]}", f"{account} does not play it"
            )
        return Side.A if account.address == self.terms.a else Side.B


@dataclass(slots=True)
class AppDesk:
    """The games of one run on one AppAdjudicator."""

    chain: Chain
    contract_type: Callable[[str], ContractType]
    games: dict[str, AppGame] = field(default_factory=dict)
    _adjudicator: Contract | None = None
    _apps: dict[str, str] = field(default_factory=dict)

    @property
    def adjudicator(self) -> Contract:
        """The contract, deployed when it is first asked for."""
        if self._adjudicator is None:
            kind = self.contract_type("AppAdjudicator")
            self._adjudicator = self.chain.deploy(kind, sender=self.chain.accounts[-1])
            self.chain.knowledge.label(self._adjudicator.address, "games")
        return self._adjudicator

    def app(self, name: str) -> str:
        """Return the address of an application, deployed when it is first asked for."""
        if name not in self._apps:
            self._apps[name] = self.chain.deploy(self.contract_type(name), sender=self.chain.accounts[-1]).address
        return self._apps[name]

    def game(self, name: str) -> AppGame:
        """Return a game; raises StepImpossible for another name."""
        if name not in self.games:
            raise StepImpossible(name, "no step that was done has begun it")
        return self.games[name]

    def begin(self, name: str, app: str, pair: tuple[Account, Account], stake: int, window: int) -> None:
        """Begin a game of an application with both stakes."""
        judge, place = self.adjudicator, self.app(app)
        one, other = sorted(pair, key=lambda account: int(account.address, 16))
        epoch = int(judge.epochOf(place, one.address, other.address)) + 1
        terms = AppTerms(place, one.address, other.address, epoch, window, stake)
        domain = Domain(self.chain.chain_id, judge.address, "AppAdjudicator")
        players = tuple(
            Player(domain, terms, side, RULES[app](), Signer(account.private_key))
            for side, account in zip(Side, (one, other), strict=True)
        )
        self.games[name] = AppGame(terms, (one, other), (players[0], players[1]))
        judge.open(terms.as_tuple(), sender=one, value=stake)
        if stake:
            judge.join(terms.as_tuple(), sender=other, value=stake)

    def turn(self, name: str, by: Account, move: bytes) -> None:
        """Make a move off chain; the other player adopts it. Raises IllegalProposal."""
        game = self.game(name)
        side = game.side(by)
        game.players[side.other].receive(game.players[side].play(move))

    def challenge(self, name: str, by: Account, move: bytes) -> None:
        """Start the other player's clock from the newest state that it signed, or from a newer one on chain."""
        game = self.game(name)
        side = game.side(by)
        held, signed = max(game.players[side].held, (self._posted(game), b""), key=lambda each: each[0].turn)
        signatures = [b"", b""]
        signatures[side.other] = signed
        self.adjudicator.challenge(game.terms.as_tuple(), held.as_tuple(), *signatures, move, sender=by)

    def respond(self, name: str, by: Account, move: bytes) -> None:
        """Answer a challenge by a move on the state that was posted."""
        game = self.game(name)
        self.adjudicator.respond(game.terms.as_tuple(), self._posted(game).as_tuple(), move, sender=by)

    def _posted(self, game: AppGame) -> AppState:
        """Return the state that the adjudicator has of a game; the initial one if it has none."""
        for log in reversed(self.chain.logs(self.adjudicator.address)):
            event = self.adjudicator.type.index.decode_event(log.address, log.topics, log.data)
            if event is None or event.name not in ("Challenged", "Checkpointed"):
                continue
            if bytes(event.fields["channel"]) == game.terms.channel:
                turn, data = tuple(event.fields["state"])
                return AppState(int(turn), bytes(data))
        return AppState(0, game.players[0].rules.initial())

    def conclude(self, name: str, by: Account) -> None:
        """End a game by its last state, which both sign."""
        game = self.game(name)
        state = max((player.state for player in game.players), key=lambda each: each.turn)
        signatures = [player.sign(state) for player in game.players]
        self.adjudicator.conclude(game.terms.as_tuple(), state.as_tuple(), *signatures, sender=by)
        self._pay(game, by)

    def forfeit(self, name: str, by: Account) -> None:
        """End a game whose clock has run out, as time is set to, and pay it out."""
        game = self.game(name)
        deadline = int(self._info(game)[1])
        if self.chain.now <= deadline:
            self.chain.warp(to=deadline + 1)
        self.adjudicator.forfeit(game.terms.as_tuple(), sender=by)
        self._pay(game, by)

    def unended(self) -> Iterator[str]:
        """Yield the names of games that are not over."""
        return (name for name, game in self.games.items() if Stage(self._info(game)[0]) is not Stage.CONCLUDED)

    def owed(self, account: Account) -> int:
        """Return what games that are over still owe a player, in wei."""
        return sum(
            int(self._info(game)[4 + game.side(account)])
            for game in self.games.values()
            if account.address in (game.terms.a, game.terms.b)
        )

    def _info(self, game: AppGame) -> Any:
        return self.adjudicator.channelInfo(game.terms.channel)

    def _pay(self, game: AppGame, by: Account) -> None:
        info = self._info(game)
        for side, account in zip(Side, game.accounts, strict=True):
            if int(info[4 + side]):
                self.adjudicator.payout(game.terms.as_tuple(), int(side), account.address, sender=by)

"""The adapter of the built-in ``contracts/channel/AppAdjudicator.sol`` and its two applications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.application import Application, Fork, Position, Rulebook
from harness.adapters.two_party import Pair, Parties, Signatures
from harness.channels.apps import AppState, AppTerms, CountingRace, NoughtsAndCrosses, Rules
from harness.channels.messages import Domain, Messages, Signer
from harness.channels.types import Side
from harness.primitives.hashing import keccak256

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract

WINDOW = 3_600
_RULES: dict[str, type[Rules]] = {"NoughtsAndCrosses": NoughtsAndCrosses, "CountingRace": CountingRace}
_FAULTS = ("reverts", "burns its gas", "says nothing", "says nonsense", "never stops", "is slow")
"""Ways in which `contracts/mocks/channel/FaultyApp.sol` fails, from its number 1 on."""
_QUESTIONS = {"all": "", "initial": "initial()", "play": "play(bytes,uint64,bytes)", "outcome": "outcome(bytes,uint64)"}


def _moves(*cells: int) -> tuple[bytes, ...]:
    return tuple(bytes([cell]) for cell in cells)


def _fork(before: tuple[int, ...], wins: int, errs: int, punishes: int) -> Fork:
    return Fork(_moves(*before), *_moves(wins, errs, punishes))


NOUGHTS_AND_CROSSES = Rulebook(
    "NoughtsAndCrosses",
    (_fork((0, 3, 1, 4), 2, 8, 5), _fork((0, 3, 1, 4, 8), 5, 7, 2)),
    _moves(0, 1, 2, 4, 3, 5, 7, 6, 8),
    (
        ((), b"\x09"),
        ((), b""),
        ((), b"\x00\x01"),
        (_moves(0), b"\x00"),
        (_moves(0, 3), b"\x00"),
        (_moves(0, 3), b"\x03"),
        (_moves(0, 3, 1, 4, 2), b"\x05"),
        (_moves(0, 3, 1, 4, 8, 5), b"\x02"),
    ),
)
COUNTING_RACE = Rulebook(
    "CountingRace",
    (_fork((3, 3, 3, 3, 3, 3), 3, 1, 2), _fork((3, 3, 3, 3, 3, 2, 1), 3, 1, 2)),
    (),
    (((), b"\x00"), ((), b"\x04"), ((), b""), ((), b"\x01\x01"), (_moves(3, 3, 3, 3, 3, 3, 1), b"\x03")),
)


@dataclass(frozen=True, slots=True)
class Game:
    """A game: its terms, whether party A of the contract opened it, and its application."""

    terms: AppTerms
    a_is_first: bool
    name: str

    def in_order(self, pair: tuple[Any, Any]) -> tuple[Any, Any]:
        """Return what belongs to the parties in the contract's order, A first, or back."""
        return pair if self.a_is_first else (pair[1], pair[0])


class AppAdjudicatorAdapter(Application):
    """Drives AppAdjudicator, with a contract before each application that can be told to fail."""

    says_why: ClassVar[bool] = True
    window: ClassVar[int] = WINDOW
    rulebooks: ClassVar[tuple[Rulebook, ...]] = (NOUGHTS_AND_CROSSES, COUNTING_RACE)
    failures: ClassVar[tuple[str, ...]] = (*_FAULTS[:5], "has no code")
    answers_bounded: ClassVar[bool] = True

    def deploy(self) -> None:
        """Deploy the adjudicator, and each application behind a contract that can be told to fail."""
        self.adjudicator: Contract = self.create("AppAdjudicator")
        self.domain = Domain(self.chain.chain_id, str(self.adjudicator.address), "AppAdjudicator")
        self._apps = {name: self.create("FaultyApp", self.create(name).address) for name in _RULES}

    def _game(self, parties: Parties, stake: int) -> Game:
        a, b = sorted((party.address for party in parties), key=lambda address: int(address, 16))
        app = self._apps[self.rulebook.name].address
        epoch = int(self.adjudicator.epochOf(app, a, b)) + 1
        return Game(AppTerms(str(app), a, b, epoch, WINDOW, stake), a == parties[0].address, self.rulebook.name)

    def open(self, parties: Parties, deposits: Pair) -> Game:
        """Open as the first party, and join as the second."""
        game = self.offer(parties, deposits[0])
        self.adjudicator.join(game.terms.as_tuple(), sender=parties[1], value=deposits[1])
        return game

    def offer(self, parties: Parties, stake: int) -> Game:
        """Open as the first party."""
        game = self._game(parties, stake)
        self.adjudicator.open(game.terms.as_tuple(), sender=parties[0], value=stake)
        return game

    def cancel(self, game: Game, sender: Account) -> Any:
        """Take the opener's stake back."""
        return self.adjudicator.cancel(game.terms.as_tuple(), sender=sender)

    # -- rules

    def initial(self, game: Game) -> Position:
        """Return the first position."""
        return Position(0, _RULES[game.name]().initial())

    def play(self, game: Game, position: Position, move: bytes) -> Position:
        """Make a move by the rules in Python."""
        after = _RULES[game.name]().play(AppState(position.turn, position.data), move)
        return Position(after.turn, after.data)

    def mover(self, game: Game, position: Position) -> int:
        """Return who moves: A on even turns."""
        return int(game.in_order((0, 1))[position.turn & 1])

    # -- signatures

    def _messages(self, game: Game) -> Messages:
        return Messages(self.domain, game.terms.channel, game.terms.epoch)

    def sign(self, game: Game, position: Position, who: Account) -> bytes:
        """Sign a position."""
        return Signer(who.private_key).sign(self._messages(game).app_state(position.turn, position.data))

    def agree(self, game: Game, shares: Pair, expiry: int, who: Account) -> bytes:
        """Sign a split: A's balance; B gets the rest."""
        return Signer(who.private_key).sign(self._messages(game).app_together(game.in_order(shares)[0], expiry))

    # -- play

    def challenge(
        self, game: Game, position: Position, signatures: Signatures, move: bytes | None, sender: Account
    ) -> Any:
        """Challenge, with a move or without."""
        key, state = game.terms.as_tuple(), (position.turn, position.data)
        return self.adjudicator.challenge(key, state, *game.in_order(signatures), move or b"", sender=sender)

    def respond(self, game: Game, position: Position, move: bytes, sender: Account) -> Any:
        """Answer by a move."""
        key, state = game.terms.as_tuple(), (position.turn, position.data)
        return self.adjudicator.respond(key, state, move, sender=sender)

    def checkpoint(self, game: Game, position: Position, signatures: Signatures, sender: Account) -> Any:
        """Post an agreed position."""
        key, state = game.terms.as_tuple(), (position.turn, position.data)
        return self.adjudicator.checkpoint(key, state, *game.in_order(signatures), sender=sender)

    def conclude(self, game: Game, position: Position, signatures: Signatures, sender: Account) -> Any:
        """End by an agreed position."""
        key, state = game.terms.as_tuple(), (position.turn, position.data)
        return self.adjudicator.conclude(key, state, *game.in_order(signatures), sender=sender)

    def close_together(self, game: Game, shares: Pair, expiry: int, signatures: Signatures, sender: Account) -> Any:
        """End by a split."""
        key, balance = game.terms.as_tuple(), game.in_order(shares)[0]
        return self.adjudicator.concludeTogether(key, balance, expiry, *game.in_order(signatures), sender=sender)

    def claim(self, game: Game, sender: Account, gas: int | None = None) -> Any:
        """Declare the clock's result."""
        options = {} if gas is None else {"gas": gas}
        return self.adjudicator.forfeit(game.terms.as_tuple(), sender=sender, **options)

    # -- money and time

    def _side(self, game: Game, who: Account) -> Side:
        return Side.A if who.address == game.terms.a else Side.B

    def withdraw(self, game: Game, who: Account, sender: Account) -> Any:
        """Pay a side out."""
        return self.adjudicator.payout(game.terms.as_tuple(), int(self._side(game, who)), who.address, sender=sender)

    def owed(self, game: Game, who: Account) -> int:
        """Return a side's unpaid balance."""
        return int(self.adjudicator.channelInfo(game.terms.channel)[4 + self._side(game, who)])

    def deadline(self, game: Game) -> int | None:
        """Return the last second of the running clock."""
        return int(self.adjudicator.channelInfo(game.terms.channel)[1]) or None

    # -- applications that fail

    def fail(self, game: Game, how: str, what: str) -> None:
        """Tell the contract before the application to fail, or take its code away."""
        app = self._apps[game.name]
        if how == "has no code":
            self.chain.set_code(app.address, b"")
            return
        selector = keccak256(_QUESTIONS[what].encode())[:4] if what != "all" else bytes(4)
        app.fail(_FAULTS.index(how) + 1 if how else 0, selector, sender=self.chain.accounts.judy)

    def slow_down(self, game: Game) -> None:
        """Let the application use up nearly all the gas that it may use."""
        self.fail(game, "is slow", "all")

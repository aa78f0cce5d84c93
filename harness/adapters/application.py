"""How to drive somebody's state channels of turn-taking applications: two players, stakes, and a clock for moves.

The player who is silent loses to the clock, and whatever both signed last overrides what is on chain.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from harness.adapters.errors import NotApplicable
from harness.adapters.fitting import Between, NotEmpty, OneOf
from harness.adapters.two_party import Asset, Signatures, TwoParty

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account

Line = tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Position:
    """What both players sign: the number of moves so far, and what only the application interprets."""

    turn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Fork:
    """A place where a player wins or errs.

    After the moves ``before``, the player to move wins at once by ``wins``. If it makes the legal move ``errs``
    instead, the other one wins at once by ``punishes``.
    """

    before: Line
    wins: bytes
    errs: bytes
    punishes: bytes


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Lines of one application from its beginning on.

    ``forks`` has one with the first player to move, then one with the second. ``drawn`` are moves to an end that gives
    each player its stake; () if there is none. ``illegal`` are moves that the rules forbid, each with those before it.
    """

    name: str
    forks: tuple[Fork, Fork]
    drawn: Line = ()
    illegal: tuple[tuple[Line, bytes], ...] = ()


class Application(TwoParty):
    """Drives an adjudicator of games for two stakes.

    The harness sets ``rulebook``, one of ``rulebooks``, before `open`, whose deposits are two equal stakes. The first
    of ``rulebooks`` is the one of most attacks. ``window`` is the time in seconds to answer a challenge.
    ``failures`` names the ways in which `fail` can break the application; the contract then promises the stakes back.
    ``answers_bounded`` is True if nobody can pass its own lack of gas off as the application's failure.
    """

    kind = "application"
    assets: ClassVar[Annotated[Collection[Asset], NotEmpty()]] = ("ether",)
    window: ClassVar[Annotated[int, Between(1)]] = 86_400
    rulebooks: ClassVar[tuple[Rulebook, ...]] = ()
    failures: ClassVar[Collection[str]] = ()
    answers_bounded: ClassVar[bool] = False
    rulebook: Rulebook

    # -- what every adjudicator has

    @abstractmethod
    def initial(self, game: Any) -> Position:
        """Return the position that a game begins with, whatever the contract says."""

    @abstractmethod
    def play(self, game: Any, position: Position, move: bytes) -> Position:
        """Return the position after a legal move, by rules that are not the contract's own answer."""

    @abstractmethod
    def mover(self, game: Any, position: Position) -> Annotated[int, OneOf((0, 1))]:
        """Return the party, 0 or 1 in the order of `open`, that is to move."""

    @abstractmethod
    def sign(self, game: Any, position: Position, who: Account) -> bytes:
        """Return an account's signature over a position of a game."""

    @abstractmethod
    def challenge(
        self, game: Any, position: Position, signatures: Signatures, move: bytes | None, sender: Account
    ) -> Any:
        """Start the other player's clock from a position, after the sender's own move if it is to move.

        The position is the first one, which needs no signatures, the one on chain, or one that both signed.
        """

    @abstractmethod
    def respond(self, game: Any, position: Position, move: bytes, sender: Account) -> Any:
        """Answer a challenge by a move from the position on chain."""

    @abstractmethod
    def claim(self, game: Any, sender: Account, gas: int | None = None) -> Any:
        """End a game whose clock has run out; ``gas`` is the limit of the transaction, None for as much as it needs."""

    # -- what most have

    def checkpoint(self, game: Any, position: Position, signatures: Signatures, sender: Account) -> Any:
        """Put a newer position that both signed on chain, which ends a challenge."""
        raise NotApplicable("no position is put on chain without a challenge")

    def conclude(self, game: Any, position: Position, signatures: Signatures, sender: Account) -> Any:
        """End a game by a position that is its end, and that both signed."""
        raise NotApplicable("a game does not end by a position that both signed")

    # -- what some have

    def offer(self, parties: tuple[Account, Account], stake: int) -> Any:
        """Open a game that only the first party has paid for, and return what stands for it."""
        raise NotApplicable("both players open a game together")

    def cancel(self, game: Any, sender: Account) -> Any:
        """Take back the stake of a game that nobody joined."""
        raise NotApplicable("a game that nobody joined cannot be cancelled")

    def fail(self, game: Any, how: str, what: str) -> None:
        """Break the application of a game in one of the ways of ``failures``.

        ``what`` is "all", "initial", "play" or "outcome": the questions that it fails to answer. ``how`` "" mends it.
        """
        raise NotApplicable("the harness cannot break the application")

    def slow_down(self, game: Any) -> None:
        """Make the application answer rightly, with almost as much gas as it may use."""
        raise NotApplicable("the harness cannot slow the application down")

"""One game between an honest player and a cheat, a second game of bystanders, and the judge of both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from harness.adapters.application import Application, Fork, Position
from harness.adapters.errors import NotApplicable
from harness.adapters.two_party import Signatures
from harness.attack.attack import Attack, Found
from harness.attack.forging import substitutes
from harness.attack.oracle import OWN_MONEY
from harness.attack.seats import BOTH_SEATS, UNIT, Seats
from harness.attack.stage import Stage
from harness.attack.tape import Tape

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account

UNSIGNED: Signatures = (b"", b"")
STAKE = 6 * UNIT
BESIDE = 70 * UNIT


class Board(Seats[Application]):
    """A game of ``honest`` and ``cheat``, of which ``newest`` is the newest position that both signed.

    ``number`` says which of the adapter's applications is played. ``pot`` is what both players have put in.
    """

    protocol: ClassVar[type[Application]] = Application
    pot: ClassVar[int] = 2 * STAKE

    def __init__(self, stage: Stage, number: int = 0) -> None:
        super().__init__(stage)
        if not self.adapter.rulebooks:
            raise NotApplicable("the adapter has no rulebook of an application")
        self.adapter.rulebook = self.adapter.rulebooks[number]
        self.beside = self.open(self.adapter, self.bystanders, (BESIDE, BESIDE))
        self.tape = Tape(self.chain, lambda address: any(address == str(each.address) for each in self.watched))
        self.watched = self.adapter.attacked()
        self.begin()

    def begin(self) -> None:
        """Open the next game."""
        self.game = self.open(self.adapter, self.parties, (STAKE, STAKE))
        self.put_in += STAKE
        self.holder = self.call("holder", self.game)
        self.agreed: list[tuple[Position, Signatures]] = []
        self.newest: Position = self.call("initial", self.game)

    def close(self) -> None:
        """Stop listening to the chain."""
        self.tape.close()
        super().close()

    # -- lines of the game

    def position(self, *moves: bytes, game: Any = None) -> Position:
        """Return the position after these moves."""
        of = self.game if game is None else game
        at: Position = self.call("initial", of)
        for move in moves:
            at = self.call("play", of, at, move)
        return at

    def mover(self, position: Position) -> Account:
        """Return the player that is to move."""
        return self.parties[self.call("mover", self.game, position)]

    def fork(self, who: Account) -> Fork:
        """Return the fork at which a player is to move."""
        first = self.mover(self.call("initial", self.game)) is who
        return self.adapter.rulebook.forks[0 if first else 1]

    def agree(self, *moves: bytes) -> Position:
        """Let both players sign the position after these moves; it is the newest one then."""
        position = self.position(*moves)
        signatures = self.ordered(self.sign(position, self.honest), self.sign(position, self.cheat))
        self.agreed.append((position, signatures))
        self.newest = position
        return position

    def line(self, *moves: bytes) -> list[Position]:
        """Let both players make moves one after the other, and sign each position; return these."""
        return [self.agree(*moves[: count + 1]) for count in range(len(moves))]

    def lost_by_cheat(self) -> tuple[bytes, ...]:
        """Return the moves of a game in which the cheat errs and the honest player wins."""
        fork = self.fork(self.cheat)
        return (*fork.before, fork.errs, fork.punishes)

    def sign(self, position: Position, who: Account, game: Any = None, adapter: Application | None = None) -> bytes:
        """Return an account's signature over a position."""
        of = self.game if game is None else game
        return bytes(self.call("sign", of, position, who, adapter=adapter))

    def signatures(self, position: Position) -> Signatures:
        """Return the signatures of a position that both signed; the first one needs none."""
        return next((pair for known, pair in self.agreed if known == position), UNSIGNED)

    def stand_ins(self, position: Position) -> list[tuple[str, bytes]]:
        """Return what may stand for the honest player's signature over a position that it never signed."""
        known = [(f"turn {known.turn}", self.of_role(pair)[0]) for known, pair in self.agreed]
        own, others = self.sign(position, self.cheat), self.sign(position, self.sybil)
        return list(substitutes(own, others, known, self.stage.random))

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Take back at the end all that the body does and signs."""
        mark, agreed, newest = self.chain.snapshot(), list(self.agreed), self.newest
        try:
            with self.purse.as_it_was():
                yield
        finally:
            self.chain.restore(mark)
            self.agreed, self.newest = agreed, newest

    # -- play on chain

    def challenge(self, position: Position, move: bytes | None, sender: Account) -> str:
        """Challenge with an agreed position; return why that was refused, or ""."""
        return self.attempt("challenge", self.game, position, self.signatures(position), move, sender)

    def put(self, what: str, method: str, position: Position, sender: Account) -> bool:
        """Let the cheat put an agreed position before the contract; return whether it was taken."""
        move = (None,) if method == "challenge" else ()
        return self.try_move(what, method, self.game, position, self.signatures(position), *move, sender)

    def checkpoint(self) -> str:
        """Let the honest player answer by the newest position that both signed; return why it was refused, or ""."""
        return self.attempt("checkpoint", self.game, self.newest, self.signatures(self.newest), self.honest)

    def claim(self) -> str:
        """Let the honest player claim the clock's result when it is due; return why it was refused, or ""."""
        self.wait_for_deadline(self.game, after=1)
        return self.attempt("claim", self.game, self.honest)

    # -- the judge

    def _has_ended(self) -> bool:
        self.take(self.game, (self.honest, self.cheat))
        return self.net(self.honest) + self.put_in > 0

    def finish(self, reply: bytes | None) -> None:
        """Let the honest player end the game, and everybody take what is theirs."""
        self.attempt("conclude", self.game, self.newest, self.signatures(self.newest), self.honest)
        if not self._has_ended():
            self.claim()
        if not self._has_ended():
            own = reply if self.mover(self.newest) is self.honest else None
            if self.challenge(self.newest, own, self.honest) and own is not None:
                self.challenge(self.newest, None, self.honest)  # nobody can move if the application is broken
            self.claim()
        self._has_ended()

    def judge(self, due: int, reply: bytes | None = None, *, may_stick: bool = False) -> str:
        """Let everybody finish, and raise `Found` for a broken promise; return what held.

        ``due`` is what the honest player is entitled to, and ``reply`` its move in the newest position.
        """
        self.finish(reply)
        got = self.paid(due)
        self._beside()
        if not may_stick:
            self.nothing_stuck(self.holder)
        return self.stopped[-1] if self.stopped else f"the honest player got {got}"

    def _beside(self) -> None:
        """End the bystanders' game; raises Found if it does not pay out its own stakes."""
        fork, game = self.adapter.rulebook.forks[0], self.beside
        end = self.position(*fork.before, fork.wins, game=game)
        pair = (self.sign(end, self.bystanders[0], game), self.sign(end, self.bystanders[1], game))
        said = self.attempt("conclude", game, end, pair, self.bystanders[0])
        if said:  # the application may be broken
            shares, expiry = (BESIDE, BESIDE), self.chain.now + 3_600
            try:
                pair = tuple(self.call("agree", game, shares, expiry, who) for who in self.bystanders)
                said = self.attempt("close_together", game, shares, expiry, pair, self.bystanders[0])
            except NotApplicable:
                self.attempt("challenge", game, end, pair, None, self.bystanders[1])
                self.wait_for_deadline(game, after=1)
                said = self.attempt("claim", game, self.bystanders[0])
        self.take(game, self.bystanders)
        if (lost := -self.net(*self.bystanders)) > 0:
            raise Found(
                OWN_MONEY,
                f"bystanders, who do not play, lost {lost}: {said or 'another game took it'}",
                gained=max(0, self.net(self.cheat, self.sybil)),
                lost=lost,
            )


Play = Callable[[Board], str]


def entry(name: str, shows: str, play: Play, variants: tuple[str, ...] = BOTH_SEATS) -> Attack:
    """Return an attack that is played on a new board for each variant."""

    def on(stage: Stage) -> str:
        board = Board(stage)
        try:
            said = play(board)
            board.must_have_moved()
            return said
        finally:
            board.close()

    return Attack(name, shows, on, variants)

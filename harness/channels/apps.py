"""Turn-taking applications off chain: signed states, the rules in Python, and a player's end of a game."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from harness.channels import wire
from harness.channels.errors import IllegalProposal, MalformedMessage, StaleState
from harness.channels.messages import Domain, Messages, Signer, Verifier
from harness.channels.types import APP_ID_TAG, Side, address_word
from harness.primitives.hashing import keccak256, word

WHOLE = 10_000
"""The whole pot, in the unit of an outcome."""

LINES = (0x007, 0x038, 0x1C0, 0x049, 0x092, 0x124, 0x111, 0x054)
"""Three rows, three columns and two diagonals of nine cells, one bit each."""


@dataclass(frozen=True, slots=True)
class AppTerms:
    """All terms of a game; ``stake`` in wei per player, ``window`` in seconds to answer a challenge."""

    app: str
    a: str
    b: str
    epoch: int
    window: int
    stake: int = 0

    @property
    def channel(self) -> bytes:
        addresses = b"".join(map(address_word, (self.app, self.a, self.b)))
        return keccak256(APP_ID_TAG + addresses + word(self.epoch) + word(self.window) + word(self.stake))

    def player(self, side: Side) -> str:
        return self.a if side is Side.A else self.b

    def as_tuple(self) -> tuple[str, str, str, int, int, int]:
        return (self.app, self.a, self.b, self.epoch, self.window, self.stake)


@dataclass(frozen=True, slots=True)
class AppState:
    """A position after ``turn`` moves. A moves when the turn is even."""

    turn: int
    data: bytes

    @property
    def mover(self) -> Side:
        return Side(self.turn % 2)

    def as_tuple(self) -> tuple[int, bytes]:
        return (self.turn, self.data)


@dataclass(frozen=True, slots=True)
class Split:
    """An end that both players sign, whatever the position is.

    A gets ``balance_a`` wei and B gets the rest. The signatures count until ``expiry``, included.
    """

    balance_a: int
    expiry: int


class Rules(Protocol):
    """The Python twin of a contract's IApp."""

    def initial(self) -> bytes: ...

    def play(self, state: AppState, move: bytes) -> AppState:
        """Return the position after a move; raises IllegalProposal for a move that the rules forbid."""

    def outcome(self, state: AppState) -> int | None:
        """Return A's share of the pot in 1/10,000; None while the game goes on."""


class NoughtsAndCrosses:
    """The Python twin of ``contracts/channel/apps/NoughtsAndCrosses.sol``."""

    def initial(self) -> bytes:
        return bytes(4)

    def play(self, state: AppState, move: bytes) -> AppState:
        crosses, noughts = _board(state.data)
        free = len(move) == 1 and move[0] < 9 and not (crosses | noughts) >> move[0] & 1
        if not free or self.outcome(state) is not None:
            raise IllegalProposal("move", move.hex(), "a free cell of a game that goes on")
        cell = 1 << move[0]
        crosses, noughts = (crosses | cell, noughts) if state.mover is Side.A else (crosses, noughts | cell)
        return AppState(state.turn + 1, crosses.to_bytes(2, "big") + noughts.to_bytes(2, "big"))

    def outcome(self, state: AppState) -> int | None:
        crosses, noughts = _board(state.data)
        if _wins(crosses):
            return WHOLE
        if _wins(noughts):
            return 0
        return WHOLE // 2 if crosses | noughts == 0x1FF else None


class CountingRace:
    """The Python twin of ``contracts/channel/apps/CountingRace.sol``."""

    target = 21
    largest_step = 3

    def initial(self) -> bytes:
        return bytes(1)

    def play(self, state: AppState, move: bytes) -> AppState:
        count = state.data[0]
        step = move[0] if len(move) == 1 else 0
        if not 0 < step <= min(self.largest_step, self.target - count):
            raise IllegalProposal("move", move.hex(), f"1 to {self.largest_step}, at most up to {self.target}")
        return AppState(state.turn + 1, bytes([count + step]))

    def outcome(self, state: AppState) -> int | None:
        if state.data[0] != self.target:
            return None
        return WHOLE if state.turn % 2 else 0


class Payments:
    """The Python twin of ``contracts/channel/apps/Payments.sol``."""

    def initial(self) -> bytes:
        return (WHOLE // 2).to_bytes(2, "big") + bytes(1)

    def play(self, state: AppState, move: bytes) -> AppState:
        share, is_over = int.from_bytes(state.data[:2], "big"), bool(state.data[2])
        own = share if state.mover is Side.A else WHOLE - share
        paid = int.from_bytes(move, "big")
        if is_over or len(move) not in (0, 2) or paid > own:
            raise IllegalProposal("move", move.hex(), f"nothing, or two bytes up to {own}, of a game that goes on")
        left = share - paid if state.mover is Side.A else share + paid
        return AppState(state.turn + 1, left.to_bytes(2, "big") + bytes([not move]))

    def outcome(self, state: AppState) -> int | None:
        return int.from_bytes(state.data[:2], "big") if state.data[2] else None


def _board(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:2], "big"), int.from_bytes(data[2:], "big")


def _wins(cells: int) -> bool:
    return any(cells & line == line for line in LINES)


@dataclass(frozen=True, slots=True)
class SignedMove:
    """The position after a move, the move, and its mover's signature on the position."""

    state: AppState
    move: bytes
    signature: bytes


def check_move(message: object) -> None:
    """Raise MalformedMessage unless every field has its type and its range."""
    if not isinstance(message, SignedMove) or not isinstance(message.state, AppState):
        raise MalformedMessage("message", message, "a signed move")
    wire.check_uint("turn", message.state.turn, wire.NUMBER_BITS)
    for name, value in (("data", message.state.data), ("move", message.move), ("signature", message.signature)):
        wire.check_bytes(name, value)


@dataclass(slots=True)
class Player:
    """One player's end of a game.

    It signs its own moves. It accepts the other player's moves only if the rules allow them. ``held`` is the newest
    position that the other player signed, with its signature; a challenge starts from it.
    """

    domain: Domain
    terms: AppTerms
    side: Side
    rules: Rules
    signer: Signer
    state: AppState = field(init=False)
    held: tuple[AppState, bytes] = field(init=False)
    messages: Messages = field(init=False)
    _verifier: Verifier = field(init=False)

    def __post_init__(self) -> None:
        self.messages = Messages(self.domain, self.terms.channel, self.terms.epoch)
        self.state = AppState(0, self.rules.initial())
        self.held = (self.state, b"")
        self._verifier = Verifier(self.terms.player(self.side.other))

    def play(self, move: bytes) -> SignedMove:
        """Make a move. Raises IllegalProposal if it is not this player's turn or the rules forbid the move."""
        if self.state.mover is not self.side:
            raise IllegalProposal("mover", self.side.name, self.state.mover.name)
        self.state = self.rules.play(self.state, move)
        return SignedMove(self.state, move, self.sign(self.state))

    def receive(self, message: SignedMove) -> None:
        """Adopt the other player's move.

        Raises StaleState, IllegalProposal or BadChannelSignature; then nothing has changed.
        """
        check_move(message)
        if message.state.turn <= self.state.turn:
            raise StaleState(message.state.turn, self.state.turn)
        expected = self.rules.play(self.state, message.move)
        if self.state.mover is self.side or expected != message.state:
            raise IllegalProposal("position", message.state, expected)
        self._verifier.check(self.messages.app_state(*message.state.as_tuple()), message.signature)
        self.state, self.held = message.state, (message.state, message.signature)

    def sign(self, state: AppState) -> bytes:
        return self.signer.sign(self.messages.app_state(*state.as_tuple()))

    def agree(self, split: Split) -> bytes:
        """Sign a split, which ends the game even if the application does not answer.

        No later move takes the signature back. Raises IllegalProposal if the split exceeds the pot.
        """
        pot = 2 * self.terms.stake
        if not 0 <= split.balance_a <= pot:
            raise IllegalProposal("A's balance", split.balance_a, f"0 to {pot} wei")
        return self.signer.sign(self.messages.app_together(split.balance_a, split.expiry))

    @property
    def outcome(self) -> int | None:
        return self.rules.outcome(self.state)

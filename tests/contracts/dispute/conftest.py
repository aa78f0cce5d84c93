"""A table with one game over a counting machine of 16 steps, played by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from harness.chain import Chain
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import Side
from harness.dispute.reader import GameReader
from harness.dispute.view import GameView
from harness.fuzz.arena import Arena
from harness.primitives.hashing import keccak256
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

RULES = GameRules(max_depth=4, max_clock=10_000, extension=100, step_extension=300)
END_BATCH = 3
SHARE = 2_500
"""Ten-thousandths of a countered bond that are burnt."""


def left(bond: int) -> int:
    """What is left of a countered bond."""
    return bond - bond * SHARE // 10_000


def lie(text: str) -> bytes:
    """A value that is no state."""
    return keccak256(text.encode())


def anchor(chain: Chain) -> tuple[int, bytes]:
    """The L1 that a move made now is decided on."""
    return chain.head.number, chain.head.hash


@dataclass
class Board:
    """One game, whose assertion ends in a wrong root unless told otherwise."""

    arena: Arena
    trace: CountingTrace
    assertion: bytes
    game: Any
    accounts: Any

    @property
    def chain(self) -> Chain:
        return self.arena.chain

    @property
    def factory(self) -> Any:
        return self.arena.factory

    @property
    def anchor(self) -> tuple[int, bytes]:
        return anchor(self.chain)

    def view(self) -> GameView:
        return GameReader(self.chain, self.game.address).view()

    @property
    def root(self) -> bytes:
        return self.view().claims[0].id

    @property
    def first(self) -> bytes:
        return self.view().claims[1].id

    def true(self, steps: int) -> bytes:
        return self.trace.hash_at(steps)

    def move(self, parent: bytes, side: Side, value: bytes, sender: Any, bond: int | None = None) -> bytes:
        """Answer a claim; the new claim's id."""
        if bond is None:
            level = next(claim.depth for claim in self.view().claims if claim.id == parent) + 1
            bond = self.game.bondAt(level)
        self.send(parent, side, value, sender, bond)
        return bytes(self.game.idOf(parent, int(side), value))

    def send(self, parent: bytes, side: Side, value: bytes, sender: Any, bond: int) -> Any:
        """Answer a claim, on the L1 of now; the receipt."""
        answer = self.factory.attack if side is Side.ATTACK else self.factory.defend
        return answer(self.assertion, parent, value, *self.anchor, sender=sender, value=bond)

    def attack(self, parent: bytes, value: bytes, sender: Any) -> bytes:
        return self.move(parent, Side.ATTACK, value, sender)

    def defend(self, parent: bytes, value: bytes, sender: Any) -> bytes:
        return self.move(parent, Side.DEFEND, value, sender)

    def deadline(self, claim: bytes) -> int:
        """First second at which a claim cannot be answered any more."""
        view = self.view()
        found = view.find(claim)  # type: ignore[arg-type]
        assert found is not None
        return view.deadline(found)

    def finish(self, *claims: bytes) -> None:
        """Let all clocks run out."""
        self.chain.warp(to=self.view().ends)
        self.chain.mine()


def open_board(arena: Arena, accounts: Any, honest: bool = False, opening: bytes | None = None) -> Board:
    trace = CountingTrace(5, END_BATCH)
    arena.count += 1
    assertion = keccak256(b"board" + bytes([arena.count]))
    root = trace.hash_at(16) if honest else lie("root")
    arena.table.assert_(assertion, trace.hash_at(0), root, END_BATCH, sender=accounts.bob, value=10**18)
    opening = trace.hash_at(8) if opening is None else opening
    bond = contract_type("DisputeGame").at(arena.chain, arena.factory.functions["implementation"]()).openingBond()
    arena.factory.open(assertion, opening, *anchor(arena.chain), sender=accounts.carol, value=bond)
    game = contract_type("DisputeGame").at(arena.chain, arena.factory.gameOf(assertion))
    return Board(arena, trace, assertion, game, accounts)


@pytest.fixture
def arena(l1: Chain) -> Arena:
    return Arena.deploy(l1, RULES)


@pytest.fixture
def board(arena: Arena, accounts: Any) -> Board:
    """The proposer is bob and lies about the root; carol opened with the true middle."""
    return open_board(arena, accounts)


@pytest.fixture
def honest_board(arena: Arena, accounts: Any) -> Board:
    """The proposer is bob and tells the truth; carol opened with a wrong middle."""
    return open_board(arena, accounts, honest=True, opening=lie("middle"))


@pytest.fixture
def leaf(board: Board, accounts: Any) -> bytes:
    """A wrong claim of bob's at the lowest depth, about the state after 1 step; all to its left is true."""
    second = board.attack(board.first, lie("4"), accounts.bob)
    third = board.attack(second, board.true(2), accounts.carol)
    return board.attack(third, lie("1"), accounts.bob)

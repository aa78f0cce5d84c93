"""DisputeGame.resolve below a parent with thousands of answers: their number makes no call more expensive."""

from __future__ import annotations

from random import Random
from typing import Any

from harness.chain.values.transactions import TX_GAS_CAP
from harness.dispute.positions import Side
from harness.dispute.view import Outcome, claim_id

from .conftest import RULES, Board, left, lie

MANY = 2_000
"""On a node a fifth of it: gas is the same there, and each claim takes many times as long."""
PAGE = 100
"""What the agents resolve at a time."""
MOVE_GAS = 250_000


def flood(board: Board, sender: Any, many: int) -> tuple[list[bytes], list[int]]:
    """Answer the first attack many times, 50 moves in a block; the claims, and the gas of each move."""
    chain, bond, first = board.chain, board.game.bondAt(2), board.first
    ids, receipts = [], []
    chain.set_balance(sender, (many + 1) * (bond + 10**17))
    for start in range(0, many, 50):
        anchor, nonce = board.anchor, chain.nonce(sender)
        with chain.block():
            for number in range(start, start + 50):
                value = lie(f"spam {number}")
                receipts.append(
                    board.factory.attack(
                        board.assertion, first, value, *anchor,
                        sender=sender, value=bond, nonce=nonce + number - start, gas=MOVE_GAS,
                    )
                )  # fmt: skip
                ids.append(claim_id(board.game.address, first, Side.ATTACK, value))  # type: ignore[arg-type]
    return ids, [receipt.gas_used for receipt in receipts]


def test_thousands_of_claims_below_one_parent_resolve_in_pages_that_cost_the_same(
    board: Board, accounts: Any, l1_name: str
) -> None:
    many = MANY if l1_name == "py-evm" else MANY // 5
    game, first, root = board.game, board.first, board.root
    ids, moves = flood(board, accounts.dave, many)
    assert max(moves[1:]) - min(moves[1:]) < 1_000
    assert max(moves) <= MOVE_GAS
    answers, below = [], game.bondAt(3)
    for number in (0, many // 2, many - 1):
        answers.append(board.send(ids[number], Side.ATTACK, board.true(2), accounts.carol, below).gas_used)
    assert max(answers) - min(answers) < 1_000
    stored = game.claim(first)
    assert (stored.children, stored.openChildren) == (many, many)

    board.chain.warp(RULES.max_clock)
    answered = [claim_id(game.address, ids[number], Side.ATTACK, board.true(2)) for number in (0, many // 2, many - 1)]  # type: ignore[arg-type]
    game.resolve(answered, sender=accounts.bob)
    shuffled = Random(7).sample(ids, many)
    pages = [shuffled[start : start + PAGE] for start in range(0, many, PAGE)]
    gas = [game.resolve(page, sender=accounts.bob).gas_used for page in pages]
    assert max(gas) < TX_GAS_CAP // 4
    # The first page writes words that the others find written; a page differs by how often the counter changes in it.
    assert max(gas[1:]) - min(gas[1:]) < gas[1] // 10
    game.resolve([first, root], sender=accounts.bob)

    bond = game.bondAt(2)
    assert game.outcome() == Outcome.UPHELD
    assert game.claim(first).counterNumber == 1  # the earliest that nobody countered
    assert game.credit(accounts.dave.address) == (many - 3) * bond + left(board.arena.bond)
    assert game.credit(accounts.carol.address) == 3 * (left(bond) + below)
    assert board.chain.balance(game.address) == game.credits() + game.burnt()

"""What games cost: the tables of the guide "costs" are what is measured."""

from __future__ import annotations

from harness.chain import open_chain
from harness.dispute.actions import Move, Open
from harness.fuzz.many_liars import ManyLiarsGame, play_many
from harness.rollup.config import GameRules
from tests.support.guide_tables import check_table, markdown


def played(depth: int, liars: int, late: bool) -> ManyLiarsGame:
    """A game of its own chain: gas and times depend on what the chain has seen."""
    with open_chain("py-evm") as chain:
        return play_many(chain, GameRules(max_depth=depth), liars, late=late)


def test_the_guide_shows_what_a_game_costs_by_its_depth() -> None:
    rows = []
    for depth in (10, 20, 30, 40):
        game = played(depth, 1, late=False)
        moves = [receipt.gas_used for action, receipt in game.receipts if isinstance(action, Move | Open)]
        dearest = max(receipt.gas_used for action, receipt in game.receipts if isinstance(action, Move))
        gas = sum(receipt.gas_used for _, receipt in game.receipts)
        rows.append((
            f"2^{depth}", len(moves), f"{gas / 1e6:.1f} M", f"{dearest:,}", f"{game.honest / 1e18:.1f}",
            f"{game.others / 1e18:.1f}",
        ))  # fmt: skip
    head = ("indices", "moves", "L1 gas", "dearest move", "honest bonds, ether", "liar's bonds, ether")
    check_table("costs", "games-by-depth", markdown(head, rows))


def test_the_guide_shows_how_long_many_liars_take_and_what_they_make_the_honest_side_lock() -> None:
    rows = []
    for depth, liars in ((8, 1), (8, 5), (8, 10), (8, 20), (40, 1)):
        game = played(depth, liars, late=True)
        most = game.view.rules.longest
        rows.append((depth, liars, f"{game.seconds / 3_600:.0f}", f"{most / 3_600:.0f}", f"{game.honest / 1e18:.1f}"))
    head = ("levels", "liars", "lasts, hours", "at most, hours", "honest bonds, ether")
    check_table("costs", "games-by-liars", markdown(head, rows))

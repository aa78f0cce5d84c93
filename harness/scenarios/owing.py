"""What contracts still owe to accounts at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

from harness.chain.values.accounts import Account
from harness.scenarios.records import AssertionRecord, GameRecord
from harness.scenarios.world import World


def owed(
    world: World, games: Sequence[GameRecord], assertions: Sequence[AssertionRecord], account: Account
) -> dict[str, int]:
    """Return the wei that each contract owes an account: bonds at work, credits, and balances of channels."""
    name, found = world.name_of(account.address), {}
    if world.has_rollup:
        chain = int(world.rollup.assertions.credit(account.address))
        chain += sum(each.bond for each in assertions if each.status == "pending" and each.proposer == name)
        found["assertions"] = chain
        for number, game in enumerate(games, 1):
            wei = game.credits.get(name, 0)
            if game.outcome == "undecided":
                wei += sum(each.bond for each in game.claims if each.mover == name and each.level and not each.lost)
            found[f"game {number}"] = wei
    if world.has_channels:
        found["channels"] = world.desk.owed(name)
    return {contract: wei for contract, wei in found.items() if wei}

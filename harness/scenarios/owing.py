"""What contracts still owe to accounts at the end of a run."""

from __future__ import annotations

from collections.abc import Sequence

from harness.chain.values.accounts import Account
from harness.scenarios import dues
from harness.scenarios.records import AssertionRecord, GameRecord
from harness.scenarios.world import World


def owed(
    world: World, games: Sequence[GameRecord], assertions: Sequence[AssertionRecord], account: Account
) -> dict[str, int]:
    """Return the wei that each contract owes an account: bonds at work, credits, and balances of channels."""
    name, found = world.name_of(account.address), {}
    if world.has_rollup:
        share = world.rollup.config.burnt_share
        credit = int(world.rollup.assertions.credit(account.address))
        found["assertions"] = credit + dues.unsettled_assertions(games, assertions, share)[name]
        for number, game in enumerate(games, 1):
            found[f"game {number}"] = game.credits.get(name, 0) + dues.unsettled_claims(game, share)[name]
    if world.has_channels:
        found["channels"] = world.desk.owed(name)
    if world.apps.games:
        found["games"] = world.apps.owed(account)
    return {contract: wei for contract, wei in found.items() if wei}

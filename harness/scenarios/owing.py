"""What contracts still owe to accounts at the end of a run, and what is on its way over the bridge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from eth_utils import to_checksum_address

from harness.chain.values.accounts import Account
from harness.rollup.withdrawals import sent_in
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


def unexecuted(world: World) -> Mapping[str, int]:
    """Return the wei of messages to L1 that nobody has executed, by the names of those whom they pay."""
    found = Counter[str]()
    if world.has_sidechain:
        for left in world.sidechain.leaving():
            found[world.name_of(left.words[2])] += left.value
    if world.has_rollup:
        rollup = world.rollup
        rollup.l2.backend.follow()
        for message in (each for block in rollup.node.blocks for each in sent_in(block)):
            if message.value and not rollup.portal.finalizedWithdrawals(message.hash):
                found[world.name_of(message.target)] += message.value
    return found


def undelivered(world: World) -> Mapping[str, int]:
    """Return the wei of deposits that neither L2 nor the sidechain has yet, by the names of their senders."""
    found = Counter[str]()
    if world.has_sidechain:
        for coming in world.sidechain.coming():
            found[world.name_of(coming.words[1])] += coming.value
    if world.has_rollup:
        world.rollup.l2.backend.follow()
        node = world.rollup.node
        for message in node.inbox.messages[node.idle.cursor.delayed :]:
            if message.minted:
                found[world.name_of(to_checksum_address(message.sender))] += message.minted
    return found

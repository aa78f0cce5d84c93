"""The ether that L2 should have, as a running total per block."""

from __future__ import annotations

from collections.abc import Sequence

from harness.primitives.hashing import keccak256
from harness.rollup.node.blocks import L2Block
from harness.rollup.predeploys import PASSER

BURNT = keccak256(b"WithdrawerBalanceBurnt(uint256)")
"""First topic of the passer's event for ether that it destroys; the second topic is the amount."""


def issued(block: L2Block) -> int:
    """Return the wei that a block's deposits mint, minus what its transactions burn.

    They burn the base fee, and the ether of withdrawals if somebody has the passer destroy it. What a contract burns by
    SELFDESTRUCT to itself in the transaction that creates it is not known here.
    """
    total = 0
    for item in block.transactions:
        total += item.deposit.mint if item.deposit is not None else -item.outcome.gas_used * block.env.base_fee
        # A passer of the user's own in genesis may emit logs of any form.
        burns = (log.topics for log in item.outcome.logs if log.address == PASSER and log.topics[:1] == (BURNT,))
        total -= sum(int.from_bytes(topics[1], "big") for topics in burns if len(topics) == 2)
    return total


class RunningSupply:
    """The wei minted minus burnt up to each block, for a chain that grows and loses blocks to reorgs."""

    def __init__(self) -> None:
        self._sums: list[tuple[L2Block, int]] = []

    def up_to(self, blocks: Sequence[L2Block]) -> int:
        """Return the wei issued in all ``blocks``; only blocks that changed since the last call are read."""
        sums = self._sums
        del sums[len(blocks) :]
        # A block commits to its parent, so the total up to a block that stayed is still right.
        while sums and sums[-1][0] is not blocks[len(sums) - 1]:
            sums.pop()
        for block in blocks[len(sums) :]:
            sums.append((block, (sums[-1][1] if sums else 0) + issued(block)))
        return sums[-1][1] if sums else 0

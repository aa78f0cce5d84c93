"""The ether that L2 should have, as a running total per block."""

from __future__ import annotations

from collections.abc import Sequence

from harness.rollup.node.blocks import L2Block


def issued(block: L2Block) -> int:
    """Return the wei that a block's deposits mint, minus what its transactions burn as base fee."""
    return sum(
        item.deposit.mint if item.deposit is not None else -item.outcome.gas_used * block.env.base_fee
        for item in block.transactions
    )


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

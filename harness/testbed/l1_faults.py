"""What can befall L1 in a test: reorgs whose transactions come again or not, and blocks that others fill."""

from __future__ import annotations

import random
from contextlib import suppress

from harness.chain.chain import Chain
from harness.chain.errors import TransactionRejected
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP

SLOT = 12
"""Seconds from one full block to the next."""

LAST_PART = 100_000
"""Least gas of the last transaction that fills a block. It must pay for its own bytes."""


def send_again(chain: Chain, waiting: list[bytes], order: str, rng: random.Random) -> int:
    """Send removed transactions again: "as it was", "newest first", "shuffled", or "lost" for none; return how many.

    A transaction that does not fit yet waits, as in a node's pool, until none fits any more. So transactions of one
    account keep their order, and those of several accounts need not.
    """
    if order == "lost":
        return 0
    waiting, count = list(waiting), len(waiting)
    if order == "newest first":
        waiting.reverse()
    elif order == "shuffled":
        rng.shuffle(waiting)
    while waiting:
        left = [raw for raw in waiting if not _sent(chain, raw)]
        if len(left) == len(waiting):
            break
        waiting = left
    return count - len(waiting)


def _sent(chain: Chain, raw: bytes) -> bool:
    """Send a transaction again; return False if it cannot enter a block now."""
    with suppress(TransactionRejected):
        chain.resend(raw, check=False)
        return True
    return False


def fill(chain: Chain, who: Account, gas: int) -> None:
    """Burn exactly this much gas in the open block.

    Each transaction is a creation that fails at its first instruction, with gas below the cap.
    """
    while gas:
        part = gas if gas <= TX_GAS_CAP else min(TX_GAS_CAP, gas - LAST_PART)
        chain.send(sender=who, data=b"\xfe", gas=part, check=False)
        gas -= part


def full_blocks(chain: Chain, who: Account, count: int) -> None:
    """Mine full blocks, one slot apart."""
    for _ in range(count):
        chain.warp(SLOT)
        with chain.block():
            fill(chain, who, chain.head.gas_limit)

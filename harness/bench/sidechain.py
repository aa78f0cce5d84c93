"""A sidechain: blocks that four validators seal, against the same blocks of the backend alone.

A backend in this process makes an empty block when somebody reads it, so those of the backend alone are read as well.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from statistics import median

from harness.bench.measure import Ratio
from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.sidechain.sidechain import Sidechain

VALIDATORS = 4
PROMISED = {0: 0.15, 1: 0.5, 50: 0.8}
"""The least ratio, by the transfers of a block."""

_ROUNDS = 25
_ROUND = 0.03
"""Seconds of processor time that a round takes, about."""


def ratios() -> Iterator[Ratio]:
    """Yield the rate of blocks, by how many transfers they have."""
    for size, promised in PROMISED.items():
        side = Sidechain(VALIDATORS)
        with open_chain() as alone:
            ours, theirs = _rates(side.chain, alone, size)
        side.close()
        name = (
            f"blocks of {size} transfers, sealed by {VALIDATORS}" if size else f"empty blocks, sealed by {VALIDATORS}"
        )
        yield Ratio(name, ours, theirs, "blocks/s", "blocks/s of the backend", at_least=promised)


def _rates(side: Chain, alone: Chain, size: int) -> tuple[float, float]:
    """Return the blocks per second of processor time of both: the medians of rounds that take turns.

    A machine that does other work meanwhile then slows both.
    """
    count = max(1, int(_ROUND / _seconds(side, size, 3)))
    gc.collect()
    rounds = [(_seconds(side, size, count), _seconds(alone, size, count)) for _ in range(_ROUNDS)]
    ours, theirs = (median(each) for each in zip(*rounds, strict=True))
    return 1 / ours, 1 / theirs


def _seconds(chain: Chain, size: int, count: int) -> float:
    """Return the processor time of a block, on average over ``count``."""
    start = time.process_time()
    for _ in range(count):
        _block(chain, size)
    return (time.process_time() - start) / count


def _block(chain: Chain, size: int) -> None:
    if not size:
        chain.mine()
        assert chain.backend.head().hash
        return
    accounts = chain.accounts
    with chain.block():
        for place in range(size):
            chain.send(sender=accounts[place % 8], to=accounts[(place + 1) % 8], value=1 + place, gas=21_000)

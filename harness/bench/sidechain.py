"""A sidechain: blocks that four validators seal, against the same blocks of the backend alone."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from harness.bench.measure import Ratio, rate
from harness.chain.chain import Chain
from harness.chain.opening import open_chain
from harness.sidechain.sidechain import Sidechain

VALIDATORS = 4
SIZES = (1, 50)
"""Transfers of a block."""


def ratios() -> Iterator[Ratio]:
    """Yield the rate of blocks, by how many transfers they have."""
    side = Sidechain(VALIDATORS)
    with open_chain() as chain:
        for size in SIZES:
            ours, alone = (rate(partial(_block, on, size)) for on in (side.chain, chain))
            promised = 0.5 if size == SIZES[-1] else None
            name, against = f"blocks of {size} transfers, sealed by {VALIDATORS}", "blocks/s of the backend"
            yield Ratio(name, ours, alone, "blocks/s", against, at_least=promised)
    side.close()


def _block(chain: Chain, size: int) -> None:
    accounts = chain.accounts
    with chain.block():
        for place in range(size):
            chain.send(sender=accounts[place % 8], to=accounts[(place + 1) % 8], value=1 + place, gas=21_000)

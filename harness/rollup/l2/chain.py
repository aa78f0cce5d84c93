"""L2 as a `Chain`: a test does on it what it does on L1, with the same names."""

from __future__ import annotations

from harness.chain.chain import Chain
from harness.chain.values.accounts import Accounts
from harness.chain.values.transactions import Transaction
from harness.rollup.l2.backend import L2Backend
from harness.rollup.machine.environment import TX_GAS_CAP


class L2Chain(Chain):
    """The unsafe head of a rollup, as a chain; ``safe_head`` and ``finalized_head`` are numbers of older blocks."""

    backend: L2Backend
    largest_data = 48_000
    """Most bytes of data in one transaction: memory ends at 49,152 bytes and also holds what surrounds the data."""

    def __init__(self, backend: L2Backend, accounts: Accounts | None = None) -> None:
        super().__init__(backend, name="l2", accounts=accounts)

    def harden(self) -> None:
        """Post what is unsafe, because the hashes of unsafe blocks are provisional."""
        self.backend.harden()

    @property
    def unsafe_head(self) -> int:
        """Number of the newest block."""
        return self.block_number

    @property
    def safe_head(self) -> int:
        """Number of the newest block that L1's batches give."""
        return self.backend.safe_number()

    @property
    def finalized_head(self) -> int:
        """Number of the newest block that a confirmed assertion covers."""
        return self.backend.finalized_number()

    def _default_gas(self, tx: Transaction, sender: bytes) -> int:
        return min(super()._default_gas(tx, sender), TX_GAS_CAP)

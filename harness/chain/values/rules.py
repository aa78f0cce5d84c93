"""The rules of an L1: its fork, and how many blobs its blocks hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.chain.values.value_errors import UnknownBlobSchedule, UnknownL1Fork
from harness.config import DEFAULT_L1_FORK
from harness.primitives.opcodes import Fork

GAS_PER_BLOB = 2**17
BLOB_BASE_COST = 2**13
"""Execution gas that a blob costs at least, since Osaka (EIP-7918)."""


@dataclass(frozen=True, slots=True)
class BlobRules:
    """The blobs of a block: how many it aims at and may hold, how many a transaction may carry, how the fee moves.

    ``fraction`` is the denominator of the fee's exponent (EIP-4844). ``is_bounded`` says that the fee stays in
    proportion to the base fee (EIP-7918).
    """

    target: int
    most: int
    per_transaction: int
    fraction: int
    is_bounded: bool

    def base_fee(self, excess: int) -> int:
        """Return the price of blob gas in wei, for a block's excess blob gas (EIP-4844's exponential)."""
        total, term, index = 0, self.fraction, 1
        while term > 0:
            total += term
            term = term * excess // (self.fraction * index)
            index += 1
        return total // self.fraction

    def next_excess(self, excess: int, used: int, base_fee: int) -> int:
        """Return the excess blob gas after a block that had ``excess``, ``used`` and a base fee in wei."""
        target = self.target * GAS_PER_BLOB
        if excess + used < target:
            return 0
        if self.is_bounded and BLOB_BASE_COST * base_fee > GAS_PER_BLOB * self.base_fee(excess):
            return excess + used * (self.most - self.target) // self.most
        return excess + used - target


PRAGUE_BLOBS = BlobRules(6, 9, 9, 5_007_716, is_bounded=False)
BLOB_SCHEDULE: Mapping[str, BlobRules] = MappingProxyType(
    {
        "osaka": BlobRules(6, 9, 6, 5_007_716, is_bounded=True),
        "bpo1": BlobRules(10, 15, 6, 8_346_193, is_bounded=True),
        "bpo2": BlobRules(14, 21, 6, 11_684_671, is_bounded=True),
    }
)
"""What mainnet's schedule of blob parameters gives, by the names of its entries (EIP-7892)."""

L1_FORKS: Mapping[str, Fork] = MappingProxyType({"prague": Fork.PRAGUE, "osaka": Fork.OSAKA})
"""The forks that an L1 may have."""


@dataclass(frozen=True, slots=True)
class L1Rules:
    """A fork of L1 with its blobs."""

    fork: Fork
    blobs: BlobRules

    @property
    def fork_name(self) -> str:
        """The fork's name, as settings and nodes spell it."""
        return self.fork.name.lower()


PRAGUE_RULES = L1Rules(Fork.PRAGUE, PRAGUE_BLOBS)
OSAKA_RULES = L1Rules(Fork.OSAKA, BLOB_SCHEDULE["osaka"])


def l1_rules(fork: str, blobs: str | None = None) -> L1Rules:
    """Return the rules that two settings name; ``blobs`` None is the fork's own.

    Raises UnknownL1Fork, and UnknownBlobSchedule for an entry that is not of the fork's schedule.
    """
    if fork not in L1_FORKS:
        raise UnknownL1Fork(fork, tuple(L1_FORKS))
    schedule = {"prague": PRAGUE_BLOBS} if fork == "prague" else BLOB_SCHEDULE
    chosen = fork if blobs is None else blobs
    if chosen not in schedule:
        raise UnknownBlobSchedule(chosen, fork, tuple(schedule))
    return L1Rules(L1_FORKS[fork], schedule[chosen])


DEFAULT_RULES = l1_rules(DEFAULT_L1_FORK)
"""What an L1 has that was told nothing."""

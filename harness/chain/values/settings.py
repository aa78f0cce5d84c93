"""The state in which every L1 begins, on each backend."""

from __future__ import annotations

CHAIN_ID = 900
GENESIS_TIME = 1_700_000_000
GENESIS_BASE_FEE = 10**9
BLOCK_GAS_LIMIT = 60_000_000
FUNDS = 10_000 * 10**18
"""Wei that each well-known account has in genesis."""

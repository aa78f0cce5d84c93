"""The chain layer: blocks, time, snapshots, reorgs and traces on py-evm, anvil or any RPC."""

from __future__ import annotations

from harness.chain.chain import Chain
from harness.chain.handles import Snapshot
from harness.chain.opening import open_chain
from harness.chain.receipts import Receipt
from harness.chain.trace import CallTrace
from harness.chain.values.accounts import Account, Accounts
from harness.chain.values.transactions import TX_GAS_CAP
from harness.chain.values.units import ether, gwei

__all__ = [
    "TX_GAS_CAP",
    "Account",
    "Accounts",
    "CallTrace",
    "Chain",
    "Receipt",
    "Snapshot",
    "ether",
    "gwei",
    "open_chain",
]

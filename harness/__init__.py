"""A test harness for Ethereum layer 2: real contracts, a real chain, and agents that play every role.

Six modules are public: `harness`, `harness.adapters`, `harness.agents`, `harness.errors`, `harness.scenarios` and
`harness.testing`. Public is what their ``__all__`` lists, and each attribute and method of those objects that has no
leading underscore. So are the pytest fixtures, options and markers, the command ``harness``, and the settings. All
other modules are private, whatever their names: they may change in any release. A public name that goes is deprecated
first (`harness.deprecations`).

Names are imported on first access, so that ``import harness`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.chain import Account, Accounts, CallTrace, Chain, Receipt, Snapshot, ether, gwei, open_chain
    from harness.contracts.bindings import Contract, ContractType
    from harness.contracts.events import emitted, not_emitted
    from harness.contracts.library import Contracts
    from harness.contracts.project import Project, built_in_contracts
    from harness.contracts.project import house as house
    from harness.contracts.reverts import reverts
    from harness.rollup.config import GameRules, RollupConfig
    from harness.testbed.rollup import Rollup

__version__ = "0.1.0"

_HOMES = {
    "Account": "harness.chain",
    "Accounts": "harness.chain",
    "CallTrace": "harness.chain",
    "Chain": "harness.chain",
    "Contract": "harness.contracts.bindings",
    "ContractType": "harness.contracts.bindings",
    "Contracts": "harness.contracts.library",
    "GameRules": "harness.rollup.config",
    "Project": "harness.contracts.project",
    "Receipt": "harness.chain",
    "Rollup": "harness.testbed.rollup",
    "RollupConfig": "harness.rollup.config",
    "Snapshot": "harness.chain",
    "built_in_contracts": "harness.contracts.project",
    "emitted": "harness.contracts.events",
    "ether": "harness.chain",
    "gwei": "harness.chain",
    "house": "harness.contracts.project",
    "not_emitted": "harness.contracts.events",
    "open_chain": "harness.chain",
    "reverts": "harness.contracts.reverts",
}

__all__ = [
    "Account",
    "Accounts",
    "CallTrace",
    "Chain",
    "Contract",
    "ContractType",
    "Contracts",
    "GameRules",
    "Project",
    "Receipt",
    "Rollup",
    "RollupConfig",
    "Snapshot",
    "built_in_contracts",
    "emitted",
    "ether",
    "gwei",
    "not_emitted",
    "open_chain",
    "reverts",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

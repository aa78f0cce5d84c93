"""A test harness for Ethereum layer 2: real contracts, a real chain, and agents that play every role.

What tests use is re-exported here and imported on first access, so that ``import harness`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.chain import ether, gwei, open_chain
    from harness.contracts.events import emitted, not_emitted
    from harness.contracts.project import Project, house
    from harness.contracts.reverts import reverts

__version__ = "0.1.0"

_HOMES = {
    "Project": "harness.contracts.project",
    "emitted": "harness.contracts.events",
    "ether": "harness.chain",
    "gwei": "harness.chain",
    "house": "harness.contracts.project",
    "not_emitted": "harness.contracts.events",
    "open_chain": "harness.chain",
    "reverts": "harness.contracts.reverts",
}

__all__ = ["Project", "emitted", "ether", "gwei", "house", "not_emitted", "open_chain", "reverts"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    return getattr(import_module(home), name)

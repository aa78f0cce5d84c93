"""Adapters tell the harness how to drive somebody's contracts, so that its packs of attacks can play against them.

Names are imported on first access, so that reading the command line stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.adapters.channel import Channel, Lock, State
    from harness.adapters.errors import NotApplicable

_HOMES = {
    "Adapter": "harness.adapters.base",
    "Channel": "harness.adapters.channel",
    "Lock": "harness.adapters.channel",
    "NotApplicable": "harness.adapters.errors",
    "State": "harness.adapters.channel",
}

__all__ = ["Adapter", "Channel", "Lock", "NotApplicable", "State"]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness.adapters' has no attribute {name!r}")
    return getattr(import_module(home), name)

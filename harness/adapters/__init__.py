"""Adapters tell the harness how to drive somebody's contracts, so that its packs of attacks can play against them.

Names are imported on first access, so that reading the command line stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.adapters.bridge import Bridge, Message
    from harness.adapters.channel import Channel, Lock, State
    from harness.adapters.errors import NotApplicable
    from harness.adapters.game import Game, Outcome, Side
    from harness.adapters.game_values import Claim, Money, Rules
    from harness.adapters.inbox import Derived, DerivedBatch, DerivedMessage, Inbox, Terms

_HOMES = {
    "Adapter": "harness.adapters.base",
    "Bridge": "harness.adapters.bridge",
    "Channel": "harness.adapters.channel",
    "Claim": "harness.adapters.game_values",
    "Derived": "harness.adapters.inbox",
    "DerivedBatch": "harness.adapters.inbox",
    "DerivedMessage": "harness.adapters.inbox",
    "Game": "harness.adapters.game",
    "Inbox": "harness.adapters.inbox",
    "Lock": "harness.adapters.channel",
    "Message": "harness.adapters.bridge",
    "Money": "harness.adapters.game_values",
    "NotApplicable": "harness.adapters.errors",
    "Outcome": "harness.adapters.game",
    "Rules": "harness.adapters.game_values",
    "Side": "harness.adapters.game",
    "State": "harness.adapters.channel",
    "Terms": "harness.adapters.inbox",
}

__all__ = [
    "Adapter",
    "Bridge",
    "Channel",
    "Claim",
    "Derived",
    "DerivedBatch",
    "DerivedMessage",
    "Game",
    "Inbox",
    "Lock",
    "Message",
    "Money",
    "NotApplicable",
    "Outcome",
    "Rules",
    "Side",
    "State",
    "Terms",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness.adapters' has no attribute {name!r}")
    return getattr(import_module(home), name)

"""The kinds of contracts that can be attacked, and where their packs are. A new kind is one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.attack.attack import Pack

KINDS = {
    "channel": "harness.attack.channel.pack",
    "application": "harness.attack.application.pack",
    "assertions": "harness.attack.assertions.pack",
    "bridge": "harness.attack.bridge.pack",
    "game": "harness.attack.game.pack",
    "inbox": "harness.attack.inbox.pack",
    "prover": "harness.attack.prover.pack",
    "sidechain": "harness.attack.sidechain.pack",
}
"""Kinds, and the modules whose ``PACK`` has their attacks."""


def pack_of(kind: str) -> Pack:
    """Return the pack of a kind."""
    found: Pack = import_module(KINDS[kind]).PACK
    return found

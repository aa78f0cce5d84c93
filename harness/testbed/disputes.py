"""What a test holds of disputes: the challenger's handle, and the game's."""

from __future__ import annotations

from harness.testbed.challenger import ChallengerHandle, NoDispute
from harness.testbed.games import GameHandle

__all__ = ["ChallengerHandle", "GameHandle", "NoDispute"]

"""Attacks on who may stop or change a bridge, and on what its adapter promises beside the rules of messages."""

from __future__ import annotations

from harness.attack.attack import Attack
from harness.attack.bridge.crossing import Crossing
from harness.attack.promises import try_promises
from harness.attack.stage import Stage
from harness.attack.strangers import strangers


def further_promises(stage: Stage) -> str:
    """Whatever else the bridge promises is tried, each with a message that can be executed."""
    crossing = Crossing(stage).confirmed().proven().mature()
    return try_promises(crossing.bridge, crossing.bridge.promises(crossing.message))


def in_use(stage: Stage) -> list[bytes | int]:
    """Send a message and prove it; return values that mean something to the bridge's contracts."""
    crossing = Crossing(stage).confirmed().proven()
    return [crossing.message.hash, crossing.message.value]


ATTACKS = (
    strangers(in_use),
    Attack("further promises", "the bridge breaks what it promises beside the rules of messages", further_promises),
)

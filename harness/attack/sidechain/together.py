"""Attacks by several messages in one transaction."""

from __future__ import annotations

from typing import Any

from harness.attack.attack import Attack
from harness.attack.sidechain.coast import ETHER, Coast
from harness.attack.stage import Stage


def messages_in_one_transaction(stage: Stage) -> str:
    """A contract runs two messages one after the other, which both pay; one of them twice, which does not."""
    coast = Coast(stage)
    bridge, mallory = coast.bridge, coast.mallory
    caller: Any = bridge.create("Forwarder")
    one, other = coast.withdraw(), coast.withdraw(2 * ETHER)
    coast.seal()
    coast.follow()
    (where, first), (_, second) = (bridge.call_of_execute(each, bridge.proof(each)) for each in (one, other))
    coast.fails("a message twice in one transaction", caller.forwardEach, where, [first, first], sender=mallory)
    with coast.pays("two messages in one transaction", coast.bob.address, 3 * ETHER):
        coast.works("their transaction", caller.forwardEach, where, [first, second], sender=mallory)
    return coast.said


ATTACKS = (
    Attack("messages in one transaction", "a message keeps another one from running", messages_in_one_transaction),
)

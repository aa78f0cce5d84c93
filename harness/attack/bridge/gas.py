"""Attacks on the gas of a bridge's messages, and on targets that refuse them."""

from __future__ import annotations

from itertools import takewhile
from typing import Any

from harness.attack.attack import Attack, Found
from harness.attack.bridge.crossing import ETHER, Crossing
from harness.attack.stage import Stage, reason_of
from harness.errors import Reverted

NOTED = 1_000
"""Gas that a target uses before it notes what is left."""


def a_starved_message(stage: Stage) -> str:
    """A message is executed with too little gas, or asks for more than there is."""
    target: Any = stage.adapter.create("Forwarder")
    if stage.variant == "a delegated account":
        stage.chain.authorize(stage.chain.accounts.carol, target)
        target = target.type.at(stage.chain, stage.chain.accounts.carol.address)
    crossing = Crossing(stage, target=target.address, gas=400_000)
    greedy = crossing.bridge.withdraw(0, target.address, crossing.alice, gas=2**64 + 5)
    bridge = crossing.bridge
    crossing.confirmed().proven().proven(greedy).mature()
    for gas in (*range(300_000, 440_000, 10_000), *range(440_000, 520_000, 500)):
        calls, mark = int(target.calls()), crossing.chain.snapshot()
        try:
            bridge.execute(crossing.message, crossing.alice, gas=gas)
        except Reverted as revert:
            crossing.refused.append(reason_of(revert))
            crossing.tried += 1
        else:
            if int(target.calls()) == calls or int(target.lastGas()) < crossing.message.gas_limit - NOTED:
                got = int(target.lastGas())
                raise Found(
                    "the gas", f"a message that asks for 400000 gas got {got} of a transaction of {gas}", lost=2 * ETHER
                )
        crossing.chain.restore(mark)
    crossing.fails("a message that asks for more gas than there is", bridge.execute, greedy, crossing.alice)
    crossing.execute()
    return crossing.said


def a_refused_message(stage: Stage) -> str:
    """The target of a message refuses it: it can be tried again."""
    target: Any = stage.adapter.create("Forwarder")
    crossing = Crossing(stage, target=target.address).confirmed().proven().mature()
    bridge = crossing.bridge
    target.setMood(1, sender=crossing.mallory)
    crossing.fails("a message that its target refuses", bridge.execute, crossing.message, crossing.alice)
    target.setMood(0, sender=crossing.mallory)
    crossing.execute()
    return crossing.said


REPEATS = bytes.fromhex("60125f8160095f39f35f54600a5760015f55005b365f5f37365ffd")
"""Creates a contract that takes one call. From then on it reverts with whatever it is called with."""
REASONS = {"a word": 32, "an odd length": 101, "4 KiB": 4_096}


def a_failure_and_its_reason(stage: Stage) -> str:
    """The target of a message reverts: whoever is to mend that learns why."""
    reason = bytes(1 + place % 251 for place in range(REASONS[stage.variant]))
    mallory = stage.chain.accounts.mallory
    target = str(stage.chain.send(sender=mallory, to=None, data=REPEATS).contract_address)
    crossing = Crossing(stage, target=target, data=reason, value=0).confirmed().proven().mature()
    bridge, refusal = crossing.bridge, None
    stage.chain.send(sender=mallory, to=target)
    try:
        bridge.execute(crossing.message, crossing.alice)
    except Reverted as problem:
        refusal = problem
    told = bridge.told_reason(refusal)
    if told != reason:
        right = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(told, reason, strict=False)))
        sizes = f"a target reverted with {len(reason)} bytes, and the bridge tells {len(told)}"
        raise Found("the reasons", f"{sizes}, the first {right} of which are right")
    return f"the bridge tells all {len(told)} bytes"


ATTACKS = (
    Attack(
        "a failure and its reason",
        "nobody learns why a message fails",
        a_failure_and_its_reason,
        tuple(REASONS),
    ),
    Attack(
        "a starved message",
        "a message is used up without effect",
        a_starved_message,
        ("a contract", "a delegated account"),
    ),
    Attack("a refused message", "a message is used up without effect", a_refused_message),
)

"""Attacks with what is true elsewhere: at another bridge, in a root that nobody proposed, at another time."""

from __future__ import annotations

from contextlib import nullcontext

from harness.adapters.bridge import Bridge
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.bridge.crossing import ETHER, Crossing
from harness.attack.stage import Stage


def another_bridge(stage: Stage) -> str:
    """A message of another bridge of the same code and the same operators is proven here."""
    with stage.other_chain() if stage.variant == "of another chain" else nullcontext(stage.chain) as chain:
        crossing = Crossing(stage).confirmed()
        there = stage.another(chain)
        assert isinstance(there, Bridge)
        there.deposit(10 * ETHER, chain.accounts.alice)
        for _ in range(2):  # the first one is a message of this bridge, too
            foreign = there.withdraw(ETHER, crossing.mallory.address, chain.accounts.alice)
        there.confirm()
        proof = there.proof(foreign)
    crossing.fails("a message of another bridge", crossing.pay_out, foreign, proof)
    crossing.proven().mature().execute()
    return crossing.said


def an_unknown_root(stage: Stage) -> str:
    """A message is proven in a root that L1 has forgotten, so that nobody has told it of that root."""
    crossing = Crossing(stage).confirmed()
    bridge, mallory = crossing.bridge, crossing.mallory
    mark = crossing.chain.snapshot()
    unsent = bridge.withdraw(5 * ETHER, mallory.address, crossing.alice)
    told: list[object] = []
    with crossing.chain.on_transaction(lambda _, receipt: told.append(receipt)):
        bridge.confirm()
    if not told:
        raise NotApplicable("nobody tells L1 of roots")
    proof = bridge.proof(unsent)
    crossing.chain.restore(mark)
    crossing.fails("a message in a root that nobody proposed", crossing.pay_out, unsent, proof)
    return crossing.said


def a_proof_made_again(stage: Stage) -> str:
    """Somebody proves alice's message again in the last second before it can be executed: that must not hold it up."""
    crossing = Crossing(stage).confirmed()
    bridge, wait = crossing.bridge, crossing.bridge.maturity()
    if not wait:
        raise NotApplicable("proofs need not mature")
    crossing.proven()
    due = crossing.chain.head.timestamp + wait + 1
    crossing.chain.warp(to=due - 1)
    crossing.tries(bridge.prove, crossing.message, bridge.proof(crossing.message), crossing.mallory)
    crossing.chain.warp(to=max(due, crossing.chain.head.timestamp + 1))
    crossing.execute()
    return f"executed in time; {crossing.refused[-1] if crossing.refused else 'the second proof is another one'}"


def a_pause(stage: Stage) -> str:
    """A message is executed while the bridge is paused, and in time when it goes on."""
    crossing = Crossing(stage).confirmed().proven().mature()
    bridge = crossing.bridge
    bridge.pause(True)
    crossing.fails("a message at a paused bridge", bridge.execute, crossing.message, crossing.alice)
    bridge.pause(False)
    crossing.execute()
    return crossing.said


ATTACKS = (
    Attack("another bridge", "a message pays at two bridges", another_bridge, ("of this chain", "of another chain")),
    Attack("an unknown root", "a root counts that nobody proposed", an_unknown_root),
    Attack("a proof made again", "a proof made again holds a message up", a_proof_made_again),
    Attack("a pause", "a paused bridge pays", a_pause),
)

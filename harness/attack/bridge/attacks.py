"""Attacks on a bridge: forged messages and proofs, roots that nobody trusts, replays, and targets that call back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.adapters.bridge import Bridge, Message, Proof
from harness.adapters.errors import NotApplicable
from harness.attack.altering import altered_fields, altered_parts
from harness.attack.attack import Attack, Found
from harness.attack.bridge.asking import a_sender_that_is_remembered
from harness.attack.bridge.crossing import ETHER, Crossing
from harness.attack.stage import Stage

TRIES = 4
"""The mood of a Forwarder that calls back, and does not mind if that fails."""


def an_honest_message(stage: Stage) -> str:
    """A message is proven, matures and pays once; two equal ones pay twice. L1 tells of the deposit before them."""
    crossing = Crossing(stage)
    crossing.told()
    again = crossing.bridge.withdraw(2 * ETHER, crossing.target, crossing.alice)
    if again.hash == crossing.message.hash:
        raise Found("the messages", "two equal messages are one", lost=again.value)
    crossing.confirmed().proven().proven(again).mature()
    crossing.execute()
    crossing.execute(again)
    return "two equal messages were paid, once each"


def a_replay(stage: Stage) -> str:
    """A message is executed again: as it is, proven anew, and by somebody else's proof."""
    crossing = Crossing(stage).confirmed().proven()
    bridge, message = crossing.bridge, crossing.message
    second = (bridge.prove, message, bridge.proof(message), crossing.mallory)
    if bridge.own_proofs:
        crossing.works("a second proof", *second)
    else:  # one proof may be all that counts
        crossing.tries(*second)
    crossing.mature().execute()
    crossing.fails("a message that was executed", bridge.execute, message, crossing.alice)
    crossing.fails("the same by another proof", bridge.execute, message, crossing.mallory)
    crossing.fails("the same by a named proof", bridge.execute, message, crossing.bob, prover=crossing.mallory)

    def anew() -> None:
        bridge.prove(message, bridge.proof(message), crossing.bob)
        crossing.mature()
        bridge.execute(message, crossing.bob)

    crossing.fails("the same proven anew", anew)
    bridge.withdraw(ETHER, crossing.target, crossing.alice)
    crossing.confirmed().fails("the same proven in a newer root", anew)
    return crossing.said


def an_unproven_message(stage: Stage) -> str:
    """A message is executed without a proof, or by a proof of somebody else."""
    crossing = Crossing(stage).confirmed()
    bridge, message, mallory = crossing.bridge, crossing.message, crossing.mallory
    crossing.fails("a message that nobody proved", bridge.execute, message, mallory)
    crossing.proven().mature()
    if bridge.own_proofs:
        crossing.fails("a message that somebody else proved", bridge.execute, message, mallory)
        crossing.fails("the same, naming a third", bridge.execute, message, crossing.alice, prover=mallory)
    for what, other in altered_fields(message):
        crossing.fails(f"a proven message with {what}", bridge.execute, other, crossing.alice)
    crossing.execute()
    return crossing.said


def a_forged_message(stage: Stage) -> str:
    """Each field of a message is altered, under the proof of the true one and under a proof of its absence."""
    crossing = _with_all_fields(stage).confirmed()
    bridge, mallory = crossing.bridge, crossing.mallory
    proof = bridge.proof(crossing.message)
    for what, other in altered_fields(crossing.message):
        crossing.fails(f"a message with {what}", bridge.prove, other, proof, mallory)
        absent = bridge.proof(other)
        crossing.fails(f"the absence of one with {what}", bridge.prove, other, absent, mallory)
    crossing.proven().mature().execute()
    return crossing.said


def _with_all_fields(stage: Stage) -> Crossing:
    """Send a message to an account with data and gas, as far as the bridge has such messages."""
    options: dict[str, Any] = {"data": b"\x12\x34" * 20, "gas": 50_000}
    for left in ("gas", "data"):
        try:
            return Crossing(stage, **options)
        except NotApplicable:
            del options[left]
    return Crossing(stage)


def _shown(bridge: Bridge, message: Message) -> Proof:
    """Return a message's proof; raises NotApplicable if a proof has no parts."""
    proof = bridge.proof(message)
    if not proof:
        raise NotApplicable("the bridge confirms each message, so that a proof has no parts")
    return proof


def a_forged_proof(stage: Stage) -> str:
    """Each part of a proof is altered."""
    crossing = Crossing(stage).confirmed()
    other = crossing.bridge.withdraw(ETHER, crossing.mallory.address, crossing.alice)
    crossing.bridge.confirm()
    bridge, mallory = crossing.bridge, crossing.mallory
    proof = _shown(bridge, crossing.message)
    for what, parts in altered_parts(proof):
        crossing.fails(f"a proof whose {what}", bridge.prove, crossing.message, parts, mallory)
    crossing.fails("the proof of another message", bridge.prove, crossing.message, bridge.proof(other), mallory)
    for index in (2**255, 77):
        far = {name: index if isinstance(value, int) else value for name, value in proof.items()}
        if far != proof:
            crossing.fails(f"a proof against root {index}", bridge.prove, crossing.message, far, mallory)
    crossing.proven().mature().execute()
    return crossing.said


def zeros(stage: Stage) -> str:
    """Everything is zero, before and after the bridge trusts a root."""
    crossing = Crossing(stage)
    bridge = crossing.bridge
    nothing = replace(crossing.message, value=0, nonce=0, gas_limit=0, data=b"")
    crossing.fails("an unknown message before any root", bridge.execute, nothing, crossing.mallory)
    crossing.confirmed()
    empty = {
        name: 0 if isinstance(value, int) else [] if isinstance(value, list) else bytes(len(value))
        for name, value in _shown(bridge, crossing.message).items()
    }
    for message in (crossing.message, nothing):
        crossing.fails("a proof of zeros", bridge.prove, message, empty, crossing.mallory)
    return crossing.said


def a_forged_root(stage: Stage) -> str:
    """Each part of what shows a root is altered; a root is shown twice, and one that nobody proposed."""
    crossing = Crossing(stage)
    bridge, mallory = crossing.bridge, crossing.mallory
    bridge.pend()
    root = bridge.root()
    for what, parts in altered_parts(root):
        crossing.fails(f"a root whose {what}", bridge.show, parts, mallory)
    crossing.works("an honest root", bridge.show, root, mallory)
    crossing.fails("a root that was shown before", bridge.show, root, mallory)
    return crossing.said


def a_root_that_waits(stage: Stage) -> str:
    """A message is executed against a root that can still be rejected, and the root is settled a second early."""
    crossing = Crossing(stage)
    bridge = crossing.bridge
    bridge.pend()
    crossing.shown()
    if bridge.proves_pending:
        crossing.proven().mature()
    else:
        proof = bridge.proof(crossing.message)
        crossing.fails("a proof in a pending root", bridge.prove, crossing.message, proof, crossing.alice)
    crossing.fails("a message against a pending root", bridge.execute, crossing.message, crossing.alice)
    bridge.wait_for_trust(1)
    crossing.fails("a root a second early", bridge.settle, crossing.mallory)
    crossing.fails("its message a second early", bridge.execute, crossing.message, crossing.alice)
    bridge.wait_for_trust(0)
    try:
        crossing.works("a root in time", bridge.settle, crossing.mallory)
    except NotApplicable:  # time alone makes it final
        crossing.chain.mine()
    if not bridge.proves_pending:
        crossing.proven().mature()
    settled = crossing.chain.head.timestamp
    if bridge.gap():
        crossing.fails("its message at once", bridge.execute, crossing.message, crossing.alice)
        crossing.chain.warp(to=settled + bridge.gap())
        crossing.fails("in the gap's last second", bridge.execute, crossing.message, crossing.alice)
        crossing.chain.warp(to=settled + bridge.gap() + 1)
    crossing.execute()
    return crossing.said


def a_delay(stage: Stage) -> str:
    """A message is executed before its proof has matured, in the last second before it, and in the first after it."""
    crossing = Crossing(stage).confirmed()
    bridge, wait = crossing.bridge, crossing.bridge.maturity()
    if not wait:
        raise NotApplicable("proofs need not mature")
    crossing.proven()
    made = crossing.chain.head.timestamp
    crossing.fails("a message at once", bridge.execute, crossing.message, crossing.alice)
    for early in (1, 0):
        crossing.chain.warp(to=made + wait - early)
        crossing.fails(
            f"a message {wait - early} s after its proof", lambda: bridge.execute(crossing.message, crossing.alice)
        )
        crossing.chain.mine()
    crossing.chain.warp(to=max(made + wait + 1, crossing.chain.head.timestamp + 1))
    crossing.execute()
    return crossing.said


def a_target_that_calls_back(stage: Stage) -> str:
    """A target executes another message from within its own, and so its own again."""
    target: Any = stage.adapter.create("Forwarder")
    crossing = Crossing(stage, target=target.address)
    bridge = crossing.bridge
    other = bridge.withdraw(3 * ETHER, crossing.mallory.address, crossing.alice)
    crossing.confirmed().proven().proven(other).mature()
    target.setMood(TRIES, sender=crossing.mallory)
    for what, message in (("another message", other), ("the same message", crossing.message)):
        if bridge.nested and message is other:
            continue
        target.setReentry(bridge.call_of_execute(message, crossing.alice), sender=crossing.mallory)
        mark = crossing.chain.snapshot()
        with crossing.pays(f"a message whose target executes {what}", target.address, crossing.message.value):
            crossing.works("an honest message", bridge.execute, crossing.message, crossing.alice)
        crossing.chain.restore(mark)
    return "a message paid once, whatever its target called"


def a_message_to_who_believes_the_bridge(stage: Stage) -> str:
    """A message calls a contract that believes whatever the bridge calls it with."""
    crossing = Crossing(stage)
    bridge = crossing.bridge
    sent = [bridge.withdraw(0, target, crossing.alice, gas=100_000) for target in bridge.forbidden_targets()]
    crossing.confirmed()
    for message in sent:
        proof = bridge.proof(message)
        crossing.fails(f"a message to {message.target}", bridge.prove, message, proof, crossing.mallory)
    return crossing.said


def a_creation(stage: Stage) -> str:
    """A deposit that creates a contract is derived as one, and ether with it arrives."""
    crossing = Crossing(stage)
    made = crossing.works("a deposit that creates a contract", crossing.bridge.create_by_deposit, ETHER, crossing.alice)
    got = crossing.works("its arrival", crossing.bridge.arrived, made)
    crossing.told()
    if got != ETHER:
        raise Found("the money", f"{got} wei arrived of a deposit of {ETHER} that creates a contract", lost=ETHER - got)
    return "the contract has the ether"


def a_delegated_account(stage: Stage) -> str:
    """An account that runs a delegate's code deposits: it keeps its ether on L2."""
    target: Any = stage.adapter.create("Forwarder")
    crossing = Crossing(stage)
    bridge, chain, carol = crossing.bridge, crossing.chain, stage.chain.accounts.carol
    chain.authorize(carol, target)
    place, data = bridge.call_of_deposit(carol.address)
    asked = target.type.at(chain, carol.address)
    asked.forward(place, data, sender=crossing.mallory, value=ETHER)
    if crossing.works("its deposit", bridge.sender_of_last) != carol.address:
        raise Found("the sender", f"its deposit comes from {bridge.sender_of_last()}", lost=ETHER)
    return "its deposit is its own"


def a_rejected_root(stage: Stage) -> str:
    """A lie is shown and proven against, then rejected: nothing is executed, shown or proven against it."""
    crossing = Crossing(stage)
    bridge, mallory = crossing.bridge, crossing.mallory
    forged = bridge.forge(5 * ETHER, mallory)
    if stage.variant == "shown late":
        root = bridge.root()
        bridge.reject()
        crossing.fails("a rejected root that is shown", bridge.show, root, mallory)
        return crossing.said
    crossing.shown()
    proof = bridge.proof(forged)
    crossing.works("a proof against a pending root", bridge.prove, forged, proof, mallory)
    crossing.proven()
    bridge.reject()
    crossing.mature()
    crossing.fails("a message proven against a rejected root", bridge.execute, forged, mallory)
    crossing.fails("a proof against a rejected root", bridge.prove, forged, proof, mallory)
    crossing.confirmed().proven().mature().execute()
    return crossing.said


def a_contract_that_deposits(stage: Stage) -> str:
    """A contract deposits: on L2 it does not pass for whoever owns its address there, and each wei arrives."""
    crossing = Crossing(stage)
    bridge = crossing.bridge
    target, _ = bridge.call_of_deposit(crossing.mallory.address)
    caller, send = _caller(stage, crossing, target)
    _, data = bridge.call_of_deposit(caller)
    own, held = bridge.arrived(caller), bridge.held()
    send(data)
    if bridge.held() - held != ETHER:
        raise Found("the money", f"{bridge.held() - held} wei are held for a deposit of {ETHER}", lost=ETHER)
    sender = crossing.works("its deposit", bridge.sender_of_last)
    if sender in (caller, crossing.mallory.address):
        raise Found("the sender", f"a contract's deposit comes from {sender} on L2", gained=ETHER)
    got = bridge.arrived(caller) - own
    if got != ETHER:
        raise Found("the money", f"{got} wei arrived of a deposit of {ETHER}", lost=ETHER - got)
    crossing.told()
    return f"on L2 the deposit comes from {sender}"


FORWARDS = bytes.fromhex("6020360360205f375f5f602036035f345f355af1000000")
"""Code of 23 bytes, as long as that of a delegated account: it calls who the first word names, with the rest."""


def _caller(stage: Stage, crossing: Crossing, target: str) -> tuple[str, Callable[[bytes], object]]:
    """Return a contract's address, and how it deposits an ether."""
    mallory = crossing.mallory
    if stage.variant == "a short contract":
        initcode = bytes.fromhex("60178060095f395ff3") + FORWARDS
        made = str(stage.chain.send(sender=mallory, to=None, data=initcode).contract_address)
        word = bytes(12) + bytes.fromhex(target[2:])
        return made, lambda data: stage.chain.send(sender=mallory, to=made, data=word + data, value=ETHER)
    caller: Any = stage.adapter.create("Forwarder")
    return caller.address, lambda data: caller.forward(target, data, sender=mallory, value=ETHER)


ATTACKS = (
    Attack("an honest message", "honest users lose their money", an_honest_message),
    Attack("a replay", "a message pays twice", a_replay),
    Attack("an unproven message", "a message pays that nobody has proven", an_unproven_message),
    Attack("a forged message", "a message pays that nobody has sent", a_forged_message),
    Attack("a forged proof", "a proof proves what is not so", a_forged_proof),
    Attack("zeros", "zero is believed", zeros),
    Attack("a forged root", "a root is shown that is not that of the state", a_forged_root),
    Attack("a root that waits", "a message pays before its root is final", a_root_that_waits),
    Attack("a delay", "a message pays before its proof has matured", a_delay),
    Attack("a target that calls back", "a message is executed within another", a_target_that_calls_back),
    Attack("a sender that is remembered", "a call passes for a message of somebody else", a_sender_that_is_remembered),
    Attack("a message to who believes the bridge", "money is minted", a_message_to_who_believes_the_bridge),
    Attack("a rejected root", "a lie pays", a_rejected_root, ("shown before", "shown late")),
    Attack(
        "a contract that deposits",
        "a contract passes for somebody else on L2",
        a_contract_that_deposits,
        ("a contract", "a short contract"),
    ),
    Attack("a creation", "ether of a creation is lost", a_creation),
    Attack("a delegated account", "ether goes to an address that nobody has a key for", a_delegated_account),
)

"""Attacks on the bridge: attestations, proofs, replays, deadlines, refunds, and targets that call back."""

from __future__ import annotations

from typing import Any

from harness.adapters.sidechain import DAY
from harness.attack.altering import altered, altered_parts
from harness.attack.attack import Attack, Found
from harness.attack.sidechain.coast import DEPTH, ETHER, LOCKED, Coast
from harness.attack.sidechain.headers import ORDER, stranger
from harness.attack.stage import Stage, reason_of
from harness.chain.errors import ChainError
from harness.errors import Reverted
from harness.sidechain.bridge import BridgedMessage
from harness.sidechain.header import seal
from harness.sidechain.validators import quorum, trusted_share

NOTED = 1_000
"""Gas that a target uses before it notes what is left."""
MOST_GAS = 2**24
"""Gas that a transaction has at most (EIP-7825)."""


def an_honest_life(stage: Stage) -> str:
    """Ether goes over and back, twice alike; what is late is paid back; each wei is where it belongs."""
    coast = Coast(stage)
    one, same = coast.withdraw(), coast.withdraw()
    if one.id == same.id:
        raise Found("the messages", "two equal messages are one", lost=ETHER)
    late = coast.deposit(ETHER, coast.bob.address, within=60)
    coast.chain.warp(100)
    coast.chain.mine()
    coast.seal()
    coast.follow()
    coast.execute(one)
    coast.execute(same)
    with coast.pays("a refund", coast.alice.address, ETHER):
        proof = coast.bridge.proof(late, was_received=True)
        coast.works("the refund of a late message", coast.bridge.refund, late, proof, coast.mallory)
    return coast.whole()


def false_attestations(stage: Stage) -> str:
    """A minority attests, one validator several times, strangers, seats that nobody has, and signatures of others."""
    size = int(stage.variant)
    coast = Coast(stage, validators=size)
    message, other = coast.deposit(ETHER, coast.bob.address), coast.deposit(2 * ETHER, coast.mallory.address)
    needed, bridge = quorum(size), coast.bridge
    places, signatures = coast.signed(message, range(size))
    for count in range(needed):
        coast.fails(f"{count} of {needed} attestations", bridge.deliver, message, places[:count], signatures[:count])
    for count in {needed, size} - {1}:
        coast.fails(
            "one attestation several times", bridge.deliver, message, places[:1] * count, signatures[:1] * count
        )
        coast.fails("one in the seats of all", bridge.deliver, message, places[:count], signatures[:1] * count)
    digest = bridge.attestation(message)
    foreign = [seal(stranger(place), digest) for place in range(size)]
    coast.fails("attestations of strangers", bridge.deliver, message, places, foreign)
    coast.fails("seats beyond the set", bridge.deliver, message, bytes(each + size for each in places), foreign)
    coast.fails("attestations of zeros", bridge.deliver, message, places, [bytes(65)] * size)
    coast.fails("attestations to another message", bridge.deliver, message, places, coast.signed(other, range(size))[1])
    if size > 1:
        coast.fails("attestations in each other's seats", bridge.deliver, message, places, signatures[::-1])
    for what, data in altered(signatures[0]):
        coast.fails(f"an attestation {what}", bridge.deliver, message, places[:needed], [data, *signatures[1:needed]])
    s = ORDER - int.from_bytes(signatures[0][32:64], "big")
    twin = signatures[0][:32] + s.to_bytes(32, "big") + bytes([1 - signatures[0][64]])
    coast.fails("the twin of an attestation", bridge.deliver, message, places[:needed], [twin, *signatures[1:needed]])
    for place, word in enumerate(message.words):
        for how, value in altered(word):
            forged = bridge.other_words(message, place, value)
            coast.fails(f"a message whose word {place} is {how}", bridge.deliver, forged, places, signatures)
    with coast.taken_back():
        coast.keep_time()
        coast.works("exactly a quorum", bridge.deliver, message, places[:needed], signatures[:needed])
        coast.fails("a message that has run", bridge.deliver, message, places, signatures)
    coast.deliver(message)
    coast.deliver(other)
    return coast.said


def forged_messages(stage: Stage) -> str:
    """Each word of a message and each part of its proof is altered; absences are proven, and the other mapping."""
    coast = Coast(stage)
    message, other = coast.withdraw(data=b""), coast.withdraw(2 * ETHER, coast.mallory.address)
    bridge, mallory = coast.bridge, coast.mallory
    early = bridge.proof(message)
    coast.fails("a message before its header", bridge.execute, message, early, mallory)
    coast.seal()
    coast.follow()
    proof = bridge.proof(message)
    for place, word in enumerate(message.words):
        for how, value in altered(word):
            forged = bridge.other_words(message, place, value)
            coast.fails(f"a message whose word {place} is {how}", bridge.execute, forged, proof, mallory)
            absent = bridge.proof(forged)
            coast.fails(f"the absence of one whose word {place} is {how}", bridge.execute, forged, absent, mallory)
    for what, parts in altered_parts(proof):
        if "twice the last" in what:
            continue  # a set of nodes may name one twice
        coast.fails(f"a proof whose {what}", bridge.execute, message, parts, mallory)
    coast.fails("the proof of another message", bridge.execute, message, bridge.proof(other), mallory)
    coast.fails("the other mapping", bridge.execute, message, bridge.proof(message, was_received=True), mallory)
    sent = coast.deposit(ETHER, mallory.address)
    coast.fails("a message of this end", bridge.execute, sent, bridge.proof(sent), mallory)
    loot, state = coast.loot()
    height, time = bridge.newest()
    for header in (
        coast.header(at=(height, time), root=state.root),
        coast.header(root=state.root),
    ):
        made = bridge.proof_of(header, state.account, state.slot, height)
        coast.fails("a state that nobody sealed", bridge.execute, loot, made, mallory)
    coast.execute(message)
    coast.execute(other)
    return coast.said


def a_lie_of_a_third(stage: Stage) -> str:
    """As many validators as may lie seal that mallory is owed everything, in their set and in one of their own."""
    size = int(stage.variant)
    coast = Coast(stage, validators=size)
    message, state = coast.loot()
    liars = range(trusted_share(size) - 1)
    height = coast.bridge.newest()[0]
    for alone in (False, True):
        if alone and not liars:
            continue
        header = coast.header(by=liars, alone=alone, root=state.root)

        def steal(header: Any = header) -> None:
            coast.hand_in(header)
            proof = coast.bridge.proof_of(header, state.account, state.slot, height)
            coast.bridge.execute(message, proof, coast.mallory)

        coast.fails(f"a theft by {len(liars)} of {size}", steal)
    return coast.whole()


def a_replay(stage: Stage) -> str:
    """A message runs again: at once, by another header, at another bridge between the same chains, on another chain."""
    coast = Coast(stage)
    bridge, message = coast.bridge, coast.withdraw()
    sent = coast.deposit(0, coast.bob.address)
    coast.seal()
    coast.follow()
    old = bridge.proof(message)
    coast.execute(message, old)
    coast.fails("a message that has run", bridge.execute, message, old, coast.mallory)
    coast.seal()
    coast.follow()
    coast.fails("the same by a newer header", bridge.execute, message, bridge.proof(message), coast.mallory)
    twin = bridge.twin()
    seats, signatures = coast.signed(sent, range(4))
    coast.fails("a message of another bridge", twin.deliver, sent, seats, signatures)
    coast.fails("a payment of another bridge", twin.execute, message, bridge.proof(message), coast.mallory)
    with coast.stage.other_chain() as elsewhere:
        other = type(bridge)(elsewhere, bridge.contracts)
        other.deploy()
        there = elsewhere.accounts
        other.deposit(there.alice.address, LOCKED, elsewhere.now + DAY, there.alice)
        held = other.held()
        try:
            other.execute(message, bridge.proof(message), there.mallory)
            raise Found("the seals and proofs", "a message of another chain is taken", gained=held - other.held())
        except Reverted as revert:
            coast.refused.append(revert.reason)
        try:
            other.deliver(sent, seats, signatures)
            raise Found("the seals and proofs", "an attestation of another chain is taken")
        except Reverted as revert:
            coast.refused.append(revert.reason)
        other.side.close()
    coast.deliver(sent)
    return coast.whole()


def deadlines(stage: Stage) -> str:
    """A message is delivered at its last second and after it, and paid back before, at and after that one."""
    coast = Coast(stage)
    bridge, chain, mallory = coast.bridge, coast.chain, coast.mallory
    for deadline in (0, chain.now - 100, chain.now - 1):
        coast.fails("a message that is too late", bridge.deposit, coast.bob.address, ETHER, deadline, coast.alice)
    coast.fails("a message for ever", bridge.deposit, coast.bob.address, ETHER, 2**63, coast.alice)
    message = coast.deposit(ETHER, coast.bob.address, within=1_000)
    end = message.deadline
    signed = coast.signed(message, range(4))
    for late, runs in ((0, True), (1, False), (DAY, False)):
        with coast.taken_back():
            coast.side.chain.warp(to=end + late)
            if runs:
                coast.works("a message in its last second", bridge.deliver, message, *signed)
            else:
                coast.fails(f"a message {late} s late", bridge.deliver, message, *signed)
    for late, is_paid in ((-1, False), (0, False), (1, True)):
        with coast.taken_back():
            coast.side.chain.warp(to=end + late)
            coast.side.chain.mine()
            coast.follow()
            proof = bridge.proof(message, was_received=True)
            if is_paid:
                coast.works("a refund a second late", bridge.refund, message, proof, mallory)
                coast.fails("a second refund", bridge.refund, message, proof, mallory)
            else:
                coast.fails(f"a refund {-late} s early", bridge.refund, message, proof, mallory)
    return coast.whole()


def false_refunds(stage: Stage) -> str:
    """What ran, what nobody sent, and what another header shows is to be paid back."""
    coast = Coast(stage)
    bridge, mallory = coast.bridge, coast.mallory
    ran, late = coast.cross(ETHER, coast.bob, within=1_000), coast.deposit(2 * ETHER, coast.bob.address, within=1_000)
    coast.seal()
    coast.follow()
    before = bridge.newest()[0]
    coast.side.chain.warp(to=late.deadline + 100)
    coast.seal()
    coast.follow()
    coast.fails("what ran", bridge.refund, ran, bridge.proof(ran, was_received=True), mallory)
    coast.fails("what ran, by the other mapping", bridge.refund, ran, bridge.proof(ran), mallory)
    early = bridge.proof(late, was_received=True, height=before)
    coast.fails("what may still run by then", bridge.refund, late, early, mallory)
    proof = bridge.proof(late, was_received=True)
    for place, word in enumerate(late.words):
        for how, value in altered(word):
            forged = bridge.other_words(late, place, value)
            coast.fails(f"a message whose word {place} is {how}", bridge.refund, forged, proof, mallory)
    nobody = bridge.forged_message(mallory.address, LOCKED)
    coast.fails("what nobody sent", bridge.refund, nobody, bridge.proof(nobody, was_received=True), mallory)
    back = coast.withdraw()
    coast.fails("what was sent on the sidechain", bridge.refund, back, bridge.proof(back, was_received=True), mallory)
    for what, parts in altered_parts(proof):
        if "twice the last" not in what:
            coast.fails(f"a refund by a proof whose {what}", bridge.refund, late, parts, mallory)
    coast.fails("a refund to somebody else", bridge.refund, late, proof, mallory, 0, mallory.address)
    with coast.taken_back(), coast.pays("a refund to whom its sender names", coast.carol.address, late.value):
        coast.works("a refund elsewhere", bridge.refund, late, proof, coast.alice, 0, coast.carol.address)
    with coast.pays("a refund", coast.alice.address, late.value):
        coast.works("an honest refund", bridge.refund, late, proof, mallory)
    coast.fails("a second refund", bridge.refund, late, proof, mallory)
    coast.seal()
    coast.follow()
    coast.execute(back)
    return coast.whole()


def _call_the_near_end(coast: Coast) -> None:
    """Have L1's end send a message in its own name; raises Reverted where that is not sent, or does not run."""
    bridge = coast.bridge
    data = bridge.call_of_send(coast.mallory.address, coast.chain.now + DAY)
    message = bridge.withdraw(bridge.near_end(), 0, coast.bob, data)
    coast.seal()
    coast.follow()
    bridge.execute(message, bridge.proof(message), coast.mallory)


def _call_the_far_end(coast: Coast) -> None:
    """The same at the other end."""
    bridge = coast.bridge
    data = bridge.call_of_send(coast.mallory.address, 0)
    message = bridge.deposit(bridge.far_end(), 0, coast.chain.now + DAY, coast.alice, data)
    coast.chain.mine(DEPTH)
    coast.keep_time()
    bridge.deliver(message, *coast.signed(message, range(len(coast.members))))


def targets_that_call_back(stage: Stage) -> str:
    """A target runs its own message again, another one, or a refund; it fails; and it is the bridge itself."""
    coast = Coast(stage)
    bridge, mallory = coast.bridge, coast.mallory
    target: Any = bridge.create("Forwarder")
    message, other = coast.withdraw(to=target.address), coast.withdraw(3 * ETHER, mallory.address)
    late = coast.deposit(ETHER, coast.bob.address, within=60)
    coast.chain.warp(100)
    coast.chain.mine()
    coast.seal()
    coast.follow()
    proof = bridge.proof(message)
    target.setMood(2, sender=mallory)
    refund = bridge.call_of_refund(late, bridge.proof(late, was_received=True))
    for what, (_, data) in (
        ("itself", bridge.call_of_execute(message, proof)),
        ("another message", bridge.call_of_execute(other, bridge.proof(other))),
        ("a refund", refund),
    ):
        target.setReentry(data, sender=mallory)
        coast.fails(f"{what} within a message", bridge.execute, message, proof, mallory)
    target.setMood(1, sender=mallory)
    coast.fails("a message that its target refuses", bridge.execute, message, proof, mallory)
    target.setMood(0, sender=mallory)
    coast.execute(message)
    coast.fails("the sender of no message", bridge.told_sender)
    coast.execute(other)
    coast.fails("a message to the bridge itself", _call_the_near_end, coast)
    coast.fails("one to the sidechain's end itself", _call_the_far_end, coast)
    return coast.said


def a_starved_message(stage: Stage) -> str:
    """A message that asks for gas runs in transactions with less and less of it: it runs whole, or not at all."""
    coast, wanted = Coast(stage), int(stage.variant)
    bridge, mallory = coast.bridge, coast.mallory
    target: Any = bridge.create("Forwarder")
    message = coast.works("a message", bridge.withdraw, target.address, ETHER, coast.bob, gas=wanted)
    for gas in (2**32, 2**64, 2**255):
        coast.fails(
            "a message that asks for more gas than there is", bridge.withdraw, target.address, 0, coast.bob, gas=gas
        )
    coast.seal()
    coast.follow()
    proof = bridge.proof(message)
    # Whatever the proof costs, and the 64th that stays with the caller of a call.
    for gas in range(wanted, wanted + wanted // 50 + 300_000, 2_000 + wanted // 1_000):
        with coast.taken_back():
            try:
                bridge.execute(message, proof, mallory, gas=gas)
            except Reverted as revert:
                coast.refused.append(revert.reason)
                coast.tried += 1
                continue
            got = int(target.lastGas())
            if got < wanted - NOTED:
                raise Found(
                    "the gas", f"a message that asks for {wanted} gas got {got} of a transaction of {gas}", lost=ETHER
                )
    coast.execute(message)
    return coast.said


def more_than_is_there(stage: Stage) -> str:
    """Somebody sends back ether of the sidechain's own, which L1 never had."""
    coast = Coast(stage)
    bridge, mallory = coast.bridge, coast.mallory
    for value in (LOCKED + 1, 2 * LOCKED):
        coast.fails("ether that never came over", bridge.withdraw, mallory.address, value, mallory)
    return coast.whole()


def sent_for_ever(stage: Stage) -> str:
    """The longest data that the sidechain sends, and ether for L1's end itself: what is taken runs, or it is stuck.

    A message to L1 has no refund.
    """
    coast = Coast(stage)
    bridge = coast.bridge
    longest = None
    try:
        # Nodes pass on no transaction of more than 2**17 bytes (geth's txMaxSize).
        for size in (1 << power for power in range(10, 18)):
            longest = bridge.withdraw(coast.carol.address, ETHER, coast.bob, b"\xff" * size)
        raise Found("the messages", f"{size} bytes are taken, more than a transaction brings", lost=ETHER)
    except (Reverted, ChainError) as problem:
        coast.tried += 1
        coast.refused.append(f"{size} bytes: {reason_of(problem)}")
    if longest is not None:
        _arrives(coast, "the longest message", longest)
    try:
        to_itself = bridge.withdraw(bridge.near_end(), ETHER, coast.bob)
    except (Reverted, ChainError) as problem:
        coast.tried += 1
        coast.refused.append(reason_of(problem))
    else:
        _arrives(coast, "a message to L1's end itself", to_itself)
    return coast.said


def _arrives(coast: Coast, what: str, message: BridgedMessage) -> None:
    """Run a message in the largest transaction of L1; raises Found if it cannot."""
    coast.seal()
    coast.follow()
    bridge = coast.bridge
    try:
        bridge.execute(message, bridge.proof(message), coast.mallory, gas=MOST_GAS)
    except (Reverted, ChainError) as problem:
        evidence = f"{what} is taken, and cannot run: {reason_of(problem)}"
        raise Found("the messages", evidence, lost=message.value) from problem


ATTACKS = (
    Attack("an honest life", "honest users lose their ether", an_honest_life),
    Attack("false attestations", "ether is minted that nobody locked", false_attestations, ("1", "3", "4", "7")),
    Attack("forged messages", "a message pays that nobody has sent", forged_messages),
    Attack("a lie of a third", "a third of the validators takes everything", a_lie_of_a_third, ("2", "3", "4", "7")),
    Attack("a replay", "a message pays twice", a_replay),
    Attack("deadlines", "a message runs and is paid back", deadlines),
    Attack("false refunds", "ether is paid back that is not lost", false_refunds),
    Attack("a starved message", "a message is used up without effect", a_starved_message, ("300000", "6000000")),
    Attack("sent for ever", "what is sent can neither run nor come back", sent_for_ever),
    Attack("more than is there", "ether is burnt that L1 cannot pay", more_than_is_there),
    Attack("targets that call back", "a message runs within another", targets_that_call_back),
)

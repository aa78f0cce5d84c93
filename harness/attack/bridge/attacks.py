"""Attacks on a bridge: forged messages and proofs, roots that nobody trusts, replays, and targets that call back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from harness.adapters.bridge import Bridge, Message
from harness.adapters.errors import NotApplicable
from harness.attack.altering import altered_fields, altered_parts
from harness.attack.attack import Attack, Found
from harness.attack.stage import Stage, reason_of
from harness.errors import HarnessError, Reverted

ETHER = 10**18
TRIES = 4
"""The mood of a Forwarder that calls back, and does not mind if that fails."""


class Crossing:
    """A bridge with ether on it and one message of alice to bob, and what was refused so far."""

    def __init__(
        self, stage: Stage, *, target: str = "", gas: int = 0, data: bytes = b"", value: int = 2 * ETHER
    ) -> None:
        bridge = stage.adapter
        assert isinstance(bridge, Bridge)
        self.stage, self.bridge, self.chain = stage, bridge, stage.chain
        self.alice, self.bob, self.mallory = (stage.chain.accounts[name] for name in ("alice", "bob", "mallory"))
        try:
            bridge.deposit(10 * ETHER, self.alice)
        except HarnessError as problem:
            raise Found(
                "the honest side", f"a deposit does not arrive: {reason_of(problem)}", lost=10 * ETHER
            ) from problem
        self.target = target or self.bob.address
        self.message = bridge.withdraw(value, self.target, self.alice, gas=gas, data=data)
        self.refused: list[str] = []
        self.tried = 0

    def confirmed(self) -> Crossing:
        """Have L1 trust a root that holds the message."""
        self.bridge.confirm()
        return self

    def shown(self) -> Crossing:
        """Show the proposed root to L1, where that is a call of its own."""
        try:
            root = self.bridge.root()
        except NotApplicable:
            return self
        self.works("an honest root", self.bridge.show, root, self.mallory)
        return self

    def proven(self, message: Message | None = None) -> Crossing:
        """Let alice prove a message, by default the one of alice to bob."""
        one = message or self.message
        self.works("an honest proof", lambda: self.bridge.prove(one, self.bridge.proof(one), self.alice))
        return self

    def mature(self) -> Crossing:
        """Let the proof mature."""
        if self.bridge.maturity():
            self.chain.warp(self.bridge.maturity() + 1)
        return self

    def works(self, what: str, call: Callable[..., object], *arguments: Any) -> Any:
        """Make an honest call and return its answer; raises Found if it is refused."""
        try:
            return call(*arguments)
        except Reverted as revert:
            raise Found(
                "the honest side", f"{what} is refused: {reason_of(revert)}", lost=self.message.value
            ) from revert

    def fails(self, what: str, call: Callable[..., object], *arguments: Any, **options: Any) -> None:
        """Make a call that must be refused, and take it back; raises Found if it is taken, or if ether has gone."""
        held, mark = self.bridge.held(), self.chain.snapshot()
        self.tried += 1
        try:
            call(*arguments, **options)
        except (HarnessError, OverflowError, ValueError) as problem:  # what cannot even be encoded is refused, too
            self.refused.append(reason_of(problem))
            if self.bridge.held() != held:
                raise Found(
                    "the money", f"{what} was refused, and {held - self.bridge.held()} wei have gone"
                ) from problem
        else:
            lost = held - self.bridge.held()
            raise Found("the proofs", f"{what} is taken", gained=max(0, lost), lost=max(0, lost))
        finally:
            self.chain.restore(mark)

    @contextmanager
    def pays(self, what: str, address: str, wei: int) -> Iterator[None]:
        """See that exactly these wei go from the bridge to an address."""
        had, held = self.chain.balance(address), self.bridge.held()
        yield
        got, gone = self.chain.balance(address) - had, held - self.bridge.held()
        if (got, gone) != (wei, wei):
            evidence = f"{what} paid {got} wei and cost the bridge {gone}, expected {wei}"
            raise Found("the money", evidence, gained=max(0, got - wei), lost=max(0, wei - got))

    def execute(self, message: Message | None = None) -> None:
        """Let alice execute a message, which pays its target exactly once."""
        one = message or self.message
        with self.pays("a message", one.target, one.value):
            self.works("an honest message", lambda: self.bridge.execute(one, self.alice))

    @property
    def said(self) -> str:
        """What stopped the attack."""
        return f"{self.tried} refused, the last: {self.refused[-1] if self.refused else 'none'}"


def an_honest_message(stage: Stage) -> str:
    """A message is proven, matures and pays once; two equal ones pay twice."""
    crossing = Crossing(stage)
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
    bridge.prove(message, bridge.proof(message), crossing.mallory)
    crossing.mature().execute()
    crossing.fails("a message that was executed", bridge.execute, message, crossing.alice)
    crossing.fails("the same by another proof", bridge.execute, message, crossing.mallory)
    crossing.fails("the same by a named proof", bridge.execute, message, crossing.bob, prover=crossing.mallory)

    def anew() -> None:
        bridge.prove(message, bridge.proof(message), crossing.bob)
        crossing.mature()
        bridge.execute(message, crossing.bob)

    crossing.fails("the same proven anew", anew)
    return crossing.said


def an_unproven_message(stage: Stage) -> str:
    """A message is executed without a proof, or by a proof of somebody else."""
    crossing = Crossing(stage).confirmed()
    bridge, message, mallory = crossing.bridge, crossing.message, crossing.mallory
    crossing.fails("a message that nobody proved", bridge.execute, message, mallory)
    crossing.proven().mature()
    crossing.fails("a message that somebody else proved", bridge.execute, message, mallory)
    crossing.fails("the same, naming a third", bridge.execute, message, crossing.alice, prover=mallory)
    for what, other in altered_fields(message):
        crossing.fails(f"a proven message with {what}", bridge.execute, other, crossing.alice)
    crossing.execute()
    return crossing.said


def a_forged_message(stage: Stage) -> str:
    """Each field of a message is altered, under the proof of the true one and under a proof of its absence."""
    data = b"\x12\x34" * 20
    try:
        crossing = Crossing(stage, data=data, gas=50_000).confirmed()
    except NotApplicable:  # messages that ask for no gas have no such field
        crossing = Crossing(stage, data=data).confirmed()
    bridge, mallory = crossing.bridge, crossing.mallory
    proof = bridge.proof(crossing.message)
    for what, other in altered_fields(crossing.message):
        crossing.fails(f"a message with {what}", bridge.prove, other, proof, mallory)
        absent = bridge.proof(other)
        crossing.fails(f"the absence of one with {what}", bridge.prove, other, absent, mallory)
    return crossing.said


def a_forged_proof(stage: Stage) -> str:
    """Each part of a proof is altered."""
    crossing = Crossing(stage).confirmed()
    other = crossing.bridge.withdraw(ETHER, crossing.mallory.address, crossing.alice)
    crossing.bridge.confirm()
    bridge, mallory = crossing.bridge, crossing.mallory
    proof = bridge.proof(crossing.message)
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
        for name, value in bridge.proof(crossing.message).items()
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
    crossing.works("a root in time", bridge.settle, crossing.mallory)
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


def a_sender_that_is_remembered(stage: Stage) -> str:
    """What the bridge tells of a message's sender is gone when the message is over, and the next one is executed."""
    target: Any = stage.adapter.create("Forwarder")
    crossing = Crossing(stage, target=target.address)
    bridge, nobody = crossing.bridge, crossing.bridge.told_sender()
    other = bridge.withdraw(ETHER, crossing.bob.address, crossing.alice)
    crossing.confirmed().proven().proven(other).mature().execute()
    if str(target.lastL2Sender()) != crossing.alice.address:
        raise Found("the sender", f"a message of alice was told as one of {target.lastL2Sender()}")
    if bridge.told_sender() != nobody:
        raise Found("the sender", f"after a message the bridge still tells of {bridge.told_sender()}")
    crossing.execute(other)
    return f"between messages the bridge tells of {nobody}"


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
    got = crossing.bridge.arrived(made)
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
    if bridge.sender_of_last() != carol.address:
        raise Found("the sender", f"its deposit comes from {bridge.sender_of_last()}", lost=ETHER)
    return "its deposit is its own"


def a_rejected_root(stage: Stage) -> str:
    """A lie is shown and proven against, then rejected: nothing is executed, shown or proven against it."""
    crossing = Crossing(stage)
    bridge, mallory = crossing.bridge, crossing.mallory
    forged = bridge.forge(5 * ETHER, mallory)
    crossing.shown()
    proof = bridge.proof(forged)
    crossing.works("a proof against a pending root", bridge.prove, forged, proof, mallory)
    bridge.reject()
    crossing.mature()
    crossing.fails("a message proven against a rejected root", bridge.execute, forged, mallory)
    crossing.fails("a proof against a rejected root", bridge.prove, forged, proof, mallory)
    crossing.confirmed().proven().mature().execute()
    return crossing.said


def a_contract_that_deposits(stage: Stage) -> str:
    """A contract deposits: on L2 it does not pass for whoever owns its address there, and each wei arrives."""
    caller: Any = stage.adapter.create("Forwarder")
    crossing = Crossing(stage)
    bridge = crossing.bridge
    own, held = bridge.arrived(caller.address), bridge.held()
    target, data = bridge.call_of_deposit(caller.address)
    caller.forward(target, data, sender=crossing.mallory, value=ETHER)
    if bridge.held() - held != ETHER:
        raise Found("the money", f"{bridge.held() - held} wei are held for a deposit of {ETHER}", lost=ETHER)
    if bridge.sender_of_last() in (caller.address, crossing.mallory.address):
        raise Found("the sender", f"a contract's deposit comes from {bridge.sender_of_last()} on L2", gained=ETHER)
    got = bridge.arrived(caller.address) - own
    if got != ETHER:
        raise Found("the money", f"{got} wei arrived of a deposit of {ETHER}", lost=ETHER - got)
    return f"on L2 the deposit comes from {bridge.sender_of_last()}"


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
    Attack("a rejected root", "a lie pays", a_rejected_root),
    Attack("a contract that deposits", "a contract passes for somebody else on L2", a_contract_that_deposits),
    Attack("a creation", "ether of a creation is lost", a_creation),
    Attack("a delegated account", "ether goes to an address that nobody has a key for", a_delegated_account),
)

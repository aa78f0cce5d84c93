"""Attacks on tokens that cross the bridge, and on whatever only the bridge or the light client may call."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.adapters.errors import NotApplicable
from harness.adapters.sidechain import DAY, QbftBridge
from harness.attack.attack import Attack, Found
from harness.attack.promises import try_promises
from harness.attack.sidechain.coast import DEPTH, ETHER, Coast
from harness.attack.stage import Stage
from harness.attack.strangers import strangers
from harness.errors import Reverted

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account

AMOUNT = 1_000


class Ferry:
    """A coast with a token of alice's, of which bob has 600 on the sidechain."""

    def __init__(self, stage: Stage, create: Callable[[QbftBridge, Account], Any] | None = None) -> None:
        self.coast = coast = Coast(stage)
        self.token = create(coast.bridge, coast.alice) if create else coast.bridge.create_token(coast.alice, AMOUNT)
        self.deliver(self.send(600, coast.bob.address))
        self.check()

    def send(self, amount: int, to: str, *, within: int = DAY) -> Any:
        """Send tokens of alice's."""
        coast = self.coast
        deadline = coast.chain.now + within
        return coast.works("tokens", coast.bridge.send_token, self.token, to, amount, deadline, coast.alice)

    def deliver(self, message: Any) -> None:
        """Deliver a message."""
        self.coast.deliver(message)

    def back(self, amount: int, to: str) -> Any:
        """Send twins of bob's back, and have the header trusted."""
        coast = self.coast
        coast.keep_time()
        message = coast.works("twins", coast.bridge.send_token_back, self.token, to, amount, coast.bob)
        coast.seal()
        coast.follow()
        return message

    def check(self) -> None:
        """Compare what is locked with what bob has there."""
        bridge = self.coast.bridge
        there, held = bridge.tokens_there(self.token, self.coast.bob), bridge.tokens_held(self.token)
        if there != held:
            raise Found("the tokens", f"{held} are locked and {there} are on the sidechain", lost=abs(held - there))


def tokens_over_and_back(stage: Stage) -> str:
    """Tokens are locked, minted, burnt and paid out, each once; what is late comes back once, to its sender."""
    ferry = Ferry(stage)
    coast, bridge, token = ferry.coast, ferry.coast.bridge, ferry.token
    home = ferry.back(200, coast.bob.address)
    coast.works("tokens that come home", bridge.execute, home, bridge.proof(home), coast.mallory)
    ferry.check()
    if int(token.balanceOf(coast.bob)) != 200:
        raise Found("the tokens", f"bob got {token.balanceOf(coast.bob)} of 200", lost=200)
    coast.fails("the same again", bridge.execute, home, bridge.proof(home), coast.mallory)
    late = ferry.send(100, coast.bob.address, within=60)
    ether = coast.deposit(ETHER, coast.bob.address, within=60)
    coast.fails("tokens on their way", bridge.reclaim, late, coast.mallory)
    coast.chain.warp(100)
    coast.chain.mine()
    coast.seal()
    coast.follow()
    for message in (late, ether):
        proof = bridge.proof(message, was_received=True)
        coast.works("a refund", bridge.refund, message, proof, coast.mallory)
    coast.works("tokens that were paid back", bridge.reclaim, late, coast.mallory)
    coast.fails("the same tokens again", bridge.reclaim, late, coast.mallory)
    coast.fails("tokens of a message without any", bridge.reclaim, ether, coast.mallory)
    ferry.check()
    if int(token.balanceOf(coast.alice)) != AMOUNT - 600:
        raise Found("the tokens", f"alice has {token.balanceOf(coast.alice)}, expected {AMOUNT - 600}", lost=100)
    return coast.said


def forged_tokens(stage: Stage) -> str:
    """Anybody calls for tokens, sends a message of the form of the other end's, and has one paid back."""
    ferry = Ferry(stage)
    coast, bridge, token = ferry.coast, ferry.coast.bridge, ferry.token
    mallory = coast.mallory
    caller: Any = bridge.create("Forwarder")
    place, release = bridge.call_of_release(token, mallory.address, 100)
    arrive = bridge.call_of_arrive(token, mallory.address, 100)
    for data in (release, arrive):
        coast.fails("a call of anybody's", caller.forward, place, data, sender=mallory)
        _from_there(coast, place, data)
    shaped = coast.deposit(0, bridge.token_end(), within=60, data=arrive)
    coast.chain.warp(100)
    coast.chain.mine()
    coast.seal()
    coast.follow()
    coast.works("a refund", bridge.refund, shaped, bridge.proof(shaped, was_received=True), mallory)
    coast.fails("tokens that nobody sent", bridge.reclaim, shaped, mallory)
    ferry.check()
    return coast.said


def a_receiver_that_calls_back(stage: Stage) -> str:
    """Whoever gets tokens is called, and asks for more as if it were the bridge."""
    ferry = Ferry(stage)
    coast, bridge, token = ferry.coast, ferry.coast.bridge, ferry.token
    receiver: Any = bridge.create("Forwarder")
    _, release = bridge.call_of_release(token, coast.mallory.address, 400)
    receiver.setMood(2, sender=coast.mallory)
    receiver.setReentry(release, sender=coast.mallory)
    coast.keep_time()
    message = coast.works("twins with a call", bridge.send_token_back, token, receiver.address, 100, coast.bob, b"\1")
    coast.seal()
    coast.follow()
    proof = bridge.proof(message)
    coast.fails("tokens within tokens", bridge.execute, message, proof, coast.mallory)
    receiver.setMood(0, sender=coast.mallory)
    coast.works("tokens with a call", bridge.execute, message, proof, coast.mallory)
    ferry.check()
    return coast.said


def _from_there(coast: Coast, place: str, data: bytes) -> None:
    """Send a call from the sidechain that only the other end's port may make."""
    message = coast.withdraw(0, place, data=data)
    coast.seal()
    coast.follow()
    coast.fails(
        "a call of anybody's message", coast.bridge.execute, message, coast.bridge.proof(message), coast.mallory
    )


def tokens_of_the_sidechain(stage: Stage) -> str:
    """Colluding validators mint twins: no more of a token is paid out than the port holds."""
    ferry = Ferry(stage)
    coast, bridge, token = ferry.coast, ferry.coast.bridge, ferry.token
    token.approve(coast.alice, 0, sender=coast.alice)
    token.transfer(bridge.token_end(), 50, sender=coast.alice)  # a gift, which nobody's twin stands for
    call = bridge.call_of_arrive(token, coast.bob.address, 5_000)
    forged = bridge.minting(call)
    coast.chain.mine(DEPTH)
    coast.keep_time()
    bridge.deliver(forged, *coast.signed(forged, range(3)))
    for amount in (601, 650, 700, 5_000):
        with coast.taken_back():
            loot = ferry.back(amount, coast.mallory.address)
            coast.fails(f"{amount} of 600 tokens", bridge.execute, loot, bridge.proof(loot), coast.mallory)
    home = ferry.back(600, coast.bob.address)
    coast.works("all that was locked", bridge.execute, home, bridge.proof(home), coast.mallory)
    return coast.said


def a_token_with_a_fee(stage: Stage) -> str:
    """Less of a token arrives than was sent: as much goes over, and all that went over comes back."""
    ferry = Ferry(stage, lambda bridge, owner: bridge.create_token_with_fee(owner, AMOUNT))
    coast, bridge, token = ferry.coast, ferry.coast.bridge, ferry.token
    there = bridge.tokens_there(token, coast.bob)
    if not 0 < there < 600:
        raise NotApplicable(f"{there} of 600 tokens went over, so the token has no fee")
    home = ferry.back(there, coast.bob.address)
    coast.works("all that went over", bridge.execute, home, bridge.proof(home), coast.mallory)
    ferry.check()
    return f"{there} of 600 went over and came back"


def a_token_that_calls_back(stage: Stage) -> str:
    """A token sends itself over while it moves: no unit goes over twice."""
    ferry = Ferry(stage, lambda bridge, owner: bridge.create_calling_token(owner, AMOUNT))
    coast, bridge, token = ferry.coast, ferry.coast.bridge, ferry.token
    end, deadline = bridge.token_end(), coast.chain.now + DAY
    token.arm(token, token.approve.encode(end, 100), sender=coast.alice)
    token.transfer(token, 100, sender=coast.alice)  # within it, the token lets the bridge take its own units
    token.arm(end, bridge.call_of_send_token(token, coast.bob.address, 100, deadline), sender=coast.alice)
    before = len(bridge.messages_sent())
    try:
        bridge.send_token(token, coast.bob.address, 200, deadline, coast.alice)
    except Reverted as revert:
        return f"tokens within tokens: {revert.reason}"
    for message in bridge.messages_sent()[before:]:
        ferry.deliver(message)
    ferry.check()
    return f"the token's own call {'worked' if token.succeeded() else 'was refused'}"


def further_promises(stage: Stage) -> str:
    """What the adapter promises beside all this."""
    coast = Coast(stage)
    promises = coast.bridge.promises()
    if not promises:
        raise NotApplicable("the adapter names no further promises")
    return try_promises(coast.bridge, promises)


def _known(stage: Stage) -> list[Any]:
    """Return values that mean something to the stage's bridge."""
    bridge = stage.adapter
    assert isinstance(bridge, QbftBridge)
    return [bridge.held(), bridge.side.head.hash, bridge.side.head.number]


_STRANGERS = strangers(_known)


def strangers_call(stage: Stage) -> str:
    """Strangers call what only others may call, where validators have stakes."""
    Coast(stage, stake=ETHER)
    return _STRANGERS.play(stage)


ATTACKS = (
    Attack("tokens over and back", "tokens are paid twice, or never", tokens_over_and_back),
    Attack("forged tokens", "anybody takes tokens", forged_tokens),
    Attack("a receiver that calls back", "whoever gets tokens takes more", a_receiver_that_calls_back),
    Attack("tokens of the sidechain", "more tokens are paid out than came in", tokens_of_the_sidechain),
    Attack("a token with a fee", "more tokens go over than came in", a_token_with_a_fee),
    Attack("a token that calls back", "tokens go over twice", a_token_that_calls_back),
    Attack("further promises", "what cannot work can be deployed", further_promises),
    Attack(_STRANGERS.name, _STRANGERS.shows, strangers_call),
)

"""Attacks on a bridge's tokens: hostile tokens, tokens that nobody brought, and calls that only the bridge may make."""

from __future__ import annotations

from typing import Any

from harness.adapters.bridge import Bridge, Message
from harness.attack.attack import Attack, Found
from harness.attack.bridge.crossing import ETHER, Crossing
from harness.attack.stage import Stage

AMOUNT = 600
GASES = (21_000, 60_000, 100_000, 200_000, 400_000, 700_000, 900_000, 1_100_000, 1_199_999)
HOSTILE = ("FeeToken", "FalseToken", "SilentToken", "LyingToken", "RebaseToken", "WaryToken", "BlacklistToken")


class Till:
    """A bridge, a token of which alice has plenty, and what must be true of both at any time."""

    def __init__(self, stage: Stage, name: str = "PlainToken") -> None:
        self.crossing = Crossing(stage)
        self.bridge: Bridge = self.crossing.bridge
        self.chain, self.alice = self.crossing.chain, self.crossing.alice
        self.bob, self.mallory = self.crossing.bob, self.crossing.mallory
        self.bridge.deposit(ETHER, self.mallory)  # so that no attack on L2 fails for the lack of gas
        self.token = self.mint(name)

    def mint(self, name: str) -> Any:
        """Return a new token, of which alice has some that the bridge may take."""
        token: Any = self.bridge.create(name)
        self.bridge.tokens_held(token)  # raises NotApplicable first, if the bridge has no tokens
        token.mint(self.alice.address, 10 * AMOUNT, sender=self.alice)
        if "approve" in token.functions:
            token.approve(
                self.bridge.call_of_deposit_tokens(token, 1, self.alice.address)[0], 10 * AMOUNT, sender=self.alice
            )
        return token

    def bring(self, amount: int = AMOUNT) -> None:
        """Let alice bring tokens to L2; raises Found if she is refused, or if they do not arrive."""
        before = self.bridge.tokens_of(self.token, self.alice.address)
        self.crossing.works("a deposit of tokens", self.bridge.deposit_tokens, self.token, amount, self.alice)
        got = self.bridge.tokens_of(self.token, self.alice.address) - before
        if got != amount:
            raise Found("the tokens", f"{got} tokens arrived of {amount}", lost=amount - got)
        self.backed()

    def backed(self) -> None:
        """Raise Found unless the bridge holds a token for each that is on L2, and for each that is leaving."""
        there, held = self.bridge.tokens_supply(self.token), self.bridge.tokens_held(self.token)
        place = self.bridge.call_of_deposit_tokens(self.token, 1, self.alice.address)[0]
        really = int(self.token.balanceOf(place))
        if there > held or held > really:
            evidence = f"{there} tokens are on L2, the bridge's books say {held}, and it holds {really}"
            raise Found("the tokens", evidence, lost=max(there, held) - really)

    def leave(self, amount: int, target: str) -> Message:
        """Let alice send tokens to L1; return the message, which is proven and mature."""
        before = self.bridge.tokens_supply(self.token)
        message: Message = self.crossing.works(
            "tokens that leave", self.bridge.withdraw_tokens, self.token, amount, target, self.alice
        )
        if before - self.bridge.tokens_supply(self.token) != amount:
            raise Found("the tokens", f"{amount} tokens leave L2, and {self.bridge.tokens_supply(self.token)} stay")
        self.crossing.confirmed().proven(message).mature()
        return message

    def pays(self, message: Message, to: str, amount: int) -> None:
        """Execute a message, which pays tokens."""
        had = int(self.token.balanceOf(to))
        self.crossing.works("a message with tokens", self.bridge.execute, message, self.alice)
        got = int(self.token.balanceOf(to)) - had
        if got != amount:
            raise Found("the tokens", f"a message of {amount} tokens paid {got}", lost=max(0, amount - got))

    def steals(self, what: str, call: Any, *arguments: Any) -> None:
        """Make a call after which nobody may have gained tokens, whether it is refused or not; take it back."""
        mark = self.chain.snapshot()
        had = [int(self.token.balanceOf(who.address)) for who in (self.mallory, self.bob)]
        self.crossing.tries(call, *arguments)
        got = [int(self.token.balanceOf(who.address)) for who in (self.mallory, self.bob)]
        if got != had:
            raise Found("the tokens", f"{what} paid {sum(got) - sum(had)} tokens", gained=sum(got) - sum(had))
        self.backed()
        self.chain.restore(mark)


def tokens_there_and_back(stage: Stage) -> str:
    """Tokens come twice, leave in part, pay once, and no second time."""
    till = Till(stage)
    till.bring()
    till.bring()
    till.crossing.fails("a deposit of no tokens", till.bridge.deposit_tokens, till.mint("PlainToken"), 0, till.alice)
    message = till.leave(AMOUNT, till.bob.address)
    till.pays(message, till.bob.address, AMOUNT)
    till.crossing.fails("a message with tokens a second time", till.bridge.execute, message, till.alice)
    till.backed()
    return till.crossing.said


def tokens_that_nobody_brought(stage: Stage) -> str:
    """Tokens leave that never came, that somebody else has, and of which L2 lies."""
    till = Till(stage)
    till.bring()
    strange = till.mint("PlainToken")
    strange.mint(till.bridge.call_of_deposit_tokens(strange, 1, till.bob.address)[0], AMOUNT, sender=till.alice)
    leave = till.bridge.withdraw_tokens
    till.crossing.fails("tokens that never came", leave, strange, 5, till.mallory.address, till.mallory)
    till.crossing.fails("tokens of somebody else", leave, till.token, 5, till.mallory.address, till.mallory)
    till.crossing.fails("more than there is", leave, till.token, AMOUNT + 1, till.alice.address, till.alice)
    return till.crossing.said


def calls_of_the_bridge(stage: Stage) -> str:
    """Anybody makes the calls by which the two ends of the bridge tell each other of tokens, from either layer."""
    till = Till(stage)
    till.bring()
    bridge, mallory = till.bridge, till.mallory
    target, data = bridge.call_of_release(till.token, mallory.address, 5)
    till.steals("a stranger's release", lambda: till.chain.send(sender=mallory, to=target, data=data))
    place, arrival = bridge.call_of_arrival(till.token, mallory.address, 5)
    supply = bridge.tokens_supply(till.token)
    till.crossing.tries(bridge.call_on_l2, place, arrival, mallory)
    if bridge.tokens_supply(till.token) != supply:
        raise Found("the tokens", "a stranger mints tokens on L2", gained=bridge.tokens_supply(till.token) - supply)
    sent = bridge.withdraw(0, target, mallory, gas=300_000, data=data)
    till.crossing.confirmed().proven(sent).mature()
    till.steals("a stranger's message", lambda: bridge.execute(sent, till.alice))
    return till.crossing.said


def tokens_that_call_back(stage: Stage) -> str:
    """A token calls the bridge while it moves: it deposits again, or has others' tokens released."""
    till = Till(stage, "ReentrantToken")
    bridge, token, alice = till.bridge, till.token, till.alice
    place, again = bridge.call_of_deposit_tokens(token, 5, alice.address)
    token.mint(token.address, 5, sender=alice)
    token.arm(token.address, token.functions["approve"].encode(place, 5), sender=alice)
    token.transfer(alice.address, 0, sender=alice)
    token.arm(place, again, sender=alice)
    till.crossing.tries(bridge.deposit_tokens, token, 10, alice)
    till.backed()
    plain = Till(stage)
    plain.bring()
    message = till.leave(1, till.bob.address)
    token.arm(*bridge.call_of_release(plain.token, till.mallory.address, 5), sender=alice)
    plain.steals("a release within a message with other tokens", bridge.execute, message, alice)
    return till.crossing.said


def hostile_tokens(stage: Stage) -> str:
    """A token takes a fee, answers nothing or a lie: no more of it comes to L2 than the bridge holds."""
    till = Till(stage, stage.variant)
    taken = till.crossing.tries(till.bridge.deposit_tokens, till.token, AMOUNT, till.alice)
    till.backed()
    return f"its deposit is {'taken' if taken else 'refused'}, and each token on L2 is backed"


def tokens_with_little_gas(stage: Stage) -> str:
    """Tokens are deposited with less and less gas of L2: they are refused, or they arrive."""
    till = Till(stage)
    arrived = 0
    for gas in GASES:
        token = till.token = till.mint("PlainToken")
        if till.crossing.tries(till.bridge.deposit_tokens, token, AMOUNT, till.alice, gas):
            got = till.bridge.tokens_of(token, till.alice.address)
            if got != AMOUNT:
                raise Found(
                    "the tokens", f"{AMOUNT} tokens are taken with {gas} gas, and {got} arrive", lost=AMOUNT - got
                )
            arrived += 1
    return f"{arrived} of {len(GASES)} arrive; {till.crossing.said}"


def l2_lies_about_tokens(stage: Stage) -> str:
    """L2's end of the bridge says that more tokens leave than came: others' tokens stay."""
    crossing = Crossing(stage)
    token: Any = crossing.bridge.create("PlainToken")
    token.mint(crossing.alice.address, 10 * AMOUNT, sender=crossing.alice)
    message, execute, place = crossing.bridge.unbacked_tokens(token, 5, 6, crossing.mallory.address, crossing.alice)
    token.mint(place, AMOUNT, sender=crossing.alice)
    crossing.tries(execute, message)
    if token.balanceOf(crossing.mallory.address):
        raise Found("the tokens", "6 tokens leave of which 5 came", gained=6, lost=1)
    return f"nothing is paid; {crossing.said}"


ATTACKS = (
    Attack("tokens there and back", "tokens stay locked, or pay twice", tokens_there_and_back),
    Attack("tokens that nobody brought", "others' tokens are paid", tokens_that_nobody_brought),
    Attack("calls of the bridge", "anybody mints tokens, or takes those of all", calls_of_the_bridge),
    Attack("tokens that call back", "tokens are counted twice, or others' are paid", tokens_that_call_back),
    Attack("hostile tokens", "L2 has more tokens than the bridge", hostile_tokens, HOSTILE),
    Attack("tokens with little gas", "tokens are locked, and never arrive", tokens_with_little_gas),
    Attack("lies about tokens", "a token pays what others brought", l2_lies_about_tokens),
)

"""Attacks by parties with code, and by hostile tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from harness.adapters.channel import Pair, State
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.forging import stand_ins
from harness.attack.channel.money import agreed
from harness.attack.channel.ring import Ring
from harness.attack.oracle import OWN_MONEY
from harness.attack.seats import BOTH_SEATS, UNIT
from harness.attack.stage import Stage, reason_of
from harness.attack.strangers import strangers
from harness.attack.tape import Call
from harness.errors import Reverted

if TYPE_CHECKING:
    from harness.chain.values.accounts import Account
    from harness.contracts.bindings import Contract

ETHER_SEATS = tuple(variant for variant in BOTH_SEATS if variant.startswith("ether"))
LIST = "BlacklistToken"
ERC20_SEATS = tuple(variant for variant in BOTH_SEATS if variant.startswith("erc20"))


def _become(ring: Ring, who: Account, name: str, *arguments: object) -> Contract:
    """Let an account run the code of a contract (EIP-7702); return that contract."""
    code: Contract = ring.chain.deploy(ring.stage.contracts[name], *arguments, sender=ring.chain.accounts.judy)
    ring.chain.authorize(who, code, sender=ring.chain.accounts.judy)
    return code


# -- parties with code


def _refusing(ring: Ring) -> str:
    """Refuse every payment, so that a payment of both parties fails."""
    _become(ring, ring.cheat, "RefusingWallet", ring.cheat)
    stale = ring.stale or ring.newest
    ring.try_move("a close", "submit", ring.channel, stale, ring.signatures(stale), ring.cheat)
    return ring.judge(may_stick=True)


def _refusing_together(ring: Ring) -> str:
    """Refuse the payment of a close together."""
    ring.must_have("close_together")
    shares, expiry = ring.newest.shares, ring.now + ring.hour
    signatures = agreed(ring, shares, expiry)
    _become(ring, ring.cheat, "RefusingWallet", ring.cheat)
    if not ring.move("a close together", "close_together", ring.channel, shares, expiry, signatures, ring.honest):
        ring.broken("a party that refuses its payment stops nobody else's", ring.stopped[-1])
    return ring.judge(may_stick=True)


def _wallet(ring: Ring) -> str:
    """Forge the signature of a party that is a contract wallet (EIP-1271)."""
    _become(ring, ring.honest, "OwnedWallet", ring.honest)
    forged = ring.state(ring.newest.version + 1, 0)
    own = ring.sign(forged, ring.cheat)
    for what, stand_in in stand_ins(ring, forged):
        with ring.extreme(what):
            if ring.submit(f"a forged state with {what}", forged, ring.ordered(stand_in, own), ring.cheat):
                return ring.judge()
    return ring.judge()


def _reentrant(ring: Ring) -> str:
    """Enter again from the cheat's own code while it is paid."""
    _become(ring, ring.cheat, "ReentrantWallet")
    wallet = ring.stage.contracts["ReentrantWallet"].at(ring.chain, ring.cheat.address)
    return _entered(ring, lambda call: wallet.arm(call.to, call.data, sender=ring.sybil))


def _entered(ring: Ring, *arms: Callable[[Call], object]) -> str:
    """End the channel again and again; each time another call of its end is armed, which enters in mid-payment."""
    before = len(ring.tape.calls)
    with ring.trial():
        _paid(ring)
        calls = tuple(ring.tape.calls[before:])
    for call, arm in product(calls, arms):
        with ring.trial():
            arm(call)
            _paid(ring)
            ring.judge(may_stick=True)  # what the cheat's own code refuses is its loss
    return ring.judge(may_stick=True)


def _paid(ring: Ring) -> None:
    """Let both parties submit the newest state, settle, and be paid, the cheat first."""
    ring.answer()
    ring.attempt("submit", ring.channel, ring.newest, ring.signatures(ring.newest), ring.cheat)
    ring.end(ring.channel, ring.honest)
    ring.take(ring.channel, (ring.cheat, ring.honest))


# -- hostile tokens


def _any_token(ring: Ring) -> Contract:
    if not ring.adapter.any_token:
        raise NotApplicable("the contract trusts its token (any_token is not set)")
    assert ring.token is not None
    return ring.token


def _fee(ring: Ring) -> str:
    """Deposit a token that burns a part of every transfer, and take more out than arrived."""
    _any_token(ring)
    deposit = 10 * UNIT
    channel, before = ring.colluding(deposit), ring.net(ring.cheat, ring.sybil)
    state = State(1, (deposit, 0))
    signed = (ring.sign(state, ring.cheat, channel), ring.sign(state, ring.sybil, channel))
    if ring.submit("a state that pays what was sent", state, signed, ring.cheat, channel):
        ring.end(channel, ring.cheat)
        arrived = deposit - deposit // 100
        if (owes := ring.owed(channel, ring.cheat) or 0) > arrived:
            ring.broken("a channel owes no more than it took in", f"it owes {owes} of {arrived} that arrived")
        ring.settle_collusion(channel)
        gained = ring.net(ring.cheat, ring.sybil) - before
        if gained > deposit - deposit * 15 // 1_000:
            ring.broken(OWN_MONEY, f"{gained} were paid for less than arrived")
    return ring.stopped[-1] if ring.stopped else "the token's fee was not paid by others"


def _false(ring: Ring) -> str:
    """Let the token answer false to a payout, once."""
    token = _token_of(ring)
    ring.answer()
    token.refuse(True, sender=ring.sybil)
    if ring.adapter.is_final or ring.end(ring.channel, ring.honest):
        token.refuse(False, sender=ring.sybil)
        return ring.judge()
    for who in (ring.honest, ring.cheat):
        ring.try_move("a payout that the token refuses", "withdraw", ring.channel, who, ring.sybil)
    token.refuse(False, sender=ring.sybil)
    return ring.judge()


def _false_to_one(ring: Ring) -> str:
    """Let the token answer false to the payout of a channel of which the honest party has everything."""
    if ring.is_first and not ring.adapter.both_ways:
        raise NotApplicable("the share of who pays never grows")
    ring.agree(State(ring.newest.version + 1, ring.ordered(ring.total, 0)))
    return _false(ring)


def _token_of(ring: Ring) -> Contract:
    assert ring.token is not None
    return ring.token


def _unpaid(ring: Ring) -> str:
    """Open a channel while the token answers false and moves nothing, and end it."""
    return _never_paid(ring, (10 * UNIT, 0))


def _unpaid_second(ring: Ring) -> str:
    """Do so with a deposit of the second party alone, which some contracts take by a call of its own."""
    if not ring.adapter.both_ways:
        raise NotApplicable("only the first party pays")
    return _never_paid(ring, (0, 10 * UNIT))


def _never_paid(ring: Ring, deposits: Pair) -> str:
    token, channel = _token_of(ring), None
    token.refuse(True, sender=ring.sybil)
    try:
        channel = ring.call("open", (ring.cheat, ring.sybil), deposits)
    except Reverted as refusal:
        ring.stopped.append(f"a deposit that the token refuses: {reason_of(refusal)}")
    token.refuse(False, sender=ring.sybil)
    if channel is None:
        return ring.judge()
    state = State(1, (sum(deposits), 0))
    signed = (ring.sign(state, ring.cheat, channel), ring.sign(state, ring.sybil, channel))
    ring.submit("a close of a channel that was never paid for", state, signed, ring.cheat, channel)
    ring.settle_collusion(channel)
    return ring.judge(may_stick=True)


def _lying(ring: Ring) -> str:
    """Let the token move the money of the cheat's payout and answer false."""
    token = _any_token(ring)
    ring.answer()
    ring.end(ring.channel, ring.honest)
    token.deny(ring.cheat, sender=ring.sybil)
    for _ in range(2):
        ring.try_move("a payout of both of which the token denies one", "pay_both", ring.channel, ring.cheat)
        ring.try_move("a payout that the token denies", "withdraw", ring.channel, ring.cheat, ring.cheat)
    token.deny(ring.sybil, sender=ring.sybil)
    return ring.judge()


def _blacklisted(ring: Ring) -> str:
    """Have the token refuse the cheat, so that a payment of both parties fails."""
    token = _any_token(ring)
    token.blacklist(ring.cheat, True, sender=ring.sybil)
    ring.answer()
    return ring.judge(may_stick=True)


def _refused_by_token(ring: Ring) -> str:
    """Have the token refuse the cheat while both close together."""
    token = _any_token(ring)
    shares, expiry = ring.newest.shares, ring.now + ring.hour
    signatures = agreed(ring, shares, expiry)
    token.blacklist(ring.cheat, True, sender=ring.sybil)
    if not ring.move("a close together", "close_together", ring.channel, shares, expiry, signatures, ring.honest):
        ring.broken("a party that refuses its payment stops nobody else's", ring.stopped[-1])
    return ring.judge(may_stick=True)


def _shrunk(ring: Ring) -> str:
    """Shrink the token to a half while everybody is paid; nobody gets more than its part."""
    token = _any_token(ring)
    ring.answer()
    ring.end(ring.channel, ring.honest)
    token.rebase(50, sender=ring.sybil)
    ring.take(ring.channel, (ring.cheat, ring.honest))
    ring.close_beside()
    token.rebase(100, sender=ring.sybil)
    return ring.judge()


def _reentrant_token(ring: Ring) -> str:
    """Enter again from a token that calls whom it pays, as ERC-777's do: from the token, and from the cheat's code."""
    token = _token_of(ring)
    _become(ring, ring.cheat, "ReentrantWallet")
    wallet = ring.stage.contracts["ReentrantWallet"].at(ring.chain, ring.cheat.address)
    execute = wallet.functions["execute"]
    return _entered(
        ring,
        lambda call: token.arm(call.to, call.data, sender=ring.sybil),
        lambda call: token.arm(wallet.address, execute.encode(call.to, 0, call.data), sender=ring.sybil),
    )


def _in_use(stage: Stage) -> list[object]:
    """Open the channels of a ring in which mallory is no party; return what stands for the channel, and sums."""
    ring = Ring(stage)
    ring.close()
    stage.use(ring.adapter)
    until = ring.now + ring.hour
    return [each for each in (ring.channel, UNIT, until, until * 2) if isinstance(each, int | bytes)]


ATTACKS: tuple[Attack, ...] = (
    replace(strangers(_in_use), variants=tuple(seat for seat in BOTH_SEATS if seat.endswith("second"))),
    entry("refused-payment", "A party that refuses its payment stops the other's.", _refusing, ETHER_SEATS),
    entry("refused-together", "A party that refuses its payment stops a close.", _refusing_together, ETHER_SEATS),
    entry("forged-wallet", "A contract wallet is taken to have signed what it did not.", _wallet),
    entry("re-entrant-party", "A party enters again while it is paid.", _reentrant, ETHER_SEATS),
    entry("false-token", "A payout counts that the token refused.", _false, ERC20_SEATS, "FalseToken"),
    entry(
        "false-token-to-one", "The one payout counts that the token refused.", _false_to_one, ERC20_SEATS, "FalseToken"
    ),
    entry("unpaid-deposit", "A deposit counts that the token refused.", _unpaid, ERC20_SEATS, "FalseToken"),
    entry("unpaid-second-deposit", "The second deposit counts unpaid.", _unpaid_second, ERC20_SEATS, "FalseToken"),
    entry("fee-token", "A token's fee is paid by other channels.", _fee, ERC20_SEATS[:1], "FeeToken"),
    entry("lying-token", "A token that denies a payment is made to pay again.", _lying, ERC20_SEATS, "DenyingToken"),
    entry(
        "refusing-token", "A token that refuses one party stops the other's payment.", _blacklisted, ERC20_SEATS, LIST
    ),
    entry(
        "refusing-token-together", "A token that refuses one party stops a close.", _refused_by_token, ERC20_SEATS, LIST
    ),
    entry("shrinking-token", "A token that shrank pays some claims in full.", _shrunk, ERC20_SEATS, "RebaseToken"),
    entry("re-entrant-token", "A token enters while it moves money.", _reentrant_token, ERC20_SEATS, "ReentrantToken"),
)

"""Attacks by parties with code, and by hostile tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.adapters.channel import State
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.entries import entry
from harness.attack.channel.forging import stand_ins
from harness.attack.channel.money import HOUR, agreed
from harness.attack.channel.ring import Ring
from harness.attack.oracle import OWN_MONEY
from harness.attack.seats import BOTH_SEATS, UNIT
from harness.attack.stage import reason_of
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
    ring.submit("a close", stale, ring.signatures(stale), ring.cheat)
    return ring.judge(may_stick=True)


def _refusing_together(ring: Ring) -> str:
    """Refuse the payment of a close together."""
    ring.must_have("close_together")
    shares, expiry = ring.newest.shares, ring.chain.now + HOUR
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
    ring.answer()
    ring.end(ring.channel, ring.honest)
    ring.attempt("withdraw", ring.channel, ring.honest, ring.honest)
    payouts = ring.tape.calls[-3:]
    for call in payouts:
        wallet.arm(call.to, call.data, sender=ring.sybil)
        ring.try_move("a payout that enters again", "withdraw", ring.channel, ring.cheat, ring.cheat)
    return ring.judge()


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


def _token_of(ring: Ring) -> Contract:
    assert ring.token is not None
    return ring.token


def _unpaid(ring: Ring) -> str:
    """Open a channel while the token answers false and moves nothing, and end it."""
    token = _token_of(ring)
    token.refuse(True, sender=ring.sybil)
    deposit = 10 * UNIT
    try:
        channel = ring.call("open", (ring.cheat, ring.sybil), (deposit, 0))
    except Reverted as refusal:
        ring.stopped.append(f"a deposit that the token refuses: {reason_of(refusal)}")
        token.refuse(False, sender=ring.sybil)
        return ring.judge()
    token.refuse(False, sender=ring.sybil)
    state = State(1, (deposit, 0))
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
    shares, expiry = ring.newest.shares, ring.chain.now + HOUR
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
    """Enter again from the token, with every call that the contract has had, while it moves money in and out."""
    token = _any_token(ring)
    ring.answer()
    ring.end(ring.channel, ring.honest)
    for call in tuple(ring.tape.calls):
        token.arm(call.to, call.data, sender=ring.sybil)
        ring.try_move("a payout into which the token enters", "withdraw", ring.channel, ring.cheat, ring.cheat)
        token.arm("0x" + 40 * "0", b"", sender=ring.sybil)
    return ring.judge()


ATTACKS: tuple[Attack, ...] = (
    entry("refused-payment", "A party that refuses its payment stops the other's.", _refusing, ETHER_SEATS),
    entry("refused-together", "A party that refuses its payment stops a close.", _refusing_together, ETHER_SEATS),
    entry("forged-wallet", "A contract wallet is taken to have signed what it did not.", _wallet),
    entry("re-entrant-party", "A party enters again while it is paid.", _reentrant, ETHER_SEATS),
    entry("false-token", "A payout counts that the token refused.", _false, ERC20_SEATS, "FalseToken"),
    entry("unpaid-deposit", "A deposit counts that the token refused.", _unpaid, ERC20_SEATS, "FalseToken"),
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

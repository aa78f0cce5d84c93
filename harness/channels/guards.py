"""The two questions that guard a party's money: may this secret leave, and is this lock of another worth one of mine?

Pure functions: whoever asks, for the peer, for a watchtower or for the chain, is told the same.
"""

from __future__ import annotations

from harness.channels.end import ChannelEnd
from harness.channels.errors import IllegalProposal
from harness.channels.routing import Hop, Policy
from harness.channels.types import Lock


def may_leave(end: ChannelEnd, lock: Lock, invoice: int, now: int, margin: int, *, has_left: bool) -> bool:
    """Whether the secret of an invoice of ours may leave for a lock on it; ``margin`` in seconds.

    The lock must be the other side's promise, not given up, and pay the invoice in full. For the first time a secret
    leaves only while the channel lives and the margin for opening the lock on chain is left; what is known outside may
    be said again until the lock expires, or later if the chain has seen it in time.
    """
    if not end.ledger.is_claim(lock) or lock.amount < invoice:
        return False
    if has_left:
        return now <= lock.expiry or end.ledger.is_revealed(lock)
    return now + margin <= lock.expiry and not end.is_frozen(now)


def check_forward(end: ChannelEnd, lock: Lock, hops: tuple[Hop, ...], policy: Policy, now: int, margin: int) -> Hop:
    """The hop to take next for a lock that came in at ``end``; raises IllegalProposal or ChannelFrozen for why not."""
    if not hops:
        raise IllegalProposal("payment", lock, "one that pays an invoice of ours in full and in time")
    hop = hops[0]
    end.check_thawed(now)
    least = hop.amount + policy.fee(hop.amount)
    if lock.amount < least:
        raise IllegalProposal("incoming amount", lock.amount, f"at least {least}")
    if lock.expiry < hop.expiry + policy.expiry_delta:
        raise IllegalProposal("incoming expiry", lock.expiry, f"at least {hop.expiry + policy.expiry_delta}")
    earliest, latest = now + margin + 1, now + policy.longest
    if not earliest <= hop.expiry <= latest:
        raise IllegalProposal("forwarded expiry", hop.expiry, f"from {earliest} to {latest}")
    return hop

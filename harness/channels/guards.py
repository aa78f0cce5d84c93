"""Two questions guard a party's money: may this preimage leave, and may this lock be forwarded?

Both are pure functions. The answer is the same for the peer, for a watchtower and for the chain.
"""

from __future__ import annotations

from harness.channels.end import ChannelEnd
from harness.channels.errors import IllegalProposal
from harness.channels.routing import Hop, Policy
from harness.channels.types import Lock


def may_leave(end: ChannelEnd, lock: Lock, invoice: int, now: int, margin: int, *, has_left: bool) -> bool:
    """Return whether the preimage of an own invoice may leave for a lock on it; ``margin`` is in seconds.

    The lock must be a promise of the other side that was not given up, and it must pay the invoice in full. A preimage
    leaves for the first time only while the channel is open and the margin for opening the lock on chain is left. A
    preimage that is known outside may be sent again until the lock expires, and later if the chain has seen it in time.
    """
    if not end.ledger.is_claim(lock) or lock.amount < invoice:
        return False
    if has_left:
        return now <= lock.expiry or end.ledger.is_revealed(lock)
    return now + margin <= lock.expiry and not end.is_frozen(now)


def check_forward(end: ChannelEnd, lock: Lock, hops: tuple[Hop, ...], policy: Policy, now: int, margin: int) -> Hop:
    """Return the hop to take next for a lock that came in at ``end``.

    Raises IllegalProposal or ChannelFrozen if the payment must not be forwarded.
    """
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

"""Attacks with states: old ones, forged ones, and ones of other channels."""

from __future__ import annotations

from harness.adapters.errors import NotApplicable
from harness.attack.channel.entries import entry
from harness.attack.channel.ring import Ring


def _stale(ring: Ring) -> str:
    """Close with an old state, which the honest party answers."""
    if ring.stale is None:
        raise NotApplicable("the first state that is submitted ends the channel")
    ring.submit("a close with an old state", ring.stale, ring.signatures(ring.stale), ring.cheat)
    return ring.judge()


def _back(ring: Ring) -> str:
    """Answer the honest close with an older state."""
    if ring.stale is None:
        raise NotApplicable("the first state that is submitted ends the channel")
    ring.answer()
    ring.submit("an older state as an answer", ring.stale, ring.signatures(ring.stale), ring.cheat)
    return ring.judge()


def _one_signature(ring: Ring) -> str:
    """Post a state that only the cheat signed, with its signature in both places."""
    forged = ring.state(3, 0)
    own = ring.sign(forged, ring.cheat)
    ring.submit("a state with the cheat's signature twice", forged, (own, own), ring.cheat)
    return ring.judge()


ATTACKS = (
    entry("stale-close", "A close with an old state stands although the other party answers.", _stale),
    entry("older-answer", "An older state replaces a newer one.", _back),
    entry("one-signature", "A state counts that one party signed.", _one_signature),
)

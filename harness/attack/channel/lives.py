"""Lives of channels in which nobody cheats, or in which the cheat only goes silent.

They come first: if a channel of honest parties does not end well, no attack on it says anything.
"""

from __future__ import annotations

from harness.attack.attack import Attack, Found
from harness.attack.channel.entries import entry
from harness.attack.channel.ring import Ring
from harness.attack.oracle import STUCK
from harness.attack.seats import BOTH_SEATS
from harness.attack.stage import Stage


def _honest(ring: Ring) -> str:
    """Close with the newest state, settle and pay out."""
    refused = ring.answer()
    if ring.adapter.one_sided:  # each party shows its own, and one of them may have nothing to show
        newest = (ring.channel, ring.newest, ring.signatures(ring.newest), ring.cheat)
        refused = ring.attempt("submit", *newest) and refused
    if refused:
        raise Found(STUCK, f"a state that both parties signed is refused: {refused}")
    said = ring.end(ring.channel, ring.honest)
    if said:
        raise Found(STUCK, f"the channel never settles: {said}", lost=ring.entitled())
    ring.check_owed(ring.channel)
    return ring.judge()


def _noted(stage: Stage) -> str:
    """Play the honest life, and keep the other attacks from a contract that fails in it."""
    try:
        return entry("", "", _honest).play(stage)
    except Found as found:
        asset = stage.variant.partition(", ")[0]
        stage.shared[f"failed {asset}"] = f"a channel of honest parties already fails: {found}"
        raise


ATTACKS = (Attack("honest-life", "Two honest parties do not get what they agreed on.", _noted, BOTH_SEATS),)

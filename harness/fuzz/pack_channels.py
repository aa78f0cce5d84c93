"""Attacks on the built-in channel that accompany drawn lives: each life's seed draws two of the pack."""

from __future__ import annotations

from collections.abc import Callable

from harness.adapters.choosing import KnownContracts
from harness.adapters.payment_channel import PaymentChannelAdapter
from harness.attack.attack import Attack, Outcome, Verdict
from harness.attack.channel.pack import PACK
from harness.attack.runner import attempt
from harness.attack.stage import Stage
from harness.chain.chain import Chain

EACH = 2
"""Attacks of one life. Neighbouring seeds draw neighbouring attacks, so that half as many lives as attacks draw all."""


def drawn(seed: int) -> list[Attack]:
    """Return the attacks of a seed."""
    return [PACK.attacks[(EACH * seed + number) % len(PACK.attacks)] for number in range(EACH)]


def play(chain: Chain, seed: int, restore: Callable[[], object]) -> Outcome | None:
    """Play the attacks of a seed; return the first finding or failure.

    ``restore`` brings the chain back to where it was before the life.
    """
    known = KnownContracts(None)

    def stage(variant: str) -> Stage:
        restore()
        return Stage(chain, PaymentChannelAdapter, known, seed=seed, variant=variant)

    for attack in drawn(seed):
        outcome = attempt(attack, stage)
        if outcome.verdict in (Verdict.FOUND, Verdict.FAILED):
            return outcome
    return None


def told(found: Outcome) -> str:
    """Return in one line what an attack found."""
    return f"{found.attack} [{found.variant}]: {found.broke or found.verdict}: {found.evidence}"

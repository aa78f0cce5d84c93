"""Makes attacks of functions that play on a ring."""

from __future__ import annotations

from collections.abc import Callable

from harness.attack.attack import Attack
from harness.attack.channel.ring import Ring
from harness.attack.seats import BOTH_SEATS
from harness.attack.stage import Stage

Play = Callable[[Ring], str]


def entry(
    name: str, shows: str, play: Play, variants: tuple[str, ...] = BOTH_SEATS, token: str = "PlainToken"
) -> Attack:
    """Return an attack that is played on a new ring for each variant."""

    def on(stage: Stage) -> str:
        ring = Ring(stage, token=token)
        try:
            said = play(ring)
            ring.must_have_moved()
            return said
        finally:
            ring.close()

    return Attack(name, shows, on, variants)

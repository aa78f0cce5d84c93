"""What an adapter promises of its contracts beyond its protocol, tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from harness.adapters.base import Adapter
from harness.adapters.game_values import Promise
from harness.attack.attack import Found
from harness.attack.reasons import must_say_why
from harness.attack.stage import reason_of
from harness.errors import Reverted


def try_promises(adapter: Adapter, promises: Iterable[Promise]) -> str:
    """Return how many promises hold, each tried on its chain as it is now; raises Found for one that does not."""
    tried, last, mark = 0, "none", adapter.chain.snapshot()
    for promise in promises:
        try:
            broken, last = promise.test(), f"{promise.name} holds"
        except Reverted as revert:
            broken, last = "", f"{promise.name}: {reason_of(revert)}"
            must_say_why(adapter, promise.name, revert)
        adapter.chain.restore(mark)
        if broken:
            raise Found("a further promise", f"{promise.name}: {broken}, so {promise.harm}")
        tried += 1
    return f"{tried} promises hold; {last}"

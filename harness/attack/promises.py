"""What an adapter promises of its contracts beyond its protocol, tried one after the other."""

from __future__ import annotations

from collections.abc import Iterable

from harness.adapters.base import Adapter
from harness.adapters.errors import AdapterError
from harness.adapters.game_values import Promise
from harness.attack.attack import Found
from harness.attack.reasons import must_say_why
from harness.attack.stage import reason_of
from harness.errors import Reverted


def try_promises(adapter: Adapter, promises: Iterable[Promise]) -> str:
    """Return how many promises hold, each tried on its chain as it is now.

    Raise Found for one that does not, and AdapterError for one whose test leaves open whether it does.
    """
    tried, last, mark = 0, "none", adapter.chain.snapshot()
    for promise in promises:
        refusal: Reverted | None = None
        try:
            broken, last = promise.test(), f"{promise.name} holds"
        except Reverted as revert:
            refusal, last = revert, f"{promise.name}: {reason_of(revert)}"
            broken = f"it is refused: {reason_of(revert)}" if promise.works else ""
        adapter.chain.restore(mark)
        if broken:
            raise Found("a further promise", f"{promise.name}: {broken}, so {promise.harm}")
        if refusal is not None:
            must_say_why(adapter, promise.name, refusal)
        elif not promise.works:
            said = f"nothing is refused in the test of the promise {promise.name!r}, expected works=True of it"
            raise AdapterError(adapter.name, said)
        tried += 1
    return f"{tried} promises hold; {last}"

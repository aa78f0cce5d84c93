"""Which requests are over at once, as far as can be known: those that were the last time."""

from __future__ import annotations

from collections.abc import Hashable

from harness.serve.wire import Fault, Request

_SLOW = ("eth_getLogs", "eth_estimateGas", "eth_feeHistory")
"""Methods whose time follows from more than what makes a kind."""
_READING = ("eth_get", "eth_call", "eth_block", "eth_chain", "eth_fee", "eth_estimate", "eth_gas", "net_", "web3_")
"""How the methods begin that clients call most, and that change nothing."""
_MOMENT = 0.001
"""Seconds that a quick request takes at most."""
_MOST = 4_096
_SELECTOR = 10


def is_reading(part: Request | Fault) -> bool:
    """Return whether a request changes nothing."""
    return isinstance(part, Fault) or part.method.startswith(_READING)


class Quick:
    """The kinds of requests that took no more than a moment; a call of a function is a kind of its own."""

    def __init__(self) -> None:
        self._known: dict[Hashable, None] = {}

    def has(self, layer: str, part: Request | Fault) -> bool:
        """Return whether a request changes nothing, and the last one of its kind was quick."""
        is_known = _kind(layer, part) in self._known
        return is_known and is_reading(part)

    def note(self, layer: str, part: Request | Fault, seconds: float) -> None:
        """Note how long a request took."""
        kind = _kind(layer, part)
        if not _is_kind(part):
            return
        if seconds > _MOMENT:
            self._known.pop(kind, None)
        elif kind not in self._known:
            if len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[kind] = None


def _is_kind(part: Request | Fault) -> bool:
    """Return whether a request is of a kind worth knowing: no slow one, and none of a client's long words."""
    if isinstance(part, Fault):
        return True
    called = part.params[0] if part.params and isinstance(part.params[0], dict) else {}
    return part.method not in _SLOW and len(part.method) <= 64 and len(str(called.get("to"))) <= 42


def _kind(layer: str, part: Request | Fault) -> Hashable:
    if isinstance(part, Fault):
        return None
    called = part.params[0] if part.params and isinstance(part.params[0], dict) else {}
    data = called.get("data") or called.get("input")
    selector = data[:_SELECTOR] if isinstance(data, str) else None
    to = called.get("to")
    return layer, part.method, to if isinstance(to, str) else None, selector

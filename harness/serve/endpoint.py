"""One layer's answers to requests, in JSON-RPC's shape."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.chain.errors import RpcError
from harness.errors import HarnessError
from harness.serve import wire
from harness.serve.wire import Fault, Request

Answer = Mapping[str, Any]
Node = Callable[[str, Sequence[Any]], Answer]
"""Returns a whole JSON-RPC answer to a method and its parameters, as a chain's backend does."""

_log = logging.getLogger("harness.serve")


class Endpoint:
    """Asks the server's own methods first, and the layer's node for every other one.

    It is called on the keeper's thread alone.
    """

    def __init__(self, name: str, node: Node) -> None:
        self.name = name
        self._node = node
        self.methods: dict[str, Callable[..., Any]] = {}

    def answer(self, part: Request | Fault) -> Answer | None:
        """Return the answer to a request; None to a notification. It never raises."""
        if isinstance(part, Fault):
            return wire.error(part.id, part.code, part.message)
        found = self._answer(part)
        return None if part.is_notification else {**found, "jsonrpc": "2.0", "id": part.id}

    def _answer(self, request: Request) -> Answer:
        own = self.methods.get(request.method)
        try:
            if own is None:
                return self._node(request.method, request.params)
            return wire.result(request.id, own(*request.params))
        except RpcError as refusal:
            return wire.error(request.id, refusal.code or -32000, refusal.reason, refusal.data)
        except HarnessError as refusal:
            return wire.error(request.id, -32000, str(refusal))
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError) as mistake:
            if own is not None:
                told = f"invalid parameters of {request.method}: {mistake}"
                return wire.error(request.id, wire.INVALID_PARAMS, told)
            return self._failed(request, mistake)
        except Exception as problem:
            return self._failed(request, problem)

    def _failed(self, request: Request, problem: Exception) -> Answer:
        """Tell of a mistake of the harness, in the log with its traceback."""
        _log.error("%s: %s fails", self.name, request.method, exc_info=problem)
        return wire.error(request.id, wire.INTERNAL_ERROR, f"internal error: {type(problem).__name__}: {problem}")

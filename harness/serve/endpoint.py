"""One layer's answers to requests, in JSON-RPC's shape."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.chain.backend import CallFailed
from harness.chain.errors import BackendUnavailable, RpcError
from harness.chain.jsonrpc.answers import INVALID_PARAMS, error_of
from harness.chain.jsonrpc.parameters import invoke
from harness.errors import HarnessError
from harness.serve import wire
from harness.serve.feed import Feed
from harness.serve.wire import Fault, Request

Answer = Mapping[str, Any]
Node = Callable[[str, Any], Answer]
"""Returns a whole JSON-RPC answer to a method and its parameters, as a chain's backend does."""

MOST_SUBSCRIPTIONS = 256
"""Subscriptions of one connection."""

_log = logging.getLogger("harness.serve")


@dataclass(slots=True)
class Session:
    """A connection that can be told of what is new; ``subscriptions`` are its own."""

    tell: Callable[[Any], None]
    subscriptions: set[str] = field(default_factory=set)


class Endpoint:
    """Asks the server's own methods first, and the layer's node for every other one.

    It is called on the keeper's thread alone.
    """

    def __init__(self, name: str, node: Node, feed: Feed, methods: Mapping[str, Callable[..., Any]]) -> None:
        self.name = name
        self.feed = feed
        self._node = node
        self._methods = dict(methods)

    def add(self, name: str, method: Callable[..., Any]) -> None:
        """Answer one more method."""
        self._methods[name] = method

    def answer(self, part: Request | Fault, session: Session | None = None) -> Answer | None:
        """Return the answer to a request; None to a notification. It never raises.

        ``session`` None is a client that cannot be told of anything later.
        """
        if isinstance(part, Fault):
            return wire.error(part.id, part.code, part.message)
        try:
            found = self._answer(part, session)
        except BackendUnavailable as gone:
            found = {"error": {"code": wire.INTERNAL_ERROR, "message": str(gone)}}
        except (CallFailed, HarnessError) as problem:
            found = {"error": error_of(problem)}
        except Exception as problem:
            _log.error("%s: %s fails", self.name, part.method, exc_info=problem)
            found = {"error": {"code": wire.INTERNAL_ERROR, "message": f"internal error: {type(problem).__name__}"}}
        return None if part.is_notification else {"jsonrpc": "2.0", "id": part.id, **_inner(found)}

    def _answer(self, request: Request, session: Session | None) -> Answer:
        if request.method in ("eth_subscribe", "eth_unsubscribe"):
            return {"result": self._subscription(request, session)}
        own = self._methods.get(request.method)
        if own is None:
            return self._node(request.method, request.params)
        return {"result": invoke(request.method, own, request.params)}

    # -- subscriptions

    def _subscription(self, request: Request, session: Session | None) -> Any:
        if session is None:
            reason = "notifications not supported: subscribe over WebSocket"
            raise RpcError(request.method, reason, wire.METHOD_NOT_FOUND)
        if not 1 <= len(request.params) <= 2:
            reason = f"invalid params: {len(request.params)} are given, expected 1 or 2"
            raise RpcError(request.method, reason, INVALID_PARAMS)
        if request.method == "eth_subscribe":
            if len(session.subscriptions) >= MOST_SUBSCRIPTIONS:
                reason = f"the connection has {MOST_SUBSCRIPTIONS} subscriptions, and may have no more"
                raise RpcError(request.method, reason, wire.LIMIT_EXCEEDED)
            identity = self.feed.subscribe(session.tell, *request.params)
            session.subscriptions.add(identity)
            return identity
        identity = request.params[0]
        if not isinstance(identity, str) or identity not in session.subscriptions:
            raise RpcError(request.method, "subscription not found", -32000)
        session.subscriptions.discard(identity)
        return self.feed.unsubscribe(identity)

    def leave(self, session: Session) -> None:
        """End the subscriptions of a connection that is over."""
        for identity in session.subscriptions:
            self.feed.unsubscribe(identity)
        session.subscriptions.clear()


def _inner(found: Answer) -> Answer:
    """Return the result or the error of an answer."""
    return {"error": found["error"]} if found.get("error") is not None else {"result": found.get("result")}

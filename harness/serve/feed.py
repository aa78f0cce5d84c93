"""Subscriptions to one layer: new heads, logs, transactions that arrive.

What is new follows from the filters of the layer's own JSON-RPC, so a subscriber learns of a reorg as a filter's client
does. Everything here runs on the keeper's thread.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from harness.chain.errors import RpcError
from harness.chain.jsonrpc.answers import INVALID_PARAMS
from harness.chain.values.transactions import Sent
from harness.serve.pool_methods import shown
from harness.serve.trouble import Trouble

Ask = Callable[..., Any]
"""Returns the result of a method with its parameters; raises RpcError."""
Tell = Callable[[Any], None]

_OF_BODY = ("transactions", "uncles", "size", "totalDifficulty", "withdrawals")
"""Fields of a block that a header has not."""


@dataclass(frozen=True, slots=True)
class _Subscription:
    """``changes`` returns what is new since it was asked last; ``tell`` takes each part to the client.

    One that ``looks_itself`` is asked even if no block has changed.
    """

    changes: Callable[[], Sequence[Any]]
    tell: Tell
    end: Callable[[], object]
    looks_itself: bool = False


class Feed:
    """The subscribers of one layer. ``head`` returns a value that differs whenever the layer's blocks may."""

    def __init__(self, ask: Ask, head: Callable[[], Hashable]) -> None:
        self._ask = ask
        self._head = head
        self._seen: Hashable = None
        self._trouble = Trouble()
        self._subscriptions: dict[str, _Subscription] = {}
        self._arrivals: list[list[Sent]] = []
        self.sources: dict[str, Callable[[], Callable[[], Sequence[Any]]]] = {}
        """Further kinds of subscriptions: each begins one, and returns its ``changes``."""

    @property
    def is_idle(self) -> bool:
        """Whether nobody subscribes."""
        return not self._subscriptions

    def arrive(self, sent: Sent) -> None:
        """Note a transaction that the pool has taken."""
        for each in self._arrivals:
            each.append(sent)

    def subscribe(self, tell: Tell, kind: Any, wanted: Any = None) -> str:
        """Begin a subscription; return its identity. Raises RpcError for an unknown kind, or what it does not take."""
        changes, end = self._begin(kind, wanted)
        identity = "0x" + secrets.token_hex(16)

        def pass_on(result: Any) -> None:
            tell(
                {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": identity, "result": result}}
            )

        self._subscriptions[identity] = _Subscription(changes, pass_on, end, kind in self.sources)
        return identity

    def unsubscribe(self, identity: str) -> bool:
        """End a subscription; return whether there was one."""
        found = self._subscriptions.pop(identity, None)
        if found is not None:
            # A node that is gone has no filter to take away.
            with self._trouble.told(_name(identity)):
                found.end()
            self._trouble.forget(_name(identity))
        return found is not None

    def look(self) -> None:
        """Tell the subscribers what is new; what one of them cannot be told is logged, and told once it can be."""
        if self._subscriptions:
            with self._trouble.told("subscriptions"):
                self._look(self._head())

    def _look(self, head: Hashable) -> None:
        is_same = head == self._seen and not any(self._arrivals)
        self._seen = head
        for identity, each in tuple(self._subscriptions.items()):
            if is_same and not each.looks_itself:
                continue
            is_told = False
            with self._trouble.told(_name(identity)):
                for change in each.changes():
                    each.tell(change)
                is_told = True
            if not is_told:
                self._seen = None

    # -- the kinds

    def _begin(self, kind: Any, wanted: Any) -> tuple[Callable[[], Sequence[Any]], Callable[[], object]]:
        if kind == "newHeads":
            return self._heads()
        if kind == "logs":
            return self._filtered("eth_newFilter", {} if wanted is None else wanted)
        if kind == "newPendingTransactions":
            return self._pending(bool(wanted))
        if kind == "syncing":
            return (lambda: ()), _nothing
        if isinstance(kind, str) and kind in self.sources:
            return self.sources[kind](), _nothing
        known = ", ".join(("newHeads", "logs", "newPendingTransactions", "syncing", *self.sources))
        raise RpcError("eth_subscribe", f"unknown subscription {kind!r:.40}, expected {known}", INVALID_PARAMS)

    def _filtered(self, method: str, *params: Any) -> tuple[Callable[[], Sequence[Any]], Callable[[], object]]:
        identity = self._ask(method, *params)
        return (
            lambda: self._ask("eth_getFilterChanges", identity),
            lambda: self._ask("eth_uninstallFilter", identity),
        )

    def _heads(self) -> tuple[Callable[[], Sequence[Any]], Callable[[], object]]:
        changes, end = self._filtered("eth_newBlockFilter")

        def headers() -> Iterator[Any]:
            for block_hash in changes():
                block = self._ask("eth_getBlockByHash", block_hash, False)
                if block is not None:  # it may have left the chain since
                    yield {name: value for name, value in block.items() if name not in _OF_BODY}

        return (lambda: list(headers())), end

    def _pending(self, full: bool) -> tuple[Callable[[], Sequence[Any]], Callable[[], object]]:
        arrivals: list[Sent] = []
        self._arrivals.append(arrivals)

        def changes() -> Sequence[Any]:
            fresh, arrivals[:] = list(arrivals), []
            return [shown(sent) if full else "0x" + sent.hash.hex() for sent in fresh]

        def end() -> None:
            self._arrivals[:] = [each for each in self._arrivals if each is not arrivals]

        return changes, end


def _name(identity: str) -> str:
    return f"subscription {identity}"


def _nothing() -> None:
    return None

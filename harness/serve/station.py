"""Both layers of one rollup as clients reach them: pools, subscriptions, and the methods of the server's own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from time import perf_counter
from typing import Any

from harness.chain.backend import Backend
from harness.chain.chain import Chain
from harness.chain.errors import RpcError
from harness.chain.jsonrpc.filters import Filters
from harness.chain.jsonrpc.methods import LocalRpc
from harness.dispute.assertion_trace import Truths
from harness.dispute.log import DisputeLog
from harness.rollup.l2.rpc import L2Rpc
from harness.serve.clock import Clock
from harness.serve.endpoint import Answer, Endpoint, Node, Session
from harness.serve.feed import Feed
from harness.serve.namespace import RollupMethods
from harness.serve.pool import Pool
from harness.serve.pool_methods import PoolMethods
from harness.serve.quick import Quick, is_reading
from harness.serve.trouble import Trouble
from harness.serve.watch import Watch
from harness.serve.wire import Fault, Request
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner

Methods = Mapping[str, Callable[..., Any]]


class Station:
    """Answers requests to both layers, on the keeper's thread. ``turns`` is held meanwhile.

    ``runner`` steps the agents; None is the rollup's own. ``clock`` None leaves L1's time to clients. Filters end by
    ``time``, in seconds: by default the clock that event loops have.
    """

    def __init__(
        self,
        rollup: Rollup,
        turns: AbstractContextManager[Any] | None = None,
        runner: Runner | None = None,
        time: Callable[[], float] = time.monotonic,
    ) -> None:
        self.rollup = rollup
        self._time = time
        self.clock: Clock | None = None
        self.changed: Callable[[], object] = lambda: None
        """Called when a request may have changed a chain."""
        self._turns = nullcontext() if turns is None else turns
        self._is_shared = turns is not None
        self._quick = Quick()
        self._trouble = Trouble()
        self._outlook = _outlook(rollup)
        methods = RollupMethods(self._outlook, runner or rollup.runner)
        self._own, self._sent = methods.table(), methods.sent
        self.pools: dict[str, Pool] = {}
        self._filters: list[Filters] = []
        self.endpoints = {"L1": self._layer("L1", rollup.l1, LocalRpc), "L2": self._layer("L2", rollup.l2, L2Rpc)}
        if "L1" in self.pools:
            # L2 follows from L1, but for what is not posted. So a snapshot of L1 has both.
            self.pools["L1"].beside = (rollup, self.pools["L2"])

    def _layer(self, name: str, chain: Chain, kind: type[LocalRpc]) -> Endpoint:
        backend: Any = chain.backend
        node: Node = backend.answer
        methods: Methods = {}
        pool = None
        if hasattr(backend, "blocks"):  # in this process, so that the pool is ours
            pool = self.pools[name] = Pool(backend)
            rpc = kind(pool)
            rpc.filters.clock = self._time
            self._filters.append(rpc.filters)
            node, methods = rpc.handle, PoolMethods(pool, rpc).table()
        feed = Feed(_asking(kind(backend).handle if pool else node), lambda: _mark(chain.backend))
        if pool is not None:
            pool.arrived = feed.arrive
        feed.sources["rollup"] = lambda: Watch(self._outlook, self._sent).changes
        return Endpoint(name, node, feed, {**methods, **self._own})

    def answer(self, layer: str, part: Request | Fault, session: Session | None) -> Answer | None:
        """Return the answer to a request, and tell subscribers of both layers what it changed."""
        with self._turns:
            self._strike()
            start = perf_counter()
            found = self.endpoints[layer].answer(part, session)
            self._quick.note(layer, part, perf_counter() - start)
            is_change = not is_reading(part)
            if is_change or self._is_shared:  # else nobody has changed anything since the last look
                self._settle()
            if is_change:
                self.changed()
            return found

    def is_quick(self, layer: str, part: Request | Fault) -> bool:
        """Return whether a request changes nothing, and is expected to be answered at once.

        It reads the chains, but makes nothing of theirs that takes long. Ask it only while nobody else has them.
        None is where a test may hold the chains for as long as it likes, or where L1 is another process, which L2 asks.
        A read of L2 is none while the node has not read L1's head: it derives first, and what is given up in the midst
        of that would be missing in a state that is written then.
        """
        if self._is_shared or "L1" not in self.pools or not self._quick.has(layer, part):
            return False
        return layer == "L1" or self.rollup.node.inbox.is_at_head

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Have the chains alone; then tell subscribers what has changed."""
        with self._turns:
            try:
                yield
            finally:
                self._settle()

    @property
    def is_idle(self) -> bool:
        """Whether nobody subscribes to anything, and no filter is to end."""
        now = self._time()
        return all(endpoint.feed.is_idle for endpoint in self.endpoints.values()) and all(
            now < each.next_end for each in self._filters
        )

    def look(self) -> None:
        """Tell subscribers what others have changed, and the time; end the filters that nobody asks any more."""
        with self._turns:
            for each in self._filters:
                each.end_idle()
            self._strike()
            self._settle()

    def leave(self, layer: str, session: Session) -> None:
        """Forget a connection."""
        with self._turns:
            self.endpoints[layer].leave(session)

    def _strike(self) -> None:
        if self.clock is not None:
            with self._trouble.told("clock"):
                self.clock.strike()

    def _settle(self) -> None:
        # Whoever has the chains is not the one to be told that a pool, or another client's subscription, has failed.
        for name, pool in self.pools.items():
            with self._trouble.told(f"pool of {name}"):
                pool.settle()
        for endpoint in self.endpoints.values():
            endpoint.feed.look()


def _outlook(rollup: Rollup) -> Rollup:
    """Return the same rollup with readers of its own: a test may be in the midst of reading with the others."""
    found = copy(rollup)
    found.disputes = DisputeLog(rollup.l1, rollup.assertions, rollup.since)
    found.truths = Truths(rollup.node)
    found.game_readers = {}
    return found


def _mark(backend: Backend) -> tuple[int, bytes]:
    head = backend.head()
    return head.number, head.hash


def _asking(node: Node) -> Callable[..., Any]:
    def ask(method: str, *params: Any) -> Any:
        answer: Any = node(method, list(params))
        if answer.get("error") is not None:
            error = answer["error"]
            raise RpcError(method, error["message"], error["code"], error.get("data"))
        return answer["result"]

    return ask

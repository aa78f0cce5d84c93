"""JSON-RPC over HTTP; a node's errors and a missing node raise different exceptions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import urljoin

import requests

from harness.chain.backend import Frame, Swap
from harness.chain.errors import RpcError, RpcUnreachable
from harness.chain.values.hexadecimal import hexed
from harness.chain.values.rules import DEFAULT_RULES, L1Rules
from harness.errors import HarnessError

_SECONDS = 30
"""Longest that a node may take for one exchange."""

_REDIRECTS = 5
"""Most places that one request is sent on to."""

_MOVED = 308
_SENT_ON = (307, _MOVED)
"""The redirects that keep a request's method and body."""

_KNOWN = 10_000
"""Most answers that are kept while nothing is written."""

_READS = ("eth_get", "eth_call", "eth_chainId", "eth_blockNumber", "web3_", "debug_trace")
_CHANGING = ("eth_getFilter",)
"""Methods that begin so change nothing, except that a filter gives each of its changes once."""


class NodeAnswer(RpcError):
    """A JSON-RPC error as the node gave it."""

    def __init__(self, method: str, error: Any) -> None:
        fields: dict[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
        self.message: str = str(fields.get("message", ""))
        super().__init__(method, self.message, fields.get("code"), fields.get("data"))


class NodeClient:
    """Requests to the node at ``url``, which is believed to follow ``rules``."""

    def __init__(self, url: str, rules: L1Rules = DEFAULT_RULES) -> None:
        self.url = url
        self.rules = rules
        self._wire: _Wire | None = None
        self._ids = count(1)
        self._known: dict[str, Any] = {}
        self._steadily = 0

    def ask(self, method: str, params: Any) -> Any:
        """Return the node's answer, error or not; raises BackendUnavailable if there is none."""
        body = self._request(method, params)
        answer = self._exchange(body, _is_read(method))
        # A node that could not read the request knows no id: its error has none.
        nameless = isinstance(answer, dict) and answer.get("id") is None and answer.get("error") is not None
        if not isinstance(answer, dict) or (answer.get("id") != body["id"] and not nameless):
            raise self._unreachable(ValueError(f"expected the answer to request {body['id']}, got {str(answer)[:80]}"))
        return answer

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result; raises NodeAnswer for an error of the node."""
        key = _key(method, params) if self._known or self._steadily else ""
        known = self._known.get(key)
        if known is None:
            known = _result(method, self.ask(method, params))
            self._keep(method, params, known)
        return known

    def _keep(self, method: str, params: Sequence[Any], result: Any) -> None:
        """Keep an answer for as long as `steady` allows."""
        if self._steadily and len(self._known) < _KNOWN and _is_read(method):
            self._known[_key(method, params)] = result

    @contextmanager
    def knowing(self, *wanted: tuple[str, Sequence[Any]]) -> Iterator[None]:
        """Ask several requests in one exchange, and do not ask them again until something else is asked, or the end.

        Raises NodeAnswer for the first error.
        """
        found = self.batch(*wanted)
        self._known.update((_key(*request), result) for request, result in zip(wanted, found, strict=True))
        try:
            yield
        finally:
            if not self._steadily:
                self._known = {}

    @contextmanager
    def steady(self) -> Iterator[None]:
        """Ask nothing twice until this object asks for something that is no read, or until the end."""
        self._steadily += 1
        try:
            yield
        finally:
            self._steadily -= 1
            if not self._steadily:
                self._known = {}

    def batch(self, *wanted: tuple[str, Sequence[Any]]) -> list[Any]:
        """Return the results of several requests in one exchange; raises NodeAnswer for the first error."""
        known = [self._known.get(_key(*request)) for request in wanted]
        if self._known and all(known):
            return known
        body = [self._request(method, params) for method, params in wanted]
        answers = self._exchange(body, all(_is_read(method) for method, _ in wanted))
        if not isinstance(answers, list):
            raise NodeAnswer("batch", answers.get("error"))
        found = {answer.get("id"): answer for answer in answers if isinstance(answer, dict)}  # in any order
        if len(answers) != len(wanted) or found.keys() != {request["id"] for request in body}:
            raise self._unreachable(ValueError(f"expected {len(wanted)} answers to a batch, got {str(answers)[:80]}"))
        results = [_result(request["method"], found[request["id"]]) for request in body]
        for (method, params), result in zip(wanted, results, strict=True):
            self._keep(method, params, result)
        return results

    def _request(self, method: str, params: Any) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}

    def _exchange(self, body: Any, is_read: bool) -> Any:
        if not (is_read and self._steadily):
            self._known = {}  # the node may have changed since
        try:
            if self._wire is None:
                self._wire = _Wire(self.url)
            return self._wire.exchange(json.dumps(body, default=_plain).encode(), is_read)
        except (OSError, ValueError) as problem:  # the exceptions of requests are of the first kind
            raise self._unreachable(problem) from problem

    def _unreachable(self, problem: Exception) -> HarnessError:
        return RpcUnreachable(self.url, _innermost(problem))


class _Wire:
    """A connection to a URL that stays open, by the environment's proxies and certificates.

    It does what a session of requests does, but what depends on the URL alone is done once: half the time of a request.
    """

    def __init__(self, url: str) -> None:
        session = requests.Session()
        headers = {"Content-Type": "application/json"}
        self._request = session.prepare_request(requests.Request("POST", url, headers))
        chosen = str(self._request.url)
        settings = session.merge_environment_settings(chosen, {}, False, None, None)
        self._settings: dict[str, Any] = {**settings, "timeout": _SECONDS}
        self._adapter = session.get_adapter(chosen)

    def exchange(self, body: bytes, is_read: bool) -> Any:
        """Return the parsed answer; raises OSError and ValueError.

        The node may close the connection just when a request is under way. Then nobody knows whether the node acted on
        it, so only what reads is sent again.
        """
        try:
            return self._once(body)
        except requests.ConnectionError:
            if not is_read:
                raise
            return self._once(body)

    def _once(self, body: bytes) -> Any:
        response = self._follow(body)
        response.raise_for_status()
        answer = json.loads(response.content)
        if not isinstance(answer, dict | list):
            raise ValueError(f"expected a JSON-RPC answer, got {response.text[:80]!r}")
        return answer

    def _follow(self, body: bytes) -> requests.Response:
        """Send the body on to where the server says that the service is; what it sends on so, it has not acted on.

        Later requests go to the new place at once if it is permanent.
        """
        wire, permanent = self, True
        for _ in range(_REDIRECTS + 1):
            response = wire._send(body)
            if response.status_code // 100 != 3:
                return response
            where = response.headers.get("Location")
            if where is None or response.status_code not in _SENT_ON:
                raise ValueError(f"redirect {response.status_code} to {where}, expected one of {_SENT_ON} with a place")
            wire = _Wire(urljoin(str(wire._request.url), where))
            permanent = permanent and response.status_code == _MOVED
            if permanent:
                self._request, self._settings, self._adapter = wire._request, wire._settings, wire._adapter
        raise ValueError(f"more than {_REDIRECTS} redirects, the last to {wire._request.url}")

    def _send(self, body: bytes) -> requests.Response:
        request = self._request.copy()
        request.prepare_body(body, None)
        return self._adapter.send(request, **self._settings)


def _is_read(method: str) -> bool:
    return method.startswith(_READS) and not method.startswith(_CHANGING)


def _key(method: str, params: Sequence[Any]) -> str:
    """Return what tells one request from another; parameters are few and short where it is asked."""
    return f"{method}{tuple(params)!r}"


def _result(method: str, answer: Mapping[str, Any]) -> Any:
    if answer.get("error") is not None:
        raise NodeAnswer(method, answer["error"])
    return answer.get("result")


def _plain(value: object) -> Any:
    """Return as JSON what web3 puts into its requests: bytes as hexadecimal, its own mappings as objects."""
    if isinstance(value, bytes):
        return hexed(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {value!r}")


class NodeReplay:
    """Executes again what a node executed; gives None if the node does not provide what that takes."""

    def __init__(self, scene: Callable[[], Any]) -> None:
        self._make = scene
        self._scene: Any = None

    def __call__(self, swap: Swap | None) -> Frame | None:
        try:
            self._scene = self._scene or self._make()
            played: Frame | None = self._scene.play(swap)
            return played
        except (NodeAnswer, HarnessError, TypeError, KeyError):
            return None


def _innermost(problem: BaseException) -> str:
    """Return the message of the operating system or the parser, below the wrappers of HTTP libraries."""
    inner = problem.__cause__ or problem.__context__
    return str(problem) if inner is None else _innermost(inner)

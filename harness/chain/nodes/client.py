"""JSON-RPC over HTTP; a node's errors and a missing node raise different exceptions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from requests.exceptions import RequestException
from web3 import HTTPProvider
from web3.types import RPCEndpoint, RPCResponse

from harness.chain.backend import Frame, Swap
from harness.chain.errors import RpcUnreachable
from harness.chain.values.rules import DEFAULT_RULES, L1Rules
from harness.errors import HarnessError


class NodeAnswer(Exception):
    """A JSON-RPC error as the node gave it."""

    def __init__(self, method: str, error: Any) -> None:
        fields: dict[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
        super().__init__(f"{method}: {fields.get('message')}")
        self.method = method
        self.code: int | None = fields.get("code")
        self.message: str = str(fields.get("message", ""))
        self.data = fields.get("data")


class NodeClient:
    """Requests to the node at ``url``, which is believed to follow ``rules``."""

    def __init__(self, url: str, rules: L1Rules = DEFAULT_RULES) -> None:
        self.url = url
        self.rules = rules
        self._http = HTTPProvider(url, exception_retry_configuration=None)

    def ask(self, method: str, params: Any) -> RPCResponse:
        """Return the node's answer, error or not; raises BackendUnavailable if there is none."""
        try:
            return self._http.make_request(RPCEndpoint(method), params)
        except (RequestException, OSError, ValueError) as problem:
            raise self._unreachable(problem) from problem

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result; raises NodeAnswer for an error of the node."""
        answer = self.ask(method, list(params))
        if answer.get("error") is not None:
            raise NodeAnswer(method, answer["error"])
        return answer.get("result")

    def batch(self, *requests: tuple[str, Sequence[Any]]) -> list[Any]:
        """Return the results of several requests in one exchange; raises NodeAnswer for the first error."""
        wanted = [(RPCEndpoint(method), list(params)) for method, params in requests]
        try:
            answers = self._http.make_batch_request(wanted)
        except (RequestException, OSError, ValueError) as problem:
            raise self._unreachable(problem) from problem
        if not isinstance(answers, list):
            raise NodeAnswer("batch", answers.get("error"))
        for (method, _), answer in zip(requests, answers, strict=True):
            if answer.get("error") is not None:
                raise NodeAnswer(method, answer["error"])
        return [answer.get("result") for answer in answers]

    def _unreachable(self, problem: Exception) -> HarnessError:
        return RpcUnreachable(self.url, _innermost(problem))


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

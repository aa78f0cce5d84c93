"""One JSON-RPC request, whatever kind of node is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.chain.backend import Backend
from harness.chain.errors import RpcError


def request(backend: Backend, method: str, params: Sequence[Any] = ()) -> Any:
    """Return the result of a request; raise RpcError for the node's error."""
    answer = backend.answer(method, list(params))
    error: Any = answer.get("error")
    if error is not None:
        fields: dict[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
        raise RpcError(method, str(fields.get("message", "")), fields.get("code"), fields.get("data"))
    return answer["result"]

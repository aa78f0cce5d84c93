"""One JSON-RPC request through a web3 provider, whatever kind of node is behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.chain.errors import RpcError

if TYPE_CHECKING:
    from web3.providers.base import BaseProvider


def request(provider: BaseProvider, method: str, params: Sequence[Any] = ()) -> Any:
    """Return the result of a request; raise RpcError for the node's error."""
    from web3.types import RPCEndpoint  # importing web3 takes most of a second; whoever has a provider has paid

    answer = provider.make_request(RPCEndpoint(method), list(params))
    error: Any = answer.get("error")
    if error is not None:
        fields: dict[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
        raise RpcError(method, str(fields.get("message", "")), fields.get("code"), fields.get("data"))
    return answer["result"]

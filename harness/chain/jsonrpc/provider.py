"""web3's way into a chain of this process."""

from __future__ import annotations

from typing import Any

from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from harness.chain.jsonrpc.methods import LocalRpc
from harness.chain.pyevm.backend import PyEvmBackend


class PyEvmProvider(BaseProvider):
    """A web3 provider without a socket."""

    def __init__(self, backend: PyEvmBackend) -> None:
        super().__init__()
        self.rpc = LocalRpc(backend)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self.rpc.handle(method, params or ())  # type: ignore[return-value]

    def is_connected(self, show_traceback: bool = False) -> bool:
        return True

"""web3's way into a chain of this process."""

from __future__ import annotations

from typing import Any

from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from harness.chain.jsonrpc.methods import LocalRpc


class LocalProvider(BaseProvider):
    """A web3 provider without a socket."""

    def __init__(self, rpc: LocalRpc) -> None:
        super().__init__()
        self.rpc = rpc

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self.rpc.handle(method, params or ())

    def is_connected(self, show_traceback: bool = False) -> bool:
        return True

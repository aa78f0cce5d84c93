"""The JSON-RPC methods of a chain in this process, L1 or L2, for web3 and for servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from harness.chain.backend import CallFailed
from harness.chain.errors import RpcError
from harness.chain.jsonrpc.answers import METHOD_NOT_FOUND, error_of
from harness.chain.jsonrpc.calling import CallMethods
from harness.chain.jsonrpc.cheats import CheatMethods
from harness.chain.jsonrpc.local import LocalNode
from harness.chain.jsonrpc.logs import LogMethods
from harness.chain.jsonrpc.openrpc import Document, document_of
from harness.chain.jsonrpc.parameters import invoke
from harness.chain.jsonrpc.reading import AccountMethods, BlockMethods, ChainMethods
from harness.chain.jsonrpc.sending import Senders, SendMethods
from harness.chain.jsonrpc.tracing import DebugMethods
from harness.chain.jsonrpc.view import ChainView
from harness.errors import HarnessError

if TYPE_CHECKING:
    from web3.types import RPCResponse

Params = Sequence[Any]
Method = Callable[..., Any]
NAMESPACES = ("eth_", "net_", "web3_", "debug_", "personal_", "evm_", "anvil_", "hardhat_")


def named(group: object) -> dict[str, Method]:
    """Return the methods of an object that have a name of JSON-RPC."""
    return {name: getattr(group, name) for name in dir(type(group)) if name.startswith(NAMESPACES)}


class LocalRpc:
    """Answers requests about one backend, by a table of methods."""

    def __init__(self, backend: LocalNode) -> None:
        self._backend = backend
        view, senders = ChainView(backend), Senders()
        calls, cheats, logs = CallMethods(view), CheatMethods(view, senders), LogMethods(view)
        self.filters = logs.filters
        groups = (
            ChainMethods(view), AccountMethods(view), BlockMethods(view), logs, calls,
            SendMethods(view, calls, senders), DebugMethods(view), cheats,
        )  # fmt: skip
        self._methods: dict[str, Method] = {}
        for group in groups:
            self._methods |= named(group)
        self._methods |= cheats.twins()
        self._methods["rpc.discover"] = self.discover

    @property
    def methods(self) -> Mapping[str, Method]:
        """The function of each method, by the method's name."""
        return MappingProxyType(self._methods)

    def discover(self) -> Document:
        """Return the OpenRPC document of the methods of the table."""
        return document_of(self._methods)

    def handle(self, method: str, params: Params) -> RPCResponse:
        """Return a whole JSON-RPC answer; refusals and reverts are its ``error``."""
        try:
            function = self.find(method)
            self._backend.follow()
            return {"jsonrpc": "2.0", "id": 1, "result": invoke(method, function, params)}
        except (CallFailed, HarnessError) as problem:
            return {"jsonrpc": "2.0", "id": 1, "error": error_of(problem)}

    def find(self, method: str) -> Method:
        """Return the function of a method; raises RpcError if there is none."""
        known = self._methods.get(method)
        if known is None:
            raise RpcError(method, f"the method {method} does not exist or is not available", METHOD_NOT_FOUND)
        return known

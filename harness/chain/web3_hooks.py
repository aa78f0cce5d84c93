"""web3 on a chain. The chain's hooks are called for what web3 sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from web3 import Web3
from web3.middleware import Web3Middleware
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

_SENDING = ("eth_sendRawTransaction", "eth_sendTransaction")


def connect(provider: BaseProvider, observe: Callable[[bytes | str], None]) -> Web3:
    """Return a Web3 that calls ``observe`` with the hash of each transaction it sent, which the provider mined."""

    class Notifier(Web3Middleware):
        def response_processor(self, method: RPCEndpoint, response: RPCResponse) -> RPCResponse:
            result: Any = response.get("result")
            if method in _SENDING and result is not None:
                observe(bytes(result) if isinstance(result, bytes) else result)
            return response

    w3 = Web3(provider)
    w3.middleware_onion.add(Notifier, "harness-hooks")
    return w3

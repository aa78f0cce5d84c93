"""web3 on a chain, with the chain's hooks called for what web3 sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from web3 import Web3
from web3.middleware import Web3Middleware
from web3.types import RPCEndpoint, RPCResponse

if TYPE_CHECKING:
    from harness.chain.chain import Chain

_SENDING = ("eth_sendRawTransaction", "eth_sendTransaction")


def connect(chain: Chain) -> Web3:
    """A Web3 whose transactions the hooks of `Chain.on_transaction` see; the provider mined them already."""

    class Notifier(Web3Middleware):
        def response_processor(self, method: RPCEndpoint, response: RPCResponse) -> RPCResponse:
            result: Any = response.get("result")
            if method in _SENDING and result is not None:
                chain.observe(bytes(result) if isinstance(result, bytes) else result)
            return response

    w3 = Web3(chain.backend.provider)
    w3.middleware_onion.add(Notifier, "harness-hooks")
    return w3

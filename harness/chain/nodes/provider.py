"""web3's way to a node: what it asks for goes through the backend's rules, over the backend's connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from harness.chain.errors import RpcError
from harness.chain.nodes.parsing import hash32

RECEIPT_SECONDS = 120
"""Longest that a node may take to mine a transaction by its own clock."""


class RuledProvider(HTTPProvider):
    """A provider for web3 whose single requests ``answer`` answers."""

    def __init__(self, url: str, answer: Callable[[str, Any], RPCResponse]) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self._answer = answer

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self._answer(method, params)


def await_receipt(provider: BaseProvider, tx_hash: bytes) -> None:
    """Wait for a node that mines by its own clock; raises RpcError. The harness waits nowhere else."""
    try:
        Web3(provider).eth.wait_for_transaction_receipt(hash32(tx_hash), timeout=RECEIPT_SECONDS)
    except Web3Exception as problem:
        raise RpcError("eth_getTransactionReceipt", str(problem)) from problem

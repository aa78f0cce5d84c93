"""web3's way into L2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eth_utils import to_checksum_address
from web3.providers.base import BaseProvider
from web3.types import RPCEndpoint, RPCResponse

from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.methods import LocalRpc, Params
from harness.rollup.l2.backend import L2Backend
from harness.rollup.l2.formatting import proof_nodes
from harness.rollup.machine.environment import TX_GAS_CAP
from harness.rollup.node.blocks import L2Block


class L2Rpc(LocalRpc):
    """The methods of a chain in this process, on L2: latest is the unsafe head, safe and finalized have their own."""

    gas_cap = TX_GAS_CAP

    def __init__(self, backend: L2Backend) -> None:
        super().__init__(backend)  # type: ignore[arg-type]
        self._l2 = backend

    def handle(self, method: str, params: Params) -> dict[str, Any]:
        self._l2.follow()
        return super().handle(method, params)

    def eth_getProof(self, address: str, slots: Sequence[Any], block: Any = "latest") -> fmt.Json:
        state = self._l2.state(self._number(block))
        key = fmt.address(address)
        account = state.account(key)
        numbers = [fmt.slot(slot) for slot in slots]
        return {
            "address": to_checksum_address(key),
            "accountProof": proof_nodes(state.prove_account(key)),
            "balance": fmt.quantity(account.balance),
            "nonce": fmt.quantity(account.nonce),
            "codeHash": fmt.data(account.code.hash),
            "storageHash": fmt.data(account.storage_root),
            "storageProof": [
                {
                    "key": fmt.quantity(slot),
                    "value": fmt.quantity(account.storage_at(slot)),
                    "proof": proof_nodes(state.prove_slot(key, slot)),
                }
                for slot in numbers
            ],
        }

    def eth_sendRawTransaction(self, raw: str) -> str:
        return fmt.data(self._l2.take(fmt.unhex(raw)))

    def _is_same_block(self, one: Any, other: Any) -> bool:
        """What was unsafe becomes safe under another hash; clients heard of its transactions already."""
        if super()._is_same_block(one, other):
            return True
        ours, theirs = one.inner, other.inner
        return _contents(ours) == _contents(theirs)

    def _number(self, block: Any) -> int:
        if block == "safe":
            return self._l2.safe_number()
        if block == "finalized":
            return self._l2.finalized_number()
        return super()._number(block)

    def rollup_heads(self) -> Mapping[str, str]:
        """Numbers of the three heads."""
        return {
            "unsafe": fmt.quantity(len(self._l2.blocks) - 1),
            "safe": fmt.quantity(self._l2.safe_number()),
            "finalized": fmt.quantity(self._l2.finalized_number()),
        }


def _contents(block: L2Block) -> tuple[object, ...]:
    """What clients are told of a block. Not its time: that of a batch's first block can move when it is posted."""
    return block.number, *((item.hash, item.outcome.logs) for item in block.transactions)


class L2Provider(BaseProvider):
    """A web3 provider without a socket."""

    def __init__(self, backend: L2Backend) -> None:
        super().__init__()
        self.rpc = L2Rpc(backend)

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self.rpc.handle(method, params or ())  # type: ignore[return-value]

    def is_connected(self, show_traceback: bool = False) -> bool:
        return True

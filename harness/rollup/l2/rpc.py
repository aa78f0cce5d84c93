"""JSON-RPC of L2: the methods of every chain in this process, with the heads of a rollup."""

from __future__ import annotations

from collections.abc import Mapping

from harness.chain.errors import UnsupportedOperation
from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.local import LocalNode
from harness.chain.jsonrpc.methods import LocalRpc
from harness.chain.jsonrpc.parameters import Quantity


class L2Rpc(LocalRpc):
    """ "latest" is the unsafe head; "safe" and "finalized" name blocks of their own."""

    def __init__(self, backend: LocalNode) -> None:
        super().__init__(backend)
        self._methods |= {
            "rollup_heads": self.rollup_heads,
            "evm_snapshot": self.refuse_snapshot,
            "evm_revert": self.refuse_revert,
        }

    def rollup_heads(self) -> Mapping[str, str]:
        """Return the numbers of the three heads."""
        safe, finalized = self._backend.heads()
        return {
            "unsafe": fmt.quantity(len(self._backend.blocks) - 1),
            "safe": fmt.quantity(safe),
            "finalized": fmt.quantity(finalized),
        }

    def refuse_snapshot(self) -> None:
        raise UnsupportedOperation("take a snapshot", self._backend.name, "take it of L1, and L2 follows")

    def refuse_revert(self, identity: Quantity) -> None:
        raise UnsupportedOperation("restore a snapshot", self._backend.name, "restore one of L1, and L2 follows")

"""JSON-RPC of L2: the methods of every chain in this process, with the heads of a rollup."""

from __future__ import annotations

from collections.abc import Mapping

from harness.chain.jsonrpc import formatting as fmt
from harness.chain.jsonrpc.local import LocalNode
from harness.chain.jsonrpc.methods import LocalRpc


class L2Rpc(LocalRpc):
    """ "latest" is the unsafe head; "safe" and "finalized" name blocks of their own."""

    def __init__(self, backend: LocalNode) -> None:
        super().__init__(backend)
        self._methods["rollup_heads"] = self.rollup_heads

    def rollup_heads(self) -> Mapping[str, str]:
        """Return the numbers of the three heads."""
        safe, finalized = self._backend.heads()
        return {
            "unsafe": fmt.quantity(len(self._backend.blocks) - 1),
            "safe": fmt.quantity(safe),
            "finalized": fmt.quantity(finalized),
        }

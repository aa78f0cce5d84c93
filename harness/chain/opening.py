"""`open_chain`: one call for every backend."""

from __future__ import annotations

from harness.chain.backend import Backend
from harness.chain.chain import Chain
from harness.chain.errors import UnknownBackend
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.settings import CHAIN_ID, FUNDS


def open_chain(backend: str = "py-evm", chain_id: int | None = None, seed: int = 0, *, name: str = "") -> Chain:
    """Open a chain with the well-known accounts funded: "py-evm" in this process, "anvil" as a child, or an http URL.

    ``chain_id`` None is 900, or the node's own at a URL; another one than the node's raises WrongNode. ``seed`` decides
    what a block's prevrandao is, on py-evm.
    """
    return Chain(_backend(backend, chain_id, seed), name=name)


def _backend(backend: str, chain_id: int | None, seed: int) -> Backend:
    if backend == "py-evm":
        from harness.chain.pyevm.backend import PyEvmBackend

        funded = {account.address_bytes: FUNDS for account in well_known_accounts()}
        return PyEvmBackend(CHAIN_ID if chain_id is None else chain_id, seed, funded=funded)
    if backend == "anvil":
        from harness.chain.nodes.anvil import AnvilBackend

        return AnvilBackend(CHAIN_ID if chain_id is None else chain_id)
    if backend.startswith(("http://", "https://")):
        from harness.chain.nodes.node import RpcBackend

        return RpcBackend(backend, chain_id)
    raise UnknownBackend(backend)

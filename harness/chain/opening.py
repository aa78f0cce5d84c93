"""`open_chain` opens a chain on any backend."""

from __future__ import annotations

from harness.chain.backend import Backend
from harness.chain.chain import Chain
from harness.chain.errors import UnknownBackend
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.settings import CHAIN_ID, FUNDS


def open_chain(backend: str = "py-evm", chain_id: int | None = None, seed: int = 0, *, name: str = "") -> Chain:
    """Open a chain with the well-known accounts funded.

    ``backend`` is "py-evm" (in this process), "anvil" (a child process), or the http URL of a node. ``chain_id`` None
    means 900, or the node's own at a URL. ``seed`` decides each block's prevrandao on py-evm. ``name`` is shown in
    messages.

    Raises UnknownBackend for another name, RpcUnreachable and WrongNode for a URL, AnvilNotFound and AnvilDied for
    anvil.
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

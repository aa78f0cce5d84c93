"""`open_chain`: one call for every backend."""

from __future__ import annotations

from harness.chain.accounts import well_known_accounts
from harness.chain.backend import Backend
from harness.chain.chain import Chain
from harness.errors import UnsupportedOperation


def open_chain(backend: str = "py-evm", chain_id: int = 900, seed: int = 0, *, name: str = "") -> Chain:
    """Open a chain with the well-known accounts funded: "py-evm" in this process, "anvil" as a child process, or an http URL.

    ``seed`` decides what a block's prevrandao is. A URL's own chain id must be ``chain_id``.
    """
    return Chain(_backend(backend, chain_id, seed), name=name)


def _backend(backend: str, chain_id: int, seed: int) -> Backend:
    if backend == "py-evm":
        from harness.chain.pyevm import FUNDS, PyEvmBackend

        funded = {account.address_bytes: FUNDS for account in well_known_accounts()}
        return PyEvmBackend(chain_id, seed, funded=funded)
    raise UnsupportedOperation("open", backend, "expected py-evm, anvil or an http URL")

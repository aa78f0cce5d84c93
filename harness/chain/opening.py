"""`open_chain` opens a chain on any backend."""

from __future__ import annotations

import os

from harness.chain.backend import Backend
from harness.chain.chain import Chain
from harness.chain.errors import UnknownBackend
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.rules import L1Rules, l1_rules
from harness.chain.values.settings import CHAIN_ID, FUNDS
from harness.config import DEFAULT_L1_FORK, FORK_VARIABLE


def open_chain(
    backend: str = "py-evm",
    chain_id: int | None = None,
    seed: int = 0,
    *,
    name: str = "",
    fork: str | None = None,
    blobs: str | None = None,
    is_private: bool = False,
) -> Chain:
    """Open a chain with the well-known accounts funded.

    ``backend`` is "py-evm" (in this process), "anvil", "hardhat" or "geth" (a child process), or a node's http URL.
    ``chain_id`` None means 900, or the node's own at a URL. ``seed`` decides each block's prevrandao on py-evm.
    ``name`` is shown in messages.

    ``fork`` is "prague" or "osaka". None takes HARNESS_L1_FORK, or the default. At a URL it says which rules the node
    follows. ``blobs`` is the entry of mainnet's blob schedule that py-evm follows: "osaka", "bpo1" or "bpo2" on Osaka.
    None takes the fork's own.

    ``is_private`` says that nobody else writes to the anvil that this process starts; then fewer requests are sent.

    Raises UnknownL1Fork and UnknownBlobSchedule for other names, and UnsupportedOperation for ``blobs`` on anvil.
    Raises UnknownBackend for another name, RpcUnreachable and WrongNode for a URL, AnvilNotFound and AnvilDied for
    anvil, ToolNotFound and NodeDied for Hardhat and geth.
    """
    rules = l1_rules(fork or os.environ.get(FORK_VARIABLE) or DEFAULT_L1_FORK, blobs)
    return Chain(_backend(backend, chain_id, seed, rules, is_private), name=name)


def _backend(backend: str, chain_id: int | None, seed: int, rules: L1Rules, is_private: bool) -> Backend:
    if backend == "py-evm":
        from harness.chain.pyevm.backend import PyEvmBackend

        funded = {account.address_bytes: FUNDS for account in well_known_accounts()}
        return PyEvmBackend(CHAIN_ID if chain_id is None else chain_id, seed, funded=funded, rules=rules)
    if backend == "anvil":
        from harness.chain.nodes.anvil import AnvilBackend

        return AnvilBackend(CHAIN_ID if chain_id is None else chain_id, rules=rules, is_private=is_private)
    if backend == "hardhat":
        from harness.chain.nodes.hardhat import HardhatBackend

        return HardhatBackend(CHAIN_ID if chain_id is None else chain_id, rules=rules)
    if backend == "geth":
        from harness.chain.nodes.geth import GethBackend

        return GethBackend(CHAIN_ID if chain_id is None else chain_id, rules=rules)
    if backend.startswith(("http://", "https://")):
        from harness.chain.nodes.node import RpcBackend

        return RpcBackend(backend, chain_id, rules=rules)
    raise UnknownBackend(backend)

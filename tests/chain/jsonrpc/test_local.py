"""JSON-RPC of the chains of this process: one table of methods, one form of header."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.chain.jsonrpc.methods import LocalRpc
from harness.primitives.hashing import keccak256


@pytest.fixture
def chain() -> Chain:
    return open_chain()


def rpc_of(chain: Chain) -> LocalRpc:
    backend: Any = chain.backend
    return LocalRpc(backend)


@pytest.mark.parametrize("name", ["handle", "find", "_number", "_methods", "_set_balance", "__init__", "eth_", ""])
def test_what_is_no_method_of_the_table_is_unknown(chain: Chain, name: str) -> None:
    answer = rpc_of(chain).handle(name, ())
    assert answer["error"]["code"] == -32601


def test_the_pending_block_is_the_next_one_without_transactions(chain: Chain) -> None:
    sent = chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)

    def ask(method: str, *params: Any) -> Any:
        return rpc_of(chain).handle(method, params)["result"]

    following = ask("eth_getBlockByNumber", "pending", False)
    assert (int(following["number"], 16), following["transactions"]) == (chain.block_number + 1, [])
    assert following["parentHash"] == "0x" + chain.head.hash.hex()
    shown = ask("eth_getHeaderByNumber", "pending")
    assert shown.items() <= following.items() and shown["hash"] is None
    assert ask("eth_getBlockTransactionCountByNumber", "latest") == "0x1"
    assert ask("eth_getBlockTransactionCountByNumber", "pending") == "0x0"
    assert ask("eth_getTransactionByBlockNumberAndIndex", "latest", "0x0")["hash"] == "0x" + sent.hash.hex()
    assert ask("eth_getTransactionByBlockNumberAndIndex", "pending", "0x0") is None
    assert ask("eth_getRawTransactionByBlockNumberAndIndex", "pending", "0x0") is None
    assert ask("eth_getBlockReceipts", "pending") == []


@pytest.mark.parametrize("prefix", ["anvil", "hardhat"])
def test_both_development_nodes_verbs_edit(chain: Chain, prefix: str) -> None:
    rpc, bob = rpc_of(chain), chain.accounts.bob
    assert "error" not in rpc.handle(f"{prefix}_setBalance", (bob.address, "0x7"))
    assert "error" not in rpc.handle(f"{prefix}_setNonce", (bob.address, "0x9"))
    assert "error" not in rpc.handle(f"{prefix}_setStorageAt", (bob.address, "0x1", "0x2"))
    assert "error" not in rpc.handle(f"{prefix}_setCode", (bob.address, "0x60"))
    assert (chain.balance(bob), chain.nonce(bob), chain.storage(bob, 1), chain.code(bob)) == (7, 9, 2, b"\x60")


def test_the_hash_of_a_block_is_that_of_the_header_that_is_shown(chain: Chain) -> None:
    chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
    chain.mine(2)
    backend: Any = chain.backend
    for number in range(chain.block_number + 1):
        assert keccak256(backend.blocks[number].shown_header.encode()) == chain.block_at(number).hash

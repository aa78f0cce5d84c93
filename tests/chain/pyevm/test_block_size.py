"""Blocks of at most 8 MiB, since Osaka (EIP-7934)."""

from __future__ import annotations

from typing import Any

import pytest
import rlp

from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.pyevm.blocks import MAX_BLOCK_SIZE
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.refusals import BlockTooLarge
from harness.chain.values.rules import OSAKA_RULES, PRAGUE_RULES, L1Rules
from harness.chain.values.transactions import Sent, Transaction, sign

ALICE = well_known_accounts().alice
GAS = 2 * 10**8


def opened(rules: L1Rules) -> PyEvmBackend:
    funded = {ALICE.address_bytes: 10**30}
    return PyEvmBackend(funded=funded, gas_limit=GAS, gas_cap=None, rules=rules)


def carrying(size: int, nonce: int = 0, type_id: int = 2) -> Sent:
    chain_id = 900
    fees = (10**9, 10**11) if type_id == 2 else (10**11, 10**11)
    gas = 21_000 + 10 * size
    return sign(Transaction(type_id, chain_id, nonce, *fees, gas, bytes(20), 0, bytes(size)), ALICE.private_key)


def size_of_head(backend: PyEvmBackend) -> int:
    block: Any = backend.blocks[-1]
    listed = [rlp.decode(sent.raw) if sent.raw[0] >= 0xC0 else sent.raw for sent in block.transactions]
    return len(rlp.encode([rlp.decode(block.header.encode()), listed, [], []]))


@pytest.mark.parametrize("type_id", [0, 2], ids=["a legacy transaction", "a typed one"])
def test_a_block_may_have_8_mib_to_the_byte(type_id: int) -> None:
    backend = opened(OSAKA_RULES)
    probe = opened(PRAGUE_RULES)
    probe.submit(carrying(8_000_000, type_id=type_id))
    largest = 8_000_000 + MAX_BLOCK_SIZE - size_of_head(probe)
    before = backend.head()
    with pytest.raises(BlockTooLarge, match=rf"has {MAX_BLOCK_SIZE + 1} bytes, at most 8388608 are allowed"):
        backend.submit(carrying(largest + 1, type_id=type_id))
    assert backend.head() == before
    backend.submit(carrying(largest, type_id=type_id))
    assert size_of_head(backend) == MAX_BLOCK_SIZE


def test_the_transactions_of_a_block_are_counted_together() -> None:
    backend = opened(OSAKA_RULES)
    backend.open_block()
    backend.submit(carrying(5_000_000))
    with pytest.raises(BlockTooLarge):
        backend.submit(carrying(5_000_000, nonce=1))
    backend.submit(carrying(100, nonce=1))
    backend.close_block()
    assert len(backend.transactions(1)) == 2
    assert 5_000_000 < size_of_head(backend) < MAX_BLOCK_SIZE


def test_prague_has_no_such_limit() -> None:
    backend = opened(PRAGUE_RULES)
    backend.submit(carrying(9_000_000))
    assert size_of_head(backend) > MAX_BLOCK_SIZE

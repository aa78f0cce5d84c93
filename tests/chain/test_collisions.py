"""Nothing is created where there is code, a nonce or storage (EIP-684, EIP-7610), on each backend."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import to_canonical_address

from harness.chain import Chain
from harness.chain.values.transactions import create_address

CODE = bytes.fromhex("6001 5f f3")
FACTORY = b"\xfa" * 20
CREATES = bytes.fromhex("5f 5f 5f f0 5f 52 60205ff3")  # the address, or 0


def occupy_by_storage(chain: Chain, address: bytes) -> None:
    chain.set_storage(address, 7, 1)


def occupy_by_code(chain: Chain, address: bytes) -> None:
    chain.set_code(address, b"\x00")


def occupy_by_nonce(chain: Chain, address: bytes) -> None:
    chain.set_nonce(address, 1)


OCCUPIED = pytest.mark.parametrize(
    "occupy",
    [pytest.param(occupy_by_storage, marks=pytest.mark.needs("storage-collision")), occupy_by_code, occupy_by_nonce],
)


@OCCUPIED
def test_a_creating_transaction_fails_where_something_is(chain: Chain, alice: Any, occupy: Any) -> None:
    address = to_canonical_address(create_address(alice.address_bytes, 0))
    chain.set_balance(address, 5)
    occupy(chain, address)
    before = (chain.code(address), chain.storage(address, 7), chain.nonce(address))
    receipt = chain.send(sender=alice, data=CODE, gas=100_000, check=False)
    assert not receipt.succeeded
    assert receipt.gas_used == 100_000
    assert (chain.code(address), chain.storage(address, 7), chain.nonce(address)) == before


@OCCUPIED
def test_create_gives_nothing_where_something_is(chain: Chain, alice: Any, occupy: Any) -> None:
    chain.set_code(FACTORY, CREATES)
    chain.set_nonce(FACTORY, 1)
    occupy(chain, to_canonical_address(create_address(FACTORY, 1)))
    assert int.from_bytes(chain.call(to=FACTORY), "big") == 0


def test_a_balance_is_no_obstacle(chain: Chain, alice: Any) -> None:
    address = create_address(alice.address_bytes, 0)
    chain.set_balance(address, 5)
    assert chain.send(sender=alice, data=CODE).succeeded
    assert chain.code(address) == b"\x00"


def test_storage_that_was_taken_away_is_no_obstacle(chain: Chain, alice: Any) -> None:
    address = create_address(alice.address_bytes, 0)
    chain.set_storage(address, 7, 1)
    chain.set_storage(address, 7, 0)
    assert chain.send(sender=alice, data=CODE).succeeded


def test_the_table_says_who_creates_over_storage(chain: Chain, alice: Any) -> None:
    chain.set_storage(create_address(alice.address_bytes, 0), 7, 1)
    fails = not chain.send(sender=alice, data=CODE, gas=100_000, check=False).succeeded
    assert fails == ("storage-collision" in chain.capabilities)


def test_a_failure_is_executed_again_as_the_backend_executed_it(chain: Chain, alice: Any) -> None:
    """A factory that reverts after it created: what the account at the new address holds decides how far it comes."""
    created = create_address(FACTORY, 1)
    chain.set_storage(created, 7, 1)
    chain.set_code(FACTORY, bytes.fromhex("5f 5f 5f f0 60 0a 57 5f 5f fd 5b fe"))
    chain.set_nonce(FACTORY, 1)
    receipt = chain.send(sender=alice, to=FACTORY, gas=200_000, check=False)
    again = chain.backend.trace(receipt.hash).replay(None)
    collides = "storage-collision" in chain.capabilities
    assert again.steps[-1] == (9 if collides else 11)
    assert again.error == chain.backend.trace(receipt.hash).error

"""Rows of empty blocks on py-evm: nothing is made before it is read, and all of it equals mining one by one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.chain import Chain, open_chain
from harness.chain.pyevm.empty import LATE_ACCOUNTS, Place
from harness.chain.values.accounts import well_known_accounts
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts
from harness.primitives.patricia import EMPTY_ROOT, nibbles, put, root_hash
from harness.primitives.thawed import ThawedTrie

ALICE, BOB = well_known_accounts()[0], well_known_accounts()[1]
BOLD_PERIOD = 45_818
HISTORY, BEACON_ROOTS = "0x0000F90827F1C53a10cb7A02335B175320002935", "0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02"


class OneByOne:
    """A chain whose empty blocks are sealed like those with transactions."""

    def __init__(self) -> None:
        self.chain = open_chain()

    def mine(self, count: int) -> None:
        for _ in range(count):
            with self.chain.block():
                pass


class InRows:
    def __init__(self) -> None:
        self.chain = open_chain()

    def mine(self, count: int) -> None:
        self.chain.mine(count)


def headers(chain: Chain) -> list[Any]:
    return [asdict(block.header) for block in chain.backend.blocks]  # type: ignore[attr-defined]


def made(chain: Chain) -> int:
    place = chain.backend.blocks.place(chain.block_number)  # type: ignore[attr-defined]
    assert isinstance(place, Place)
    return place.row.made


STEPS = st.one_of(
    st.tuples(st.just("mine"), st.integers(1, 12)),
    st.tuples(st.just("warp"), st.integers(1, 20_000)),
    st.tuples(st.just("send"), st.integers(1, 10**18)),
    st.tuples(st.just("edit"), st.integers(0, 2**200)),
    st.tuples(st.just("store"), st.integers(0, 40)),
    st.tuples(st.just("mark"), st.integers(0, 3)),
    st.tuples(st.just("restore"), st.integers(0, 3)),
    st.tuples(st.just("reorg"), st.integers(0, 9)),
    st.tuples(st.just("ask"), st.integers(0, 3)),
)


def play(side: OneByOne | InRows, steps: list[tuple[str, int]], *, asks: bool) -> list[Any]:
    """Do the steps; the chain's headers. ``asks`` tells whether hashes are asked for in between."""
    chain, marks = side.chain, {}
    for name, value in steps:
        if name == "mine":
            side.mine(value)
        elif name == "warp":
            chain.warp(value)
        elif name == "send":
            chain.send(sender=ALICE, to=BOB, value=value)
        elif name == "edit":
            chain.set_balance(BOB, value)
        elif name == "store":
            chain.set_storage(HISTORY, value, value + 1)
            chain.set_storage(BEACON_ROOTS, value, value + 1)
        elif name == "mark":
            marks[value] = chain.snapshot()
        elif name == "restore" and value in marks and marks[value] in chain._snapshots.values():
            try:
                chain.restore(marks[value])
            except Exception as error:
                assert type(error).__name__ == "UnknownSnapshot"
        elif name == "reorg":
            chain.reorg(min(value, chain.block_number))
        elif name == "ask" and asks:
            assert chain.head.hash
    return headers(chain)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=12), st.booleans())
def test_rows_are_what_one_by_one_gives(steps: list[tuple[str, int]], asks: bool) -> None:
    assert play(InRows(), steps, asks=asks) == play(OneByOne(), steps, asks=False)


def test_a_row_longer_than_the_ring_buffers_is_what_one_by_one_gives() -> None:
    rows, single = InRows(), OneByOne()
    for side in (rows, single):
        side.mine(8_300)
    assert headers(rows.chain) == headers(single.chain)
    for side in (rows, single):
        side.chain.send(sender=ALICE, to=BOB, value=1)
    assert rows.chain.head == single.chain.head
    for address in LATE_ACCOUNTS:
        for slot in (0, 5, 108, 109, 8_190, 8_191, 16_381):
            assert rows.chain.storage(address, slot) == single.chain.storage(address, slot)


def test_a_state_within_a_row_is_that_of_its_header() -> None:
    chain = open_chain()
    chain.mine(50)
    chain.send(sender=ALICE, to=BOB, value=1)
    for number in (1, 17, 50):
        proof: Any = chain.w3.eth.get_proof(HISTORY, [number - 1], number)  # type: ignore[arg-type]
        assert int.from_bytes(proof["storageProof"][0]["value"], "big") == int.from_bytes(
            chain.block_at(number - 1).hash, "big"
        )
        from eth_hash.auto import keccak

        assert keccak(bytes(proof["accountProof"][0])) == chain.block_at(number).state_root


def test_an_empty_head_is_described_once_and_gives_way_to_another_head() -> None:
    chain = open_chain()
    chain.mine(3)
    head = chain.head
    assert chain.head is head
    chain.mine()
    assert (chain.head.number, chain.head.timestamp) == (head.number + 1, head.timestamp + 1)
    chain.reorg(2)
    chain.warp(500)
    chain.mine()
    assert (chain.head.number, chain.head.timestamp) == (head.number, head.timestamp + 499)
    assert chain.head.hash != head.hash
    chain.send(sender=ALICE, to=BOB, value=1)
    assert chain.head.gas_used == 21_000


def test_a_long_row_is_made_only_when_a_hash_is_asked_for() -> None:
    chain = open_chain()
    probe = ContractType(built_in_contracts()["ChainProbe"]).deploy(chain, 5, sender=ALICE)
    before, time = chain.block_number, chain.now
    chain.mine(BOLD_PERIOD)
    head = chain.head
    assert (head.number, head.timestamp) == (before + BOLD_PERIOD, time + BOLD_PERIOD)
    assert head.base_fee == chain.backend.next_base_fee() == 7
    assert chain.block_at(before + 1_000).timestamp == time + 1_000
    mark = chain.snapshot()
    assert (probe.count(), chain.balance(ALICE) > 0, chain.nonce(ALICE)) == (5, True, 1)
    assert tuple(probe.environment())[:2] == (head.number, head.timestamp)
    assert chain.logs() == []
    chain.warp(100)
    assert probe.environment()[1] == chain.now == head.timestamp + 100
    chain.mine(3)
    chain.restore(mark)
    chain.reorg(1_000)
    assert chain.block_number == before + BOLD_PERIOD - 1_000
    assert made(chain) == 0
    with pytest.raises(Exception, match="no block"):
        chain.block_at(before + BOLD_PERIOD)


@pytest.mark.parametrize("count", [1, 2, 300, 8_192])
def test_hashes_seen_by_code_are_those_of_the_blocks(count: int) -> None:
    chain = open_chain()
    probe = ContractType(built_in_contracts()["ChainProbe"]).deploy(chain, 5, sender=ALICE)
    chain.mine(count)
    receipt = probe.increment(sender=ALICE)
    assert chain.block_at(receipt.block_number).parent_hash == chain.block_at(receipt.block_number - 1).hash
    for back in (1, 2, 255, 256, 257):
        number = receipt.block_number - back
        if number >= 0:
            expected = chain.block_at(number).hash if back <= 256 else bytes(32)
            assert probe.hashOf(number) == expected
    for back in (1, 2, 8_190):
        number = receipt.block_number - back
        if number >= 0:
            assert chain.call(to=HISTORY, data=number.to_bytes(32, "big")) == chain.block_at(number).hash
    root = chain.call(to=BEACON_ROOTS, data=(chain.now - 1).to_bytes(32, "big"))
    assert root == EMPTY_ROOT


def test_web3_finds_the_blocks_of_a_row() -> None:
    chain = open_chain()
    chain.mine(40)
    eth = chain.w3.eth
    for number in (1, 20, 40):
        block = eth.get_block(number)
        assert eth.get_block(block["hash"]) == block
        assert block["parentHash"] == eth.get_block(number - 1)["hash"]
        assert block["transactions"] == []
    assert eth.get_logs({"fromBlock": 0, "toBlock": 40}) == []
    watch = eth.filter("latest")
    chain.mine(3)
    assert watch.get_new_entries() == [eth.get_block(number)["hash"] for number in (41, 42, 43)]
    chain.reorg(2)
    assert watch.get_new_entries() == []
    chain.warp(9)
    chain.mine()
    assert watch.get_new_entries() == [eth.get_block(42)["hash"]]


def test_many_rows_upon_each_other_are_made() -> None:
    chain = open_chain()
    for _ in range(1_500):
        chain.warp(2)
        chain.mine()
    assert chain.block_at(1_000).parent_hash == chain.block_at(999).hash
    assert len(set(map(repr, headers(chain)))) == 1_501


KEYS = st.integers(0, 60)


@given(
    st.lists(st.tuples(KEYS, st.integers(1, 2**256 - 1))),
    st.lists(st.tuples(KEYS, st.integers(1, 2**256 - 1), st.booleans())),
)
def test_a_thawed_trie_has_the_roots_of_a_persistent_one(
    before: list[tuple[int, int]], after: list[tuple[int, int, bool]]
) -> None:
    """Keys share long prefixes, so that leaves split and extensions appear."""

    def path(key: int) -> bytes:
        return nibbles(bytes(30) + key.to_bytes(2, "big"))

    trie = None
    for key, value in before:
        trie = put(trie, path(key), value)
    start, thawed = root_hash(trie), ThawedTrie(trie)
    frozen = trie
    for key, value, asks in after:
        frozen = put(frozen, path(key), value)
        thawed.set(path(key), value)
        if asks:
            assert thawed.root() == root_hash(frozen)
    assert thawed.root() == root_hash(frozen)
    assert root_hash(trie) == start

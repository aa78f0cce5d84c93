"""The guide "costs" shows the table of capabilities, and the table claims no less than the backends have."""

from __future__ import annotations

import pytest

from harness.chain import ether, open_chain
from harness.chain.capabilities import BACKENDS, CAPABILITIES, capability, is_declared, markdown, missing
from harness.chain.values.transactions import Transaction, decode, sign
from tests.support.guide_tables import check_table


def test_the_guide_shows_the_table():
    check_table("costs", "capabilities", markdown())


def test_rows_have_keys_of_their_own_and_known_backends():
    assert len({row.key for row in CAPABILITIES}) == len(CAPABILITIES)
    assert all(set(row.backends) <= set(BACKENDS) and row.backends for row in CAPABILITIES)


def test_missing_names_what_a_backend_lacks():
    assert missing("py-evm", ("time", "seed")) is None
    assert missing("anvil", ("time", "seed", "blobs")) == "capability: anvil lacks seed, blobs"
    with pytest.raises(KeyError):
        missing("anvil", ("teleport",))


def test_chain_knows_what_it_can(chain, backend_name):
    rows = {row.key for row in CAPABILITIES if backend_name in row.backends}
    assert chain.capabilities == rows
    assert {"time", "mining"} <= rows


@pytest.mark.parametrize(
    ("reason", "declared"),
    [
        ("capability: anvil lacks seed", True),
        ("capability: anvil lacks seed, blobs", True),
        ("capability: anvil lacks time", False),
        ("capability: anvil lacks teleport", False),
        ("capability: ganache lacks seed", False),
        ("too slow today", False),
        ("", False),
    ],
)
def test_only_rows_of_the_table_are_declared(reason, declared):
    assert is_declared(reason) is declared


def _hashes(backend, seed):
    with open_chain(backend, seed=seed) as chain:
        chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=ether(1))
        chain.warp(1_000)
        chain.mine(2)
        return [chain.block_at(number).hash for number in range(chain.block_number + 1)]


def test_seed_decides_the_block_hashes_where_the_table_says_so(backend_name):
    first, again, other = (_hashes(backend_name, seed) for seed in (1, 1, 2))
    if capability("seed").of(backend_name):
        assert first == again
        assert not set(first) & set(other)
    else:
        assert first == other


def test_beacon_roots_contract_answers_where_the_table_says_so(backend_name, chain):
    chain.mine()
    when = "0x" + chain.head.timestamp.to_bytes(32, "big").hex()
    request = {"to": "0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02", "data": when}
    found = chain.backend.answer("eth_call", [request, "latest"]).get("result", "0x")
    assert (len(found) == 66 and int(found, 16) > 0) == capability("beacon-roots").of(backend_name)


def test_overrides_are_taken_where_the_table_says_so(backend_name, chain):
    request = {"to": "0x" + "11" * 20, "data": "0x"}
    answer = chain.backend.provider.make_request("eth_call", [request, "latest", {"0x" + "11" * 20: {"code": "0xfe"}}])
    taken = "opcode" in answer["error"]["message"].lower().replace("fe", " opcode") if "error" in answer else False
    assert ("override" not in str(answer)) == capability("overrides").of(backend_name)
    assert taken or "error" in answer


def test_step_tracer_is_there_where_the_table_says_so(backend_name, chain, alice, bob):
    receipt = chain.send(sender=alice, to=bob)
    answer = chain.backend.provider.make_request("debug_traceTransaction", ["0x" + receipt.hash.hex(), {}])
    assert ("result" in answer) == capability("steps").of(backend_name)


@pytest.mark.needs("blobs")
def test_blob_transactions_pay_for_their_blobs(chain, alice, bob):
    hashes = (b"\x01" + bytes(31), b"\x01" + b"\xff" * 31)
    tx = Transaction(3, 900, 0, 10**9, 10**10, 21_000, bob.address_bytes, 0, b"", max_blob_fee=10, blob_hashes=hashes)
    raw = sign(tx, alice.key).raw
    assert decode(raw).tx.blob_hashes == hashes
    before = chain.balance(alice)
    receipt = chain.send_raw(raw)
    assert before - chain.balance(alice) == receipt.cost + 2 * 2**17
    assert chain.w3.eth.get_block("latest")["blobGasUsed"] == 2 * 2**17

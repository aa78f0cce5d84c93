"""The fork of an L1 is a setting: what Osaka brings is there on it, and is not there on Prague, on each backend."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.chain.errors import UnsupportedOperation
from harness.chain.opening import FORK_VARIABLE
from harness.chain.values.rules import BLOB_SCHEDULE, DEFAULT_RULES, L1_FORKS, PRAGUE_BLOBS, BlobRules, l1_rules
from harness.chain.values.value_errors import UnknownBlobSchedule, UnknownL1Fork
from harness.config import L1_FORKS as CONFIGURED_FORKS
from tests.unit.primitives.test_modexp import given as modexp_input
from tests.unit.primitives.test_p256 import given as p256_input

CLZ = bytes.fromhex("5f35 1e 5f52 60205ff3")
PROBE = b"\xc1" * 20


@pytest.fixture(scope="module")
def osaka(backend_name: str) -> Iterator[Chain]:
    with open_chain(backend_name, fork="osaka") as chain:
        yield chain


@pytest.fixture(scope="module")
def prague(backend_name: str) -> Iterator[Chain]:
    with open_chain(backend_name, fork="prague") as chain:
        yield chain


def ask(chain: Chain, to: bytes, data: bytes, gas: int = 1_000_000) -> bytes | None:
    """The output of a call; None if it fails."""
    from harness.errors import Reverted

    try:
        return chain.call(to=to, data=data, gas=gas)
    except Reverted:
        return None


@pytest.mark.parametrize("word", [0, 1, 2**255, 2**256 - 1, 0xFF])
def test_clz_counts_on_osaka_and_is_no_opcode_on_prague(osaka: Chain, prague: Chain, word: int) -> None:
    for chain in (osaka, prague):
        chain.set_code(PROBE, CLZ)
    data = word.to_bytes(32, "big")
    assert ask(osaka, PROBE, data) == (256 - word.bit_length()).to_bytes(32, "big")
    assert ask(prague, PROBE, data) is None


def test_p256verify_answers_on_osaka_and_is_nobody_on_prague(osaka: Chain, prague: Chain) -> None:
    address = (0x100).to_bytes(20, "big")
    assert ask(osaka, address, p256_input()) == (1).to_bytes(32, "big")
    assert ask(osaka, address, p256_input(digest=sha256(b"another").digest())) == b""
    assert ask(osaka, address, p256_input(), gas=21_000 + 16 * 160 + 6_000) is None, "it costs 6,900"
    assert ask(prague, address, p256_input()) == b""


def test_modexp_has_osakas_bounds_and_prices_on_osaka_alone(osaka: Chain, prague: Chain) -> None:
    address = (5).to_bytes(20, "big")
    long = modexp_input(b"\x01", b"\x01", b"\x02" * 1_025)
    assert ask(osaka, address, long) is None
    assert ask(prague, address, long) == bytes(1_024) + b"\x01"
    dear = modexp_input(b"\xff" * 256, b"\x01\x00\x01", b"\xff" * 256)  # 32,768 gas on Osaka, 5,461 on Prague
    gas = 21_000 + 16 * len(dear) + 20_000
    assert ask(osaka, address, dear, gas) is None
    assert ask(prague, address, dear, gas) is not None


def test_the_environment_names_the_fork_where_nobody_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for fork in L1_FORKS:
        monkeypatch.setenv(FORK_VARIABLE, fork)
        with open_chain() as chain, open_chain(fork="prague") as told:
            assert (fork_of(chain), fork_of(told)) == (fork, "prague")
    monkeypatch.delenv(FORK_VARIABLE)
    with open_chain() as chain:
        assert fork_of(chain) == DEFAULT_RULES.fork_name


def fork_of(chain: Chain) -> str:
    backend: Any = chain.backend
    return str(backend.rules.fork_name)


def test_an_unknown_fork_or_schedule_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownL1Fork, match="fork of L1 is 'cancun', expected one of prague, osaka"):
        open_chain(fork="cancun")
    with pytest.raises(UnknownBlobSchedule, match="blobs of L1 are 'bpo9', expected one of osaka, bpo1, bpo2 on osaka"):
        open_chain(fork="osaka", blobs="bpo9")
    with pytest.raises(UnknownBlobSchedule, match="expected one of prague on prague"):
        open_chain(fork="prague", blobs="bpo1")
    monkeypatch.setenv(FORK_VARIABLE, "amsterdam")
    with pytest.raises(UnknownL1Fork, match="amsterdam"):
        open_chain()


def test_the_configuration_knows_the_forks_of_l1() -> None:
    assert tuple(L1_FORKS) == CONFIGURED_FORKS


@pytest.mark.only_anvil
def test_anvil_has_no_later_blob_schedule() -> None:
    with pytest.raises(UnsupportedOperation, match="blob schedule"):
        open_chain("anvil", fork="osaka", blobs="bpo2")


def test_the_blob_schedule_has_mainnets_numbers() -> None:
    assert {name: (rules.target, rules.most) for name, rules in BLOB_SCHEDULE.items()} == {
        "osaka": (6, 9),
        "bpo1": (10, 15),
        "bpo2": (14, 21),
    }
    assert (PRAGUE_BLOBS.target, PRAGUE_BLOBS.most, PRAGUE_BLOBS.is_bounded) == (6, 9, False)
    assert l1_rules("osaka", "bpo2").blobs.per_transaction == 6


@pytest.mark.parametrize(
    ("rules", "excess", "used", "base_fee", "expected"),
    [
        (PRAGUE_BLOBS, 0, 5, 1, 0),
        (PRAGUE_BLOBS, 0, 9, 10**9, 3 * 2**17),
        (BLOB_SCHEDULE["osaka"], 0, 9, 1, 3 * 2**17),
        (BLOB_SCHEDULE["osaka"], 0, 9, 10**9, 3 * 2**17),
        (BLOB_SCHEDULE["osaka"], 0, 6, 10**9, 2 * 2**17),
        (BLOB_SCHEDULE["osaka"], 10 * 2**17, 0, 10**9, 10 * 2**17),
        (BLOB_SCHEDULE["osaka"], 10 * 2**17, 0, 15, 4 * 2**17),
        (BLOB_SCHEDULE["osaka"], 10 * 2**17, 0, 17, 10 * 2**17),
        (BLOB_SCHEDULE["bpo1"], 0, 15, 10**9, 5 * 2**17),
    ],
)
def test_the_excess_of_blob_gas_stays_while_a_blob_costs_less_than_its_execution(
    rules: BlobRules, excess: int, used: int, base_fee: int, expected: int
) -> None:
    """Since Osaka (EIP-7918), 2^13 times the base fee is what a blob must cost; at 1 wei of blob fee that is 16 wei."""
    assert rules.next_excess(excess, used * 2**17, base_fee) == expected


def test_blocks_follow_the_bound_of_the_blob_fee() -> None:
    with open_chain(fork="osaka") as chain:
        alice: Any = chain.accounts.alice
        fees = []
        for _ in range(3):
            chain.w3.eth.get_block("latest")
            send_blobs(chain, alice, 6)
            fees.append(int(chain.w3.eth.get_block("latest")["excessBlobGas"]))
        assert fees == [0, 2 * 2**17, 4 * 2**17], "six blobs are the target, yet the excess grows by two"


def send_blobs(chain: Chain, sender: Any, count: int, **fields: Any) -> Any:
    from harness.chain.values.transactions import Transaction, sign

    hashes = tuple(b"\x01" + bytes([n]) * 31 for n in range(count))
    given = {"max_blob_fee": 10**9, "blob_hashes": hashes} | fields
    nonce = chain.nonce(sender)
    tx = Transaction(3, chain.chain_id, nonce, 10**9, 10**11, 21_000, bytes(20), 0, b"", **given)
    return chain.send_raw(sign(tx, sender.key).raw)

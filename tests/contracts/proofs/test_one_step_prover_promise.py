"""The promise: every step of every L2 transaction fits into one L1 transaction, the worst ones included.

Each case is a transaction really sent to the prover on L1 under Prague's rules: it must use less than 2^24 gas
(EIP-7825; the calldata floor of EIP-7623 included) and be shorter than the 128 KiB that clients' pools take.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from eth_utils import to_checksum_address

from harness.primitives.hashing import Tag, keccak256, tagged_hash
from harness.proofs.hosts import PyEvmHost, verify_calldata
from harness.proofs.machine import Phase
from harness.proofs.memory import LEVELS
from harness.proofs.samples.delegation import authorization_fields
from harness.proofs.witness import Witness, to_words
from harness.rollup.forks import FORKS
from harness.rollup.machine.chains import Authorization
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.machine import Cursor

from .deep import (
    GAS,
    MEMORY_WORDS,
    RANGE,
    WORST,
    DeepTrie,
    Scene,
    account,
    filled_memory,
    halted,
)
from .worst import CASES, NOISE, OTHER, differ, hosts_of_cases

MAX_GAS = 2**24
MAX_BYTES = 128 * 1024
ENVELOPE = 250
"""More than a transaction adds to its calldata: fields, list headers, signature."""


@pytest.fixture(scope="module")
def host() -> PyEvmHost:
    return PyEvmHost()


@pytest.fixture(scope="module")
def hosts() -> Callable[[str], PyEvmHost]:
    return hosts_of_cases()


@cache
def _built(name: str) -> tuple[bytes, bytes]:
    return CASES[name]().build()


def _measure(host: PyEvmHost, pre_hash: bytes, index: int, end_batch: int, witness: bytes) -> tuple[int, int]:
    """Return gas and bytes of a real transaction that proves the step."""
    size = len(verify_calldata(pre_hash, index, end_batch, witness)) + ENVELOPE
    return host.gas_of(pre_hash, index, end_batch, witness), size


@pytest.mark.parametrize("name", CASES)
def test_worst_step_fits_into_one_transaction(
    hosts: Callable[[str], PyEvmHost], record_property: Any, name: str
) -> None:
    pre_hash, witness = _built(name)
    gas, size = _measure(hosts(name), pre_hash, 1, 1, witness)
    record_property("gas", gas)
    record_property("bytes", size)
    assert gas < MAX_GAS
    assert size < MAX_BYTES


def _siblings(first: int, last: int) -> tuple[int, int]:
    """How many siblings a read opening of these words has, and a write opening."""
    read = write = 0
    for _ in range(LEVELS):
        read += first % 2 + (last % 2 == 0)
        write += 1 if first == last else 0 if first ^ 1 == last else 2
        first, last = first // 2, last // 2
    return read, write


def test_no_longest_range_has_a_longer_opening_than_the_cases_have() -> None:
    """Of all places in the memory that a transaction can pay for, so that an offset needs no bound."""
    words = RANGE // 32 + 1
    every = [_siblings(first, first + words - 1) for first in range(MEMORY_WORDS - words)]
    first, last = WORST // 32, (WORST + RANGE - 1) // 32
    assert last - first + 1 == words and WORST % 32
    assert _siblings(first, last) == (max(read for read, _ in every), max(write for _, write in every)) == (28, 38)
    memory = filled_memory()
    assert len(memory.open_read(first, last)) == words + 28
    assert len(memory.open_write(first, last)) == 2 + 38


def test_worst_step_is_not_a_halt(hosts: Callable[[str], PyEvmHost]) -> None:
    """The cases measure what they say: none of them ends in an exceptional halt, which would be cheap."""
    for name in CASES:
        pre_hash, witness = _built(name)
        assert hosts(name).verify(pre_hash, 1, 1, witness) != _halted(CASES[name]()), name


def _halted(scene: Scene) -> bytes:
    """The hash of the machine if the scene's top frame halted; nothing for a scene in which no top frame runs."""
    if scene.phase is not Phase.EXECUTE or scene.parent is not None:
        return b""
    return halted(scene.machine())


def _input_witness(host: PyEvmHost, raw: bytes, sender: bytes, target: bytes, code: bytes) -> tuple[bytes, int, bytes]:
    data = b"\x00" + len(raw).to_bytes(3, "big") + raw
    data += NOISE[: 98_304 - len(data)] + NOISE[: max(0, 98_304 - len(data) - len(NOISE))]
    batch = host.post(data)
    state = DeepTrie({keccak256(sender): account(nonce=0), keccak256(target): account(code=code)})
    env = Env(9, 99, b"\xc0" * 20, GAS, b"\x0f" * 32, 7, 1, 901, 3, fork=FORKS[-1], base_fee_scalar=1)
    cursor = Cursor(batch.index, True, 0, budget=GAS)
    words = (
        state.root, cursor.batch, 1, 0, 0, 0, cursor.budget, env.hash, Ring().root, bytes(32), bytes(32),
    )  # fmt: skip
    witness = Witness(
        machine=to_words(words),
        env=to_words(env.words()),
        data=data,
        input=to_words(batch.words()),
        nodes=tuple(state.nodes),
    )
    return tagged_hash(Tag.MACHINE, *words), batch.index, witness.encode()


@pytest.mark.parametrize(
    "shape",
    ["data", "access list of slots", "access list of addresses", "authorisations", "authorisations beyond the gas"],
)
def test_worst_input_fits_into_one_transaction(host: PyEvmHost, record_property: Any, shape: str) -> None:
    """A full batch whose first item is the longest transaction."""
    from eth_account import Account

    signers = (Account.from_key(bytes([n]) * 32) for n in range(1, 99))
    signer = next(s for s in signers if differ(bytes.fromhex(s.address[2:]), OTHER))
    fields: dict[str, Any] = {
        "type": 2, "chainId": 901, "nonce": 0, "gas": GAS, "maxFeePerGas": 99, "maxPriorityFeePerGas": 1,
        "to": OTHER, "value": 1, "data": b"", "accessList": [],
    }  # fmt: skip
    if shape == "data":
        fields["data"] = NOISE + NOISE[: 50_000 - len(NOISE) - 130]
    elif shape == "access list of slots":
        keys = [f"0x{n:064x}" for n in range(1500)]
        fields["accessList"] = [{"address": to_checksum_address(OTHER), "storageKeys": keys}]
    elif shape == "authorisations":
        # As many as the gas of a transaction buys, each as long as it can be, and data behind them.
        given = Authorization(2**256 - 1, OTHER, 2**64 - 1, 1, 2**256 - 1, 2**256 - 1)
        fields |= {"type": 4, "authorizationList": [authorization_fields(given)] * ((GAS - 51_000) // 25_000)}
        fields["data"] = bytes(5_500)
    elif shape == "authorisations beyond the gas":
        # Decoded all the same, before the gas limit is found too low.
        given = Authorization(0, OTHER, 0, 0, 0, 0)
        fields |= {"type": 4, "authorizationList": [authorization_fields(given)] * 1_840}
    else:
        addresses = [to_checksum_address(random.Random(n).randbytes(20)) for n in range(2100)]
        fields["accessList"] = [{"address": address, "storageKeys": []} for address in addresses]
    raw = bytes(signer.sign_transaction(fields).raw_transaction)
    assert 46_000 < len(raw) <= 50_000
    pre_hash, index, witness = _input_witness(host, raw, bytes.fromhex(signer.address[2:]), OTHER, b"\x00")

    gas, size = _measure(host, pre_hash, index << 24, index + 1, witness)
    record_property("gas", gas)
    record_property("bytes", size)
    assert host.verify(pre_hash, index << 24, index + 1, witness) != pre_hash
    assert gas < MAX_GAS
    assert size < MAX_BYTES

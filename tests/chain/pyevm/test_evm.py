"""py-evm's faults, each shown to be fixed, and its precompiles against a second EVM."""

from __future__ import annotations

import random

import pyrevm
import pytest
from eth.precompiles.modexp import _modexp as py_evms_modexp

from harness.chain.backend import CallRequest
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign
from harness.rollup.forks import DEFAULT_FORK, Fork
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring
from harness.rollup.machine.execution import simulate
from harness.rollup.machine.state import State

ALICE = well_known_accounts().alice
FUNDED = {ALICE.address_bytes: 10**24}
TARGET = b"\xaa" * 20


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _modexp_input(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    return b"".join((_word(len(base)), _word(len(exponent)), _word(len(modulus)), base, exponent, modulus))


def _second_opinion(address: int, payload: bytes) -> tuple[bool, bytes]:
    evm = pyrevm.EVM()
    try:
        output = evm.message_call(
            caller="0x" + "01" * 20, to="0x" + address.to_bytes(20, "big").hex(), calldata=payload, gas=30_000_000
        )
    except RuntimeError:
        return False, b""
    return True, bytes(output)


L1 = PyEvmBackend()


def _l1_opinion(address: int, payload: bytes) -> tuple[bool, bytes]:
    found = L1.execution(None, CallRequest(b"\x01" * 20, address.to_bytes(20, "big"), payload, gas=30_000_000))
    return not found.is_error, b"" if found.is_error else found.output


def _l2_opinion(address: int, payload: bytes, fork: Fork = DEFAULT_FORK) -> tuple[bool, bytes]:
    env = Env(1, 1, bytes(20), TX_GAS_CAP, bytes(32), 7, 1, 901, 1, fork=fork)
    target = address.to_bytes(20, "big")
    outcome = simulate(State(), env, Ring(), sender=b"\x01" * 20, to=target, data=payload, gas_limit=30_000_000)
    return outcome.status == 1, outcome.return_value if outcome.status else b""


LAYERS = pytest.mark.parametrize("opinion", [_l1_opinion, _l2_opinion])


@LAYERS
def test_modexp_with_an_empty_base_is_one(opinion):
    assert opinion(5, _modexp_input(b"", b"", b"\x05")) == (True, b"\x01")


def test_modexp_of_py_evm_itself_is_still_wrong():
    """The reason for the override; when this fails, the override can go."""
    assert py_evms_modexp(_modexp_input(b"", b"", b"\x05")) == 0


def _random_modexp(draw: random.Random) -> bytes:
    sizes = [draw.choice([0, 0, 1, 2, 31, 32, 33, 64, 96]) for _ in range(3)]
    parts = [bytes(draw.choice([0, 0, 1, 255, draw.randrange(256)]) for _ in range(size)) for size in sizes]
    whole = _modexp_input(*parts)
    return whole[: draw.choice([len(whole), draw.randrange(len(whole) + 1)])]


def _random_curve_input(draw: random.Random) -> bytes:
    points = [
        (0, 0),
        (1, 2),
        (1, 21888242871839275222246405745257275088696311157297823662689037894645226208581),
        (1, 3),
    ]
    parts = [_word(value) for _ in range(draw.randrange(4)) for value in draw.choice(points)]
    parts.append(_word(draw.choice([0, 1, 2, 2**256 - 1, draw.randrange(2**256)])))
    whole = b"".join(parts)
    return whole[: draw.choice([len(whole), draw.randrange(len(whole) + 1)])]


def _random_recovery(draw: random.Random) -> bytes:
    digest = draw.randbytes(32)
    signature = ALICE.sign_hash(digest)
    r, s, v = signature[:32], signature[32:64], draw.choice([27, 28, signature[64], 0, 2**255])
    return draw.choice([digest, draw.randbytes(32)]) + _word(v) + draw.choice([r, bytes(32)]) + s


def _random_blake(draw: random.Random) -> bytes:
    rounds = draw.choice([0, 1, 12, 300]).to_bytes(4, "big")
    return (rounds + draw.randbytes(208) + bytes([draw.choice([0, 1, 2])]))[: draw.choice([213, 213, 212])]


GENERATORS = {
    1: _random_recovery,
    2: lambda draw: draw.randbytes(draw.randrange(200)),
    3: lambda draw: draw.randbytes(draw.randrange(200)),
    4: lambda draw: draw.randbytes(draw.randrange(200)),
    5: _random_modexp,
    6: _random_curve_input,
    7: _random_curve_input,
    9: _random_blake,
}


@pytest.mark.parametrize("address", GENERATORS)
@LAYERS
def test_precompiles_agree_with_a_second_evm(opinion, address):
    draw = random.Random(address)
    for _ in range(300 if address == 5 else 60):
        payload = GENERATORS[address](draw)
        assert opinion(address, payload) == _second_opinion(address, payload), payload.hex()


def test_pairing_agrees_with_a_second_evm():
    generator_g2 = (
        "198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2"
        "1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"
        "090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b"
        "12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"
    )
    negated = _word(1) + _word(21888242871839275222246405745257275088696311157297823662689037894645226208581)
    both = _word(1) + _word(2) + bytes.fromhex(generator_g2) + negated + bytes.fromhex(generator_g2)
    for payload in (b"", both, both[:192], both[:191]):
        assert _l1_opinion(8, payload) == _second_opinion(8, payload)


@pytest.mark.parametrize("length", [0, 1, 2**64, 2**255])
def test_modexp_with_absurd_lengths_costs_all_gas_or_answers(length):
    payload = _word(length) + _word(length) + _word(0)
    assert _l1_opinion(5, payload) == _second_opinion(5, payload)


# sload(0), sload(0) + 1 stored again: warmth and the original value decide the gas
INCREMENT = bytes.fromhex("60005460010160005500")


def test_warmth_and_original_values_do_not_leak_into_the_next_transaction_of_a_block():
    backend = PyEvmBackend(funded=FUNDED)
    backend.set_code(TARGET, INCREMENT)
    backend.set_storage(TARGET, 0, 5)
    hashes = []
    backend.open_block()
    for nonce in range(3):
        sent = sign(Transaction(2, 900, nonce, 1, 10**10, 100_000, TARGET, 0, b""), ALICE.key)
        backend.submit(sent)
        hashes.append(sent.hash)
    backend.close_block()
    assert [backend.receipt(item).gas_used for item in hashes] == [26_012] * 3


def test_a_call_between_transactions_leaves_no_warmth_behind():
    backend = PyEvmBackend(funded=FUNDED)
    backend.set_code(TARGET, INCREMENT)
    backend.set_storage(TARGET, 0, 5)
    sent = sign(Transaction(2, 900, 0, 1, 10**10, 100_000, TARGET, 0, b""), ALICE.key)
    backend.open_block()
    backend.call(CallRequest(ALICE.address_bytes, TARGET))
    backend.submit(sent)
    backend.call(CallRequest(ALICE.address_bytes, TARGET))
    backend.close_block()
    assert backend.receipt(sent.hash).gas_used == 26_012
    assert backend.storage(TARGET, 0) == 6


def test_a_call_does_not_charge_the_fee_recipient():
    backend = PyEvmBackend(funded=FUNDED)
    before = backend.balance(bytes(20))
    backend.call(CallRequest(ALICE.address_bytes, TARGET, value=5))
    backend.mine()
    assert backend.balance(bytes(20)) == before
    assert backend.balance(TARGET) == 0
    assert backend.nonce(ALICE.address_bytes) == 0


def test_both_run_osaka_unless_a_fork_is_named():
    """Osaka's MODEXP fails for 1,025 bytes, where the forks before pay for it."""
    too_long = _modexp_input(bytes(1_025), b"", b"\x05")
    assert _l1_opinion(5, too_long) == _l2_opinion(5, too_long) == (False, b"")
    assert _l2_opinion(5, too_long, Fork.PRAGUE) == (True, b"\x01")

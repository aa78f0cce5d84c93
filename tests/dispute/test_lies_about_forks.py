"""Lies about what Prague and Osaka brought, on an L1 of Osaka: each is proven at its step, and loses its bond."""

from __future__ import annotations

from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.agents.lies.precompiles import ADDRESSES
from harness.chain.pyevm.precompiles import PRECOMPILES
from harness.chain.values.transactions import Transaction
from harness.dispute.assertion_trace import AssertionTrace
from harness.primitives.hashing import word
from harness.proofs.samples import programs as P
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.forks import Fork
from tests.differential.test_precompiles import SIGNED, good
from tests.support.rollups import prover_of

pytestmark = [pytest.mark.l1(fork="osaka"), pytest.mark.rollup(fork="osaka")]

BLS = {
    "BLS12_G1ADD": 0x0B, "BLS12_G1MSM": 0x0C, "BLS12_G2ADD": 0x0D, "BLS12_G2MSM": 0x0E,
    "BLS12_PAIRING_CHECK": 0x0F, "BLS12_MAP_FP_TO_G1": 0x10, "BLS12_MAP_FP2_TO_G2": 0x11,
}  # fmt: skip
FORGED = SIGNED[:-1] + bytes([SIGNED[-1] ^ 1])
OUTSIDE_THE_SUBGROUP = bytes(64) + word(0) + word(2) + word(1)
"""(0, 2), a point of order 3 on the curve of G1, times 1."""
UNEVEN = b"".join(map(word, (1, 1, 1))) + b"\x03\x05\x07"
"""3 ** 5 % 7, for MODEXP."""


def asking(number: int, data: bytes) -> bytes:
    """Code that asks a precompile, and keeps in slots 0 to 3: success, the answer's size, its first word, its last."""
    target = number.to_bytes(20, "big")
    asks = P.store(data) + P.call(0xFA, target, gas=500_000, sent=(0, len(data)), got=(2_048, 256)) + b"\x5f\x55"
    keeps = b"\x3d\x60\x01\x55" + P.push(2_048) + b"\x51\x60\x02\x55"
    last = b"\x3d" + P.push(2_048 - 32) + b"\x01\x51\x60\x03\x55"
    return asks + keeps + last


def run(rollup: Any, account: Any, code: bytes) -> bytes:
    """Run code on L2 as initcode; the address that it runs at."""
    receipt = rollup.l2.send(sender=account, to=None, data=code, gas=2_000_000)
    return bytes.fromhex(receipt.contract_address[2:])


def told_by(rollup: Any, lie: Any) -> Any:
    """The liar's trace of what was posted so far."""
    rollup.sequencer.post()
    rollup.node.sync()
    return lie(AssertionTrace.of(rollup.node, 0, 1))


def kept(told: Any, address: bytes) -> tuple[int, int]:
    """What the contract keeps on the liar's L2: success, and the answer's first word."""
    (trace,) = told.traces
    assert isinstance(trace, InputTrace), "a real machine goes on behind the lie"
    return trace.after.state.storage(address, 0), trace.after.state.storage(address, 2)


@pytest.mark.parametrize(
    ("signed", "truth", "lied"), [(SIGNED, 1, 0), (FORGED, 0, 1), (b"short", 0, 1)], ids=["good", "forged", "short"]
)
def test_a_wrong_verdict_on_a_p256_signature_is_proven(
    signed: bytes, truth: int, lied: int, table: Any, rollup: Any, accounts: Any
) -> None:
    """A passkey's signature is taken for forged, or a forged one for a passkey's."""
    address = run(rollup, accounts.alice, asking(0x100, signed))
    assert rollup.unsafe.idle.state.storage(address, 2) == truth
    lie = faults.wrong_verdict()
    assert kept(told_by(rollup, lie), address) == (1, lied)
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.opcode == "PRECOMPILE"


@pytest.mark.parametrize("name", BLS)
def test_a_wrong_output_of_bls_is_proven(name: str, table: Any, rollup: Any, accounts: Any) -> None:
    data = good(BLS[name])
    address = run(rollup, accounts.alice, asking(BLS[name], data))
    state = rollup.unsafe.idle.state
    assert state.storage(address, 0) == 1 and state.storage(address, 1) > 0
    lie = faults.wrong_output(name)
    told = told_by(rollup, lie)
    assert told.traces[0].after.state.storage(address, 3) == state.storage(address, 3) ^ 1
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.opcode == "PRECOMPILE"


@pytest.mark.parametrize(
    ("name", "number", "data"),
    [
        ("BLS12_G1MSM", 0x0C, OUTSIDE_THE_SUBGROUP),
        ("BLS12_PAIRING_CHECK", 0x0F, b"\x01" * 384),
        ("MODEXP", 5, word(1_025) + word(0) + word(0)),
    ],
    ids=["a point outside the subgroup", "no points at all", "an operand above 1,024 bytes"],
)
def test_an_input_that_must_fail_and_is_answered_is_proven(
    name: str, number: int, data: bytes, table: Any, rollup: Any, accounts: Any
) -> None:
    address = run(rollup, accounts.alice, asking(number, data))
    assert rollup.unsafe.idle.state.storage(address, 0) == 0
    lie = faults.wrong_output(name)
    assert kept(told_by(rollup, lie), address) == (1, 1)
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.opcode == "PRECOMPILE"


def test_the_named_run_of_the_named_precompile_is_lied_about(table: Any, rollup: Any, accounts: Any) -> None:
    before, _, last = (
        run(rollup, accounts.alice, asking(number, data)) for number, data in ((5, UNEVEN), (4, b"abc"), (5, UNEVEN))
    )
    lie = faults.wrong_output("MODEXP", 1)
    lied = told_by(rollup, lie).traces[0].after.state
    assert [lied.storage(each, 2) >> 248 for each in (before, last)] == [3**5 % 7, 3**5 % 7 ^ 1]
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.contract == "0x" + word(5)[12:].hex()
    assert game.disputed_step.transaction == rollup.unsafe.head.transactions[-1].hash


def test_a_wrong_answer_to_a_transaction_itself_is_proven(table: Any, rollup: Any, accounts: Any) -> None:
    """Nobody reads that output, so the liar makes states up behind the step."""
    rollup.l2.send(sender=accounts.alice, to=word(0x100)[12:], data=SIGNED, gas=100_000)
    game = table.play(Proposer(lie=faults.wrong_verdict()))
    assert game.disputed_step.opcode == "PRECOMPILE"


@pytest.mark.parametrize("value", [0, 1, 2**255])
def test_a_wrong_count_of_zeros_is_proven(value: int, table: Any, rollup: Any, accounts: Any) -> None:
    address = run(rollup, accounts.alice, P.push(value) + b"\x1e\x5f\x55")
    lie = faults.tamper_opcode("CLZ")
    truth = 256 - value.bit_length()
    assert rollup.unsafe.idle.state.storage(address, 0) == truth
    assert told_by(rollup, lie).traces[0].after.state.storage(address, 0) == truth ^ 1
    game = table.play(Proposer(lie=lie))
    assert game.disputed_step.opcode == "CLZ"


@pytest.mark.parametrize("tip", [0, 10**6])
def test_a_transaction_that_does_not_pay_the_floor_is_proven(tip: int, table: Any, rollup: Any, accounts: Any) -> None:
    """The first transaction has too little data for the floor to bind; the second one's execution costs less."""
    rollup.l2.send(sender=accounts.bob, to=accounts.carol, value=1)
    fee = rollup.config.base_fee + tip
    tx = Transaction(
        2, rollup.l2.chain_id, rollup.l2.nonce(accounts.alice), tip, fee, 100_000, accounts.bob.address_bytes, 0,
        b"\x01" * 1_000,
    )  # fmt: skip
    receipt = rollup.l2.send_transaction(tx, accounts.alice)
    assert receipt.gas_used == 21_000 + 40_000
    state = rollup.unsafe.idle.state
    lie = faults.forget_floor()
    (told,) = told_by(rollup, lie).traces
    sender, vault = accounts.alice.address_bytes, told.after.env.coinbase
    assert told.after.state.balance(sender) - state.balance(sender) == 24_000 * fee
    assert state.balance(vault) - told.after.state.balance(vault) == 24_000 * tip
    game = table.play(Proposer(lie=lie))
    assert (game.disputed_step.opcode, game.disputed_step.transaction) == ("END", receipt.hash)


def test_a_floor_that_does_not_bind_is_nothing_to_lie_about(rollup: Any, accounts: Any) -> None:
    rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=1)
    rollup.deposit(10**9, sender=accounts.alice, to=accounts.bob, data=b"\x01" * 1_000, gas=61_000)
    with pytest.raises(faults.NothingToLieAbout, match="forget_floor"):
        rollup.join(Proposer(lie=faults.forget_floor())).propose()


@pytest.mark.parametrize("lie", [faults.wrong_verdict(), faults.wrong_output("BLS12_G1ADD")], ids=str)
def test_behind_its_answer_a_liar_goes_on_as_a_real_machine(
    lie: Any, rollup: Any, accounts: Any, OneStepProver: Any
) -> None:
    """The prover agrees with every later step of the liar's transaction."""
    code = asking(0x100, FORGED) if "verdict" in lie.name else asking(0x0B, bytes(256))
    run(rollup, accounts.alice, code)
    told = told_by(rollup, lie)
    prover = rollup.l1.at(OneStepProver, prover_of(rollup))
    base = told.number << 24
    for index in range(told.index + 1, base + len(told.traces[0]) + 1):
        assert bytes(prover.verify(told.hash_at(index), index, 1, told.witness(index))) == told.hash_at(index + 1)


@pytest.mark.l1(fork="prague")
def test_a_wrong_verdict_is_proven_on_an_l1_that_has_no_p256verify(table: Any, rollup: Any, accounts: Any) -> None:
    run(rollup, accounts.alice, asking(0x100, FORGED))
    game = table.play(Proposer(lie=faults.wrong_verdict()))
    assert game.disputed_step.opcode == "PRECOMPILE"


def test_every_precompile_has_a_name_to_lie_about() -> None:
    assert set(ADDRESSES.values()) == set(PRECOMPILES[Fork.OSAKA])


def test_an_unknown_precompile_is_refused() -> None:
    with pytest.raises(faults.UnknownPrecompile, match=r"'P256VERFY', expected one of ECRECOVER, .*P256VERIFY"):
        faults.wrong_output("P256VERFY")

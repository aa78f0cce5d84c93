"""Precompiles that came after Cancun, and addresses that are precompiles in some forks only: proven in every fork."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.chain.pyevm.evm import VMS
from harness.chain.pyevm.precompiles import PRECOMPILES
from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.hashing import word
from harness.primitives.p256 import P256VERIFY
from harness.proofs.errors import ProverRejected
from harness.proofs.hosts import PyEvmHost
from harness.proofs.samples import programs as P
from harness.proofs.samples.programs import P256_SIGNED as SIGNED
from harness.rollup.forks import FORKS, Fork
from harness.rollup.machine.opcodes import PRECOMPILE
from harness.rollup.networks import SAMPLES
from tests.differential.conftest import Lab
from tests.differential.test_coverage import frames

ZEROS = {0x0B: 256, 0x0C: 160, 0x0D: 512, 0x0E: 288, 0x0F: 384, 0x10: 64, 0x11: 128}
"""Bytes of the shortest input of each BLS12-381 precompile; points at infinity are valid."""

NEW = [int.from_bytes(each.address, "big") for each in (*BLS12_PRECOMPILES, P256VERIFY)]


def good(number: int) -> bytes:
    return SIGNED if number == 0x100 else bytes(ZEROS[number])


def called(number: int, data: bytes, gas: int = 2**22, opcode: int = 0xF1) -> bytes:
    """Code that calls a precompile, and reads its output and its size."""
    target = number.to_bytes(20, "big")
    return P.store(data) + P.call(opcode, target, gas=gas, sent=(0, len(data)), got=(32, 40)) + b"\x3d\x60\x20\x51"


def ending(trace: Any) -> tuple[str, str]:
    """How the precompile's frame ended."""
    (frame,) = [frame for frame in frames(trace) if frame.kind.name == "PRECOMPILE"]
    return frame.ending, frame.error


@pytest.fixture(scope="session")
def osaka_host() -> PyEvmHost:
    return PyEvmHost(Fork.OSAKA)


@pytest.fixture(scope="session")
def prague_host() -> PyEvmHost:
    """The L1 that proves every fork."""
    return PyEvmHost(Fork.OSAKA, l1_fork="prague")


@pytest.fixture
def osaka_lab(osaka_host: PyEvmHost) -> Lab:
    return Lab(osaka_host, Fork.OSAKA)


@pytest.mark.parametrize("number", NEW, ids=hex)
def test_a_good_input_is_proven(osaka_lab: Lab, number: int) -> None:
    trace = osaka_lab.run(called(number, good(number)))
    assert ending(trace) == ("success", "")
    osaka_lab.prove(trace)


GOOD = {
    **{sample.number: sample.input for sample in SAMPLES}, 5: b"".join(map(word, (1, 1, 1))) + b"\x03\x05\x07",
    **{number: good(number) for number in NEW},
}  # fmt: skip
"""An input of each precompile that it answers."""

BAD = {
    5: b"".join(map(word, (1_025, 0, 0))), 6: b"\x01" * 128, 7: b"\x01" * 96,
    8: bytes(range(192)), 9: GOOD[9][:-1] + b"\x02", 10: bytes(192), **{number: b"\x01" for number in ZEROS},
}  # fmt: skip
"""An input of each that can refuse one: five of them take any bytes."""


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
def test_every_precompile_of_a_fork_is_proven_with_every_outcome(
    fork: Fork, osaka_host: PyEvmHost, prague_host: PyEvmHost
) -> None:
    """It answers, it refuses its input, it lacks gas. Before Osaka, MODEXP takes operands of any size."""
    lab = Lab(osaka_host if fork is Fork.OSAKA else prague_host, fork)
    proven = set()
    for address in PRECOMPILES[fork]:
        number = int.from_bytes(address, "big")
        for data, gas in ((GOOD[number], 2**22), (BAD.get(number, b""), 2**22), (GOOD[number], 10)):
            trace = lab.run(called(number, data, gas))
            (step,) = only_precompiles(trace)
            lab.prove(trace, [step, step + 1])
            proven.add((number, ending(trace)))
    numbers = {int.from_bytes(address, "big") for address in PRECOMPILES[fork]}
    refusing = numbers & (BAD.keys() if fork is Fork.OSAKA else BAD.keys() - {5})
    assert proven == {
        *((number, ("success", "")) for number in numbers),
        *((number, ("halt", "OutOfGas")) for number in numbers),
        *((number, ("halt", "VMError")) for number in refusing),
    }


@pytest.mark.parametrize("number", NEW, ids=hex)
@pytest.mark.parametrize("wrong", ["noise", "longer", "shorter", "nothing"])
def test_a_bad_input_is_proven(osaka_lab: Lab, number: int, wrong: str) -> None:
    """BLS12-381 takes all gas then; P256VERIFY returns nothing, and never fails."""
    data = good(number)
    data = {"noise": b"\x01" * len(data), "longer": data + b"\x00", "shorter": data[:-1], "nothing": b""}[wrong]
    trace = osaka_lab.run(called(number, data))
    assert ending(trace) == (("success", "") if number == 0x100 else ("halt", "VMError"))
    osaka_lab.prove(trace)


@pytest.mark.parametrize("number", NEW, ids=hex)
def test_too_little_gas_by_one_is_proven(osaka_lab: Lab, number: int) -> None:
    data = good(number)
    price = next(
        each.price(data) for each in (*BLS12_PRECOMPILES, P256VERIFY) if each.address[-2:] == number.to_bytes(2, "big")
    )
    for gas, expected in ((price, "success"), (price - 1, "halt")):
        trace = osaka_lab.run(called(number, data, gas=gas))
        assert ending(trace)[0] == expected
        osaka_lab.prove(trace)


@pytest.mark.parametrize("flaw", range(5))
def test_no_other_signature_is_valid(osaka_lab: Lab, flaw: int) -> None:
    """A bit of the digest, of r, s, x or y."""
    at = 32 * flaw + 31
    trace = osaka_lab.run(called(0x100, SIGNED[:at] + bytes([SIGNED[at] ^ 1]) + SIGNED[at + 1 :]))
    osaka_lab.prove(trace)
    step = next(s for s in range(1, len(trace)) if trace.step_at(s).opcode == PRECOMPILE)
    assert trace.step_at(step + 1).returndata == b""


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
@pytest.mark.parametrize("number", [*NEW, 0x12, 0xFF, 0x101], ids=hex)
def test_an_address_is_a_precompile_in_its_forks_alone(fast_host: Any, fork: Fork, number: int) -> None:
    """Looked at, listed, made an heir, called with value; before its fork it is an account like others."""
    lab = Lab(fast_host, fork)
    target = number.to_bytes(20, "big")
    word = P.push(number)
    looks = b"".join(word + bytes([op]) for op in (0x31, 0x3B, 0x3F)) + P.invocation(0x3C, (number, 0, 0, 0))
    cold = lab.run(looks)
    is_precompile = (number == 0x100 and fork >= Fork.OSAKA) or (number <= 0x11 and fork >= Fork.PRAGUE)
    spent = [cold.step_at(s).gas - cold.step_at(s + 1).gas for s in range(1, len(cold) - 1)
             if cold.step_at(s).opcode == 0x31]  # fmt: skip
    assert spent == [100 if is_precompile else 2_600]
    lab.prove(cold)
    listed = [{"address": target, "storageKeys": []}]
    lab.prove(lab.run(word + b"\x31", accessList=listed))
    lab.prove(lab.run(P.invocation(0xFF, (number,))))
    if not is_precompile:  # pyrevm has none of them, as Cancun has not
        lab.prove(lab.run(P.call(0xF1, target, value=1) + P.call(0xF4, target)))
        lab.prove(lab.run(b"", to=target, value=3))
        state = lab.state.with_account(target, code=b"\x5f\x5f\xf3", balance=1)
        lab.prove(lab.run(P.call(0xFA, target), state=state))


@pytest.mark.parametrize("number", NEW, ids=hex)
def test_a_precompile_as_a_transactions_target_is_proven(osaka_lab: Lab, number: int) -> None:
    trace = osaka_lab.run(b"", to=number.to_bytes(20, "big"), data=good(number), value=1)
    assert trace.outcome is not None and trace.outcome.status == 1
    osaka_lab.prove(trace)


@pytest.mark.parametrize("number", [0x0B, 0x100], ids=hex)
def test_no_step_that_depends_on_the_fork_is_proven_without_it(osaka_lab: Lab, number: int) -> None:
    code = P.push(number) + b"\x31" + called(number, good(number))
    listed = [{"address": number.to_bytes(20, "big"), "storageKeys": []}]
    trace = osaka_lab.run(code, accessList=listed)
    dependent = []
    for step in range(1, len(trace)):
        witness = osaka_lab.witness(trace, step)
        if witness.env and trace.name_at(step) != "END":
            dependent.append(trace.name_at(step))
            with pytest.raises(ProverRejected):
                osaka_lab.verify(trace, step, replace(witness, env=()))
    assert dependent == ["ACCESS", "OPEN", "BALANCE", "CALL", "PRECOMPILE"]


def powered(*sizes: int) -> bytes:
    """An input of MODEXP whose base, exponent and modulus have so many bytes."""
    return b"".join(size.to_bytes(32, "big") for size in sizes) + b"\x03" * sum(sizes)


def only_precompiles(trace: Any) -> list[int]:
    return [step for step in range(1, len(trace)) if trace.step_at(step).opcode == PRECOMPILE]


SIZES = [(1, 1, 1), (32, 32, 32), (33, 40, 33), (1_024, 2, 1_024), (1_025, 1, 1), (0, 0, 0)]


@pytest.mark.parametrize("fork", FORKS, ids=lambda fork: fork.name)
@pytest.mark.parametrize("sizes", SIZES)
def test_modexp_is_proven_at_its_forks_price(
    fork: Fork, sizes: tuple[int, int, int], osaka_host: PyEvmHost, prague_host: PyEvmHost
) -> None:
    lab = Lab(osaka_host if fork is Fork.OSAKA else prague_host, fork)
    trace = lab.run(called(5, powered(*sizes)))
    expected = "halt" if fork is Fork.OSAKA and max(sizes) > 1_024 else "success"
    assert ending(trace)[0] == expected
    lab.prove(trace, only_precompiles(trace))


@pytest.mark.parametrize("sizes", SIZES)
def test_modexp_of_osaka_is_proven_on_an_l1_of_prague(sizes: tuple[int, int, int], prague_host: PyEvmHost) -> None:
    lab = Lab(prague_host, Fork.OSAKA)
    for gas in (2**22, 500, 499):
        trace = lab.run(called(5, powered(*sizes), gas=gas))
        lab.prove(trace, only_precompiles(trace))


@pytest.mark.parametrize("number", NEW, ids=hex)
def test_what_came_with_osaka_is_proven_on_an_l1_of_prague(number: int, prague_host: PyEvmHost) -> None:
    """It has no P256VERIFY, so the prover must not ask it."""
    lab = Lab(prague_host, Fork.OSAKA)
    for data in (good(number), good(number)[:-1], b"\x01" * len(good(number))):
        lab.prove(lab.run(called(number, data)))


@pytest.mark.parametrize("fork", [Fork.CANCUN, Fork.PRAGUE], ids=lambda fork: fork.name)
def test_an_l1_of_osaka_proves_what_it_can_of_earlier_forks_and_nothing_false(
    fork: Fork, osaka_host: PyEvmHost
) -> None:
    """2,048-bit RSA costs 32,768 gas there, and 5,461 on L2. Above 1,024 bytes there is no proof of any result."""
    lab = Lab(osaka_host, fork)
    data = b"".join(size.to_bytes(32, "big") for size in (256, 3, 256)) + b"\x03" * 256 + b"\1\0\1" + b"\x05" * 256
    trace = lab.run(called(5, data))
    lab.prove(trace, only_precompiles(trace))
    too_long = lab.run(called(5, powered(1_025, 1, 1)))
    (step,) = only_precompiles(too_long)
    with pytest.raises(ProverRejected, match=f"L1CannotProve.*fork={fork - Fork.CANCUN}, precompile=5"):
        lab.verify(too_long, step)


@pytest.mark.parametrize("number", [each for each in NEW if each != 0x100], ids=hex)
def test_an_l1_without_a_precompile_proves_nothing_about_it(
    number: int, prague_host: PyEvmHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the call for one of an empty account, which succeeds and returns nothing."""
    table: Any = VMS[Fork.PRAGUE].get_state_class().computation_class._precompiles
    lab = Lab(prague_host, Fork.PRAGUE)
    trace = lab.run(called(number, good(number)))
    monkeypatch.delitem(table, number.to_bytes(20, "big"))
    (step,) = only_precompiles(trace)
    with pytest.raises(ProverRejected, match=f"L1CannotProve.*fork=1, precompile={number}"):
        lab.verify(trace, step)

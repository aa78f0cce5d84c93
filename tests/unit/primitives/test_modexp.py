"""MODEXP at the prices and bounds of Berlin and of Osaka."""

from __future__ import annotations

import random

import pytest
from eth.vm.forks.berlin.computation import _compute_modexp_gas_fee_eip_2565

from harness.primitives.modexp import BERLIN_MODEXP, OSAKA_MODEXP
from harness.primitives.precompiles import InputRefused


def given(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    sizes = b"".join(len(part).to_bytes(32, "big") for part in (base, exponent, modulus))
    return sizes + base + exponent + modulus


@pytest.mark.parametrize("seed", range(100))
def test_a_result_is_that_of_python_and_its_price_in_berlin_that_of_py_evm(seed: int) -> None:
    rnd = random.Random(seed)
    base, exponent, modulus = (rnd.randbytes(rnd.choice((0, 1, 31, 32, 33, 70))) for _ in range(3))
    data = given(base, exponent, modulus)
    numbers = (int.from_bytes(part, "big") for part in (base, exponent, modulus))
    b, e, m = numbers
    expected = (pow(b, e, m) if m else 0).to_bytes(len(modulus), "big")
    assert BERLIN_MODEXP.run(data) == OSAKA_MODEXP.run(data) == expected
    assert BERLIN_MODEXP.price(data) == _compute_modexp_gas_fee_eip_2565(data)


@pytest.mark.parametrize(
    ("size", "exponent", "berlin", "osaka"),
    [
        (64, b"\x02", 200, 500),
        (64, b"\x01\x00\x01", 341, 2_048),
        (128, b"\x02", 200, 512),
        (128, b"\x01\x00\x01", 1_365, 8_192),
        (256, b"\x02", 341, 2_048),
        (256, b"\x01\x00\x01", 5_461, 32_768),
        (1_024, b"\x01\x00\x01", 87_381, 524_288),
        (32, b"\xff" * 64, 2_725, 12_272),
        (0, b"", 200, 500),
    ],
)
def test_osaka_asks_the_price_that_eip_7883_lists(size: int, exponent: bytes, berlin: int, osaka: int) -> None:
    data = given(b"\xff" * size, exponent, b"\xff" * size)
    assert (BERLIN_MODEXP.price(data), OSAKA_MODEXP.price(data)) == (berlin, osaka)


@pytest.mark.parametrize("place", range(3), ids=["base", "exponent", "modulus"])
def test_osaka_refuses_an_operand_above_1024_bytes(place: int) -> None:
    parts = [b"\x01"] * 3
    parts[place] = b"\x01" * 1_024
    OSAKA_MODEXP.price(given(*parts))
    parts[place] += b"\x01"
    with pytest.raises(InputRefused, match="has 1025 bytes"):
        OSAKA_MODEXP.price(given(*parts))
    BERLIN_MODEXP.price(given(*parts))

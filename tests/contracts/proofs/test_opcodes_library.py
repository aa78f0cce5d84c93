"""The packed table of opcodes and the prices of precompiles, against py-evm."""

from __future__ import annotations

import random
from typing import Any

import pytest
from eth.vm.forks.berlin.computation import _compute_modexp_gas_fee_eip_2565

from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.modexp import OSAKA_MODEXP
from harness.primitives.p256 import P256VERIFY
from harness.primitives.precompiles import InputRefused, Precompile
from harness.rollup.forks import FORKS
from harness.rollup.machine.opcodes import handlers_of

CANCUN, PRAGUE, OSAKA = range(3)

WRITES = {0x55, 0x5D, 0xF0, 0xF5, 0xFF, 0xA0, 0xA1, 0xA2, 0xA3, 0xA4}
CHARGED_BY_FAMILY = {0x31, 0x3B, 0x3C, 0x3F, 0x54, 0x55, *range(0xA0, 0xA5), *range(0xF0, 0x100)}
"""What py-evm calls the static gas of these is part of what the family computes."""

POPS_AND_PUSHES = {
    **{code: (2, 1) for code in (*range(0x01, 0x08), 0x0A, 0x0B, *range(0x10, 0x15), *range(0x16, 0x19))},
    **{code: (2, 1) for code in (*range(0x1A, 0x1E), 0x20)},
    **{code: (3, 1) for code in (0x08, 0x09)},
    **{code: (1, 1) for code in (0x15, 0x19, 0x1E, 0x31, 0x35, 0x3B, 0x3F, 0x40, 0x49, 0x51, 0x54, 0x5C)},
    **{code: (0, 1) for code in (0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3A, 0x3D, *range(0x41, 0x49), 0x4A)},
    **{code: (0, 1) for code in (0x58, 0x59, 0x5A, *range(0x5F, 0x80))},
    **{code: (3, 0) for code in (0x37, 0x39, 0x3E, 0x5E)},
    **{code: (2, 0) for code in (0x52, 0x53, 0x55, 0x57, 0x5D, 0xF3, 0xFD)},
    **{code: (1, 0) for code in (0x50, 0x56, 0xFF)},
    **{code: (0, 0) for code in (0x00, 0x5B)},
    **{0x80 + n: (n + 1, n + 2) for n in range(16)},
    **{0x90 + n: (n + 2, n + 2) for n in range(16)},
    **{0xA0 + n: (n + 2, 0) for n in range(5)},
    **{0x3C: (4, 0), 0xF0: (3, 1), 0xF1: (7, 1), 0xF2: (7, 1), 0xF4: (6, 1), 0xF5: (4, 1), 0xFA: (6, 1)},
}


def _static_gas(code: int) -> int:
    return int(handlers_of(FORKS[-1])[code].gas_cost)


def test_lookup_of_every_opcode_succeeds(probe: Any) -> None:
    for code in range(256):
        family, writes, pops, pushes, gas = probe.opcode(code)
        if code not in POPS_AND_PUSHES:
            assert (family, writes, pops, pushes, gas) == (0, False, 0, 0, 0)
            assert code not in handlers_of(FORKS[-1])
            continue
        assert family != 0, hex(code)
        assert writes == (code in WRITES), hex(code)
        assert (pops, pushes) == POPS_AND_PUSHES[code], hex(code)
        assert gas == (0 if code in CHARGED_BY_FAMILY else _static_gas(code)), hex(code)


def _modexp_input(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    head = b"".join(len(part).to_bytes(32, "big") for part in (base, exponent, modulus))
    return head + base + exponent + modulus


@pytest.mark.parametrize("seed", range(20))
def test_price_of_modexp_equals_eip_2565(probe: Any, seed: int) -> None:
    rng = random.Random(seed)
    parts = [rng.randbytes(rng.choice((0, 1, 7, 8, 9, 31, 32, 33, 64, 100))) for _ in range(3)]
    if rng.random() < 0.3:
        parts[1] = bytes(len(parts[1]))
    data = _modexp_input(*parts)
    if rng.random() < 0.3:
        data = data[: rng.randrange(len(data))]
    assert probe.precompileGas(CANCUN, 5, data) == _compute_modexp_gas_fee_eip_2565(data)


@pytest.mark.parametrize(
    ("sizes", "affordable"),
    [
        ((0, 2**256 - 1, 0), True),
        ((2**256 - 1, 0, 1), False),
        ((1, 2**256 - 1, 1), False),
        ((2**64, 1, 2**64), False),
        ((1, 1, 2**41), False),
    ],
)
def test_price_of_absurd_modexp_does_not_wrap(probe: Any, sizes: tuple[int, int, int], affordable: bool) -> None:
    data = b"".join(size.to_bytes(32, "big") for size in sizes)
    assert (probe.precompileGas(CANCUN, 5, data) == 200) is affordable
    assert affordable or probe.precompileGas(CANCUN, 5, data) > 2**63


@pytest.mark.parametrize(
    ("number", "size", "price"),
    [
        (1, 0, 3000), (1, 500, 3000), (2, 0, 60), (2, 33, 84), (3, 0, 600), (3, 32, 720), (4, 0, 15), (4, 64, 21),
        (6, 0, 150), (7, 5, 6000), (8, 0, 45_000), (8, 191, 45_000), (8, 384, 113_000), (9, 212, 0), (10, 192, 50_000),
    ],
)  # fmt: skip
def test_price_by_size_succeeds(probe: Any, number: int, size: int, price: int) -> None:
    for fork in (CANCUN, PRAGUE, OSAKA):
        assert probe.precompileGas(fork, number, b"\x01" * size) == price


def test_price_of_blake2f_is_its_rounds(probe: Any) -> None:
    assert probe.precompileGas(OSAKA, 9, (12).to_bytes(4, "big") + bytes(209)) == 12
    assert probe.precompileGas(OSAKA, 9, b"\xff" * 4 + bytes(209)) == 2**32 - 1


@pytest.mark.parametrize("seed", range(40))
def test_price_of_modexp_in_osaka_equals_eip_7883(probe: Any, seed: int) -> None:
    rng = random.Random(seed)
    sizes = (0, 1, 7, 8, 9, 31, 32, 33, 64, 100, 1_023, 1_024, 1_025)
    parts = [rng.randbytes(rng.choice(sizes)) for _ in range(3)]
    if rng.random() < 0.3:
        parts[1] = bytes(len(parts[1]))
    data = _modexp_input(*parts)
    if rng.random() < 0.3:
        data = data[: rng.randrange(len(data))]
    try:
        price = OSAKA_MODEXP.price(data)
    except InputRefused:
        price = 2**128 - 1
    assert probe.precompileGas(OSAKA, 5, data) == price
    assert probe.precompileGas(PRAGUE, 5, data) == probe.precompileGas(CANCUN, 5, data)


@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("size", [1_024, 1_025, 2**64, 2**256 - 1])
def test_price_of_an_operand_beyond_1024_bytes_is_too_much_in_osaka(probe: Any, place: int, size: int) -> None:
    sizes = [0, 0, 0]
    sizes[place] = size
    data = b"".join(each.to_bytes(32, "big") for each in sizes)
    assert (probe.precompileGas(OSAKA, 5, data) == 2**128 - 1) is (size > 1_024)


@pytest.mark.parametrize("precompile", BLS12_PRECOMPILES, ids=lambda each: each.name)
@pytest.mark.parametrize("count", [1, 2, 3, 64, 127, 128, 129, 170])
def test_price_of_bls12_equals_eip_2537(probe: Any, precompile: Precompile, count: int) -> None:
    number = int.from_bytes(precompile.address, "big")
    rows = {0x0B: 256, 0x0C: 160 * count, 0x0D: 512, 0x0E: 288 * count, 0x0F: 384 * count, 0x10: 64, 0x11: 128}
    data = bytes(rows[number])
    assert probe.precompileGas(PRAGUE, number, data) == precompile.price(data)


def test_price_of_p256verify_is_that_of_eip_7951(probe: Any) -> None:
    for size in (0, 159, 160, 161):
        assert probe.precompileGas(OSAKA, 0x100, bytes(size)) == P256VERIFY.price(bytes(size)) == 6_900

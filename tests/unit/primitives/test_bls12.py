"""BLS12-381's precompiles answer, price and refuse as py-evm's, which are written in Python."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from eth.exceptions import VMError
from eth.precompiles import bls12_381 as slow
from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from harness.errors import NativeLibraryMissing
from harness.primitives import precompiles
from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.precompiles import InputRefused

PRIME = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
BY_NAME = {precompile.name: precompile for precompile in BLS12_PRECOMPILES}
SLOW: dict[str, Callable[[Any], None]] = {
    "BLS12_G1ADD": slow.bls12_g1_add,
    "BLS12_G1MSM": slow.bls12_g1_msm,
    "BLS12_G2ADD": slow.bls12_g2_add,
    "BLS12_G2MSM": slow.bls12_g2_msm,
    "BLS12_PAIRING_CHECK": slow.bls12_pairing_check,
    "BLS12_MAP_FP_TO_G1": slow.bls12_map_fp_to_g1,
    "BLS12_MAP_FP2_TO_G2": slow.bls12_map_fp2_to_g2,
}


class Call:
    """What py-evm's precompiles ask of a computation."""

    def __init__(self, data: bytes) -> None:
        self.msg = self
        self.data = data
        self.gas = 0
        self.output = b""

    def consume_gas(self, amount: int, reason: str) -> None:
        self.gas += amount


def element(number: int) -> bytes:
    return number.to_bytes(64, "big")


def padded(plain: bytes) -> bytes:
    return b"".join(bytes(16) + plain[n : n + 48] for n in range(0, len(plain), 48))


def g1(factor: int) -> bytes:
    return padded((G1Point() * Scalar(factor)).to_xy_bytes_be())


def g2(factor: int) -> bytes:
    return padded((G2Point() * Scalar(factor)).to_xy_bytes_be())


def scalar(number: int) -> bytes:
    return number.to_bytes(32, "big")


def coordinate_of_no_subgroup() -> bytes:
    """A point of the curve y^2 = x^3 + 4 outside the subgroup: (0, 2)."""
    return element(0) + element(2)


ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
INPUTS: dict[str, list[bytes]] = {
    "BLS12_G1ADD": [
        g1(3) + g1(5),
        g1(3) + g1(3),
        g1(3) + g1(ORDER - 3),
        bytes(256),
        g1(7) + bytes(128),
        coordinate_of_no_subgroup() + g1(1),
        g1(1),
        g1(1) + g1(1) + b"\0",
        element(1) + element(1) + g1(1),
        element(PRIME) + element(2) + g1(1),
        b"\1" + g1(1)[1:] + g1(1),
    ],
    "BLS12_G1MSM": [
        g1(3) + scalar(9),
        g1(3) + scalar(0) + g1(4) + scalar(ORDER) + g1(5) + scalar(2**256 - 1),
        bytes(160),
        b"",
        g1(1),
        coordinate_of_no_subgroup() + scalar(1),
        coordinate_of_no_subgroup() + scalar(0),
        (g1(2) + scalar(3)) * 3,
    ],
    "BLS12_G2ADD": [g2(3) + g2(5), g2(4) + g2(4), g2(3) + g2(ORDER - 3), bytes(512), g2(2), element(1) * 4 + g2(1)],
    "BLS12_G2MSM": [
        g2(3) + scalar(9),
        g2(3) + scalar(2) + g2(4) + scalar(ORDER + 1),
        bytes(288),
        b"",
        element(1) * 4 + scalar(1),
    ],
    "BLS12_PAIRING_CHECK": [
        g1(1) + g2(1),
        g1(2) + g2(3) + g1(ORDER - 6) + g2(1),
        bytes(384),
        b"",
        g1(1) + g2(1) + b"\0",
        coordinate_of_no_subgroup() + g2(1),
    ],
    "BLS12_MAP_FP_TO_G1": [element(0), element(1), element(PRIME - 1), element(PRIME), b"", b"\xff" * 64],
    "BLS12_MAP_FP2_TO_G2": [element(0) * 2, element(1) + element(2), element(0) + element(PRIME), element(3)],
}


def by_py_evm(name: str, data: bytes) -> tuple[int, bytes] | None:
    call = Call(data)
    try:
        SLOW[name](call)
    except VMError:
        return None
    return call.gas, call.output


def by_the_library(name: str, data: bytes) -> tuple[int, bytes] | None:
    try:
        return BY_NAME[name].price(data), BY_NAME[name].run(data)
    except InputRefused:
        return None


@pytest.mark.parametrize(("name", "number"), [(name, n) for name, inputs in INPUTS.items() for n in range(len(inputs))])
def test_an_input_gives_what_py_evm_gives(name: str, number: int) -> None:
    data = INPUTS[name][number]
    assert by_the_library(name, data) == by_py_evm(name, data)


@pytest.mark.parametrize("seed", range(10))
def test_sums_of_drawn_points_give_what_py_evm_gives(seed: int) -> None:
    rnd = random.Random(seed)
    count = rnd.randrange(1, 5)
    rows = b"".join(g1(rnd.randrange(ORDER)) + rnd.randbytes(32) for _ in range(count))
    assert by_the_library("BLS12_G1MSM", rows) == by_py_evm("BLS12_G1MSM", rows)


@pytest.mark.parametrize(
    ("name", "row", "each", "last"), [("BLS12_G1MSM", 160, 12_000, 519), ("BLS12_G2MSM", 288, 22_500, 524)]
)
def test_a_sum_of_more_than_128_points_keeps_the_last_discount(name: str, row: int, each: int, last: int) -> None:
    for count in (128, 129, 500):
        assert BY_NAME[name].price(bytes(row * count)) == count * each * last // 1_000


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(precompiles, "import_module", absent)
    with pytest.raises(NativeLibraryMissing, match=r"EIP-2537.*py_arkworks_bls12381"):
        BY_NAME["BLS12_G1ADD"].run(bytes(256))

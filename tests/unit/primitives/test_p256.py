"""P256VERIFY says yes to what a key signed, and nothing to anything else."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from harness.errors import NativeLibraryMissing
from harness.primitives import precompiles
from harness.primitives.p256 import ORDER, P256VERIFY, PRIME

# RFC 6979, A.2.5: the message "sample", signed with SHA-256
DIGEST = sha256(b"sample").digest()
R = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716
S = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8
X = 0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6
Y = 0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int]
YES = bytes(31) + b"\x01"


def given(digest: bytes = DIGEST, r: int = R, s: int = S, x: int = X, y: int = Y) -> bytes:
    return digest + b"".join(number.to_bytes(32, "big") for number in (r, s, x, y))


def test_a_signature_of_the_standard_is_valid_and_costs_6900() -> None:
    assert P256VERIFY.run(given()) == YES
    assert P256VERIFY.price(given()) == P256VERIFY.price(b"") == 6_900
    assert P256VERIFY.address == bytes(18) + b"\x01\x00"


def test_a_high_s_is_valid_as_well() -> None:
    assert P256VERIFY.run(given(s=ORDER - S)) == YES


@pytest.mark.parametrize(
    "data",
    [
        given(digest=sha256(b"test").digest()),
        given(r=R + 1),
        given(s=S + 1),
        given(y=PRIME - Y),
        given(r=0),
        given(s=0),
        given(r=ORDER),
        given(s=ORDER),
        given(x=PRIME),
        given(y=PRIME),
        given(x=0, y=0),
        given(x=X + 1),
        given()[:-1],
        given() + b"\0",
        b"",
    ],
    ids=[
        "another digest",
        "another r",
        "another s",
        "another key",
        "r 0",
        "s 0",
        "r the order",
        "s the order",
        "x the prime",
        "y the prime",
        "infinity",
        "off the curve",
        "a byte short",
        "a byte long",
        "empty",
    ],
)
def test_anything_else_gives_nothing(data: bytes) -> None:
    assert P256VERIFY.run(data) == b""


def added(one: Point, other: Point) -> Point:
    """The sum of two points of the curve, neither of them at infinity nor opposite."""
    if one == other:
        slope = (3 * one[0] ** 2 - 3) * pow(2 * one[1], -1, PRIME)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, PRIME)
    x = (slope**2 - one[0] - other[0]) % PRIME
    return x, (slope * (one[0] - x) - one[1]) % PRIME


def test_a_coordinate_is_not_reduced() -> None:
    """A key of small x has a second form below 2^256: x plus the prime. Who knows no key can still sign some digest."""
    x = next(n for n in range(5, 100) if pow(n**3 - 3 * n + B, (PRIME - 1) // 2, PRIME) == 1)
    y = pow(x**3 - 3 * x + B, (PRIME + 1) // 4, PRIME)
    r = added(GENERATOR, (x, y))[0] % ORDER  # of the point G + Q, so s = r and digest = r
    digest = r.to_bytes(32, "big")
    assert P256VERIFY.run(given(digest, r, r, x, y)) == YES
    assert P256VERIFY.run(given(digest, r, r, x + PRIME, y)) == b""


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(precompiles, "import_module", absent)
    with pytest.raises(
        NativeLibraryMissing, match=r"EIP-7951.*needs the package cryptography.*No module named"
    ) as caught:
        P256VERIFY.run(given())
    assert caught.value.package == "cryptography"

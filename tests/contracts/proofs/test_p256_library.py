"""The prover's own P256VERIFY, against the native library that L1 and L2 use in Python."""

from __future__ import annotations

import random
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from harness.primitives.p256 import ORDER, PRIME, verify

B = 0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B
Point = tuple[int, int]


def key_of(secret: int) -> Point:
    numbers = ec.derive_private_key(secret, ec.SECP256R1()).public_key().public_numbers()
    return numbers.x, numbers.y


GENERATOR = key_of(1)


def signed(secret: int, digest: int) -> Point:
    """A signature of a digest, which may be above the order."""
    key = ec.derive_private_key(secret, ec.SECP256R1())
    made = key.sign(digest.to_bytes(32, "big"), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
    return utils.decode_dss_signature(made)


def total(p: Point, q: Point) -> Point:
    """The sum of two points, neither of which is infinity, nor is their sum."""
    slope = (3 * p[0] ** 2 - 3, 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    rise = slope[0] * pow(slope[1], -1, PRIME) % PRIME
    x = (rise**2 - p[0] - q[0]) % PRIME
    return x, (rise * (p[0] - x) - p[1]) % PRIME


def times(count: int, point: Point) -> Point:
    """The product of a point and a number above 0, bit by bit."""
    found = point
    for bit in bin(count)[3:]:
        found = total(found, found)
        if bit == "1":
            found = total(found, point)
    return found


def both_say(probe: Any, *numbers: int) -> bool:
    """The verdict of both on digest, r, s, x and y."""
    words = [number.to_bytes(32, "big") for number in numbers]
    found: bool = probe.p256Verify(b"".join(words))
    assert found == verify(words[0], *numbers[1:])
    return found


SECRETS = [1, 2, 3, ORDER - 1, ORDER - 2, 2**255, 0xC0FFEE]
"""The key is the generator, its double, its negative (so that the sum of both is infinity), and others."""


@pytest.mark.parametrize("secret", SECRETS, ids=hex)
@pytest.mark.parametrize("digest", [0, 1, ORDER, 2**256 - 1, 0xDEC0DE << 200], ids=hex)
def test_verify_signature_and_its_twin_succeed_and_no_neighbour_does(probe: Any, secret: int, digest: int) -> None:
    (r, s), (x, y) = signed(secret, digest), key_of(secret)
    assert both_say(probe, digest, r, s, x, y)
    assert both_say(probe, digest, r, ORDER - s, x, y), "EIP-7951 takes high s"
    assert not both_say(probe, digest ^ 2, r, s, x, y)
    assert not both_say(probe, digest, s, r, x, y)
    assert not both_say(probe, digest, r, s, x, PRIME - y) or digest % ORDER == 0


@pytest.mark.parametrize(
    "change",
    [
        (1, 0), (1, ORDER), (1, 2**256 - 1), (2, 0), (2, ORDER), (3, PRIME), (4, PRIME), (3, 2**256 - 1),
        (4, 2**256 - 1), (3, 0), (4, 0),
    ],
    ids=str,
)  # fmt: skip
def test_verify_number_out_of_range_fails(probe: Any, change: tuple[int, int]) -> None:
    numbers = [7, *signed(9, 7), *key_of(9)]
    numbers[change[0]] = change[1]
    assert not both_say(probe, *numbers)


def test_verify_coordinate_in_a_second_form_fails(probe: Any) -> None:
    """The key with x = 0 has a second form below 2^256, which would pass if coordinates were reduced."""
    root = pow(B, (PRIME + 1) // 4, PRIME)
    # Nobody knows the secret. R = G + Q, so r is its x, and both s and the digest are r.
    r = total(GENERATOR, (0, root))[0] % ORDER
    assert both_say(probe, r, r, r, 0, root)
    assert not both_say(probe, r, r, r, PRIME, root)


def test_verify_off_the_curve_and_infinity_fail(probe: Any) -> None:
    r, s = signed(9, 7)
    x, y = key_of(9)
    # Anybody can sign 0 so that the sum is the key itself. No other check sees that the key is off the curve.
    assert both_say(probe, 0, x, x, x, y)
    assert not both_say(probe, 0, x, x, x, y ^ 1)
    for point in ((0, 0), (x, y ^ 1), (y, x), (PRIME - x, y)):
        assert not both_say(probe, 7, r, s, *point)


def test_verify_sum_at_infinity_fails(probe: Any) -> None:
    """The key is 5 G, and u = -5 v: the sum of the products is infinity, whose x equals no r."""
    for r in (1, 2, 12345):
        assert not both_say(probe, -5 * r % ORDER, r, 1, *key_of(5))


def test_verify_r_that_was_reduced_succeeds_and_only_so(probe: Any) -> None:
    """The sum's x is at least the order, as for one in 2^32 signatures; the key is recovered from such a point."""
    x = next(
        x for x in range(ORDER, PRIME)
        if pow(square := (x**3 - 3 * x + B) % PRIME, (PRIME - 1) // 2, PRIME) == 1
    )  # fmt: skip
    point = (x, pow(square, (PRIME + 1) // 4, PRIME))
    r, digest = x - ORDER, 0
    inverse = pow(r, -1, ORDER)
    key = times(inverse, point)  # with s = 1, and a digest of 0: R = r Q
    assert both_say(probe, digest, r, 1, *key)
    assert not both_say(probe, digest, r + 1, 1, *key)
    assert not both_say(probe, digest, x, 1, *key)


@pytest.mark.parametrize("length", [0, 1, 159, 161, 320])
def test_verify_input_of_another_length_fails(probe: Any, length: int) -> None:
    data = b"".join(number.to_bytes(32, "big") for number in (7, *signed(9, 7), *key_of(9)))
    assert probe.p256Verify(data)
    assert not probe.p256Verify((data + bytes(160))[:length])


def test_verify_agrees_on_random_signatures(probe: Any) -> None:
    rng = random.Random(256)
    for _ in range(20):
        secret, digest = rng.randrange(1, ORDER), rng.getrandbits(256)
        numbers = [digest, *signed(secret, digest), *key_of(secret)]
        assert both_say(probe, *numbers)
        at = rng.randrange(5)
        numbers[at] ^= 1 << rng.randrange(256)
        both_say(probe, *numbers)

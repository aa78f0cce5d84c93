"""MODEXP (EIP-198) at its two prices: that of Berlin (EIP-2565), and Osaka's with bounds (EIP-7823, EIP-7883)."""

from __future__ import annotations

from harness.primitives.precompiles import InputRefused, Precompile, at, number_at

LONGEST_OPERAND = 1_024
"""Bytes that an operand may have since Osaka (EIP-7823)."""


def _sizes(data: bytes) -> tuple[int, int, int]:
    """Return the lengths of base, exponent and modulus, in bytes."""
    return number_at(data, 0, 32), number_at(data, 32, 32), number_at(data, 64, 32)


def _iterations(data: bytes, base_size: int, exponent_size: int, per_byte: int) -> int:
    """Return what the exponent counts for, by its first 32 bytes and by its length beyond them."""
    head = number_at(data, 96 + base_size, min(exponent_size, 32))
    return max(max(head.bit_length() - 1, 0) + per_byte * max(exponent_size - 32, 0), 1)


def berlin_price(data: bytes) -> int:
    """Return the gas of an input (EIP-2565)."""
    base_size, exponent_size, modulus_size = _sizes(data)
    words = (max(base_size, modulus_size) + 7) // 8
    return max(200, words * words * _iterations(data, base_size, exponent_size, 8) // 3)


def osaka_price(data: bytes) -> int:
    """Return the gas of an input (EIP-7883); raises InputRefused for an operand of more than 1,024 bytes."""
    base_size, exponent_size, modulus_size = _sizes(data)
    for name, size in (("base", base_size), ("exponent", exponent_size), ("modulus", modulus_size)):
        if size > LONGEST_OPERAND:
            raise InputRefused(f"the {name} has {size} bytes, at most {LONGEST_OPERAND} are allowed (EIP-7823)")
    longest = max(base_size, modulus_size)
    words = (longest + 7) // 8
    complexity = 16 if longest <= 32 else 2 * words * words
    return max(500, complexity * _iterations(data, base_size, exponent_size, 16))


def modexp(data: bytes) -> bytes:
    """Return base ** exponent mod modulus in as many bytes as the modulus has; pay for it before."""
    base_size, exponent_size, modulus_size = _sizes(data)
    if modulus_size == 0:
        return b""
    base = number_at(data, 96, base_size)
    exponent = number_at(data, 96 + base_size, exponent_size)
    modulus = number_at(data, 96 + base_size + exponent_size, modulus_size)
    result = pow(base, exponent, modulus) if modulus else 0
    return result.to_bytes(modulus_size, "big")


BERLIN_MODEXP = Precompile("MODEXP", at(5), berlin_price, modexp)
OSAKA_MODEXP = Precompile("MODEXP", at(5), osaka_price, modexp)

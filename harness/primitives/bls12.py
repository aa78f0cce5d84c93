"""BLS12-381's precompiles (EIP-2537), computed by arkworks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from harness.primitives.precompiles import InputRefused, Precompile, at, native

# A field element takes 64 bytes, of which the first 16 are zero. A point is x || y; in G2 each coordinate is c0 || c1.
# The point at infinity is all zero bytes, here and in the library.
_PADDED, _PLAIN = 64, 48
_G1_SIZE, _G2_SIZE, _SCALAR_SIZE = 128, 256, 32

_G1_DISCOUNTS = (
    1000, 949, 848, 797, 764, 750, 738, 728, 719, 712, 705, 698, 692, 687, 682, 677,
    673, 669, 665, 661, 658, 654, 651, 648, 645, 642, 640, 637, 635, 632, 630, 627,
    625, 623, 621, 619, 617, 615, 613, 611, 609, 608, 606, 604, 603, 601, 599, 598,
    596, 595, 593, 592, 591, 589, 588, 586, 585, 584, 582, 581, 580, 579, 577, 576,
    575, 574, 573, 572, 570, 569, 568, 567, 566, 565, 564, 563, 562, 561, 560, 559,
    558, 557, 556, 555, 554, 553, 552, 551, 550, 549, 548, 547, 547, 546, 545, 544,
    543, 542, 541, 540, 540, 539, 538, 537, 536, 536, 535, 534, 533, 532, 532, 531,
    530, 529, 528, 528, 527, 526, 525, 525, 524, 523, 522, 522, 521, 520, 520, 519,
)  # fmt: skip
_G2_DISCOUNTS = (
    1000, 1000, 923, 884, 855, 832, 812, 796, 782, 770, 759, 749, 740, 732, 724, 717,
    711, 704, 699, 693, 688, 683, 679, 674, 670, 666, 663, 659, 655, 652, 649, 646,
    643, 640, 637, 634, 632, 629, 627, 624, 622, 620, 618, 615, 613, 611, 609, 607,
    606, 604, 602, 600, 598, 597, 595, 593, 592, 590, 589, 587, 586, 584, 583, 582,
    580, 579, 578, 576, 575, 574, 573, 571, 570, 569, 568, 567, 566, 565, 563, 562,
    561, 560, 559, 558, 557, 556, 555, 554, 553, 552, 552, 551, 550, 549, 548, 547,
    546, 545, 545, 544, 543, 542, 541, 541, 540, 539, 538, 537, 537, 536, 535, 535,
    534, 533, 532, 532, 531, 530, 530, 529, 528, 528, 527, 526, 526, 525, 524, 524,
)  # fmt: skip
"""Thousandths of the price of each point in a sum of 1 to 128 points; the last one holds beyond."""


def _library() -> Any:
    return native("py_arkworks_bls12381", "py_arkworks_bls12381", "the BLS12-381 precompiles (EIP-2537)")


def _unpadded(data: bytes) -> bytes:
    """Return field elements in 48 bytes each; the library refuses those that are not below the modulus."""
    elements = [data[offset : offset + _PADDED] for offset in range(0, len(data), _PADDED)]
    if any(element[:16] != bytes(16) for element in elements):
        raise InputRefused("a field element has more than 48 bytes")
    return b"".join(element[16:] for element in elements)


def _padded(data: bytes) -> bytes:
    return b"".join(bytes(16) + data[offset : offset + _PLAIN] for offset in range(0, len(data), _PLAIN))


def _read(read: Callable[[bytes], Any], data: bytes) -> Any:
    """Return what the library reads from field elements."""
    plain = _unpadded(data)
    try:
        return read(plain)
    except ValueError as error:
        raise InputRefused(str(error)) from error


def _rows(data: bytes, size: int) -> Iterator[bytes]:
    """Cut an input into rows of ``size`` bytes."""
    return (data[offset : offset + size] for offset in range(0, len(data), size))


def _check_size(data: bytes, size: int) -> None:
    if len(data) != size:
        raise InputRefused(f"input has {len(data)} bytes, expected {size}")


def _check_rows(data: bytes, size: int) -> int:
    """Return the number of rows of ``size`` bytes; there must be one at least."""
    if not data or len(data) % size:
        raise InputRefused(f"input has {len(data)} bytes, expected a multiple of {size} above 0")
    return len(data) // size


def _fixed(price: int, size: int) -> Callable[[bytes], int]:
    def priced(data: bytes) -> int:
        _check_size(data, size)
        return price

    return priced


def _sum_price(each: int, discounts: tuple[int, ...], row: int) -> Callable[[bytes], int]:
    def priced(data: bytes) -> int:
        count = _check_rows(data, row)
        return count * each * discounts[min(count, len(discounts)) - 1] // 1_000

    return priced


def _pairing_price(data: bytes) -> int:
    return 32_600 * _check_rows(data, _G1_SIZE + _G2_SIZE) + 37_700


def _add(group: str, size: int) -> Callable[[bytes], bytes]:
    def run(data: bytes) -> bytes:
        _check_size(data, 2 * size)
        kind = getattr(_library(), group)
        left, right = (_read(kind.from_xy_bytes_unchecked_be, point) for point in _rows(data, size))
        return _padded((left + right).to_xy_bytes_be())

    return run


def _sum_of_products(group: str, size: int) -> Callable[[bytes], bytes]:
    def run(data: bytes) -> bytes:
        _check_rows(data, size + _SCALAR_SIZE)
        library = _library()
        kind = getattr(library, group)
        rows = list(_rows(data, size + _SCALAR_SIZE))
        points = [_read(kind.from_xy_bytes_be, row[:size]) for row in rows]
        scalars = [library.Scalar.from_be_bytes_mod_order(row[size:]) for row in rows]
        return _padded(kind.multiexp_unchecked(points, scalars).to_xy_bytes_be())

    return run


def _map(group: str, reader: str, size: int) -> Callable[[bytes], bytes]:
    def run(data: bytes) -> bytes:
        _check_size(data, size)
        return _padded(_read(getattr(getattr(_library(), group), reader), data).to_xy_bytes_be())

    return run


def _pairing(data: bytes) -> bytes:
    _check_rows(data, _G1_SIZE + _G2_SIZE)
    library = _library()
    rows = list(_rows(data, _G1_SIZE + _G2_SIZE))
    left = [_read(library.G1Point.from_xy_bytes_be, row[:_G1_SIZE]) for row in rows]
    right = [_read(library.G2Point.from_xy_bytes_be, row[_G1_SIZE:]) for row in rows]
    return bytes(31) + bytes([library.GT.pairing_check(left, right)])


_G1_ROW, _G2_ROW = _G1_SIZE + _SCALAR_SIZE, _G2_SIZE + _SCALAR_SIZE

BLS12_PRECOMPILES = (
    Precompile("BLS12_G1ADD", at(0x0B), _fixed(375, 2 * _G1_SIZE), _add("G1Point", _G1_SIZE)),
    Precompile(
        "BLS12_G1MSM", at(0x0C), _sum_price(12_000, _G1_DISCOUNTS, _G1_ROW), _sum_of_products("G1Point", _G1_SIZE)
    ),
    Precompile("BLS12_G2ADD", at(0x0D), _fixed(600, 2 * _G2_SIZE), _add("G2Point", _G2_SIZE)),
    Precompile(
        "BLS12_G2MSM", at(0x0E), _sum_price(22_500, _G2_DISCOUNTS, _G2_ROW), _sum_of_products("G2Point", _G2_SIZE)
    ),
    Precompile("BLS12_PAIRING_CHECK", at(0x0F), _pairing_price, _pairing),
    Precompile("BLS12_MAP_FP_TO_G1", at(0x10), _fixed(5_500, _PADDED), _map("G1Point", "map_from_fp_be", _PADDED)),
    Precompile(
        "BLS12_MAP_FP2_TO_G2", at(0x11), _fixed(23_800, 2 * _PADDED), _map("G2Point", "map_from_fp2_be", 2 * _PADDED)
    ),
)
"""All of them, by address."""

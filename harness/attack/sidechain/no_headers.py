"""Attacks on the light client by bytes that are no header of QBFT."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

from harness.attack.attack import Attack
from harness.attack.sidechain.coast import Coast
from harness.attack.stage import Stage
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import decode, encode, encode_bytes, encode_list, to_list
from harness.primitives.signatures import signer_of
from harness.sidechain.header import Header, seal

EXTRA = 12
"""The place of the extra data among a header's fields."""
MOST = 21
"""Fields of a header of Prague."""
NUMBERS = (
    ("height", 8, 8), ("gas limit", 9, 8), ("gas", 10, 8), ("time", 11, 8),
    ("base fee", 15, 32), ("blob gas", 17, 8), ("excess blob gas", 18, 8),
)  # fmt: skip
"""Numbers of a header: their places, and the most bytes that each may have."""


def no_header(stage: Stage) -> str:
    """All validators seal what is no header of QBFT: other mix hashes, forms that are not canonical, junk behind."""
    coast = Coast(stage)
    coast.seal()
    base = coast.header()
    everybody = [coast.key(place) for place in range(4)]
    for what, made in (
        ("mix hash", replace(base, mix_hash=bytes(32))),
        ("difficulty", replace(base, difficulty=2)),
    ):
        coast.fails(f"another {what}", coast.hand_in, made.sealed_by(everybody))
    whole = base.sealed_by(everybody)
    raw, parts = whole.encode(), coast.parts(whole)
    for what, data in _bent(raw):
        coast.fails(what, coast.bridge.update, {**parts, "header": data}, coast.mallory, is_change=False)
    for what, data in _longer(whole):
        coast.fails(what, coast.bridge.update, {**parts, "header": data}, coast.mallory, is_change=False)
    for what, data in (*_loose(base, everybody), *_lengthy(base, everybody), *_wide(base, everybody)):
        coast.fails(what, coast.bridge.update, {**parts, "header": data}, coast.mallory, is_change=False)
    three = everybody[:3]
    parts = coast.parts(base.sealed_by(three))
    for what, data in (*_as_text(base, three), *_off_by_a_byte(base.sealed_by(three))):
        for is_change in (False, True):
            coast.fails(what, coast.bridge.update, {**parts, "header": data}, coast.mallory, is_change=is_change)
    return coast.whole()


def _bent(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield bytes that are no RLP of a header, or more than one."""
    for length in (0, 1, 3, 100, 500, len(raw) - 1):
        yield f"a header of {length} bytes", raw[:length]
    yield "a header with a byte behind it", raw + b"\0"
    yield "a header of 65,536 bytes", raw.ljust(65_536, b"\0")
    for place in (0, 1, 2):
        yield f"a header whose byte {place} is another", raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def _longer(whole: Header) -> Iterator[tuple[str, bytes]]:
    """Yield a header with more in its extra data than was sealed, which is behind the seals."""
    plain = whole.fields()
    inner = list(to_list(decode(plain[EXTRA])))
    for what, extra in (
        ("an item", encode([*inner, b"x"])),
        ("a list", encode([*inner, [b"x" * 40]])),
        ("a byte", encode(inner) + b"\0"),
    ):
        yield f"{what} behind the seals", encode([*plain[:EXTRA], extra, *plain[EXTRA + 1 :]])
    yield "an item behind the nonce", encode([*plain, b"x"])


def _loose(base: Header, keys: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield headers whose extra data have something more, or an item that is none; all validators seal the rest."""
    plain = base.fields()
    inner: list[Any] = list(to_list(decode(plain[EXTRA])))

    def sealed(items: list[Any], behind: bytes = b"", last: Sequence[bytes] = ()) -> bytes:
        return _sealed(plain, keys, [encode(item) for item in items], behind, last)

    yield "a sixth item of the extra data", sealed([*inner, b"x"])
    yield "a byte behind the extra data", sealed(inner, b"\0")
    yield "a round with a zero ahead", sealed([*inner[:3], b"\0\1", *inner[4:]])
    yield "an item of a byte behind the last", sealed(inner, last=[b"x"])
    yield "an item behind all that a header may have", sealed(inner, last=[bytes(32)] * (MOST + 1 - len(plain)))
    yield "a vanity of 31 bytes", sealed([bytes(31), *inner[1:]])
    yield "validators of 19 bytes", sealed([inner[0], [bytes(19)] * 4, *inner[2:]])
    yield "validators that are text", sealed([inner[0], encode_bytes(b"x" * 84), *inner[2:]])
    for what, vote in (
        ("for 19 bytes", [bytes(19), b"\xff"]),
        ("that neither adds nor drops", [bytes(20), b"\x07"]),
        ("of one item", [bytes(20)]),
        ("of three items", [bytes(20), b"\xff", b"x"]),
        ("of lists", [[bytes(19)], [b"\xff"]]),
    ):
        yield f"a vote {what}", sealed([*inner[:2], vote, *inner[3:]])


def _lengthy(base: Header, keys: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield headers of which a list says its length in a byte more than it needs; all validators seal them so."""
    plain = base.fields()
    inner: list[Any] = list(to_list(decode(plain[EXTRA])))
    for vote, (what, place) in product(([], [bytes(20), b"\xff"]), (("the validators", 1), ("the vote", 2))):
        items = [encode(item) for item in (*inner[:2], vote, *inner[3:])]
        items[place] = _with_longer_length(items[place])
        yield f"a length of {what} with a zero ahead", _sealed(plain, keys, items)


def _wide(base: Header, keys: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield headers with a number that has a zero ahead, or a byte more than any may have; all validators seal them."""
    plain = base.fields()
    items = [encode(item) for item in to_list(decode(plain[EXTRA]))]
    for what, place, most in NUMBERS:
        for how, wide in (("with a zero ahead", b"\0" + plain[place]), (f"of {most + 1} bytes", b"\1" * (most + 1))):
            yield f"a {what} {how}", _sealed([*plain[:place], wide, *plain[place + 1 :]], keys, items)


def _as_text(base: Header, keys: list[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield headers whose lists are text of the same bytes, or end with a part of an item; these validators seal."""
    plain = base.fields()
    inner = list(to_list(decode(plain[EXTRA])))
    items = [encode(item) for item in inner]
    members = [encode(each) for each in to_list(inner[1])]

    def sealed(validators: bytes) -> bytes:
        return _sealed(plain, keys, [items[0], validators, *items[2:]])

    yield "validators in a text", sealed(encode_bytes(b"".join(members)))
    yield "half a validator behind the last", sealed(encode_list([*members, members[0][:10]]))
    yield "a byte behind the last validator", sealed(encode_list([*members, b"\x94"]))
    yield "seals in a text", _sealed(plain, keys, items, of_seals=encode_bytes)


def _off_by_a_byte(whole: Header) -> Iterator[tuple[str, bytes]]:
    """Yield a header whose extra data, and the list in them, say that they are longer or shorter than they are."""
    fields = [encode(item) for item in whole.fields()]
    extra = fields[EXTRA]
    if extra[0] != 0xB9:
        return  # lengths of one byte, which no header of four validators has
    for how, by in (("longer", 1), ("shorter", -1)):
        length = int.from_bytes(extra[1:3], "big") + by
        said = b"\xb9" + length.to_bytes(2, "big") + b"\xf9" + (length - 3).to_bytes(2, "big") + extra[6:]
        yield (
            f"a header whose extra data say they are {how}",
            encode_list([*fields[:EXTRA], said, *fields[EXTRA + 1 :]]),
        )


def _with_longer_length(item: bytes) -> bytes:
    """Return a list's encoding with the next longer form of its length; the list has 255 bytes at most."""
    return b"\xf9\0" + item[1:] if item[0] == 0xF8 else bytes((0xF8, item[0] - 0xC0)) + item[1:]


def _sealed(
    plain: list[bytes],
    keys: list[bytes],
    items: list[bytes],
    behind: bytes = b"",
    last: Sequence[bytes] = (),
    of_seals: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Return a header whose extra data have these items, encoded already, and seals of what they are without any.

    ``of_seals`` makes something else than a list of the joined seals, which no seal covers.
    """

    def whole(seals: list[bytes]) -> bytes:
        listed = encode(seals) if of_seals is None or not seals else of_seals(b"".join(map(encode, seals)))
        body = encode_list([*items[:4], listed, *items[5:]])
        return encode([*plain[:EXTRA], body + behind, *plain[EXTRA + 1 :], *last])

    digest = keccak256(whole([]))
    return whole([seal(key, digest) for key in sorted(keys, key=signer_of)])


ATTACKS = (Attack("no header", "bytes are believed that are no header", no_header),)

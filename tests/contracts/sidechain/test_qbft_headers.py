"""A header has one form, whoever sealed it: each altered one here has a quorum's seals, and is refused all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
import rlp

from harness import reverts
from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import RlpError, decode
from harness.primitives.signatures import signer_of
from harness.sidechain.errors import BadValidators, HeaderRefused
from harness.sidechain.header import QBFT_DIGEST, Header, Vote, seal
from harness.sidechain.light_client import LightClient, contract_type, joined
from harness.sidechain.sealed_chain import validator_keys
from harness.sidechain.sidechain import Sidechain
from harness.sidechain.validators import quorum

HEADERS = contract_type("QbftHeaders")
KEYS = sorted(validator_keys(4), key=signer_of)
EXTRA = 12

Items = list[bytes]
"""RLP of each item of a list."""


def listed(items: Items) -> bytes:
    """Return the RLP of a list of encoded items."""
    body = b"".join(items)
    if len(body) < 56:
        return bytes((0xC0 + len(body),)) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((0xF7 + len(size),)) + size + body


@dataclass
class Form:
    """A header whose items can be altered before validators seal it."""

    l1: Chain
    client: LightClient
    header: Header

    def sealed(
        self,
        alter: Callable[[Items], None] = lambda items: None,
        inner: Callable[[Items], None] = lambda items: None,
        written: Callable[[Items], bytes] = lambda extra: rlp.encode(listed(extra)),
    ) -> bytes:
        """Return the RLP of the altered header, with three seals on just that; ``inner`` alters the extra data.

        ``written`` writes the sealed extra data into the header: no seal covers how long it says that they are.
        """
        items = [rlp.encode(item) for item in rlp.decode(self.header.sealed(()).encode())]
        extra = [rlp.encode(item) for item in rlp.decode(self.header.sealed(()).extra.encode())]
        inner(extra)
        items[EXTRA] = rlp.encode(listed(extra))
        alter(items)
        digest = keccak256(listed(items))
        if items[EXTRA] == rlp.encode(listed(extra)):
            extra[4] = listed([rlp.encode(seal(key, digest)) for key in KEYS[:3]])
            items[EXTRA] = written(extra)
        return listed(items)

    def refuses(self, data: bytes, error: object, **fields: object) -> None:
        """Check that the contract refuses bytes with this error and stays as it was, and that Python refuses them."""
        before = self.client.contract.head()
        with reverts(error, **fields):  # type: ignore[arg-type]
            self.client.contract.update(data, 0b111, sender=self.l1.accounts.mallory)
        assert self.client.contract.head() == before
        with pytest.raises((HeaderRefused, BadValidators, RlpError)):
            decode(data)
            Header.decode(data)


@pytest.fixture(scope="module")
def opened() -> Iterator[Form]:
    with open_chain("py-evm") as l1:
        side = Sidechain(4)
        side.chain.mine()
        client = LightClient.deploy(l1, side.head, 86_400)
        side.chain.send(sender=side.chain.accounts.alice, to=side.chain.accounts.bob, value=1)
        yield Form(l1, client, side.head)
        side.close()


@pytest.fixture
def form(opened: Form) -> Iterator[Form]:
    mark = opened.l1.snapshot()
    yield opened
    opened.l1.restore(mark)


def put(place: int, item: bytes) -> Callable[[Items], None]:
    def alter(items: Items) -> None:
        items[place] = item

    return alter


def test_what_is_not_altered_is_taken(form: Form) -> None:
    """Else the seals of the altered ones could be what is wrong with them."""
    form.client.contract.update(form.sealed(), 0b111, sender=form.l1.accounts.alice)
    assert form.client.contract.head()[0] == form.header.number


def test_a_header_of_cancun_and_votes_are_taken(form: Form) -> None:
    def of_cancun(items: Items) -> None:
        del items[20]

    for vote in (Vote(b"\x07" * 20, True), Vote(b"\x07" * 20, False)):
        mark = form.l1.snapshot()
        wish = rlp.encode([vote.candidate, b"\xff" if vote.add else b""])
        data = form.sealed(of_cancun, put(2, wish))
        assert Header.decode(data).extra.vote == vote
        form.client.contract.update(data, 0b111, sender=form.l1.accounts.alice)
        form.l1.restore(mark)


USUAL = {"number": 300, "base_fee": 7}
ODD: list[dict[str, object]] = [
    {},
    *({"number": number, "timestamp": 2**39} for number in (127, 128, 255, 256, 2**32 - 1, 2**32)),
    *({"base_fee": fee} for fee in (0, 127, 128, 255, 256, 2**64, 2**248 - 1, 2**248, 2**256 - 1)),
    *({"gas_used": used} for used in (0, 1, 127, 128, 2**64 - 1)),
    *({"gas_limit": limit} for limit in (0, 127, 128, 2**64 - 1)),
    *({"blob_gas_used": used, "excess_blob_gas": excess} for used, excess in ((0, 1), (128, 0), (2**64 - 1, 2**63))),
    {"requests_hash": None, "bloom": 2**2048 - 1},
]
"""What a right header may have instead; sums that no block has are as right to the contract."""


@pytest.mark.parametrize("size", [1, 2, 3, 12, 13, 18])
def test_a_right_header_is_taken_whatever_its_lengths(opened: Form, size: int) -> None:
    """The contract reads most headers in a quicker way than others; a length decides. It must come to the same."""
    keys = sorted(validator_keys(size), key=signer_of)
    validators = tuple(map(signer_of, keys))
    first = replace(opened.header, extra=replace(opened.header.extra, validators=validators, seals=()))
    client = LightClient.deploy(opened.l1, first, 2**40)
    mark = opened.l1.snapshot()
    extras = [{}, {"round": 1}, {"round": 2**32 - 1}, {"vote": Vote(b"\x07" * 20, True)}]
    for fields, extra in [*((each, {}) for each in ODD), *(({}, each) for each in extras)]:
        plain = {**USUAL, "timestamp": first.timestamp + 400, **fields}
        if plain["timestamp"] == 2**39:
            opened.l1.warp(to=2**39)
        header = replace(first, **plain, extra=replace(first.extra, **extra)).sealed_by(keys[: quorum(size)])
        assert Header.decode(header.encode()) == header
        client.hand_in(header, validators, sender=opened.l1.accounts.mallory)
        taken = header.state_root, header.timestamp, first.number
        assert client.contract.head() == (header.number, header.timestamp)
        client.contract.check(header.number, taken)
        opened.l1.restore(mark)


HASHES = {
    "parent hash": 0, "ommers hash": 1, "state root": 3, "transactions root": 4, "receipts root": 5,
    "withdrawals root": 16, "beacon root": 19, "requests hash": 20,
}  # fmt: skip
NUMBERS = {
    "height": 8, "gas limit": 9, "gas used": 10, "timestamp": 11, "blob gas used": 17, "excess blob gas": 18,
}  # fmt: skip


@pytest.mark.parametrize("name", HASHES)
def test_a_hash_has_32_bytes(form: Form, name: str) -> None:
    for size in (31, 33):
        error = {"actual": 0x80 + size, "expected": 0xA0}
        form.refuses(form.sealed(put(HASHES[name], rlp.encode(bytes(size)))), HEADERS.MalformedHeader, **error)
    a_list = form.sealed(put(HASHES[name], b"\xe0" + bytes(32)))
    form.refuses(a_list, HEADERS.MalformedHeader, actual=0xE0, expected=0xA0)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_has_eight_bytes_at_most_and_its_shortest_form(form: Form, name: str) -> None:
    place = NUMBERS[name]
    for item, length in ((b"\x89\x01" + bytes(8), 9), (b"\xa8" + b"\x01" * 40, 40), (b"\xb8\x38" + b"\x01" * 56, 56)):
        error = {"actual": length, "maximum": 8}
        form.refuses(form.sealed(put(place, item)), HEADERS.NumberTooLong, **error)
    for item, value, minimum in (
        (b"\x00", 0, 1),
        (b"\x81\x00", 0, 0x80),
        (b"\x81\x7f", 0x7F, 0x80),
        (b"\x83\x00\x00\x05", 5, 0x10000),
        (b"\x88\x00" + b"\xff" * 7, 2**56 - 1, 2**56),
    ):
        error = {"actual": value, "minimum": minimum}
        form.refuses(form.sealed(put(place, item)), HEADERS.NotShortest, **error)


def test_the_base_fee_has_32_bytes_at_most(form: Form) -> None:
    for item, value, minimum in ((b"\x00", 0, 1), (b"\x81\x7f", 0x7F, 0x80), (b"\x82\x00\xff", 0xFF, 0x100)):
        form.refuses(form.sealed(put(15, item)), HEADERS.NotShortest, actual=value, minimum=minimum)
    form.refuses(form.sealed(put(15, b"\xa1" + b"\x01" * 33)), HEADERS.NumberTooLong, actual=33, maximum=32)
    form.refuses(form.sealed(put(15, b"\xa0" + bytes(31) + b"\x01")), HEADERS.NotShortest, actual=1, minimum=2**248)
    mark = form.l1.snapshot()
    data = form.sealed(put(15, b"\xa0" + b"\xff" * 32))
    form.client.contract.update(data, 0b111, sender=form.l1.accounts.alice)
    form.l1.restore(mark)


@pytest.mark.parametrize(
    ("name", "place", "item", "actual", "expected"),
    [
        ("proposer", 2, rlp.encode(bytes(19)), 0x93, 0x94),
        ("bloom", 6, rlp.encode(bytes(255)), 0xB8FF00, 0xB90100),
        ("difficulty", 7, b"\x02", 2, 1),
        ("nonce", 14, rlp.encode(bytes(7) + b"\x01"), (0x88 << 64) + 1, 0x88 << 64),
        ("mix hash", 13, rlp.encode(bytes(31)), 0x9F, 0xA0),
        ("mix hash as a list", 13, b"\xe0" + QBFT_DIGEST, 0xE0, 0xA0),
        ("extra data", 12, rlp.encode([b"1" * 60]), 0xF8, 0xB9),
        ("a list for a number", 10, b"\xc0", None, None),
    ],
)
def test_each_item_has_its_kind(
    form: Form, name: str, place: int, item: bytes, actual: int | None, expected: int | None
) -> None:
    if actual is None:
        form.refuses(form.sealed(put(place, item)), HEADERS.NumberTooLong, actual=0x40, maximum=8)
    else:
        form.refuses(form.sealed(put(place, item)), HEADERS.MalformedHeader, actual=actual, expected=expected)


@pytest.mark.parametrize("count", [15, 16, 18, 19, 22])
def test_a_header_has_20_or_21_items(form: Form, count: int) -> None:
    def cut(items: Items) -> None:
        items.extend([b"\xa0" + bytes(32)] * 2)
        del items[count:]

    form.refuses(form.sealed(cut), HEADERS.WrongEnd)


@pytest.mark.parametrize(
    ("name", "place", "item", "error", "fields"),
    [
        ("vanity", 0, rlp.encode(bytes(31)), "MalformedHeader", {"actual": 0x9F, "expected": 0xA0}),
        ("a short validator", 1, listed([b"\x93" + b"\x01" * 19]), "WrongSize", {"actual": 0, "maximum": 255}),
        ("validators", 1, listed([b"\x94" + b"\x01" * 20, b"\x01"]), "MalformedHeader", {"actual": 22, "expected": 21}),
        ("candidate", 2, listed([b"\x93" + bytes(19), b"\x80"]), "MalformedHeader", {"actual": 0x93, "expected": 0x94}),
        ("choice", 2, listed([rlp.encode(bytes(20)), b"\x01"]), "MalformedHeader", {"expected": 0x81FF}),
        ("long choice", 2, listed([rlp.encode(bytes(20)), b"\x80\x80"]), "WrongEnd", {}),
        ("round", 3, b"\x85" + b"\x01" * 5, "NumberTooLong", {"actual": 5, "maximum": 4}),
        ("round zero", 3, b"\x00", "NotShortest", {"actual": 0, "minimum": 1}),
        ("long list", 2, b"\xf8\x16" + rlp.encode(bytes(20)) + b"\x80", "NotShortest", {"actual": 22, "minimum": 56}),
    ],
)  # fmt: skip
def test_extra_data_have_one_form(
    form: Form, name: str, place: int, item: bytes, error: str, fields: dict[str, int]
) -> None:
    form.refuses(form.sealed(inner=put(place, item)), getattr(HEADERS, error), **fields)


def other_list(item: bytes, prefix: bytes) -> bytes:
    """Return a list whose length has one byte with another prefix, of any length."""
    assert item[0] == 0xF8
    return prefix + item[2:]


@pytest.mark.parametrize(
    ("name", "place", "change", "error", "fields"),
    [
        ("a list for the vanity", 0, lambda item: b"\xe0" + item[1:], "MalformedHeader", {"actual": 0xE0}),
        ("a text for validators", 1, lambda item: b"\xb8" + item[1:], "MalformedHeader", {"actual": 0xB8}),
        ("a long length", 1, lambda item: other_list(item, b"\xf9\x00\x54"), "NotShortest", {"actual": 84}),
        ("a part of a validator", 1, lambda item: b"\xf8\x55" + item[2:] + b"\x01", "MalformedHeader", {"actual": 85}),
        ("an empty text for no vote", 2, lambda item: b"\x80", "MalformedHeader", {"actual": 0x80, "expected": 0xF9}),
        ("zero", 3, lambda item: b"\x00", "NotShortest", {"actual": 0}),
    ],
)  # fmt: skip
def test_extra_data_of_the_usual_length_have_one_form(
    form: Form, name: str, place: int, change: Callable[[bytes], bytes], error: str, fields: dict[str, int]
) -> None:
    def alter(extra: Items) -> None:
        extra[place] = change(extra[place])

    form.refuses(form.sealed(inner=alter), getattr(HEADERS, error), **fields)


def test_a_sealed_set_has_255_validators_at_most(form: Form) -> None:
    huge = listed([b"\x94" + bytes(20)] * 256)
    form.refuses(form.sealed(inner=put(1, huge)), HEADERS.WrongSize, actual=256, maximum=255)


def told(text: int, inner: int, extra: Items, more: int = 0) -> bytes:
    """Return extra data of two bytes of length, with these prefixes of the text and of the list in it.

    They say that they are ``more`` bytes longer than they are.
    """
    body = b"".join(extra)
    within = bytes((inner,)) + (len(body) + more).to_bytes(2, "big") + body
    return bytes((text,)) + (len(within) + more).to_bytes(2, "big") + within


def sealing(extra: Items, seals: bytes) -> bytes:
    """Return extra data of two bytes of length with other seals."""
    return told(0xB9, 0xF9, [*extra[:4], seals])


@pytest.mark.parametrize(
    ("name", "written", "error", "fields"),
    [
        ("a list", lambda extra: told(0xF9, 0xF9, extra), "MalformedHeader", {"actual": 0xF9}),
        ("a text in it", lambda extra: told(0xB9, 0xB9, extra), "MalformedHeader", {"actual": 0xB9}),
        ("few bytes", lambda extra: sealing(extra, listed([b"\x01" * 60])), "NotShortest", {"minimum": 256}),
        ("a text", lambda extra: sealing(extra, b"\xb8" + extra[4][1:]), "MalformedHeader", {"actual": 0xB8}),
        ("long", lambda extra: sealing(extra, other_list(extra[4], b"\xf9\x00\xc9")), "NotShortest", {"minimum": 256}),
        ("more", lambda extra: told(0xB9, 0xF9, [*extra, b"\x80"]), "WrongEnd", {}),
        ("too long", lambda extra: told(0xB9, 0xF9, extra, 1), "MalformedHeader", {"actual": QBFT_DIGEST[0]}),
        ("too short", lambda extra: told(0xB9, 0xF9, extra, -1), "MalformedHeader", {"expected": 0xA0}),
    ],
)  # fmt: skip
def test_what_no_seal_covers_has_one_form(
    form: Form, name: str, written: Callable[[Items], bytes], error: str, fields: dict[str, int]
) -> None:
    """A seal is on the hash of a header without seals, whose lengths are others."""
    form.refuses(form.sealed(written=written), getattr(HEADERS, error), **fields)


def test_nothing_is_cut_off_or_put_behind(form: Form) -> None:
    data = form.sealed()
    form.refuses(b"", HEADERS.HeaderTooShort, actual=0, minimum=450)
    form.refuses(data[:449], HEADERS.HeaderTooShort, actual=449, minimum=450)
    announced = int.from_bytes(data[:3], "big")
    form.refuses(data[:-1], HEADERS.MalformedHeader, offset=0, actual=announced, expected=announced - 1)
    form.refuses(data + b"\x00", HEADERS.MalformedHeader, offset=0, actual=announced, expected=announced + 1)
    form.refuses(data + bytes(65_536 - len(data)), HEADERS.HeaderTooLong, actual=65_536, maximum=65_535)


def test_a_set_does_not_change_to_nothing(form: Form) -> None:
    nobody = replace(form.header, extra=replace(form.header.extra, validators=(), seals=())).encode()
    trusted = joined(form.client.spans[-1])
    with reverts(HEADERS.WrongSize, actual=0, maximum=255):
        form.client.contract.updateSet((nobody, 0, b""), trusted, sender=form.l1.accounts.mallory)
    with pytest.raises(BadValidators):
        Header.decode(nobody)

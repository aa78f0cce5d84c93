"""The light client believes a header that the right validators sealed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import rlp

from harness import reverts
from harness.chain import open_chain
from harness.chain.chain import Chain
from harness.chain.errors import RevertedWithError
from harness.chain.jsonrpc.local import BlockHeader
from harness.primitives.hashing import keccak256
from harness.primitives.signatures import ORDER, signer_of
from harness.sidechain.header import ExtraData, Header
from harness.sidechain.light_client import LightClient, contract_type, evidence, joined, seats
from harness.sidechain.sealed_chain import domain_of, validator_keys
from harness.sidechain.validators import quorum

PERIOD = 14 * 86_400
DOMAIN = domain_of(1)
KEYS = validator_keys(8)
HEADERS = contract_type("QbftHeaders")
CLIENT = contract_type("LightClient")


def addresses(keys: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(sorted(map(signer_of, keys)))


@dataclass
class Desk:
    """A chain with a client that trusts ``trusted``, and a maker of headers behind it."""

    l1: Chain
    client: LightClient
    start: int

    def header(self, number: int = 1, keys: tuple[bytes, ...] = KEYS[:4], **fields: Any) -> Header:
        """Return an unsealed header of a set; ``fields`` replace those of its execution or of its extra data."""
        extra = ExtraData(DOMAIN, addresses(keys))
        extra = replace(extra, **{name: fields.pop(name) for name in list(fields) if hasattr(extra, name)})
        execution = BlockHeader(
            number=number, parent_hash=bytes(32), state_root=keccak256(b"root of %d" % number), coinbase=bytes(20),
            mix_hash=bytes(32), gas_limit=30_000_000, gas_used=0, timestamp=self.start + number, base_fee=7,
            requests_hash=bytes(32),
        )  # fmt: skip
        return replace(Header.of(execution, extra, bytes(32), bytes(20)), **fields)

    def sealed(self, number: int = 1, keys: tuple[bytes, ...] = KEYS[:4], **fields: Any) -> Header:
        """Return a header sealed by just a quorum of its set."""
        by = sorted(keys, key=signer_of)[: quorum(len(keys))]
        return self.header(number, keys, **fields).sealed_by(by)

    def refuses(self, header: Header, error: Any, **fields: Any) -> None:
        """Check that the client refuses a header with this error, and stays as it was."""
        before = self.client.contract.head(), self.client.contract.spanCount()
        with reverts(error, **fields):
            self.client.update(header)
        assert (self.client.contract.head(), self.client.contract.spanCount()) == before


@pytest.fixture(scope="module")
def opened() -> Iterator[Desk]:
    l1 = open_chain("py-evm")
    start = l1.now
    desk = Desk(l1, None, start)  # type: ignore[arg-type]
    desk.client = LightClient.deploy(l1, desk.header(0), PERIOD)
    l1.warp(1_000)
    yield desk
    l1.backend.close()


@pytest.fixture
def desk(opened: Desk) -> Iterator[Desk]:
    mark = opened.l1.snapshot()
    client = LightClient(opened.client.contract, opened.header(0))
    yield Desk(opened.l1, client, opened.start)
    opened.l1.restore(mark)


def test_a_quorum_advances_it_and_skips_heights(desk: Desk) -> None:
    desk.client.update(desk.sealed(1))
    desk.client.update(desk.sealed(700))
    contract = desk.client.contract
    assert tuple(contract.head()) == (700, desk.start + 700)
    for height in (0, 1, 700):
        contract.check(height, desk.client.checkpoints[height].words)
    with reverts(CLIENT.WrongCheckpoint, height=700):
        contract.check(700, replace(desk.client.checkpoints[700], state_root=bytes(32)).words)
    with reverts(CLIENT.WrongCheckpoint, height=2):
        contract.check(2, desk.client.checkpoints[1].words)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_one_seal_less_than_a_quorum_is_refused(desk: Desk, count: int) -> None:
    keys = KEYS[:count]
    client = LightClient.deploy(desk.l1, desk.header(0, keys), PERIOD)
    few = sorted(keys, key=signer_of)[: quorum(count) - 1]
    with reverts(CLIENT.TooFewSeals, actual=quorum(count) - 1, expected=quorum(count)):
        client.update(desk.header(1, keys).sealed_by(few))
    client.update(desk.sealed(1, keys))


class TestSeals:
    def test_a_seal_counts_once(self, desk: Desk) -> None:
        header = desk.header()
        seals = header.sealed_by(KEYS[:4]).extra.seals
        twice = header.sealed((seals[0], seals[0], seals[1]))
        with reverts(HEADERS.NotSealedBy):
            desk.client.contract.update(twice.encode(), 0b111, sender=desk.l1.accounts.alice)
        with reverts(HEADERS.WrongSeatCount, actual=2, seals=3):
            desk.client.contract.update(header.sealed(seals[:3]).encode(), 0b11, sender=desk.l1.accounts.alice)

    def test_more_seats_than_seals_are_refused(self, desk: Desk) -> None:
        header = desk.sealed()
        with reverts(HEADERS.WrongSeatCount, actual=4, seals=3):
            desk.client.contract.update(header.encode(), 0b1111, sender=desk.l1.accounts.alice)

    def test_a_seat_that_is_none_is_refused(self, desk: Desk) -> None:
        with reverts(HEADERS.NoSuchSeat, actual=0b10111, size=4):
            desk.client.contract.update(desk.sealed().encode(), 0b10111, sender=desk.l1.accounts.alice)

    def test_a_stranger_does_not_count(self, desk: Desk) -> None:
        header = desk.header()
        seals = (*header.sealed_by(KEYS[:4]).extra.seals[:2], header.sealed_by(KEYS[7:8]).extra.seals[0])
        with reverts(HEADERS.NotSealedBy, actual=signer_of(KEYS[7])):
            desk.client.contract.update(header.sealed(seals).encode(), 0b111, sender=desk.l1.accounts.alice)

    def test_the_malleable_twin_of_a_seal_is_refused(self, desk: Desk) -> None:
        header = desk.sealed()
        first, *others = header.extra.seals
        s = ORDER - int.from_bytes(first[32:64], "big")
        twin = first[:32] + s.to_bytes(32, "big") + bytes((first[64] ^ 1,))
        with reverts(HEADERS.HighS, actual=s):
            desk.client.contract.update(header.sealed((twin, *others)).encode(), 0b111, sender=desk.l1.accounts.alice)

    @pytest.mark.parametrize("v", [2, 27, 28, 255])
    def test_v_is_0_or_1(self, desk: Desk, v: int) -> None:
        header = desk.sealed()
        first, *others = header.extra.seals
        wrong = header.sealed((first[:64] + bytes((v,)), *others))
        with reverts(HEADERS.NotSealedBy, actual="0x" + "00" * 20):
            desk.client.contract.update(wrong.encode(), 0b111, sender=desk.l1.accounts.alice)

    @pytest.mark.parametrize("size", [0, 64, 66])
    def test_a_seal_has_65_bytes(self, desk: Desk, size: int) -> None:
        header = desk.sealed()
        wrong = header.sealed((*header.extra.seals[:2], bytes(size)))
        with reverts(HEADERS.MalformedHeader):
            desk.client.contract.update(wrong.encode(), 0b111, sender=desk.l1.accounts.alice)

    def test_seals_of_another_round_do_not_count(self, desk: Desk) -> None:
        header = desk.sealed()
        other = replace(header, extra=replace(header.extra, round=1))
        with reverts(HEADERS.NotSealedBy):
            desk.client.contract.update(other.encode(), seats(header), sender=desk.l1.accounts.alice)

    @pytest.mark.parametrize("field", ["state_root", "parent_hash", "number", "timestamp", "gas_used", "base_fee"])
    def test_a_seal_binds_every_field(self, desk: Desk, field: str) -> None:
        header = desk.sealed(5)
        value = getattr(header, field)
        other = value + 1 if isinstance(value, int) else keccak256(value)
        with reverts(HEADERS.NotSealedBy):
            desk.client.contract.update(
                replace(header, **{field: other}).encode(), seats(header), sender=desk.l1.accounts.alice
            )


class TestSets:
    def test_a_set_changes_if_more_than_a_third_of_the_trusted_vouch(self, desk: Desk) -> None:
        new = (*KEYS[:2], *KEYS[4:6])
        header = desk.header(3, new).sealed_by(KEYS[0:2] + KEYS[4:5])
        desk.client.update(header)
        contract = desk.client.contract
        assert contract.spanCount() == 2
        assert contract.spans(1).height == 3
        desk.client.update(desk.sealed(4, new))

    def test_a_third_is_not_enough(self, desk: Desk) -> None:
        new = (KEYS[0], *KEYS[4:7])
        desk.refuses(desk.header(3, new).sealed_by(new), CLIENT.TooFewTrusted, actual=1, expected=2)

    def test_a_third_of_three_is_not_enough(self, desk: Desk) -> None:
        client = LightClient.deploy(desk.l1, desk.header(0, KEYS[:3]), PERIOD)
        new = (KEYS[0], *KEYS[4:6])
        with reverts(CLIENT.TooFewTrusted, actual=1, expected=2):
            client.update(desk.header(3, new).sealed_by(new))

    def test_the_new_set_needs_its_own_quorum(self, desk: Desk) -> None:
        new = KEYS[:7]
        desk.refuses(desk.header(3, new).sealed_by(KEYS[:4]), CLIENT.TooFewSeals, actual=4, expected=5)

    def test_a_changed_set_is_no_plain_update(self, desk: Desk) -> None:
        header = desk.sealed(3, KEYS[:5])
        with reverts(CLIENT.SetChanged):
            desk.client.contract.update(header.encode(), seats(header), sender=desk.l1.accounts.alice)

    def test_the_old_set_seals_nothing_any_more(self, desk: Desk) -> None:
        """Its seals are those of a set that nobody trusts, but for who is in both."""
        new = (*KEYS[:2], *KEYS[4:8])
        desk.client.update(desk.header(3, new).sealed_by((*KEYS[:2], *KEYS[4:6])))
        old = desk.header(4, KEYS[2:6]).sealed_by(KEYS[2:4] + KEYS[4:5])
        desk.refuses(old, CLIENT.TooFewTrusted, actual=1, expected=3)

    def test_who_is_named_as_trusted_must_be(self, desk: Desk) -> None:
        new = KEYS[2:6]
        header = desk.header(3, new).sealed_by(new)
        told, bits, places = evidence(header, desk.client.spans[-1])
        alice = desk.l1.accounts.alice
        lies = bytes(0 if place == 255 else place for place in places)
        with reverts(HEADERS.NotSealedBy):
            desk.client.contract.updateSet((told, bits, lies), joined(desk.client.spans[-1]), sender=alice)
        with reverts(HEADERS.NoSuchSeat, actual=4, size=4):
            desk.client.contract.updateSet((told, bits, b"\x04" * 4), joined(desk.client.spans[-1]), sender=alice)
        with reverts(HEADERS.WrongSeatCount, actual=3, seals=4):
            desk.client.contract.updateSet((told, bits, places[:3]), joined(desk.client.spans[-1]), sender=alice)
        with reverts(CLIENT.WrongSet):
            desk.client.contract.updateSet((told, bits, places), joined(addresses(new)), sender=alice)

    def test_a_repeated_validator_is_no_set(self, desk: Desk) -> None:
        one = signer_of(KEYS[0])
        twice = desk.header(3, validators=(one, one)).sealed_by(KEYS[:1])
        doubled = twice.sealed(twice.extra.seals * 2)
        with reverts(HEADERS.NotAscending, actual=one, previous=one):
            desk.client.contract.updateSet(
                (doubled.encode(), 0b11, bytes((0, 255))), joined(desk.client.spans[-1]), sender=desk.l1.accounts.alice
            )

    @pytest.mark.parametrize("count", [0, 256])
    def test_an_empty_or_huge_set_is_refused(self, desk: Desk, count: int) -> None:
        many = tuple(n.to_bytes(20, "big") for n in range(1, count + 1))
        header = desk.header(3, validators=many)
        with reverts(HEADERS.WrongSize, actual=count, maximum=255):
            desk.client.contract.update(header.encode(), 0, sender=desk.l1.accounts.alice)


class TestOrderAndTime:
    @pytest.mark.parametrize("height", [0, 1, 5])
    def test_heights_only_rise(self, desk: Desk, height: int) -> None:
        desk.client.update(desk.sealed(5))
        late = desk.header(height, timestamp=desk.start + 6).sealed_by(KEYS[:4])
        desk.refuses(late, CLIENT.HeightNotAbove, actual=height, head=5)

    def test_time_rises(self, desk: Desk) -> None:
        desk.client.update(desk.sealed(5))
        desk.refuses(desk.sealed(6, timestamp=desk.start + 5), CLIENT.TimeNotAbove)

    @pytest.mark.parametrize(("ahead", "is_taken"), [(900, True), (901, False)])
    def test_a_header_from_the_future_is_refused(self, desk: Desk, ahead: int, is_taken: bool) -> None:
        header = desk.sealed(5, timestamp=desk.l1.now + ahead)
        if is_taken:
            desk.client.update(header)
        else:
            desk.refuses(header, CLIENT.FromTheFuture)

    @pytest.mark.parametrize(("late", "is_taken"), [(0, True), (1, False)])
    def test_trust_ends_with_the_period(self, desk: Desk, late: int, is_taken: bool) -> None:
        header = desk.sealed(5)
        desk.l1.warp(to=desk.start + PERIOD + late)
        if is_taken:
            desk.client.update(header)
        else:
            desk.refuses(header, CLIENT.TrustExpired, latest=desk.start + PERIOD)

    @pytest.mark.parametrize(("height", "is_taken"), [(60, True), (61, False), (2**48, False), (2**64 - 1, False)])
    def test_a_block_takes_a_second_at_least(self, desk: Desk, height: int, is_taken: bool) -> None:
        """Else a forged header could be so high that no honest one ever conflicts with it."""
        header = desk.sealed(height, timestamp=desk.start + 60)
        if is_taken:
            desk.client.update(header)
        else:
            desk.refuses(header, CLIENT.HeightTooHigh, actual=height, maximum=60)

    def test_a_height_above_48_bits_is_refused(self, desk: Desk) -> None:
        with reverts(CLIENT.HeightTooHigh, actual=2**48, maximum=2**48 - 1):
            LightClient.deploy(desk.l1, desk.header(2**48, timestamp=desk.start), PERIOD)

    def test_another_chains_header_is_refused_though_its_validators_are_the_same(self, desk: Desk) -> None:
        other = desk.sealed(5, vanity=domain_of(2))
        desk.refuses(other, CLIENT.WrongDomain, actual=domain_of(2), expected=DOMAIN)


def altered(header: Header) -> Iterator[tuple[str, bytes]]:
    """Yield encodings that are not quite the header's."""
    data = header.encode()
    yield "nothing", b""
    yield "a byte less", data[:-1]
    yield "a byte more", data + b"\x00"
    yield "a longer form", b"\xfa\x00" + data[1:]
    yield "no list", b"\xb9" + data[1:]
    yield "much too long", data + bytes(70_000)
    for offset in (3, 36, 69, 90, 123, 156, 189, 448):
        yield f"another prefix at {offset}", data[:offset] + bytes((data[offset] ^ 1,)) + data[offset + 1 :]
    for offset in range(3, len(data), 37):
        yield f"cut at {offset}", data[:offset]


@pytest.mark.parametrize("number", [1, 200])
def test_what_is_no_header_is_refused(desk: Desk, number: int) -> None:
    header = desk.sealed(number)
    for name, data in altered(header):
        with pytest.raises(RevertedWithError):
            desk.client.contract.update(data, seats(header), sender=desk.l1.accounts.alice)
            pytest.fail(f"{name}: the client took it")
    desk.client.update(header)


def test_a_header_of_another_protocol_is_refused(desk: Desk) -> None:
    desk.refuses(desk.sealed(1, mix_hash=keccak256(b"randao")), HEADERS.WrongMixHash)


def test_nothing_follows_the_seals(desk: Desk) -> None:
    """Besu takes a sixth item of the extra data, and leaves it out of what is sealed; so must nobody."""
    header = desk.sealed()
    extra = rlp.decode(header.extra.encode())
    data = rlp.decode(header.encode())
    data[12] = rlp.encode([*extra, b"more"])
    with reverts(HEADERS.WrongEnd):
        desk.client.contract.update(rlp.encode(data), seats(header), sender=desk.l1.accounts.alice)


class TestFreezing:
    def pair(self, desk: Desk, *, rounds: tuple[int, int] = (0, 0), by: Callable[[int], tuple[bytes, ...]]) -> Any:
        first = desk.header(9, round=rounds[0]).sealed_by(by(0))
        second = desk.header(9, round=rounds[1], state_root=keccak256(b"another")).sealed_by(by(1))
        return first, second

    def test_two_blocks_at_one_height_freeze_it_and_name_who_sealed_both(self, desk: Desk) -> None:
        first, second = self.pair(desk, by=lambda place: KEYS[place : place + 3])
        desk.client.update(desk.sealed(8))
        receipt = desk.client.freeze(first, second)
        (event,) = receipt.events
        assert {bytes.fromhex(each[2:].lower()) for each in event.culprits} == set(map(signer_of, KEYS[1:3]))
        contract = desk.client.contract
        assert contract.frozenAt() == 9
        contract.check(8, desk.client.checkpoints[8].words)
        desk.refuses(desk.sealed(10), CLIENT.FrozenAt, actual=8, frozen=9)

    def test_roots_at_and_above_the_conflict_are_not_usable(self, desk: Desk) -> None:
        first, second = self.pair(desk, by=lambda place: KEYS[place : place + 3])
        for header in (desk.sealed(8), first, desk.sealed(10)):
            desk.client.update(header)
        desk.client.freeze(first, second)
        contract, known = desk.client.contract, desk.client.checkpoints
        contract.check(8, known[8].words)
        for height in (9, 10):
            with reverts(CLIENT.FrozenAt, actual=height, frozen=9):
                contract.check(height, known[height].words)
        contract.checkLast(8, 9, known[9].words)
        with reverts(CLIENT.NotLast, actual=0, next=8):
            contract.checkLast(0, 8, known[8].words)
        with reverts(CLIENT.NotLast, actual=8, next=10):
            contract.checkLast(8, 10, known[10].words)

    def test_an_honest_validator_may_seal_two_blocks_in_two_rounds(self, desk: Desk) -> None:
        first, second = self.pair(desk, rounds=(0, 1), by=lambda place: KEYS[place : place + 3])
        (event,) = desk.client.freeze(first, second).events
        assert list(event.culprits) == []
        assert desk.client.contract.frozenAt() == 9

    def test_one_block_in_two_rounds_is_no_conflict(self, desk: Desk) -> None:
        first, second = (desk.header(9, round=round_).sealed_by(KEYS[:3]) for round_ in (0, 1))
        with reverts(CLIENT.NoConflict, first=first.hash, second=first.hash):
            desk.client.freeze(first, second)

    def test_two_heights_are_no_conflict(self, desk: Desk) -> None:
        with reverts(CLIENT.HeightsDiffer, first=9, second=10):
            desk.client.freeze(desk.sealed(9), desk.sealed(10))

    def test_an_unsealed_block_is_no_conflict(self, desk: Desk) -> None:
        first, _ = self.pair(desk, by=lambda place: KEYS[:3])
        with reverts(CLIENT.TooFewSeals, actual=2, expected=3):
            desk.client.freeze(first, desk.header(9, state_root=bytes(32)).sealed_by(KEYS[:2]))

    def test_strangers_cannot_freeze_it(self, desk: Desk) -> None:
        strangers = KEYS[4:8]
        first = desk.header(9, strangers).sealed_by(strangers)
        second = desk.header(9, strangers, state_root=bytes(32)).sealed_by(strangers)
        with reverts(CLIENT.TooFewTrusted, actual=0, expected=2):
            desk.client.freeze(first, second)

    @pytest.mark.parametrize(("late", "is_taken"), [(0, True), (1, False)])
    def test_former_validators_can_freeze_it_only_as_long_as_they_are_accountable(
        self, desk: Desk, late: int, is_taken: bool
    ) -> None:
        new = (*KEYS[:2], *KEYS[4:8])
        desk.client.update(desk.header(20, new).sealed_by((*KEYS[:2], *KEYS[4:6])))
        first, second = self.pair(desk, by=lambda place: KEYS[place : place + 3])
        desk.l1.warp(to=desk.start + 20 + PERIOD + late)
        if is_taken:
            desk.client.freeze(first, second, span=0)
            assert desk.client.contract.frozenAt() == 9
        else:
            with reverts(CLIENT.TrustExpired, latest=desk.start + 20 + PERIOD):
                desk.client.freeze(first, second, span=0)

    def test_it_is_not_frozen_unless_it_is(self, desk: Desk) -> None:
        with reverts(CLIENT.NotOver):
            desk.client.contract.checkLast(0, 0, desk.client.checkpoints[0].words)
        with reverts(CLIENT.NoSuchSpan, actual=1, count=1):
            desk.client.contract.freeze(
                1, b"", evidence(desk.sealed(9), ()), evidence(desk.sealed(9), ()), sender=desk.l1.accounts.alice
            )

    def test_a_lower_conflict_counts_and_a_higher_one_does_not(self, desk: Desk) -> None:
        for height, frozen in ((9, 9), (12, 9), (4, 4)):
            first = desk.sealed(height)
            second = desk.sealed(height, state_root=bytes(32))
            desk.client.freeze(first, second)
            assert desk.client.contract.frozenAt() == frozen


def test_it_needs_a_set_and_a_period_to_begin_with(desk: Desk) -> None:
    with reverts(CLIENT.NoTrustingPeriod):
        LightClient.deploy(desk.l1, desk.header(0), 0)
    unordered = desk.header(0, validators=tuple(reversed(addresses(KEYS[:4]))))
    with reverts(HEADERS.NotAscending):
        LightClient.deploy(desk.l1, unordered, PERIOD)

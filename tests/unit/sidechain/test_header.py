"""Headers are those that Besu writes, and nothing else is decoded."""

from __future__ import annotations

from dataclasses import replace

import pytest
import rlp
from eth.vm.forks.prague.blocks import PragueBlockHeader
from hypothesis import given
from hypothesis import strategies as st

from harness.chain.jsonrpc.local import BlockHeader
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import encode
from harness.primitives.signatures import ORDER, recover_signer, signer_of
from harness.sidechain.errors import BadValidators, HeaderRefused
from harness.sidechain.header import QBFT_DIGEST, ExtraData, Header, Vote, seal, signer
from harness.sidechain.sealed_chain import validator_keys
from harness.sidechain.validators import quorum

KNOWN = bytes.fromhex(
    "f8f0a00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"
    "ea940000000000000000000000000000000000000001940000000000000000000000000000000000000002"
    "d794000000000000000000000000000000000000000181ff83fedcbaf886"
    "b841" + "00" * 31 + "01" + "00" * 31 + "0a00"
    "b841" + "00" * 31 + "0a" + "00" * 31 + "0100"
)  # fmt: skip
"""The extra data that Besu's test of QbftExtraDataCodec has (Apache-2.0)."""

GENESIS = bytes.fromhex(
    "f87aa00000000000000000000000000000000000000000000000000000000000000000f8549464a702e6263b7297a96638cac6ae65e6541f4169"
    "943923390ad55e90c237593b3b0e401f3b08a0318594aefdb9a738c9f433e5b6b212a6d62f6370c2f69294c7eeb9a4e00ce683cf93039b212648"
    "e01c6c6b78c080c0"
)
"""The extra data of the genesis file in Besu's documentation of QBFT."""

KEYS = validator_keys(4)
words = st.integers(0, 999).map(lambda number: keccak256(number.to_bytes(2, "big")))
addresses = words.map(lambda word: word[:20])
seals = words.map(lambda word: word + word + word[:1])


@st.composite
def extras(draw: st.DrawFn, least: int = 0) -> ExtraData:
    return ExtraData(
        draw(words),
        tuple(draw(st.lists(addresses, min_size=least, max_size=5))),
        draw(st.none() | st.builds(Vote, addresses, st.booleans())),
        draw(st.integers(0, 2**32 - 1)),
        tuple(draw(st.lists(seals, max_size=4))),
    )


def header(extra: ExtraData, **fields: object) -> Header:
    execution = BlockHeader(
        number=5, parent_hash=bytes(32), state_root=keccak256(b"state"), coinbase=bytes(20), mix_hash=bytes(32),
        gas_limit=30_000_000, gas_used=21_000, timestamp=1_700_000_000, base_fee=7, bloom=2**2000 + 1,
        requests_hash=keccak256(b"requests"),
    )  # fmt: skip
    return replace(Header.of(execution, extra, keccak256(b"parent"), b"\x11" * 20), **fields)  # type: ignore[arg-type]


def test_extra_data_are_encoded_as_besu_encodes_them() -> None:
    known = tuple(r.to_bytes(32, "big") + s.to_bytes(32, "big") + b"\x00" for r, s in ((1, 10), (10, 1)))
    first, second = ((n).to_bytes(20, "big") for n in (1, 2))
    extra = ExtraData(bytes(range(1, 33)), (first, second), Vote(first, True), 0xFEDCBA, known)
    assert extra.encode() == KNOWN
    assert ExtraData.decode(KNOWN) == extra


def test_the_extra_data_of_besus_genesis_are_decoded() -> None:
    extra = ExtraData.decode(GENESIS)
    assert len(extra.validators) == 4
    assert (extra.vote, extra.round, extra.seals) == (None, 0, ())
    assert extra.encode() == GENESIS


def test_a_vote_to_drop_is_an_empty_string() -> None:
    extra = ExtraData(bytes(32), (), Vote(b"\x01" * 20, False))
    assert b"\xd6\x94" + b"\x01" * 20 + b"\x80" in extra.encode()


@given(extras())
def test_extra_data_survive_encoding(extra: ExtraData) -> None:
    assert ExtraData.decode(extra.encode()) == extra


@given(extras(least=1), st.integers(0, 2**64 - 1))
def test_another_decoder_reads_the_header(extra: ExtraData, number: int) -> None:
    made = header(extra, number=number)
    read = rlp.decode(made.encode(), PragueBlockHeader)
    assert (read.block_number, read.difficulty, read.mix_hash, read.nonce) == (number, 1, QBFT_DIGEST, bytes(8))
    assert (read.parent_hash, read.coinbase, read.state_root) == (made.parent_hash, made.coinbase, made.state_root)
    assert (read.timestamp, read.gas_used, read.requests_hash) == (made.timestamp, made.gas_used, made.requests_hash)
    vanity, validators, vote, round_, sealed = rlp.decode(read.extra_data)
    assert (vanity, tuple(validators), tuple(sealed)) == (extra.vanity, extra.validators, extra.seals)
    assert int.from_bytes(round_, "big") == extra.round
    assert vote == ([] if extra.vote is None else [extra.vote.candidate, b"\xff" if extra.vote.add else b""])
    assert Header.decode(made.encode()) == made


@given(extras())
def test_a_blocks_hash_leaves_round_and_seals_out_and_a_seal_only_the_seals(extra: ExtraData) -> None:
    made = header(extra)
    other = header(replace(extra, round=extra.round ^ 1, seals=(*extra.seals, bytes(65))))
    assert made.hash == other.hash
    assert made.digest != other.digest
    assert made.digest == made.sealed(()).digest
    plain = header(replace(extra, round=0, seals=()))
    assert made.hash == plain.hash == plain.digest == keccak256(plain.encode())


def test_who_sealed_is_recovered() -> None:
    made = header(ExtraData(bytes(32), (), None, 3))
    right = tuple(seal(key, made.digest) for key in KEYS)
    twin = (
        right[0][:32]
        + (ORDER - int.from_bytes(right[0][32:64], "big")).to_bytes(32, "big")
        + bytes((right[0][64] ^ 1,))
    )
    assert made.sealed((*right, twin)).signers() == (*map(signer_of, KEYS), None)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "header of 0 bytes: nothing to decode"),
        (header(ExtraData(bytes(32), ())).encode()[:-1], "bytes announced"),
        (header(ExtraData(bytes(32), ())).encode() + b"\x00", "1 bytes follow the item"),
        (header(ExtraData(bytes(31), ())).encode(), "31 bytes where 32 are expected"),
        (header(ExtraData(bytes(32), (b"\x01" * 19,))).encode(), "19 bytes where 20 are expected"),
        (header(ExtraData(bytes(32), (), None, 0, (bytes(64),))).encode(), "64 bytes where 65 are expected"),
        (header(ExtraData(bytes(32), ()), number=2**64).encode(), "is not below 18446744073709551616"),
        (header(ExtraData(bytes(32), ()), difficulty=0).encode(), "difficulty 0, mix hash"),
        (header(ExtraData(bytes(32), ()), nonce=b"\x01" * 8).encode(), "nonce 0x0101010101010101, expected 1"),
        (header(ExtraData(bytes(32), ()), mix_hash=bytes(32)).encode(), "mix hash 0x0000"),
    ],
    ids=["empty", "cut", "longer", "vanity", "validator", "seal", "height", "difficulty", "nonce", "mix-hash"],
)
def test_what_is_no_header_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(HeaderRefused, match=says):
        Header.decode(data)


def test_a_header_of_no_or_too_many_validators_is_refused_as_the_light_client_refuses_it() -> None:
    members = tuple(number.to_bytes(20, "big") for number in range(256))
    for count in (1, 255):
        made = header(ExtraData(bytes(32), members[:count]))
        assert Header.decode(made.encode()) == made
    for count in (0, 256):
        with pytest.raises(BadValidators, match=f"{count} validators, expected 1 to 255"):
            Header.decode(header(ExtraData(bytes(32), members[:count])).encode())


@pytest.mark.parametrize("choice", [b"\x01", b"\xaa", b"\xff\xff"])
def test_a_vote_that_is_none_is_refused(choice: bytes) -> None:
    with pytest.raises(HeaderRefused):
        ExtraData.decode(rlp.encode([bytes(32), [], [b"\x01" * 20, choice], b"", []]))


def test_what_is_remembered_of_seals_is_what_recovering_says() -> None:
    """Whoever made a seal in this process is known without recovering; nothing else is taken for its maker's."""
    digest, other = keccak256(b"sealed"), keccak256(b"another")
    for key in KEYS:
        made = seal(key, digest)
        r, s = (int.from_bytes(made[at : at + 32], "big") for at in (0, 32))
        assert signer(digest, made) == signer_of(key) == recover_signer(digest, made[64], r, s)
        assert signer(other, made) == recover_signer(other, made[64], r, s) != signer_of(key)
        assert signer(digest, made[:64] + bytes([1 - made[64]])) != signer_of(key)


def test_a_header_with_other_seals_has_the_hashes_that_it_would_have_anew() -> None:
    one = header(ExtraData(bytes(32), (bytes(20),), round=3))
    assert (one.hash, one.digest) != (b"", b"")
    again = one.sealed((bytes(65),))
    anew = replace(one, extra=replace(one.extra, seals=(bytes(65),)))
    assert (again.hash, again.digest) == (anew.hash, anew.digest) == (one.hash, one.digest)
    assert again.in_round(4).digest == anew.in_round(4).digest != one.digest
    for seals in ((), (bytes(65),), (bytes(64) + b"\x01",), (bytes(65), bytes(65))):
        assert one.sealed(seals) == one.sealed(seals) == replace(one, extra=replace(one.extra, seals=seals))


BESU = (
    bytes.fromhex("0af93e70b1c6d3974a88a42eb70bb61adbd523bfac0c83027ba4637c52746a0f"),
    bytes.fromhex("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"),
    bytes.fromhex("ee3353e587cfa91625a1adaef308a726de3803d3"),
    bytes.fromhex("166ed98eea93ab2b6f6b1a425526994adc2d675bf9a0d77d600ed1e02d8f77df"),
    bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
    bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
    bytes(256), b"\x01", bytes.fromhex("1d68"), bytes.fromhex("47b760"), b"", bytes.fromhex("6640618b"),
)  # fmt: skip
"""The items before the extra data of block 7,528 of a Besu network of four validators (datachainlab/besu-qbft-elc)."""

BESU_VALIDATORS = tuple(
    bytes.fromhex(each)
    for each in (
        "647bfdd19655e51e69d35454ff3a92f8828e6302", "a5c8416b9d13417b45b45ada76408f39d1e504ef",
        "b92e91f4dcc9d28503be521afa2a8fbf3c1acf60", "ee3353e587cfa91625a1adaef308a726de3803d3",
    )
)  # fmt: skip
BESU_SEALS = tuple(
    bytes.fromhex(each)
    for each in (
        "bc7633fd65570f610a595086e9a34e5bf6aacfb67b8f8cd01852e6b285147f046a50577b49378b86723ac9b456ef59ef7ab57cda7139d807"
        "f10f58e8cb10c67600",
        "ad1defc2b0b4a48158cff24778bb5ba4d9f373c171022ab0a42e37bdb0d4025718434d303a8d94df56ef9ad5219be9f27b2f67179a7fb82d"
        "3323dde29546f9f701",
        "e233d3670dd97c715f72b440eeb1ccb1e22c8c23f6ab470c46c99c2d0ee6509f0341a42e0e4569782557e93c3815e8ca4294043595f69a90"
        "f73f135de8ecf41e00",
    )
)
BESU_DIGEST = bytes.fromhex("75ea184f58cd3f0ef89032a069df01f07ec524ef3a85cf6d3e424d62130c0a32")
"""What the validators sealed, as that project states it."""


def test_the_seals_of_a_besu_block_are_those_of_its_validators() -> None:
    """The block is of Berlin, which has fewer items than ours; what is sealed of it is made by the same rule."""
    sealed = ExtraData(bytes(32), BESU_VALIDATORS, round=1, seals=BESU_SEALS)
    assert ExtraData.decode(sealed.encode()) == sealed
    assert len(encode([*BESU, sealed.encode(), QBFT_DIGEST, bytes(8)])) == 0x33F + 3
    digest = keccak256(encode([*BESU, replace(sealed, seals=()).encode(), QBFT_DIGEST, bytes(8)]))
    assert digest == BESU_DIGEST
    signers = [signer(digest, each) for each in BESU_SEALS]
    assert len(set(signers)) == quorum(4)
    assert set(signers) <= set(BESU_VALIDATORS)
    assert BESU[2] in BESU_VALIDATORS, "its proposer"
    assert all(signer(keccak256(digest), each) not in BESU_VALIDATORS for each in BESU_SEALS)

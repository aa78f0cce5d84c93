"""A prepare is its author's, whether the bytes of its signature were made or not, and evidence has them."""

from __future__ import annotations

from dataclasses import replace

from harness.chain.jsonrpc.local import BlockHeader
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import encode, minimal
from harness.primitives.signatures import recover_signer, signer_of
from harness.sidechain.header import ExtraData, Header
from harness.sidechain.messages import Prepare, RoundChange
from harness.sidechain.sealed_chain import domain_of, validator_keys

KEYS = validator_keys(4)
HERE, THERE = domain_of(1), domain_of(2)
DIGEST = keccak256(b"block")


def recovered(prepare: Prepare, domain: bytes) -> bytes | None:
    """Return a prepare's author as anybody finds it who has its bytes alone."""
    word = keccak256(encode([b"\x13", domain, minimal(prepare.height), minimal(prepare.round), prepare.digest]))
    made = prepare.shown().signature
    assert isinstance(made, bytes)
    r, s = (int.from_bytes(made[at : at + 32], "big") for at in (0, 32))
    return recover_signer(word, made[64], r, s)


def test_a_prepares_author_is_who_its_signature_says_whether_its_bytes_were_read_or_not() -> None:
    for key in KEYS:
        prepare = Prepare.signed(key, HERE, 5, 1, DIGEST)
        assert prepare.author(HERE) == prepare.shown().author(HERE) == recovered(prepare, HERE) == signer_of(key)


def test_a_prepare_that_was_changed_is_not_its_authors() -> None:
    prepare = Prepare.signed(KEYS[0], HERE, 5, 1, DIGEST)
    others = [replace(prepare, height=6), replace(prepare, round=0), replace(prepare, digest=keccak256(b"another"))]
    for other in others:
        assert other.author(HERE) == other.shown().author(HERE) == recovered(other, HERE) != signer_of(KEYS[0])
    assert prepare.author(THERE) == prepare.shown().author(THERE) == recovered(prepare, THERE) != signer_of(KEYS[0])


def test_a_prepare_does_not_show_its_authors_key() -> None:
    assert KEYS[0].hex() not in repr(Prepare.signed(KEYS[0], HERE, 5, 1, DIGEST)).lower()
    assert repr(KEYS[0]) not in repr(Prepare.signed(KEYS[0], HERE, 5, 1, DIGEST))


def test_a_round_change_shows_the_bytes_of_the_prepares_that_it_brings() -> None:
    execution = BlockHeader(
        number=5, parent_hash=bytes(32), state_root=bytes(32), coinbase=bytes(20), mix_hash=bytes(32),
        gas_limit=30_000_000, gas_used=0, timestamp=1, base_fee=7,
    )  # fmt: skip
    header = Header.of(execution, ExtraData(HERE, tuple(sorted(map(signer_of, KEYS)))), bytes(32), signer_of(KEYS[0]))
    prepares = tuple(Prepare.signed(key, HERE, 5, 0, header.digest) for key in KEYS)
    change = RoundChange.signed(KEYS[0], HERE, 5, 1, header, prepares)
    assert [each.author(HERE) for each in change.prepares] == [signer_of(key) for key in KEYS]
    assert all(isinstance(each.signature, bytes) for each in change.prepares)

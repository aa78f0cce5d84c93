"""Type-3 transactions: what enters a block, and sidecars, which are checked where they are given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import ckzg
import pytest
import rlp

from harness.chain import Chain, open_chain
from harness.chain.errors import UnknownTransaction
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.blobs import decode_with_sidecar
from harness.chain.values.refusals import (
    BlobFeeTooLow,
    InsufficientFunds,
    MalformedTransaction,
    TooManyBlobs,
    WrongSidecar,
)
from harness.chain.values.transactions import Transaction, decode, sign
from harness.primitives import kzg
from tests.chain.test_forks import send_blobs

HASH = b"\x01" + bytes(31)


@pytest.fixture
def osaka() -> Iterator[Chain]:
    with open_chain(fork="osaka") as chain:
        yield chain


@pytest.fixture
def prague() -> Iterator[Chain]:
    with open_chain(fork="prague") as chain:
        yield chain


@pytest.mark.parametrize(
    ("count", "fields", "refusal", "words"),
    [
        (1, {"max_blob_fee": 0}, BlobFeeTooLow, "per blob gas is 0 wei, the blob base fee is 1 wei"),
        (7, {}, TooManyBlobs, "carries 7 blobs, one transaction may carry at most 6"),
        (10, {}, TooManyBlobs, "carries 10 blobs, one transaction may carry at most 6"),
        (0, {}, MalformedTransaction, "blob hashes of version 1"),
        (1, {"blob_hashes": (b"\x02" + bytes(31),)}, MalformedTransaction, "blob hashes of version 1"),
        (2, {"blob_hashes": (HASH, bytes(32))}, MalformedTransaction, "blob hashes of version 1"),
        (1, {"max_blob_fee": 2**200}, InsufficientFunds, "may cost"),
    ],
)
def test_a_blob_transaction_that_breaks_a_rule_is_refused_and_changes_nothing(
    osaka: Chain, count: int, fields: dict[str, Any], refusal: type[Exception], words: str
) -> None:
    alice = osaka.accounts.alice
    before = osaka.version
    with pytest.raises(refusal, match=words):
        send_blobs(osaka, alice, count, **fields)
    assert osaka.version == before
    assert osaka.nonce(alice) == 0
    send_blobs(osaka, alice, 6)


def test_prague_takes_as_many_blobs_in_a_transaction_as_a_block_holds(prague: Chain) -> None:
    send_blobs(prague, prague.accounts.alice, 9)
    with pytest.raises(TooManyBlobs, match="carries 10 blobs, one transaction may carry at most 9"):
        send_blobs(prague, prague.accounts.alice, 10)


def test_the_blobs_of_a_block_are_counted_together(osaka: Chain) -> None:
    alice, bob, carol = osaka.accounts.alice, osaka.accounts.bob, osaka.accounts.carol
    with osaka.block():
        send_blobs(osaka, alice, 6)
        with pytest.raises(TooManyBlobs, match="carries 4 blobs, its block has room for at most 3"):
            send_blobs(osaka, bob, 4)
        send_blobs(osaka, carol, 3)
    assert osaka.w3.eth.get_block("latest")["blobGasUsed"] == 9 * 2**17


def test_a_later_entry_of_the_schedule_has_room_for_more() -> None:
    with open_chain(fork="osaka", blobs="bpo2") as chain:
        with chain.block():
            for name in ("alice", "bob", "carol"):
                send_blobs(chain, chain.accounts[name], 6)
        assert chain.w3.eth.get_block("latest")["blobGasUsed"] == 18 * 2**17


@cache
def signed_with_sidecar(version: int) -> bytes:
    """A transaction with one blob and its sidecar, with a proof of the blob (0) or proofs of its cells (1).

    eth-account makes the same bytes for version 1, but takes half a minute.
    """
    blob, setup = b"".join(b"\x00" + bytes([n % 256]) * 31 for n in range(4096)), kzg._setup()
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    hashes = (kzg.versioned_hash(commitment),)
    tx = Transaction(3, 900, 0, 10**9, 10**11, 21_000, bytes(20), 0, b"", max_blob_fee=10**9, blob_hashes=hashes)
    body = rlp.decode(sign(tx, well_known_accounts().alice.private_key).raw[1:])
    if version == 0:
        proofs = [ckzg.compute_blob_kzg_proof(blob, commitment, setup)]
        return b"\x03" + bytes(rlp.encode([body, [blob], [commitment], proofs]))
    _, proofs = ckzg.compute_cells_and_kzg_proofs(blob, setup)
    return b"\x03" + bytes(rlp.encode([body, 1, [blob], [commitment], proofs]))


def spoiled(version: int, change: Any) -> bytes:
    """A transaction with a sidecar of which something was changed: a list of lists of bytes."""
    body, *sidecar = rlp.decode(signed_with_sidecar(version)[1:])
    fields = [list(item) if isinstance(item, list) else item for item in sidecar]
    change(fields)
    return b"\x03" + rlp.encode([body, *fields])


@pytest.mark.parametrize("version", [0, 1])
def test_a_right_sidecar_is_taken_and_not_kept(osaka: Chain, version: int) -> None:
    raw = signed_with_sidecar(version)
    sent = decode_with_sidecar(raw)
    assert (sent.wire, decode(sent.raw).hash) == (raw, sent.hash)
    receipt = osaka.send_raw(raw)
    assert receipt.hash == sent.hash
    assert osaka.w3.eth.get_block("latest")["blobGasUsed"] == 2**17


@pytest.mark.parametrize("version", [0, 1])
def test_web3_sends_sidecars_too(osaka: Chain, version: int) -> None:
    tx_hash = osaka.w3.eth.send_raw_transaction(signed_with_sidecar(version))
    assert osaka.w3.eth.get_transaction(tx_hash)["blobVersionedHashes"]


def swap(at: int, index: int = 0) -> Any:
    def change(fields: list[Any]) -> None:
        wrong = bytearray(fields[at][index])
        wrong[-1] ^= 1
        fields[at][index] = bytes(wrong)

    return change


@pytest.mark.parametrize(
    ("version", "change", "words"),
    [
        (0, swap(0), "proofs of its sidecar are wrong"),
        (0, swap(1), "a commitment of its sidecar has the hash"),
        (0, swap(2), "proves nothing|proofs of its sidecar are wrong"),
        (1, swap(1), "proofs of its sidecar are wrong"),
        (1, swap(2), "a commitment of its sidecar has the hash"),
        (1, swap(3, 127), "proves nothing|proofs of its sidecar are wrong"),
        (0, lambda fields: fields[0].clear(), "0 blobs, expected 1 of 131072 bytes"),
        (0, lambda fields: fields[2].append(bytes(48)), "2 proofs, expected 1 of 48 bytes"),
        (1, lambda fields: fields[3].pop(), "127 proofs, expected 128 of 48 bytes"),
        (1, lambda fields: fields.__setitem__(0, b"\x02"), "4 fields, expected 3, or 4 of version 1"),
        (0, lambda fields: fields.pop(), "2 fields, expected 3, or 4 of version 1"),
        (0, lambda fields: fields.__setitem__(0, b"blob"), "no list of bytes"),
        (0, lambda fields: fields[0].__setitem__(0, b"\xff" * 131_072), "proves nothing"),
    ],
)
def test_a_wrong_sidecar_is_refused(osaka: Chain, version: int, change: Any, words: str) -> None:
    before = osaka.version
    with pytest.raises(WrongSidecar, match=words):
        osaka.send_raw(spoiled(version, change))
    assert osaka.version == before


def test_what_is_neither_a_transaction_nor_a_sidecar_is_malformed(osaka: Chain) -> None:
    for raw in (b"\x03", b"\x03\xc0", b"\x03\xc1\xc0", b"\x03\xff\xff"):
        with pytest.raises(MalformedTransaction):
            osaka.send_raw(raw)
    with pytest.raises(UnknownTransaction):
        osaka.receipt(bytes(32))

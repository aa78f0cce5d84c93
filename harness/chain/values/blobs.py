"""Blobs of a type-3 transaction (EIP-4844): the rules of its block, and the sidecar that may travel with it.

A chain keeps no blobs: a transaction without its sidecar is as good as one with it. What is given is checked, in either
form: one proof a blob (EIP-4844), or one for each of its cells (EIP-7594).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import rlp

from harness.chain.values.refusals import BlobFeeTooLow, MalformedTransaction, TooManyBlobs, WrongSidecar
from harness.chain.values.rules import BlobRules
from harness.chain.values.transactions import Sent, decode

# Fields behind the transaction's own list:
#   EIP-4844: blobs commitments proofs
#   EIP-7594: version (1) blobs commitments cell_proofs


def check_blobs(sent: Sent, rules: BlobRules, base_fee: int, held: int = 0) -> None:
    """Check the number and the fee of a transaction's blobs against a block that holds ``held`` blobs already.

    ``base_fee`` is the block's price of blob gas in wei. Raises TooManyBlobs and BlobFeeTooLow.
    """
    tx = sent.tx
    if tx.type_id != 3:
        return
    count = len(tx.blob_hashes)
    if count > rules.per_transaction:
        raise TooManyBlobs(count, rules.per_transaction, "one transaction may carry")
    if held + count > rules.most:
        raise TooManyBlobs(count, rules.most - held, "its block has room for")
    if tx.max_blob_fee < base_fee:
        raise BlobFeeTooLow(tx.max_blob_fee, base_fee)


def decode_with_sidecar(raw: bytes) -> Sent:
    """Read a signed transaction as nodes send it to each other: a blob transaction may have its sidecar.

    Raises WrongSidecar, and what `decode` raises.
    """
    outer = _outer(raw)
    if outer is None:
        return decode(raw)
    body, *sidecar = outer
    sent = decode(b"\x03" + rlp.encode(body))
    _check_sidecar(sent, sidecar)
    return replace(sent, wire=raw)


def _outer(raw: bytes) -> list[Any] | None:
    """Return the list around a transaction and its sidecar; None if there is no sidecar."""
    if raw[:1] != b"\x03":
        return None
    try:
        fields = rlp.decode(raw[1:])
    except (rlp.DecodingError, ValueError, TypeError) as error:
        raise MalformedTransaction(str(error)) from error
    return list(fields) if isinstance(fields, list) and fields and isinstance(fields[0], list) else None


def _check_sidecar(sent: Sent, sidecar: list[Any]) -> None:
    from harness.primitives import kzg  # compiled code, which only a sidecar needs

    has_cells = len(sidecar) == 4 and sidecar[0] == b"\x01"
    if not has_cells and len(sidecar) != 3:
        raise WrongSidecar(f"its sidecar has {len(sidecar)} fields, expected 3, or 4 of version 1")
    blobs, commitments, proofs = (_list_of(item) for item in sidecar[-3:])
    count = len(sent.tx.blob_hashes)
    proofs_wanted = count * (kzg.CELLS_PER_BLOB if has_cells else 1)
    for name, items, expected, size in (
        ("blobs", blobs, count, kzg.BLOB_SIZE),
        ("commitments", commitments, count, kzg.POINT_SIZE),
        ("proofs", proofs, proofs_wanted, kzg.POINT_SIZE),
    ):
        if len(items) != expected or any(len(item) != size for item in items):
            raise WrongSidecar(f"its sidecar has {len(items)} {name}, expected {expected} of {size} bytes")
    for commitment, named in zip(commitments, sent.tx.blob_hashes, strict=True):
        if kzg.versioned_hash(commitment) != named:
            actual = kzg.versioned_hash(commitment).hex()
            raise WrongSidecar(f"a commitment of its sidecar has the hash 0x{actual}, expected 0x{named.hex()}")
    prove = kzg.proves_cells if has_cells else kzg.proves_blobs
    try:
        is_proven = prove(blobs, commitments, proofs)
    except kzg.NoProof as error:
        raise WrongSidecar(f"its sidecar proves nothing: {error}") from error
    if not is_proven:
        raise WrongSidecar("the proofs of its sidecar are wrong")


def _list_of(item: Any) -> list[bytes]:
    if not isinstance(item, list) or not all(isinstance(entry, bytes) for entry in item):
        raise WrongSidecar("a field of its sidecar is no list of bytes")
    return item

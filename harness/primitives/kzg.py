"""KZG proofs of blobs (EIP-4844, EIP-7594), with the ceremony's parameters read once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import distribution
from typing import Any

from ckzg import (  # type: ignore[import-not-found]
    compute_cells,
    load_trusted_setup,
    verify_blob_kzg_proof_batch,
    verify_cell_kzg_proof_batch,
    verify_kzg_proof,
)

BLOB_SIZE, POINT_SIZE = 131_072, 48
CELLS_PER_BLOB = 128
_SETUP = "eth_account/typed_transactions/blob_transactions/kzg_trusted_setup.txt"
"""A file of eth_account, which need not be imported for it: that takes a quarter of a second."""


class NoProof(ValueError):
    """Bytes that are to prove something are no points of the curve, no field elements, or of another size."""


@cache
def _setup() -> Any:
    """Return the ceremony's parameters.

    Reading them takes eight seconds with precomputation, a tenth of one without.
    """
    return load_trusted_setup(str(distribution("eth-account").locate_file(_SETUP)), 0)


def versioned_hash(commitment: bytes) -> bytes:
    """Return the hash by which a transaction names a blob."""
    return b"\x01" + hashlib.sha256(commitment).digest()[1:]


def proves_value(commitment: bytes, point: bytes, value: bytes, proof: bytes) -> bool:
    """Return whether the polynomial of a commitment has this value at this point; raises NoProof."""
    try:
        return bool(verify_kzg_proof(commitment, point, value, proof, _setup()))
    except (RuntimeError, ValueError) as error:
        raise NoProof(str(error)) from error


def proves_blobs(blobs: Sequence[bytes], commitments: Sequence[bytes], proofs: Sequence[bytes]) -> bool:
    """Return whether each blob is that of its commitment, by one proof a blob; raises NoProof."""
    try:
        return bool(verify_blob_kzg_proof_batch(b"".join(blobs), b"".join(commitments), b"".join(proofs), _setup()))
    except (RuntimeError, ValueError) as error:
        raise NoProof(str(error)) from error


def proves_cells(blobs: Sequence[bytes], commitments: Sequence[bytes], proofs: Sequence[bytes]) -> bool:
    """Return whether each blob is that of its commitment, by a proof for each of its 128 cells; raises NoProof."""
    try:
        cells = [cell for blob in blobs for cell in compute_cells(blob, _setup())]
        repeated = [commitment for commitment in commitments for _ in range(CELLS_PER_BLOB)]
        indices = list(range(CELLS_PER_BLOB)) * len(blobs)
        return bool(verify_cell_kzg_proof_batch(repeated, indices, cells, list(proofs), _setup()))
    except (RuntimeError, ValueError) as error:
        raise NoProof(str(error)) from error

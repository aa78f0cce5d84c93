"""The point evaluation precompile (EIP-4844), with the ceremony's parameters read once.

py-evm reads them at each call, which takes seconds.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import eth
from ckzg import load_trusted_setup, verify_kzg_proof  # type: ignore[import-not-found]
from eth.abc import ComputationAPI
from eth.exceptions import VMError

POINT_EVALUATION_ADDRESS = (10).to_bytes(20, "big")
_KZG_SETUP = Path(eth.__file__).parent / "_utils" / "kzg_trusted_setup.txt"
_KZG_RESULT = (4096).to_bytes(32, "big") + bytes.fromhex(
    "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001"
)


@cache
def _kzg_setup() -> Any:
    """Return the ceremony's parameters.

    Reading them takes eight seconds with precomputation, a tenth of one without.
    """
    return load_trusted_setup(str(_KZG_SETUP), 0)


def point_evaluation(computation: ComputationAPI) -> ComputationAPI:
    """Return the point evaluation precompile (EIP-4844)."""
    computation.consume_gas(50_000, reason="POINT_EVALUATION precompile")
    data = computation.msg.data_as_bytes
    if len(data) != 192:
        raise VMError(f"point evaluation reads 192 bytes, got {len(data)}")
    commitment = data[96:144]
    if data[:32] != b"\x01" + hashlib.sha256(commitment).digest()[1:]:
        raise VMError("the commitment has another versioned hash")
    try:
        is_valid = verify_kzg_proof(commitment, data[32:64], data[64:96], data[144:], _kzg_setup())
    except RuntimeError as error:
        raise VMError("the points of the proof are no curve points") from error
    if not is_valid:
        raise VMError("the proof is wrong")
    computation.output = _KZG_RESULT
    return computation

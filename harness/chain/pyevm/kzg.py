"""The point evaluation precompile (EIP-4844); py-evm's own reads the ceremony's parameters at each call."""

from __future__ import annotations

from eth.abc import ComputationAPI
from eth.exceptions import VMError

from harness.primitives.kzg import NoProof, proves_value, versioned_hash

POINT_EVALUATION_ADDRESS = (10).to_bytes(20, "big")
_RESULT = (4096).to_bytes(32, "big") + bytes.fromhex("73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001")


def point_evaluation(computation: ComputationAPI) -> ComputationAPI:
    """Return the point evaluation precompile (EIP-4844)."""
    computation.consume_gas(50_000, reason="POINT_EVALUATION precompile")
    data = computation.msg.data_as_bytes
    if len(data) != 192:
        raise VMError(f"point evaluation reads 192 bytes, got {len(data)}")
    commitment = data[96:144]
    if data[:32] != versioned_hash(commitment):
        raise VMError("the commitment has another versioned hash")
    try:
        is_valid = proves_value(commitment, data[32:64], data[64:96], data[144:])
    except NoProof as error:
        raise VMError("the points of the proof are no curve points") from error
    if not is_valid:
        raise VMError("the proof is wrong")
    computation.output = _RESULT
    return computation

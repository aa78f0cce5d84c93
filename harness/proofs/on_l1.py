"""Checks L1 with Ethereum's state tests: the state root, the logs, and the transactions that it must refuse."""

from __future__ import annotations

from collections.abc import Iterator

from harness.chain.pyevm.alone import Applied, GivenAccount, apply_alone
from harness.chain.pyevm.evm import L1Computation, surroundings
from harness.chain.values.rules import L1Rules
from harness.primitives.hashing import keccak256
from harness.proofs.statetests import Case, logs_hash

_ANCESTORS = 256


def applied_on_l1(case: Case, computation: type[L1Computation] | None = None) -> Applied:
    """Apply a case's transaction to its prestate on L1; ``computation`` runs the frames, by default those of L1."""
    env = case.env
    context = surroundings(
        number=env.number,
        timestamp=env.timestamp,
        coinbase=env.coinbase,
        gas_limit=env.gas_limit,
        prev_randao=env.prev_randao,
        base_fee=env.base_fee,
        excess_blob_gas=case.excess_blob_gas,
        chain_id=case.chain_id,
        hashes=_ancestors(env.number),
    )
    accounts = {address: GivenAccount(*fields) for address, fields in case.accounts().items()}
    return apply_alone(L1Rules(case.fork, case.blobs), accounts, context, case.raw, computation)


def fault_on_l1(case: Case) -> str:
    """Return how L1's outcome of a case differs from the published one; "" if it does not."""
    applied = applied_on_l1(case)
    if (applied.refusal is None) != (case.expects_exception is None):
        actual = "executed" if applied.refusal is None else f"refused: {applied.refusal}"
        return f"transaction was {actual}, expected {case.expects_exception or 'no refusal'}"
    if applied.root != case.expected_root:
        return f"state root is 0x{applied.root.hex()}, expected 0x{case.expected_root.hex()}"
    logs = logs_hash(applied.logs)
    if logs != case.expected_logs:
        return f"logs hash is 0x{logs.hex()}, expected 0x{case.expected_logs.hex()}"
    return ""


def _ancestors(number: int) -> Iterator[bytes]:
    """Yield the hashes of the blocks before, newest first: state tests define them as the Keccak of their number."""
    return (keccak256(str(n).encode()) for n in range(number - 1, max(-1, number - 1 - _ANCESTORS), -1))

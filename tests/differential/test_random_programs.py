"""Random programs drawn by seed: the recorder and the prover agree on every step, whatever happens in it."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness.primitives.delegation import designator
from harness.proofs.oracle.cases import DELEGATED, PRECOMPILES
from harness.proofs.oracle.programs import CONTRACTS, TARGETS, flat_program
from harness.rollup.machine.opcodes import OPCODES

CALLED = (*TARGETS, *PRECOMPILES, DELEGATED)
"""Contracts, precompiles of every fork, and a delegated account."""


@pytest.mark.parametrize("seed", range(25))
def test_the_prover_agrees_on_every_step_of_a_random_program(lab: Any, seed: int) -> None:
    rnd = random.Random(seed)
    state = lab.state
    for callee in CONTRACTS:
        slots = {rnd.randrange(130): rnd.randrange(1, 9) for _ in range(4)}
        state = state.with_account(
            callee, code=flat_program(rnd, OPCODES, CALLED), balance=rnd.choice((0, 10**9)), nonce=1, storage=slots
        )
    state = state.with_account(DELEGATED, code=designator(CONTRACTS[0]), nonce=1)
    fields: dict[str, Any] = {"gas": rnd.choice((120_000, 300_000, 1_000_000)), "value": rnd.choice((0, 5))}
    fields["data"] = rnd.randbytes(rnd.randrange(70))
    if rnd.random() < 0.2:
        fields |= {"to": b"", "data": flat_program(rnd, OPCODES, CALLED)}
    if rnd.random() < 0.3:
        fields["accessList"] = [{"address": rnd.choice(CALLED), "storageKeys": [bytes(31) + b"\x05"]}]
    lab.prove(lab.run(flat_program(rnd, OPCODES, CALLED), state=state, **fields))

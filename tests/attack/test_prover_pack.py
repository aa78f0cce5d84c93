"""The pack of provers holds the built-in prover, and sees a prover that proves too little or too much."""

from __future__ import annotations

import pytest

from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.one_step_prover import OneStepProver
from harness.adapters.prover import Prover
from harness.attack.attack import Verdict
from harness.attack.prover.pack import PACK
from harness.attack.runner import run_pack
from harness.primitives.hashing import keccak256


class ForgetsTheStep(OneStepProver):
    """A prover whose steps lead nowhere."""

    def verify(self, before: bytes, index: int, witness: bytes) -> bytes:
        super().verify(before, index, witness)
        return before


class BelievesWitnesses(OneStepProver):
    """A prover that proves whatever it is shown."""

    def verify(self, before: bytes, index: int, witness: bytes) -> bytes:
        return keccak256(witness)


@pytest.mark.parametrize(
    ("adapter", "name", "verdict", "broke"),
    [
        (OneStepProver, "every kind of step", Verdict.HELD, ""),
        (ForgetsTheStep, "every kind of step", Verdict.FOUND, "the steps"),
        (BelievesWitnesses, "altered witnesses", Verdict.FOUND, "the witnesses"),
    ],
)
def test_what_the_pack_says_of_a_prover(adapter: type[Prover], name: str, verdict: Verdict, broke: str) -> None:
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=[name])
    assert (outcome.verdict, outcome.broke) == (verdict, broke)

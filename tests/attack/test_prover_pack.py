"""The pack of provers holds the built-in prover, and sees a prover that proves too little or too much."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import pytest

from harness.adapters.choosing import Chosen, KnownContracts
from harness.adapters.errors import NotApplicable
from harness.adapters.one_step_prover import OneStepProver
from harness.adapters.prover import SUBJECTS, ProvenStep, Prover
from harness.attack.attack import Outcome, Verdict
from harness.attack.prover.pack import PACK
from harness.attack.runner import run_pack
from harness.errors import Reverted
from harness.primitives.hashing import keccak256, word


def run(adapter: type[Prover], name: str = "steps: opcodes") -> Outcome:
    """Play one attack of the pack against an adapter."""
    (outcome,) = run_pack(PACK, Chosen("it", adapter, KnownContracts(None)), only=[name])
    return outcome


class AFew(OneStepProver):
    """The built-in prover with a few steps of each subject; `harness attack prover` plays them all."""

    def steps(self, subject: str) -> Iterable[ProvenStep]:
        return islice(super().steps(subject), 5)


@pytest.mark.parametrize("name", [attack.name for attack in PACK.attacks])
def test_the_built_in_prover_holds(name: str) -> None:
    outcome = run(AFew, name)
    assert outcome.verdict is Verdict.HELD, outcome.evidence
    assert int(outcome.evidence.split()[0]) > 0, "steps were proven, or lies told"


def test_each_subject_has_its_steps_and_its_lies() -> None:
    assert {attack.name for attack in PACK.attacks} == {
        f"{what}: {each}" for each in SUBJECTS for what in ("steps", "lies")
    }


class Toy(Prover):
    """A prover of a machine that counts: a step opens the number that the machine is, and adds one."""

    def deploy(self) -> None:
        pass

    def steps(self, subject: str) -> Iterable[ProvenStep]:
        if subject != "opcodes":
            raise NotApplicable("it only counts")
        for number in range(3):
            yield ProvenStep("COUNT: on", of(number), of(number + 1), 0, {"number": number, "note": b"nothing"})
        yield ProvenStep("COUNT: with another note", of(5), of(6), 0, {"number": 5, "note": b""})
        yield ProvenStep("STOP: it never counts so far", of(2**64), None, 0, {"number": 2**64, "note": b""})
        yield ProvenStep("FAR: no L1 counts so far", of(100), of(101), 0, {"number": 100, "note": b""}, refusable=True)

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        number = step.witness["number"]
        if of(number) != step.before or number >= 100 or 0 < gas < 1_000_000:
            raise Reverted("it does not open the machine")
        return of(number + 1)


def of(number: int) -> bytes:
    """Return the machine that has counted so far."""
    return keccak256(word(number))


class OpensNothing(Toy):
    """It believes the number of a witness."""

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        return super().verify(step) if step.witness["number"] >= 100 else of(step.witness["number"] + 1)


class LacksGas(Toy):
    """Without gas, it says that nothing changes."""

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        return step.before if 0 < gas < 500_000 else super().verify(step, gas=gas)


class StandsStill(Toy):
    """Its steps lead nowhere."""

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        super().verify(step, gas=gas)
        return step.before


class RefusesTheThird(Toy):
    """It cannot prove one true step."""

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        if step.before == of(2):
            raise Reverted("it does not count on from two")
        return super().verify(step, gas=gas)


class CountsForEver(Toy):
    """It proves what nothing may be proven of."""

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        return of(step.witness["number"] + 1) if step.before == of(2**64) else super().verify(step, gas=gas)


@pytest.mark.parametrize(
    ("adapter", "name", "verdict", "said"),
    [
        (Toy, "steps: opcodes", Verdict.HELD, "4 steps are proven"),
        (Toy, "lies: opcodes", Verdict.HELD, "lies are not believed"),
        (OpensNothing, "lies: opcodes", Verdict.FOUND, "COUNT: on with number"),
        (LacksGas, "lies: opcodes", Verdict.FOUND, "gas of L1 proves"),
        (StandsStill, "steps: opcodes", Verdict.FOUND, "COUNT: on leads to"),
        (RefusesTheThird, "steps: opcodes", Verdict.FOUND, "a true step, COUNT: on, cannot be proven"),
        (CountsForEver, "steps: opcodes", Verdict.FOUND, "STOP: it never counts so far leads to"),
    ],
)
def test_what_the_pack_says_of_a_prover(adapter: type[Prover], name: str, verdict: Verdict, said: str) -> None:
    outcome = run(adapter, name)
    assert outcome.verdict is verdict
    assert said in outcome.evidence


def test_a_subject_that_a_machine_has_not_is_not_applicable() -> None:
    assert run(Toy, "steps: fees").verdict is Verdict.NOT_APPLICABLE

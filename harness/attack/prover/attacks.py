"""Attacks on a one-step prover: true witnesses that it must take, and altered ones that must prove nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from harness.adapters.prover import ProvenStep, Prover
from harness.attack.attack import Attack, Found
from harness.attack.stage import Stage, reason_of
from harness.errors import Reverted

WORD, WORDS = 32, 4
"""Bytes of a word, and how many words of a witness are altered, spread over it."""


def prover_of(stage: Stage) -> Prover:
    """Return the adapter as that of a prover."""
    assert isinstance(stage.adapter, Prover)
    return stage.adapter


def every_kind_of_step(stage: Stage) -> str:
    """Each true step is proven by its witness, and leads where the machine goes."""
    prover = prover_of(stage)
    steps = prover.steps()
    for step in steps:
        try:
            after = prover.verify(step.before, step.index, step.witness)
        except Reverted as revert:
            raise Found("the steps", f"a true {step.kind} cannot be proven: {reason_of(revert)}") from revert
        if after != step.after:
            raise Found("the steps", f"a true {step.kind} leads to {after.hex()[:9]}, expected {step.after.hex()[:9]}")
    return f"{len(steps)} kinds of steps are proven"


def altered_witnesses(stage: Stage) -> str:
    """Each part of a witness is altered, and each is shown for another index and another machine."""
    prover = prover_of(stage)
    tried, refused, last = 0, 0, "none"
    for step in prover.steps():
        for what, before, index, witness in _altered(step):
            tried += 1
            try:
                after = prover.verify(before, index, witness)
            except Reverted as revert:
                refused, last = refused + 1, reason_of(revert)
                continue
            if after != step.after:
                raise Found("the witnesses", f"a {step.kind} with {what} proves {after.hex()[:16]}, which is not so")
    return f"{refused} of {tried} refused, the rest proved the truth; the last: {last}"


def _altered(step: ProvenStep) -> Iterator[tuple[str, bytes, int, bytes]]:
    words = len(step.witness) // WORD
    for word in sorted({words * number // WORDS for number in range(WORDS)}):
        for place, bit in ((word * WORD, 0x80), (word * WORD + WORD - 1, 1)):
            changed = bytearray(step.witness)
            changed[place] ^= bit
            yield f"another byte {place}", step.before, step.index, bytes(changed)
    yield "a word less", step.before, step.index, step.witness[:-WORD]
    yield "nothing", step.before, step.index, b""
    yield "another machine", bytes(31) + b"\1", step.index, step.witness
    yield "the machine behind it", step.after, step.index, step.witness


ATTACKS = (
    Attack("every kind of step", "a lie about such a step cannot be proven wrong", every_kind_of_step),
    Attack("altered witnesses", "a step proves what the machine does not do", altered_witnesses),
)

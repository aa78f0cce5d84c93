"""Attacks on a one-step prover: true steps that it must prove, and lies about them that it must not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count, islice, takewhile
from random import Random

from harness.adapters.prover import SUBJECTS, ProvenStep, Prover
from harness.attack.altering import altered_parts
from harness.attack.attack import Attack, Found
from harness.attack.stage import Stage, reason_of
from harness.chain.values.refusals import TransactionRejected
from harness.errors import Reverted

ALTERED = 8
"""Alterations of one step's witness beside those that leave a part out."""
LEAST_GAS, MOST_GAS = 30_000, 1 << 24
"""L1 gas with which no step is proven, and with which each must be (EIP-7825)."""
KEPT = (1, 4, 16, 64, 256)
"""Which steps of a kind lies are told about."""
NEAR = 500
"""How near to the least gas that proves a step others are tried, as a part of it."""


@dataclass(slots=True)
class Bout:
    """One prover, and what it refused so far."""

    prover: Prover
    proven: int = 0
    tried: int = 0
    last: str = "none"
    kinds: dict[str, list[ProvenStep]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def prove(self, step: ProvenStep) -> None:
        """Have a true step proven; raises Found if it is not, or if it leads elsewhere."""
        try:
            after = self.prover.verify(step)
        except Reverted as revert:
            self.last = reason_of(revert)
            if step.after is not None and not step.refusable:
                raise Found("the steps", f"a true step, {step.kind}, cannot be proven: {self.last}") from revert
            return
        if after != step.after:
            expected = "nothing" if step.after is None else step.after.hex()[:9]
            raise Found("the steps", f"{step.kind} leads to {after.hex()[:9]}, expected {expected}")
        self.proven += 1

    def keep(self, step: ProvenStep) -> None:
        """Keep the longest witness of a kind, and its 1st, 4th, 16th step and so on."""
        if step.after is None or step.refusable:
            return
        kind = step.kind.partition(":")[0]
        kept = self.kinds.setdefault(kind, [step])
        self.counts[kind] += 1
        if _size(step) > _size(kept[0]):
            kept[0] = step
        elif self.counts[kind] in KEPT:
            kept.append(step)

    def lies(self) -> None:
        """Tell lies about the steps that were kept; raises Found for one that is believed."""
        for step in (step for kept in self.kinds.values() for step in kept):
            for what, other in altered(step):
                self._believes(step, other, what)
            self._starve(step)

    def _starve(self, step: ProvenStep) -> None:
        """Prove a step with less and less gas of L1, and close to the least: it proves nothing, or what is so."""
        low, high = LEAST_GAS, MOST_GAS
        for gas in takewhile(lambda gas: gas < high, (low << doubled for doubled in count())):
            self._believes(step, step, f"{gas} gas of L1", gas)
        while high - low > high // NEAR:
            middle = (low + high) // 2
            if self._believes(step, step, f"{middle} gas of L1", middle):
                high = middle
            else:
                low = middle

    def _believes(self, step: ProvenStep, other: ProvenStep, what: str, gas: int = 0) -> bool:
        """Return whether the truth is proven; raises Found if a lie is."""
        self.tried += 1
        try:
            after = self.prover.verify(other, gas=gas)
        except (Reverted, TransactionRejected, OverflowError, ValueError) as problem:
            self.last = reason_of(problem)
            return False
        if after != step.after:
            raise Found("the witnesses", f"{step.kind} with {what} proves {after.hex()[:16]}, which is not so")
        return True


def _size(step: ProvenStep) -> int:
    """Return the bytes of a witness."""
    parts = step.witness.values()
    lists = (part if isinstance(part, list) else [part] for part in parts if not isinstance(part, int))
    return sum(len(each) for every in lists for each in every)


def altered(step: ProvenStep) -> Iterator[tuple[str, ProvenStep]]:
    """Yield a step with each part of its witness left out, with some altered, and for other machines."""
    ways = [(what, parts) for what, parts in altered_parts(step.witness) if parts != step.witness]
    left_out = [way for way in ways if way[0].endswith(" empty")]
    rest = [way for way in ways if not way[0].endswith(" empty")]
    Random(step.kind).shuffle(rest)
    for what, parts in (*left_out, *islice(rest, ALTERED)):
        yield what, replace(step, witness=parts)
    yield "another machine", replace(step, before=bytes(31) + b"\1")
    if step.after not in (None, step.before):
        yield "the machine behind it", replace(step, before=step.after)


def true_steps(stage: Stage, subject: str) -> str:
    """Each true step is proven and leads where the machine goes."""
    assert isinstance(stage.adapter, Prover)
    bout = Bout(stage.adapter)
    for step in stage.adapter.steps(subject):
        bout.prove(step)
    return f"{bout.proven} steps are proven; the last refusal: {bout.last}"


def lies_about(stage: Stage, subject: str) -> str:
    """Lies are told about some steps of each kind."""
    assert isinstance(stage.adapter, Prover)
    bout = Bout(stage.adapter)
    for step in stage.adapter.steps(subject):
        bout.keep(step)
    bout.lies()
    return f"{bout.tried} lies are not believed; the last refusal: {bout.last}"


TOUCHES: Mapping[str, tuple[str, ...]] = {
    "nothing": ("OneStepProver",),
    "blocks": ("BlockOpening", "Patricia", "Machine"),
    "fees": ("TransactionEnd", "TransactionStart", "DataFee"),
    "authorisations": ("TransactionPreparation", "CallFamily", "Delegation"),
    "frames": ("CreateFamily", "CopyFamily", "LogFamily", "FrameEnd", "MemoryTree", "TransactionEnd"),
    "inputs": ("NextInput", "TransactionCodec", "TransactionStart"),
    "opcodes": ("ArithmeticFamily", "FlowFamily", "EnvironmentFamily", "StorageFamily", "Opcodes", "Metering"),
    "precompiles": ("PrecompileFamily", "PrecompileGas", "P256", "Forks", "L1Precompiles"),
}
"""Contracts of the built-in prover that decide about a subject."""


def _true(subject: str, what: str) -> Attack:
    shows = f"a lie cannot be proven wrong about {what}"
    return Attack(f"steps: {subject}", shows, lambda stage: true_steps(stage, subject), touches=TOUCHES[subject])


def _lies(subject: str, what: str) -> Attack:
    shows = f"a lie is proven about {what}"
    return Attack(f"lies: {subject}", shows, lambda stage: lies_about(stage, subject), touches=TOUCHES[subject])


ATTACKS = (
    *(_true(subject, what) for subject, what in SUBJECTS.items()),
    *(_lies(subject, what) for subject, what in SUBJECTS.items()),
)

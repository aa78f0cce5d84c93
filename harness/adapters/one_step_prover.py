"""The built-in one-step prover, on two L1s: that of the attack, and one of Prague, which proves every fork."""

from __future__ import annotations

from collections.abc import Iterable

from harness.adapters.prover import ProvenStep, Prover
from harness.adapters.prover_steps import frames, inputs, opcodes, precompiles
from harness.adapters.prover_steps.bench import Bench
from harness.chain.opening import open_chain

SUBJECTS = {
    "opcodes": opcodes.steps,
    "frames": frames.steps,
    "precompiles": precompiles.steps,
    "authorisations": frames.authorisations,
    "inputs": inputs.steps,
    "blocks": inputs.blocks,
    "fees": inputs.fees,
    "nothing": inputs.nothing,
}


class OneStepProver(Prover):
    """Drives the prover over inboxes that hold whatever is put there."""

    def deploy(self) -> None:
        """Deploy the prover and its inboxes on the attack's L1."""
        self.osaka = Bench(self.chain, self.contracts, "osaka")
        self._prague: Bench | None = None

    @property
    def prague(self) -> Bench:
        """The prover on an L1 of Prague."""
        if self._prague is None:
            chain = open_chain("py-evm", self.chain.chain_id, name="prague", fork="prague", is_private=True)
            self._prague = Bench(chain, self.contracts, "prague")
        return self._prague

    def steps(self, subject: str) -> Iterable[ProvenStep]:
        """Return the steps of a subject."""
        return SUBJECTS[subject](self)

    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        """Call verify on the step's L1."""
        bench = self.prague if step.place == "prague" else self.osaka
        return bench.verify(step, gas)

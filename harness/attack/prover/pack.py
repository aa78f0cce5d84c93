"""Every attack on one-step provers."""

from __future__ import annotations

from harness.adapters.prover import Prover
from harness.attack.attack import Pack
from harness.attack.prover.attacks import ATTACKS

PACK = Pack(
    kind="prover",
    protocol=Prover,
    built_in={"built-in": "harness.adapters.one_step_prover:OneStepProver"},
    attacks=ATTACKS,
)

"""How to drive somebody's one-step prover: the true steps of a machine, and what a contract proves of each."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from harness.adapters.base import Adapter

__all__ = ["SUBJECTS", "ProvenStep", "Prover"]

SUBJECTS: Mapping[str, str] = {
    "nothing": "a machine that has nothing to do, and a batch that the prover does not understand",
    "blocks": "what a new block tells",
    "fees": "what a transaction pays, and to whom",
    "authorisations": "accounts with a delegate: who gets one, who sends, and who is called",
    "frames": "each way in which a call, a creation or a transaction begins and ends",
    "inputs": "batches, items and messages from L1, valid or not",
    "opcodes": "each opcode with each outcome that it can have",
    "precompiles": "each precompile with input that it takes, input that it refuses, and too little gas, in each fork",
}
"""What steps are about, in the order in which the pack plays them."""


@dataclass(frozen=True, slots=True)
class ProvenStep:
    """A true step: its kind in words, the hashes of the machine before and after it, and the parts of a witness.

    The pack alters each part: whole numbers, bytes, and lists of bytes. ``after`` is None if nothing may be proven.
    ``end`` is the number of batches that the machine may take. ``place`` names the L1 that proves the step, if the
    adapter has several. ``refusable`` says that this L1 need not be able to prove the step.
    """

    kind: str
    before: bytes
    after: bytes | None
    index: int
    witness: Mapping[str, Any]
    end: int = 0
    place: str = ""
    refusable: bool = False


class Prover(Adapter):
    """Drives one prover, which is a pure function. A refused witness raises Reverted."""

    kind: ClassVar[str] = "prover"

    @abstractmethod
    def steps(self, subject: str) -> Iterable[ProvenStep]:
        """Return true steps about one of `SUBJECTS`, at least one of each kind; raises NotApplicable if it has none."""

    @abstractmethod
    def verify(self, step: ProvenStep, *, gas: int = 0) -> bytes:
        """Return the hash of the machine after the step, by the contract; ``gas`` of L1 limits the call, 0 does not."""

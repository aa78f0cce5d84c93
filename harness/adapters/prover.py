"""How to drive somebody's one-step prover: the true steps of a machine, and what a contract proves of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.adapters.base import Adapter

__all__ = ["ProvenStep", "Prover"]


@dataclass(frozen=True, slots=True)
class ProvenStep:
    """A true step: its kind in words, the hashes of the machine before and after it, and a witness."""

    kind: str
    before: bytes
    after: bytes
    index: int
    witness: bytes


class Prover(Adapter):
    """Drives one prover, which is a pure function. A refused witness raises Reverted."""

    kind: ClassVar[str] = "prover"

    def steps(self) -> Sequence[ProvenStep]:
        """Return true steps, at least one of each kind that the machine has."""
        raise NotImplementedError

    def verify(self, before: bytes, index: int, witness: bytes) -> bytes:
        """Return the hash of the machine after the step at ``index``, by the contract."""
        raise NotImplementedError

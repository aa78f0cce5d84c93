"""What the proving side refuses.

HarnessError
└── ProofError
    ├── StateTestUnreadable     a state test with unknown fields, or without known ones
    ├── StepOutsideTrace        a step index that the trace does not have
    ├── NoSuchCase              a selection that matches no state test
    └── WrongPoststate          a prover that maps a witness to another hash than the recorder's
"""

from __future__ import annotations

from harness.errors import HarnessError


class ProofError(HarnessError):
    """A request that the recorder, the witness maker or the conformance run could not serve."""


class StateTestUnreadable(ProofError):
    """A file that is no state test of a shape that this reader knows."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StepOutsideTrace(ProofError):
    """A step index below 0, or at or beyond the end."""

    def __init__(self, index: int, steps: int) -> None:
        super().__init__(f"step {index} is outside of the trace, which has steps 0 to {steps - 1}")
        self.index = index
        self.steps = steps


class NoSuchCase(ProofError):
    """A folder, a pattern and forks that select no state test."""

    def __init__(self, root: str, pattern: str | None, forks: tuple[str, ...]) -> None:
        wanted = "any state test" if pattern is None else f"a state test matching {pattern!r}"
        super().__init__(f"{root} does not hold {wanted} with a result for {' or '.join(forks)}")
        self.root = root
        self.pattern = pattern
        self.forks = forks


class NoSuchTransaction(ProofError):
    """No input of the derived chain is a transaction or deposit with that hash."""

    def __init__(self, tx_hash: bytes, batches: int) -> None:
        super().__init__(f"0x{tx_hash.hex()} is no transaction of the {batches} batches on L1")
        self.tx_hash = tx_hash
        self.batches = batches


class ProverRejected(ProofError):
    """The prover reverted: the witness does not open what the step reads."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the prover rejects the witness: {reason}")
        self.reason = reason


class WrongPoststate(ProofError):
    """The prover and the recorder disagree about a step."""

    def __init__(self, step: int, opcode: str, actual: bytes | str, expected: bytes) -> None:
        got = actual if isinstance(actual, str) else f"0x{actual.hex()}"
        super().__init__(f"step {step} ({opcode}): the prover gives {got}, the recorder 0x{expected.hex()}")
        self.step = step
        self.opcode = opcode
        self.actual = actual
        self.expected = expected

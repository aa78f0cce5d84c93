"""Errors of the recorder, the witness maker, the prover's hosts, and the conformance run.

HarnessError
└── ProofError
    ├── StateTestUnreadable     a file is not a state test of a known shape
    ├── StepOutsideTrace        the trace has no step of this index
    ├── NoSuchCase              no state test matches the selection
    ├── NoSuchTransaction       no input of the derived chain has this hash
    ├── ProverRejected          the prover reverted on a witness
    ├── WrongPoststate          the prover and the recorder disagree about a step
    └── OracleFailed            Ethereum's specification in Python fails on a transaction
"""

from __future__ import annotations

from harness.errors import HarnessError


class ProofError(HarnessError):
    """The recorder, the witness maker, the prover or the conformance run cannot do what was asked."""


class StateTestUnreadable(ProofError):
    """The file is not a state test of a shape that the reader knows."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class StepOutsideTrace(ProofError):
    """The step index is below 0, or at or beyond the end of the trace."""

    def __init__(self, index: int, steps: int) -> None:
        super().__init__(f"step {index} is outside of the trace, which has steps 0 to {steps - 1}")
        self.index = index
        self.steps = steps


class NoSuchCase(ProofError):
    """The folder, the pattern and the forks select no state test."""

    def __init__(self, root: str, pattern: str | None, forks: tuple[str, ...]) -> None:
        wanted = "any state test" if pattern is None else f"a state test matching {pattern!r}"
        super().__init__(f"{root} does not hold {wanted} with a result for {' or '.join(forks)}")
        self.root = root
        self.pattern = pattern
        self.forks = forks


class NoSuchTransaction(ProofError):
    """No input of the derived chain is a transaction or a deposit with this hash."""

    def __init__(self, tx_hash: bytes, batches: int) -> None:
        super().__init__(f"0x{tx_hash.hex()} is no transaction of the {batches} batches on L1")
        self.tx_hash = tx_hash
        self.batches = batches


class ProverRejected(ProofError):
    """The prover reverted, because the witness does not open what the step reads."""

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


class OracleFailed(ProofError):
    """The process of Ethereum's specification in Python does not answer about a transaction."""

    def __init__(self, case: str, reason: str) -> None:
        super().__init__(f"ethereum-execution fails on {case}: {reason}")
        self.case = case
        self.reason = reason

"""Lies about precompiles: what one answered, or that one answered at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from harness.agents.lies.altered_machine import Alteration, RunningMachine
from harness.agents.lies.lie import Lie, lie_name
from harness.agents.lies.steps import step_lie
from harness.errors import HarnessError, did_you_mean
from harness.primitives.bls12 import BLS12_PRECOMPILES
from harness.primitives.hashing import word
from harness.primitives.modexp import BERLIN_MODEXP
from harness.primitives.p256 import P256VERIFY
from harness.proofs.recorder import FrameRecord, RecordedComputation
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.networks import SAMPLES

ADDRESSES = {each.name: word(each.number)[12:] for each in SAMPLES} | {
    each.name: each.address for each in (BERLIN_MODEXP, *BLS12_PRECOMPILES, P256VERIFY)
}
"""The addresses of all forks' precompiles, by name."""

_YES = word(1)


class UnknownPrecompile(HarnessError):
    """No fork of L2 has a precompile of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"precompile {name!r}, expected one of {', '.join(ADDRESSES)}{did_you_mean(name, ADDRESSES)}")
        self.name = name


def wrong_output(precompile: str, nth: int = 0) -> Lie:
    """The ``nth`` run of a precompile answers otherwise: the last bit of its output is another one.

    A run without output answers the word 1, and a run that failed succeeds. Raises UnknownPrecompile.
    """
    return _answering(lie_name("wrong_output", precompile, nth), precompile, nth, _flipped)


def wrong_verdict(nth: int = 0) -> Lie:
    """The ``nth`` run of P256VERIFY (EIP-7951) takes a bad signature for a good one, or a good one for a bad one."""
    return _answering(lie_name("wrong_verdict", nth), P256VERIFY.name, nth, lambda output: b"" if output else _YES)


def _flipped(output: bytes) -> bytes:
    return output[:-1] + bytes((output[-1] ^ 1,)) if output else _YES


def _answering(name: str, precompile: str, nth: int, lied: Callable[[bytes], bytes]) -> Lie:
    """Return the lie that the ``nth`` run of a precompile gives what ``lied`` makes of its output."""
    if precompile not in ADDRESSES:
        raise UnknownPrecompile(precompile)
    address = ADDRESSES[precompile]

    def frame_of(trace: InputTrace, step: int) -> FrameRecord:
        frame = trace.step_at(step).frame
        assert frame is not None
        return frame

    def alterations(trace: InputTrace, step: int) -> Iterator[Alteration]:
        frame = frame_of(trace, step)
        if frame.parent is not None:  # nobody reads the output of a transaction's own target
            yield _answer(trace, frame, lied(trace.step_at(step + 1).returndata))

    def is_wanted(trace: InputTrace, step: int) -> bool:
        return frame_of(trace, step).code_address == address

    return step_lie(name, "PRECOMPILE", nth, alterations, is_wanted)


def _answer(trace: InputTrace, frame: FrameRecord, output: bytes) -> Alteration:
    """Let a precompile's caller find this output in its returndata and memory, and 1 on its stack."""
    window = output[: frame.return_size]
    before = trace.parent_memory(frame).read(frame.return_offset, frame.return_size)

    def alter(running: RunningMachine) -> None:
        caller = running.frame
        assert isinstance(caller, RecordedComputation)
        caller._stack.pop1_any()
        caller._stack.push_int(1)
        caller.return_data = output
        if frame.return_size:
            caller._memory.write(frame.return_offset, frame.return_size, window + before[len(window) :])

    return alter

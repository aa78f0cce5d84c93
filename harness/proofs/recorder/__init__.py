"""What hangs into an execution on py-evm and keeps the machine before each step."""

from __future__ import annotations

from harness.proofs.recorder.computation import CellStack, LoggedMemory, RecordedComputation
from harness.proofs.recorder.recording import (
    KEPT,
    FrameRecord,
    RecordedStep,
    StepRecorder,
    Suspended,
    cached_hash,
)

__all__ = [
    "KEPT",
    "CellStack",
    "FrameRecord",
    "LoggedMemory",
    "RecordedComputation",
    "RecordedStep",
    "StepRecorder",
    "Suspended",
    "cached_hash",
]

"""What hangs into an execution on py-evm and keeps the machine before each step."""

from __future__ import annotations

from harness.proofs.recorder.computation import CellStack, LoggedMemory, RecordedComputation
from harness.proofs.recorder.recording import (
    KEPT,
    FrameRecord,
    PastWanted,
    RecordedStep,
    StepRecorder,
    Suspended,
    WindowRecorder,
    cached_hash,
)

__all__ = [
    "KEPT",
    "CellStack",
    "FrameRecord",
    "LoggedMemory",
    "PastWanted",
    "RecordedComputation",
    "RecordedStep",
    "StepRecorder",
    "Suspended",
    "WindowRecorder",
    "cached_hash",
]

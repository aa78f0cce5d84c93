"""Records an execution on py-evm: the machine before each step."""

from __future__ import annotations

from harness.primitives import py_evm as py_evm  # before any module of this package imports py-evm
from harness.proofs.recorder.computation import CellStack, LoggedMemory, RecordedComputation
from harness.proofs.recorder.recording import (
    KEPT,
    FrameRecord,
    RecordedStep,
    RecordingComplete,
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
    "RecordedComputation",
    "RecordedStep",
    "RecordingComplete",
    "StepRecorder",
    "Suspended",
    "WindowRecorder",
    "cached_hash",
]

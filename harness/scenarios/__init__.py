"""Scenarios: who does what when, as plain data. A run of one gives a result, which replays and which reports read.

Names are imported on first access, so that reading the command line stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.scenarios.loading import load, parse
    from harness.scenarios.replay import again, differences, resend
    from harness.scenarios.result import Result
    from harness.scenarios.running import run
    from harness.scenarios.scenario import Expect, Scenario, Step
    from harness.scenarios.storing import read, write

_HOMES = {
    "Expect": "harness.scenarios.scenario",
    "Result": "harness.scenarios.result",
    "Scenario": "harness.scenarios.scenario",
    "Step": "harness.scenarios.scenario",
    "again": "harness.scenarios.replay",
    "differences": "harness.scenarios.replay",
    "load": "harness.scenarios.loading",
    "parse": "harness.scenarios.loading",
    "read": "harness.scenarios.storing",
    "resend": "harness.scenarios.replay",
    "run": "harness.scenarios.running",
    "write": "harness.scenarios.storing",
}

__all__ = [
    "Expect",
    "Result",
    "Scenario",
    "Step",
    "again",
    "differences",
    "load",
    "parse",
    "read",
    "resend",
    "run",
    "write",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'harness.scenarios' has no attribute {name!r}")
    return getattr(import_module(home), name)

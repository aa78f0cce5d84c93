"""Every attack on chains of assertions."""

from __future__ import annotations

from harness.adapters.assertions import Assertions
from harness.attack.assertions.attacks import ATTACKS
from harness.attack.attack import Pack

PACK = Pack(
    kind="assertions",
    protocol=Assertions,
    built_in={"built-in": "harness.adapters.counting_assertions:CountingAssertions"},
    attacks=ATTACKS,
)

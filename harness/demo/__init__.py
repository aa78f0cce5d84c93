"""What ``harness demo`` shows: parts, each a module with ``show(stage)``, in the order of ``PARTS``."""

from __future__ import annotations

PARTS = ("foundation", "rollup", "proofs", "disputes", "channels", "layers")
"""Modules of this package, in the order in which they are shown."""

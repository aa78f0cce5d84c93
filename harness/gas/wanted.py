"""What the options of gas ask for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Wanted(NamedTuple):
    """What the options ask for; ``tolerance`` is in percent."""

    table: bool
    snapshot: Path | None
    check: Path | None
    tolerance: float

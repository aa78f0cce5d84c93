"""What the pytest plugin's rollup fixtures are made of; nothing here imports pytest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.chain.chain import Chain
from harness.isolation import Isolation
from harness.rollup.config import RollupConfig
from harness.testbed.rollup import Rollup


@contextmanager
def open_rollup(
    l1: Chain, isolation: Isolation, *parameters: Mapping[str, Any], root: Path | None = None
) -> Iterator[Rollup]:
    """Open a rollup whose accounts are funded on L2; each test restores it with L1.

    Later tables of parameters override earlier ones. ``root`` is the folder of the project whose contracts they name.
    Raises what `RollupConfig.of` raises.
    """
    rollup = Rollup.deploy(l1, RollupConfig.of(_merged(parameters), root))
    rollup.fund()
    isolation.add(rollup)
    try:
        yield rollup
    finally:
        isolation.remove(rollup)


def _merged(tables: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Merge tables into one, and the tables within them likewise."""
    merged: dict[str, Any] = {}
    for table in tables:
        for name, value in table.items():
            key = name.replace("-", "_")
            before = merged.get(key)
            both = isinstance(before, Mapping) and isinstance(value, Mapping)
            merged[key] = _merged((before, value)) if both else value  # type: ignore[arg-type]
    return merged

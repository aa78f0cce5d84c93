"""Results of the library's scenarios, each played once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from harness.scenarios import Result
from harness.scenarios.finding import LIBRARY, cases_of, library, opened
from harness.scenarios.running import play


@cache
def _played(name: str, backend: str) -> Result:
    scenario, sources, root = opened(library()[name])
    case, first = next(cases_of(scenario))
    return play(first, sources, root=root, backend=backend, case=case)


@pytest.fixture
def played() -> Callable[..., Result]:
    """Return the result of a scenario of the library: ``played("lie-at-an-opcode")``."""
    assert LIBRARY.is_dir()
    return lambda name, backend="py-evm": _played(name, backend)

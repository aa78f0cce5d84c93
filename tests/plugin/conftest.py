"""A user's project in a folder of its own, run by a pytest of its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.tools import cache_dir

CACHE = cache_dir()
"""Where the built-in contracts are compiled already: pytester gives the inner pytest a home of its own."""

COUNTER = """
pragma solidity ^0.8.20;
contract Counter {
    uint256 public number;
    error Odd(uint256 actual);
    function increment() external { number += 1; }
    function set(uint256 value) external { _check(value); number = value; }
    function _check(uint256 value) internal pure {
        if (value % 2 == 1) revert Odd(value);
    }
}
"""

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write the project's files and run its tests: ``run({"test_a.py": "..."}, "-n", "2")``."""
    monkeypatch.setenv("HARNESS_CACHE", str(CACHE))

    def write_and_run(files: dict[str, str], *arguments: str, settings: str | None = "") -> pytest.RunResult:
        for name, text in {"src/Counter.sol": COUNTER, **files}.items():
            path = pytester.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if settings is not None:
            (pytester.path / "pyproject.toml").write_text(f'[tool.harness]\ncontracts = "src"\n{settings}\n')
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)

    return write_and_run

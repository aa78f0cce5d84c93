"""A user's project in a folder of its own, run by a pytest of its own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.tools import cache_dir
from tests.support.forked import Forks, forks

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


@pytest.fixture(scope="session")
def python() -> Iterator[Forks]:
    """A Python that has imported the harness; pytest's own plugins of the session are not in it."""
    with forks() as process:
        yield process


@pytest.fixture
def inner(pytester: pytest.Pytester, python: Forks) -> Run:
    """Run pytest in the current folder."""

    def run_pytest(*arguments: str) -> pytest.RunResult:
        out, err = pytester.path / "stdout", pytester.path / "stderr"
        here, began = Path.cwd(), time.perf_counter()
        paths = os.pathsep.join(filter(None, [str(here), os.environ.get("PYTHONPATH", "")]))
        words = ["-m", "pytest", "-p", "no:cacheprovider", *arguments]
        code = python.run(words, here, {**os.environ, "PYTHONPATH": paths}, out, err)
        told, complained = (path.read_text(encoding="utf-8").splitlines() for path in (out, err))
        print(*told, *complained, sep="\n")
        return pytest.RunResult(code, told, complained, time.perf_counter() - began)

    return run_pytest


@pytest.fixture
def run(pytester: pytest.Pytester, inner: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Write the project's files and run its tests: ``run({"test_a.py": "..."}, "-n", "2")``.

    With ``anew`` in a process that has imported nothing.
    """
    monkeypatch.setenv("HARNESS_CACHE", str(CACHE))

    def write_and_run(
        files: dict[str, str], *arguments: str, settings: str | None = "", anew: bool = False
    ) -> pytest.RunResult:
        for name, text in {"src/Counter.sol": COUNTER, **files}.items():
            path = pytester.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if settings is not None:
            (pytester.path / "pyproject.toml").write_text(f'[tool.harness]\ncontracts = "src"\n{settings}\n')
        if anew:
            return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)
        basetemp = pytester.mkdir(f"runpytest-{sum(1 for _ in pytester.path.glob('runpytest-*'))}")
        return inner(f"--basetemp={basetemp}", *arguments)

    return write_and_run

"""The pytest plugin: what a run costs before its first test ends, against pytest alone and against importing web3."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness.bench.measure import Ratio, best_time

_CONTRACT = "pragma solidity ^0.8.20; contract Counter { uint256 public number; function up() external { number++; } }"
_ON_CHAIN = """
def test_it(l1, accounts, Counter):
    counter = l1.deploy(Counter, sender=accounts.alice)
    counter.up(sender=accounts.alice)
    assert counter.number() == 1
"""


def ratios() -> Iterator[Ratio]:
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as folder:
        root = Path(folder)
        (root / "src").mkdir()
        (root / "src" / "Counter.sol").write_text(_CONTRACT)
        (root / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n')
        (root / "test_plain.py").write_text("def test_it(): pass\n")
        (root / "test_chain.py").write_text(_ON_CHAIN)
        alone = _milliseconds(root, "-m", "pytest", "-p", "no:harness", "test_plain.py")
        plain = _milliseconds(root, "-m", "pytest", "test_plain.py")
        chain = _milliseconds(root, "-m", "pytest", "test_chain.py")
        web3 = _milliseconds(root, "-c", "import web3, pytest")
    yield Ratio("a run that does not use the harness", plain, alone, "ms", "ms without the plugin")
    yield Ratio("a run with one test on the chain", chain, web3, "ms", "ms to import web3 and pytest", at_most=1.5)


def _milliseconds(folder: Path, *arguments: str) -> float:
    """Return the wall time of a Python process: the quickest of three, with warm caches."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)

    return best_time(run, rounds=3, before=run)

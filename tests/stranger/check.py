"""Plays the stranger: builds the wheel, installs it into an empty environment in another folder, runs a project there.

The project has its own contracts (a compiler version of its own, a remapping, OpenZeppelin from npm) and its own
tests, one of which fails on purpose. What pytest prints is compared with ``expected.txt``, a text that was read and
found good: names of contract and function, the decoded error, the Solidity file and line. Run with ``--accept`` to
write it anew.
"""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIZE = {"COLUMNS": "80"}
EXPECTED = HERE / "expected.txt"

WITHOUT_A_COMPILER = """
from harness import built_in_contracts
from harness.contracts.library import Contracts
import os
assert "site-packages" in str(built_in_contracts().root), built_in_contracts().root
compiled = built_in_contracts().compile_all()
assert any(artifact.deployable for artifact in compiled)
assert all(artifact.source_text(artifact.source) for artifact in compiled)
assert not os.path.exists(os.environ["HARNESS_CACHE"]), "something was compiled"
print(f"{len(compiled)} built-in contracts are there without a compiler")
"""


def run(*command: str | Path, cwd: Path, check: bool = True, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it prints; its failure ends the check."""
    print("+", " ".join(str(part) for part in command), flush=True)
    # pytest shortens its lines unless it believes to run in CI (CI, BUILD_NUMBER): the stranger sits at a terminal.
    hidden = ("PYTEST_", "PYTHONPATH", "CI", "BUILD_NUMBER")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if check and done.returncode != 0:
        sys.exit(f"{done.stdout}\n{command[0]} ended with {done.returncode}")
    return done.stdout


def normalized(output: str) -> str:
    """Leave out what differs from run to run and from machine to machine: times, versions, addresses of objects."""
    kept = [
        line.rstrip() for line in output.splitlines() if not line.startswith(("platform ", "plugins: ", "rootdir: "))
    ]
    text = "\n".join(kept).strip() + "\n"
    text = re.sub(r"in \d+\.\d+s( \([\d:]+\))?", "in N s", text)
    text = re.sub(r"at 0x[0-9a-f]{8,16}>", "at 0x...>", text)
    return re.sub(r"[=_]{3,}", lambda hit: hit[0][0] * 3, text)


def versions(folder: Path) -> Path:
    """Write the versions of the repository's list without its hashes: with them pip would demand the wheel's, too."""
    listed = (ROOT / "scripts" / "constraints.txt").read_text().splitlines()
    target = folder / "constraints.txt"
    target.write_text("\n".join(line.removesuffix(" \\") for line in listed if not line.startswith(" ")))
    return target


def built(folder: Path) -> Path:
    """Build the wheel of this checkout."""
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (wheel,) = folder.glob("*.whl")
    return wheel


def play(folder: Path, wheel: Path) -> str:
    """Install the wheel and run the project's tests; return what pytest printed."""
    python = folder / "venv" / "bin" / "python"
    venv.create(folder / "venv", with_pip=True)
    run(python, "-m", "pip", "install", "-qq", "-c", versions(folder), wheel, cwd=folder)
    bare = {"HARNESS_CACHE": str(folder / "no-cache"), "HARNESS_SOLC": "", "PATH": str(folder / "nothing")}
    print(run(python, "-c", WITHOUT_A_COMPILER, cwd=folder, env=bare), end="")
    print(run(python.with_name("harness"), "demo", "--l1=py-evm", "--part=foundation", cwd=folder, env=bare), end="")

    if "def test_it_counts" not in run(python.with_name("harness"), "guide", "first-test", cwd=folder, env=bare):
        sys.exit("the wheel does not show its guides")

    harness = python.with_name("harness")
    played = ("lie-at-an-opcode", "stale-close-answered", "payment-over-hubs")
    run(harness, "play", *played, "--results", "results", cwd=folder, env=bare)
    for result in sorted((folder / "results").iterdir()):
        print(run(harness, "replay", result, cwd=folder, env=bare), end="")

    project = folder / "project"
    shutil.copytree(HERE / "project", project)
    node = run(sys.executable, "-c", "from harness.tools import any_node; print(*any_node().npm, sep='\\n')", cwd=ROOT)
    run(*node.split("\n")[:-1], "install", "--no-audit", "--no-fund", "--ignore-scripts", cwd=project)
    return run(python, "-m", "pytest", "-p", "no:cacheprovider", "--color=no", cwd=project, check=False, env=SIZE)


def main() -> int:
    """Return 0 where the output is the expected one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--accept", action="store_true", help="write expected.txt anew")
    parser.add_argument("--wheel", type=Path, help="the wheel to try (default: one of this checkout is built)")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stranger-") as folder:
        actual = normalized(play(Path(folder), chosen.wheel or built(Path(folder) / "dist")))
    if chosen.accept:
        EXPECTED.write_text(actual)
        return 0
    expected = EXPECTED.read_text()
    if actual == expected:
        print(actual, end="")
        print("the stranger's project ran as expected: two tests passed, and one failed on purpose")
        return 0
    sys.stdout.writelines(
        difflib.unified_diff(expected.splitlines(True), actual.splitlines(True), "expected", "actual")
    )
    return 1


if __name__ == "__main__":
    raise SystemExit(main())

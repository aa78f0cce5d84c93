"""Processes of Python that have imported the harness already: ``python -m pytest`` without what each start repeats.

A test that runs a user's pytest would spend most of its time on imports. Here one process imports, and forks for each
run. What it forks has the environment, the folder and the arguments of the run, has opened no chain before, and ends as
any process does. It differs from a new process in that the harness's modules are in ``sys.modules``; a test that asks
about those, or about Python's own options, starts a new one.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any, BinaryIO

ROOT = Path(__file__).resolve().parents[2]

IMPORTED = (
    "harness.cli",
    "harness.testbed.channels",
    "harness.testbed.rollup_fixtures",
    "harness.scenarios.collecting",
    "web3",
)  # fmt: skip
"""What the process imports before it forks: it stands for all that these import."""


class Forks:
    """The process that forks; it ends with its standard input."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def run(self, words: list[str], folder: Path, environment: Mapping[str, str], out: Path, err: Path) -> int:
        """Run ``python`` with these words in a folder, its output in two files; return its exit code.

        What Python reads once, when it starts, cannot be another than this process's.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        assert _read_at_start(environment) == _read_at_start(os.environ)
        wanted = {
            "words": words, "folder": str(folder), "environment": dict(environment), "out": str(out), "err": str(err),
        }  # fmt: skip
        self._process.stdin.write(json.dumps(wanted).encode() + b"\n")
        self._process.stdin.flush()
        with ended_after(300, self._process):
            answer = self._process.stdout.readline()
        assert answer, f"the process that forks has ended with {self._process.wait()}"
        return int(answer)


@contextmanager
def ended_after(seconds: float, process: subprocess.Popen[Any]) -> Iterator[None]:
    """Kill a process that has not answered by then, so that whoever reads from it goes on."""
    timer = Timer(seconds, process.kill)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def forks() -> Iterator[Forks]:
    """Start the process that forks."""
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        yield Forks(process)
        assert process.stdin is not None
        process.stdin.close()


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith("PYTHON") and name != "PYTHONPATH"}


def _import() -> None:
    """Import by a run of pytest without a test, so that pytest's hook has rewritten what it rewrites in each run."""
    import pytest

    class Importer:
        def pytest_sessionstart(self) -> None:
            for name in IMPORTED:
                __import__(name)

    with tempfile.TemporaryDirectory() as empty:
        options = ["--collect-only", "-qq", f"--rootdir={empty}", "-p", "no:faulthandler", "-p", "no:cacheprovider"]
        pytest.main([*options, empty], plugins=[Importer()])
    # A search for garbage would look at each object, and so make the child's own copy of each page.
    gc.collect()
    gc.freeze()


def _serve(requests: BinaryIO, answers: BinaryIO) -> dict[str, Any] | None:
    """Fork for each request, and tell how what was forked has ended. In what is forked: return the request."""
    for line in requests:
        child = os.fork()
        if child == 0:
            requests.close()
            answers.close()
            found: dict[str, Any] = json.loads(line)
            return found
        _, status = os.waitpid(child, 0)
        answers.write(b"%d\n" % os.waitstatus_to_exitcode(status))
        answers.flush()
    return None


def _become(wanted: Mapping[str, Any]) -> None:
    """Be the process that was asked for, as far as `run_module` and `run_path` do not see to it."""
    write = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path, mode in ((0, os.devnull, os.O_RDONLY), (1, wanted["out"], write), (2, wanted["err"], write)):
        opened = os.open(path, mode, 0o644)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    more = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    sys.path[:] = [*dict.fromkeys([wanted["folder"], *more, *_PATHS])]


if __name__ == "__main__":
    _PATHS = [path for path in sys.path[1:] if path not in os.environ["PYTHONPATH"].split(os.pathsep)]
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    _import()
    wanted = _serve(requests, answers)
    if wanted is not None:
        _become(wanted)
        first, *rest = wanted["words"]
        if first == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = wanted["words"]
            runpy.run_path(first, run_name="__main__")

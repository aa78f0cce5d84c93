"""Who runs a workload: this checkout, another commit of it, eth-tester, or anvil; each in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from harness import tools
from harness.bench.measure import Ratio
from harness.bench.workloads import CHAIN_ID
from harness.chain.values.accounts import HD_PATH, MNEMONIC
from harness.config import DEFAULT_L1_FORK
from harness.errors import HarnessError
from harness.primitives.hashing import keccak256

Blocks = Sequence[Sequence[bytes]]
_ROOT = Path(__file__).parents[2]
_READY = "Listening on "
_TITANOBOA = "0.2.8"
_ROUND_SECONDS, _LAYER_SECONDS, _STOP_SECONDS = 600, 3_600, 60
"""Longest that a contestant may take for a round, a commit for a layer, and anyone to begin or to end."""

_PREFIX = "harness-bench-"


class CannotMeasure(HarnessError):
    """Something that a benchmark compares with does not run here."""


@dataclass(frozen=True, slots=True)
class Round:
    """Processor time in seconds, and the gas that the transactions used; None if the contestant has no receipts."""

    seconds: float
    gas: int | None


class Contestant(ABC):
    """A chain that runs blocks of signed transactions; every transaction must succeed."""

    @abstractmethod
    def run(self, blocks: Blocks) -> Round:
        """Run the blocks and return what that cost; raises CannotMeasure if a transaction fails."""

    @abstractmethod
    def stop(self) -> None:
        """End the process."""

    def __enter__(self) -> Contestant:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()


class Subject(Contestant):
    """`subject.py` with the harness of a worktree."""

    def __init__(self, kind: str, root: Path = _ROOT, python: str = sys.executable) -> None:
        command = [python, str(Path(__file__).with_name("subject.py")), kind]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        self._name = f"{kind} of {root}"
        self._process = subprocess.Popen(
            command, cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, blocks: Blocks) -> Round:
        assert self._process.stdin is not None and self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps([[raw.hex() for raw in block] for block in blocks]) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise CannotMeasure(f"{self._name} has ended") from None
        with killed_after(_ROUND_SECONDS, self._process):
            line = self._process.stdout.readline()
        if not line:
            raise CannotMeasure(f"{self._name} ended with {self._process.wait()}")
        return Round(**json.loads(line))

    def stop(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):  # it may have ended
            self._process.stdin.close()
        self._process.stdout.close()
        with killed_after(_STOP_SECONDS, self._process):
            self._process.wait()


@contextmanager
def killed_after(seconds: float, process: subprocess.Popen[str]) -> Iterator[None]:
    """Kill a process if the body takes longer, so that nobody waits for it for ever."""
    watch = threading.Timer(seconds, process.kill)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def measured(layer: str, root: Path = _ROOT) -> dict[str, Ratio]:
    """Run the benchmark of a worktree's layer in a process of its own; return its ratios by name."""
    with NamedTemporaryFile(suffix=".json") as file:
        command = [sys.executable, "-m", "harness.bench", layer, "--json", file.name]
        environment = {**os.environ, "PYTHONPATH": str(root)}
        try:
            done = subprocess.run(
                command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=_LAYER_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise CannotMeasure(f"{layer} of {root} took more than {_LAYER_SECONDS} seconds") from None
        if done.returncode:
            raise CannotMeasure(f"{layer} of {root}: {done.stderr.strip()[-400:]}")
        rows = json.loads(Path(file.name).read_text(encoding="utf-8"))[layer]
    known = ("name", "subject", "reference", "unit", "against")
    return {row["name"]: Ratio(**{key: row[key] for key in known}) for row in rows}


class Anvil(Contestant):
    """A bare anvil: each block is one HTTP request with a batch of eth_sendRawTransaction, then one of evm_mine.

    anvil runs the calls of a batch side by side, so evm_mine cannot be among them. Its time is anvil's own and that of
    this process while it sends and reads. The requests are encoded before.
    """

    def __init__(self) -> None:
        settings = {
            "--port": 0,
            "--chain-id": CHAIN_ID,
            "--hardfork": DEFAULT_L1_FORK,
            "--mnemonic": MNEMONIC,
            "--derivation-path": f"{HD_PATH}/",
            "--order": "fifo",
        }
        command = [str(tools.anvil()), "--no-mining", *(str(part) for pair in settings.items() for part in pair)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            with killed_after(_STOP_SECONDS, self._process):
                address = self._address()
            self._connection = HTTPConnection(address, timeout=_ROUND_SECONDS)
            # Nobody reads on, so what anvil logs would fill the pipe; and a chain in a library logs nothing either.
            _results(self._post(_batch([("anvil_setLoggingEnabled", False)])))
        except BaseException:
            self._process.kill()
            self._process.wait()
            raise

    def _address(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(_READY):
                return line.removeprefix(_READY).strip()
        raise CannotMeasure(f"anvil ended with {self._process.wait()}")

    def run(self, blocks: Blocks) -> Round:
        bodies = [_batch([("eth_sendRawTransaction", "0x" + raw.hex()) for raw in block]) for block in blocks]
        theirs, ours = _processor_time(self._process.pid), time.process_time()
        answers = [answer for body in bodies for answer in (self._post(body), self._post(_MINE))]
        ours = time.process_time() - ours
        seconds = ours + _processor_time(self._process.pid) - theirs
        for answer in answers:
            _results(answer)
        return Round(seconds, sum(self._gas(block) for block in blocks))

    def _post(self, body: bytes) -> Any:
        self._connection.request("POST", "/", body, {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())

    def _gas(self, block: Sequence[bytes]) -> int:
        asked = _batch([("eth_getTransactionReceipt", "0x" + keccak256(raw).hex()) for raw in block])
        receipts = _results(self._post(asked))
        if any(receipt is None or receipt["status"] != "0x1" for receipt in receipts):
            raise CannotMeasure("a transaction failed on anvil")
        return sum(int(receipt["gasUsed"], 16) for receipt in receipts)

    def stop(self) -> None:
        self._connection.close()
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def _batch(calls: Sequence[tuple[object, ...]]) -> bytes:
    requests = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
        for number, (method, *parameters) in enumerate(calls)
    ]
    return json.dumps(requests).encode()


_MINE = _batch([("evm_mine",)])


def _results(answers: Any) -> list[Any]:
    """Return the results of a batch; raises CannotMeasure with the first error."""
    for answer in answers:
        if "error" in answer:
            raise CannotMeasure(f"anvil: {answer['error']}")
    return [answer["result"] for answer in answers]


def _processor_time(pid: int) -> float:
    """Return the seconds of processor time that another process has used; raises CannotMeasure where that is unknown.

    Linux numbers the clock of a process by its complemented id (clock_getcpuclockid of its C library).
    """
    if not sys.platform.startswith("linux"):
        raise CannotMeasure(f"{sys.platform} does not tell the processor time of another process; Linux does")
    return time.clock_gettime((~pid << 3) | 2)


def titanoboa() -> Subject:
    """Return titanoboa in an environment of its own, made at first use; raises CannotMeasure if it cannot be had."""
    home = tools.cache_dir() / "bench" / f"titanoboa-{_TITANOBOA}"
    python = home / "bin" / "python"
    with tools.locked(tools.cache_dir() / "locks" / home.name):
        if not (home / "ready").exists():
            install = [str(python), "-m", "pip", "install", "--quiet", f"titanoboa=={_TITANOBOA}"]
            for command in ([sys.executable, "-m", "venv", "--clear", str(home)], install):
                done = subprocess.run(command, capture_output=True, text=True, check=False)
                if done.returncode:
                    raise CannotMeasure(f"{' '.join(command)}: {done.stderr.strip()[-400:]}")
            (home / "ready").touch()
    return Subject("titanoboa", python=str(python))


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """Check a commit out beside this checkout for a while; raises CannotMeasure if git cannot.

    Worktrees that a killed run has left behind are removed first.
    """
    _remove_stale()
    with TemporaryDirectory(prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        root = Path(folder) / "worktree"
        _git("worktree", "add", "--detach", str(root), commit)
        try:
            yield root
        finally:
            # An error here would hide that of the body. What stays is removed by the next run.
            with suppress(CannotMeasure):
                _git("worktree", "remove", "--force", str(root))


def _remove_stale() -> None:
    """Remove the worktrees of processes that are gone."""
    _git("worktree", "prune")
    for line in _git("worktree", "list", "--porcelain").splitlines():
        folder = Path(line.removeprefix("worktree ")).parent
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if line.startswith("worktree ") and folder.name.startswith(_PREFIX) and not _is_running(owner):
            _git("worktree", "remove", "--force", str(folder / "worktree"))
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        pass
    return True


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout

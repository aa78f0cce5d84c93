"""anvil as a child process: it starts on a free port, and ends when this process ends.

A shell stands between. It waits on a pipe from this process, and the pipe closes however this process ends, so anvil
cannot outlive it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue

from harness import tools
from harness.chain.errors import AnvilDied, UnsupportedOperation
from harness.chain.nodes.node import RpcBackend
from harness.chain.values.accounts import HD_PATH, MNEMONIC, NAMES
from harness.chain.values.rules import DEFAULT_RULES, L1Rules, l1_rules
from harness.chain.values.settings import BLOCK_GAS_LIMIT, FUNDS, GENESIS_BASE_FEE, GENESIS_TIME
from harness.chain.values.transactions import TX_GAS_CAP
from harness.errors import AnvilNotFound, HarnessError

_READY = "Listening on "
_READY_SECONDS = 60
_STOP_SECONDS = 10
"""Longest that anvil may take to end when it is told to. Then it is killed."""

_GUARD = """
exec 3<&0
"$@" </dev/null 3<&- &
child=$!
(read -r _ <&3; kill -9 $child 2>/dev/null) >/dev/null 2>&1 &
exec 3<&-
wait $child
"""


class AnvilProcess:
    """A running anvil and its URL."""

    def __init__(self, binary: Path, chain_id: int, rules: L1Rules = DEFAULT_RULES) -> None:
        command = [str(binary), *_arguments(chain_id, rules)]
        try:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD, "anvil", *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        except OSError as problem:
            raise AnvilNotFound((f"{binary}: {problem}",)) from problem
        self._output: deque[str] = deque(maxlen=40)
        ready: Queue[str | None] = Queue()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        self.url = f"http://{self._address(ready)}"

    def __enter__(self) -> AnvilProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _read(self, ready: Queue[str | None]) -> None:
        """Read all that anvil prints, so that the pipe does not fill up; put None into ``ready`` at the end."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._output.append(line)
            if line.startswith(_READY):
                ready.put(line.removeprefix(_READY).strip())
        ready.put(None)

    def _address(self, ready: Queue[str | None]) -> str:
        try:
            address = ready.get(timeout=_READY_SECONDS)
        except Empty:
            address = None
        if address is None:
            self.stop()
            raise self.death()
        return address

    def death(self) -> AnvilDied:
        """Return the exception for a process that ended."""
        self._reader.join(timeout=5)
        return AnvilDied(self._process.poll(), "".join(self._output))

    @property
    def ended(self) -> bool:
        """Return whether the process has ended; waits a moment if it is just ending."""
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End anvil and wait for its end."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:  # who was forked from here holds the pipe open, so the shell waits
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._reader.join(timeout=5)
        assert self._process.stdout is not None
        self._process.stdout.close()


def _arguments(chain_id: int, rules: L1Rules) -> list[str]:
    settings = {
        "--host": "127.0.0.1",
        "--port": 0,
        "--chain-id": chain_id,
        "--hardfork": rules.fork_name,
        "--mnemonic": MNEMONIC,
        "--derivation-path": f"{HD_PATH}/",
        "--accounts": len(NAMES),
        "--balance": FUNDS // 10**18,
        "--timestamp": GENESIS_TIME,
        "--gas-limit": BLOCK_GAS_LIMIT,
        "--block-base-fee-per-gas": GENESIS_BASE_FEE,
        "--order": "fifo",
        # Above 500 blocks anvil moves the oldest states by hash to files that it leaves behind, and reads some of them
        # back without contracts. Blocks that snapshots let recur have equal hashes, so newer states would go as well,
        # and a rollback would lead to one of those. So many are kept in memory instead, tens of kilobytes each.
        "--prune-history": 100_000,
    }
    return ["--no-mining", "--steps-tracing", *(str(part) for pair in settings.items() for part in pair)]


class AnvilBackend(RpcBackend):
    """An anvil that this process starts and ends.

    ``is_private`` says that nobody else writes to it, so that its head stays what it was until this object writes.
    """

    def __init__(
        self,
        chain_id: int = 900,
        *,
        binary: Path | None = None,
        gas_cap: int | None = TX_GAS_CAP,
        rules: L1Rules = DEFAULT_RULES,
        is_private: bool = False,
    ) -> None:
        if rules.blobs != l1_rules(rules.fork_name).blobs:
            raise UnsupportedOperation("set the blob schedule", "anvil", "it has the numbers that its fork began with")
        self._anvil = AnvilProcess(binary if binary is not None else tools.anvil(), chain_id, rules)
        try:
            super().__init__(self._anvil.url, chain_id, gas_cap=gas_cap, rules=rules)
        except BaseException:
            self._anvil.stop()
            raise
        self._next_base_fee = self.next_base_fee()
        self._steadily += is_private

    def _unreachable(self, problem: Exception) -> HarnessError:
        return self._anvil.death() if self._anvil.ended else super()._unreachable(problem)

    def close(self) -> None:
        self._anvil.stop()

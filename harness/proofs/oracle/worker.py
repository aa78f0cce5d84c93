"""The process that runs Ethereum's specification: one for many transactions, spoken to by lines of JSON."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from harness import tools
from harness.proofs.errors import OracleFailed
from harness.proofs.oracle.steps import Step, Told
from harness.proofs.statetests import Case

_PROGRAM = Path(__file__).with_name("specification.py")


class Oracle:
    """Ethereum's specification in Python; a context manager.

    Its package is fetched at the first use ever. Raises ToolNotFound if that cannot be. ``limit`` is the most seconds
    for an answer; None is no limit.
    """

    def __init__(self, limit: float | None = None) -> None:
        self._limit = limit or 0
        command = [sys.executable, "-I", "-S", str(_PROGRAM), str(tools.specification())]
        # In a session of its own: Ctrl-C on a terminal ends the run, which ends this process.
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def __enter__(self) -> Oracle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def has_ended(self) -> bool:
        """Whether the process has ended, so that nothing can be asked any more."""
        return self._process.poll() is not None

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def tell(self, case: Case) -> Told:
        """Return what a case's transaction does by the specification; raises OracleFailed if it cannot say."""
        answer = self._ask(
            {
                "fork": case.fork.name.lower(),
                "chain_id": case.chain_id,
                "test": {"env": case.document["env"], "pre": case.document["pre"]},
                "raw": "0x" + case.raw.hex(),
                "limit": self._limit,
            }
        )
        if "fault" in answer:
            raise OracleFailed(case.name, answer["fault"])
        if "refused" in answer:
            return Told(refused=answer["refused"])
        steps = tuple(
            Step(depth, pc, opcode, gas, memory, refund, returndata, kept, tuple(int(item, 16) for item in items))
            for depth, pc, opcode, gas, memory, refund, returndata, kept, items in answer["steps"]
        )
        return Told(steps, bytes.fromhex(answer["root"]), bytes.fromhex(answer["logs"]))

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(question, separators=(",", ":")) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError as error:
            return {"fault": f"its process does not listen: {error}"}
        if not line:
            code = process.wait()
            if code == -signal.SIGALRM:
                return {"fault": f"no answer within {self._limit:g} s"}
            return {"fault": f"its process ended with code {code}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

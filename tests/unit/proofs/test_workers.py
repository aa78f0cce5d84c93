"""Jobs in processes: answers in any order, limits that native code cannot outlast, and processes that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from hashlib import pbkdf2_hmac
from typing import Any

import pytest

from harness.proofs import workers
from harness.proofs.workers import TimeIsUp, WorkerDied, run_jobs


@dataclass(frozen=True)
class Job:
    number: int
    does: str = ""

    def __call__(self) -> object:
        if self.does == "native":
            pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
        if self.does == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return self.number, os.getpid()


def lost(job: Any, error: Exception) -> object:
    return job.number, type(error), getattr(error, "code", None)


@pytest.mark.parametrize("processes", [1, 2, 9])
def test_every_job_is_answered_once(processes: int) -> None:
    answers = list(run_jobs([Job(n) for n in range(7)], processes, 60.0, lost))
    assert sorted(number for number, _ in answers) == list(range(7))  # type: ignore[misc]
    assert os.getpid() not in {process for _, process in answers}  # type: ignore[misc]


def test_one_process_without_a_limit_is_this_one() -> None:
    assert list(run_jobs([Job(1)], 1, None, lost)) == [(1, os.getpid())]
    assert list(run_jobs([], 2, None, lost)) == []


def test_native_code_does_not_outlast_the_limit() -> None:
    answers = list(run_jobs([Job(0), Job(1, "native"), Job(2)], 1, 0.5, lost))
    assert answers[1] == (1, TimeIsUp, None)
    assert [answer[0] for answer in answers] == [0, 1, 2]  # type: ignore[index]


def test_a_process_that_dies_costs_its_job_alone() -> None:
    answers = list(run_jobs([Job(0), Job(1, "die"), Job(2)], 1, 60.0, lost))
    assert answers[1] == (1, WorkerDied, -signal.SIGKILL)
    assert [answer[0] for answer in answers] == [0, 1, 2]  # type: ignore[index]


@pytest.mark.parametrize("processes", [1, 3])
def test_a_process_that_dies_between_two_jobs_costs_none(processes: int) -> None:
    running = run_jobs([Job(n) for n in range(9)], processes, 60.0, lost)
    number, process = next(running)  # type: ignore[misc]
    os.kill(process, signal.SIGKILL)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    answers = dict(running)  # type: ignore[call-overload]
    assert sorted([number, *answers]) == list(range(9))
    assert process not in answers.values()


def test_a_process_that_cannot_take_its_first_job_loses_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent learns of it when it gives the job, or when it waits for the answer."""
    monkeypatch.setattr(workers, "_work", lambda *_: os._exit(7))
    answers = run_jobs([Job(n) for n in range(3)], 2, 60.0, lost)  # as they finish, which may be in any order
    assert sorted(answers, key=lambda answer: answer[0]) == [(n, WorkerDied, 7) for n in range(3)]  # type: ignore[index]


def test_processes_end_with_the_one_that_gives_them_jobs() -> None:
    """They hold its standard output, which ends when the last of them has ended."""
    code = (
        "from harness.proofs.workers import run_jobs; from tests.unit.proofs.test_workers import Job, lost; "
        "answers = run_jobs([Job(n) for n in range(9)], 3, 60.0, lost); next(answers); print('begun', flush=True); "
        "input()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "begun\n"
    parent.send_signal(signal.SIGKILL)
    output, _ = parent.communicate(timeout=60)
    assert (output, parent.returncode) == ("", -signal.SIGKILL)


def test_processes_end_when_nobody_wants_more_answers() -> None:
    answers = run_jobs([Job(0), Job(1, "native")], 2, 60.0, lost)
    _, process = next(answers)  # type: ignore[misc]
    answers.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)

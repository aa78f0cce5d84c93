"""Runs jobs in other processes, with a limit of time for each job.

A job may spend its time in native code, where no Python exception reaches it. So the kernel's alarm ends its process,
and another process takes its place.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
Job = Callable[[], Answer]


class TimeIsUp(Exception):
    """A job took longer than its limit."""


class WorkerDied(Exception):
    """The process of a job ended before the job did; ``code`` is its exit code, negative for a signal."""

    def __init__(self, code: int | None) -> None:
        super().__init__(f"its process ended with code {code}")
        self.code = code


Lost = Callable[[Job[Answer], Exception], Answer]
"""Returns the answer to report for a job that ended without one."""


@dataclass(slots=True)
class _Worker(Generic[Answer]):
    process: BaseProcess
    connection: Connection
    job: Job[Answer]


def run_jobs(jobs: Sequence[Job[Answer]], processes: int, limit: float | None, lost: Lost[Answer]) -> Iterator[Answer]:
    """Yield what the jobs answer, as they finish.

    ``limit`` is seconds for each job. One process without a limit is this one. ``lost`` gets a job that took too long
    (TimeIsUp), or whose process ended (WorkerDied).
    """
    if processes <= 1 and limit is None:
        for job in jobs:
            yield job()
        return
    waiting = deque(jobs)
    busy: list[_Worker[Answer]] = []
    try:
        for _ in range(min(processes, len(jobs))):
            busy.append(_start(waiting.popleft(), limit, busy))
        while busy:
            ready = wait([worker.connection for worker in busy])
            for worker in [worker for worker in busy if worker.connection in ready]:
                answer, is_alive = _answer(worker, lost)
                yield answer
                if not waiting:
                    busy.remove(worker)
                    _end(worker)
                    continue
                job = waiting.popleft()
                if not (is_alive and _give(worker, job)):
                    _end(worker)
                    busy[busy.index(worker)] = _start(job, limit, busy)
    finally:
        for worker in busy:
            _end(worker)


def _start(job: Job[Answer], limit: float | None, others: Sequence[_Worker[Answer]]) -> _Worker[Answer]:
    """Start a process with its first job."""
    here, there = multiprocessing.Pipe()
    ours = (here, *(worker.connection for worker in others))
    process = multiprocessing.Process(target=_work, args=(there, limit, ours), daemon=True)
    process.start()
    there.close()
    worker = _Worker(process, here, job)
    _give(worker, job)  # if the process has died at once, its answer says so
    return worker


def _give(worker: _Worker[Answer], job: Job[Answer]) -> bool:
    """Send a job to a process, which may have died since its last answer; return whether it took it."""
    worker.job = job
    try:
        worker.connection.send(job)
    except OSError:
        return False
    return True


def _answer(worker: _Worker[Answer], lost: Lost[Answer]) -> tuple[Answer, bool]:
    """Return a worker's answer, and whether it can take another job."""
    try:
        return worker.connection.recv(), True
    except (EOFError, OSError):
        worker.process.join()
        code = worker.process.exitcode
        is_up = code == -signal.SIGALRM
        return lost(worker.job, TimeIsUp() if is_up else WorkerDied(code)), False


def _end(worker: _Worker[Answer]) -> None:
    """End a worker's process."""
    worker.process.terminate()
    worker.process.join()
    worker.connection.close()


def _work(connection: Connection, limit: float | None, ours: Sequence[Connection]) -> None:
    """Answer jobs until the process is ended, or the one that gives them."""
    for end in ours:  # a forked process has the parent's ends too, and would never see them closed
        end.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends Ctrl-C here as well; the parent ends this process
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    while True:
        try:
            job = connection.recv()
        except EOFError:
            return
        signal.setitimer(signal.ITIMER_REAL, limit or 0)
        answer = job()
        signal.setitimer(signal.ITIMER_REAL, 0)
        connection.send(answer)

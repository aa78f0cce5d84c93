"""Who touches the chains, which know nothing of threads: one job at a time, mostly on a thread of its own.

The event loop stays free meanwhile: it reads from clients, writes to them, and hears signals, whatever a call of the
EVM takes. A job that is expected to be over at once is done in the loop itself: the way to the other thread and back
would cost more than the job.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

Value = TypeVar("Value")
_Job = tuple["Future[Any]", Callable[[], Any]]

_MOMENT = 0.002
"""Seconds that the event loop waits for a job before it turns to something else. Most jobs take less, and then the way
back through the loop would cost more than the job."""


class Interrupted(BaseException):
    """The process is told to end in the midst of a job that was to be over at once. No error of the job's own."""


class Keeper:
    """Does jobs one after another, in the order in which they came."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # Each has one writer: the loop's thread, and the keeper's. They are equal when no job waits or is being done.
        self._given = self._done = 0
        self._is_at_once = False
        # A daemon, because the process may have to end in the midst of a long job.
        self._thread = Thread(target=self._work, name="keeper of the chains", daemon=True)
        self._thread.start()

    async def do(self, job: Callable[[], Value], *, at_once: Callable[[], bool] | None = None) -> Value:
        """Do a job and return what it returns; raises what it raises.

        The job is done in the loop if no other job waits or is being done, and ``at_once`` says yes. It is not asked
        otherwise, because it may read the chains. Both it and such a job must be ones that may be given up in their
        midst.
        """
        is_alone = self._given == self._done
        if at_once is not None and is_alone:
            try:
                self._is_at_once = True
                if at_once():
                    return job()
            finally:
                self._is_at_once = False
        future: Future[Value] = Future()
        self._given += 1
        self._jobs.put((future, job))
        if is_alone:
            with contextlib.suppress(TimeoutError):
                return future.result(_MOMENT)
        return await asyncio.wrap_future(future)

    def interrupt(self) -> None:
        """Raise Interrupted if a job is being done in the loop. It is called by a handler of signals, on its thread."""
        if self._is_at_once:
            raise Interrupted

    def end(self, patience: float) -> bool:
        """Let the thread end after the jobs that wait, for so many seconds at most; return whether it did."""
        self._jobs.put(None)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            future, job = entry
            if not future.set_running_or_notify_cancel():
                self._done += 1
                continue
            try:
                value = job()
            except BaseException as problem:  # it is raised where the job is awaited
                self._done += 1
                future.set_exception(problem)
            else:
                self._done += 1
                future.set_result(value)

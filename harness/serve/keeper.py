"""The one thread that touches the chains, which know nothing of threads.

The event loop stays free meanwhile: it reads from clients, writes to them, and hears signals, whatever a call of the
EVM takes.
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


class Keeper:
    """Does jobs one after another, in the order in which they came."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._busy = False
        # A daemon, because the process may have to end in the midst of a long job.
        self._thread = Thread(target=self._work, name="keeper of the chains", daemon=True)
        self._thread.start()

    async def do(self, job: Callable[[], Value]) -> Value:
        """Do a job and return what it returns; raises what it raises."""
        future: Future[Value] = Future()
        is_alone = self._jobs.empty() and not self._busy
        self._jobs.put((future, job))
        if is_alone:
            with contextlib.suppress(TimeoutError):
                return future.result(_MOMENT)
        return await asyncio.wrap_future(future)

    def end(self, patience: float) -> bool:
        """Let the thread end after the jobs that wait, for so many seconds at most; return whether it did."""
        self._jobs.put(None)
        self._thread.join(patience)
        return not self._thread.is_alive()

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            future, job = entry
            if not future.set_running_or_notify_cancel():
                continue
            self._busy = True
            try:
                value = job()
            except BaseException as problem:  # it is raised where the job is awaited
                self._busy = False
                future.set_exception(problem)
            else:
                self._busy = False
                future.set_result(value)

"""What goes wrong beside the requests, where no client waits for an error: it is logged, and the rest goes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import HarnessError

_log = logging.getLogger("harness.serve")


class Trouble:
    """Logs a problem once, until the same part has gone well again or has another problem."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    @contextmanager
    def told(self, part: str) -> Iterator[None]:
        """Keep what the block raises from leaving it, and log it under the part's name.

        An error of the harness takes a line; any other exception is a bug, and has its traceback.
        """
        try:
            yield
        except Exception as problem:
            said = f"{type(problem).__name__}: {problem}"
            if self._told.get(part) != said:
                is_bug = not isinstance(problem, HarnessError)
                line = said if is_bug else str(problem).partition("\n")[0]
                _log.warning("%s: %s", part, line, exc_info=problem if is_bug else None)
            self._told[part] = said
        else:
            self._told.pop(part, None)

    def forget(self, part: str) -> None:
        """Drop what is known of a part that is no more."""
        self._told.pop(part, None)

"""A rollup behind URLs within a test: what a test holds of it."""

from __future__ import annotations

from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from harness.testbed.core import RollupCore


class Served(Protocol):
    """The servers of a rollup; leaving it as a context manager closes it.

    The URLs speak HTTP. With ``ws`` in place of ``http`` they speak WebSocket. A browser shows a page there.
    """

    l1: str
    l2: str

    @property
    def is_open(self) -> bool:
        """Whether the servers run."""

    def close(self) -> None:
        """End the servers. A second call does nothing."""

    def __enter__(self) -> Served: ...
    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def serve(rollup: RollupCore) -> Served:
    """Serve a rollup to clients of this machine until it is closed; raises ServerMissing without the extra."""
    # The server stands on top of all else. It is looked up by name, as `harness.errors` does with its classes.
    return cast(Served, import_module("harness.serve.within").serve(rollup))

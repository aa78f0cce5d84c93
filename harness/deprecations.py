"""Names that still work and will be removed.

Each deprecated name is one row of `DEPRECATED`: the old name, its replacement, and the release that removes it. Code
that serves an old name calls `warn_of` with it. A deprecated name works for at least one minor release. A test fails
when a release reaches the version in which a name of the table is due, so no name outlives its promise.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deprecation:
    """An old public name, what replaces it, and the release that removes it."""

    old: str
    new: str
    removed_in: str

    def __str__(self) -> str:
        return f"{self.old} is deprecated and will be removed in rollup-harness {self.removed_in}; use {self.new}"


DEPRECATED = (
    Deprecation("harness.house()", "harness.built_in_contracts()", "0.2.0"),
    Deprecation("HARNESS_HOUSE", "HARNESS_CONTRACTS", "0.2.0"),
    Deprecation("channels.deposit(channel)", "channel.deposit()", "0.2.0"),
    Deprecation("channels.withdraw(channel)", "channel.withdraw()", "0.2.0"),
    Deprecation("channels.close_together(channel)", "channel.close_together()", "0.2.0"),
    Deprecation("channels.close(channel)", "channel.close()", "0.2.0"),
    Deprecation("channels.answer(channel)", "channel.answer()", "0.2.0"),
    Deprecation("channels.settle(channel)", "channel.settle()", "0.2.0"),
    Deprecation("channels.unlock(channel)", "channel.unlock()", "0.2.0"),
    Deprecation("channels.locks(channel)", "channel.locks()", "0.2.0"),
    Deprecation("channels.collect(channel)", "channel.collect()", "0.2.0"),
    Deprecation("channels.close_desk()", "channels.stop()", "0.2.0"),
)

_BY_NAME = {row.old: row for row in DEPRECATED}


def warn_of(old: str, stacklevel: int = 2) -> None:
    """Issue the DeprecationWarning of a row of `DEPRECATED`; raises KeyError for a name that has no row.

    ``stacklevel`` counts frames from this function: 2 blames the caller of the function that calls this one.
    """
    warnings.warn(str(_BY_NAME[old]), DeprecationWarning, stacklevel=stacklevel + 1)

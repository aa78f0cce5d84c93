"""Solidity versions: which one a set of pragmas asks for, and what it can target."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import dropwhile, takewhile

from harness.contracts.errors import NoVersionFits

Version = tuple[int, int, int]

Span = tuple[Version, Version]
"""The first version of a range, and the first beyond it."""

BUILT_IN: Version = (0, 8, 37)
"""The pinned compiler of the built-in contracts, the newest release that the harness knows."""

OLDEST: Version = (0, 4, 11)
"""The first compiler that reads standard JSON."""

_LAST_PATCHES: tuple[Version, ...] = (BUILT_IN, (0, 7, 6), (0, 6, 12), (0, 5, 17), (0, 4, 26))
_RELEASES: tuple[Version, ...] = tuple(
    version
    for major, minor, last in _LAST_PATCHES
    for patch in range(last, -1, -1)
    if (version := (major, minor, patch)) >= OLDEST
)
_ZERO: Version = (0, 0, 0)
_END: Version = (2**64, 0, 0)
_EVM_SINCE: tuple[tuple[Version, str], ...] = (
    ((0, 8, 31), "osaka"),
    ((0, 8, 27), "prague"),
    ((0, 8, 24), "cancun"),
    ((0, 8, 20), "shanghai"),
    ((0, 8, 18), "paris"),
    ((0, 8, 7), "london"),
    ((0, 8, 5), "berlin"),
    ((0, 5, 14), "istanbul"),
    ((0, 5, 5), "petersburg"),
    ((0, 4, 21), "byzantium"),
)
_TERM = re.compile(
    r"(\^|~>|~|>=|<=|>|<|=)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*]))?)?(?:\+[\w.-]*|-[A-Za-z][\w.+-]*)?"
)
_HYPHEN = re.compile(r"\s*-\s*(?=v?[\dxX*])")


def parse(text: str) -> Version:
    """Read ``0.8.37``; raises ValueError."""
    parts = tuple(int(part) for part in text.strip().removeprefix("v").split("."))
    if len(parts) != 3:
        raise ValueError(f"{text!r} is not a version with three numbers")
    return parts


def show(version: Version) -> str:
    """Write ``0.8.37``."""
    return ".".join(map(str, version))


def newest_evm(version: Version, l1_fork: str) -> str:
    """Return the latest fork, that of the L1 at most, that this compiler can target without a warning."""
    known = dropwhile(lambda row: row[1] != l1_fork, _EVM_SINCE)
    return next((name for since, name in known if version >= since), "byzantium")


def nearest_evm(version: Version, wanted: str) -> str:
    """Return the wanted fork, or the latest one that this compiler knows if it is too old for that, as Foundry does."""
    known = any(name == wanted for _, name in _EVM_SINCE)
    return newest_evm(version, wanted) if known else wanted


def satisfies(version: Version, pragma: str) -> bool:
    """Tell whether a version lies in a pragma's range, read as npm's semver reads it.

    ``||`` separates choices; the terms of a choice must all hold; ``a - b`` includes both ends. The spaces that solc
    does not need may be missing.
    """
    return any(all(first <= version < end for first, end in _spans(choice)) for choice in pragma.split("||"))


def choose(pragmas: Iterable[str], installed: Callable[[], Iterable[Version]] = tuple) -> Version:
    """Return the version to compile with: the newest that satisfies every pragma.

    A version beyond the known releases counts where it is ``installed``, or where a pragma names it. Raises
    NoVersionFits where there is none.
    """
    wanted = tuple(dict.fromkeys(pragmas))
    if all(satisfies(BUILT_IN, pragma) for pragma in wanted):
        return BUILT_IN
    spans = [span for pragma in wanted for choice in pragma.split("||") for span in _spans(choice)]
    named = sorted((first for first, _ in spans if first >= OLDEST), reverse=True)
    for version in (*_RELEASES, *sorted(installed(), reverse=True), *named):
        if all(satisfies(version, pragma) for pragma in wanted):
            return version
    raise NoVersionFits(tuple(("", pragma) for pragma in wanted), show(OLDEST), show(BUILT_IN))


def _spans(choice: str) -> list[Span]:
    """Return the range of each term of one choice; a choice without terms has none, and so allows everything."""
    ends = _HYPHEN.split(choice.strip())
    if len(ends) == 2 and all(_TERM.fullmatch(end) for end in ends):
        choice = f">={ends[0]} <={ends[1]}"
    return [_span(hit) for hit in _TERM.finditer(choice)]


def _span(term: re.Match[str]) -> Span:
    """Return the first version of a term's range and the first beyond it."""
    operator = term[1] or ""
    given = [int(part) for part in takewhile(lambda part: bool(part) and part.isdigit(), term.group(2, 3, 4))]
    if not given:
        return (_ZERO, _ZERO) if operator in ("<", ">") else (_ZERO, _END)
    first, beyond = _padded(given), _next(given)
    match operator:
        case ">=":
            return first, _END
        case ">":
            return beyond, _END
        case "<=":
            return _ZERO, beyond
        case "<":
            return _ZERO, first
        case "^":
            fixed = next((place for place, number in enumerate(given, 1) if number), len(given))
            return first, _next(given[:fixed])
        case "~" | "~>":
            return first, _next(given[:2])
        case _:
            return first, beyond


def _padded(given: list[int]) -> Version:
    major, minor, patch = (*given, 0, 0)[:3]
    return major, minor, patch


def _next(given: list[int]) -> Version:
    """Return the first version that does not begin with these numbers."""
    return _padded([*given[:-1], given[-1] + 1])

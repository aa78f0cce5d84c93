"""Solidity versions: which one a set of pragmas asks for, and what it can target."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from harness.errors import ContractError

Version = tuple[int, int, int]

HOUSE: Version = (0, 8, 37)
"""The pinned compiler of the house's own contracts, and the first choice where a pragma leaves one."""

_LAST_PATCHES: tuple[Version, ...] = ((0, 8, 30), (0, 8, 28), (0, 7, 6), (0, 6, 12), (0, 5, 17), (0, 4, 26))
_EVM_SINCE: tuple[tuple[Version, str], ...] = (
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
_TERM = re.compile(r"(\^|~|>=|<=|>|<|=)?\s*v?(\d+)(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?|\*")


def parse(text: str) -> Version:
    """Read ``0.8.37``; raises ValueError."""
    parts = tuple(int(part) for part in text.strip().removeprefix("v").split("."))
    if len(parts) != 3:
        raise ValueError(f"{text!r} is not a version with three numbers")
    return parts


def show(version: Version) -> str:
    """Write ``0.8.37``."""
    return ".".join(map(str, version))


def newest_evm(version: Version) -> str:
    """Return the latest fork, Prague at most, that this compiler can target: what the L1 speaks."""
    return next((name for since, name in _EVM_SINCE if version >= since), "byzantium")


def satisfies(version: Version, pragma: str) -> bool:
    """Tell whether a version lies in a pragma's range: ``||`` of terms that must all hold, or ``a - b``."""
    return any(_holds(version, choice) for choice in pragma.split("||"))


def choose(pragmas: Iterable[str], installed: Callable[[], Iterable[Version]] = tuple) -> Version:
    """Return the version to compile with: the house's where it fits, else an installed one, else the last of a line.

    ``installed`` is asked only where the house's version does not fit. Raises ContractError where no version satisfies
    every pragma.
    """
    wanted = tuple(dict.fromkeys(pragmas))
    if all(satisfies(HOUSE, pragma) for pragma in wanted):
        return HOUSE
    named = sorted((bound for pragma in wanted for bound in _bounds(pragma)), reverse=True)
    for version in (*sorted(installed(), reverse=True), *_LAST_PATCHES, *named):
        if all(satisfies(version, pragma) for pragma in wanted):
            return version
    raise ContractError(f"no Solidity version satisfies all of: {', '.join(wanted)}")


def _bounds(pragma: str) -> list[Version]:
    return [_floor(hit[2], hit[3], hit[4]) for hit in _TERM.finditer(pragma) if hit[2]]


def _floor(major: str, minor: str | None, patch: str | None) -> Version:
    numbers = [int(part) if part and part.isdigit() else 0 for part in (major, minor, patch)]
    return numbers[0], numbers[1], numbers[2]


def _holds(version: Version, choice: str) -> bool:
    low, dash, high = choice.partition(" - ")
    if dash:
        return _holds(version, f">={low.strip()}") and _holds(version, f"<={high.strip()}")
    return all(_term_holds(version, hit) for hit in _TERM.finditer(choice))


def _term_holds(version: Version, term: re.Match[str]) -> bool:
    if term[0] == "*":
        return True
    given = [part for part in (term[2], term[3], term[4]) if part and part.isdigit()]
    floor = _floor(term[2], term[3], term[4])
    match term[1]:
        case ">=":
            return version >= floor
        case ">":
            return version[: len(given)] > floor[: len(given)]
        case "<=":
            return version[: len(given)] <= floor[: len(given)]
        case "<":
            return version < floor
        case "^":
            return version >= floor and version < _caret_end(floor, len(given))
        case "~":
            return version >= floor and version[: min(2, len(given))] == floor[: min(2, len(given))]
        case _:
            return version[: len(given)] == floor[: len(given)]


def _caret_end(floor: Version, given: int) -> Version:
    """First version beyond ``^floor``: the leftmost number that is not zero may not change."""
    major, minor, patch = floor
    if major or given == 1:
        return (major + 1, 0, 0)
    if minor or given == 2:
        return (0, minor + 1, 0)
    return (0, 0, patch + 1)

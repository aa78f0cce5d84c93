"""Pragmas and versions."""

from __future__ import annotations

import json
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from harness.contracts import versions
from harness.contracts.errors import NoVersionFits
from harness.contracts.versions import choose, nearest_evm, newest_evm, parse, satisfies


@pytest.mark.parametrize(
    ("version", "pragma", "expected"),
    [
        ("0.8.20", "0.8.20", True),
        ("0.8.21", "0.8.20", False),
        ("0.8.20", "=0.8.20", True),
        ("0.8.37", "^0.8.20", True),
        ("0.8.19", "^0.8.20", False),
        ("0.9.0", "^0.8.20", False),
        ("1.9.0", "^1.2.3", True),
        ("2.0.0", "^1.2.3", False),
        ("0.0.3", "^0.0.3", True),
        ("0.0.4", "^0.0.3", False),
        ("0.8.29", "~0.8.20", True),
        ("0.9.0", "~0.8.20", False),
        ("0.8.5", ">=0.6.2 <0.9.0", True),
        ("0.9.0", ">=0.6.2 <0.9.0", False),
        ("0.6.1", ">=0.6.2 <0.9.0", False),
        ("0.8.20", ">0.8.20", False),
        ("0.8.21", ">0.8.20", True),
        ("0.8.20", "<=0.8.20", True),
        ("0.8.9", "0.8", True),
        ("0.8.9", "0.8.x", True),
        ("0.7.6", "0.8", False),
        ("0.7.6", "^0.8.0 || ^0.7.0", True),
        ("0.6.0", "^0.8.0 || ^0.7.0", False),
        ("0.5.3", "0.5.0 - 0.5.9", True),
        ("0.5.10", "0.5.0 - 0.5.9", False),
        ("0.4.11", "*", True),
    ],
)
def test_satisfies(version: str, pragma: str, expected: bool) -> None:
    assert satisfies(parse(version), pragma) is expected


def test_choose_prefers_the_version_of_the_built_in_contracts() -> None:
    assert choose(["^0.8.0", ">=0.8.4"], lambda: [(0, 8, 20)]) == versions.BUILT_IN


def test_choose_does_not_ask_for_installed_versions_where_the_built_in_one_fits() -> None:
    def fail() -> list[versions.Version]:
        raise AssertionError("asked")

    assert choose(["^0.8.0"], fail) == versions.BUILT_IN


@pytest.mark.parametrize(
    ("pragmas", "newest"),
    [
        (["<0.8.37"], "0.8.36"),
        ([">=0.4.22 <0.9.0"], "0.8.37"),
        ([">0.5.3 <=0.5.11"], "0.5.11"),
        (["<0.8"], "0.7.6"),
        (["<=0.6"], "0.6.12"),
        (["0.5.x"], "0.5.17"),
        (["0.8.*", "<0.8.9"], "0.8.8"),
        (["~0.7.1"], "0.7.6"),
        (["=0.8.3"], "0.8.3"),
        (["0.6.2 - 0.6.7"], "0.6.7"),
        (["^0.5.2 || 0.4.13 || >=0.6.0 <0.6.4"], "0.6.3"),
        (["^0.6.0 || ^0.7.0", "^0.5.0 || ^0.6.0"], "0.6.12"),
        ([">=0.8.2<0.8.6"], "0.8.5"),
        (["0.8.1-0.8.4"], "0.8.4"),
        ([">0.8.37"], "0.8.38"),
        (["^0.9.2"], "0.9.2"),
    ],
)
def test_choose_takes_the_newest_that_fits(pragmas: list[str], newest: str) -> None:
    assert choose(pragmas) == parse(newest)
    assert choose(reversed(pragmas)) == parse(newest)


def test_choose_does_not_depend_on_what_is_installed_among_the_known_releases() -> None:
    assert choose(["^0.7.0"], lambda: [(0, 7, 2), (0, 7, 4)]) == (0, 7, 6)
    assert choose([">0.8.37"], lambda: [(0, 8, 41), (0, 8, 40)]) == (0, 8, 41)


def test_ranges_mean_what_npm_takes_them_for() -> None:
    """The vectors are answers of npm's package semver, version 7.8.5, to ranges drawn at random."""
    file = Path(__file__).parents[2] / "vectors" / "semver_ranges.json"
    wrong = [row for row in json.loads(file.read_text()) if satisfies(parse(row[1]), row[0]) is not row[2]]
    assert wrong == []


NUMBERS = st.integers(0, 9)
GIVEN = st.lists(NUMBERS, min_size=1, max_size=3)
TERMS = st.tuples(st.sampled_from(["", "=", ">", ">=", "<", "<=", "^", "~"]), GIVEN)


def shown(choice: list[tuple[str, list[int]]]) -> str:
    return " ".join(f"{sign}{'.'.join(map(str, given))}" for sign, given in choice)


def holds(version: versions.Version, operator: str, given: list[int]) -> bool:
    """Judge one term number by number, as the specification of each operator puts it in words."""
    front = list(version[: len(given)])
    padded = [*given, 0, 0][:3]
    match operator:
        case "^":  # no change left of the first number that is not zero
            fixed = 1 if len(given) == 1 or given[0] else 2 if len(given) == 2 or given[1] else 3
            return list(version) >= padded and list(version[:fixed]) == given[:fixed]
        case "~":  # changes of the patch if a minor is given, of the minor if not
            return list(version) >= padded and list(version[: min(2, len(given))]) == given[:2]
        case ">=":
            return list(version) >= padded
        case "<":
            return list(version) < padded
        case ">":
            return front > given
        case "<=":
            return front <= given
        case _:
            return front == given


@hypothesis.given(st.lists(st.lists(TERMS, min_size=1, max_size=3), min_size=1, max_size=3), st.data())
def test_satisfies_agrees_with_each_operator_taken_by_itself(
    choices: list[list[tuple[str, list[int]]]], data: st.DataObject
) -> None:
    near = data.draw(st.sampled_from([given for choice in choices for _, given in choice]))
    version: versions.Version = tuple(data.draw(st.sampled_from([n, n + 1, 0])) for n in [*near, 0, 0][:3])
    written = " || ".join(map(shown, choices))
    expected = any(all(holds(version, *term) for term in choice) for choice in choices)
    assert satisfies(version, written) is expected


@hypothesis.given(st.lists(st.lists(TERMS, min_size=1, max_size=2), min_size=1, max_size=3))
def test_choose_gives_a_version_that_fits_and_no_newer_release_does(choices: list[list[tuple[str, list[int]]]]) -> None:
    pragmas = [shown(choice) for choice in choices]
    try:
        chosen = choose(pragmas)
    except NoVersionFits:
        chosen = (0, 0, 0)
    else:
        assert all(satisfies(chosen, pragma) for pragma in pragmas)
    for minor, last in ((8, 37), (7, 6), (6, 12), (5, 17)):
        for patch in range(last + 1):
            newer = chosen < (0, minor, patch) and all(satisfies((0, minor, patch), pragma) for pragma in pragmas)
            assert not newer


def test_choose_takes_the_last_of_a_line_or_the_version_named() -> None:
    assert choose(["^0.7.0"]) == (0, 7, 6)
    assert choose(["0.8.13"]) == (0, 8, 13)


def test_choose_with_contradicting_pragmas_raises() -> None:
    with pytest.raises(NoVersionFits, match=r"\^0\.7\.0, \^0\.8\.0; the harness knows 0\.4\.11 to 0\.8\.37"):
        choose(["^0.7.0", "^0.8.0"])
    with pytest.raises(NoVersionFits):
        choose(["0.3.6"])


@pytest.mark.parametrize(
    ("version", "l1_fork", "fork"),
    [
        ((0, 8, 37), "osaka", "osaka"),
        ((0, 8, 37), "prague", "prague"),
        ((0, 8, 30), "osaka", "prague"),
        ((0, 8, 27), "prague", "prague"),
        ((0, 8, 26), "osaka", "cancun"),
        ((0, 8, 19), "prague", "paris"),
        ((0, 4, 26), "osaka", "byzantium"),
    ],
)
def test_newest_evm_is_never_beyond_the_fork_of_l1(version: versions.Version, l1_fork: str, fork: str) -> None:
    assert newest_evm(version, l1_fork) == fork


@pytest.mark.parametrize(
    ("version", "wanted", "fork"),
    [
        ((0, 8, 28), "cancun", "cancun"),
        ((0, 8, 19), "cancun", "paris"),
        ((0, 6, 12), "osaka", "istanbul"),
        ((0, 5, 0), "constantinople", "constantinople"),
    ],
)
def test_a_fork_beyond_the_compiler_gives_way_to_the_latest_that_it_knows(
    version: versions.Version, wanted: str, fork: str
) -> None:
    assert nearest_evm(version, wanted) == fork

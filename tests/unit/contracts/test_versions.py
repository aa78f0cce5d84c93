"""Pragmas and versions."""

from __future__ import annotations

import pytest

from harness.contracts import versions
from harness.contracts.versions import choose, newest_evm, parse, satisfies
from harness.errors import ContractError


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


def test_choose_prefers_the_house_version() -> None:
    assert choose(["^0.8.0", ">=0.8.4"], lambda: [(0, 8, 20)]) == versions.HOUSE


def test_choose_does_not_ask_for_installed_versions_where_the_house_version_fits() -> None:
    def fail() -> list[versions.Version]:
        raise AssertionError("asked")

    assert choose(["^0.8.0"], fail) == versions.HOUSE


def test_choose_takes_an_installed_version_ahead_of_one_to_fetch() -> None:
    assert choose(["^0.7.0"], lambda: [(0, 7, 2), (0, 7, 4)]) == (0, 7, 4)


def test_choose_takes_the_last_of_a_line_or_the_version_named() -> None:
    assert choose(["^0.7.0"]) == (0, 7, 6)
    assert choose(["0.8.13"]) == (0, 8, 13)


def test_choose_with_contradicting_pragmas_raises() -> None:
    with pytest.raises(ContractError, match=r"\^0\.7\.0, \^0\.8\.0"):
        choose(["^0.7.0", "^0.8.0"])


@pytest.mark.parametrize(
    ("version", "fork"),
    [
        ((0, 8, 37), "prague"),
        ((0, 8, 27), "prague"),
        ((0, 8, 26), "cancun"),
        ((0, 8, 19), "paris"),
        ((0, 4, 26), "byzantium"),
    ],
)
def test_newest_evm_is_never_beyond_prague(version: versions.Version, fork: str) -> None:
    assert newest_evm(version) == fork

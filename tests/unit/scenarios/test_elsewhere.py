"""What of a result must be equal on every backend."""

from __future__ import annotations

import pytest

from harness.scenarios.elsewhere import _plain


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("id=0x12ab, side=2", "id=0x34cd, side=2"),
        ("witness=0x12ab…34cd (8130 characters)", "witness=0x12ab…56ef (8130 characters)"),
        ("took 1,234 gas", "took 1,235 gas"),
        ("reverted without data: invalid opcode", "reverted without data: halted"),
    ],
)
def test_hashes_gas_and_a_nodes_own_words_are_left_out(one: str, other: str) -> None:
    assert _plain([{"said": one}]) == _plain([{"said": other}])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("id=0x12ab, side=2", "id=0x12ab, side=3"),
        ("witness=0x12ab…34cd (8130 characters)", "witness=0x12ab…34cd (8132 characters)"),
        ("reverted: A", "reverted: B"),
    ],
)
def test_all_else_is_compared(one: str, other: str) -> None:
    assert _plain({"said": one}) != _plain({"said": other})

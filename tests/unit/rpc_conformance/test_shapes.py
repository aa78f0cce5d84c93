"""Where two JSON values differ in shape."""

from __future__ import annotations

from typing import Any

import pytest

from harness.rpc_conformance.shapes import differences, shape_of

ADDRESS, WORD = "0x" + "11" * 20, "0x" + "11" * 32


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"a": "0x1"}, {"a": "0x22"}),
        ([], [{"a": 1}]),
        ([{"to": None}, {"to": ADDRESS}], [{"to": ADDRESS}]),
        ({ADDRESS: {"balance": "0x1"}}, {"0x" + "22" * 20: {"balance": "0x2"}}),
        ({ADDRESS: {}, "0x" + "33" * 20: {"nonce": 1}}, {ADDRESS: {"nonce": 2}}),
        (True, False),
    ],
)
def test_values_of_one_kind_have_one_shape(ours: Any, theirs: Any) -> None:
    assert list(differences(shape_of(ours), shape_of(theirs))) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "found"),
    [
        ({"a": 1}, {}, ("a", "only ours has it")),
        ({}, {"a": {"b": 1}}, ("a", "only theirs has it")),
        ({"a": {"b": 1}}, {"a": {"b": "0x1"}}, ("a.b", "number against hex")),
        ([{"a": WORD}], [{"a": ADDRESS}], ("[].a", "32 bytes against address")),
        ({ADDRESS: {"a": None}}, {ADDRESS: {"a": "x"}}, ("*.a", "null against text")),
        (None, {}, ("result", "null against an object")),
        ("0x1", [], ("result", "hex against a list")),
    ],
)
def test_each_difference_has_its_place(ours: Any, theirs: Any, found: tuple[str, str]) -> None:
    assert list(differences(shape_of(ours), shape_of(theirs))) == [found]

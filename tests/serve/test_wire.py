"""Requests from bytes: what nests too deep and what is no JSON is refused, in linear time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness.serve import wire
from harness.serve.limits import Limits
from harness.serve.wire import Fault, Request

READS_QUOTES = """
from harness.serve import wire
from harness.serve.limits import Limits
most = Limits().body
for body in (b'["' + b'\\\\"' * most, b'"' * most, b'["' + b'\\\\' * most, b'["' + b"x" * most, b"]x" * most):
    found = wire.read((b"[" * 17 + body)[:most], Limits())
    assert found.parts[0].code == wire.PARSE_ERROR, found
"""


def test_quotes_and_escapes_without_end_are_read_in_linear_time() -> None:
    """A quadratic reader would take hours for 5 MiB, and no other client would be answered meanwhile."""
    subprocess.run([sys.executable, "-c", READS_QUOTES], check=True, timeout=120)


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        (b"[]", 1),
        (b"[[],[[]]]", 3),
        (b'["[[[["]', 1),
        (rb'["\"[[", [1]]', 2),
        (rb'["\\", [[1]]]', 3),
        (rb'["\\\"[[[", {"a": "]"}]', 2),
        ('["\u00e9[[", "\n[["]'.encode(), 1),
        (b'[[["', 3),
        (b'[["\\', 2),
    ],
)
def test_brackets_count_outside_of_strings(text: bytes, depth: int) -> None:
    seventeen = b"[" * 17  # so many that they are counted
    for most in (16 + depth, 17 + depth):
        (found,) = wire.read(seventeen + text, Limits(depth=most)).parts
        assert isinstance(found, Fault)
        assert ("nest deeper" in found.message) is (most < 17 + depth)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "Infinity", "NaN"])
@pytest.mark.parametrize("request_text", ['{"jsonrpc":"2.0","id":%s,"method":"m"}', '[{"id":1,"params":[%s]}]'])
def test_a_number_that_json_cannot_give_back_is_refused(request_text: str, number: str) -> None:
    (found,) = wire.read((request_text % number).encode(), Limits()).parts
    assert isinstance(found, Fault)
    assert (found.code, found.id) == (wire.PARSE_ERROR, None)


def test_a_finite_number_may_be_an_id() -> None:
    (found,) = wire.read(b'{"jsonrpc":"2.0","id":1.5e3,"method":"m"}', Limits()).parts
    assert found == Request("m", [], 1500.0)

"""What the server takes for a request, and what it says of everything else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.serve import wire
from harness.serve.limits import Limits
from harness.serve.wire import Fault, Request

LIMITS = Limits(body=10_000, depth=20, batch=3)
GOOD = {"jsonrpc": "2.0", "id": 7, "method": "eth_call", "params": [1, {"a": None}]}


def read(value: Any, limits: Limits = LIMITS) -> wire.Message:
    return wire.read(value if isinstance(value, bytes) else json.dumps(value).encode(), limits)


def fault(value: Any) -> tuple[int, Any]:
    """The code and the id of the one fault of a message."""
    (part,) = read(value).parts
    assert isinstance(part, Fault)
    return part.code, part.id


def test_a_request_is_read_with_its_parameters_and_its_id() -> None:
    assert read(GOOD) == wire.Message((Request("eth_call", [1, {"a": None}], 7),))


@pytest.mark.parametrize("identity", ["a", 0, 1.5, None])
def test_an_id_is_text_a_number_or_null(identity: Any) -> None:
    (part,) = read({**GOOD, "id": identity}).parts
    assert part == Request("eth_call", GOOD["params"], identity)  # type: ignore[arg-type]


def test_a_request_without_an_id_is_a_notification() -> None:
    (part,) = read({"jsonrpc": "2.0", "method": "a"}).parts
    assert part == Request("a", [], None, is_notification=True)


def test_a_batch_keeps_its_order_and_its_faults() -> None:
    found = read([GOOD, 3, {**GOOD, "id": 8}])
    assert found.is_batch
    assert [getattr(part, "id", None) for part in found.parts] == [7, None, 8]
    assert isinstance(found.parts[1], Fault)


@pytest.mark.parametrize(
    ("value", "code", "identity"),
    [
        (b"", -32700, None),
        (b"{", -32700, None),
        (b'{"a":NaN}', -32700, None),
        (b"\xff\xfe", -32700, None),
        (b"9" * 5_000, -32700, None),
        (b"[" * 21 + b"]" * 21, -32700, None),
        (b" " * 10_001, -32600, None),
        ([], -32600, None),
        ([GOOD] * 4, -32600, None),
        ("text", -32600, None),
        ({**GOOD, "jsonrpc": "1.0"}, -32600, 7),
        ({"id": 7, "method": "a"}, -32600, 7),
        ({**GOOD, "method": 3}, -32600, 7),
        ({**GOOD, "id": {}}, -32600, None),
        ({**GOOD, "id": True}, -32600, None),
        ({**GOOD, "params": {"a": 1}}, -32602, 7),
        ({**GOOD, "params": "a"}, -32602, 7),
    ],
    ids=range(17),
)
def test_what_is_no_request_has_the_code_of_its_fault(value: Any, code: int, identity: Any) -> None:
    assert fault(value) == (code, identity)


def test_brackets_within_strings_nest_nothing() -> None:
    (part,) = read({**GOOD, "params": ['[[["\\' * 30]}).parts
    assert isinstance(part, Request)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_read_without_an_error(value: Any) -> None:
    assert all(isinstance(part, (Request, Fault)) for part in read(value).parts)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    assert read(data).parts

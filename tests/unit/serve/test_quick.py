"""Which requests are expected to be over at once."""

from __future__ import annotations

from typing import Any

from harness.serve.quick import Quick
from harness.serve.wire import Request

TARGET = "0x" + "11" * 20


def call(data: str, to: str = TARGET) -> Request:
    return Request("eth_call", [{"to": to, "data": data}, "latest"])


def learned(*requests: Request, seconds: float = 0.0001) -> Quick:
    quick = Quick()
    for each in requests:
        quick.note("L1", each, seconds)
    return quick


def test_what_was_quick_is_expected_to_be_so_again() -> None:
    quick = learned(call("0x01020304" + "00" * 32))
    assert quick.has("L1", call("0x01020304" + "ff" * 32))


def test_nothing_is_quick_before_it_was() -> None:
    assert not Quick().has("L1", Request("eth_chainId"))


def test_another_layer_contract_or_function_is_another_kind() -> None:
    quick = learned(call("0x01020304"))
    assert not quick.has("L2", call("0x01020304"))
    assert not quick.has("L1", call("0x01020305"))
    assert not quick.has("L1", call("0x01020304", "0x" + "22" * 20))


def test_one_that_was_slow_is_not_quick_any_more() -> None:
    quick = learned(call("0x01020304"))
    quick.note("L1", call("0x01020304"), 0.5)
    assert not quick.has("L1", call("0x01020304"))


def test_what_changes_something_is_never_quick() -> None:
    sending = Request("eth_sendRawTransaction", ["0x"])
    assert not learned(sending).has("L1", sending)


def test_parameters_of_any_shape_are_some_kind() -> None:
    for params in ([], [None], [5], ["x"], [{"to": 5, "data": []}], [{"data": None}]):
        given: Any = params
        request = Request("eth_call", given)
        assert learned(request).has("L1", request)


def test_only_so_many_kinds_are_remembered() -> None:
    quick = learned(*(call(f"0x{n:08x}") for n in range(4_097)))
    assert not quick.has("L1", call("0x00000000"))
    assert quick.has("L1", call(f"0x{4_096:08x}"))

"""What a function of a contract works out once, and what it must not hand out twice."""

from __future__ import annotations

from typing import Any

import pytest
from eth_abi.abi import encode

from harness.contracts.bindings import Overload
from harness.contracts.errors import WrongArguments


def overload(*outputs: str, inputs: tuple[str, ...] = ()) -> Overload:
    def named(kinds: tuple[str, ...]) -> list[dict[str, Any]]:
        return [{"name": f"item{number}", "type": kind} for number, kind in enumerate(kinds)]

    entry = {"name": "ask", "stateMutability": "view", "inputs": named(inputs), "outputs": named(outputs)}
    return Overload(entry)


def test_decode_gives_a_value_a_struct_or_nothing() -> None:
    assert overload("uint256").decode(encode(["uint256"], [7])) == 7
    pair = overload("uint256", "address").decode(encode(["uint256", "address"], [7, "0x" + "11" * 20]))
    assert (pair.item0, pair.item1) == (7, "0x" + "11" * 20)
    assert overload().decode(b"") is None


def test_decode_of_the_same_answer_is_done_once() -> None:
    asked, data = overload("uint256", "address"), encode(["uint256", "address"], [7, "0x" + "11" * 20])
    assert asked.decode(data) is asked.decode(bytes(bytearray(data)))


def test_decode_distinguishes_answers() -> None:
    asked = overload("uint256")
    for value in (*range(1_100), 0, 1_099):
        assert asked.decode(encode(["uint256"], [value])) == value
    assert len(asked._decoded) <= 1_024


def test_decode_gives_each_reader_a_list_of_its_own() -> None:
    asked = overload("uint256[]", "uint256")
    data = encode(["uint256[]", "uint256"], [[1, 2], 3])
    asked.decode(data).item0.append(9)
    assert list(asked.decode(data).item0) == [1, 2]


@pytest.mark.parametrize("kind", ["bytes", "string", "uint256[2]"])
def test_decode_keeps_nothing_that_may_be_long_or_be_changed(kind: str) -> None:
    asked = overload(kind)
    value = {"bytes": b"x", "string": "x", "uint256[2]": [1, 2]}[kind]
    asked.decode(encode([kind], [value]))
    assert not asked._decoded


def test_encode_names_what_it_wanted() -> None:
    asked = overload(inputs=("uint256", "address"))
    assert asked.takes((1, 2)) and not asked.takes((1,))
    assert asked.encode((1, "0x" + "aa" * 20)).startswith(asked.selector)
    with pytest.raises(WrongArguments, match=r"uint256 item0, address item1"):
        asked.encode(("one", None))

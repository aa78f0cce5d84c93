"""What a parameter of JSON-RPC may be: one kind each, and RpcError -32602 for all else."""

from __future__ import annotations

from typing import Any

import pytest

from harness.chain.errors import RpcError
from harness.chain.jsonrpc import parameters as read
from harness.chain.jsonrpc.parameters import LATEST, Address, Block, BlockName, Flag, Quantity, invoke


class Methods:
    def eth_plain(self, address: Address, block: Block = LATEST, full: Flag | None = None) -> Any:
        return address, block, full

    def eth_number(self, number: Quantity) -> int:
        return number


ADDRESS = "0x" + "1a" * 20


def test_each_parameter_is_read_as_its_annotation_says():
    assert invoke("eth_plain", Methods().eth_plain, [ADDRESS, "0x10", True]) == (
        b"\x1a" * 20, BlockName(number=16), True,
    )  # fmt: skip


@pytest.mark.parametrize("given", [[ADDRESS], [ADDRESS, None], [ADDRESS, None, None]])
def test_what_may_be_left_out_may_be_null(given: list[Any]):
    assert invoke("eth_plain", Methods().eth_plain, given) == (b"\x1a" * 20, LATEST, None)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "0 are given, expected 1 to 3"),
        ([ADDRESS, "latest", True, 1], "4 are given, expected 1 to 3"),
        ({"address": ADDRESS}, "expected a list"),
        ([None], "address: None, expected 0x and hex digits"),
        ([ADDRESS[:-2]], "an address of 20 bytes, not 19"),
        ([ADDRESS, "newest"], "one of latest, pending, earliest, safe, finalized"),
        ([ADDRESS, True], "block: True"),
        ([ADDRESS, {"blockNumber": "0x1", "blockHash": "0x" + "11" * 32}], "either blockNumber or blockHash"),
        ([ADDRESS, "latest", "true"], "full: 'true', expected true or false"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_name(given: Any, words: str):
    with pytest.raises(RpcError) as refused:
        invoke("eth_plain", Methods().eth_plain, given)
    assert refused.value.code == -32602
    assert words in refused.value.reason


@pytest.mark.parametrize(
    ("text", "number"),
    [("0x0", 0), ("0x0a", 10), ("0xFf", 255), ("0x" + "0" * 100 + "1", 1), (7, 7), ("0x" + "f" * 64, 2**256 - 1)],
)
def test_a_quantity_is_hex_or_a_whole_number(text: Any, number: int):
    assert invoke("eth_number", Methods().eth_number, [text]) == number


@pytest.mark.parametrize(
    "text", ["0x", "10", "0xg", "0x-1", "-0x1", "0x 1", "0x1" + "0" * 64, -1, 2**256, 1.5, True, [], {}, "٣"]
)
def test_what_is_no_quantity_is_refused(text: Any):
    with pytest.raises(RpcError) as refused:
        invoke("eth_number", Methods().eth_number, [text])
    assert refused.value.code == -32602


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("safe", BlockName("safe")),
        ("0x" + "22" * 32, BlockName(hash=b"\x22" * 32)),
        ({"blockHash": "0x" + "22" * 32, "requireCanonical": True}, BlockName(hash=b"\x22" * 32)),
        ({"blockNumber": "0x2"}, BlockName(number=2)),
    ],
)
def test_a_block_is_named_by_tag_number_or_hash(value: Any, name: BlockName):
    assert read.block(value) == name

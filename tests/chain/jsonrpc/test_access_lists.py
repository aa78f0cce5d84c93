"""Access lists (EIP-2930) of eth_call, eth_estimateGas and eth_sendTransaction, on the in-process chains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import Chain, open_chain

CONTRACT = b"\x7a" * 20
TELLS_THE_PRICE = bytes.fromhex("5a 6007 54 50 5a 90 03 5f 52 6020 5f f3")
"""Returns what SLOAD of slot 7 costs, and a few opcodes beside it."""
BESIDE = 3 + 2 + 2


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain() as opened:
        opened.set_code(CONTRACT, TELLS_THE_PRICE)
        yield opened


def ask(chain: Any, method: str, request: dict[str, Any]) -> Any:
    return chain.w3.provider.make_request(method, [request])


def requested(*entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"to": "0x" + CONTRACT.hex(), "accessList": list(entries)} | more


ENTRY = {"address": "0x" + CONTRACT.hex(), "storageKeys": ["0x" + (7).to_bytes(32, "big").hex()]}


@pytest.mark.parametrize(("entries", "price"), [((), 2_100), ((ENTRY,), 100)], ids=["cold", "listed"])
def test_a_call_warms_what_is_listed(chain: Chain, entries: Any, price: int) -> None:
    assert int(ask(chain, "eth_call", requested(*entries))["result"], 16) == price + BESIDE


def test_an_estimate_pays_for_the_list(chain: Chain) -> None:
    plain, listed = (int(ask(chain, "eth_estimateGas", requested(*each))["result"], 16) for each in ((), (ENTRY,)))
    assert listed - plain == 2_400 + 1_900 - 2_000


def test_a_node_account_sends_the_list(chain: Chain) -> None:
    request = requested(ENTRY, **{"from": chain.accounts.bob.address})
    shown = ask(chain, "eth_getTransactionByHash", ask(chain, "eth_sendTransaction", request)["result"])["result"]
    assert [(entry["address"].lower(), entry["storageKeys"]) for entry in shown["accessList"]] == [
        (ENTRY["address"], ENTRY["storageKeys"])
    ]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"address": "0x7a", "storageKeys": []}, "expected an address of 20 bytes, not 1"),
        ({"address": ENTRY["address"]}, "an entry lacks storageKeys"),
        ({"address": ENTRY["address"], "storageKeys": ["0x1" + "00" * 32]}, "a number below 2**256"),
    ],
    ids=["half an address", "no keys", "a long key"],
)
def test_a_malformed_entry_is_refused(chain: Chain, entry: dict[str, Any], words: str) -> None:
    for method in ("eth_call", "eth_estimateGas", "eth_sendTransaction"):
        request = requested(entry, **{"from": chain.accounts.bob.address})
        assert words in ask(chain, method, request)["error"]["message"]

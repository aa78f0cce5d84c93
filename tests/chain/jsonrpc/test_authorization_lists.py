"""eth_sendTransaction with authorisations of set-code transactions (EIP-7702), on the in-process chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.primitives.delegation import designator

WALLET = b"\x7a" * 20
RETURNS_ITSELF = bytes.fromhex("30 5f 52 60205ff3")


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain() as opened:
        yield opened


def ask(chain: Chain, method: str, request: dict[str, Any]) -> Any:
    return chain.w3.provider.make_request(method, [request])  # type: ignore[arg-type]


def listed(chain: Chain, **changes: Any) -> dict[str, Any]:
    chain_id, delegate, nonce, y_parity, r, s = chain.authorization(chain.accounts.alice, WALLET)
    numbers = {"chainId": chain_id, "nonce": nonce, "yParity": y_parity, "r": r, "s": s}
    item = {"address": "0x" + delegate.hex(), **{name: hex(number) for name, number in numbers.items()}} | changes
    return {name: value for name, value in item.items() if value is not None}


def requested(chain: Chain, item: dict[str, Any], **more: Any) -> dict[str, Any]:
    bob = chain.accounts.bob.address
    return {"from": bob, "to": bob, "gas": hex(100_000), "authorizationList": [item]} | more


def test_a_node_account_sends_a_set_code_transaction_and_the_chain_shows_it(chain: Chain) -> None:
    answer = ask(chain, "eth_sendTransaction", requested(chain, listed(chain)))
    shown = ask(chain, "eth_getTransactionByHash", answer["result"])["result"]
    assert (shown["type"], shown["authorizationList"][0]["address"].lower()) == ("0x4", "0x" + WALLET.hex())
    assert chain.code(chain.accounts.alice) == designator(WALLET)


def test_a_call_takes_its_authorisations_and_forgets_them(chain: Chain) -> None:
    chain.set_code(WALLET, RETURNS_ITSELF)
    alice = chain.accounts.alice
    request = requested(chain, listed(chain), to=alice.address)
    for _ in range(2):
        assert bytes.fromhex(ask(chain, "eth_call", request)["result"][26:]) == alice.address_bytes
        assert chain.code(alice) == b""
    del request["authorizationList"]
    assert ask(chain, "eth_call", request)["result"] == "0x"


def test_an_estimate_counts_authorisations_and_suffices(chain: Chain) -> None:
    request = requested(chain, listed(chain))
    del request["gas"]
    estimated = int(ask(chain, "eth_estimateGas", request)["result"], 16)
    assert estimated == 21_000 + 25_000
    sent = ask(chain, "eth_sendTransaction", request)["result"]
    assert int(ask(chain, "eth_getTransactionByHash", sent)["result"]["gas"], 16) == estimated
    assert chain.code(chain.accounts.alice) == designator(WALLET)


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
@pytest.mark.parametrize(
    ("changes", "more", "words"),
    [
        ({"s": None}, {}, "an authorization lacks s"),
        ({"yParity": hex(256)}, {}, "y parity of an authorization is 256"),
        ({}, {"to": None}, "cannot create a contract"),
    ],
    ids=["a field less", "a parity of two bytes", "to nobody"],
)
def test_a_call_that_no_transaction_could_make_is_refused(
    chain: Chain, method: str, changes: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    assert words in ask(chain, method, requested(chain, listed(chain, **changes), **more))["error"]["message"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"r": None}, "an authorization lacks r"),
        ({"address": "0x7a"}, "expected an address of 20 bytes, not 1"),
        ({"nonce": hex(2**64)}, "nonce of an authorization is 18446744073709551616"),
    ],
)
def test_a_malformed_authorisation_is_refused(chain: Chain, changes: dict[str, Any], words: str) -> None:
    before = chain.version
    error = ask(chain, "eth_sendTransaction", requested(chain, listed(chain, **changes)))["error"]
    assert words in error["message"]
    assert chain.version == before

"""eth_sendTransaction with authorisations of set-code transactions (EIP-7702), on the in-process chain."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.primitives.delegation import designator

WALLET = b"\x7a" * 20


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


@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_a_call_with_authorisations_is_refused_rather_than_made_without_them(chain: Chain, method: str) -> None:
    error = ask(chain, method, requested(chain, listed(chain)))["error"]
    assert error["message"].endswith("an authorizationList needs a transaction with a gas limit")


def test_a_transaction_with_authorisations_names_its_gas(chain: Chain) -> None:
    request = requested(chain, listed(chain))
    del request["gas"]
    before = chain.version
    assert "gas limit" in ask(chain, "eth_sendTransaction", request)["error"]["message"]
    assert chain.version == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"r": None}, "an authorization lacks r"),
        ({"address": "0x7a"}, "address has 1 bytes, expected 20"),
        ({"nonce": hex(2**64)}, "nonce of an authorization is 18446744073709551616"),
    ],
)
def test_a_malformed_authorisation_is_refused(chain: Chain, changes: dict[str, Any], words: str) -> None:
    before = chain.version
    error = ask(chain, "eth_sendTransaction", requested(chain, listed(chain, **changes)))["error"]
    assert words in error["message"]
    assert chain.version == before

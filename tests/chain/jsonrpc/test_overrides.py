"""State and block overrides of calls, on L1 in this process, on anvil, and on L2."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.rollup.config import RollupConfig
from harness.testbed.rollup import Rollup

WHERE = "0x" + "7a" * 20
WORDS_7_AND_8 = "0x60075460005260085460205260406000f3"
BALANCE_OF_SENDER = "0x333160005260206000f3"
BLOCK = (
    "0x"
    + "".join(f"{opcode}60{32 * place:02x}52" for place, opcode in enumerate(("43", "42", "45", "48")))
    + "60806000f3"
)


@pytest.fixture(scope="module", params=["l1", "anvil", "l2"])
def chain(request: pytest.FixtureRequest) -> Iterator[Chain]:
    if request.param == "anvil" and "anvil" not in _at_hand(request):
        request.param = "l1"
    with open_chain("anvil" if request.param == "anvil" else "py-evm") as opened:
        if request.param != "l2":
            yield opened
            return
        rollup = Rollup.deploy(opened, RollupConfig())
        rollup.fund()
        yield rollup.l2


def _at_hand(request: pytest.FixtureRequest) -> list[str]:
    from tests.conftest import _backends

    return _backends(request.config)


def called(chain: Chain, accounts: Any, block: Any = None, **request: Any) -> list[int]:
    answer: Any = chain.backend.answer("eth_call", [{"to": WHERE, **request}, "latest", accounts, block or {}])
    assert "error" not in answer, answer
    data = bytes.fromhex(answer["result"][2:])
    return [int.from_bytes(data[place : place + 32], "big") for place in range(0, len(data), 32)]


def test_a_word_is_changed_or_all_are_replaced(chain: Chain) -> None:
    slot, word = ("0x" + number.to_bytes(32, "big").hex() for number in (7, 9))
    other = "0x" + (8).to_bytes(32, "big").hex()
    deployed = chain.send(sender=chain.accounts.alice, data=bytes.fromhex("60056007556006600855")).contract_address
    plain = {deployed: {"code": WORDS_7_AND_8}}
    assert called(chain, plain, to=deployed) == [5, 6]
    assert called(chain, {deployed: plain[deployed] | {"stateDiff": {slot: word}}}, to=deployed) == [9, 6]
    assert called(chain, {deployed: plain[deployed] | {"state": {other: word}}}, to=deployed) == [0, 9]
    assert chain.code(deployed) == b"" and (chain.storage(deployed, 7), chain.storage(deployed, 8)) == (5, 6)


def test_a_balance_is_lent_for_a_call(chain: Chain) -> None:
    poor = "0x" + "5c" * 20
    accounts = {WHERE: {"code": BALANCE_OF_SENDER}, poor: {"balance": hex(10**20)}}
    assert called(chain, accounts, **{"from": poor, "value": hex(10**19)}) == [9 * 10**19]
    assert chain.balance(poor) == 0


def test_a_call_sees_another_block(chain: Chain) -> None:
    block = {"number": "0x3e8", "time": "0x77777777", "gasLimit": "0x1000000", "baseFee": "0x7"}
    assert called(chain, {WHERE: {"code": BLOCK}}, block) == [1000, 0x77777777, 0x1000000, 7]


def test_estimates_take_overrides(chain: Chain) -> None:
    request = {"from": chain.accounts.alice.address, "to": WHERE}
    plain, changed = (
        int(chain.backend.answer("eth_estimateGas", [request, "latest", *more])["result"], 16)
        for more in ([], [{WHERE: {"code": WORDS_7_AND_8}}])
    )
    assert plain == 21_000 and changed > 25_000


def test_overrides_that_say_two_things_are_refused(chain: Chain) -> None:
    both: Any = {WHERE: {"state": {}, "stateDiff": {}}}
    strange: Any = {WHERE: {"colour": "0x1"}}
    for accounts in (both, strange) if chain.backend.name in ("py-evm", "l2") else (both,):
        answer: Any = chain.backend.answer("eth_call", [{"to": WHERE}, "latest", accounts])
        assert "error" in answer
        if chain.backend.name in ("py-evm", "l2"):
            assert answer["error"]["code"] == -32602

"""The verbs of development nodes on L1 in this process, and what L2 refuses of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from harness.chain import Chain, ether, open_chain
from harness.rollup.config import RollupConfig
from harness.testbed.rollup import Rollup

SOMEBODY = "0x" + "5c" * 20


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain() as opened:
        yield opened


@pytest.fixture(scope="module")
def l2() -> Iterator[Chain]:
    with open_chain() as below:
        rollup = Rollup.deploy(below, RollupConfig())
        rollup.fund()
        yield rollup.l2


def ask(chain: Chain, method: str, *params: Any) -> Any:
    answer: Any = chain.backend.answer(method, list(params))
    return answer["result"] if "result" in answer else answer["error"]["code"]


@pytest.mark.parametrize("node", ["anvil", "hardhat"])
def test_the_next_base_fee_is_what_was_set_and_only_the_next(chain: Chain, node: str) -> None:
    ask(chain, f"{node}_setNextBlockBaseFeePerGas", hex(7))
    assert chain.backend.next_base_fee() == 7
    receipt = chain.send(sender=chain.accounts.alice, to=SOMEBODY, max_fee=7, priority_fee=0)
    assert (receipt.gas_price, chain.head.base_fee) == (7, 7)
    ask(chain, f"{node}_setNextBlockBaseFeePerGas", hex(10**9))
    chain.mine(2)
    fees = [chain.block_at(chain.block_number - back).base_fee for back in (1, 0)]
    assert fees[0] == 10**9 and fees[1] < 10**9


def test_a_snapshot_keeps_the_fee_that_was_set(chain: Chain) -> None:
    ask(chain, "anvil_setNextBlockBaseFeePerGas", hex(7))
    mark = ask(chain, "evm_snapshot")
    chain.mine()
    assert ask(chain, "evm_revert", mark) is True
    chain.mine()
    assert chain.head.base_fee == 7


@pytest.mark.parametrize("node", ["anvil", "hardhat"])
def test_many_blocks_are_mined_with_a_distance(chain: Chain, node: str) -> None:
    ask(chain, f"{node}_mine", "0x3", "0xa")
    times = [chain.block_at(number).timestamp for number in (1, 2, 3)]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [10, 10]
    assert ask(chain, f"{node}_mine", hex(2**200)) == -32602
    assert chain.block_number == 3


def test_time_goes_on_by_seconds_or_to_a_time(chain: Chain) -> None:
    start = chain.head.timestamp
    assert ask(chain, "evm_increaseTime", 100) == 100
    ask(chain, "evm_mine")
    assert chain.head.timestamp == start + 100
    assert ask(chain, "evm_increaseTime", "0x0") == 0
    assert ask(chain, "evm_setNextBlockTimestamp", start) == -32602
    ask(chain, "evm_mine", hex(start + 500))
    ask(chain, "evm_mine", {"timestamp": start + 600, "blocks": 2})
    assert chain.head.timestamp == start + 601
    assert ask(chain, "evm_setNextBlockTimestamp", 2**63) == -32602


def test_an_impersonated_account_sends_until_it_is_stopped(chain: Chain) -> None:
    request = {"from": SOMEBODY, "to": chain.accounts.bob.address, "value": "0x1"}
    ask(chain, "anvil_setBalance", SOMEBODY, hex(ether(1)))
    assert ask(chain, "eth_sendTransaction", request) == -32602
    ask(chain, "hardhat_impersonateAccount", SOMEBODY)
    assert isinstance(ask(chain, "eth_sendTransaction", request), str)
    ask(chain, "anvil_stopImpersonatingAccount", SOMEBODY)
    assert ask(chain, "eth_sendTransaction", request) == -32602
    ask(chain, "anvil_autoImpersonateAccount", True)
    assert isinstance(ask(chain, "eth_sendTransaction", request), str)


def test_a_rollback_removes_blocks(chain: Chain) -> None:
    chain.mine(3)
    ask(chain, "anvil_rollback", 2)
    assert chain.block_number == 1
    assert ask(chain, "anvil_rollback", 2) == -32602


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("anvil_setBalance", [SOMEBODY, "0x1"], "deposit through the portal"),
        ("hardhat_setCode", [SOMEBODY, "0x00"], "state follows from L1"),
        ("hardhat_setStorageAt", [SOMEBODY, "0x0", "0x1"], "state follows from L1"),
        ("anvil_setNonce", [SOMEBODY, "0x1"], "state follows from L1"),
        ("anvil_setNextBlockBaseFeePerGas", ["0x1"], "constant of L2's rules"),
        ("evm_snapshot", [], "take it of L1"),
        ("evm_revert", ["0x1"], "restore one of L1"),
        ("anvil_rollback", ["0x1"], "reorganise L1"),
    ],
)
def test_l2_refuses_what_follows_from_l1_and_says_why(l2: Chain, method: str, params: list[Any], words: str) -> None:
    before = l2.head
    answer: Any = l2.backend.answer(method, params)
    assert answer["error"]["code"] == -32004
    assert words in answer["error"]["message"]
    assert l2.head == before


def test_l2_makes_only_so_many_blocks_at_once(l2: Chain) -> None:
    before = l2.head
    assert ask(l2, "hardhat_mine", hex(1_001)) == -32602
    assert ask(l2, "evm_mine", {"blocks": 1_001}) == -32602
    assert l2.head == before
    ask(l2, "hardhat_mine", "0x2")
    assert l2.block_number == before.number + 2


def test_a_sender_without_a_key_is_refused_on_l2_as_it_cannot_be_derived(l2: Chain) -> None:
    ask(l2, "anvil_impersonateAccount", l2.accounts.alice.address)
    l2.send(sender=l2.accounts.alice, to=SOMEBODY, value=ether(1) // 10)
    ask(l2, "anvil_impersonateAccount", SOMEBODY)
    request = {"from": SOMEBODY, "to": SOMEBODY, "gas": "0x5208"}
    assert ask(l2, "eth_sendTransaction", request) == -32004

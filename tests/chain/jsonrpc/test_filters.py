"""What JSON-RPC's filters report on the in-process chain when blocks are removed between two requests."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from harness.chain import Chain, open_chain
from harness.chain.jsonrpc import logs
from harness.contracts.bindings import ContractType
from harness.contracts.project import built_in_contracts

Undo = Callable[[Chain, object], None]


@pytest.fixture
def chain() -> Chain:
    return open_chain()


@pytest.fixture
def probe(chain: Chain) -> Any:
    return ContractType(built_in_contracts()["ChainProbe"]).deploy(chain, 5, sender=chain.accounts.alice)


def ask(chain: Chain, method: str, *params: object) -> Any:
    answer: Any = chain.w3.provider.make_request(method, list(params))  # type: ignore[arg-type]
    return answer.get("result", answer.get("error"))


def by_reorg(chain: Chain, mark: object) -> None:
    chain.reorg(chain.block_number - mark.number)  # type: ignore[attr-defined]


def by_restore(chain: Chain, mark: Any) -> None:
    chain.restore(mark)


UNDO = pytest.mark.parametrize("undo", [by_reorg, by_restore])


@UNDO
def test_a_log_of_a_removed_block_is_reported_again_as_removed(chain: Chain, probe: Any, undo: Undo) -> None:
    identity = ask(chain, "eth_newFilter", {"address": probe.address})
    mark = chain.snapshot()
    first = probe.increment(sender=chain.accounts.alice)
    told = ask(chain, "eth_getFilterChanges", identity)
    assert [log["transactionHash"] for log in told] == ["0x" + first.hash.hex()]
    undo(chain, mark)
    chain.warp(60)
    second = probe.increment(sender=chain.accounts.bob)
    removed, fresh = ask(chain, "eth_getFilterChanges", identity)
    assert removed == told[0] | {"removed": True}
    assert (fresh["transactionHash"], fresh["removed"]) == ("0x" + second.hash.hex(), False)
    assert ask(chain, "eth_getFilterChanges", identity) == []


@UNDO
def test_logs_below_the_block_where_the_filter_began_are_reported(chain: Chain, probe: Any, undo: Undo) -> None:
    mark = chain.snapshot()
    chain.mine(5)
    identity = ask(chain, "eth_newFilter", {"address": probe.address})
    undo(chain, mark)
    receipt = probe.increment(sender=chain.accounts.alice)
    changes = ask(chain, "eth_getFilterChanges", identity)
    assert [int(log["blockNumber"], 16) for log in changes] == [receipt.block_number]


def test_a_removed_log_that_nobody_was_told_of_is_not_mentioned(chain: Chain, probe: Any) -> None:
    probe.increment(sender=chain.accounts.alice)
    identity = ask(chain, "eth_newFilter", {"address": probe.address})
    probe.increment(sender=chain.accounts.alice)
    chain.reorg(2)
    assert ask(chain, "eth_getFilterChanges", identity) == []


def test_a_filter_that_was_read_while_the_chain_was_short_reports_the_same_blocks_again(chain: Chain) -> None:
    identity = ask(chain, "eth_newBlockFilter")
    chain.mine(3)
    told = ask(chain, "eth_getFilterChanges", identity)
    assert told == ["0x" + chain.block_at(number).hash.hex() for number in (1, 2, 3)]
    chain.reorg(2)
    assert ask(chain, "eth_getFilterChanges", identity) == []
    chain.mine(2)
    assert ask(chain, "eth_getFilterChanges", identity) == told[1:]


@UNDO
def test_a_block_filter_names_the_blocks_of_the_new_chain(chain: Chain, undo: Undo) -> None:
    chain.mine(2)
    mark = chain.snapshot()
    chain.mine(3)
    identity = ask(chain, "eth_newBlockFilter")
    undo(chain, mark)
    chain.warp(100)
    chain.mine(2)
    assert ask(chain, "eth_getFilterChanges", identity) == [
        "0x" + chain.block_at(number).hash.hex() for number in (3, 4)
    ]


def test_a_pending_filter_names_what_is_sent_again(chain: Chain) -> None:
    identity = ask(chain, "eth_newPendingTransactionFilter")
    sent = chain.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
    assert ask(chain, "eth_getFilterChanges", identity) == ["0x" + sent.hash.hex()]
    [raw] = chain.reorg(1)
    assert ask(chain, "eth_getFilterChanges", identity) == []
    chain.resend(raw)
    assert ask(chain, "eth_getFilterChanges", identity) == ["0x" + sent.hash.hex()]


def test_bounds_of_a_log_filter_hold_for_what_is_new(chain: Chain, probe: Any) -> None:
    following = chain.block_number + 1
    late = ask(chain, "eth_newFilter", {"address": probe.address, "fromBlock": hex(following + 1)})
    early = ask(chain, "eth_newFilter", {"address": probe.address, "toBlock": hex(following)})
    probe.increment(sender=chain.accounts.alice)
    probe.increment(sender=chain.accounts.alice)
    for identity, number in ((late, following + 1), (early, following)):
        assert [int(log["blockNumber"], 16) for log in ask(chain, "eth_getFilterChanges", identity)] == [number]


@pytest.mark.parametrize("method", ["eth_getFilterChanges", "eth_getFilterLogs"])
def test_a_filter_that_there_is_not_is_said_to_be_not_found(chain: Chain, method: str) -> None:
    gone = ask(chain, "eth_newFilter", {})
    assert ask(chain, "eth_uninstallFilter", gone) is True
    assert ask(chain, "eth_uninstallFilter", gone) is False
    for identity in (gone, "0x99"):
        assert ask(chain, method, identity) == {"code": -32000, "message": "filter not found"}


def test_a_block_filter_has_no_logs(chain: Chain) -> None:
    identity = ask(chain, "eth_newBlockFilter")
    assert ask(chain, "eth_getFilterLogs", identity) == {"code": -32000, "message": "filter not found"}


def test_the_identity_of_an_uninstalled_filter_is_not_given_again(chain: Chain) -> None:
    first, second = ask(chain, "eth_newBlockFilter"), ask(chain, "eth_newBlockFilter")
    ask(chain, "eth_uninstallFilter", first)
    assert ask(chain, "eth_newBlockFilter") not in (first, second)


def test_logs_of_too_many_blocks_or_too_many_logs_are_refused(
    chain: Chain, probe: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_LOGS", 2)
    monkeypatch.setattr(logs, "MOST_BLOCKS", 8)
    for _ in range(3):
        probe.increment(sender=chain.accounts.alice)
    last = chain.block_number
    few = {"address": probe.address, "fromBlock": hex(last - 1), "toBlock": "latest"}
    assert len(ask(chain, "eth_getLogs", few)) == 2
    many = ask(chain, "eth_getLogs", few | {"fromBlock": hex(last - 2)})
    assert (many["code"], many["message"]) == (-32005, "query returned more than 2 results, ask for fewer blocks")
    chain.mine(20)
    assert ask(chain, "eth_getLogs", {"fromBlock": hex(last + 13)}) == []
    long = ask(chain, "eth_getLogs", {"fromBlock": hex(last + 12)})
    assert (long["code"], long["message"]) == (-32005, "the range has 9 blocks, more than 8")
    identity = ask(chain, "eth_newFilter", {"fromBlock": "earliest"})
    assert ask(chain, "eth_getFilterLogs", identity)["code"] == -32005


def test_a_filter_keeps_no_state_of_blocks_that_left_the_chain(chain: Chain, probe: Any) -> None:
    identity = ask(chain, "eth_newFilter", {})
    mark = chain.snapshot()
    probe.increment(sender=chain.accounts.alice)
    assert len(ask(chain, "eth_getFilterChanges", identity)) == 1
    backend: Any = chain.backend
    gone = weakref.ref(backend.blocks[chain.block_number])
    chain.restore(mark)
    gc.collect()
    assert gone() is None
    (removed,) = ask(chain, "eth_getFilterChanges", identity)
    assert removed["removed"] is True

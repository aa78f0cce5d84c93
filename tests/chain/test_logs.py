"""`Chain.logs`: one reader of logs, whatever ranges the node serves at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.chain.errors import BadLogFilter, RpcError
from harness.chain.logs import PAGE, FollowedLogs, LogReader
from harness.chain.values.value_errors import NotAnAddress


class StrictNode:
    """A node that serves logs of ``cap`` blocks at once and no more, and notes what it was asked for."""

    def __init__(self, chain: Any, cap: int) -> None:
        self.cap = cap
        self.asked: list[tuple[int, int]] = []
        self._backend = chain.backend

    def answer(self, method: str, params: Any) -> Any:
        if method == "eth_getLogs":
            first, last = (int(params[0][name], 16) for name in ("fromBlock", "toBlock"))
            self.asked.append((first, last))
            if last - first + 1 > self.cap:
                return {"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": f"over {self.cap} blocks"}}
        return self._backend.answer(method, params)


@pytest.fixture
def strict(chain, monkeypatch):
    """Put a strict node in front of the chain's."""

    def make(cap: int) -> StrictNode:
        node = StrictNode(chain, cap)
        monkeypatch.setattr(chain, "log_reader", LogReader(node))
        return node

    return make


def test_logs_are_found_by_address_and_event_in_order(chain, alice, probe, contracts):
    other = chain.deploy(contracts["ChainProbe"], 1, sender=alice)
    receipts = [probe.increment(sender=alice), other.increment(sender=alice), probe.increment(sender=alice)]
    found = chain.logs(probe, contracts["ChainProbe"].Incremented)
    assert [log.tx_hash for log in found] == [receipts[0].hash, receipts[2].hash]
    assert [log.block_number for log in found] == [receipts[0].block_number, receipts[2].block_number]
    assert [log.block_hash for log in found] == [receipts[0].block_hash, receipts[2].block_hash]
    assert [chain.knowledge.event(log).count for log in found] == [6, 7]
    assert {log.tx_hash for log in chain.logs([probe, other.address])} == {receipt.hash for receipt in receipts}
    assert chain.logs(alice) == []


def test_an_indexed_parameter_is_looked_for_by_its_value(chain, alice, bob, probe):
    probe.increment(sender=alice)
    probe.increment(sender=bob)
    for value in (bob, bob.address, bob.address_bytes, int(bob.address, 16), [bob]):
        (found,) = chain.logs(probe, [probe.Incremented, value])
        assert chain.knowledge.event(found).by == bob.address
    assert len(chain.logs(probe, [None, [alice, bob]])) == 2
    assert chain.logs(probe, [None, probe]) == []


def test_the_range_is_a_part_of_the_chain(chain, alice, probe):
    numbers = [probe.increment(sender=alice).block_number for _ in range(3)]
    assert [log.block_number for log in chain.logs(probe, since=numbers[1])] == numbers[1:]
    assert [log.block_number for log in chain.logs(probe, until=numbers[1])] == numbers[:2]
    assert [log.block_number for log in chain.logs(probe, since=numbers[1], until=numbers[1])] == [numbers[1]]
    assert [log.block_number for log in chain.logs(probe, since=-5, until=10**12)] == numbers
    assert chain.logs(probe, since=numbers[2], until=numbers[0]) == []
    assert chain.logs(probe, since=chain.block_number + 1) == []


@pytest.mark.parametrize("address", ["0x12", b"\1" * 19, 5, [None]])
def test_what_is_no_address_is_refused(address, chain):
    with pytest.raises(NotAnAddress):
        chain.logs(address)


@pytest.mark.parametrize("topics", [["0xzz"], [b"\1" * 31], [1 << 256], [1.5], [[None]], [None] * 5])
def test_what_is_no_topic_is_refused(topics, chain):
    with pytest.raises(BadLogFilter, match="cannot look for logs by the topic"):
        chain.logs(None, topics)


@pytest.mark.needs("mining")
@pytest.mark.parametrize("cap", [1, 7, 64, PAGE])
def test_a_node_that_refuses_long_ranges_is_asked_for_shorter_ones(cap, chain, alice, probe, strict):
    numbers = []
    for _ in range(3):
        numbers.append(probe.increment(sender=alice).block_number)
        chain.mine(30)
    node = strict(cap)
    assert [log.block_number for log in chain.logs(probe, probe.Incremented)] == numbers
    served = [(first, last) for first, last in node.asked if last - first < cap]
    assert [number for first, last in served for number in range(first, last + 1)] == list(
        range(chain.block_number + 1)
    )
    node.asked.clear()
    chain.logs(probe)
    refused = [1 for first, last in node.asked if last - first >= cap]
    assert len(refused) <= 1 + len(node.asked) // 16, "what the node serves is remembered, and tried anew now and then"


@pytest.mark.needs("mining")
def test_pages_grow_again_once_a_node_serves_them(chain, strict):
    chain.mine(100)
    node = strict(2)
    chain.logs()
    node.cap = 1_000
    node.asked.clear()
    chain.logs()
    chain.logs()
    assert max(last - first + 1 for first, last in node.asked) >= 8


def test_a_node_that_serves_no_logs_at_all_is_an_error(chain, strict):
    strict(0)
    with pytest.raises(RpcError, match=r"eth_getLogs failed: over 0 blocks \(code -32005\)"):
        chain.logs()


@pytest.mark.needs("reorg")
def test_followed_logs_say_when_the_past_became_another(chain, alice, probe):
    followed = FollowedLogs(chain, address=probe)
    first, second = probe.increment(sender=alice), probe.increment(sender=alice)
    lost, logs = followed.news()
    assert (lost, [log.tx_hash for log in logs]) == (False, [first.hash, second.hash])
    assert followed.news() == (False, [])
    chain.reorg(1)
    lost, logs = followed.news()
    assert (lost, [log.tx_hash for log in logs]) == (True, [first.hash])
    third = probe.increment(sender=alice)
    lost, logs = followed.news()
    assert (lost, [log.tx_hash for log in logs]) == (False, [third.hash])


@pytest.mark.needs("reorg")
def test_followed_logs_see_a_reorg_to_the_same_height(chain, alice, bob, probe):
    followed = FollowedLogs(chain, address=probe)
    probe.increment(sender=alice)
    followed.news()
    chain.reorg(1)
    other = probe.increment(sender=bob)
    lost, logs = followed.news()
    assert (lost, [log.tx_hash for log in logs]) == (True, [other.hash])


def test_logs_are_asked_for_in_one_place_only():
    package = Path(harness.__file__).parent
    texts = {path.relative_to(package).as_posix(): path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    asks = re.compile(r'(request|asked)\([^()]*"eth_getLogs"|get_logs\(')
    asking = {name for name, text in texts.items() if asks.search(text)}
    assert asking == {"chain/logs.py", "fuzz/soak.py"}, "a soak asks as a foreign client does"


# -- the version of the state


def test_the_version_changes_with_all_that_changes_the_state(chain, alice, bob):
    versions = [chain.version]

    def differs() -> None:
        assert chain.version not in versions
        versions.append(chain.version)

    mark = chain.snapshot()
    chain.send(sender=alice, to=bob, value=1)
    differs()
    for edit in (
        lambda: chain.set_balance(bob, 5),
        lambda: chain.set_nonce(bob, 5),
        lambda: chain.set_code(bob, b"\x00"),
        lambda: chain.set_storage(bob, 1, 5),
    ):
        edit()
        differs()
    assert chain.version == versions[-1]
    chain.restore(mark)
    differs()


@pytest.mark.needs("reorg", "mining")
def test_the_version_changes_within_a_block_and_with_a_reorg(chain, alice, bob):
    versions = [chain.version]
    with chain.block():
        versions.append(chain.version)
        for _ in range(2):
            chain.send(sender=alice, to=bob, value=1)
            versions.append(chain.version)
    versions.append(chain.version)
    chain.reorg(1)
    versions.append(chain.version)
    assert len(set(versions)) == len(versions)

"""Who subscribes over WebSocket hears of everything once, in order, and nobody waits for who does not listen."""

from __future__ import annotations

from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from harness.chain import open_chain
from harness.serve.endpoint import Session
from harness.serve.station import Station
from harness.serve.wire import Request
from harness.testbed.rollup import Rollup
from tests.support.clients import ask, socket_to
from tests.support.ends import PATIENCE

LOGGER = bytes.fromhex("600a600c600039600a6000f3") + bytes.fromhex("60003560206000a100") + b"\x00"
"""Creation code of a contract that emits an event whose topic is the first word of its calldata."""


@pytest.mark.parametrize("layer", ["l1", "l2"])
def test_new_heads_follow_each_other(rollup: Rollup, alice: Any, bob: Any, layer: str) -> None:
    served = rollup.serve()
    chain = getattr(rollup, layer)
    with socket_to(getattr(served, layer)) as socket:
        heads = socket.ask("eth_subscribe", "newHeads")
        first = chain.block_number + 1
        for _ in range(3):
            chain.send(sender=alice, to=bob, value=1)
        told = socket.told(heads, 3)
        assert [int(head["number"], 16) for head in told] == [first, first + 1, first + 2]
        assert [head["parentHash"] for head in told[1:]] == [head["hash"] for head in told[:-1]]
        assert "transactions" not in told[0]
        assert "logsBloom" in told[0]


def test_a_deposit_on_l1_is_a_new_head_of_l2(rollup: Rollup, alice: Any) -> None:
    served = rollup.serve()
    with socket_to(served.l2) as socket:
        heads = socket.ask("eth_subscribe", "newHeads")
        rollup.portal.depositTransaction(alice.address, 0, 100_000, False, b"", sender=alice, value=1)
        (head,) = socket.told(heads)
        assert int(head["number"], 16) == rollup.l2.block_number


@pytest.mark.parametrize("layer", ["l1", "l2"])
def test_logs_are_those_that_fit(rollup: Rollup, alice: Any, layer: str) -> None:
    served, chain = rollup.serve(), getattr(rollup, layer)
    place = chain.send(sender=alice, data=LOGGER).contract_address
    wanted = (7).to_bytes(32, "big")
    with socket_to(getattr(served, layer)) as socket:
        logs = socket.ask("eth_subscribe", "logs", {"address": place, "topics": ["0x" + wanted.hex()]})
        for number in (6, 7, 8, 7):
            chain.send(sender=alice, to=place, data=number.to_bytes(32, "big"))
        told = socket.told(logs, 2)
        assert [log["topics"] for log in told] == [["0x" + wanted.hex()]] * 2
        assert [log["removed"] for log in told] == [False, False]


@pytest.mark.needs("reorg")
def test_a_log_of_a_removed_block_comes_again_as_removed(rollup: Rollup, alice: Any) -> None:
    served = rollup.serve()
    place = rollup.l1.send(sender=alice, data=LOGGER).contract_address
    with socket_to(served.l1) as socket:
        logs = socket.ask("eth_subscribe", "logs", {"address": place})
        rollup.l1.send(sender=alice, to=place, data=bytes(32))
        (log,) = socket.told(logs)
        rollup.l1.reorg(1)
        rollup.l1.mine()
        if rollup.l1.backend.name == "py-evm":  # anvil's own filters say nothing of it
            assert socket.told(logs) == [{**log, "removed": True}]


def test_pending_transactions_are_told_when_they_arrive(rollup: Rollup, alice: Any, bob: Any) -> None:
    served = rollup.serve()
    with socket_to(served.l2) as socket:
        hashes = socket.ask("eth_subscribe", "newPendingTransactions")
        whole = socket.ask("eth_subscribe", "newPendingTransactions", True)
        raw = rollup.sign_l2(sender=alice, to=bob, value=1)
        sent = ask(served.l2, "eth_sendRawTransaction", "0x" + raw.hex())
        assert socket.told(hashes) == [sent]
        (shown,) = socket.told(whole)
        assert (shown["hash"], shown["blockNumber"]) == (sent, None)


def test_nothing_comes_after_the_end_of_a_subscription(rollup: Rollup, alice: Any, bob: Any) -> None:
    served = rollup.serve()
    with socket_to(served.l2) as socket:
        ended, kept = (socket.ask("eth_subscribe", "newHeads") for _ in range(2))
        assert socket.ask("eth_unsubscribe", ended) is True
        assert socket.ask("eth_unsubscribe", ended)["code"] == -32000
        rollup.l2.send(sender=alice, to=bob, value=1)
        socket.told(kept)
        assert socket.news == []


def test_a_subscription_of_another_connection_cannot_be_ended(rollup: Rollup) -> None:
    served = rollup.serve()
    with socket_to(served.l2) as one, socket_to(served.l2) as other:
        identity = one.ask("eth_subscribe", "newHeads")
        assert other.ask("eth_unsubscribe", identity)["code"] == -32000
        assert one.ask("eth_unsubscribe", identity) is True


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ([], -32602),
        (["nothing"], -32602),
        ([7], -32602),
        (["logs", {"topics": 3}], -32602),
        (["logs", "x"], -32602),
        (["newHeads", None, None], -32602),
    ],
)
def test_a_subscription_to_nothing_that_is_known_is_refused(rollup: Rollup, params: list[Any], code: int) -> None:
    with socket_to(rollup.serve().l2) as socket:
        assert socket.ask("eth_subscribe", *params)["code"] == code


def test_a_subscription_over_http_is_refused(rollup: Rollup) -> None:
    assert ask(rollup.serve().l2, "eth_subscribe", "newHeads")["code"] == -32601


def test_who_does_not_read_is_cut_off_and_holds_nobody_up(rollup: Rollup, alice: Any) -> None:
    served: Any = rollup.serve()
    place = rollup.l2.send(sender=alice, data=LOGGER).contract_address
    feed = served._station.endpoints["L2"].feed
    with socket_to(served.l2, max_queue=1, compression=None) as slow:
        subscriptions = [slow.ask("eth_subscribe", "logs", {"address": place}) for _ in range(200)]
        assert len(set(subscriptions)) == 200
        # Each log goes to the client 200 times, and it reads none. The kernel's buffers take as much as it likes.
        for _ in range(1_000):
            rollup.l2.send(sender=alice, to=place, data=bytes(32))
            assert ask(served.l2, "eth_chainId") == hex(901)
            if feed.is_idle:
                break
        assert feed.is_idle, "it is still told of everything"
        with pytest.raises(ConnectionClosed):
            while True:
                slow.connection.recv(timeout=PATIENCE)


def test_who_vanishes_leaves_nothing_behind(rollup: Rollup, alice: Any, bob: Any) -> None:
    served = rollup.serve()
    with socket_to(served.l2) as socket:
        socket.ask("eth_subscribe", "newHeads")
        socket.connection.socket.close()
    for _ in range(3):
        rollup.l2.send(sender=alice, to=bob, value=1)
        assert ask(served.l2, "eth_blockNumber") == hex(rollup.l2.block_number)
    with socket_to(served.l2) as other:
        heads = other.ask("eth_subscribe", "newHeads")
        rollup.l2.send(sender=alice, to=bob, value=1)
        assert len(other.told(heads)) == 1


def test_a_filter_ends_five_minutes_after_it_was_asked_last_and_a_subscription_does_not() -> None:
    now, news = [1_000.0], list[Any]()
    with open_chain() as l1:
        _see_filters_end(Station(Rollup.deploy(l1), time=lambda: now[0]), now, news)


def _see_filters_end(station: Station, now: list[float], news: list[Any]) -> None:

    def ask(layer: str, method: str, *params: Any, session: Session | None = None) -> Any:
        answer = station.answer(layer, Request(method, list(params), 1), session)
        assert answer is not None
        return answer.get("result", answer.get("error", {}).get("message"))

    for layer in ("L1", "L2"):
        kept, left = ask(layer, "eth_newBlockFilter"), ask(layer, "eth_newBlockFilter")
        now[0] += 299
        assert ask(layer, "eth_getFilterChanges", kept) == []
        assert station.is_idle
        now[0] += 2
        assert not station.is_idle
        station.look()
        assert station.is_idle
        assert ask(layer, "eth_uninstallFilter", left) is False
        assert ask(layer, "eth_getFilterChanges", kept) == []
        now[0] += 301
        assert ask(layer, "eth_getFilterChanges", kept) == "filter not found"

    ask("L1", "eth_subscribe", "newHeads", session=Session(news.append))
    now[0] += 3_000
    station.look()
    ask("L1", "evm_mine")
    assert len(news) == 1

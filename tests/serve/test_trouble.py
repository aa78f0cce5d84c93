"""What fails beside the requests is logged, and takes nobody along: no client, no agent, no news."""

from __future__ import annotations

import asyncio
import logging
from contextlib import nullcontext
from functools import partial
from threading import Event
from typing import Any

import pytest

from harness.chain import open_chain
from harness.chain.errors import BackendUnavailable
from harness.chain.pyevm.empty import EmptyBlocks
from harness.serve import server
from harness.serve.app import Layer
from harness.serve.clock import Clock
from harness.serve.door import Door
from harness.serve.endpoint import Session
from harness.serve.keeper import Keeper
from harness.serve.limits import Limits
from harness.serve.server import Listening
from harness.serve.station import Station
from harness.serve.timekeeper import Timekeeper, look_on
from harness.serve.wire import Request
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner
from tests.support.serving import running

KINDS = pytest.mark.parametrize("kind", [BackendUnavailable, ZeroDivisionError])
SAID = "the node at http://127.0.0.1:1 is gone"


class Flaky:
    """A participant that fails once in a place, and tells the loop when it plays after that."""

    name = "flaky"

    def __init__(self, place: str, problem: Exception) -> None:
        self.left = {place: problem}
        self.failed = False
        self.went_on = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def fail(self, place: str) -> None:
        if (problem := self.left.pop(place, None)) is not None:
            self.failed = True
            raise problem

    def play(self) -> int:
        self.fail("play")
        if self.failed:
            self._loop.call_soon_threadsafe(self.went_on.set)
        return 0

    def wakes_at(self) -> int | None:
        self.fail("wakes_at")
        return None


@KINDS
@pytest.mark.parametrize("place", ["play", "wakes_at", "strike", "head"])
def test_agents_go_on_after_a_failure(
    rollup: Rollup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: str, kind: type[Exception]
) -> None:
    async def act() -> None:
        keeper, station, runner = Keeper(), Station(rollup), Runner(rollup.l1)
        flaky = Flaky(place, kind(SAID))
        runner.join(flaky)
        station.answer("L1", Request("eth_subscribe", ["newHeads"]), Session(lambda _: None))
        clock = Clock(rollup.l1)
        with monkeypatch.context() as failing:
            for owner, name in ((Clock, "strike"), (type(rollup.l1.backend), "head")):
                _fails_at(failing, owner, name, flaky)
            keeping = asyncio.create_task(Timekeeper(station, keeper, runner, clock, glance=0.01).run())
            ended = asyncio.create_task(flaky.went_on.wait())
            await asyncio.wait([keeping, ended], timeout=60, return_when=asyncio.FIRST_COMPLETED)
        assert (flaky.went_on.is_set(), keeping.done()) == (True, False)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert keeper.end(60)

    with caplog.at_level(logging.WARNING):
        asyncio.run(act())
    (record,) = caplog.records
    assert SAID in record.getMessage()
    assert (record.exc_info is not None) is (kind is ZeroDivisionError)


def _fails_at(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, flaky: Flaky) -> None:
    inner = getattr(owner, name)

    def failing(*args: Any) -> Any:
        flaky.fail(name)
        return inner(*args)

    monkeypatch.setattr(owner, name, failing)


@KINDS
@pytest.mark.parametrize("part", ["_head", "_ask"])
def test_a_subscription_that_fails_fails_nobody_elses_request_and_is_told_later(
    rollup: Rollup, monkeypatch: pytest.MonkeyPatch, alice: Any, bob: Any, part: str, kind: type[Exception]
) -> None:
    station, news = Station(rollup), list[Any]()
    session = Session(news.append)
    told = station.answer("L1", Request("eth_subscribe", ["newHeads"], 1), session)
    assert told is not None
    with monkeypatch.context() as failing:

        def gone(*_: Any) -> Any:
            raise kind(SAID)

        rollup.l1.send(sender=alice, to=bob, value=1)
        failing.setattr(station.endpoints["L1"].feed, part, gone)
        for layer, chain in (("L1", rollup.l1), ("L2", rollup.l2)):
            answer = station.answer(layer, Request("eth_chainId", [], 7), None)
            assert answer == {"jsonrpc": "2.0", "id": 7, "result": hex(chain.chain_id)}
        station.look()
        assert news == []
    station.look()
    assert [each["params"]["subscription"] for each in news] == [told["result"]]


def test_a_read_of_l2_is_not_done_in_the_loop_while_the_node_has_to_derive() -> None:
    ask = Request("eth_getBalance", ["0x" + "11" * 20, "latest"], 7)
    with open_chain() as l1:
        station = Station(Rollup.deploy(l1))

        def asked(layer: str) -> bool:
            station.answer(layer, ask, None)
            station._quick.note(layer, ask, 0.0)
            return station.is_quick(layer, ask)

        assert asked("L1") and asked("L2")
        l1.mine()
        assert (station.is_quick("L1", ask), station.is_quick("L2", ask)) == (True, False)
        assert asked("L2")


def _is_quick_when_known(station: Station) -> dict[str, bool]:
    ask = Request("eth_getBalance", ["0x" + "11" * 20, "latest"], 7)
    for layer in ("L1", "L2"):
        station.answer(layer, ask, None)
        station._quick.note(layer, ask, 0.0)
    return {layer: station.is_quick(layer, ask) for layer in ("L1", "L2")}


def test_nothing_is_done_in_the_loop_where_a_test_may_hold_the_chains() -> None:
    with open_chain() as l1:
        rollup = Rollup.deploy(l1)
        assert _is_quick_when_known(Station(rollup)) == {"L1": True, "L2": True}
        assert _is_quick_when_known(Station(rollup, turns=nullcontext())) == {"L1": False, "L2": False}


@pytest.mark.only_anvil
def test_nothing_is_done_in_the_loop_where_l1_is_another_process() -> None:
    with open_chain("anvil") as l1:
        assert _is_quick_when_known(Station(Rollup.deploy(l1))) == {"L1": False, "L2": False}


def test_no_hash_of_an_empty_block_is_made_to_tell_whether_a_read_of_l2_is_quick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask = Request("eth_getBalance", ["0x" + "11" * 20, "latest"], 7)
    with open_chain() as l1:
        station = Station(Rollup.deploy(l1))
        before = l1.snapshot()
        l1.mine(50)
        station.answer("L2", ask, None)
        station._quick.note("L2", ask, 0.0)
        assert station.is_quick("L2", ask)
        l1.restore(before)
        l1.mine(20)
        l1.mine(30)  # the same number, other rows of blocks
        with monkeypatch.context() as counting:

            def made(*_: Any) -> None:
                raise AssertionError("a hash is made")

            counting.setattr(EmptyBlocks, "_make_here", made)
            assert not station.is_quick("L2", ask)
        station.answer("L2", ask, None)
        station._quick.note("L2", ask, 0.0)
        assert station.is_quick("L2", ask)


def test_while_a_job_has_the_chains_they_are_not_read_to_tell_whether_a_request_is_quick(
    rollup: Rollup, monkeypatch: pytest.MonkeyPatch
) -> None:
    station, keeper = Station(rollup), Keeper()
    layer, request = (
        Layer("L2", station, keeper, Door(), Limits()),
        b'{"jsonrpc": "2.0", "id": 7, "method": "eth_chainId"}',
    )
    begun, go_on, asked = Event(), Event(), list[str]()

    def long() -> None:
        begun.set()
        assert go_on.wait(60)

    def is_quick(name: str, _: Any) -> bool:
        asked.append(name)
        return False

    async def main() -> None:
        first = asyncio.create_task(keeper.do(long))
        await asyncio.to_thread(begun.wait, 60)
        second = asyncio.create_task(layer.answer(request))
        await asyncio.sleep(0)
        assert asked == []
        go_on.set()
        await first
        answer = await second
        assert answer is not None and b"0x385" in answer
        assert asked == []
        assert await layer.answer(request) == answer
        assert asked == ["L2"]

    monkeypatch.setattr(station, "is_quick", is_quick)
    asyncio.run(main())
    assert keeper.end(60)


@KINDS
def test_a_connection_ends_though_its_filter_cannot_be_taken_away(rollup: Rollup, kind: type[Exception]) -> None:
    station = Station(rollup)
    feed, session = station.endpoints["L2"].feed, Session(lambda _: None)

    def fail(*_: Any) -> Any:
        raise kind(SAID)

    asked, feed._ask = feed._ask, fail
    with pytest.raises(kind):
        feed.subscribe(session.tell, "newHeads")
    feed._ask = asked
    for _ in range(2):
        station.answer("L2", Request("eth_subscribe", ["newHeads"]), session)
    feed._ask = fail
    station.leave("L2", session)
    assert feed.is_idle


def test_news_go_on_after_a_failure(rollup: Rollup, monkeypatch: pytest.MonkeyPatch) -> None:
    async def act() -> None:
        keeper, station, looked, loop = Keeper(), Station(rollup), asyncio.Event(), asyncio.get_running_loop()
        left = [BackendUnavailable(SAID)]

        def look() -> None:
            if left:
                raise left.pop()
            loop.call_soon_threadsafe(looked.set)

        monkeypatch.setattr(station, "look", look)
        station.answer("L1", Request("eth_subscribe", ["newHeads"]), Session(lambda _: None))
        looking = asyncio.create_task(look_on(station, keeper, 0.01))
        await asyncio.wait_for(looked.wait(), 60)
        looking.cancel()
        assert keeper.end(60)

    asyncio.run(act())


def test_what_ends_beside_the_servers_ends_them_and_is_raised() -> None:
    async def fail() -> None:
        raise ZeroDivisionError("a bug")

    async def act() -> None:
        listening = Listening.on("127.0.0.1", {"L1": 0})
        try:
            await asyncio.wait_for(server.run(listening, {"L1": _no_app}, asyncio.Event(), 1, [fail()]), 60)
        finally:
            listening.close()

    with pytest.raises(ZeroDivisionError):
        asyncio.run(act())


async def _no_app(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("nobody asks")


def test_a_clock_that_is_faster_than_the_chain_leaves_clients_their_turn() -> None:
    with running("--speed", "100000x", "--block-time", "1") as served:
        for _ in range(10):  # each time without a bound takes longer, because more is due by then
            first = int(served.ask("L1", "eth_blockNumber"), 16)
            served.until(partial(_is_beyond, served, first))


def _is_beyond(served: Any, number: int) -> bool:
    return int(served.ask("L1", "eth_blockNumber"), 16) > number

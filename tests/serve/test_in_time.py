"""Agents that run along: in warped time, by hand, by a scenario; and a state that the next process goes on from."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.chain import open_chain
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign
from harness.serve.clock import Clock
from harness.serve.endpoint import Session
from harness.serve.keeper import Keeper
from harness.serve.station import Station
from harness.serve.timekeeper import Timekeeper
from harness.serve.wire import Request
from harness.testbed.rollup import Rollup
from harness.testbed.runner import Runner
from tests.support.serving import Process, running

ACCOUNTS = well_known_accounts()
DAY = 86_400


def send(served: Process, layer: str, sender: Any = ACCOUNTS.alice, ahead: int = 0) -> str:
    """Send a transfer to bob; return its hash."""
    nonce = int(served.ask(layer, "eth_getTransactionCount", sender.address, "pending"), 16) + ahead
    chain_id = int(served.ask(layer, "eth_chainId"), 16)
    tx = Transaction(2, chain_id, nonce, 0, 10**11, 21_000, ACCOUNTS.bob.address_bytes, 1, b"")
    raw = sign(tx, sender.private_key, sender.address_bytes).raw
    return str(served.ask(layer, "eth_sendRawTransaction", "0x" + raw.hex()))


def mined(served: Process, sent: list[str]) -> list[Any]:
    """Return the receipts of L1's transactions; none before all are mined."""
    found = [served.ask("L1", "eth_getTransactionReceipt", each) for each in sent]
    return found if all(found) else []


def number(served: Process, layer: str, tag: str) -> int:
    return int(served.ask(layer, "eth_getBlockByNumber", tag, False)["number"], 16)


def test_in_warped_time_what_is_sent_to_l2_is_posted_asserted_and_confirmed() -> None:
    with running("--speed", f"{2 * DAY}x") as served:
        send(served, "L2")
        head = number(served, "L2", "latest")
        assert served.until(lambda: number(served, "L2", "finalized") >= head)
        status = served.ask("L2", "rollup_syncStatus")
        assert int(status["safeL2"]["number"], 16) >= int(status["finalizedL2"]["number"], 16) >= head
        assert {each["status"] for each in served.ask("L2", "rollup_assertions")} >= {"confirmed"}


def test_by_hand_nothing_moves_until_a_client_says_so() -> None:
    with running("--manual") as served:
        send(served, "L2")
        before = served.ask("L1", "eth_getBlockByNumber", "latest", False)
        assert served.ask("L2", "rollup_batches") == []
        assert int(served.ask("L2", "rollup_step"), 16) == 0
        assert served.ask("L1", "eth_getBlockByNumber", "latest", False) == before
        served.ask("L2", "rollup_run", hex(100))
        assert [each["forced"] for each in served.ask("L2", "rollup_batches")] == [False]
        assert served.ask("L2", "rollup_assertions")[0]["isRight"] is True
        served.ask("L2", "rollup_run")
        assert number(served, "L2", "finalized") == number(served, "L2", "latest")


def test_a_block_time_mines_what_waits_at_its_moments() -> None:
    with running("--block-time", str(DAY)) as served:  # so long that no block comes meanwhile
        sent = [send(served, "L1"), send(served, "L1", ACCOUNTS.carol)]
        assert served.ask("L1", "txpool_status")["pending"] == "0x2"
        served.ask("L1", "evm_increaseTime", hex(2 * DAY))
        receipts = served.until(lambda: mined(served, sent))
        assert receipts[0]["blockNumber"] == receipts[1]["blockNumber"]


def test_a_client_sets_a_block_time_and_ends_it() -> None:
    with running() as served:
        assert served.ask("L1", "evm_setIntervalMining", DAY) is True
        sent = [send(served, "L1"), send(served, "L1", ACCOUNTS.carol)]
        assert not mined(served, sent)
        assert served.ask("L1", "txpool_status")["pending"] == "0x2"
        served.ask("L1", "evm_increaseTime", hex(2 * DAY))
        receipts = served.until(lambda: mined(served, sent))
        assert receipts[0]["blockNumber"] == receipts[1]["blockNumber"]
        assert served.ask("L1", "anvil_setIntervalMining", 0) is True
        served.ask("L1", "evm_setAutomine", True)
        assert mined(served, [send(served, "L1")])
        head = number(served, "L1", "latest")
        served.ask("L1", "evm_increaseTime", hex(9 * DAY))
        last = int(mined(served, [send(served, "L1")])[0]["blockNumber"], 16)
        blocks = [served.ask("L1", "eth_getBlockByNumber", hex(each), False) for each in range(head + 1, last + 1)]
        assert all(each["transactions"] for each in blocks)  # an agent's among them, but no interval's


@pytest.mark.parametrize("layer", ["L1", "L2"])
def test_without_a_clock_of_its_own_no_layer_mines_at_an_interval(layer: str) -> None:
    with running("--manual") as served:
        assert served.ask(layer, "evm_setIntervalMining", 0) is True
        assert served.ask(layer, "evm_setIntervalMining", 5)["code"] == -32004


def test_a_block_time_goes_on_with_the_clock() -> None:
    with running("--block-time", "12", "--speed", "24x") as served:
        first = number(served, "L1", "latest")
        served.until(lambda: number(served, "L1", "latest") >= first + 3)


def test_a_scenario_brings_its_liars_and_the_page_shows_their_game() -> None:
    # At the speed of clocks on the wall: in warped time, a machine that is busy for a moment loses the game by time.
    with running("--scenario", "lie-at-an-opcode") as served:
        agents = served.ask("L2", "rollup_agents")
        assert any("lies" in each["is"] for each in agents)
        games = served.until(lambda: served.ask("L2", "rollup_games"))
        assert games[0]["claims"][0]["parent"] is None
        served.ask("L2", "rollup_run")
        assert served.ask("L2", "rollup_games")[0]["outcome"] == "rejected"


@pytest.mark.parametrize("on_request", [False, True])
def test_a_state_is_written_and_the_next_process_goes_on(tmp_path: Path, on_request: bool) -> None:
    path = tmp_path / "state.json"
    options = ("--manual", "--state", str(path))
    with running(*options) as served:
        for layer in ("L1", "L2", "L2"):
            send(served, layer)
        served.ask("L1", "hardhat_setBalance", "0x" + "77" * 20, hex(5))
        served.ask("L2", "rollup_run", hex(100))
        send(served, "L2")
        waiting = send(served, "L2", ACCOUNTS.carol, ahead=1)
        head, safe = served.ask("L1", "eth_getBlockByNumber", "latest", False), number(served, "L2", "safe")
        spent = served.ask("L2", "eth_getTransactionCount", ACCOUNTS.alice.address)
        if on_request:
            served.ask("L1", "rollup_dumpState")
            assert path.exists()
            served.process.kill()
        else:
            assert served.end() == 0
    with running(*options) as again:
        assert again.ask("L1", "eth_getBlockByNumber", "latest", False) == head
        assert int(again.ask("L1", "eth_getBalance", "0x" + "77" * 20), 16) == 5
        assert number(again, "L2", "safe") == safe
        assert again.ask("L2", "eth_getTransactionCount", ACCOUNTS.alice.address) == spent
        assert again.ask("L2", "eth_getTransactionByHash", waiting)["blockHash"] is None
        send(again, "L2", ACCOUNTS.carol)
        again.ask("L2", "rollup_run")
        assert number(again, "L2", "finalized") == number(again, "L2", "latest")


def test_an_agents_block_at_the_time_of_a_block_takes_it_from_no_client() -> None:
    async def act(rollup: Rollup) -> None:
        station, keeper = Station(rollup), Keeper()
        timekeeper = Timekeeper(station, keeper, Runner(rollup.l1), Clock(rollup.l1), block_time=DAY)
        given = {"from": ACCOUNTS.alice.address, "to": ACCOUNTS.bob.address, "value": "0x1"}
        sent: Any = station.answer("L1", Request("eth_sendTransaction", [given]), Session(lambda _: None))
        rollup.l1.warp(2 * DAY)
        rollup.l1.mine()
        latest = rollup.l1.w3.eth.get_block
        assert latest("latest")["transactions"] == []
        timekeeper._mine()
        assert [f"0x{bytes(each).hex()}" for each in latest("latest")["transactions"]] == [sent["result"]]
        assert keeper.end(60)

    with open_chain() as l1:
        asyncio.run(act(Rollup.deploy(l1)))

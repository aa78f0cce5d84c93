"""A rollup that a test serves: a foreign client and the test see the same chains."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from harness import ether
from harness.rollup.contracts import contract_type
from harness.rollup.predeploys import PASSER
from harness.serve.keeper import Keeper
from harness.serve.server import Listening
from harness.testbed.rollup import Rollup
from tests.support.clients import socket_to

REQUEST = '{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}'


def client(url: str) -> Web3:
    found = Web3(HTTPProvider(url))
    assert found.is_connected()
    return found


def send(w3: Web3, account: Any, **fields: Any) -> Any:
    """Sign a transaction, send it, and return its receipt."""
    base = {"chainId": w3.eth.chain_id, "nonce": w3.eth.get_transaction_count(account.address), "gas": 2_000_000}
    tx = {**base, "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 0, "value": 0, **fields}
    signed = w3.eth.account.sign_transaction(tx, account.private_key)
    receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))
    assert receipt["status"] == 1
    return receipt


def test_web3_over_http_deposits_deploys_on_l2_and_withdraws(rollup: Rollup, alice: Any, bob: Any) -> None:
    served = rollup.serve()
    l1, l2 = client(served.l1), client(served.l2)
    assert (l1.eth.chain_id, l2.eth.chain_id) == (rollup.l1.chain_id, rollup.l2.chain_id)

    portal = l1.eth.contract(address=rollup.portal.address, abi=rollup.portal.abi)
    before = l2.eth.get_balance(bob.address)
    call = portal.functions.depositTransaction(bob.address, ether(2), 100_000, False, b"")
    send(l1, alice, to=portal.address, value=ether(2), data=call._encode_transaction_data())
    assert l2.eth.get_balance(bob.address) == before + ether(2)

    kind = contract_type("DemoToken")
    token = l2.eth.contract(abi=kind.artifact.abi, bytecode=kind.artifact.bytecode)
    made = send(l2, alice, data=token.constructor("Gold", "GLD", 10**20).data_in_transaction)
    found = l2.eth.contract(address=made["contractAddress"], abi=kind.artifact.abi)
    assert found.functions.symbol().call() == "GLD"

    passer = l2.eth.contract(address=PASSER, abi=rollup.passer.abi)
    left = passer.functions.initiateWithdrawal(bob.address, 0, b"")
    sent = send(l2, alice, to=PASSER, value=ether(1), data=left._encode_transaction_data())
    rollup.confirm_all()
    owned = l1.eth.get_balance(bob.address)
    rollup.execute(rollup.withdrawal_in(bytes(l2.eth.get_raw_transaction(sent["transactionHash"]))), sender=alice)
    assert l1.eth.get_balance(bob.address) == owned + ether(1)


def test_the_servers_end_with_a_restore_to_before_them(rollup: Rollup) -> None:
    mark, chain = rollup.snapshot(), rollup.l1.snapshot()
    served = rollup.serve()
    assert client(served.l2).eth.block_number == rollup.l2.block_number
    rollup.restore(mark)
    rollup.l1.restore(chain)
    assert not Web3(HTTPProvider(served.l2)).is_connected()


def test_a_second_call_gives_the_same_servers_while_they_are_open(rollup: Rollup) -> None:
    first = rollup.serve()
    assert rollup.serve() is first
    first.close()
    again = rollup.serve()
    assert again is not first
    assert client(again.l2).eth.chain_id == rollup.l2.chain_id


def test_servers_that_cannot_be_opened_leave_nothing_behind(rollup: Rollup, monkeypatch: pytest.MonkeyPatch) -> None:
    before, opened = dict(vars(rollup.l1.backend)), list[Listening]()
    listen = Listening.on

    def noted(*arguments: Any) -> Listening:
        opened.append(listen(*arguments))
        return opened[-1]

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Listening, "on", noted)
    monkeypatch.setattr("harness.serve.within.Station", fail)
    with pytest.raises(ZeroDivisionError):
        rollup.serve()
    assert vars(rollup.l1.backend).keys() == before.keys()
    assert [each.fileno() for each in opened[0].sockets.values()] == [-1, -1]


def test_a_job_that_outlives_the_server_troubles_nobody(
    rollup: Rollup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked, given, keepers = Event(), Keeper.do, list[Thread]()

    async def noted(self: Keeper, job: Any, **options: Any) -> Any:
        if getattr(job, "func", None) is not None:
            keepers.append(self._thread)
            asked.set()
        return await given(self, job, **options)

    monkeypatch.setattr(Keeper, "do", noted)
    monkeypatch.setattr("harness.serve.within._PATIENCE", 0.01)
    served: Any = rollup.serve()
    with socket_to(served.l1) as socket:
        with served._station._turns:
            socket.connection.send(REQUEST)
            assert asked.wait(120)
            served.close()
            assert not served.is_open
        keepers[0].join(120)
    assert not keepers[0].is_alive()
    gc.collect()  # asyncio would tell of a task that was left behind
    assert {each.name for each in caplog.records} == {"uvicorn.error"}  # it tells that it cut a connection off


def test_a_thread_that_cannot_be_started_leaves_nothing_behind(rollup: Rollup, monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(vars(rollup.l1.backend))

    class Unstartable:
        def __init__(self, **_: Any) -> None:
            raise RuntimeError("can't start new thread")

    monkeypatch.setattr("harness.serve.within.Thread", Unstartable)
    with pytest.raises(RuntimeError, match="can't start") as caught:
        rollup.serve()
    assert vars(rollup.l1.backend).keys() == before.keys()
    del caught  # it kept alive what would otherwise have been cleaned up by chance


def test_a_test_may_act_while_a_client_asks(rollup: Rollup, alice: Any, bob: Any) -> None:
    """A client that asks all the time, as a front end does, sees whole blocks, and harms nobody."""
    served = rollup.serve()
    asked: list[int] = []
    stop = Event()

    def ask() -> None:
        l1, l2 = client(served.l1), client(served.l2)
        while not stop.is_set():
            for w3 in (l1, l2):
                block = w3.eth.get_block("latest")
                asked.append(len(block["transactions"]))
                w3.eth.get_balance(bob.address, block["number"])

    with ThreadPoolExecutor(2) as pool:
        clients = [pool.submit(ask) for _ in range(2)]
        before = rollup.l2.balance(bob)
        rounds = 0
        while len(asked) < 40 and rounds < 1_000:
            rounds += 1
            rollup.deposit(1, sender=alice, to=bob)
            rollup.l2.send(sender=alice, to=bob, value=1)
            rollup.step()
        stop.set()
        for each in clients:
            each.result()
    assert rollup.l2.balance(bob) == before + 2 * rounds
    assert len(asked) >= 40

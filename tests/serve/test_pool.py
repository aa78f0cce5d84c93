"""Transactions of many clients: all included, in the order of nonces; what waits for a nonce waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.chain.chain import Chain
from harness.chain.values.transactions import Transaction, sign
from harness.isolation import Isolation
from harness.testbed.rollup import Rollup
from harness.testbed.rollup_fixtures import open_rollup
from tests.support.backends import isolated_chain
from tests.support.clients import ask, post

CLIENTS, PER_CLIENT = 8, 125
GWEI = 10**9


@pytest.fixture(scope="session")
def l1(harness_isolation: Isolation) -> Iterator[Chain]:
    """A chain of this process. A node has a pool of its own."""
    with isolated_chain("py-evm", harness_isolation) as opened:
        yield opened


@pytest.fixture(scope="session")
def rollup(l1: Chain, harness_isolation: Isolation) -> Iterator[Rollup]:
    """The folder's own may be open already, on another chain."""
    with open_rollup(l1, harness_isolation, {}) as opened:
        yield opened


@pytest.fixture(params=["l1", "l2"])
def layer(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def chain(rollup: Rollup, layer: str) -> Chain:
    return getattr(rollup, layer)  # type: ignore[no-any-return]


@pytest.fixture
def url(rollup: Rollup, layer: str) -> Iterator[str]:
    with rollup.serve() as served:
        yield getattr(served, layer)


@pytest.fixture
def raw(chain: Chain, bob: Any) -> Callable[..., str]:
    def signed(sender: Any, ahead: int = 0, fee: int = 10 * GWEI, tip: int = GWEI, value: int = 1) -> str:
        nonce = chain.nonce(sender) + ahead
        tx = Transaction(2, chain.chain_id, nonce, tip, fee, 21_000, bob.address_bytes, value, b"")
        return "0x" + sign(tx, sender.private_key, sender.address_bytes).raw.hex()

    return signed


def test_a_thousand_transactions_of_eight_clients_are_all_included_in_order(
    chain: Chain, url: str, raw: Callable[..., str]
) -> None:
    """Each client sends a stripe of every sender's nonces, so that most come too early."""
    senders = list(chain.accounts)[:4]
    before = {sender.address: chain.nonce(sender) for sender in senders}
    every = [raw(senders[n % 4], n // 4) for n in range(CLIENTS * PER_CLIENT)]

    def client(number: int) -> list[Any]:
        return [
            ask(url, "eth_sendRawTransaction", each) for each in every[number * PER_CLIENT : (number + 1) * PER_CLIENT]
        ]

    with ThreadPoolExecutor(CLIENTS) as clients:
        hashes = [each for found in clients.map(client, range(CLIENTS)) for each in found]
    assert len(set(hashes)) == len(every)
    places = {}
    for sent in hashes:
        receipt = ask(url, "eth_getTransactionReceipt", sent)
        assert receipt["status"] == "0x1"
        nonce = int(ask(url, "eth_getTransactionByHash", sent)["nonce"], 16)
        places.setdefault(receipt["from"], []).append((int(receipt["blockNumber"], 16), nonce))
    assert {sender: [nonce for _, nonce in sorted(found)] for sender, found in places.items()} == {
        sender.address: list(range(before[sender.address], before[sender.address] + 250)) for sender in senders
    }
    assert ask(url, "txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_nonce_gap_waits_until_it_is_filled(chain: Chain, url: str, raw: Callable[..., str], alice: Any) -> None:
    following = chain.nonce(alice)
    late, last, missing = raw(alice, 1), raw(alice, 3), raw(alice, 0)
    sent = ask(url, "eth_sendRawTransaction", late)
    ask(url, "eth_sendRawTransaction", last)
    assert ask(url, "txpool_status") == {"pending": "0x0", "queued": "0x2"}
    assert list(ask(url, "txpool_content")["queued"][alice.address]) == [str(following + 1), str(following + 3)]
    assert ask(url, "eth_getTransactionByHash", sent)["blockHash"] is None
    assert ask(url, "eth_getRawTransactionByHash", sent) == late
    assert ask(url, "eth_getTransactionReceipt", sent) is None
    assert ask(url, "eth_getTransactionCount", alice.address, "pending") == hex(following)
    ask(url, "eth_sendRawTransaction", missing)
    assert ask(url, "eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert chain.nonce(alice) == following + 2
    assert ask(url, "txpool_status") == {"pending": "0x0", "queued": "0x1"}


def test_a_test_that_fills_the_gap_itself_frees_what_waits(
    chain: Chain, url: str, raw: Callable[..., str], alice: Any, bob: Any
) -> None:
    sent = ask(url, "eth_sendRawTransaction", raw(alice, 1))
    chain.send(sender=alice, to=bob, value=1)
    ask(url, "eth_chainId")
    assert ask(url, "eth_getTransactionReceipt", sent)["status"] == "0x1"


def test_a_replacement_needs_both_fees_a_tenth_higher(
    chain: Chain, url: str, raw: Callable[..., str], alice: Any
) -> None:
    first = ask(url, "eth_sendRawTransaction", raw(alice, 1, 10 * GWEI, GWEI))
    for fee, tip in ((10 * GWEI, GWEI), (11 * GWEI, GWEI), (10 * GWEI, 2 * GWEI), (109 * GWEI // 10, 2 * GWEI)):
        refused = ask(url, "eth_sendRawTransaction", raw(alice, 1, fee, tip, value=2))
        assert refused["message"].startswith("replacement transaction underpriced"), (fee, tip)
        assert refused["code"] == -32003
    assert ask(url, "eth_sendRawTransaction", raw(alice, 1, 10 * GWEI, GWEI))["message"] == "already known"
    second = ask(url, "eth_sendRawTransaction", raw(alice, 1, 11 * GWEI, 11 * GWEI // 10, value=2))
    assert ask(url, "eth_getTransactionByHash", first) is None
    ask(url, "eth_sendRawTransaction", raw(alice, 0))
    assert ask(url, "eth_getTransactionReceipt", second)["status"] == "0x1"
    assert ask(url, "eth_getTransactionReceipt", first) is None


def test_what_no_block_takes_does_not_wait(chain: Chain, url: str, raw: Callable[..., str], alice: Any) -> None:
    poor = raw(alice, 1, value=10**30)
    assert ask(url, "eth_sendRawTransaction", poor)["message"].startswith("insufficient funds")
    foreign = Transaction(2, 5, chain.nonce(alice) + 1, GWEI, 10 * GWEI, 21_000, alice.address_bytes, 1, b"")
    sent = "0x" + sign(foreign, alice.private_key, alice.address_bytes).raw.hex()
    assert ask(url, "eth_sendRawTransaction", sent)["message"].startswith("invalid chain id")
    assert ask(url, "txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_what_waits_can_be_dropped(url: str, raw: Callable[..., str], alice: Any) -> None:
    sent = [ask(url, "eth_sendRawTransaction", raw(alice, ahead)) for ahead in (1, 2)]
    assert ask(url, "anvil_dropTransaction", sent[0]) == sent[0]
    assert ask(url, "anvil_dropTransaction", sent[0]) is None
    assert ask(url, "txpool_status")["queued"] == "0x1"
    ask(url, "anvil_dropAllTransactions")
    assert ask(url, "txpool_status")["queued"] == "0x0"


def test_what_waits_has_so_many_bytes_at_most(
    url: str, raw: Callable[..., str], alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = [raw(alice, ahead) for ahead in (1, 2, 3)]
    most = sum(len(bytes.fromhex(each[2:])) for each in early) - 1
    monkeypatch.setattr("harness.serve.pool.MOST_BYTES", most)
    sent = [ask(url, "eth_sendRawTransaction", each) for each in early]
    assert sent[2]["code"] == -32003
    assert sent[2]["message"] == f"txpool is full: what waits would have {most + 1} bytes, expected at most {most}"
    replaced = ask(url, "eth_sendRawTransaction", raw(alice, 1, 11 * GWEI, 11 * GWEI // 10))
    assert ask(url, "anvil_dropTransaction", replaced) == replaced
    last = ask(url, "eth_sendRawTransaction", early[2])
    assert ask(url, "eth_getTransactionByHash", last)["hash"] == last
    assert ask(url, "eth_sendRawTransaction", early[0])["message"].startswith("txpool is full")
    ask(url, "anvil_dropAllTransactions")
    assert [ask(url, "eth_sendRawTransaction", each) for each in early[:2]] == sent[:2]


def test_a_client_does_not_mine_the_block_that_a_test_holds_open(
    chain: Chain, url: str, raw: Callable[..., str], alice: Any, bob: Any
) -> None:
    with chain.block():
        first = chain.send(sender=alice, to=bob, value=1)
        assert ask(url, "evm_mine")["message"] == "cannot mine inside block(), expected after it"
        of_client = ask(url, "eth_sendRawTransaction", raw(alice))
        ask(url, "evm_setAutomine", False)
        ask(url, "eth_sendRawTransaction", raw(bob))
        assert ask(url, "evm_mine")["message"] == "cannot open another block inside block(), expected after it"
        ask(url, "evm_setAutomine", True)
        last = chain.send(sender=alice, to=bob, value=1)
    assert first.block_number == last.block_number == chain.block_number
    assert ask(url, "eth_getTransactionReceipt", of_client)["blockNumber"] == hex(chain.block_number)


def test_a_client_does_not_take_away_the_block_that_a_test_holds_open(
    rollup: Rollup, chain: Chain, layer: str, alice: Any, bob: Any
) -> None:
    with rollup.serve() as served:
        mark, head = ask(served.l1, "evm_snapshot"), chain.block_number
        with chain.block():
            sent = chain.send(sender=alice, to=bob, value=1)
            for url, operation, method, params in (
                (served.l1, "restore a snapshot", "evm_revert", (mark,)),
                (served.l1, "take a snapshot", "evm_snapshot", ()),
                (getattr(served, layer), "set the time", "evm_increaseTime", (60,)),
            ):
                told = ask(url, method, *params)["message"]
                assert told == f"cannot {operation} inside block(), expected after it"
        assert sent.block_number == chain.block_number == head + 1
        assert ask(served.l1, "evm_revert", mark) is True
        assert chain.block_number == head


def test_without_automine_a_block_takes_what_pays_most(
    rollup: Rollup, url: str, layer: str, raw: Callable[..., str], accounts: Any
) -> None:
    senders = [accounts.alice, accounts.bob, accounts.carol]
    ask(url, "evm_setAutomine", False)
    assert ask(url, "anvil_getAutomine") is False
    tips = [GWEI, 3 * GWEI, 2 * GWEI]
    sent = [ask(url, "eth_sendRawTransaction", raw(who, 0, tip=tip)) for who, tip in zip(senders, tips, strict=True)]
    more = ask(url, "eth_sendRawTransaction", raw(accounts.bob, 1, tip=GWEI // 2))
    assert ask(url, "txpool_status") == {"pending": "0x4", "queued": "0x0"}
    assert ask(url, "eth_getTransactionReceipt", sent[0]) is None
    block = int(ask(url, "eth_blockNumber"), 16)
    ask(url, "evm_mine")
    found = ask(url, "eth_getBlockByNumber", hex(block + 1), False)["transactions"]
    assert found == [sent[1], sent[2], sent[0], more]
    ask(url, "evm_setAutomine", True)
    assert ask(url, "txpool_status") == {"pending": "0x0", "queued": "0x0"}


def test_a_snapshot_of_l1_has_l2_and_what_waits(rollup: Rollup, layer: str, alice: Any, bob: Any) -> None:
    with rollup.serve() as served:
        mark = ask(served.l1, "evm_snapshot")
        before = rollup.l1.balance(bob), rollup.l2.balance(bob), rollup.l2.block_number
        rollup.l1.send(sender=alice, to=bob, value=1)
        rollup.l2.send(sender=alice, to=bob, value=1)
        rollup.sequencer.post()
        tx = Transaction(2, 901, rollup.l2.nonce(alice) + 1, 0, GWEI, 21_000, bob.address_bytes, 1, b"")
        ask(served.l2, "eth_sendRawTransaction", "0x" + sign(tx, alice.private_key, alice.address_bytes).raw.hex())
        assert ask(served.l1, "evm_revert", mark) is True
        assert (rollup.l1.balance(bob), rollup.l2.balance(bob), rollup.l2.block_number) == before
        assert ask(served.l2, "txpool_status")["queued"] == "0x0"


def test_a_batch_is_answered_in_its_order(url: str, raw: Callable[..., str], alice: Any) -> None:
    wanted = [raw(alice, 1), raw(alice, 0), "0x00"]
    batch = [
        {"jsonrpc": "2.0", "id": n, "method": "eth_sendRawTransaction", "params": [each]}
        for n, each in enumerate(wanted)
    ]
    status, body = post(url, json.dumps([*batch, {"jsonrpc": "2.0", "method": "eth_chainId"}, 7]).encode())
    answers = json.loads(body)
    assert status == 200
    assert [answer["id"] for answer in answers] == [0, 1, 2, None]
    assert ["error" in answer for answer in answers] == [False, False, True, True]

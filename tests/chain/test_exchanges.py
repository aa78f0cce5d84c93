"""How often a transaction asks a node, each time a round trip."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from harness import Rollup, RollupConfig
from harness.agents import Proposer, faults
from harness.chain import open_chain
from harness.chain.errors import UnknownTransaction

pytestmark = pytest.mark.only_anvil


def test_a_transaction_takes_four_exchanges_and_its_receipt_is_kept_until_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with open_chain("anvil") as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        chain.send(sender=alice, to=bob, value=1)  # the first one sets the base fee as well
        backend: Any = chain.backend
        exchange, asked = backend._exchange, []

        def counted(body: Any, is_read: bool) -> Any:
            asked.append(body)
            return exchange(body, is_read)

        monkeypatch.setattr(backend, "_exchange", counted)
        receipt = chain.send(sender=alice, to=bob, value=1)
        assert len(asked) == 4
        chain.head  # noqa: B018 - asks the node
        assert chain.receipt(receipt.hash) == receipt
        assert len(asked) == 7  # somebody else may have changed the chain since
        chain.reorg(1)
        with pytest.raises(UnknownTransaction):
            chain.receipt(receipt.hash)


def test_what_was_read_ahead_is_good_until_something_else_is_asked_and_no_longer_than_the_send() -> None:
    with open_chain("anvil") as chain:
        alice, bob = chain.accounts.alice, chain.accounts.bob
        backend: Any = chain.backend
        who = alice.address_bytes
        with backend.ahead(who, bob.address_bytes):
            before = backend.balance(who)
            backend.set_balance(who, 10**24)
            assert backend.balance(who) == 10**24 != before
        with backend.ahead(who, None):
            pass
        backend._wire.exchange(_edit(alice.address, 7), False)  # as another process would
        assert backend.balance(who) == 7


def test_a_steady_look_asks_nothing_twice_until_it_writes_and_sees_what_others_did_afterwards() -> None:
    with open_chain("anvil") as chain:
        alice = chain.accounts.alice
        backend: Any = chain.backend
        with backend.steady():
            before = chain.head, chain.balance(alice), chain.block_at(0)
            with backend.steady():
                backend._wire.exchange(_edit(alice.address, 7), False)  # as another process would
            assert (chain.head, chain.balance(alice), chain.block_at(0)) == before
            chain.mine()
            assert chain.block_number == before[0].number + 1
            assert chain.balance(alice) == 7
        backend._wire.exchange(_edit(alice.address, 8), False)
        assert chain.balance(alice) == 8


def test_a_deposit_takes_seven_exchanges() -> None:
    with open_chain("anvil") as chain:
        rollup = Rollup.deploy(chain, RollupConfig())
        rollup.deposit(1, sender=chain.accounts.alice)
        backend: Any = chain.backend
        exchange, asked = backend._exchange, []

        def counted(body: Any, is_read: bool) -> Any:
            asked.append(body)
            return exchange(body, is_read)

        backend._exchange = counted
        before = rollup.l2.balance(chain.accounts.alice)
        asked.clear()
        assert rollup.deposit(1, sender=chain.accounts.alice).succeeded
        assert len(asked) == 7
        assert rollup.l2.balance(chain.accounts.alice) == before + 1


def test_a_game_asks_a_node_little_more_than_its_moves_take() -> None:
    """Each agent's turn sees L1 as it is when the turn begins, and again after what the agent sent."""
    with open_chain("anvil") as chain:
        rollup = Rollup.deploy(chain, RollupConfig())
        rollup.fund()
        backend: Any = chain.backend
        rollup.l2.send(sender=chain.accounts.alice, to=chain.accounts.bob, value=1)
        liar = rollup.join(Proposer(lie=faults.wrong_fee()))
        game = rollup.challenger.dispute(liar.propose())
        exchange, asked, sent = backend._exchange, Counter[str](), 0

        def counted(body: Any, is_read: bool) -> Any:
            asked.update({each["method"] for each in (body if isinstance(body, list) else [body])})
            return exchange(body, is_read)

        backend._exchange = counted
        rollup.run_until(game.resolved)
        sent = asked["eth_sendRawTransaction"]
        assert sent > 20
        assert asked.total() < 30 * sent


def _edit(address: str, balance: int) -> bytes:
    request = {"jsonrpc": "2.0", "id": 1, "method": "anvil_setBalance", "params": [address, hex(balance)]}
    return json.dumps(request).encode()

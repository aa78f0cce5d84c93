"""Games on the real rollup and the real prover."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.agents import Proposer
from harness.chain import Chain
from harness.chain.values.accounts import Account
from harness.chain.values.transactions import TX_GAS_CAP
from harness.fuzz.disturbances import gas_paid
from harness.testbed.games import GameHandle

MOST_GAS_OF_A_MOVE = 250_000


class Table:
    """Disputes in one rollup: a liar against the honest challenger, to the end."""

    def __init__(self, rollup: Any) -> None:
        self.rollup = rollup
        self.game: GameHandle | None = None

    def check_conserved(self) -> None:
        """The open game holds its bonds and what it owes, to the wei."""
        if self.game is not None:
            view = self.game.view
            assert self.rollup.l1.balance(view.address) == view.locked

    def play(self, agent: Proposer, account: Account | None = None) -> GameHandle:
        """Let a lying proposer assert and the challenger win; the game."""
        rollup = self.rollup
        honest = rollup.challenger
        liar = rollup.join(agent, account)
        spent = Spending(rollup.l1, honest.account)
        self.game = rollup.challenger.dispute(liar.propose())
        rollup.run_until(self.game.resolved)
        assert self.game.winner is honest
        assert liar.bond == 0
        assert self.game.assertion.rejected()
        assert spent.kept() >= 0
        return self.game


def check_gas(_: Any, receipt: Any) -> None:
    """No transaction of a game is above the cap of EIP-7825, and no move, the opening one included, above its own."""
    assert receipt.gas_used < TX_GAS_CAP
    if any(event.name == "Moved" for event in receipt.events):
        assert receipt.gas_used <= MOST_GAS_OF_A_MOVE


class Spending:
    """What an account has won or lost since now, gas not counted."""

    def __init__(self, chain: Chain, account: Account) -> None:
        self.chain = chain
        self.account = account
        self.before = chain.balance(account)
        self.since = chain.block_number + 1

    def kept(self) -> int:
        """What it has more than before; what a reorg took away did not cost it anything."""
        return self.chain.balance(self.account) - self.before + gas_paid(self.chain, self.account, self.since)


@pytest.fixture
def spending(rollup: Any) -> Callable[[Account], Spending]:
    """Start to count what an account wins or loses."""
    return lambda account: Spending(rollup.l1, account)


@pytest.fixture
def table(rollup: Any) -> Iterator[Table]:
    made = Table(rollup)
    stops = [rollup.l1.on_transaction(lambda *_: made.check_conserved()), rollup.l1.on_transaction(check_gas)]
    yield made
    for stop in stops:
        stop()

"""The work of a dispute grows no faster than its subject. Work is counted, not timed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.agents import Proposer, faults
from harness.agents.lies.altered_machine import AlteredExecution
from harness.agents.proposer import Status
from harness.chain import Chain, open_chain
from harness.dispute.reader import GameReader
from harness.proofs.trace import Execution
from harness.rollup.machine.environment import TX_GAS_CAP
from harness.rollup.machine.execution import contract_address
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.proposer import ProposerHandle
from harness.testbed.rollup import Rollup

LOOPS = 30_000
RUNTIME = bytes.fromhex(f"62{LOOPS:06x}5b600190038080155060045700")
"""Counts down from LOOPS; ten opcodes a turn."""

CREATION = bytes.fromhex(f"60{len(RUNTIME):02x}80600b6000396000f3") + RUNTIME


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, int]]:
    """The recorded runs of transactions: whether on an altered machine, and how many steps."""
    found: list[tuple[bool, int]] = []
    run = Execution.run

    def counted(self: Execution, recorder: Any = None) -> Any:
        try:
            return run(self, recorder)
        finally:
            inner = getattr(recorder, "inner", recorder)
            if inner is not None:
                found.append((isinstance(self, AlteredExecution), inner.count))

    monkeypatch.setattr(Execution, "run", counted)
    return found


def test_a_dispute_records_a_long_transaction_once_as_it_is_and_once_as_the_liar_has_it(
    rollup: Any, accounts: Any, runs: list[tuple[bool, int]]
) -> None:
    """Who asserts a lie and who defends it are one; what lies between the steps kept is replayed once, and no farther
    than it reaches.
    """
    alice = accounts.alice
    created = contract_address(alice.address_bytes, rollup.l2.nonce(alice))
    rollup.l2.send(sender=alice, data=CREATION, gas=200_000)
    rollup.l2.send(sender=alice, to="0x" + created.hex(), gas=TX_GAS_CAP)
    liar = rollup.join(Proposer(lie=faults.tamper_opcode("SUB", LOOPS // 2)))
    game = rollup.challenger.dispute(liar.propose())
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step.opcode == "SUB"
    steps = 10 * LOOPS
    for altered in (False, True):
        long = sorted(count for kind, count in runs if kind is altered and count > 1_000)
        # Who needs none of the later steps replays nothing; the parity of the bisection decides whose turn they are.
        assert [round(count / steps, 1) for count in long] in ([1.0], [0.5, 1.0])


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What agents ask of L1: calls of contracts, and games that are looked at."""
    found: list[str] = []

    def count(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counted(*args: Any, **keywords: Any) -> Any:
            found.append(name)
            return original(*args, **keywords)

        monkeypatch.setattr(owner, name, counted)

    count(Chain, "call")
    count(GameReader, "view")
    return found


def test_a_game_after_many_asks_no_more_of_l1_than_the_first(reads: list[str]) -> None:
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        asked = []
        for _ in range(12):
            rollup.l2.send(sender=l1.accounts.alice, to=l1.accounts.bob, value=1)
            liar = rollup.join(Proposer(lie=faults.wrong_fee()))
            reads.clear()
            game = rollup.challenger.dispute(liar.propose())
            rollup.run_until(game.resolved)
            asked.append(len(reads))
            liar.leave()
            rollup.confirm_all()
    assert min(asked) > 100
    assert max(asked) <= 1.2 * asked[0]


def test_an_assertion_on_top_of_many_asks_no_more_of_l1_than_the_first(reads: list[str]) -> None:
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        asked = []
        for _ in range(24):
            rollup.l2.send(sender=l1.accounts.alice, to=l1.accounts.bob, value=1)
            rollup.post()
            reads.clear()
            rollup.proposer.propose()
            asked.append(len(reads))
        assert len(rollup.pending_assertions()) == 24
    assert max(asked) <= asked[1] + 5


@pytest.mark.needs("reorg")
def test_what_is_remembered_of_assertions_and_games_ends_with_the_blocks_that_it_was_read_in(
    rollup: Any, accounts: Any
) -> None:
    """A reorg takes back a rejection and a game's end; both come again, and agents act on what L1 says then."""
    l1, challenger = rollup.l1, rollup.challenger
    rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=1)
    assertion = rollup.join(Proposer(lie=faults.wrong_fee())).propose()
    proposed = l1.block_number
    game = challenger.dispute(assertion)
    rollup.run_until(assertion.rejected)
    decided = l1.block_number
    rollup.runner.run_until_quiet()
    assert assertion.rejected() and not challenger.games()
    l1.reorg(l1.block_number - decided + 1)
    assert not assertion.rejected() and not game.view.over
    assert assertion.id in dict(rollup.pending_assertions())
    assert [address for _, address in challenger.games()] == [game.address]
    rollup.runner.run_until_quiet()
    assert assertion.rejected() and game.winner is challenger and not challenger.games()
    l1.reorg(l1.block_number - proposed + 1)
    assert assertion.status is Status.UNKNOWN


def test_a_turn_beside_many_undecided_assertions_looks_anew_at_few(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[bytes] = []
    for handle, method in ((ChallengerHandle, "pending"), (ProposerHandle, "_entry")):
        monkeypatch.setattr(handle, method, _noting(looks, getattr(handle, method)))
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        assert rollup.challenger
        counts = []
        for _ in range(24):
            rollup.l2.send(sender=l1.accounts.alice, to=l1.accounts.bob, value=1)
            looks.clear()
            rollup.runner.settle()
            counts.append(len(looks))
        assert len(rollup.pending_assertions()) == 24
    assert max(counts[2:]) <= counts[2]


def _noting(looks: list[bytes], method: Any) -> Any:
    def noted(self: Any, id: bytes, *rest: Any) -> Any:
        looks.append(id)
        return method(self, id, *rest)

    return noted


def _assert_nothing_stale(rollup: Rollup) -> None:
    """See that agents with a memory see the assertions as agents without one do."""
    challenger, proposer = rollup.challenger, rollup.proposer
    fresh: Any = ChallengerHandle(rollup, challenger.account, challenger.agent)
    unknown: Any = ProposerHandle(rollup, proposer.account, proposer.agent)
    seen = [replace(each, know=None) for each in challenger.view().assertions]
    assert seen == [replace(each, know=None) for each in fresh.view().assertions]
    assert proposer.view() == unknown.view()


def test_what_agents_remember_of_assertions_is_what_they_would_see_now() -> None:
    """On py-evm alone: what is remembered does not depend on the node, and so many turns take long on one."""
    with open_chain("py-evm") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        _see_nothing_stale(rollup)


def _see_nothing_stale(rollup: Rollup) -> None:
    l1, period, accounts = rollup.l1, rollup.config.period, rollup.l1.accounts
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    acts = [
        liar.propose,
        rollup.proposer.propose,
        lambda: l1.warp(period // 2),
        rollup.proposer.propose,
        lambda: rollup.challenger.open(rollup.proposer.made[-1]),
        rollup.runner.settle,
        lambda: l1.reorg(2),
        rollup.runner.settle,
        rollup.join(Proposer(lie=faults.wrong_root())).propose,
        lambda: l1.reorg(1),
        lambda: l1.warp(period + 10),
        l1.mine,
        rollup.runner.settle,
        rollup.runner.run_until_quiet,
        lambda: l1.reorg(3),
        rollup.runner.run_until_quiet,
    ]
    for act in acts:
        rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=1)
        act()
        _assert_nothing_stale(rollup)
    rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=1)
    rollup.proposer.propose()
    _assert_nothing_stale(rollup)
    with l1.block():
        rollup.challenger.open(rollup.proposer.made[-1])
        _assert_nothing_stale(rollup)


def test_assertions_on_top_of_each_other_are_confirmed_in_one_turn(rollup: Any, accounts: Any) -> None:
    rollup.proposer.agent = Proposer(confirms=False)
    for _ in range(4):
        rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=1)
        rollup.proposer.propose()
    rollup.l1.warp(rollup.config.period + 10)
    rollup.l1.mine()
    assert rollup.challenger.play() == 4
    assert rollup.pending_assertions() == []


def test_an_edit_of_l1_ends_what_is_remembered_of_an_assertion(rollup: Any, accounts: Any) -> None:
    """No event tells what an edit changed."""
    rollup.l2.send(sender=accounts.alice, to=accounts.bob, value=1)
    id = rollup.proposer.propose().id
    before = rollup.disputes.stamps()(id)
    assert rollup.disputes.stamps()(id) == before
    rollup.l1.set_balance(accounts.bob, 1)
    assert rollup.disputes.stamps()(id) != before

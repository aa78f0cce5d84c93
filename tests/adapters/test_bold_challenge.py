"""Challenges of Arbitrum's BoLD as npm publishes it: rivals, three levels, time, and one step of the simple prover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.adapters import bold
from harness.adapters.bold_challenge import Party, play
from harness.adapters.bold_history import History, Lie, Machine
from harness.adapters.published import ARBITRUM
from harness.chain import open_chain
from harness.errors import Reverted
from harness.primitives.hashing import keccak256
from tests.support.published import home_of

HEIGHTS = (16, 16, 64)
MACHINE = Machine(HEIGHTS)
PERIOD = 150
"""Blocks of L1: more than a challenge takes."""
TOLD = bold.State(block_hash=keccak256(b"another block"), inbox=1)


@pytest.fixture(scope="module")
def artifacts() -> Path:
    return home_of(ARBITRUM) / ARBITRUM.artifacts


@pytest.fixture
def stack(artifacts: Path) -> Iterator[bold.BoldStack]:
    with open_chain() as chain:
        yield bold.deploy(chain, artifacts, rules=bold.BoldRules(confirm_period=PERIOD, heights=HEIGHTS))


def rivals(stack: bold.BoldStack, at: tuple[int, int, int]) -> tuple[Party, Party]:
    """Let alice assert the truth, and mallory a state that goes wrong behind one step of one block."""
    alice, mallory = stack.chain.accounts.alice, stack.chain.accounts.mallory
    lie = Lie(MACHINE, at, TOLD.machine)
    true = stack.propose(stack.genesis, bold.State(history=MACHINE.history(()).root), alice)
    false = stack.propose(stack.genesis, replace(TOLD, history=lie.history(()).root), mallory)
    return Party(stack, alice, MACHINE, true), Party(stack, mallory, lie, false)


def test_the_machine_ends_its_batch_within_the_heights() -> None:
    assert 2 <= MACHINE.blocks <= HEIGHTS[0]
    assert MACHINE.history(()).states[-1] == bold.State(inbox=1).machine
    for block in range(MACHINE.blocks):
        assert MACHINE.history((block,)).states[-1] == MACHINE.history(()).states[block + 1]


def test_a_history_of_one_state_is_its_hash() -> None:
    assert History((b"a" * 32,)).root == keccak256(b"a" * 32)


@pytest.mark.parametrize("at", [(0, 0, 0), (5, 2, 63), (9, 0, 39)], ids=["first", "end-of-a-big-step", "last"])
def test_the_truth_is_confirmed_by_one_step_and_time(stack: bold.BoldStack, at: tuple[int, int, int]) -> None:
    honest, liar = rivals(stack, at)
    play(honest, liar)
    edge = honest.path[-1]
    assert (*edge.place, edge.start, edge.end) == (*at, at[2] + 1)
    with pytest.raises(Reverted, match="Invalid inclusion proof"):
        liar.prove(MACHINE)
    honest.prove(MACHINE)
    with pytest.raises(Reverted, match="InsufficientConfirmationBlocks"):
        honest.confirm()
    stack.pass_blocks(stack.rules.confirm_period)
    winner = honest.confirm()
    with pytest.raises(Reverted, match="CHALLENGE_GRACE_PERIOD_NOT_PASSED"):
        stack.confirm(honest.claim, honest.who, winner)
    stack.pass_blocks(stack.rules.grace_period)
    stack.confirm(honest.claim, honest.who, winner)
    assert bytes(stack.rollup.latestConfirmed()) == honest.claim.hash


def test_an_edge_that_nobody_rivals_is_confirmed_by_time(stack: bold.BoldStack) -> None:
    honest, _ = rivals(stack, (0, 0, 0))
    honest.open()
    stack.pass_blocks(stack.rules.confirm_period + stack.rules.grace_period)
    winner = honest.confirm()
    stack.pass_blocks(stack.rules.grace_period)
    stack.confirm(honest.claim, honest.who, winner)


def test_no_edge_is_confirmed_while_the_rivals_stand(stack: bold.BoldStack) -> None:
    honest, liar = rivals(stack, (0, 0, 0))
    for party in (honest, liar):
        party.open()
    stack.pass_blocks(2 * stack.rules.confirm_period)
    for party in (honest, liar):
        with pytest.raises(Reverted, match="InsufficientConfirmationBlocks"):
            party.confirm()


def test_the_last_step_of_an_odd_big_step_cannot_be_proven(stack: bold.BoldStack) -> None:
    """What the original has: it looks for a state at the number of the machine's step, not at the edge's height.

    The bits of that number behind the tree's depth do not count, but behind the last step one of them is the tree's.
    """
    honest, liar = rivals(stack, (5, 1, HEIGHTS[2] - 1))
    play(honest, liar)
    for party in (honest, liar):
        with pytest.raises(Reverted, match="Invalid inclusion proof"):
            party.prove(MACHINE)

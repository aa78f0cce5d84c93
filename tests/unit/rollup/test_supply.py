"""The ether that L2 should have: minted less burnt, each block read once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.primitives.hashing import word
from harness.rollup.codec.messages import Deposit
from harness.rollup.genesis import genesis
from harness.rollup.machine.execution import Log, TransactionOutcome
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.node import supply
from harness.rollup.node.blocks import Included, L2Block, genesis_block
from harness.rollup.node.supply import RunningSupply, issued
from harness.rollup.predeploys import PASSER

START = genesis(901, 7, bytes(19) + b"\x01", bytes(19) + b"\x02")
TX = L2Transaction(
    type_id=2, chain_id=901, nonce=0, priority_fee=0, max_fee=7, gas_limit=21_000, to=bytes(20), value=0, data=b"",
    access_list=(), sender=bytes(20), raw=b"",
)  # fmt: skip
DONE = TransactionOutcome(State(), 1_000, 1, (), b"")


def mint(wei: int) -> Included:
    return Included(bytes(32), Deposit(bytes(20), bytes(20), wei, 0, 21_000, b""), State(), DONE)


SPENT = Included(bytes(32), TX, State(), DONE)


def block(number: int, *items: Included) -> L2Block:
    return L2Block(replace(START, env=replace(START.env, number=number)), bytes(32), items, number)


@pytest.fixture
def blocks() -> list[L2Block]:
    return [genesis_block(START), block(1, mint(10**6)), block(2, SPENT, mint(5)), block(3)]


def test_a_block_issues_what_it_mints_less_the_base_fee_of_its_gas() -> None:
    assert issued(block(1, mint(10**6), SPENT, SPENT)) == 10**6 - 2 * 7 * 1_000


@pytest.mark.parametrize("topics", [(), (supply.BURNT,), (bytes(32), word(5)), (supply.BURNT, word(5), word(6))])
def test_a_log_of_another_form_burns_nothing(topics: tuple[bytes, ...]) -> None:
    """The passer may be the user's own."""
    odd = replace(DONE, logs=(Log(PASSER, topics, b""),))
    assert issued(block(1, replace(mint(9), outcome=odd))) == 9


def test_the_passers_event_burns() -> None:
    burnt = replace(DONE, logs=(Log(PASSER, (supply.BURNT, word(5)), b""),))
    assert issued(block(1, replace(mint(9), outcome=burnt))) == 4


def test_the_sum_follows_a_chain_that_grows_and_loses_blocks(blocks: list[L2Block]) -> None:
    running = RunningSupply()
    assert running.up_to(blocks) == 10**6 - 7_000 + 5
    assert running.up_to(blocks[:2]) == 10**6
    other = [*blocks[:2], block(2, mint(3)), block(3, mint(4))]
    assert running.up_to(other) == 10**6 + 7
    assert running.up_to(blocks) == 10**6 - 7_000 + 5
    assert running.up_to([]) == 0


def test_a_block_is_read_once(blocks: list[L2Block], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted(one: L2Block) -> int:
        read.append(one.number)
        return issued(one)

    monkeypatch.setattr(supply, "issued", counted)
    running = RunningSupply()
    for length in range(1, 5):
        running.up_to(blocks[:length])
        running.up_to(blocks[:length])
    assert read == [0, 1, 2, 3]

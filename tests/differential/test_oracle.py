"""Ethereum's specification in Python tells the same of each step of random programs as the machines of both layers."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ToolNotFound
from harness.proofs.oracle.cases import case_of
from harness.proofs.oracle.lanes import LANES, Lane
from harness.proofs.oracle.programs import CONTRACTS, push
from harness.proofs.oracle.run import compare_drawn
from harness.proofs.oracle.steps import Comparison, compare
from harness.proofs.oracle.worker import Oracle
from tests.support.oracle import NO_SPECIFICATION

PROGRAMS = 300
DRAWN_BY_HYPOTHESIS = 60


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """One process for all programs."""
    try:
        opened = Oracle()
    except ToolNotFound:
        pytest.skip(NO_SPECIFICATION)
    with opened:
        yield opened


def compare_code(oracle: Oracle, lane: Lane, code: bytes, seed: int = 0) -> Comparison:
    """Compare a transaction that runs ``code`` in each contract; what else it has is drawn."""
    codes = [code] * len(CONTRACTS)
    case = case_of(lane.fork, 2, codes, random.Random(seed), "a given program", delegates=4 in lane.types)
    return compare(lane.tell(case), oracle.tell(case))


@pytest.mark.parametrize("lane", LANES.values(), ids=LANES)
def test_the_specification_agrees_on_every_step_of_random_programs(oracle: Oracle, lane: Lane) -> None:
    outcomes = [
        compare_drawn(oracle, lane, seed).outcome for seed in range((PROGRAMS - DRAWN_BY_HYPOTHESIS) // len(LANES))
    ]
    assert [outcome.difference for outcome in outcomes if outcome.difference] == []
    assert sum(outcome.steps for outcome in outcomes) > 1_000


NUMBERS = st.one_of(
    st.integers(0, 300), st.sampled_from((2**255, 2**256 - 1, 49_152, 49_153)), st.integers(0, 2**256 - 1)
)
CALLED = st.sampled_from((*CONTRACTS, *(n.to_bytes(20, "big") for n in (1, 4, 5, 0x0B, 0x100))))
PUSHED = st.one_of(NUMBERS, CALLED.map(lambda address: int.from_bytes(address, "big"))).map(push)
CODES = st.lists(st.one_of(PUSHED, st.integers(0, 255).map(lambda opcode: bytes([opcode]))), max_size=60).map(b"".join)


@settings(max_examples=DRAWN_BY_HYPOTHESIS, deadline=None, derandomize=True, database=None)
@given(lane=st.sampled_from(tuple(LANES.values())), code=CODES, seed=st.integers(0, 2**16))
def test_the_specification_agrees_on_the_smallest_programs(oracle: Oracle, lane: Lane, code: bytes, seed: int) -> None:
    assert compare_code(oracle, lane, code, seed).difference == ""

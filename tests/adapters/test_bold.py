"""Arbitrum's BoLD as npm publishes it: assertions that time confirms, and the pack of bridges over its Outbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.adapters import bold
from harness.adapters.choosing import choose
from harness.adapters.published import ARBITRUM
from harness.attack.attack import Outcome, Verdict
from harness.attack.bridge.pack import PACK
from harness.attack.runner import run_pack
from harness.chain import open_chain
from harness.errors import Reverted
from harness.primitives.hashing import keccak256
from tests.support.published import EVERYTHING, home_of

SENDS, BLOCK = keccak256(b"sends"), keccak256(b"block")
ENOUGH = (
    "further promises", "a sender that is remembered", "an honest message", "a replay", "an unproven message",
    "a forged proof", "a root that waits",
    "a target that calls back", "a refused message", "a forged message", "zeros", "a failure and its reason",
)  # fmt: skip
"""The attacks that the suite plays. `harness attack bridge bold` plays all."""


@pytest.fixture(scope="module", autouse=True)
def home() -> Path:
    return home_of(ARBITRUM)


@pytest.fixture
def stack(home: Path) -> Iterator[bold.BoldStack]:
    with open_chain() as chain:
        yield bold.deploy(chain, home / ARBITRUM.artifacts)


def test_an_assertion_without_a_rival_is_confirmed_by_time(stack: bold.BoldStack) -> None:
    accounts = stack.chain.accounts
    child = stack.propose(stack.genesis, bold.State(BLOCK, SENDS), accounts.alice)
    stack.pass_blocks(stack.rules.confirm_period - 2)
    with pytest.raises(Reverted, match="BEFORE_DEADLINE"):
        stack.confirm(child, accounts.bob)
    stack.confirm(child, accounts.bob)
    assert bytes(stack.rollup.latestConfirmed()) == child.hash
    assert bytes(stack.parts["outbox"].roots(SENDS)) == BLOCK


def test_an_assertion_with_a_rival_is_not_confirmed_by_time(stack: bold.BoldStack) -> None:
    accounts = stack.chain.accounts
    child = stack.propose(stack.genesis, bold.State(BLOCK, SENDS), accounts.alice)
    stack.propose(stack.genesis, bold.State(BLOCK, keccak256(b"lie")), accounts.mallory)
    stack.pass_blocks(stack.rules.confirm_period)
    with pytest.raises(Reverted, match="Edge"):
        stack.confirm(child, accounts.bob)


def run(root: Path, *names: str) -> dict[str, Outcome]:
    found = run_pack(PACK, choose("bridge", "bold", PACK.built_in, PACK.protocol, root=root), only=names)
    return {each.attack: each for each in found}


def test_the_outbox_holds_against_the_pack_of_bridges(tmp_path: Path) -> None:
    outcomes = run(tmp_path, *(() if EVERYTHING else ENOUGH))
    assert not [each for each in outcomes.values() if each.verdict in (Verdict.FOUND, Verdict.FAILED)]
    assert {outcomes[name].verdict for name in ENOUGH} == {Verdict.HELD}

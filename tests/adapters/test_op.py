"""The OP Stack's games as npm publishes them: honest lives from the claim to the payment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.adapters import op
from harness.adapters.published import OPTIMISM
from harness.chain import ether, open_chain
from harness.errors import Reverted
from harness.primitives.hashing import keccak256
from tests.support.published import home_of

DEFENDER_WINS, CHALLENGER_WINS = 2, 1
LIE = b"\x01" + keccak256(b"lie")[1:]
"""A claim that has the status of a machine that ended, so that a game takes it at every depth."""


@pytest.fixture(scope="module")
def artifacts() -> Path:
    return home_of(OPTIMISM) / OPTIMISM.artifacts


@pytest.fixture(scope="module")
def stack(artifacts: Path) -> Iterator[op.OpStack]:
    with open_chain() as chain:
        yield op.deploy(chain, artifacts)


@pytest.fixture(autouse=True)
def as_new(stack: op.OpStack) -> Iterator[None]:
    before = stack.chain.snapshot()
    yield
    stack.chain.restore(before)


def test_a_true_output_stands_and_becomes_the_anchor(stack: op.OpStack) -> None:
    chain, alice = stack.chain, stack.chain.accounts.alice
    game = stack.propose(stack.output(16), block=16, sender=alice)
    chain.warp(stack.rules.max_clock)
    game.resolve(alice)
    assert game.contract.status() == DEFENDER_WINS
    root, block = stack.parts["registry"].anchors(op.GAME_TYPE)
    assert (bytes(root), block) == (stack.output(16), 16)


@pytest.mark.parametrize("wrong_from", [1, 6, 16])
def test_a_liar_loses_its_bonds_to_the_honest_player_by_one_step(stack: op.OpStack, wrong_from: int) -> None:
    chain, liar, honest = stack.chain, stack.chain.accounts.mallory, stack.chain.accounts.alice
    stack.factory.setInitBond(op.GAME_TYPE, ether(1), sender=stack.owner)
    before = chain.balance(honest)
    game = stack.propose(LIE, block=16, sender=liar)
    newest = 0
    while game.position(newest).bit_length() - 1 < stack.rules.max_depth:
        newest = _honest(game, newest, honest)
        newest = _lying(game, newest, liar, wrong_from)
    game.step(newest, honest, is_attack=_is_wrong(game, newest))
    chain.warp(2 * stack.rules.max_clock)
    game.resolve(honest)
    assert game.contract.status() == CHALLENGER_WINS

    with pytest.raises(Reverted):
        game.collect(honest)
    chain.warp(stack.rules.delay + 1)
    lies = [claim for claim in map(game.contract.claimData, range(game.contract.claimDataLen())) if
            claim.claimant == liar.address]  # fmt: skip
    gas_before = chain.balance(honest)
    game.collect(honest)
    own = [game.contract.claimData(number).bond for number in range(game.contract.claimDataLen())
           if game.contract.claimData(number).claimant == honest.address]  # fmt: skip
    assert chain.balance(honest) - gas_before > sum(claim.bond for claim in lies) + sum(own) - ether("0.1")
    assert chain.balance(honest) > before
    assert game.contract.credit(liar) == 0


def test_a_true_root_stands_at_mainnets_depths_by_one_step(artifacts: Path) -> None:
    with open_chain() as chain:
        deep = op.deploy(chain, artifacts, rules=op.OpRules(max_depth=73, split_depth=30))
        honest, liar = chain.accounts.alice, chain.accounts.mallory
        game = deep.propose(deep.output(16), block=16, sender=honest)
        newest = _lying(game, 0, liar, 6)
        while game.position(newest).bit_length() - 1 < deep.rules.max_depth:
            newest = _honest(game, newest, honest)
            newest = _lying(game, newest, liar, 6)
        game.step(newest, honest, is_attack=_is_wrong(game, newest))
        chain.warp(2 * deep.rules.max_clock)
        game.resolve(honest)
        assert game.contract.status() == DEFENDER_WINS
        assert game.contract.credit(liar) == 0


def _is_wrong(game: op.OpGame, claim: int) -> bool:
    """Tell whether a claim is not what an honest player would have claimed in its place."""
    parent = int(game.contract.claimData(claim).parentIndex)
    if parent == 2**32 - 1:
        return bytes(game.contract.claimData(claim).claim) != game.stack.output(game.block)
    is_attack = game.position(claim) == 2 * game.position(parent)
    return bytes(game.contract.claimData(claim).claim) != game.true(parent, is_attack=is_attack)


def _honest(game: op.OpGame, claim: int, who: object) -> int:
    """Attack what is wrong, defend what is right."""
    move = game.attack if _is_wrong(game, claim) else game.defend
    is_attack = _is_wrong(game, claim)
    return move(claim, game.true(claim, is_attack=is_attack), who)  # type: ignore[arg-type]


def _lying(game: op.OpGame, claim: int, who: object, wrong_from: int) -> int:
    """Claim what is true of the blocks before the first wrong one, and lies after it."""
    place = 2 * game.position(claim)
    split = game.stack.rules.split_depth
    depth = place.bit_length() - 1
    block = op._last(place, split) + 1 if depth <= split else wrong_from
    value = game.true(claim, is_attack=True) if block < wrong_from else LIE
    return game.attack(claim, value, who)  # type: ignore[arg-type]

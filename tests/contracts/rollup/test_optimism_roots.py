"""OptimismRoots: what opening an assertion demands and keeps, and what the OP Stack's clients read of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import ether, reverts
from harness.primitives.hashing import keccak256, word
from harness.rollup.predeploys import FEE_VAULT, PASSER
from harness.rollup.withdrawals import Opening, OutputRootProof
from harness.testbed.assertions import AssertionHandle
from harness.testbed.rollup import Rollup
from tests.support.rollups import assert_root

PENDING, REJECTED, CONFIRMED = 0, 1, 2


@pytest.fixture
def asserted(rollup: Rollup, alice: Any, bob: Any) -> AssertionHandle:
    """A pending assertion of three more blocks."""
    rollup.confirm_all()
    for value in range(3):
        rollup.l2.send(sender=alice, to=bob, value=value)
    rollup.withdraw(1, sender=alice)
    rollup.sequencer.post()
    return rollup.proposer.propose()


def _opening(rollup: Rollup, asserted: AssertionHandle) -> Opening:
    rollup.l2.backend.follow()
    return Opening.of(rollup.node.idle_after(asserted.end), asserted.id)


def _changed(words: tuple[bytes, ...], place: int) -> tuple[bytes, ...]:
    return (*words[:place], word(int.from_bytes(words[place], "big") ^ 1), *words[place + 1 :])


def test_open_keeps_the_op_stacks_root_and_its_block(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    roots, count = rollup.roots, rollup.roots.gameCount()
    receipt = rollup.roots.open(*_opening(rollup, asserted).arguments, sender=bob)
    idle = rollup.node.idle_after(asserted.end)
    block = rollup.l2.block_at(idle.env.number)
    expected = OutputRootProof(bytes(32), idle.state.root, idle.state.account(PASSER).storage_root, block.hash)
    root = keccak256(bytes(32) + block.state_root + idle.state.account(PASSER).storage_root + block.hash)
    assert expected.root == root
    game = rollup.game_at(roots.gameOf(asserted.id))
    assert (game.rootClaim(), game.l2BlockNumber(), game.l2SequenceNumber()) == (root, block.number, block.number)
    assert game.extraData() == word(block.number)
    assert game.gameData() == (game.gameType(), root, word(block.number))
    assert (game.assertionId(), game.gameCreator()) == (asserted.id, rollup.proposer.account.address)
    assert (roots.gameCount(), roots.indexOf(asserted.id)) == (count + 1, count)
    assert roots.gameAtIndex(count) == (roots.respectedGameType(), asserted.record.createdAt, game.address)
    (event,) = receipt.events
    assert (event.name, event.disputeProxy, event.rootClaim) == ("DisputeGameCreated", game.address, root)


def test_a_game_says_what_became_of_its_assertion(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    rollup.open_root(asserted, sender=bob)
    roots, game = rollup.roots, rollup.game_at(rollup.roots.gameOf(asserted.id))
    made = asserted.record.createdAt
    assert (game.status(), game.createdAt(), game.resolvedAt()) == (PENDING, made, 0)
    assert game.maxClockDuration() == rollup.config.period + 1
    assert game.wasRespectedGameTypeWhenCreated()
    assert not roots.isGameFinalized(game.address) and not roots.isGameClaimValid(game.address)
    rollup.run_until(asserted.confirmed)
    assert (game.status(), game.resolvedAt()) == (CONFIRMED, rollup.l1.head.timestamp)
    assert game.resolvedAt() >= made + game.maxClockDuration()
    assert roots.isGameFinalized(game.address) and roots.isGameClaimValid(game.address)
    assert roots.getAnchorRoot() == roots.anchors(game.gameType()) == (game.rootClaim(), game.l2BlockNumber())
    assert roots.anchors(0) == (bytes(32), 0)


def test_a_game_of_a_rejected_assertion_is_no_valid_claim(rollup: Rollup, contracts: Any, alice: Any, bob: Any) -> None:
    judge = contracts["Judge"].deploy(rollup.l1, sender=alice)
    judged = Rollup.deploy(rollup.l1, rollup.config, disputes=judge.address)
    judged.deposit(ether(3), sender=alice)
    judged.sequencer.post()
    fallen = judged.proposer.propose()
    judged.open_root(fallen, sender=bob)
    judge.open(judged.assertions.address, fallen.id, sender=alice)
    judge.reject(judged.assertions.address, fallen.id, alice.address, sender=alice)
    game = judged.roots.gameOf(fallen.id)
    decided = judged.assertions.assertion(fallen.id).decidedAt
    assert (judged.game_at(game).status(), judged.game_at(game).resolvedAt()) == (REJECTED, decided)
    assert decided > fallen.record.createdAt
    assert judged.roots.isGameProper(game) and judged.roots.isGameFinalized(game)
    assert not judged.roots.isGameClaimValid(game)
    again = assert_root(judged, fallen.root, alice)
    judge.open(judged.assertions.address, again.id, sender=alice)
    judge.reject(judged.assertions.address, again.id, alice.address, sender=alice)
    with reverts(judged.roots.AssertionRejected, id=again.id):
        judged.roots.open(*_opening(judged, again).arguments, sender=bob)


def test_open_of_an_unknown_assertion_reverts(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    opening = replace(_opening(rollup, asserted), assertion=b"\x07" * 32)
    with reverts(rollup.roots.UnknownAssertion, id=opening.assertion):
        rollup.roots.open(*opening.arguments, sender=bob)
    with reverts(rollup.roots.NotOpened, id=asserted.id):
        rollup.roots.indexOf(asserted.id)


def test_open_twice_reverts(rollup: Rollup, asserted: AssertionHandle, alice: Any, bob: Any) -> None:
    index = rollup.open_root(asserted, sender=bob)
    with reverts(rollup.roots.AlreadyOpened, id=asserted.id, game=rollup.roots.gameOf(asserted.id)):
        rollup.roots.open(*_opening(rollup, asserted).arguments, sender=alice)
    assert rollup.open_root(asserted, sender=alice) == index


@pytest.mark.parametrize("place", range(11))
def test_open_with_another_machine_reverts(rollup: Rollup, asserted: AssertionHandle, bob: Any, place: int) -> None:
    opening = _opening(rollup, asserted)
    with reverts(rollup.roots.WrongMachine, expected=asserted.root):
        changed = replace(opening, machine=_changed(opening.machine, place))
        rollup.roots.open(*changed.arguments, sender=bob)


def test_open_with_the_machine_of_another_assertion_reverts(
    rollup: Rollup, asserted: AssertionHandle, bob: Any
) -> None:
    opening = _opening(rollup, rollup.latest_confirmed)
    assert opening.assertion != asserted.id
    with reverts(rollup.roots.WrongMachine, expected=asserted.root):
        rollup.roots.open(*replace(opening, assertion=asserted.id).arguments, sender=bob)


@pytest.mark.parametrize("words", ["machine", "env"])
@pytest.mark.parametrize("length", [0, -1, 1])
def test_open_with_another_number_of_words_reverts(
    rollup: Rollup, asserted: AssertionHandle, bob: Any, words: str, length: int
) -> None:
    opening = _opening(rollup, asserted)
    given = getattr(opening, words)
    changed = replace(opening, **{words: () if length == 0 else given[:-1] if length < 0 else (*given, bytes(32))})
    error = rollup.roots.WrongMachine if words == "machine" else rollup.roots.WrongEnvironment
    with reverts(error):
        rollup.roots.open(*changed.arguments, sender=bob)


def test_open_with_another_environment_reverts(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    opening = _opening(rollup, asserted)
    for place in range(len(opening.env)):
        with reverts(rollup.roots.WrongEnvironment, expected=opening.machine[7]):
            changed = replace(opening, env=_changed(opening.env, place))
            rollup.roots.open(*changed.arguments, sender=bob)


def test_open_by_another_accounts_proof_reverts(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    opening = _opening(rollup, asserted)
    nodes = rollup.node.idle_after(asserted.end).state.prove_account(FEE_VAULT)
    with reverts(rollup.roots.MissingNode):
        rollup.roots.open(*replace(opening, nodes=tuple(nodes)).arguments, sender=bob)
    with reverts(rollup.roots.MissingNode):
        rollup.roots.open(*replace(opening, nodes=opening.nodes[:-1]).arguments, sender=bob)


def test_open_of_a_state_without_the_passer_reverts(rollup: Rollup, asserted: AssertionHandle, alice: Any) -> None:
    idle = rollup.node.idle_after(asserted.end)
    bare = replace(idle, state=idle.state.with_account(PASSER, nonce=0, code=b"", balance=0))
    handle = assert_root(rollup, bare.root, alice)
    with reverts(rollup.roots.NoAccount, stateRoot=bare.state.root):
        rollup.roots.open(*Opening.of(bare, handle.id).arguments, sender=alice)


def test_genesis_can_be_opened(rollup: Rollup, bob: Any) -> None:
    genesis = AssertionHandle(rollup, bytes(rollup.assertions.genesis()))
    rollup.open_root(genesis, sender=bob)
    game = rollup.game_at(rollup.roots.gameOf(genesis.id))
    assert (game.l2BlockNumber(), game.status()) == (0, CONFIRMED)
    assert game.rootClaim() == OutputRootProof.of(rollup.contracts.genesis).root
    assert rollup.roots.getAnchorRoot() == (game.rootClaim(), 0)


def test_without_an_opened_assertion_there_is_no_anchor(rollup: Rollup) -> None:
    assert rollup.roots.getAnchorRoot() == (bytes(32), 0)
    assert rollup.roots.findLatestGames(rollup.roots.respectedGameType(), 0, 9) == []


def test_the_latest_games_are_found_from_any_index(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    roots, kind = rollup.roots, rollup.roots.respectedGameType()
    first = rollup.open_root(rollup.latest_confirmed, sender=bob)
    second = rollup.open_root(asserted, sender=bob)
    assert (first, second) == (0, 1)
    found = roots.findLatestGames(kind, 1, 100)
    assert [each.index for each in found] == [1, 0]
    games = [roots.gameOf(id) for id in (asserted.id, rollup.latest_confirmed.id)]
    for each, game in zip(found, games, strict=True):
        viewed = rollup.game_at(game)
        assert each.rootClaim == viewed.rootClaim()
        assert each.extraData == viewed.extraData()
        assert each.timestamp == viewed.createdAt()
        assert each.metadata == kind.to_bytes(4, "big") + each.timestamp.to_bytes(8, "big") + bytes.fromhex(game[2:])
    assert [each.index for each in roots.findLatestGames(kind, 0, 100)] == [0]
    assert [each.index for each in roots.findLatestGames(kind, 1, 1)] == [1]
    assert roots.findLatestGames(kind, 1, 0) == roots.findLatestGames(kind, 2, 5) == []
    assert roots.findLatestGames(kind + 1, 1, 5) == []
    assert roots.findLatestGames(kind, 1, 2**256 - 1) == found
    with reverts(roots.NoSuchGame, index=2, count=2):
        roots.gameAtIndex(2)


def test_only_what_was_opened_here_is_registered(rollup: Rollup, asserted: AssertionHandle, bob: Any) -> None:
    rollup.open_root(asserted, sender=bob)
    roots, game = rollup.roots, rollup.roots.gameOf(asserted.id)
    for view in ("isGameRegistered", "isGameProper", "isGameRespected"):
        assert roots.functions[view](game)
        for other in (bob, rollup.portal, rollup.assertions, "0x" + 39 * "0" + "4", "0x" + 40 * "0"):
            assert not roots.functions[view](getattr(other, "address", other))
    other = Rollup.deploy(rollup.l1, rollup.config)
    assert not other.roots.isGameRegistered(game)


def test_portal_and_roots_are_one_in_the_op_stacks_terms(rollup: Rollup) -> None:
    portal, roots = rollup.portal, rollup.roots
    assert portal.disputeGameFactory() == portal.anchorStateRegistry() == roots.disputeGameFactory() == roots.address
    assert portal.respectedGameType() == roots.respectedGameType()
    assert roots.respectedGameType() == int.from_bytes(keccak256(b"rollup-harness/opcode")[:4], "big")
    assert (portal.paused(), int(portal.guardian(), 16), portal.disputeGameFinalityDelaySeconds()) == (False, 0, 0)
    assert int(portal.version().split(".")[0]) >= 3

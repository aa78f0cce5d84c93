"""Scenarios of the catalogue that no other file of this folder plays; README.md says where each row is tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness import reverts
from harness.agents import Challenger, Proposer, faults
from harness.agents.proposer import Status
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.positions import Side
from harness.dispute.view import Outcome, claim_id
from harness.fuzz.arena import Arena
from harness.primitives.hashing import Tag, keccak256, tagged_hash, word
from harness.rollup.config import TRACE_BITS, GameRules
from harness.rollup.contracts import contract_type

LARGEST = 2**64 - 1
"""The largest number of batches that the chain of assertions can store."""
MAX_RANGE = 64
LAST_INPUT = (1 << (TRACE_BITS - 24)) - 1
"""The input that the last step of a trace would belong to."""
MADE_UP = b"\x07" * 32


def propose(rollup: Any, parent: bytes, root: bytes, sender: Any) -> bytes:
    """Assert a root on top of a parent, whatever it says; the assertion."""
    head, end = rollup.l1.head, rollup.assertions.childEnd(parent)
    rollup.assertions.propose(parent, root, 0, head.number, head.hash, sender=sender, value=rollup.config.bond)
    return tagged_hash(Tag.ASSERTION, parent, end, root, 0)


# -- output roots for no input, for one, for many, and for the largest number


def test_a_root_for_no_batch_at_all_is_not_accepted(rollup: Any, accounts: Any, AssertionChain: Any) -> None:
    """Not even the right one: the genesis machine before any batch."""
    chain = rollup.assertions
    for root in (rollup.contracts.genesis.root, MADE_UP):
        with reverts(AssertionChain.NothingToAssert, actual=0, expected=1):
            propose(rollup, bytes(chain.genesis()), root, accounts.mallory)


@pytest.mark.parametrize(
    ("lie", "opcode"), [(faults.made_up_from(0), "INPUT"), (faults.wrong_root(), "IDLE")], ids=["opening", "idle"]
)
def test_a_lie_about_a_batch_without_an_item_is_proven(lie: Any, opcode: str, table: Any, rollup: Any) -> None:
    """The range holds one input: the opening of its batch."""
    rollup.confirm_all()
    rollup.sequencer.post_data(b"")
    game = table.play(Proposer(lie=lie))
    assert game.assertion.end == rollup.latest_confirmed.end + 1
    assert (game.disputed_step.opcode, game.disputed_step.input) == (opcode, 0 if opcode == "INPUT" else LAST_INPUT)


def test_a_lie_in_the_last_input_of_the_longest_range_is_proven(table: Any, rollup: Any) -> None:
    """Empty batches to the end of what one assertion can cover; the lie is in the opening of the last of them."""
    rollup.sequencer.post()
    for _ in range(MAX_RANGE):
        rollup.sequencer.post_data(b"")
    below = rollup.proposer.propose()
    rollup.l1.warp(rollup.config.period + 1)
    rollup.assertions.confirm(below.id, sender=rollup.proposer.account)
    game = table.play(Proposer(lie=faults.made_up_from((MAX_RANGE - 1) << 24)))
    assert game.assertion.end == below.end + MAX_RANGE
    assert (game.disputed_step.opcode, game.disputed_step.input) == ("INPUT", MAX_RANGE - 1)


@pytest.mark.needs("edits")
def test_the_largest_number_of_batches_bricks_neither_games_nor_assertions(
    rollup: Any, accounts: Any, AssertionChain: Any
) -> None:
    """The storage says that all but the last batch there can be were asserted: the last one is asserted, disputed,
    rejected, asserted again and confirmed; behind it nothing is asserted, and nothing overflows.
    """
    rollup.confirm_all()
    l1, chain, parent = rollup.l1, rollup.assertions, rollup.latest_confirmed
    l1.set_storage(rollup.contracts.sequencer_inbox.address, 0, LARGEST)
    times = l1.storage(chain.address, end_slot(parent.id))
    l1.set_storage(chain.address, end_slot(parent.id), times - parent.end + LARGEST - 1)
    assert (parent.end, rollup.contracts.sequencer_inbox.batchCount()) == (LARGEST - 1, LARGEST)

    wrong = propose(rollup, parent.id, MADE_UP, accounts.mallory)
    game = open_game(rollup, wrong, accounts.olivia)
    assert (game.endBatch(), chain.assertion(wrong).end) == (LARGEST, LARGEST)
    first = claim_id(game.address, bytes(game.rootId()), Side.ATTACK, MADE_UP)  # type: ignore[arg-type]
    l1.warp(GameRules().max_clock + rollup.config.period)
    game.resolve([first, game.rootId()], sender=accounts.olivia)
    assert (game.outcome(), chain.assertion(wrong).status) == (Outcome.REJECTED, Status.REJECTED)

    other = propose(rollup, parent.id, keccak256(b"another"), accounts.bob)
    l1.warp(rollup.config.period + 1)
    chain.confirm(other, sender=accounts.bob)
    assert chain.childEnd(other) == LARGEST + 1
    with reverts(AssertionChain.NothingToAssert, actual=LARGEST, expected=LARGEST + 1):
        propose(rollup, other, MADE_UP, accounts.mallory)


def end_slot(assertion: bytes) -> int:
    """Where an assertion's end is stored, with other numbers above it: word 2 of an entry of the mapping in slot 2."""
    return int.from_bytes(keccak256(assertion + word(2)), "big") + 2


def open_game(rollup: Any, assertion: bytes, account: Any) -> Any:
    """Open a game with a claim that is made up."""
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    implementation = contract_type("DisputeGame").at(rollup.l1, factory.functions["implementation"]())
    head = rollup.l1.head
    factory.open(assertion, MADE_UP, head.number, head.hash, sender=account, value=implementation.openingBond())
    return contract_type("DisputeGame").at(rollup.l1, factory.gameOf(assertion))


@pytest.mark.parametrize("end", [0, 1, LARGEST, 2**256 - 100])
def test_a_step_is_proven_whatever_the_end_of_the_range(end: int, l1: Any, accounts: Any) -> None:
    """The game hands the end to the prover as it is: the counting machine adds it in each step."""
    arena = Arena.deploy(l1, GameRules(max_depth=2, max_clock=1_000, extension=1, step_extension=1))
    truth, id, start = CountingTrace(5, end), keccak256(b"largest"), CountingTrace(5, end).hash_at(0)
    arena.table.assert_(id, start, MADE_UP, end, sender=accounts.bob)
    bonds = (arena.bond, contract_type("DisputeGame").at(l1, arena.factory.functions["implementation"]()).bondAt(2))
    head = l1.head
    arena.factory.open(id, truth.hash_at(2), head.number, head.hash, sender=accounts.carol, value=bonds[0])
    game = contract_type("DisputeGame").at(l1, arena.factory.gameOf(id))
    first = claim_id(game.address, bytes(game.rootId()), Side.ATTACK, truth.hash_at(2))  # type: ignore[arg-type]
    head = l1.head
    arena.factory.attack(id, first, MADE_UP, head.number, head.hash, sender=accounts.bob, value=bonds[1])
    leaf = claim_id(game.address, first, Side.ATTACK, MADE_UP)
    game.step(leaf, int(Side.ATTACK), truth.witness(0), sender=accounts.carol)
    assert game.claim(leaf).counter == accounts.carol.address


# -- whose assertion it is, and whose rules


def test_a_right_assertion_that_its_proposer_gives_up_is_defended(rollup: Any, accounts: Any, spending: Any) -> None:
    """A liar asserts the right root, attacks it with another account and does not answer. Were it rejected, nobody
    could assert the right root again: the same assertion is not made twice.
    """
    rollup.sequencer.post()
    challenger = rollup.challenger
    honest = spending(challenger.account)
    quitter = rollup.join(Proposer())
    right = quitter.propose()
    quitter.leave()
    rollup.proposer.leave()
    attacker = rollup.join(Challenger(lie=faults.made_up_from(0)), accounts.sybil)
    game = attacker.dispute(right)
    rollup.run_until(game.resolved)
    assert game.outcome is Outcome.UPHELD
    assert {claim.claimant for claim in game.view.claims} == {
        accounts.mallory.address, accounts.sybil.address, challenger.account.address
    }  # fmt: skip
    assert honest.kept() > 0


@pytest.mark.parametrize("turns", [0, 6])
def test_a_new_prover_and_new_rules_leave_a_game_in_progress_alone(turns: int, rollup: Any, accounts: Any) -> None:
    """The owner sets an implementation with a prover that proves nothing of L2, and with clocks of a second: the open
    game is won by its own prover in its own time. The next game has the new rules.
    """
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    liar = rollup.join(Proposer(lie=faults.wrong_fee()))
    game = rollup.challenger.dispute(liar.propose())
    for _ in range(turns):
        rollup.step()
    own = (game.reader.contract.prover(), tuple(game.reader.contract.rules()))
    factory = contract_type("DisputeGameFactory").at(rollup.l1, rollup.assertions.disputes())
    owner = next(account for account in rollup.l1.accounts if account.address == factory.owner())
    prover = contract_type("CountingProver").deploy(rollup.l1, 2, sender=owner)
    rules = (2, 2, 1, 1, 1)
    args = (factory.address, rollup.assertions.address, prover.address, rules)
    upgrade = contract_type("DisputeGame").deploy(rollup.l1, *args, sender=owner)
    factory.setImplementation(upgrade.address, sender=owner)

    rollup.run_until(game.resolved)
    assert (game.reader.contract.prover(), tuple(game.reader.contract.rules())) == own
    assert own[1] == GameRules().words()
    assert game.winner is rollup.challenger and liar.bond == 0
    assert game.disputed_step is not None and game.disputed_step.opcode == "END"
    rollup.l1.warp(to=max(rollup.l1.now, factory.nextAt()))
    rollup.confirm_all()
    rollup.sequencer.post_data(b"")
    later = open_game(rollup, propose(rollup, rollup.latest_confirmed.id, MADE_UP, accounts.mallory), accounts.olivia)
    assert (later.prover(), tuple(later.rules())) == (prover.address, rules)


def test_rivals_of_which_one_is_right_are_decided_whatever_the_order(
    rollup: Any, accounts: Any, spending: Callable[[Any], Any]
) -> None:
    """Two wrong rivals around a right one; games about all three at once, the right one's opened by a liar."""
    rollup.l2.send(sender=accounts.alice, to=accounts.bob.address, value=1)
    rollup.sequencer.post()
    honest = [spending(rollup.proposer.account), spending(rollup.challenger.account)]
    liars = [rollup.join(Proposer(lie=faults.wrong_fee()), accounts.mallory)]
    wrong = [liars[0].propose()]
    right = rollup.proposer.propose()
    liars.append(rollup.join(Proposer(lie=faults.wrong_nonce()), accounts.sybil))
    wrong.append(liars[1].propose())
    attacker = rollup.join(Challenger(lie=faults.wrong_fee(), about=frozenset({right.id})), accounts.frank)
    games = [attacker.dispute(right), *map(rollup.challenger.dispute, wrong)]
    rollup.run_until(right.confirmed)
    rollup.settle()
    assert [game.outcome for game in games] == [Outcome.UPHELD, Outcome.REJECTED, Outcome.REJECTED]
    assert [liar.bond for liar in liars] == [0, 0]
    assert all(purse.kept() > 0 for purse in honest)


def test_games_are_played_on_the_chain_that_was_asked_for(request: pytest.FixtureRequest, rollup: Any, l1: Any) -> None:
    """What the last section of README.md says: `--l1` chooses the chain of these folders."""
    asked = request.config.getoption("--l1") or "py-evm"
    assert rollup.l1 is l1
    assert l1.backend.name == ("rpc" if "://" in asked else asked)

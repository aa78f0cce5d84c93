"""What a reorg of L1 does to bonds: a root that was wrong becomes right, or the reverse, under the same assertion id.

History A has a batch, an assertion, a game. L1 takes all of it back, and in history B the sequencer posts another batch
at the same place and time, so that the same root means the opposite. An adversary has every signed transaction of A and
mines them again where it likes: whatever it does, nobody honest may have a bond in B that it did not decide on in B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from harness import reverts
from harness.agents import Challenger, Proposer
from harness.agents.proposer import Status
from harness.chain.values.transactions import decode
from harness.dispute.actions import Move, Open
from harness.dispute.assertion_trace import AssertionTrace, Truths
from harness.dispute.trace import Trace
from harness.dispute.view import Outcome
from harness.errors import GoneByReorg
from harness.rollup.codec.batch import Item
from harness.testbed.assertions import AssertionHandle
from harness.testbed.challenger import ChallengerHandle
from harness.testbed.games import GameHandle

pytestmark = pytest.mark.needs("reorg")

TURNS = 16
"""Turns that history A lasts: deep into the bisection, before the step."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Stands for what L2 would be if L1 had another batch: a lie in one history, the truth in the other."""

    trace: AssertionTrace

    def root(self, truths: Truths, start: int, end: int) -> bytes:
        if [batch.index for batch in self.trace.batches] != list(range(start, end)):
            return truths.node.idle_after(end).root
        return self.trace.after.root

    def __call__(self, truth: Trace) -> Trace:
        return self.trace


@dataclass
class Purse:
    """What an account won or lost since now on the L1 that there is, gas not counted: transactions that a reorg took
    cost nothing.
    """

    chain: Any
    account: Any
    since: int = field(init=False)
    before: int = field(init=False)

    def __post_init__(self) -> None:
        self.since, self.before = self.chain.block_number, self.chain.balance(self.account)

    def kept(self) -> int:
        chain, gas = self.chain, 0
        for number in range(self.since + 1, chain.block_number + 1):
            for tx_hash in chain.backend.transactions(number):
                receipt = chain.receipt(tx_hash)
                gas += receipt.cost if receipt.raw.sender == self.account.address else 0
        return int(chain.balance(self.account)) - self.before + gas


@dataclass
class Histories:
    """A rollup at the point where two histories part, with a batch for each."""

    rollup: Any
    a: bytes
    b: bytes
    floor: int
    when: int

    @property
    def l1(self) -> Any:
        return self.rollup.l1

    @property
    def end(self) -> int:
        """Batches that there are in either history."""
        return len(self.rollup.node.derived)

    def post(self, data: bytes) -> AssertionHandle:
        """Post a batch in the block in which the other history has another, and assert what comes before; that."""
        self.l1.warp(to=self.when)
        self.rollup.sequencer.post_data(data)
        self.rollup.l2.backend.follow()
        below: AssertionHandle = self.rollup.proposer.propose()
        assert below.end == 1
        return below

    def trace(self) -> AssertionTrace:
        """What the assertion on top is about."""
        return AssertionTrace.of(self.rollup.node, 1, self.end)

    def foresee(self, data: bytes) -> AssertionTrace:
        """The trace of L2 in the history with this batch, found by trying."""
        self.post(data)
        trace = self.trace()
        self.turn_back()
        return trace

    def turn_back(self) -> list[bytes]:
        """Take back all that the two histories do not share; the lost transactions, oldest first."""
        lost: list[bytes] = self.l1.reorg(self.l1.block_number - self.floor)
        self.rollup.l2.backend.follow()
        return lost


@pytest.fixture
def histories(rollup: Any, accounts: Any) -> Histories:
    """The assertion covers a batch that the histories share before the one in which they part: players defend as well
    as attack.
    """
    rollup.sequencer.post()
    nonce = rollup.l2.nonce(accounts.carol)
    shared = [rollup.sign_l2(accounts.carol, to=accounts.bob, value=7, nonce=nonce + number) for number in range(5)]
    rollup.sequencer.post_data(b"".join(Item(raw).encode() for raw in shared))
    a, b = (Item(rollup.sign_l2(accounts.alice, to=accounts.bob, value=value)).encode() for value in (1, 2))
    return Histories(rollup, a, b, rollup.l1.block_number, rollup.l1.now + 100)


def sent_by(lost: Sequence[bytes], *accounts: Any) -> list[bytes]:
    """The transactions of these accounts, in their order."""
    return [raw for raw in lost if decode(raw).sender in {account.address_bytes for account in accounts}]


def orders(raws: Sequence[bytes], order: str) -> list[bytes]:
    """Lost transactions as an adversary may mine them: only an account's own order binds it."""
    accounts = list(dict.fromkeys(decode(raw).sender for raw in raws))
    queues = [[raw for raw in raws if decode(raw).sender == account] for account in accounts]
    if order == "original":
        return list(raws)
    if order == "last account first":
        return [raw for queue in reversed(queues) for raw in queue]
    rng, mixed = Random(3), []
    while waiting := [queue for queue in queues if queue]:
        mixed.append(rng.choice(waiting).pop(0))
    return mixed


def mine_again(l1: Any, raws: Sequence[bytes], AssertionChain: Any) -> int:
    """Mine each; what carries a bond must be refused for naming another L1, and its sender keep the bond. The number
    of those.
    """
    refused = 0
    for raw in raws:
        sender = decode(raw).sender
        had, nonce = l1.balance(sender), l1.nonce(sender)
        if not decode(raw).tx.value:
            l1.resend(raw, check=False)
            continue
        with reverts(AssertionChain.AnotherL1) as refusal:
            l1.resend(raw)
        assert refusal.error is not None
        assert (l1.balance(sender), l1.nonce(sender)) == (had - refusal.error.receipt.cost, nonce + 1)
        refused += 1
    return refused


def still_due(l1: Any, raws: Sequence[bytes]) -> list[bytes]:
    """Those whose nonce their account has not used in this history."""
    return [raw for raw in raws if decode(raw).tx.nonce >= l1.nonce(decode(raw).sender)]


def play_lost_game_again(
    histories: Histories, adversary: ChallengerHandle, lost: Sequence[bytes], claims: Sequence[Any], game: GameHandle,
    AssertionChain: Any,
) -> int:  # fmt: skip
    """Make every claim of the lost game in an adversary's name, so that each lost move of others finds the claim that
    it answers, and not yet itself; mine those moves where they were. The number of those refused.
    """
    l1, refused = histories.l1, 0
    with pytest.raises(GoneByReorg):
        game.resolved()
    queues = {sender: [raw for raw in lost if decode(raw).sender == sender] for sender in map(_sender, lost)}
    head = l1.head
    for claim in claims[1:]:
        queue = queues.get(bytes.fromhex(claim.claimant[2:]), [])
        while queue and not decode(queue[0]).tx.value:
            mine_again(l1, [queue.pop(0)], AssertionChain)
        refused += mine_again(l1, still_due(l1, queue[:1]), AssertionChain)
        del queue[:1]
        if claim.number == 1:
            head = l1.head
            adversary.player.perform(Open(game.assertion.id, claim.value, (head.number, head.hash)))
            continue
        view = adversary.player.view(game.address)
        parent = claims[claim.parent].id
        move = Move(view.address, view.assertion, parent, claim.side, claim.value, claim.bond, view.seen)
        adversary.player.perform(move)
    assert [claim.id for claim in game.view.claims] == [claim.id for claim in claims]
    return refused


def _sender(raw: bytes) -> bytes:
    return decode(raw).sender


ORDERS = ("original", "last account first", "mixed")


@dataclass
class LostGame:
    """History A, about a root that is wrong in it; erin opened the game, and olivia played on."""

    histories: Histories
    id: bytes
    game: GameHandle
    claims: Sequence[Any]
    lost: list[bytes]
    purses: list[Purse]

    @classmethod
    def play(cls, histories: Histories, accounts: Any) -> LostGame:
        rollup = histories.rollup
        meant = Foreseen(histories.foresee(histories.b))
        challenger = rollup.challenger
        opener = rollup.join(Challenger(), accounts.erin)
        opener.leave()
        purses = [Purse(rollup.l1, account) for account in (accounts.erin, challenger.account, rollup.proposer.account)]
        histories.post(histories.a)
        liar = rollup.join(Proposer(lie=meant))
        wrong = liar.propose()
        game = opener.dispute(wrong)
        for _ in range(TURNS):
            rollup.step()
        claims = game.view.claims
        movers = {claim.claimant for claim in claims}
        assert movers == {accounts.mallory.address, accounts.erin.address, challenger.account.address}
        assert {claim.side for claim in claims if claim.claimant == challenger.account.address} == {1, 2}
        liar.leave()
        lost = histories.turn_back()
        histories.post(histories.b)
        assert rollup.node.idle.root == meant.trace.after.root
        return cls(histories, wrong.id, game, claims, lost, purses)


@pytest.fixture
def lost_game(histories: Histories, accounts: Any) -> LostGame:
    return LostGame.play(histories, accounts)


@pytest.mark.parametrize("order", ORDERS)
def test_moves_against_a_root_that_a_reorg_made_right_are_refused(
    order: str, lost_game: LostGame, accounts: Any, AssertionChain: Any
) -> None:
    """The honest side disputed a wrong root; after the reorg the root is right, and its moves would be lies."""
    rollup, lost = lost_game.histories.rollup, lost_game.lost
    players = (accounts.mallory, accounts.erin, accounts.olivia, rollup.proposer.account)
    refused = mine_again(rollup.l1, orders(still_due(rollup.l1, sent_by(lost, *players)), order), AssertionChain)
    assert refused > TURNS
    assert rollup.assertions.assertion(lost_game.id).status == Status.UNKNOWN and rollup.game_events() == []
    right = rollup.proposer.propose()
    assert right.id == lost_game.id
    rollup.run_until(right.confirmed)
    rollup.settle()
    assert all(purse.kept() >= 0 for purse in lost_game.purses)


@pytest.mark.parametrize("again", ["proposed anew", "proposal mined again"])
def test_moves_are_refused_where_an_adversary_made_all_that_they_answer_again(
    again: str, lost_game: LostGame, accounts: Any, AssertionChain: Any
) -> None:
    """As above, but each lost move finds its game and its claim: only the L1 that it names is missing."""
    rollup, lost = lost_game.histories.rollup, lost_game.lost
    if again == "proposal mined again":
        assert mine_again(rollup.l1, sent_by(lost, accounts.mallory)[:1], AssertionChain) == 1
        right = rollup.join(Proposer(lie=None, confirms=False), accounts.mallory).propose()
    else:
        right = rollup.proposer.propose()
    assert right.id == lost_game.id
    adversary = rollup.join(Challenger(), accounts.sybil)
    adversary.leave()
    honest = sent_by(lost, accounts.erin, accounts.olivia)
    refused = play_lost_game_again(
        lost_game.histories, adversary, honest, lost_game.claims, lost_game.game, AssertionChain
    )
    assert refused == sum(decode(raw).tx.value > 0 for raw in honest) > TURNS // 2
    rollup.run_until(right.confirmed)
    rollup.settle()
    assert lost_game.game.outcome is Outcome.UPHELD
    assert all(purse.kept() >= 0 for purse in lost_game.purses)


def test_a_defence_of_a_root_that_a_reorg_made_wrong_is_refused(
    histories: Histories, accounts: Any, AssertionChain: Any
) -> None:
    """The roles swapped: an honest proposer defends its right root; after the reorg the same root is a liar's."""
    rollup, l1 = histories.rollup, histories.l1
    lie = Foreseen(histories.foresee(histories.b))
    proposer, challenger = rollup.proposer, rollup.challenger
    purses = [Purse(l1, account) for account in (proposer.account, challenger.account)]
    histories.post(histories.a)
    meant = Foreseen(histories.trace())
    right = proposer.propose()
    attacker = rollup.join(Challenger(lie=lie), accounts.sybil)
    game = attacker.dispute(right)
    for _ in range(TURNS):
        rollup.step()
    claims = game.view.claims
    assert {claim.side for claim in claims if claim.claimant == proposer.account.address} == {0, 1, 2}
    attacker.leave()
    lost = histories.turn_back()

    histories.post(histories.b)
    liar = rollup.join(Proposer(lie=meant))
    wrong = liar.propose()
    assert wrong.id == right.id
    defence = sent_by(lost, proposer.account, challenger.account)
    defence = still_due(l1, defence)
    assert mine_again(l1, defence[:1], AssertionChain) == 1  # the assertion
    refused = play_lost_game_again(histories, attacker, defence[1:], claims, game, AssertionChain)
    assert refused >= TURNS // 2
    assert challenger.dispute(wrong).address == game.address
    rollup.run_until(game.resolved)
    assert wrong.rejected() and liar.bond == 0
    rollup.run_until(lambda: rollup.latest_confirmed.end == histories.end)
    rollup.settle()
    assert all(purse.kept() >= 0 for purse in purses)

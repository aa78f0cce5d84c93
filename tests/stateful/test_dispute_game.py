"""The dispute game against its reference model: after every transaction both say the same, to the last field.

Anybody moves anywhere, with a right bond or a wrong one, on L1 as it is or as it was; time jumps to the edges of
clocks; claims are resolved in any order; the parent assertion falls; L1 is reorganised, and what it lost is sent again.
A failure comes again with the next run: examples are drawn without chance. ``DISPUTE_EXAMPLES`` says how many.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from random import Random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from harness.primitives.hashing import keccak256

from .dispute_model import Outcome, Side
from .dispute_shadow import RULES, STATUS, ShadowedGame, merged, stage
from .playing import play

PLACES = st.integers(0, 10**4)
"""Chooses a claim: the number of one, modulo how many there are."""
MOVERS = st.integers(1, 5)
SIDES = st.sampled_from([Side.ATTACK, Side.DEFEND])
STEPS = st.sampled_from([Side.ATTACK, Side.DEFEND, Side.ATTACK, Side.DEFEND, Side.NONE])
VALUES = st.sampled_from(["true", "true", "true", "off", "off", "other", "zero"])


class GameMachine(ShadowedGame, RuleBasedStateMachine):
    """One game from its opening to its last payout."""

    @initialize(
        rules=st.sampled_from(range(len(RULES))), honest=st.booleans(), opening=VALUES,
        period=st.sampled_from([0, 0, 5, 10, 11, 20]),
        start=st.lists(st.tuples(PLACES, SIDES, VALUES, MOVERS, st.integers(0, 9)), min_size=4, max_size=10),
    )  # fmt: skip
    def start(
        self, rules: int, honest: bool, opening: str, period: int, start: list[tuple[int, Side, str, int, int]]
    ) -> None:
        """A game with a few claims in it, made at different times."""
        self.open(rules, honest, opening, period)
        for place, side, kind, mover, pause in start:
            self.warp(self.chain.now + pause * self.game.rules.clock // 40)
            self.move(place, side, kind, mover)

    # -- moves

    @precondition(lambda self: self.matters)
    @rule(place=PLACES, side=SIDES, kind=VALUES, mover=MOVERS, late=st.sampled_from([None, None, -1, -1, 0, 1]))
    def move_now_or_late(self, place: int, side: Side, kind: str, mover: int, late: int | None) -> None:
        """An answer, in the last second of the clock or just after it if ``late`` is given."""
        if late is not None:
            self.warp(self.game.deadline(self.claim(place)) + late)
        self.move(place, side, kind, mover)

    def move(self, place: int, side: Side, kind: str, mover: int) -> None:
        claim = self.claim(place)
        side = Side.ATTACK if claim.parent is None and place % 8 else side
        bond = self.game.bonds[min(claim.depth + 1, self.game.rules.depth)]
        self.answer(mover, claim.id, side, self.value(kind, self.place_of(claim, side)), bond, self.anchor())

    @precondition(lambda self: self.matters)
    @rule(
        place=PLACES, side=SIDES, mover=MOVERS, level=st.integers(0, 4), off=st.integers(-1, 1),
        back=st.sampled_from([0, 0, 1, 2, -1, -2]), there=st.integers(0, 3),
    )  # fmt: skip
    def move_wrongly(self, place: int, side: Side, mover: int, level: int, off: int, back: int, there: int) -> None:
        """With any bond, on a claim that may not be there, on an L1 that may be another; sometimes nothing is wrong."""
        claim = self.claim(place)
        bond = max(0, self.game.bonds[level % len(self.game.bonds)] + off)
        number, hash_ = self.anchor(max(0, back))
        anchor = {-1: (number, keccak256(hash_)), -2: (number + 7, bytes(32))}.get(back, (number, hash_))
        parent = claim.id if there else keccak256(claim.id)
        self.answer(mover, parent, side, self.value("off", self.place_of(claim, side)), bond, anchor)

    @precondition(lambda self: self.matters)
    @rule(place=PLACES, mover=MOVERS)
    def repeat(self, place: int, mover: int) -> None:
        """The same claim once more, by anyone."""
        claim = self.claim(place)
        if claim.parent is not None:
            self.answer(mover, claim.parent.id, claim.side, claim.value, claim.bond, self.anchor())

    @precondition(lambda self: self.matters and self.chain.block_number % 3 == 0)
    @rule(place=PLACES, mover=MOVERS, opens=st.booleans())
    def pass_the_factory_by(self, place: int, mover: int, opens: bool) -> None:
        """Move in the game itself, for nothing, in another's name."""
        account, other = self.accounts[mover], self.accounts[mover - 1].address
        claim, value = self.claim(place), keccak256(b"free")
        self.act(
            lambda game, now: game.bypass(account.address, self.arena.factory.address),
            lambda: (
                self.contract.open(value, other, 0, account.address, value, sender=account)
                if opens
                else self.contract.move(claim.id, int(Side.ATTACK), value, other, sender=account)
            ),
        )

    @precondition(lambda self: self.matters)
    @rule(place=PLACES, path=st.lists(st.tuples(SIDES, VALUES), min_size=3, max_size=4), mover=MOVERS, last=STEPS)
    def play_down(self, place: int, path: list[tuple[Side, str]], mover: int, last: Side) -> None:
        """A path to the bottom, by players in turns; at the bottom a step."""
        claim = self.claim(place)
        for number, (drawn, kind) in enumerate(path):
            if claim.depth == self.game.rules.depth:
                break
            side = Side.ATTACK if claim.parent is None else drawn
            value = self.value(kind, self.place_of(claim, side))
            bond = self.game.bonds[claim.depth + 1]
            mover_now = (mover + number) % 5 + 1
            self.answer(mover_now, claim.id, side, value, bond, self.anchor())
            made = self.game.id_of(claim.id, side, value)
            if made not in self.game.claims:
                return
            claim = self.game.claims[made]
        if claim.depth == self.game.rules.depth:
            self.step_against(claim, last, mover, right=True)

    @precondition(lambda self: self.matters and (self.leaves or self.chain.block_number % 6 == 0))
    @rule(place=PLACES, side=STEPS, stepper=MOVERS, right=st.integers(0, 4), anywhere=st.integers(0, 7))
    def step(self, place: int, side: Side, stepper: int, right: int, anywhere: int) -> None:
        """With the witness that fits, or another one; on a claim at the bottom, or on any."""
        leaves = self.leaves
        claim = leaves[place % len(leaves)] if leaves and anywhere else self.claim(place)
        self.step_against(claim, side, stepper, bool(right))

    # -- time, and L1

    @precondition(lambda self: self.matters)
    @rule(part=st.sampled_from([0, 0, 1, 5, 12]), extensions=st.integers(0, 2), off=st.integers(-1, 1))
    def wait(self, part: int, extensions: int, off: int) -> None:
        rules = self.game.rules
        self.warp(self.chain.now + part * rules.clock // 40 + extensions * rules.extension + off)

    @precondition(lambda self: self.matters)
    @rule(place=PLACES, off=st.integers(-1, 1), kept=st.integers(0, 2))
    def come_to_an_edge(self, place: int, off: int, kept: int) -> None:
        """The next transaction is mined as a clock has nothing left, or just an extension."""
        rules = self.game.rules
        self.warp(self.game.deadline(self.claim(place)) - (0, rules.extension, rules.step_extension)[kept] + off)

    @rule(depth=st.integers(1, 6), seed=st.integers(0, 99), later=st.sampled_from([0, 1, 40]))
    def reorganise(self, depth: int, seed: int, later: int) -> None:
        """L1 loses its newest blocks; their transactions are sent again, in an order that no account's own forbids."""
        depth = min(depth, self.chain.block_number - self.opened)
        if not depth:
            return
        lost = self.chain.reorg(depth)
        self.pinned = False
        self.game = self.history[self.chain.block_number]
        if later:
            self.warp(self.chain.now + later)
        for raw in merged(lost, Random(seed)):
            self.act(self.operations[keccak256(raw)], partial(self.chain.resend, raw))

    @precondition(lambda self: self.chain.block_number % 4 == 0)
    @rule()
    def upgrade(self) -> None:
        """The owner sets an implementation for later games."""
        address = self.arena.factory.functions["implementation"]()
        self.act(
            lambda game, now: None,
            lambda: self.arena.factory.setImplementation(address, sender=self.accounts[0]),
        )

    # -- ends

    @rule(places=st.lists(PLACES, max_size=5), sender=MOVERS)
    def resolve(self, places: list[int], sender: int) -> None:
        self.resolve_these(self.ids(places), sender)

    @precondition(lambda self: not self.game.over or self.chain.block_number % 8 == 3)
    @rule(seed=st.integers(0, 99), page=st.integers(1, 9), sender=MOVERS)
    def resolve_what_can_be(self, seed: int, page: int, sender: int) -> None:
        ripe = self.ripe(Random(seed), with_root=seed % 3 == 0)
        for start in range(0, len(ripe), page):
            self.resolve_these(ripe[start : start + page], sender)

    @precondition(lambda self: not self.game.orphaned and self.is_open)
    @rule(really=st.integers(0, 12))
    def reject_the_parent(self, really: int) -> None:
        if really in (7, 8):
            self.act(
                lambda game, now: setattr(game, "orphaned", True),
                lambda: self.arena.table.orphan(self.assertion, sender=self.accounts[0]),
            )

    @precondition(lambda self: (self.game.orphaned and self.is_open) or self.chain.block_number % 8 == 0)
    @rule(sender=MOVERS)
    def void(self, sender: int) -> None:
        self.act(lambda game, now: game.void(), lambda: self.contract.void(sender=self.accounts[sender]))

    @precondition(lambda self: self.game.outcome is Outcome.VOID or self.chain.block_number % 8 == 1)
    @rule(places=st.lists(PLACES, max_size=4), sender=MOVERS)
    def refund(self, places: list[int], sender: int) -> None:
        ids = self.ids(places)
        self.act(lambda game, now: game.refund(ids), lambda: self.contract.refund(ids, sender=self.accounts[sender]))

    @precondition(lambda self: any(self.game.credit.values()) or self.chain.block_number % 8 == 2)
    @rule(owner=MOVERS, to=st.integers(0, 5), payable=st.integers(0, 3))
    def withdraw(self, owner: int, to: int, payable: int) -> None:
        account = self.accounts[owner]
        receiver = self.accounts[to].address if payable else self.arena.factory.address
        self.act(
            lambda game, now: game.withdraw(account.address, receiver, bool(payable)),
            lambda: self.contract.withdraw(receiver, sender=account),
        )

    # -- the end of an example

    def teardown(self) -> None:
        """Play to the end: everything is resolved or refunded, everyone is paid, and nothing is left."""
        if not self.agreed:
            return
        if not self.game.over:
            self.warp(max(self.game.deadline(claim) for claim in self.game.claims.values()))
            self.resolve_what_can_be(1, 4, 1)
            if self.game.orphaned and self.is_open:
                self.void(1)
        if self.game.outcome is Outcome.VOID:
            left = [id for id, claim in self.game.claims.items() if not claim.settled]
            self.act(lambda game, now: game.refund(left), lambda: self.contract.refund(left, sender=self.accounts[1]))
        self.agree_with_what_agents_see()
        for number in range(1, 6):
            self.withdraw(number, number, 1)
        assert self.game.over and self.game.held == self.game.burnt
        entry = self.arena.table.entries(self.assertion)
        assert (entry.status, entry.winner) == (STATUS[self.game.outcome], self.game.winner)


@pytest.fixture(scope="module")
def stages() -> Iterator[None]:
    """Close the chain when this module is done."""
    yield
    if stage.cache_info().currsize:
        stage(GameMachine.backend).chain.close()
        stage.cache_clear()


def test_contract_and_model_agree_after_every_transaction(l1_name: str, stages: None) -> None:
    GameMachine.backend = l1_name
    play(GameMachine, int(os.environ.get("DISPUTE_EXAMPLES", "30")), steps=30)

"""A dispute game on L1 with its model beside it: whatever is done is done to both, and compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from harness.chain import Chain, Snapshot, open_chain
from harness.chain.errors import RevertedWithError
from harness.chain.values.transactions import decode
from harness.contracts.bindings import Contract
from harness.dispute.counting_machine import CountingTrace
from harness.dispute.reader import GameReader
from harness.fuzz.arena import Arena
from harness.primitives.hashing import keccak256
from harness.rollup.config import GameRules
from harness.rollup.contracts import contract_type

from .dispute_model import BOND, NOBODY, Claim, Game, Outcome, Refused, Rules, Side, Subject, counted

Operation = Callable[[Game, int], None]
RULES = (
    Rules(2, 100, 1, 1, 1),
    Rules(3, 1_000, 10, 30, 10**9),
    Rules(4, 10_000, 100, 300, 50 * 10**9),
    Rules(3, 50, 50, 50, 7),
)
TRUTH = CountingTrace(5, 3)
STATUS = {Outcome.UNDECIDED: 2, Outcome.UPHELD: 3, Outcome.REJECTED: 4, Outcome.VOID: 2}
"""What the table of assertions says of one whose game stands like this."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A chain with an implementation of the game for each set of rules, and the point to return to."""

    chain: Chain
    arenas: tuple[Arena, ...]
    implementations: tuple[Contract, ...]
    start: Snapshot


@cache
def stage(backend: str) -> Stage:
    chain = open_chain(backend)
    arenas = tuple(Arena.deploy(chain, GameRules(*rules.words())) for rules in RULES)
    kind = contract_type("DisputeGame")
    made = tuple(kind.at(chain, arena.factory.functions["implementation"]()) for arena in arenas)
    return Stage(chain, arenas, made, chain.snapshot())


def merged(raws: Sequence[bytes], rng: Random) -> Iterator[bytes]:
    """Transactions in some order in which each account's keep their own."""
    queues: dict[bytes, list[bytes]] = {}
    for raw in raws:
        queues.setdefault(decode(raw).sender, []).append(raw)
    while waiting := [queue for queue in queues.values() if queue]:
        yield rng.choice(waiting).pop(0)


class ShadowedGame:
    """One game, and all ways to act in it. ``agreed`` tells that contract and model said the same until now."""

    backend = "py-evm"

    def __init__(self) -> None:
        super().__init__()
        self.stage = stage(self.backend)
        self.chain, self.arena = self.stage.chain, self.stage.arenas[0]
        self.chain.restore(self.stage.start)
        self.accounts = list(self.chain.accounts)[:6]
        self.assertion = keccak256(b"disputed")
        self.operations: dict[bytes, Operation] = {}
        self.history: dict[int, Game] = {}
        self.numbers: dict[bytes, int] = {}
        self.pinned = False
        self.agreed = False

    def open(self, rules: int, honest: bool, opening: str, period: int) -> None:
        """Open a game; ``period`` is what is left of the assertion's challenge period, in tenths of a clock."""
        self.arena, proposer = self.stage.arenas[rules], self.accounts[1]
        factory, implementation, drawn = self.arena.factory, self.stage.implementations[rules], RULES[rules]
        end = 1 << drawn.depth
        root = self.value("true" if honest else "off", end)
        self.arena.table.assert_(self.assertion, counted(TRUTH.number(0)), root, TRUTH.end_batch, sender=proposer)
        bonds, value = drawn.bonds(), self.value(opening, end // 2)
        assert [implementation.bondAt(level) for level in range(drawn.depth + 1)] == bonds
        until = self.chain.now + period * drawn.clock // 10 if period else 0
        self.arena.table.setUntil(self.assertion, until, sender=proposer)
        self.time()
        self.pinned, now = False, self.chain.now
        factory.open(self.assertion, value, *self.anchor(), sender=self.accounts[2], value=BOND)
        self.contract = contract_type("DisputeGame").at(self.chain, factory.gameOf(self.assertion))
        subject = Subject(
            self.contract.address, self.assertion, self.true(0), root, TRUTH.end_batch, proposer.address, until
        )  # fmt: skip
        self.game = Game(drawn, subject, bonds)
        self.game.open(now, self.accounts[2].address, value)
        self.opened = self.chain.block_number
        self.compare(None)

    # -- help

    @property
    def is_open(self) -> bool:
        return self.game.outcome is Outcome.UNDECIDED

    @property
    def leaves(self) -> list[Claim]:
        return [claim for claim in self.game.claims.values() if claim.depth == self.game.rules.depth]

    @property
    def matters(self) -> bool:
        """Whether a move can still be more than refused; now and then one is tried all the same."""
        if self.game.over:
            return self.chain.block_number % 6 == 0
        now = self.chain.now
        return any(self.game.deadline(claim) > now for claim in self.game.claims.values()) or now % 3 == 0

    def true(self, state: int) -> bytes:
        return self.value("true", state)

    def value(self, kind: str, state: int) -> bytes:
        """A value for a claim about a state; most wrong ones are states as well, from which steps can be proven."""
        if kind == "zero":
            return bytes(32)
        number = TRUTH.number(state) if kind != "other" else TRUTH.number(state + 1)
        number += kind == "off"
        self.numbers[counted(number)] = number
        return counted(number)

    def time(self) -> int:
        """The time of the next transaction, fixed from here on until it is sent."""
        if not self.pinned:
            self.chain.warp(1)
            self.pinned = True
        return self.chain.now

    def anchor(self, back: int = 0) -> tuple[int, bytes]:
        block = self.chain.block_at(self.chain.block_number - back)
        return block.number, block.hash

    def check_anchor(self, number: int, hash_: bytes) -> None:
        """What the factory demands of the L1 block that a move names."""
        expected = self.chain.block_at(number).hash if number <= self.chain.block_number else bytes(32)
        if hash_ != expected or hash_ == bytes(32):
            raise Refused("AnotherL1", actual=hash_, expected=expected)

    def claim(self, place: int) -> Claim:
        claims = list(self.game.claims.values())
        return claims[place % len(claims)]

    def ids(self, places: list[int]) -> list[bytes]:
        """Claims in any order, some twice; the last place of each hundred is a claim that is not there."""
        return [keccak256(b"nowhere") if place % 100 == 99 else self.claim(place).id for place in places]

    def act(self, operation: Operation, send: Callable[[], Any]) -> bool:
        """Do it in the model and on L1: both must refuse it for the same reason, or both do the same."""
        self.time()
        self.pinned, now = False, self.chain.now
        trial, expected, actual = deepcopy(self.game), None, None
        try:
            operation(trial, now)
        except Refused as refusal:
            expected = (refusal.name, refusal.fields)
        try:
            receipt = send()
        except RevertedWithError as refusal:
            actual, receipt = (refusal.name, refusal.fields), refusal.receipt
        self.operations[bytes(receipt.hash)] = operation
        self.agreed = actual == expected and self.chain.head.timestamp == now
        assert actual == expected
        assert self.chain.head.timestamp == now
        before = self.game
        if expected is None:
            self.game = trial
        self.compare(before)
        return expected is None

    def compare(self, before: Game | None) -> None:
        """Compare the game with the model: its books, and the claims that differ from what they were ``before``."""
        self.agreed = False
        old = {} if before is None else {id: claim.shown() for id, claim in before.claims.items()}
        for id, claim in self.game.claims.items():
            if old.get(id) != claim.shown():
                self.compare_claim(claim)
        for account, wei in self.game.credit.items():
            if before is None or before.credit.get(account) != wei:
                assert self.contract.credit(account) == wei
        assert self.contract.credits() == sum(self.game.credit.values())
        assert self.contract.outcome() == self.game.outcome
        assert self.contract.winner() == self.game.winner
        assert self.contract.burnt() == self.game.burnt
        assert self.chain.balance(self.contract.address) == self.game.held
        self.history[self.chain.block_number] = self.game
        self.agreed = True

    def compare_claim(self, claim: Claim) -> None:
        stored = self.contract.claim(claim.id)
        wanted = claim.shown()
        assert {name: getattr(stored, name) for name in wanted} == wanted
        assert self.contract.elapsed(claim.id) == self.game.used(claim, self.chain.now)

    def answer(self, mover: int, parent: bytes, side: Side, value: bytes, bond: int, anchor: tuple[int, bytes]) -> bool:
        account = self.accounts[mover]
        move = self.arena.factory.attack if side is Side.ATTACK else self.arena.factory.defend

        def operation(game: Game, now: int) -> None:
            self.check_anchor(*anchor)
            game.move(now, account.address, parent, side, value, bond)

        return self.act(operation, lambda: move(self.assertion, parent, value, *anchor, sender=account, value=bond))

    def place_of(self, claim: Claim, side: Side) -> int:
        """The state that an answer is about; that of the claim itself where there is no answer."""
        bottom = self.game.rules.depth
        if claim.depth == bottom:
            return claim.state(bottom)
        half = 1 << (bottom - claim.depth - 1)
        return claim.state(bottom) + (half if side is Side.DEFEND else -half)

    def step_against(self, claim: Claim, side: Side, stepper: int, right: bool) -> None:
        witness = stepper
        if right and claim in self.leaves and side is not Side.NONE:
            witness = self.numbers.get(self.game.disputed(claim, side)[1], stepper)
        account, proof = self.accounts[stepper], witness.to_bytes(32, "big")
        self.act(
            lambda game, now: game.step(now, account.address, claim.id, side, witness),
            lambda: self.contract.step(claim.id, int(side), proof, sender=account),
        )

    def resolve_these(self, ids: list[bytes], sender: int) -> bool:
        return self.act(
            lambda game, now: game.resolve(now, ids),
            lambda: self.contract.resolve(ids, sender=self.accounts[sender]),
        )

    def ripe(self, rng: Random, with_root: bool) -> list[bytes]:
        """What can be resolved or settled by the next transactions, in some order in which each of them can.

        The root of an orphaned game cannot: it is among them only ``with_root``.
        """
        now, ripe, standing = self.time(), list[bytes](), set[bytes]()
        ready = {id for id, claim in self.game.claims.items() if self.game.used(claim, now) == self.game.rules.clock}
        open_ = {id: claim for id, claim in self.game.claims.items() if not claim.settled}
        if self.is_open and self.game.orphaned and not with_root:
            del open_[self.game.root.id]

        def fallen(claim: Claim) -> bool:
            return claim.counter != NOBODY or any(answer.id in standing for answer in claim.answers)

        def final(claim: Claim) -> bool:
            return claim.id in ready and all(answer.resolved or answer.id in ripe for answer in claim.answers)

        def early(claim: Claim) -> bool:
            return fallen(claim) and not claim.resolved and claim.id not in ripe

        while able := [id for id, claim in open_.items() if early(claim) or final(claim)]:
            ripe.append(rng.choice(able))
            claim = open_[ripe[-1]]
            if final(claim):
                del open_[claim.id]
                standing.update(() if fallen(claim) else (claim.id,))
        return ripe

    def warp(self, to: int) -> None:
        if to > self.chain.now:
            self.chain.warp(to=to)
            self.pinned = True

    def agree_with_what_agents_see(self) -> None:
        """The view that agents make of events is the same game."""
        for claim in self.game.claims.values():
            self.compare_claim(claim)
        view = GameReader(self.chain, self.contract.address).view()
        assert (int(view.outcome), view.locked) == (int(self.game.outcome), self.game.held)
        assert [(seen.id, seen.position, seen.time, seen.elapsed, seen.claimant) for seen in view.claims] == [
            (claim.id, (1 << claim.depth) + claim.left, claim.time, claim.elapsed, claim.claimant)
            for claim in self.game.claims.values()
        ]
        for seen, claim in zip(view.claims, self.game.claims.values(), strict=True):
            fate = (claim.resolved, claim.paid, claim.refunded)
            assert (seen.resolved, seen.settled, seen.number in view.refunded) == fate
            assert not seen.settled or (seen.counter or NOBODY) == claim.counter

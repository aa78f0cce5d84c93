"""Steps in real games with wrong witnesses: none counters a claim that stands, or one that falls for another reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import pytest

from harness import reverts
from harness.agents import Challenger, Proposer, faults
from harness.agents.tactics import Knowledge, Sound, Tactic
from harness.chain.values.transactions import Transaction
from harness.dispute.actions import Action, Step
from harness.dispute.positions import Side
from harness.dispute.view import GameView, Outcome, step_range
from harness.errors import Reverted
from harness.proofs.witness import Witness
from harness.testbed.games import GameHandle

KINDS = ("SSTORE", "KECCAK256", "CALL", "PRECOMPILE", "INPUT")
BYTES = ("code", "data", "nodes")
"""Fields of bytes; the others are words."""
WORDS = 8


@dataclass(frozen=True, slots=True)
class WithoutSteps:
    """Plays as the inner tactic does, and leaves the steps to others."""

    inner: Tactic

    def decide(self, view: GameView, know: Knowledge) -> list[Action]:
        return [action for action in self.inner.decide(view, know) if not isinstance(action, Step)]

    def wakes(self, view: GameView, know: Knowledge) -> int | None:
        return self.inner.wakes(view, know)


def act(rollup: Any, accounts: Any, Everything: Any) -> None:
    """A transaction with every family of opcodes in it, posted."""
    contract = rollup.l2.deploy(Everything, sender=accounts.alice)
    data = contract.run.encode(b"some bytes to hash and to copy")
    target = bytes.fromhex(contract.address[2:])
    nonce = rollup.l2.nonce(accounts.alice.address)
    tx = Transaction(2, rollup.l2.chain_id, nonce, 10**6, 10**9, 2_000_000, target, 7, data, ((target, (0, 1)),))
    assert rollup.l2.send_transaction(tx, accounts.alice).succeeded
    rollup.sequencer.post()


def lie_about(kind: str) -> Any:
    return faults.wrong_nonce() if kind == "INPUT" else faults.tamper_opcode(kind)


class Bottom:
    """A game that has come to its lowest depth, and to nobody's step yet."""

    def __init__(self, rollup: Any, kind: str, game: GameHandle, truth: Any) -> None:
        self.rollup = rollup
        self.kind = kind
        self.game = game
        self.contract = game.reader.contract
        self.truth = truth
        while not any(game.view.is_leaf(claim) for claim in game.view.claims):
            assert rollup.step()
        (self.leaf,) = [claim for claim in game.view.claims if game.view.is_leaf(claim)]

    def step(self, side: Side, witness: bytes, gas: int | None = None) -> None:
        """Try a step, as a call; raises what it raises."""
        account = self.rollup.l1.accounts.frank
        self.contract.step.call(self.leaf.id, int(side), witness, sender=account, gas=gas)

    def witness(self, side: Side, off: int = 0) -> bytes:
        found: bytes = self.truth.witness(step_range(self.game.view, self.leaf, side) + off)
        return found

    def least_gas(self, side: Side, witness: bytes) -> int:
        """What the bytes of the transaction cost: with less it does not run at all."""
        data = self.contract.step.encode(self.leaf.id, int(side), witness)
        target = bytes.fromhex(self.contract.address[2:])
        return Transaction(2, self.rollup.l1.chain_id, 0, 0, 0, 0, target, 0, data).intrinsic_gas

    def right_side(self) -> Side:
        """How the leaf is countered: whether its own state is the wrong one, or the next one."""
        about = self.game.view.state(self.leaf)
        return Side.DEFEND if self.truth.hash_at(about) == self.leaf.value else Side.ATTACK

    def countered(self) -> bool:
        return bool(int(self.contract.claim(self.leaf.id).counter, 16))


@dataclass(frozen=True, slots=True)
class Mutation:
    """A witness with one change. ``opens_less``: it lacks something that the step reads; more than that is ignored."""

    name: str
    field: str
    opens_less: bool
    encoded: bytes


def mutations(encoded: bytes) -> Iterator[Mutation]:
    """A word of a field changed, ``WORDS`` of each at most; a field that is shorter or longer; a node of a Patricia
    proof left out, as if the path ended there, or with a byte behind it.
    """
    names = [field.name for field in fields(Witness)]
    for number, name in enumerate(names):
        at = 32 + int.from_bytes(encoded[32 * number + 32 : 32 * number + 64], "big")
        length = int.from_bytes(encoded[at : at + 32], "big")
        size = length if name in BYTES else 32 * length
        places = range(at + 32, at + 32 + size, 32)
        for place in places[:: max(1, len(places) // WORDS)]:
            last = min(place + 31, at + 31 + size)
            changed = encoded[:last] + bytes([encoded[last] ^ 1]) + encoded[last + 1 :]
            yield Mutation(f"{name} at byte {last}", name, True, changed)
        for by in (-1, 1) if length else (1,):
            changed = encoded[:at] + (length + by).to_bytes(32, "big") + encoded[at + 32 :]
            yield Mutation(f"{name} of length {length + by}", name, by < 0, changed)
    yield from _pruned(encoded)


def _pruned(encoded: bytes) -> Iterator[Mutation]:
    """Changes of the nodes, which are the last field: RLP lists, one behind the other."""
    start = 32 + int.from_bytes(encoded[32 * len(fields(Witness)) : 32 * len(fields(Witness)) + 32], "big")
    length = int.from_bytes(encoded[start : start + 32], "big")
    rest, nodes = encoded[start + 32 : start + 32 + length], []
    while rest:
        size = _size(rest)
        nodes.append(rest[:size])
        rest = rest[size:]
    for number, node in enumerate(nodes):
        for name, instead in (("left out", b""), ("with a byte behind it", node + b"\0")):
            joined = b"".join((*nodes[:number], instead, *nodes[number + 1 :]))
            tail = len(joined).to_bytes(32, "big") + joined + bytes(-len(joined) % 32)
            yield Mutation(f"node {number} {name}", "nodes", True, encoded[:start] + tail)


def _size(encoded: bytes) -> int:
    """Bytes that an RLP list at the beginning takes."""
    if encoded[0] < 0xF8:
        return 1 + encoded[0] - 0xC0
    digits = encoded[0] - 0xF7
    return 1 + digits + int.from_bytes(encoded[1 : 1 + digits], "big")


TRAILING = (b"\0", b"\1" * 32, bytes(64))


@pytest.fixture
def bottom(request: pytest.FixtureRequest, rollup: Any, accounts: Any, Everything: Any) -> Bottom:
    """A leaf of a lying proposer's; the challenger has not stepped yet."""
    act(rollup, accounts, Everything)
    challenger = rollup.challenger
    challenger.agent = Challenger(tactic=WithoutSteps(Sound()))
    game = challenger.dispute(rollup.join(Proposer(lie=lie_about(request.param))).propose())
    return Bottom(rollup, request.param, game, challenger.knowledge(game.assertion.id).truth)


@pytest.mark.parametrize("bottom", KINDS, indirect=True)
def test_a_step_with_a_wrong_witness_reverts_and_the_right_one_succeeds(bottom: Bottom) -> None:
    rollup, game, frank = bottom.rollup, bottom.game, bottom.rollup.l1.accounts.frank
    side = bottom.right_side()
    right, tried = bottom.witness(side), set()
    for wrong in (mutation for mutation in mutations(right) if mutation.opens_less):
        with pytest.raises(Reverted):
            bottom.step(side, wrong.encoded)
            pytest.fail(f"{wrong.name} is taken")
        if wrong.field not in tried:  # Once in a transaction, to see that nothing of it stays.
            tried.add(wrong.field)
            with pytest.raises(Reverted):
                bottom.contract.step(bottom.leaf.id, int(side), wrong.encoded, sender=frank)
    assert {"machine", "nodes"} & tried and len(tried) >= 4
    for off in (-1, 1):
        with pytest.raises(Reverted):
            bottom.step(side, bottom.witness(side, off))
    with pytest.raises(Reverted):
        bottom.step(Side(3 - side), right)
    assert not bottom.countered()

    rollup.challenger.agent = Challenger()
    rollup.run_until(game.resolved)
    assert game.winner is rollup.challenger
    assert game.disputed_step is not None and game.disputed_step.opcode == bottom.kind


@pytest.fixture
def honest_bottom(request: pytest.FixtureRequest, rollup: Any, accounts: Any, Everything: Any) -> Bottom:
    """A leaf of an honest proposer's, in a game that a lying challenger opened."""
    act(rollup, accounts, Everything)
    right = rollup.proposer.propose()
    liar = rollup.join(Challenger(lie=lie_about(request.param)))
    return Bottom(rollup, request.param, liar.dispute(right), liar.knowledge(right.id).truth)


@pytest.mark.parametrize("honest_bottom", ["SSTORE", "PRECOMPILE"], indirect=True)
def test_no_witness_counters_a_claim_that_stands(honest_bottom: Bottom, DisputeGame: Any) -> None:
    """Neither the right witness, nor a changed one, nor more bytes behind it, nor less gas than the step takes."""
    bottom, rollup = honest_bottom, honest_bottom.rollup
    for side in (Side.ATTACK, Side.DEFEND):
        right = bottom.witness(side)
        for tail in (b"", *TRAILING):
            with reverts(DisputeGame.StepCountersNothing):
                bottom.step(side, right + tail)
        for wrong in mutations(right):
            with pytest.raises(Reverted):
                bottom.step(side, wrong.encoded)
                pytest.fail(f"{wrong.name} counters a claim that stands")
        for gas in range(bottom.least_gas(side, right) + 1_000, 600_000, 15_000):
            with pytest.raises(Reverted):
                bottom.step(side, right, gas=gas)
                pytest.fail(f"with {gas} gas a claim that stands is countered")
    assert not bottom.countered()
    rollup.run_until(bottom.game.assertion.confirmed)
    assert bottom.game.outcome is Outcome.UPHELD


@pytest.mark.parametrize("bottom", ["PRECOMPILE"], indirect=True)
def test_a_step_with_too_little_gas_for_a_precompile_reverts(bottom: Bottom, accounts: Any) -> None:
    """It runs out, or says so: it never takes the lack of gas for a failure of the precompile."""
    side = bottom.right_side()
    right = bottom.witness(side)
    least = bottom.least_gas(side, right) + 1_000
    for gas in range(least, 600_000, 10_000):
        try:
            bottom.step(side, right, gas=gas)
        except Reverted:
            continue
        break
    else:
        pytest.fail("no gas is enough")
    assert gas > least
    with pytest.raises(Reverted):
        bottom.contract.step(bottom.leaf.id, int(side), right, sender=accounts.frank, gas=gas - 10_000)
    assert not bottom.countered()
    bottom.contract.step(bottom.leaf.id, int(side), right + TRAILING[0], sender=accounts.frank)
    assert bottom.contract.claim(bottom.leaf.id).counter == accounts.frank.address

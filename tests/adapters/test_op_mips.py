"""A game about the OP Stack's own MIPS machine: the last move is a step that reads the preimage oracle."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.adapters import op
from harness.adapters.op_mips import Memory, MipsState
from harness.adapters.op_program import AFTER_LENGTH, GENESIS, STARTING
from harness.adapters.published import OPTIMISM
from harness.chain import open_chain
from harness.errors import Reverted
from harness.primitives.hashing import keccak256
from tests.support.published import home_of

SYSCALL, BUFFER = 0x0000000C, 0x1000
READ, PREIMAGES = 4003, 5
V0, A0, A1, A2 = 2, 4, 5, 6
RULES = op.OpRules(max_depth=4, split_depth=2)
MEMORY = Memory({0: SYSCALL, 4: SYSCALL})


def registers(**values: int) -> tuple[int, ...]:
    places = {"v0": V0, "a0": A0, "a1": A1, "a2": A2}
    found = [0] * 32
    for name, value in values.items():
        found[places[name]] = value
    return tuple(found)


PRESTATE = MipsState(
    MEMORY,
    preimage_key=(1 << 248 | STARTING).to_bytes(32, "big"),
    preimage_offset=AFTER_LENGTH,
    registers=registers(v0=READ, a0=PREIMAGES, a1=BUFFER, a2=4),
)
"""A program that asks for the first four bytes of the output that it starts from."""
AFTER = replace(
    PRESTATE,
    memory=MEMORY.with_word(BUFFER, int.from_bytes(GENESIS[:4], "big")),
    preimage_offset=AFTER_LENGTH + 4,
    pc=4,
    next_pc=8,
    step=1,
    registers=registers(v0=4, a0=PREIMAGES, a1=BUFFER, a2=4),
)
"""The state after the step, by the machine's documentation."""
PROOF = MEMORY.proof(0) + MEMORY.proof(BUFFER)


@pytest.fixture(scope="module")
def artifacts() -> Path:
    return home_of(OPTIMISM) / OPTIMISM.artifacts


@pytest.fixture
def stack(artifacts: Path) -> Iterator[op.OpStack]:
    with open_chain() as chain:
        yield op.deploy(chain, artifacts, rules=RULES, prestate=PRESTATE.hash)


def leaf(stack: op.OpStack, value: bytes) -> op.OpGame:
    """Play a game whose lowest claim is about the state after the machine's first step."""
    mallory, alice = stack.chain.accounts.mallory, stack.chain.accounts.alice
    game = stack.propose(b"\x01" + keccak256(b"root")[1:], block=4, sender=mallory)
    claim = 0
    for depth in range(1, RULES.max_depth + 1):
        made = value if depth == RULES.max_depth else b"\x01" + keccak256(bytes([depth]))[1:]
        claim = game.attack(claim, made, alice if depth % 2 else mallory)
    game.contract.addLocalData(STARTING, claim, AFTER_LENGTH, sender=alice)
    return game


def test_a_wrong_state_is_countered_by_a_step_of_the_machine(stack: op.OpStack) -> None:
    alice = stack.chain.accounts.alice
    game = leaf(stack, replace(AFTER, preimage_offset=AFTER_LENGTH).hash)
    game.contract.step(RULES.max_depth, True, PRESTATE.packed, PROOF, sender=alice)
    assert game.contract.claimData(RULES.max_depth).counteredBy == alice.address


def test_the_right_state_stands_against_the_step(stack: op.OpStack) -> None:
    game = leaf(stack, AFTER.hash)
    with pytest.raises(Reverted, match="ValidStep"):
        game.contract.step(RULES.max_depth, True, PRESTATE.packed, PROOF, sender=stack.chain.accounts.alice)


def test_a_step_needs_the_memory_of_the_state(stack: op.OpStack) -> None:
    game = leaf(stack, AFTER.hash)
    other = MEMORY.with_word(0, 0)
    with pytest.raises(Reverted):
        proof = other.proof(0) + other.proof(BUFFER)
        game.contract.step(RULES.max_depth, True, PRESTATE.packed, proof, sender=stack.chain.accounts.alice)

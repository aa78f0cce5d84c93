"""What is read off bytecode without running it."""

from __future__ import annotations

import random

import pytest

from harness.engine.bytecode import aborts, jump_destinations


def naive_destinations(code: bytes) -> set[int]:
    found, pc = set(), 0
    while pc < len(code):
        if code[pc] == 0x5B:
            found.add(pc)
        pc += 1 + (code[pc] - 0x5F if 0x60 <= code[pc] <= 0x7F else 0)
    return found


@pytest.mark.parametrize("seed", range(200))
def test_jump_destinations_are_no_data_of_a_push(seed: int) -> None:
    rnd = random.Random(seed)
    code = bytes(
        rnd.choice((0x5B, 0x5F, 0x60, 0x61, 0x7F, 0x00, 0x0A, rnd.randrange(256))) for _ in range(rnd.randrange(90))
    )
    assert jump_destinations(code) == naive_destinations(code)


def test_a_push_that_runs_past_the_end_hides_what_is_there() -> None:
    assert jump_destinations(bytes.fromhex("5b625b5b")) == {0}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("5f5ffd", True),
        ("fe", True),
        ("6004565b5f5ffd", False),  # jumps to 4, which is 5f5ffd's first byte and no JUMPDEST
        ("600356 5b 5f5ffd", True),
        ("5f600557 5b 5f5ffd", False),  # a branch may go elsewhere
        ("00", False),
        ("5f5ff3", False),
        ("5b600056", False),  # for ever
        ("5f", False),
    ],
)
def test_code_aborts_if_it_can_only_revert(code: str, expected: bool) -> None:
    assert aborts(bytes.fromhex(code), 0) is expected

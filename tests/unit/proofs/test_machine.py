"""Hashes of the machine's parts, word for word as contracts/SPEC.md lists them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from harness.primitives.hashing import ZERO_WORD, keccak256
from harness.proofs.machine import FrameWords, Kind, Machine, Phase, TxWords
from harness.proofs.stack import Cell, stack_hash
from harness.rollup.codec.messages import L1Attributes
from harness.rollup.forks import fork_of
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.machine import Cursor
from harness.rollup.machine.state import AccessLink, DestroyedLink, LogLink, chain_hash

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "machine.json").read_text())


def h(tag: int, *words: int | bytes) -> bytes:
    """H(TAG, words) written out."""
    parts = [tag.to_bytes(32, "big")]
    parts += [w.to_bytes(32, "big") if isinstance(w, int) else w.rjust(32, b"\0") for w in words]
    return keccak256(b"".join(parts))


def frame() -> FrameWords:
    values: list[Any] = list(range(101, 127))
    values[1], values[16] = Kind.CREATE, True
    for at in (0, 2, 3, 5, 8, 10, 12, 14, 20, 21, 23, 24, 25):
        values[at] = bytes([at]) * (20 if at in (2, 3) else 32)
    return FrameWords(*values)


def tx() -> TxWords:
    values: list[Any] = [
        Phase.END,
        b"\x11" * 20,
        5,
        6,
        7,
        8,
        b"\x22" * 32,
        9,
        b"\x33" * 32,
        b"\x44" * 32,
        b"\x55" * 32,
        10,
        11,
    ]
    return TxWords(*values)


def machine(**more: Any) -> Machine:
    parts: dict[str, Any] = {
        "state_root": b"\x66" * 32, "cursor": Cursor(3, True, 4, 5, 6, 7), "env_hash": b"\x77" * 32,
        "ring_root": b"\x88" * 32, "tx": tx(), "frame": frame(),
    }  # fmt: skip
    return Machine(**(parts | more))


def test_a_frame_is_its_26_words_under_tag_4() -> None:
    assert len(fields(FrameWords)) == 26
    assert frame().hash() == h(4, *(int(w) if not isinstance(w, bytes) else w for w in frame().words()))


def test_a_transaction_is_its_13_words_under_tag_3() -> None:
    assert tx().hash() == h(3, *(int(w) if not isinstance(w, bytes) else w for w in tx().words()))
    assert len(tx().words()) == 13


def test_a_machine_is_its_11_words_under_tag_1() -> None:
    assert machine().hash() == h(
        1, b"\x66" * 32, 3, 1, 4, 5, 6, 7, b"\x77" * 32, b"\x88" * 32, tx().hash(), frame().hash()
    )


def test_an_idle_machine_has_zero_words_for_what_it_lacks() -> None:
    idle = machine(tx=None, frame=None)
    assert idle.is_idle
    assert idle.words()[-2:] == (ZERO_WORD, ZERO_WORD)


@pytest.mark.parametrize("name", [field.name for field in fields(FrameWords)])
def test_every_word_of_a_frame_counts(name: str) -> None:
    at = [field.name for field in fields(FrameWords)].index(name)
    values: list[Any] = [getattr(frame(), field.name) for field in fields(FrameWords)]
    values[at] = bytes(reversed(range(32))) if isinstance(values[at], bytes) else 999_999
    assert FrameWords(*values).hash() != frame().hash()


def test_chains() -> None:
    assert chain_hash(None) == ZERO_WORD == stack_hash(None)
    two = Cell(b"\x07", Cell(5, None))
    assert stack_hash(two) == h(5, h(5, 0, 5), 7)
    log = LogLink(LogLink(None, b"\x01" * 20, (), b""), b"\x02" * 20, (3, 4), b"data")
    first = h(8, 0, b"\x01" * 20, keccak256(b""), 0)
    assert chain_hash(log) == h(8, first, b"\x02" * 20, keccak256(b"data"), 2, 3, 4)
    assert chain_hash(DestroyedLink(None, b"\x09" * 20)) == h(9, 0, b"\x09" * 20)
    assert chain_hash(AccessLink(None, b"\x09" * 20, None)) == h(10, 0, b"\x09" * 20, 0, 0)
    assert chain_hash(AccessLink(None, b"\x09" * 20, 6)) == h(10, 0, b"\x09" * 20, 1, 6)


def test_a_chain_of_ten_thousand_is_hashed_without_recursion() -> None:
    cell = None
    for value in range(10_000):
        cell = Cell(value, cell)
    assert len(stack_hash(cell)) == 32


def test_a_ring_holds_256_hashes() -> None:
    ring = Ring().with_hash(5, b"\x01" * 32).with_hash(261, b"\x02" * 32).with_hash(6, b"\x03" * 32)
    assert ring.hash_of(261, 262) == b"\x02" * 32
    assert ring.hash_of(6, 262) == b"\x03" * 32
    assert ring.hash_of(6, 263) == ring.hash_of(262, 262) == ring.hash_of(2**255, 262) == ZERO_WORD
    leaf, *siblings = ring.opening(6)
    at = 6
    for sibling in siblings:
        leaf = h(7, sibling, leaf) if at % 2 else h(7, leaf, sibling)
        at >>= 1
    assert leaf == ring.root


def test_vectors() -> None:
    env = VECTORS["env"]
    values = [bytes.fromhex(w[2:]) for w in env["words"]]
    numbers = [int.from_bytes(value, "big") for value in values]
    head: list[Any] = [*numbers[:2], values[2][-20:], numbers[3], values[4], *numbers[5:11]]
    l1 = L1Attributes(numbers[12], numbers[13], values[14], numbers[15])
    made = Env(*head, fork_of(numbers[11]), l1, *numbers[16:])
    assert "0x" + made.hash.hex() == env["hash"]
    for name, made_words, made_hash in (
        ("frame", frame().words(), frame().hash()),
        ("tx", tx().words(), tx().hash()),
        ("machine", machine().words(), machine().hash()),
    ):
        found = [w.rjust(32, b"\0") if isinstance(w, bytes) else int(w).to_bytes(32, "big") for w in made_words]
        assert [bytes.fromhex(w[2:]) for w in VECTORS[name]["words"]] == found
        assert "0x" + made_hash.hex() == VECTORS[name]["hash"]

"""The memory tree: roots, openings, and replay from the log of writes."""

from __future__ import annotations

import random

import pytest

from harness.primitives.hashing import Tag, tagged_hash
from harness.proofs.memory import LEVELS, ZERO_HASHES, MemoryTree


def plain_root(words: dict[int, bytes], level: int = LEVELS, index: int = 0) -> bytes:
    """The root by definition, without a shortcut but that of zero subtrees."""
    if not any(index << level <= at < (index + 1) << level for at in words):
        return ZERO_HASHES[level]
    if level == 0:
        return words[index]
    left, right = (plain_root(words, level - 1, 2 * index + side) for side in (0, 1))
    return tagged_hash(Tag.MEMORY, left, right)


def tree(writes: list[tuple[int, bytes]]) -> MemoryTree:
    made = MemoryTree()
    made.seek(writes, len(writes))
    return made


def test_the_empty_tree_has_the_root_that_solidity_knows() -> None:
    assert MemoryTree().root().hex() == "7ad6db9c827e9f093ba2805b284a1b37ed49fc09c88b2ed98e0e7c673c80bbd4"


@pytest.mark.parametrize("seed", range(6))
def test_roots_follow_the_definition(seed: int) -> None:
    rnd = random.Random(seed)
    writes = [(rnd.randrange(600), rnd.randbytes(rnd.choice((1, 32, 90)))) for _ in range(8)]
    made = tree(writes)
    words = {i: made.word(i) for i in range(24)}
    assert made.root() == plain_root({i: w for i, w in words.items() if w != bytes(32)})


def test_seeking_back_gives_the_earlier_root() -> None:
    writes = [(32 * i, bytes([i + 1]) * 40) for i in range(20)]
    made = MemoryTree()
    roots = []
    for position in range(len(writes) + 1):
        made.seek(writes, position)
        roots.append(made.root())
    for position in (3, 17, 0, 9):
        made.seek(writes, position)
        assert made.root() == roots[position]


def climb(first: int, last: int, opening: list[bytes]) -> bytes:
    """The root that a read opening leads to."""
    count = last - first + 1
    row, rest = opening[:count], opening[count:]
    for _ in range(LEVELS):
        if first % 2:
            row = [rest.pop(0), *row]
        if last % 2 == 0:
            row = [*row, rest.pop(0)]
        row = [tagged_hash(Tag.MEMORY, row[i], row[i + 1]) for i in range(0, len(row), 2)]
        first, last = first >> 1, last >> 1
    assert not rest
    return row[0]


@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 1), (0, 1), (3, 9), (7, 8), (15, 16), (0, 40), (1000, 1001)])
def test_a_read_opening_leads_to_the_root(first: int, last: int) -> None:
    made = tree([(0, bytes(range(1, 200))), (700, b"z" * 90)])
    assert climb(first, last, made.open_read(first, last)) == made.root()


@pytest.mark.parametrize(("first", "last"), [(0, 0), (5, 5), (0, 1), (1, 2), (3, 9), (15, 16), (0, 1535)])
def test_a_write_opening_has_two_words_and_two_paths(first: int, last: int) -> None:
    made = tree([(0, bytes(range(1, 200)))])
    opening = made.open_write(first, last)
    assert opening[0] == made.word(first)
    if first != last:
        assert opening[1] == made.word(last)
    assert len(opening) <= 2 + 2 * LEVELS
    if first == last:
        assert len(opening) == 1 + LEVELS


def test_reading_beyond_what_was_written_gives_zeros() -> None:
    assert tree([(0, b"ab")]).read(1, 70) == b"b" + bytes(69)

"""Ranges of memory against a whole tree."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness import reverts

from .references import MEMORY_TAG, RING_TAG, Tree

RANGES = [(0, 1), (0, 32), (31, 1), (31, 2), (1, 32), (32, 32), (32, 64), (40, 200), (96, 320), (5, 1000), (1023, 33)]


def _memory(seed: int) -> Tree:
    rng = random.Random(seed)
    tree = Tree(MEMORY_TAG, 24)
    for _ in range(20):
        tree.write(rng.randrange(1200), rng.randbytes(rng.randrange(1, 70)))
    return tree


def _words(offset: int, size: int) -> tuple[int, int]:
    return offset // 32, (offset + size - 1) // 32


def test_zero_root_is_that_of_an_empty_tree(probe: Any) -> None:
    assert probe.memoryZeroRoot() == Tree(MEMORY_TAG, 24).root


@pytest.mark.parametrize(("offset", "size"), RANGES)
def test_read_range_succeeds(probe: Any, offset: int, size: int) -> None:
    tree = _memory(offset + size)
    opening = tree.read_opening(*_words(offset, size))
    assert probe.memoryRead(tree.root, offset, size, opening) == tree.read(offset, size)


@pytest.mark.parametrize(("offset", "size"), RANGES)
def test_write_range_succeeds(probe: Any, offset: int, size: int) -> None:
    tree = _memory(offset + size)
    data = random.Random(size).randbytes(size)
    before, opening = tree.root, tree.write_opening(*_words(offset, size))
    tree.write(offset, data)
    assert probe.memoryWrite(before, offset, data, opening) == tree.root


def test_write_longest_range_succeeds(probe: Any) -> None:
    tree = _memory(1)
    data = random.Random(2).randbytes(49_152)
    before, opening = tree.root, tree.write_opening(*_words(49_151, len(data)))
    tree.write(49_151, data)
    assert probe.memoryWrite(before, 49_151, data, opening) == tree.root


@pytest.mark.parametrize("place", [0, 3, -1])
def test_read_with_a_changed_word_reverts(probe: Any, contracts: Any, place: int) -> None:
    tree = _memory(3)
    opening = tree.read_opening(1, 5)
    opening[place] = bytes([opening[place][0] ^ 1]) + opening[place][1:]
    with reverts(contracts["LibraryProbe"].WrongOpening):
        probe.memoryRead(tree.root, 32, 160, opening)


def test_read_with_a_word_too_many_reverts(probe: Any, contracts: Any) -> None:
    tree = _memory(3)
    opening = tree.read_opening(1, 5)
    with reverts(contracts["LibraryProbe"].WrongLength, actual=len(opening) + 1, expected=len(opening)):
        probe.memoryRead(tree.root, 32, 160, [*opening, bytes(32)])


@pytest.mark.parametrize("place", [0, 1, 2, -1])
def test_write_with_a_changed_word_reverts(probe: Any, contracts: Any, place: int) -> None:
    tree = _memory(4)
    opening = tree.write_opening(3, 10)
    opening[place] = bytes([opening[place][0] ^ 1]) + opening[place][1:]
    with reverts(contracts["LibraryProbe"].WrongOpening):
        probe.memoryWrite(tree.root, 100, b"\x01" * 240, opening)


def test_write_with_a_word_too_many_reverts(probe: Any, contracts: Any) -> None:
    tree = _memory(4)
    opening = tree.write_opening(3, 10)
    with reverts(contracts["LibraryProbe"].WrongLength, actual=len(opening) + 1, expected=len(opening)):
        probe.memoryWrite(tree.root, 100, b"\x01" * 240, [*opening, bytes(32)])


@pytest.mark.parametrize("number", [0, 1, 255, 256, 700])
def test_ring_write_replaces_one_leaf(probe: Any, number: int) -> None:
    ring = Tree(RING_TAG, 8)
    rng = random.Random(number)
    ring.words = {i: rng.randbytes(32) for i in range(256)}
    leaf = number % 256
    opening = [ring.words[leaf]]
    opening += [ring.nodes()(level, (leaf >> level) ^ 1) for level in range(8)]
    before, new = ring.root, rng.randbytes(32)
    ring.words[leaf] = new
    assert probe.ringWrite(before, number, new, opening) == ring.root

"""The Patricia library against the reference trie of the `trie` package."""

from __future__ import annotations

import random
from typing import Any

import pytest
from trie import HexaryTrie

from harness import reverts

EMPTY_ROOT = HexaryTrie({}).root_hash


def _keys(rng: random.Random, count: int) -> list[bytes]:
    """Draw keys of 32 bytes that share prefixes of every length, so that extensions and embedded nodes occur."""
    keys = [rng.randbytes(32)]
    while len(keys) < count:
        base = rng.choice(keys).hex()
        shared = rng.choice((0, 0, 1, 2, 3, 8, 20, 40, 58, 61, 62, 63))
        keys.append(bytes.fromhex(base[:shared] + rng.randbytes(32).hex()[shared:]))
    return sorted(set(keys))


def _value(rng: random.Random) -> bytes:
    """Draw a value: one byte above or below 0x80, a short one, or one as long as an account."""
    return rng.choice((b"\x01", b"\xff", rng.randbytes(5) + b"\x01", rng.randbytes(33), rng.randbytes(110)))


def _nodes(db: dict[bytes, bytes]) -> list[bytes]:
    return [node for node in db.values() if node != b"\x80"]


@pytest.mark.parametrize("seed", range(12))
def test_set_any_sequence_of_writes_succeeds(probe: Any, seed: int) -> None:
    rng = random.Random(seed)
    db: dict[bytes, bytes] = {}
    reference = HexaryTrie(db)
    keys = _keys(rng, rng.choice((2, 3, 6, 30)))
    for key in keys:
        if rng.random() < 0.7:
            reference[key] = _value(rng)
    before, nodes = reference.root_hash, _nodes(db)

    writes = [(rng.choice(keys), b"" if rng.random() < 0.5 else _value(rng)) for _ in range(12)]
    expected = []
    for key, value in writes:
        reference[key] = value
        expected.append(reference.root_hash)

    assert probe.trieSet(nodes, before, [key for key, _ in writes], [value for _, value in writes]) == expected


@pytest.mark.parametrize("seed", range(4))
def test_set_deleting_every_key_leads_to_the_empty_root(probe: Any, seed: int) -> None:
    rng = random.Random(100 + seed)
    db: dict[bytes, bytes] = {}
    reference = HexaryTrie(db)
    keys = _keys(rng, 10)
    for key in keys:
        reference[key] = _value(rng)
    rng.shuffle(keys)

    roots = probe.trieSet(_nodes(db), reference.root_hash, keys, [b""] * len(keys))

    for key, root in zip(keys, roots, strict=True):
        reference[key] = b""
        assert root == reference.root_hash
    assert roots[-1] == EMPTY_ROOT


@pytest.mark.parametrize("seed", range(4))
def test_get_present_and_absent_keys_succeeds(probe: Any, seed: int) -> None:
    rng = random.Random(200 + seed)
    db: dict[bytes, bytes] = {}
    reference = HexaryTrie(db)
    keys = _keys(rng, 12)
    for key in keys[::2]:
        reference[key] = _value(rng)

    for key in keys:
        assert probe.trieGet(_nodes(db), reference.root_hash, key) == reference[key]


def test_get_of_the_empty_trie_is_nothing(probe: Any) -> None:
    assert probe.trieGet([], EMPTY_ROOT, bytes(32)) == b""


def _without_a_leaf() -> tuple[bytes, list[bytes]]:
    """The root of a trie of two keys, and its nodes but for the leaf of the second."""
    db: dict[bytes, bytes] = {}
    reference = HexaryTrie(db)
    reference[b"\x11" * 32] = b"\x01" * 40
    reference[b"\x22" * 32] = b"\x02" * 40
    nodes = [node for node in _nodes(db) if b"\x02" * 40 not in node]
    return reference.root_hash, nodes


def test_get_without_a_node_reverts(probe: Any, contracts: Any) -> None:
    root, nodes = _without_a_leaf()
    with reverts(contracts["LibraryProbe"].MissingNode):
        probe.trieGet(nodes, root, b"\x22" * 32)


def test_set_collapsing_onto_a_missing_sibling_reverts(probe: Any, contracts: Any) -> None:
    """A branch that loses its last but one child needs the other one, whose kind decides the result."""
    root, nodes = _without_a_leaf()
    with reverts(contracts["LibraryProbe"].MissingNode):
        probe.trieSet(nodes, root, [b"\x11" * 32], [b""])


def test_set_with_a_forged_node_reverts(probe: Any, contracts: Any) -> None:
    """A node is found by its own hash alone: one that claims to be another is not found."""
    db: dict[bytes, bytes] = {}
    reference = HexaryTrie(db)
    reference[b"\x11" * 32] = b"\x01" * 40
    (node,) = _nodes(db)

    with reverts(contracts["LibraryProbe"].MissingNode):
        probe.trieGet([node[:-1] + b"\x02"], reference.root_hash, b"\x11" * 32)

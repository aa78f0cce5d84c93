"""The persistent trie against the `trie` package, and its promises about sharing and visiting."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from trie import HexaryTrie

from harness.primitives import patricia as t
from harness.primitives.hashing import keccak256
from harness.primitives.rlp import decode


def keys(rnd: random.Random, crowded: bool) -> list[bytes]:
    """Keys that share long prefixes, or Keccak's."""
    if crowded:
        return [bytes(rnd.choice((0, 0x10, 0x11)) for _ in range(32)) for _ in range(50)]
    return [keccak256(bytes([i])) for i in range(50)]


@pytest.mark.parametrize("seed", range(12))
def test_roots_are_those_of_ethereum(seed: int) -> None:
    rnd = random.Random(seed)
    known = keys(rnd, seed % 2 == 0)
    mine: t.Trie = None
    theirs = HexaryTrie({})
    values: dict[bytes, bytes] = {}
    for _ in range(250):
        key = rnd.choice(known)
        if rnd.random() < 0.55:
            value = rnd.randbytes(rnd.choice((1, 2, 33)))
            mine, values[key] = t.put(mine, t.nibbles(key), value), value
            theirs[key] = value
        else:
            mine = t.delete(mine, t.nibbles(key))
            if values.pop(key, None) is not None:
                del theirs[key]
        assert t.root_hash(mine) == theirs.root_hash
    assert {key: t.get(mine, t.nibbles(key)) for key in known} == {key: values.get(key) for key in known}
    assert dict(t.walk(mine)) == {t.nibbles(key): value for key, value in values.items()}


def test_an_old_trie_stays_as_it_was() -> None:
    old = t.put(None, t.nibbles(b"\x01" * 32), b"a")
    root = t.root_hash(old)
    new = t.put(old, t.nibbles(b"\x02" * 32), b"b")
    assert t.delete(new, t.nibbles(b"\x02" * 32)) is not old
    assert t.root_hash(old) == root
    assert t.get(old, t.nibbles(b"\x02" * 32)) is None


def test_writing_what_is_there_gives_the_same_node() -> None:
    trie = t.put(t.put(None, t.nibbles(b"\x01" * 32), b"a"), t.nibbles(b"\x02" * 32), b"b")
    assert t.put(trie, t.nibbles(b"\x01" * 32), b"a") is trie
    assert t.delete(trie, t.nibbles(b"\x03" * 32)) is trie


def test_deleting_visits_the_sibling_that_is_left() -> None:
    one, two = b"\x01" * 32, b"\x21" * 32
    trie = t.put(t.put(None, t.nibbles(one), b"x" * 40), t.nibbles(two), b"y" * 40)
    assert isinstance(trie, t.Branch)
    seen: list[t.Node] = []
    left = t.delete(trie, t.nibbles(one), seen.append)
    assert isinstance(left, t.Leaf)
    assert trie.children[2] in seen


def test_a_proof_leads_from_the_root_to_the_value() -> None:
    trie: t.Trie = None
    for i in range(200):
        trie = t.put(trie, t.nibbles(keccak256(bytes([i]))), b"v" * 40)
    proof = t.prove(trie, t.nibbles(keccak256(b"\x07")))
    assert keccak256(proof[0]) == t.root_hash(trie)
    for parent, child in pairwise(proof):
        assert keccak256(child) in parent
    assert decode(proof[-1])[1] == b"v" * 40


def test_the_empty_trie() -> None:
    assert t.root_hash(None) == HexaryTrie({}).root_hash
    assert t.prove(None, t.nibbles(bytes(32))) == []
    assert t.delete(None, t.nibbles(bytes(32))) is None

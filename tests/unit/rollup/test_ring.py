"""The ring of block hashes: a Merkle tree of which each block changes one path."""

from __future__ import annotations

import random

from harness.primitives.hashing import ZERO_WORD, Tag, keccak256, tagged_hash
from harness.rollup.machine.environment import RING_LEVELS, RING_SIZE, Ring, Tree


def merkle(leaves: list[bytes]) -> bytes:
    while len(leaves) > 1:
        leaves = [tagged_hash(Tag.RING, *leaves[at : at + 2]) for at in range(0, len(leaves), 2)]
    return leaves[0]


def nodes(tree: Tree, found: dict[int, Tree]) -> dict[int, Tree]:
    if id(tree) not in found:
        found[id(tree)] = tree
        for child in tree[1:]:
            if child is not None:
                nodes(child, found)
    return found


def test_a_ring_is_the_merkle_tree_of_its_leaves() -> None:
    rng, ring, leaves = random.Random(5), Ring(), [ZERO_WORD] * RING_SIZE
    assert ring.root == merkle(leaves)
    for _ in range(40):
        block = rng.randrange(1_000)
        value = keccak256(block.to_bytes(4, "big"))
        ring, leaves[block % RING_SIZE] = ring.with_hash(block, value), value
        assert ring.root == merkle(leaves)
        assert ring.hash_of(block, block + 1) == value
        assert ring.hash_of(block, block + RING_SIZE + 1) == ring.hash_of(block, block) == ZERO_WORD


def test_an_opening_leads_to_the_root() -> None:
    ring = Ring()
    for block in range(300):
        ring = ring.with_hash(block, keccak256(block.to_bytes(4, "big")))
    for block in (0, 43, 44, 255, 299):
        value, *siblings = ring.opening(block)
        assert value == keccak256((block if block >= 44 else block + 256).to_bytes(4, "big"))
        for level, sibling in enumerate(siblings):
            pair = (sibling, value) if block % RING_SIZE >> level & 1 else (value, sibling)
            value = tagged_hash(Tag.RING, *pair)
        assert value == ring.root


def test_a_block_makes_as_many_nodes_as_the_ring_has_levels() -> None:
    rings = [Ring()]
    for block in range(RING_SIZE, 3 * RING_SIZE):
        rings.append(rings[-1].with_hash(block, keccak256(block.to_bytes(4, "big"))))
    found: dict[int, Tree] = {}
    for ring in rings:
        nodes(ring.tree, found)
    assert len(found) <= (RING_LEVELS + 1) * len(rings)

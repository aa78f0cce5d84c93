"""How the tests of the assertion chain propose."""

from __future__ import annotations

from typing import Any

from harness.primitives.hashing import Tag, tagged_hash
from harness.testbed.rollup import Rollup

ROOT = bytes(31) + b"\x07"


def propose(rollup: Rollup, parent: bytes, root: bytes, sender: Any, **options: Any) -> bytes:
    """Propose a root on a parent, with the attempt that is due; return the assertion's id."""
    head = rollup.l1.head
    end = rollup.assertions.childEnd(parent)
    chain, attempt = rollup.assertions, rollup.assertions.attemptOf(parent, root)
    chain.propose(parent, root, attempt, head.number, head.hash, sender=sender, value=rollup.config.bond, **options)
    return tagged_hash(Tag.ASSERTION, parent, end, root, attempt)

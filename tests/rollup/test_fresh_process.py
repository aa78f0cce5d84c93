"""L2 from L1 alone: another process, which knows a URL and addresses, arrives at the same root."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from typing import Any

import pytest

from harness import ether
from harness.chain import open_chain
from harness.testbed.rollup import Rollup

DERIVE = """
import json, sys
from harness.chain import open_chain
from harness.rollup.config import Addresses
from harness.rollup.contracts import attach
from harness.rollup.node.node import RollupNode

url, addresses = sys.argv[1], Addresses(**json.loads(sys.argv[2]))
with open_chain(url, chain_id=None) as l1:
    node = RollupNode(l1, addresses, attach(l1, addresses).genesis)
    node.sync()
    print(json.dumps([derived.idle.root.hex() for derived in node.derived]))
"""


def _derive_elsewhere(url: str, rollup: Rollup) -> list[str]:
    script = [sys.executable, "-c", DERIVE, url, json.dumps(asdict(rollup.contracts.addresses))]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)
    return found


@pytest.mark.only_anvil
def test_a_fresh_process_derives_the_same_roots(contracts: Any) -> None:
    with open_chain("anvil") as l1:
        rollup = Rollup.deploy(l1)
        rollup.fund()
        alice, bob = l1.accounts.alice, l1.accounts.bob
        counter = rollup.l2.deploy(contracts["Counter"], 5, sender=alice)
        for turn in range(4):
            counter.increment(sender=bob)
            rollup.deposit(ether(turn), sender=alice, to=bob)
            rollup.l2.send(sender=bob, to=alice, value=turn)
            rollup.sequencer.post()
        rollup.sequencer.post_data(b"\xff garbage")
        rollup.node.sync()
        roots = [derived.idle.root.hex() for derived in rollup.node.derived]
        assert len(set(roots)) == len(roots) >= 5
        assert _derive_elsewhere(l1.backend.url, rollup) == roots

        l1.reorg(3)
        rollup.settle()
        rollup.node.sync()
        again = [derived.idle.root.hex() for derived in rollup.node.derived]
        assert _derive_elsewhere(l1.backend.url, rollup) == again

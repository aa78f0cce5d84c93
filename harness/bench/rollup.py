"""The rollup: chains derived again, restores and memory. `engines` measures transactions sequenced and posted."""

from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from harness.bench.chain import _eth_tester
from harness.bench.measure import Ratio, best_time
from harness.chain.opening import open_chain
from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign
from harness.rollup.node.node import RollupNode
from harness.testbed.rollup import Rollup

_ALICE, _BOB = well_known_accounts()[0], well_known_accounts()[1]
_COUNT = 2_000
_PER_BLOCK = 100
_ROUNDS = 5

_MEMORY_COUNT = 10_000
_MEMORY_LIMIT = 250.0


def ratios() -> Iterator[Ratio]:
    tester = _eth_tester()
    with open_chain() as chain:
        Rollup.deploy(chain)  # compiles what changed, which does not count as deploying
        start = time.process_time()
        rollup = Rollup.deploy(chain)
        deploying = (time.process_time() - start) * 1_000
        rollup.fund()
        rollup.sequencer.post()
        rollup.node.sync()
        produced = median(_produce(rollup, _raws(rollup, _COUNT)) for _ in range(_ROUNDS))
        derived = median(_derive(rollup) for _ in range(_ROUNDS))
        yield Ratio("deriving again", derived, produced, "/s", "/s producing", at_least=1.2)
        yield from _restore(rollup, tester, deploying)
    peak = float(subprocess.run([sys.executable, "-m", __name__], capture_output=True, text=True, check=True).stdout)
    yield Ratio("peak memory, 10,000 transfers", peak, _MEMORY_LIMIT, "MiB", "MiB allowed", at_most=1)


def _raws(rollup: Rollup, count: int) -> list[bytes]:
    """Return signed transfers in a row. Signing is the user's work and does not count."""
    nonce = rollup.l2.nonce(_ALICE)
    chain_id, key, to = rollup.config.chain_id, _ALICE.private_key, _BOB.address_bytes
    return [
        sign(Transaction(2, chain_id, nonce + i, 0, 10**9, 21_000, to, 1, b""), key, _ALICE.address_bytes).raw
        for i in range(count)
    ]


def _produce(rollup: Rollup, raws: list[bytes]) -> float:
    """Return the transfers per second from raw bytes through sequencing, execution and posting."""
    backend = rollup.l2.backend
    start = time.process_time()
    for first in range(0, len(raws), _PER_BLOCK):
        backend.open_block()
        for raw in raws[first : first + _PER_BLOCK]:
            backend.take(raw)
        backend.close_block()
    rollup.sequencer.post()
    return len(raws) / (time.process_time() - start)


def _derive(rollup: Rollup) -> float:
    """Return the transfers per second of a new node that derives the whole chain from L1."""
    node = RollupNode(rollup.l1, rollup.contracts.addresses, rollup.contracts.genesis)
    # A new process would not hold the produced chain, which the garbage collector would visit here.
    gc.collect()
    gc.freeze()
    start = time.process_time()
    node.sync()
    spent = time.process_time() - start
    gc.unfreeze()
    return sum(len(block.transactions) for block in node.blocks) / spent


def _restore(rollup: Rollup, tester: Any, deploying: float) -> Iterator[Ratio]:
    """Compare a restore of L1, L2 and the agents after a test's work with deploying and with eth-tester."""
    l1_mark, mark = rollup.l1.snapshot(), rollup.snapshot()

    def work() -> None:
        for _ in range(10):
            rollup.l2.send(sender=_ALICE, to=_BOB, value=1)
        rollup.sequencer.post()
        rollup.node.sync()

    def restore() -> None:
        rollup.restore(mark)
        rollup.l1.restore(l1_mark)

    ours = best_time(restore, before=work)
    yield Ratio("restore of all", ours, deploying, "ms", "ms deploying", at_most=0.02)
    tester.tester.mine_block()
    place = tester.tester.take_snapshot()
    theirs = best_time(lambda: tester.tester.revert_to_snapshot(place), before=tester.tester.mine_block)
    yield Ratio("restore of all", ours, theirs, "ms", "ms eth-tester, an empty block", at_most=0.3)


def _main() -> None:
    """Sequence, post and derive 10,000 transfers; print the process's peak memory in MiB."""
    with open_chain() as chain:
        rollup = Rollup.deploy(chain)
        rollup.fund()
        _produce(rollup, _raws(rollup, _MEMORY_COUNT))
        rollup.node.sync()
    print(_peak_memory())


def _peak_memory() -> float:
    """Return the most MiB that this process has held.

    Linux's `ru_maxrss` begins with what the parent held at the fork, and a whole bench holds far more than this.
    """
    status = Path("/proc/self/status")
    if status.exists():
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    _main()

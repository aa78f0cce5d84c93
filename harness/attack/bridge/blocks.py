"""Attacks on a bridge with L1's blocks: reorgs that take proofs and payments back, and blocks that others fill."""

from __future__ import annotations

from collections.abc import Callable

from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.bridge.crossing import Crossing
from harness.attack.stage import Stage
from harness.testbed.l1_faults import SLOT, full_blocks

CROWDED = 40
"""Full blocks in a row, at most."""


def a_reorg(stage: Stage) -> str:
    """A reorg removes a proof, then a payment: a message needs a proof that L1 still has, and pays once."""
    crossing = Crossing(stage).confirmed()
    bridge, message = crossing.bridge, crossing.message
    proof = _removed(crossing, crossing.proven)
    crossing.mature()
    crossing.fails("a message whose proof a reorg removed", bridge.execute, message, crossing.alice)
    _again(crossing, "the proof once more", proof)
    if bridge.maturity():
        crossing.fails("a message whose proof is mined again just now", bridge.execute, message, crossing.alice)
    crossing.mature()
    payment = _removed(crossing, crossing.execute)
    crossing.mature()  # the reorg has set L1's clock back
    with crossing.pays("a message whose payment is mined again", message.target, message.value):
        _again(crossing, "the payment once more", payment)
    crossing.fails("a message whose payment is mined again", bridge.execute, message, crossing.alice)
    return crossing.said


def _removed(crossing: Crossing, act: Callable[[], object]) -> list[bytes]:
    """Do something, and let a reorg remove it; return its transactions, oldest first."""
    before = crossing.chain.block_number
    act()
    made = crossing.chain.block_number - before
    if not made:
        raise NotApplicable("the adapter sends no transaction to L1")
    return list(crossing.stage.reorg(made))


def _again(crossing: Crossing, what: str, raws: list[bytes]) -> None:
    for raw in raws:
        crossing.works(what, crossing.chain.resend, raw)


def crowded_blocks(stage: Stage) -> str:
    """Others fill L1's blocks while a proof matures: none lets it mature sooner, and none takes the message away."""
    crossing = Crossing(stage).confirmed().proven()
    bridge, message = crossing.bridge, crossing.message
    count = min(CROWDED, bridge.maturity() // SLOT - 1) if bridge.maturity() else CROWDED
    if count < 1:
        raise NotApplicable(f"a proof matures in {bridge.maturity()} s, before others can fill a block")
    full_blocks(crossing.chain, crossing.mallory, count)
    if bridge.maturity():
        crossing.fails(f"a message after {count} full blocks", bridge.execute, message, crossing.alice)
    crossing.mature()
    full_blocks(crossing.chain, crossing.mallory, count)
    crossing.execute()
    return f"paid after {2 * count} full blocks; {crossing.said}"


ATTACKS = (
    Attack("a reorg", "a message pays without a proof, twice, or never", a_reorg),
    Attack("crowded blocks", "whoever fills blocks pays a message early, or keeps it from being paid", crowded_blocks),
)

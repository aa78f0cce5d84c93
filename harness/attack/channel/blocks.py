"""Attacks with L1's blocks: reorgs that take honest transactions away, and blocks that others fill."""

from __future__ import annotations

from collections.abc import Callable

from harness.adapters.errors import NotApplicable
from harness.attack.attack import Attack
from harness.attack.channel.clocks import closed
from harness.attack.channel.entries import entry
from harness.attack.channel.ring import Ring
from harness.attack.oracle import COUNTS
from harness.attack.seats import UNIT
from harness.attack.stage import reason_of
from harness.errors import Reverted
from harness.testbed.l1_faults import SLOT, full_blocks

CROWDED = 40
"""Full blocks in a row."""


def _removed(ring: Ring, act: Callable[[], object]) -> list[bytes]:
    """Do something, and let a reorg remove it; return its transactions, oldest first."""
    head = ring.chain.block_number
    with ring.purse.as_it_was():
        act()
        depth = ring.chain.block_number - head
        if not depth:
            raise NotApplicable("it sends no transaction")
        return list(ring.stage.reorg(depth))


def _again(ring: Ring, raws: list[bytes], what: str) -> bool:
    """Have transactions that a reorg removed mined again; return whether all went through."""
    for raw in raws:
        try:
            ring.chain.resend(raw)
        except Reverted as refusal:
            ring.stopped.append(f"{what}: {reason_of(refusal)}")
            return False
    return True


def _answer(ring: Ring) -> str:
    """Let a reorg remove the honest answer; the cheat moves first then, and the same answer is mined again."""
    closed(ring)
    raws = _removed(ring, ring.answer)
    state = ring.stale
    assert state is not None
    ring.submit("the old state again", state, ring.signatures(state), ring.cheat)
    ring.move("an early settlement", "settle", ring.channel, ring.cheat)
    _again(ring, raws, "the answer again")
    if refused := ring.attempt("submit", ring.channel, ring.newest, ring.signatures(ring.newest), ring.honest):
        ring.stopped.append(f"a second answer: {refused}")
    return ring.judge()


def _close(ring: Ring) -> str:
    """Let a reorg remove the cheat's close with the honest answer; the honest party closes by itself then."""
    if ring.stale is None:
        raise NotApplicable("the first state that is submitted ends the channel")

    def both() -> None:
        closed(ring)
        ring.answer()

    raws = _removed(ring, both)
    _again(ring, raws[1:], "the answer without the close")
    _again(ring, raws[:1], "the close after the answer")
    ring.wait_for_deadline(ring.channel)
    return ring.judge()


def _deposit(ring: Ring) -> str:
    """Let a reorg remove a deposit of the honest party; the cheat closes first then, and the deposit is mined again."""
    ring.must_have("deposit")
    part = UNIT // 3
    before = ring.purse.of(ring.honest)
    raws = _removed(ring, lambda: ring.call("deposit", ring.channel, ring.honest, part, ring.honest))
    if ring.stale is not None:
        ring.submit("a close with an old state", ring.stale, ring.signatures(ring.stale), ring.cheat)
    _again(ring, raws, "the deposit after the close")
    paid = before - ring.purse.of(ring.honest)
    ring.put_in += paid
    return ring.judge(due=ring.entitled() + paid)


def _opening(ring: Ring) -> str:
    """Let a reorg remove the opening of a channel whose states are signed; another channel is opened before it then."""
    if not ring.adapter.keeps_ids:
        raise NotApplicable("the contract does not promise that a channel keeps its id (keeps_ids is not set)")
    state = ring.state(1, 8)
    raws = _removed(ring, lambda: ring.agree_on(ring.open_another(), state))
    ring.open(ring.adapter, (ring.sybil, ring.chain.accounts.judy), (UNIT, 0))
    ring.donated += UNIT
    if not _again(ring, raws, "the opening again"):
        ring.broken("a channel's opening can be mined again", ring.stopped[-1])
    return ring.judge(due=ring.entitled() + int(ring.of_role(state.shares)[0]))


def _slot(ring: Ring) -> int:
    """Return what one more block adds to the contract's clock."""
    return 1 if ring.adapter.counts_blocks else SLOT


def _fits(ring: Ring, until: int, least: int) -> int:
    """Return how many blocks are filled in half of the time that is left; raises NotApplicable below the least."""
    filled = min(CROWDED, (until - ring.now) // (2 * _slot(ring)))
    if filled < least:
        raise NotApplicable(f"the time to answer is {until - ring.now}, too short for others to fill a block")
    return filled


def _crowded(ring: Ring) -> str:
    """Fill blocks after the close, so that the honest party answers later; then fill those before the settlement."""
    filled = _fits(ring, closed(ring), 1)
    full_blocks(ring.chain, ring.sybil, filled)
    if refused := ring.answer():
        ring.broken(COUNTS, f"an answer after {filled} full blocks, within the stated time, is refused: {refused}")
    ring.wait_for_deadline(ring.channel, after=1)
    full_blocks(ring.chain, ring.sybil, filled)
    return ring.judge()


def _crowded_end(ring: Ring) -> str:
    """Fill the last blocks of the window but the one in its last second."""
    until = closed(ring)
    filled = _fits(ring, until, 2)
    ring.wait_until(until - _slot(ring) * filled - 1)
    full_blocks(ring.chain, ring.sybil, filled - 1)
    ring.wait_for_deadline(ring.channel)
    if refused := ring.answer():
        ring.broken(COUNTS, f"an answer in the last second, after {filled - 1} full blocks, is refused: {refused}")
    return ring.judge()


ATTACKS: tuple[Attack, ...] = (
    entry("answer-reorged", "An answer that a reorg removed does not count when it is sent again.", _answer),
    entry("close-reorged", "A reorg that removes a close lets it count otherwise.", _close),
    entry("deposit-reorged", "A deposit that a reorg put behind a close is lost.", _deposit),
    entry("opening-reorged", "A channel whose opening is mined again is another one than its states say.", _opening),
    entry("crowded-window", "Blocks that others fill take the time to answer away.", _crowded),
    entry("crowded-end", "Full blocks before the last second take the time to answer away.", _crowded_end),
)

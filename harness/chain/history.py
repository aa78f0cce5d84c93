"""Removes a part of a chain's past. What came after the part is made again, as if the part had never happened.

A fixture of wide scope can be set up after a narrower one and outlive it. A chain is one sequence, so going back to the
time before the narrower fixture would remove the wider one's contracts too. `forget` removes only the narrower one's
part. Its blocks become empty ones at the same numbers and times. The transactions after it are mined again in the same
blocks with the same nonces, so they have the same hashes and deploy to the same addresses. The empty blocks remain, and
the nonces of accounts that send later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol, TypeVar

from harness.chain.backend import Backend, Head
from harness.chain.capabilities import capability
from harness.chain.handles import Snapshot
from harness.chain.knowledge import Knowledge, Memory
from harness.chain.values.transactions import Sent, decode
from harness.errors import ChainError

Key = TypeVar("Key")
Value = TypeVar("Value")
Edit = tuple[int, Callable[[], None]]
Outcome = tuple[bool, str | None, tuple[tuple[str, tuple[bytes, ...], bytes], ...]]
"""Whether a transaction succeeded, what it created, and its events: what must be the same when it is mined again."""


class Rewindable(Protocol):
    """What replacing a chain's past asks of the chain; see `Chain` for each."""

    knowledge: Knowledge

    @property
    def backend(self) -> Backend:
        """The chain's node."""

    @property
    def head(self) -> Head:
        """The newest block."""

    def block_at(self, number: int) -> Head:
        """Return the block of a number."""

    def snapshot(self) -> Snapshot:
        """Return a mark for `restore`."""

    def restore(self, snapshot: Snapshot) -> None:
        """Return to a mark."""

    def mine(self, n: int = 1) -> None:
        """Mine empty blocks."""

    def edit(self, apply: Callable[[], None]) -> None:
        """Change the state, and change it again after a reorg."""

    def set_nonce(self, address: Any, nonce: int) -> None:
        """Set the nonce of an address."""


@dataclass(frozen=True, slots=True)
class Mined:
    """A block that is made again."""

    number: int
    timestamp: int
    sent: tuple[Sent, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """What happened between two snapshots."""

    blocks: tuple[Mined, ...]
    edits: tuple[Edit, ...]
    start: Snapshot
    end: Snapshot


def forget(chain: Rewindable, marks: Sequence[Snapshot]) -> tuple[bool, list[Snapshot]]:
    """Remove what happened between the first two marks; return whether that was possible, and the new marks.

    If what came later does not go the same way without that part, the chain stays as it was. The first mark stays; each
    other mark is replaced.
    """
    end = chain.snapshot()
    if not (capability("reorg").of(chain.backend.name) and _is_straight(chain, (*marks, end))):
        return False, list(marks)
    parts = _parts(chain, (*marks, end))
    chain.restore(marks[0])
    try:
        _blank(chain, parts[0])
        made = [marks[0], *_play(chain, parts[1:])]
    except (ChainError, _Otherwise):
        chain.restore(marks[0])
        return False, [marks[0], *_play(chain, parts)[1:]]
    return True, made


class _Otherwise(Exception):
    """A transaction had another outcome than before."""


def _is_straight(chain: Rewindable, marks: Sequence[Snapshot]) -> bool:
    """Return whether each mark lies before the next one on the chain; a reorg may have left a mark."""
    edits = marks[-1].edits
    return all(
        mark.number <= marks[-1].number
        and chain.block_at(mark.number).hash == mark.hash
        and edits[: len(mark.edits)] == mark.edits
        for mark in marks
    )


def _parts(chain: Rewindable, marks: Sequence[Snapshot]) -> list[Part]:
    """Read the blocks between each mark and the next; their transactions leave the chain."""
    backend = chain.backend
    numbers = range(marks[0].number + 1, marks[-1].number + 1)
    hashes = {number: tuple(backend.transactions(number)) for number in numbers}
    times = {number: backend.block(number).timestamp for number in numbers}
    outcomes = {number: tuple(_outcome(chain, tx_hash) for tx_hash in hashes[number]) for number in numbers}
    raws = iter(backend.rollback(len(numbers)))
    blocks = {
        number: Mined(
            number,
            times[number],
            tuple(decode(next(raws), impersonated=True) for _ in hashes[number]),
            outcomes[number],
        )
        for number in numbers
    }
    return [
        Part(
            tuple(blocks[number] for number in range(start.number + 1, end.number + 1)),
            end.edits[len(start.edits) :],
            start,
            end,
        )
        for start, end in pairwise(marks)
    ]


def _outcome(chain: Rewindable, tx_hash: bytes) -> Outcome:
    receipt = chain.backend.receipt(tx_hash)
    logs = tuple((log.address, log.topics, log.data) for log in receipt.logs)
    return receipt.succeeded, receipt.contract_address, logs


def _blank(chain: Rewindable, part: Part) -> None:
    """Mine as many empty blocks as the part had, the last one at the time of its last."""
    if part.blocks:
        chain.mine(len(part.blocks) - 1)
        chain.backend.set_next_timestamp(part.blocks[-1].timestamp)
        chain.mine()
    _set_clock(chain, part.end)


def _play(chain: Rewindable, parts: Sequence[Part]) -> list[Snapshot]:
    """Make the parts again; return a mark of the start of each."""
    marks = []
    for part in parts:
        marks.append(chain.snapshot())
        known = chain.knowledge.memory()
        for step in _steps(part):
            step(chain)
        _set_clock(chain, part.end)
        chain.knowledge.remember(_learned(known, part))
    return marks


def _steps(part: Part) -> Iterator[Callable[[Rewindable], None]]:
    """Yield the part's edits and blocks, in the order in which they were made."""
    edits = list(part.edits)
    for block in part.blocks:
        while edits and edits[0][0] < block.number:
            yield _edit(edits.pop(0))
        yield _mine(block)
    yield from map(_edit, edits)


def _edit(edit: Edit) -> Callable[[Rewindable], None]:
    return lambda chain: chain.edit(edit[1])


def _mine(block: Mined) -> Callable[[Rewindable], None]:
    def step(chain: Rewindable) -> None:
        backend = chain.backend
        senders = {sent.sender: sent.tx.nonce for sent in reversed(block.sent)}
        for sender, nonce in senders.items():
            if backend.nonce(sender) != nonce:
                chain.set_nonce("0x" + sender.hex(), nonce)
        backend.set_next_timestamp(block.timestamp)
        if not block.sent:
            return backend.mine()
        backend.open_block()
        hashes = [_submit(chain, sent) for sent in block.sent]
        backend.close_block()
        if tuple(_outcome(chain, tx_hash) for tx_hash in hashes) != block.outcomes:
            raise _Otherwise(block.number)

    return step


def _submit(chain: Rewindable, sent: Sent) -> bytes:
    if not sent.tx.s:
        return chain.backend.submit_as(sent.tx, sent.sender)
    chain.backend.submit(sent)
    return sent.hash


def _set_clock(chain: Rewindable, mark: Snapshot) -> None:
    if mark.now > chain.head.timestamp:
        chain.backend.set_next_timestamp(mark.now)


def _learned(known: Memory, part: Part) -> Memory:
    """Return what was known together with what the part added."""
    before, after = part.start.known, part.end.known

    def merged(one: dict[Key, Value], early: dict[Key, Value], late: dict[Key, Value]) -> dict[Key, Value]:
        return one | {key: value for key, value in late.items() if early.get(key) is not value}

    return Memory(
        merged(known.by_address, before.by_address, after.by_address),
        merged(known.seen, before.seen, after.seen),
        merged(known.labels, before.labels, after.labels),
    )

"""L2's blocks as a node keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.primitives.frozen import quick
from harness.rollup.codec.messages import Batch, DelayedMessage, Deposit
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import TransactionOutcome
from harness.rollup.machine.machine import Idle
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.node.derivation import Executor, Input, inputs


@quick
@dataclass(frozen=True, slots=True)
class Included:
    """A transaction or deposit in a block, with the state before it."""

    hash: bytes
    payload: L2Transaction | Deposit
    before: State
    outcome: TransactionOutcome

    @property
    def tx(self) -> L2Transaction | None:
        """The transaction; None for a deposit."""
        return self.payload if isinstance(self.payload, L2Transaction) else None

    @property
    def deposit(self) -> Deposit | None:
        """The deposit; None for a transaction."""
        return self.payload if isinstance(self.payload, Deposit) else None

    @property
    def sender(self) -> bytes:
        return self.payload.sender

    @property
    def to(self) -> bytes | None:
        return self.payload.to


@dataclass(frozen=True, eq=False)
class L2Block:
    """A closed block.

    ``ring`` is what BLOCKHASH reads in it, ``batch`` the index of its batch.
    """

    idle: Idle
    parent_hash: bytes
    transactions: tuple[Included, ...]
    batch: int

    @property
    def env(self) -> Env:
        return self.idle.env

    @property
    def ring(self) -> Ring:
        return self.idle.ring

    @property
    def state(self) -> State:
        return self.idle.state

    @property
    def number(self) -> int:
        return self.idle.env.number

    @cached_property
    def hash(self) -> bytes:
        """H(BLOCK, ...)."""
        return self.idle.block_hash

    @cached_property
    def gas_used(self) -> int:
        return sum(item.outcome.gas_used for item in self.transactions)


def genesis_block(idle: Idle) -> L2Block:
    """Return block 0."""
    return L2Block(idle, bytes(32), (), -1)


def included(taken: Input) -> Included | None:
    """Return what an input added to its block; None if it executed nothing."""
    if taken.outcome is None:
        return None
    if taken.tx is not None:
        return Included(taken.tx.hash, taken.tx, taken.ready.state, taken.outcome)
    assert taken.deposit is not None
    return Included(taken.deposit.hash, taken.deposit, taken.ready.state, taken.outcome)


def blocks_of(stream: Iterable[Input], parent_hash: bytes, batch: int) -> Iterator[L2Block]:
    """Yield the blocks that a batch's inputs make; the first input opens one."""
    held: list[Included] = []
    last: Idle | None = None
    for taken in stream:
        if taken.opens_block and last is not None:
            block = L2Block(last, parent_hash, tuple(held), batch)
            yield block
            parent_hash, held = block.hash, []
        item = included(taken)
        if item is not None:
            held.append(item)
        last = taken.after
    if last is not None:
        yield L2Block(last, parent_hash, tuple(held), batch)


@dataclass(frozen=True, slots=True)
class Derived:
    """A batch with its blocks and the idle machine at its end; ``items`` is how many of its items were taken."""

    batch: Batch
    blocks: tuple[L2Block, ...]
    idle: Idle
    items: int = 0


def derive(
    idle: Idle,
    batch: Batch,
    messages: Sequence[DelayedMessage],
    executor: Executor | None = None,
) -> Derived:
    """Execute a whole batch."""
    items = 0

    def counted() -> Iterator[Input]:
        nonlocal items
        for taken in inputs(idle, batch, messages, executor):
            items += taken.raw is not None and taken.message is None
            yield taken

    blocks = tuple(blocks_of(counted(), idle.block_hash, batch.index))
    return Derived(batch, blocks, blocks[-1].idle, items)

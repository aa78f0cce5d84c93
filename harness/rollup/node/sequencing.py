"""What a sequencer knows before L1 does: batches that are not posted yet, executed as they grow.

A draft guesses what L1 will record of its batch: the L1 block, the bounds of time, and the hash of the bytes, which are
not complete yet. So the blocks of a draft are provisional. Block hashes, PREVRANDAO and BLOCKHASH change once the batch
is posted, and so does whatever a contract derived from them. Everything else stays, if the batch is posted in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from harness.primitives.frozen import quick
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import (
    MAX_BATCH_BYTES,
    MAX_DELAYED_PER_BATCH,
    MAX_ITEMS,
    NOTHING_SEEN,
    Batch,
    DelayedMessage,
    Deposit,
    L1Attributes,
)
from harness.rollup.errors import BudgetExceeded
from harness.rollup.forks import DEFAULT_FORK, Fork
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import TransactionOutcome
from harness.rollup.machine.machine import Idle
from harness.rollup.machine.opening import replay
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.node.blocks import Included, L2Block, included
from harness.rollup.node.derivation import Direct, Executor, Input, inputs, remaining

LEAST_KNOWN = 20_000
"""Outcomes that are remembered at least."""

Key = TypeVar("Key")
Value = TypeVar("Value")


@quick
@dataclass(frozen=True, eq=False, slots=True)
class Draft:
    """A batch that is not posted yet, and the blocks that it should make. Immutable: each addition returns a new draft.

    ``guess`` is the batch as L1 may see it, without data. ``closed`` are the blocks that nothing can join any more.
    ``idle`` and ``held`` are the newest block, ``parent_hash`` is the hash of the block before it.

    INVARIANT: the budget of ``idle`` is never more than L1 will make of it. So no gas comes back once something has
    read what a draft only guesses (``is_certain``): with the real values it, or what follows it, may use all it may.
    ``slack`` is the least that an item left of the budget.
    """

    guess: Batch
    delayed_before: int
    start: Idle
    idle: Idle
    parent_hash: bytes
    closed: tuple[L2Block, ...] = ()
    held: tuple[Included, ...] = ()
    items: tuple[Item, ...] = ()
    size: int = 0
    is_certain: bool = True
    slack: int = 2**64

    @property
    def index(self) -> int:
        return self.guess.index

    @property
    def delayed_count(self) -> int:
        return self.guess.delayed_count

    @property
    def data(self) -> bytes:
        """The bytes to post."""
        return b"".join(item.encode() for item in self.items)

    @property
    def head(self) -> L2Block:
        """The newest block, as if it closed now."""
        return L2Block(self.idle, self.parent_hash, self.held, self.index)

    @property
    def blocks(self) -> tuple[L2Block, ...]:
        return (*self.closed, self.head)

    @property
    def is_empty(self) -> bool:
        """Whether the draft is empty, so that dropping it loses nothing."""
        return not self.items and self.delayed_count == self.delayed_before

    @property
    def can_join(self) -> bool:
        """Whether delayed messages can still join it: it has no items and not as many messages as a batch may have."""
        return not self.items and self.delayed_count < self.delayed_before + MAX_DELAYED_PER_BATCH

    @property
    def is_next_block(self) -> bool:
        """Whether it needs gas that L1 adds only in a block behind that of the batch before."""
        return self.slack < self.start.budget_at(self.guess.l1_block) - self.start.cursor.budget

    def fits(self, item: Item, gas: int = 0, limit: int = MAX_BATCH_BYTES) -> bool:
        """Return whether the batch takes one more, of so much gas; ``limit`` is in bytes."""
        has_room = self.size + item.size <= limit and len(self.items) < MAX_ITEMS
        return has_room and gas <= self.idle.cursor.budget

    def add(self, item: Item, executor: Executor) -> Draft:
        """Return the draft with ``item``; raises InvalidTransaction if L2 would skip it, and BudgetExceeded if it would
        end the batch, and then nothing is added.

        An item without bytes stands for an empty block: L2 skips it after opening the block.
        """
        ready = self.idle if item.timestamp is None else self.idle.next_block(item.timestamp, self.guess)
        closed, held, parent_hash = self.closed, self.held, self.parent_hash
        if ready is not self.idle:
            block = self.head
            closed, held, parent_hash = (*closed, block), (), block.hash
        state, is_certain, slack = ready.state, self.is_certain, self.slack
        size = item.size
        cursor = ready.cursor.take(size)
        if item.raw:
            tx = executor.decode(item.raw, ready.env)
            outcome = executor.transaction(ready.state, ready.env, ready.ring, tx)
            if tx.gas_limit > cursor.budget:
                raise BudgetExceeded(tx.gas_limit, cursor.budget)
            held = held + (Included(tx.hash, tx, ready.state, outcome),)  # noqa: RUF005  # unpacking copies twice
            state = outcome.state
            slack = min(slack, cursor.budget - tx.gas_limit)
            is_certain = is_certain and not outcome.is_block_bound
            cursor = cursor.spend(tx.gas_limit - (outcome.gas_left if is_certain else 0))
        return Draft(
            self.guess,
            self.delayed_before,
            self.start,
            ready.at(state, cursor),
            parent_hash,
            closed,
            held,
            self.items + (item,),  # noqa: RUF005  # as above
            self.size + size,
            is_certain,
            slack,
        )


@dataclass(frozen=True, slots=True)
class Guess:
    """What a draft assumes of the L1 block that will hold its batch; times are seconds.

    ``l1`` is the rest of what L2 will be told of that block.
    """

    l1_block: int
    timestamp: int
    window: int
    lead: int
    fork: Fork = DEFAULT_FORK
    l1: L1Attributes = NOTHING_SEEN


def open_draft(
    start: Idle,
    guess: Guess,
    delayed_count: int,
    messages: Sequence[DelayedMessage],
    executor: Executor,
    is_certain: bool = True,
) -> Draft:
    """Begin a batch after ``start`` that consumes the delayed messages up to ``delayed_count``.

    It consumes fewer if a batch may not have that many; ``is_certain`` is that of the draft before.
    """
    before = start.cursor.delayed
    count = min(delayed_count, before + MAX_DELAYED_PER_BATCH)
    index = start.cursor.batch
    earliest, latest = guess.timestamp - guess.window, guess.timestamp + guess.lead
    batch = Batch(index, b"", earliest, latest, guess.l1_block, count, guess.fork, guess.l1)
    draft = Draft(batch, before, start, start, start.block_hash, is_certain=is_certain)
    return _with_inputs(draft, inputs(start, batch, messages, executor))


def with_delayed(draft: Draft, delayed_count: int, messages: Sequence[DelayedMessage], executor: Executor) -> Draft:
    """Return a draft without items that consumes further delayed messages, up to ``delayed_count`` or the limit."""
    batch = replace(draft.guess, delayed_count=min(delayed_count, draft.delayed_before + MAX_DELAYED_PER_BATCH))
    cursor = replace(draft.idle.cursor, batch=draft.index, opened=True, offset=0, items=0)
    taken = remaining(replace(draft.idle, cursor=cursor), batch, messages, executor)
    return _with_inputs(replace(draft, guess=batch), taken)


def _with_inputs(draft: Draft, taken: Iterable[Input]) -> Draft:
    """Return a draft with inputs that need no items."""
    held, is_certain, after, unsure = list(draft.held), draft.is_certain, draft.idle, 0
    for each in taken:
        after = each.after
        item = included(each)
        if item is not None:
            held.append(item)
            is_certain = is_certain and not item.outcome.is_block_bound
            unsure += 0 if is_certain else item.outcome.gas_left
    idle = after.at(after.state, after.cursor.spend(unsure))
    return replace(draft, idle=idle, held=tuple(held), is_certain=is_certain)


def end_of(draft: Draft) -> Idle:
    """Return the machine that is about to open the batch after ``draft``."""
    cursor = replace(draft.idle.cursor, batch=draft.index + 1, opened=False, offset=0, items=0)
    return replace(draft.idle, cursor=cursor)


@dataclass(slots=True)
class _Known:
    """An outcome with everything it depends on. Holding the state keeps its identity from being reused.

    ``number`` counts what was remembered.
    """

    state: State
    env: Env
    outcome: TransactionOutcome
    number: int


@dataclass(slots=True)
class Remembering:
    """Executes each transaction once if drafting and derivation meet the same state in the same block.

    An outcome is reused if nothing that the transaction has read differs: the states have one origin, the environment
    differs in prevrandao and what blocks tell at most, and the code read none of these, nor BLOCKHASH.
    """

    direct: Direct = field(default_factory=Direct)
    known: dict[tuple[int, bytes], _Known] = field(default_factory=dict)
    decoded: dict[bytes, tuple[Fork, L2Transaction]] = field(default_factory=dict)
    limit: int = LEAST_KNOWN
    kept: int = 0

    def forget_since(self, kept: int) -> None:
        """Forget the outcomes that came when ``kept`` were remembered already, with the states that they lead to."""
        while self.known:
            newest = next(reversed(self.known))
            if self.known[newest].number < kept:
                break
            del self.known[newest]
        self.decoded.clear()

    def expect(self, count: int) -> None:
        """Have room for ``count`` transactions that derivation will meet, as drafting met them."""
        self.limit = max(LEAST_KNOWN, 2 * count)

    def decode(self, raw: bytes, env: Env) -> L2Transaction:
        found = self.known_as(raw, env.fork)
        if found is None:
            found = self.direct.decode(raw, env)
            self._make_room(self.decoded)
            self.decoded[raw] = env.fork, found
        return found

    def known_as(self, raw: bytes, fork: Fork) -> L2Transaction | None:
        """Return the transaction if it was decoded by the rules of this fork lately."""
        found = self.decoded.get(raw)
        return found[1] if found is not None and found[0] is fork else None

    def transaction(self, state: State, env: Env, ring: Ring, tx: L2Transaction) -> TransactionOutcome:
        key = (id(state.untold), tx.raw)
        found = self.recall(key, state, env)
        if found is None:
            found = self.direct.transaction(state, env, ring, tx)
            self._keep(key, state, env, found)
        return found

    def deposit(self, state: State, env: Env, ring: Ring, deposit: Deposit) -> TransactionOutcome:
        key = deposit_key(state, deposit)
        found = self.recall(key, state, env)
        if found is None:
            found = self.direct.deposit(state, env, ring, deposit)
            self._keep(key, state, env, found)
        return found

    def recall(self, key: tuple[int, bytes], state: State, env: Env) -> TransactionOutcome | None:
        """Return an outcome that may be reused here; None if there is none."""
        found = self.known.get(key)
        if found is None or found.state.untold is not state.untold:
            return None
        if found.env is not env and found.env.certain is not env.certain and found.env.certain != env.certain:
            return None
        after = replay(found.state, found.outcome.state, state)
        if after is None or after is found.outcome.state:
            return None if after is None else found.outcome
        return found.outcome.on(after)

    def _keep(self, key: tuple[int, bytes], state: State, env: Env, outcome: TransactionOutcome) -> None:
        if not outcome.is_block_bound:
            self._make_room(self.known)
            self.known.pop(key, None)  # so that the order is that of the numbers
            self.known[key] = _Known(state, env, outcome, self.kept)
            self.kept += 1

    def _make_room(self, table: dict[Key, Value]) -> None:
        if len(table) >= self.limit:
            del table[next(iter(table))]


@dataclass(frozen=True, slots=True)
class Recalling:
    """Reuses what drafting has executed and remembers nothing more, because nobody asks again after derivation."""

    memory: Remembering

    def decode(self, raw: bytes, env: Env) -> L2Transaction:
        return self.memory.known_as(raw, env.fork) or self.memory.direct.decode(raw, env)

    def transaction(self, state: State, env: Env, ring: Ring, tx: L2Transaction) -> TransactionOutcome:
        found = self.memory.recall((id(state.untold), tx.raw), state, env)
        return found or self.memory.direct.transaction(state, env, ring, tx)

    def deposit(self, state: State, env: Env, ring: Ring, deposit: Deposit) -> TransactionOutcome:
        found = self.memory.recall(deposit_key(state, deposit), state, env)
        return found or self.memory.direct.deposit(state, env, ring, deposit)


def deposit_key(state: State, deposit: Deposit) -> tuple[int, bytes]:
    """Return the key under which a deposit's outcome is remembered."""
    return id(state.untold), b"deposit" + deposit.sender + deposit.payload

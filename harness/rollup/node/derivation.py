"""L2 as a function of L1: the inputs of a batch, in order, and the blocks that they make.

Every input moves the machine from one idle state to the next: the opening of the batch, then each of its delayed
messages, then each of its items. `inputs` yields them in the order of ``contracts/SPEC.md`` ("Next input").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

from harness.primitives.frozen import quick
from harness.rollup.codec.batch import read_item
from harness.rollup.codec.messages import DEPOSIT, Batch, DelayedMessage, Deposit
from harness.rollup.errors import BudgetExceeded, InvalidTransaction, MalformedDeposit
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import TransactionOutcome, execute, execute_deposit
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import RULE_OF_CODE, L2Transaction, check_declared, decode


class InputKind(IntEnum):
    """The kind of an input."""

    OPEN = 0
    DELAYED = 1
    ITEM = 2


class Executor(Protocol):
    """Executes what derivation finds; the default is `Direct`."""

    def transaction(self, state: State, env: Env, ring: Ring, tx: L2Transaction) -> TransactionOutcome:
        """Execute a transaction; raises InvalidTransaction if L2 skips it."""

    def deposit(self, state: State, env: Env, ring: Ring, deposit: Deposit) -> TransactionOutcome: ...

    def decode(self, raw: bytes, env: Env) -> L2Transaction:
        """Read raw bytes; raises InvalidTransaction if they are no transaction of this chain."""


class Direct:
    """Executes everything with py-evm."""

    def transaction(self, state: State, env: Env, ring: Ring, tx: L2Transaction) -> TransactionOutcome:
        return execute(state, env, ring, tx)

    def deposit(self, state: State, env: Env, ring: Ring, deposit: Deposit) -> TransactionOutcome:
        return execute_deposit(state, env, ring, deposit)

    def decode(self, raw: bytes, env: Env) -> L2Transaction:
        return decode(raw, env.chain_id, env.fork)


@quick
@dataclass(frozen=True, slots=True)
class Input:
    """One input and its effect.

    ``before`` is the machine that takes it. ``ready`` is the same machine with a new block opened, or ``before`` if
    none opens. ``after`` is the machine afterwards. ``raw`` are the bytes of a signed transaction, valid or not. ``tx``
    or ``deposit`` is what was executed, with its ``outcome``; if nothing was executed, both are None and ``skipped``
    says why.
    """

    kind: InputKind
    before: Idle
    ready: Idle
    after: Idle
    raw: bytes | None = None
    tx: L2Transaction | None = None
    deposit: Deposit | None = None
    message: DelayedMessage | None = None
    outcome: TransactionOutcome | None = None
    skipped: InvalidTransaction | MalformedDeposit | BudgetExceeded | None = None

    @property
    def running(self) -> Cursor:
        """The cursor while what the input executes runs: the gas that is left comes back when it ends."""
        if self.outcome is not None:
            return self.after.cursor.spend(self.outcome.gas_left)
        started = self.started
        if started is None or self.kind is not InputKind.ITEM:
            return self.after.cursor
        return self.after.cursor.spend(started.gas_limit)

    @property
    def started(self) -> L2Transaction | Deposit | None:
        """What takes more steps than the input's own: what was executed, or is skipped for its sender's code."""
        if isinstance(self.skipped, InvalidTransaction) and self.skipped.rule == RULE_OF_CODE:
            assert self.raw is not None
            return decode(self.raw, self.ready.env.chain_id, self.ready.env.fork)
        return self.tx if self.tx is not None else self.deposit

    @property
    def unwritten(self) -> State | None:
        """The state before the words of a new block were written; None if the input opens no block."""
        return self.before.state if self.opens_block else None

    @property
    def steps(self) -> int | None:
        """The number of steps, if it takes no recording to know it."""
        return None if self.started is not None else 1 + self.opens_block

    @property
    def opens_block(self) -> bool:
        """Whether a new block began with this input."""
        return self.ready.env is not self.before.env


def inputs(
    idle: Idle, batch: Batch, messages: Sequence[DelayedMessage], executor: Executor | None = None
) -> Iterator[Input]:
    """Yield the inputs of ``batch`` from a machine that is about to open it; the last one ends at the next batch.

    ``messages`` are all delayed messages since genesis, at least as many as the batch counts.
    """
    run = executor or Direct()
    opened = _open(idle, batch)
    yield Input(InputKind.OPEN, idle, opened, after := _at(opened, opened.state, batch))
    yield from remaining(after, batch, messages, run)


def remaining(
    idle: Idle, batch: Batch, messages: Sequence[DelayedMessage], executor: Executor | None = None
) -> Iterator[Input]:
    """Yield the inputs that are left of ``batch`` for a machine that has opened it; none if the batch is done."""
    run, after = executor or Direct(), idle
    while after.cursor.batch == batch.index:
        taken = _delayed(after, batch, messages, run) or _item(after, batch, run)
        yield taken
        after = taken.after


def _open(idle: Idle, batch: Batch) -> Idle:
    following = idle.next_block(idle.env.timestamp, batch, opens_batch=True)
    return replace(following, cursor=replace(idle.cursor, opened=True, budget=idle.budget_at(batch.l1_block)))


def _at(idle: Idle, state: State, batch: Batch) -> Idle:
    """Return the machine with another state and a normal cursor."""
    return idle.at(state, idle.cursor.normal(batch))


def _after(idle: Idle, outcome: TransactionOutcome, batch: Batch, bought: int = 0) -> Idle:
    """Return the machine after a transaction that took ``bought`` gas from the budget, if it is a sequenced one."""
    return idle.at(outcome.state, idle.cursor.spend(bought - outcome.gas_left).normal(batch))


def _delayed(idle: Idle, batch: Batch, messages: Sequence[DelayedMessage], run: Executor) -> Input | None:
    """Take the next delayed message; None if the batch counts no more."""
    cursor = idle.cursor
    if cursor.delayed >= batch.delayed_count:
        return None
    message = messages[cursor.delayed]
    ready = replace(idle, cursor=replace(cursor, delayed=cursor.delayed + 1))
    if message.kind != DEPOSIT:
        return _signed(InputKind.DELAYED, idle, ready, batch, message.payload, run, message)
    try:
        deposit = Deposit.decode(message.sender, message.payload, message.source)
    except MalformedDeposit as reason:
        after = _at(ready, ready.state, batch)
        return Input(InputKind.DELAYED, idle, idle, after, message=message, skipped=reason)
    outcome = run.deposit(idle.state, idle.env, idle.ring, deposit)
    after = _after(ready, outcome, batch)
    return Input(InputKind.DELAYED, idle, idle, after, deposit=deposit, message=message, outcome=outcome)


def _item(idle: Idle, batch: Batch, run: Executor) -> Input:
    """Take the item at the cursor; a malformed item consumes the rest of the batch."""
    cursor = idle.cursor
    found = read_item(batch.data, cursor.offset)
    if found is None:
        ready = replace(idle, cursor=replace(cursor, offset=len(batch.data)))
        return Input(InputKind.ITEM, idle, idle, _at(ready, idle.state, batch))
    item, offset = found
    if (excess := _excess(idle, item.raw, run)) is not None:
        ready = replace(idle, cursor=replace(cursor, offset=len(batch.data)))
        return Input(InputKind.ITEM, idle, idle, _at(ready, idle.state, batch), skipped=excess)
    ready = idle if item.timestamp is None else idle.next_block(item.timestamp, batch)
    ready = ready.at(ready.state, cursor.take(offset - cursor.offset))
    return _signed(InputKind.ITEM, idle, ready, batch, item.raw, run)


def _excess(idle: Idle, raw: bytes, run: Executor) -> BudgetExceeded | None:
    """Why an item ends its batch; None if it does not."""
    try:
        limit = run.decode(raw, idle.env).gas_limit
    except InvalidTransaction:
        return None
    return BudgetExceeded(limit, idle.cursor.budget) if limit > idle.cursor.budget else None


def _signed(
    kind: InputKind,
    before: Idle,
    ready: Idle,
    batch: Batch,
    raw: bytes,
    run: Executor,
    message: DelayedMessage | None = None,
) -> Input:
    """Execute raw bytes, or skip them."""
    try:
        tx = run.decode(raw, ready.env)
        if message is not None:
            check_declared(tx, message.gas_limit)
        outcome = run.transaction(ready.state, ready.env, ready.ring, tx)
    except InvalidTransaction as reason:
        after = _at(ready, ready.state, batch)
        return Input(kind, before, ready, after, raw=raw, message=message, skipped=reason)
    after = _after(ready, outcome, batch, tx.gas_limit if kind is InputKind.ITEM else 0)
    return Input(kind, before, ready, after, raw=raw, tx=tx, message=message, outcome=outcome)

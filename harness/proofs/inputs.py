"""Makes the witness of the step that takes an input."""

from __future__ import annotations

from dataclasses import dataclass

from harness.proofs.machine import Machine
from harness.proofs.touch import Touched
from harness.proofs.trace import Execution, Trace
from harness.proofs.witness import Witness, Words, to_words
from harness.rollup.codec.messages import Batch, DelayedMessage, Deposit
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.environment import Env
from harness.rollup.machine.validity import RULE_OF_SENDER, L2Transaction, decode
from harness.rollup.node.derivation import Input

_LAST_NONCE = 2**64 - 1


@dataclass(frozen=True, slots=True)
class InputOpening:
    """What the inboxes hold of an input: its batch, and the delayed message if the input is one.

    ``sender`` is set if L2 skips the transaction because of its sender's account, which the prover then reads.
    """

    batch: Batch
    message: DelayedMessage | None = None
    opens_block: bool = False
    sender: bytes | None = None


def trace_of(taken: Input) -> Trace:
    """Return the recorded trace of a derived input."""
    payload = taken.started
    if payload is None:
        return Trace(taken.before, after=taken.after)
    return Trace(taken.before, execution=execution_of(taken, payload), cursor=taken.running)


def execution_of(taken: Input, payload: L2Transaction | Deposit) -> Execution:
    """Return the execution of a payload in the place of an input's own."""
    ready = taken.ready
    return Execution(ready.state, ready.env, ready.ring, payload, taken.unwritten)


def opening_of(taken: Input, batch: Batch) -> InputOpening:
    """Return what the inboxes hold of a derived input."""
    sender = None
    if taken.raw is not None and isinstance(taken.skipped, InvalidTransaction) and taken.skipped.rule >= RULE_OF_SENDER:
        sender = decode(taken.raw, taken.ready.env.chain_id, taken.ready.env.fork).sender
    return InputOpening(batch, taken.message, taken.opens_block or not taken.before.cursor.opened, sender)


def open_input(trace: Trace, machine: Machine, opening: InputOpening | None) -> Witness:
    """Return the witness of step 0. Without an opening, the machine takes no input and stays idle."""
    words = to_words(machine.words())
    if opening is None:
        return Witness(machine=words)
    batch, message, before = opening.batch, opening.message, trace.before
    records = batch.words() if message is None else (*batch.words(), *message.words())
    ring: Words = to_words(before.ring.opening(before.env.number)) if opening.opens_block else ()
    data = b""
    if before.cursor.opened:
        data = batch.data if message is None else message.payload
    return Witness(
        machine=words,
        env=to_words(before.env.words()),
        data=data,
        input=to_words(records),
        ring=ring,
        nodes=tuple(_nodes(trace, opening)),
    )


def _nodes(trace: Trace, opening: InputOpening) -> list[bytes]:
    """Return the trie nodes that the start of a transaction reads."""
    before, execution = trace.before, trace.execution
    before.state.root  # noqa: B018 - hashes the trie, so that its nodes count as the prestate's
    touched = Touched(before.state.accounts, None, trace.after.env.fork)
    if execution is None:
        if opening.sender is not None:
            touched.account(opening.sender)
        return touched.nodes()
    payload = execution.payload
    account = touched.account(payload.sender)
    balance = account.balance
    if isinstance(payload, Deposit):
        balance += payload.mint
    if account.nonce != _LAST_NONCE:
        touched.bump_nonce(payload.sender)
    touched.credit(payload.sender, balance - account.balance - _cost(payload, execution.env))
    return touched.nodes()


def _cost(payload: L2Transaction | Deposit, env: Env) -> int:
    """Return the wei that the sender pays for the gas limit and for its bytes on L1; 0 for a deposit."""
    if isinstance(payload, Deposit):
        return 0
    return payload.gas_limit * payload.price(env.base_fee) + env.data_fee(payload.raw)

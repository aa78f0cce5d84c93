"""Lies about inputs: which ones L2 executes, who sent them, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import replace

from harness.agents.lies import altered_machine as altered
from harness.agents.lies.altered_machine import Departure
from harness.agents.lies.lie import Lie, lie_name
from harness.agents.lies.steps import THIEF
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.primitives import rlp
from harness.proofs.inputs import execution_of
from harness.proofs.trace import Execution
from harness.proofs.trace import Trace as InputTrace
from harness.rollup.codec.messages import Deposit
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine.environment import Env
from harness.rollup.machine.validity import L2Transaction, decode, floor_gas, intrinsic_gas
from harness.rollup.node.derivation import Input, InputKind, inputs

FOREIGN_CHAIN, BAD_SIGNATURE = 2, 3
"""Rules of validity, by their numbers."""

NOBODY = bytes(20)
"""The address that ecrecover returns for a signature that recovers to nobody."""

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ABSCISSA = 0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798
"""The generator's abscissa, which is a valid r, and the order of its group."""


def wrong_nonce(nth: int = 0) -> Lie:
    """A transaction does not raise its sender's nonce, so that its sender could send it again."""

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        assert taken.tx is not None
        sender = taken.tx.sender
        alter = altered.change_account(sender, altered.one_nonce_less)
        yield Departure(number << STEP_BITS, (altered.altered_trace(taken, 1, alter),))
        state = taken.after.state.with_account(sender, nonce=taken.after.state.nonce(sender) - 1)
        after = altered.with_state(taken.after, state)
        yield Departure(number << STEP_BITS, (altered.MadeUpTrace(truth.input_trace(number), 0, after),))

    return input_lie(lie_name("wrong_nonce", nth), lambda taken: taken.tx is not None, depart, nth)


def wrong_data_fee(nth: int = 0) -> Lie:
    """The ``nth`` transaction that pays for its bytes on L1 pays one wei too little."""

    def pays(taken: Input) -> bool:
        return taken.tx is not None and taken.ready.env.data_fee(taken.tx.raw) > 0

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        assert taken.tx is not None
        alter = altered.change_account(taken.tx.sender, altered.more_wei())
        yield Departure(number << STEP_BITS, (altered.altered_trace(taken, 1, alter),))

    return input_lie(lie_name("wrong_data_fee", nth), pays, depart, nth)


def accept_invalid(nth: int = 0) -> Lie:
    """L2 executes a signed transaction that is invalid by its nonce, funds, gas or code. Nobody pays for its gas."""
    return _acceptance(lie_name("accept_invalid", nth), range(4, 11), nth)


def accept_bad_signature(nth: int = 0) -> Lie:
    """L2 executes a transaction whose signature is bad.

    If only s is too high (EIP-2), the sender is its signer. Otherwise it is the zero address, which ecrecover returns
    for a signature that recovers to nobody.
    """
    return _acceptance(lie_name("accept_bad_signature", nth), (BAD_SIGNATURE,), nth)


def accept_foreign(nth: int = 0) -> Lie:
    """L2 executes a transaction that its sender signed for another chain."""
    return _acceptance(lie_name("accept_foreign", nth), (FOREIGN_CHAIN,), nth)


def wrong_sender(nth: int = 0) -> Lie:
    """L2 executes a valid transaction as if its signature recovered to nobody: the zero address is its sender."""

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        assert taken.tx is not None
        claimed = replace(taken.tx, sender=NOBODY)
        yield Departure(number << STEP_BITS, (_executed(taken, as_message(claimed, taken.ready.env)),))

    return input_lie(lie_name("wrong_sender", nth), lambda taken: taken.tx is not None, depart, nth)


def _acceptance(name: str, rules: Container[int], nth: int) -> Lie:
    """Return the lie that L2 executes a transaction which breaks one of these rules of validity first."""

    def wanted(taken: Input) -> bool:
        broken = taken.skipped.rule if isinstance(taken.skipped, InvalidTransaction) else None
        return broken in rules and taken.raw is not None

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        assert taken.raw is not None
        env = taken.ready.env
        message = as_message(read_unsigned(taken.raw, env.chain_id), env)
        yield Departure(number << STEP_BITS, (_executed(taken, message),))

    return input_lie(name, wanted, depart, nth)


def _executed(taken: Input, payload: L2Transaction | Deposit) -> InputTrace:
    """Return the trace of an input that executes ``payload`` instead of its own."""
    return InputTrace(taken.before, execution=execution_of(taken, payload), cursor=taken.running)


def reject_valid(nth: int = 0) -> Lie:
    """L2 skips a valid transaction."""
    return input_lie(lie_name("reject_valid", nth), lambda taken: taken.tx is not None, _skip, nth)


def drop_deposit(nth: int = 0) -> Lie:
    """L2 skips a deposit, so that its money is not minted."""
    return input_lie(lie_name("drop_deposit", nth), lambda taken: taken.deposit is not None, _skip, nth)


def invent_deposit(wei: int = 10**18) -> Lie:
    """The step that opens a batch mints money that nobody has deposited."""

    def depart(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
        state = taken.after.state
        after = altered.with_state(taken.after, state.with_account(THIEF, balance=state.balance(THIEF) + wei))
        yield Departure(number << STEP_BITS, (InputTrace(taken.before, after=after),))

    return input_lie("invent_deposit()", lambda taken: taken.kind is InputKind.OPEN, depart)


def reorder_inputs() -> Lie:
    """L2 executes two successive transactions in reverse order."""

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        for number, (one, other) in enumerate(zip(truth.inputs, truth.inputs[1:], strict=False)):
            if one.tx is None or other.tx is None or one.tx.sender == other.tx.sender:
                continue
            with suppress(InvalidTransaction):
                first = _executed(one, other.tx)
                ready = before = first.after
                if other.opens_block:
                    ready = before.next_block(other.ready.env.timestamp, truth.batch_of[number + 1])
                unwritten = before.state if other.opens_block else None
                execution = Execution(ready.state, ready.env, ready.ring, one.tx, unwritten)
                second = InputTrace(before, execution=execution, cursor=other.running)
                yield Departure(number << STEP_BITS, (first, second))

    return Lie("reorder_inputs()", departures)


def unposted_batch() -> Lie:
    """L2 goes on with a batch that L1 does not have. The batch is empty and opens one block."""

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        end, last = truth.after, truth.batches[-1]
        batch = replace(last, index=end.cursor.batch, data=b"", delayed_count=end.cursor.delayed)
        traces = [InputTrace(taken.before, after=taken.after) for taken in inputs(end, batch, truth.messages)]
        yield Departure(len(truth.inputs) << STEP_BITS, traces)

    return Lie("unposted_batch()", departures)


def _skip(truth: AssertionTrace, number: int, taken: Input) -> Iterator[Departure]:
    """Depart by taking the input without executing it."""
    after = altered.with_state(taken.after, taken.ready.state)
    yield Departure(number << STEP_BITS, (InputTrace(taken.before, after=after),))


def input_lie(
    name: str,
    wanted: Callable[[Input], bool],
    depart: Callable[[AssertionTrace, int, Input], Iterator[Departure]],
    nth: int = 0,
    *,
    or_later: bool = False,
) -> Lie:
    """Return the lie about the ``nth`` input that is ``wanted``; with ``or_later``, or about the next that keeps it."""

    def departures(truth: AssertionTrace) -> Iterator[Departure]:
        found = [(number, taken) for number, taken in enumerate(truth.inputs) if wanted(taken)]
        for number, taken in found[nth : None if or_later else nth + 1]:
            yield from depart(truth, number, taken)

    return Lie(name, departures)


# -- transactions without valid signatures


def as_message(tx: L2Transaction, env: Env) -> Deposit:
    """Return a transaction as a deposit of its sender, which L2 executes whatever its nonce and gas are, unpaid."""
    least = max(intrinsic_gas(tx.to is None, tx.data), floor_gas(tx.data, env.fork))
    return Deposit(tx.sender, tx.to, 0, tx.value, max(least, min(tx.gas_limit, env.gas_limit)), tx.data)


def read_unsigned(raw: bytes, chain_id: int) -> L2Transaction:
    """Read a well-encoded transaction with any chain id and any signature. For its sender see `accept_bad_signature`.

    Raises InvalidTransaction of rule 1 if it is not well encoded.
    """
    try:
        return decode(raw, chain_id)
    except InvalidTransaction as reason:
        if reason.rule not in (FOREIGN_CHAIN, BAD_SIGNATURE):
            raise
    fields, typed = _fields(raw)
    first, r, s = (rlp.to_int(field) for field in fields[-3:])
    named = rlp.to_int(fields[0]) if typed else (first - 35) // 2
    with suppress(InvalidTransaction):
        return decode(raw, named)
    mirrored = first ^ 1 if typed else ((first - 1) ^ 1) + 1
    with suppress(InvalidTransaction):
        return decode(_with_signature(raw, mirrored, r, ORDER - s), named)
    first = 0 if typed else 35 + 2 * named
    return replace(decode(_with_signature(raw, first, ABSCISSA, 1), named), sender=NOBODY)


def _fields(raw: bytes) -> tuple[list[rlp.Item], bool]:
    """Return the fields of a transaction, and whether it is of type 1 or 2."""
    typed = raw[0] < 0xC0
    return rlp.to_list(rlp.decode(raw[typed:])), typed


def _with_signature(raw: bytes, *signature: int) -> bytes:
    """Return a transaction's bytes with another signature: parity, r, s."""
    fields, typed = _fields(raw)
    encoded = [rlp.encode(field) for field in fields[:-3]] + [rlp.encode_int(max(0, word)) for word in signature]
    return raw[:typed] + rlp.encode_list(encoded)

"""Dishonesty by name: lies about L2 for a proposer or a challenger, and tactics of play. Both compose.

A lie names the step at which it departs from the machine. From there on the liar's L2 is a real one with another state,
executed on top of the lie; only inside of the transaction lied about its hashes are made up.

`Proposer(lie=faults.flip_storage(opcode="SSTORE"))` asserts the root of that L2 and, challenged, defends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from harness.agents.execution_trace import END, STEP_BITS, STEP_MASK, AssertionTrace, no_witness
from harness.agents.lies import AllZero, WrongAtRandom, WrongFrom
from harness.agents.tactics import (
    ClockGriefer,
    Freeloader,
    LastSecond,
    Poisoner,
    Repeater,
    Silent,
    Sound,
    Sybils,
    Tactic,
    ZeroClaims,
)
from harness.agents.trace import Trace
from harness.errors import HarnessError
from harness.primitives.hashing import keccak256, word
from harness.rollup.derivation import Direct, Input
from harness.rollup.errors import InvalidTransaction
from harness.rollup.machine import Idle
from harness.rollup.node import Node
from harness.rollup.state import State


class NothingToLieAbout(HarnessError):
    """L2 did nothing in the range that this lie could be about."""

    def __init__(self, lie: str) -> None:
        super().__init__(f"nothing in the asserted range fits the lie {lie}")
        self.lie = lie


@dataclass(frozen=True, slots=True)
class Place:
    """Where a lie departs: the last true trace index, and how the machine differs after that input.

    ``jumps`` tells that the liar's input ends with that very step (a transaction skipped, say).
    """

    index: int
    alter: Callable[[Input], State]
    jumps: bool = False


class LiarTrace:
    """A trace that is true up to a place, and from the end of that input on the trace of another L2."""

    def __init__(self, truth: AssertionTrace, place: Place) -> None:
        self.truth = truth
        self.place = place
        self.number = place.index >> STEP_BITS
        self.step = place.index & STEP_MASK
        self._tail = self._continue()

    def _continue(self) -> AssertionTrace | None:
        """What follows the input lied about, executed on the wrong state: the rest of its batch, and later batches."""
        truth = self.truth
        if self.number >= len(truth.inputs):
            return None
        taken = truth.inputs[self.number]
        wrong = self._wrong = Idle(self.place.alter(taken), taken.after.cursor, taken.after.env, taken.after.ring)
        rest = [batch for batch in truth.batches if batch.index >= wrong.cursor.batch]
        return AssertionTrace(wrong, rest, truth.messages, Direct())

    def hash_at(self, index: int) -> bytes:
        if index <= self.place.index:
            return self.truth.hash_at(index)
        number, step = index >> STEP_BITS, index & STEP_MASK
        if self._tail is None:
            return keccak256(b"unposted" + self.truth.after.root)
        if number > self.number:
            return self._tail.hash_at(index - ((self.number + 1) << STEP_BITS))
        if self.place.jumps or step >= len(self.truth.input_trace(number)):
            return self._wrong.root
        return keccak256(b"lie" + self.truth.hash_at(index) + word(index))

    def witness(self, index: int) -> bytes:
        if index < self.place.index:
            return self.truth.witness(index)
        if self._tail is not None and index >= (self.number + 1) << STEP_BITS:
            return self._tail.witness(index - ((self.number + 1) << STEP_BITS))
        return no_witness(index)


@dataclass(frozen=True, slots=True)
class Lie:
    """A lie about L2, found in a trace by ``locate``. The honest trace in, the liar's out."""

    name: str
    locate: Callable[[AssertionTrace], Place | None] = field(repr=False)

    def __call__(self, truth: Trace) -> Trace:
        """The liar's trace. Raises NothingToLieAbout."""
        if not isinstance(truth, AssertionTrace):
            raise NothingToLieAbout(self.name)
        place = self.locate(truth)
        if place is None:
            raise NothingToLieAbout(self.name)
        return LiarTrace(truth, place)

    def root(self, node: Node, start: int, end: int) -> bytes:
        """The root that a liar asserts."""
        return self(AssertionTrace.of(node, start, end)).hash_at(END)


@dataclass(frozen=True, slots=True)
class Garbled:
    """A lie whose states are no states of any machine; ``tell`` makes the trace."""

    name: str
    tell: Callable[[Trace], Trace] = field(repr=False)

    def __call__(self, truth: Trace) -> Trace:
        return self.tell(truth)

    def root(self, node: Node, start: int, end: int) -> bytes:
        return self(AssertionTrace.of(node, start, end)).hash_at(END)


# -- lies about an opcode


def flip_storage(opcode: str = "SSTORE", nth: int = 0) -> Lie:
    """The slot that the ``nth`` SSTORE (or SLOAD) is about ends up with its last bit flipped."""

    def locate(truth: AssertionTrace) -> Place | None:
        index = truth.find(opcode, nth)
        if index is None:
            return None
        step = truth.input_trace(index >> STEP_BITS).step_at(index & STEP_MASK)
        assert step.frame is not None and step.stack is not None
        address, slot = step.frame.address, _integer(step.stack.value)

        def alter(taken: Input) -> State:
            state = taken.after.state
            return state.with_account(address, storage={slot: state.storage(address, slot) ^ 1})

        return Place(index, alter)

    return Lie(f"flip_storage({opcode!r}, {nth})", locate)


def tamper_opcode(opcode: str, nth: int = 0) -> Lie:
    """The ``nth`` step of this name computes something else; the transaction's target ends up with another slot 0."""

    def locate(truth: AssertionTrace) -> Place | None:
        index = truth.find(opcode, nth)
        return None if index is None else Place(index, _other_slot)

    return Lie(f"tamper_opcode({opcode!r}, {nth})", locate)


def tamper_memory(nth: int = 0) -> Lie:
    """The ``nth`` MSTORE writes something else."""
    return replace(tamper_opcode("MSTORE", nth), name=f"tamper_memory({nth})")


def tamper_gas(opcode: str = "PUSH1", nth: int = 0) -> Lie:
    """An opcode costs less than it does: the sender ends up with one wei more."""

    def locate(truth: AssertionTrace) -> Place | None:
        index = truth.find(opcode, nth)
        return None if index is None else Place(index, lambda taken: _credit(taken, _sender(taken)))

    return Lie(f"tamper_gas({opcode!r}, {nth})", locate)


# -- lies about a transaction


def wrong_fee() -> Lie:
    """The end of a transaction pays its sender one wei too much back."""

    def locate(truth: AssertionTrace) -> Place | None:
        index = truth.find("END")
        return None if index is None else Place(index, lambda taken: _credit(taken, _sender(taken)))

    return Lie("wrong_fee()", locate)


def wrong_nonce() -> Lie:
    """A transaction does not count: its sender keeps its nonce, and can send it once more."""

    def alter(taken: Input) -> State:
        sender = _sender(taken)
        return taken.after.state.with_account(sender, nonce=taken.after.state.nonce(sender) - 1)

    return _input_lie("wrong_nonce()", lambda taken: taken.tx is not None, alter, jumps=False)


def accept_invalid() -> Lie:
    """A transaction that L2 skips is treated as valid: its sender's account changes."""

    def wanted(taken: Input) -> bool:
        return isinstance(taken.skipped, InvalidTransaction) and taken.raw is not None

    return _input_lie("accept_invalid()", wanted, lambda taken: _credit(taken, keccak256(taken.raw or b"")[12:]))


def accept_bad_signature() -> Lie:
    """A transaction whose signature recovers to nobody who could send it is treated as somebody's."""
    return replace(accept_invalid(), name="accept_bad_signature()")


def reject_valid() -> Lie:
    """A valid transaction is treated as invalid, and dropped."""
    return _input_lie("reject_valid()", lambda taken: taken.tx is not None, lambda taken: taken.ready.state)


def drop_deposit() -> Lie:
    """A deposit never happens: its money stays with the liar."""
    return _input_lie("drop_deposit()", lambda taken: taken.deposit is not None, lambda taken: taken.ready.state)


def invent_deposit(wei: int = 10**18) -> Lie:
    """A batch is opened, and somebody has money that was never deposited."""

    def alter(taken: Input) -> State:
        thief = bytes.fromhex("000000000000000000000000000000000000dead")
        return taken.after.state.with_account(thief, balance=taken.after.state.balance(thief) + wei)

    return _input_lie("invent_deposit()", lambda taken: taken.raw is None and taken.message is None, alter)


def reorder_inputs() -> Lie:
    """Two transactions that follow each other are executed the other way round: the first input runs the second one."""

    def locate(truth: AssertionTrace) -> Place | None:
        pairs = zip(truth.inputs, truth.inputs[1:], strict=False)
        for number, (one, other) in enumerate(pairs):
            if one.tx is None or other.tx is None or one.tx.sender == other.tx.sender:
                continue
            second = other.tx
            try:
                outcome = Direct().transaction(one.ready.state, one.ready.env, one.ready.ring, second)
            except InvalidTransaction:
                continue
            return Place(number << STEP_BITS, lambda _, state=outcome.state: state, jumps=True)  # type: ignore[misc]
        return None

    return Lie("reorder_inputs()", locate)


def unposted_batch() -> Lie:
    """The root of an L2 that went on with a batch which L1 does not have."""
    return Lie("unposted_batch()", lambda truth: Place(len(truth.inputs) << STEP_BITS, _other_slot))


def _input_lie(name: str, wanted: Callable[[Input], bool], alter: Callable[[Input], State], jumps: bool = True) -> Lie:
    def locate(truth: AssertionTrace) -> Place | None:
        for number, taken in enumerate(truth.inputs):
            if wanted(taken):
                return Place(number << STEP_BITS, alter, jumps)
        return None

    return Lie(name, locate)


# -- lies about no state


def wrong_root() -> Garbled:
    """All is true but the end: the lie is in the last step of all."""
    return Garbled("wrong_root()", lambda truth: WrongFrom(truth, END - 1))


def wrong_from(index: int, salt: bytes = b"") -> Garbled:
    """True up to a trace index, and wrong from there on, always the same way."""
    return Garbled(f"wrong_from({index})", lambda truth: WrongFrom(truth, index, salt))


def wrong_at_random(index: int = 0, salt: bytes = b"") -> Garbled:
    """From a trace index on each state is wrong or true at random; the root is wrong."""
    return Garbled(f"wrong_at_random({index})", lambda truth: WrongAtRandom(truth, index, END, salt))


def all_zero() -> Garbled:
    """Every state is the zero word but the root: the chain of assertions takes no zero."""
    return Garbled("all_zero()", lambda truth: AllZero(truth, END, word(1)))


def _sender(taken: Input) -> bytes:
    if taken.tx is not None:
        return taken.tx.sender
    assert taken.deposit is not None
    return taken.deposit.sender


def _credit(taken: Input, account: bytes) -> State:
    state = taken.after.state
    return state.with_account(account, balance=state.balance(account) + 1)


def _other_slot(taken: Input) -> State:
    payload = taken.tx if taken.tx is not None else taken.deposit
    target = _sender(taken) if payload is None or payload.to is None else payload.to
    state = taken.after.state
    return state.with_account(target, storage={0: state.storage(target, 0) ^ 1}, balance=state.balance(target) + 1)


def _integer(item: bytes | int) -> int:
    return item if isinstance(item, int) else int.from_bytes(item, "big")


__all__ = [
    "ClockGriefer",
    "Freeloader",
    "Garbled",
    "LastSecond",
    "Lie",
    "NothingToLieAbout",
    "Poisoner",
    "Repeater",
    "Silent",
    "Sound",
    "Sybils",
    "Tactic",
    "ZeroClaims",
    "accept_bad_signature",
    "accept_invalid",
    "all_zero",
    "drop_deposit",
    "flip_storage",
    "invent_deposit",
    "reject_valid",
    "reorder_inputs",
    "tamper_gas",
    "tamper_memory",
    "tamper_opcode",
    "unposted_batch",
    "wrong_at_random",
    "wrong_fee",
    "wrong_from",
    "wrong_nonce",
    "wrong_root",
]

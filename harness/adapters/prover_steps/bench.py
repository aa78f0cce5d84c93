"""A prover over inboxes that hold whatever is put there, and machines that run one transaction or one batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, Protocol

from eth_account import Account

from harness.adapters.prover import ProvenStep
from harness.chain.chain import Chain
from harness.contracts.bindings import ContractType
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.proofs.deploy import PARTS
from harness.proofs.inputs import opening_of
from harness.proofs.maker import make_witness
from harness.proofs.trace import Execution, Trace
from harness.proofs.witness import Witness, to_words
from harness.rollup.codec.messages import Batch, DelayedMessage, L1Attributes
from harness.rollup.forks import DEFAULT_FORK, Fork
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring, ring_of
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opening import HISTORY, L1_BLOCK
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction

Contract = tuple[bytes, int, int]
"""Code, balance, nonce."""
ETHER = 10**18
CHAIN_ID = 901
BASE_FEE = 7
BUDGET = 2**25
COINBASE = b"\xfe" * 20
PROGRAM = bytes.fromhex("c0de" + "00" * 17 + "01")
OTHER = bytes.fromhex("0c" * 20)
RICH, POOR, CODED, SPENT = (Account.from_key(bytes([n]) * 32) for n in (1, 2, 3, 4))
TARGET = b"\x7a" * 20
TARGET_CODE = bytes.fromhex("60015f5500")
NUMBER = 300
MANY = 8
"""Inputs at the beginning and at the end of a batch whose steps are looked at."""
SEEN = L1Attributes(11, 1_699_999_000, b"\x77" * 32, 13)
"""What the machine saw of L1 before the batches here."""


def address(signer: Any) -> bytes:
    """Return a signer's address."""
    return bytes.fromhex(signer.address[2:])


class Bench:
    """The prover on one L1, whose inboxes take the records of any batch and of any message."""

    def __init__(self, chain: Chain, contracts: Mapping[str, ContractType], place: str) -> None:
        self.place = place
        owner = chain.accounts.judy

        def deploy(name: str, *arguments: Any) -> Any:
            return chain.deploy(contracts[name], *arguments, sender=owner)

        self._owner = owner
        self._batches, self._messages = deploy("AnyMessages"), deploy("AnyMessages")
        parts = [deploy(name).address for name in PARTS]
        parts.append(deploy("NextInput", self._batches.address, self._messages.address).address)
        self._prover = deploy("OneStepProver", tuple(parts))
        self._count = 0
        self.messages: list[DelayedMessage] = []

    def verify(self, step: ProvenStep, gas: int) -> bytes:
        """Call verify; raises Reverted."""
        parts: dict[str, Any] = {
            name: part if isinstance(part, bytes) else tuple(part) for name, part in step.witness.items()
        }
        options = {"gas": gas} if gas else {}
        return bytes(self._prover.verify(step.before, step.index, step.end, Witness(**parts).encode(), **options))

    def queue(self, kind: int, sender: bytes, gas: int, payload: bytes) -> None:
        """Put a message into the delayed inbox."""
        message = DelayedMessage(len(self.messages), kind, sender, 7, 1_700_000_000, gas, payload)
        self._messages.add(message.hash, sender=self._owner)
        self.messages.append(message)

    def post(
        self, data: bytes, fork: Fork = DEFAULT_FORK, *, l1_block: int = 9, l1: L1Attributes | None = None
    ) -> Batch:
        """Put a batch into the sequencer inbox that takes all messages so far."""
        seen = l1 or L1Attributes(1_000_000_007, 1_700_000_500, b"\x99" * 32, 17)
        count = len(self.messages)
        batch = Batch(self._count, data, 1_700_000_000, 1_700_009_000, l1_block, count, fork, seen)
        self._batches.add(batch.hash, sender=self._owner)
        self._count += 1
        return batch

    # -- one transaction

    def run(
        self, fork: Fork, code: bytes = b"", accounts: Mapping[bytes, Contract] | None = None, **given: Any
    ) -> Trace:
        """Return the trace of a transaction, by default of a call of ``code``; its input step cannot be proven."""
        state = State().with_account(address(RICH), balance=1_000 * ETHER).with_account(OTHER, balance=5)
        for place, (found, balance, nonce) in (accounts or {}).items():
            state = state.with_account(place, code=found, balance=balance, nonce=nonce)
        if code:
            state = state.with_account(PROGRAM, code=code, balance=ETHER, nonce=1)
        env = Env(NUMBER, 1_700_000_000, COINBASE, TX_GAS_CAP, b"\xaa" * 32, BASE_FEE, 3, 1, 12, fork=fork)
        ring = _ring(NUMBER)
        tx = _unsigned(given)
        idle = Idle(state, Cursor(0, opened=True, budget=TX_GAS_CAP), env, ring)
        execution = Execution(state, env, ring, tx)
        return Trace(idle, execution=execution, cursor=Cursor(1, budget=TX_GAS_CAP - tx.gas_limit))

    def step(self, trace: Trace, step: int, kind: str, **more: Any) -> ProvenStep:
        """Return a step of a transaction's trace."""
        witness = parts_of(make_witness(trace, step, None))
        return ProvenStep(
            f"{trace.name_at(step)}: {kind}", trace.hash_at(step), trace.hash_at(step + 1), step, witness, 1,
            self.place, **more,
        )  # fmt: skip

    # -- batches

    def derive(
        self, *batches: Batch, taken: int, state: State | None = None, number: int = NUMBER, timestamp: int = 0,
        budget: int = 0, l1_block: int = 2, scalars: tuple[int, int] = (0, 0),
    ) -> AssertionTrace:  # fmt: skip
        """Return the trace of batches, by a machine that has taken this number of messages."""
        env = Env(
            number, timestamp, COINBASE, TX_GAS_CAP, b"\x05" * 32, BASE_FEE, 1, CHAIN_ID, l1_block, TX_GAS_CAP, BUDGET,
            batches[0].fork, SEEN, 5, *scalars,
        )  # fmt: skip
        cursor = Cursor(batches[0].index, False, taken, budget=budget)
        return AssertionTrace(Idle(state or rich_state(), cursor, env, _ring(number)), batches, self.messages)

    def steps_of(self, trace: AssertionTrace, kind: str) -> Iterator[ProvenStep]:
        """Yield each step of a trace that is no opcode, the idle step behind each input, and the one at the end."""
        end = trace.batches[-1].index + 1
        for number, taken in enumerate(trace.inputs):
            if MANY < number < len(trace.inputs) - MANY:
                continue
            recorded = trace.input_trace(number)
            between = [step for step in range(len(recorded)) if _is_between(recorded, step)]
            for step in between:
                opening = opening_of(taken, trace.batch_of[number]) if step == 0 else None
                yield self._of(trace, number << STEP_BITS | step, make_witness(recorded, step, opening), end, kind)
            idle = Witness(machine=to_words(taken.after.words()))
            yield self._of(trace, number << STEP_BITS | len(recorded), idle, end, f"{kind}, behind it")
        last = len(trace.inputs) << STEP_BITS
        yield self._of(trace, last, Witness(machine=to_words(trace.after.words())), end, f"{kind}, at the end")

    def _of(self, trace: AssertionTrace, index: int, witness: Witness, end: int, kind: str) -> ProvenStep:
        name = trace.report(index).opcode
        before, after = trace.hash_at(index), trace.hash_at(index + 1)
        return ProvenStep(f"{name}: {kind}", before, after, index, parts_of(witness), end, self.place)


def parts_of(witness: Witness) -> dict[str, Any]:
    """Return a witness as parts that can be altered."""
    found = {each.name: getattr(witness, each.name) for each in fields(witness)}
    return {name: part if isinstance(part, bytes) else list(part) for name, part in found.items()}


def _is_between(trace: Trace, step: int) -> bool:
    return trace.name_at(step) in {
        "INPUT", "BLOCK", "SENDER", "AUTHORIZE", "ACCESS", "OPEN", "LOOKUP", "END", "FEE", "DESTROY",
    }  # fmt: skip


@lru_cache
def _ring(number: int) -> Ring:
    """Return the ring that all machines of a block share; to hash it costs as much as a short trace."""
    return ring_of([(n, bytes([n % 251] * 32)) for n in range(max(0, number - 256), number)])


def _unsigned(given: Mapping[str, Any]) -> L2Transaction:
    price = given.get("maxFeePerGas", 10)
    listed = tuple(
        (entry["address"], tuple(int.from_bytes(key, "big") for key in entry["storageKeys"]))
        for entry in given.get("accessList", ())
    )
    authorizations = tuple(given.get("authorizations", ()))
    return L2Transaction(
        4 if authorizations else 2, 1, 0, given.get("maxPriorityFeePerGas", price), price,
        given.get("gas", TX_GAS_CAP), given.get("to", PROGRAM) or None, given.get("value", 0),
        given.get("data", b""), listed, address(RICH), b"", authorizations,
    )  # fmt: skip


def rich_state() -> State:
    """Return a state with accounts of every kind, and with the predeploys that a block writes to."""
    from harness.rollup.machine.execution import contract_address

    state = State()
    for n in range(40):
        state = state.with_account(bytes([n, 255 - n]) * 10, balance=1 + n)
    state = state.with_account(address(RICH), balance=1_000 * ETHER)
    state = state.with_account(address(POOR), balance=21_000 * 10 + 4)
    state = state.with_account(address(CODED), balance=ETHER, code=b"\x00")
    state = state.with_account(address(SPENT), balance=ETHER, nonce=2**64 - 1)
    state = state.with_account(contract_address(address(RICH), 0), nonce=1)
    state = state.with_account(L1_BLOCK, code=b"\x00", storage=dict.fromkeys(range(9), 5))
    state = state.with_account(HISTORY, code=b"\x00", storage={299: 5, 300: 6})
    return state.with_account(TARGET, code=TARGET_CODE, balance=1)


def with_nothing_proven(step: ProvenStep, kind: str) -> ProvenStep:
    """Return the same step as one of which nothing may be proven."""
    return replace(step, after=None, kind=kind)


class Benches(Protocol):
    """The prover on an L1 of Osaka, and on one of Prague, which proves every fork."""

    osaka: Bench

    @property
    def prague(self) -> Bench:
        """The second one."""

"""The prover over real inboxes, and what is posted to them: signed transactions and deposits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eth_utils import to_checksum_address

from harness.adapters.prover_steps import transactions
from harness.adapters.prover_steps.bench import (
    BASE_FEE,
    BUDGET,
    CHAIN_ID,
    ETHER,
    RICH,
    TARGET,
    address,
    rich_state,
)
from harness.adapters.prover_steps.transactions import NOBODY, sign
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.proofs.deploy import PARTS
from harness.rollup.codec.messages import DEPOSIT, SIGNED, Batch, DelayedMessage, Deposit
from harness.rollup.forks import Fork, fork_word
from harness.rollup.machine.environment import TX_GAS_CAP as GAS_CAP
from harness.rollup.machine.environment import Env, Ring, ring_of
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.state import State
from harness.rollup.node.inbox import batch_of


@dataclass
class Inboxes:
    """Both inboxes and the prover over them, and what was put into them."""

    prover: Any
    sequencer: Any
    delayed: Any
    sender: Any
    batches: list[Batch]
    messages: list[DelayedMessage]

    def post(self, data: bytes) -> Batch:
        """Post a batch that takes all delayed messages."""
        index, before, count = len(self.batches), self._counted(), len(self.messages)
        receipt = self.sequencer.postBatch(index, before, count, data, sender=self.sender)
        event = next(event for event in receipt.events if event.name == "BatchPosted")
        self.batches.append(batch_of(event))
        return self.batches[-1]

    def _counted(self) -> int:
        return self.batches[-1].delayed_count if self.batches else 0

    def deposit(self, deposit: Deposit) -> None:
        receipt = self.delayed.queueDeposit(
            to_checksum_address(deposit.sender), deposit.to is None, to_checksum_address(deposit.to or bytes(20)),
            deposit.mint, deposit.value, deposit.gas_limit, deposit.data,
            sender=self.sender,
        )  # fmt: skip
        self._queued(receipt, DEPOSIT, deposit.sender, deposit.gas_limit, deposit.payload)

    def transaction(self, raw: bytes, gas_limit: int = GAS_CAP) -> None:
        receipt = self.delayed.queueTransaction(raw, gas_limit, sender=self.sender)
        self._queued(receipt, SIGNED, self.sender.address_bytes, gas_limit, raw)

    def _queued(self, receipt: Any, kind: int, sender: bytes, gas_limit: int, payload: bytes) -> None:
        index, place = len(self.messages), (receipt.block_number, receipt.timestamp)
        self.messages.append(DelayedMessage(index, kind, sender, *place, gas_limit, payload))
        assert self.delayed.messageHash(index) == self.messages[-1].hash

    def derive(
        self,
        batch: Batch,
        state: State | None = None,
        timestamp: int = 0,
        budget: int = 0,
        l1_block: int = 2,
        number: int = 300,
        scalars: tuple[int, int] = (0, 0),
    ) -> AssertionTrace:
        """The trace of one batch, taken by a machine that has consumed the messages before it."""
        env = Env(300, timestamp, b"\xfe" * 20, GAS_CAP, b"\x05" * 32, BASE_FEE, 1, CHAIN_ID, l1_block, GAS_CAP, BUDGET)
        env = replace(env, number=number, fork=batch.fork)
        env = replace(env, base_fee_scalar=scalars[0], blob_base_fee_scalar=scalars[1])
        ring: Ring = ring_of([(n, bytes([n % 251] * 32)) for n in range(number - 256, number)])
        before = batch.delayed_count
        while before and self.messages[before - 1].l1_block > self._previous_block(batch):
            before -= 1
        idle = Idle(
            rich_state() if state is None else state, Cursor(batch.index, False, before, budget=budget), env, ring
        )
        return AssertionTrace(idle, [batch], self.messages)

    def _previous_block(self, batch: Batch) -> int:
        return self.batches[batch.index - 1].l1_block if batch.index else 0

    def prove(self, trace: AssertionTrace, numbers: Sequence[int] | None = None) -> None:
        """Have the prover take some inputs (all of them by default), each with its first and its last steps."""
        end = trace.batches[-1].index + 1
        for number in range(len(trace.inputs)) if numbers is None else numbers:
            length = len(trace.input_trace(number))
            for step in sorted({0, 1, length - 1} & set(range(length))):
                index = number << STEP_BITS | step
                after = trace.hash_at(index + 1)
                assert self.prover.verify(trace.hash_at(index), index, end, trace.witness(index)) == after, index


def deployed(l1: Any, contracts: Any, accounts: Any, fork: Fork, delayed: Any = None, sequencer: Any = None) -> Inboxes:
    """Return the prover over new inboxes; ``delayed`` and ``sequencer`` stand in for them."""

    def deploy(name: str, *arguments: object) -> Any:
        return contracts[name].deploy(l1, *arguments, sender=accounts.alice)

    if delayed is None:
        delayed = deploy("DelayedInbox", accounts.alice.address, GAS_CAP, GAS_CAP // 4, 1_000)
    terms = (3600, 600, CHAIN_ID, BASE_FEE, 0, 0, GAS_CAP, BUDGET, fork_word(fork), "0x" + "00" * 20)
    if sequencer is None:
        sequencer = deploy("SequencerInbox", delayed.address, accounts.alice.address, *terms)
    parts = [deploy(name).address for name in PARTS]
    parts.append(deploy("NextInput", sequencer.address, delayed.address).address)
    prover = deploy("OneStepProver", tuple(parts))
    return Inboxes(prover, sequencer, delayed, accounts.alice, [], [])


EXECUTED: Mapping[str, bytes] = {
    **transactions.taken(),
    "to nobody without value": sign(to=NOBODY, value=0),
    "the longest initcode": sign(to=None, data=bytes(49_152), gas=GAS_CAP),
}
"""Transactions that L2 takes: those of the prover's pack, and two more."""

DEPOSITS: Mapping[str, Deposit] = {
    **transactions.deposits(),
    "value from what was there": Deposit(address(RICH), TARGET, 0, ETHER, 60_000, b""),
    "by the coinbase": Deposit(b"\xfe" * 20, b"\xfe" * 20, 0, 0, 21_000, b""),
}
"""Deposits: those of the prover's pack, and two more."""

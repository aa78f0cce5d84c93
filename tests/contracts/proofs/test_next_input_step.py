"""The step that takes an input, proven from bytes really posted to the inboxes, against derivation in Python."""

from __future__ import annotations

from typing import Any

import pytest
import rlp
from eth_keys.constants import SECPK1_N

from harness import reverts
from harness.adapters.prover_steps.bench import BUDGET, RICH, address
from harness.adapters.prover_steps.transactions import DATA, FLOOR, sign, skipped
from harness.dispute.assertion_trace import AssertionTrace
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import DEPOSIT, Batch, DelayedMessage, Deposit
from harness.rollup.forks import DEFAULT_FORK, Fork, fork_word
from harness.rollup.machine.machine import Cursor

from .inboxes import DEPOSITS, EXECUTED, GAS_CAP, Inboxes, deployed


def _signed_with(r: int, s: int) -> bytes:
    items: list[Any] = list(rlp.decode(sign()))
    items[7:9] = [number.to_bytes(32, "big").lstrip(b"\x00") for number in (r, s)]
    return bytes(rlp.encode(items))


@pytest.fixture
def inboxes(l1: Any, contracts: Any, accounts: Any) -> Inboxes:
    return deployed(l1, contracts, accounts, DEFAULT_FORK)


@pytest.fixture
def cancun(l1: Any, contracts: Any, accounts: Any) -> Inboxes:
    """The same where L2 is at Cancun."""
    return deployed(l1, contracts, accounts, Fork.CANCUN)


def test_step_batch_of_a_fork_that_the_prover_does_not_know_reverts(l1: Any, contracts: Any, accounts: Any) -> None:
    """An inbox whose first fork or schedule is ahead of the prover gets no proof, rather than one by older rules."""
    store = contracts["AnyMessages"].deploy(l1, sender=accounts.alice)
    inboxes = deployed(l1, contracts, accounts, Fork.OSAKA, sequencer=store)
    unknown: Any = Fork.OSAKA + 1
    trace = inboxes.derive(Batch(0, b"", 0, 10, 3, 0, unknown))
    store.add(trace.batches[0].hash, sender=accounts.alice)
    part = contracts["NextInput"]
    with reverts(part.UnknownFork, actual=3, newest=fork_word(Fork.OSAKA)):
        inboxes.prover.verify(trace.hash_at(0), 0, 1, trace.witness(0))


SKIPPED = {**skipped(), "3: s just above the half": _signed_with(1, SECPK1_N // 2 + 1)}
"""Transactions that L2 skips: those of the prover's pack, and one more."""


@pytest.mark.parametrize("name", EXECUTED)
def test_step_valid_transaction_starts(inboxes: Inboxes, name: str) -> None:
    trace = inboxes.derive(inboxes.post(Item(EXECUTED[name]).encode()))
    assert [taken.tx is not None for taken in trace.inputs] == [False, True]
    inboxes.prove(trace)


@pytest.mark.parametrize("name", SKIPPED)
def test_step_invalid_transaction_is_skipped(inboxes: Inboxes, name: str) -> None:
    raw = SKIPPED[name]
    trace = inboxes.derive(inboxes.post(b"\x00" + len(raw).to_bytes(3, "big") + raw + Item(sign()).encode()))
    opened, taken, _ = trace.inputs
    assert taken.tx is None and taken.after.state.root == opened.after.state.root
    inboxes.prove(trace, [0, 1])


@pytest.mark.parametrize(
    ("tail", "what"),
    [
        (b"\x02", "unknown"),
        (b"\xff" * 40, "unknown"),
        (b"\x00", "no length"),
        (b"\x00\x00\x00", "no whole length"),
        (b"\x00\x00\x00\x05abcd", "too short"),
        (b"\x00\xff\xff\xffabcd", "far too short"),
        (b"\x01" + bytes(10), "no whole head"),
        (b"\x01" + bytes(8) + b"\x00\x00\x01", "too short"),
    ],
)
def test_step_malformed_item_takes_the_rest_of_its_batch(inboxes: Inboxes, tail: bytes, what: str) -> None:
    trace = inboxes.derive(inboxes.post(Item(sign()).encode() + tail))
    assert len(trace.inputs) == 3, what
    malformed = trace.inputs[-1]
    assert malformed.after.cursor == Cursor(1, False, 0, budget=malformed.before.cursor.budget)
    assert malformed.after.env == malformed.before.env, "a malformed item opens no block"
    inboxes.prove(trace, [2])


@pytest.mark.parametrize(
    ("budget", "blocks", "filled"),
    [
        (0, 0, 0),
        (5, 1, GAS_CAP + 5),
        (BUDGET - GAS_CAP, 1, BUDGET),
        (BUDGET - GAS_CAP + 1, 1, BUDGET),
        (BUDGET, 0, BUDGET),
        (7, 1_000, BUDGET),
    ],
)
def test_step_opening_a_batch_fills_the_budget(
    l1: Any, inboxes: Inboxes, budget: int, blocks: int, filled: int
) -> None:
    l1.mine(1_000)
    batch = inboxes.post(b"")
    trace = inboxes.derive(batch, budget=budget, l1_block=batch.l1_block - blocks)
    assert trace.inputs[0].after.cursor.budget == filled
    inboxes.prove(trace)


@pytest.mark.parametrize(("budget", "taken"), [(100_000, True), (99_999, False), (0, False)])
@pytest.mark.parametrize("timestamp", [None, 2**40])
def test_step_item_beyond_the_budget_ends_its_batch(
    inboxes: Inboxes, budget: int, taken: bool, timestamp: int | None
) -> None:
    """As a malformed one does: no block is opened, and what follows it is ignored."""
    following = Item(sign(nonce=1, gas=21_000, to=b"\x12" * 20))
    data = Item(sign(gas=100_000), timestamp).encode() + following.encode()
    batch = inboxes.post(data)
    trace = inboxes.derive(batch, budget=budget, l1_block=batch.l1_block)
    assert len(trace.inputs) == 2 + taken
    item = trace.inputs[1]
    assert (item.tx is not None, item.opens_block) == (taken, taken and timestamp is not None)
    assert taken or (str(budget) in str(item.skipped) and item.after.cursor == Cursor(1, False, 0, budget=budget))
    inboxes.prove(trace)


@pytest.mark.parametrize("name", SKIPPED)
def test_step_invalid_item_takes_nothing_from_the_budget(inboxes: Inboxes, name: str) -> None:
    """With less in the budget than it names, it ends its batch exactly if its bytes pass rules 1 to 3."""
    raw = SKIPPED[name]
    batch = inboxes.post(b"\x00" + len(raw).to_bytes(3, "big") + raw + b"\xff")
    trace = inboxes.derive(batch, budget=20_998, l1_block=batch.l1_block)
    assert len(trace.inputs) == (3 if name.split(":")[0] in "123" else 2)
    assert trace.after.cursor == Cursor(1, False, 0, budget=20_998)
    inboxes.prove(trace)


def test_step_gas_comes_back_to_the_budget_when_a_transaction_ends(inboxes: Inboxes) -> None:
    """What it used is gone, the storage that it cleared notwithstanding; a delayed one adds what it left."""
    inboxes.transaction(sign(gas=90_000))
    batch = inboxes.post(Item(sign(nonce=1, gas=200_000)).encode())
    trace = inboxes.derive(batch, budget=250_000, l1_block=batch.l1_block)
    _, delayed, item = trace.inputs
    assert delayed.outcome is not None and item.outcome is not None
    assert delayed.after.cursor.budget == 250_000 + delayed.outcome.gas_left
    assert item.running.budget == delayed.after.cursor.budget - 200_000
    assert item.after.cursor.budget == item.running.budget + item.outcome.gas_left
    inboxes.prove(trace)


def test_step_empty_batch_is_an_input_of_its_own(inboxes: Inboxes) -> None:
    trace = inboxes.derive(inboxes.post(b""))
    (opened,) = trace.inputs
    assert opened.after.cursor == Cursor(1, False, 0, budget=BUDGET)
    assert opened.after.env.number == 301
    inboxes.prove(trace)


@pytest.mark.parametrize("seconds", [-3601, -1, 601])
@pytest.mark.parametrize("ahead", [False, True])
def test_step_item_opening_a_block_has_its_time_clamped(inboxes: Inboxes, seconds: int, ahead: bool) -> None:
    first = inboxes.post(b"")
    now = first.max_timestamp - 600
    wanted = max(0, now + seconds)
    batch = inboxes.post(Item(sign(), timestamp=wanted).encode() + Item(sign(nonce=1)).encode())
    previous = batch.max_timestamp + 50 if ahead else 0
    trace = inboxes.derive(batch, timestamp=previous)
    time = trace.inputs[1].ready.env.timestamp
    assert time >= previous
    assert ahead or batch.min_timestamp <= time <= batch.max_timestamp
    inboxes.prove(trace)


def test_step_after_511_items_ignores_the_rest(inboxes: Inboxes) -> None:
    empty = b"\x00\x00\x00\x00"
    trace = inboxes.derive(inboxes.post(empty * 513))
    assert len(trace.inputs) == 512
    assert trace.after.cursor == Cursor(1, False, 0, budget=BUDGET)
    inboxes.prove(trace, [0, 1, 510, 511])


@pytest.mark.parametrize("name", DEPOSITS)
def test_step_deposit_is_never_skipped(inboxes: Inboxes, name: str) -> None:
    deposit = DEPOSITS[name]
    inboxes.deposit(deposit)
    trace = inboxes.derive(inboxes.post(b""))
    assert trace.inputs[1].deposit == deposit
    inboxes.prove(trace)


@pytest.mark.parametrize("raw", [sign(), sign(nonce=9), b"", b"junk", sign()[:-1]], ids=len)
def test_step_delayed_transaction_is_started_or_skipped(inboxes: Inboxes, raw: bytes) -> None:
    inboxes.transaction(raw)
    trace = inboxes.derive(inboxes.post(b"\xff"))
    assert len(trace.inputs) == 3
    inboxes.prove(trace)


@pytest.mark.parametrize(("declared", "executed"), [(99_999, False), (100_000, True)])
def test_step_delayed_transaction_above_its_declared_gas_is_skipped(
    inboxes: Inboxes, declared: int, executed: bool
) -> None:
    inboxes.transaction(sign(gas=100_000), declared)
    trace = inboxes.derive(inboxes.post(b""))
    assert (trace.inputs[1].tx is not None) == executed
    inboxes.prove(trace)


def test_step_takes_delayed_messages_before_items(inboxes: Inboxes) -> None:
    for name in ("call", "creation", "value not covered"):
        inboxes.deposit(DEPOSITS[name])
    inboxes.transaction(sign(nonce=1))
    trace = inboxes.derive(inboxes.post(Item(sign(nonce=2), timestamp=0).encode() + b"\x07"))
    assert [taken.message is not None for taken in trace.inputs] == [False, True, True, True, True, False, False]
    inboxes.prove(trace)


def test_step_of_a_later_batch_continues(inboxes: Inboxes) -> None:
    inboxes.deposit(DEPOSITS["call"])
    inboxes.post(Item(sign(nonce=1)).encode())
    inboxes.deposit(DEPOSITS["creation"])
    inboxes.post(Item(sign(nonce=2)).encode())
    trace = inboxes.derive(inboxes.batches[0])
    whole = AssertionTrace(trace.before, inboxes.batches, inboxes.messages)
    assert len(whole.inputs) == 6
    inboxes.prove(whole)


# -- the floor of gas, from Prague on


@pytest.mark.parametrize(("gas", "taken"), [(FLOOR, True), (FLOOR - 1, False), (37_040, False)])
def test_step_transaction_below_the_floor_of_its_fork_is_skipped(inboxes: Inboxes, gas: int, taken: bool) -> None:
    trace = inboxes.derive(inboxes.post(Item(sign(gas=gas, data=DATA, to=b"\x12" * 20)).encode()))
    assert (trace.inputs[1].tx is not None) is taken
    inboxes.prove(trace)


def test_step_transaction_uses_the_floor_at_least(inboxes: Inboxes) -> None:
    """What its data costs before it runs, and the refund below that, count for nothing where the floor is higher."""
    trace = inboxes.derive(inboxes.post(Item(sign(gas=100_000, data=DATA, to=b"\x12" * 20)).encode()))
    outcome = trace.inputs[1].outcome
    assert outcome is not None and (outcome.gas_used, outcome.gas_left) == (FLOOR, 100_000 - 37_040)
    before, after = trace.inputs[0].after.state, trace.after.state
    assert before.balance(address(RICH)) - after.balance(address(RICH)) == 10 * FLOOR + 3
    assert trace.after.cursor.budget == trace.inputs[0].after.cursor.budget - 37_040, "the floor is no work"
    inboxes.prove(trace)


def test_step_transaction_above_the_floor_pays_what_it_uses(inboxes: Inboxes) -> None:
    trace = inboxes.derive(inboxes.post(Item(sign(gas=100_000)).encode()))
    outcome = trace.inputs[1].outcome
    assert outcome is not None and outcome.gas_used > 40_000
    inboxes.prove(trace)


@pytest.mark.l1(fork="prague")
def test_step_transaction_before_prague_has_no_floor(cancun: Inboxes) -> None:
    trace = cancun.derive(cancun.post(Item(sign(gas=37_040, data=DATA, to=b"\x12" * 20)).encode()))
    assert trace.inputs[1].outcome is not None and trace.inputs[1].outcome.gas_used == 37_040
    cancun.prove(trace)


@pytest.mark.parametrize(("gas", "runs"), [(FLOOR, True), (FLOOR - 1, False), (37_039, False), (0, False)])
def test_step_deposit_that_its_fork_finds_too_small_keeps_its_mint(
    l1: Any, contracts: Any, accounts: Any, gas: int, runs: bool
) -> None:
    """The real inbox takes none below the floor of today; a later fork may ask for more than it was queued with."""
    anything = contracts["AnyMessages"].deploy(l1, sender=accounts.alice)
    inboxes = deployed(l1, contracts, accounts, DEFAULT_FORK, anything)
    deposit = Deposit(b"\x5d" * 20, b"\x12" * 20, 9, 4, gas, DATA)
    message = DelayedMessage(0, DEPOSIT, deposit.sender, l1.block_number, l1.now, gas, deposit.payload)
    anything.add(message.hash, sender=accounts.alice)
    inboxes.messages.append(message)
    trace = inboxes.derive(inboxes.post(b""))
    outcome = trace.inputs[1].outcome
    assert outcome is not None and (outcome.status, outcome.gas_used) == (int(runs), min(gas, FLOOR))
    state = trace.after.state
    assert (state.balance(deposit.sender), state.balance(b"\x12" * 20)) == ((5, 4) if runs else (9, 0))
    assert state.nonce(deposit.sender) == 1
    inboxes.prove(trace)


@pytest.mark.parametrize(("gas", "runs"), [(53_000, True), (52_999, False)])
def test_step_deposit_that_creates_with_too_little_gas_keeps_its_mint(
    l1: Any, contracts: Any, accounts: Any, gas: int, runs: bool
) -> None:
    """Its intrinsic gas is above its floor."""
    anything = contracts["AnyMessages"].deploy(l1, sender=accounts.alice)
    inboxes = deployed(l1, contracts, accounts, DEFAULT_FORK, anything)
    deposit = Deposit(b"\x5d" * 20, None, 9, 4, gas, b"")
    message = DelayedMessage(0, DEPOSIT, deposit.sender, l1.block_number, l1.now, gas, deposit.payload)
    anything.add(message.hash, sender=accounts.alice)
    inboxes.messages.append(message)
    trace = inboxes.derive(inboxes.post(b""))
    assert trace.after.state.balance(deposit.sender) == (5 if runs else 9)
    inboxes.prove(trace)


def test_the_delayed_inbox_takes_no_deposit_below_the_floor(inboxes: Inboxes) -> None:
    for size, creation in ((0, False), (100, False), (49_152, True), (2, True)):
        most = b"\xff" * size
        floor = 21_000 + 40 * size
        intrinsic = 21_000 + 16 * size + (32_000 + 2 * ((size + 31) // 32) if creation else 0)
        assert inboxes.delayed.minimumGas(len(most), creation) == max(floor, intrinsic)

"""The L1 data fee in the prover: charged when the input is taken, paid to its vault in a step of its own."""

from __future__ import annotations

import random
from typing import Any

import pytest

from harness.adapters.prover_steps.bench import CODED, POOR, RICH, address, rich_state
from harness.adapters.prover_steps.transactions import sign
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import L1Attributes
from harness.rollup.forks import DEFAULT_FORK
from harness.rollup.machine.environment import Env, bytes_gas
from harness.rollup.machine.opening import L1_BLOCK, L1_FEE_VAULT

from .inboxes import DEPOSITS, EXECUTED, Inboxes, deployed

SCALARS = (1_368, 810_949)
"""Those of a chain of the OP Stack."""


@pytest.fixture
def inboxes(l1: Any, contracts: Any, accounts: Any) -> Inboxes:
    return deployed(l1, contracts, accounts, DEFAULT_FORK)


def _proven(inboxes: Inboxes, trace: AssertionTrace, number: int) -> None:
    """Have the prover take every step of an input."""
    for step in range(len(trace.input_trace(number))):
        index = number << STEP_BITS | step
        after = trace.hash_at(index + 1)
        assert inboxes.prover.verify(trace.hash_at(index), index, 10**6, trace.witness(index)) == after, step


def _fee(trace: AssertionTrace, raw: bytes) -> int:
    """The formula of Ecotone, written out."""
    seen = trace.batches[0].l1
    price = 16 * SCALARS[0] * seen.base_fee + SCALARS[1] * seen.blob_base_fee
    return sum(16 if byte else 4 for byte in raw) * price // (16 * 10**6)


@pytest.mark.parametrize("name", EXECUTED)
def test_a_signed_transaction_pays_its_fee_to_the_vault(inboxes: Inboxes, name: str) -> None:
    raw = EXECUTED[name]
    batch = inboxes.post(Item(raw).encode())
    state = rich_state().with_account(address(POOR), balance=10**18)
    free, paid = (inboxes.derive(batch, state, scalars=scalars) for scalars in ((0, 0), SCALARS))
    fee = _fee(paid, raw)
    payer = address(POOR if name == "the last wei" else RICH)
    assert fee > 0
    assert paid.after.state.balance(L1_FEE_VAULT) == fee
    assert free.after.state.balance(payer) - paid.after.state.balance(payer) == fee
    assert free.after.state.balance(L1_FEE_VAULT) == 0
    steps = paid.input_trace(1)
    assert [steps.name_at(step) for step in (len(steps) - 2, len(steps) - 1)] == ["END", "FEE"]
    assert not list(free.each("FEE"))
    _proven(inboxes, paid, 1)


@pytest.mark.parametrize("scalars", [(0, 0), (1, 0), (0, 2**32 - 1), (2**32 - 1, 2**32 - 1)])
def test_each_scalar_counts(inboxes: Inboxes, scalars: tuple[int, int]) -> None:
    batch = inboxes.post(Item(sign(), timestamp=0).encode())
    state = rich_state().with_account(address(RICH), balance=10**40)
    trace = inboxes.derive(batch, state, scalars=scalars)
    price = 16 * scalars[0] * batch.l1.base_fee + scalars[1] * batch.l1.blob_base_fee
    fee = trace.after.state.balance(L1_FEE_VAULT)
    assert fee == bytes_gas(sign()) * price // 16_000_000
    assert (fee > 0) is any(scalars)
    assert trace.after.state.storage(L1_BLOCK, 3) == scalars[0] << 96 | scalars[1] << 64 | 1
    inboxes.prove(trace)


@pytest.mark.parametrize("short", [0, 1])
def test_the_balance_must_cover_the_fee(inboxes: Inboxes, short: int) -> None:
    raw = sign(POOR, gas=21_000, value=4, to=b"\x12" * 20)
    batch = inboxes.post(Item(raw).encode())
    fee = _fee(inboxes.derive(batch, scalars=SCALARS), raw)
    state = rich_state().with_account(address(POOR), balance=21_000 * 10 + 4 + fee - short)
    trace = inboxes.derive(batch, state, scalars=SCALARS)
    taken = trace.inputs[1]
    assert (taken.tx is not None) is not short
    assert taken.skipped is None or (taken.skipped.rule == 9 and str(21_000 * 10 + 4 + fee) in str(taken.skipped))
    inboxes.prove(trace)


@pytest.mark.parametrize("name", ["call", "creation", "value not covered", "creation that collides"])
def test_a_deposit_pays_no_fee(inboxes: Inboxes, name: str) -> None:
    inboxes.deposit(DEPOSITS[name])
    trace = inboxes.derive(inboxes.post(b""), scalars=SCALARS)
    assert trace.after.state.balance(L1_FEE_VAULT) == 0
    assert not list(trace.each("FEE"))
    inboxes.prove(trace)


def test_a_queued_transaction_pays_its_fee(inboxes: Inboxes) -> None:
    inboxes.transaction(sign())
    trace = inboxes.derive(inboxes.post(b""), scalars=SCALARS)
    assert trace.after.state.balance(L1_FEE_VAULT) == _fee(trace, sign()) > 0
    inboxes.prove(trace)


def test_a_skipped_transaction_pays_no_fee(inboxes: Inboxes) -> None:
    """Also if the step behind the input skips it, for its sender's code: what was charged comes back."""
    batch = inboxes.post(Item(sign(CODED), timestamp=0).encode() + Item(sign(nonce=7)).encode())
    trace = inboxes.derive(batch, scalars=SCALARS)
    before, after = trace.inputs[0].after.state, trace.after.state
    assert after.balance(L1_FEE_VAULT) == 0
    assert after.account(address(CODED)).encode() == before.account(address(CODED)).encode()
    inboxes.prove(trace)


def test_the_fee_is_paid_before_accounts_are_destroyed(inboxes: Inboxes) -> None:
    destroys = bytes.fromhex("32ff")
    trace = inboxes.derive(inboxes.post(Item(sign(to=None, nonce=0, data=destroys, gas=200_000)).encode()))
    assert trace.inputs[1].outcome is not None
    state = rich_state().with_account(address(RICH), nonce=1)
    batch = inboxes.post(Item(sign(to=None, nonce=1, data=destroys, gas=200_000)).encode())
    trace = inboxes.derive(batch, state, scalars=SCALARS)
    steps = trace.input_trace(1)
    assert [steps.name_at(step) for step in range(len(steps) - 3, len(steps))] == ["END", "FEE", "DESTROY"]
    assert trace.after.state.balance(L1_FEE_VAULT) > 0
    _proven(inboxes, trace, 1)


def test_both_sides_compute_the_same_fee(l1: Any, contracts: Any, accounts: Any) -> None:
    """However high L1's fees are: no product wraps, since each counts as 2^128 - 1 at the most."""
    probe = contracts["LibraryProbe"].deploy(l1, sender=accounts.alice)
    rng = random.Random(7)
    highest = 2**256 - 1
    cases = [((2**32 - 1, 2**32 - 1), (highest, highest), b"\xff" * 50_000), ((1, 1), (2**128, 2**128 - 1), b"\x00")]
    for _ in range(40):
        scalars = tuple(rng.choice((0, 1, 1_368, 2**32 - 1)) for _ in range(2))
        fees = tuple(rng.choice((0, 1, 10**9, 2**64, 2**128, rng.getrandbits(256))) for _ in range(2))
        cases.append((scalars, fees, bytes(rng.choice((0, 1, 255)) for _ in range(rng.randrange(200)))))  # type: ignore[arg-type]
    for scalars, (base, blob), raw in cases:
        env = Env(
            1, 1, bytes(20), 2**23, bytes(32), 7, 1, 901, 3, l1=L1Attributes(base, 0, bytes(32), blob),
            base_fee_scalar=scalars[0], blob_base_fee_scalar=scalars[1],
        )  # fmt: skip
        assert probe.dataFee(scalars, (base, blob), raw) == env.data_fee(raw)
    assert env.data_fee(b"") == 0

"""The step that writes what a new block tells: against derivation in Python, and what it demands of its witness."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from harness.adapters.prover_steps.bench import CHAIN_ID, CODED, ETHER, RICH, TARGET, address, rich_state
from harness.adapters.prover_steps.transactions import sign
from harness.dispute.assertion_trace import STEP_BITS, AssertionTrace
from harness.errors import Reverted
from harness.primitives.delegation import designator
from harness.proofs.maker import make_witness
from harness.proofs.witness import Witness
from harness.rollup.codec.batch import Item
from harness.rollup.forks import DEFAULT_FORK, Fork
from harness.rollup.machine.opening import HISTORY, HISTORY_WINDOW, L1_BLOCK
from harness.rollup.machine.state import State

from .inboxes import Inboxes, deployed

pytestmark = pytest.mark.l1(fork="prague")
"""That L1 proves every fork."""


@pytest.fixture(params=[Fork.CANCUN, Fork.PRAGUE, Fork.OSAKA], ids=["cancun", "prague", "osaka"])
def inboxes(request: Any, l1: Any, contracts: Any, accounts: Any) -> Inboxes:
    return deployed(l1, contracts, accounts, request.param)


def _told(state: State) -> tuple[int, ...]:
    return tuple(state.storage(L1_BLOCK, slot) for slot in range(9))


def _stored(state: State, number: int) -> int:
    return state.storage(HISTORY, number % HISTORY_WINDOW)


def _three_blocks(inboxes: Inboxes) -> AssertionTrace:
    """A batch that opens one block for itself, one for a transaction, and one for bytes that L2 skips."""
    items = (Item(sign(), timestamp=0), Item(b"", timestamp=0), Item(sign(nonce=1)))
    return inboxes.derive(inboxes.post(b"".join(item.encode() for item in items)))


def test_step_writes_l1s_block_and_the_hash_of_the_block_before(inboxes: Inboxes) -> None:
    trace = _three_blocks(inboxes)
    opened, sent, skipped, joined = trace.inputs
    (batch,) = trace.batches
    seen = batch.l1
    first = (
        seen.timestamp << 64 | batch.l1_block, seen.base_fee, int.from_bytes(seen.parent_hash, "big"), 0, 5, 5, 5,
        seen.blob_base_fee, 5,
    )  # fmt: skip
    assert all(first[:3]) and first[7]
    assert _told(opened.after.state) == first
    for number, taken in ((1, sent), (2, skipped), (2, joined)):
        assert _told(taken.after.state) == (*first[:3], number, *first[4:])
    is_kept = batch.fork >= Fork.PRAGUE
    for one, other in pairwise([trace.inputs[0].before, opened.after, sent.after, skipped.after]):
        wanted = int.from_bytes(one.block_hash, "big") if is_kept else {299: 5, 300: 6}.get(one.env.number, 0)
        assert _stored(other.state, one.env.number) == wanted
        assert not is_kept or other.ring.hash_of(one.env.number, other.env.number) == one.block_hash
    inboxes.prove(trace)


@pytest.mark.parametrize("number", [8_190, 8_191, 2**20])
def test_step_keeps_8191_hashes(l1: Any, contracts: Any, accounts: Any, number: int) -> None:
    inboxes = deployed(l1, contracts, accounts, DEFAULT_FORK)
    trace = inboxes.derive(inboxes.post(b""), number=number)
    stored = trace.after.state.storage(HISTORY, number % 8_191)
    assert stored == int.from_bytes(trace.before.block_hash, "big")
    inboxes.prove(trace)


def test_step_is_in_the_input_that_opens_the_block(inboxes: Inboxes) -> None:
    trace = _three_blocks(inboxes)
    assert [index for index in trace.each("BLOCK")] == [number << STEP_BITS | 1 for number in range(3)]
    assert [len(trace.input_trace(number)) for number in (0, 2)] == [2, 2]
    assert len(trace.input_trace(1)) == len(trace.input_trace(3)) + 1


def test_step_without_code_writes_nothing(inboxes: Inboxes) -> None:
    """Ether may lie at an address that has no code."""
    state = rich_state().with_account(L1_BLOCK, code=b"", balance=3).with_account(HISTORY, code=b"", balance=4)
    before = (state.account(L1_BLOCK).storage_root, state.account(HISTORY).storage_root)
    trace = inboxes.derive(inboxes.post(Item(sign(), timestamp=0).encode()), state)
    after = trace.after.state
    assert (after.account(L1_BLOCK).storage_root, after.account(HISTORY).storage_root) == before
    inboxes.prove(trace)


def test_step_without_the_accounts_makes_none(inboxes: Inboxes) -> None:
    state = rich_state()
    for told in (L1_BLOCK, HISTORY):
        wiped = dict.fromkeys((*range(9), 299, 300), 0)
        state = state.with_account(told, code=b"", storage=wiped)
    trace = inboxes.derive(inboxes.post(b""), state)
    assert trace.after.state.root == state.root
    inboxes.prove(trace)


@pytest.mark.parametrize("code", [b"\x00", designator(TARGET)], ids=["contract", "delegated"])
def test_step_before_a_look_at_the_senders_code(inboxes: Inboxes, code: bytes) -> None:
    """A contract's transaction is skipped behind the block's words, which stay."""
    state = rich_state().with_account(address(CODED), code=code)
    item = Item(sign(CODED), timestamp=0)
    trace = inboxes.derive(inboxes.post(item.encode()), state)
    taken, steps = trace.inputs[1], trace.input_trace(1)
    runs = code != b"\x00" and trace.batches[0].fork >= Fork.PRAGUE
    assert [steps.name_at(1), steps.name_at(2)] == ["BLOCK", "SENDER"]
    assert (taken.tx is not None) is runs
    assert runs or len(steps) == 3
    assert _told(taken.after.state)[3] == 1
    assert runs or taken.after.state.account(address(CODED)).encode() == state.account(address(CODED)).encode()
    inboxes.prove(trace)


def test_step_before_authorisations_and_an_access_list(l1: Any, contracts: Any, accounts: Any) -> None:
    inboxes = deployed(l1, contracts, accounts, DEFAULT_FORK)
    given = RICH.sign_authorization({"chainId": CHAIN_ID, "address": TARGET, "nonce": 1})
    listed = [{"address": "0x" + L1_BLOCK.hex(), "storageKeys": ["0x" + "00" * 31 + "03"]}]
    raw = sign(maxFeePerGas=12, maxPriorityFeePerGas=1, accessList=listed, authorizationList=[given])
    trace = inboxes.derive(inboxes.post(Item(raw, timestamp=0).encode()))
    assert [trace.input_trace(1).name_at(step) for step in range(1, 5)] == ["BLOCK", "AUTHORIZE", "ACCESS", "ACCESS"]
    inboxes.prove(trace)


def test_step_of_an_item_beyond_the_budget_is_not_taken(inboxes: Inboxes) -> None:
    batch = inboxes.post(Item(sign(gas=100_000), timestamp=0).encode())
    trace = inboxes.derive(batch, budget=99_999, l1_block=batch.l1_block)
    assert list(trace.each("BLOCK")) == [1]
    inboxes.prove(trace)


def _opening(inboxes: Inboxes) -> tuple[AssertionTrace, Witness]:
    trace = inboxes.derive(inboxes.post(b""))
    return trace, make_witness(trace.input_trace(0), 1)


def _rejected(inboxes: Inboxes, trace: AssertionTrace, witness: Witness) -> None:
    assert inboxes.prover.verify(trace.hash_at(1), 1, 1, trace.witness(1)) == trace.hash_at(2)
    with pytest.raises(Reverted):
        inboxes.prover.verify(trace.hash_at(1), 1, 1, witness.encode())


@pytest.mark.parametrize("word", [*range(11, 17)], ids=lambda at: f"word {at}")
def test_step_with_another_environment_is_rejected(inboxes: Inboxes, word: int) -> None:
    trace, witness = _opening(inboxes)
    changed = (*witness.env[:word], bytes([1, *witness.env[word][1:]]), *witness.env[word + 1 :])
    _rejected(inboxes, trace, replace(witness, env=changed))


def test_step_without_its_environment_is_rejected(inboxes: Inboxes) -> None:
    trace, witness = _opening(inboxes)
    _rejected(inboxes, trace, replace(witness, env=()))


def test_step_without_a_node_is_rejected(inboxes: Inboxes) -> None:
    trace, witness = _opening(inboxes)
    for at in range(len(witness.nodes)):
        _rejected(inboxes, trace, replace(witness, nodes=witness.nodes[:at] + witness.nodes[at + 1 :]))


def test_step_with_another_hash_in_the_ring_is_rejected(l1: Any, contracts: Any, accounts: Any) -> None:
    inboxes = deployed(l1, contracts, accounts, DEFAULT_FORK)
    trace, witness = _opening(inboxes)
    for ring in ((b"\x01" * 32, *witness.ring[1:]), (), witness.ring[:-1]):
        _rejected(inboxes, trace, replace(witness, ring=ring))


def test_step_is_taken_once(inboxes: Inboxes) -> None:
    """The machine behind it is idle, and stays so until the next input."""
    trace = inboxes.derive(inboxes.post(b""))
    inboxes.prove(trace)
    idle = trace.hash_at(2)
    assert idle == trace.after.root
    assert inboxes.prover.verify(idle, 2, 1, trace.witness(2)) == idle


def test_step_does_not_pay_for_anything(inboxes: Inboxes) -> None:
    trace = inboxes.derive(inboxes.post(b""))
    state = trace.after.state
    assert state.balance(address(RICH)) == 1000 * ETHER
    assert (state.nonce(L1_BLOCK), state.balance(L1_BLOCK), state.code(L1_BLOCK)) == (0, 0, b"\x00")

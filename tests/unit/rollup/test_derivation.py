"""The machine's inputs, one by one, without any L1."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from harness.chain.values.accounts import well_known_accounts
from harness.chain.values.transactions import Transaction, sign
from harness.rollup.codec.batch import Item
from harness.rollup.codec.messages import DEPOSIT, MAX_ITEMS, SIGNED, Batch, DelayedMessage, Deposit, L1Attributes
from harness.rollup.genesis import genesis
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.execution import TransactionOutcome
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opening import HISTORY, L1_BLOCK
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction
from harness.rollup.node.blocks import derive, genesis_block
from harness.rollup.node.derivation import Direct, InputKind, inputs
from harness.rollup.node.sequencing import Guess, Remembering, end_of, open_draft

ALICE, BOB = well_known_accounts().alice, well_known_accounts().bob
START = genesis(901, 10**7, bytes(19) + b"\x01", bytes(19) + b"\x02")
NOW = 1_700_000_000


FULL = 5 * START.env.gas_per_block
"""The budget after the first batch, which stands in L1 block 5."""


def _batch(data: bytes = b"", delayed: int = 0, index: int = 0) -> Batch:
    return Batch(index, data, NOW - 100, NOW + 100, 5 + index, delayed)


def _message(index: int, payload: bytes, kind: int = DEPOSIT) -> DelayedMessage:
    return DelayedMessage(index, kind, ALICE.address_bytes, 3, NOW, 2**23, payload)


def _mint(wei: int) -> bytes:
    return Deposit(ALICE.address_bytes, ALICE.address_bytes, wei, 0, 21_000, b"").payload


def _transfer(nonce: int, value: int = 1) -> bytes:
    tx = Transaction(2, 901, nonce, 0, 10**9, 21_000, BOB.address_bytes, value, b"")
    return sign(tx, ALICE.private_key).raw


def _funded() -> Idle:
    state = START.state.with_account(ALICE.address_bytes, balance=10**18)
    return replace(START, state=state)


def test_an_empty_batch_is_one_input_that_opens_a_block() -> None:
    (only,) = inputs(START, _batch(), ())
    assert (only.kind, only.opens_block) == (InputKind.OPEN, True)
    assert only.after.cursor == Cursor(batch=1, budget=5 * START.env.gas_per_block)
    assert (only.after.env.number, only.after.env.timestamp, only.after.env.l1_block) == (1, NOW - 100, 5)
    assert only.after.ring.hash_of(0, 1) == genesis_block(START).hash


def test_the_inputs_come_in_order() -> None:
    data = Item(_transfer(1), NOW).encode() + Item(_transfer(2)).encode() + Item(b"junk").encode()
    found = list(inputs(START, _batch(data, 2), (_message(0, _mint(10**18)), _message(1, b"junk", SIGNED))))
    assert [taken.kind for taken in found] == [0, 1, 1, 2, 2, 2]
    assert [taken.opens_block for taken in found] == [True, False, False, True, False, False]
    assert [taken.outcome is not None for taken in found] == [False, True, False, True, True, False]
    assert all(later.before is earlier.after for earlier, later in pairwise(found))
    cursors = [taken.after.cursor for taken in found]
    assert [(at.delayed, at.items) for at in cursors[:-1]] == [(0, 0), (1, 0), (2, 0), (2, 1), (2, 2)]
    assert cursors[-1] == Cursor(batch=1, delayed=2, budget=FULL - 2 * 21_000)


def test_the_cursor_is_never_at_rest_in_an_exhausted_batch() -> None:
    for data, delayed in ((b"", 1), (b"\xff", 0), (Item(b"").encode(), 0), (Item(b"").encode() * MAX_ITEMS, 0)):
        *others, last = inputs(START, _batch(data, delayed), (_message(0, _mint(1)),))
        assert last.after.cursor == Cursor(batch=1, delayed=delayed, budget=FULL)
        assert all(taken.after.cursor.batch == 0 for taken in others)


def test_a_malformed_item_ends_the_batch_without_a_block() -> None:
    data = Item(b"", NOW).encode() + b"\x01\x00"
    *_, before, last = inputs(START, _batch(data), ())
    assert last.after.env is before.after.env
    assert last.after.cursor == Cursor(batch=1, budget=FULL)


def test_a_deposit_that_no_inbox_would_take_moves_the_cursor_only() -> None:
    *_, last = inputs(START, _batch(b"", 1), (_message(0, b"short"),))
    assert last.outcome is None
    assert last.after.state is last.before.state
    assert last.after.cursor.delayed == 1


@pytest.mark.parametrize(
    ("claimed", "found"), [(0, NOW - 100), (NOW, NOW), (NOW + 101, NOW + 100), (2**64 - 1, NOW + 100)]
)
def test_time_is_clamped_to_the_bounds(claimed: int, found: int) -> None:
    assert START.next_block(claimed, _batch()).env.timestamp == found


def test_time_does_not_go_back_even_if_the_bounds_do() -> None:
    late = START.next_block(NOW + 100, _batch())
    earlier = replace(_batch(), min_timestamp=NOW - 900, max_timestamp=NOW - 800)
    assert late.next_block(NOW - 850, earlier).env.timestamp == NOW + 100
    assert late.next_block(2**64 - 1, earlier).env.timestamp == NOW + 100


def test_derivation_is_a_function() -> None:
    data = Item(_transfer(0), NOW).encode() + Item(_transfer(1), NOW + 1).encode()
    first, second = (derive(_funded(), _batch(data), ()) for _ in range(2))
    assert first.idle.root == second.idle.root
    assert [block.hash for block in first.blocks] == [block.hash for block in second.blocks]
    assert [len(block.transactions) for block in first.blocks] == [0, 1, 1]
    assert first.blocks[1].parent_hash == first.blocks[0].hash


def test_each_word_of_the_machine_counts() -> None:
    words = START.words()
    assert len(words) == 11
    cursor = START.cursor
    others = [
        replace(START, state=START.state.with_account(BOB.address_bytes, balance=1)),
        *(
            replace(START, cursor=replace(cursor, **{name: 1}))
            for name in ("batch", "opened", "delayed", "offset", "items")
        ),
        replace(START, env=replace(START.env, number=1)),
        replace(START, ring=START.ring.with_hash(3, b"\x01" * 32)),
    ]
    assert len({START.root, *(other.root for other in others)}) == len(others) + 1


class _Counting(Direct):
    """Counts the transactions that it executes."""

    def __init__(self) -> None:
        self.count = 0

    def transaction(self, state: State, env: Env, ring: Ring, tx: L2Transaction) -> TransactionOutcome:
        self.count += 1
        return super().transaction(state, env, ring, tx)


class TestDrafts:
    """A draft foresees what L1 will make of its batch, and derivation takes over what it executed."""

    GUESS = Guess(l1_block=6, timestamp=NOW, window=100, lead=100)

    def test_a_posted_draft_is_not_executed_again(self) -> None:
        """Whatever L1 turns out to tell, if the transactions did not look."""
        direct = _Counting()
        executor = Remembering(direct)
        draft = open_draft(_funded(), self.GUESS, 0, (), executor)
        for nonce in range(5):
            draft = draft.add(Item(_transfer(nonce), NOW + nonce), executor)
        for told in (L1Attributes(), L1Attributes(7, NOW, b"\x33" * 32, 5)):
            batch = replace(_batch(draft.data), l1=told)
            derived = derive(draft.start, batch, (), executor)
            assert direct.count == 5
            assert derived.idle.root == derive(draft.start, batch, ()).idle.root

    @pytest.mark.parametrize("code", ["5f545000", "6001600555"], ids=["SLOAD", "SSTORE"])
    def test_what_looks_at_the_told_words_is_executed_again(self, code: str) -> None:
        start = _funded()
        state = start.state.with_account(L1_BLOCK, nonce=1, code=bytes.fromhex(code))
        start = replace(start, state=state)
        tx = Transaction(2, 901, 0, 0, 10**9, 100_000, L1_BLOCK, 0, b"")
        direct = _Counting()
        executor = Remembering(direct)
        draft = open_draft(start, self.GUESS, 0, (), executor)
        draft = draft.add(Item(sign(tx, ALICE.private_key).raw, NOW), executor)
        assert not draft.is_certain, "so no gas comes back to a budget that is only guessed"
        derived = derive(start, _batch(draft.data), (), executor)
        assert direct.count == 2
        assert [item.outcome.status for block in derived.blocks for item in block.transactions] == [1]

    def test_what_pays_a_told_account_is_executed_again(self) -> None:
        tx = Transaction(2, 901, 0, 0, 10**9, 100_000, HISTORY, 5, b"")
        start = _funded()
        start = replace(start, state=start.state.with_account(HISTORY, nonce=1, code=b"\x00"))
        executor = Remembering()
        draft = open_draft(start, self.GUESS, 0, (), executor)
        draft = draft.add(Item(sign(tx, ALICE.private_key).raw, NOW), executor)
        batch = replace(_batch(draft.data), l1=L1Attributes(1))
        assert derive(start, batch, (), executor).idle.root == derive(start, batch, ()).idle.root

    def test_what_read_prevrandao_is_executed_again(self) -> None:
        reads_randao = bytes.fromhex("44 5f 55 00".replace(" ", ""))
        start = _funded()
        start = replace(start, state=start.state.with_account(BOB.address_bytes, nonce=1, code=reads_randao))
        tx = Transaction(2, 901, 0, 0, 10**9, 100_000, BOB.address_bytes, 0, b"")
        executor = Remembering()
        draft = open_draft(start, self.GUESS, 0, (), executor)
        draft = draft.add(Item(sign(tx, ALICE.private_key).raw, NOW), executor)
        derived = derive(start, _batch(draft.data), (), executor)
        assert derived.idle.state.storage(BOB.address_bytes, 0) != draft.idle.state.storage(BOB.address_bytes, 0)
        found = derived.idle.state.storage(BOB.address_bytes, 0)
        assert found == int.from_bytes(derived.idle.env.prev_randao, "big")

    def test_a_draft_follows_the_one_before(self) -> None:
        executor = Remembering()
        first = open_draft(_funded(), self.GUESS, 0, (), executor).add(Item(_transfer(0), NOW), executor)
        second = open_draft(end_of(first), self.GUESS, 0, (), executor).add(Item(_transfer(1), NOW), executor)
        assert (second.index, second.delayed_before) == (1, 0)
        assert second.idle.state.nonce(ALICE.address_bytes) == 2

"""The harness's account database against py-evm's own: the same answers and the same roots, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from eth.db.account import AccountDB
from eth.db.atomic import AtomicDB
from eth_utils import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.chain.pyevm.state import EMPTY_CODE_HASH, PersistentAccountDB, StoredState
from harness.primitives.patricia import EMPTY_ROOT

ADDRESSES = [bytes(19) + bytes([number]) for number in range(1, 6)]
SLOTS = [0, 1, 2, 2**255]

address = st.sampled_from(ADDRESSES)
slot = st.sampled_from(SLOTS)
word = st.sampled_from([0, 0, 1, 2**256 - 1, 77])
operations = st.lists(
    st.one_of(
        st.tuples(st.just("set_balance"), address, st.sampled_from([0, 1, 10**18])),
        st.tuples(st.just("set_nonce"), address, st.integers(0, 3)),
        st.tuples(st.just("increment_nonce"), address),
        st.tuples(st.just("set_code"), address, st.sampled_from([b"", b"\x00", b"\x60\x00"])),
        st.tuples(st.just("delete_code"), address),
        st.tuples(st.just("set_storage"), address, slot, word),
        st.tuples(st.just("touch_account"), address),
        st.tuples(st.just("mark_address_warm"), address),
        st.tuples(st.just("mark_storage_warm"), address, slot),
        st.sampled_from([("record",), ("discard",), ("commit",), ("end",), ("seal",)]),
    ),
    max_size=60,
)


@dataclass
class Pair:
    """Both databases, driven alike."""

    ours: Any
    theirs: Any
    checkpoints: list[tuple[Any, Any]] = field(default_factory=list)

    def do(self, name: str, *args: Any) -> None:
        if name == "record":
            self.checkpoints.append((self.ours.record(), self.theirs.record()))
        elif name in ("discard", "commit"):
            if self.checkpoints:
                ours, theirs = self.checkpoints.pop()
                getattr(self.ours, name)(ours)
                getattr(self.theirs, name)(theirs)
        elif name in ("end", "seal"):
            self.end(sealed=name == "seal")
        elif name == "set_storage":
            # py-evm gives every account with storage a record; the EVM never writes to one that has none
            for db in (self.ours, self.theirs):
                db.touch_account(args[0])
                db.set_storage(*args)
        else:
            getattr(self.ours, name)(*args)
            getattr(self.theirs, name)(*args)

    def end(self, *, sealed: bool) -> None:
        """Between transactions, or blocks: nothing is open, and accounts that are empty go."""
        while self.checkpoints:
            self.do("commit")
        for who in ADDRESSES:
            if self.theirs.account_exists(who) and self.theirs.account_is_empty(who):
                self.ours.delete_account(who)
                self.theirs.delete_account(who)
        self.ours.lock_changes()
        self.theirs.lock_changes()
        if sealed:
            self.ours.persist()
            self.theirs.persist()
            assert self.ours.state_root == self.theirs.state_root

    def compare(self) -> None:
        for who in ADDRESSES:
            for question in ("get_balance", "get_nonce", "get_code", "get_code_hash", "account_exists",
                             "account_is_empty", "is_address_warm"):  # fmt: skip
                assert getattr(self.ours, question)(who) == getattr(self.theirs, question)(who), question
            stored = any(self.theirs.get_storage(who, place) for place in SLOTS)
            taken = self.theirs.account_has_code_or_nonce(who) or stored  # py-evm lacks EIP-7610
            assert (self.ours.has_storage(who), self.ours.account_has_code_or_nonce(who)) == (stored, taken)
            for place in SLOTS:
                assert self.ours.get_storage(who, place) == self.theirs.get_storage(who, place)
                now, then = (db.get_storage(who, place, from_journal=False) for db in (self.ours, self.theirs))
                assert now == then, "original value"
                assert self.ours.is_storage_warm(who, place) == self.theirs.is_storage_warm(who, place)


@settings(max_examples=150, deadline=None)
@given(script=operations)
def test_answers_and_roots_are_those_of_py_evm(script):
    pair = Pair(PersistentAccountDB(StoredState()), AccountDB(AtomicDB()))
    for who in ADDRESSES:
        pair.do("set_nonce", who, 1)
        pair.do("set_storage", who, 1, 5)
    pair.end(sealed=True)
    for operation in script:
        pair.do(*operation)
        pair.compare()
    pair.end(sealed=True)
    pair.compare()


def test_every_persisted_state_can_be_opened_again():
    db = PersistentAccountDB(StoredState())
    states = []
    for number in range(1, 4):
        db.set_storage(ADDRESSES[0], 5, number)
        db.set_balance(ADDRESSES[0], number)
        db.persist()
        states.append(db.state)
    assert [PersistentAccountDB(state).get_storage(ADDRESSES[0], 5) for state in states] == [1, 2, 3]
    assert [PersistentAccountDB(state).get_balance(ADDRESSES[0]) for state in states] == [1, 2, 3]
    assert len({state.root for state in states}) == 3
    assert [db.has_root(state.root) for state in states] == [False, False, True]


def test_a_deleted_account_takes_its_storage_along():
    db = PersistentAccountDB(StoredState())
    db.set_balance(ADDRESSES[0], 1)
    db.set_storage(ADDRESSES[0], 0, 9)
    db.persist()
    db.delete_account(ADDRESSES[0])
    assert db.get_storage(ADDRESSES[0], 0) == 0
    db.set_balance(ADDRESSES[0], 1)
    assert db.get_storage(ADDRESSES[0], 0) == 0
    db.delete_account(ADDRESSES[0])
    db.persist()
    assert db.state_root == EMPTY_ROOT
    assert db.get_code_hash(ADDRESSES[0]) == EMPTY_CODE_HASH


def test_a_deletion_can_be_undone():
    db = PersistentAccountDB(StoredState())
    db.set_balance(ADDRESSES[0], 1)
    db.set_storage(ADDRESSES[0], 0, 9)
    db.persist()
    for delete in (db.delete_account, db.delete_storage):
        checkpoint = db.record()
        db.set_storage(ADDRESSES[0], 0, 10)
        delete(ADDRESSES[0])
        assert db.get_storage(ADDRESSES[0], 0) == 0
        db.discard(checkpoint)
        assert (db.get_storage(ADDRESSES[0], 0), db.get_balance(ADDRESSES[0])) == (9, 1)


def test_bounds_are_enforced():
    db = PersistentAccountDB(StoredState())
    for wrong in (-1, 2**256):
        with pytest.raises(ValidationError):
            db.set_balance(ADDRESSES[0], wrong)
    with pytest.raises(ValidationError):
        db.set_nonce(ADDRESSES[0], 2**64)
    with pytest.raises(ValidationError):
        db.discard(10**12)
    with pytest.raises(ValidationError):
        db.state_root = b"\1" * 32


def test_copy_as_locked_has_nothing_of_what_came_later():
    """Accounts made, changed and deleted, and slots written, cleared and written again."""
    live = PersistentAccountDB(StoredState())
    old, new = b"\1" * 20, b"\2" * 20
    live.set_balance(old, 5)
    live.set_storage(old, 1, 11)
    live.persist()
    live.set_storage(old, 2, 22)
    live.lock_changes()
    live.set_balance(old, 6)
    live.set_nonce(new, 1)
    live.set_storage(old, 1, 12)
    live.set_storage(old, 2, 0)
    checkpoint = live.record()
    live.delete_account(old)
    live.set_storage(old, 1, 13)
    live.commit(checkpoint)
    copy = live.as_locked()
    assert (copy.get_balance(old), copy.get_nonce(new)) == (5, 0)
    assert [copy.get_storage(old, slot) for slot in (1, 2)] == [11, 22]
    copy.set_storage(old, 1, 99)
    assert live.get_storage(old, 1) == 13

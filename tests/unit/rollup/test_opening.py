"""What opening a block writes into the state, and what of a draft's executions still holds with other words in it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.primitives.patricia import Trie, Value
from harness.rollup.codec.messages import L1Attributes
from harness.rollup.machine import opening
from harness.rollup.machine.environment import TX_GAS_CAP, Env, Ring
from harness.rollup.machine.execution import execute
from harness.rollup.machine.opening import HISTORY, L1_BLOCK, replay, write_block
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction

SENDER, PROGRAM = b"\x05" * 20, b"\xc0" * 20
STORES = bytes.fromhex("600160015560025f5500")  # slots 1 and 0
ENV = Env(9, 1_000, b"\xfe" * 20, TX_GAS_CAP, bytes(32), 7, 3, 901, 3)
DRAFTED = replace(ENV, l1=L1Attributes(1, 2, b"\x01" * 32, 3))
DERIVED = replace(ENV, l1=L1Attributes(4, 5, b"\x02" * 32, 6), l1_block=4)


def states() -> tuple[State, State]:
    """The state of one block with the words that a draft guesses, and with those that L1 gave it."""
    origin = State().with_account(SENDER, balance=10**20).with_account(PROGRAM, code=STORES, nonce=1, storage={0: 9})
    for address in (L1_BLOCK, HISTORY):
        origin = origin.with_account(address, code=b"\x00", nonce=1)
    return write_block(origin, DRAFTED, b"\x0a" * 32), write_block(origin, DERIVED, b"\x0b" * 32)


def tx(to: bytes | None, value: int = 0, data: bytes = b"") -> L2Transaction:
    return L2Transaction(2, 901, 0, 1, 20, 300_000, to, value, data, (), SENDER, b"")


@pytest.mark.parametrize(
    "sent",
    [tx(PROGRAM), tx(b"\xd0" * 20, 5), tx(None, 0, STORES), tx(L1_BLOCK), tx(SENDER, 1)],
    ids=["call", "transfer", "creation", "call of L1Block", "to oneself"],
)
def test_an_execution_is_replayed_where_other_words_were_written(sent: L2Transaction) -> None:
    drafted, derived = states()
    assert drafted.root != derived.root
    after = execute(drafted, DRAFTED, Ring(), sent).state
    replayed = replay(drafted, after, derived)
    assert replayed is not None
    assert replayed.root == execute(derived, DERIVED, Ring(), sent).state.root
    assert replayed.untold is after.untold


def test_an_execution_is_not_replayed_if_it_changed_an_account_that_is_told() -> None:
    drafted, derived = states()
    for address in (L1_BLOCK, HISTORY):
        after = execute(drafted, DRAFTED, Ring(), tx(address, 5)).state
        assert replay(drafted, after, derived) is None
        assert replay(drafted, after, drafted) is after


def test_executions_are_replayed_one_after_another_and_only_the_last_state_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drafted, derived = states()
    executed, told, writes = derived, derived, 0
    put = opening.put

    def counted(trie: Trie, path: bytes, value: Value) -> Trie:
        nonlocal writes
        writes += 1
        return put(trie, path, value)

    monkeypatch.setattr(opening, "put", counted)
    sequence = tx(PROGRAM), tx(b"\xd0" * 20, 5), tx(None, 0, STORES), tx(SENDER, 1)
    for sent in (replace(each, nonce=nonce) for nonce, each in enumerate(sequence)):
        after = execute(drafted, DRAFTED, Ring(), sent).state
        replayed = replay(drafted, after, told)
        assert replayed is not None and replayed.untold is after.untold
        drafted, told, executed = after, replayed, execute(executed, DERIVED, Ring(), sent).state
        assert writes == 0
    assert told.root == executed.root
    assert writes == 2
    spoilt = execute(drafted, DRAFTED, Ring(), replace(tx(HISTORY, 5), nonce=4)).state
    assert replay(drafted, spoilt, told) is None


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda state: pickle.loads(pickle.dumps(state))])
def test_a_replayed_state_is_copied_as_the_state_that_it_is(copied: Callable[[State], State]) -> None:
    drafted, derived = states()
    after = execute(drafted, DRAFTED, Ring(), tx(PROGRAM)).state
    replayed = replay(drafted, after, derived)
    assert replayed is not None
    found = copied(replayed)
    assert found.root == replayed.root and State(found.untold).root == State(replayed.untold).root
    following = execute(after, DRAFTED, Ring(), replace(tx(PROGRAM), nonce=1)).state
    again = replay(after, following, found)
    assert again is not None
    assert again.root == execute(found, DERIVED, Ring(), replace(tx(PROGRAM), nonce=1)).state.root


def test_a_replayed_state_is_equal_to_a_plain_one_of_the_same_accounts() -> None:
    drafted, derived = states()
    replayed = replay(drafted, execute(drafted, DRAFTED, Ring(), tx(PROGRAM)).state, derived)
    assert isinstance(replayed, opening.Retold)
    plain = State(replayed.accounts)
    assert replayed == plain and plain == replayed and hash(plain) == hash(replayed)
    assert replayed != derived and replayed != replayed.accounts

"""Calls that the in-process chain remembers: each runs once while what it reads stays, and no answer is stale."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.chain import Chain, open_chain
from harness.chain.backend import CallRequest
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.pyevm.reads import CallMemory
from harness.chain.values.accounts import well_known_accounts

ALICE, BOB = well_known_accounts()[0], well_known_accounts()[1]
STORE, NESTED, OTHER, DELEGATED = (bytes(19) + bytes([number]) for number in (0xA1, 0xA2, 0xA3, 0xA4))

ANSWER = "5f5260205ff3"
"""MSTORE what is on the stack, return that word."""

KEEPER = "36600c57" + "5f54" + ANSWER + "5b" + "5f355f5500"
"""Answers with slot 0; given calldata, it stores that there."""


def code(hexa: str) -> bytes:
    return bytes.fromhex(hexa.replace(" ", ""))


def ask(address: bytes) -> str:
    """Code that answers with what the contract at an address answers to no data."""
    return f"60205f5f5f73{address.hex()}5afa50 60205ff3"


READERS = {
    "own slot": KEEPER,
    "slot of a callee": ask(STORE),
    "balance of another": f"73{BOB.address_bytes.hex()}31" + ANSWER,
    "balance of the sender": "3331" + ANSWER,
    "own balance": "47" + ANSWER,
    "size of code": f"73{OTHER.hex()}3b" + ANSWER,
    "hash of code": f"73{OTHER.hex()}3f" + ANSWER,
    "timestamp": "42" + ANSWER,
    "number": "43" + ANSWER,
    "prevrandao": "44" + ANSWER,
    "gas limit": "45" + ANSWER,
    "base fee": "48" + ANSWER,
    "blob base fee": "4a" + ANSWER,
    "hash of a block": "6001430340" + ANSWER,
    "chain id": "46" + ANSWER,
    "coinbase": "41" + ANSWER,
    "gas left": "5a" + ANSWER,
}
PLACES = {name: bytes(19) + bytes([number]) for number, name in enumerate(READERS, 0x30)}

CHANGES: dict[str, tuple[str, Callable[[Chain], object]]] = {
    "a transaction": ("own slot", lambda chain: save(chain, PLACES["own slot"], 7)),
    "a storage edit": ("own slot", lambda chain: chain.set_storage(PLACES["own slot"], 0, 7)),
    "new code": ("own slot", lambda chain: chain.set_code(PLACES["own slot"], code("6007" + ANSWER))),
    "a transaction to a callee": ("slot of a callee", lambda chain: save(chain, STORE, 7)),
    "a payment": ("balance of another", lambda chain: chain.send(sender=ALICE, to=BOB, value=1)),
    "a payment to the contract": ("own balance", lambda chain: chain.set_balance(PLACES["own balance"], 7)),
    "a payment by the sender": ("balance of the sender", lambda chain: chain.send(sender=ALICE, to=BOB, value=1)),
    "code of another": ("size of code", lambda chain: chain.set_code(OTHER, b"\x00")),
    "another comes to be": ("hash of code", lambda chain: chain.set_balance(OTHER, 1)),
    "a warp": ("timestamp", lambda chain: chain.warp(100)),
    "a block": ("number", lambda chain: chain.mine()),
    "a block's prevrandao": ("prevrandao", lambda chain: chain.mine()),
    "a block's base fee": ("base fee", lambda chain: chain.mine()),
    "a block's hash": ("hash of a block", lambda chain: chain.mine()),
}


def save(chain: Chain, address: bytes, value: int) -> None:
    chain.send(sender=ALICE, to=address, data=value.to_bytes(32, "big"))


def read(chain: Chain, name: str) -> bytes:
    return chain.call(to=PLACES[name], sender=ALICE)


def furnish(chain: Chain) -> Chain:
    """Put the readers where they read."""
    chain.set_code(STORE, code(KEEPER))
    for name, program in READERS.items():
        chain.set_code(PLACES[name], code(program))
    chain.mine()
    return chain


@pytest.fixture
def chain() -> Iterator[Chain]:
    with open_chain() as made:
        yield furnish(made)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Targets of the calls that were really run."""
    seen: list[bytes] = []
    original = PyEvmBackend._run

    def run(self: PyEvmBackend, call: CallRequest, *rest: Any) -> Any:
        assert call.to is not None
        seen.append(call.to)
        return original(self, call, *rest)

    monkeypatch.setattr(PyEvmBackend, "_run", run)
    return seen


@pytest.mark.parametrize("name", ["own slot", "slot of a callee", "balance of another", "chain id", "gas left"])
def test_call_is_run_once_while_others_change(name: str, chain: Chain, runs: list[bytes]) -> None:
    first = read(chain, name)
    snapshot = chain.snapshot()
    chain.send(sender=ALICE, to=OTHER, value=1)
    chain.warp(1_000)
    chain.mine(2)
    chain.set_storage(OTHER, 0, 1)
    assert read(chain, name) == first
    chain.reorg(2)
    assert read(chain, name) == first
    chain.restore(snapshot)
    assert read(chain, name) == first
    assert runs == [PLACES[name]]


@pytest.mark.parametrize("change", CHANGES)
def test_call_is_run_anew_after(change: str, chain: Chain) -> None:
    name, apply = CHANGES[change]
    before = read(chain, name)
    apply(chain)
    after = read(chain, name)
    assert after != before
    assert after == chain.backend.trace_call(CallRequest(ALICE.address_bytes, PLACES[name])).output


def test_call_after_a_reorg_and_a_restore_is_that_of_the_state_there(chain: Chain) -> None:
    answers = [int.from_bytes(read(chain, "own slot"), "big")]
    snapshot = chain.snapshot()
    for value in (3, 4):
        save(chain, PLACES["own slot"], value)
        answers.append(int.from_bytes(read(chain, "own slot"), "big"))
    chain.reorg(1)
    answers.append(int.from_bytes(read(chain, "own slot"), "big"))
    chain.restore(snapshot)
    answers.append(int.from_bytes(read(chain, "own slot"), "big"))
    assert answers == [0, 3, 4, 3, 0]


def test_call_at_a_past_block_is_not_answered_from_the_head(chain: Chain) -> None:
    target, start = "0x" + PLACES["own slot"].hex(), chain.block_number
    save(chain, PLACES["own slot"], 3)
    for number, expected in ((start, 0), (start + 1, 3), (start, 0)):
        answer = chain.w3.eth.call({"to": target}, number)
        assert int.from_bytes(answer, "big") == expected
        assert chain.call(to=PLACES["own slot"])[-1] == 3


def test_call_in_an_open_block_sees_what_is_in_it(chain: Chain) -> None:
    read(chain, "own slot")
    with chain.block():
        save(chain, PLACES["own slot"], 5)
        assert read(chain, "own slot") == (5).to_bytes(32, "big")
        save(chain, PLACES["own slot"], 6)
        assert read(chain, "own slot") == (6).to_bytes(32, "big")


def test_call_of_a_delegated_account_follows_the_code_that_it_names(chain: Chain) -> None:
    chain.set_code(OTHER, code("6001" + ANSWER))
    chain.set_code(DELEGATED, b"\xef\x01\x00" + OTHER)
    assert chain.call(to=DELEGATED)[-1] == 1
    chain.set_code(OTHER, code("6002" + ANSWER))
    assert chain.call(to=DELEGATED)[-1] == 2


def test_call_that_fails_is_run_each_time(chain: Chain, runs: list[bytes]) -> None:
    chain.set_code(OTHER, code("5f5ffd"))
    for _ in range(2):
        with pytest.raises(Exception, match="revert"):
            chain.call(to=OTHER)
    assert runs == [OTHER, OTHER]


def test_calls_are_told_apart_by_all_that_is_asked(chain: Chain, runs: list[bytes]) -> None:
    chain.set_code(OTHER, code("34 33 18 5f35 18 5a 18" + ANSWER))
    asked: list[dict[str, Any]] = [{}, {"data": b"\x01"}, {"sender": ALICE}, {"gas": 100_000}]
    answers = {chain.call(to=OTHER, **each) for each in (*asked, {"sender": ALICE, "value": 1})}
    assert len(answers) == len(runs) == 5


def test_large_calls_and_the_least_recent_ones_are_dropped(chain: Chain, runs: list[bytes]) -> None:
    backend: Any = chain.backend
    backend._calls = CallMemory(limit=2)
    for data in (b"\x01", b"\x02", b"\x01", b"\x03", b"\x01", b"\x02"):
        chain.call(to=OTHER, data=data)
    assert len(runs) == 4
    for _ in range(2):
        chain.call(to=OTHER, data=bytes(5_000))
    assert len(runs) == 6


numbers = st.integers(0, 3)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.sampled_from([STORE, PLACES["own slot"]]), numbers),
        st.tuples(st.just("pay"), st.sampled_from([BOB.address_bytes, OTHER]), numbers),
        st.tuples(st.just("slot"), st.sampled_from([STORE, PLACES["own slot"]]), numbers),
        st.tuples(st.just("code"), st.just(OTHER), numbers),
        st.tuples(st.sampled_from(["warp", "mine", "reorg", "snapshot", "restore"]), st.just(b""), numbers),
    ),
    max_size=12,
)


class Twin:
    """One chain, driven like its twin."""

    def __init__(self, limit: int) -> None:
        self.chain = furnish(open_chain(seed=3))
        backend: Any = self.chain.backend
        backend._calls = CallMemory(limit)
        self.marks = [self.chain.snapshot()]

    def do(self, name: str, address: bytes, number: int) -> None:
        chain = self.chain
        match name:
            case "save":
                save(chain, address, number)
            case "pay":
                chain.send(sender=ALICE, to=address, value=number)
            case "slot":
                chain.set_storage(address, 0, number)
            case "code":
                chain.set_code(address, bytes(number))
            case "warp":
                chain.warp(10 + number)
            case "mine":
                chain.mine(1 + number)
            case "reorg":
                chain.reorg(min(number, chain.block_number - self.marks[0].number))
                self.marks = [mark for mark in self.marks if mark.number <= chain.block_number]
            case "snapshot":
                self.marks.append(chain.snapshot())
            case "restore":
                del self.marks[1 + number % len(self.marks) :]
                chain.restore(self.marks[-1])

    def answers(self) -> dict[str, bytes]:
        return {name: read(self.chain, name) for name in READERS}


@settings(max_examples=30, deadline=None)
@given(steps)
def test_a_chain_that_remembers_answers_like_one_that_does_not(script: list[tuple[str, bytes, int]]) -> None:
    remembering, forgetful = Twin(limit=1_000), Twin(limit=0)
    for step in script:
        remembering.do(*step)
        forgetful.do(*step)
        assert remembering.answers() == forgetful.answers()


RECORDS = bytes(19) + b"\xa5"
"""Answers with the slot that calldata names; given two words, it stores the second in the slot of the first."""


def record(slot: int) -> bytes:
    return slot.to_bytes(32, "big")


def test_a_record_is_read_once_while_other_records_of_its_contract_change(
    chain: Chain, runs: list[CallRequest]
) -> None:
    """With n records, one that is added does not make the others be read again: n reads for n records, not n * n."""
    chain.set_code(RECORDS, code("36 6040 14 6010 57 5f35 54" + ANSWER + "5b 602035 5f35 55 00"))
    chain.set_code(STORE, code(f"365f5f37 60205f365f73{RECORDS.hex()}5afa50 60205ff3"))
    for slot in range(1, 9):
        chain.send(sender=ALICE, to=RECORDS, data=record(slot) + record(slot * 7), value=0)
        for earlier in range(1, slot + 1):
            for target in (RECORDS, STORE):
                assert chain.call(to=target, data=record(earlier)) == record(earlier * 7)
    assert len(runs) == 2 * 8
    chain.send(sender=ALICE, to=RECORDS, data=record(3) + record(1))
    assert chain.call(to=STORE, data=record(3)) == record(1)
    assert chain.call(to=STORE, data=record(4)) == record(28)
    assert len(runs) == 2 * 8 + 1

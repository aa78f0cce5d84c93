"""Recording: the same outcome as a plain run, any step at hand, memory within bounds."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from harness.primitives.hashing import ZERO_WORD, keccak256
from harness.primitives.opcodes import CALLS
from harness.proofs.errors import StepOutsideTrace
from harness.proofs.maker import make_witness
from harness.proofs.memory import MemoryTree
from harness.proofs.recorder import KEPT, CellStack
from harness.proofs.samples import programs as P
from harness.proofs.samples.scenes import SCENES
from harness.proofs.stack import items_of
from harness.proofs.trace import WINDOW, Execution, Trace
from harness.rollup.machine.environment import Env, Ring
from harness.rollup.machine.machine import Cursor, Idle
from harness.rollup.machine.opcodes import opcode_name
from harness.rollup.machine.stacks import WordStack
from harness.rollup.machine.state import State
from harness.rollup.machine.validity import L2Transaction

SENDER = b"\x05" * 20
PROGRAM = b"\xc0" * 20
LOOP = bytes.fromhex("62ffffff5b8015601657600190038060205260045600")
"""Counts down and stores the counter in memory, about 11 opcodes a round."""


def execution(code: bytes, gas: int = 2**23, accounts: Any = (), **more: Any) -> Execution:
    state = State().with_account(SENDER, balance=10**24)
    state = state.with_account(PROGRAM, code=code, balance=10**18, nonce=1)
    for address, (callee, balance, nonce) in dict(accounts).items():
        state = state.with_account(address, code=callee, balance=balance, nonce=nonce)
    env = Env(9, 1_000, b"\xfe" * 20, 2**40, bytes(32), 7, 1, 901, 3)
    tx = L2Transaction(2, 901, 0, 1, 10, gas, more.get("to", PROGRAM) or None, more.get("value", 0),
                     more.get("data", b""), (), SENDER, b"")  # fmt: skip
    return Execution(state, env, Ring(), tx)


def trace(run: Execution, **more: Any) -> Trace:
    return Trace(Idle(run.state, Cursor(0, True), run.env, run.ring), execution=run, **more)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_recorded_run_ends_as_a_plain_one(name: str) -> None:
    scene = SCENES[name]
    fields = {name: scene.fields[name] for name in ("to", "data", "value") if name in scene.fields}
    run = execution(scene.code or b"\x00", gas=scene.fields.get("gas", 2**22), accounts=scene.accounts, **fields)
    plain, recorded = run.run(), trace(run)
    assert recorded.outcome is not None
    assert plain.state.root == recorded.outcome.state.root == recorded.after.state.root
    for part in ("gas_used", "status", "logs", "return_value", "created"):
        assert getattr(plain, part) == getattr(recorded.outcome, part)


def test_dropped_steps_are_recorded_again_when_asked_for() -> None:
    run = execution(LOOP, gas=200_000)
    whole, thin = trace(run), trace(run, kept=500)
    assert len(whole) == len(thin) > 5_000
    assert len(thin._recorder.steps) <= 500
    for index in (1, 2, 501, 777, 4_000, 63, len(whole) - 1, len(whole)):
        assert thin.hash_at(index) == whole.hash_at(index)
        assert thin.name_at(index - 1) == whole.name_at(index - 1)
        assert make_witness(thin, index) == make_witness(whole, index)


def test_steps_are_loaded_with_one_more_run() -> None:
    run = execution(LOOP, gas=200_000)
    whole, thin = trace(run), trace(run, kept=100)
    wanted = [7, 8, 2_000, 2_001, 5_111]
    thin.load(wanted)
    window = thin._window
    assert [thin.hash_at(index) for index in wanted] == [whole.hash_at(index) for index in wanted]
    assert thin._window is window


@pytest.mark.parametrize("name", ["MSTORE", "SUB", "END", "INPUT", "INVALID", "no mnemonic"])
def test_steps_are_found_by_name_kept_or_not(name: str) -> None:
    run = execution(LOOP, gas=40_000)
    whole, thin = trace(run), trace(run, kept=100)
    found = [index for index in range(1, len(whole)) if whole.name_at(index) == name]
    assert list(whole.named(name)) == list(thin.named(name)) == found
    assert bool(found) is (name in ("MSTORE", "SUB", "END"))


@dataclass(frozen=True, slots=True)
class Counted(Execution):
    """An execution that notes how many steps each run recorded."""

    runs: list[int] = field(default_factory=list)

    def run(self, recorder: Any = None) -> Any:
        try:
            return Execution.run(self, recorder)
        finally:
            self.runs.append(recorder.count)


def counted(gas: int) -> Counted:
    run = execution(LOOP, gas=gas)
    return Counted(run.state, run.env, run.ring, run.payload)


def test_steps_are_found_by_name_without_another_run() -> None:
    run = counted(200_000)
    thin = trace(run, kept=100)
    assert len(list(thin.named("MSTORE"))) > 3_000
    assert {thin.name_at(index) for index in range(len(thin))} >= {"INPUT", "MSTORE", "END"}
    assert run.runs == [len(thin)]


def test_dropped_steps_take_one_more_run_that_ends_behind_them() -> None:
    """Bisection asks for places ever closer to one another: those far apart are kept, the last ones in one window."""
    run = counted(200_000)
    thin, target = trace(run, kept=1_000), 5_001
    low, high = 0, 1 << 24
    while high - low > 1:
        middle = (low + high) // 2
        thin.hash_at(middle)
        low, high = (middle, high) if middle <= target else (low, middle)
    make_witness(thin, target)
    assert len(thin) > 40_000
    whole, again = run.runs
    assert whole == len(thin)
    assert abs(again - (target + WINDOW)) < 100


def test_an_input_that_runs_nothing_has_no_step_but_the_first() -> None:
    before = trace(execution(b"\x00")).before
    assert list(Trace(before).named("INPUT")) == []


def test_memory_stays_bounded() -> None:
    """Four times the steps take about the same memory once the limit is reached."""

    def peak(gas: int) -> int:
        run = execution(b"\x5b\x60\x00\x50\x60\x00\x56", gas=gas)
        tracemalloc.start()
        recorded = trace(run, kept=4_000)
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(recorded) > gas / 5
        return size

    assert peak(400_000) < 2 * peak(100_000)


def test_a_recording_takes_so_many_bytes_for_each_step_kept() -> None:
    """Of a million opcodes up to `KEPT` steps are kept: 56 MiB."""
    run = execution(LOOP, gas=500_000)
    kept = 1 << 14
    tracemalloc.start()
    recorded = trace(run, kept=kept)
    size = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(recorded) > 7 * kept
    assert size / kept < (56 << 20) / KEPT


CALLEE = b"\xca" * 20
LONG = 49_152


def endless(body: bytes) -> bytes:
    """A program that does something again and again until its gas is used up."""
    return b"\x5b" + body + b"\x5f\x56"


def long_calls(opcode: int, to: bytes) -> bytes:
    """Writes the gas that is left into memory and calls with 48 KiB of it, for which a call itself asks nothing."""
    return endless(b"\x5a\x5f\x52" + P.call(opcode, to, gas=0, sent=(0, LONG)) + b"\x50")


def kept_bytes(run: Execution) -> tuple[Trace, int]:
    """A trace, and what it left in memory."""
    tracemalloc.start()
    recorded = trace(run)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return recorded, size


@pytest.mark.parametrize("opcode", sorted(CALLS))
def test_calldata_takes_no_memory_that_no_gas_was_paid_for(opcode: int) -> None:
    """Each call hands on 48 KiB for some hundred gas: a copy of each would be 200 MB already here."""
    run = execution(long_calls(opcode, CALLEE), gas=600_000, accounts={CALLEE: (b"\x00", 0, 1)})
    recorded, size = kept_bytes(run)
    calls = len(list(recorded.named("STOP")))
    assert calls * LONG > 200_000_000
    assert size < 50_000_000


@pytest.mark.parametrize("opcode", sorted(CALLS))
@pytest.mark.parametrize("to", [CALLEE, (4).to_bytes(20, "big")], ids=["contract", "precompile"])
def test_long_calldata_is_what_the_caller_had_in_memory(
    opcode: int, to: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's memory is another one at each call and afterwards; the callee reads its calldata and calls on."""
    inner = P.call(0xF1, b"\xcb" * 20, gas=9_000, sent=(3, 700)) + b"\x00"
    callee = b"\x61\x02\xbc\x60\x01\x60\x03\x37" + b"\x60\x05\x35\x50" + inner
    body = b"\x5a\x60\x41\x52" + P.call(opcode, to, gas=20_000, sent=(33, 900), got=(40, 80)) + b"\x50\x5a\x60\x42\x52"
    accounts = {CALLEE: (callee, 0, 1), b"\xcb" * 20: (b"\x60\x20\x35\x00", 0, 1)}
    run = execution(endless(body), gas=90_000, accounts=accounts)
    read_back = trace(run)
    monkeypatch.setattr("harness.proofs.recorder.recording.SHORT_CALLDATA", 1 << 20)
    copied = trace(run)
    frames = {id(copied.step_at(i).frame): i for i in range(1, len(copied)) if copied.step_at(i).frame is not None}
    assert len(frames) > 5
    for index in frames.values():
        mine, theirs = read_back.step_at(index).frame, copied.step_at(index).frame
        assert read_back.calldata(mine) == copied.calldata(theirs) == theirs.calldata
        assert theirs.calldata_size <= 512 or mine.calldata is None
    for index in range(1, len(copied)):
        assert read_back.hash_at(index) == copied.hash_at(index)
        assert make_witness(read_back, index) == make_witness(copied, index)


HEAVY = {
    "calls": long_calls(0xF1, CALLEE),
    "memory": endless(b"\x5a\x5f\x53"),
    "copies": endless(b"\x61\xc0\x00\x5f\x5f\x37"),
    "returndata": endless(P.call(0xF1, (4).to_bytes(20, "big"), gas=9_000, sent=(0, LONG)) + b"\x50"),
    "stack": endless((b"\x7f" + b"\xaa" * 32) * 1_000 + b"\x50" * 1_000),
    "transient storage": endless(b"\x5a\x5a\x5d"),
    "nothing": endless(b""),
}


@pytest.mark.parametrize("name", HEAVY)
def test_a_trace_weighs_at_least_what_it_keeps(name: str) -> None:
    run = execution(HEAVY[name], gas=300_000, accounts={CALLEE: (b"\x00", 0, 1)})
    recorded, size = kept_bytes(run)
    assert size <= recorded.weight < 4 * size + 4_000_000


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions are called meanwhile, those written in C included."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_a_hash_within_100_000_steps_runs_no_step_again() -> None:
    recorded = trace(execution(LOOP, gas=400_000))
    assert len(recorded) > 100_000
    # Most are the words of memory, an eleventh of the steps. A step that is run again takes ten calls.
    assert calls_of(lambda: recorded.hash_at(77_777)) < len(recorded) // 4


def test_the_machine_is_idle_at_both_ends() -> None:
    recorded = trace(execution(b"\x00"))
    assert recorded.machine_at(0).is_idle and recorded.machine_at(len(recorded)).is_idle
    assert recorded.hash_at(0) == recorded.before.root
    assert recorded.hash_at(len(recorded)) == recorded.hash_at(len(recorded) + 1_000) == recorded.after.root
    assert [recorded.name_at(i) for i in range(len(recorded))] == ["INPUT", "OPEN", "STOP", "END"]


def test_the_implicit_stop_stands_past_the_end() -> None:
    recorded = trace(execution(b"\x5f\x50"))
    assert [recorded.step_at(i).pc for i in (2, 3, 4)] == [0, 1, 2]
    assert recorded.name_at(4) == "STOP"


@pytest.mark.parametrize("index", [-1, 5, 10**9])
def test_a_step_outside_the_trace_is_named(index: int) -> None:
    recorded = trace(execution(b"\x00"))
    with pytest.raises(StepOutsideTrace) as caught:
        recorded.step_at(index)
    assert (caught.value.index, caught.value.steps) == (index, 4)


def test_a_negative_index_has_no_hash() -> None:
    with pytest.raises(StepOutsideTrace):
        trace(execution(b"\x00")).hash_at(-1)


def test_the_parent_of_a_frame_stands_behind_its_call() -> None:
    callee = b"\xca" * 20
    code = P.call(0xF1, callee, gas=9_000, sent=(0, 40), got=(64, 10)) + b"\x00"
    recorded = trace(execution(code, accounts={callee: (b"\x5f\x00", 0, 1)}))
    at = next(i for i in range(1, len(recorded)) if recorded.machine_at(i).frame.depth == 1)
    inner, outer = recorded.machine_at(at).frame, recorded.parent_words(recorded.step_at(at).frame)
    assert inner is not None and outer is not None
    assert inner.parent == outer.hash()
    assert outer.pc == len(code) - 1
    assert outer.stack_size == 0
    assert (outer.memory_size, outer.returndata_size) == (3, 0)
    assert (inner.gas, inner.return_offset, inner.return_size) == (9_000, 64, 10)


@pytest.mark.parametrize("opcode", sorted(CALLS))
def test_a_call_of_an_account_with_code_is_looked_up_a_step_before(opcode: int) -> None:
    """The lookup changes one word of the frame, and the call takes it away; nobody else's code is looked up."""
    empty, precompile = b"\xcb" * 20, (4).to_bytes(20, "big")
    code = b"".join(P.call(opcode, to, gas=9_000) for to in (CALLEE, empty, precompile))
    recorded = trace(execution(code, accounts={CALLEE: (b"\x5f\x00", 0, 1)}))
    (at,) = recorded.named("LOOKUP")
    assert next(iter(recorded.named(opcode_name(opcode)))) == at + 1
    before, after, behind = (recorded.machine_at(index).frame for index in (at, at + 1, at + 2))
    assert before is not None and after is not None and behind is not None
    assert after == replace(before, lookup=keccak256(b"\x5f\x00")) and before.lookup == ZERO_WORD
    assert (behind.code_hash, behind.lookup) == (after.lookup, ZERO_WORD)
    parent = recorded.parent_words(recorded.step_at(at + 2).frame)
    assert parent is not None and parent.lookup == ZERO_WORD


def test_a_call_without_its_operands_is_not_looked_up() -> None:
    recorded = trace(execution(P.push(int.from_bytes(CALLEE, "big")) + b"\x5f\xf1", accounts={CALLEE: (b"\x00", 0, 1)}))
    assert not list(recorded.named("LOOKUP"))


def test_memory_replays_to_what_the_frame_has() -> None:
    code = P.store(bytes(range(1, 100))) + P.invocation(0x5E, (3, 40, 50)) + P.invocation(0x53, (7, 9)) + b"\x59"
    recorded = trace(execution(code))
    step = recorded.step_at(len(recorded) - 2)
    expected = bytearray(bytes(range(1, 100)).ljust(128, b"\0"))
    expected[3:53] = expected[40:90]
    expected[7] = 9
    assert recorded.memory_at(step).read(0, 128) == bytes(expected)
    fresh = MemoryTree()
    fresh.seek(step.frame.memory, step.writes)
    assert fresh.root() == recorded.machine_at(len(recorded) - 2).frame.memory_root


OPERATIONS = ("push", "pop", "dup", "swap", "ints", "bytes", "peek")


@pytest.mark.parametrize("seed", range(8))
def test_the_recorders_stack_behaves_as_py_evms(seed: int) -> None:
    import random

    from eth.exceptions import VMError

    rnd = random.Random(seed)
    mine, theirs = CellStack(), WordStack()
    for _ in range(3_000):
        operation, count = rnd.choice(OPERATIONS + ("push",) * 4), rnd.randrange(1, 17)
        value = rnd.choice((rnd.getrandbits(256), rnd.randbytes(rnd.randrange(1, 33)), 0))

        def act(stack: Any, operation: str = operation, count: int = count, value: Any = value) -> Any:
            match operation:
                case "push":
                    return stack.push_int(value) if isinstance(value, int) else stack.push_bytes(value)
                case "pop":
                    return stack.pop1_int()
                case "dup":
                    return stack.dup(count)
                case "swap":
                    return stack.swap(count)
                case "ints":
                    return stack.pop_ints(count % 4 + 1)
                case "bytes":
                    return [int.from_bytes(item, "big") for item in stack.pop_bytes(count % 4 + 1)]
                case _:
                    return stack.peek(count) if stack.holds(count + 1) else None

        results = []
        for stack in (mine, theirs):
            try:
                results.append(act(stack))
            except VMError as error:
                results.append(type(error))
        assert results[0] == results[1], operation
        assert mine.size == len(theirs.values)
    assert items_of(mine.top, 2_000) == list(reversed(theirs.values))

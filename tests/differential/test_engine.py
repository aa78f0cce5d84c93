"""Compiled code and the plain loop give the same answers: state, gas, logs, output, and the text of every error."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.engine.runner import Engine
from harness.proofs.oracle.programs import CONTRACTS, structured_program
from tests.support.engines import Engines, both_engines, by

PROGRAMS = 400
STATE_TESTS = Path(__file__).parent / "state-tests"
SENDER = b"\x22" * 20


@pytest.fixture
def engines() -> Iterator[dict[str, Engines]]:
    with both_engines() as found:
        yield found


def drawn_call(seed: int, lab: Any) -> Any:
    """A call into three programs that call each other, with gas that may end anywhere."""
    from harness.rollup.machine.execution import simulate
    from harness.rollup.machine.state import State

    rnd = random.Random(seed)
    state = State()
    for address in CONTRACTS:
        balance = rnd.choice((0, 9))
        state = state.with_account(address, code=structured_program(rnd), balance=balance, nonce=1, storage={1: 5})
    data = rnd.randbytes(rnd.randrange(100))
    gas = 25_000 + rnd.choice((0, 2_000, 10_000, 60_000, 300_000, 300_000, 1_000_000)) + rnd.randrange(3_000)
    return lambda: simulate(
        state, lab.env, lab.ring, sender=SENDER, to=CONTRACTS[0], data=data, gas_limit=gas, is_bounded=True
    )


def test_random_programs_give_the_same_answers(engines: dict[str, Engines], lab: Any) -> None:
    succeeded = 0
    for seed in range(PROGRAMS):
        run = drawn_call(seed, lab)
        plain = by(engines["plain"], run)
        assert by(engines["eager"], run) == plain, f"seed {seed}"
        succeeded += plain[2]
    assert succeeded > PROGRAMS // 10  # not all end at once
    assert engines["eager"].compiled > PROGRAMS  # what was compared is compiled code


def test_a_compiled_function_that_does_not_say_how_it_ended_is_no_success(
    engines: dict[str, Engines], lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the compiler must be seen, and not end a frame well with a wrong state."""
    monkeypatch.setattr(Engine, "_add", lambda *_: lambda *_: None)
    with pytest.raises(AssertionError, match="a compiled function returned None"):
        by(engines["eager"], drawn_call(0, lab))


class Everything:
    """Measures every code that runs."""

    def __init__(self) -> None:
        self.known: dict[tuple[bytes, bool], Any] = {}

    def marks(self, code: bytes, *, creation: bool) -> Any:
        from harness.engine.marks import Marks

        return self.known.setdefault((code, creation), Marks(code))


def measured(engine: Engines, run: Any) -> tuple[Any, dict[tuple[bytes, bool], bytes]]:
    """Return the answers of a run, and the marks of each code."""
    from harness.engine.marking import marked_by

    marker = Everything()
    with marked_by(marker):
        answers = by(engine, run)
    return answers, {key: bytes(marks.hits) for key, marks in marker.known.items()}


def test_measuring_changes_no_answer_and_compiled_code_marks_what_the_plain_loop_marks(
    engines: dict[str, Engines], lab: Any
) -> None:
    ways: set[int] = set()
    for seed in range(PROGRAMS):
        run = drawn_call(seed, lab)
        plain = measured(engines["plain"], run)
        assert measured(engines["eager"], run) == plain, f"seed {seed}"
        assert plain[0] == by(engines["plain"], run), f"seed {seed}"
        ways |= {mark for hits in plain[1].values() for mark in hits}
    assert {1, 2, 3, 4} <= ways  # on, jumped, both, and stopped


def test_code_that_is_forgotten_while_it_calls_other_code_goes_on(engines: dict[str, Engines], lab: Any) -> None:
    """An engine with room for one code drops the caller's functions as soon as it compiles the callee's."""
    from harness.engine.runner import Engine, Heat

    narrow = Engines(lambda rules: Engine(rules.compiled, Heat(frames=0, opcodes=0, entries=1), size=1))
    for seed in range(60):
        run = drawn_call(seed, lab)
        assert by(narrow, run) == by(engines["plain"], run), f"seed {seed}"
    assert narrow.compiled > 60
    assert all(each._used == sum(unit.size for unit in each._units.values()) for each in narrow.each.values())


def test_a_program_gives_the_same_answers_whatever_its_gas(engines: dict[str, Engines], lab: Any) -> None:
    """Out of gas at every opcode of a loop that writes memory, hashes and stores."""
    from harness.rollup.machine.execution import simulate
    from harness.rollup.machine.state import State

    code = bytes.fromhex("60035b806020028181526040822060015581540160021b5f526001900380600257005b")
    state = State().with_account(CONTRACTS[0], code=code, nonce=1)
    ends = set()
    for gas in range(21_000, 21_000 + 30_000, 37):
        run = partial(
            simulate, state, lab.env, lab.ring, is_bounded=True, sender=SENDER, to=CONTRACTS[0], gas_limit=gas
        )
        plain = by(engines["plain"], run)
        assert by(engines["eager"], run) == plain, f"gas {gas}"
        ends.add(plain[6:8])
    assert len(ends) > 3
    assert engines["eager"].compiled


def test_state_tests_give_the_same_answers(engines: dict[str, Engines]) -> None:
    from harness.proofs.statetests import find_cases
    from harness.rollup.errors import InvalidTransaction
    from harness.rollup.machine.execution import execute
    from harness.rollup.machine.validity import decode

    compared = 0
    for case in find_cases(STATE_TESTS):
        try:
            tx = decode(case.raw, case.chain_id)
            execute(case.state, case.env, case.ring, tx)
        except InvalidTransaction:
            continue
        run = partial(execute, case.state, case.env, case.ring, tx)
        assert by(engines["eager"], run) == by(engines["plain"], run), f"{case.directory}/{case.name}"
        compared += 1
    assert compared > 150
    assert engines["eager"].compiled > 100


@pytest.mark.parametrize("pushed", range(1_015, 1_026))
def test_a_full_stack_gives_the_same_answers(engines: dict[str, Engines], lab: Any, pushed: int) -> None:
    """Five items more than there are already, of which none is left behind."""
    from harness.rollup.machine.execution import simulate
    from harness.rollup.machine.state import State

    body = bytes([0x5F]) * pushed + bytes.fromhex("5b5f5f5f5f5f5050505050")
    state = State().with_account(CONTRACTS[0], code=body + bytes.fromhex("5700"), nonce=1)
    run = partial(
        simulate, state, lab.env, lab.ring, is_bounded=True, sender=SENDER, to=CONTRACTS[0], gas_limit=100_000
    )
    assert by(engines["eager"], run) == by(engines["plain"], run)
    assert engines["eager"].compiled

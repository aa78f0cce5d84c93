"""On L1, too, compiled code and the plain loop give the same answers, with the opcodes of each fork."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.chain.backend import CallRequest
from harness.chain.pyevm.backend import PyEvmBackend
from harness.chain.pyevm.evm import VMS
from harness.chain.values.rules import OSAKA_RULES, PRAGUE_RULES, L1Rules
from harness.engine.choice import PlainEngine
from harness.engine.runner import Engine, Heat
from harness.primitives.opcodes import Opcode
from harness.proofs.on_l1 import fault_on_l1
from harness.proofs.oracle.programs import CONTRACTS, structured_program
from harness.proofs.statetests import find_cases

STATE_TESTS = Path(__file__).parent / "state-tests"
SENDER = b"\x22" * 20
RULES = pytest.mark.parametrize("rules", [PRAGUE_RULES, OSAKA_RULES], ids=lambda rules: rules.fork_name)


class Engines:
    """Both engines of a fork; the class that runs frames has one of them at a time."""

    def __init__(self, rules: L1Rules) -> None:
        self.computation: Any = VMS[rules.fork].get_state_class().computation_class
        self.eager = Engine(self.computation.rules, Heat(frames=0, opcodes=0, entries=1))
        self.plain = PlainEngine(self.computation.rules.table)

    def both(self, run: Any) -> tuple[Any, Any]:
        answers = []
        for engine in (self.plain, self.eager):
            self.computation.engine = engine
            answers.append(run())
        return answers[0], answers[1]


@pytest.fixture
def engines(rules: L1Rules) -> Iterator[Engines]:
    found = Engines(rules)
    used = VMS[rules.fork].get_state_class().computation_class.engine
    yield found
    found.computation.engine = used


@RULES
def test_random_programs_with_clz_give_the_same_answers(rules: L1Rules, engines: Engines) -> None:
    """On Prague CLZ is no opcode, and a program ends there."""
    backend = PyEvmBackend(rules=rules)
    counted = 0
    for seed in range(200):
        rnd = random.Random(seed)
        for address in CONTRACTS:
            code = structured_program(rnd, more=(Opcode.CLZ,) * 8)
            counted += Opcode.CLZ in code
            backend.set_code(address, code)
        call = CallRequest(
            SENDER, CONTRACTS[0], rnd.randbytes(rnd.randrange(100)), 0, 30_000 + rnd.randrange(1_000_000)
        )
        plain, eager = engines.both(lambda call=call: backend.execution(None, call))
        assert eager == plain, f"seed {seed}"
    assert counted > 100
    assert engines.eager.compiled > 200


@RULES
def test_state_tests_give_the_same_answers(rules: L1Rules, engines: Engines) -> None:
    cases = list(find_cases(STATE_TESTS, (rules.fork,)))
    assert [engines.both(lambda case=case: fault_on_l1(case)) for case in cases] == [("", "")] * len(cases)
    assert len(cases) > 40
    assert engines.eager.compiled > 20


def test_the_compiler_writes_clz_out_where_the_fork_has_it() -> None:
    prices = {
        rules: VMS[rules.fork].get_state_class().computation_class.rules.prices for rules in (PRAGUE_RULES, OSAKA_RULES)
    }
    assert Opcode.CLZ not in prices[PRAGUE_RULES]
    assert prices[OSAKA_RULES][Opcode.CLZ] == 5
    assert {op: price for op, price in prices[OSAKA_RULES].items() if op != Opcode.CLZ} == prices[PRAGUE_RULES]

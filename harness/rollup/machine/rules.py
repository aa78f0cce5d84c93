"""What a fork changes of how L2 runs: opcodes, precompiles, and the engine for its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from harness.chain.pyevm.precompiles import PRECOMPILES, Runner
from harness.engine.choice import CodeRunner, open_engine
from harness.engine.rules import Handler, Rules
from harness.rollup.forks import FORKS, Fork, fork_name
from harness.rollup.machine.opcodes import NO_BOUND, RANGE_BOUND, handlers_of, opcode_table
from harness.rollup.machine.shortcuts import shortened


@dataclass(eq=False)
class ForkRules:
    """A fork as L2 runs it: ``table`` by opcode, ``precompiles`` by address, ``engine`` for code that is no initcode.

    ``compiled`` is what the engine compiles by, with a table that has shortcuts. Tests may exchange the engine.
    """

    fork: Fork
    table: tuple[Handler, ...] = field(repr=False)
    precompiles: Mapping[bytes, Runner] = field(repr=False)
    compiled: Rules
    engine: CodeRunner


def rules_of(fork: Fork, *, is_bounded: bool = True) -> ForkRules:
    """Return how L2 runs a fork; without its bound on memory ranges, how it answers a call that nobody proves."""
    return _rules_of(fork, is_bounded)


@cache
def _rules_of(fork: Fork, is_bounded: bool) -> ForkRules:
    table = opcode_table(fork, RANGE_BOUND if is_bounded else NO_BOUND)
    compiled = Rules.of(f"L2 {fork_name(fork)}", handlers_of(fork), shortened(table), RANGE_BOUND)
    return ForkRules(fork, table, PRECOMPILES[fork], compiled, open_engine(compiled))


def is_precompile(address: bytes, fork: Fork) -> bool:
    """Return whether an address is that of a precompile: warm, and run in a frame of its own kind."""
    return address in PRECOMPILES[fork]


FORK_BOUND = frozenset(PRECOMPILES[FORKS[-1]]) - frozenset(PRECOMPILES[FORKS[0]])
"""Addresses that are those of precompiles in some forks. A step with one of them depends on the fork."""


__all__ = ["FORK_BOUND", "ForkRules", "is_precompile", "rules_of"]

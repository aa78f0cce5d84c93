"""What a machine has done, as the steps of a scenario file that fails as long as the fault is there."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.chain.chain import Chain
from harness.chain.values.accounts import Account
from harness.contracts.bindings import Contract
from harness.errors import HarnessError
from harness.scenarios.storing import write_whole

Step = dict[str, Any]
"""A step of a scenario file."""


class Unmet(AssertionError):
    """A call does not give what a machine expects; ``expected`` is as a scenario's ``gives`` has it."""

    def __init__(self, call: str, actual: object, expected: object) -> None:
        super().__init__(f"{call} gives {actual}, expected {expected}")
        self.call = call
        self.actual = actual
        self.expected = expected


class NotRefused(AssertionError):
    """A call did not fail with the error that it must fail with; ``actual`` is what it did."""

    def __init__(self, call: str, actual: str, expected: str) -> None:
        super().__init__(f"{call}: {actual}, expected it to fail with {expected}")
        self.call = call
        self.actual = actual
        self.expected = expected


@dataclass(slots=True)
class Script:
    """The steps of one sequence on ``chain``, the names of its contracts, and what is expected after the last step."""

    chain: Chain
    steps: list[Step] = field(default_factory=list)
    expected: dict[str, Any] = field(default_factory=dict)
    refused: HarnessError | None = None
    """The error of the newest step, if that failed."""
    seen: tuple[str, Any] | None = None
    """The call that the current rule or invariant has read last, and what it gave."""
    _names: dict[tuple[bool, str], str] = field(default_factory=dict)

    # -- names

    @property
    def names(self) -> set[str]:
        """The names of contracts."""
        return set(self._names.values())

    @property
    def addresses(self) -> list[str]:
        """The addresses of the contracts on the chain."""
        return [address for is_here, address in self._names if is_here]

    def know(self, name: str, contract: Contract) -> None:
        """Give a contract the name that steps call it by."""
        self._names[self._place(contract)] = name

    def fresh_name(self, contract: str) -> str:
        """Return a name for a new contract of a type: ``token_channel``, and then ``token_channel_2``."""
        called = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", contract.rpartition(":")[2]).lower()
        known = sum(other.rstrip("0123456789_") == called for other in self._names.values())
        return f"{called}_{known + 1}" if known else called

    def _place(self, contract: Contract) -> tuple[bool, str]:
        return contract.chain is self.chain, contract.address

    # -- steps

    def remember(self, *steps: Step) -> None:
        """Write down steps; what was expected of the state before says nothing about the state after them."""
        self.steps += steps
        self.expected.clear()
        self.refused = None

    def fail(self, problem: HarnessError) -> None:
        """Note that the newest step failed; if that is no failure of the machine, a scenario lets it fail or not."""
        self.may_fail()
        self.refused = problem

    def may_fail(self) -> None:
        """Say that the newest step need not succeed."""
        self.steps[-1]["reverts"] = "maybe"

    def content(self, name: str, terms: Step, always: Sequence[str], problem: BaseException) -> Step:
        """Return the scenario of a sequence that failed with a problem; ``terms`` stand before its steps."""
        said = str(problem).splitlines()[0] if str(problem) else ""
        steps = list(self.steps)
        if problem is self.refused:
            steps[-1] = {word: value for word, value in steps[-1].items() if word != "reverts"}
        reads = dict(self.expected)
        if type(problem) is AssertionError and self.seen is not None:
            # A plain assert leaves no expectation; but it failed on what it had read last.
            call, answer = self.seen
            reads.setdefault(call, f"!= {str(answer).lower()}")
        expect = {"always": list(always), "reads": [{"call": call, "gives": gives} for call, gives in reads.items()]}
        shows = f"{type(problem).__name__}: {said}".strip(": ")
        return {"name": name, "shows": shows, **terms, "steps": steps, "expect": expect}

    # -- words

    def call(self, contract: Contract, function: str, arguments: Sequence[Any]) -> str:
        """Return a call as scenario files write it."""
        name = self._names.get(self._place(contract), contract.address)
        return f"{name}.{function}({', '.join(self._text(each) for each in arguments)})"

    def _text(self, value: Any) -> str:
        plain = self.plain(value)
        if isinstance(plain, bool):
            return str(plain).lower()
        if isinstance(plain, list):
            return f"[{', '.join(self._text(each) for each in plain)}]"
        if isinstance(plain, str) and plain not in self.names | {account.name for account in self.chain.accounts}:
            return json.dumps(plain)
        return str(plain)

    def plain(self, value: Any) -> Any:
        """Return a value as YAML has it."""
        if isinstance(value, (bool, int)):
            return value
        if isinstance(value, (bytes, bytearray)):
            return "0x" + value.hex()
        if isinstance(value, (list, tuple)):
            return [self.plain(each) for each in value]
        if isinstance(value, Account):
            return value.name
        if isinstance(value, Contract):
            return self._names.get(self._place(value), str(value.address))
        return str(value)


def write(content: Step, folder: Path, machine: str, number: int) -> Path:
    """Write the scenario of a machine's failure with this number, counted from 1; return its path."""
    short = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", machine).lower()
    path = folder / f"{short}{f'-{number}' if number > 1 else ''}.scenario.yaml"
    return write_whole(path, yaml.safe_dump(content, sort_keys=False, width=120).encode())

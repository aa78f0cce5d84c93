"""A base for Hypothesis's stateful tests on a chain: time, blocks, reorgs, isolation, and a failure as a scenario.

A machine does what rules draw, and remembers it as the steps of a scenario file. Hypothesis runs the shortest sequence
that fails last, so that sequence is what is written down.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import yaml
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.address import address_of
from harness.contracts.bindings import Contract
from harness.contracts.library import Contracts
from harness.errors import Reverted

Step = dict[str, Any]
"""A step of a scenario file."""

_FOLDER = Path(".hypothesis") / "scenarios"
_DEEPEST = 3


class EtherFromNowhere(AssertionError):
    """The accounts and contracts of a machine have more ether than there was; ``actual`` and ``most`` are in wei."""

    def __init__(self, actual: int, most: int) -> None:
        super().__init__(f"accounts and contracts hold {actual} wei, at most {most} wei were there")
        self.actual = actual
        self.most = most


class ChainMachine(RuleBasedStateMachine):
    """A machine over ``chain`` and a project's ``contracts``; derive it, and add rules over your own contracts.

    `begin` deploys them. A rule acts by `act` and `attempt`, an invariant looks by `read`. Ready rules let time pass,
    mine, and reorganise; ``reorgs`` False leaves the last one out. A ready invariant says that no ether came from
    nowhere. A test starts it by `play`. The chain is restored after each sequence.
    """

    reorgs: ClassVar[bool] = True
    _opened: ClassVar[tuple[Chain, Contracts] | None] = None
    _newest: ClassVar[ChainMachine | None] = None

    def __init__(self) -> None:
        super().__init__()
        opened = type(self)._opened
        assert opened is not None, "ChainMachine.play starts a machine"
        self.chain, self.contracts = opened
        self.accounts = self.chain.accounts
        type(self)._newest = self
        self.steps: list[Step] = []
        self._names: dict[str, str] = {}
        self._reads: dict[str, Any] = {}
        self._mark = self.chain.snapshot()
        self._paid: list[tuple[int, int]] = []
        self._subscription = self.chain.on_transaction(self._pay)
        self._most = self._ether()
        self.begin()
        self._settled = self.chain.block_number

    @classmethod
    def play(cls, chain: Chain, contracts: Contracts, *, folder: Path | str = _FOLDER, settings: Any = None) -> None:
        """Play drawn sequences of rules: ``TokenMachine.play(l1, contracts)``.

        ``settings`` are Hypothesis's. Raises what a rule or an invariant raises; the shortest sequence that does is
        written to ``folder`` as a scenario, and the exception's notes name the file.
        """
        machine = type(cls.__name__, (cls,), {"_opened": (chain, contracts), "__module__": cls.__module__})
        try:
            run_state_machine_as_test(machine, settings=settings or hypothesis_settings(deadline=None))
        except Exception as problem:
            newest: ChainMachine | None = machine._newest  # type: ignore[attr-defined]
            if newest is not None and newest.steps:
                path = newest.write(Path(folder), problem)
                problem.add_note(f"the shortest sequence that fails is a scenario: harness play {path}")
            raise

    def begin(self) -> None:
        """Deploy what the rules need; does nothing unless a machine says otherwise."""

    def teardown(self) -> None:
        """Return to the chain as it was."""
        self._subscription()
        self.chain.restore(self._mark)

    # -- what rules do

    def deploy(self, name: str, *arguments: Any, sender: Account | None = None, value: int = 0) -> Contract:
        """Deploy a contract of the project; ``sender`` is alice unless it is said."""
        payer = sender or self.accounts.alice
        made: Contract = self.chain.deploy(self.contracts[name], *arguments, sender=payer, value=value)
        called = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.rpartition(":")[2]).lower()
        known = sum(other.rstrip("0123456789_") == called for other in self._names.values())
        called = f"{called}_{known + 1}" if known else called
        self._names[made.address] = called
        step = {"contract": name, "as": called, "from": payer.name}
        given = {"with": [self._plain(each) for each in arguments]} if arguments else {}
        self.steps.append({"deploy": {**step, **given, **self._value(value)}})
        return made

    def act(
        self, contract: Contract, function: str, *arguments: Any, sender: Account | None = None, value: int = 0
    ) -> Receipt:
        """Call a function in a transaction; raises the decoded Reverted."""
        payer = sender or self.accounts.alice
        step = {"call": self._call(contract, function, arguments), "from": payer.name, **self._value(value)}
        try:
            receipt: Receipt = contract.functions[function](*arguments, sender=payer, value=value)
        except Reverted:
            self.steps.append({"call": step, "reverts": "any"})
            raise
        self.steps.append({"call": step})
        return receipt

    def attempt(
        self, contract: Contract, function: str, *arguments: Any, sender: Account | None = None, value: int = 0
    ) -> Receipt | None:
        """Call a function in a transaction; return None if it reverts."""
        try:
            return self.act(contract, function, *arguments, sender=sender, value=value)
        except Reverted:
            return None

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a function that changes nothing; the scenario of a failure expects the same answer."""
        answer = contract.functions[function](*arguments)
        if isinstance(answer, (bool, int)):
            self._reads[self._call(contract, function, arguments)] = answer
        return answer

    # -- ready rules and invariants

    @rule(seconds=st.sampled_from((1, 60, 3_600, 86_400, 7 * 86_400)))
    def let_time_pass(self, seconds: int) -> None:
        """Give the next block a later time."""
        self.steps.append({"warp": f"{seconds} s"})
        self.chain.warp(seconds)
        self.chain.mine()
        self.steps.append({"mine": 1})

    @rule(blocks=st.integers(1, 3))
    def mine_blocks(self, blocks: int) -> None:
        """Mine empty blocks."""
        self.steps.append({"mine": blocks})
        self.chain.mine(blocks)

    @precondition(lambda self: self.reorgs and self.chain.block_number > self._settled)
    @rule(depth=st.integers(1, _DEEPEST))
    def reorganise(self, depth: int) -> None:
        """Remove the newest blocks, and send their transactions again in the same order.

        What `begin` did stays.
        """
        depth = min(depth, self.chain.block_number - self._settled)
        self.steps.append({"reorg": {"depth": depth, "resend": "same"}})
        removed = self.chain.reorg(depth)
        self._paid = [(number, cost) for number, cost in self._paid if number <= self.chain.block_number]
        for raw in removed:
            self.chain.resend(raw, check=False)

    @invariant()
    def no_ether_comes_from_nowhere(self) -> None:
        """The machine's accounts and contracts have no more ether than there was, less the gas paid."""
        held, most = self._ether(), self._most - sum(cost for _, cost in self._paid)
        if held > most:
            raise EtherFromNowhere(held, most)

    # -- the scenario

    def write(self, folder: Path, problem: BaseException) -> Path:
        """Write the steps so far as a scenario file; return its path."""
        name = type(self).__name__
        path = folder / f"{re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '-', name).lower()}.scenario.yaml"
        said = str(problem).splitlines()[0] if str(problem) else ""
        content = {
            "name": f"The shortest sequence that {name} found",
            "shows": f"{type(problem).__name__}: {said}".strip(": "),
            "steps": self.steps,
            "expect": {"always": [], "reads": [{"call": call, "gives": gives} for call, gives in self._reads.items()]},
        }
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content, sort_keys=False, width=120), encoding="utf-8")
        return path

    def _call(self, contract: Contract, function: str, arguments: Sequence[Any]) -> str:
        name = self._names.get(contract.address, contract.address)
        return f"{name}.{function}({', '.join(self._text(each) for each in arguments)})"

    def _text(self, value: Any) -> str:
        """Return an argument as scenario files write it."""
        plain = self._plain(value)
        if isinstance(plain, bool):
            return str(plain).lower()
        if isinstance(plain, list):
            return f"[{', '.join(self._text(each) for each in plain)}]"
        if isinstance(plain, str) and plain not in self._known():
            return json.dumps(plain)
        return str(plain)

    def _known(self) -> set[str]:
        return {*self._names.values(), *(account.name for account in self.accounts)}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, (bool, int)):
            return value
        if isinstance(value, (bytes, bytearray)):
            return "0x" + value.hex()
        if isinstance(value, (list, tuple)):
            return [self._plain(each) for each in value]
        if isinstance(value, Account):
            return value.name
        if isinstance(value, Contract):
            return self._names.get(value.address, str(value.address))
        return str(value)

    @staticmethod
    def _value(value: int) -> Step:
        return {"value": f"{value} wei"} if value else {}

    # -- ether

    def _pay(self, chain: Chain, receipt: Receipt) -> None:
        self._paid.append((receipt.block_number, receipt.cost))

    def _ether(self) -> int:
        places = [*(account.address for account in self.accounts), *self._names]
        return sum(self.chain.balance(address_of(place)) for place in places)

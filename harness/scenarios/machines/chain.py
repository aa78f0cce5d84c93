"""A base for Hypothesis's stateful tests on a chain: time, blocks, reorgs, isolation, and a failure as a scenario.

A machine does what rules draw, and remembers it as the steps of a scenario file. Hypothesis runs the shortest sequence
that fails last, once for each distinct failure, so these sequences are what is written down.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

from hypothesis import event
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from harness.chain.chain import Chain
from harness.chain.receipts import Receipt
from harness.chain.values.accounts import Account
from harness.chain.values.address import address_of
from harness.contracts.bindings import Contract
from harness.contracts.library import Contracts
from harness.errors import HarnessError, Reverted
from harness.rollup.errors import NotSequenced
from harness.scenarios.machines.reached import Reached, failures_in, machine_of, rules_of, watched
from harness.scenarios.machines.script import NotRefused, Script, Step, Unmet, write
from harness.scenarios.machines.shortening import shorten
from harness.scenarios.sources import Sources

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

    `begin` deploys them. A rule acts by `act`, `attempt` and `refuse`; an invariant says by `expect` what a call must
    give, and so the scenario of a failure expects it too. Ready rules let time pass, mine, and reorganise; ``reorgs``
    False leaves the last one out. A ready invariant says that no ether came from nowhere. A test starts it by `play`.
    The chain is restored after each sequence.
    """

    reorgs: ClassVar[bool] = True
    without: ClassVar[tuple[str, ...]] = ()
    """Names of rules and invariants that are left out."""
    always: ClassVar[tuple[str, ...]] = ("conserved",)
    """What the scenario of a failure expects besides: words of ``expect.always``."""
    chain: Chain
    contracts: Contracts
    _so_far: ClassVar[Reached] = Reached()

    def __init__(self) -> None:
        super().__init__()
        self.accounts = self.chain.accounts
        self.script = Script(self.chain)
        self._outer = sys.exc_info()[1]
        self._mark = self.chain.snapshot()
        self._paid: list[tuple[int, int]] = []
        self._subscription = self.chain.on_transaction(self._pay)
        self._most = self._ether()
        self._settled = self.chain.block_number
        self._so_far.sequences += 1
        try:
            self._prepare()
        except BaseException:
            self._restore()
            raise

    @classmethod
    def play(cls, chain: Chain, contracts: Contracts, *, folder: Path | str = _FOLDER, settings: Any = None) -> Reached:
        """Play drawn sequences of rules, and return what they reached: ``TokenMachine.play(l1, contracts)``.

        ``settings`` are Hypothesis's. Raises what a rule or an invariant raises. The shortest sequence of each distinct
        failure is written to ``folder`` as a scenario; the exception's notes name the files, and what was reached.
        """
        left_out = dict.fromkeys(cls.without)
        reached = Reached(rules=Counter({name: 0 for name in rules_of(cls) if name not in left_out}))
        with cls._opened(chain, contracts) as given:
            body = {**watched(cls), **left_out, **given, "_so_far": reached, "__module__": cls.__module__}
            machine = type(cls.__name__, (cls,), body)
            try:
                run_state_machine_as_test(machine, settings=settings or cls._settings())
            except Exception as problem:
                cls._write_all(Path(folder), problem)
                problem.add_note(str(reached))
                raise
        return reached

    @classmethod
    def _settings(cls) -> Any:
        return hypothesis_settings(deadline=None)

    @classmethod
    @contextmanager
    def _opened(cls, chain: Chain, contracts: Contracts) -> Iterator[dict[str, Any]]:
        """Yield what every machine of a run has as attributes."""
        yield {"chain": chain, "contracts": contracts}

    @classmethod
    def _write_all(cls, folder: Path, problem: BaseException) -> None:
        """Write a scenario for each failure, and note its file."""
        number = 0
        for failure in failures_in(problem):
            machine: Self | None = machine_of(failure, cls)
            if machine is None or not machine.steps:
                continue
            number += 1
            root = machine.contracts.project.root
            content, is_broken = shorten(machine.content(failure), Sources([root]), root)
            path = write(content, folder, cls.__name__, number)
            problem.add_note(f"the shortest sequence that fails is a scenario: harness play {path}")
            if not is_broken:
                problem.add_note("it holds all that it expects: say by expect or refuse what the machine asserts")

    # -- the course of a sequence

    @property
    def steps(self) -> list[Step]:
        """What was done so far, as a scenario's steps."""
        return self.script.steps

    def _prepare(self) -> None:
        self.begin()
        self._settled = self.chain.block_number

    def begin(self) -> None:
        """Deploy what the rules need; does nothing unless a machine says otherwise."""

    def finish(self) -> None:
        """Do and check what ends a sequence that has not failed; does nothing unless a machine says otherwise."""

    def teardown(self) -> None:
        """End the sequence, and return to the chain as it was."""
        try:
            if sys.exc_info()[1] is self._outer:
                self.enter("finish", False)
                self.finish()
        finally:
            self._restore()

    def _restore(self) -> None:
        self._subscription()
        self.chain.restore(self._mark)

    def enter(self, name: str, is_rule: bool) -> None:
        """Hear that a rule or an invariant begins."""
        self.script.seen = None
        if is_rule:
            self._so_far.rules[name] += 1

    def content(self, problem: BaseException) -> Step:
        """Return the scenario of the steps so far, which failed with a problem."""
        return self.script.content(
            f"The shortest sequence that {type(self).__name__} found", self._terms(), self.always, problem
        )

    def _terms(self) -> Step:
        """Return what the scenario says before its steps."""
        return {}

    # -- what rules do

    def deploy(
        self, name: str, *arguments: Any, sender: Account | None = None, value: int = 0, on: str = "l1"
    ) -> Contract:
        """Deploy a contract of the project; ``sender`` is alice unless it is said."""
        payer, script = sender or self.accounts.alice, self.script
        made: Contract = self._layer(on).deploy(self.contracts[name], *arguments, sender=payer, value=value)
        called = script.fresh_name(name)
        step = {"contract": name, "as": called, "from": payer.name}
        given = {"with": [script.plain(each) for each in arguments]} if arguments else {}
        layer = {"on": on} if on != "l1" else {}
        script.remember({"deploy": {**step, **given, **layer, **_value(value)}})
        self._know(called, made)
        return made

    def _layer(self, name: str) -> Chain:
        if name != "l1":
            raise ValueError(f"on is {name!r}, expected 'l1': a ChainMachine has one chain")
        return self.chain

    def _know(self, name: str, contract: Contract) -> None:
        self.script.know(name, contract)

    def act(
        self, contract: Contract, function: str, *arguments: Any, sender: Account | None = None, value: int = 0
    ) -> Receipt:
        """Call a function in a transaction; raises the decoded Reverted, and NotSequenced on L2."""
        payer = sender or self.accounts.alice
        call = self.script.call(contract, function, arguments)
        self.script.remember({"call": {"call": call, "from": payer.name, **_value(value)}})
        try:
            receipt: Receipt = contract.functions[function](*arguments, sender=payer, value=value)
        except (Reverted, NotSequenced) as problem:
            self._fail(problem)
            raise
        return receipt

    def _fail(self, problem: HarnessError) -> None:
        self.script.fail(problem)
        self._so_far.errors[_name_of(problem)] += 1

    def attempt(
        self, contract: Contract, function: str, *arguments: Any, sender: Account | None = None, value: int = 0
    ) -> Receipt | None:
        """Call a function in a transaction; return None if it reverts, or if L2's sequencer refuses it."""
        try:
            receipt = self.act(contract, function, *arguments, sender=sender, value=value)
        except (Reverted, NotSequenced):
            return None
        self.script.may_fail()
        return receipt

    def refuse(
        self,
        contract: Contract,
        function: str,
        *arguments: Any,
        sender: Account | None = None,
        value: int = 0,
        error: str = "any",
    ) -> None:
        """Call a function that must fail, with an error of this name if one is given; raises NotRefused."""
        actual = "it succeeded"
        try:
            self.act(contract, function, *arguments, sender=sender, value=value)
        except Reverted as problem:
            if error in ("any", _name_of(problem)):
                self.steps[-1]["reverts"] = error
                return
            actual = f"it failed with {_name_of(problem)}"
        self.steps[-1]["reverts"] = error
        raise NotRefused(self.script.call(contract, function, arguments), actual, error)

    def read(self, contract: Contract, function: str, *arguments: Any) -> Any:
        """Call a function that changes nothing."""
        answer = contract.functions[function](*arguments)
        if isinstance(answer, (bool, int)):
            self.script.seen = self.script.call(contract, function, arguments), answer
        return answer

    def expect(
        self,
        contract: Contract,
        function: str,
        *arguments: Any,
        gives: Any = None,
        at_least: int | None = None,
        at_most: int | None = None,
    ) -> Any:
        """Call a function that changes nothing, and return what it gives; raises Unmet for something else.

        The scenario of a failure expects the same. Say exactly one of ``gives``, ``at_least`` and ``at_most``.
        """
        said = sum(each is not None for each in (gives, at_least, at_most))
        if said != 1:
            raise TypeError(f"expect takes exactly one of gives, at_least and at_most, not {said}")
        answer = self.read(contract, function, *arguments)
        holds, wanted = answer == gives, self.script.plain(gives)
        if at_least is not None:
            holds, wanted = answer >= at_least, f">= {at_least}"
        elif at_most is not None:
            holds, wanted = answer <= at_most, f"<= {at_most}"
        call = self.script.call(contract, function, arguments)
        self.script.expected[call] = wanted
        if not holds:
            raise Unmet(call, answer, wanted)
        return answer

    def reach(self, state: str) -> None:
        """Count that a sequence has come to a state of this name; Hypothesis's statistics show it too."""
        self._so_far.states[state] += 1
        event(state)

    # -- ready rules and invariants

    @rule(seconds=st.sampled_from((1, 60, 3_600, 86_400, 7 * 86_400)))
    def let_time_pass(self, seconds: int) -> None:
        """Give the next block a later time."""
        self.script.remember({"warp": f"{seconds} s"}, {"mine": 1})
        self.chain.warp(seconds)
        self.chain.mine()

    @rule(blocks=st.integers(1, 3))
    def mine_blocks(self, blocks: int) -> None:
        """Mine empty blocks."""
        self.script.remember({"mine": blocks})
        self.chain.mine(blocks)

    @precondition(lambda self: self.reorgs and self.chain.block_number > self._settled)
    @rule(depth=st.integers(1, _DEEPEST))
    def reorganise(self, depth: int) -> None:
        """Remove the newest blocks, and send their transactions again in the same order.

        What `begin` did stays.
        """
        depth = min(depth, self.chain.block_number - self._settled)
        self.script.remember({"reorg": {"depth": depth, "resend": "same"}})
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

    # -- what transactions did

    def _pay(self, chain: Chain, receipt: Receipt) -> None:
        self._paid.append((receipt.block_number, receipt.cost))
        self._see(chain, receipt)

    def _see(self, chain: Chain, receipt: Receipt) -> None:
        for each in receipt.events:
            self._so_far.events[each.name] += 1

    def _ether(self) -> int:
        places = [*(account.address for account in self.accounts), *self.script.addresses]
        return sum(self.chain.balance(address_of(place)) for place in places)


def _value(value: int) -> Step:
    return {"value": f"{value} wei"} if value else {}


def _name_of(problem: HarnessError) -> str:
    return str(getattr(problem, "name", "") or type(problem).__name__)

"""A base for Hypothesis's stateful tests on a rollup: agents and liars, faults, absences, reorgs, time, and thieves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from harness.chain.chain import Chain
from harness.contracts.library import Contracts
from harness.rollup.config import RollupConfig
from harness.scenarios.agents import Agent
from harness.scenarios.machines.script import Step as PlainStep
from harness.scenarios.machines.world import MachineWorld, WorldMachine
from harness.scenarios.scenario import Scenario
from harness.testbed.rollup import Rollup

HOUR = 3_600
AMOUNTS = st.integers(1, 100).map(lambda hundredths: hundredths * 10**16)
"""Draws wei, up to 1 ether: more than what fees leave over in the portal."""
_PATIENCE = 24 * HOUR
_FULL = 40
"""Full blocks of a sequence: they raise the base fee a hundredfold."""
_LIARS = 2**16


class RollupMachine(WorldMachine):
    """A machine over a rollup: ``self.rollup``, with honest agents, and a liar that is drawn of ``liars``.

    Contracts of yours are deployed in `begin`, on L1 or with ``on="l2"``. Rules of yours act by `act` and `do`. Ready
    rules let the agents act, let the liar assert and cash out, move ether between the layers, censor, reorganise L1,
    fill its blocks, and keep the honest challenger away, for 24 hours of a sequence at most. A sequence ends when all
    agents are quiet; then nobody honest may have lost anything, and liars must have paid.

    ``parameters`` are those of the rollup, ``agents`` others that take part: both as in a scenario.
    """

    always: ClassVar[tuple[str, ...]] = ("conserved", "honest-lose-nothing", "liars-pay")
    parameters: ClassVar[Mapping[str, Any]] = {}
    agents: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    liars: ClassVar[Sequence[Mapping[str, Any]]] = (
        {"role": "proposer", "lie": "wrong_root"},
        {"role": "proposer", "lie": {"kind": "forge_withdrawal", "to": "mallory", "wei": "5 ether"}},
        {"role": "proposer", "lie": "all_zero", "tactic": ["silent"]},
        {"role": "proposer", "lie": {"kind": "flip_storage"}, "tactic": ["sybils"], "budget": 2},
        {"role": "challenger", "lie": "wrong_root"},
    )
    """What ``mallory`` may be; none, if it is empty."""
    rollup: Rollup
    _clean: object

    @classmethod
    @contextmanager
    def _opened(cls, chain: Chain, contracts: Contracts) -> Iterator[dict[str, Any]]:
        with super()._opened(chain, contracts) as given:
            wanted = Scenario(name=cls.__name__, rollup=dict(cls.parameters)).rollup_parameters
            rollup = Rollup.deploy(chain, RollupConfig.of(wanted, contracts.project.root))
            rollup.fund()
            yield {**given, "rollup": rollup}

    def _prepare(self) -> None:
        super()._prepare()
        self._clean = self.rollup.snapshot()
        self._idle = self._full = 0
        self._withdrawals = 0
        self._executed: dict[str, str] = {}
        self._seated: dict[str, Any] = dict(self.agents)

    @initialize(number=st.integers(0, _LIARS - 1))
    def seat(self, number: int) -> None:
        """Seat the agents, one of the liars among them."""
        if self.liars:
            self._seated["mallory"] = dict(self.liars[number % len(self.liars)])
        world = MachineWorld(
            {name: Agent.model_validate(agent) for name, agent in self._seated.items()}, self.chain, self._sources
        )
        world.seat(self.rollup)
        self._stack.callback(self.rollup.runner.watchers.remove, world._hear)
        self._stack.enter_context(self.rollup.l2.on_transaction(self._see))
        self._enter_world(world)

    def _layer(self, name: str) -> Chain:
        return self.rollup.l2 if name == "l2" else super()._layer(name)

    def _restore(self) -> None:
        self._stack.close()
        self.rollup.restore(self._clean)
        super()._restore()

    def _terms(self) -> PlainStep:
        parameters = {"rollup": dict(self.parameters)} if self.parameters else {}
        return {**super()._terms(), **parameters, "agents": self._seated}

    def finish(self) -> None:
        """Let the agents act until all is quiet, and deliver each withdrawal, twice if L1 lets it; then judge."""
        if self.steps:
            self.do({"run": "quiet"})
            for number in range(2 * self._withdrawals):
                self._deliver(number, "bob")
            self._count_outcomes()
            self.judge()

    def _count_outcomes(self) -> None:
        for game in self.world.games():
            self.reach(f"a game is {game.outcome.name.lower()}")
            if any(claim.stepper is not None for claim in game.view.claims):
                self.reach("a step is proven on L1")

    # -- rules

    @rule(hours=st.sampled_from((1, 12, 48, 100)))
    def let_agents_act(self, hours: int) -> None:
        """Let the agents act for some hours of L1's time."""
        self.do({"run": {"for": f"{hours} h"}})

    @rule()
    def let_l1_confirm(self) -> None:
        """Let the agents act until L1 has confirmed all that L2 did, if it comes to that."""
        self.attempt_step({"run": "confirmed"})

    @rule(who=st.sampled_from(("mallory", "peggy")))
    def propose(self, who: str) -> None:
        """Let a proposer assert what it says of L2."""
        if who in self.world.crew.seats and self.world.crew.seats[who].agent.role == "proposer":
            self.attempt_step({"propose": who})

    @rule(transactions=st.lists(AMOUNTS, max_size=3))
    def post_batch(self, transactions: list[int]) -> None:
        """Let L2 send ether around, and post it as a batch."""
        sent = [{"to": "bob", "from": "carol", "value": f"{wei} wei"} for wei in transactions]
        self.attempt_step({"batch": {"transactions": sent}})

    @rule(wei=AMOUNTS)
    def deposit(self, wei: int) -> None:
        """Send ether to L2."""
        self.attempt_step({"deposit": {"value": f"{wei} wei", "from": "carol"}})

    @precondition(lambda self: self._withdrawals < 3)
    @rule(wei=AMOUNTS)
    def withdraw(self, wei: int) -> None:
        """Send ether to L1."""
        step = {"value": f"{wei} wei", "from": "bob", "as": f"withdrawal_{self._withdrawals + 1}"}
        if self.attempt_step({"withdraw": step}):
            self._withdrawals += 1

    @precondition(lambda self: self._withdrawals)
    @rule(number=st.integers(0, 2), who=st.sampled_from(("bob", "mallory")))
    def execute(self, number: int, who: str) -> None:
        """Deliver a withdrawal on L1, whether that is due or not; one that is delivered is finalized once more."""
        self._deliver(number, who)

    def _deliver(self, number: int, who: str) -> None:
        name = f"withdrawal_{number % self._withdrawals + 1}"
        if name in self._executed:
            self.attempt_step({"finalize": {"withdrawal": name, "from": who, "prover": self._executed[name]}})
        elif self.attempt_step({"execute": {"withdrawal": name, "from": who}}):
            self._executed[name] = who

    @rule(what=st.sampled_from(({}, {"everything": True}, {"delayed": True}, {"senders": ["carol"]})))
    def censor(self, what: dict[str, Any]) -> None:
        """Let the sequencer censor, stop, or be honest again."""
        self.do({"censor": what})

    @precondition(lambda self: self._idle < _PATIENCE)
    @rule(hours=st.integers(1, 12))
    def send_challenger_away(self, hours: int) -> None:
        """Keep the honest challenger away for some hours, in which others act."""
        if self._spend(hours * HOUR) and "olivia" in self.world.crew.seats:
            self.do({"away": {"agent": "olivia", "for": f"{hours} h"}})

    @precondition(lambda self: self._idle < _PATIENCE)
    @rule(seconds=st.sampled_from((1, 60, HOUR, 12 * HOUR)))
    def let_time_pass(self, seconds: int) -> None:
        """Let time pass in which nobody acts."""
        if self._spend(seconds):
            self.do({"warp": f"{seconds} s"})

    def _spend(self, seconds: int) -> bool:
        """Take time that the honest lack; return False if that is too much for one sequence."""
        if self._idle + seconds > _PATIENCE:
            return False
        self._idle += seconds
        return True

    @precondition(lambda self: self._full < _FULL)
    @rule(blocks=st.integers(1, 20))
    def fill_blocks(self, blocks: int) -> None:
        """Fill blocks of L1 with the gas of others: few enough in a sequence for everybody to pay the base fee."""
        blocks = min(blocks, _FULL - self._full)
        self._full += blocks
        self.do({"fill-blocks": blocks})

    @precondition(lambda self: "forge_withdrawal" in str(self._seated.get("mallory")))
    @rule()
    def cash_out(self) -> None:
        """Let the liar withdraw what its root grants it."""
        if self.attempt_step({"cash-out": "mallory"}):
            self.reach("a liar cashes out")

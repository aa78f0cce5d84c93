"""What the machines of a rollup and of channels share: rules do the steps of a scenario, oracles judge the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, ClassVar

from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from harness.chain.chain import Chain
from harness.contracts.bindings import Contract
from harness.contracts.library import Contracts
from harness.contracts.project import others_for
from harness.errors import HarnessError
from harness.scenarios.agents import Agent
from harness.scenarios.books import Books
from harness.scenarios.machines.chain import ChainMachine
from harness.scenarios.machines.script import Step as PlainStep
from harness.scenarios.recorder import Recorder
from harness.scenarios.records import Row
from harness.scenarios.result import Result
from harness.scenarios.scenario import Scenario, Step, StepBase
from harness.scenarios.sources import Sources
from harness.scenarios.telling import Terms, tell
from harness.scenarios.world import World


class BrokenPromise(AssertionError):
    """What a scenario expects of every run does not hold; ``rows`` say what was expected, and what is so."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__("; ".join(f"{row.what}: expected {row.expected}, actual {row.actual}" for row in rows))
        self.rows = rows


class MachineWorld(World):
    """The world of one sequence: it writes down nothing of what was there before."""

    def __init__(self, agents: Mapping[str, Agent], l1: Chain, sources: Sources) -> None:
        super().__init__(agents, l1, sources, 0)
        self.recorder = Recorder(l1, self.name_of, since=l1.block_number)


class WorldMachine(ChainMachine):
    """A machine whose rules do the steps of a scenario by `do` and `attempt_step`, over contracts of yours too.

    The books are checked after each transaction. At the end of each sequence the oracles of ``always`` judge what came
    of it. ``replaced`` puts contracts of the project in the place of built-in ones, as ``contracts`` of a scenario.
    """

    always: ClassVar[tuple[str, ...]] = ("conserved", "honest-lose-nothing")
    replaced: ClassVar[Mapping[str, str]] = {}
    world: World
    _sources: ClassVar[Sources]
    _others: ClassVar[Mapping[str, Any]]

    @classmethod
    def _settings(cls) -> Any:
        slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
        return hypothesis_settings(deadline=None, max_examples=20, stateful_step_count=12, suppress_health_check=slow)

    @classmethod
    @contextmanager
    def _opened(cls, chain: Chain, contracts: Contracts) -> Iterator[dict[str, Any]]:
        sources = Sources([contracts.project.root])
        others = sources.others(cls.replaced)
        mark = chain.snapshot()
        with others_for(others):
            try:
                yield {"chain": chain, "contracts": contracts, "_sources": sources, "_others": others}
            finally:
                chain.restore(mark)

    def _prepare(self) -> None:
        self._stack = ExitStack()

    def _enter_world(self, world: World) -> None:
        """Take in a world whose rollup, or channels, are there."""
        self.world = world
        world.begin()
        self.books = Books(world)
        self._stack.enter_context(self.books.watching())
        self.begin()
        self._settled = self.chain.block_number

    def _restore(self) -> None:
        self._stack.close()
        super()._restore()

    def _know(self, name: str, contract: Contract) -> None:
        super()._know(name, contract)
        self.world.name(name, contract)

    # -- steps

    def do(self, step: PlainStep) -> None:
        """Do a step as a scenario file has it, such as ``{"deposit": {"value": "5 ether"}}``; raises what it raises.

        Raises pydantic's ValidationError for what is no step.
        """
        given: StepBase = Step.model_validate(step)
        self.script.remember(dict(step))
        recorder, verb = self.world.recorder, given.verb
        recorder.begin_step(len(self.steps))
        event = recorder.note("step", getattr(verb, "sender", getattr(verb, "agent", "")), verb.word)
        try:
            recorder.amend(event, what=verb.perform(self.world))
        except HarnessError as problem:
            self._fail(problem)
            raise
        finally:
            recorder.begin_step(None)

    def attempt_step(self, step: PlainStep) -> bool:
        """Do a step; return False if it fails."""
        try:
            self.do(step)
        except HarnessError:
            return False
        self.script.may_fail()
        return True

    @rule(blocks=st.integers(1, 3))
    def mine_blocks(self, blocks: int) -> None:
        """Mine empty blocks."""
        self.do({"mine": blocks})

    @precondition(lambda self: self.reorgs and self.chain.block_number > self._settled)
    @rule(depth=st.integers(1, 5), resend=st.sampled_from(("same", "newest-first", "shuffled", "lost")))
    def reorganise(self, depth: int, resend: str) -> None:
        """Remove the newest blocks, though none that `begin` made; their transactions come again, or do not."""
        depth = min(depth, self.chain.block_number - self._settled)
        self.do({"reorg": {"depth": depth, "resend": resend}})

    # -- what must hold

    @invariant()
    def no_ether_comes_from_nowhere(self) -> None:
        """The books of the contracts add up."""
        if self.books.breaches:
            said = "; ".join(self.books.breaches)
            raise BrokenPromise([Row(what="conserved", expected="no wei appears", actual=said, holds=False)])

    def told(self) -> Result:
        """Return what the sequence has done so far, as a result that reports read."""
        plain = self.content(AssertionError()) | {"expect": {"always": list(self.always)}}
        scenario = Scenario.model_validate(plain)
        return tell(self.world, Terms(scenario, 0, self.chain.backend.name, self._others, {}), self.books, [])

    def judge(self) -> None:
        """Raise BrokenPromise if an oracle of ``always`` does not hold now, or an honest agent was refused its due."""
        broken = [row for row in self.told().expectations if not row.holds]
        if broken:
            raise BrokenPromise(broken)

    def _terms(self) -> PlainStep:
        return {"contracts": dict(self.replaced)} if self.replaced else {}

"""Finds steps that do not fit with those before them, with the scenario's agents, or with the contracts they call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from harness.chain.values.abi import signature, types_of
from harness.contracts.artifact import Artifact
from harness.contracts.project import Project, built_in_contracts
from harness.errors import HarnessError
from harness.scenarios import calling
from harness.scenarios.base import Way
from harness.scenarios.errors import Problem
from harness.scenarios.scenario import Scenario, StepBase
from harness.scenarios.values import CallText
from harness.scenarios.verbs.apps import Game
from harness.scenarios.verbs.attacks import PlayAttack
from harness.scenarios.verbs.chain import Bind, Call, Deploy
from harness.scenarios.verbs.channels import Answer, Close, ForgeState, Keep, Open
from harness.scenarios.verbs.drawn import PlayDrawn
from harness.scenarios.verbs.forgeries import CashOut
from harness.scenarios.verbs.rollup import Batch

OWN_TYPES = {
    "portal": "Portal",
    "assertions": "AssertionChain",
    "sequencer_inbox": "SequencerInbox",
    "delayed_inbox": "DelayedInbox",
    "roots": "OptimismRoots",
    "token_bridge": "TokenBridge",
}
"""The types of the rollup's own contracts on L1."""

SIDECHAIN_TYPES = {
    "light_client": "LightClient",
    "near_bridge": "ProvenBridge",
    "far_bridge": "AttestedBridge",
    "near_port": "TokenPort",
    "far_port": "TokenPort",
    "stakes": "ValidatorStake",
}
"""The types of a sidechain's contracts."""

TypeOf = Callable[[str], Artifact]
"""Returns a contract by its name in a scenario; raises what a project raises."""


@dataclass(slots=True)
class Fitting:
    """What the steps so far have made. ``type_of`` None leaves calls unchecked."""

    scenario: Scenario
    type_of: TypeOf | None
    pairs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The two accounts of each channel and each game."""
    types: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    """The channel of each state that has a name."""
    next_batch: int = 0

    def problems(self) -> Iterator[Problem]:
        """Yield what does not fit."""
        self.types.update(OWN_TYPES)
        if "sidechain" in self.scenario.needs:
            self.types.update(SIDECHAIN_TYPES)
        yield from self._of_replaced()
        for place, step in enumerate(self.scenario.steps):
            yield from self._of_step(step, ("steps", place, step.verb.word))
        yield from self._of_errors()
        for place, read in enumerate(self.scenario.expect.reads):
            yield from self._of_call(read.call, ("expect", "reads", place, "call"))

    def _of_step(self, step: StepBase, way: Way) -> Iterator[Problem]:
        verb = step.verb
        match verb:
            case Open(parties=pair) | Game(players=pair):
                if pair[0] == pair[1]:
                    yield Problem((*way, "parties" if isinstance(verb, Open) else "players"), f"{pair[0]} is both")
                self.pairs[verb.name] = pair
            case Keep() | ForgeState():
                self.states[verb.name] = verb.channel
            case Close() | Answer():
                yield from self._of_state(step, verb, way)
            case Deploy():
                self.types[verb.name] = verb.contract
                yield from self._of_constructor(verb, way)
            case Bind():
                self.types[verb.name] = verb.contract
                if isinstance(verb.address, CallText):
                    yield from self._of_call(verb.address, (*way, "address"))
            case Call():
                yield from self._of_call(verb.call, (*way, "call"))
            case Batch():
                yield from self._of_batch(step, verb, way)
            case CashOut():
                agent = self.scenario.agents.get(verb.agent)
                if agent is None or agent.lie is None or agent.lie.kind != "forge_withdrawal":
                    said = f"{verb.agent}'s lie grants nothing, expected an agent whose lie is forge_withdrawal"
                    yield Problem((*way, "agent"), said)
        yield from self._of_parties(verb, way)

    def _of_parties(self, verb: Any, way: Way) -> Iterator[Problem]:
        """Yield who acts in a channel or a game without being one of the two."""
        for where in ("channel", "game"):
            pair = self.pairs.get(getattr(verb, where, ""))
            for name, word in (("by", "by"), ("sender", "from")):
                actor = getattr(verb, name, None)
                if pair is not None and actor not in (None, "watchtower", *pair):
                    said = f"{actor} is no party of {getattr(verb, where)}, expected {' or '.join(pair)}"
                    yield Problem((*way, word), said)

    def _of_state(self, step: StepBase, verb: Close | Answer, way: Way) -> Iterator[Problem]:
        """Yield a state of another channel, unless the step is there to see it refused."""
        of = self.states.get(verb.state or "")
        if of not in (None, verb.channel) and step.reverts is None:
            said = (
                f"{verb.state} is a state of {of}, expected one of {verb.channel}; to try it all the same, say reverts"
            )
            yield Problem((*way, "state"), said)

    def _of_batch(self, step: StepBase, batch: Batch, way: Way) -> Iterator[Problem]:
        if step.at is None and step.reverts is None:
            number = batch.number if batch.number is not None else self.next_batch
            if number < self.next_batch:
                said = f"it is {number}, expected at least {self.next_batch} after the steps above"
                yield Problem((*way, "number"), said)
            self.next_batch = max(self.next_batch, number) + 1
        for place, each in enumerate(batch.transactions):
            if each.call is not None:
                yield from self._of_call(each.call, (*way, "transactions", place, "call"))

    # -- contracts

    def _of_constructor(self, deploy: Deploy, way: Way) -> Iterator[Problem]:
        artifact = self._artifact(deploy.contract)
        if isinstance(artifact, HarnessError):
            yield Problem((*way, "contract"), _reason(artifact))
        elif artifact is not None and artifact.abi:
            taken: Sequence[Mapping[str, Any]] = next(
                (entry.get("inputs", []) for entry in artifact.abi if entry["type"] == "constructor"), []
            )
            what = f"the constructor of {artifact.name}"
            if len(taken) != len(deploy.arguments):
                yield Problem((*way, "with"), _count(what, taken, deploy.arguments))
            elif said := calling.misfit([taken], deploy.arguments, self.types):
                yield Problem((*way, "with"), f"{what}: {said}")

    def _of_call(self, call: CallText, way: Way) -> Iterator[Problem]:
        artifact = self._artifact(self.types.get(call.target, ""))
        if artifact is None or isinstance(artifact, HarnessError) or not artifact.abi:
            return
        functions = [entry for entry in artifact.abi if entry["type"] == "function"]
        named = [entry["inputs"] for entry in functions if entry["name"] == call.function]
        if not named:
            near = get_close_matches(call.function, [entry["name"] for entry in functions], n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Problem(way, f"{artifact.name} has no function {call.function!r}{hint}")
        elif all(len(inputs) != len(call.arguments) for inputs in named):
            yield Problem(way, _count(f"{artifact.name}.{call.function}", named[0], call.arguments))
        elif said := calling.misfit(named, call.arguments, self.types):
            yield Problem(way, f"{artifact.name}.{call.function}: {said}")

    def _of_replaced(self) -> Iterator[Problem]:
        """Yield a contract that cannot stand in the place of a built-in one."""
        if self.type_of is None or not self.scenario.contracts:
            return
        built_in = built_in_contracts()
        plain = {name.lower(): name for name in built_in.names()}
        for name, other in self.scenario.contracts.items():
            found, old = self._artifact(other), built_in[plain[name.replace("_", "").lower()]]
            if isinstance(found, HarnessError):
                yield Problem(("contracts", name), _reason(found))
            elif found is not None and found.abi:
                wanted, actual = _shape(old), _shape(found)
                if wanted[0] != actual[0]:
                    said = f"the constructor of {found.name} takes {actual[0]}, expected {wanted[0]} as of {old.name}"
                    yield Problem(("contracts", name), said)
                elif lacking := sorted(_promised(old, built_in) - actual[1]):
                    listed = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
                    yield Problem(("contracts", name), f"{found.name} lacks what {old.name} has: {listed}")

    def _of_errors(self) -> Iterator[Problem]:
        """Yield the name of an error that nothing at hand has; attacks and drawn cases bring contracts of their own."""
        if self.type_of is None:
            return
        made = [found for name in {*self.types.values()} if isinstance(found := self._artifact(name), Artifact)]
        for place, step in enumerate(self.scenario.steps):
            name = step.reverts
            if name is not None and not isinstance(step.verb, PlayAttack | PlayDrawn):  # noqa: SIM102 one thing a line
                if not calling.is_error(name, made):
                    near = get_close_matches(name, calling.error_names(made), n=1)
                    hint = f"; did you mean {near[0]!r}?" if near else ""
                    yield Problem(("steps", place, "reverts"), f"no error is named {name!r}{hint}")

    def _artifact(self, name: str) -> Artifact | HarnessError | None:
        """Return a contract, what keeps it from being read, or None if it is not to be checked."""
        if not name or self.type_of is None:
            return None
        try:
            return self.type_of(self.scenario.contracts.get(name, name))
        except HarnessError as problem:
            return problem


def _reason(problem: HarnessError) -> str:
    """Return an error's first line; of a compiler's, also the first message that is an error, with its place."""
    first, *more = str(problem).splitlines()
    start = next((number for number, line in enumerate(more) if "Error" in line), None)
    if start is None:
        return first
    place = next((line.partition("-->")[2].strip(" :") for line in more[start:] if line.strip().startswith("-->")), "")
    return f"{first} {more[start].strip()}" + (f" ({place})" if place else "")


def _shape(artifact: Artifact) -> tuple[str, frozenset[str]]:
    """Return the types that a contract's constructor takes, in words, and the signatures of its functions."""
    taken: Sequence[Mapping[str, Any]] = next(
        (each.get("inputs", []) for each in artifact.abi if each["type"] == "constructor"), []
    )
    functions = frozenset(signature(entry) for entry in artifact.abi if entry["type"] == "function")
    return ", ".join(types_of(taken)) or "nothing", functions


def _promised(built_in: Artifact, others: Project) -> frozenset[str]:
    """Return the signatures of the functions that whatever takes a built-in contract's place must have.

    They are those of its interface, which others call; all of its own where it has none.
    """
    interface = f"I{built_in.name}"
    return _shape(others[interface if interface in others else built_in.name])[1]


def _count(what: str, taken: Sequence[Mapping[str, Any]], given: Sequence[Any]) -> str:
    names = ", ".join(entry.get("name") or entry["type"] for entry in taken)
    return f"{what} takes {len(taken)} arguments{f' ({names})' if names else ''}, and {len(given)} are given"

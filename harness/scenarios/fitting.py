"""Finds steps that do not fit with those before them, with the scenario's agents, or with the contracts they call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from harness.contracts.artifact import Artifact
from harness.errors import HarnessError
from harness.scenarios.base import Way
from harness.scenarios.errors import Problem
from harness.scenarios.scenario import Scenario, StepBase
from harness.scenarios.values import CallText
from harness.scenarios.verbs.apps import Game
from harness.scenarios.verbs.chain import Bind, Call, Deploy
from harness.scenarios.verbs.channels import Open
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
    next_batch: int = 0

    def problems(self) -> Iterator[Problem]:
        """Yield what does not fit."""
        self.types.update(OWN_TYPES)
        if "sidechain" in self.scenario.needs:
            self.types.update(SIDECHAIN_TYPES)
        for place, step in enumerate(self.scenario.steps):
            yield from self._of_step(step, ("steps", place, step.verb.word))
        for place, read in enumerate(self.scenario.expect.reads):
            yield from self._of_call(read.call, ("expect", "reads", place, "call"))

    def _of_step(self, step: StepBase, way: Way) -> Iterator[Problem]:
        verb = step.verb
        match verb:
            case Open(parties=pair) | Game(players=pair):
                if pair[0] == pair[1]:
                    yield Problem((*way, "parties" if isinstance(verb, Open) else "players"), f"{pair[0]} is both")
                self.pairs[verb.name] = pair
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
            if len(taken) != len(deploy.arguments):
                yield Problem((*way, "with"), _count(f"the constructor of {artifact.name}", taken, deploy.arguments))

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


def _count(what: str, taken: Sequence[Mapping[str, Any]], given: Sequence[Any]) -> str:
    names = ", ".join(entry.get("name") or entry["type"] for entry in taken)
    return f"{what} takes {len(taken)} arguments{f' ({names})' if names else ''}, and {len(given)} are given"

"""Finds what in a scenario does not fit together, before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from harness.chain.values.accounts import NAMES
from harness.rollup.errors import WrongRollupParameter
from harness.scenarios.agents import CREW
from harness.scenarios.base import HANDLES, OWN, SIDECHAIN, Defines, Refers, Way, names_in
from harness.scenarios.errors import Problem
from harness.scenarios.fitting import Fitting, TypeOf
from harness.scenarios.saying import close, said_of
from harness.scenarios.scenario import Scenario, StepBase, field_of
from harness.scenarios.times import contradictions
from harness.scenarios.verbs import VERBS
from harness.scenarios.verbs.disputes import Dispute, Propose, Run

WORDS = {verb.word: field_of(verb) for verb in VERBS}


BACKENDS = ("py-evm", "anvil", "hardhat")


def problems_of(
    scenario: Scenario, known: Mapping[str, tuple[str, ...]] | None = None, type_of: TypeOf | None = None
) -> Iterator[Problem]:
    """Yield what does not fit together in a scenario whose fields are right each by itself.

    ``known`` has the project's contracts with their files, and ``type_of`` returns one with its ABI; None leaves out
    what they are for.
    """
    found = [*_of_l1(scenario), *_of_rollup(scenario), *_of_agents(scenario), *_of_steps(scenario)]
    found += _of_names(scenario, known)
    found = found or [*contradictions(scenario), *Fitting(scenario, type_of).problems()]
    # A case repeats what is wrong in the scenario itself.
    yield from found or _of_sweep(scenario, type_of)


def _of_l1(scenario: Scenario) -> Iterator[Problem]:
    backend = scenario.l1.backend
    if backend not in BACKENDS and not backend.startswith(("http://", "https://")):
        said = f"it is {backend!r}, expected {', '.join(BACKENDS)} or the URL of a node{close(backend, BACKENDS)}"
        yield Problem(("l1", "backend"), said)


def _of_rollup(scenario: Scenario) -> Iterator[Problem]:
    if scenario.rollup:
        from harness.rollup.config import RollupConfig

        plain = {name: value for name, value in scenario.rollup_parameters.items() if name != "genesis"}
        try:
            RollupConfig.of(plain)
        except WrongRollupParameter as problem:
            listed = problem.expected.removeprefix("one of ").split(", ")
            near = close(problem.name.rpartition(".")[2], listed) if len(listed) > 1 else ""
            yield Problem(("rollup", *problem.name.split(".")), f"{problem}{near}")
    if scenario.contracts:
        from harness.contracts.project import built_in_contracts

        names = built_in_contracts().names()
        plain_names = {name.lower() for name in names}
        for name in scenario.contracts:
            if name.replace("_", "").lower() not in plain_names:
                yield Problem(("contracts", name), f"no built-in contract is named {name!r}{close(name, names)}")


def _of_agents(scenario: Scenario) -> Iterator[Problem]:
    accounts: dict[str, str] = {}
    for name, agent in scenario.agents.items():
        account = agent.account or name
        if account not in NAMES:
            yield Problem(("agents", name), f"{account!r} is no account{close(account, NAMES)}; give it an account")
        if account in accounts:
            yield Problem(("agents", name), f"it has the account {account}, as {accounts[account]} has")
        accounts[account] = name
        yield from (Problem(("agents", name, *way), said) for way, said in agent.problems())
    sequencers = [name for name, agent in scenario.agents.items() if agent.role == "sequencer"]
    for name in sequencers[1:]:
        yield Problem(("agents", name, "role"), f"there is one sequencer, and {sequencers[0]} is it")


def _of_steps(scenario: Scenario) -> Iterator[Problem]:
    for place, step in enumerate(scenario.steps):
        way: Way = ("steps", place)
        given = [word for word, field in WORDS.items() if getattr(step, field) is not None]
        if len(given) != 1:
            which = f"it has the verbs {' and '.join(given)}" if given else "it has no verb"
            yield Problem(way, f"{which}, expected one of {', '.join(WORDS)}")
            continue
        yield from _of_roles(scenario, step, (*way, given[0]))
        yield from _of_moments(scenario, step, way)


def _of_moments(scenario: Scenario, step: StepBase, way: Way) -> Iterator[Problem]:
    """Yield a moment that cannot come, and a run that would have to wait for one."""
    if step.at is None:
        return
    if isinstance(step.verb, Run):
        yield Problem((*way, "at"), "a run does not wait for a moment; other steps wait while it goes on")
    if "rollup" not in scenario.needs:
        yield Problem((*way, "at"), "nobody acts in this scenario, so no moment comes by itself")


def _of_roles(scenario: Scenario, step: StepBase, way: Way) -> Iterator[Problem]:
    """Yield an agent that is asked for what its role does not do."""
    for kind, role in ((Propose, "proposer"), (Dispute, "challenger")):
        if isinstance(step.verb, kind):
            agent = scenario.agents.get(step.verb.agent)
            if agent is not None and agent.role != role:
                yield Problem((*way, "agent"), f"{step.verb.agent} is a {agent.role}, expected a {role}")


def _of_names(scenario: Scenario, known: Mapping[str, tuple[str, ...]] | None) -> Iterator[Problem]:
    known_names: dict[str, list[str] | None] = {
        "actor": list(NAMES),
        "answerer": [*NAMES, "watchtower"],
        "agent": [*CREW, *scenario.agents],
        "gaining": [*NAMES, *scenario.agents],
        "type": None if known is None else list(known),
    }
    words = {
        "actor": "account",
        "answerer": "account",
        "gaining": "account or agent",
        "type": "contract",
        "thing": "account, contract or earlier step",
        **dict.fromkeys(("handle", *HANDLES), "contract or earlier step"),
    }
    handles = dict.fromkeys(OWN, "contract")
    if "sidechain" in scenario.needs:
        handles |= dict.fromkeys(SIDECHAIN, "contract")
        handles |= dict.fromkeys((f"validator_{number}" for number in range(1, 100)), "")
    for way, mark, name in (*names_in(scenario), *_gaining(scenario)):
        if isinstance(mark, Defines):
            if name in handles or name in NAMES:
                yield Problem(way, f"{name!r} is a name already")
            handles[name] = mark.kind
            continue
        choices = [*handles, *NAMES] if mark.kind == "thing" else known_names.get(mark.kind, list(handles))
        is_address = len(name) == 42 and name.startswith("0x") and mark.kind in ("thing", "handle")
        if mark.kind == "type" and known is not None and name in known:
            continue  # an import means it, though nobody lists it
        short = name.rpartition(":")[2]
        if choices is not None and short not in choices and not is_address:
            yield Problem(way, f"no {words.get(mark.kind, mark.kind)} is named {name!r}{close(short, choices)}")
        elif mark.kind in HANDLES and handles.get(name) not in ("", mark.kind, None):
            yield Problem(way, f"{name} is {HANDLES[handles[name]]}, expected {HANDLES[mark.kind]}")


def _gaining(scenario: Scenario) -> Iterator[tuple[Way, Refers, str]]:
    expect = scenario.expect
    for field, table in (("gain", expect.gain), ("claims", expect.claims), ("reverted", expect.reverted)):
        yield from ((("expect", field, name), Refers("gaining"), name) for name in table)


def _of_sweep(scenario: Scenario, type_of: TypeOf | None) -> Iterator[Problem]:
    for place, case in enumerate(scenario.sweep):
        try:
            changed = scenario.with_case(case)
        except ValidationError as problem:
            first = problem.errors()[0]
            path = ".".join(map(str, first["loc"]))
            yield Problem(("sweep", place), f"with it, {path}: {said_of(first)}")
            continue
        except LookupError as problem:
            yield Problem(("sweep", place, str(problem.args[0])), "no field of the scenario has this path")
            continue
        inner = next(problems_of(changed, type_of=type_of), None)
        if inner is not None:
            yield Problem(("sweep", place), f"with it, {inner}")

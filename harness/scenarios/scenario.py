"""A scenario: who does what when, as plain data, and what must come of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, create_model, field_validator, model_validator

from harness.scenarios.agents import Agent, Place
from harness.scenarios.base import OWN, Actor, Record, Refers, Short, TypeName, names_in
from harness.scenarios.values import (
    Amount,
    Call,
    Compared,
    Counts,
    Duration,
    Lasting,
    Limits,
    When,
    amount_of,
    duration_of,
)
from harness.scenarios.verb import Verb
from harness.scenarios.verbs import VERBS

FORMAT = 1
"""The version of the form of scenarios."""


def field_of(verb: type[Verb]) -> str:
    """Return the field of a step that holds a verb."""
    return verb.word.replace("-", "_")


class L1(Short):
    """The chain below. ``fork`` and ``blobs`` None are the defaults of the harness."""

    short: ClassVar[str] = "backend"
    backend: str = "py-evm"
    fork: Literal["prague", "osaka"] | None = None
    blobs: Literal["osaka", "bpo1", "bpo2"] | None = None


class SidechainPart(Record):
    """A sidechain that is attached to L1. ``stake`` is what each validator has at stake there; 0 asks none.

    Validators attest to what lies ``depth`` blocks deep. ``trusting_period`` is how long the light client trusts its
    newest header.
    """

    validators: int = Field(default=4, ge=1, le=64)
    stake: Amount = 0
    depth: int = Field(default=5, ge=0, le=1_000)
    trusting_period: Duration = 14 * 86_400


class StepBase(Record):
    """One step: exactly one verb, and when it is done.

    With ``at`` the step waits for a moment while later steps and agents go on; without it, it is done in its turn.
    ``reverts`` names the error that it must fail with, or is "any"; with "maybe" the step may fail or not.
    """

    at: When | None = None
    reverts: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_verb(cls, given: Any) -> Any:
        return {given.word: given} if isinstance(given, Verb) else given

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """The verbs that are given: one, unless the step is wrong."""
        found: Iterator[Verb | None] = (getattr(self, field_of(verb)) for verb in VERBS)
        return tuple(each for each in found if each is not None)

    @property
    def verb(self) -> Verb:
        """What the step does."""
        return self.verbs[0]


Step = create_model(
    "Step",
    __base__=StepBase,
    __doc__=StepBase.__doc__,
    **{
        field_of(verb): (
            verb | None,
            Field(default=None, alias=verb.word, description=(verb.__doc__ or "").partition("\n")[0]),
        )
        for verb in VERBS
    },  # type: ignore[call-overload]
)

if TYPE_CHECKING:
    AnyStep = StepBase
else:
    AnyStep = Step


class Expect(Record):
    """What must come of it. Whatever is left out is not checked, but ``always``.

    ``gain`` is what each account has more at the end, in ether on both layers, gas not counted. ``within`` is the
    longest time from the disputed assertion, or the first step, to the last event. ``reads`` are calls and their
    results. ``stolen`` is what thieves took of others, all together. ``lasts`` bounds the time
    of ``within`` on either side. ``claims`` and ``reverted`` are numbers of an account's claims in games, and of its
    transactions on L1 that failed.
    """

    outcome: Literal["rejected", "upheld", "void", "undisputed", "undecided"] | None = None
    disputed: Place | None = None
    gain: dict[Actor, Limits] = Field(default_factory=dict)
    stolen: Limits | None = None
    always: tuple[Literal["conserved", "honest-lose-nothing", "liars-pay", "nothing-stuck"], ...] = (
        "conserved",
        "honest-lose-nothing",
        "liars-pay",
    )
    within: Duration | None = None
    lasts: Lasting | None = None
    games: int | None = Field(default=None, ge=0)
    claims: dict[Actor, Counts] = Field(default_factory=dict)
    reverted: dict[Actor, Counts] = Field(default_factory=dict)
    reads: tuple[Read, ...] = ()


class Read(Record):
    """A call that changes nothing, and what it must return: a value, or a comparison such as ``!= 0`` or ``>= 5``."""

    call: Call
    gives: Any

    @field_validator("gives")
    @classmethod
    def _checked(cls, given: Any) -> Any:
        Compared.of(given)
        return given


Expect.model_rebuild()


class Thief(Short):
    """An account that steals.

    What it and the contracts that it deploys take of others is stolen, beyond what they put in and what is ``due``.
    """

    short: ClassVar[str] = "account"
    account: Actor
    due: Amount = 0


def _numbers(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table whose texts with a unit are wei or seconds."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        found[name] = _numbers(value) if isinstance(value, dict) else value
        for read in (amount_of, duration_of) if isinstance(value, str) else ():
            try:
                found[name] = read(value)
            except ValueError:
                continue
    return found


MOST_CASES = 10_000
"""Most cases of a sweep."""


def _cases(given: Any) -> Any:
    """Return a sweep in its long form: one table for each case. A table of lists stands for every combination."""
    if not isinstance(given, dict):
        return given
    cases: list[dict[str, Any]] = [{}]
    for path, values in given.items():
        if not isinstance(values, (list, tuple)):
            raise ValueError(f"{path} has {values!r}, expected a list of values")
        if len(cases) * len(values) > MOST_CASES:
            raise ValueError(f"it has more than {MOST_CASES:,} combinations, expected at most so many")
        cases = [{**case, path: value} for case in cases for value in values]
    return cases if given else []


class Scenario(Record):
    """Who does what when, and what must come of it.

    ``contracts`` replaces built-in contracts, such as ``DisputeGame``, by those of a project. ``rollup`` has parameters
    of the rollup by their names, with units. ``sweep`` has cases: fields by their paths, such as
    ``agents.olivia.away.0.for``, with the value that each has in this case.
    """

    name: str = Field(min_length=1)
    shows: str = ""
    tags: tuple[str, ...] = ()
    seed: int = Field(default=0, ge=0, lt=2**64)
    l1: L1 = L1()
    rollup: dict[str, Any] = Field(default_factory=dict)
    sidechain: SidechainPart | None = None
    contracts: dict[str, TypeName] = Field(default_factory=dict)
    agents: dict[str, Agent] = Field(default_factory=dict)
    thief: Thief | None = None
    steps: tuple[AnyStep, ...] = ()
    expect: Expect = Expect()
    sweep: Annotated[tuple[dict[str, Any], ...], BeforeValidator(_cases)] = ()

    @property
    def verbs(self) -> Iterator[Verb]:
        """What the steps do, in their order."""
        return (verb for step in self.steps for verb in step.verbs)

    @property
    def rollup_parameters(self) -> dict[str, Any]:
        """The parameters of the rollup, with amounts and durations as numbers."""
        return _numbers(self.rollup)

    @property
    def needs(self) -> frozenset[str]:
        """What the run has to set up: "rollup", "channels" or "sidechain"."""
        found = {verb.needed for verb in self.verbs} | ({"rollup"} if self.agents else set())
        found |= set() if self.sidechain is None else {"sidechain"}
        if any(isinstance(mark, Refers) and name in OWN for _, mark, name in names_in(self)):
            found.add("rollup")
        return frozenset(found - {""})

    def with_case(self, case: dict[str, Any]) -> Scenario:
        """Return the scenario with the fields of a case of its sweep, and without the sweep.

        Raises LookupError for a path that leads nowhere, and pydantic's ValidationError for a value that does not fit.
        """
        plain = self.plain()
        plain.pop("sweep", None)
        for path, value in case.items():
            *way, last = path.split(".")
            inner: Any = plain
            try:
                for part in way:
                    inner = inner[int(part)] if isinstance(inner, list) else inner.setdefault(part, {})
                inner[int(last) if isinstance(inner, list) else last] = value
            except (LookupError, ValueError, AttributeError, TypeError):
                raise LookupError(path) from None
        return Scenario.model_validate(plain)

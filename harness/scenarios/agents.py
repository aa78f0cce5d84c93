"""The agents of a scenario: who plays which role, how it lies, and when it is away."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from harness.scenarios.base import Actor, Record, Short, Way
from harness.scenarios.values import Amount, Duration, Moment, When

if TYPE_CHECKING:
    from harness.agents.tactics import Tactic

LIES = (
    "accept_bad_signature",
    "accept_foreign",
    "accept_invalid",
    "all_zero",
    "drop_deposit",
    "exceed_budget",
    "flip_storage",
    "forge_withdrawal",
    "forget_floor",
    "forget_unused_gas",
    "invent_budget",
    "invent_deposit",
    "made_up_from",
    "misspend_budget",
    "reject_valid",
    "reorder_inputs",
    "tamper_gas",
    "tamper_memory",
    "tamper_opcode",
    "unposted_batch",
    "wrong_at_random",
    "wrong_attributes",
    "wrong_authority",
    "wrong_authority_nonce",
    "wrong_block_words",
    "wrong_data_fee",
    "wrong_delegate",
    "wrong_fee",
    "wrong_fork",
    "wrong_from",
    "wrong_nonce",
    "wrong_output",
    "wrong_root",
    "wrong_sender",
    "wrong_verdict",
)
"""The lies of `harness.agents.faults`, by name."""
TACTICS = {
    "sound": "Sound",
    "silent": "Silent",
    "poisoner": "Poisoner",
    "freeloader": "Freeloader",
    "sybils": "Sybils",
    "zero-claims": "ZeroClaims",
    "clock-griefer": "ClockGriefer",
    "bond-exhaustion": "BondExhaustion",
    "copier": "Copier",
    "last-second": "LastSecond",
    "repeater": "Repeater",
}
"""The tactics of `harness.agents.faults`: the word of a scenario, and the class."""
INNERMOST = ("sound", "silent")
"""Tactics that wrap no other."""


Role = Literal["proposer", "challenger", "sequencer"]
CREW: dict[str, Role] = {"trent": "sequencer", "peggy": "proposer", "olivia": "challenger"}
"""Who plays the honest roles if nobody else does."""


class Place(Record):
    """A place in L2: a batch, a transaction in it, an opcode in that. Batches count from 0, the others from 1.

    ``name`` is the name of the step, such as MUL.
    """

    batch: int = Field(ge=0)
    transaction: int | None = Field(default=None, ge=1)
    opcode: int | None = Field(default=None, ge=1)
    name: str | None = None


class Lie(Short):
    """A lie about L2: a fault by name, at a place or with the fault's own parameters."""

    short: ClassVar[str] = "kind"
    kind: Literal[LIES]  # type: ignore[valid-type]
    at: Place | None = None
    opcode: str | None = None
    nth: int | None = Field(default=None, ge=0)
    index: int | None = Field(default=None, ge=0)
    salt: int | None = Field(default=None, ge=0)
    gas: int | None = None
    wei: Amount | None = None
    to: Actor | None = None
    fork: str | None = None
    precompile: str | None = None
    told: str | None = None

    def make(self) -> Any:
        """Return the fault."""
        from harness.agents import faults
        from harness.chain.values.accounts import well_known_accounts
        from harness.primitives.hashing import word

        if self.at is not None:
            return faults.tamper_at(self.at.batch, self.at.transaction, self.at.opcode)
        fault, given = getattr(faults, self.kind), self._given()
        if "salt" in given and fault.__annotations__["salt"] == "bytes":
            given["salt"] = word(given["salt"])
        if self.to is not None:
            given["to"] = well_known_accounts()[self.to].address
        return fault(**given)

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.model_fields_set - {"kind", "at"}}

    def problems(self) -> Iterator[tuple[Way, str]]:
        """Yield what does not fit together."""
        from harness.agents import faults

        if self.at is not None:
            if self.kind != "tamper_opcode" or self._given():
                yield ("at",), "only tamper_opcode takes a place, and then nothing else"
            elif self.at.opcode is not None and self.at.transaction is None:
                yield ("at", "opcode"), "an opcode needs a transaction"
            return
        parameters = inspect.signature(getattr(faults, self.kind)).parameters
        for name in sorted(self._given().keys() - parameters.keys()):
            yield (name,), f"{self.kind} does not take it, expected {', '.join(parameters) or 'nothing'}"
        for name, parameter in parameters.items():
            if parameter.default is parameter.empty and getattr(self, name, None) is None:
                yield ("kind",), f"{self.kind} needs {name}"


class Away(Record):
    """An absence: the agent does nothing for a time ``after`` a moment; at once if there is none."""

    after: When | None = None
    duration: Duration = Field(alias="for")


class Agent(Record):
    """Somebody who takes part.

    Without a lie, a fault and a tactic it is honest. Tactics compose: the first wraps the second, and makes further
    claims until it has ``budget`` of them (bond-exhaustion: until its bonds come to 1 ether). ``away`` holds
    absences in their order. ``purse`` is the ether that it has at the start, on L1. Agents of one ``owner`` count as
    one for the oracle liars-pay; without it each counts by itself.
    """

    role: Role
    account: Actor | None = None
    owner: str | None = Field(default=None, min_length=1)
    lie: Lie | None = None
    tactic: tuple[Literal[tuple(TACTICS)], ...] = ()  # type: ignore[valid-type]
    budget: int = Field(default=16, ge=1)
    away: tuple[Away, ...] = ()
    confirms: bool = True
    opens: bool = True
    stopped: bool = False
    censors: tuple[Actor, ...] = ()
    purse: Amount | None = None

    @property
    def is_honest(self) -> bool:
        """Whether it follows the protocol whenever it is there."""
        return self.lie is None and set(self.tactic) <= {"sound"} and not self.stopped and not self.censors

    def play(self) -> Tactic | None:
        """Return the tactic; None for the honest one."""
        from harness.agents import faults

        if not self.tactic:
            return None
        names = self.tactic if self.tactic[-1] in INNERMOST else (*self.tactic, "sound")
        made: Any = getattr(faults, TACTICS[names[-1]])()
        for name in reversed(names[:-1]):
            kind = getattr(faults, TACTICS[name])
            parameters = inspect.signature(kind).parameters
            # With so many at one place, the budget alone is what ends them.
            given = {
                key: self.budget for key in ("budget", *(["count"] if name == "sybils" else [])) if key in parameters
            }
            made = kind(made, **given)
        return made  # type: ignore[no-any-return]

    def problems(self) -> Iterator[tuple[Way, str]]:
        """Yield what does not fit together."""
        if self.lie is not None:
            yield from ((("lie", *way), said) for way, said in self.lie.problems())
            if self.role == "sequencer":
                yield ("lie",), "a sequencer does not lie about L2; it can be stopped, or censor"
        if self.role != "sequencer" and (self.stopped or self.censors):
            yield ("stopped" if self.stopped else "censors",), f"a {self.role} does not sequence"
        for place, name in enumerate(self.tactic[:-1]):
            if name in INNERMOST:
                yield ("tactic", place), f"{name} wraps no other tactic, expected it at the end"
        yield from self._absences()

    def _absences(self) -> Iterator[tuple[Way, str]]:
        """Yield the absences that contradict each other."""
        until: int | None = None
        for place, each in enumerate(self.away):
            way: Way = ("away", place)
            start = _start(each.after)
            if each.duration == 0:
                yield (*way, "for"), "it is 0 s, expected a duration above 0"
            if until is not None and start is not None and start < until:
                yield (*way, "after"), "it begins before the absence above it ends"
            until = None if start is None else start + each.duration


def _start(moment: Moment | None) -> int | None:
    if moment is None:
        return 0
    return moment.number if moment.kind == "time" else None

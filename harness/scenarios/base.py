"""What all parts of a scenario are: frozen records with no unknown field, whose names refer to each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from harness.scenarios.values import CallText

Way = tuple[str | int, ...]
OWN = ("portal", "assertions", "sequencer_inbox", "delayed_inbox", "roots", "token_bridge", "passer", "fee_vault")
"""The rollup's own contracts, by the names that steps call them by."""

SIDECHAIN = ("light_client", "near_bridge", "far_bridge", "near_port", "far_port", "stakes")
"""The contracts of a sidechain, by the names that steps call them by; the far ones lie on the sidechain itself."""


HANDLES = {
    "contract": "a contract",
    "message": "a message of the delayed inbox",
    "withdrawal": "a withdrawal",
    "assertion": "an assertion",
    "channel": "a channel",
    "state": "a state of a channel",
    "payment": "a routed payment",
    "game": "a turn-taking game",
    "crossing": "a message over the bridge of a sidechain",
    "header": "a header that validators forged",
}
"""What steps make and name, by kind, in words."""


@dataclass(frozen=True, slots=True)
class Refers:
    """Marks a field that holds a name.

    ``kind`` says of what: an "actor", an "agent", a contract "type", a "handle" of an earlier step or one of a kind of
    `HANDLES`, or a "thing", which is an actor or a handle.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Defines:
    """Marks a field that gives a name to what its step makes: of a kind of `HANDLES`; "" may be any."""

    kind: str = ""


class Record(BaseModel):
    """A frozen record."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, arbitrary_types_allowed=True)

    def plain(self) -> dict[str, Any]:
        """Return the record as JSON has it, without what was left to its default."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


class Short(Record):
    """A record that may be written as one value: that of its field ``short``."""

    short: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _from_short(cls, given: Any) -> Any:
        is_long = isinstance(given, (dict, Record)) or not cls.short
        return given if is_long else {cls.short: given}


def _with_contract(name: str) -> str:
    """Name the contract that a file is called after, where a file alone is named."""
    return f"{name}:{PurePosixPath(name).stem}" if name.endswith(".sol") else name


Actor = Annotated[str, Refers("actor")]
"""The name of an account."""
AgentName = Annotated[str, Refers("agent")]
"""The name of an agent that takes part."""
TypeName = Annotated[str, Refers("type"), AfterValidator(_with_contract)]
"""A contract of the project, or a built-in one: ``Loop``, ``src/Loop.sol``, or ``src/Loop.sol:Loop``."""
HandleName = Annotated[str, Refers("handle")]
"""What an earlier step has named by ``as``, or one of the rollup's own contracts."""
ThingName = Annotated[str, Refers("thing")]
"""An account, or what `HandleName` may be."""
NewName = Annotated[str, Defines()]
"""A name for later steps."""
ContractName = Annotated[str, Refers("contract")]
MessageName = Annotated[str, Refers("message")]
WithdrawalName = Annotated[str, Refers("withdrawal")]
AssertionName = Annotated[str, Refers("assertion")]
ChannelName = Annotated[str, Refers("channel")]
StateName = Annotated[str, Refers("state")]
GameName = Annotated[str, Refers("game")]
NewContract = Annotated[str, Defines("contract")]
NewMessage = Annotated[str, Defines("message")]
NewWithdrawal = Annotated[str, Defines("withdrawal")]
NewAssertion = Annotated[str, Defines("assertion")]
NewChannel = Annotated[str, Defines("channel")]
NewState = Annotated[str, Defines("state")]
NewPayment = Annotated[str, Defines("payment")]
NewGame = Annotated[str, Defines("game")]
CrossingName = Annotated[str, Refers("crossing")]
HeaderName = Annotated[str, Refers("header")]
NewCrossing = Annotated[str, Defines("crossing")]
NewHeader = Annotated[str, Defines("header")]


def names_in(record: Record, way: Way = ()) -> Iterator[tuple[Way, Refers | Defines, str]]:
    """Yield each name that a record holds, with the way to it and its mark, in order of the fields."""
    for name, field in type(record).model_fields.items():
        value = getattr(record, name)
        here = (*way, field.alias or name)
        marks = (*field.metadata, *_metadata(field.annotation))
        for mark in marks:
            if isinstance(mark, Refers | Defines):
                yield from ((each, mark, said) for each, said in _texts(value, here))
        yield from _within(value, here)


def _metadata(annotation: Any) -> Iterator[Any]:
    """Yield the marks within an annotation, such as ``Actor | None``."""
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _metadata(inner)


def _texts(value: Any, way: Way) -> Iterator[tuple[Way, str]]:
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            yield from _texts(each, (*way, place))


def _within(value: Any, way: Way) -> Iterator[tuple[Way, Refers | Defines, str]]:
    if isinstance(value, Record):
        yield from names_in(value, way)
    elif isinstance(value, CallText):
        yield way, Refers("contract"), value.target
        yield from ((way, Refers("thing"), name) for name in value.names)
    elif isinstance(value, tuple | dict):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _within(each, (*way, key))

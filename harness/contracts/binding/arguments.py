"""Which of several functions a call means, and which of its keywords are arguments.

A keyword that names a parameter which no position has filled is that argument; every other keyword is the call's own:
``transfer(bob, value=5, sender=alice)`` of ``transfer(address to, uint256 value)`` transfers 5, and
``deposit(5, value=1, sender=alice)`` of ``deposit(uint256 value)`` sends 1 wei along with the argument 5.

Of overloads those come into question whose parameters are all given and take the arguments' Python types; values do
not choose. A text is text first: it is read as hex only where no overload takes it as it is. Where two are left, the
call is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from harness.chain.values.abi import Entry, described, names_of
from harness.chain.values.codec import encode_arguments
from harness.chain.values.coercion import coerce, read_as_hex
from harness.chain.values.value_errors import ValueMisfit
from harness.contracts.errors import AmbiguousOverload, WrongArguments
from harness.errors import did_you_mean


class Signed(Protocol):
    """A function, event or error of an ABI."""

    @property
    def signature(self) -> str:
        """The signature, as in ``transfer(address,uint256)``."""

    @property
    def inputs(self) -> Sequence[Entry]:
        """The parameters' entries of the ABI."""


Kind = TypeVar("Kind", bound=Signed)


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call as given. ``own`` are the keywords that the call itself understands."""

    positions: tuple[Any, ...]
    keywords: Mapping[str, Any]
    own: tuple[str, ...] = ()

    @property
    def shown(self) -> object:
        """The arguments as text, for a message."""
        named = {name: value for name, value in self.keywords.items() if name != "sender"}
        return (*self.positions, named) if named else self.positions

    def fill(self, inputs: Sequence[Entry]) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """Return the values of all parameters and the call's own keywords; None unless each has its place."""
        rest = names_of(inputs)[len(self.positions) :]
        if len(self.positions) > len(inputs) or any(name not in self.keywords for name in rest):
            return None
        left = {name: value for name, value in self.keywords.items() if name not in rest}
        if any(name not in self.own for name in left):
            return None
        return (*self.positions, *(self.keywords[name] for name in rest)), left

    def why_not(self, inputs: Sequence[Entry]) -> str:
        """Say why `fill` finds no place for every argument."""
        names = names_of(inputs)
        rest = names[len(self.positions) :]
        for name in self.keywords:
            if name in names and name not in rest and name not in self.own:
                return f"{name!r} is given twice, by position and by name"
            if name not in names and name not in self.own:
                return f"it has no parameter {name!r}{did_you_mean(name, (*names, *self.own))}"
        missing = [name for name in rest if name not in self.keywords]
        if missing:
            return f"{', '.join(missing)} not given"
        return f"{len(self.positions)} arguments for {len(inputs)} parameters"


@dataclass(frozen=True, slots=True)
class _Candidate(Generic[Kind]):
    kind: Kind
    values: tuple[Any, ...]
    left: dict[str, Any]
    hexes: tuple[int, ...]
    """How many texts of each argument are read as hex."""

    def beats(self, other: _Candidate[Kind]) -> bool:
        """Return whether it takes more arguments as they are, and none less."""
        pairs = tuple(zip(self.hexes, other.hexes, strict=True)) if len(self.hexes) == len(other.hexes) else ()
        return self.hexes != other.hexes and bool(pairs) and all(mine <= theirs for mine, theirs in pairs)


def choose(what: str, kinds: Sequence[Kind], given: Given, table: str) -> tuple[Kind, tuple[Any, ...], dict[str, Any]]:
    """Return the chosen member, the values of its parameters in order, and the call's own keywords.

    ``what`` names the call in messages; ``table`` is the attribute that finds a member by its signature. Raises
    WrongArguments and AmbiguousOverload.
    """
    if len(kinds) == 1:
        filled = given.fill(kinds[0].inputs)
        if filled is None:
            reason = given.why_not(kinds[0].inputs)
            raise WrongArguments(what, given.shown, described(kinds[0].inputs), reason)
        return kinds[0], *filled
    filled_ones = [(kind, found) for kind in kinds if (found := given.fill(kind.inputs)) is not None]
    if len(filled_ones) == 1:
        return filled_ones[0][0], *filled_ones[0][1]
    fitting = [
        _Candidate(kind, *found, _hexes(kind.inputs, found[0])) for kind, found in filled_ones if _fits(kind, found[0])
    ]
    if any("sender" in candidate.left for candidate in fitting):
        fitting = [candidate for candidate in fitting if "sender" in candidate.left]
    best = [one for one in fitting if all(one is other or one.beats(other) for other in fitting)]
    if len(best) == 1:
        return best[0].kind, best[0].values, best[0].left
    if fitting:
        raise AmbiguousOverload(what, given.shown, tuple(one.kind.signature for one in fitting), table)
    problems: list[tuple[Kind, object]] = [(kind, _problem(kind, found[0])) for kind, found in filled_ones]
    reasons = problems or [(kind, given.why_not(kind.inputs)) for kind in kinds]
    reason = "; ".join(f"{kind.signature}: {problem}" for kind, problem in reasons)
    raise WrongArguments(what, given.shown, " or ".join(kind.signature for kind in kinds), reason)


def _problem(kind: Signed, values: Sequence[Any]) -> ValueMisfit | None:
    """Return the first value of a wrong kind; a value that is only out of range does not count."""
    for item, name, value in zip(kind.inputs, names_of(kind.inputs), values, strict=True):
        try:
            coerce(item, value, name)
        except ValueMisfit as misfit:
            if not misfit.out_of_range:
                return misfit
    return None


def _fits(kind: Signed, values: Sequence[Any]) -> bool:
    return _problem(kind, values) is None


def _hexes(inputs: Sequence[Entry], values: Sequence[Any]) -> tuple[int, ...]:
    return tuple(read_as_hex(item, value) for item, value in zip(inputs, values, strict=True))


def encode(what: str, inputs: Sequence[Entry], values: Sequence[Any]) -> bytes:
    """Return the arguments' ABI encoding; raises WrongArguments."""
    try:
        return encode_arguments(inputs, values)
    except ValueMisfit as misfit:
        raise WrongArguments(what, tuple(values), described(inputs), str(misfit)) from None

"""What an attack is, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.adapters.errors import NotApplicable
from harness.errors import HarnessError, did_you_mean

if TYPE_CHECKING:
    from harness.adapters.base import Adapter
    from harness.attack.stage import Stage


class Found(HarnessError):
    """An attack broke a promise.

    ``broke`` names the promise, and ``evidence`` says how in a sentence. ``gained`` is what the attacker has more than
    it put in and was entitled to; ``lost`` is what the honest side has less. ``moves`` are what a combined attack did.
    """

    def __init__(
        self, broke: str, evidence: str, *, gained: int = 0, lost: int = 0, moves: tuple[str, ...] = ()
    ) -> None:
        super().__init__(f"{broke}: {evidence}")
        self.broke = broke
        self.evidence = evidence
        self.gained = gained
        self.lost = lost
        self.moves = moves


class OtherVariant(NotApplicable):
    """A variant of an attack is about something else than these contracts, so that it says nothing about them."""


class Verdict(StrEnum):
    """What came of an attack."""

    FOUND = "FOUND"
    HELD = "HELD"
    NOT_APPLICABLE = "NOT APPLICABLE"
    FAILED = "FAILED"
    """The attack could not be played to its end, because of the adapter or of the harness: it says nothing."""


@dataclass(frozen=True, slots=True)
class Attack:
    """One way to break a contract.

    ``shows`` says in a sentence what a finding shows. ``play`` plays it and returns the evidence of what held: the
    revert that stopped it, or what everybody got. It raises `Found` for a broken promise and `NotApplicable` with the
    reason if the contracts lack what it needs. ``variants`` are played one after the other, each on a chain that is as
    new; the stage says which one it is.
    """

    name: str
    shows: str
    play: Callable[[Stage], str] = field(repr=False)
    variants: tuple[str, ...] = ("",)
    touches: tuple[str, ...] = ()
    """Built-in contracts that it is about; their mutants are attacked by it first."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attack; amounts are in the asset's smallest units.

    ``traceback`` is that of the exception that made an attack fail, else "".
    """

    attack: str
    shows: str
    verdict: Verdict
    evidence: str
    variant: str = ""
    broke: str = ""
    gained: int = 0
    lost: int = 0
    moves: tuple[str, ...] = ()
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """The attacks on one kind of contracts.

    ``built_in`` maps names to the built-in adapters, as "module:Class"; the first is the default. ``search`` returns an
    attack that plays the given moves, or that looks for some if there are none; None if the kind has no search.
    """

    kind: str
    protocol: type[Adapter]
    built_in: Mapping[str, str]
    attacks: tuple[Attack, ...]
    search: Callable[[tuple[str, ...]], Attack] | None = None

    def attack(self, name: str, moves: tuple[str, ...] = ()) -> Attack:
        """Return the attack of a name; raises UnknownAttack."""
        known = {attack.name: attack for attack in self.attacks}
        if self.search is not None:
            found = self.search(moves)
            known[found.name] = found
        if name not in known:
            raise UnknownAttack(name, self.kind, tuple(known))
        return known[name]


class UnknownAttack(HarnessError):
    """A pack has no attack of this name."""

    def __init__(self, name: str, kind: str, known: tuple[str, ...]) -> None:
        super().__init__(f"the pack of kind {kind} has no attack {name!r}{did_you_mean(name, known)}")
        self.name = name
        self.kind = kind
        self.known = known

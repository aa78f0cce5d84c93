"""The lives of sidechains as plain data, and how they are drawn."""

from __future__ import annotations

import random
from dataclasses import dataclass

from harness.fuzz.cases import check_names

SIZES = (3, 4, 6, 7, 9)
"""How many validators a chain begins with."""

_WEIGHTS = {
    "deposit": 6, "withdraw": 4, "lock": 3, "unlock": 3, "mine": 5, "reorg": 1, "step": 8, "warp": 2, "silence": 2,
    "corrupt": 1, "mend": 1, "vote": 1.5, "pay": 1, "execute": 2, "refund": 1, "cheat": 1, "forge": 2, "freeze": 1,
    "expire": 0.5, "stake": 1, "unstake": 1,
}  # fmt: skip

VERBS = tuple(_WEIGHTS)
"""What can happen; ``amount`` is drawn for each, and taken as far as it makes sense."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happens in a life."""

    verb: str
    amount: int

    def __post_init__(self) -> None:
        check_names("verb", [self.verb], VERBS)


@dataclass(frozen=True, slots=True)
class SidechainCase:
    """A life: how many validators, and what happens one after the other."""

    validators: int
    happenings: tuple[Happening, ...]

    def __post_init__(self) -> None:
        if self.validators not in SIZES:
            raise ValueError(
                f"validators is {self.validators}, expected {', '.join(map(str, SIZES[:-1]))} or {SIZES[-1]}"
            )


def draw(seed: int, index: int) -> SidechainCase:
    """Return the case of a seed with this index. Each case is drawn on its own, so that it can be played alone."""
    chance = random.Random(f"sidechain {seed} {index}")
    verbs = chance.choices(VERBS, tuple(_WEIGHTS.values()), k=chance.randint(8, 24))
    return SidechainCase(chance.choice(SIZES), tuple(Happening(verb, chance.randrange(1_000)) for verb in verbs))

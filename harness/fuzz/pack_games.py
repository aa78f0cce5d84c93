"""Games drawn from the pack of attacks: an attack of it, and then moves that a seed combines."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from harness.adapters.choosing import KnownContracts
from harness.adapters.counting_game import CountingGame
from harness.adapters.errors import NotApplicable
from harness.attack.attack import Found
from harness.attack.game import search
from harness.attack.game.pack import PACK
from harness.attack.search import NAME, Pool
from harness.attack.stage import Stage
from harness.chain import Chain
from harness.fuzz.arena import GameFault
from harness.fuzz.cases import check_names
from harness.fuzz.losses import AttackCase


class PackFault(GameFault):
    """An attack of the pack broke a promise; ``attack`` is the one that did, and ``found`` what it says."""

    def __init__(self, case: PackCase, attack: AttackCase, found: Found) -> None:
        moves = f" ({' '.join(attack.moves)})" if attack.moves else ""
        super().__init__(f"{case.name}: {attack.name}{moves}: {found}")
        self.attack = attack
        self.found = found


GAMES = 16
"""Games of combined moves that follow the attack."""
FULL = 2
"""The first games of a seed from the pack, which share all its attacks, so that few games miss none."""
SLOW = "thousands of claims"
NAMES = tuple(attack.name for attack in PACK.attacks if attack.name != SLOW)


@dataclass(frozen=True, slots=True)
class PackCase:
    """An attack of the pack in one of its variants, then ``games`` games of combined moves, as plain data.

    The attacks in ``more`` come in between, each in a variant that the seed draws.
    """

    seed: int
    index: int
    attack: str
    variant: str
    games: int
    more: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_names("attack", [self.attack, *self.more], NAMES)
        check_names("variant", [self.variant], PACK.attack(self.attack).variants)

    @property
    def tags(self) -> dict[str, tuple[str, ...]]:
        """What was drawn, by heading."""
        return {"on": ("an adapter",), "attack": (self.attack, *self.more, NAME)}

    @property
    def name(self) -> str:
        """What a failure prints."""
        variant = f" ({self.variant})" if self.variant else ""
        more = f", {len(self.more)} more attacks" if self.more else ""
        return (
            f"game {self.index} through an adapter: {self.attack}{variant}{more}, "
            f"then {self.games} games of combined moves"
        )

    def attacks(self) -> Iterator[AttackCase]:
        """Yield the attacks in order."""
        yield AttackCase("game", self.attack, self.variant, self.seed)
        for name in self.more:
            rng = random.Random(f"variant {self.seed} {name}")
            yield AttackCase("game", name, rng.choice(PACK.attack(name).variants), self.seed)


def draw(seed: int, index: int, place: int = FULL) -> PackCase:
    """Return the case of a seed with this index, whose ``place`` is that among the seed's games from the pack."""
    rng = random.Random(f"pack games {seed} {index}")
    attack = PACK.attack(rng.choice(NAMES))
    everything = random.Random(f"whole pack {seed}").sample(NAMES, len(NAMES))
    more = tuple(everything[place::FULL]) if place < FULL else ()
    return PackCase(seed, index, attack.name, rng.choice(attack.variants), GAMES, more)


def play(chain: Chain, case: PackCase) -> Counter[str]:
    """Play a case; raises GameFault if the contracts break a promise. Nothing of L1 disturbs it."""
    for attack in case.attacks():
        try:
            play_attack(chain, attack)
        except Found as found:
            raise PackFault(case, attack, found) from found
    _combine(chain, case)
    return Counter()


def play_attack(chain: Chain, attack: AttackCase) -> None:
    """Play an attack, and restore the chain; raises Found for a broken promise."""
    mark = chain.snapshot()
    try:
        stage = Stage(chain, CountingGame, KnownContracts(None), seed=attack.seed, variant=attack.variant)
        PACK.attack(attack.name, attack.moves).play(stage)
    except NotApplicable:
        pass
    finally:
        chain.restore(mark)


def _combine(chain: Chain, case: PackCase) -> None:
    pool = Pool(random.Random(f"combined {case.seed} {case.index}"))
    mark, contracts = chain.snapshot(), KnownContracts(None)
    for _ in range(case.games):
        words = pool.draw()
        try:
            search.one(Stage(chain, CountingGame, contracts), words, pool)
        except Found as found:
            raise PackFault(case, AttackCase("game", NAME, "", 0, tuple(words), is_combined=True), found) from found
        finally:
            chain.restore(mark)

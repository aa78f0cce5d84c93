"""The verb that plays an attack of a pack through an adapter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class PlayAttack(Verb):
    """Plays an attack of a pack against the contracts of an adapter; a broken promise fails the step.

    ``adapter`` is a built-in one, file.py:Class or a dotted name; by default that of the project's settings.
    ``variant`` is one that the attack has. ``moves`` are what a combined attack does.
    """

    word: ClassVar[str] = "attack"
    kind: Literal["application", "assertions", "bridge", "channel", "game", "inbox", "prover", "sidechain"]
    name: str
    adapter: str | None = None
    variant: str = ""
    seed: int = Field(default=0, ge=0)
    moves: tuple[str, ...] = ()

    def perform(self, world: World) -> str:
        """Play it. Raises Found for a broken promise, NotApplicable, and what choosing an adapter raises."""
        from harness.adapters.choosing import choose
        from harness.attack.kinds import KINDS, pack_of
        from harness.attack.stage import Stage
        from harness.scenarios.errors import StepImpossible

        if self.kind not in KINDS:
            raise StepImpossible("attack", f"there is no pack of the kind {self.kind}, expected {', '.join(KINDS)}")
        pack = pack_of(self.kind)
        attack = pack.attack(self.name, self.moves)
        chosen = choose(self.kind, self.adapter, pack.built_in, pack.protocol)
        stage = Stage(
            world.l1,
            chosen.kind,
            chosen.contracts,
            seed=self.seed,
            variant=self.variant or attack.variants[0],
            reorg=world.recorder.reorg,
        )
        return f"{self.name} is played and held: {attack.play(stage)}"

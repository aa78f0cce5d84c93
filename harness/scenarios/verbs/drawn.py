"""The verb that plays a case that `harness fuzz` has drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import model_validator

from harness.scenarios.verb import Verb

if TYPE_CHECKING:
    from harness.scenarios.world import World


class PlayDrawn(Verb):
    """Plays a drawn game or life with parties of its own; the step fails if the honest side loses it.

    ``case`` has the fields of the case, as a line of ``harness fuzz ... --print`` has them.
    """

    word: ClassVar[str] = "drawn"
    kind: Literal["ChannelCase", "GameCase", "RollupCase", "SidechainCase"]
    case: dict[str, Any]

    @model_validator(mode="after")
    def _checked(self) -> Self:
        from harness.fuzz.alone import case_from

        case_from(self.kind, self.case)
        return self

    def perform(self, world: World) -> str:
        """Play it. Raises CaseLost."""
        from harness.fuzz.alone import case_from, play

        # A case reorganises L1 itself: what L1 loses must have been written down before.
        with world.l1.on_transaction(lambda *_: world.recorder.sync()):
            play(world.l1, case_from(self.kind, self.case))
        return "the drawn case is played, and the honest side has won it"

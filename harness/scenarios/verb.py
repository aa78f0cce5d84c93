"""What every verb of a scenario is."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from harness.scenarios.base import Short

if TYPE_CHECKING:
    from harness.scenarios.world import World


class Verb(Short):
    """What a step does. ``word`` is its name in a file; ``needs`` is "rollup", "channels", "sidechain" or ""."""

    word: ClassVar[str]
    needs: ClassVar[str] = ""

    @property
    def needed(self) -> str:
        """What this step needs, which may depend on its fields."""
        return self.needs

    @abstractmethod
    def perform(self, world: World) -> str:
        """Do it; return in words what was done. Raises a `HarnessError` if it cannot be done."""

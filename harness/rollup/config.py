"""Parameters of a rollup, and where its contracts are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from harness.rollup.errors import WrongRollupParameter

HOUR = 3_600
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class RollupConfig:
    """What the contracts are deployed with. Times are seconds, amounts wei.

    ``window``: after it anyone forces an overdue delayed message in; a batch reaches back as far. ``lead``: how far
    L2's time may run ahead of L1's. ``period``: the challenge period. ``base_fee``: the price of L2 gas, which is
    burnt.
    """

    chain_id: int = 901
    window: int = DAY
    lead: int = HOUR
    period: int = 7 * DAY
    bond: int = 10**18
    base_fee: int = 10**7

    def __post_init__(self) -> None:
        for name, least in (("chain_id", 1), ("window", 1), ("lead", 0), ("period", 1), ("bond", 0), ("base_fee", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**64:
                raise WrongRollupParameter(name, value, f"a whole number from {least} to 2**64 - 1")

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> RollupConfig:
        """Build from names as a marker or ``[tool.harness.rollup]`` gives them; dashes and underscores are the same.

        Raises WrongRollupParameter for a name that there is not.
        """
        given = {name.replace("-", "_"): value for name, value in parameters.items()}
        known = [field.name for field in fields(cls)]
        for name, value in given.items():
            if name not in known:
                raise WrongRollupParameter(name, value, f"one of {', '.join(known)}")
        return cls(**given)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The rollup's contracts on L1; ``disputes``, the factory of dispute games, is the zero address where there is
    none.
    """

    delayed_inbox: str
    sequencer_inbox: str
    assertions: str
    portal: str
    token_bridge: str

"""Every attack on dispute games."""

from __future__ import annotations

from harness.adapters.game import Game
from harness.attack.attack import Pack
from harness.attack.game import attacks, clocks, search

PACK = Pack(
    kind="game",
    protocol=Game,
    built_in={
        "built-in": "harness.adapters.counting_game:CountingGame",
        "optimism": "harness.adapters.optimism_game:OptimismGame",
        "bold": "harness.adapters.bold_game:BoldGame",
    },
    attacks=(*attacks.named(), *clocks.named()),
    search=search.combined,
)

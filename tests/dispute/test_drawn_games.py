"""Games drawn from a seed, as `harness fuzz games` plays them: the honest side wins each and loses nothing but gas."""

from __future__ import annotations

import random

import pytest

from harness.chain import open_chain
from harness.scenarios import game_cases

SEED = 5
SHORT = [case for case in (game_cases.draw(SEED, index) for index in range(200)) if case.depth <= 8]
DRAWN = random.Random(SEED).sample(SHORT, 25)


@pytest.mark.parametrize("case", DRAWN, ids=lambda case: str(case.index))
def test_the_honest_side_wins(case: game_cases.GameCase) -> None:
    with open_chain("py-evm", seed=case.index) as chain:
        game_cases.play(chain, case)

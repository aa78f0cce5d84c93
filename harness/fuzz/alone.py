"""Plays one drawn case by itself: on a chain that has nothing of the harness yet, and that keeps what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.chain.chain import Chain
from harness.fuzz import counting_games, sidechains
from harness.fuzz.cases import CaseLost, made
from harness.fuzz.channel_life import ChannelCase, live
from harness.fuzz.counting_games import GameCase
from harness.fuzz.losses import said_of
from harness.fuzz.rollup_games import Board, RollupCase
from harness.fuzz.sidechain_cases import SidechainCase
from harness.rollup.contracts import contract_type

Case = ChannelCase | GameCase | RollupCase | SidechainCase


def _life(chain: Chain, case: ChannelCase) -> object:
    return live(contract_type("PaymentChannel").deploy(chain, sender=chain.accounts[-1]), case)


KINDS: dict[str, tuple[type[Any], Callable[[Chain, Any], object]]] = {
    "ChannelCase": (ChannelCase, _life),
    "GameCase": (GameCase, counting_games.play),
    "RollupCase": (RollupCase, lambda chain, case: Board(chain).play_once(case)),
    "SidechainCase": (SidechainCase, sidechains.play_on),
}
"""The cases that can be played alone, by the names of their classes, and how."""


def case_from(kind: str, fields: dict[str, Any]) -> Case:
    """Return the case of a kind with these fields; raises ValueError."""
    found: Case = made(kind, fields, *(each for each, _ in KINDS.values()))
    return found


def play(chain: Chain, case: Case) -> None:
    """Play a case on a chain, and leave the chain as it is then; raises CaseLost whatever it was lost by."""
    try:
        KINDS[type(case).__name__][1](chain, case)
    except CaseLost:
        raise
    except Exception as problem:
        # A crash of somebody honest is a loss, and an assertion that contract and model agree is none of the harness's.
        raise CaseLost(said_of(problem)) from problem

"""Reorgs and full blocks: what only they can find in a contract of channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.adapters.choosing import Chosen, KnownContracts
from harness.attack.attack import Outcome, Verdict
from harness.attack.channel import blocks
from harness.attack.channel.pack import PACK
from harness.attack.runner import run_pack
from tests.attack.planting import planted
from tests.attack.projects.share.share_adapter import ShareAdapter

HERE = Path(__file__).resolve().parent / "projects" / "share"
ATTACKS = tuple(attack.name for attack in blocks.ATTACKS)
OTHERS = ("honest-life", "stale-close", "answer-in-the-last-second", "draw-out")
"""Attacks of the same promises that mine a few blocks only."""


class KeepsIds(ShareAdapter):
    """Promises that channels keep their ids, though the contract counts them."""

    keeps_ids = True


def played(*only: str, adapter: type[ShareAdapter] = ShareAdapter, folder: Path = HERE) -> dict[str, Outcome]:
    found = run_pack(PACK, Chosen("it", adapter, KnownContracts(None, folder)), only=only)
    return {outcome.attack: outcome for outcome in found}


def test_a_sound_contract_holds_under_reorgs_and_full_blocks() -> None:
    verdicts = {name: outcome.verdict for name, outcome in played(*ATTACKS).items()}
    lacking = {"deposit-reorged": Verdict.NOT_APPLICABLE, "opening-reorged": Verdict.NOT_APPLICABLE}
    assert verdicts == dict.fromkeys(ATTACKS, Verdict.HELD) | lacking


def test_ids_that_count_channels_void_what_was_signed_ahead_of_a_reorg() -> None:
    outcome = played("opening-reorged", adapter=KeepsIds)["opening-reorged"]
    assert outcome.verdict is Verdict.FOUND
    assert outcome.broke == "a channel's opening can be mined again"


def test_a_window_of_few_blocks_is_found_by_full_blocks_alone(tmp_path: Path) -> None:
    """The contract states seconds, and counts blocks beside them."""
    noted = "if (c.closesAt == 0) c.closedIn = block.number;\n        if (c.closesAt == 0) c.closesAt"
    changes = (
        ("uint64 closesAt;\n    }", "uint64 closesAt;\n        uint256 closedIn;\n    }"),
        ("amount, amount, 0, 0)", "amount, amount, 0, 0, 0)"),
        ("block.timestamp > c.closesAt)", "(block.timestamp > c.closesAt || block.number > c.closedIn + 30))"),
        ("if (c.closesAt == 0) c.closesAt", noted),
    )
    outcomes = played(*OTHERS, "crowded-window", folder=planted(HERE, tmp_path, *changes))
    assert [name for name, outcome in outcomes.items() if outcome.verdict is Verdict.FOUND] == ["crowded-window"]


class AnswersSoon(ShareAdapter):
    """States a time to answer that is shorter than it takes to fill a block."""

    def deadline(self, channel: Any) -> int | None:
        return super().deadline(channel) and self.chain.now + 20


def test_blocks_that_nobody_can_fill_do_not_hold() -> None:
    outcomes = played("crowded-window", "crowded-end", adapter=AnswersSoon)
    evidence = "the time to answer is 20, too short for others to fill a block"
    assert {name: (each.verdict, each.evidence) for name, each in outcomes.items()} == dict.fromkeys(
        ("crowded-window", "crowded-end"), (Verdict.NOT_APPLICABLE, evidence)
    )

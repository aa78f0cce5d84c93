"""The pack of assertions against a user's own: one open at a time, one challenger who puts up as much, and a judge."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.adapters.choosing import choose
from harness.attack.assertions.pack import PACK
from harness.attack.attack import Outcome, Verdict
from harness.attack.runner import run_pack
from tests.attack.planting import planted

PROJECT = Path(__file__).resolve().parent / "projects" / "one_challenge"
A_LIE, LATE, HONEST = "a lie in dispute", "a late dispute", "an honest assertion"
FAULTS = {
    "a challenge is free": (
        A_LIE,
        'if (msg.value != BOND) revert Refused("not the bond");\n        if (c.status',
        "if (c.status",
    ),
    "the bond of a lie stays": (A_LIE, "credit[c.challenger] += 2 * BOND - LOST;", "credit[c.challenger] += BOND;"),
    "credit is paid again from others' bonds": (A_LIE, "        credit[msg.sender] = 0;\n", ""),
    "a lie is final while it is in dispute": (
        A_LIE,
        'if (c.challenger != address(0)) revert Refused("in dispute");',
        "",
    ),
    "a wrong challenge costs nothing": (LATE, "credit[c.asserter] += BOND - LOST;", ""),
    "a challenge comes late": (LATE, 'if (block.timestamp > c.until) revert Refused("too late");', ""),
}


def attacked(folder: Path, *only: str) -> list[Outcome]:
    word = f"{folder / 'one_challenge_adapter.py'}:OneChallengeAdapter"
    return run_pack(PACK, choose("assertions", word, PACK.built_in, PACK.protocol, root=folder), only=only)


def test_sound_contracts_hold_what_applies_to_them() -> None:
    verdicts = {each.attack: each.verdict for each in attacked(PROJECT)}
    held = {A_LIE, LATE, HONEST, "assertions that are none", "strangers call guarded functions"}
    assert verdicts == {
        name: Verdict.HELD if name in held else Verdict.NOT_APPLICABLE
        for name in (attack.name for attack in PACK.attacks)
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    attack, old, new = FAULTS[fault]
    (outcome,) = attacked(planted(PROJECT, tmp_path, (old, new)), attack)
    assert outcome.verdict is Verdict.FOUND, outcome.evidence

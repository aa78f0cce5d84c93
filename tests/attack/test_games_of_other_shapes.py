"""The game pack against the guide's game with blocks in the place of seconds, and against a duel of two for one pot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import guides
from harness.adapters.choosing import choose
from harness.attack.attack import Outcome, Verdict
from harness.attack.game.pack import PACK
from harness.attack.runner import run_pack
from tests.attack.planting import planted
from tests.plugin.snippets import files_of, snippets_of

GUIDE = files_of(snippets_of(guides.FOLDER / "attack.md"))
SOURCE, ADAPTER = "src/SquareGame.sol", "attacks/squares.py"
IN_BLOCKS = {
    SOURCE: (("block.timestamp", "block.number"), ("1 hours", "60"), ("5 minutes", "5")),
    ADAPTER: (
        ("head.timestamp", "block_number"),
        ("3600", "60"),
        ("300", "5"),
        ("(Game):\n", "(Game):\n    counts_blocks = True\n"),
    ),
}
FAULTS = {
    "claims resolve before their answers": ("parents first", "c.waiting > 0 || block", "block"),
    "a game lasts as long as somebody has answers": (
        "the longest game",
        "if (used > CLOCK - EXTENSION) used = CLOCK - EXTENSION;",
        "used = used / 2;",
    ),
    "an answer in the last block of a clock is refused": (
        "the longest game",
        "if (block.number >= deadline(id)) revert",
        "if (block.number + 1 >= deadline(id)) revert",
    ),
}


def attacked(folder: Path, *only: str, old: str = "", new: str = "") -> list[Outcome]:
    for name, changes in IN_BLOCKS.items():
        text = GUIDE[name]
        for seconds, blocks in changes:
            assert seconds in text
            text = text.replace(seconds, blocks)
        if name == SOURCE and old:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "pyproject.toml").write_text('[tool.harness]\ncontracts = "src"\n', encoding="utf-8")
    word = f"{folder / ADAPTER}:SquareAdapter"
    return run_pack(PACK, choose("game", word, PACK.built_in, PACK.protocol, root=folder), only=only)


def test_a_sound_game_holds(tmp_path: Path) -> None:
    names = {attack for attack, *_ in FAULTS.values()} | {"leaves on both sides"}
    outcomes = attacked(tmp_path, *sorted(names))
    assert [(each.attack, each.evidence) for each in outcomes if each.verdict is not Verdict.HELD] == []
    (longest,) = (each for each in outcomes if each.attack == "the longest game")
    assert re.match(r"it took 1\d\d s of 140 s", longest.evidence), "blocks, which the attack calls seconds"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found(fault: str, tmp_path: Path) -> None:
    attack, old, new = FAULTS[fault]
    (outcome,) = attacked(tmp_path, attack, old=old, new=new)
    assert outcome.verdict is Verdict.FOUND, outcome.evidence


# -- two parties, who take turns

DUEL = Path(__file__).resolve().parent / "projects" / "duel"
DUEL_FAULTS = {
    "anybody answers": (
        "two answers stand",
        'if (msg.sender != turn()) revert Refused("not your turn");\n        if (c.half',
        "if (c.half",
    ),
    "the pot is paid again": (
        "late answers left of a counter",
        'if (winner != address(0)) revert Refused("finished before");',
        "",
    ),
    "a clock does not run": ("the longest game", "claims[id - 1].used + block.number - c.time", "claims[id - 1].used"),
    "a step needs no witness": (
        "leaves on both sides",
        'if (keccak256(abi.encode(number)) != from) revert Refused("not the number before");',
        "",
    ),
    "the loser loses nothing that is burnt": ("a false root", "burnt += BOND / 4;", ""),
}


def duelled(folder: Path, *only: str) -> list[Outcome]:
    word = f"{folder / 'duel_adapter.py'}:DuelAdapter"
    return run_pack(PACK, choose("game", word, PACK.built_in, PACK.protocol, root=folder), only=only)


def test_a_sound_duel_holds_what_applies_to_it() -> None:
    slow = {"a boundary of a clock", "freeloaders", "thousands of claims"}
    outcomes = duelled(DUEL, *(each.name for each in PACK.attacks if each.name not in slow))
    wrong = [each for each in outcomes if each.verdict in (Verdict.FOUND, Verdict.FAILED)]
    assert [(each.attack, each.evidence) for each in wrong] == []
    held = {each.attack for each in outcomes if each.verdict is Verdict.HELD}
    tie = "two answers stand"  # who takes turns answers once, so that no sound duel has a tie
    assert held >= {attack for attack, *_ in DUEL_FAULTS.values()} - {tie} | {"a true root", "copied answers"}
    assert tie not in held


@pytest.mark.parametrize("fault", DUEL_FAULTS)
def test_a_fault_of_a_duel_is_found(fault: str, tmp_path: Path) -> None:
    attack, old, new = DUEL_FAULTS[fault]
    (outcome,) = duelled(planted(DUEL, tmp_path, (old, new)), attack)
    assert outcome.verdict is Verdict.FOUND, outcome.evidence

"""The search combines moves, finds what single attacks may miss, and shortens what it found."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import pytest

from harness.adapters.choosing import choose
from harness.attack.attack import Attack, Found, Outcome, Verdict
from harness.attack.channel.pack import PACK
from harness.attack.kinds import KINDS
from harness.attack.runner import run_pack
from harness.attack.search import NAME, shortest
from harness.scenarios.verbs.attacks import PlayAttack
from tests.attack.planting import planted

HERE = Path(__file__).resolve().parent / "projects" / "share"


def looked(folder: Path, moves: tuple[str, ...] = (), seed: int = 0) -> Outcome:
    chosen = choose("channel", f"{folder / 'share_adapter.py'}:ShareAdapter", PACK.built_in, PACK.protocol, root=folder)
    assert PACK.search is not None
    attack: Attack = PACK.search(moves)
    pack = type(PACK)(PACK.kind, PACK.protocol, PACK.built_in, (attack,))
    (outcome,) = run_pack(pack, chosen, seed=seed)
    return outcome


def test_moves_on_sound_channels_break_nothing() -> None:
    outcome = looked(HERE)
    assert outcome.verdict is Verdict.HELD
    assert outcome.evidence.startswith("24 games, ")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if (nonce <= c.nonce)", "if (nonce == 0)"),
        ("if (recover(digest, sigB) != c.b)", "if (sigB.length != 65)"),
    ],
    ids=["older states count", "one signature counts"],
)
def test_a_fault_is_found_by_few_moves_that_break_the_promise_again(old: str, new: str, tmp_path: Path) -> None:
    folder = planted(HERE, tmp_path, (old, new))
    found = looked(folder)
    assert found.verdict is Verdict.FOUND
    assert 1 <= len(found.moves) <= 4
    assert looked(folder, found.moves).broke == found.broke
    assert looked(HERE, found.moves).verdict is Verdict.HELD


def test_words_without_which_the_promise_still_breaks_are_left_out() -> None:
    def play(words: Sequence[str]) -> Found | None:
        return Found("conservation", f"by {len(words)}", lost=len(words)) if {"b", "e"} <= set(words) else None

    found = shortest("abcdef", Found("conservation", "by 6", lost=6), play)
    assert (found.moves, found.evidence, found.lost) == (("b", "e"), "by 2", 2)


def test_another_promise_is_no_shorter_way_to_break_this_one() -> None:
    found = shortest("ab", Found("conservation", "a wei is gone"), lambda words: Found("time", "it takes a year"))
    assert (found.moves, found.broke) == (("a", "b"), "conservation")


def test_a_scenario_can_play_an_attack_of_every_kind() -> None:
    assert set(get_args(PlayAttack.model_fields["kind"].annotation)) == set(KINDS)


def test_the_search_is_an_attack_by_name() -> None:
    assert PACK.attack(NAME).name == NAME

"""Drawn lives of sidechains end well while fewer than a third lie, and the oracle sees when they do not."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cli import main
from harness.fuzz.cases import case_of, line_of
from harness.fuzz.sidechain_books import SidechainFault
from harness.fuzz.sidechain_cases import VERBS, Happening, SidechainCase, draw
from harness.fuzz.sidechains import Shores, open_shores
from harness.mutants.patches import Mutant

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shores() -> Iterator[Shores]:
    with open_shores() as opened:
        yield opened


def life(*happenings: tuple[str, int]) -> SidechainCase:
    return SidechainCase(4, tuple(Happening(verb, amount) for verb, amount in happenings))


def test_drawn_lives_end_well(shores: Shores) -> None:
    happened = sum((shores.play(draw(11, index)) for index in range(16)), Counter[str]())
    assert set(happened) == set(VERBS)


def test_a_case_is_read_back_from_its_line() -> None:
    cases = [draw(3, index) for index in range(50)]
    assert [case_of(line_of(case), SidechainCase) for case in cases] == cases
    assert len(set(cases)) == 50


@pytest.mark.parametrize(
    ("case", "broken", "says"),
    [
        (life(("deposit", 100), ("step", 0), ("reorg", 2)), "depth", "after reorg: L1 has locked 0 wei"),
        (life(("deposit", 100), ("mine", 7), ("step", 0)), "reserve", "after deposit: L1 has locked"),
        (life(*(("step", 0) for _ in range(4))), "third", "two blocks were sealed"),
    ],
)  # fmt: skip
def test_the_oracle_sees_what_goes_wrong(shores: Shores, case: SidechainCase, broken: str, says: str) -> None:
    side = shores.sides[4]
    bridge = side.bridges[0]
    marks = [chain.snapshot() for chain in shores.l1s], side.snapshot()
    try:
        if broken == "depth":
            bridge.depth = 0
        elif broken == "reserve":
            side.chain.set_balance(bridge.far, 1)
        else:
            side.corrupt(*side.members[:2])
            side.chain.mine(4)
        with pytest.raises(SidechainFault, match=says):
            shores.play(case)
    finally:
        bridge.depth = 5
        for chain, mark in zip(shores.l1s, marks[0], strict=True):
            chain.restore(mark)
        side.restore(marks[1])


def test_the_command_tells_what_was_played(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fuzz", "sidechain", "--seed", "5", "--count", "3"]) == 0
    assert "sidechains: 3 played, 0 lost by the honest side" in capsys.readouterr().out
    assert main(["fuzz", "sidechain", "--seed", "5", "--count", "2", "--print"]) == 0
    assert [case_of(line, SidechainCase) for line in capsys.readouterr().out.splitlines()] == [draw(5, 0), draw(5, 1)]


@pytest.mark.parametrize(
    ("mutant", "case", "says"),
    [
        ("frozen-refund-by-any", life(("deposit", 4), ("mine", 7), ("step", 0), ("freeze", 0)), "L1 has locked 0 wei"),
        (
            "reclaims-twice",
            life(("lock", 902), ("mine", 7), ("step", 0), ("lock", 4), ("warp", 999)),
            "L1 has locked 898 tokens; 903 are",
        ),
        ("slashes-two-rounds", life(("pay", 1), ("step", 0), ("freeze", 228)), "is 0 wei, expected 10000000000000000"),
        (
            "stakeless-seal",
            life(("unstake", 0), ("unstake", 1), ("pay", 1), ("step", 0)),
            "2 of 4 seals of a header that was taken have a stake",
        ),
    ],
)  # fmt: skip
def test_a_life_is_lost_on_contracts_with_a_fault(
    shores: Shores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mutant: str, case: SidechainCase, says: str
) -> None:
    """A frozen client pays back by an early header what has run since, a port gives tokens back twice, an honest
    validator, who sealed the block beside which others sealed a lie, loses its stake, or those seal who have none.
    """
    shutil.copytree(ROOT / "contracts", tmp_path / "contracts", ignore=shutil.ignore_patterns("compiled"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    Mutant.read(ROOT / "tests" / "mutants" / "sidechain" / f"{mutant}.patch").apply(tmp_path)
    shores.play(case)
    monkeypatch.setenv("HARNESS_CONTRACTS", str(tmp_path))
    with open_shores(sizes=[4]) as broken, pytest.raises(SidechainFault, match=says):
        broken.play(case)

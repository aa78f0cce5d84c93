"""`harness fuzz channels`: its report of a lost life, and of an interrupted run."""

from __future__ import annotations

import pytest

from harness.fuzz import channels as channel_fuzz
from harness.fuzz.channel_life import ChannelLife, LifeResult
from harness.fuzz.channels import draw


def output(seed: int, count: int) -> tuple[int, list[str]]:
    lines: list[str] = []
    return channel_fuzz.run(seed, count, report=lines.append), lines


def test_a_lost_life_is_reported_by_the_line_that_lives_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(self: ChannelLife) -> LifeResult:
        return LifeResult(self.case, honest=3, entitled=5 if self.case.seed == 8 else 3, payments=1, crashes=0)

    monkeypatch.setattr(ChannelLife, "play", lose)
    code, lines = output(7, 3)
    assert code == 1
    assert lines[0] == f"harness fuzz channels --seed 8 --count 1  # 3 wei, entitled to 5 ({draw(8).strategy})"
    assert lines[-1] == "channels: 3 played, 1 lost by the honest side"


@pytest.mark.parametrize("problem", [AssertionError, IndexError])
def test_a_life_that_breaks_off_is_lost_and_ends_nothing(
    problem: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def part(self: ChannelLife) -> LifeResult:
        raise problem("contract and model\n  part")

    monkeypatch.setattr(ChannelLife, "play", part)
    code, lines = output(1, 2)
    assert code == 1
    assert lines[1] == f"harness fuzz channels --seed 2 --count 1  # {problem.__name__}: contract and model part"
    assert lines[-1] == "channels: 2 played, 2 lost by the honest side"


def test_an_interrupted_run_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def live(self: ChannelLife) -> LifeResult:
        if self.case.seed == 6:
            raise KeyboardInterrupt
        return LifeResult(self.case, 3, 3, 1, 0)

    monkeypatch.setattr(ChannelLife, "play", live)
    code, lines = output(4, 9)
    assert code == 130
    assert lines[-2:] == [
        "channels: 2 played, 0 lost by the honest side",
        "interrupted; to go on: harness fuzz channels --seed 6 --count 7",
    ]

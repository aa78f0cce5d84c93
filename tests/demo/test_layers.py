"""The comparison of layers holds what the layers promise: gas falls, liars get nothing until trust is broken."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from harness.demo import layers
from harness.demo.stage import Stage


@pytest.fixture(scope="module")
def measured() -> dict[str, layers.Layer]:
    stage = Stage(Console(file=io.StringIO(), width=200), ("py-evm",))
    return {name: measure(stage) for name, measure in layers.MEASURES.items()}


def test_each_layer_costs_a_fraction_of_l1(measured: dict[str, layers.Layer]) -> None:
    assert measured["L1"].gas == 21_000
    assert all(measured[name].gas < 21_000 / 4 for name in ("rollup", "channel", "sidechain"))
    assert all(measured[name].swap < measured["L1"].swap / 4 for name in ("rollup", "sidechain"))


def test_a_liar_takes_nothing_until_what_the_layer_trusts_is_broken(measured: dict[str, layers.Layer]) -> None:
    for name in ("rollup", "channel", "sidechain"):
        held, broken = measured[name].attempts
        assert held[1] == 0, f"{name}, {held[0]}"
        assert broken[1] > 0, f"{name}, {broken[0]}"


def test_what_is_safest_is_final_last(measured: dict[str, layers.Layer]) -> None:
    assert measured["rollup"].final > measured["channel"].final > measured["sidechain"].final


def test_the_tables_show_all_of_it(measured: dict[str, layers.Layer]) -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(layers.costs(list(measured.values())), layers.liars(list(measured.values())))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in shown
    assert all(name in shown for name in measured)
    assert "1 of 4 validators" in shown
    assert "2 of 4 validators" in shown


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 seconds"), (119, "119 seconds"), (120, "2.0 minutes"), (7 * 86_400, "7.0 days")]
)
def test_times_are_told_in_the_unit_that_fits(seconds: int, words: str) -> None:
    assert layers.duration(seconds) == words

"""The comparison of layers holds what the layers promise: gas falls, liars get nothing until trust is broken."""

from __future__ import annotations

import io
from xml.etree.ElementTree import fromstring

import pytest
from rich.console import Console

from harness.demo import layers
from harness.demo.stage import Stage
from tests.support.guide_tables import check_table, markdown

ETHER = 10**18


@pytest.fixture(scope="module")
def measured() -> dict[str, layers.Layer]:
    stage = Stage(Console(file=io.StringIO(), width=200), ("py-evm",))
    return {name: measure(stage) for name, measure in layers.MEASURES.items()}


def test_each_layer_costs_a_fraction_of_l1(measured: dict[str, layers.Layer]) -> None:
    assert measured["L1"].gas == 21_000
    off_chain = ("rollup", "payment channel", "state channel", "sidechain")
    assert all(measured[name].gas < 21_000 / 4 for name in off_chain)
    assert all(measured[name].swap < measured["L1"].swap / 4 for name in ("rollup", "sidechain"))


def test_a_liar_takes_nothing_until_what_the_layer_trusts_is_broken(measured: dict[str, layers.Layer]) -> None:
    for name in ("rollup", "payment channel", "state channel", "sidechain"):
        held, *broken = measured[name].attempts
        assert held[1] == 0, f"{name}, {held[0]}"
        assert all(taken > 0 for _, taken in broken), f"{name}, {broken}"


def test_colluding_validators_take_all_that_the_bridge_holds(measured: dict[str, layers.Layer]) -> None:
    assert [taken for _, taken in measured["sidechain"].attempts] == [0, 50 * ETHER, 50 * ETHER]


def test_who_is_offline_in_a_state_channel_loses_the_whole_pot(measured: dict[str, layers.Layer]) -> None:
    """Its own five ether, and the three that it was paid."""
    assert [taken for _, taken in measured["state channel"].attempts] == [0, 8 * ETHER]


def test_what_is_safest_is_final_last(measured: dict[str, layers.Layer]) -> None:
    finals = [measured[name].final for name in ("rollup", "payment channel", "state channel", "sidechain")]
    assert finals == sorted(finals, reverse=True)


def test_the_guide_shows_what_was_measured(measured: dict[str, layers.Layer]) -> None:
    rows = [
        (each.name, f"{each.gas:,}", f"{each.swap:,}" if each.swap else "does not apply", layers.duration(each.final))
        for each in measured.values()
    ]
    check_table(
        "layers", "layers", markdown(("layer", "gas of a transfer", "of a swap", "final after"), rows), within=0.02
    )
    took = [
        (f"{each.name}: {need}", f"{taken / ETHER:g}") for each in measured.values() for need, taken in each.attempts
    ]
    check_table("layers", "liars", markdown(("what the liar had", "ether that it took"), took))


def test_the_chart_has_a_bar_for_each_number_and_a_word_for_none(measured: dict[str, layers.Layer]) -> None:
    drawn = fromstring(layers.chart(list(measured.values())))
    texts = ["".join(each.itertext()) for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    for each in measured.values():
        assert f"{each.gas:,}" in texts
        assert f"{each.final:,}" in texts
    assert texts.count("does not apply") == 2
    assert texts.count("nothing") == 4
    bars = list(drawn.iter("{http://www.w3.org/2000/svg}rect"))
    assert len(bars) == 4 * 5 - 2 + 5
    width = float(drawn.attrib["viewBox"].split()[2])
    assert all(float(bar.attrib["x"]) + float(bar.attrib["width"]) < width - 60 for bar in bars)


def test_the_tables_show_all_of_it(measured: dict[str, layers.Layer]) -> None:
    console = Console(file=io.StringIO(), width=120)
    console.print(layers.costs(list(measured.values())), layers.liars(list(measured.values())))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "…" not in shown
    assert all(name in shown for name in measured)
    assert "1 of 4 validators" in shown
    assert "2 of 4 validators" in shown


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (119, "119 seconds"), (120, "2.0 minutes"), (7 * 86_400, "7.0 days")]
)
def test_times_are_told_in_the_unit_that_fits(seconds: int, words: str) -> None:
    assert layers.duration(seconds) == words

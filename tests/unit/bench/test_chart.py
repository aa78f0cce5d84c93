"""The chart of growth curves."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from harness.bench.chart import chart
from harness.bench.curves import Curve
from harness.bench.measure import Ratio

FLAT = Curve("a batch after n", [(10, 2.0), (100, 2.0), (1_000, 2.0)])
STEEP = Curve("game of many Sybils, claims", [(10, 1.0), (1_000, 100.0)])


def test_chart_draws_each_curve_relative_to_its_first_point() -> None:
    svg = ET.fromstring(chart([*FLAT.flat(), *STEEP.straight(1.1), Ratio("other", 1, 1, "", "")]))
    texts = [text.text for text in svg.findall(".//{*}text")]
    assert texts[-2:] == ["a batch after n", "game of many Sybils, claims"]
    drawn = [line.attrib["points"].split() for line in svg.findall(".//{*}polyline") if "stroke-width" in line.attrib]
    flat, _, steep, _ = ([tuple(map(float, point.split(","))) for point in points] for points in drawn)
    assert len(flat) == 3 and len({y for _, y in flat}) == 1
    assert steep[0] == flat[0] and steep[-1][0] == flat[-1][0] and steep[-1][1] < flat[-1][1]
    guide = next(line for line in svg.findall(".//{*}polyline") if line.attrib.get("class") == "guide")
    assert tuple(map(float, guide.attrib["points"].split()[-1].split(","))) == steep[-1]


def test_chart_raises_without_a_curve() -> None:
    with pytest.raises(ValueError, match="no ratio is a point of a curve"):
        chart([Ratio("other", 1, 1, "", "")])

"""Growth curves as one SVG, readable on a light page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from harness.bench.measure import Ratio

_WIDTH, _HEIGHT, _LEFT, _TOP, _LEGEND = 900, 420, 60, 24, 330
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Colours that are told apart by the colour-blind too (Okabe and Ito)."""

_DASHES = ("none", "6 3", "2 3")
_STYLE = """
text { font: 12px sans-serif; fill: #222 } .grid { stroke: #8886 } .guide { stroke: #888; stroke-dasharray: 2 5 }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""
Points = Mapping[str, Sequence[tuple[float, float]]]


def chart(ratios: Iterable[Ratio]) -> str:
    """Return an SVG of the curves that are among the ratios; both axes are logarithmic and relative to the first point.

    The dotted diagonal is a cost that grows in a straight line. Raises ValueError if there is no curve.
    """
    curves = _curves(ratios)
    if not curves:
        raise ValueError("no ratio is a point of a curve")
    plot = _Plot(curves)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
            f"<title>How costs grow</title><style>{_STYLE}</style>",
            *plot.grid(),
            *plot.lines(),
            "</svg>\n",
        ]
    )


def _curves(ratios: Iterable[Ratio]) -> dict[str, list[tuple[float, float]]]:
    """Return the points of each curve, as decades of size and of cost."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for ratio in ratios:
        if ratio.sizes is not None and ratio.value > 0:
            points = curves.setdefault(ratio.name.removesuffix(f", {ratio.sizes[0]:,}"), [(0.0, 0.0)])
            points.append((math.log10(ratio.sizes[0] / ratio.sizes[1]), math.log10(ratio.value)))
    return curves


class _Plot:
    """Places curves on the page."""

    def __init__(self, curves: Points) -> None:
        self.curves = curves
        ends = [point for points in curves.values() for point in points]
        self.right = max(1, math.ceil(max(x for x, _ in ends)))
        self.low = min(-1, math.floor(min(y for _, y in ends)))
        self.high = max(1, math.ceil(max(y for _, y in ends)))

    def at(self, x: float, y: float) -> str:
        """Return the coordinates of a point."""
        across, down = _WIDTH - _LEFT - _LEGEND, _HEIGHT - 2 * _TOP - 16
        return f"{_LEFT + across * x / self.right:.1f},{_TOP + down * (self.high - y) / (self.high - self.low):.1f}"

    def grid(self) -> Iterator[str]:
        for x in range(self.right + 1):
            yield self._stroke((x, self.low), (x, self.high), "grid")
            yield self._label((x, self.low), f"{10**x}x the work", "middle", 18)
        for y in range(self.low, self.high + 1):
            yield self._stroke((0, y), (self.right, y), "grid")
            yield self._label((0, y), f"{10.0**y:g}x", "end", 4, -6)
        end = min(self.right, self.high)
        yield self._stroke((0, 0), (end, end), "guide")

    def lines(self) -> Iterator[str]:
        for number, (name, points) in enumerate(self.curves.items()):
            colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number // len(_COLOURS) % len(_DASHES)]
            line = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
            yield f'<polyline points="{" ".join(self.at(*point) for point in points)}" {line}/>'
            x, y = _WIDTH - _LEGEND + 24, _TOP + 18 * number
            yield f'<polyline points="{x},{y} {x + 28},{y}" {line}/>'
            yield f'<text x="{x + 36}" y="{y + 4}">{name}</text>'

    def _stroke(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
        return f'<polyline class="{kind}" points="{self.at(*start)} {self.at(*end)}" fill="none"/>'

    def _label(self, place: tuple[float, float], text: str, anchor: str, down: int, right: int = 0) -> str:
        x, y = (float(part) for part in self.at(*place).split(","))
        return f'<text x="{x + right}" y="{y + down}" text-anchor="{anchor}">{text}</text>'

"""The comparison of layers as one SVG, readable on a light page and on a dark one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from harness.demo.layer_measures import Layer

_WIDTH, _ROW, _LEFT, _PANEL = 960, 24, 150, 365
_BAR, _HEAD, _GAP = 14, 30, 24
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07d00")
"""Colours that are told apart by the colour-blind too (Okabe and Ito; the last one is darker)."""
_STYLE = """
text { font: 12px sans-serif; fill: #222 } .head { font-weight: bold } .number { font-size: 11px }
@media (prefers-color-scheme: dark) { text { fill: #ddd } }
"""


def chart(layers: Sequence[Layer]) -> str:
    """Return an SVG: four panels of bars on logarithmic axes, and what liars took, by what they had."""
    tall = _HEAD + _ROW * len(layers) + _GAP
    attempts = [(each, need, taken) for each in layers for need, taken in each.attempts]
    height = 2 * tall + _HEAD + 18 * len(attempts) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>Five layers side by side</title><style>{_STYLE}</style>",
    ]
    panels = (
        ("L1 gas of a transfer", [each.gas for each in layers], "{:,}"),
        ("L1 gas of a swap", [each.swap for each in layers], "{:,}"),
        ("transfers a second, in this process", [round(each.rate) for each in layers], "{:,}"),
        ("seconds until a transfer is final on L1", [each.final for each in layers], "{:,}"),
    )
    names = [each.name for each in layers]
    for place, (title, values, form) in enumerate(panels):
        x, y = (place % 2) * (_LEFT + _PANEL) * 0.94, (place // 2) * tall
        parts += _panel(x, y, title, names, values, form)
    parts += _liars(attempts, layers, 2 * tall)
    parts.append(
        f'<text class="number" x="{_LEFT}" y="{height - 6}">bars of the four panels above are logarithmic</text>'
    )
    return "\n".join([*parts, "</svg>\n"])


def _panel(x: float, y: float, title: str, names: Sequence[str], values: Sequence[int], form: str) -> Iterator[str]:
    """Yield one panel; a value of 0 is none."""
    across = _PANEL - _LEFT
    most = max(math.log10(1 + value) for value in values)
    yield f'<text class="head" x="{x + _LEFT:.0f}" y="{y + 18:.0f}">{escape(title)}</text>'
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        top = y + _HEAD + _ROW * place
        wide = across * math.log10(1 + value) / most
        yield f'<text x="{x + _LEFT - 8:.0f}" y="{top + 11:.0f}" text-anchor="end">{escape(name)}</text>'
        if value:
            place_, colour = f'x="{x + _LEFT:.0f}" y="{top:.0f}"', _COLOURS[place % len(_COLOURS)]
            yield f'<rect {place_} width="{wide:.1f}" height="{_BAR}" fill="{colour}"/>'
        shown = form.format(value) if value else "does not apply"
        yield f'<text class="number" x="{x + _LEFT + wide + 6:.1f}" y="{top + 11:.0f}">{shown}</text>'


def _liars(attempts: Sequence[tuple[Layer, str, int]], layers: Sequence[Layer], y: float) -> Iterator[str]:
    yield f'<text class="head" x="{_LEFT}" y="{y + 18:.0f}">ether that a liar took, by what it had</text>'
    most = max((taken for _, _, taken in attempts), default=1) or 1
    seen = ""
    for place, (layer, need, taken) in enumerate(attempts):
        top = y + _HEAD + 18 * place
        colour = _COLOURS[list(layers).index(layer) % len(_COLOURS)]
        if layer.name != seen:
            yield f'<text x="{_LEFT - 8}" y="{top + 11:.0f}" text-anchor="end">{escape(layer.name)}</text>'
        seen = layer.name
        yield f'<text x="{_LEFT}" y="{top + 11:.0f}">{escape(need)}</text>'
        left, wide = 400, 400 * taken / most
        if taken:
            yield f'<rect x="{left}" y="{top:.0f}" width="{wide:.1f}" height="12" fill="{colour}"/>'
        shown = f"{taken / 10**18:g}" if taken else "nothing"
        yield f'<text class="number" x="{left + wide + 6:.1f}" y="{top + 11:.0f}">{shown}</text>'

"""The pictures of a report as plain geometry: what lies where, in units of the picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.scenarios.records import ClaimRecord, Event
from harness.scenarios.report.money import Flow, amount, rough

# -- money flows


@dataclass(frozen=True, slots=True)
class Box:
    """A party at one edge of the picture."""

    name: str
    y: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """A flow between two boxes; ``path`` is that of an SVG."""

    path: str
    width: float
    source: str
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class FlowPicture:
    """Who gave on the left, who got on the right."""

    width: int
    height: float
    left: tuple[Box, ...]
    right: tuple[Box, ...]
    bands: tuple[Band, ...]


_FLOW_WIDTH, _FLOW_HEIGHT, _GAP, _EDGE, _THINNEST = 640, 260, 30, 170, 1.5


def flow_picture(flows: Sequence[Flow]) -> FlowPicture | None:
    """Return the picture of the flows, or None if there are none. Widths are in proportion to amounts."""
    if not flows:
        return None
    scale = _FLOW_HEIGHT / sum(flow.wei for flow in flows)
    given, got = _sums(flows, "source"), _sums(flows, "target")
    left, right = _boxes(given, scale), _boxes(got, scale)
    at_left = {box.name: box.y for box in left}
    at_right = {box.name: box.y for box in right}
    bands = []
    for flow in sorted(flows, key=lambda flow: (at_left[flow.source], at_right[flow.target])):
        width = max(_THINNEST, flow.wei * scale)
        start, end = at_left[flow.source] + width / 2, at_right[flow.target] + width / 2
        at_left[flow.source] += width
        at_right[flow.target] += width
        near, far, middle = _EDGE, _FLOW_WIDTH - _EDGE, _FLOW_WIDTH / 2
        path = f"M{near} {start:.1f}C{middle} {start:.1f} {middle} {end:.1f} {far} {end:.1f}"
        bands.append(Band(path, round(width, 1), flow.source, flow.target, amount(flow.wei)))
    height = max(box.y + box.height for box in (*left, *right)) + 12
    return FlowPicture(_FLOW_WIDTH, height, left, right, tuple(bands))


def _sums(flows: Sequence[Flow], side: str) -> dict[str, tuple[int, int]]:
    """Return the wei and the number of flows of each party on one side, in the order of the flows."""
    sums: dict[str, tuple[int, int]] = {}
    for flow in flows:
        wei, count = sums.get(getattr(flow, side), (0, 0))
        sums[getattr(flow, side)] = (wei + flow.wei, count + 1)
    return sums


def _boxes(sums: Mapping[str, tuple[int, int]], scale: float) -> tuple[Box, ...]:
    boxes, y = [], 12.0
    for name, (wei, count) in sums.items():
        height = max(wei * scale, count * _THINNEST, 3.0)
        boxes.append(Box(name, round(y, 1), round(height, 1), amount(wei)))
        y += height + _GAP
    return tuple(boxes)


# -- claims


@dataclass(frozen=True, slots=True)
class ClaimSpot:
    """A claim of the tree: one line, indented by its depth; ``elbow`` is the path to its parent's node."""

    claim: ClaimRecord
    x: int
    y: int
    elbow: str


@dataclass(frozen=True, slots=True)
class ClaimTree:
    """All claims of a game, each below its parent."""

    width: int
    height: int
    spots: tuple[ClaimSpot, ...]


_LINE, _INDENT, _DEEPEST, _WORDS = 20, 10, 60, 900


def claim_tree(claims: Sequence[ClaimRecord]) -> ClaimTree:
    """Return where each claim stands. Deeper than 60 levels, claims are indented no more."""
    children: dict[int | None, list[ClaimRecord]] = {}
    for claim in claims:
        children.setdefault(claim.parent, []).append(claim)
    spots: list[ClaimSpot] = []
    places: dict[int, tuple[int, int]] = {}
    waiting = [(claim, 0) for claim in reversed(children.get(None, []))]
    while waiting:
        claim, depth = waiting.pop()
        x, y = 10 + _INDENT * min(depth, _DEEPEST), 14 + _LINE * len(spots)
        parent = places.get(claim.parent) if claim.parent is not None else None
        spots.append(ClaimSpot(claim, x, y, f"M{parent[0]} {parent[1] + 4}V{y}H{x - 4}" if parent else ""))
        places[claim.number] = (x, y)
        waiting += [(child, depth + 1) for child in reversed(children.get(claim.number, []))]
    deepest = max((spot.x for spot in spots), default=0)
    return ClaimTree(deepest + _WORDS, _LINE * len(spots) + 10, tuple(spots))


# -- the course of events


@dataclass(frozen=True, slots=True)
class Mark:
    """An event on its actor's lane."""

    event: Event
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which somebody was away."""

    x: int
    y: int
    width: int
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A pause between two events that is longer than an hour."""

    x: int
    text: str


@dataclass(frozen=True, slots=True)
class Course:
    """Events from left to right in their order, a lane for each actor. Long pauses are marked, not drawn to scale."""

    width: int
    height: int
    lanes: tuple[tuple[str, int], ...]
    marks: tuple[Mark, ...]
    spans: tuple[Span, ...]
    gaps: tuple[Gap, ...]


_STEP, _LANE, _NAMES, _PAUSE = 12, 26, 110, 3_600
L1, L2, SCENARIO = "L1", "L2", "scenario"


def course(events: Sequence[Event], ended: int) -> Course:
    """Return the picture of the events; L1's reorgs and L2's batches have lanes of their own."""
    names = dict.fromkeys(lane_of(event) for event in events)
    lanes = {name: 30 + _LANE * place for place, name in enumerate(names)}
    marks, gaps, away, spans = [], [], {}, []
    x, before = _NAMES, events[0].time if events else 0
    for event in events:
        x += _STEP
        if event.time - before >= _PAUSE:
            x += 2 * _STEP
            gaps.append(Gap(x - 3 * _STEP // 2, span_text(event.time - before)))
        before = event.time
        y = lanes[lane_of(event)]
        marks.append(Mark(event, x, y))
        if event.kind == "away":
            away[event.actor] = x
        elif event.kind == "back" and event.actor in away:
            start = away.pop(event.actor)
            spans.append(Span(start, y, x - start, f"{event.actor} was away"))
    spans += [Span(start, lanes[name], x + _STEP - start, f"{name} was away") for name, start in away.items()]
    return Course(x + 3 * _STEP, 30 + _LANE * len(lanes), tuple(lanes.items()), tuple(marks), tuple(spans), tuple(gaps))


def lane_of(event: Event) -> str:
    """Return the lane that an event belongs to: its actor's, or its layer's."""
    if event.actor:
        return event.actor
    if event.kind in ("reorg", "warp"):
        return L1
    return SCENARIO if event.kind == "step" else event.layer.upper()


def clock_text(seconds: int) -> str:
    """Return a time since the beginning as on a clock: "7 d 02:13:20", "00:00:05"."""
    days, rest = divmod(seconds, 86_400)
    clock = f"{rest // 3_600:02}:{rest % 3_600 // 60:02}:{rest % 60:02}"
    return f"{days} d {clock}" if days else clock


def span_text(seconds: int) -> str:
    """Return a time between events in words: "2 d 3 h", "1 h 5 min", "12 s"."""
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    for place, (size, name) in enumerate(units):
        if seconds >= size:
            rest = seconds % size // units[place + 1][0] if place + 1 < len(units) else 0
            return f"{seconds // size} {name}" + (f" {rest} {units[place + 1][1]}" if rest else "")
    return "0 s"


# -- lines over time, or over a sweep


@dataclass(frozen=True, slots=True)
class Curve:
    """One party's line; ``points`` are those of an SVG's polyline."""

    name: str
    points: str
    last: tuple[float, float]
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over a horizontal axis; ``ticks`` are (place, words)."""

    width: int
    height: int
    left: int
    bottom: int
    curves: tuple[Curve, ...]
    across: tuple[tuple[float, str], ...]
    up: tuple[tuple[float, str], ...]
    zero: float


_CHART_WIDTH, _CHART_HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 640, 260, 84, 30, 12, 14


def chart(
    lines: Mapping[str, Sequence[tuple[float, int]]], across: Sequence[tuple[float, str]], *, steps: bool
) -> Chart | None:
    """Return a chart of wei over anything, or None without a line; with ``steps``, values hold until the next point.

    ``across`` are the words of the horizontal axis and where they stand, in the units of the points.
    """
    points = [point for line in lines.values() for point in line]
    if not points:
        return None
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    low, high = min(0, *(y for _, y in points)), max(0, *(y for _, y in points))
    ticks = _ticks(low, high)
    low, high = min(low, ticks[0]), max(high, ticks[-1])

    def place(x: float, y: float) -> tuple[float, float]:
        wide, tall = _CHART_WIDTH - _LEFT - _RIGHT, _CHART_HEIGHT - _TOP - _BOTTOM
        right = (x - first) / (last - first) if last > first else 0.5
        down = (high - y) / (high - low) if high > low else 0.5
        return round(_LEFT + wide * right, 1), round(_TOP + tall * down, 1)

    curves = []
    for name, line in lines.items():
        drawn = list(_stepped(line)) if steps else list(line)
        spots = [place(*point) for point in drawn]
        words = " ".join(f"{x},{y}" for x, y in spots)
        curves.append(Curve(name, words, spots[-1], amount(line[-1][1])))
    return Chart(
        *(_CHART_WIDTH, _CHART_HEIGHT, _LEFT, _CHART_HEIGHT - _BOTTOM),
        curves=tuple(curves),
        across=tuple((place(x, 0)[0], words) for x, words in across),
        up=tuple((place(first, tick)[1], rough(tick)) for tick in ticks),
        zero=place(first, 0)[1],
    )


def _stepped(line: Sequence[tuple[float, int]]) -> Iterable[tuple[float, int]]:
    for place, (x, y) in enumerate(line):
        if place:
            yield x, line[place - 1][1]
        yield x, y


def _ticks(low: int, high: int) -> list[int]:
    """Return three to eight round amounts from at most ``low`` to at least ``high``."""
    if low == high:
        return [low]
    rough = (high - low) / 4
    power = 10 ** math.floor(math.log10(rough)) if rough >= 1 else 1
    size = next(int(factor * power) for factor in (1, 2, 5, 10) if factor * power >= rough)
    return list(range(size * math.floor(low / size), size * math.ceil(high / size) + 1, size))


def time_ticks(began: int, ended: int) -> tuple[tuple[float, str], ...]:
    """Return up to five times from the beginning to the end, and how far each is from the beginning."""
    if ended <= began:
        return ((began, "0 s"),)
    # A short run has fewer seconds than five.
    passed = dict.fromkeys((ended - began) * part // 4 for part in range(5))
    return tuple((began + seconds, span_text(seconds)) for seconds in passed)

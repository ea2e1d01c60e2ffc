"""The fan chart of one goal: where it was, where it may end, where it should be. Drawing only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import short_day

WIDTH, HEIGHT = 520, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 62, 14, 26
_LEAST_RANGE = 1e-6  # of the values' own size
_LABEL_GAP = 15  # user units between two labels at the right edge


@dataclass(frozen=True)
class Fan:
    """What the chart draws; values in the goal's own unit.

    Args:
        history: (day, value) as measured, in order.
        band: (day, p10, p50, p90) from the forecast's week to the due date, in order.
        ghosts: Medians of earlier weeks' forecasts, each (day, p50) in order.
        start_on: Start of the goal.
        due_on: Due date.
        as_of_on: Day the forecast was made.
        initial_value: Value at the start.
        target_value: Value wanted at the due date.
    """

    history: Sequence[tuple[date, float]]
    band: Sequence[tuple[date, float, float, float]]
    start_on: date
    due_on: date
    as_of_on: date
    initial_value: float
    target_value: float
    ghosts: Sequence[Sequence[tuple[date, float]]] = field(default_factory=tuple)


def fan_chart(fan: Fan, label: str, name: str, reading: Callable[[float], str]) -> Markup:
    """Draw the fan.

    Args:
        fan: The numbers.
        label: What a screen reader says.
        name: A name unique on the page, for the clipping area.
        reading: How a value reads on the axis.
    """
    x, y = _scales(fan)
    clip = f"clip-{name}"
    inside = svg.tag("rect", x=_LEFT, y=_TOP - 4, width=WIDTH - _LEFT - _RIGHT, height=HEIGHT - _TOP - _BOTTOM + 8)
    marks = Markup("").join([*_expectation(fan, x, y), *_outlook(fan, x, y), *_past(fan, x, y)])
    return svg.drawing(
        WIDTH,
        HEIGHT,
        label,
        [
            svg.tag("clipPath", inside, id=clip),
            *_frame(fan, x, y, reading),
            svg.tag("g", marks, clip_path=f"url(#{clip})"),
            *_end_labels(fan, y, reading),
        ],
        class_="chart fan",
    )


def _scales(fan: Fan) -> tuple[Callable[[date], float], svg.Scale]:
    last = max([fan.due_on, fan.as_of_on, *(on for on, *_ in fan.band)])
    first = min([fan.start_on, *(on for on, _ in fan.history)])
    days = svg.Scale(first.toordinal(), max(last.toordinal(), first.toordinal() + 1), _LEFT, WIDTH - _RIGHT)
    low, high = _value_range(fan)
    return (lambda on: days(on.toordinal())), svg.Scale(low, high, HEIGHT - _BOTTOM, _TOP)


def _value_range(fan: Fan) -> tuple[float, float]:
    """All lines fit; the band may widen the range by at most 60 %, so that a wide fan does not flatten the rest."""
    lines = [fan.initial_value, fan.target_value, *(v for _, v in fan.history), *(b[2] for b in fan.band)]
    low, high = min(lines), max(lines)
    slack = 0.6 * (high - low or abs(high) or 1.0)
    bottom = max(low - slack, min([low, *(b[1] for b in fan.band)]))
    top = min(high + slack, max([high, *(b[3] for b in fan.band)]))
    if top - bottom < _LEAST_RANGE * max(1.0, abs(top)):  # nothing ever moved: a flat line in the middle
        return bottom - 0.5 * max(1.0, abs(top)), top + 0.5 * max(1.0, abs(top))
    margin = 0.04 * (top - bottom)
    return bottom - (margin if bottom else 0.0), top + margin


def _frame(fan: Fan, x: Callable[[date], float], y: svg.Scale, reading: Callable[[float], str]) -> list[Markup]:
    parts = []
    for value in svg.ticks(y.low, y.high):
        parts += [
            svg.segment(_LEFT, y(value), WIDTH - _RIGHT, y(value), "grid"),
            svg.text(_LEFT - 7, y(value) + 4, reading(value), anchor="end"),
        ]
    dates = {fan.start_on: short_day(fan.start_on), fan.due_on: short_day(fan.due_on)}
    near = min(abs(x(fan.as_of_on) - x(on)) for on in dates)
    for on, words in dates.items():
        anchor = "end" if on == fan.due_on and WIDTH - x(on) < 30 else "middle"
        parts.append(svg.text(x(on), HEIGHT - 8, words, anchor=anchor))
    if near > 46:
        parts.append(svg.text(x(fan.as_of_on), HEIGHT - 8, "now", "axis now", "middle"))
    return parts


def _expectation(fan: Fan, x: Callable[[date], float], y: svg.Scale) -> list[Markup]:
    ideal = [(x(fan.start_on), y(fan.initial_value)), (x(fan.due_on), y(fan.target_value))]
    return [
        svg.line(ideal, "ideal"),
        svg.segment(_LEFT, y(fan.target_value), WIDTH - _RIGHT, y(fan.target_value), "target"),
        svg.segment(x(fan.due_on), _TOP - 4, x(fan.due_on), HEIGHT - _BOTTOM, "due"),
        svg.segment(x(fan.as_of_on), _TOP - 4, x(fan.as_of_on), HEIGHT - _BOTTOM, "today"),
    ]


def _outlook(fan: Fan, x: Callable[[date], float], y: svg.Scale) -> list[Markup]:
    ghosts = [svg.line([(x(on), y(value)) for on, value in path], "ghost") for path in fan.ghosts]
    lower = [(x(on), y(p10)) for on, p10, _, _ in fan.band]
    upper = [(x(on), y(p90)) for on, _, _, p90 in fan.band]
    median = [(x(on), y(p50)) for on, _, p50, _ in fan.band]
    return [*ghosts, svg.area(lower, upper, "band"), svg.line(median, "median")]


def _past(fan: Fan, x: Callable[[date], float], y: svg.Scale) -> list[Markup]:
    places = [(x(on), y(value)) for on, value in fan.history]
    return [svg.line(places, "actual"), *(svg.dot(px, py, 3.5, "actual-dot") for px, py in places[-1:])]


def _end_labels(fan: Fan, y: svg.Scale, reading: Callable[[float], str]) -> list[Markup]:
    """Target and the three quantiles at the right edge, moved apart where they would overlap."""
    wanted = [(y(fan.target_value), f"target {reading(fan.target_value)}", "label target-label")]
    if fan.band:
        _, p10, p50, p90 = fan.band[-1]
        wanted += [(y(v), reading(v), css) for v, css in ((p10, "label"), (p50, "label strong"), (p90, "label"))]
    target, *quantiles = wanted
    parts = [svg.text(_LEFT + 5, target[0] - 5, target[1], target[2])]
    inside = [(min(max(at, _TOP), float(HEIGHT - _BOTTOM)), words, css) for at, words, css in quantiles]
    for at, words, css in _apart(sorted(inside)):
        parts.append(svg.text(WIDTH - _RIGHT + 7, at + 4, words, css))
    return parts


def _apart(labels: list[tuple[float, str, str]]) -> list[tuple[float, str, str]]:
    places = [at for at, _, _ in labels]
    for below, above in pairwise(range(len(places))):
        places[above] = max(places[above], places[below] + _LABEL_GAP)
    overflow = max(0.0, places[-1] - (HEIGHT - _BOTTOM)) if places else 0.0
    return [(at - overflow, words, css) for at, (_, words, css) in zip(places, labels, strict=True)]

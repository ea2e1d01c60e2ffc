"""Stairs by quarter: what is asked for against what can be done, with bands; and the steps of a ramp. Drawing only."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import compact, number, percent

WIDTH, HEIGHT = 520, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 28, 26
_RAMP_HEIGHT = 130

Band = tuple[float, float, float]


@dataclass(frozen=True)
class Stair:
    """One quarter: 10th percentile, median and 90th percentile, in hours.

    Args:
        name: Such as Q3 2026.
        demand: Hours asked for.
        capacity: Hours that can be done.
        hire_by: Words on when to start hiring; None: no need.
    """

    name: str
    demand: Band
    capacity: Band
    hire_by: str | None


def staircase(stairs: Sequence[Stair], label: str) -> Markup:
    """Draw the quarters side by side, the first one left.

    Args:
        stairs: In order.
        label: What a screen reader says.
    """
    highest = max((max(stair.demand[2], stair.capacity[2]) for stair in stairs), default=1.0)
    up = svg.Scale(0, highest * 1.05 or 1.0, HEIGHT - _BOTTOM, _TOP)
    slot = (WIDTH - _LEFT - _RIGHT) / max(len(stairs), 1)
    parts = [
        part
        for value in svg.ticks(0, up.high, 4)
        for part in (
            svg.segment(_LEFT, up(value), WIDTH - _RIGHT, up(value), "grid"),
            svg.text(_LEFT - 7, up(value) + 4, compact(value), anchor="end"),
        )
    ]
    for n, stair in enumerate(stairs):
        left, right = _LEFT + slot * n, _LEFT + slot * (n + 1)
        middle = (left + right) / 2
        parts += [
            _band(left + 6, middle - 2, stair.capacity, up, "capacity-band", f"{stair.name}: can be done"),
            _band(middle + 2, right - 6, stair.demand, up, "band", f"{stair.name}: asked for"),
            svg.text(middle, HEIGHT - 8, stair.name, anchor="middle"),
        ]
        if stair.hire_by:
            parts.append(_flag(middle, stair.hire_by))
    for which, css in (("capacity", "actual"), ("demand", "median")):
        steps = [
            (x, up(getattr(stair, which)[1]))
            for n, stair in enumerate(stairs)
            for x in (_LEFT + slot * n, _LEFT + slot * (n + 1))
        ]
        parts.append(svg.line(steps, css))
    return svg.drawing(WIDTH, HEIGHT, label, parts, class_="chart staircase")


def ramp_stairs(steps: Sequence[tuple[str, float, float | None]], label: str) -> Markup:
    """Draw the steps of a ramp.

    Args:
        steps: Name, share of a full load, and hours a week (None: not told), in order.
        label: What a screen reader says.
    """
    up = svg.Scale(0, 1, _RAMP_HEIGHT - 24, 20)
    slot = WIDTH / max(len(steps), 1)
    parts = [svg.segment(0, up(1), WIDTH, up(1), "target"), svg.segment(0, up(0), WIDTH, up(0), "grid")]
    for n, (name, share, hours) in enumerate(steps):
        left = slot * n
        words = percent(share) if hours is None else f"{percent(share)} · {number(hours, 0)} h"
        said = svg.tag("title", f"{name}: {words}")
        parts += [
            svg.tag(
                "rect", said, x=left + 2, y=up(share), width=slot - 4, height=up(0) - up(share), rx=3, class_="ours"
            ),
            svg.text(left + slot / 2, up(share) - 5, words, "strong", "middle"),
            svg.text(left + slot / 2, _RAMP_HEIGHT - 6, name, anchor="middle"),
        ]
    return svg.drawing(WIDTH, _RAMP_HEIGHT, label, parts, class_="chart ramp")


def _band(left: float, right: float, band: Band, up: svg.Scale, css: str, name: str) -> Markup:
    low, middle, high = band
    said = svg.tag("title", f"{name}: {number(middle, 0)} h, 8 in 10 between {number(low, 0)} and {number(high, 0)} h")
    return svg.tag("rect", said, x=left, y=up(high), width=right - left, height=up(low) - up(high), class_=css)


def _flag(x: float, words: str) -> Markup:
    """The mark of a quarter for which hiring has to begin."""
    mark = svg.tag("title", words) + svg.tag("path", d=f"M{x - 6:.1f} 4L{x + 6:.1f} 4L{x:.1f} 14Z")
    return svg.tag("g", mark, class_="hire-by")

"""Estimated against actual hours on log axes, with the line of equality and the median ratio. Drawing only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import number

SIDE = 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 16, 14, 42
_LEAST = 0.1  # hours; what is less is drawn there


@dataclass(frozen=True)
class Estimate:
    """One finished task, hours; `name` is None where not everybody may read it."""

    estimated: float
    actual: float
    name: str | None

    @property
    def words(self) -> str:
        """What a pointer shows."""
        task = self.name or "a task"
        return f"{task}: estimated {number(self.estimated, 1)} h, took {number(self.actual, 1)} h"


def estimate_scatter(estimates: Sequence[Estimate], ratio: float | None) -> Markup:
    """One dot a task; above the line of equality it took longer than estimated.

    Args:
        estimates: In any order; none draws an empty frame.
        ratio: Median of actual over estimated; None draws no line.
    """
    hours = [max(_LEAST, h) for e in estimates for h in (e.estimated, e.actual)] or [1.0]
    low = math.floor(math.log10(min(hours)))
    high = max(low + 1, math.ceil(math.log10(max(hours))))
    across = svg.Scale(low, high, _LEFT, SIDE - _RIGHT)
    up = svg.Scale(low, high, SIDE - _BOTTOM, _TOP)
    parts = [*_grid(across, up, low, high), _diagonal(across, up, 1.0, "ideal")]
    if ratio and ratio > 0:
        parts.append(_diagonal(across, up, ratio, "median-ratio"))
    for e in sorted(estimates, key=lambda e: (e.estimated, e.actual, e.name or "")):
        x, y = across(_log(e.estimated)), up(_log(e.actual))
        parts.append(svg.tag("circle", svg.tag("title", e.words), cx=x, cy=y, r=4.5, class_="bin"))
    above = sum(e.actual > e.estimated for e in estimates)
    median = f", median ratio {number(ratio, 2)}" if ratio else ""
    said = f"Estimated and actual hours of {len(estimates)} tasks: {above} took longer than estimated{median}"
    return svg.drawing(SIDE, SIDE, said, parts, class_="chart square")


def _log(hours: float) -> float:
    return math.log10(max(_LEAST, hours))


def _diagonal(across: svg.Scale, up: svg.Scale, ratio: float, class_: str) -> Markup:
    """The line on which actual = ratio × estimated, cut at the frame."""
    shift = math.log10(ratio)
    start, end = max(across.low, across.low - shift), min(across.high, across.high - shift)
    if start >= end:
        return Markup("")
    return svg.line([(across(start), up(start + shift)), (across(end), up(end + shift))], class_)


def _grid(across: svg.Scale, up: svg.Scale, low: int, high: int) -> list[Markup]:
    parts: list[Markup] = []
    for power in range(low, high + 1):
        label = number(10.0**power, max(0, -power))
        parts += [
            svg.segment(across(low), up(power), across(high), up(power), "grid"),
            svg.segment(across(power), up(low), across(power), up(high), "grid"),
            svg.text(across(low) - 7, up(power) + 4, label, anchor="end"),
            svg.text(across(power), up(low) + 17, label, anchor="middle"),
        ]
    turned = f"translate(13 {(up(low) + up(high)) / 2:.0f}) rotate(-90)"
    return [
        *parts,
        svg.text((across(low) + across(high)) / 2, SIDE - 6, "estimated, h", anchor="middle"),
        svg.tag("text", "actual, h", class_="axis", text_anchor="middle", transform=turned),
    ]

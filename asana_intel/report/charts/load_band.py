"""The coming weeks of one person, small: the band of their tasks' hours against the hours they have. Drawing only."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from asana_intel.report.charts import svg

SLOT, HEIGHT = 24, 46
_TOP, _BASE, _GAP, _HATCH = 3, 43, 3, 6
_LEAST_TOP, _MOST_TOP = 1.3, 2.5


@dataclass(frozen=True)
class BandWeek:
    """One week, in hours.

    Args:
        words: What a pointer shows.
        low: 10th percentile of what tasks take.
        mean: What they take.
        high: 90th percentile.
        promised: Promised beyond that, and not on tasks.
        available: Hours to do it in.
        off: Hours lost to holidays and time off.
    """

    words: str
    low: float
    mean: float
    high: float
    promised: float
    available: float
    off: float


def load_band(weeks: Sequence[BandWeek], label: str) -> Markup:
    """Draw the weeks side by side, the first one left; what is far above full is cut at the upper edge.

    Args:
        weeks: In order.
        label: What a screen reader says.
    """
    whole = max((week.available + week.off for week in weeks), default=0.0) or 1.0
    highest = max((max(week.high, week.mean + week.promised) for week in weeks), default=0.0)
    up = svg.Scale(0, min(max(highest, _LEAST_TOP * whole), _MOST_TOP * whole), _BASE, _TOP)
    parts = [part for n, week in enumerate(weeks) for part in _week(week, SLOT * n + _GAP, SLOT * (n + 1) - _GAP, up)]
    return svg.drawing(SLOT * max(len(weeks), 1), HEIGHT, label, parts, class_="chart load-band")


def _week(week: BandWeek, left: float, right: float, up: svg.Scale) -> list[Markup]:
    def bar(low: float, high: float, css: str) -> Markup:
        bottom, top = (up(min(hours, up.high)) for hours in (low, high))
        return svg.tag("rect", x=left, y=top, width=right - left, height=bottom - top, class_=css)

    middle = up(min(week.mean, up.high))
    drawn = [
        bar(week.low, week.high, "band"),
        bar(week.mean, week.mean + week.promised, "promised") if week.promised else Markup(""),
        svg.segment(left, middle, right, middle, "mean"),
        *_hatched(left, right, up(week.available), up(week.available + week.off)),
        svg.segment(left - 1, up(week.available), right + 1, up(week.available), "target"),
        svg.segment(left, _BASE, right, _BASE, "grid"),
    ]
    # A pointer anywhere on the week shows its words.
    touch = svg.tag("rect", x=left, y=_TOP, width=right - left, height=_BASE - _TOP, class_="touch")
    return [svg.tag("g", svg.tag("title", week.words) + Markup("").join(drawn) + touch)]


def _hatched(left: float, right: float, bottom: float, top: float) -> list[Markup]:
    """Slanted lines over the hours that are off, cut at the edges."""
    height, lines = bottom - top, []
    if height < 1:
        return []
    x = left - height
    while x < right:
        start, end = max(x, left), min(x + height, right)
        if end > start:
            lines.append(svg.segment(start, bottom - (start - x), end, bottom - (end - x), "hatch"))
        x += _HATCH
    return lines

"""How full a group of people was and will be: a line by week, and the band of what is coming. Drawing only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from asana_intel.report.charts import svg
from asana_intel.report.formats import percent, short_day

WIDTH, HEIGHT = 520, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 48, 12, 12, 26
_LEAST_TOP, _MOST_TOP = 1.25, 2.5
FULL = 1.0


@dataclass(frozen=True)
class WeekLoad:
    """One week; shares of the hours available.

    Args:
        week_on: Monday.
        load: Worked (past) or asked for (coming); None where no hour was available.
        low: 10th percentile; None for a past week.
        high: 90th percentile.
    """

    week_on: date
    load: float | None
    low: float | None = None
    high: float | None = None


def utilisation_chart(weeks: Sequence[WeekLoad], label: str) -> Markup:
    """Draw the weeks, oldest first; what lies above two and a half times full is drawn at the upper edge.

    Args:
        weeks: In order; those with a band are to come.
        label: What a screen reader says.
    """
    known = [week for week in weeks if week.load is not None]
    past = [week for week in known if week.low is None]
    coming = [week for week in known if week.low is not None and week.high is not None]
    highest = max([_LEAST_TOP, *(value for w in known for value in (w.load, w.high) if value is not None)])
    top = min(highest * 1.04, _MOST_TOP)
    place = {week.week_on: n for n, week in enumerate(weeks)}
    across = svg.Scale(0, max(len(weeks) - 1, 1), _LEFT, WIDTH - _RIGHT)
    up = svg.Scale(0, top, HEIGHT - _BOTTOM, _TOP)

    def points(rows: Sequence[WeekLoad], which: str) -> list[svg.Point]:
        return [(across(place[week.week_on]), up(min(getattr(week, which), top))) for week in rows]

    parts = [
        part
        for value in svg.ticks(0, top, 4)
        for part in (
            svg.segment(_LEFT, up(value), WIDTH - _RIGHT, up(value), "grid"),
            svg.text(_LEFT - 7, up(value) + 4, percent(value), anchor="end"),
        )
    ]
    parts.append(svg.segment(_LEFT, up(FULL), WIDTH - _RIGHT, up(FULL), "target"))
    if coming:
        begins = across(place[coming[0].week_on])
        parts.append(svg.segment(begins, _TOP, begins, HEIGHT - _BOTTOM, "today"))
    parts += [
        svg.area(points(coming, "low"), points(coming, "high"), "band"),
        svg.line(points(coming, "load"), "median"),
        svg.line(points(past, "load"), "actual"),
        *_touchable(known, across, place, up),
        *_dates(weeks, coming, across, place),
    ]
    return svg.drawing(WIDTH, HEIGHT, label, parts, class_="chart utilisation")


def _touchable(known: Sequence[WeekLoad], across: svg.Scale, place: dict[date, int], up: svg.Scale) -> list[Markup]:
    """A spot on each week that says its numbers."""
    spots = []
    for week in known:
        load = week.load or 0.0
        band = f", 8 in 10 between {percent(week.low)} and {percent(week.high)}" if week.low is not None else ""
        said = svg.tag("title", f"Week of {short_day(week.week_on)}: {percent(load)}{band}")
        at = across(place[week.week_on]), up(min(load, up.high))
        spots.append(svg.tag("circle", said, cx=at[0], cy=at[1], r=5, class_="spot"))
    return spots


def _dates(
    weeks: Sequence[WeekLoad], coming: Sequence[WeekLoad], across: svg.Scale, place: dict[date, int]
) -> list[Markup]:
    wanted = {0: "start", len(weeks) - 1: "end"} if weeks else {}
    if coming and 4 < place[coming[0].week_on] < len(weeks) - 4:
        wanted[place[coming[0].week_on]] = "middle"
    return [
        svg.text(
            across(n), HEIGHT - 8, short_day(weeks[n].week_on), "axis now" if anchor == "middle" else "axis", anchor
        )
        for n, anchor in sorted(wanted.items())
    ]

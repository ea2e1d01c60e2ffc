"""Which rows of the tables make the fan chart of one goal. No judgement of the goal here."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import polars as pl
from markupsafe import Markup

from asana_intel.report import formats
from asana_intel.report.charts.fan import Fan, fan_chart
from asana_intel.report.inputs import ReportInputs

Row = dict[str, Any]


class Fans:
    """Draws fan charts; splits the frames by goal once.

    Args:
        inputs: The report's inputs, for one week.
    """

    def __init__(self, inputs: ReportInputs) -> None:
        self._as_of_on = inputs.as_of_at.date() if inputs.as_of_at else inputs.as_of_on
        self._week_on = inputs.as_of_on
        self._progress = _by_goal(inputs.progress.filter(pl.col("value").is_not_null()).sort("week_on"))
        self._paths = _by_goal(inputs.trajectory.filter(pl.col("p50").is_not_null()).sort("as_of_on", "on"))

    def draw(self, goal: Row, forecast: Row) -> Markup:
        """The chart of one goal; empty where start, due date or target is unknown."""
        start_on, due_on = goal.get("start_on"), forecast["due_on"] or goal.get("due_on")
        target = forecast["target_value"] if forecast["target_value"] is not None else goal.get("target_value")
        if start_on is None or due_on is None or target is None or self._as_of_on is None or due_on <= start_on:
            return Markup("")
        initial = goal.get("initial_value") or 0.0
        fan = Fan(
            history=self._history(forecast["goal_gid"], start_on),
            band=self._band(forecast["goal_gid"]) or self._straight_band(forecast, due_on),
            ghosts=self._ghosts(forecast["goal_gid"], start_on),
            start_on=start_on,
            due_on=due_on,
            as_of_on=min(max(self._as_of_on, start_on), due_on),
            initial_value=initial,
            target_value=target,
        )
        return fan_chart(fan, _spoken(goal, forecast), forecast["goal_gid"], axis_reading(goal))

    def _history(self, gid: str, start_on: date) -> list[tuple[date, float]]:
        rows = self._progress.get(gid, [])
        return [(r["snapshot_at"].date(), r["value"]) for r in rows if r["snapshot_at"].date() >= start_on]

    def _band(self, gid: str) -> list[tuple[date, float, float, float]]:
        rows = [r for r in self._paths.get(gid, []) if r["as_of_on"] == self._week_on]
        return [
            (r["on"], r["p50"] if r["p10"] is None else r["p10"], r["p50"], r["p50"] if r["p90"] is None else r["p90"])
            for r in rows
        ]

    def _straight_band(self, forecast: Row, due_on: date) -> list[tuple[date, float, float, float]]:
        """Where no trajectory was drawn: straight from today's value to the quantiles at the due date."""
        now, at_due = forecast["current_value"], [forecast[c] for c in ("value_p10", "value_p50", "value_p90")]
        if now is None or None in at_due or self._as_of_on is None or self._as_of_on >= due_on:
            return []
        return [(self._as_of_on, now, now, now), (due_on, *at_due)]

    def _ghosts(self, gid: str, start_on: date) -> list[list[tuple[date, float]]]:
        earlier: dict[date, list[tuple[date, float]]] = {}
        for row in self._paths.get(gid, []):
            if row["as_of_on"] != self._week_on and row["on"] >= start_on:
                earlier.setdefault(row["as_of_on"], []).append((row["on"], row["p50"]))
        return list(earlier.values())


def axis_reading(goal: Row) -> Callable[[float], str]:
    """How a value of this goal reads on an axis."""
    return partial(formats.amount, unit=goal.get("unit"), currency=goal.get("currency_code"), short=True)


def _spoken(goal: Row, forecast: Row) -> str:
    read = axis_reading(goal)
    p10, p50, p90, target = (forecast[c] for c in ("value_p10", "value_p50", "value_p90", "target_value"))
    outlook = f"expected {read(p50)}, 8 in 10 chances between {read(p10)} and {read(p90)}" if p50 is not None else ""
    due = formats.day(forecast["due_on"])
    return f"Fan chart of {goal.get('name') or 'the goal'}: target {read(target)} by {due}; {outlook}"


def _by_goal(frame: pl.DataFrame) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    for row in frame.iter_rows(named=True):
        rows.setdefault(row["goal_gid"], []).append(row)
    return rows

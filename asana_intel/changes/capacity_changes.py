"""Changes wanted in the forecast of each person's load, a field of ours. Pure; reviews of overload are elsewhere."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical_object, shortened
from asana_intel.changes.fields import CAPACITY_FORECAST
from asana_intel.changes.identity import markers_in, row_marker
from asana_intel.changes.inputs import (
    CAPACITY_PLANNING,
    CurrentValues,
    PlanInputs,
    PlanRules,
    Week,
)
from asana_intel.settings import OVERLOAD_WEEKS

Row = dict[str, Any]
_MADE_BY = "person_load"
EVER = "ever"


def capacity_forecasts(inputs: PlanInputs, week: Week, current: CurrentValues, rules: PlanRules) -> Iterator[Row]:
    """Set AI Capacity Forecast of everybody with hours in the next four weeks, where the settings say so."""
    if rules.capacity_forecast == "off":
        return
    names, known = _names(inputs), inputs.known_markers()
    tasks = _tasks_by_marker(inputs) if rules.capacity_forecast == "tasks" else {}
    for person_gid, assigned, available in _next_weeks(inputs, week).iter_rows():
        target = ("user", person_gid)
        if rules.capacity_forecast == "tasks":
            created = _place(inputs, week, person_gid, names)
            marker = row_marker(created, week.as_of_on, week.as_of_at)
            if marker not in tasks:
                if marker not in known:
                    yield created
                continue
            target = ("task", tasks[marker])
        old, new = current.get(target[1], CAPACITY_FORECAST), CAPACITY_FORECAST.canonical(assigned / available)
        if new is not None and new != old:
            yield week.row(
                "set_field", "capacity", target, CAPACITY_FORECAST.name, new,
                f"{assigned:.0f} of {available:.0f} hours of the next four weeks are assigned.",
                old_value=old, evidence=[person_gid], made_by=_MADE_BY,
            )  # fmt: skip


def _next_weeks(inputs: PlanInputs, week: Week) -> pl.DataFrame:
    """Columns person_gid, assigned, available: hours of the next four weeks of everybody who has any."""
    load = inputs.person_load.filter(pl.col("week_on") >= week.as_of_on)
    weeks = load["week_on"].unique().sort().head(OVERLOAD_WEEKS)
    return (
        load.filter(pl.col("week_on").is_in(weeks.implode()))
        .group_by("person_gid")
        .agg(pl.col("assigned_hours").sum(), pl.col("available_hours").sum())
        .filter(pl.col("available_hours") > 0)
        .sort("person_gid")
    )


def _place(inputs: PlanInputs, week: Week, person_gid: str, names: Mapping[str, str]) -> Row:
    """The task that holds a person's forecast, created once."""
    body = {
        "name": shortened(f"Capacity of {names[person_gid]}", 250),
        "notes": "Holds AI Capacity Forecast. Created and filled by asana-intel.",
        "project": CAPACITY_PLANNING,
        "period": EVER,
        "workspace": inputs.workspace_gid,
    }
    return week.row(
        "create_task", "capacity", ("user", person_gid), "capacity_forecast", canonical_object(body),
        f"No task in {CAPACITY_PLANNING} holds the person's forecast yet.", confidence=1.0,
    )  # fmt: skip


def _tasks_by_marker(inputs: PlanInputs) -> dict[str, str]:
    notes = inputs.tasks.filter(pl.col("notes").str.contains("AIW-", literal=True)).sort("task_gid")
    return {marker: gid for gid, text in notes.select("task_gid", "notes").iter_rows() for marker in markers_in([text])}


def _names(inputs: PlanInputs) -> dict[str, str]:
    """Names of everybody with a load; somebody without name is called by gid."""
    names = dict(inputs.people.select("person_gid", "name").iter_rows())
    return {gid: names.get(gid) or gid for gid in inputs.person_load["person_gid"].unique()}

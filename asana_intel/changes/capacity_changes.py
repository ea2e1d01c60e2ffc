"""Changes wanted because of people's load: a review of a likely overload, the forecast of each person. Pure.

A row tells of one person's own load and the tasks behind it, and of nobody else.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical_object, shortened
from asana_intel.changes.fields import CAPACITY_FORECAST
from asana_intel.changes.identity import markers_in, row_marker
from asana_intel.changes.inputs import (
    CAPACITY_PLANNING,
    CAPACITY_REVIEW,
    CurrentValues,
    PlanInputs,
    PlanRules,
    Week,
)
from asana_intel.changes.signed import signed
from asana_intel.narratives.audience import public_projects, public_tasks
from asana_intel.narratives.sheets.capacity import HIDDEN, WEEKS_AHEAD, likely_overloads
from asana_intel.workload.groups import manager_of

Row = dict[str, Any]
TASKS_NAMED = 10
_MADE_BY = "person_load"
_LONGEST_NAME = 100
EVER = "ever"


def capacity_alerts(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """An approval task for each person's next week that is likely above 110 %, the soonest weeks first.

    One task a person and week, ever: the same overload seen again next Monday is no news. One person's later weeks
    follow in later plans.
    """
    known, names, causes, narratives = inputs.known_markers(), _names(inputs), _causes(inputs), _narratives(inputs)
    asked: set[str] = set()
    for load in _overloads(inputs, week):
        person_gid = load["person_gid"]
        if person_gid in asked or len(asked) >= rules.capacity_alerts:
            continue
        of_week = (person_gid, load["week_on"])
        row = _alert(inputs, week, rules, load, names, causes.get(of_week, []), narratives.get(of_week))
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            asked.add(person_gid)
            yield row


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


def _overloads(inputs: PlanInputs, week: Week) -> list[Row]:
    return likely_overloads(inputs.person_load, week.as_of_on).to_dicts()


def _next_weeks(inputs: PlanInputs, week: Week) -> pl.DataFrame:
    """Columns person_gid, assigned, available: hours of the next four weeks of everybody who has any."""
    load = inputs.person_load.filter(pl.col("week_on") >= week.as_of_on)
    weeks = load["week_on"].unique().sort().head(WEEKS_AHEAD)
    return (
        load.filter(pl.col("week_on").is_in(weeks.implode()))
        .group_by("person_gid")
        .agg(pl.col("assigned_hours").sum(), pl.col("available_hours").sum())
        .filter(pl.col("available_hours") > 0)
        .sort("person_gid")
    )


def _alert(
    inputs: PlanInputs,
    week: Week,
    rules: PlanRules,
    load: Row,
    names: Mapping[str, str],
    causes: list[Row],
    narrative: Row | None,
) -> Row:
    person_gid, week_on, odds = load["person_gid"], load["week_on"], load["p_over_110"]
    who, when = names[person_gid], f"the week of {week_on.day} {week_on:%b %Y}"
    is_running = week_on <= week.today
    of_week = (
        f"{who} has {load['assigned_hours']:.0f} h of work in {'what is left of ' if is_running else ''}{when} and"
        f" {load['available_hours']:.0f} h to do it in. The odds of more than 110 % are {odds:.0%}."
    )
    lines = [
        signed(narrative, narrative["proofs"]) if narrative else of_week,
        *_tasks_behind(inputs, causes),
        "Move, hand over or shrink some of it, then approve; request changes if it stays as it is.",
    ]
    body = {
        "name": shortened(f"Review the load of {who}, {when}", 250),
        "notes": "\n\n".join(lines),
        "assignee": _reviewer(inputs, person_gid, week.teams.get(person_gid), rules.managers),
        "due_on": max(week.today + timedelta(days=1), week_on - timedelta(days=3)).isoformat(),
        "resource_subtype": "approval",
        "project": CAPACITY_REVIEW,
        "period": week_on.isoformat(),
        "workspace": inputs.workspace_gid,
    }
    return week.row(
        "create_task", "capacity", ("user", person_gid), "capacity_alert", canonical_object(body),
        f"The odds of a load above 110 % in {when} are {odds:.0%}.",
        evidence=[cause["task_gid"] for cause in causes], confidence=odds,
        made_by=narrative["written_by"] if narrative else _MADE_BY,
    )  # fmt: skip


def _tasks_behind(inputs: PlanInputs, causes: list[Row]) -> list[str]:
    """The tasks that fill the week; one that not everybody may read is not named."""
    if not causes:
        return []
    public = public_tasks(inputs.tasks, inputs.task_projects, public_projects(inputs.projects))
    names = dict(inputs.tasks.select("task_gid", "name").iter_rows())
    lines = ["The tasks behind it, and the odds without each or with it a week later:"]
    for cause in causes[:TASKS_NAMED]:
        gid = cause["task_gid"]
        name = shortened(" ".join((names.get(gid) or gid).split()), _LONGEST_NAME) if gid in public else HIDDEN
        lines.append(
            f"- {name}: {cause['hours']:.1f} h{', not estimated' if cause['is_inferred'] else ''};"
            f" {cause['p_without']:.0%} without it, {cause['p_week_later']:.0%} a week later"
        )
    return ["\n".join(lines)]


def _reviewer(inputs: PlanInputs, person_gid: str, team_gid: str | None, managers: Mapping[str, str]) -> str | None:
    return manager_of(person_gid, team_gid, managers, inputs.team_memberships)


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


def _narratives(inputs: PlanInputs) -> dict[tuple[str, date], Row]:
    """Why each person's week is too full, as the narratives tell it, and `proofs`: the work that proves it."""
    proofs = inputs.proofs("capacity_cause")
    return {
        (n["person_gid"], n["week_on"]): n
        | {"proofs": [gid for gid in proofs.get(f"{n['person_gid']}:{n['week_on']}", []) if gid != n["person_gid"]]}
        for n in inputs.capacity_causes.to_dicts()
    }


def _causes(inputs: PlanInputs) -> dict[tuple[str, date], list[Row]]:
    found: dict[tuple[str, date], list[Row]] = {}
    for cause in inputs.load_causes.sort("rank", "task_gid").to_dicts():
        found.setdefault((cause["person_gid"], cause["week_on"]), []).append(cause)
    return found

"""The fact sheet of a goal: every number and name its narrative may use, computed from the marts and forecasts.

All of it was known at `as_of`: odds, their drivers and anomalies are those of the week's forecast, the metric's past
and the goal's status come from the snapshots until then, and the supporting work from its history (work.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.sheets import work as supporting
from asana_intel.narratives.sheets.work import Work, supporting_work
from asana_intel.narratives.wording import amount, day, percent, plural, rate, short_name

GOAL = FactKind("goal", Unit.entity, "the goal")
DUE = FactKind("due", Unit.day, "the day the goal is due")
CURRENT = FactKind("current", Unit.amount, "where the goal's metric stands")
VALUE_CHANGE = FactKind("value_change", Unit.amount, "change of the metric since last week")
TARGET = FactKind("target", Unit.amount, "what the metric must reach")
PROGRESS = FactKind("progress", Unit.share, "part of the way from start to target that is done")
ELAPSED = FactKind("elapsed", Unit.share, "part of the goal's time that is gone")
ODDS = FactKind("odds", Unit.probability, "odds of reaching the target by the due day")
ODDS_BEFORE = FactKind("odds_before", Unit.probability, "the odds last week")
ODDS_CHANGE = FactKind("odds_change", Unit.points, "change of the odds since last week")
DRIVER = FactKind("driver", Unit.text, "what moved the odds most since last week")
DRIVER_POINTS = FactKind("driver_points", Unit.points, "points of the change of the odds that are due to it")
LEVER = FactKind("lever", Unit.text, "what would raise the odds most")
LEVER_POINTS = FactKind("lever_points", Unit.points, "points that it would add to the odds")
PREDICTED = FactKind("predicted", Unit.day, "the day the forecast reaches the target")
ASANA_STATUS = FactKind("asana_status", Unit.status, "the status that its owner set in Asana")
NOT_ASSESSED = FactKind("not_assessed", Unit.text, "why there are no odds")
PACE = FactKind("pace", Unit.rate, "gain of the metric a week toward the target, lately")
NEEDED_PACE = FactKind("needed_pace", Unit.rate, "gain a week that the target needs from now on")
WINDOW_GAIN = FactKind("window_gain", Unit.amount, "gain of the last four weeks together")
PEAK_GAIN = FactKind("peak_gain", Unit.amount, "gain of the best of the last four weeks")
STALLED = FactKind("stalled", Unit.weeks, "weeks in a row without any gain, which is rare for the goal")
EXPECTED = FactKind("expected", Unit.amount, "value that the forecast expected by now, where the metric jumped")
WINDOW = FactKind("window", Unit.weeks, "weeks that count as lately")
WEEKS_LEFT = FactKind("weeks_left", Unit.weeks, "weeks until the goal is due")
SCOPE = FactKind("scope", Unit.text, "the projects that the counts of tasks are of")
DONE_LAST_WEEK = FactKind("done_last_week", Unit.tally, "tasks the supporting projects finished last week")
SLOW_PROJECT = FactKind("slow_project", Unit.entity, "the supporting project furthest below its usual pace")
SLOW_RECENT = FactKind("slow_recent", Unit.rate, "tasks a week it finished over the last four weeks")
SLOW_USUAL = FactKind("slow_usual", Unit.rate, "tasks a week it usually finishes")
OVERDUE = FactKind("overdue", Unit.tally, "open tasks past their due day in the supporting projects")
BLOCKED = FactKind("blocked", Unit.tally, "tasks in the supporting projects that wait for other open work")
BLOCKER = FactKind("blocker", Unit.entity, "the open task that has held one of them up for the longest time")
BLOCKED_DAYS = FactKind("blocked_days", Unit.tally, "days for which it has done so")

FALL = 5
"""Points of a fall of the odds that no text may leave out."""
SAFE_ODDS = 0.9
"""Odds from which no risk in the work has to be told."""
_RECENT_WEEKS = 4
_EVIDENCE = 20
_DRIVERS = {
    ("time", False): "less time left",
    ("progress", False): "less progress than expected",
    ("progress", True): "more progress than expected",
    ("definition", False): "a change of the target or its dates",
    ("definition", True): "a change of the target or its dates",
}
_LEVERS = {
    "due_later": "two more weeks",
    "pace_up": "a pace higher by a fifth",
    "target_lower": "a target lower by a tenth",
}
_WHOLE = {
    "goals": "marts/dim_goal",
    "progress": "marts/fct_goal_progress_weekly",
    "bridge": "marts/bridge_goal_project",
    "projects": "staging/projects",
}
_OF_WEEK = {
    "attainment": "forecasts/goal_attainment",
    "drivers": "forecasts/goal_drivers",
    "anomalies": "forecasts/goal_anomalies",
    "pace": "forecasts/project_pace",
}
READS = tuple(dict.fromkeys((*_WHOLE.values(), *_OF_WEEK.values(), *supporting.READS)))
Row = Mapping[str, Any]


@dataclass(frozen=True)
class _Metric:
    """A goal's metric week by week until `as_of`, the newest last, and its status; gains count toward the target."""

    pace: float | None = None
    gains: tuple[float, ...] = ()
    status: str | None = None


@dataclass(frozen=True)
class _Known:
    """What is known of one goal beside its forecast."""

    before: float | None = None
    metric: _Metric = field(default_factory=_Metric)
    work: Work | None = None
    slow: Row | None = None
    moved: tuple[Row, ...] = ()
    levers: tuple[Row, ...] = ()
    anomalies: Mapping[str, Row] = field(default_factory=dict[str, Row])


def sheets_of_week(read: Callable[..., pl.DataFrame], week_on: date, as_of: datetime) -> list[FactSheet]:
    """One sheet per goal of the week's forecast, ordered by gid.

    Args:
        read: Reads a table by key; with `partition`, the rows of that week.
        week_on: Week, a Monday.
        as_of: Nothing later is used.
    """
    whole = {name: read(key) for name, key in _WHOLE.items()}
    weekly = {name: read(key, partition=week_on) for name, key in _OF_WEEK.items()}
    before = read(_OF_WEEK["attainment"], partition=week_on - timedelta(weeks=1))
    definition = whole["goals"].select("goal_gid", "name", "unit", "precision", "currency_code")
    rows = weekly["attainment"].join(definition, on="goal_gid").sort("goal_gid").to_dicts()
    work = supporting_work(read, whole["bridge"], as_of)
    values = dict(before.select("goal_gid", "current_value").iter_rows())
    metrics = _metrics(whole["progress"], rows, as_of)
    slow = _slowest(whole["projects"], weekly["pace"], work)
    drivers, anomalies = _by_goal(weekly["drivers"].sort("rank", "driver")), _by_goal(weekly["anomalies"])
    return [
        FactSheet(
            Kind.goal_progress,
            {"goal_gid": gid},
            _facts(
                row,
                _Known(
                    values.get(gid),
                    metrics.get(gid, _Metric()),
                    work.get(gid),
                    slow.get(gid),
                    tuple(d for d in drivers.get(gid, ()) if d["role"] == "moved"),
                    tuple(d for d in drivers.get(gid, ()) if d["role"] == "lever"),
                    {a["anomaly"]: a for a in anomalies.get(gid, ())},
                ),
                as_of.date(),
            ),
        )
        for row in rows
        for gid in (row["goal_gid"],)
    ]


def _facts(row: Row, known: _Known, as_of_on: date) -> list[Fact]:
    gid, name = (row["goal_gid"],), row["name"] or "Goal"
    worst = _worst_risk(row, known)
    facts = [Fact(GOAL, name, name, gid)]
    if row["due_on"] is not None:
        facts.append(Fact(DUE, row["due_on"], day(row["due_on"]), gid, is_required=row["p_attain"] is not None))
    if row["elapsed_pct"] is not None:
        facts.append(Fact(ELAPSED, row["elapsed_pct"], percent(row["elapsed_pct"]), gid))
    facts += _position(row, known, gid, worst)
    facts += _odds(row, known, gid)
    if not _is_level(row):
        facts += _paces(row, known.metric, as_of_on, gid)
    facts += _oddities(row, known, gid, worst)
    return facts + (_work(known.work, known.slow, worst) if known.work else [])


def _position(row: Row, known: _Known, gid: tuple[str, ...], worst: str | None) -> list[Fact]:
    current, target, initial = row["current_value"], row["target_value"], row["initial_value"]
    if target is None or current is None:
        return []
    facts = [Fact(CURRENT, current, _shown(current, row), gid), Fact(TARGET, target, _shown(target, row), gid)]
    if initial is not None and target != initial:
        done = (current - initial) / (target - initial)
        facts.append(Fact(PROGRESS, done, percent(done if done > 0 else 0.0), gid))
    if known.before is not None:
        change = current - known.before
        facts.append(Fact(VALUE_CHANGE, change, _difference(change, row), gid, is_required=worst == "dropped"))
    return facts


def _odds(row: Row, known: _Known, gid: tuple[str, ...]) -> list[Fact]:
    if row["p_attain"] is None:
        reason = (row["reason"] or "The reason is unknown.").strip().rstrip(".")
        return [Fact(NOT_ASSESSED, reason, reason[:1].lower() + reason[1:], gid, is_required=True)]
    facts = [Fact(ODDS, row["p_attain"], percent(row["p_attain"]), gid, is_required=True)]
    change = row["p_attain_change"]
    if change is not None:
        points, before = round(100 * change), min(max(row["p_attain"] - change, 0.0), 1.0)
        facts.append(Fact(ODDS_BEFORE, before, percent(before), gid, is_required=points <= -FALL))
        facts.append(Fact(ODDS_CHANGE, points, plural(abs(points), "point"), gid))
        facts += _driver(known.moved, points, gid)
    facts += _lever(known.levers, gid)
    if row["predicted_on"] is not None:
        facts.append(Fact(PREDICTED, row["predicted_on"], day(row["predicted_on"]), gid))
    if known.metric.status in {"green", "yellow", "red"}:
        facts.append(Fact(ASANA_STATUS, known.metric.status, known.metric.status, gid))
    return facts


def _driver(moved: Sequence[Row], change: int, gid: tuple[str, ...]) -> list[Fact]:
    """The largest part of the change, where it is half of it or more and can be told in words."""
    if not moved or abs(change) < FALL:
        return []
    points = round(moved[0]["points"])
    told = _DRIVERS.get((moved[0]["driver"], points > 0))
    if told is None or not 0.5 <= points / change <= 1:
        return []
    return [Fact(DRIVER, told, told, gid), Fact(DRIVER_POINTS, points, plural(abs(points), "point"), gid)]


def _lever(levers: Sequence[Row], gid: tuple[str, ...]) -> list[Fact]:
    known = [lever for lever in levers if lever["driver"] in _LEVERS and round(lever["points"]) > 0]
    if not known:
        return []
    best = max(known, key=lambda lever: (lever["points"], lever["driver"]))
    told, points = _LEVERS[best["driver"]], round(best["points"])
    return [Fact(LEVER, told, told, gid), Fact(LEVER_POINTS, points, plural(points, "point"), gid)]


def _paces(row: Row, metric: _Metric, as_of_on: date, gid: tuple[str, ...]) -> list[Fact]:
    def shown(value: float) -> str:
        if row["unit"] == "percentage":
            return f"{rate(100 * value, None, row['precision'])} points"
        return rate(value, row["unit"], row["precision"], row["currency_code"])

    facts: list[Fact] = []
    if metric.pace is not None:
        facts.append(Fact(PACE, metric.pace, shown(metric.pace), gid))
    missing = _toward(row, row["target_value"], row["current_value"])
    if missing is not None and row["due_on"] is not None and row["due_on"] > as_of_on:
        weeks = (row["due_on"] - as_of_on).days / 7
        facts.append(Fact(WEEKS_LEFT, weeks, plural(max(round(weeks), 1), "week"), gid))
        facts.append(Fact(NEEDED_PACE, missing / max(weeks, 1.0), shown(missing / max(weeks, 1.0)), gid))
    lately = metric.gains[-_RECENT_WEEKS:]
    if len(lately) == _RECENT_WEEKS:
        facts.append(Fact(WINDOW_GAIN, sum(lately), _difference(sum(lately), row), gid))
        facts.append(Fact(PEAK_GAIN, max(lately), _difference(max(lately), row), gid))
    return facts


def _oddities(row: Row, known: _Known, gid: tuple[str, ...], worst: str | None) -> list[Fact]:
    facts = [Fact(WINDOW, _RECENT_WEEKS, "four weeks", gid)]
    if (stalled := known.anomalies.get("stalled")) is not None:
        weeks = round(stalled["observed"])
        facts.append(Fact(STALLED, weeks, plural(weeks, "week"), gid, is_required=worst == "stalled"))
    jumped = known.anomalies.get("jumped")
    if jumped is not None and jumped["expected"] is not None:
        facts.append(Fact(EXPECTED, jumped["expected"], _shown(jumped["expected"], row), gid))
    return facts


def _work(work: Work, slow: Row | None, worst: str | None) -> list[Fact]:
    scope = f"the {'public ' if work.is_partial else ''}supporting project{'s' if len(work.project_gids) > 1 else ''}"
    projects = work.project_gids[:_EVIDENCE]
    facts = [Fact(SCOPE, scope, scope, projects)]
    done = len(work.finished)
    facts.append(
        Fact(DONE_LAST_WEEK, done, plural(done, "task") if done else "no task", work.finished[:_EVIDENCE] or projects)
    )
    if slow is not None:
        source = (slow["project_gid"],)
        name, recent = short_name(slow["name"]), slow["recent"]
        facts += [
            Fact(SLOW_PROJECT, name, name, source, is_required=worst == "slow"),
            Fact(SLOW_RECENT, recent, f"{recent:.1f}" if round(recent, 1) else "no", source),
            Fact(SLOW_USUAL, slow["usual"], f"{slow['usual']:.1f}", source),
        ]
    for kind, gids, risk in ((OVERDUE, work.overdue, "overdue"), (BLOCKED, work.blocked, "blocked")):
        if gids:
            facts.append(Fact(kind, len(gids), plural(len(gids), "task"), gids[:_EVIDENCE], is_required=worst == risk))
    name = short_name(work.blocker_name or "")
    if work.blocker_gid is not None and name and work.blocked_days > 0:
        source = (work.blocker_gid,)
        facts += [
            Fact(BLOCKER, name, name, source),
            Fact(BLOCKED_DAYS, work.blocked_days, plural(work.blocked_days, "day"), source),
        ]
    return facts


def _worst_risk(row: Row, known: _Known) -> str | None:
    """The risk that a text must tell: a stall or a fall of the metric, else the one that most tasks stand behind."""
    left = _toward(row, row["target_value"], row["current_value"])
    if row["p_attain"] is None or row["p_attain"] >= SAFE_ODDS or (left is not None and left <= 0):
        return None
    if "stalled" in known.anomalies:
        return "stalled"
    if "dropped" in known.anomalies and known.before is not None and left is not None:
        return "dropped"
    if known.work is None:
        return None
    slow = known.slow
    tasks = {
        "blocked": float(len(known.work.blocked)),
        "overdue": float(len(known.work.overdue)),
        "slow": _RECENT_WEEKS * (slow["usual"] - slow["recent"]) if slow else 0.0,
    }
    worst = max(tasks, key=lambda risk: tasks[risk])  # the first of equals
    return worst if tasks[worst] > 0 else None


def _metrics(progress: pl.DataFrame, rows: Sequence[Row], as_of: datetime) -> dict[str, _Metric]:
    """What each goal's snapshots until `as_of` tell of its metric and status."""
    weeks = _by_goal(progress.filter(pl.col("snapshot_at") <= as_of).sort("snapshot_at"))
    return {row["goal_gid"]: _metric(row, weeks[row["goal_gid"]], as_of) for row in rows if row["goal_gid"] in weeks}


def _metric(row: Row, weeks: Sequence[Row], as_of: datetime) -> _Metric:
    seen = [w for w in weeks if w["value"] is not None]
    steps = [
        _toward(row, new["value"], old["value"]) or 0.0
        for old, new in pairwise(seen)
        if new["week_on"] - old["week_on"] == timedelta(weeks=1)
    ]
    return _Metric(_pace(row, seen, as_of.date()), tuple(steps), weeks[-1]["status"])


def _pace(row: Row, seen: Sequence[Row], as_of_on: date) -> float | None:
    """Mean weekly gain over the last four weeks, or since the goal's start where that is later."""
    if not seen:
        return None
    first_on = as_of_on - timedelta(weeks=_RECENT_WEEKS)
    old = [w for w in seen if w["snapshot_at"].date() <= first_on]
    old_value, old_on = (old[-1]["value"], old[-1]["snapshot_at"].date()) if old else (None, None)
    old_value = row["initial_value"] if old_value is None else old_value
    old_on = row["start_on"] if old_on is None else old_on
    gain = _toward(row, seen[-1]["value"], old_value)
    if gain is None or old_on is None:
        return None
    weeks = (seen[-1]["snapshot_at"].date() - old_on).days / 7
    return gain / weeks if weeks >= 0.7 else None


def _slowest(projects: pl.DataFrame, pace: pl.DataFrame, work: Mapping[str, Work]) -> dict[str, Row]:
    """Of each goal's public projects the one furthest below its own usual pace, where that is far."""
    slowed = {
        row["project_gid"]: row
        for row in pace.join(projects.select("project_gid", "name"), on="project_gid").to_dicts()
        if row["usual"] >= 1 and row["usual"] - row["recent"] > 0.25 * row["usual"] and short_name(row["name"] or "")
    }
    found = {goal: [slowed[p] for p in w.project_gids if p in slowed] for goal, w in work.items()}
    return {goal: max(rows, key=lambda r: r["usual"] - r["recent"]) for goal, rows in found.items() if rows}


def _by_goal(frame: pl.DataFrame) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in frame.to_dicts():
        grouped.setdefault(row["goal_gid"], []).append(row)
    return grouped


def _is_level(row: Row) -> bool:
    """Whether the metric must stand at its target on the due day, rather than be gathered until then."""
    return row["kind"] == "level"


def _toward(row: Row, value: float | None, since: float | None) -> float | None:
    """How far a value lies beyond another in the direction of the target; None where either is unknown."""
    if value is None or since is None:
        return None
    target, initial = row["target_value"], row["initial_value"]
    is_down = target is not None and initial is not None and target < initial
    return since - value if is_down else value - since


def _shown(value: float, row: Row) -> str:
    return amount(value, row["unit"], row["precision"], row["currency_code"])


def _difference(change: float, row: Row) -> str:
    """The size of a difference, as exact as it takes to be seen: 3, 0.25, 2.0 points, 40 EUR."""
    if change == 0:
        return "unchanged"
    size, digits, unit = abs(change), max(row["precision"] or 0, 0), row["unit"]
    shown = 100 * size if unit == "percentage" else size
    write = amount if abs(shown - round(shown, digits)) < 1e-9 * max(shown, 1.0) else rate
    if unit == "percentage":
        return f"{write(100 * size, None, row['precision'])} points"
    return write(size, unit, row["precision"], row["currency_code"])

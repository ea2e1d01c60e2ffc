"""The fact sheet of a goal, from its forecast, its past and its supporting projects."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.wording import amount, day, percent, plural, rate, short_name

GOAL = FactKind("goal", Unit.entity, "the goal")
DUE = FactKind("due", Unit.day, "the day the goal is due")
CURRENT = FactKind("current", Unit.amount, "where the goal's metric stands")
TARGET = FactKind("target", Unit.amount, "what the metric must reach")
PROGRESS = FactKind("progress", Unit.share, "part of the way from start to target that is done")
ELAPSED = FactKind("elapsed", Unit.share, "part of the goal's time that is gone")
ODDS = FactKind("odds", Unit.probability, "odds of reaching the target by the due day")
ODDS_CHANGE = FactKind("odds_change", Unit.points, "change of the odds since last week")
PREDICTED = FactKind("predicted", Unit.day, "the day the forecast reaches the target")
ASANA_STATUS = FactKind("asana_status", Unit.status, "the status that its owner set in Asana")
NOT_ASSESSED = FactKind("not_assessed", Unit.text, "why there are no odds")
PACE = FactKind("pace", Unit.rate, "gain of the metric a week, lately")
NEEDED_PACE = FactKind("needed_pace", Unit.rate, "gain a week that the target needs from now on")
WEEKS_LEFT = FactKind("weeks_left", Unit.weeks, "weeks until the goal is due")
DONE_LAST_WEEK = FactKind("done_last_week", Unit.tally, "tasks the supporting projects finished last week")
SLOW_PROJECT = FactKind("slow_project", Unit.entity, "the supporting project furthest below its usual pace")
SLOW_RECENT = FactKind("slow_recent", Unit.rate, "tasks a week it finished over the last four weeks")
SLOW_USUAL = FactKind("slow_usual", Unit.rate, "tasks a week it usually finishes")
OVERDUE = FactKind("overdue", Unit.tally, "open tasks past their due day in the supporting projects")
BLOCKED = FactKind("blocked", Unit.tally, "tasks in the supporting projects that wait for other open work")

_RECENT_WEEKS = 4
_WHOLE = {
    "goals": "marts/dim_goal",
    "progress": "marts/fct_goal_progress_weekly",
    "bridge": "marts/bridge_goal_project",
    "projects": "marts/dim_project",
    "health": "marts/fct_project_health",
}
_OF_WEEK = {"attainment": "forecasts/goal_attainment", "pace": "forecasts/project_pace"}
READS = (*_WHOLE.values(), *_OF_WEEK.values())


@dataclass(frozen=True)
class GoalFactInputs:
    """Frames a fact sheet is built from; each is a table of the contract named.

    Args:
        attainment: forecasts/goal_attainment, one week.
        goals: marts/dim_goal.
        progress: marts/fct_goal_progress_weekly.
        bridge: marts/bridge_goal_project.
        projects: marts/dim_project.
        health: marts/fct_project_health.
        pace: forecasts/project_pace, one week.
    """

    attainment: pl.DataFrame
    goals: pl.DataFrame
    progress: pl.DataFrame
    bridge: pl.DataFrame
    projects: pl.DataFrame
    health: pl.DataFrame
    pace: pl.DataFrame


def sheets_of_week(read: Callable[..., pl.DataFrame], week_on: date, as_of: datetime) -> list[FactSheet]:
    """The sheets of all goals that the week's forecast knows; see `build_fact_sheets`."""
    frames = {name: read(key) for name, key in _WHOLE.items()}
    frames |= {name: read(key, partition=week_on) for name, key in _OF_WEEK.items()}
    return build_fact_sheets(GoalFactInputs(**frames), as_of.date())


def build_fact_sheets(inputs: GoalFactInputs, as_of_on: date) -> list[FactSheet]:
    """One sheet per goal of the week's forecast, ordered by gid.

    Args:
        inputs: Frames.
        as_of_on: The day the sheet knows up to.
    """
    rows = (
        inputs.attainment.drop("start_on", "initial_value")
        .join(inputs.goals, on="goal_gid", how="inner", suffix="_goal")
        .sort("goal_gid")
    )
    pace = _recent_pace(inputs.progress, inputs.goals, as_of_on)
    work = _supporting_work(inputs)
    return [
        FactSheet(
            Kind.goal_progress,
            {"goal_gid": row["goal_gid"]},
            _goal_facts(row, pace.get(row["goal_gid"]), work.get(row["goal_gid"]), as_of_on),
        )
        for row in rows.iter_rows(named=True)
    ]


def _goal_facts(row: dict, pace: float | None, work: "_Work | None", as_of_on: date) -> list[Fact]:
    gid = (row["goal_gid"],)

    def shown(value: float) -> str:
        return amount(value, row["unit"], row["precision"], row["currency_code"])

    facts = [Fact(GOAL, row["name"] or "Goal", row["name"] or "Goal", gid)]
    current, target, initial = row["current_value"], row["target_value"], row["initial_value"]
    if row["due_on"] is not None:
        facts.append(Fact(DUE, row["due_on"], day(row["due_on"]), gid))
    if target is not None and current is not None:
        facts += [Fact(CURRENT, current, shown(current), gid)]
        facts += [Fact(TARGET, target, shown(target), gid)]
        if initial is not None and target != initial:
            done = (current - initial) / (target - initial)
            facts.append(Fact(PROGRESS, done, percent(max(done, 0.0)), gid))
    if row["elapsed_pct"] is not None:
        facts.append(Fact(ELAPSED, row["elapsed_pct"], percent(row["elapsed_pct"]), gid))
    facts += _odds_facts(row, gid)
    facts += _pace_facts(row, pace, as_of_on)
    return facts + (_work_facts(work) if work else [])


def _odds_facts(row: dict, gid: tuple[str, ...]) -> list[Fact]:
    if row["p_attain"] is None:
        return [Fact(NOT_ASSESSED, row["reason"] or "unknown", row["reason"] or "the reason is unknown.", gid)]
    facts = [Fact(ODDS, row["p_attain"], percent(row["p_attain"]), gid)]
    change = row["p_attain_change"]
    if change is not None:
        points = round(100 * change)
        facts.append(Fact(ODDS_CHANGE, points, plural(abs(points), "point"), gid))
    if row["predicted_on"] is not None:
        facts.append(Fact(PREDICTED, row["predicted_on"], day(row["predicted_on"]), gid))
    if row["status"] and row.get("status_goal") in {"green", "yellow", "red"}:
        facts.append(Fact(ASANA_STATUS, row["status_goal"], row["status_goal"], gid))
    return facts


def _pace_facts(row: dict, pace: float | None, as_of_on: date) -> list[Fact]:
    gid = (row["goal_gid"],)

    def shown(value: float) -> str:
        return rate(value, row["unit"], row["precision"], row["currency_code"])

    facts: list[Fact] = []
    if pace is not None:
        facts.append(Fact(PACE, pace, shown(pace), gid))
    if None not in (row["due_on"], row["target_value"], row["current_value"]) and row["due_on"] > as_of_on:
        weeks = (row["due_on"] - as_of_on).days / 7
        needed = (row["target_value"] - row["current_value"]) / weeks
        facts.append(Fact(WEEKS_LEFT, weeks, plural(max(round(weeks), 1), "week"), gid))
        facts.append(Fact(NEEDED_PACE, needed, shown(needed), gid))
    return facts


@dataclass(frozen=True)
class _Work:
    """What the supporting projects did lately, the one that fell furthest below its own past first."""

    project_gids: tuple[str, ...]
    done_last_week: float
    slowest_name: str | None
    slowest_gid: str | None
    slowest_recent: float
    slowest_usual: float
    overdue: int
    blocked: int


def _work_facts(work: _Work) -> list[Fact]:
    gids = work.project_gids
    facts = [Fact(DONE_LAST_WEEK, work.done_last_week, plural(work.done_last_week, "task"), gids)]
    name = short_name(work.slowest_name or "")
    if work.slowest_gid and name:
        source = (work.slowest_gid,)
        facts += [
            Fact(SLOW_PROJECT, name, name, source),
            Fact(SLOW_RECENT, work.slowest_recent, f"{work.slowest_recent:.1f}", source),
            Fact(SLOW_USUAL, work.slowest_usual, f"{work.slowest_usual:.1f}", source),
        ]
    if work.overdue:
        facts.append(Fact(OVERDUE, work.overdue, plural(work.overdue, "task"), gids))
    if work.blocked:
        facts.append(Fact(BLOCKED, work.blocked, plural(work.blocked, "task"), gids))
    return facts


def _recent_pace(progress: pl.DataFrame, goals: pl.DataFrame, as_of_on: date) -> dict[str, float]:
    """Mean weekly gain of each goal's metric over the last four weeks, or since its start where that is later."""
    first_on = pl.lit(as_of_on - timedelta(weeks=_RECENT_WEEKS))
    seen = progress.filter(pl.col("value").is_not_null()).with_columns(on=pl.col("snapshot_at").dt.date())
    known = seen.filter(pl.col("on") <= as_of_on).sort("on")
    now = known.group_by("goal_gid").agg(value=pl.col("value").last(), on=pl.col("on").last())
    before = known.filter(pl.col("on") <= first_on).group_by("goal_gid").agg(
        old_value=pl.col("value").last(), old_on=pl.col("on").last()
    )  # fmt: skip
    pace = (
        now.join(goals.select("goal_gid", "start_on", "initial_value"), on="goal_gid")
        .join(before, on="goal_gid", how="left")
        .with_columns(
            old_value=pl.coalesce("old_value", "initial_value"),
            weeks=(pl.col("on") - pl.coalesce("old_on", "start_on")).dt.total_days() / 7,
        )
        .filter(pl.col("weeks") >= 0.7)
        .select("goal_gid", pace=(pl.col("value") - pl.col("old_value")) / pl.col("weeks"))
    )
    return dict(pace.drop_nulls().iter_rows())


def _supporting_work(inputs: GoalFactInputs) -> dict[str, _Work]:
    linked = (
        inputs.bridge.join(inputs.pace, on="project_gid", how="left")
        .join(inputs.projects.select("project_gid", "name"), on="project_gid", how="left")
        .join(inputs.health.select("project_gid", "overdue_tasks", "blocked_tasks"), on="project_gid", how="left")
        .with_columns(pl.col("recent", "usual", "last_week", "overdue_tasks", "blocked_tasks").fill_null(0))
        .with_columns(shortfall=pl.col("usual") - pl.col("recent"))
        .sort("goal_gid", "shortfall", "project_gid", descending=[False, True, False])
    )
    return {str(key[0]): _work(rows.rows(named=True)) for key, rows in linked.group_by("goal_gid", maintain_order=True)}


def _work(rows: Sequence[dict]) -> _Work:
    slowest = rows[0] if rows[0]["shortfall"] > 0.25 * rows[0]["usual"] and rows[0]["usual"] >= 1 else None
    return _Work(
        project_gids=tuple(r["project_gid"] for r in rows[:20]),
        done_last_week=sum(r["last_week"] for r in rows),
        slowest_name=slowest["name"] if slowest else None,
        slowest_gid=slowest["project_gid"] if slowest else None,
        slowest_recent=slowest["recent"] if slowest else 0.0,
        slowest_usual=slowest["usual"] if slowest else 0.0,
        overdue=sum(r["overdue_tasks"] for r in rows),
        blocked=sum(r["blocked_tasks"] for r in rows),
    )

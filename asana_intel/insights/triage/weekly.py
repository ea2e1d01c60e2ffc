"""One week's triage in the shape of its contract: what arrived lately or has no category, and what it probably is."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.insights.triage.classify import classify
from asana_intel.insights.triage.duplicates import find_duplicates
from asana_intel.insights.work import field_values, finished_work, open_work
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.contracts.contract import conform
from asana_intel.work_settings import TriageSettings

Read = Callable[[str], pl.DataFrame]

ARRIVED_DAYS = 14
ACTIVE_DAYS = 90
_TABLE = "insights/task_triage"
_P90_OF_NORMAL = 1.2816


def task_triage(
    read: Read, effort: pl.DataFrame, settings: TriageSettings, week_on: date, as_of: datetime
) -> pl.DataFrame:
    """Category, complexity, priority, duplicate and assignee of open tasks, where there is evidence enough.

    Args:
        read: Reads a table by key.
        effort: The week's insights/task_effort.
        settings: Names of the fields, and what counts as evidence.
        week_on: The week, a Monday.
        as_of: Nothing later is used.

    Returns:
        insights/task_triage of the week.
    """
    still_open, finished = _placed(read, open_work(read, as_of)), _placed(read, finished_work(read, as_of))
    everything = pl.concat([still_open, finished], how="diagonal")
    category = _values(read, as_of, settings.category_field)
    tasks = _arrivals(still_open, category, as_of, settings.most_tasks)
    found = (
        tasks.select("task_gid", "project_gid", arrived_at="created_at")
        .join(_guessed(tasks, everything, category, "category", settings, as_of), on="task_gid", how="left")
        .join(
            _guessed(tasks, everything, _values(read, as_of, settings.priority_field), "priority", settings, as_of),
            on="task_gid",
            how="left",
        )
        .join(suggest_assignees(read, tasks, finished, settings, as_of), on="task_gid", how="left")
        .join(_complexity(tasks, effort, settings), on="task_gid", how="left")
        .join(_repeats(tasks, everything, settings, as_of), on="task_gid", how="left")
        .with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
        .with_columns(reason=pl.concat_str(_reason("category"), _reason("priority"), separator="; ", ignore_nulls=True))
        .with_columns(pl.col("reason").replace("", None))
        .sort("task_gid")
    )
    return conform(CONTRACTS[_TABLE], found)


def suggest_assignees(
    read: Read, tasks: pl.DataFrame, finished: pl.DataFrame, settings: TriageSettings, as_of: datetime
) -> pl.DataFrame:
    """Who would probably do each task: people who finished something in the last 90 days, of the task's team.

    Where a team has no active member among those who finished like work, or the task has no team, any active person
    may be named.

    Args:
        read: Reads a table by key.
        tasks: Columns of `work.open_work`, and team_gid.
        finished: Columns of `work.finished_work`, and team_gid.
        settings: What counts as evidence.
        as_of: Nothing later is used.

    Returns:
        One row per task: task_gid, person_gid (null where it abstains), person_p.
    """
    done = finished.filter(pl.col("person_gid").is_not_null())
    since = as_of - timedelta(days=ACTIVE_DAYS)
    active = done.filter(pl.col("completed_at") > since).select("person_gid").unique()
    past = done.join(active, on="person_gid", how="semi")
    members = read("staging/team_memberships").select("team_gid", "person_gid")
    allowed = (
        tasks.select("task_gid", "team_gid")
        .join(members, on="team_gid")
        .join(active, on="person_gid", how="semi")
        .select("task_gid", value="person_gid")
    )
    columns = ["task_gid", "name", "notes", "project_gid", "team_gid"]
    said = classify(
        tasks.select(columns),
        past.select(*columns, "person_gid", known_at="completed_at"),
        as_of,
        "person_gid",
        allowed=allowed,
        least_p=settings.least_p,
        least_examples=settings.least_examples,
    )
    return said.select("task_gid", person_gid="value", person_p="p")


def _placed(read: Read, work: pl.DataFrame) -> pl.DataFrame:
    """Tasks with the team of their project, and who asked for them."""
    teams = read("staging/projects").select("project_gid", "team_gid")
    return work.join(teams, on="project_gid", how="left").with_columns(requester_gid="created_by_gid").sort("task_gid")


def _arrivals(still_open: pl.DataFrame, category: pl.DataFrame, as_of: datetime, most: int) -> pl.DataFrame:
    """Open tasks that arrived lately, or have no category where others have one; the newest, if there are too many."""
    is_new = pl.col("created_at") > as_of - timedelta(days=ARRIVED_DAYS)
    is_bare = ~pl.col("task_gid").is_in(category["task_gid"].to_list()) if category.height else pl.lit(value=False)
    return still_open.filter(is_new | is_bare).sort("created_at", "task_gid").tail(most)


def _values(read: Read, as_of: datetime, field: str) -> pl.DataFrame:
    """What a custom field said on tasks as of then: task_gid, value (as people see it), set_at."""
    options = (
        read("staging/custom_field_values")
        .filter(pl.col("option_gid").is_not_null(), pl.col("display_value").is_not_null())
        .select("option_gid", option="display_value")
        .sort("option_gid", "option")
        .unique("option_gid", keep="first", maintain_order=True)
    )
    number = pl.when(pl.col("number") == pl.col("number").round(0)).then(pl.col("number").cast(pl.Int64, strict=False))
    return (
        field_values(read, as_of, field)
        .join(options, on="option_gid", how="left")
        .select(
            "task_gid",
            "set_at",
            value=pl.coalesce("option", "text", number.cast(pl.String), pl.col("number").cast(pl.String)),
        )
        .filter(pl.col("value").is_not_null(), pl.col("value") != "")
    )


def _guessed(
    tasks: pl.DataFrame,
    everything: pl.DataFrame,
    values: pl.DataFrame,
    label: str,
    settings: TriageSettings,
    as_of: datetime,
) -> pl.DataFrame:
    """The likeliest value of a field: task_gid, the label, its probability, and (for the category) the evidence."""
    columns = ["task_gid", "name", "notes", "created_at", "project_gid", "section_gid", "team_gid", "requester_gid"]
    past = everything.select(columns).join(values, on="task_gid")
    said = classify(
        tasks.select(columns),
        past.rename({"value": label, "set_at": "known_at"}),
        as_of,
        label,
        order=(settings.priority_order or None) if label == "priority" else None,
        least_p=settings.least_p,
        least_examples=settings.least_examples,
    )
    evidence = ["evidence_gids"] if label == "category" else []
    return said.select("task_gid", *evidence, pl.col("reason").alias(f"{label}_reason"), value="value", p="p").rename(
        {"value": label, "p": f"{label}_p"}
    )


def _reason(label: str) -> pl.Expr:
    return pl.format(f"{label}: {{}}", pl.col(f"{label}_reason"))


def _complexity(tasks: pl.DataFrame, effort: pl.DataFrame, settings: TriageSettings) -> pl.DataFrame:
    """S, M or L by the median of the effort, and the odds of it: hours are log-normal between their p10 and p90."""
    sized = tasks.select("task_gid").join(effort, on="task_gid")
    rows = [
        (gid, *_size(p10, p50, p90, settings.small_hours, settings.large_hours, settings.least_p))
        for gid, p10, p50, p90 in sized.select("task_gid", "p10_hours", "p50_hours", "p90_hours").iter_rows()
    ]
    return pl.DataFrame(
        rows,
        schema={"task_gid": pl.String, "complexity": pl.String, "complexity_p": pl.Float64},
        orient="row",
    )


def _size(p10: float, p50: float, p90: float, small: float, large: float, least_p: float) -> tuple[str | None, float]:
    letter = "S" if p50 <= small else "L" if p50 > large else "M"
    if min(p10, p50, p90) <= 0 or p90 <= p10:
        return letter, 1.0
    spread = math.log(p90 / p10) / (2 * _P90_OF_NORMAL)

    def below(hours: float) -> float:
        return 0.5 * (1 + math.erf(math.log(hours / p50) / spread / math.sqrt(2)))

    p = {"S": below(small), "M": below(large) - below(small), "L": 1 - below(large)}[letter]
    return (letter if p >= least_p else None), p


def _repeats(tasks: pl.DataFrame, everything: pl.DataFrame, settings: TriageSettings, as_of: datetime) -> pl.DataFrame:
    """Which earlier task each repeats: task_gid, duplicate_of_gid, duplicate_p."""
    said = find_duplicates(tasks, everything.tail(settings.most_history), as_of, least_p=settings.least_p)
    return said.select("task_gid", "duplicate_of_gid", duplicate_p="p")

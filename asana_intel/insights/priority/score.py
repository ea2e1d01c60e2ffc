"""The score of every open task, 0 to 100, its rank and what they mean; parts, gains and causes are made elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.clock import monday_of
from asana_intel.errors import PermanentError
from asana_intel.insights.handed_in import checked_as_of, checked_frame
from asana_intel.insights.priority.backlog import Backlog
from asana_intel.insights.priority.causes import with_causes
from asana_intel.insights.priority.given import backlog_of
from asana_intel.insights.priority.goal_gain import goal_gains
from asana_intel.insights.priority.parts import PARTS, left_hours, part_values
from asana_intel.insights.priority.touched import what_touches
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.work_settings import PrioritySettings

TABLE = "insights/task_priority"
NEXT_SPRINT, FUTURE, BACKLOG, ICEBOX = "Next Sprint", "Future", "Backlog", "Icebox"
PAST_DAYS, SPRINT_DAYS, LATER_DAYS = 28, 14, 42
"""Days that a due day may be past, or ahead, for the task to belong in the next sprint, or in a later one."""
_DIGITS = 6


def score_tasks(
    tasks: pl.DataFrame | Backlog,
    before: pl.DataFrame | None = None,
    rubric: PrioritySettings | None = None,
    as_of: datetime | date | str | None = None,
    gains: pl.DataFrame | None = None,
    **frames: pl.DataFrame,
) -> pl.DataFrame:
    """Score and rank the open tasks.

    Args:
        tasks: Columns of `WORK` in `backlog`, of which only task_gid must be there; with created_at or completed_at,
            those open at `as_of` are scored. Or all frames that the score is made from, as a `Backlog`.
        before: Rows of insights/task_priority of a week ago; none = nothing is said of changes.
        rubric: Weights, thresholds and scope; none = the usual ones.
        as_of: Now, which must be given; its day in UTC is today. Nothing later may be in a `Backlog`.
        gains: From `task_goal_gains`, where they are known already.
        frames: Beside a frame of tasks, the others of a `Backlog` by their names: goals, supports, links, places,
            effort (what `estimate_effort` gives will do), load, signals.

    Returns:
        One row per open task within the scope, best first: the columns of insights/task_priority. Each part is its
        curve (see `parts`) times its weight; the parts add up to the score. Equal scores are ranked by due day, the
        sooner first and none last, then by gid. sprint is

        - Next Sprint: waits for nothing, and its score reaches next_sprint_above or it is due within two weeks
          (or was, in the last four);
        - Future: its score reaches next_sprint_above, or it is due within six weeks (or was, in the last four);
        - Icebox: its score is below icebox_below, it has no due day, and nothing waits for it;
        - Backlog: else.

    Raises:
        PermanentError: A frame lacks a column or does not fit its type, or `as_of` is missing or no instant; the
            message names frame, column, row and mend.
    """
    before = _known(before, "before")
    if as_of is None:
        raise PermanentError("as_of is missing", fix="say when now is: score_tasks(tasks, as_of=datetime(2026, 3, 31))")
    as_of, rubric = checked_as_of(as_of), _rubric(rubric)
    if isinstance(tasks, Backlog) and frames:
        raise PermanentError(f"{', '.join(frames)}: handed in beside a Backlog", fix="make it part of the Backlog")
    backlog = tasks if isinstance(tasks, Backlog) else backlog_of(tasks, frames, as_of)
    gains = task_goal_gains(backlog, as_of) if gains is None else gains
    values = part_values(backlog, left_hours(backlog), gains, rubric, as_of)
    return _ranked(_in_scope(_points(values, rubric), backlog, rubric), backlog, before, rubric, as_of)


def task_goal_gains(backlog: Backlog, as_of: datetime) -> pl.DataFrame:
    """By how much each task raises the odds of each goal it serves: columns of insights/task_goal_gain but the week."""
    return goal_gains(backlog, left_hours(backlog).select("task_gid", "left_hours"), checked_as_of(as_of))


def rescore(
    previous: pl.DataFrame,
    changed_gids: Iterable[str],
    backlog: Backlog,
    before: pl.DataFrame,
    rubric: PrioritySettings,
    as_of: datetime,
    kind: str = "changed",
    gains: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Score again what a change touches, keep the other scores, and rank all anew.

    Equals `score_tasks` on the same backlog, provided that nothing else changed since `previous` and `as_of` is the
    same day: urgency counts days.

    Args:
        previous: What `score_tasks` or `rescore` returned before the change.
        changed_gids: Tasks, goals, projects, people and teams that changed; of a dependency both tasks, of a move
            both projects.
        backlog: The frames after the change.
        before: As for `score_tasks`.
        rubric: The one that `previous` was scored with.
        as_of: Now.
        kind: What happened to them; see `what_touches`.
        gains: From `goal_gains` for the open tasks among those it touches, where they are known already.

    Returns:
        As `score_tasks`.
    """
    as_of = checked_as_of(as_of)
    touched = what_touches(kind, changed_gids, backlog)
    only = backlog.work.filter(pl.col("task_gid").is_in(touched.implode()))["task_gid"]
    hours = left_hours(backlog)
    if gains is None:
        gains = goal_gains(backlog, hours.select("task_gid", "left_hours"), as_of, only)
    values = part_values(backlog, hours, gains, rubric, as_of, only)
    fresh = _in_scope(_points(values, rubric), backlog, rubric)
    kept = (
        _known(previous, "previous")
        .select(fresh.columns)
        .filter(~pl.col("task_gid").is_in(touched.implode()))
        .join(backlog.work, on="task_gid", how="semi")
    )
    return _ranked(pl.concat([kept, fresh]), backlog, _known(before, "before"), rubric, as_of)


def _points(values: pl.DataFrame, rubric: PrioritySettings) -> pl.DataFrame:
    """Parts in points, and their sum."""
    points = rubric.weights.points()
    return (
        values.with_columns((pl.col(part) * points[part]).round(_DIGITS) for part in PARTS)
        .with_columns(
            score=pl.sum_horizontal(PARTS).round(_DIGITS).clip(0.0, 100.0),
            goal_points=(pl.col("strategic") * pl.col("goal_share")).round(_DIGITS),
            confidence=pl.col("confidence").round(_DIGITS),
            is_public=pl.col("is_public").fill_null(value=False),
        )
        .select(
            "task_gid", "name", "project_gid", "person_gid", "score", *PARTS, "confidence", "goal_gid", "goal_gain",
            "goal_points", "blocked_tasks", "is_blocked", "blocker_gid", "due_on", "urgent_for_gid", "left_hours",
            "commenters", "followers", "set_priority", "business_value", "is_public", "has_private_part",
        )
    )  # fmt: skip


def _in_scope(rows: pl.DataFrame, backlog: Backlog, rubric: PrioritySettings) -> pl.DataFrame:
    if not rubric.scope:
        return rows
    inside = backlog.places.filter(pl.col("project_gid").is_in(rubric.scope))
    return rows.join(inside, on="task_gid", how="semi", maintain_order="left")


def _ranked(
    rows: pl.DataFrame, backlog: Backlog, before: pl.DataFrame, rubric: PrioritySettings, as_of: datetime
) -> pl.DataFrame:
    """Ranks, display mappings, sprint and causes."""
    placed = rows.sort("score", "due_on", "task_gid", descending=[True, False, False], nulls_last=True).with_columns(
        rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
        **display(rubric),
        sprint=_sprint(rubric, as_of),
        public_rank=pl.when("is_public").then(pl.col("is_public").cast(pl.Int64).cum_sum()),
        as_of_on=pl.lit(monday_of(as_of)),
        as_of_at=pl.lit(as_of),
    )
    finished = (
        backlog.links.join(backlog.work.select(depends_on_gid="task_gid"), on="depends_on_gid", how="anti")
        .filter(pl.col("done_at") <= as_of)
        .sort("task_gid", "done_at", "depends_on_gid")
        .group_by("task_gid", maintain_order=True)
        .agg(finished_gid=pl.col("depends_on_gid").last())
    )
    return conform(CONTRACTS[TABLE], with_causes(placed, before, backlog.goals, finished).sort("rank"))


def display(rubric: PrioritySettings) -> dict[str, pl.Expr]:
    """Two ways to read the score, by the same bounds: P0 is 9 and 10, P1 is 7 and 8, P2 is 4 to 6, P3 is 1 to 3.

    Each of them is cut into equal steps; 10 is as far above P0's bound as P1 is wide.
    """
    p0, p1, p2 = rubric.label_bounds()
    score = pl.col("score")
    third, half = (p1 - p2) / 3, (p0 - p1) / 2
    steps = (p2 / 3, p2 * 2 / 3, p2, p2 + third, p2 + 2 * third, p1, p1 + half, p0, p0 + 2 * half)
    label = pl.when(score >= p0).then(pl.lit("P0")).when(score >= p1).then(pl.lit("P1"))
    return {
        "score_10": 1 + pl.sum_horizontal((score >= step).cast(pl.Int64) for step in steps),
        "label": label.when(score >= p2).then(pl.lit("P2")).otherwise(pl.lit("P3")),
    }


def _sprint(rubric: PrioritySettings, as_of: datetime) -> pl.Expr:
    is_good = pl.col("score") >= rubric.next_sprint_above

    def is_due(days: int) -> pl.Expr:
        today = as_of.date()
        first, last = today - timedelta(days=PAST_DAYS), today + timedelta(days=days)
        return pl.col("due_on").is_between(first, last).fill_null(value=False)

    is_idle = pl.col("due_on").is_null() & (pl.col("blocked_tasks") == 0)
    return (
        pl.when(~pl.col("is_blocked") & (is_good | is_due(SPRINT_DAYS)))
        .then(pl.lit(NEXT_SPRINT))
        .when(is_good | is_due(LATER_DAYS))
        .then(pl.lit(FUTURE))
        .when((pl.col("score") < rubric.icebox_below) & is_idle)
        .then(pl.lit(ICEBOX))
        .otherwise(pl.lit(BACKLOG))
    )


def _rubric(rubric: PrioritySettings | None) -> PrioritySettings:
    if rubric is not None and not isinstance(rubric, PrioritySettings):
        raise PermanentError(f"rubric is {type(rubric).__name__}", fix="hand in PrioritySettings, or nothing")
    return rubric or PrioritySettings()  # pyright: ignore[reportCallIssue]  all of its fields have defaults


def _known(rows: pl.DataFrame | None, name: str) -> pl.DataFrame:
    """Rows of the table, or none."""
    if isinstance(rows, date | str):
        raise PermanentError(f"{name} is {type(rows).__name__}", fix="say what it is: as_of=")
    if rows is None or not checked_frame(rows, name).columns:
        return pl.DataFrame(schema=CONTRACTS[TABLE].schema)
    try:
        return conform(CONTRACTS[TABLE], rows)
    except PermanentError as wrong:
        fix = f"pass rows of {TABLE}; other frames by their names: goals=, supports=, links="
        raise PermanentError(f"{name}: {wrong.message}", fix=fix) from wrong

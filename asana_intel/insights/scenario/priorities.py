"""The backlog after the changes, and the scores that they touch; how a score is made lies in `insights.priority`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.clock import monday_of
from asana_intel.insights.priority import rescore
from asana_intel.insights.priority.backlog import EFFORT, LINKS, PLACES, SUPPORTS, WORK, Columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asana_intel.insights.priority import Backlog
    from asana_intel.insights.scenario.draft import Draft

PRIORITIES: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "score_before": pl.Float64(),
    "score_after": pl.Float64(),
    "rank_before": pl.Int64(),
    "rank_after": pl.Int64(),
    "label_before": pl.String(),
    "label_after": pl.String(),
}
_SUPPORTS = {"goal_gid": pl.String, "task_gid": pl.String, "contribution": pl.Float64}
_SAME_POINTS = 1e-4
_LOAD_WEEKS = 2
_NORMAL_P90 = 1.2815515655446004


def backlog_after(made: Draft, rows: pl.DataFrame) -> Backlog:
    """The backlog with the tasks, links and supports as they are after the changes; load and goals as before.

    Args:
        made: What changed.
        rows: From `changed_rows`.
    """
    old = made.base.backlog
    removed = pl.Series(sorted(made.removed), dtype=pl.String).implode()
    now = rows.select("task_gid", now_gid="person_gid", now_on="due_on", is_changed=pl.lit(value=True))
    kept = old.work.filter(~pl.col("task_gid").is_in(removed)).join(now, on="task_gid", how="left")
    work = kept.with_columns(
        person_gid=pl.when("is_changed").then("now_gid").otherwise("person_gid"),
        due_on=pl.when("is_changed").then("now_on").otherwise("due_on"),
    ).select(list(WORK))
    new = rows.filter(pl.col("task_gid").is_in(pl.Series(sorted(made.new), dtype=pl.String).implode()))
    if new.is_empty():
        return replace(old, work=work)
    unit = old.supports.group_by("goal_gid").agg(pl.col("unit_per_task").drop_nulls().min())
    supports = (
        pl.DataFrame(made.supports, schema=_SUPPORTS, orient="row")
        .join(unit, on="goal_gid", how="left")
        .with_columns(unit_per_task=pl.coalesce("contribution", "unit_per_task"))
    )
    links = pl.DataFrame(made.links, schema={"task_gid": pl.String, "depends_on_gid": pl.String}, orient="row")
    return replace(
        old,
        work=_with(work, new.with_columns(team_gid=None, is_public=pl.lit(value=True)), WORK),
        places=_with(old.places, new.with_columns(through_gid="task_gid"), PLACES),
        supports=_with(old.supports, supports, SUPPORTS),
        links=_with(old.links, links.with_columns(done_at=None), LINKS),
        effort=_with(old.effort, _effort(new), EFFORT),
    )


def load_after(made: Draft, weeks: pl.DataFrame) -> pl.DataFrame:
    """Hours of the coming two weeks of each person and team after the changes (`LOAD` of the backlog).

    Args:
        made: What changed.
        weeks: From `capacity.person_weeks`.
    """
    base = made.base
    first_on = monday_of(base.as_of)
    coming = weeks.filter(
        pl.col("week_on") >= first_on, pl.col("week_on") < first_on + timedelta(weeks=_LOAD_WEEKS)
    ).group_by("person_gid").agg(
        available=(pl.col("available_after") - pl.col("available_before")).sum(),
        assigned=(pl.col("hours_after") - pl.col("hours_before")).sum(),
    )  # fmt: skip
    joined = [(gid, one.team_gid) for gid, one in made.joiners.items() if one.team_gid]
    members = pl.concat(
        [base.teams, pl.DataFrame(joined, schema={"person_gid": pl.String, "team_gid": pl.String}, orient="row")]
    )
    of_teams = coming.join(members, on="person_gid").group_by(owner_gid="team_gid")
    more = pl.concat([coming.rename({"person_gid": "owner_gid"}), of_teams.agg(pl.col("available", "assigned").sum())])
    load = base.backlog.load
    own = pl.DataFrame({"owner_gid": sorted(made.joiners)}, schema={"owner_gid": pl.String})
    everybody = pl.concat([load, own.with_columns(available_hours=0.0, assigned_hours=0.0)])
    by = [pl.col("available").fill_null(0.0), pl.col("assigned").fill_null(0.0)]
    return everybody.join(more, on="owner_gid", how="left").select(
        "owner_gid",
        available_hours=_apart(pl.col("available_hours") + by[0]),
        assigned_hours=_apart(pl.col("assigned_hours") + by[1]),
    )


def priorities(made: Draft, backlog: Backlog, rows: pl.DataFrame, touched: Iterable[str]) -> pl.DataFrame:
    """Scores and ranks that are not as they were: columns of `PRIORITIES`, best first; null: not there.

    Args:
        made: What changed.
        backlog: With load and goals after the changes.
        rows: From `changed_rows`.
        touched: People, teams and goals that are touched, beside the tasks.
    """
    base = made.base
    gids = {*rows["task_gid"], *made.removed, *touched}
    if not gids:
        return pl.DataFrame(schema=PRIORITIES)
    columns = ("task_gid", "score", "rank", "label")
    scored = rescore(base.scored, gids, backlog, pl.DataFrame(), base.settings.priority, base.as_of)
    both = base.scored.select(columns).join(
        scored.select(columns), on="task_gid", how="full", suffix="_after", coalesce=True
    )
    moved = (pl.col("score_after") - pl.col("score")).abs() > _SAME_POINTS
    return (
        both.filter(moved.fill_null(value=True))
        .rename({"score": "score_before", "rank": "rank_before", "label": "label_before"})
        .select(list(PRIORITIES))
        .sort("rank_after", "task_gid", nulls_last=True)
    )


def _apart(hours: pl.Expr) -> pl.Expr:
    """Without the rounding errors of sums, which would touch a score."""
    return hours.round(9).clip(0.0)


def _with(frame: pl.DataFrame, more: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    shaped = more.select(
        (pl.col(name) if name in more.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in columns.items()
    )
    return pl.concat([frame, shaped])


def _effort(new: pl.DataFrame) -> pl.DataFrame:
    """The band of new tasks, none of which is begun."""
    return new.select(
        "task_gid",
        p10_hours=(pl.col("log_median") - _NORMAL_P90 * pl.col("log_below")).exp(),
        p50_hours=pl.col("log_median").exp(),
        p90_hours=(pl.col("log_median") + _NORMAL_P90 * pl.col("log_above")).exp(),
        left_p50_hours="left_hours",
        method=pl.lit("estimate"),
    )

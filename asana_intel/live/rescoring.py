"""The week's scores after an event, by the functions of the score. Nothing is read from Asana, none is stored."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from asana_intel.clock import WEEK
from asana_intel.insights.priority.goal_gain import GAINS, goal_gains
from asana_intel.insights.priority.inputs import gather
from asana_intel.insights.priority.parts import left_hours
from asana_intel.insights.priority.score import TABLE, rescore, score_tasks
from asana_intel.insights.priority.touched import what_touches
from asana_intel.live.moment import CHANGED, Moment
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.work_settings import PrioritySettings

GAINS_TABLE = "insights/task_goal_gain"


@dataclass(frozen=True)
class Rescored:
    """The week after an event.

    Args:
        scores: insights/task_priority of the week.
        gains: insights/task_goal_gain of the week.
        touched: Rows that were scored again, and rows that are gone.
        moved: Tasks whose score is another one than before the event, by gid.
    """

    scores: pl.DataFrame
    gains: pl.DataFrame
    touched: int
    moved: tuple[str, ...]


def rescored(moment: Moment, rubric: PrioritySettings) -> Rescored:
    """Score what the event touches; everything on the first event of a day, since urgency counts days.

    Estimates, load and the odds of goals are those of the last refresh.

    Args:
        moment: The event; `before` has the week's scores.
        rubric: As of the refresh.

    Returns:
        Equal to `score_tasks` over the tables after the event, as of that moment.
    """
    previous = moment.before(TABLE, partition=moment.week_on)
    stored_gains = moment.before(GAINS_TABLE, partition=moment.week_on)
    week_ago = moment.before(TABLE, partition=moment.week_on - WEEK)
    backlog = gather(moment.after, moment.week_on, moment.as_of, rubric)
    hours = left_hours(backlog).select("task_gid", "left_hours")
    if previous["as_of_at"].dt.date().n_unique() == 1 and previous["as_of_at"][0].date() == moment.as_of.date():
        kind = next(iter(moment.kinds)) if len(moment.kinds) == 1 else CHANGED
        touched = what_touches(kind, moment.changed, backlog)
        fresh = goal_gains(backlog, hours, moment.as_of, backlog.work.filter(_is_in(touched))["task_gid"])
        scores = rescore(previous, moment.changed, backlog, week_ago, rubric, moment.as_of, kind, fresh)
        kept = stored_gains.filter(~_is_in(touched)).join(backlog.work, on="task_gid", how="semi")
        gains = pl.concat([kept.select(list(GAINS)), fresh])
        rows = pl.concat([previous.select("task_gid"), scores.select("task_gid")]).filter(_is_in(touched))
    else:
        gains = goal_gains(backlog, hours, moment.as_of)
        scores = score_tasks(backlog, week_ago, rubric, moment.as_of, gains)
        rows = pl.concat([previous.select("task_gid"), scores.select("task_gid")])
    stamped = gains.with_columns(as_of_on=pl.lit(moment.week_on), as_of_at=pl.lit(moment.as_of))
    return Rescored(
        scores.with_columns(as_of_on=pl.lit(moment.week_on)),
        conform(CONTRACTS[GAINS_TABLE], stamped).sort("task_gid", "goal_gid"),
        rows["task_gid"].n_unique(),
        _moved(previous, scores),
    )


def _is_in(gids: pl.Series) -> pl.Expr:
    return pl.col("task_gid").is_in(gids.implode())


def _moved(previous: pl.DataFrame, scores: pl.DataFrame) -> tuple[str, ...]:
    both = scores.select("task_gid", "score").join(
        previous.select("task_gid", then="score"), on="task_gid", maintain_order="left"
    )
    return tuple(both.filter(pl.col("score") != pl.col("then"))["task_gid"].sort())

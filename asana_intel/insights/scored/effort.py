"""How estimated hours turned out, beside the usual hours. A suggestion is right within a factor of two."""

from datetime import datetime

import polars as pl

from asana_intel.insights.scored.frames import SCORE, first_suggestions, score, tally

_FACTOR = 2.0


def score_effort(efforts: pl.DataFrame, finished: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Score the first estimate of each task that was finished after it, with hours logged.

    The naive guess is the median of all tasks that were finished, with hours, when the estimate was made.

    Args:
        efforts: insights/task_effort of all weeks.
        finished: task_gid, completed_at, actual_hours (null where nothing was logged) as of `as_of`.
        as_of: Nothing later is used.

    Returns:
        Rows of `SCORE`: all, and by method; none where nothing was estimated.
    """
    first = first_suggestions(efforts, "p50_hours", as_of)
    if first.is_empty():
        return pl.DataFrame(schema=SCORE)
    known = finished.filter(pl.col("actual_hours") > 0, pl.col("completed_at") <= as_of)
    judged = (
        first.join(known.select("task_gid", "completed_at", "actual_hours"), on="task_gid")
        .filter(pl.col("completed_at") > pl.col("as_of_at"))
        .join(_usual(known, first["as_of_at"].unique()), on="as_of_at", how="left")
        .with_columns(is_right=_is_near("p50_hours"), is_naive_right=_is_near("usual_hours"))
    )
    parts = [score("effort", first.height, tally(judged))]
    for method in first["method"].unique().sort():
        mine = pl.col("method") == method
        parts.append(score("effort", first.filter(mine).height, tally(judged.filter(mine)), method))
    return pl.concat(parts)


def _is_near(column: str) -> pl.Expr:
    ratio = pl.col("actual_hours") / pl.col(column)
    return ratio.is_between(1 / _FACTOR, _FACTOR)


def _usual(known: pl.DataFrame, instants: pl.Series) -> pl.DataFrame:
    """The median actual hours by each instant."""
    rows = [(at, known.filter(pl.col("completed_at") <= at)["actual_hours"].median()) for at in instants.sort()]
    return pl.DataFrame(rows, schema={"as_of_at": instants.dtype, "usual_hours": pl.Float64}, orient="row")

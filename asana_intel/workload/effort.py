"""How many hours an open task really takes, in milliseconds; by its words `insights.effort` tells that, in seconds.

They are two because the load is drawn anew at every event and before any insight, from a whole distribution: this one
has the better band of tasks that stand in a plan, that one the better guess of a new task (benchmarks/README.md,
"Two ways to tell hours"). Here a task is told from its estimate, or from the finished work of its person and project.
No calendar and no week here; what is done with the hours lives in `load`. The distribution is a lognormal in two
pieces, one spread below its median and another above: people round estimates up, and large tasks are dropped half way,
so the lower side is wider and grows with the size (forecasting reference, section 4: "estimate x a*e^b").
Everything learned from an organisation's own finished tasks is shrunk: its estimates to the truth, people to their
organisation. The constants were chosen on the open part of the SiP tasks (benchmarks/README.md, "Load").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.storage.conform import conform

if TYPE_CHECKING:
    import datetime

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FINISHED: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "project_gid": pl.String(),
    "created_on": pl.Date(),
    "completed_on": pl.Date(),
    "effort_hours": pl.Float64(),
    "actual_hours": pl.Float64(),
}
PSEUDO_TASKS = 20.0
"""Weight of what holds elsewhere against an organisation's tasks, and of the organisation's against a person's."""
USUAL_HOURS = 4.0
"""Size at which the median error of estimates is measured, and the guess where nothing at all is finished."""
ESTIMATED = (0.5, 0.6)
"""Spreads of an estimate of up to an hour: below and above the median."""
GROWTH_BELOW = 0.19
"""Growth of the lower spread with the log of the estimate beyond an hour."""
SLOPES = (-0.3, 0.1)
"""Least and most change of the log error with the log of the estimate; with `GROWTH_BELOW` and `FACTORS` every
quantile a thousand paths can draw rises with the estimate: 1 - .3 > 3.3 x .19 x 1.1."""
UNKNOWN = (1.0, 1.35)
"""Spreads of tasks nobody estimated."""
FACTORS = (0.4, 1.1)
"""Least and most an organisation's or a person's own spread counts against the usual one."""
LEAST_DAYS_OPEN = 7
LEAST_HOURS = 0.01
_LARGEST_ERROR = 3.0


@dataclass(frozen=True)
class Effort:
    """Log hours of tasks: `median + below * z` for a standard normal z below zero, `median + above * z` for others."""

    median: Floats
    below: Floats
    above: Floats
    is_inferred: NDArray[np.bool_]


@dataclass(frozen=True)
class EffortModel:
    """What finished work teaches; made by `learn_effort`.

    Attributes:
        error: Median log error of an estimate of four hours, `ln(actual / estimated)`.
        slope: Its change with the log of the estimate.
        people: person_gid, error (on top of the above), below, above (factors on the usual spreads).
        everybody: Factors on the usual spreads for those who finished nothing yet: below, above.
        size: Median log hours of tasks.
        in_project: project_gid, size.
        of_person: person_gid, project_gid, size.
    """

    error: float
    slope: float
    people: pl.DataFrame
    everybody: tuple[float, float]
    size: float
    in_project: pl.DataFrame
    of_person: pl.DataFrame

    def of(self, tasks: pl.DataFrame) -> Effort:
        """The distributions of tasks.

        Args:
            tasks: person_gid, project_gid, effort_hours; an effort that is null or not above zero counts as unknown.
        """
        below, above = self.everybody
        rows = (
            tasks.select("person_gid", "project_gid", pl.col("effort_hours").fill_null(0.0))
            .join(self.people, on="person_gid", how="left", maintain_order="left")
            .join(self.in_project, on="project_gid", how="left", maintain_order="left")
            .join(self.of_person, on=["person_gid", "project_gid"], how="left", maintain_order="left", suffix="_own")
            .select(
                "effort_hours",
                pl.col("error").fill_null(0.0),
                pl.col("below").fill_null(below),
                pl.col("above").fill_null(above),
                size=pl.coalesce("size_own", "size", pl.lit(self.size)),
            )
        )
        hours, error, below_of, above_of, size = (rows[name].to_numpy() for name in rows.columns)
        is_inferred = hours <= 0
        log_hours = np.log(np.where(is_inferred, USUAL_HOURS, hours))
        estimated = log_hours + self.error + error + self.slope * (log_hours - np.log(USUAL_HOURS))
        return Effort(
            median=np.where(is_inferred, size, estimated),
            below=np.where(is_inferred, UNKNOWN[0], below_of * _usual_below(log_hours)),
            above=np.where(is_inferred, UNKNOWN[1], above_of * ESTIMATED[1]),
            is_inferred=is_inferred,
        )


def learn_effort(finished: pl.DataFrame, as_of: datetime.date) -> EffortModel:
    """Learn from finished tasks.

    Args:
        finished: person_gid, project_gid (null: in none), created_on, completed_on, effort_hours (the estimate) and
            actual_hours; one row per task. Rows not done by `as_of` are left out. Those done within a week of their
            creation hardly ever stand in a plan, and are smaller and guessed better than those that do: of them only
            the usual size is learned, and only where there are few others.
        as_of: Nothing later is used.

    Returns:
        The model; without any finished task estimates are believed, and a task nobody estimated takes four hours.

    Raises:
        PermanentError: A column is missing or of a wrong type.
    """
    known = conform(finished, FINISHED, "finished").filter(pl.col("completed_on") <= as_of)
    days_open = (pl.col("completed_on") - pl.col("created_on")).dt.total_days()
    is_judged = pl.all_horizontal(pl.col("effort_hours", "actual_hours") >= LEAST_HOURS)
    judged = known.filter(is_judged, days_open >= LEAST_DAYS_OPEN)
    log_hours = judged["effort_hours"].log().to_numpy()
    errors = np.clip(np.log(judged["actual_hours"].to_numpy()) - log_hours, -_LARGEST_ERROR, _LARGEST_ERROR)
    error, slope = _median_line(log_hours - np.log(USUAL_HOURS), errors)
    rest = judged.select(
        "person_gid",
        hours="effort_hours",
        rest=pl.Series(errors - error - slope * (log_hours - np.log(USUAL_HOURS)), dtype=pl.Float64),
        usual_below=pl.Series(_usual_below(log_hours), dtype=pl.Float64),
    )
    everybody = rest.select(_factor(below=True, prior=1.0), _factor(below=False, prior=1.0)).row(0)
    people = (
        rest.drop_nulls("person_gid")
        .sort("person_gid", "rest")
        .with_columns(error=_own_error().over("person_gid"))
        .with_columns(rest=pl.col("rest") - pl.col("error"))
        .group_by("person_gid", maintain_order=True)
        .agg(pl.col("error").first(), _factor(below=True, prior=everybody[0]), _factor(below=False, prior=everybody[1]))
    )
    sizes = _learn_sizes(known.with_columns(stood=days_open >= LEAST_DAYS_OPEN))
    return EffortModel(error, slope, people, everybody, *sizes)


def _learn_sizes(known: pl.DataFrame) -> tuple[float, pl.DataFrame, pl.DataFrame]:
    """Median log hours of tasks, of those in each project, and of each person's in a project.

    Each is drawn to the one before, and the first to that of all tasks, also those that never stood in a plan.
    """
    took = pl.when(pl.col("actual_hours") > 0).then("actual_hours").otherwise("effort_hours").log()
    every = known.with_columns(took=took).filter(pl.col("took").is_finite())
    of_all = every.select(_shrunk_median("took", float(np.log(USUAL_HOURS)))).item()
    sizes = every.filter("stood")
    size = sizes.select(_shrunk_median("took", of_all)).item()
    in_project = sizes.drop_nulls("project_gid").group_by("project_gid").agg(size=_shrunk_median("took", size))
    of_person = (
        sizes.drop_nulls(["person_gid", "project_gid"])
        .join(in_project, on="project_gid")
        .group_by("person_gid", "project_gid")
        .agg(size=_shrunk_median("took", pl.col("size").first()))
    )
    return size, in_project, of_person


def _median_line(x: Floats, y: Floats) -> tuple[float, float]:
    """Intercept and slope of the least absolute errors, both drawn to zero, by reweighted least squares.

    `x` is the log of the size, and a task counts by its size: a load is made of hours, and few tasks hold most of them.
    """
    if not x.size:
        return 0.0, 0.0
    rows = np.column_stack([np.ones(x.size), x])
    size = np.exp(x)
    line = np.zeros(2)
    for _ in range(20):
        weights = size / size.mean() / np.maximum(np.abs(y - rows @ line), 0.05)
        weighted = rows * weights[:, None]
        line = np.linalg.solve(weighted.T @ rows + np.eye(2) * PSEUDO_TASKS, weighted.T @ y)
    return float(line[0]), float(np.clip(line[1], *SLOPES))


def _usual_below(log_hours: Floats) -> Floats:
    return ESTIMATED[0] + GROWTH_BELOW * np.maximum(log_hours, 0.0)


def _shrunk_median(column: str, prior: float | pl.Expr) -> pl.Expr:
    """The median of n values, moved to the prior as if that were seen `PSEUDO_TASKS` times."""
    count = pl.col(column).count()
    return (count * pl.col(column).median().fill_null(0.0) + PSEUDO_TASKS * prior) / (count + PSEUDO_TASKS)


def _own_error() -> pl.Expr:
    """The median of sorted errors, by hours as in `_median_line`, drawn to zero; a task counts less among giants."""
    hours = pl.col("hours") / pl.col("hours").max()
    median = pl.col("rest").filter(2 * hours.cum_sum() >= hours.sum()).first()
    tasks = hours.sum() ** 2 / (hours**2).sum()
    return median * tasks / (tasks + PSEUDO_TASKS)


def _factor(*, below: bool, prior: float) -> pl.Expr:
    """The spread on one side of the median against the usual one; an error of zero counts half on either side."""
    usual = pl.col("usual_below") if below else pl.lit(ESTIMATED[1])
    is_here = pl.col("rest") < 0 if below else pl.col("rest") > 0
    count = is_here.sum() + (pl.col("rest") == 0).sum() / 2
    squares = ((pl.col("rest") / usual) ** 2).filter(is_here).sum()
    factor = ((squares + PSEUDO_TASKS * prior**2) / (count + PSEUDO_TASKS)).sqrt().clip(*FACTORS)
    return factor.alias("below" if below else "above")

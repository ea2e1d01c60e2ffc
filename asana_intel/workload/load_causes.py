"""Which tasks make a person's week too full, and what it would be without each of them; the load itself is `load`'s.

The counterfactuals are drawn with the luck of the load forecast, so that a difference is due to the task alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.settings import OVERLOAD_WEEKS
from asana_intel.workload.load import OVERLOADS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from asana_intel.workload.load import Work

    Floats = NDArray[np.float64]

EXPLAINED_ABOVE = 0.25
"""Odds of a load above 110 % from which a week is explained."""
TOP_TASKS = 10
CAUSES: dict[str, pl.DataType] = {
    "person_gid": pl.String(),
    "week_on": pl.Date(),
    "rank": pl.Int64(),
    "task_gid": pl.String(),
    "hours": pl.Float64(),
    "share_of_week": pl.Float64(),
    "is_inferred": pl.Boolean(),
    "p_over_110": pl.Float64(),
    "p_without": pl.Float64(),
    "points": pl.Float64(),
    "p_week_later": pl.Float64(),
}


def explain_load(work: Work, weeks: int = OVERLOAD_WEEKS) -> pl.DataFrame:
    """Explain every week of a person whose odds of a load above 110 % are at least a quarter.

    Args:
        work: From `plan_work`; what `forecast_load` was given.
        weeks: How many weeks to explain, the running one included.

    Returns:
        Up to ten tasks per person and week, those first whose absence helps most: person_gid, week_on, rank (from 1),
        task_gid, hours (mean of the task in the week), share_of_week (of the assigned hours), is_inferred (nobody
        estimated it), p_over_110 (as forecast), p_without (the same without the task), points (the difference in
        percentage points), p_week_later (with the task's window moved by a week).
    """
    later = work.delayed_shares(7)
    frames = [
        pl.DataFrame(rows, schema=CAUSES, orient="row")
        for person, span in work.by_person()
        if (rows := _causes(work, person, span, later[span], weeks))
    ]
    return pl.concat(frames) if frames else pl.DataFrame(schema=CAUSES)


def _causes(work: Work, person: str, span: slice, later: Floats, weeks: int) -> list[tuple]:
    hours, shares, available = work.hours(person, span), work.shares[span], work.available(span)
    gids = work.tasks["task_gid"][span].to_list()
    rows: list[tuple] = []
    for week, week_on in enumerate(work.mondays[:weeks]):
        here = np.flatnonzero(shares[:, week])
        limit = OVERLOADS[0] * available[week]
        own = shares[here, week, None] * hours[here]
        total = own.sum(axis=0)
        odds = (total > limit).mean()
        if odds < EXPLAINED_ABOVE:
            continue
        without = total - own
        p_without = (without > limit).mean(axis=1)
        p_later = (without + later[here, week, None] * hours[here] > limit).mean(axis=1)
        mean = own.mean(axis=1)
        # Differences below a percentage point are luck; of equal help the larger task comes first.
        order = sorted(range(here.size), key=lambda task: (p_without[task].round(2), -mean[task], gids[here[task]]))
        rows += [
            (
                person,
                week_on,
                rank,
                gids[here[task]],
                mean[task],
                mean[task] / mean.sum(),
                bool(work.effort.is_inferred[span][here[task]]),
                odds,
                p_without[task],
                100 * (odds - p_without[task]),
                p_later[task],
            )
            for rank, task in enumerate(order[:TOP_TASKS], start=1)
        ]
    return rows

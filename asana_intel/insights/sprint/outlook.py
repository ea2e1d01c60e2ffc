"""The odds that a sprint's work is finished, by drawing how long each task takes; what is in the sprint is given.

Everybody works through their tasks in an order: what is running first, then by score, nothing before what it waits for.
A task is finished on a path where the sum of the hours up to it fits the person's hours, and all it waits for is
finished; when in the sprint that happens is not looked at. Hours are two-piece lognormal: the median, and of each side
the spread that puts the 10th and 90th percentile where they were given. Tasks of one person err together.

Draws depend on the gids and the day alone, so that the same task has the same luck in every sprint it is tried in.
"""

from __future__ import annotations

import hashlib
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

PATHS = 2000
SHARED = 0.2
"""Share of the log variance that all tasks of a person have in common; as in the load forecasts: .4 beside about .8."""
MOST_OF_IT = 0.85
USUAL_SPREAD = 0.8
"""Log spread of a task without a band."""
_P90_SCORE = 1.2815515655446004
_ROUNDING = 1e-9
_LEAST_HOURS = 1e-3  # so that a task nothing is left of still counts

ODDS: dict[str, pl.DataType] = {"team_gid": pl.String(), "p_all": pl.Float64(), "p_85": pl.Float64()}


def finish_odds(work: pl.DataFrame, people: pl.DataFrame, links: pl.DataFrame, day_on: date) -> pl.DataFrame:
    """Odds that all proposed tasks of each team, and that 85 % of their hours, are finished.

    Args:
        work: Tasks of the sprint: task_gid, team_gid (null: running work that only takes time), person_gid, hours
            (median left), p10_hours, p50_hours, p90_hours (of the whole task; null = usual spread), score.
        people: person_gid, hours: all they have in the sprint.
        links: task_gid, depends_on_gid.
        day_on: Seeds the draws.

    Returns:
        team_gid, p_all, p_85, sorted by team. Hours count as planned, by their medians.
    """
    room = dict(people.select("person_gid", "hours").iter_rows())
    rows = _in_order(
        work.sort(pl.col("team_gid").is_null(), "score", "task_gid", descending=[True, True, False]), links
    )
    gids = rows["task_gid"].to_list()
    drawn = _draws(rows, day_on)
    finished = np.zeros((len(gids), PATHS), dtype=bool)
    used = {person: np.zeros(PATHS) for person in rows["person_gid"].unique()}
    number = {gid: n for n, gid in enumerate(gids)}
    before: dict[int, list[int]] = {}
    for task, other in links.select("task_gid", "depends_on_gid").iter_rows():
        if task in number and other in number:
            before.setdefault(number[task], []).append(number[other])
    for n, person in enumerate(rows["person_gid"]):
        used[person] = used[person] + drawn[n]
        finished[n] = used[person] <= room.get(person, 0.0) + _ROUNDING
        for other in before.get(n, []):
            finished[n] &= finished[other]
    return _by_team(rows, finished)


def _by_team(rows: pl.DataFrame, finished: Flags) -> pl.DataFrame:
    odds = []
    hours = np.maximum(rows["hours"].to_numpy(), _LEAST_HOURS)
    for team in sorted(rows["team_gid"].drop_nulls().unique()):
        own = (rows["team_gid"] == team).fill_null(value=False).to_numpy()
        done, planned = finished[own], hours[own]
        enough = planned @ done >= MOST_OF_IT * planned.sum() - _ROUNDING
        odds.append({"team_gid": team, "p_all": float(done.all(axis=0).mean()), "p_85": float(enough.mean())})
    return pl.DataFrame(odds, schema=ODDS)


def _in_order(rows: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """The same rows, moved only where a task stood before one it waits for."""
    known = {gid: n for n, gid in enumerate(rows["task_gid"])}
    waits: dict[int, list[int]] = {n: [] for n in known.values()}
    for task, other in links.select("task_gid", "depends_on_gid").iter_rows():
        if task in known and other in known:
            waits[known[task]].append(known[other])
    sorter = TopologicalSorter(waits)
    order: list[int] = []
    try:
        sorter.prepare()
    except CycleError:  # running work may be tangled; it is then taken as it stands
        return rows
    ready: list[int] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()])
        order.append(ready[0])
        sorter.done(ready.pop(0))
    return rows[order]


def _draws(rows: pl.DataFrame, day_on: date) -> Floats:
    """Hours of each task on each path: (tasks, paths)."""
    drawn = np.zeros((rows.height, PATHS))
    wanted = ["person_gid", "task_gid", "hours", "p10_hours", "p50_hours", "p90_hours"]
    for n, (person, task, hours, low, mid, high) in enumerate(rows.select(wanted).iter_rows()):
        own, shared = _scores(f"{task}|{day_on}"), _scores(f"{person}|{day_on}")
        score = np.sqrt(SHARED) * shared + np.sqrt(1 - SHARED) * own
        below, above = _spread(low, mid), _spread(mid, high)
        drawn[n] = hours * np.exp(score * np.where(score < 0, below, above))
    return drawn


def _spread(lower: float | None, upper: float | None) -> float:
    """Log spread between two neighbours of a band."""
    if lower is None or upper is None or lower <= 0 or upper < lower:
        return USUAL_SPREAD
    return float(np.log(upper / lower) / _P90_SCORE)


def _scores(name: str) -> Floats:
    """Standard normal scores in an order that the name alone decides: every quantile is hit once."""
    seed = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")
    return _normal_scores()[np.random.default_rng(seed).permutation(PATHS)]


@cache
def _normal_scores() -> Floats:
    from scipy.special import ndtri

    return ndtri((np.arange(PATHS) + 0.5) / PATHS)

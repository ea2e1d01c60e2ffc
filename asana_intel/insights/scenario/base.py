"""Everything a what-if starts from, and what follows from it before anything is changed; nothing is read here."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from asana_intel.insights.portfolio.schedule import HOMES, LINKS
from asana_intel.insights.priority import score_tasks
from asana_intel.insights.scenario.dates import expected_finish, queue_starts
from asana_intel.workload.kept import KEPT_TASKS

if TYPE_CHECKING:
    from asana_intel.insights.priority import Backlog
    from asana_intel.settings import Settings
    from asana_intel.workload.working_time import WorkingTime

TASKS: dict[str, pl.DataType] = KEPT_TASKS | {
    "name": pl.String(),
    "parent_gid": pl.String(),
    "left_hours": pl.Float64(),
    "loads": pl.Boolean(),
}
"""Open tasks. person_gid null: nobody's. left_hours: median, null where it takes no time. log_*: null where that is
not known. loads: it counts in the load of its person; nobody's tasks count once they are given to somebody."""


@dataclass(frozen=True)
class Base:
    """The world as it stands; made by `base_of`.

    Attributes:
        as_of: Now; nothing later is in it.
        weeks: Horizon of the load, weeks.
        tasks: Columns of `TASKS`, one row per open task.
        time: Everybody's days.
        load: forecasts/person_load of the week.
        links: task_gid, depends_on_gid, linked_at.
        homes: task_gid, project_gid, subtasks too.
        backlog: Frames of the score.
        teams: person_gid, team_gid.
        skills: person_gid, skill.
        settings: Rubric, thresholds of load, working days.
        scored: Rows of insights/task_priority.
        queue: task_gid, queue_on: the day on which its person gets to it.
        finish: task_gid, finish_on: when it can be expected.
        islands: task_gid, island: tasks of different islands do not wait for each other.
    """

    as_of: dt.datetime
    weeks: int
    tasks: pl.DataFrame
    time: WorkingTime
    load: pl.DataFrame
    links: pl.DataFrame
    homes: pl.DataFrame
    backlog: Backlog
    teams: pl.DataFrame
    skills: pl.DataFrame
    settings: Settings
    scored: pl.DataFrame
    queue: pl.DataFrame
    finish: pl.DataFrame
    islands: pl.DataFrame

    @property
    def today(self) -> dt.date:
        """Day of `as_of`."""
        return self.as_of.date()


def base_of(
    as_of: dt.datetime,
    tasks: pl.DataFrame,
    time: WorkingTime,
    load: pl.DataFrame,
    links: pl.DataFrame,
    homes: pl.DataFrame,
    backlog: Backlog,
    teams: pl.DataFrame,
    skills: pl.DataFrame,
    settings: Settings,
) -> Base:
    """The world with what follows from it. Arguments as the attributes of `Base`."""
    tasks = tasks.select(pl.col(name).cast(dtype) for name, dtype in TASKS.items()).sort("task_gid")
    links = links.select(pl.col(name).cast(dtype) for name, dtype in LINKS.items())
    homes = homes.select(pl.col(name).cast(dtype) for name, dtype in HOMES.items()).drop_nulls()
    queue = queue_starts(tasks, time, as_of.date())
    days = settings.forecast.working_days
    return Base(
        as_of=as_of,
        weeks=load["week_on"].n_unique(),
        tasks=tasks,
        time=time,
        load=load,
        links=links,
        homes=homes,
        backlog=backlog,
        teams=teams.select("person_gid", "team_gid").drop_nulls().unique().sort("team_gid", "person_gid"),
        skills=skills.select("person_gid", "skill").drop_nulls().unique().sort("skill", "person_gid"),
        settings=settings,
        scored=score_tasks(backlog, pl.DataFrame(), settings.priority, as_of),
        queue=queue,
        finish=expected_finish(tasks, links, homes, queue, as_of, days),
        islands=_islands(tasks, links),
    )


def _islands(tasks: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """Tasks that links or parents connect share a number."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    number = tasks.select("task_gid").with_row_index("row")
    pairs = pl.concat(
        [
            links.select(a="task_gid", b="depends_on_gid"),
            tasks.select(a="task_gid", b="parent_gid").drop_nulls(),
        ]
    )
    ends = pairs.join(number.rename({"task_gid": "a", "row": "from"}), on="a").join(
        number.rename({"task_gid": "b", "row": "to"}), on="b"
    )
    graph = coo_array(
        (np.ones(ends.height, dtype=np.int8), (ends["from"].to_numpy(), ends["to"].to_numpy())),
        shape=(tasks.height, tasks.height),
    )
    island = connected_components(graph, directed=False)[1] if tasks.height else np.empty(0)
    return tasks.select("task_gid", island=pl.Series(island, dtype=pl.Int64))

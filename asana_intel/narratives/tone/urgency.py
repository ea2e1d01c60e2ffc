"""How urgent a project's open work is, from structure: late, waiting, silent, put off. Words only break ties.

Each part p, as a number per open task (silence: in days), gives s = p / (p + half), and urgency is 1 less the product
of all 1 - weight * s. So it lies in 0..1, and more of any part never lowers it. Weights and halves are choices of ours.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.narratives.audience import is_ours
from asana_intel.narratives.tone.trend import LEAST_AUTHORS
from asana_intel.storage.contracts import CONTRACTS

Read = Callable[[str], pl.DataFrame]

URGENCY = "narratives/urgency"
READS = (
    "staging/projects",
    "staging/stories",
    "staging/task_completion_intervals",
    "staging/task_date_intervals",
    "staging/task_dependencies",
    "staging/task_lifetimes",
    "staging/task_section_intervals",
    "staging/tasks",
)
MOST_DAYS = 30
"""One task counts for no more days than this: a forgotten one must not drown the others."""

_RECENT = timedelta(weeks=4)
_LINK = ["task_gid", "depends_on_gid"]


@dataclass(frozen=True)
class Part:
    """One reason for urgency.

    Args:
        column: Where it stands.
        weight: Urgency it alone can bring, 0..1.
        half: Where it brings half of that.
        is_per_task: Whether it is divided by the open tasks first.
    """

    column: str
    weight: float
    half: float
    is_per_task: bool = True


PARTS = (
    Part("overdue_tasks", 0.5, 0.2),
    Part("overdue_days", 0.4, 3.0),
    Part("blocked_tasks", 0.4, 0.2),
    Part("blocked_days", 0.3, 3.0),
    Part("pushed_dates", 0.3, 0.2),
    Part("silent_days", 0.3, 14.0, is_per_task=False),
)


def urgency() -> pl.Expr:
    """The formula, on the columns of `PARTS` and open_tasks."""
    calm = pl.lit(1.0)
    for part in PARTS:
        amount = pl.col(part.column) / pl.col("open_tasks") if part.is_per_task else pl.col(part.column)
        calm = calm * (1 - part.weight * amount / (amount + part.half))
    return 1 - calm


def project_urgency(read: Read, comments: pl.DataFrame, week_on: date, as_of: datetime) -> pl.DataFrame:
    """The week's rows of narratives/urgency: one per project with open tasks that is neither archived nor completed.

    Args:
        read: Reads a table by key.
        comments: As `read_comments` makes them, for the words.
        week_on: Week, a Monday.
        as_of: Last instant it may know anything of. Only that a project is archived is known as of today.
    """
    is_done = (pl.col("completed_at") <= as_of).fill_null(value=False)
    projects = read("staging/projects").filter(~pl.col("is_archived"), ~is_done).select("project_gid")
    tasks = _open_tasks(read, as_of)
    facts = (
        tasks.join(_late(read, tasks, as_of), on="task_gid", how="left")
        .join(_waiting(read, tasks, as_of), on="task_gid", how="left")
        .join(_put_off(read, tasks, as_of), on="task_gid", how="left")
        .join(_stirred(read, tasks, as_of), on="task_gid", how="left")
    )
    places = _standing(read("staging/task_section_intervals"), as_of).join(projects, on="project_gid", how="semi")
    placed = places.select("task_gid", "project_gid", placed_at="valid_from").join(facts, on="task_gid")
    summed = _summed(placed, as_of).join(_words(comments, placed, as_of), on="project_gid", how="left")
    return _ranked(summed, week_on, as_of)


def _summed(placed: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    stirred_at = pl.max_horizontal("stirred_at", "placed_at", "open_since").max()
    return placed.group_by("project_gid").agg(
        open_tasks=pl.len(),
        overdue_tasks=pl.col("days_late").count(),
        overdue_days=pl.col("days_late").clip(upper_bound=MOST_DAYS).sum(),
        blocked_tasks=pl.col("days_waiting").count(),
        blocked_days=pl.col("days_waiting").clip(upper_bound=MOST_DAYS).sum(),
        silent_days=(pl.lit(as_of) - stirred_at).dt.total_days(),
        pushed_dates=pl.col("pushes").sum(),
    )


def _ranked(summed: pl.DataFrame, week_on: date, as_of: datetime) -> pl.DataFrame:
    rows = (
        summed.with_columns(urgency=urgency().round(4))
        .sort("urgency", "urgent_words", "project_gid", descending=[True, True, False], nulls_last=True)
        .with_row_index("rank", offset=1)
        .with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
    )
    return rows.select(pl.col(n).cast(t) for n, t in CONTRACTS[URGENCY].schema.items())


def _open_tasks(read: Read, as_of: datetime) -> pl.DataFrame:
    """task_gid, open_since of tasks that were there and open; tasks of our making are nobody's plan."""
    there = _standing(read("staging/task_lifetimes"), as_of)
    standing = _standing(read("staging/task_completion_intervals"), as_of).filter(~pl.col("is_completed"))
    ours = read("staging/tasks").filter(is_ours("notes"))
    people = standing.join(there, on="task_gid", how="semi").join(ours, on="task_gid", how="anti")
    return people.select("task_gid", open_since="valid_from")


def _late(read: Read, tasks: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    dates = _standing(read("staging/task_date_intervals"), as_of).join(tasks, on="task_gid", how="semi")
    days = (pl.lit(as_of.date()) - pl.col("due_on")).dt.total_days()
    return dates.select("task_gid", days_late=days).filter(pl.col("days_late") > 0)


def _waiting(read: Read, tasks: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Open tasks that wait for an open one, and for how long all of it has been so, whole days."""
    links = _links_as_of(read, as_of)
    awaited = tasks.select(depends_on_gid="task_gid", awaited_since="open_since")
    since = pl.max_horizontal("open_since", "awaited_since", "linked_at")
    return (
        links.join(tasks, on="task_gid")
        .join(awaited, on="depends_on_gid")
        .group_by("task_gid")
        .agg(since=since.min())
        .select("task_gid", days_waiting=(pl.lit(as_of) - pl.col("since")).dt.total_days())
    )


def _links_as_of(read: Read, as_of: datetime) -> pl.DataFrame:
    """Which task waited for which, and since when where a story tells.

    The last story until then decides, else the first one after it: what was taken away later was there. Without any
    story, today's links.
    """
    told = (
        read("staging/stories")
        .filter(pl.col("subtype").is_in(["dependency_added", "dependency_removed"]))
        .filter(pl.col("dependency_gid").is_not_null())
        .sort("created_at", pl.col("story_gid").str.len_bytes(), "story_gid")
        .select(
            "created_at",
            task_gid="target_gid",
            depends_on_gid="dependency_gid",
            is_added=pl.col("subtype") == "dependency_added",
        )
    )
    before = told.filter(pl.col("created_at") <= as_of).unique(_LINK, keep="last", maintain_order=True)
    after = told.filter(pl.col("created_at") > as_of).unique(_LINK, keep="first", maintain_order=True)
    since_before = before.filter("is_added").select(*_LINK, linked_at="created_at")
    until_after = after.join(before, on=_LINK, how="anti").filter(~pl.col("is_added")).select(_LINK)
    untold = read("staging/task_dependencies").select(_LINK).join(told, on=_LINK, how="anti")
    unknown = pl.lit(None, since_before.schema["linked_at"]).alias("linked_at")
    return pl.concat([since_before, pl.concat([until_after, untold]).with_columns(unknown)])


def _put_off(read: Read, tasks: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """How often each open task's due date went to a later day in the last four weeks."""
    moves = (
        read("staging/task_date_intervals")
        .filter(pl.col("valid_from") <= as_of, pl.col("due_on").is_not_null())
        .join(tasks, on="task_gid", how="semi")
        .sort("task_gid", "valid_from")
        .with_columns(moved=pl.col("due_on") - pl.col("due_on").shift().over("task_gid"))
        .filter(pl.col("valid_from") > as_of - _RECENT, pl.col("moved").dt.total_days() > 0)
    )
    return moves.group_by("task_gid").agg(pushes=pl.len())


def _stirred(read: Read, tasks: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """When somebody last wrote on a task or changed it; our own posts break no silence."""
    stories = read("staging/stories").filter(pl.col("created_at") <= as_of).filter(~is_ours("text"))
    dates = read("staging/task_date_intervals").filter(pl.col("valid_from") <= as_of)
    signs = [stories.select(task_gid="target_gid", at="created_at"), dates.select("task_gid", at="valid_from")]
    return (
        pl.concat(signs).join(tasks, on="task_gid", how="semi").group_by("task_gid").agg(stirred_at=pl.col("at").max())
    )


def _words(comments: pl.DataFrame, placed: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Share of urgent comments by project; null where fewer than three people wrote, so that nobody shows."""
    recent = comments.filter(
        pl.col("tone").is_not_null(), pl.col("created_at") <= as_of, pl.col("created_at") > as_of - _RECENT
    )
    written = placed.select("project_gid", "task_gid").join(recent, left_on="task_gid", right_on="target_gid")
    is_many = pl.col("author_gid").n_unique() >= LEAST_AUTHORS
    return written.group_by("project_gid").agg(urgent_words=pl.when(is_many).then(pl.col("is_urgent").mean()))


def _standing(intervals: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    is_over = (pl.col("valid_to") <= as_of).fill_null(value=False)
    return intervals.filter(pl.col("valid_from") <= as_of, ~is_over)

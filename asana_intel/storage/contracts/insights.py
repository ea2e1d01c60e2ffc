"""Contracts of the insight tables: overwritten one `as_of_on` week at a time."""

import polars as pl

from asana_intel.storage.contracts.contract import DAY, INSTANT, NUMBER, TEXT, TEXTS, Spec, TableContract, columns

_AS_OF = (
    ("as_of_on!", DAY, "Monday of the week it belongs to."),
    ("as_of_at!", INSTANT, "Last instant it knows anything of."),
)


def _table(name: str, grain: str, unique: tuple[str, ...], *specs: Spec) -> TableContract:
    return TableContract("insights", name, grain, unique, columns(*_AS_OF, *specs), "as_of_on")


EFFORT_TABLES = (
    _table(
        "task_effort",
        "one row per week and open task that takes time of its own",
        ("as_of_on", "task_gid"),
        ("task_gid!", TEXT, "Task."),
        ("estimated_hours", NUMBER, "People's own estimate."),
        ("p10_hours!", NUMBER, "Lower edge of the 80 % band of the whole task."),
        ("p50_hours!", NUMBER, "Median of the whole task."),
        ("p90_hours!", NUMBER, "Upper edge of the 80 % band of the whole task."),
        ("left_p50_hours!", NUMBER, "The median less what is logged, at least 0."),
        (
            "method!",
            TEXT,
            "estimate: people's estimate, corrected; similar: from similar finished work; usual: nothing similar.",
        ),
        ("similar_gids", TEXTS, "Up to three most similar finished tasks."),
        ("similar_hours", pl.List(pl.Float64), "What they took."),
        ("p10_points", NUMBER, "Lower edge of the 80 % band of story points, for a task that has none."),
        ("p50_points", NUMBER, "Median of story points, for a task that has none."),
        ("p90_points", NUMBER, "Upper edge of the 80 % band of story points, for a task that has none."),
    ),
)

INSIGHT_TABLES: tuple[TableContract, ...] = (*EFFORT_TABLES,)

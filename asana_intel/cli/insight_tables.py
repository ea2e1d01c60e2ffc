"""What the commands on priority and sprints share: a week's rows, names, choosing by name. Prints nothing."""

from datetime import date

import polars as pl

from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError


def week_of(bench: Workbench, key: str, week_on: date) -> pl.DataFrame:
    """A week's rows of a table.

    Raises:
        ConfigError: There are none.
    """
    rows = bench.tables.read(key, partition=week_on)
    if rows.is_empty():
        what = key.split("/")[1].replace("_", " ")
        raise ConfigError(f"No {what} in the week of {week_on}", fix="run `asana-intel forecast`")
    return rows


def names(bench: Workbench, key: str, gid: str) -> pl.DataFrame:
    """Gids and names of a table's objects; who has no name is called by the gid."""
    return bench.tables.read(key).select(gid, name=pl.coalesce("name", gid))


def with_name(frame: pl.DataFrame, known: pl.DataFrame, gid: str, as_column: str) -> pl.DataFrame:
    """The frame with the name of the object in column `gid`, its gid where that is not known."""
    found = known.rename({known.columns[0]: gid, "name": as_column})
    joined = frame.join(found, on=gid, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce(as_column, gid).alias(as_column))


def task_names(bench: Workbench, gids: pl.Series) -> pl.DataFrame:
    """task_gid and name of some tasks."""
    wanted = pl.DataFrame({"task_gid": gids.drop_nulls().unique().cast(pl.String)}).lazy()
    found = bench.tables.scan("staging/tasks").join(wanted, on="task_gid", how="semi").select("task_gid", "name")
    return found.collect().with_columns(name=pl.coalesce("name", "task_gid"))


def chosen(known: pl.DataFrame, wanted: str, what: str) -> list[str]:
    """Gids of the objects that are called so, or whose gid it is.

    Raises:
        ConfigError: There is none.
    """
    gid = known.columns[0]
    holds = pl.col("name").str.to_lowercase().str.contains(wanted.lower(), literal=True)
    found = known.filter((pl.col(gid) == wanted) | holds)[gid].sort().to_list()
    if not found:
        raise ConfigError(f"There is no {what} called '{wanted}'", fix="give another name, or its gid")
    return found

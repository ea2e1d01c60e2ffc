"""Values of goal metrics that the company measures itself: one SQL statement per goal, from the settings."""

from collections.abc import Mapping

import polars as pl

from asana_intel.changes.inputs import MEASURED_VALUES
from asana_intel.errors import ConfigError
from asana_intel.storage.sql import run_sql
from asana_intel.storage.tables import TableStore


def measure_goals(tables: TableStore, measures: Mapping[str, str]) -> pl.DataFrame:
    """Run each goal's statement over the tables.

    Args:
        tables: Where the tables are.
        measures: Goal gid -> SQL that returns one row with one number; no number leaves the goal alone.

    Returns:
        goal_gid, value (in the metric's unit; percent as a fraction), evidence.

    Raises:
        ConfigError: A statement fails or returns something else; the message names the goal.
    """
    rows = []
    for goal_gid, statement in sorted(measures.items()):
        value = _one_number(goal_gid, run_sql(tables, statement))
        if value is not None:
            rows.append({"goal_gid": goal_gid, "value": value, "evidence": []})
    return pl.DataFrame(rows, schema=MEASURED_VALUES)


def _one_number(goal_gid: str, result: pl.DataFrame) -> float | None:
    if result.shape != (1, 1) or not (result.dtypes[0].is_numeric() or result.dtypes[0] == pl.Null):
        raise ConfigError(
            f"The measure of goal {goal_gid} returns {result.height} rows and {result.width} columns",
            fix="a statement that returns one row with one number, such as select count(*) from …",
        )
    value = result.item()
    return None if value is None else float(value)

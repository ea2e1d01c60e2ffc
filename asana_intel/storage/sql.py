"""SQL over the tables for people: read-only DuckDB in which every table is called stage.name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

import polars as pl

from asana_intel.errors import ConfigError
from asana_intel.storage.contracts import CONTRACTS

if TYPE_CHECKING:
    from duckdb import DuckDBPyRelation


class ReadsTables(Protocol):
    """What gives the rows of tables by key: a table store, or its past."""

    def read(self, key: str, /) -> pl.DataFrame:
        """The rows of the table `key` (`stage/name`)."""
        ...


def run_sql(tables: ReadsTables, statement: str) -> pl.DataFrame:
    """Run one statement; tables that do not exist yet are empty.

    Args:
        tables: Gives the tables that the statement names.
        statement: SQL; it sees the tables as they are given and cannot change them, nor read other files.

    Raises:
        ConfigError: DuckDB does not accept the statement.
    """
    import duckdb

    session = duckdb.connect(":memory:")
    try:
        session.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        words = set(re.findall(r"\w+", statement.lower()))
        for key, contract in CONTRACTS.items():
            if {contract.stage, contract.name} <= words:
                session.execute(f'CREATE SCHEMA IF NOT EXISTS "{contract.stage}"')
                session.register(f"{contract.stage}__{contract.name}", tables.read(key).to_arrow())
                session.execute(
                    f'CREATE VIEW "{contract.stage}"."{contract.name}" AS FROM "{contract.stage}__{contract.name}"'
                )
        session.execute("SET enable_external_access = false; SET lock_configuration = true")
        result = session.sql(statement)
        return pl.DataFrame() if result is None else _as_frame(result)
    except (duckdb.Error, pl.exceptions.PolarsError) as wrong:
        known = ", ".join(f"{c.stage}.{c.name}" for c in CONTRACTS.values())
        raise ConfigError(f"The statement failed: {wrong}", fix=f"the tables are: {known}") from None
    finally:
        session.close()


def _as_frame(result: DuckDBPyRelation) -> pl.DataFrame:
    rows = result.to_arrow_table()
    return pl.DataFrame(rows.rename_columns(_unique(rows.column_names)))


def _unique(names: Iterable[str]) -> list[str]:
    """The names without repeats: a second `gid`, as after a join, becomes `gid_2`."""
    taken: list[str] = []
    for name in names:
        free, number = name, 1
        while free in taken:
            number += 1
            free = f"{name}_{number}"
        taken.append(free)
    return taken

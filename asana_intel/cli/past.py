"""All tables as they stood at an instant, put together from the stages that know how. Instants are read elsewhere."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from asana_intel.errors import ConfigError
from asana_intel.marts.models import run_models
from asana_intel.staging.as_of import PastTables
from asana_intel.storage.tables import TableStore


class Past:
    """The tables of raw, staging and marts at an instant; the marts are computed anew, with `as_of` at that instant.

    Args:
        tables: The tables as they are now.
        at: The instant.
    """

    def __init__(self, tables: TableStore, at: datetime) -> None:
        self._at = at
        self._past = PastTables(tables.scan, at)
        self._marts: dict[str, pl.DataFrame] = {}

    def read(self, key: str) -> pl.DataFrame:
        """The rows of a table by key, such as `marts/dim_goal`.

        Raises:
            ConfigError: The table belongs to a stage that keeps its own past.
        """
        stage, name = key.split("/")
        if stage in {"raw", "staging"}:
            return self._past.read(key)
        if stage != "marts":
            raise ConfigError(
                f"{stage}.{name} is not shown as of another time: it keeps what was computed for each week",
                fix="leave --as-of out, and choose rows by their column as_of_on",
            )
        if name not in self._marts:
            self._marts.update(run_models([name], self.read, self._at))
        return self._marts[name]

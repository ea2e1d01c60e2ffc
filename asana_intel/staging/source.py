"""What recipes read: tables as they are, and raw tables decoded once for all who ask. Not where tables lie."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

import polars as pl

from asana_intel.staging.decode import Records

Scan = Callable[[str], pl.LazyFrame]
VERSIONS = "raw/record_versions"


class Source:
    """Tables to make staging tables from.

    Args:
        scan: Gives the rows of a table by key (`raw/tasks`).
        record_types: Key of a raw table -> all fields that recipes decode of its records.
    """

    def __init__(self, scan: Scan, record_types: Mapping[str, pl.Struct]) -> None:
        self.scan = scan
        self._record_types = record_types
        self._decoded: dict[str, Records] = {}

    def read(self, key: str) -> pl.DataFrame:
        """The rows of a table."""
        return self.scan(key).collect()

    def records(self, key: str) -> Records:
        """The records of a raw table.

        Of `raw/record_versions`: the states of tasks that were superseded, each with the instant of the sync that
        first saw it as `changed_at`.
        """
        if key not in self._decoded:
            rows = _task_states(self.scan(key)) if key == VERSIONS else self.scan(key)
            self._decoded[key] = Records(rows, self._record_types[key])
        return self._decoded[key]

    def keep(self, keys: Collection[str]) -> None:
        """Let go of what was decoded of other tables."""
        self._decoded = {key: records for key, records in self._decoded.items() if key in keys}


def _task_states(versions: pl.LazyFrame) -> pl.LazyFrame:
    went_at = pl.when("is_deleted").then("valid_from")
    return versions.filter(pl.col("resource") == "tasks").select(
        "gid", "record", first_seen_at="valid_from", changed_at="valid_from", deleted_at=went_at
    )

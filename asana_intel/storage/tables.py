"""Delta tables under one root, read and written by contract key; no business rule and no Dagster here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.storage.contracts import CONTRACTS, TableContract, conform, empty_frame

if TYPE_CHECKING:
    from deltalake import DeltaTable


@dataclass(frozen=True)
class MergeOutcome:
    """How many rows a merge added and changed."""

    inserted: int
    updated: int


# Times that a replacement is tried again where another writer was faster.
_TRIES = 4
# Rows that are replaced by naming them; more are merged.
_FEW = 500


class TableStore:
    """All tables of one home. A table that an earlier release wrote takes on the columns its contract gained since.

    Args:
        root: Folder or object-store URL; each table lies at `root/stage/name`.
    """

    def __init__(self, root: str) -> None:
        self.root = root.rstrip("/")
        self._opened: dict[str, DeltaTable] = {}

    def uri(self, key: str) -> str:
        """Address of the table `key` (`stage/name`)."""
        return f"{self.root}/{_contract(key).key}"

    def version(self, key: str) -> int | None:
        """Delta version of the table; None while it does not exist."""
        table = self._open(key)
        return None if table is None else table.version()

    def read(self, key: str, *, partition: date | str | None = None, version: int | None = None) -> pl.DataFrame:
        """The rows of a table, typed by its contract; an empty frame while the table does not exist.

        Args:
            key: `stage/name`.
            partition: Only this value of the contract's partition column.
            version: A past Delta version; None = the newest.
        """
        rows = self.scan(key, version=version)
        if partition is not None:
            rows = rows.filter(pl.col(_partition_column(_contract(key))) == partition)
        return rows.collect()

    def scan(self, key: str, *, version: int | None = None) -> pl.LazyFrame:
        """The rows of a table without reading them yet; see `read`."""
        contract = _contract(key)
        table = self._open(key) if version is None else self._open_past(key, version)
        if table is None:
            return empty_frame(contract).lazy()
        rows = pl.scan_delta(table)
        present = rows.collect_schema().names()
        return rows.select(
            pl.col(c.name).cast(c.dtype) if c.name in present else pl.lit(None, c.dtype).alias(c.name)
            for c in contract.columns
        )

    def count(self, key: str) -> int:
        """Number of rows, from the table's log; 0 while it does not exist."""
        table = self._open(key)
        return 0 if table is None else pl.scan_delta(table).select(pl.len()).collect().item()

    def overwrite(self, key: str, frame: pl.DataFrame) -> int:
        """Replace the whole table; returns its new version."""
        return self._write(key, frame, None)

    def overwrite_partition(self, key: str, frame: pl.DataFrame, value: date | str) -> int:
        """Replace the rows whose partition column equals `value`; returns the table's new version.

        Raises:
            PermanentError: `frame` holds rows of another partition.
        """
        column = _partition_column(_contract(key))
        if frame.height and (frame[column] != value).any():
            raise PermanentError(f"{key}: rows of another {column} than {value} in its partition")
        return self._write(key, frame, f"{column} = '{value}'")

    def exchange_partition(self, key: str, frame: pl.DataFrame, value: date | str, version: int) -> int | None:
        """Replace a partition of a table that nobody wrote to since a version.

        Args:
            key: `stage/name`.
            frame: The new rows.
            value: Of the partition column.
            version: The table's when what `frame` was made from was read.

        Returns:
            The table's new version; None, and nothing is written, where the table is at another version.

        Raises:
            PermanentError: `frame` holds rows of another partition.
        """
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        contract = _contract(key)
        column, rows = _partition_column(contract), conform(contract, frame)
        if rows.height and (rows[column] != value).any():
            raise PermanentError(f"{key}: rows of another {column} than {value} in its partition")
        if self.version(key) != version:
            return None
        then, predicate = self._open_past(key, version), f"{column} = '{value}'"
        try:
            write_deltalake(then, rows, mode="overwrite", predicate=predicate, schema_mode="merge")
        except CommitFailedError:
            return None
        return self.version(key)

    def append(self, key: str, frame: pl.DataFrame) -> int:
        """Add rows; returns the table's new version."""
        from deltalake import write_deltalake

        contract = _contract(key)
        write_deltalake(self._prepare(key), conform(contract, frame), mode="append", schema_mode="merge")
        return self.version(key) or 0

    def merge(self, key: str, frame: pl.DataFrame) -> MergeOutcome:
        """Insert new rows and replace those with the same key, in one commit; an empty frame commits nothing."""
        from deltalake import DeltaTable, write_deltalake

        contract = _contract(key)
        rows = conform(contract, frame)
        if rows.is_empty():
            return MergeOutcome(0, 0)
        uri = self._prepare(key)
        if self._open(key) is None:
            write_deltalake(uri, rows, mode="append")
            return MergeOutcome(rows.height, 0)
        same_key = " AND ".join(f"t.{c} = s.{c}" for c in contract.unique)
        counts = (
            DeltaTable(uri)
            .merge(rows, predicate=same_key, source_alias="s", target_alias="t", merge_schema=True, streamed_exec=False)
            .when_matched_update_all()
            .when_not_matched_insert_all()
            .execute()
        )
        return MergeOutcome(counts["num_target_rows_inserted"], counts["num_target_rows_updated"])

    def replace(self, key: str, frame: pl.DataFrame) -> None:
        """Put rows in the place of stored ones with the same key, in one commit; the table must exist.

        For a few rows of a large table: a merge would hold the whole table in memory.

        Args:
            key: `stage/name` of a table whose key is one column of text.
            frame: Rows, none repeated.
        """
        from deltalake import write_deltalake

        contract = _contract(key)
        rows = conform(contract, frame)
        (column,) = contract.unique
        if rows.height > _FEW:
            self.merge(key, rows)
        elif rows.height:
            listed = ", ".join("'" + gid.replace("'", "''") + "'" for gid in rows[column])
            write_deltalake(
                self._prepare(key), rows, mode="overwrite", predicate=f"{column} IN ({listed})", schema_mode="merge"
            )

    def existing(self) -> list[str]:
        """Keys of the contracts whose table exists."""
        return [key for key in CONTRACTS if self._open(key) is not None]

    def _open(self, key: str) -> DeltaTable | None:
        """The table at its newest version; opened once, then only the commits since are read."""
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError, TableNotFoundError

        uri = self.uri(key)
        if (known := self._opened.get(uri)) is not None:
            try:
                known.update_incremental()
            except DeltaError:  # removed or replaced behind our back
                del self._opened[uri]
            else:
                return known
        try:
            self._opened[uri] = DeltaTable(uri)
        except TableNotFoundError:
            return None
        return self._opened[uri]

    def _open_past(self, key: str, version: int) -> DeltaTable:
        from deltalake import DeltaTable

        return DeltaTable(self.uri(key), version=version)

    def _prepare(self, key: str) -> str:
        uri = self.uri(key)
        if "://" not in uri:
            Path(uri).mkdir(parents=True, exist_ok=True, mode=0o700)
        return uri

    def _write(self, key: str, frame: pl.DataFrame, predicate: str | None) -> int:
        """Put rows in the place of all, or of those a predicate names, whatever somebody else has written meanwhile."""
        from deltalake import write_deltalake
        from deltalake.exceptions import CommitFailedError

        rows = conform(_contract(key), frame)
        for is_last in (*(False,) * _TRIES, True):
            replace = predicate if self._open(key) is not None else None
            try:
                write_deltalake(
                    self._prepare(key),
                    rows,
                    mode="overwrite",
                    predicate=replace,
                    schema_mode="merge" if replace else "overwrite",
                )
            except CommitFailedError:
                if is_last:
                    raise
            else:
                break
        return self.version(key) or 0


def _contract(key: str) -> TableContract:
    if key not in CONTRACTS:
        raise PermanentError(f"No table is called '{key}'", fix="see docs/tables.md for the list")
    return CONTRACTS[key]


def _partition_column(contract: TableContract) -> str:
    if contract.partition is None:
        raise PermanentError(f"{contract.key} is not partitioned")
    return contract.partition

"""Merging what a sync lists into one raw table: only rows that differ, in batches. Which lists exist: crawl.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

import orjson
import polars as pl

from asana_intel.raw.records import Record, Row, frame_of
from asana_intel.storage.tables import TableStore

_KNOWN = {
    "gid": pl.String(),
    "record_hash": pl.String(),
    "first_seen_at": pl.Datetime("us", "UTC"),
    "deleted_at": pl.Datetime("us", "UTC"),
}


@dataclass
class Counts:
    """Rows that a sync added, changed (rows that came back included) and found gone."""

    added: int = 0
    changed: int = 0
    deleted: int = 0


class RawTable:
    """One raw table during one sync.

    Args:
        tables: Where the table lies.
        resource: Its name in `contracts.raw.RESOURCES`.
        synced_at: Server time at the start of the sync.
    """

    def __init__(self, tables: TableStore, resource: str, synced_at: datetime) -> None:
        self.resource = resource
        self.counts = Counts()
        self._tables = tables
        self._key = f"raw/{resource}"
        self._synced_at = synced_at
        self._known = self._read_known()
        self._seen: set[str] = set()
        self._buffer: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take listed rows; one that was taken before (a task in two projects) is left out."""
        for row in rows:
            if row.gid not in self._seen:
                self._seen.add(row.gid)
                self._buffer.append(row)

    @property
    def buffered(self) -> int:
        """Rows taken and not yet merged."""
        return len(self._buffer)

    @property
    def seen(self) -> Collection[str]:
        """Gids listed in this sync."""
        return self._seen

    def pending(self) -> pl.DataFrame:
        """Buffered rows: lifted fields, `is_known` (a row is in the table) and `differs` (a flush would merge it)."""
        compared = self._compared().with_columns(is_known=pl.col("first_seen_at").is_not_null())
        return compared.drop("record", "record_hash", "first_seen_at", "deleted_at")

    def flush(self) -> None:
        """Merge the buffered rows that differ, in one commit; without any, commit nothing."""
        if not self._buffer:
            return
        rows = self._compared().filter("differs")
        self._buffer = []
        if rows.is_empty():
            return
        is_new = rows["first_seen_at"].is_null()
        self._tables.merge(
            self._key,
            rows.with_columns(
                first_seen_at=pl.col("first_seen_at").fill_null(self._synced_at),
                changed_at=pl.lit(self._synced_at),
                deleted_at=pl.lit(None, _KNOWN["deleted_at"]),
            ),
        )
        self.counts.added += int(is_new.sum())
        self.counts.changed += int((~is_new).sum())

    def unlisted(self) -> list[str]:
        """Gids of standing rows that no listing returned. That alone does not make them gone."""
        standing = self._known.filter(pl.col("deleted_at").is_null())["gid"].to_list()
        return [gid for gid in standing if gid not in self._seen]

    def records(self, gids: Collection[str]) -> list[Record]:
        """Stored records of some gids."""
        if not gids or self._known.is_empty():
            return []
        stored = self._stored().filter(pl.col("gid").is_in(list(gids))).select("record").collect()
        return [orjson.loads(text) for text in stored["record"]]

    def referring_to(self, json_path: str, gids: Collection[str]) -> list[str]:
        """Gids of stored, standing rows whose record holds one of `gids` at a JSON path such as `$.target.gid`."""
        if not gids or self._known.is_empty():
            return []
        refers = pl.col("record").str.json_path_match(json_path).is_in(list(gids))
        return self._stored().filter(pl.col("deleted_at").is_null(), refers).select("gid").collect()["gid"].to_list()

    def delete(self, gids: Collection[str]) -> None:
        """Mark rows as gone, keeping their last record."""
        if not gids:
            return
        rows = self._stored().filter(pl.col("gid").is_in(list(gids)), pl.col("deleted_at").is_null()).collect()
        stamp = pl.lit(self._synced_at)
        self._tables.merge(self._key, rows.with_columns(deleted_at=stamp, changed_at=stamp))
        self.counts.deleted += rows.height

    def _compared(self) -> pl.DataFrame:
        listed = frame_of(self.resource, self._buffer)
        known = self._known.rename({"record_hash": "known_hash"})
        is_same = (pl.col("known_hash") == pl.col("record_hash")).fill_null(value=False)
        return (
            listed.join(known, on="gid", how="left", maintain_order="left")
            .with_columns(differs=~is_same | pl.col("deleted_at").is_not_null())
            .drop("known_hash")
        )

    def _stored(self) -> pl.LazyFrame:
        return pl.scan_delta(self._tables.uri(self._key))

    def _read_known(self) -> pl.DataFrame:
        if self._tables.version(self._key) is None:
            return pl.DataFrame(schema=_KNOWN)
        # Only the narrow columns: the records are most of the table's size.
        return self._stored().select(*_KNOWN).collect()

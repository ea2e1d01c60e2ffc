"""Merging what a sync lists into one raw table: only rows that differ, in batches. Which lists exist: crawl.py."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import orjson
import polars as pl

from asana_intel.raw.records import Record, Row, frame_of
from asana_intel.storage.tables import TableStore

_VERSIONS = "raw/record_versions"
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
        self._seen: set[str] = set()
        self._glimpsed: set[str] = set()
        self._buffer: list[Row] = []

    def add(self, rows: Iterable[Row]) -> None:
        """Take listed rows; one that was taken before (a task in two projects) is left out."""
        for row in rows:
            if row.gid not in self._seen or row.gid in self._glimpsed:
                self._seen.add(row.gid)
                self._glimpsed.discard(row.gid)
                self._buffer.append(row)

    def see(self, gids: Iterable[str]) -> None:
        """Note that a list showed rows which it did not show whole; they may still be taken."""
        new = [gid for gid in gids if gid not in self._seen]
        self._seen.update(new)
        self._glimpsed.update(new)

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
        """Write the buffered rows that differ: new ones are appended, changed ones merged; without any, no commit.

        The state that a change ends is kept in `raw/record_versions` first: a crash in between repeats that entry.
        """
        if not self._buffer:
            return
        rows = self._compared().filter("differs")
        self._buffer = []
        if rows.is_empty():
            return
        stamped = rows.with_columns(
            first_seen_at=pl.col("first_seen_at").fill_null(self._synced_at),
            changed_at=pl.lit(self._synced_at),
            deleted_at=pl.lit(None, _KNOWN["deleted_at"]),
        )
        is_new = rows["first_seen_at"].is_null()
        new, changed = stamped.filter(is_new), stamped.filter(~is_new)
        if new.height:
            self._tables.append(self._key, new)
        if changed.height:
            self._keep_versions(self._stored().filter(pl.col("gid").is_in(changed["gid"].implode())).collect())
            self._tables.replace(self._key, changed)
            self._remember(changed)
        self.counts.added += new.height
        self.counts.changed += changed.height

    def was_standing(self, gid: str) -> bool:
        """Whether a row was stored and not gone when this sync began."""
        return gid in self._standing_gids

    @cached_property
    def _standing_gids(self) -> set[str]:
        return set(self._known.filter(pl.col("deleted_at").is_null())["gid"])

    def unlisted(self) -> list[str]:
        """Gids of standing rows that no listing returned. That alone does not make them gone."""
        standing = self._known.filter(pl.col("deleted_at").is_null())["gid"].to_list()
        return [gid for gid in standing if gid not in self._seen]

    def standing(self, *columns: str) -> pl.DataFrame:
        """Stored rows that are not gone, with gid and the columns asked for; what was buffered is not among them."""
        if self._tables.version(self._key) is None:
            schema = self._tables.read(self._key).schema
            return pl.DataFrame(schema={name: schema[name] for name in ("gid", *columns)})
        return self._stored().filter(pl.col("deleted_at").is_null()).select("gid", *columns).collect()

    def records(self, gids: Collection[str]) -> list[Record]:
        """Stored records of some gids."""
        if not gids or self._known.is_empty():
            return []
        stored = self._stored().filter(pl.col("gid").is_in(list(gids))).select("record").collect()
        return [orjson.loads(text) for text in stored["record"]]

    def referring_to(self, column: str, gids: Collection[str]) -> list[str]:
        """Gids of stored, standing rows that hold one of `gids` in a lifted column such as `target_gid`."""
        if not gids or self._known.is_empty():
            return []
        refers = pl.col(column).is_in(list(gids))
        return self._stored().filter(pl.col("deleted_at").is_null(), refers).select("gid").collect()["gid"].to_list()

    def delete(self, gids: Collection[str], at: Mapping[str, datetime] | None = None) -> None:
        """Mark rows as gone, keeping their last record.

        Args:
            gids: Rows; those that are gone already stay as they are.
            at: When each went, where Asana told; the time of the sync otherwise.
        """
        if not gids or self._known.is_empty():
            return
        rows = self._stored().filter(pl.col("gid").is_in(list(gids)), pl.col("deleted_at").is_null()).collect()
        if rows.is_empty():
            return
        self._keep_versions(rows)
        went_at = pl.col("gid").replace_strict(dict(at or {}), default=None, return_dtype=_KNOWN["deleted_at"])
        gone = rows.with_columns(deleted_at=went_at.fill_null(self._synced_at), changed_at=pl.lit(self._synced_at))
        self._tables.replace(self._key, gone)
        self._remember(gone)
        self.counts.deleted += rows.height

    def _keep_versions(self, rows: pl.DataFrame) -> None:
        """Keep states that end now; what changes twice within one instant leaves no state of no length."""
        ended = rows.filter(pl.col("changed_at") < self._synced_at).select(
            "gid",
            "record",
            resource=pl.lit(self.resource),
            valid_from="changed_at",
            valid_to=pl.lit(self._synced_at),
            is_deleted=pl.col("deleted_at").is_not_null(),
        )
        self._tables.merge(_VERSIONS, ended)

    def _remember(self, rows: pl.DataFrame) -> None:
        """Bring what is known of the table up to date with rows that were just written."""
        rest = self._known.join(rows, on="gid", how="anti")
        self._known = pl.concat([rest, rows.select(_KNOWN.keys())])

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

    @cached_property
    def _known(self) -> pl.DataFrame:
        if self._tables.version(self._key) is None:
            return pl.DataFrame(schema=_KNOWN)
        # Only the narrow columns: the records are most of the table's size.
        return self._stored().select(*_KNOWN).collect()

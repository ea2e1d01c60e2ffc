"""An append-only table whose rows vouch for each other: freezing rows, and finding those that were changed or removed.

What is frozen, and what it means, is ledger.py's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl
from psycopg2.extras import Json, execute_values

from asana_intel.storage.postgres import Database

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

Inputs = Mapping[str, int | None]
_LOCK = 0x666F7265  # one writer at a time: each row's hash covers the row before it


@dataclass(frozen=True)
class Chain:
    """One such table. Besides what is frozen it has forecast_id, version, inputs and row_hash.

    Args:
        table: In PostgreSQL.
        frozen: Columns, in the order in which they are hashed.
        key: Those of them by which a row is said once; one is `as_of_at`.
        version: Of what is frozen and how.
        unchained: Earlier versions whose rows were hashed each by itself -> their columns.
    """

    table: str
    frozen: Sequence[str]
    key: Sequence[str]
    version: str
    unchained: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def freeze(self, database: Database, rows: pl.DataFrame, inputs: Inputs) -> int:
        """Add rows; one that stands there already is left as it is. Returns how many were added.

        Args:
            database: The product's schema.
            rows: With the frozen columns.
            inputs: Delta version of each table they were made from.
        """
        if rows.is_empty():
            return 0
        statement = f"INSERT INTO {self.table} ({', '.join(self.frozen)}, version, inputs, row_hash) VALUES %s"
        places = [self.frozen.index(name) for name in self.key]
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            cursor.execute(
                f"SELECT {', '.join(self.key)} FROM {self.table} WHERE as_of_at >= %s", (rows["as_of_at"].min(),)
            )
            there = {tuple(map(_plain, row)) for row in cursor.fetchall()}
            before = _head(cursor, self.table)
            added = []
            for values in rows.select(self.frozen).iter_rows():
                if tuple(_plain(values[place]) for place in places) not in there:
                    before = self._hash(values, self.version, inputs, before)
                    added.append((*values, self.version, Json(dict(inputs)), before))
            if added:
                execute_values(cursor, statement, added, page_size=1000)
            return len(added)

    def head(self, database: Database) -> str:
        """The hash of the newest row, which covers all before it; empty while there is none."""
        with database.transaction() as connection, connection.cursor() as cursor:
            return _head(cursor, self.table)

    def changed_rows(self, database: Database) -> list[int]:
        """Ids of rows that are not as they were frozen, or before which one is gone."""
        changed, before = [], ""
        for forecast_id, values, version, inputs, row_hash in self._stored(database):
            if self._hash(values, version, inputs, before) != row_hash:
                changed.append(forecast_id)
            before = row_hash
        return changed

    def rows(self, database: Database, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
        """Every row, with its id, oldest first; `schema`: types of the frozen columns."""
        columns = ("forecast_id", *self.frozen)
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)} FROM {self.table} ORDER BY forecast_id")
            found = cursor.fetchall()
        types = {"forecast_id": pl.Int64(), **{name: schema[name] for name in self.frozen}}
        return pl.DataFrame(found, schema=types, orient="row")

    def _hash(self, values: Sequence[Any], version: str, inputs: Inputs, before: str) -> str:
        kept = self.unchained.get(version)
        hashed = values if kept is None else [values[self.frozen.index(name)] for name in kept]
        said: list[Any] = [[_plain(value) for value in hashed], version, sorted(inputs.items())]
        if kept is None:
            said.append(before)
        return hashlib.blake2b(orjson.dumps(said, default=str), digest_size=16).hexdigest()

    def _stored(self, database: Database) -> Iterator[tuple[int, Sequence[Any], str, Inputs, str]]:
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(
                f"SELECT forecast_id, version, inputs, row_hash, {', '.join(self.frozen)} FROM {self.table}"
                " ORDER BY forecast_id"
            )
            for forecast_id, version, inputs, row_hash, *values in cursor:
                yield forecast_id, values, version, inputs, row_hash


def _head(cursor: Cursor, table: str) -> str:
    cursor.execute(f"SELECT row_hash FROM {table} ORDER BY forecast_id DESC LIMIT 1")
    row: tuple[Any, ...] | None = cursor.fetchone()
    return row[0] if row else ""


def _plain(value: Any) -> Any:
    """The same text for the same instant, whatever the session's time zone."""
    return str(value.astimezone(UTC)) if isinstance(value, datetime) else value

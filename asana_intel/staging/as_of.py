"""Raw and staging tables as they stood at an instant, from what is kept of the past. Marts are not known here.

A record that a sync had seen by then is as the last such sync saw it. One that no sync had seen yet, but that was there
already, is rebuilt from what cannot have changed and what stories tell (see rebuilt.py). Nothing that happened after
the instant changes the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import blake2b

import polars as pl

from asana_intel.staging import rebuilt
from asana_intel.staging.decode import Records
from asana_intel.staging.recipes import RECIPES, RECORD_TYPES
from asana_intel.staging.source import VERSIONS, Scan, Source
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.contracts.contract import FLAG, NUMBER
from asana_intel.storage.contracts.raw import RESOURCES

_PLACES = pl.List(pl.Struct({"section": pl.Struct({"gid": pl.String})}))
_METRIC = ("current_number_value", "initial_number_value", "target_number_value")
_GOAL = pl.Struct(
    {
        "status": pl.String,
        "due_on": pl.String,
        "time_period": pl.Struct({"end_on": pl.String}),
        "metric": pl.Struct(dict.fromkeys(_METRIC, pl.Float64)),
    }
)


class PastTables:
    """The tables of the raw and staging stages at an instant.

    Args:
        scan: Gives the rows of a raw table, as they are now, by key.
        at: The instant.
    """

    def __init__(self, scan: Scan, at: datetime) -> None:
        self._now = Source(scan, RECORD_TYPES)
        self._at = at
        self._past = Source(self.scan, RECORD_TYPES)
        self._made: dict[str, pl.DataFrame] = {}

    def read(self, key: str) -> pl.DataFrame:
        """The rows of a table (`raw/tasks`, `staging/tasks`), held to its contract."""
        return self.scan(key).collect()

    def scan(self, key: str) -> pl.LazyFrame:
        """The rows of a table without reading all of them yet; see `read`."""
        stage, name = key.split("/")
        if key == VERSIONS:
            return self._now.scan(key).filter(pl.col("valid_to") <= self._at)
        if stage == "raw" and name in RESOURCES:
            seen = self._now.scan(key).filter(pl.col("changed_at") <= self._at)
            return pl.concat([seen, self._once(key, lambda: self._earlier(name)).lazy()])
        if key == "raw/goal_snapshots":
            return self._once(key, self._goal_snapshots).lazy()
        if key == "staging/quarantine":
            return self._once(key, self._quarantine).lazy()
        return self._once(key, lambda: RECIPES[name].make(self._past).frame).lazy()

    def _once(self, key: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        if key not in self._made:
            self._made[key] = conform(CONTRACTS[key], make())
        return self._made[key]

    def _earlier(self, resource: str) -> pl.DataFrame:
        """Rows of a raw table whose record changed since: as it was seen before that, or rebuilt."""
        since = self._now.scan(f"raw/{resource}").filter(pl.col("changed_at") > self._at)
        states = (
            self._now.scan(VERSIONS)
            .filter(pl.col("resource") == resource, pl.col("valid_from") <= self._at, pl.col("valid_to") > self._at)
            .join(since.select("gid", "first_seen_at"), on="gid")
            .select(
                "gid",
                "record",
                "first_seen_at",
                changed_at="valid_from",
                deleted_at=pl.when("is_deleted").then("valid_from"),
            )
            .collect()
        )
        unseen = since.join(states.lazy().select("gid"), on="gid", how="anti")
        found = self._rebuilt(resource, unseen)
        if found is None:
            return _row(resource, states)
        stamps = {"first_seen_at": pl.lit(self._at), "changed_at": pl.lit(self._at), "deleted_at": _never}
        return _row(resource, pl.concat([states, found.with_columns(**stamps)], how="vertical_relaxed"))

    def _rebuilt(self, resource: str, unseen: pl.LazyFrame) -> pl.DataFrame | None:
        if resource == "tasks":
            told, sections = self._past.records("raw/stories"), self._past.records("raw/sections")
            return rebuilt.tasks(unseen, told, sections, self._at)
        return rebuilt.lasting(resource, unseen, self._at) if resource in rebuilt.LASTING else None

    def _goal_snapshots(self) -> pl.DataFrame:
        """Snapshots of days that were over, and of the day that was not: the goals that it had changed by then.

        A later sync replaces the snapshot of its day, so that of an unfinished day is made again from the records.
        """
        stored = self._now.read("raw/goal_snapshots")
        next_at = self._at + timedelta(microseconds=1)
        over = stored.filter(pl.col("snapshot_on") < next_at.date())
        goals, _ = self._past.records("raw/goals").standing(RECORD_TYPES["raw/goals"])
        metric = {name: pl.col("metric").struct.field(name) for name in _METRIC}
        due_on = pl.coalesce("due_on", pl.col("time_period").struct.field("end_on"))
        today = goals.filter(pl.col("changed_at").dt.date() == next_at.date()).select(
            goal_gid="_gid",
            snapshot_on=pl.col("changed_at").dt.date(),
            snapshot_at="changed_at",
            status="status",
            due_on=due_on.str.to_date("%Y-%m-%d", strict=False),
            **metric,
        )
        return pl.concat([over, today.select(over.columns)])

    def _quarantine(self) -> pl.DataFrame:
        rejected = {f"staging/{table}": recipe.make(self._past).rejected for table, recipe in RECIPES.items()}
        return pl.concat(
            rows.unique("gid", keep="first").with_columns(table_name=pl.lit(key)) for key, rows in rejected.items()
        )


_never = pl.lit(None, pl.Datetime("us", "UTC"))


def _row(resource: str, states: pl.DataFrame) -> pl.DataFrame:
    """Rows of a raw table from gid, record and the instants: with the hash and the fields that are lifted out."""
    names = RESOURCES[resource][1]
    schema = CONTRACTS[f"raw/{resource}"].schema
    wanted = pl.Struct({_member(name): _member_type(name, schema[name]) for name in names})
    hashes = [blake2b(text.encode(), digest_size=16).hexdigest() for text in states["record"]]
    rows = states.with_columns(record_hash=pl.Series(hashes, dtype=pl.String))
    if not names:
        return rows
    decoded, _ = Records(states.lazy(), wanted).all(wanted)
    lifted = decoded.select(pl.col("_gid").alias("gid"), *(_lifted(name).alias(name) for name in names))
    return rows.join(lifted, on="gid", how="left")


def _member(name: str) -> str:
    return "memberships" if name == "section_gids" else name.removesuffix("_gid")


def _member_type(name: str, dtype: pl.DataType) -> pl.DataType:
    if name == "section_gids":
        return _PLACES
    if name.endswith("_gid"):
        return pl.Struct({"gid": pl.String})
    return dtype if dtype in (FLAG, NUMBER) else pl.String()


def _lifted(name: str) -> pl.Expr:
    value = pl.col(_member(name))
    if name == "section_gids":
        gids = value.list.eval(pl.element().struct.field("section").struct.field("gid"))
        return gids.list.drop_nulls().list.sort().list.join(" ").fill_null("")
    return value.struct.field("gid") if name.endswith("_gid") else value

"""Turns one raw table into one staging table plus the records it rejects; the tables are declared in tables.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from asana_intel.staging.decode import REJECTED, decode
from asana_intel.staging.fields import Field, record_type


@dataclass(frozen=True)
class Rule:
    """A record is rejected where `is_wrong` holds (an expression over the decoded record)."""

    field: str
    is_wrong: pl.Expr
    reason: str


@dataclass(frozen=True)
class Cleaning:
    """How one raw resource becomes one staging table.

    Args:
        table: Name of the staging table.
        source: Name of the raw table.
        fields: Columns read from the record.
        rules: Further reasons to reject a record.
        computed: Columns made from other columns of the row, after the fields.
    """

    table: str
    source: str
    fields: Sequence[Field]
    rules: Sequence[Rule] = ()
    computed: dict[str, pl.Expr] = field(default_factory=dict)


@dataclass(frozen=True)
class Cleaned:
    """Typed rows, and the records that were set aside (columns gid, field, reason, record)."""

    frame: pl.DataFrame
    rejected: pl.DataFrame


def standing(raw: pl.DataFrame) -> pl.DataFrame:
    """The rows of a raw table that were not deleted in Asana."""
    return raw.filter(pl.col("deleted_at").is_null()) if "deleted_at" in raw.columns else raw


def clean(cleaning: Cleaning, raw: pl.DataFrame) -> Cleaned:
    """Decode, check and type one raw table.

    Args:
        cleaning: What the table wants.
        raw: Raw rows (gid, record, deleted_at).

    Returns:
        One row per good record, and one row per rejected record with its first fault.
    """
    decoded, unreadable = decode(standing(raw), record_type(cleaning.fields))
    faults = [(f.path, wrong, f"{f.path} {why}") for f in cleaning.fields for wrong, why in f.faults()]
    faults += [(r.field, r.is_wrong, f"{r.field} {r.reason}") for r in cleaning.rules]
    judged = decoded.with_columns(_fault=_first_fault(faults))
    good = judged.filter(pl.col("_fault").is_null()).select(f.typed for f in cleaning.fields)
    if cleaning.computed:
        good = good.with_columns(**cleaning.computed)
    wrong = judged.filter(pl.col("_fault").is_not_null()).select(
        gid="_gid",
        field=pl.col("_fault").struct.field("field"),
        reason=pl.col("_fault").struct.field("reason"),
        record="_record",
    )
    return Cleaned(good, pl.concat([unreadable, wrong.cast(REJECTED)]))


def _first_fault(faults: Sequence[tuple[str, pl.Expr, str]]) -> pl.Expr:
    nothing = pl.lit(None, pl.Struct({"field": pl.String, "reason": pl.String}))
    return pl.coalesce(
        *(
            pl.when(wrong.fill_null(value=False)).then(pl.struct(field=pl.lit(name), reason=pl.lit(why)))
            for name, wrong, why in faults
        ),
        nothing,
    )

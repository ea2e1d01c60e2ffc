"""Turns the records of one raw table into one staging table plus those it rejects; tables are declared in tables.py."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from asana_intel.staging.decode import REJECTED, Records
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

    @property
    def record_type(self) -> pl.Struct:
        """What it decodes of a record."""
        return record_type(self.fields)

    @property
    def faults(self) -> list[tuple[str, pl.Expr, str]]:
        """(field, expression that is true for a wrong record, what to tell the reader), most basic first."""
        found = [(f.path, wrong, f"{f.path} {why}") for f in self.fields for wrong, why in f.faults()]
        return found + [(r.field, r.is_wrong, f"{r.field} {r.reason}") for r in self.rules]


@dataclass(frozen=True)
class Cleaned:
    """Typed rows, and the records that were set aside (columns gid, field, reason, record)."""

    frame: pl.DataFrame
    rejected: pl.DataFrame


def clean(cleaning: Cleaning, records: Records) -> Cleaned:
    """Check and type the records of one raw table.

    Args:
        cleaning: What the table wants.
        records: Decoded records.

    Returns:
        One row per good record, and one row per rejected record with its first fault.
    """
    decoded, unreadable = records.standing(cleaning.record_type)
    judged = decoded.with_columns(_fault=_first_fault(cleaning.faults))
    good = judged.filter(pl.col("_fault").is_null()).select(f.typed for f in cleaning.fields)
    if cleaning.computed:
        good = good.with_columns(**cleaning.computed)
    wrong = judged.filter(pl.col("_fault").is_not_null()).select(pl.col("_gid").alias("gid"), "_fault").unnest("_fault")
    with_text = wrong.join(records.texts(wrong["gid"]), on="gid", how="left", maintain_order="left")
    return Cleaned(good, pl.concat([unreadable, with_text.select(REJECTED.names()).cast(REJECTED)]))


def _first_fault(faults: Sequence[tuple[str, pl.Expr, str]]) -> pl.Expr:
    nothing = pl.lit(None, pl.Struct({"field": pl.String, "reason": pl.String}))
    return pl.coalesce(
        *(
            pl.when(wrong.fill_null(value=False)).then(pl.struct(field=pl.lit(name), reason=pl.lit(why)))
            for name, wrong, why in faults
        ),
        nothing,
    )

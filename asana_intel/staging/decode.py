"""Decoding of raw JSON records into columns; a record that does not decode is set aside, never dropped."""

from __future__ import annotations

import polars as pl

REJECTED = pl.Schema({"gid": pl.String, "field": pl.String, "reason": pl.String, "record": pl.String})
ENVELOPE = ("first_seen_at", "changed_at", "deleted_at")
# Records decoded at a time: their text is most of a table, and is not held longer than needed.
BATCH = 20_000


def joined(*types: pl.Struct) -> pl.Struct:
    """The type that holds the fields of all `types`; a field that two of them name has the same type in both."""
    return pl.Struct({field.name: field.dtype for one in types for field in one.fields})


class Records:
    """The records of one raw table, decoded once for every table that is made from them.

    Args:
        raw: Rows of a raw table: gid, record (JSON text), first_seen_at, changed_at, deleted_at.
        record_type: All fields that anybody will ask for; further fields of the record are ignored.
    """

    def __init__(self, raw: pl.LazyFrame, record_type: pl.Struct) -> None:
        self._raw = raw
        none = raw.select("gid", "record", *ENVELOPE).limit(0).collect()
        good, bad = [_decoded(none, record_type)], [none]
        for rows in raw.select(none.columns).collect_batches(chunk_size=BATCH):
            decoded, wrong = _halves(rows, record_type)
            good += decoded
            bad += wrong
        self._good = pl.concat(good)
        self._bad = pl.concat(bad)

    def all(self, record_type: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Every record, of deleted objects too.

        A record is rejected only for fields of `record_type`: what is wrong elsewhere in it is others' concern.

        Args:
            record_type: Fields wanted, among those decoded.

        Returns:
            The decoded rows (`_gid`, the envelope and the fields), and the rejected rows (`REJECTED`).
        """
        return self._decoded(record_type)

    def standing(self, record_type: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The records of objects that were not deleted in Asana; see `all`."""
        return self._decoded(record_type, pl.col("deleted_at").is_null())

    def texts(self, gids: pl.Series) -> pl.DataFrame:
        """The texts of some records: gid, record."""
        if gids.is_empty():
            return pl.DataFrame(schema={"gid": pl.String, "record": pl.String})
        return self._raw.filter(pl.col("gid").is_in(gids.implode())).select("gid", "record").collect()

    def _decoded(self, record_type: pl.Struct, *is_wanted: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
        columns = ["_gid", *ENVELOPE, *(field.name for field in record_type.fields)]
        good, bad = _halves(self._bad.filter(*is_wanted), record_type)
        rejected = [_rejection(row, record_type) for rows in bad for row in rows.iter_slices(1)]
        return (
            pl.concat([self._good.select(columns).filter(*is_wanted), *(rows.select(columns) for rows in good)]),
            pl.concat([pl.DataFrame(schema=REJECTED), *rejected]),
        )


def _halves(rows: pl.DataFrame, record_type: pl.Struct) -> tuple[list[pl.DataFrame], list[pl.DataFrame]]:
    """Halve until the wrong records stand alone: one wrong record in n costs log n extra passes over its half."""
    if rows.is_empty():
        return [], []
    try:
        return [_decoded(rows, record_type)], []
    except pl.exceptions.ComputeError:
        if rows.height == 1:
            return [], [rows]
    middle = rows.height // 2
    left, right = _halves(rows[:middle], record_type), _halves(rows[middle:], record_type)
    return left[0] + right[0], left[1] + right[1]


def _decoded(rows: pl.DataFrame, record_type: pl.Struct) -> pl.DataFrame:
    fields = rows["record"].str.json_decode(record_type).struct.unnest()
    if fields.height != rows.height:  # the decoder skips empty text and reads two objects in one as two
        raise pl.exceptions.ComputeError("not one object a record")
    return pl.concat([rows.select(pl.col("gid").alias("_gid"), *ENVELOPE), fields], how="horizontal")


def _rejection(row: pl.DataFrame, record_type: pl.Struct) -> pl.DataFrame:
    field, reason = "record", f"is not readable JSON: {_complaint(row, record_type)}"
    for candidate in record_type.fields:
        if _complaint(row, pl.Struct([candidate])):
            field, reason = candidate.name, f"has another type than expected ({candidate.dtype}); tell us its new form"
            if row["record"].str.json_path_match("$.gid").item() is None:
                field, reason = "record", "is not a JSON object with a gid; sync the record again"
            break
    return pl.DataFrame(
        {"gid": row["gid"], "field": [field], "reason": [f"{field} {reason}"], "record": row["record"]},
        schema=REJECTED,
    )


def _complaint(row: pl.DataFrame, record_type: pl.Struct) -> str:
    """What the decoder says against a record, or nothing."""
    try:
        row["record"].str.json_decode(record_type)
    except pl.exceptions.ComputeError as wrong:
        return str(wrong).splitlines()[0]
    return ""

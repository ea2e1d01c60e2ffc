"""Decoding of raw JSON records into columns; a record that does not decode is set aside, never dropped."""

import polars as pl

REJECTED = pl.Schema({"gid": pl.String, "field": pl.String, "reason": pl.String, "record": pl.String})


def decode(raw: pl.DataFrame, record_type: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decode the `record` column of a raw table.

    Args:
        raw: Columns gid and record (JSON text) at least.
        record_type: Fields to decode; further fields of the record are ignored.

    Returns:
        The decoded rows (columns `_gid`, `_record` and the fields), and the rejected rows (`REJECTED`).
    """
    good, bad = _split(raw.select("gid", "record"), record_type)
    return good, bad


def _split(rows: pl.DataFrame, record_type: pl.Struct) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Halve until the wrong records stand alone: one wrong record in n costs log n extra passes over its half."""
    try:
        fields = _fields(rows, record_type)
    except pl.exceptions.ComputeError as wrong:
        if rows.height == 1:
            return _decoded(rows.clear(), record_type), _rejection(rows, record_type, str(wrong))
        middle = rows.height // 2
        left, right = _split(rows[:middle], record_type), _split(rows[middle:], record_type)
        return pl.concat([left[0], right[0]]), pl.concat([left[1], right[1]])
    return _with_origin(rows, fields), pl.DataFrame(schema=REJECTED)


def _fields(rows: pl.DataFrame, record_type: pl.Struct) -> pl.DataFrame:
    fields = rows["record"].str.json_decode(record_type).struct.unnest()
    if fields.height != rows.height:  # the decoder skips empty text and reads two objects in one as two
        raise pl.exceptions.ComputeError("not one object a record")
    return fields


def _decoded(rows: pl.DataFrame, record_type: pl.Struct) -> pl.DataFrame:
    fields = pl.DataFrame(schema={f.name: f.dtype for f in record_type.fields})
    return _with_origin(rows, fields)


def _with_origin(rows: pl.DataFrame, fields: pl.DataFrame) -> pl.DataFrame:
    return pl.concat([rows.select(_gid="gid", _record="record"), fields], how="horizontal")


def _rejection(row: pl.DataFrame, record_type: pl.Struct, message: str) -> pl.DataFrame:
    field, reason = "record", f"is not readable JSON: {message.splitlines()[0]}"
    for candidate in record_type.fields:
        try:
            row["record"].str.json_decode(pl.Struct([candidate]))
        except pl.exceptions.ComputeError:
            field, reason = candidate.name, f"has another type than expected ({candidate.dtype}); tell us its new form"
            if row["record"].str.json_path_match("$.gid").item() is None:
                field, reason = "record", "is not a JSON object with a gid; sync the record again"
            break
    return pl.DataFrame(
        {"gid": row["gid"], "field": [field], "reason": [f"{field} {reason}"], "record": row["record"]},
        schema=REJECTED,
    )

"""The staging tables that are not one row per Asana record: memberships, dependencies, field values, snapshots."""

import polars as pl

from asana_intel.staging.clean import Cleaned, clean
from asana_intel.staging.decode import Records
from asana_intel.staging.tables import TASKS

_GID = pl.Struct({"gid": pl.String})
_FIELD_VALUE = pl.Struct(
    {
        "gid": pl.String,
        "name": pl.String,
        "resource_subtype": pl.String,
        "type": pl.String,
        "number_value": pl.Float64,
        "text_value": pl.String,
        "enum_value": _GID,
        "multi_enum_values": pl.List(_GID),
        "people_value": pl.List(_GID),
        "date_value": pl.Struct({"date": pl.String, "date_time": pl.String}),
        "display_value": pl.String,
    }
)
_VALUES = ("number_value", "text_value", "option_gid", "option_gids", "people_gids", "date_value")
PLACES = pl.Struct({"memberships": pl.List(pl.Struct({"project": _GID, "section": _GID})), "projects": pl.List(_GID)})
TAGS = pl.Struct({"tags": pl.List(_GID)})
FOLLOWERS = pl.Struct({"followers": pl.List(_GID)})
FIELD_VALUES = pl.Struct({"custom_fields": pl.List(_FIELD_VALUE)})
LINK = pl.Struct({"gid": pl.String})
ITEM = pl.Struct({"resource_type": pl.String})
FIELD_FORMATS = pl.Struct({"gid": pl.String, "format": pl.String})
# Fields of so many objects are laid out in full at a time: each takes far more room than the value that is kept of it.
_UNFOLDED_AT_ONCE = 50_000
# Names under which companies keep the estimate of a task; the first that holds a value wins.
EFFORT_FIELD_NAMES = ("estimated hours", "estimated time", "effort hours", "effort (hours)", "estimate")


def tasks(records: Records, values: pl.DataFrame, custom_fields: Records) -> Cleaned:
    """Tasks with their effort, hours, from whichever estimate field the company uses.

    Args:
        records: Of `raw/tasks`.
        values: `staging/custom_field_values`.
        custom_fields: Of `raw/custom_fields`; a field of format duration counts minutes.
    """
    cleaned = clean(TASKS, records)
    with_effort = cleaned.frame.join(_effort_hours(values, custom_fields), on="task_gid", how="left")
    return Cleaned(with_effort, cleaned.rejected)


def _effort_hours(values: pl.DataFrame, custom_fields: Records) -> pl.DataFrame:
    formats, _ = custom_fields.standing(FIELD_FORMATS)
    in_minutes = formats.filter(pl.col("format") == "duration")["gid"].implode()
    rank = pl.col("field_name").str.to_lowercase().replace_strict(
        {name: place for place, name in enumerate(EFFORT_FIELD_NAMES)}, default=None, return_dtype=pl.Int64
    )  # fmt: skip
    return (
        values.filter(pl.col("object_type") == "task", pl.col("number_value") >= 0)
        .with_columns(rank=rank)
        .filter(pl.col("rank").is_not_null())
        .sort("rank", "field_gid")
        .unique("object_gid", keep="first", maintain_order=True)
        .select(
            task_gid="object_gid",
            effort_hours=pl.col("number_value") / pl.when(pl.col("field_gid").is_in(in_minutes)).then(60).otherwise(1),
        )
    )


def task_projects(records: Records) -> Cleaned:
    """One row per task and project, with the section there."""
    decoded, rejected = records.standing(PLACES)
    return Cleaned(places(decoded.rename({"_gid": "task_gid"}), "task_gid"), rejected)


def places(tasks: pl.DataFrame, key: str) -> pl.DataFrame:
    """Where tasks stand.

    Args:
        tasks: `key` and the fields of `PLACES`.
        key: What tells the rows of `tasks` apart.

    Returns:
        One row per `key` and project_gid, with the section_gid there.
    """
    placed = (
        tasks.select(key, place="memberships")
        .explode("place", empty_as_null=True)
        .select(
            key,
            project_gid=pl.col("place").struct.field("project").struct.field("gid"),
            section_gid=pl.col("place").struct.field("section").struct.field("gid"),
        )
    )
    listed = (
        tasks.select(key, place="projects")
        .explode("place", empty_as_null=True)
        .select(key, project_gid=pl.col("place").struct.field("gid"), section_gid=pl.lit(None, pl.String))
    )
    return (
        pl.concat([placed, listed])
        .filter(pl.col("project_gid").is_not_null())
        .unique([key, "project_gid"], keep="first", maintain_order=True)
    )


def task_tags(records: Records) -> Cleaned:
    """One row per task and tag on it."""
    return _listed(records, TAGS, "tag_gid")


def task_followers(records: Records) -> Cleaned:
    """One row per task and person who follows it."""
    return _listed(records, FOLLOWERS, "person_gid")


def _listed(records: Records, record_type: pl.Struct, column: str) -> Cleaned:
    decoded, rejected = records.standing(record_type)
    frame = (
        decoded.select(pl.col("_gid").alias("task_gid"), pl.col(record_type.fields[0].name).alias(column))
        .explode(column, empty_as_null=True)
        .with_columns(pl.col(column).struct.field("gid"))
        .filter(pl.col(column).is_not_null())
        .unique(maintain_order=True)
    )
    return Cleaned(frame, rejected)


def task_dependencies(records: Records) -> Cleaned:
    """One row per task and task it waits for, from the link's two-part gid."""
    decoded, unreadable = records.standing(LINK)
    return _two_gids(decoded.select("_gid"), records, unreadable, "task_gid", "depends_on_gid")


def portfolio_items(records: Records) -> Cleaned:
    """One row per portfolio and item, with the item's type."""
    decoded, unreadable = records.standing(ITEM)
    links = decoded.select("_gid", item_type="resource_type")
    return _two_gids(links, records, unreadable, "portfolio_gid", "item_gid")


def _two_gids(links: pl.DataFrame, records: Records, unreadable: pl.DataFrame, first: str, second: str) -> Cleaned:
    """The links with the ids of both ends, and those whose gid does not hold two."""
    parts = pl.col("_gid").str.split_exact(":", 1).struct
    ends = links.with_columns(parts.field("field_0").alias(first), parts.field("field_1").alias(second))
    has_both = pl.all_horizontal((pl.col(end).str.len_bytes() > 0).fill_null(value=False) for end in (first, second))
    halves = records.texts(ends.filter(~has_both)["_gid"])
    rejected = _rejected(halves, "gid", "does not name both ends; sync it again")
    return Cleaned(ends.filter(has_both).select(first, second, pl.exclude("_gid", first, second)),
                   pl.concat([unreadable, rejected]))  # fmt: skip


def _rejected(rows: pl.DataFrame, field: str, reason: str) -> pl.DataFrame:
    """Rows (gid, record) as quarantine wants them."""
    return rows.select("gid", field=pl.lit(field), reason=pl.lit(f"{field} {reason}"), record="record")


def custom_field_values(holders: dict[str, Records]) -> Cleaned:
    """One row per object and custom field that has a value.

    Args:
        holders: Records by what they are: task, project, portfolio, goal, user.
    """
    parts = [_values_of(object_type, records) for object_type, records in sorted(holders.items())]
    return Cleaned(pl.concat([p.frame for p in parts]), pl.concat([p.rejected for p in parts]))


def _values_of(object_type: str, records: Records) -> Cleaned:
    decoded, unreadable = records.standing(FIELD_VALUES)
    nameless = pl.col("custom_fields").list.eval(pl.element().struct.field("gid").is_null()).list.any()
    is_wrong = nameless.fill_null(value=False)
    wrong = records.texts(decoded.filter(is_wrong)["_gid"])
    without_gid = _rejected(wrong, "custom_fields", "holds a field without a gid; sync the record again")
    frame = field_values(decoded.filter(~is_wrong).rename({"_gid": "object_gid"}), "object_gid")
    typed = frame.select("object_gid", pl.lit(object_type).alias("object_type"), pl.exclude("object_gid"))
    return Cleaned(typed, pl.concat([unreadable, without_gid]))


def field_values(holders: pl.DataFrame, key: str) -> pl.DataFrame:
    """The custom-field values of objects.

    Args:
        holders: `key` and the fields of `FIELD_VALUES`.
        key: What tells the rows of `holders` apart.

    Returns:
        One row per `key` and field that has a value: the columns of `staging/custom_field_values` from field_gid on.
    """
    parts = [_unfolded(part, key) for part in holders.iter_slices(_UNFOLDED_AT_ONCE)]
    return pl.concat(parts or [_unfolded(holders, key)])


def _unfolded(holders: pl.DataFrame, key: str) -> pl.DataFrame:
    return (
        holders.select(key, field="custom_fields")
        .explode("field", empty_as_null=True)
        .filter(pl.col("field").is_not_null())
        .unnest("field")
        .select(
            key,
            field_gid="gid",
            field_name="name",
            field_type=pl.coalesce("resource_subtype", "type"),
            number_value="number_value",
            text_value="text_value",
            option_gid=pl.col("enum_value").struct.field("gid"),
            option_gids=_gids("multi_enum_values"),
            people_gids=_gids("people_value"),
            date_value=pl.coalesce(
                pl.col("date_value").struct.field("date"),
                pl.col("date_value").struct.field("date_time").str.slice(0, 10),
            ).str.to_date("%Y-%m-%d", strict=False),
            display_value="display_value",
        )
        .filter(pl.any_horizontal(pl.col(_VALUES).is_not_null()))
    )


def _gids(column: str) -> pl.Expr:
    """Gids of the options or people that a field lists; null where it lists none."""
    gids = pl.col(column).list.eval(pl.element().struct.field("gid").drop_nulls())
    return pl.when(gids.list.len() > 0).then(gids)


def goal_snapshots(raw_snapshots: pl.DataFrame) -> Cleaned:
    """Goal snapshots; the value is rejected where it is not a finite number."""
    is_wrong = ~pl.col("current_number_value").is_finite()
    wrong = raw_snapshots.filter(is_wrong.fill_null(value=False))
    rejected = wrong.select(
        gid=pl.concat_str("goal_gid", pl.lit("@"), pl.col("snapshot_on").cast(pl.String)),
        field=pl.lit("current_number_value"),
        reason=pl.lit("current_number_value is not a finite number; correct the metric in Asana"),
        record=pl.col("current_number_value").cast(pl.String),
    )
    frame = raw_snapshots.filter(~is_wrong.fill_null(value=False)).select(
        "goal_gid",
        "snapshot_on",
        "snapshot_at",
        value="current_number_value",
        status="status",
        target_value="target_number_value",
    )
    return Cleaned(frame, rejected)

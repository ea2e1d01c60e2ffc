"""The staging tables that are not one row per Asana record: memberships, dependencies, field values, snapshots."""

import polars as pl

from asana_intel.staging.clean import Cleaned, clean, standing
from asana_intel.staging.decode import decode
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
        "date_value": pl.Struct({"date": pl.String, "date_time": pl.String}),
        "display_value": pl.String,
    }
)
# Names under which companies keep the estimate of a task; the first that holds a value wins.
EFFORT_FIELD_NAMES = ("estimated hours", "estimated time", "effort hours", "effort (hours)", "estimate")

__all__ = [
    "custom_field_values",
    "goal_snapshots",
    "portfolio_items",
    "task_dependencies",
    "task_projects",
    "tasks",
]


def tasks(raw_tasks: pl.DataFrame, field_values: pl.DataFrame, raw_custom_fields: pl.DataFrame) -> Cleaned:
    """Tasks with their effort, hours, from whichever estimate field the company uses.

    Args:
        raw_tasks: `raw/tasks`.
        field_values: `staging/custom_field_values`.
        raw_custom_fields: `raw/custom_fields`; a field of format duration counts minutes.
    """
    cleaned = clean(TASKS, raw_tasks)
    with_effort = cleaned.frame.join(_effort_hours(field_values, raw_custom_fields), on="task_gid", how="left")
    return Cleaned(with_effort, cleaned.rejected)


def _effort_hours(field_values: pl.DataFrame, raw_custom_fields: pl.DataFrame) -> pl.DataFrame:
    formats, _ = decode(standing(raw_custom_fields), pl.Struct({"gid": pl.String, "format": pl.String}))
    in_minutes = formats.filter(pl.col("format") == "duration")["gid"].implode()
    rank = pl.col("field_name").str.to_lowercase().replace_strict(
        {name: place for place, name in enumerate(EFFORT_FIELD_NAMES)}, default=None, return_dtype=pl.Int64
    )  # fmt: skip
    return (
        field_values.filter(pl.col("object_type") == "task", pl.col("number_value") >= 0)
        .with_columns(rank=rank)
        .filter(pl.col("rank").is_not_null())
        .sort("rank", "field_gid")
        .unique("object_gid", keep="first", maintain_order=True)
        .select(
            task_gid="object_gid",
            effort_hours=pl.col("number_value") / pl.when(pl.col("field_gid").is_in(in_minutes)).then(60).otherwise(1),
        )
    )


def task_projects(raw_tasks: pl.DataFrame) -> Cleaned:
    """One row per task and project, with the section there."""
    membership = pl.Struct({"project": _GID, "section": _GID})
    decoded, rejected = decode(
        standing(raw_tasks), pl.Struct({"memberships": pl.List(membership), "projects": pl.List(_GID)})
    )
    placed = (
        decoded.select(task_gid="_gid", place="memberships")
        .explode("place", empty_as_null=True)
        .select(
            "task_gid",
            project_gid=pl.col("place").struct.field("project").struct.field("gid"),
            section_gid=pl.col("place").struct.field("section").struct.field("gid"),
        )
    )
    listed = (
        decoded.select(task_gid="_gid", place="projects")
        .explode("place", empty_as_null=True)
        .select("task_gid", project_gid=pl.col("place").struct.field("gid"), section_gid=pl.lit(None, pl.String))
    )
    frame = (
        pl.concat([placed, listed])
        .filter(pl.col("project_gid").is_not_null())
        .unique(["task_gid", "project_gid"], keep="first", maintain_order=True)
    )
    return Cleaned(frame, rejected)


def task_dependencies(raw_dependencies: pl.DataFrame) -> Cleaned:
    """One row per task and task it waits for, from the link's two-part gid."""
    links = standing(raw_dependencies)
    frame, rejected = _two_gids(links.select("gid", "record"), "task_gid", "depends_on_gid")
    return Cleaned(frame.select("task_gid", "depends_on_gid"), rejected)


def portfolio_items(raw_items: pl.DataFrame) -> Cleaned:
    """One row per portfolio and item, with the item's type."""
    decoded, rejected = decode(standing(raw_items), pl.Struct({"resource_type": pl.String}))
    links = decoded.select(gid="_gid", record="_record", item_type="resource_type")
    frame, halves = _two_gids(links, "portfolio_gid", "item_gid")
    return Cleaned(frame.select("portfolio_gid", "item_gid", "item_type"), pl.concat([rejected, halves]))


def _two_gids(links: pl.DataFrame, first: str, second: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The links with the ids of both ends, and those whose gid does not hold two."""
    parts = pl.col("gid").str.split_exact(":", 1).struct
    ends = links.with_columns(parts.field("field_0").alias(first), parts.field("field_1").alias(second))
    has_both = pl.all_horizontal((pl.col(end).str.len_bytes() > 0).fill_null(value=False) for end in (first, second))
    return ends.filter(has_both), _rejected(ends.filter(~has_both), "gid", "does not name both ends; sync it again")


def _rejected(rows: pl.DataFrame, field: str, reason: str) -> pl.DataFrame:
    """Rows (gid, record) as quarantine wants them."""
    return rows.select("gid", field=pl.lit(field), reason=pl.lit(f"{field} {reason}"), record="record")


def custom_field_values(raw_by_type: dict[str, pl.DataFrame]) -> Cleaned:
    """One row per object and custom field that has a value.

    Args:
        raw_by_type: Raw tables by what they hold: task, project, portfolio, goal, user.
    """
    parts = [_values(object_type, raw) for object_type, raw in sorted(raw_by_type.items())]
    return Cleaned(pl.concat([p.frame for p in parts]), pl.concat([p.rejected for p in parts]))


def _values(object_type: str, raw: pl.DataFrame) -> Cleaned:
    decoded, unreadable = decode(standing(raw), pl.Struct({"custom_fields": pl.List(_FIELD_VALUE)}))
    nameless = pl.col("custom_fields").list.eval(pl.element().struct.field("gid").is_null()).list.any()
    is_wrong = nameless.fill_null(value=False)
    without_gid = _rejected(
        decoded.filter(is_wrong).select(gid="_gid", record="_record"),
        "custom_fields",
        "holds a field without a gid; sync the record again",
    )
    frame = (
        decoded.filter(~is_wrong)
        .select(object_gid="_gid", field="custom_fields")
        .explode("field", empty_as_null=True)
        .filter(pl.col("field").is_not_null())
        .unnest("field")
        .select(
            "object_gid",
            object_type=pl.lit(object_type),
            field_gid="gid",
            field_name="name",
            field_type=pl.coalesce("resource_subtype", "type"),
            number_value="number_value",
            text_value="text_value",
            option_gid=pl.col("enum_value").struct.field("gid"),
            date_value=pl.coalesce(
                pl.col("date_value").struct.field("date"),
                pl.col("date_value").struct.field("date_time").str.slice(0, 10),
            ).str.to_date("%Y-%m-%d", strict=False),
            display_value="display_value",
        )
        .filter(pl.any_horizontal(pl.col("number_value", "text_value", "option_gid", "date_value").is_not_null()))
    )
    return Cleaned(frame, pl.concat([unreadable, without_gid]))


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

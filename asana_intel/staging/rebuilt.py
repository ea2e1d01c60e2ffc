"""Records as they stood before a sync first saw them, from what cannot have changed and what stories tell till then.

What a later change may have altered without a trace is left out, so that nothing from after the instant leaks: a task
has its author and what stories up to then say of it, but no name. Which records these are is as_of.py's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import polars as pl

from asana_intel.staging import task_history
from asana_intel.staging.decode import Records, joined
from asana_intel.staging.fields import Field

_NAMED = {"gid": pl.String, "resource_type": pl.String}
_GID = pl.Struct({"gid": pl.String})
_TYPED = pl.Struct(_NAMED)
_DAY = timedelta(days=1)

# Resource -> (the field that says when it happened, what of the record never changes after that). Asana keeps no trace
# of a time entry that was edited: it is taken to have been as it was first seen.
LASTING: Mapping[str, tuple[Field, pl.Struct]] = {
    "projects": (
        Field("at", "created_at", "instant"),
        pl.Struct({**_NAMED, "created_at": pl.String, "workspace": _GID}),
    ),
    "sections": (
        Field("at", "created_at", "instant"),
        pl.Struct({**_NAMED, "created_at": pl.String, "project": _GID}),
    ),
    "tags": (Field("at", "created_at", "instant"), pl.Struct({**_NAMED, "created_at": pl.String, "workspace": _GID})),
    "stories": (
        Field("at", "created_at", "instant"),
        joined(task_history.STORY, pl.Struct({**_NAMED, "type": pl.String, "created_by": _GID, "dependency": _GID})),
    ),
    "status_updates": (
        Field("at", "created_at", "instant"),
        pl.Struct(
            {
                **_NAMED,
                **dict.fromkeys(("resource_subtype", "created_at", "status_type", "title", "text"), pl.String()),
                "author": _GID,
                "created_by": _GID,
                "parent": _TYPED,
            }
        ),
    ),
    "time_tracking_entries": (
        Field("at", "entered_on", "day"),
        pl.Struct(
            {
                **_NAMED,
                "entered_on": pl.String,
                "duration_minutes": pl.Float64,
                "created_by": _GID,
                "attributable_to": _GID,
                "task": _GID,
            }
        ),
    ),
}
_TASK = pl.Struct({**_NAMED, "created_at": pl.String, "created_by": _GID, "workspace": _GID, "completed_at": pl.String})
_ISO = "%Y-%m-%dT%H:%M:%S%.3fZ"


def lasting(resource: str, unseen: pl.LazyFrame, at: datetime) -> pl.DataFrame:
    """The records that had happened by an instant, with what of them never changes.

    Args:
        resource: One of `LASTING`.
        unseen: Rows of its raw table that no sync had seen by then.
        at: The instant; a day has happened when it is over.

    Returns:
        gid, record.
    """
    happened, kept = LASTING[resource]
    decoded, _ = Records(unseen, kept).all(kept)
    when = happened.typed.cast(pl.Datetime("us", "UTC"))
    is_over = (when + _DAY <= at + timedelta(microseconds=1)) if happened.kind == "day" else when <= at
    return _encoded(decoded.filter(is_over.fill_null(value=False)).select(f.name for f in kept.fields))


def tasks(unseen: pl.LazyFrame, stories: Records, sections: Records, at: datetime) -> pl.DataFrame:
    """The tasks that had been created by an instant, with what stories up to then say of them.

    That a task was done is also known from the instant in its record, unless it was reopened later and no story tells.

    Args:
        unseen: Rows of `raw/tasks` that no sync had seen by then.
        stories: Of `raw/stories`, as it stood then.
        sections: Of `raw/sections`, as it stood then.
        at: The instant.

    Returns:
        gid, record.
    """
    decoded, _ = Records(unseen, _TASK).all(_TASK)
    created_at = Field("at", "created_at", "instant").typed
    known = decoded.filter((created_at <= at).fill_null(value=False)).rename({"_gid": "task_gid"})
    told = task_history.told(stories).join(known, on="task_gid", how="semi")
    facts = [
        _completion(known, task_history.told_completions(told), at),
        _last(task_history.told_assignees(told)).select("task_gid", assignee=_reference("assignee_gid")),
        _last(task_history.told_dates(told)).select("task_gid", *(pl.col(c).cast(pl.String) for c in _DATES)),
        _places(task_history.told_places(told, task_history.projects_of(sections))),
        _values(task_history.told_values(told)),
    ]
    record = known.drop("first_seen_at", "changed_at", "deleted_at", "completed_at")
    for fact in facts:
        record = record.join(fact, on="task_gid", how="left")
    return _encoded(record.drop("task_gid").with_columns(pl.col("completed").fill_null(value=False)))


_DATES = ("start_on", "due_on")


def _completion(known: pl.DataFrame, told: pl.DataFrame, at: datetime) -> pl.DataFrame:
    done_at = Field("at", "completed_at", "instant").typed
    recorded = known.select("task_gid", at=done_at, story_gid=pl.lit(""), is_completed=pl.lit(value=True))
    events = pl.concat([recorded.filter(pl.col("at") <= at), told.select(recorded.columns)])
    written = pl.when("is_completed").then(pl.col("at").dt.strftime(_ISO))
    return _last(events).select("task_gid", completed="is_completed", completed_at=written)


def _places(told: pl.DataFrame) -> pl.DataFrame:
    places = _last(told, "task_gid", "project_gid").filter("is_there").sort("task_gid", "project_gid")
    project, section = _reference("project_gid"), _reference("section_gid")
    return places.group_by("task_gid").agg(
        projects=project, memberships=pl.struct(project.alias("project"), section.alias("section"))
    )


def _values(told: pl.DataFrame) -> pl.DataFrame:
    entry = pl.struct(
        date_value=pl.when(pl.col("date_value").is_not_null()).then(
            pl.struct(date=pl.col("date_value").cast(pl.String), date_time=pl.lit(None, pl.String))
        ),
        enum_value=_reference("option_gid"),
        gid="field_gid",
        number_value="number_value",
        text_value="text_value",
    )
    values = _last(told, "task_gid", "field_gid").sort("task_gid", "field_gid")
    return values.group_by("task_gid").agg(custom_fields=entry)


def _last(told: pl.DataFrame, *keys: str) -> pl.DataFrame:
    """The last that was told, by key."""
    ordered = told.sort("at", pl.col("story_gid").str.len_bytes(), "story_gid")
    return ordered.unique(list(keys or ("task_gid",)), keep="last", maintain_order=True)


def _reference(gid: str) -> pl.Expr:
    return pl.when(pl.col(gid).is_not_null()).then(pl.struct(gid=gid))


def _encoded(fields: pl.DataFrame) -> pl.DataFrame:
    """Records as JSON with sorted keys."""
    whole = pl.struct(pl.col(name).cast(_sorted(dtype)) for name, dtype in sorted(fields.schema.items()))
    return fields.select("gid", record=whole.struct.json_encode())


def _sorted(dtype: pl.DataType) -> pl.DataType:
    if isinstance(dtype, pl.List):
        return pl.List(_sorted(dtype.inner))  # pyright: ignore[reportArgumentType]
    if isinstance(dtype, pl.Struct):
        return pl.Struct({f.name: _sorted(f.dtype) for f in sorted(dtype.fields, key=lambda f: f.name)})  # pyright: ignore[reportArgumentType]
    return dtype

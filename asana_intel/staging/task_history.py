"""The history tables of tasks: which story tells of what, which field of the record shows it. Pure.

How stories and records become intervals is intervals.py's. Only the members of stories are read, never their text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from asana_intel.staging.clean import Cleaned
from asana_intel.staging.decode import Records, joined
from asana_intel.staging.fields import Field, record_type
from asana_intel.staging.intervals import rebuild
from asana_intel.staging.links import field_values, places

_TASK_FIELDS = (
    Field("created_at", "created_at", "instant"),
    Field("is_completed", "completed", "flag"),
    Field("completed_at", "completed_at", "instant"),
    Field("assignee_gid", "assignee.gid"),
    Field("start_on", "start_on", "day"),
    Field("due_on", "due_on", "day"),
)
_STORY_FIELDS = (
    Field("task_gid", "target.gid"),
    Field("at", "created_at", "instant"),
    Field("subtype", "resource_subtype"),
    Field("project_gid", "project.gid"),
    Field("assignee_gid", "assignee.gid"),
    Field("old_section_gid", "old_section.gid"),
    Field("section_gid", "new_section.gid"),
    Field("old_start_on", "old_dates.start_on", "day"),
    Field("old_due_on", "old_dates.due_on", "day"),
    Field("start_on", "new_dates.start_on", "day"),
    Field("due_on", "new_dates.due_on", "day"),
    Field("field_gid", "custom_field.gid"),
    Field("old_number_value", "old_number_value", "number"),
    Field("number_value", "new_number_value", "number"),
    Field("old_text_value", "old_text_value"),
    Field("text_value", "new_text_value"),
    Field("old_option_gid", "old_enum_value.gid"),
    Field("option_gid", "new_enum_value.gid"),
    Field("old_date_value", "old_date_value.due_on", "day"),
    Field("date_value", "new_date_value.due_on", "day"),
    Field("old_approval", "old_approval_status"),
    Field("approval", "new_approval_status"),
)
TASK = record_type(_TASK_FIELDS)
STORY = record_type(_STORY_FIELDS)
SECTION = pl.Struct({"gid": pl.String, "project": pl.Struct({"gid": pl.String})})

# States of tasks whose field values are worked on at a time.
_TASKS_AT_ONCE = 100_000
_FIELD_STORY = r"^(number|text|enum|date)_custom_field_changed$"
_DATE_STORY = r"^((due|start)_)?dates?_changed$"
_FIELD_VALUE = ("number_value", "text_value", "option_gid", "date_value")


@dataclass(frozen=True)
class TaskEvidence:
    """All that is known of the past of tasks.

    Attributes:
        lifetimes: `staging/task_lifetimes`.
        states: task_gid, state (its number), seen_at, source, is_current, the fields of `TASK`, typed, and those asked
            for beside them: what syncs saw.
        stories: story_gid, task_gid, at, subtype and what the members of the story say.
        rejected: Records of tasks in which these fields cannot be read, deleted ones too.
    """

    lifetimes: pl.DataFrame
    states: pl.DataFrame
    stories: pl.DataFrame
    rejected: pl.DataFrame

    @property
    def born(self) -> pl.DataFrame:
        """task_gid, born_at."""
        return self.lifetimes.group_by("task_gid").agg(born_at=pl.col("valid_from").min())

    def parts(self) -> Iterator[TaskEvidence]:
        """The same in parts of some tasks each, for what takes much room per task."""
        count = -(-self.states.height // _TASKS_AT_ONCE)
        if count <= 1:
            yield self
            return
        for part in range(count):
            is_in = pl.col("task_gid").hash() % count == part
            states = self.states.filter(is_in)
            yield TaskEvidence(self.lifetimes.filter(is_in), states, self.stories.filter(is_in), self.rejected)

    def restless(self, told: pl.DataFrame) -> pl.DataFrame:
        """task_gid of the tasks of which more is known than one state: stories tell, or syncs saw several."""
        several = self.states.select("task_gid").filter(pl.col("task_gid").is_duplicated())
        return pl.concat([told.select("task_gid"), several]).unique()


def task_evidence(
    tasks: Records, versions: Records, spans: pl.DataFrame, stories: Records, beside: pl.Struct
) -> TaskEvidence:
    """Lay together what is known.

    Args:
        tasks: Of `raw/tasks`.
        versions: Superseded states of tasks; those that cannot be read are left out (they stay where they are).
        spans: gid, valid_from, valid_to, is_deleted of the superseded states.
        stories: Of `raw/stories`; those of deleted tasks are deleted with them, and still tell.
        beside: Fields of a task that are wanted beside those of `TASK`.
    """
    present, rejected = tasks.all(joined(TASK, beside))
    superseded, _ = versions.all(joined(TASK, beside))
    columns = [*_STATE, *(pl.col(field.name) for field in beside.fields)]
    is_current = pl.lit(value=True)
    states = pl.concat(  # not sorted: their nested fields are most of the memory
        [
            superseded.filter(pl.col("deleted_at").is_null()).select(columns, is_current=~is_current),
            _seen_standing(present, spans).select(columns, is_current=is_current),
        ]
    )
    is_first = pl.col("seen_at") == pl.col("seen_at").min().over("task_gid")
    source = pl.when(is_first).then(pl.lit("record")).otherwise(pl.lit("snapshot"))
    return TaskEvidence(
        _lifetimes(present, spans.filter("is_deleted")),
        states.with_columns(source=source).with_row_index("state"),
        told(stories),
        rejected,
    )


_STATE = [
    pl.col("_gid").alias("task_gid"),
    pl.col("changed_at").alias("seen_at"),
    *(f.typed for f in _TASK_FIELDS),
]


def _seen_standing(present: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The records as they stand, or stood when they were deleted, changed when that state was first seen."""
    earlier = spans.join(present.select(gid="_gid", last_at="changed_at"), on="gid").filter(
        pl.col("valid_to") < pl.col("last_at")
    )
    since = earlier.group_by("gid").agg(since=pl.col("valid_to").max())
    stood_since = pl.coalesce("since", "first_seen_at")
    is_gone = pl.col("deleted_at").is_not_null()
    return present.join(since, left_on="_gid", right_on="gid", how="left").with_columns(
        changed_at=pl.when(is_gone).then(stood_since).otherwise("changed_at")
    )


def _lifetimes(present: pl.DataFrame, tombstones: pl.DataFrame) -> pl.DataFrame:
    created_at = next(f for f in _TASK_FIELDS if f.column == "created_at").typed
    tasks = present.select(task_gid="_gid", created_at=created_at, deleted_at="deleted_at")
    ends = pl.concat(
        [
            tombstones.select(task_gid="gid", valid_to="valid_from", back_at="valid_to"),
            tasks.select("task_gid", valid_to="deleted_at", back_at=pl.lit(None, pl.Datetime("us", "UTC"))),
        ]
    )
    back_at = pl.when(pl.col("task_gid").eq_missing(pl.col("task_gid").shift())).then(pl.col("back_at").shift())
    return (
        ends.sort("task_gid", "valid_to", nulls_last=True)
        .with_columns(back_at=back_at)
        .join(tasks.select("task_gid", "created_at"), on="task_gid", maintain_order="left")
        .select("task_gid", valid_from=pl.coalesce("back_at", "created_at"), valid_to="valid_to")
        .filter(pl.col("valid_from").is_not_null(), _has_length)
    )


_has_length = pl.col("valid_to").is_null() | (pl.col("valid_from") < pl.col("valid_to"))


# -- what stories tell


def told(stories: Records) -> pl.DataFrame:
    """What the members of stories say: story_gid, task_gid, at, subtype, and what was old and new."""
    decoded, _ = stories.all(STORY)
    return decoded.select(pl.col("_gid").alias("story_gid"), *(f.typed for f in _STORY_FIELDS))


def told_completions(stories: pl.DataFrame) -> pl.DataFrame:
    """Completions and reopenings; an approval that is decided is done."""
    by_subtype = {"marked_complete": True, "marked_incomplete": False}
    marked = pl.col("subtype").replace_strict(by_subtype, default=None, return_dtype=pl.Boolean)
    is_decision = pl.col("subtype") == "approval_status_changed"
    after = pl.when(is_decision).then(pl.col("approval") != "pending").otherwise(marked)
    before = pl.when(is_decision).then(pl.col("old_approval") != "pending").otherwise(~marked)
    return _told(stories.with_columns(is_completed=after, old_is_completed=before), "is_completed").filter(
        pl.col("is_completed").is_not_null()
    )


def told_assignees(stories: pl.DataFrame) -> pl.DataFrame:
    """Assignments; Asana does not tell whose the task was before."""
    telling = stories.filter(pl.col("subtype").is_in(["assigned", "unassigned"]))
    return _told(telling.with_columns(old_assignee_gid=pl.lit(None, pl.String)), "assignee_gid")


def told_dates(stories: pl.DataFrame) -> pl.DataFrame:
    """Changes of the start or due date."""
    return _told(stories.filter(pl.col("subtype").str.contains(_DATE_STORY)), "start_on", "due_on")


def told_places(stories: pl.DataFrame, project_of: pl.DataFrame) -> pl.DataFrame:
    """Moves into, out of and within projects. Into which section a task first came is not told.

    Args:
        stories: As in `TaskEvidence`.
        project_of: section_gid, project_gid.
    """
    moved = stories.filter(pl.col("subtype").is_in(["added_to_project", "removed_from_project", "section_changed"]))
    for end in ("section_gid", "old_section_gid"):
        homes = project_of.rename({"section_gid": end, "project_gid": f"home_of_{end}"})
        moved = moved.join(homes, on=end, how="left")
    is_added, is_removed = (pl.col("subtype") == f"{way}_project" for way in ("added_to", "removed_from"))
    nowhere = pl.lit(None, pl.String)
    placed = moved.with_columns(
        project_gid=pl.coalesce("project_gid", "home_of_section_gid", "home_of_old_section_gid"),
        is_there=~is_removed,
        old_is_there=~is_added,
        section_gid=pl.when(is_removed).then(nowhere).otherwise("section_gid"),
        old_section_gid=pl.when(is_added).then(nowhere).otherwise("old_section_gid"),
    )
    told = _told(placed, "is_there", "section_gid", keys=("task_gid", "project_gid"), is_known=~is_added)
    return told.filter(pl.col("project_gid").is_not_null())


def told_values(stories: pl.DataFrame) -> pl.DataFrame:
    """Changes of number, text, enum and date fields."""
    telling = stories.filter(pl.col("subtype").str.contains(_FIELD_STORY), pl.col("field_gid").is_not_null())
    texts = [_no_empty_text(column) for column in ("text_value", "old_text_value")]
    return _told(telling.with_columns(texts), *_FIELD_VALUE, keys=("task_gid", "field_gid"))


def _told(
    stories: pl.DataFrame, *values: str, keys: Sequence[str] = ("task_gid",), is_known: pl.Expr | None = None
) -> pl.DataFrame:
    known = pl.lit(value=True) if is_known is None else is_known
    return stories.filter(pl.col("at").is_not_null()).select(
        *keys, "at", "story_gid", *values, *(f"old_{v}" for v in values), is_known=known
    )


def _no_empty_text(column: str) -> pl.Expr:
    return pl.when(pl.col(column) != "").then(pl.col(column)).alias(column)


# -- the tables


def task_lifetimes(evidence: TaskEvidence) -> Cleaned:
    """When each task was there, deleted ones too."""
    return Cleaned(evidence.lifetimes, evidence.rejected)


def task_completion_intervals(evidence: TaskEvidence) -> Cleaned:
    """When each task was open and done. One is open to begin with; that it is done counts from its `completed_at`."""
    at = pl.when("is_completed").then(pl.coalesce("completed_at", "seen_at")).otherwise("seen_at")
    return _intervals(
        evidence,
        ["is_completed"],
        told_completions(evidence.stories),
        evidence.states.filter(pl.col("is_completed").is_not_null()).with_columns(at=at),
        at_birth={"is_completed": pl.lit(value=False)},
    )


def task_assignee_intervals(evidence: TaskEvidence) -> Cleaned:
    """Whose each task was."""
    seen = evidence.states.with_columns(at="seen_at")
    return _intervals(evidence, ["assignee_gid"], told_assignees(evidence.stories), seen)


def task_date_intervals(evidence: TaskEvidence) -> Cleaned:
    """Which dates each task had."""
    seen = evidence.states.with_columns(at="seen_at")
    return _intervals(evidence, ["start_on", "due_on"], told_dates(evidence.stories), seen)


def task_section_intervals(evidence: TaskEvidence, sections: Records) -> Cleaned:
    """Where each task stood, in each of its projects; while it was in none of them there is no row.

    Args:
        evidence: What is known of tasks.
        sections: Of `raw/sections`: which project a section belongs to.
    """
    placed = places(evidence.states, "state")
    seen_homes = placed.select("section_gid", "project_gid")
    homes = pl.concat([projects_of(sections), seen_homes]).drop_nulls().unique("section_gid", maintain_order=True)
    told = told_places(evidence.stories, homes)
    shown = placed.with_columns(is_there=pl.lit(value=True))
    keys = ["task_gid", "project_gid"]
    seen = _in_all_states(evidence, shown, told, keys).with_columns(pl.col("is_there").fill_null(value=False))
    made = _intervals(evidence, ["is_there", "section_gid"], told, seen, keys=keys)
    return Cleaned(made.frame.filter("is_there").drop("is_there"), made.rejected)


def projects_of(sections: Records) -> pl.DataFrame:
    """section_gid, project_gid of all sections, deleted ones too."""
    listed, _ = sections.all(SECTION)
    return listed.select(section_gid="_gid", project_gid=pl.col("project").struct.field("gid"))


def task_field_intervals(evidence: TaskEvidence, field_names: pl.DataFrame) -> Cleaned:
    """What each custom field of each task held; while it held nothing there is no row.

    Args:
        evidence: What is known of tasks.
        field_names: gid, name of custom fields.
    """
    made = pl.concat(_values_and_names(part) for part in evidence.parts())
    seen_names = made.select("field_gid", "field_name")
    names = pl.concat([field_names.select(field_gid="gid", field_name="name"), seen_names]).drop_nulls()
    named = made.drop("field_name").join(
        names.unique("field_gid", keep="first", maintain_order=True), on="field_gid", how="left"
    )
    return Cleaned(named, evidence.rejected)


def _values_and_names(evidence: TaskEvidence) -> pl.DataFrame:
    """Intervals of field values, with the names that records give the fields."""
    has_value = pl.any_horizontal(pl.col(_FIELD_VALUE).is_not_null())
    shown = field_values(evidence.states, "state").filter(has_value).with_columns(_no_empty_text("text_value"))
    names = shown.select("field_gid", "field_name").drop_nulls().unique("field_gid", keep="first", maintain_order=True)
    told = told_values(evidence.stories)
    keys = ["task_gid", "field_gid"]
    made = _intervals(evidence, list(_FIELD_VALUE), told, _in_all_states(evidence, shown, told, keys), keys=keys)
    return made.frame.filter(has_value).join(names, on="field_gid", how="left")


def _in_all_states(evidence: TaskEvidence, shown: pl.DataFrame, told: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """What every state of a task says of every key that the task ever had; nulls where it does not have it.

    Args:
        evidence: What is known of tasks.
        shown: state, the second key, values: what states show.
        told: What stories tell.
        keys: task_gid and another.
    """
    states = evidence.states.select("state", "task_gid", "source", "is_current", at="seen_at")
    now = shown.join(states, on="state")
    restless = evidence.restless(told)
    moved = now.join(restless, on="task_gid", how="semi")
    ever = pl.concat([moved.select(keys), told.select(keys)]).unique()
    always = ever.join(states, on="task_gid").join(shown, on=["state", keys[1]], how="left")
    return pl.concat([now.join(restless, on="task_gid", how="anti"), always.select(now.columns)])


def _intervals(
    evidence: TaskEvidence,
    values: list[str],
    told: pl.DataFrame,
    seen: pl.DataFrame,
    *,
    keys: Sequence[str] = ("task_gid",),
    at_birth: dict[str, pl.Expr] | None = None,
) -> Cleaned:
    seen = seen.select(*keys, "at", *values, "source", "is_current")
    born = evidence.born
    if at_birth:
        made = rebuild(keys, values, born=born, told=told, seen=seen, at_birth=at_birth)
    else:  # most tasks never change: theirs are the record's values from the start
        restless = evidence.restless(told)
        moved = seen.join(restless, on="task_gid", how="semi")
        made = pl.concat(
            [
                _from_the_start(seen.join(restless, on="task_gid", how="anti"), born).select(*keys, *values, *_SPAN),
                rebuild(keys, values, born=born, told=told, seen=moved).select(*keys, *values, *_SPAN),
            ]
        )
    return Cleaned(_within(evidence.lifetimes, made), evidence.rejected)


_SPAN = ("source", "valid_from", "valid_to")


def _from_the_start(seen: pl.DataFrame, born: pl.DataFrame) -> pl.DataFrame:
    always = seen.join(born, on="task_gid").rename({"born_at": "valid_from"})
    return always.with_columns(valid_to=pl.lit(None, pl.Datetime("us", "UTC")))


def _within(lifetimes: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """Intervals, cut to the times when their task was there."""
    lives = lifetimes.rename({"valid_from": "life_from", "valid_to": "life_to"})
    cut = intervals.join(lives, on="task_gid", maintain_order="left").with_columns(
        valid_from=pl.max_horizontal("valid_from", "life_from"), valid_to=pl.min_horizontal("valid_to", "life_to")
    )
    return cut.filter(_has_length).drop("life_from", "life_to")

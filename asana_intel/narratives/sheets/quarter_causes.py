"""Why goals were missed, by rule and with evidence; which goals were missed, and how to say so, is settled elsewhere.

All rules look at a goal's own time, from its start to its due day, and use nothing that became known after the instant
given. Links (what supports a goal, which task is in which project, what waits for what) have no history in Asana: they
are taken as they stand. People are counted together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import polars as pl

from asana_intel.narratives.audience import public_projects
from asana_intel.narratives.facts import Fact, FactKind, Unit
from asana_intel.narratives.wording import amount, day, percent, plural

EARLY_DAY = FactKind("early_day", Unit.day, "a third into the time of the missed goal")
EARLY_SHARE = FactKind("early_share", Unit.share, "part of the way that the missed goal had come by then")
HALF_DAY = FactKind("half_day", Unit.day, "the middle of the time of the missed goal")
HALF_SHARE = FactKind("half_share", Unit.share, "part of the way that the missed goal had come by the middle")
REST_SHARE = FactKind("rest_share", Unit.share, "part of the way that the missed goal came after the middle")
LOST_SHARE = FactKind("lost_share", Unit.share, "part of the way that the missed goal lost after the middle")
OLD_TARGET = FactKind("old_target", Unit.amount, "the first target of the missed goal in the quarter")
NEW_TARGET = FactKind("new_target", Unit.amount, "the target of the missed goal when it was due")
TAKEN_ON = FactKind("taken_on", Unit.tally, "tasks created in the projects of the missed goal in its time")
FINISHED = FactKind("finished", Unit.tally, "tasks finished in the projects of the missed goal in its time")
WAIT_SHARE = FactKind("wait_share", Unit.share, "part of their open time that the goal's tasks waited for others")
SLIP_SHARE = FactKind("slip_share", Unit.share, "part of the goal's dated tasks that moved to a later day")
OVERLOAD_SHARE = FactKind("overload_share", Unit.share, "part of the weeks of the goal's people that were overloaded")
NO_SUPPORT = FactKind("no_support", Unit.text, "that nothing is linked to the missed goal as its work")
WARNED_ON = FactKind("warned_on", Unit.day, "day from which the forecast kept warning of the missed goal")


class Cause(StrEnum):
    """A cause of a miss, and by its order which counts first: what comes early explains what comes late."""

    no_support = "no_support"
    late_start = "late_start"
    target_rose = "target_rose"
    waited = "waited"
    overload = "overload"
    due_slips = "due_slips"
    work_grew = "work_grew"
    pace_fell = "pace_fell"
    unheeded = "unheeded"


MOST_CAUSES = 2
_EARLY_SHARE = 0.05  # of the way after a third of the time: no more than noise
_FELL_TO = 0.6  # of the first half's progress
_ROSE_BY = 0.05  # of the way as it was
_WORK_GREW_BY, _LEAST_GROWTH = 1.25, 5  # tasks created for each one finished, and tasks more
_WAITED_FROM, _SLIPPED_FROM, _OVERLOADED_FROM = 0.25, 0.3, 0.25
_FULL = 1.1  # of the hours available
_LEAST_TASKS, _LEAST_PEOPLE = 5, 3
_WARN_BELOW = 1 / 3  # as the scores of early warnings count it
_WARNED_DAYS = 21  # before the due day: time enough to change something
_YOUNG_DAYS = 14  # of a warning this early there is no pace before
_NO_FASTER = 1.1  # pace after the warning over the pace before
_STALE = "10d"  # a value seen longer ago says nothing of a day


@dataclass(frozen=True)
class Found:
    """A cause of one goal's miss.

    Args:
        cause: Which.
        facts: Its evidence, without suffix.
    """

    cause: Cause
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class CauseInputs:
    """Frames that causes are found in; each is the table of the contract named.

    Args:
        snapshots: staging/goal_snapshots.
        attainment: forecasts/goal_attainment of all weeks.
        bridge: marts/bridge_goal_project.
        support: marts/bridge_goal_support.
        projects: staging/projects.
        task_projects: staging/task_projects.
        completions: staging/task_completion_intervals.
        dates: staging/task_date_intervals.
        assignees: staging/task_assignee_intervals.
        dependencies: staging/task_dependencies.
        load: forecasts/person_load of all weeks.
    """

    snapshots: pl.DataFrame
    attainment: pl.DataFrame
    bridge: pl.DataFrame
    support: pl.DataFrame
    projects: pl.DataFrame
    task_projects: pl.DataFrame
    completions: pl.DataFrame
    dates: pl.DataFrame
    assignees: pl.DataFrame
    dependencies: pl.DataFrame
    load: pl.DataFrame


def causes_of(missed: pl.DataFrame, inputs: CauseInputs, as_of: datetime) -> dict[str, list[Found]]:
    """At most two causes of each missed goal, by gid; goals for which no rule speaks have none.

    Args:
        missed: goal_gid, unit, precision, currency_code, start_on, due_on, initial_value, target_value, progress.
        inputs: Frames.
        as_of: Nothing later is used.
    """
    goals = missed.with_columns(start_on=pl.min_horizontal("start_on", pl.col("due_on") - timedelta(days=1)))
    measured = (
        _path(goals, inputs.snapshots, as_of),
        _targets(goals, inputs.snapshots, as_of),
        _support(inputs.support),
        _warnings(goals, inputs, as_of),
        _Work.of(goals, inputs, as_of).measured(),
    )
    for columns in measured:
        goals = goals.join(columns, on="goal_gid", how="left")
    return {row["goal_gid"]: _found(row) for row in goals.iter_rows(named=True)}


def _found(row: Mapping) -> list[Found]:
    projects = tuple((row["project_gid"] or [])[:20])
    found = [Found(cause, tuple(facts)) for cause, rule in _RULES.items() if (facts := rule(row, projects))]
    grown = [one for one in found if one.cause in {Cause.target_rose, Cause.work_grew}][
        1:
    ]  # one kind of growth is told
    return [one for one in found if one not in grown][:MOST_CAUSES]


def _no_support(row: Mapping, _: tuple[str, ...]) -> list[Fact]:
    if row["supporters"]:
        return []
    return [Fact(NO_SUPPORT, "no linked work", "no linked work", (row["goal_gid"],))]


def _late_start(row: Mapping, _: tuple[str, ...]) -> list[Fact]:
    share, on = row["early_share"], row["early_on"]
    if share is None or share > _EARLY_SHARE:
        return []
    goal = (row["goal_gid"],)
    return [Fact(EARLY_DAY, on, day(on), goal), Fact(EARLY_SHARE, share, percent(max(share, 0.0)), goal)]


def _pace_fell(row: Mapping, _: tuple[str, ...]) -> list[Fact]:
    half, progress, on = row["half_share"], row["progress"], row["half_on"]
    if half is None or progress is None or half <= _EARLY_SHARE or progress - half >= _FELL_TO * half:
        return []
    goal, rest = (row["goal_gid"],), progress - half
    return [
        Fact(HALF_DAY, on, day(on), goal),
        Fact(HALF_SHARE, half, percent(half), goal),
        Fact(REST_SHARE, rest, percent(rest), goal) if rest >= 0 else Fact(LOST_SHARE, -rest, percent(-rest), goal),
    ]


def _target_rose(row: Mapping, _: tuple[str, ...]) -> list[Fact]:
    old, new, initial = row["first_target"], row["target_value"], row["initial_value"]
    if None in (old, new, initial) or (new - old) * (new - initial) <= 0:
        return []
    if abs(new - old) < _ROSE_BY * abs(old - initial):
        return []
    shown = [amount(v, row["unit"], row["precision"], row["currency_code"]) for v in (old, new)]
    if shown[0] == shown[1]:
        return []
    goal = (row["goal_gid"],)
    return [Fact(OLD_TARGET, old, shown[0], goal), Fact(NEW_TARGET, new, shown[1], goal)]


def _work_grew(row: Mapping, projects: tuple[str, ...]) -> list[Fact]:
    created, finished = row["created"] or 0, row["finished"] or 0
    if created <= _WORK_GREW_BY * finished or created - finished < _LEAST_GROWTH:
        return []
    return [
        Fact(TAKEN_ON, created, plural(created, "task"), projects),
        Fact(FINISHED, finished, f"{finished:,}", projects),
    ]


def _waited(row: Mapping, projects: tuple[str, ...]) -> list[Fact]:
    return _share(WAIT_SHARE, row["wait_share"], _WAITED_FROM, projects)


def _due_slips(row: Mapping, projects: tuple[str, ...]) -> list[Fact]:
    return _share(SLIP_SHARE, row["slip_share"], _SLIPPED_FROM, projects)


def _overload(row: Mapping, projects: tuple[str, ...]) -> list[Fact]:
    return _share(OVERLOAD_SHARE, row["overload_share"], _OVERLOADED_FROM, projects)


def _share(kind: FactKind, share: float | None, least: float, projects: tuple[str, ...]) -> list[Fact]:
    return [] if share is None or share < least else [Fact(kind, share, percent(share), projects)]


def _unheeded(row: Mapping, _: tuple[str, ...]) -> list[Fact]:
    warned_on, before, after = row["warned_on"], row["pace_before"], row["pace_after"]
    if warned_on is None or before is None or after is None or after > _NO_FASTER * max(before, 0.0):
        return []
    return [Fact(WARNED_ON, warned_on, day(warned_on), (row["goal_gid"],))]


_RULES: dict[Cause, Callable[[Mapping, tuple[str, ...]], list[Fact]]] = {
    Cause.no_support: _no_support,
    Cause.late_start: _late_start,
    Cause.target_rose: _target_rose,
    Cause.waited: _waited,
    Cause.overload: _overload,
    Cause.due_slips: _due_slips,
    Cause.work_grew: _work_grew,
    Cause.pace_fell: _pace_fell,
    Cause.unheeded: _unheeded,
}


def _shares_on(goals: pl.DataFrame, on: pl.Expr, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """How far each goal had come on a day of its own: goal_gid, on, share (null: nobody looked at that time)."""
    seen = snapshots.filter(pl.col("snapshot_at") <= as_of, pl.col("value").is_not_null()).sort("snapshot_on")
    days = goals.with_columns(on=on).filter(pl.col("on").is_not_null()).sort("on")
    way = pl.col("target_value") - pl.col("initial_value")
    return days.join_asof(
        seen.select("goal_gid", "value", on="snapshot_on"),
        on="on",
        by="goal_gid",
        tolerance=_STALE,
        check_sortedness=False,
    ).select("goal_gid", "on", share=pl.when(way != 0).then((pl.col("value") - pl.col("initial_value")) / way))


def _path(goals: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Columns early_on, early_share, half_on, half_share."""
    start, length = pl.col("start_on"), pl.col("due_on") - pl.col("start_on")
    early = _shares_on(goals, start + length / 3, snapshots, as_of).rename({"on": "early_on", "share": "early_share"})
    half = _shares_on(goals, start + length / 2, snapshots, as_of).rename({"on": "half_on", "share": "half_share"})
    return early.join(half, on="goal_gid")


def _targets(goals: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Column first_target: the first one that was seen in the goal's time."""
    seen = snapshots.filter(pl.col("snapshot_at") <= as_of).join(goals.select("goal_gid", "start_on"), on="goal_gid")
    within = seen.filter(pl.col("snapshot_on") >= pl.col("start_on"), pl.col("target_value").is_not_null())
    return within.sort("snapshot_at").group_by("goal_gid").agg(first_target=pl.col("target_value").first())


def _support(support: pl.DataFrame) -> pl.DataFrame:
    """Column supporters: how many things are linked to a goal; private ones are work, too, and never told."""
    return support.group_by("goal_gid").agg(supporters=pl.len())


def standing_warnings(goals: pl.DataFrame, attainment: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """The warning of each goal that stood until it was due: one that the odds took back before counts for nothing.

    Args:
        goals: goal_gid, due_on, target_value.
        attainment: forecasts/goal_attainment of all weeks.
        as_of: Nothing later is used.

    Returns:
        goal_gid, warned_on (day from which the odds stayed low), is_same (the goal's terms did not change since); goals
        without such a warning have no row.
    """
    said = (
        attainment.filter(pl.col("as_of_at") <= as_of, pl.col("p_attain").is_not_null())
        .select("goal_gid", "p_attain", was_due_on="due_on", was_target="target_value", on=pl.col("as_of_at").dt.date())
        .join(goals.select("goal_gid", "due_on", "target_value"), on="goal_gid")
        .filter(pl.col("on") < pl.col("due_on"))
        .sort("goal_gid", "on")
        .with_columns(is_calm=pl.col("p_attain") >= _WARN_BELOW)
        .filter(~pl.col("is_calm").reverse().cum_max().reverse().over("goal_gid"))
    )
    unchanged = (pl.col("was_due_on") == pl.col("due_on")) & (pl.col("was_target") == pl.col("target_value"))
    return said.group_by("goal_gid", maintain_order=True).agg(warned_on=pl.col("on").first(), is_same=unchanged.all())


def _warnings(goals: pl.DataFrame, inputs: CauseInputs, as_of: datetime) -> pl.DataFrame:
    """Columns warned_on, and pace_before and pace_after it, in parts of the way a day.

    A warning was heeded where the goal's terms changed since.
    """
    first = standing_warnings(goals, inputs.attainment, as_of)
    ripe = first.join(goals, on="goal_gid").filter(
        pl.col("is_same"), (pl.col("due_on") - pl.col("warned_on")).dt.total_days() >= _WARNED_DAYS
    )
    # Where there is no pace before, the halves are compared.
    start, half = pl.col("start_on"), (pl.col("due_on") - pl.col("start_on")) / 2
    is_young = (pl.col("warned_on") - start).dt.total_days() < _YOUNG_DAYS
    split_on = pl.when(is_young).then(start + half).otherwise(pl.col("warned_on"))
    then = _shares_on(ripe, split_on, inputs.snapshots, as_of)
    before_days = (pl.col("on") - start).dt.total_days().cast(pl.Float64)
    after_days = (pl.col("due_on") - pl.col("on")).dt.total_days().cast(pl.Float64)
    return ripe.join(then, on="goal_gid").filter(before_days > 0, after_days > 0).select(
        "goal_gid",
        "warned_on",
        pace_before=pl.col("share") / before_days,
        pace_after=(pl.col("progress") - pl.col("share")) / after_days,
    )  # fmt: skip


@dataclass(frozen=True)
class _Work:
    """The tasks behind the missed goals, and how they went; only what everybody may read.

    Goals with the same projects and the same time are a group and are measured once.

    Args:
        members: group, goal_gid, project_gid (the public projects, a list).
        tasks: group, task_gid, from_at, to_at: tasks in the public projects, and the time that is looked at, which ends
            with what is known.
        open_times: The same with low_at and high_at: when they were open in that time.
        inputs: Frames.
    """

    members: pl.DataFrame
    tasks: pl.DataFrame
    open_times: pl.DataFrame
    inputs: CauseInputs

    @classmethod
    def of(cls, goals: pl.DataFrame, inputs: CauseInputs, as_of: datetime) -> _Work:
        is_public = pl.col("project_gid").is_in(public_projects(inputs.projects))
        linked = inputs.bridge.filter(is_public).group_by("goal_gid").agg(pl.col("project_gid").unique().sort())
        end = (pl.col("due_on") + timedelta(days=1)).cast(pl.Datetime("us", "UTC"))
        groups = (
            goals.select(
                "goal_gid",
                from_at=pl.col("start_on").cast(pl.Datetime("us", "UTC")),
                to_at=pl.min_horizontal(end, pl.lit(as_of)),
            )
            .join(linked, on="goal_gid")
            .group_by("from_at", "to_at", "project_gid")
            .agg("goal_gid")
            .with_row_index("group")
        )
        tasks = (
            groups.explode("project_gid")
            .join(inputs.task_projects, on="project_gid")
            .select("group", "task_gid", "from_at", "to_at")
            .unique()
        )
        is_open = inputs.completions.filter(~pl.col("is_completed"))
        members = groups.explode("goal_gid").select("group", "goal_gid", "project_gid")
        return cls(members, tasks, _overlap(tasks, is_open), inputs)

    def measured(self) -> pl.DataFrame:
        """Everything below: goal_gid, project_gid, created, finished, wait_share, slip_share, overload_share."""
        found = self.members
        for columns in (self.growth(), self.waiting(), self.slips(), self.overload()):
            found = found.join(columns, on="group", how="left")
        return found.drop("group")

    def growth(self) -> pl.DataFrame:
        """Columns created and finished: tasks of the goal's projects in its time."""
        born = self.inputs.completions.group_by("task_gid").agg(at=pl.col("valid_from").min())
        done = self.inputs.completions.filter("is_completed").select("task_gid", at="valid_from")
        within = pl.col("at").is_between("from_at", "to_at", closed="left")
        created = self.tasks.join(born, on="task_gid").filter(within).group_by("group").agg(created=pl.len())
        finished = (
            self.tasks.join(done, on="task_gid").filter(within).group_by("group").agg(
                finished=pl.col("task_gid").n_unique()
            )
        )  # fmt: skip
        return created.join(finished, on="group", how="full", coalesce=True)

    def waiting(self) -> pl.DataFrame:
        """Column wait_share: part of the open time of the goal's tasks in which another open task held them up."""
        is_public = pl.col("project_gid").is_in(public_projects(self.inputs.projects))
        visible = self.inputs.task_projects.filter(is_public).select(depends_on_gid="task_gid").unique()
        edges = self.inputs.dependencies.join(visible, on="depends_on_gid")
        held = self.open_times.join(edges, on="task_gid").select(
            "group", waiting_gid="task_gid", task_gid="depends_on_gid", from_at="low_at", to_at="high_at"
        )
        spans = _overlap(held, self.inputs.completions.filter(~pl.col("is_completed")))
        key = ["group", "waiting_gid"]
        covered = pl.max_horizontal("low_at", pl.col("high_at").cum_max().shift(1).over(key))
        waits = spans.sort(*key, "low_at").with_columns(wait=(pl.col("high_at") - covered).dt.total_seconds().clip(0))
        total = self.open_times.group_by("group").agg(
            open=(pl.col("high_at") - pl.col("low_at")).dt.total_seconds().sum(), tasks=pl.col("task_gid").n_unique()
        )
        return (
            total.filter(pl.col("tasks") >= _LEAST_TASKS, pl.col("open") > 0)
            .join(waits.group_by("group").agg(pl.col("wait").sum()), on="group")
            .select("group", wait_share=pl.col("wait") / pl.col("open"))
        )

    def slips(self) -> pl.DataFrame:
        """Column slip_share: part of the goal's dated tasks whose due day moved to a later one in its time."""
        tasks = self.open_times.select("group", "task_gid", "from_at", "to_at").unique()
        history = (
            self.inputs.dates.join(tasks.select("task_gid").unique(), on="task_gid", how="semi")
            .filter(pl.col("due_on").is_not_null())
            .sort("task_gid", "valid_from")
            .with_columns(later=pl.col("due_on") > pl.col("due_on").shift(1).over("task_gid"))
        )
        dated = tasks.join(history, on="task_gid").filter(
            pl.col("valid_from") < pl.col("to_at"),
            pl.col("valid_to").is_null() | (pl.col("valid_to") > pl.col("from_at")),
        )
        moved = pl.col("later").fill_null(value=False) & (pl.col("valid_from") >= pl.col("from_at"))
        by_task = dated.group_by("group", "task_gid").agg(moved=moved.any())
        share = by_task.group_by("group").agg(tasks=pl.len(), slip_share=pl.col("moved").mean())
        return share.filter(pl.col("tasks") >= _LEAST_TASKS).drop("tasks")

    def overload(self) -> pl.DataFrame:
        """Column overload_share: part of the weeks of its three or more people that began with a load above 110 %."""
        spans = _overlap(self.open_times.drop("low_at", "high_at").unique(), self.inputs.assignees)
        people = spans.select("group", "from_at", "to_at", person_gid="assignee_gid").drop_nulls().unique()
        began = self.inputs.load.filter(
            pl.col("week_on") - pl.col("as_of_on") == timedelta(days=7),
            pl.col("load_pct").is_not_null(),
        ).select("person_gid", "week_on", "load_pct")
        weeks = people.join(began, on="person_gid").filter(
            pl.col("week_on").is_between(pl.col("from_at").dt.date(), pl.col("to_at").dt.date(), closed="left")
        )
        share = weeks.group_by("group").agg(
            people=pl.col("person_gid").n_unique(), overload_share=(pl.col("load_pct") > _FULL).mean()
        )
        return share.filter(pl.col("people") >= _LEAST_PEOPLE).drop("people")


def _overlap(tasks: pl.DataFrame, intervals: pl.DataFrame) -> pl.DataFrame:
    """The parts of the intervals of tasks that lie between from_at and to_at, as low_at and high_at."""
    first_at, last_at = (pl.lit(at, pl.Datetime("us", "UTC")) for at in (tasks["from_at"].min(), tasks["to_at"].max()))
    known = intervals.filter(
        pl.col("valid_from") < last_at,
        pl.col("valid_to").is_null() | (pl.col("valid_to") > first_at),
    )
    return (
        tasks.join(known, on="task_gid")
        .with_columns(low_at=pl.max_horizontal("valid_from", "from_at"), high_at=pl.min_horizontal("valid_to", "to_at"))
        .filter(pl.col("low_at") < pl.col("high_at"))
        .drop("valid_from", "valid_to", "source", "is_completed", strict=False)
    )

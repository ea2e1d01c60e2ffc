"""The chain: changes, then load, dates, goal odds and priorities, each from the one before. Pure; writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.insights.portfolio.schedule import LINKS
from asana_intel.insights.scenario.capacity import PERSON_WEEKS, TEAM_WEEKS, person_weeks, team_weeks, touched_people
from asana_intel.insights.scenario.dates import NEVER, QUEUE, expected_finish, queue_starts
from asana_intel.insights.scenario.draft import changed_rows, draft, of_people, time_after
from asana_intel.insights.scenario.goals import goal_odds, goals_after
from asana_intel.insights.scenario.outcome import DATES, MOVES, PROJECTS, Outcome
from asana_intel.insights.scenario.priorities import backlog_after, load_after, priorities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from asana_intel.insights.scenario.base import Base
    from asana_intel.insights.scenario.changes import Change
    from asana_intel.insights.scenario.draft import Draft

_SAME = 1e-9


def what_if(base: Base, changes: Sequence[Change]) -> Outcome:
    """What the changes would do, all together.

    Args:
        base: The world as it stands.
        changes: In the order in which they are made.

    Returns:
        What differs: load and odds of the people whose tasks or days change (all others draw the same luck as before)
        and of their teams; expected ends of tasks and projects; scores; odds of the goals whose tasks now end in time
        for them, or do not any more.

    Raises:
        PermanentError: A change speaks of a task, project or person that is not there.
    """
    made = draft(base, changes)
    rows = changed_rows(made)
    tasks = _tasks_after(made, rows)
    people = touched_people(made, rows)
    weeks = person_weeks(made, rows, tasks, people) if people else pl.DataFrame(schema=PERSON_WEEKS)
    teams = team_weeks(made, weeks) if people else pl.DataFrame(schema=TEAM_WEEKS)
    ends = _ends(made, rows, tasks, people)
    backlog = backlog_after(made, rows)
    odds = goal_odds(base, backlog, ends)
    backlog = replace(backlog, load=load_after(made, weeks), goals=goals_after(base, odds))
    weeks, teams = _differing(weeks), _differing(teams)
    touched = {*weeks["person_gid"], *teams["team_gid"], *odds["goal_gid"]}
    moves = _moves(made, rows)
    return Outcome(
        person_weeks=weeks,
        team_weeks=teams,
        tasks=_dates(made, tasks, ends, moves),
        projects=_projects(made, ends),
        priorities=priorities(made, backlog, rows, touched),
        goals=odds,
        moves=moves,
        notes=tuple(made.notes),
    )


def _tasks_after(made: Draft, rows: pl.DataFrame) -> pl.DataFrame:
    gone = pl.Series(sorted({*rows["task_gid"], *made.removed}), dtype=pl.String).implode()
    return pl.concat([made.base.tasks.filter(~pl.col("task_gid").is_in(gone)), rows]).sort("task_gid")


def _ends(made: Draft, rows: pl.DataFrame, tasks: pl.DataFrame, people: set[str]) -> pl.DataFrame:
    """task_gid, finish_before, finish_after of tasks whose end is not as it was; only their islands are laid out."""
    base = made.base
    _, time = time_after(made, rows)
    theirs = tasks.filter(pl.col("person_gid").is_in(pl.Series(sorted(people), dtype=pl.String).implode()))
    queue = queue_starts(theirs, of_people(time, people), base.today)
    orphans = sorted(made.orphans & set(rows["task_gid"]))
    waits = pl.DataFrame({"task_gid": orphans, "queue_on": NEVER}, schema=QUEUE)
    fresh = pl.concat([queue, waits])
    gone = sorted({*rows["task_gid"], *made.removed, *theirs["task_gid"]})
    old = base.queue.filter(~pl.col("task_gid").is_in(pl.Series(gone, dtype=pl.String).implode()))
    moved = fresh.join(base.queue, on=["task_gid", "queue_on"], how="anti")["task_gid"]
    links = pl.concat([base.links, _new_links(made)])
    roots = {*rows["task_gid"], *made.removed, *moved, *(blocker for _, blocker in made.links)}
    inside = base.islands.join(
        base.islands.filter(pl.col("task_gid").is_in(pl.Series(sorted(roots), dtype=pl.String).implode())),
        on="island",
        how="semi",
    )["task_gid"]
    laid = pl.Series(sorted({*inside, *rows["task_gid"]}), dtype=pl.String).implode()
    homes = pl.concat([base.homes, pl.DataFrame(made.homes, schema=base.homes.schema, orient="row")])
    chosen = pl.col("task_gid").is_in(laid)
    after = expected_finish(
        tasks.filter(chosen), links.filter(chosen), homes.filter(chosen), pl.concat([old, fresh]).filter(chosen),
        base.as_of, base.settings.forecast.working_days,
    )  # fmt: skip
    before = base.finish.filter(chosen).rename({"finish_on": "finish_before"})
    return (
        before.join(after.rename({"finish_on": "finish_after"}), on="task_gid", how="full", coalesce=True)
        .filter(pl.col("finish_before").ne_missing(pl.col("finish_after")))
        .sort("task_gid")
    )


def _new_links(made: Draft) -> pl.DataFrame:
    links = [(waiting, blocker, None) for waiting, blocker in made.links]
    return pl.DataFrame(links, schema=LINKS, orient="row")


def _moves(made: Draft, rows: pl.DataFrame) -> pl.DataFrame:
    old = made.base.tasks.select(
        "task_gid", person_before_gid="person_gid", start_before="start_on", due_before="due_on"
    )
    new = rows.rename({"person_gid": "person_after_gid", "start_on": "start_after", "due_on": "due_after"})
    is_new = pl.col("task_gid").is_in(pl.Series(sorted(made.new), dtype=pl.String).implode())
    return new.join(old, on="task_gid", how="left").with_columns(is_new=is_new).select(list(MOVES)).sort("task_gid")


def _dates(made: Draft, tasks: pl.DataFrame, ends: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Tasks whose end moves, and those whose dates the scenario sets."""
    touched = pl.concat([ends["task_gid"], moves["task_gid"], pl.Series(sorted(made.removed), dtype=pl.String)])
    both = pl.concat([tasks, made.base.tasks.join(tasks, on="task_gid", how="anti")])
    old = made.base.tasks.select("task_gid", start_before="start_on", due_before="due_on")
    now = tasks.select("task_gid", start_after="start_on", due_after="due_on")
    stand = made.base.finish.rename({"finish_on": "stands"})
    own = pl.Series(sorted({*moves["task_gid"], *made.removed}), dtype=pl.String).implode()
    return (
        both.filter(pl.col("task_gid").is_in(touched.unique().implode()))
        .select("task_gid", "project_gid", is_changed=pl.col("task_gid").is_in(own))
        .join(old, on="task_gid", how="left")
        .join(now, on="task_gid", how="left")
        .join(ends.with_columns(moved=pl.lit(value=True)), on="task_gid", how="left")
        .join(stand, on="task_gid", how="left")
        .with_columns(
            pl.when("moved").then("finish_before").otherwise("stands").alias("finish_before"),
            pl.when("moved").then("finish_after").otherwise("stands").alias("finish_after"),
        )
        .select(list(DATES))
        .sort("task_gid")
    )


def _projects(made: Draft, ends: pl.DataFrame) -> pl.DataFrame:
    """Ends of projects that move; one with a task that never ends has none."""
    base = made.base
    homes = pl.concat([base.homes, pl.DataFrame(made.homes, schema=base.homes.schema, orient="row")])
    moved = pl.concat([ends["task_gid"], pl.Series(sorted(made.new), dtype=pl.String)]).unique()
    touched = homes.filter(pl.col("task_gid").is_in(moved.implode())).group_by("project_gid")
    touched = touched.agg(moved_tasks=pl.len().cast(pl.Int64))
    removed = pl.Series(sorted(made.removed), dtype=pl.String).implode()
    stands = base.finish.select("task_gid", is_old=pl.lit(value=True), stands="finish_on")
    rows = (
        homes.join(touched, on="project_gid", how="semi")
        .join(stands, on="task_gid", how="left")
        .join(ends.with_columns(moved=pl.lit(value=True)), on="task_gid", how="left")
        .with_columns(
            before=pl.col("stands"),
            after=pl.when("moved").then("finish_after").otherwise("stands"),
            is_old=pl.col("is_old").fill_null(value=False),
            is_there=~pl.col("task_gid").is_in(removed),
        )
    )
    return (
        rows.group_by("project_gid")
        .agg(
            finish_before=_last(pl.col("before").filter("is_old")),
            finish_after=_last(pl.col("after").filter("is_there")),
            is_new=~pl.col("is_old").any(),
        )
        .join(touched, on="project_gid")
        .filter(pl.col("is_new") | pl.col("finish_before").ne_missing(pl.col("finish_after")))
        .select(list(PROJECTS))
        .sort("project_gid")
    )


def _last(ends: pl.Expr) -> pl.Expr:
    return pl.when(ends.null_count() == 0).then(ends.max())


def _differing(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows in which some figure is not as it was."""
    names = [name.removesuffix("_before") for name in frame.columns if name.endswith("_before")]
    moved = [(pl.col(f"{name}_after") - pl.col(f"{name}_before")).abs() > _SAME for name in names]
    return frame.filter(pl.any_horizontal(moved))

"""Telling at once what an event changed much or breaks: inputs of a few tasks, and a small plan. Sends nothing.

What a notice says, a plan of the week would say, too: the row is the same, and so is its marker, so that it is
written once. A task that a plan of the week speaks of already is left to that plan. What a check says, no plan of the
week says: it waits for its own decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from asana_intel.changes.edit_posts import FIELD, Breach, said_in
from asana_intel.changes.footing import Sound, sound_inputs
from asana_intel.changes.inputs import PlanInputs
from asana_intel.changes.ledger import StoredPlan, created_markers, ledger_time
from asana_intel.changes.nudges import addressed
from asana_intel.changes.ownership import persons_fields
from asana_intel.changes.priority_posts import TOLD
from asana_intel.changes.proposing import STANDING_INPUTS, WEEKLY_INPUTS, check_proposal, notice_proposal, propose
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS, empty_frame

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

Read = Callable[..., pl.DataFrame]
_OWNERS = {
    "tasks": "task_gid",
    "task_projects": "task_gid",
    "custom_field_values": "object_gid",
    "stories": "target_gid",
}
"""Standing inputs of which only the rows of some tasks are needed -> their column that names the task."""
_WHOLE = ("goals", "projects", "portfolio_items", "people")


@dataclass(frozen=True)
class Occasion:
    """When something is told at once, and where the plan for it goes.

    Attributes:
        database: The ledger.
        settings: Mode, budget, thresholds.
        workspace_gid: Workspace that is written to.
        week_on: Monday of the week.
        as_of_at: When the tasks were read.
        read: Reads a table by key, with the tasks as they are then.
    """

    database: Database
    settings: Settings
    workspace_gid: str
    week_on: date
    as_of_at: datetime
    read: Read


def worth_telling(scores: pl.DataFrame, moved: Collection[str], settings: Settings) -> list[str]:
    """Tasks of somebody whose score moved, and is far from that of a week ago.

    Args:
        scores: insights/task_priority of the week.
        moved: Tasks whose score an event moved.
        settings: Whether and from how many points on assignees are told.
    """
    least = settings.priority_writes.tell_owner_points
    if least is None or not settings.fields.priority:
        return []
    is_far = (pl.col("score") - pl.col("score_before")).abs() >= least
    is_told = is_far & pl.col("person_gid").is_not_null() & pl.col("is_public") & ~pl.col("has_private_part")
    return scores.filter(pl.col("task_gid").is_in(sorted(moved)) & is_told).sort("rank")["task_gid"].to_list()


def propose_notices(now: Occasion, scores: pl.DataFrame, tasks: Collection[str]) -> StoredPlan | None:
    """Put before the reviewers what the assignees of some tasks are told.

    Args:
        now: The occasion.
        scores: insights/task_priority of the week.
        tasks: Tasks worth telling of, each as Asana has it then.

    Returns:
        The stored plan; None where all is told, or waits to be, already.
    """
    wanted = sorted(set(tasks) - _spoken_of(now.database, now.week_on))
    if not wanted:
        return None
    rows = scores.filter(pl.col("task_gid").is_in(wanted))
    near = [*rows["task_gid"], *rows["cause_gid"].drop_nulls()]
    inputs = _inputs(now, near, task_priority=rows)
    proposal = notice_proposal(inputs, now.settings, now.week_on, now.as_of_at)
    return propose(now.database, proposal, now.settings, ledger_time(now.database), purpose="notice")


def propose_checks(now: Occasion, read_before: Read, breaches: Sequence[Breach]) -> StoredPlan | None:
    """Put before the reviewers what is to be said of edits that break something.

    Args:
        now: The occasion.
        read_before: Reads a table as the last refresh left it; with `partition`, the rows of one week.
        breaches: What they break, each task as Asana has it then.

    Returns:
        The stored plan; None where all is said, waits to be, was declined, or rests on load that its suites refuse.
    """
    near = sorted({gid for breach in breaches for gid in (breach.task_gid, *breach.tells_of)})
    said = _said_of_edits(now.database, near) if near else set[tuple[str, str]]()
    news = [breach for breach in breaches if (breach.task_gid, breach.about) not in said]
    if not news:
        return None
    inputs = _inputs(now, near)
    sound = _sound_load(inputs, read_before, now.week_on)
    proposal = check_proposal(inputs, sound, news, now.settings, now.week_on, now.as_of_at)
    return propose(now.database, proposal, now.settings, ledger_time(now.database), purpose="check")


def _sound_load(inputs: PlanInputs, read: Read, week_on: date) -> Sound:
    """Judge the load of the week beside the tasks that it was computed from: all of them."""
    load = {name: read(f"forecasts/{name}", partition=week_on) for name in ("person_load", "load_causes")}
    whole = replace(inputs, tasks=read("staging/tasks"), **load)
    return sound_inputs(whole, partial(read, partition=week_on), ("capacity",))


def _inputs(now: Occasion, tasks: Collection[str], **weekly: pl.DataFrame) -> PlanInputs:
    """What the rows of these tasks are made from; what waits for them stands in it, too.

    Narratives are left out: they tell of the score before the event.
    """
    read, database = now.read, now.database
    waits = read("staging/task_dependencies").filter(pl.col("depends_on_gid").is_in(sorted(tasks)))
    near = _with_parents(read, {*tasks, *waits["task_gid"]})
    standing = {name: read(STANDING_INPUTS[name]) for name in _WHOLE}
    standing |= {name: read(STANDING_INPUTS[name]).filter(pl.col(owner).is_in(near)) for name, owner in _OWNERS.items()}
    frames: dict[str, Any] = {
        **{name: empty_frame(CONTRACTS[key]) for name, key in (STANDING_INPUTS | WEEKLY_INPUTS).items()},
        **standing,
        "task_dependencies": waits,
        **weekly,
    }
    return PlanInputs(
        workspace_gid=now.workspace_gid,
        custom_fields=pl.DataFrame(schema={"field_gid": pl.String, "field_name": pl.String}),
        created_markers=created_markers(database),
        persons_fields=persons_fields(database),
        addressed=addressed(database, now.week_on),
        **frames,
    )


def _with_parents(read: Read, gids: set[str]) -> list[str]:
    """Tasks and all that lies above them, through which they may be everybody's to read."""
    parents = dict(read("staging/tasks").select("task_gid", "parent_gid").drop_nulls().iter_rows())
    found, front = set(gids), set(gids)
    while front := {parents[gid] for gid in front if gid in parents} - found:
        found |= front
    return sorted(found)


def _said_of_edits(database: Database, tasks: Collection[str]) -> set[tuple[str, str]]:
    """Task, and `Breach.about`, of all that was said of edits, waits to be, or was declined."""
    with database.transaction("planner") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.target_gid, r.new_value FROM plan_row r JOIN plan p USING (plan_id)"
            " WHERE r.kind = 'comment' AND r.field = %s AND r.target_gid = ANY(%s)"
            " AND (p.state NOT IN ('superseded', 'expired') OR r.state <> 'planned')",
            (FIELD, list(tasks)),
        )
        return {(gid, about) for gid, said in cursor.fetchall() for about in said_in(said)}


def _spoken_of(database: Database, week_on: date) -> frozenset[str]:
    """Tasks of which a plan of the week tells already, or told, or was not allowed to."""
    with database.transaction("planner") as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT target_gid FROM plan_row r JOIN plan p USING (plan_id) WHERE p.as_of_on = %s"
            " AND r.kind = 'comment' AND r.field = ANY(%s)"
            " AND (p.state NOT IN ('superseded', 'expired') OR r.state <> 'planned')",
            (week_on, list(TOLD)),
        )
        return frozenset(gid for (gid,) in cursor.fetchall())

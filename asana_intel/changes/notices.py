"""Telling at once what an event changed much: inputs of a few tasks, and a small plan beside the week's. Sends nothing.

What such a plan says, a plan of the week would say, too: the row is the same, and so is its marker, so that it is
written once. A task that a plan of the week speaks of already is left to that plan.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import polars as pl

from asana_intel.changes.inputs import PlanInputs
from asana_intel.changes.ledger import StoredPlan, created_markers, ledger_time
from asana_intel.changes.nudges import addressed
from asana_intel.changes.ownership import persons_fields
from asana_intel.changes.priority_posts import TOLD
from asana_intel.changes.proposing import STANDING_INPUTS, WEEKLY_INPUTS, notice_proposal, propose
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


def propose_notices(
    database: Database,
    read: Read,
    scores: pl.DataFrame,
    tasks: Collection[str],
    settings: Settings,
    workspace_gid: str,
    week_on: date,
    as_of_at: datetime,
) -> StoredPlan | None:
    """Put before the reviewers what the assignees of some tasks are told.

    Args:
        database: The ledger.
        read: Reads a table by key, with the tasks as they are now.
        scores: insights/task_priority of the week.
        tasks: Tasks worth telling of, each as Asana has it at `as_of_at`.
        settings: Mode, budget, thresholds.
        workspace_gid: Workspace that is written to.
        week_on: Monday of the week.
        as_of_at: When the tasks were read.

    Returns:
        The stored plan; None where all is told, or waits to be, already.
    """
    wanted = sorted(set(tasks) - _spoken_of(database, week_on))
    if not wanted:
        return None
    rows = scores.filter(pl.col("task_gid").is_in(wanted))
    inputs = _inputs(database, read, rows, workspace_gid, week_on)
    proposal = notice_proposal(inputs, settings, week_on, as_of_at)
    return propose(database, proposal, settings, ledger_time(database), purpose="notice")


def _inputs(database: Database, read: Read, scores: pl.DataFrame, workspace_gid: str, week_on: date) -> PlanInputs:
    """What the rows of these tasks are made from; what waits for them and what moved them stands in it, too.

    Narratives are left out: they tell of the score before the event.
    """
    waits = read("staging/task_dependencies").filter(pl.col("depends_on_gid").is_in(scores["task_gid"].implode()))
    near = _with_parents(read, {*scores["task_gid"], *waits["task_gid"], *scores["cause_gid"].drop_nulls()})
    standing = {name: read(STANDING_INPUTS[name]) for name in _WHOLE}
    standing |= {name: read(STANDING_INPUTS[name]).filter(pl.col(owner).is_in(near)) for name, owner in _OWNERS.items()}
    frames: dict[str, Any] = {
        **{name: empty_frame(CONTRACTS[key]) for name, key in (STANDING_INPUTS | WEEKLY_INPUTS).items()},
        **standing,
        "task_dependencies": waits,
        "task_priority": scores,
    }
    return PlanInputs(
        workspace_gid=workspace_gid,
        custom_fields=pl.DataFrame(schema={"field_gid": pl.String, "field_name": pl.String}),
        created_markers=created_markers(database),
        persons_fields=persons_fields(database),
        addressed=addressed(database, week_on),
        **frames,
    )


def _with_parents(read: Read, gids: set[str]) -> list[str]:
    """Tasks and all that lies above them, through which they may be everybody's to read."""
    parents = dict(read("staging/tasks").select("task_gid", "parent_gid").drop_nulls().iter_rows())
    found, front = set(gids), set(gids)
    while front := {parents[gid] for gid in front if gid in parents} - found:
        found |= front
    return sorted(found)


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

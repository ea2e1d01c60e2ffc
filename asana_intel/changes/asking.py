"""Whom to ask in Asana about an open plan, and what stands in the task: a plan of questions. Reads no answer.

The questions go the way of every change: rows of a plan of purpose `ask`, sent by apply.py where the policy allows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from asana_intel.changes import audit
from asana_intel.changes.canonical import canonical_object, parsed, shortened
from asana_intel.changes.inputs import REVIEW_PROJECT, Week
from asana_intel.changes.ledger import PlanRow, StoredPlan, decide_by_policy, open_plans, store_plan
from asana_intel.changes.nudges import addressed
from asana_intel.changes.proposing import AUTHOR
from asana_intel.changes.scope import note_objects
from asana_intel.changes.words import in_words
from asana_intel.errors import PermanentError
from asana_intel.quality.evaluate import evaluate
from asana_intel.quality.gate import PLAN_TABLE, record_gate
from asana_intel.settings import Mode, ReviewSettings, Settings
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.naming import gids_of, names_of, with_names
from asana_intel.storage.sync_log import LastSync, require_last_sync

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Connection  # noqa: N812

    from asana_intel.storage.postgres import Database
    from asana_intel.storage.tables import TableStore

ASK_INPUTS = ("staging/users", "staging/time_off", "staging/goals", "staging/projects", "staging/tasks")
FIELD = "approval_request"
_SHOWN_ROWS = 60  # then the terminal: a table of hundreds of rows is not read
_SHOWN_VALUE = 300


@dataclass(frozen=True)
class Question:
    """An approval task and what it asks about, as our ledger has it: the task's own text counts for nothing.

    Args:
        ask_plan_id: Plan of questions that it belongs to.
        person_gid: Who is asked.
        task_gid: The task; None where it was not created yet.
        plan_id: Plan that is asked about.
        plan_hash: Its hash when it was asked about.
        offered_at: When that plan was put before its reviewers; a lapsed plan that is proposed again asks again.
    """

    ask_plan_id: str
    person_gid: str
    task_gid: str | None
    plan_id: str
    plan_hash: str
    offered_at: str

    def is_about(self, plan: StoredPlan) -> bool:
        """Whether it asks about this very plan as it is put before its reviewers now."""
        return (self.plan_id, self.plan_hash, self.offered_at) == (plan.plan_id, plan.plan_hash, offered_at(plan))


@dataclass(frozen=True)
class Asking:
    """What asking came to.

    Args:
        plans: Plans of questions that are new.
        held_back: Questions that would address a person too often this week.
        problems: What kept others from being asked, in sentences.
    """

    plans: tuple[StoredPlan, ...] = ()
    held_back: int = 0
    problems: tuple[str, ...] = ()


def ask_reviewers(database: Database, tables: TableStore, settings: Settings, now: datetime) -> Asking:
    """Plan one approval task for each reviewer and open plan that waits for a decision; again plans nothing new.

    Nothing is asked unless `review.ask_in_asana` is on and the mode is propose or auto. Questions about a plan that no
    longer waits are superseded where they were not sent yet.

    Args:
        database: The ledger.
        tables: Tables of the last sync.
        settings: Reviewers, budget, mode.
        now: Ledger time, UTC.

    Raises:
        ConfigError: Nothing was synced yet.
    """
    if not settings.review.ask_in_asana or settings.mode not in {Mode.propose, Mode.auto}:
        return Asking()
    plans = open_plans(database, now)
    waiting = [plan for plan in plans if plan.purpose != "ask" and _undecided(plan)]
    _tidy(database, [plan for plan in plans if plan.purpose == "ask"], waiting, now)
    synced = require_last_sync(database)
    projects = tables.read("staging/projects").filter(~pl.col("is_archived"))
    if REVIEW_PROJECT not in set(projects["name"]):
        return Asking(problems=(f"There is no project {REVIEW_PROJECT}: apply the setup plan first",))
    persons, problems = _persons(tables, settings, synced)
    names = _names(tables, waiting)
    asked, held_back = [], 0
    used: dict[date, Counter[str]] = {}
    for plan in waiting:
        budget = used.setdefault(plan.as_of_on, Counter(addressed(database, plan.as_of_on)))
        wanted = _not_asked_yet(database, plan, persons)
        free = [gid for gid in wanted if budget[gid] < settings.review.nudges_per_person_week]
        held_back += len(wanted) - len(free)
        budget.update(free)
        if free:
            frame = _questions(plan, free, names, synced.workspace_gid)
            asked.append(_store(database, frame, plan, settings, synced, now))
    return Asking(tuple(asked), held_back, problems)


def reviewers_today(review: ReviewSettings, away: set[str]) -> dict[str, str]:
    """Person gid -> name of those to ask: for who is away their delegate, unless that one is away too.

    Args:
        review: Reviewers and their delegates.
        away: Gids of people who are out of office.
    """
    persons: dict[str, str] = {}
    for name, reviewer in review.reviewers.items():
        if not reviewer.asked:
            continue
        delegate = review.reviewers.get(reviewer.delegate or "")
        if reviewer.gid in away and reviewer.delegate and delegate and delegate.gid not in away:
            persons[delegate.gid] = reviewer.delegate
        else:
            persons[reviewer.gid] = name
    return persons


def offered_at(plan: StoredPlan) -> str:
    """When a plan was put before its reviewers, as a question keeps it."""
    return plan.created_at.astimezone(ZoneInfo("UTC")).isoformat()


def questions(
    connection: Connection, plan_id: str | None = None, *, alive_at: datetime | None = None
) -> list[Question]:
    """Questions that were planned, oldest first.

    Args:
        connection: Open connection.
        plan_id: Only those about this plan.
        alive_at: Only those about plans that had not expired then.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.plan_id, r.target_gid, CASE WHEN r.state IN ('done', 'noop') THEN r.result_gid END, r.new_value"
            " FROM plan_row r JOIN plan a USING (plan_id)"
            " JOIN plan p ON p.plan_id = r.new_value::jsonb #>> '{asks,plan_id}'"
            " WHERE a.purpose = 'ask' AND r.field = %(field)s AND (%(plan)s IS NULL OR p.plan_id = %(plan)s)"
            " AND (%(alive)s IS NULL OR p.expires_at > %(alive)s)"
            " ORDER BY a.created_at, r.position",
            {"field": FIELD, "plan": plan_id, "alive": alive_at},
        )
        return [Question(ask, person, task, **parsed(body)["asks"]) for ask, person, task, body in cursor.fetchall()]


def question_text(plan: StoredPlan, names: Mapping[str, str]) -> str:
    """What stands in the task: each change with old and new value and the reason, then how to decide.

    Args:
        plan: Plan that is asked about.
        names: Gid -> name of its targets, and of what its values refer to.
    """
    rows = _undecided(plan)
    lines = [line for row in rows[:_SHOWN_ROWS] for line in _change_lines(row, names)]
    if len(rows) > _SHOWN_ROWS:
        lines.append(f"… and {len(rows) - _SHOWN_ROWS} more: asana-intel review {plan.plan_id}")
    second = "Two people must approve this plan.\n" if plan.approvals_needed > 1 else ""
    return (
        f"asana-intel proposes {len(rows)} changes from data of {plan.as_of_at:%Y-%m-%d %H:%M} UTC.\n\n"
        + "\n".join(lines)
        + f"\n\n{second}Approve: all of them are written. Reject, or request changes: none is. Row by row:"
        f" asana-intel review {plan.plan_id}\nEditing this text changes nothing; what counts is who sets the approval."
        f" It lapses on {plan.expires_at:%Y-%m-%d %H:%M} UTC.\n\nplan {plan.plan_id}\nhash {plan.plan_hash}"
    )


def _change_lines(row: PlanRow, names: Mapping[str, str]) -> list[str]:
    """A change as everybody in the project may read it; what is said of a person's load is left to the plan itself."""
    words = in_words(row)
    if words is not None:  # of work that is added, nothing tells of somebody's load
        return [f"• {words}", f"  {row.reason} ({row.risk} risk, {row.made_by})"]
    is_personal, old, new = row.capability == "capacity", row.old_value, row.new_value
    if is_personal and row.kind == "create_task":
        new = parsed(new)["name"].split(":")[0]  # behind it stands how many of somebody's people
    if is_personal and row.kind == "comment":
        new = parsed(new)["text"]
    if is_personal and row.kind == "set_field":
        old, new = "a load", "another"
    old, new = (shortened(with_names(value, names) if value else "–", _SHOWN_VALUE) for value in (old, new))
    where = names.get(row.target_gid, row.target_gid)
    reason = (
        f"For the sake of somebody's load: asana-intel review {row.plan_id} says why" if is_personal else row.reason
    )
    return [f"• {where} | {row.field or row.kind} | {old} → {new}", f"  {reason} ({row.risk} risk, {row.made_by})"]


def _undecided(plan: StoredPlan) -> list[PlanRow]:
    return [row for row in plan.rows if row.decision == "pending" and row.state == "planned"]


def _persons(tables: TableStore, settings: Settings, synced: LastSync) -> tuple[dict[str, str], tuple[str, ...]]:
    """Those to ask, and why others are not; the day is Asana's, of the data we have."""
    today = synced.synced_at.astimezone(ZoneInfo(settings.timezone)).date()
    off = tables.read("staging/time_off").filter((pl.col("start_on") <= today) & (pl.col("end_on") >= today))
    known = set(tables.read("staging/users")["person_gid"])
    wanted = reviewers_today(settings.review, set(off["person_gid"]))
    problems = [f"Reviewer {name} is no user of the workspace" for gid, name in wanted.items() if gid not in known]
    return {gid: name for gid, name in wanted.items() if gid in known}, tuple(problems)


def _names(tables: TableStore, plans: Sequence[StoredPlan]) -> dict[str, str]:
    return names_of(tables, gids_of([row for plan in plans for row in plan.rows]))


def _not_asked_yet(database: Database, plan: StoredPlan, persons: Mapping[str, str]) -> list[str]:
    """Who made the plan is not asked either: their approval would be refused."""
    with database.transaction("planner") as connection:
        asked = {q.person_gid for q in questions(connection, plan.plan_id) if q.is_about(plan)}
    author = plan.author.strip().casefold()
    return sorted(gid for gid, name in persons.items() if gid not in asked and name.strip().casefold() != author)


def _questions(plan: StoredPlan, persons: Sequence[str], names: Mapping[str, str], workspace_gid: str) -> pl.DataFrame:
    week, contract = Week(plan.as_of_on, plan.as_of_at), CONTRACTS["changes/plan"]
    notes, count = question_text(plan, names), len(_undecided(plan))
    rows = [
        week.row(
            "create_task", "review", ("user", gid), FIELD,
            canonical_object(
                {
                    "name": f"Approve {count} changes of asana-intel ({plan.plan_id})",
                    "notes": notes,
                    "assignee": gid,
                    "due_on": plan.expires_at.date().isoformat(),
                    "resource_subtype": "approval",
                    "project": REVIEW_PROJECT,
                    "workspace": workspace_gid,
                    "asks": {"plan_id": plan.plan_id, "plan_hash": plan.plan_hash, "offered_at": offered_at(plan)},
                }
            ),
            f"Plan {plan.plan_id} waits for a decision.",
        ) | {"position": position}
        for position, gid in enumerate(persons)
    ]  # fmt: skip
    return conform(contract, pl.DataFrame(rows, schema=contract.schema))


def _store(
    database: Database, frame: pl.DataFrame, plan: StoredPlan, settings: Settings, synced: LastSync, now: datetime
) -> StoredPlan:
    note_objects(database, (("user", gid) for gid in frame["target_gid"]), synced.synced_at)
    stored = store_plan(database, frame, AUTHOR, settings.mode, now, expires_after=plan.expires_at - now, purpose="ask")
    if stored is None:
        raise PermanentError("A plan of questions without questions")
    with database.transaction() as connection:
        record_gate(connection, stored.plan_hash, evaluate(PLAN_TABLE, frame), now)
    return stored


def _tidy(database: Database, asks: Sequence[StoredPlan], waiting: Sequence[StoredPlan], now: datetime) -> None:
    """Let the policy decide questions again, whose rule may have come since, and drop those that nobody need answer."""
    with database.transaction("planner") as connection:
        still = {q.ask_plan_id for plan in waiting for q in questions(connection, plan.plan_id) if q.is_about(plan)}
        for ask in asks:
            if ask.plan_id in still:
                decide_by_policy(connection, ask.plan_id, now)
                continue
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE plan SET state = 'superseded' WHERE plan_id = %s AND state IN ('proposed', 'approved')",
                    (ask.plan_id,),
                )
                if cursor.rowcount:
                    audit.append(connection, now, AUTHOR, "plan_superseded", {"plan_id": ask.plan_id})

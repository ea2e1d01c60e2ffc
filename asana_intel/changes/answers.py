"""Decisions made in Asana: read from the history of the approval tasks, judged, passed on to review.py. Asks nobody.

What counts is who changed a task's approval status, as Asana's own story tells it, and what our ledger says the task
was about. Texts, whoever wrote them, count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from asana_intel.asana import fields as opt_fields
from asana_intel.asana.session import path
from asana_intel.changes import audit, review
from asana_intel.changes.asking import Question, questions
from asana_intel.changes.ledger import StoredPlan, read_plan, require_unchanged
from asana_intel.errors import RefusedError, SkippableError

if TYPE_CHECKING:
    from asana_intel.settings import ReviewSettings
    from asana_intel.storage.postgres import Database

_READ_AFTER_EXPIRY = timedelta(days=1)
"""So long a task is still read after its plan's time is over, so that a late answer is refused and not just ignored."""
_DECIDERS = {
    "approved": review.approve,
    "rejected": review.reject,
    "changes_requested": review.reject,
    "pending": review.reject,  # only from somebody whose approval has counted: they took it back
}


class Reader(Protocol):
    """What is needed of Asana's reader (`asana_intel.asana.reader.AsanaReader`)."""

    def one(self, resource_path: str, fields: str) -> dict[str, Any]:
        """Read one record."""
        ...

    def list(self, resource_path: str, params: Mapping[str, str | int], fields: str) -> Iterator[dict[str, Any]]:
        """Yield every record of a list."""
        ...


@dataclass(frozen=True)
class Change:
    """One change of a task's approval status, as Asana's story tells it; the user is None where Asana names nobody."""

    story_gid: str
    user_gid: str | None
    status: str


@dataclass(frozen=True)
class Answer:
    """A change, as it was judged.

    Args:
        plan_id: Plan the task asks about.
        task_gid: The task.
        change: What was done there.
        outcome: approved, rejected, or refused.
        reason: Why it was refused.
    """

    plan_id: str
    task_gid: str
    change: Change
    outcome: str
    reason: str | None = None


def pull_answers(database: Database, reader: Reader, settings: ReviewSettings, now: datetime) -> list[Answer]:
    """Read the approval tasks, and let what reviewers decided there count. Each change is judged once.

    Of each person the latest change of a task counts. Who sets an approval of theirs that has counted back to pending
    rejects what was not written yet.

    Args:
        database: The ledger.
        reader: Asana's reader.
        settings: Reviewers and approvers.
        now: Ledger time, UTC.

    Returns:
        What is new, refused ones too; each stands in the audit.

    Raises:
        RefusedError: The questions in the ledger were changed; nothing is decided.
        RetriableError: Asana does not answer; what was judged so far stays.
    """
    answers: list[Answer] = []
    for question, plan in _asked(database, now):
        task_gid = question.task_gid or ""
        try:
            bot, changes = _history(reader, task_gid)
        except SkippableError:  # somebody deleted the task
            continue
        judged = _judged(database, task_gid)
        for change in {change.user_gid: change for change in changes}.values():
            approved_before = any(
                c.user_gid == change.user_gid and judged.get(c.story_gid) == "approved" for c in changes
            )
            if change.story_gid in judged or (change.status == "pending" and not approved_before):
                continue
            outcome, reason = _decide(database, question, plan, change, bot, settings, now)
            answer = Answer(question.plan_id, task_gid, change, outcome, reason)
            if _note(database, answer, question.plan_hash, now):
                answers.append(answer)
    return answers


def _asked(database: Database, now: datetime) -> list[tuple[Question, StoredPlan]]:
    """Approval tasks of plans that are open or were until a short time ago, with the plans they ask about."""
    with database.transaction("approver") as connection:
        found: list[tuple[Question, StoredPlan]] = []
        for question in questions(connection, alive_at=now - _READ_AFTER_EXPIRY):
            if question.task_gid is not None:
                require_unchanged(read_plan(connection, question.ask_plan_id))
                found.append((question, read_plan(connection, question.plan_id)))
        return found


def _history(reader: Reader, task_gid: str) -> tuple[str | None, list[Change]]:
    """Who made the task, which is our own user, and the changes of its approval, oldest first.

    Only Asana writes `new_approval_status` into a story; nobody can set it with a comment.
    """
    task = reader.one(path("/tasks/{}", task_gid), "created_by.gid")
    stories = [*reader.list(path("/tasks/{}/stories", task_gid), {}, opt_fields.APPROVALS)]
    stories.sort(key=lambda story: story.get("created_at") or "")
    changes = [
        Change(story["gid"], (story.get("created_by") or {}).get("gid"), story["new_approval_status"])
        for story in stories
        if story.get("new_approval_status") in _DECIDERS
    ]
    return (task.get("created_by") or {}).get("gid"), changes


def _decide(
    database: Database,
    question: Question,
    plan: StoredPlan,
    change: Change,
    bot: str | None,
    settings: ReviewSettings,
    now: datetime,
) -> tuple[str, str | None]:
    """Outcome, and why it was refused."""
    name = next((name for name, reviewer in settings.reviewers.items() if reviewer.gid == change.user_gid), None)
    if change.user_gid is None or change.user_gid == bot:
        return "refused", "asana-intel's own user may not decide"
    if name is None:
        return "refused", "that user is not among the reviewers"
    if not question.is_about(plan):
        return "refused", "the task asks about an earlier offer of the plan"
    decide = _DECIDERS[change.status]
    try:
        decide(
            database, question.plan_id, name, now, approvers=settings.approvers, plan_hash=question.plan_hash
        )  # fmt: skip
    except RefusedError as refused:
        return "refused", refused.message
    return ("approved" if decide is review.approve else "rejected"), None


def _judged(database: Database, task_gid: str) -> dict[str, str]:
    """Outcome of the stories of a task that were judged before."""
    with database.transaction("approver") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT story_gid, outcome FROM review_answer WHERE task_gid = %s", (task_gid,))
        return dict(cursor.fetchall())


def _note(database: Database, answer: Answer, plan_hash: str, now: datetime) -> bool:
    """Keep that a change was judged, and say so in the audit; False where another program did it meanwhile."""
    change = answer.change
    with database.transaction("approver") as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO review_answer (story_gid, task_gid, plan_id, user_gid, outcome, at)"
                " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (story_gid) DO NOTHING",
                (change.story_gid, answer.task_gid, answer.plan_id, change.user_gid, answer.outcome, now),
            )
            if not cursor.rowcount:
                return False
        body = {
            "plan_id": answer.plan_id,
            "plan_hash": plan_hash,
            "task_gid": answer.task_gid,
            "story_gid": change.story_gid,
            "status": change.status,
            "outcome": answer.outcome,
            "reason": answer.reason or "",
        }
        event = "answer_refused" if answer.outcome == "refused" else "answer_counted"
        audit.append(connection, now, f"asana user {change.user_gid or 'unknown'}", event, body)
    return True

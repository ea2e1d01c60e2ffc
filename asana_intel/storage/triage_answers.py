"""What people answered to suggestions on tasks that arrived: kept for the plan and the scoreboard; sends nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.storage.postgres import Database

# What can be suggested for a task -> its column in insights/task_triage, and that of its probability.
SUGGESTIONS = {
    "category": ("category", "category_p"),
    "complexity": ("complexity", "complexity_p"),
    "priority": ("priority", "priority_p"),
    "assignee": ("person_gid", "person_p"),
    "duplicate": ("duplicate_of_gid", "duplicate_p"),
}
TASK = "task"


class Verb(StrEnum):
    """An answer. Accept is about every suggestion but that of a duplicate; the others are about the task."""

    accept = "accept"
    duplicate = "duplicate"
    decline = "decline"
    snooze = "snooze"


@dataclass(frozen=True)
class Answer:
    """One answer to one suggestion; `capability` task is about the task as a whole."""

    task_gid: str
    capability: str
    value: str | None
    verb: Verb
    snooze_until: date | None = None


def suggestions(row: dict) -> dict[str, str]:
    """What a row of insights/task_triage suggests, by what it is about."""
    return {about: row[column] for about, (column, _) in SUGGESTIONS.items() if row[column] is not None}


def answers_of(row: dict, verb: Verb, snooze_until: date | None = None) -> list[Answer]:
    """What one verb says to each suggestion for a task.

    Args:
        row: Of insights/task_triage.
        verb: The answer.
        snooze_until: For snooze: the day on which the task comes back.

    Raises:
        PermanentError: There is nothing that could be accepted, or no duplicate was suggested.
    """
    gid, suggested = row["task_gid"], suggestions(row)
    if verb is Verb.snooze:
        return [Answer(gid, TASK, None, verb, snooze_until)]
    if verb is Verb.duplicate:
        wanted = {about: value for about, value in suggested.items() if about == "duplicate"}
    elif verb is Verb.accept:
        wanted = {about: value for about, value in suggested.items() if about != "duplicate"}
    else:
        wanted = suggested or {TASK: None}
    if not wanted:
        what = "duplicate" if verb is Verb.duplicate else "value"
        raise PermanentError(f"No {what} is suggested for task {gid}", fix="decline or snooze it")
    return [Answer(gid, about, value, verb) for about, value in wanted.items()]


def record_answers(database: Database, answers: Sequence[Answer], who: str, at: datetime) -> None:
    """Keep answers; none is ever changed, a later one speaks.

    Args:
        database: Where they are kept.
        answers: All are kept, or none.
        who: Who answered.
        at: Time of the ledger, UTC.
    """
    with database.transaction(role="approver") as connection, connection.cursor() as cursor:
        for a in answers:
            cursor.execute(
                "INSERT INTO triage_answer (task_gid, capability, value, answer, answered_by, at, snooze_until)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (a.task_gid, a.capability, a.value, a.verb.value, who, at, a.snooze_until),
            )


def waiting(triage: pl.DataFrame, database: Database) -> pl.DataFrame:
    """Rows of insights/task_triage that nobody answered for good and that are not put off.

    Args:
        triage: Rows of one week; a task is put off while its day lies after the day of `as_of_at`.
        database: Where answers are kept.
    """
    return _without(triage, database, settled_by=(Verb.accept, Verb.duplicate, Verb.decline))


def wanted(triage: pl.DataFrame, database: Database) -> pl.DataFrame:
    """Rows of insights/task_triage that may be proposed: nobody declined them, called them a duplicate or put them off.

    Args:
        triage: Rows of one week.
        database: Where answers are kept.
    """
    return _without(triage, database, settled_by=(Verb.duplicate, Verb.decline))


def _without(triage: pl.DataFrame, database: Database, settled_by: Sequence[Verb]) -> pl.DataFrame:
    """Rows of tasks whose last answer neither settles them nor puts them off."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (task_gid) task_gid, snooze_until, answer = ANY(%s) FROM triage_answer"
            " ORDER BY task_gid, answer_id DESC",
            ([verb.value for verb in settled_by],),
        )
        rows = cursor.fetchall()
    schema = {"task_gid": pl.String, "snooze_until": pl.Date, "is_settled": pl.Boolean}
    is_off = pl.col("is_settled") | (pl.col("snooze_until") > pl.col("as_of_at").dt.date())
    return (
        triage.join(pl.DataFrame(rows, schema=schema, orient="row"), on="task_gid", how="left", maintain_order="left")
        .filter(~is_off.fill_null(False))
        .drop("snooze_until", "is_settled")
    )

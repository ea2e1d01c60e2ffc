"""What people decided on suggestions: rows of plans they approved or rejected, and answers to triage. Reads only."""

from datetime import datetime

import polars as pl

from asana_intel.storage.postgres import Database

DECISIONS = {"capability": pl.String, "source": pl.String, "is_taken": pl.Boolean}
_ANSWERED = ("duplicate", "category", "complexity", "priority", "assignee")
# Fields of plan rows, by what they suggest.
_FIELDS = {
    "suggested_priority": "priority",
    "priority": "priority",
    "initial_priority": "priority",
    "recommended_assignee": "assignee",
    "assignee": "assignee",
    "category": "category",
    "complexity": "complexity",
    "ai_priority_score": "score order",
    "ai_recommended_sprint": "score order",
    "estimated_hours": "effort",
    "estimated_minutes": "effort",
}
_ROWS = """
SELECT field, decision = 'approved' FROM plan_row
 WHERE decision IN ('approved', 'rejected') AND decided_by IS DISTINCT FROM 'policy'
   AND (%s::timestamptz IS NULL OR decided_at <= %s) AND capability = 'priority' AND field = ANY(%s)
"""
_ANSWERS = """
SELECT DISTINCT ON (task_gid, capability) capability, answer <> 'decline' FROM triage_answer
 WHERE answer <> 'snooze' AND capability = ANY(%s) AND (%s::timestamptz IS NULL OR at <= %s)
 ORDER BY task_gid, capability, answer_id DESC
"""


def read_decisions(database: Database, until: datetime | None) -> pl.DataFrame:
    """Every decision of a person; what a policy approved nobody decided.

    Args:
        database: The ledger.
        until: Time of the ledger after which a decision is not looked at; None = all.

    Returns:
        capability, source (plan or triage), is_taken; one row per decision.
    """
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(_ROWS, (until, until, list(_FIELDS)))
        rows = [(_FIELDS[field], "plan", taken) for field, taken in cursor.fetchall()]
        cursor.execute(_ANSWERS, (list(_ANSWERED), until, until))
        rows += [(about, "triage", taken) for about, taken in cursor.fetchall()]
    return pl.DataFrame(rows, schema=DECISIONS, orient="row").sort("capability", "source", "is_taken")

"""All scores of suggestions of a week, and how many people took. Each kind is judged in its own module."""

from datetime import date, datetime

import polars as pl

from asana_intel.insights.scored.duplicates import score_duplicates
from asana_intel.insights.scored.effort import score_effort
from asana_intel.insights.scored.frames import ALL
from asana_intel.insights.scored.order import score_order
from asana_intel.insights.scored.values import FIELDS, assignees, score_values, set_fields, sizes
from asana_intel.insights.work import READS, finished_work
from asana_intel.storage.standing import Read

INPUTS = (
    *READS,
    "staging/custom_field_values",
    "insights/task_effort",
    "insights/task_triage",
    "insights/task_priority",
)


def score_suggestions(read: Read, week_on: date, as_of: datetime, decisions: pl.DataFrame) -> pl.DataFrame:
    """Rows of insights/suggestion_scores.

    Args:
        read: Reads a table by key.
        week_on: Monday of the week.
        as_of: Nothing later is used.
        decisions: capability, is_taken; what people decided by then.
    """
    finished, triage = finished_work(read, as_of), read("insights/task_triage")
    scores = pl.concat(
        [
            score_effort(read("insights/task_effort"), finished, as_of),
            *(score_values(word, word, triage, set_fields(read, as_of, word), as_of) for word in FIELDS),
            score_values("complexity", "complexity", triage, sizes(set_fields(read, as_of, "complexity")), as_of),
            score_values("assignee", "person_gid", triage, assignees(read, as_of), as_of),
            score_duplicates(triage, decisions, as_of),
            score_order(read("insights/task_priority"), read("staging/tasks"), finished, as_of),
        ]
    )
    taken = decisions.group_by("capability").agg(adoption=pl.col("is_taken").mean()).with_columns(label=pl.lit(ALL))
    return (
        scores.join(taken, on=["capability", "label"], how="left")
        .with_columns(as_of_on=pl.lit(week_on), as_of_at=pl.lit(as_of))
        .sort("capability", "label")
    )

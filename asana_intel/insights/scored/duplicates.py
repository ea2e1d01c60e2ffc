"""How suggested duplicates turned out: whether people said so, too. There is no naive guess."""

from datetime import datetime

import polars as pl

from asana_intel.insights.scored.frames import SCORE, Tally, first_suggestions, score


def score_duplicates(triage: pl.DataFrame, decisions: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Score duplicates by people's decisions on them.

    Args:
        triage: insights/task_triage of all weeks.
        decisions: capability, is_taken; one row per decision of a person.
        as_of: Nothing later is used of the suggestions.

    Returns:
        A row of `SCORE`; none where nothing was suggested.
    """
    suggested = first_suggestions(triage, "duplicate_of_gid", as_of).height
    if not suggested:
        return pl.DataFrame(schema=SCORE)
    said = decisions.filter(capability="duplicate")["is_taken"]
    return score("duplicate", suggested, Tally(int(said.sum()), said.len(), 0, 0))

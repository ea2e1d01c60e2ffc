"""How suggested categories, sizes, priorities and assignees turned out, beside the commonest value."""

from datetime import datetime

import polars as pl

from asana_intel.insights.scored.frames import SCORE, first_suggestions, score, tally
from asana_intel.storage.standing import Read, standing

FIELDS = ("category", "priority")
_SIZES = {"small": "s", "medium": "m", "large": "l"}


def score_values(
    capability: str, column: str, triage: pl.DataFrame, values: pl.DataFrame, as_of: datetime
) -> pl.DataFrame:
    """Score the first suggestion for each task against the value that was set after it.

    The naive guess is the value that most tasks had when the suggestion was made; of equally common ones the first in
    alphabetical order.

    Args:
        capability: category, complexity, priority or assignee.
        column: Column of the suggestion.
        triage: insights/task_triage of all weeks.
        values: task_gid, value, set_at: what each task has as of `as_of`.
        as_of: Nothing later is used.

    Returns:
        A row of `SCORE`; none where nothing was suggested.
    """
    first = first_suggestions(triage, column, as_of)
    if first.is_empty():
        return pl.DataFrame(schema=SCORE)
    known = values.filter(pl.col("set_at") <= as_of, pl.col("value").is_not_null())
    judged = (
        first.join(known, on="task_gid")
        .filter(pl.col("set_at") > pl.col("as_of_at"))
        .join(_commonest(known, first["as_of_at"].unique()), on="as_of_at", how="left")
        .with_columns(is_right=_is(column), is_naive_right=_is("commonest"))
    )
    return score(capability, first.height, tally(judged))


def set_fields(read: Read, as_of: datetime, word: str) -> pl.DataFrame:
    """What tasks have in the custom field called `word`, or `word (…)`, as Asana shows it.

    Returns:
        task_gid, value, set_at; one row per task.
    """
    name = pl.col("field_name").str.to_lowercase()
    shown = read("staging/custom_field_values").filter(pl.col("option_gid").is_not_null())
    options = shown.select("option_gid", option="display_value").unique("option_gid", keep="any")
    number = pl.col("number_value")
    whole = pl.when(number == number.round()).then(number.cast(pl.Int64).cast(pl.String))
    return (
        standing(read("staging/task_field_intervals"), as_of)
        .filter((name == word) | name.str.starts_with(f"{word} ("))
        .join(options, on="option_gid", how="left")
        .with_columns(value=pl.coalesce("option", "text_value", whole, number.cast(pl.String)))
        .filter(pl.col("value").is_not_null())
        .sort("task_gid", "valid_from", "field_name")
        .unique("task_gid", keep="last", maintain_order=True)
        .select("task_gid", "value", set_at="valid_from")
    )


def sizes(values: pl.DataFrame) -> pl.DataFrame:
    """Values of `set_fields` with sizes by their letter, as they are suggested, whether people write S or Small."""
    return values.with_columns(value=pl.col("value").str.strip_chars().str.to_lowercase().replace(_SIZES))


def assignees(read: Read, as_of: datetime) -> pl.DataFrame:
    """Who has each task, and since when: task_gid, value, set_at."""
    return (
        standing(read("staging/task_assignee_intervals"), as_of)
        .filter(pl.col("assignee_gid").is_not_null())
        .select("task_gid", value="assignee_gid", set_at="valid_from")
        .sort("task_gid", "set_at")
        .unique("task_gid", keep="last", maintain_order=True)
    )


def _is(column: str) -> pl.Expr:
    return pl.col("value").str.to_lowercase() == pl.col(column).str.to_lowercase()


def _commonest(known: pl.DataFrame, instants: pl.Series) -> pl.DataFrame:
    """The value that most tasks had at each instant; null where none had any."""
    rows = []
    for at in instants.sort():
        counts = known.filter(pl.col("set_at") <= at).group_by("value").len()
        most = counts.sort("len", "value", descending=[True, False])["value"].head(1).to_list()
        rows.append((at, most[0] if most else None))
    return pl.DataFrame(rows, schema={"as_of_at": instants.dtype, "commonest": pl.String}, orient="row")

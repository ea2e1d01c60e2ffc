"""Comments as a frame with their tone, each text read once; which of them belong together is not decided here."""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from asana_intel.narratives.audience import is_ours
from asana_intel.narratives.tone.tone import read_comment

Read = Callable[[str], pl.DataFrame]

_READING = {"tone": pl.Float64(), "is_urgent": pl.Boolean()}


def read_comments(read: Read, after: datetime, until: datetime) -> pl.DataFrame:
    """The comments that people wrote on tasks and goals in (after, until].

    Args:
        read: Reads a table by key.
        after: Comments of this instant and before are left out.
        until: Last instant.

    Returns:
        story_gid, target_gid, author_gid, created_at, tone (-1..1; null: not English, or nothing of its author's own),
        is_urgent.
    """
    comments = (
        read("staging/stories")
        .filter(
            pl.col("subtype") == "comment_added",
            pl.col("created_at") > after,
            pl.col("created_at") <= until,
            pl.col("author_gid").is_not_null(),
            pl.col("text").is_not_null(),
        )
        .filter(~is_ours("text"))
        .select("story_gid", "target_gid", "author_gid", "created_at", "text")
    )
    texts = comments["text"].unique()
    said = [read_comment(text) for text in texts]
    readings = pl.DataFrame(
        {"text": texts, "tone": [one.tone for one in said], "is_urgent": [one.is_urgent for one in said]},
        schema={"text": pl.String(), **_READING},
    )
    return comments.join(readings, on="text", how="left").drop("text")

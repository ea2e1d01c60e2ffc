"""From what was told and what was seen of something to the stretches of time it stood so. Not what tells of what.

Three things are known of a value that changes: from when its holder is there (born), what stories say that it became
and was before (told), and what a sync saw of it (seen). Where they contradict each other:

- A story counts from its instant. Of several at one instant the last wins.
- What a sync saw and no story told counts from when it looked, until the next story.
- What a sync saw shortly before a story of the same change was that change: a sync lasts, its instant is its start.
- Before all that, what the first story says it was before counts; where none tells, what the first sync saw.
- The record as it stands is the end, whatever stories say: where the last one says otherwise, the record takes its
  instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

# What a row of the timeline is, in the order in which rows of one instant count.
_BORN, _TOLD, _SEEN, _STANDS = 0, 1, 2, 3
# A sync that was killed is gone on with for a day, and its instant is that of its start.
LONGEST_SYNC = timedelta(days=1)


def rebuild(
    keys: Sequence[str],
    values: Sequence[str],
    *,
    born: pl.DataFrame,
    told: pl.DataFrame,
    seen: pl.DataFrame,
    at_birth: dict[str, pl.Expr] | None = None,
) -> pl.DataFrame:
    """The intervals of values, by key.

    Args:
        keys: What identifies a value; the first names its holder, such as `task_gid`.
        values: Columns that make up the value; two values are the same if all of them are, nulls included.
        born: Holder and `born_at`; keys of other holders are left out.
        told: keys, `at`, `story_gid`, values, `old_<value>` for each of them, and `is_known`: whether a null among the
            values says that there is none; otherwise it says that the story does not tell.
        seen: keys, `at`, values, `source` (record or snapshot), `is_current`: the record as it stands. Every key has a
            row that is current.
        at_birth: Values that all begin with; otherwise they are found as said above.

    Returns:
        keys, values, `valid_from`, `valid_to` (null: still so), `source`. Half-open, without a gap from born_at on;
        none of zero length, neighbours differ.
    """
    timeline = _Timeline(keys, values)
    births = pl.concat([told.select(keys), seen.select(keys)]).unique().join(born, on=keys[0]).rename({"born_at": "at"})
    unknown = {value: pl.lit(None, seen.schema[value]) for value in values}
    before = {value: pl.col(f"old_{value}") for value in values}
    rows = pl.concat(
        [
            timeline.rows(births.with_columns(**(at_birth or unknown)), _BORN, is_known=at_birth is not None),
            timeline.rows(told.with_columns(**before), _TOLD, is_after=False),
            timeline.rows(told, _TOLD),
            timeline.rows(seen.filter(~pl.col("is_current")), _SEEN),
            timeline.rows(_and_at_the_end(keys, told, seen), _STANDS),
        ]
    )
    return timeline.intervals(rows.join(born, on=keys[0]))


def _and_at_the_end(keys: Sequence[str], told: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """The standing record when it was seen, and once more at the instant of the last story, where that is later."""
    stands = seen.filter("is_current")
    last = (
        pl.concat([told.select(*keys, "at"), seen.select(*keys, "at")]).group_by(keys).agg(last_at=pl.col("at").max())
    )
    late = stands.join(last, on=keys).filter(pl.col("last_at") > pl.col("at")).with_columns(at="last_at")
    return pl.concat([stands, late.select(stands.columns)])


class _Timeline:
    """The steps of `rebuild`, for some keys and values.

    A row sets the value of its key from its instant on. Each story makes two rows: how it was before (`is_after` is
    false), and how it became; the first only serves to find out what stood before.
    """

    def __init__(self, keys: Sequence[str], values: Sequence[str]) -> None:
        self._keys = keys
        self._values = values

    def rows(self, frame: pl.DataFrame, place: int, *, is_known: bool = True, is_after: bool = True) -> pl.DataFrame:
        """Rows of one kind, in the form in which all kinds are laid together."""
        kept = place == _TOLD and is_after
        return frame.select(
            *self._keys,
            *self._values,
            "at",
            source=pl.lit({_BORN: "record", _TOLD: "story"}[place]) if place < _SEEN else pl.col("source"),
            story_gid=pl.col("story_gid") if place == _TOLD else pl.lit(""),
            is_known=pl.col("is_known") if kept else pl.lit(is_known),
            place=pl.lit(place, pl.UInt8),
            is_after=pl.lit(is_after),
        )

    def intervals(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Intervals from the rows of all kinds, with `born_at`: what is said to be before that counts from then."""
        length = pl.col("story_gid").str.len_bytes()
        ordered = rows.with_columns(clipped=pl.max_horizontal("at", "born_at")).sort(
            *self._keys, "clipped", "place", "at", length, "story_gid", "is_after"
        )
        rows = self._filled(ordered.with_columns(at="clipped").filter(~self._is_ahead_of_its_story()))
        rows = rows.filter("is_after").filter(~self._repeats())
        rows = rows.filter(~(self._is_same_key(-1) & (pl.col("at") == pl.col("at").shift(-1)).fill_null(value=False)))
        ends = pl.when(self._is_same_key(-1)).then(pl.col("at").shift(-1))
        return rows.filter(~self._repeats()).select(
            *self._keys, *self._values, "source", valid_from="at", valid_to=ends
        )

    def _is_ahead_of_its_story(self) -> pl.Expr:
        """Seen by a sync that began before what it saw: the next story tells that change, or another state before."""
        is_soon = (pl.col("at").shift(-1) - pl.col("at")) <= LONGEST_SYNC
        is_next = (pl.col("place") >= _SEEN) & (pl.col("place").shift(-1) == _TOLD) & self._is_same_key(-1) & is_soon
        does_not_tell = ~pl.col("is_known").shift(-2)
        was_other = pl.any_horizontal(pl.col(v).shift(-1).is_not_null() for v in self._values) & ~self._is_same(-1)
        becomes_this = pl.all_horizontal(
            pl.col(v).eq_missing(pl.col(v).shift(-2)) | (does_not_tell & pl.col(v).shift(-2).is_null())
            for v in self._values
        )
        return (is_next & (was_other | becomes_this)).fill_null(value=False)

    def _filled(self, rows: pl.DataFrame) -> pl.DataFrame:
        """What is not known at a row is what the next row says that knows; the last of a key always does."""
        next_known = pl.when("is_known").then(pl.int_range(pl.len())).backward_fill()
        rows = rows.with_columns(next_known=next_known)
        is_birth = pl.col("place") == _BORN
        found = {v: pl.coalesce(v, pl.col(v).gather(pl.col("next_known"))) for v in self._values}
        return rows.with_columns(
            source=pl.when(is_birth).then(pl.col("source").gather(pl.col("next_known"))).otherwise("source"),
            **{v: pl.when("is_known").then(v).otherwise(one) for v, one in found.items()},
        )

    def _repeats(self) -> pl.Expr:
        return self._is_same_key(1) & self._is_same(1)

    def _is_same_key(self, steps: int) -> pl.Expr:
        return pl.all_horizontal(pl.col(k).eq_missing(pl.col(k).shift(steps)) for k in self._keys)

    def _is_same(self, steps: int) -> pl.Expr:
        return pl.all_horizontal(pl.col(v).eq_missing(pl.col(v).shift(steps)) for v in self._values)

"""Which groups of people are large enough to be shown by themselves; what is shown of them lies elsewhere.

A group of fewer than five people is told of only within a larger one. Nor may it be found by taking away all groups
that are shown from everybody: where fewer than five would be left, the smallest of the others is not shown either.
"""

from __future__ import annotations

import polars as pl

from asana_intel.settings import MIN_GROUP


def shown_groups(counts: pl.DataFrame, group: str, within: tuple[str, ...] = ()) -> pl.DataFrame:
    """The groups that may be shown.

    Args:
        counts: `within`, the group (null: in none, never shown by itself) and people, one row each. Every person is in
            one group.
        group: Column that names the group.
        within: Columns, such as the week, in each of which the groups are weighed anew.

    Returns:
        Rows of `counts` to show, sorted, and one with a null group for everybody, where these are at least five.
    """
    over = list(within) or [pl.lit(1)]
    ordered = counts.sort(*within, "people", group)
    is_large = (pl.col("people") >= MIN_GROUP) & pl.col(group).is_not_null()
    weighed = ordered.with_columns(
        is_large=is_large, rest=pl.when(is_large).then(0).otherwise(pl.col("people")).sum().over(over)
    ).with_columns(is_first=pl.col("is_large") & (pl.col("is_large").cum_sum().over(over) == 1))
    leaks = (pl.col("rest") > 0) & (pl.col("rest") < MIN_GROUP)
    shown = weighed.filter(pl.col("is_large"), ~(leaks & pl.col("is_first"))).select(counts.columns)
    names = list(within)
    everybody = (counts.group_by(names) if names else counts.group_by(pl.lit(1).alias("all"))).agg(
        pl.lit(None, counts.schema[group]).alias(group), pl.col("people").sum()
    )
    large = everybody.filter(pl.col("people") >= MIN_GROUP).select(counts.columns)
    return pl.concat([shown, large]).sort(*names, group, nulls_last=True)

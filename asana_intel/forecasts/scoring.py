"""Scores of frozen forecasts against what happened, beside the baseline that was frozen with them; no forecasting."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from asana_intel.forecasts.schema import conform

FORECASTS: dict[str, pl.DataType] = {
    "forecast_id": pl.String(),
    "goal_gid": pl.String(),
    "as_of_on": pl.Date(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "p_attain": pl.Float64(),
    "value_p10": pl.Float64(),
    "value_p50": pl.Float64(),
    "value_p90": pl.Float64(),
    "baseline_p": pl.Float64(),
    "method": pl.String(),
}
OUTCOMES: dict[str, pl.DataType] = {
    "goal_gid": pl.String(),
    "attained": pl.Boolean(),
    "final_value": pl.Float64(),
    "resolved_on": pl.Date(),
}
CUTS_PCT = (25, 50, 75)
"""Shares of the time elapsed, in percent, at which forecasts are compared; each forecast counts for the nearest."""
RELIABILITY_BINS = 10
P_FLOOR = 1e-4
"""Log loss reads a probability of 0 as this, so that one certain miss costs 9.2 and not infinity."""


def score_forecasts(forecasts: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Score every frozen forecast whose outcome is known.

    Args:
        forecasts: Columns of `FORECASTS`, one row per frozen forecast; probabilities 0 to 1, values in the goal's unit.
        outcomes: Columns of `OUTCOMES`, one row per resolved goal (of repeated ones the latest resolved_on counts).

    Returns:
        One row per resolved forecast, in the order given: forecast_id, goal_gid, as_of_on, method, elapsed_pct (0 to
        100), p_attain, attained, brier, log_loss (nats), baseline_brier, in_80_band (final value within p10..p90),
        abs_error (of p50, in the goal's unit). Not scored: a forecast made on or after its due date, or without a
        probability, or whose goal has no outcome, or of a goal that was resolved before the forecast was made.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    known = (
        conform(outcomes, OUTCOMES, "outcomes")
        .drop_nulls(["goal_gid", "attained"])
        .sort("goal_gid", "resolved_on", "attained", "final_value")
        .unique("goal_gid", keep="last", maintain_order=True)
    )
    scored = (
        conform(forecasts, FORECASTS, "forecasts")
        .filter(pl.col("p_attain").is_not_null() & (pl.col("as_of_on") < pl.col("due_on")))
        .join(known, on="goal_gid", how="inner", maintain_order="left")
        .filter(pl.col("resolved_on").is_null() | (pl.col("resolved_on") > pl.col("as_of_on")))
    )
    outcome = pl.col("attained").cast(pl.Float64)
    said = pl.when(pl.col("attained")).then(pl.col("p_attain")).otherwise(1 - pl.col("p_attain"))
    elapsed = (pl.col("as_of_on") - pl.col("start_on")).dt.total_days()
    length = (pl.col("due_on") - pl.col("start_on")).dt.total_days()
    return scored.select(
        "forecast_id",
        "goal_gid",
        "as_of_on",
        "method",
        (100 * elapsed / length).clip(0, 100).alias("elapsed_pct"),
        "p_attain",
        "attained",
        ((pl.col("p_attain") - outcome) ** 2).alias("brier"),
        (-said.clip(P_FLOOR, 1.0).log()).alias("log_loss"),
        ((pl.col("baseline_p") - outcome) ** 2).alias("baseline_brier"),
        pl.col("final_value").is_between("value_p10", "value_p90").alias("in_80_band"),
        (pl.col("final_value") - pl.col("value_p50")).abs().alias("abs_error"),
    )


def summarise_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Average scores over all forecasts, by method, and by share of the time elapsed.

    Skill is 1 - Brier / baseline Brier over the rows that have both (null where the baseline is perfect), so 0 means
    no better than the pace rule. Calibration error is the mean distance of said and seen frequency over ten bins,
    weighted by their size (expected calibration error).

    Args:
        scores: Result of `score_forecasts`.

    Returns:
        One row per group, sorted: method ("all" for every method together), elapsed_pct (nearest of 25, 50, 75; null
        for all), n, brier, baseline_brier, skill, log_loss, coverage_80 (share of final values inside the 80 % band),
        calibration_error, and reliability: a list of structs (bin_low, bin_high, n, mean_p, attained_share) for the
        bins that hold a forecast. Empty where nothing is scored.
    """
    nearest = pl.lit(CUTS_PCT[-1])
    for low, high in reversed(list(pairwise(CUTS_PCT))):
        nearest = pl.when(pl.col("elapsed_pct") <= (low + high) / 2).then(pl.lit(low)).otherwise(nearest)
    rows = scores.with_columns(
        pl.col("method").fill_null("unknown"),
        nearest.cast(pl.Int64).alias("cut_pct"),
        (pl.col("p_attain") * RELIABILITY_BINS).floor().clip(0, RELIABILITY_BINS - 1).cast(pl.Int64).alias("bin"),
    )
    everything = rows.with_columns(pl.lit("all").alias("method"))
    all_rows = pl.concat([everything, rows])
    grouped = pl.concat(
        [all_rows.with_columns(pl.lit(None, dtype=pl.Int64).alias("cut_pct")), all_rows], how="vertical"
    )
    groups = ["method", "cut_pct"]
    return (
        _mean_scores(grouped, groups)
        .join(_reliability(grouped, groups), on=groups, nulls_equal=True)
        .rename({"cut_pct": "elapsed_pct"})
        .sort("method", "elapsed_pct", nulls_last=False)
    )


def _mean_scores(rows: pl.DataFrame, groups: list[str]) -> pl.DataFrame:
    paired = pl.col("baseline_brier").is_not_null()
    baseline = pl.col("baseline_brier").mean()
    return rows.group_by(groups).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("brier").mean(),
        baseline,
        pl.when(baseline > 0).then(1 - pl.col("brier").filter(paired).mean() / baseline).alias("skill"),
        pl.col("log_loss").mean(),
        pl.col("in_80_band").mean().alias("coverage_80"),
    )


def _reliability(rows: pl.DataFrame, groups: list[str]) -> pl.DataFrame:
    """Per group the calibration error and the list of bins, from low to high."""
    bins = (
        rows.group_by(*groups, "bin")
        .agg(
            pl.len().cast(pl.Int64).alias("n"),
            pl.col("p_attain").mean().alias("mean_p"),
            pl.col("attained").cast(pl.Float64).mean().alias("attained_share"),
        )
        .with_columns(
            (pl.col("bin") / RELIABILITY_BINS).round(6).alias("bin_low"),
            ((pl.col("bin") + 1) / RELIABILITY_BINS).round(6).alias("bin_high"),
        )
        .sort("bin")
    )
    distance = (pl.col("mean_p") - pl.col("attained_share")).abs()
    return bins.group_by(groups, maintain_order=True).agg(
        ((distance * pl.col("n")).sum() / pl.col("n").sum()).alias("calibration_error"),
        pl.struct("bin_low", "bin_high", "n", "mean_p", "attained_share").alias("reliability"),
    )

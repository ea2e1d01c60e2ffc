"""Scores of forecasts against what happened, beside what others said at the time; no forecasting."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import polars as pl

from asana_intel.forecasts.outcomes import OUTCOMES
from asana_intel.storage.conform import conform

FORECASTS: dict[str, pl.DataType] = {
    "forecast_id": pl.String(),
    "goal_gid": pl.String(),
    "kind": pl.String(),
    "as_of_on": pl.Date(),
    "start_on": pl.Date(),
    "due_on": pl.Date(),
    "initial_value": pl.Float64(),
    "target_value": pl.Float64(),
    "p_attain": pl.Float64(),
    "value_p10": pl.Float64(),
    "value_p50": pl.Float64(),
    "value_p90": pl.Float64(),
    "baseline_p": pl.Float64(),
    "owner_p": pl.Float64(),
    "model_p": pl.Float64(),
    "method": pl.String(),
}
CUTS_PCT = (25, 50, 75)
"""Shares of the time elapsed, in percent, at which forecasts are compared; each forecast counts for the nearest."""
RELIABILITY_BINS = 10
P_FLOOR = 1e-4
"""Log loss reads a probability of 0 as this, so that one certain miss costs 9.2 and not infinity."""
_QUANTILES = {"value_p10": 0.1, "value_p50": 0.5, "value_p90": 0.9}
_DECILES = {f"p{decile}0": decile / 10 for decile in range(1, 10)}


def score_forecasts(forecasts: pl.DataFrame, outcomes: pl.DataFrame) -> pl.DataFrame:
    """Score every forecast whose outcome is known.

    Args:
        forecasts: Columns of `FORECASTS`, one row per forecast; probabilities 0 to 1, values in the goal's unit.
            `p_attain` was shown; `model_p` is what the model said, where that is something else.
        outcomes: Columns of `outcomes.OUTCOMES` (of repeated ones the latest resolved_on counts).

    Returns:
        One row per resolved forecast, in the order given: forecast_id, goal_gid, kind, as_of_on, due_on, method,
        elapsed_pct (0 to 100), p_attain, baseline_p, owner_p, model_p, attained, final_value, brier, log_loss (nats),
        baseline_brier, owner_brier, model_brier, in_80_band (final value within p10..p90), abs_error (of p50, in the
        goal's unit), crps (twice the mean pinball loss of p10, p50 and p90, as a share of the way from the initial
        value to the target). Not scored: a forecast made on or after its due date, or without a probability, or
        without an outcome, or that was resolved before it was made.

    Raises:
        PermanentError: A column is missing or of a wrong type; the message names it.
    """
    known = (
        conform(outcomes, OUTCOMES, "outcomes")
        .drop_nulls(["forecast_id", "attained"])
        .sort("forecast_id", "resolved_on", "attained", "final_value")
        .unique("forecast_id", keep="last", maintain_order=True)
    )
    scored = (
        conform(forecasts, FORECASTS, "forecasts")
        .filter(pl.col("p_attain").is_not_null() & (pl.col("as_of_on") < pl.col("due_on")))
        .join(known, on="forecast_id", how="inner", maintain_order="left")
        .filter(pl.col("resolved_on").is_null() | (pl.col("resolved_on") > pl.col("as_of_on")))
        .with_columns(pl.coalesce("model_p", "p_attain").alias("model_p"))
    )
    said = pl.when(pl.col("attained")).then(pl.col("p_attain")).otherwise(1 - pl.col("p_attain"))
    elapsed = (pl.col("as_of_on") - pl.col("start_on")).dt.total_days()
    length = (pl.col("due_on") - pl.col("start_on")).dt.total_days()
    return scored.select(
        "forecast_id",
        "goal_gid",
        "kind",
        "as_of_on",
        "due_on",
        "method",
        (100 * elapsed / length).clip(0, 100).alias("elapsed_pct"),
        "p_attain",
        "baseline_p",
        "owner_p",
        "model_p",
        "attained",
        "final_value",
        _brier("p_attain").alias("brier"),
        (-said.clip(P_FLOOR, 1.0).log()).alias("log_loss"),
        _brier("baseline_p").alias("baseline_brier"),
        _brier("owner_p").alias("owner_brier"),
        _brier("model_p").alias("model_brier"),
        pl.col("final_value").is_between("value_p10", "value_p90").alias("in_80_band"),
        (pl.col("final_value") - pl.col("value_p50")).abs().alias("abs_error"),
        _crps().alias("crps"),
    )


def _brier(p: str) -> pl.Expr:
    return (pl.col(p) - pl.col("attained").cast(pl.Float64)) ** 2


def _crps() -> pl.Expr:
    span = (pl.col("target_value") - pl.col("initial_value")).abs()
    return pl.when(span > 0).then(_quantile_score("final_value", _QUANTILES) / span)


def _quantile_score(outcome: str, quantiles: Mapping[str, float]) -> pl.Expr:
    """Gneiting and Raftery 2007: the continuous ranked probability score as twice the mean pinball loss."""
    losses = []
    for name, q in quantiles.items():
        error = pl.col(outcome) - pl.col(name)
        losses.append(pl.max_horizontal(q * error, (q - 1) * error))
    return 2 * pl.mean_horizontal(losses, ignore_nulls=False)


def score_weeks(forecasts: pl.DataFrame) -> pl.DataFrame:
    """Score forecasts of people's weeks, and of the totals of several, whose outcome is known.

    Args:
        forecasts: as_of_on, week_on (null: the total), p10 … p90, baseline_mean (the mean of eight weeks before, times
            the weeks of a total), actual; all hours.

    Returns:
        The same rows with weeks_ahead (null for a total), crps, baseline_crps (of the single number `baseline_mean`:
        its absolute error), abs_error (of p50) and in_80_band.
    """
    error = (pl.col("actual") - pl.col("baseline_mean")).abs()
    return forecasts.with_columns(
        weeks_ahead=(pl.col("week_on") - pl.col("as_of_on")).dt.total_days() // 7,
        crps=_quantile_score("actual", _DECILES),
        baseline_crps=error,
        abs_error=(pl.col("actual") - pl.col("p50")).abs(),
        in_80_band=pl.col("actual").is_between("p10", "p90"),
    )


def summarise_scores(scores: pl.DataFrame) -> pl.DataFrame:
    """Average scores over all forecasts, by method, and by share of the time elapsed.

    Skill is 1 - Brier / baseline Brier over the rows that have both (null where the baseline is perfect), so 0 means
    no better than the pace rule; `owner_skill` is the same against the owners' own status. Calibration error is the
    mean distance of said and seen frequency over ten bins, weighted by their size (expected calibration error).

    Args:
        scores: Result of `score_forecasts`.

    Returns:
        One row per group, sorted: method ("all" for every method together), elapsed_pct (nearest of 25, 50, 75; null
        for all), n, goals, brier, baseline_brier, skill, owner_brier, owner_skill, log_loss, crps, coverage_80 (share
        of final values inside the 80 % band), calibration_error, and reliability: a list of structs (bin_low,
        bin_high, n, mean_p, attained_share) for the bins that hold a forecast. Empty where nothing is scored.
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
    return rows.group_by(groups).agg(
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("goal_gid").n_unique().cast(pl.Int64).alias("goals"),
        pl.col("brier").mean(),
        pl.col("baseline_brier").mean(),
        _skill("baseline_brier").alias("skill"),
        pl.col("owner_brier").mean(),
        _skill("owner_brier").alias("owner_skill"),
        pl.col("log_loss").mean(),
        pl.col("crps").mean(),
        pl.col("in_80_band").mean().alias("coverage_80"),
    )


def _skill(against: str) -> pl.Expr:
    theirs = pl.col(against).mean()
    ours = pl.col("brier").filter(pl.col(against).is_not_null()).mean()
    return pl.when(theirs > 0).then(1 - ours / theirs)


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

"""Whether a model has earned its place on this organisation's own goals; else the pace rule speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import polars as pl

from asana_intel.storage.contracts import CONTRACTS

MIN_GOALS = 20
"""Resolved goals of a kind below which nothing is concluded."""
CONFIDENCE = 0.95
_DRAWS = 2000
_SEED = 7


@dataclass(frozen=True)
class Verdict:
    """How the model of one kind of goal did against the pace rule.

    Args:
        kind: flow, level, commitment or cohort.
        goals: Resolved goals.
        brier: Of the model, mean of the goals' means.
        baseline_brier: Of the pace rule.
        is_off: The model lost by more than chance explains, and does not speak here.
    """

    kind: str
    goals: int
    brier: float
    baseline_brier: float
    is_off: bool

    @property
    def reason(self) -> str:
        """What the page says."""
        return (
            f"the model for {self.kind} goals is off here: over {self.goals} resolved goals its Brier score was "
            f"{self.brier:.3f}, the pace rule's {self.baseline_brier:.3f}"
        )


def judge(scores: pl.DataFrame) -> list[Verdict]:
    """Judge the model of each kind by its scores.

    A goal's forecasts share its outcome, so goals are drawn, not forecasts (bootstrap over goals): the model is off
    where the pace rule was better in more than `CONFIDENCE` of the draws, over at least `MIN_GOALS` goals.

    Args:
        scores: kind, goal_gid, model_brier, baseline_brier, one row per scored forecast. What the model said counts,
            also while it is off, so that it can come back.

    Returns:
        A verdict for each kind with a score, sorted by kind.
    """
    by_goal = (
        scores.drop_nulls(["kind", "model_brier", "baseline_brier"])
        .group_by("kind", "goal_gid")
        .agg(pl.col("model_brier", "baseline_brier").mean())
        .sort("kind", "goal_gid")
    )
    return [_verdict(str(kind), goals) for (kind,), goals in by_goal.group_by("kind", maintain_order=True)]


def _verdict(kind: str, goals: pl.DataFrame) -> Verdict:
    ours, theirs = goals["model_brier"].to_numpy(), goals["baseline_brier"].to_numpy()
    drawn = np.random.default_rng(_SEED).integers(0, ours.size, (_DRAWS, ours.size))
    share_lost = float(((ours - theirs)[drawn].mean(axis=1) > 0).mean())
    is_off = ours.size >= MIN_GOALS and share_lost > CONFIDENCE
    return Verdict(kind, int(ours.size), float(ours.mean()), float(theirs.mean()), is_off)


def verdicts_table(verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """The verdicts as a table (contract forecasts/model_verdicts)."""
    rows = [{**asdict(verdict), "reason": verdict.reason if verdict.is_off else None} for verdict in verdicts]
    return pl.DataFrame(rows, schema=CONTRACTS["forecasts/model_verdicts"].schema)


def hold_back(attainment: pl.DataFrame, verdicts: Sequence[Verdict]) -> pl.DataFrame:
    """Put the pace rule in the place of models that are off.

    Args:
        attainment: goal_gid, kind, status, p_attain, value_p10, value_p50, value_p90, predicted_on, method,
            baseline_p, baseline_value.
        verdicts: From `judge`.

    Returns:
        The same rows; where the model is off, p_attain and value_p50 are the pace rule's, the band and
        the predicted date are null, and the method says so.
    """
    off = {verdict.kind for verdict in verdicts if verdict.is_off}
    is_off = pl.col("kind").is_in(list(off)).fill_null(value=False) & (pl.col("status") == "assessed")
    nothing = pl.lit(None)

    def instead(name: str, other: pl.Expr) -> pl.Expr:
        return pl.when(is_off).then(other).otherwise(pl.col(name)).alias(name)

    return attainment.with_columns(
        instead("p_attain", pl.col("baseline_p")),
        instead("value_p10", nothing),
        instead("value_p50", pl.col("baseline_value")),
        instead("value_p90", nothing),
        instead("predicted_on", nothing),
        instead("method", pl.lit("pace_rule (the model lost to it here)")),
    )

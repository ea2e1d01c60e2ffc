"""The ledgers of every forecast that was shown, of goals and of people, and their scores once the outcome is known."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.forecasts.chain import Chain, Inputs
from asana_intel.forecasts.outcomes import resolve
from asana_intel.forecasts.scoring import score_forecasts, score_weeks
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database

VERSION = "2"
_FIRST = (
    "goal_gid", "as_of_on", "as_of_at", "start_on", "due_on", "p_attain", "value_p10", "value_p50", "value_p90",
    "baseline_p", "method",
)  # fmt: skip
GOALS = Chain(
    "forecast_ledger",
    (*_FIRST, "kind", "initial_value", "target_value", "owner_p", "model_p"),
    ("goal_gid", "as_of_at"),
    VERSION,
    unchained={"1": _FIRST},
)
PEOPLE = Chain(
    "capacity_ledger",
    ("person_gid", "as_of_on", "as_of_at", "week_on", "mean", "p10", "p20", "p30", "p40", "p50", "p60", "p70", "p80",
     "p90", "baseline_mean", "available_hours", "assigned_hours", "p_overload", "method"),
    ("person_gid", "as_of_at", "week_on"),
    VERSION,
)  # fmt: skip
_WEEK = timedelta(weeks=1)


def freeze_goals(database: Database, attainment: pl.DataFrame, inputs: Inputs) -> int:
    """Add the assessed forecasts of goals (forecasts/goal_attainment) to their ledger; see `Chain.freeze`."""
    said = attainment.filter(pl.col("status") == "assessed", pl.col("p_attain").is_not_null())
    return GOALS.freeze(database, said, inputs)


def freeze_people(database: Database, capacity: pl.DataFrame, inputs: Inputs) -> int:
    """Add the assessed forecasts of people's weeks (forecasts/person_capacity) to their ledger; see `Chain.freeze`."""
    return PEOPLE.freeze(database, capacity.filter(pl.col("status") == "assessed"), inputs)


def score(forecasts: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scores of the forecasts of goals whose outcome is known (contract forecasts/forecast_scores).

    Args:
        forecasts: goal_attainment's columns.
        snapshots: staging/goal_snapshots.
        as_of: Nothing later is used.
    """
    numbered = forecasts.drop("forecast_id", strict=False).with_row_index("forecast_id")
    numbered = numbered.cast({"forecast_id": pl.String})
    scores = score_forecasts(numbered, resolve(numbered, snapshots, as_of))
    return (
        scores.join(numbered.select("forecast_id", "as_of_at"), on="forecast_id", maintain_order="left")
        .with_columns(
            elapsed_pct=pl.col("elapsed_pct") / 100,
            weeks_ahead=(pl.col("due_on") - pl.col("as_of_on")).dt.total_days() // 7,
        )
        .sort("as_of_at", "goal_gid")
        .select(CONTRACTS["forecasts/forecast_scores"].schema.names())
    )


def score_goals(database: Database, dim_goal: pl.DataFrame, snapshots: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scores of every frozen forecast of a goal whose outcome is known; see `score`.

    Args:
        database: The product's schema.
        dim_goal: marts/dim_goal; forecasts of the first version have no claim of their own, and take its.
        snapshots: staging/goal_snapshots.
        as_of: Nothing later is used.
    """
    claims = dim_goal.select("goal_gid", initial_now="initial_value", target_now="target_value")
    frozen = GOALS.rows(database, CONTRACTS["forecasts/goal_attainment"].schema)
    claimed = frozen.join(claims, on="goal_gid", how="left", maintain_order="left").with_columns(
        initial_value=pl.coalesce("initial_value", "initial_now"),
        target_value=pl.coalesce("target_value", "target_now"),
    )
    return score(claimed, snapshots, as_of)


def score_people(database: Database, actual: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scores of every frozen forecast of a person's weeks that are over; see `score_person_weeks`."""
    frozen = PEOPLE.rows(database, CONTRACTS["forecasts/person_capacity"].schema)
    return score_person_weeks(frozen, actual, as_of)


def score_person_weeks(forecasts: pl.DataFrame, actual: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Scores of the forecasts of people's weeks that are over (contract forecasts/capacity_scores).

    Args:
        forecasts: person_capacity's columns.
        actual: person_gid, week_on, value: what each person got done in each week (`inputs.person_history`).
        as_of: Weeks that had not ended by then have no outcome.
    """
    numbered = forecasts.drop("forecast_id", strict=False).with_row_index("forecast_id")
    until = numbered.group_by("person_gid", "as_of_at").agg(
        last_on=pl.col("week_on").max(), first_on=pl.col("week_on").min()
    )
    claims = numbered.join(until, on=["person_gid", "as_of_at"]).with_columns(
        from_on=pl.coalesce("week_on", "first_on"), to_on=pl.coalesce("week_on", "last_on")
    )
    over = claims.filter(pl.col("to_on") + _WEEK <= as_of.date())
    weeks = over.select("forecast_id", "person_gid", "from_on", "to_on").join(actual, on="person_gid")
    done = (
        weeks.filter(pl.col("week_on").is_between("from_on", "to_on"))
        .group_by("forecast_id")
        .agg(actual=pl.col("value").sum())
    )
    # A week of somebody who was there and did nothing has no row; who has none at all is not judged.
    known = over.join(actual.select("person_gid").unique(), on="person_gid", how="semi")
    scored = score_weeks(known.join(done, on="forecast_id", how="left").with_columns(pl.col("actual").fill_null(0.0)))
    return scored.sort("as_of_at", "person_gid", "week_on").select(
        CONTRACTS["forecasts/capacity_scores"].schema.names()
    )


def scored_by(scores: pl.DataFrame, day: date) -> pl.DataFrame:
    """The scores of goals that were known on a day: those of goals that had been due by then."""
    return scores.filter(pl.col("due_on") < day)

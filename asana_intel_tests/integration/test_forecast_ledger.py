"""Every forecast that was shown is frozen, and scored when its outcome is known."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import psycopg2
import pytest

from asana_intel.forecasts.ledger import freeze, frozen_forecasts, outcomes, score_ledger
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.postgres import Database

WEEK_ON = date(2026, 3, 2)
AS_OF = datetime(2026, 3, 4, 6, tzinfo=UTC)
START, DUE = date(2026, 1, 5), date(2026, 3, 31)
VERSIONS: dict[str, int | None] = {"marts/dim_goal": 3, "staging/goal_snapshots": None}


def frame(key: str, *rows: dict[str, Any]) -> pl.DataFrame:
    schema = CONTRACTS[key].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def forecast(gid: str = "g", p: float | None = 0.8, **values: Any) -> dict[str, Any]:
    base = {
        "as_of_on": WEEK_ON, "as_of_at": AS_OF, "goal_gid": gid, "p_attain": p, "value_p10": 30.0, "value_p50": 42.0,
        "value_p90": 50.0, "due_on": DUE, "baseline_p": 0.1, "status": "assessed", "method": "gamma_shrunk",
    }  # fmt: skip
    return base | values


def attainment(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame("forecasts/goal_attainment", *(rows or (forecast(),)))


def goals(*gids: str, **values: Any) -> pl.DataFrame:
    base = {"start_on": START, "due_on": DUE, "initial_value": 0.0, "target_value": 40.0} | values
    return frame("marts/dim_goal", *(base | {"goal_gid": gid} for gid in gids or ("g",)))


def snapshots(*pairs: tuple[date, float | None], gid: str = "g") -> pl.DataFrame:
    rows = (
        {
            "goal_gid": gid,
            "snapshot_on": on,
            "snapshot_at": datetime(on.year, on.month, on.day, 5, tzinfo=UTC),
            "value": v,
        }
        for on, v in pairs
    )
    return frame("staging/goal_snapshots", *rows)


def after(days: int) -> date:
    return DUE + timedelta(days=days)


END = datetime(2026, 6, 1, tzinfo=UTC)


def test_a_forecast_that_was_shown_is_kept_as_it_was(database: Database) -> None:
    assert freeze(database, attainment(), goals(), VERSIONS) == 1
    (row,) = frozen_forecasts(database).to_dicts()
    kept = forecast() | {"start_on": START}
    assert {name: row[name] for name in row if name != "forecast_id"} == {
        name: kept[name] for name in row if name != "forecast_id"
    }
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT inputs, length(row_hash) FROM forecast_ledger")
        assert cursor.fetchone() == (VERSIONS, 32)


def test_freezing_twice_adds_nothing_and_changes_nothing(database: Database) -> None:
    freeze(database, attainment(), goals(), VERSIONS)
    before = frozen_forecasts(database)
    assert freeze(database, attainment(forecast(p=0.1)), goals(), VERSIONS) == 0
    assert frozen_forecasts(database).equals(before)


def test_the_same_goal_is_frozen_again_at_the_next_instant(database: Database) -> None:
    freeze(database, attainment(), goals(), VERSIONS)
    later = forecast(p=0.5, as_of_at=AS_OF + timedelta(days=1))
    assert freeze(database, attainment(later), goals(), VERSIONS) == 1
    assert frozen_forecasts(database)["p_attain"].to_list() == [0.8, 0.5]


def test_what_was_not_assessed_was_not_said_and_is_not_frozen(database: Database) -> None:
    silent = attainment(forecast("a", None, status="not_assessed"), forecast("b", status="closed"), forecast("c", None))
    assert freeze(database, silent, goals("a", "b", "c"), VERSIONS) == 0
    assert freeze(database, attainment().clear(), goals(), VERSIONS) == 0
    assert frozen_forecasts(database).is_empty()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE forecast_ledger SET p_attain = 1",
        "UPDATE forecast_ledger SET p_attain = 1 WHERE false",
        "DELETE FROM forecast_ledger",
        "TRUNCATE forecast_ledger",
    ],
)
def test_the_ledger_can_only_grow(database: Database, statement: str) -> None:
    freeze(database, attainment(), goals(), VERSIONS)
    with (
        pytest.raises(psycopg2.errors.RaiseException, match="append-only"),
        database.transaction() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert frozen_forecasts(database)["p_attain"].to_list() == [0.8]


def test_a_probability_that_is_none_is_refused_by_the_ledger_itself(database: Database) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        freeze(database, attainment(forecast(p=1.5)), goals(), VERSIONS)
    assert frozen_forecasts(database).is_empty()


def resolved(goal_rows: pl.DataFrame, seen: pl.DataFrame, as_of: datetime = END) -> list[tuple[Any, ...]]:
    return outcomes(goal_rows, seen, as_of).rows()


def test_the_first_snapshot_after_the_due_date_decides() -> None:
    seen = snapshots((DUE, 39.0), (after(1), 41.0), (after(2), 12.0))
    assert resolved(goals(), seen) == [("g", True, 41.0, after(1))]


def test_before_that_snapshot_nothing_is_decided() -> None:
    seen = snapshots((DUE, 45.0), (after(1), None), (after(3), 41.0))
    assert resolved(goals(), seen, datetime(2026, 4, 2, tzinfo=UTC)) == []
    assert resolved(goals(), seen) == [("g", True, 41.0, after(3))]


@pytest.mark.parametrize(
    ("initial", "target", "final", "attained"),
    [(0, 40, 40, True), (0, 40, 39.9, False), (40, 10, 10, True), (40, 10, 9, True), (40, 10, 11, False),
     (-5, -1, -1, True), (-1, -5, -2, False)],
)  # fmt: skip
def test_the_target_is_reached_in_its_direction(initial: float, target: float, final: float, attained: bool) -> None:
    rows = goals(initial_value=float(initial), target_value=float(target))
    assert [row[1] for row in resolved(rows, snapshots((after(1), final)))] == [attained]


@pytest.mark.parametrize("gone", ["initial_value", "target_value", "due_on"])
def test_a_goal_whose_definition_was_removed_is_never_decided(gone: str) -> None:
    assert resolved(goals(**{gone: None}), snapshots((after(1), 10.0))) == []


def test_scores_stand_beside_the_naive_rule(database: Database) -> None:
    freeze(
        database, attainment(forecast("hit"), forecast("miss", 0.3), forecast("open")), goals("hit", "miss", "open"), {}
    )
    known = outcomes(
        goals("hit", "miss", "open"),
        pl.concat([snapshots((after(1), 45.0), gid="hit"), snapshots((after(1), 20.0), gid="miss")]),
        END,
    )
    scores = conform(CONTRACTS["forecasts/forecast_scores"], score_ledger(database, known))
    hit, miss = scores.to_dicts()
    assert (hit["goal_gid"], hit["attained"], miss["goal_gid"], miss["attained"]) == ("hit", True, "miss", False)
    assert hit["brier"] == pytest.approx(0.04)
    assert hit["baseline_brier"] == pytest.approx(0.81)
    assert hit["log_loss"] == pytest.approx(-math.log(0.8))
    assert (hit["in_80_band"], hit["abs_error"]) == (True, 3.0)
    assert miss["brier"] == pytest.approx(0.09)
    assert miss["baseline_brier"] == pytest.approx(0.01)
    assert (miss["in_80_band"], miss["final_value"]) == (False, 20.0)
    assert hit["elapsed_pct"] == pytest.approx((WEEK_ON - START).days / (DUE - START).days)
    assert hit["weeks_ahead"] == 4


def test_an_empty_ledger_has_no_scores(database: Database) -> None:
    scores = score_ledger(database, outcomes(goals(), snapshots(), END))
    assert conform(CONTRACTS["forecasts/forecast_scores"], scores).is_empty()

"""Every forecast that was shown is frozen, and scored when its outcome is known."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import psycopg2
import pytest

from asana_intel.forecasts.ledger import GOALS, PEOPLE, freeze_goals, freeze_people, score_goals, score_people
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
        "value_p90": 50.0, "start_on": START, "due_on": DUE, "initial_value": 0.0, "target_value": 40.0,
        "baseline_p": 0.1, "status": "assessed", "method": "gamma_shrunk",
    }  # fmt: skip
    return base | values


def attainment(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame("forecasts/goal_attainment", *(rows or (forecast(),)))


def frozen(database: Database) -> pl.DataFrame:
    return GOALS.rows(database, CONTRACTS["forecasts/goal_attainment"].schema)


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
    assert freeze_goals(database, attainment(), VERSIONS) == 1
    (row,) = frozen(database).to_dicts()
    kept = dict.fromkeys(row) | forecast()
    assert {name: row[name] for name in row if name != "forecast_id"} == {
        name: kept[name] for name in row if name != "forecast_id"
    }
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT inputs, length(row_hash) FROM forecast_ledger")
        assert cursor.fetchone() == (VERSIONS, 32)


def test_freezing_twice_adds_nothing_and_changes_nothing(database: Database) -> None:
    freeze_goals(database, attainment(), VERSIONS)
    before = frozen(database)
    assert freeze_goals(database, attainment(forecast(p=0.1)), VERSIONS) == 0
    assert frozen(database).equals(before)


def test_the_same_goal_is_frozen_again_at_the_next_instant(database: Database) -> None:
    freeze_goals(database, attainment(), VERSIONS)
    later = forecast(p=0.5, as_of_at=AS_OF + timedelta(days=1))
    assert freeze_goals(database, attainment(later), VERSIONS) == 1
    assert frozen(database)["p_attain"].to_list() == [0.8, 0.5]


def test_what_was_not_assessed_was_not_said_and_is_not_frozen(database: Database) -> None:
    silent = attainment(forecast("a", None, status="not_assessed"), forecast("b", status="closed"), forecast("c", None))
    assert freeze_goals(database, silent, VERSIONS) == 0
    assert freeze_goals(database, attainment().clear(), VERSIONS) == 0
    assert frozen(database).is_empty()


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
    freeze_goals(database, attainment(), VERSIONS)
    with (
        pytest.raises(psycopg2.errors.RaiseException, match="append-only"),
        database.transaction() as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert frozen(database)["p_attain"].to_list() == [0.8]


def test_a_probability_that_is_none_is_refused_by_the_ledger_itself(database: Database) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation):
        freeze_goals(database, attainment(forecast(p=1.5)), VERSIONS)
    assert frozen(database).is_empty()


def alter(database: Database, statement: str) -> None:
    """Change the ledger as somebody would who owns the database."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE forecast_ledger DISABLE TRIGGER forecast_ledger_is_append_only")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE forecast_ledger ENABLE TRIGGER forecast_ledger_is_append_only")


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE forecast_ledger SET p_attain = 0.81 WHERE goal_gid = 'b'", [2]),
        ("UPDATE forecast_ledger SET method = 'better' WHERE goal_gid = 'c'", [3]),
        ("UPDATE forecast_ledger SET owner_p = 0.5 WHERE goal_gid = 'a'", [1]),
        ("UPDATE forecast_ledger SET inputs = '{}' WHERE goal_gid = 'a'", [1]),
        ("UPDATE forecast_ledger SET as_of_at = as_of_at - interval '1 day' WHERE goal_gid = 'a'", [1]),
        ("UPDATE forecast_ledger SET row_hash = md5('x') WHERE goal_gid = 'a'", [1, 2]),
        ("DELETE FROM forecast_ledger WHERE goal_gid = 'b'", [3]),
    ],
)
def test_a_frozen_row_that_was_changed_or_removed_is_found(
    database: Database, statement: str, found: list[int]
) -> None:
    freeze_goals(database, attainment(forecast("a"), forecast("b"), forecast("c")), VERSIONS)
    assert GOALS.changed_rows(database) == []
    (first,) = frozen(database)["forecast_id"].head(1)
    alter(database, statement)
    assert [forecast_id - first + 1 for forecast_id in GOALS.changed_rows(database)] == found


def test_the_head_vouches_for_everything_before_it(database: Database) -> None:
    assert GOALS.head(database) == ""
    freeze_goals(database, attainment(forecast("a")), VERSIONS)
    first = GOALS.head(database)
    freeze_goals(database, attainment(forecast("b", as_of_at=AS_OF + timedelta(days=7))), VERSIONS)
    assert first != GOALS.head(database) != ""
    assert GOALS.changed_rows(database) == []


def scores_of(database: Database, seen: pl.DataFrame, as_of: datetime = END) -> list[dict[str, Any]]:
    made = score_goals(database, goals(), seen, as_of)
    return conform(CONTRACTS["forecasts/forecast_scores"], made).to_dicts()


def test_the_first_snapshot_after_the_due_date_decides(database: Database) -> None:
    freeze_goals(database, attainment(), VERSIONS)
    (score,) = scores_of(database, snapshots((DUE, 39.0), (after(1), 41.0), (after(2), 12.0)))
    assert (score["attained"], score["final_value"]) == (True, 41.0)


def test_before_that_snapshot_nothing_is_decided(database: Database) -> None:
    freeze_goals(database, attainment(), VERSIONS)
    seen = snapshots((DUE, 45.0), (after(1), None), (after(3), 41.0))
    assert scores_of(database, seen, datetime(2026, 4, 2, tzinfo=UTC)) == []
    assert [score["final_value"] for score in scores_of(database, seen)] == [41.0]


@pytest.mark.parametrize(
    ("initial", "target", "final", "attained"),
    [(0, 40, 40, True), (0, 40, 39.9, False), (40, 10, 10, True), (40, 10, 9, True), (40, 10, 11, False),
     (-5, -1, -1, True), (-1, -5, -2, False)],
)  # fmt: skip
def test_the_target_is_reached_in_its_direction(
    database: Database, initial: float, target: float, final: float, attained: bool
) -> None:
    freeze_goals(database, attainment(forecast(initial_value=float(initial), target_value=float(target))), VERSIONS)
    assert [score["attained"] for score in scores_of(database, snapshots((after(1), final)))] == [attained]


def test_a_forecast_is_scored_by_the_target_and_the_due_date_it_was_made_for(database: Database) -> None:
    freeze_goals(database, attainment(forecast(target_value=30.0, due_on=DUE - timedelta(days=14))), VERSIONS)
    moved = snapshots((after(-13), 31.0), (after(1), 35.0))
    (score,) = scores_of(database, moved)  # the goal itself wants 40 by a later day now
    assert (score["attained"], score["final_value"], score["due_on"]) == (True, 31.0, DUE - timedelta(days=14))


def test_a_forecast_of_the_first_version_is_scored_by_what_the_goal_says_now(database: Database) -> None:
    freeze_goals(database, attainment(forecast(initial_value=None, target_value=None)), VERSIONS)
    assert [score["attained"] for score in scores_of(database, snapshots((after(1), 41.0)))] == [True]


def test_scores_stand_beside_the_naive_rule_and_the_owner(database: Database) -> None:
    said = attainment(forecast("hit", owner_p=0.5), forecast("miss", 0.3, model_p=0.6), forecast("open"))
    freeze_goals(database, said, {})
    hit, miss = scores_of(
        database, pl.concat([snapshots((after(1), 45.0), gid="hit"), snapshots((after(1), 20.0), gid="miss")])
    )
    assert (hit["goal_gid"], hit["attained"], miss["goal_gid"], miss["attained"]) == ("hit", True, "miss", False)
    assert hit["brier"] == pytest.approx(0.04)
    assert hit["baseline_brier"] == pytest.approx(0.81)
    assert hit["owner_brier"] == pytest.approx(0.25)
    assert hit["log_loss"] == pytest.approx(-math.log(0.8))
    assert (hit["in_80_band"], hit["abs_error"]) == (True, 3.0)
    assert miss["brier"] == pytest.approx(0.09)
    assert miss["baseline_brier"] == pytest.approx(0.01)
    assert (miss["owner_brier"], miss["model_brier"]) == (None, pytest.approx(0.36))
    assert (miss["in_80_band"], miss["final_value"]) == (False, 20.0)
    assert hit["elapsed_pct"] == pytest.approx((WEEK_ON - START).days / (DUE - START).days)
    assert hit["weeks_ahead"] == 4


def test_an_empty_ledger_has_no_scores(database: Database) -> None:
    assert scores_of(database, snapshots()) == []


MONDAY = date(2026, 3, 9)


def week(on: date | None, middle: float, **values: Any) -> dict[str, Any]:
    deciles = {f"p{decile}0": middle - 5.0 + decile for decile in range(1, 10)}
    base = {"as_of_on": WEEK_ON, "as_of_at": AS_OF, "person_gid": "p", "week_on": on, "mean": middle, **deciles,
            "baseline_mean": middle + 3, "status": "assessed", "method": "model"}  # fmt: skip
    return base | values


def capacity(*rows: dict[str, Any]) -> pl.DataFrame:
    return frame("forecasts/person_capacity", *rows)


def worked(*pairs: tuple[date, float], person: str = "p") -> pl.DataFrame:
    rows = [{"person_gid": person, "week_on": on, "value": value} for on, value in pairs]
    return pl.DataFrame(rows, schema={"person_gid": pl.String, "week_on": pl.Date, "value": pl.Float64})


def test_peoples_weeks_are_frozen_once_and_scored_beside_their_mean(database: Database) -> None:
    said = capacity(week(MONDAY, 20.0), week(MONDAY + timedelta(weeks=1), 20.0), week(None, 40.0))
    assert freeze_people(database, said, VERSIONS) == 3
    assert freeze_people(database, said, VERSIONS) == 0
    assert PEOPLE.changed_rows(database) == []
    done = worked((MONDAY, 22.0), (MONDAY + timedelta(weeks=1), 30.0))
    scores = conform(CONTRACTS["forecasts/capacity_scores"], score_people(database, done, END))
    total, first, second = scores.sort("week_on", nulls_last=False).to_dicts()
    assert (first["actual"], first["abs_error"], first["baseline_crps"], first["in_80_band"]) == (22.0, 2.0, 1.0, True)
    assert (second["in_80_band"], second["weeks_ahead"], total["weeks_ahead"]) == (False, 2, None)
    assert (total["actual"], total["abs_error"]) == (52.0, 12.0)


def test_a_week_that_is_not_over_and_its_total_wait(database: Database) -> None:
    freeze_people(database, capacity(week(MONDAY, 20.0), week(MONDAY + timedelta(weeks=1), 20.0), week(None, 40.0)), {})
    as_of = datetime(2026, 3, 17, tzinfo=UTC)
    assert score_people(database, worked((MONDAY, 22.0)), as_of)["week_on"].to_list() == [MONDAY]


def test_a_week_in_which_nothing_was_done_counts_as_nought_and_who_left_no_trace_is_not_judged(
    database: Database,
) -> None:
    freeze_people(database, capacity(week(MONDAY, 20.0), week(MONDAY, 20.0, person_gid="q")), {})
    scores = score_people(database, worked((MONDAY - timedelta(weeks=1), 9.0)), END)
    assert scores.select("person_gid", "actual").rows() == [("p", 0.0)]

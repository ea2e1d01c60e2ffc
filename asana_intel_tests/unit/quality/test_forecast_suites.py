"""Each rule of what people read: a row that keeps it, a row that breaks it, and that the broken one is named."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from asana_intel.quality.beside import put_beside
from asana_intel.quality.evaluate import evaluate
from asana_intel.quality.forecast_suites import FORECAST_SUITES, LOOKED_UP
from asana_intel.quality.suites import suite
from asana_intel.storage.contracts import CONTRACTS

MONDAY, NEXT = date(2026, 11, 16), date(2026, 11, 23)
AS_OF = {"as_of_on": MONDAY, "as_of_at": datetime(2026, 11, 20, tzinfo=UTC)}
LOAD = AS_OF | {
    "person_gid": "7", "week_on": NEXT, "working_hours": 40.0, "holiday_hours": 8.0, "time_off_hours": 0.0,
    "available_hours": 32.0, "assigned_hours": 40.0, "p10": 20.0, "p90": 60.0, "load_pct": 1.25,
    "estimated_share": 0.75, "inferred_share": 0.25, "open_tasks": 2, "p_over_110": 0.5, "p_over_120": 0.4,
    "p_overload": 0.5, "state": "Overloaded", "p_state": 0.5, "allocated_hours": 30.0,
    "promised_without_tasks_hours": 5.0, "tasks_without_promise_hours": 15.0,
}  # fmt: skip
CAUSE = AS_OF | {
    "person_gid": "7", "week_on": NEXT, "rank": 1, "task_gid": "11", "hours": 30.0, "share_of_week": 1.0,
    "is_inferred": False, "p_over_110": 0.5, "p_without": 0.1, "points": 40.0, "p_week_later": 0.2,
}  # fmt: skip
DRIVER = AS_OF | {"goal_gid": "1", "role": "lever", "driver": "pace_up", "rank": 1, "points": 12.0}
ANOMALY = AS_OF | {"goal_gid": "1", "anomaly": "stalled", "observed": 4.0, "expected": 0.5, "chance": 0.01}
SCORE = AS_OF | {
    "goal_gid": "1", "kind": "flow", "due_on": date(2026, 12, 1), "p_attain": 0.5, "baseline_p": 0.9, "owner_p": None,
    "model_p": 0.5, "attained": True, "elapsed_pct": 0.5, "brier": 0.25, "baseline_brier": 0.01, "owner_brier": None,
    "model_brier": 0.25, "log_loss": 0.7, "crps": 0.1, "abs_error": 3.0, "weeks_ahead": 2,
}  # fmt: skip
WEEK = AS_OF | {
    "person_gid": "7", "week_on": NEXT, "weeks_ahead": 1, "actual": 30.0, "crps": 3.0, "baseline_crps": 5.0,
    "abs_error": 4.0, "in_80_band": True, "method": "m",
}  # fmt: skip
WARNED = {
    "basis": "shown", "source": "ours", "missed": 4, "warned": 3, "lead_days": 30.0, "alarms": 5, "false_alarms": 0.4,
}  # fmt: skip
ALERTS = {"weeks_ahead": 2, "weeks": 10, "overloaded": 4, "alerts": 3, "confirmed": 2, "sent": 2,
          "first_warned": 1, "brier": 0.2}  # fmt: skip
VERDICT = {"kind": "flow", "goals": 30, "brier": 0.1, "baseline_brier": 0.2, "is_off": False, "reason": None}
GOOD = {
    "forecasts/person_load": LOAD,
    "forecasts/load_causes": CAUSE,
    "forecasts/goal_drivers": DRIVER,
    "forecasts/goal_anomalies": ANOMALY,
    "forecasts/forecast_scores": SCORE,
    "forecasts/replay_scores": SCORE,
    "forecasts/capacity_scores": WEEK,
    "forecasts/early_warnings": WARNED,
    "forecasts/overload_alerts": ALERTS,
    "forecasts/model_verdicts": VERDICT,
}


def frame_of(table, *rows):
    schema = CONTRACTS[table].schema
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


RELATED = {
    "forecasts/person_load": frame_of("forecasts/person_load", LOAD),
    "forecasts/goal_attainment": frame_of(
        "forecasts/goal_attainment", AS_OF | {"goal_gid": "1", "p_attain": 0.5, "p_attain_change": 0.1}
    ),
    "staging/tasks": frame_of("staging/tasks", {"task_gid": "11"}, {"task_gid": "12"}),
}


def failed(table, *rows, related=RELATED):
    """Names of the broken rules -> how many rows break them; without Great Expectations, which takes its time."""
    beside = put_beside(frame_of(table, *rows), LOOKED_UP.get(table, ()), related)
    counts = {rule.name: beside.filter(rule.broken_by()).height for rule in suite(table)}
    return {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize("table", FORECAST_SUITES)
def test_a_good_row_breaks_nothing(table):
    assert failed(table, GOOD[table]) == {}


MISLEADING = [
    ("person_load", {"person_gid": "7\n"}, "person_gid_is_an_asana_id"),
    ("person_load", {"week_on": date(2026, 11, 24)}, "week_on_is_a_monday"),
    ("person_load", {"p_overload": float("nan")}, "p_overload_is_between_0_and_1"),
    ("person_load", {"p90": float("inf")}, "p90_is_between_0_and_100000"),
    ("person_load", {"p10": -1.0}, "p10_is_between_0_and_100000"),
    ("person_load", {"p10": 61.0}, "percentiles_are_in_order"),
    ("person_load", {"p_over_120": 0.6}, "more_overload_is_less_likely"),
    ("person_load", {"time_off_hours": 8.0}, "available_hours_are_what_is_left"),
    ("person_load", {"inferred_share": 0.5}, "shares_add_up_to_one"),
    ("person_load", {"load_pct": None}, "load_is_given_where_hours_are_available"),
    ("person_load", {"load_pct": 1.0}, "load_is_assigned_over_available_hours"),
    ("person_load", {"allocated_hours": 40.0}, "promises_and_tasks_differ_by_their_gaps"),
    ("person_load", {"state": "Busy"}, "state_is_known"),
    ("load_causes", {"task_gid": "99"}, "task_is_known"),
    ("load_causes", {"rank": 0}, "rank_is_between_1_and_10"),
    ("load_causes", {"share_of_week": 0.9}, "shares_of_all_tasks_add_up_to_one"),
    ("load_causes", {"p_without": 0.6, "points": -10.0}, "week_without_a_task_is_not_fuller"),
    ("load_causes", {"points": 0.4}, "points_are_the_difference"),
    ("load_causes", {"p_over_110": 0.6, "points": 50.0}, "odds_are_those_of_person_load"),
    ("load_causes", {"week_on": date(2026, 11, 30)}, "week_is_in_person_load"),
    ("goal_drivers", {"driver": "progress"}, "driver_is_one_of_its_role"),
    ("goal_drivers", {"points": float("nan")}, "points_is_between_minus_200_and_200"),
    ("goal_drivers", {"goal_gid": "2"}, "odds_are_those_of_an_assessed_goal"),
    ("goal_anomalies", {"anomaly": "odd"}, "anomaly_is_known"),
    ("goal_anomalies", {"chance": 1.1}, "chance_is_between_0_and_1"),
    ("goal_anomalies", {"goal_gid": "2"}, "goal_is_in_goal_attainment"),
    ("goal_anomalies", {"anomaly": "green_but_red"}, "red_is_a_probability"),
    ("capacity_scores", {"actual": -1.0}, "actual_is_between_0_and_100000"),
    ("capacity_scores", {"week_on": None}, "total_alone_has_no_week"),
    ("early_warnings", {"warned": 5}, "no_more_were_warned_of_than_missed"),
    ("early_warnings", {"false_alarms": None}, "share_of_false_alarms_is_of_some"),
    ("overload_alerts", {"alerts": 11}, "parts_are_no_more_than_the_weeks"),
    ("overload_alerts", {"confirmed": 4}, "confirmed_are_both"),
    ("overload_alerts", {"first_warned": 3}, "first_ones_are_confirmed"),
    ("overload_alerts", {"sent": 4}, "sent_are_alerts"),
    ("model_verdicts", {"is_off": True, "reason": "It lost."}, "model_that_is_off_lost"),
    ("model_verdicts", {"is_off": True, "brier": 0.3}, "model_that_is_off_says_why"),
]
WRONG_SCORES = [
    ({"brier": 0.3}, "brier_is_that_of_p_attain"),
    ({"attained": False, "brier": 0.25}, "baseline_brier_is_that_of_baseline_p"),
    ({"owner_p": 0.9, "owner_brier": 0.9}, "owner_brier_is_that_of_owner_p"),
    ({"log_loss": 12.0}, "log_loss_is_between_0_and_9.2104"),
    ({"crps": -0.1}, "crps_is_between_0_and_1e+15"),
    ({"elapsed_pct": 50.0}, "elapsed_pct_is_between_0_and_1"),
    ({"kind": "dream"}, "kind_is_known"),
    ({"due_on": date(2026, 11, 1)}, "forecast_was_made_before_it_was_due"),
]


@pytest.mark.parametrize(("table", "wrong", "name"), MISLEADING)
def test_a_row_that_misleads_a_reader_is_named(table, wrong, name):
    key = f"forecasts/{table}"
    assert failed(key, GOOD[key] | wrong) == {name: 1}


@pytest.mark.parametrize("table", ["forecasts/forecast_scores", "forecasts/replay_scores"])
@pytest.mark.parametrize(("wrong", "name"), WRONG_SCORES)
def test_a_score_that_is_not_of_what_was_said_is_named(table, wrong, name):
    assert failed(table, SCORE | wrong) == {name: 1}


@pytest.mark.parametrize("table", FORECAST_SUITES)
def test_great_expectations_finds_what_the_rows_show(table):
    wrong = [GOOD[table] | row for name, row, _ in MISLEADING if table == f"forecasts/{name}"]
    wrong += [SCORE | row for row, _ in WRONG_SCORES if GOOD[table] is SCORE]
    outcome = evaluate(table, frame_of(table, GOOD[table], *wrong), related=RELATED)
    assert {check.name: check.failed_count for check in outcome.failed} == failed(table, GOOD[table], *wrong)
    assert all(check.sample_keys for check in outcome.failed)


@pytest.mark.parametrize("table", FORECAST_SUITES)
def test_a_repeated_key_is_found_in_every_table(table):
    assert any(name.endswith("unique") for name in failed(table, GOOD[table], GOOD[table]))


@pytest.mark.parametrize("table", FORECAST_SUITES)
def test_what_is_missing_is_no_silent_pass(table):
    required = [column.name for column in CONTRACTS[table].columns if column.required]
    assert "required_columns_are_present" in failed(table, dict.fromkeys(required))


@pytest.mark.parametrize("table", LOOKED_UP)
def test_without_the_other_table_nothing_that_refers_to_it_passes(table):
    names = failed(table, GOOD[table], related={})
    assert names
    assert set(names) <= {
        "week_is_in_person_load", "task_is_known", "odds_are_those_of_an_assessed_goal", "goal_is_in_goal_attainment",
    }  # fmt: skip


def moved(*points):
    names = ("time", "progress", "definition", "model")
    rows = zip(names, points, strict=False)
    return [
        DRIVER | {"role": "moved", "driver": name, "rank": rank, "points": part}
        for rank, (name, part) in enumerate(rows, start=1)
    ]


@pytest.mark.parametrize(
    ("points", "names"),
    [
        ((-3.0, 12.0, 0.0, 1.0), []),
        ((-3.0, 12.0, 1.0), ["change_has_all_its_parts"]),
        ((-3.0, 12.0, 0.0, 9.0), ["parts_add_up_to_the_change_of_the_odds"]),
        (
            (-3.0, 70.0, 0.0, 9.0),
            ["parts_add_up_to_a_change_that_can_be", "parts_add_up_to_the_change_of_the_odds"],
        ),
    ],
)
def test_the_parts_of_a_change_add_up_to_it_and_levers_are_left_alone(points, names):
    assert failed("forecasts/goal_drivers", DRIVER, *moved(*points)) == dict.fromkeys(names, len(points))


def test_the_shares_of_ten_causes_may_leave_a_rest_and_nine_may_not():
    staff = frame_of("staging/tasks", *({"task_gid": str(n)} for n in range(1, 11)))
    rows = [CAUSE | {"task_gid": str(n), "rank": n, "share_of_week": 0.08} for n in range(1, 11)]
    related = RELATED | {"staging/tasks": staff}
    assert failed("forecasts/load_causes", *rows, related=related) == {}
    assert failed("forecasts/load_causes", *rows[:9], related=related) == {"shares_of_all_tasks_add_up_to_one": 9}


def test_a_verdict_once_given_is_not_kept_when_the_other_table_changes():
    table, frame = "forecasts/load_causes", frame_of("forecasts/load_causes", CAUSE)
    assert evaluate(table, frame, related=RELATED).failed == ()
    other = RELATED | {"staging/tasks": frame_of("staging/tasks", {"task_gid": "12"})}
    assert [check.name for check in evaluate(table, frame, related=other).failed] == ["task_is_known"]


def test_only_rules_of_what_the_odds_learn_from_may_stop_a_write():
    stopping = {table for table in FORECAST_SUITES if any(rule.severity == "error" for rule in suite(table))}
    assert stopping == {"forecasts/forecast_scores", "forecasts/replay_scores"}

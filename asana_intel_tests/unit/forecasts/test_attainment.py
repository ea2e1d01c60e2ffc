"""What a reader of a goal's forecast can rely on, whatever was recorded."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.forecasts.attainment import ATTAINMENT, forecast_attainment

START = dt.date(2024, 1, 1)  # a Monday
DUE = dt.date(2024, 3, 31)
NUMBERS = ["p_attain", "value_p10", "value_p50", "value_p90"]
KINDS = st.sampled_from(["flow", "level", "commitment", "cohort"])


def goal(gid="g", kind="flow", series="s", start=START, due=DUE, initial=0.0, target=60.0):
    return {
        "goal_gid": gid,
        "kind": kind,
        "series_gid": series,
        "start_on": start,
        "due_on": due,
        "initial_value": initial,
        "target_value": target,
    }


GOAL_SCHEMA = {
    "goal_gid": pl.String,
    "kind": pl.String,
    "series_gid": pl.String,
    "start_on": pl.Date,
    "due_on": pl.Date,
    "initial_value": pl.Float64,
    "target_value": pl.Float64,
}


def goals(*rows):
    return pl.DataFrame(list(rows), schema=GOAL_SCHEMA)


def weekly(values, *, series="s", first=START - dt.timedelta(days=57), every=7):
    """Values every `every` days; by default eight weeks of past and the eve of the start among them."""
    days = [first + dt.timedelta(days=every * index) for index in range(len(values))]
    return pl.DataFrame(
        {"series_gid": [series] * len(values), "on": days, "value": [float(value) for value in values]},
        schema={"series_gid": pl.String, "on": pl.Date, "value": pl.Float64},
    )


def cumulated(increments):
    total, values = 0.0, [0.0]
    for increment in increments:
        total += increment
        values.append(total)
    return values


def only(frame):
    assert frame.height == 1
    return frame.row(0, named=True)


values_of_any_sort = st.lists(
    st.tuples(
        st.integers(-80, 120),
        st.one_of(st.floats(-1e6, 1e6), st.just(0.0), st.just(float("nan")), st.none()),
    ),
    max_size=25,
)


@given(
    KINDS | st.none() | st.just("odd"),
    values_of_any_sort,
    st.floats(-1e6, 1e6) | st.none(),
    st.floats(-1e6, 1e6) | st.none(),
    st.integers(-30, 200) | st.none(),
    st.integers(-40, 150),
)
@settings(deadline=None, max_examples=35)
def test_any_input_gives_a_forecast_or_a_reason_and_never_both(kind, values, initial, target, length, day):
    due = None if length is None else START + dt.timedelta(days=length)
    history = pl.DataFrame(
        {"series_gid": ["s"] * len(values), "on": [START + dt.timedelta(days=on) for on, _ in values]}
        | {"value": [value for _, value in values]},
        schema={"series_gid": pl.String, "on": pl.Date, "value": pl.Float64},
        strict=False,
    )
    row = goal(kind=kind, due=due, initial=initial, target=target)
    forecast = only(forecast_attainment(goals(row), history, START + dt.timedelta(days=day)))
    if forecast["status"] == "not_assessed":
        assert forecast["reason"]
        assert all(forecast[name] is None for name in [*NUMBERS, "predicted_on", "method"])
    else:
        assert forecast["reason"] is None
        assert 0 <= forecast["p_attain"] <= 1
        assert forecast["value_p10"] <= forecast["value_p50"] <= forecast["value_p90"]
        assert forecast["status"] == "assessed" or forecast["p_attain"] in (0, 1)


@given(
    KINDS,
    st.lists(st.floats(-6, 12), min_size=12, max_size=20),
    st.integers(0, 12),
    st.floats(0.01, 60),
    st.booleans(),
)
@settings(deadline=None, max_examples=35)
def test_more_progress_never_lowers_the_probability(kind, increments, back, extra, is_reversed):
    sign = -1 if is_reversed else 1
    values = [sign * value for value in cumulated(increments)]
    as_of = START - dt.timedelta(days=1) + dt.timedelta(weeks=len(increments) - 8)
    raised = values.copy()
    since = max(len(values) - 1 - back, 9)  # only what happened after the start
    raised[since:] = [value + sign * extra for value in raised[since:]]
    row = goals(goal(kind=kind, target=sign * 60.0))
    before, after = (only(forecast_attainment(row, weekly(series), as_of))["p_attain"] for series in (values, raised))
    assert after >= before - 1e-9


@given(KINDS, st.lists(st.floats(-3, 9), min_size=10, max_size=18), st.floats(5, 150), st.booleans())
@settings(deadline=None, max_examples=35)
def test_the_median_meets_the_target_just_where_the_odds_are_even(kind, increments, target, is_reversed):
    sign = -1 if is_reversed else 1
    row = goals(goal(kind=kind, target=sign * target))
    history = weekly([sign * value for value in cumulated(increments)])
    said = only(forecast_attainment(row, history, START + dt.timedelta(weeks=6)))
    ahead = sign * said["value_p50"] - target
    assert (said["p_attain"] > 0.5 + 1e-6) <= (ahead > -1e-5)
    assert (said["p_attain"] < 0.5 - 1e-6) <= (ahead < 1e-5)


@given(
    KINDS,
    st.integers(1, 7),
    st.integers(1, 40),
    st.lists(st.floats(-3, 9), min_size=30, max_size=60),
    st.floats(0.1, 40),
    st.booleans(),
)
@settings(deadline=None, max_examples=25)
def test_more_progress_never_lowers_the_probability_at_any_rhythm(kind, every, back, increments, extra, only_up):
    steps = [max(step, 0.0) if only_up else step for step in increments]
    first = START - dt.timedelta(days=1 + every * (len(steps) // 2))
    values, as_of = cumulated(steps), START + dt.timedelta(days=every * (len(steps) // 2) + 1)
    since = max(len(values) - back, len(steps) // 2 + 2)
    raised = [value + extra * (index >= since) for index, value in enumerate(values)]
    base = values[len(steps) // 2]
    row = goals(goal(kind=kind, initial=base, target=base + 70.0, due=as_of + dt.timedelta(days=45)))
    before, after = (
        only(forecast_attainment(row, weekly(path, first=first, every=every), as_of))["p_attain"]
        for path in (values, raised)
    )
    assert after >= before - 1e-9


@given(KINDS, st.lists(st.floats(0, 9), min_size=14, max_size=14), st.lists(st.floats(-50, 50), min_size=1, max_size=9))
@settings(deadline=None, max_examples=35)
def test_what_happens_after_as_of_changes_nothing(kind, increments, future):
    values = cumulated(increments)
    as_of = START + dt.timedelta(weeks=6)
    row = goals(goal(kind=kind))
    blind = forecast_attainment(row, weekly(values), as_of)
    seeing = forecast_attainment(row, weekly(values + future), as_of)
    assert blind.equals(seeing)


@given(KINDS, st.lists(st.floats(0, 9), min_size=10, max_size=18), st.sampled_from([1e-6, 0.25, 8.0, 1e6]))
@settings(deadline=None, max_examples=35)
def test_the_unit_of_a_goal_does_not_matter(kind, increments, unit):
    values = cumulated(increments)
    as_of = START + dt.timedelta(weeks=6)
    plain = only(forecast_attainment(goals(goal(kind=kind)), weekly(values), as_of))
    row = goals(goal(kind=kind, target=60.0 * unit))
    scaled = only(forecast_attainment(row, weekly([value * unit for value in values]), as_of))
    assert scaled["p_attain"] == pytest.approx(plain["p_attain"], abs=1e-7)
    assert scaled["value_p90"] == pytest.approx(plain["value_p90"] * unit, rel=1e-6)


@given(st.randoms(use_true_random=False), st.integers(0, 3))
@settings(deadline=None, max_examples=20)
def test_the_order_of_rows_does_not_matter(random, repeats):
    rows = [goal("a"), goal("b", "level", "t", target=30.0), goal("c", None, "t"), goal("d", "flow", "none")]
    history = pl.concat(
        [weekly([1, 4, 4, 9, 12, 11, 16, 20, 25, 31, 38, 44]), weekly([50, 3.3, 17, 40] * 4, series="t")]
    )
    history = pl.concat(
        [history, *[history.with_columns(pl.col("value") * (1.1 + repeat)) for repeat in range(repeats)]]
    )
    as_of = START + dt.timedelta(weeks=5)
    expected = forecast_attainment(goals(*rows), history, as_of)
    order = list(range(history.height))
    random.shuffle(order)
    random.shuffle(rows)
    shuffled = forecast_attainment(goals(*rows), history[order], as_of)
    assert shuffled["goal_gid"].to_list() == [row["goal_gid"] for row in rows]
    assert shuffled.sort("goal_gid").equals(expected)


@pytest.mark.parametrize("kind", ["flow", "level", "commitment", "cohort"])
def test_the_probability_becomes_certain_as_the_due_date_passes(kind):
    for final, certain in ((58.0, 0.0), (60.0, 1.0)):
        values = [min(final, 3.0 * week) if week < 21 else final for week in range(23)]
        base = values[8]
        values = [value - base if kind == "level" else value for value in values]
        row = goals(goal(kind=kind, target=60.0 if kind == "level" else 60.0 - base))
        if kind == "level":
            values[-3:] = [final] * 3
        on_due, after = (
            only(forecast_attainment(row, weekly(values), day)) for day in (DUE, DUE + dt.timedelta(days=1))
        )
        assert on_due["p_attain"] == pytest.approx(certain, abs=1e-9)
        assert after["status"] == "closed"
        assert after["p_attain"] == certain
        assert after["value_p10"] == after["value_p90"]


def test_a_flow_is_counted_from_its_initial_value_whatever_zero_the_series_has():
    as_of = START + dt.timedelta(weeks=6)
    values = cumulated([5.0] * 14)
    near = only(forecast_attainment(goals(goal(initial=0.0, target=60.0)), weekly(values), as_of))
    far = only(forecast_attainment(goals(goal(initial=100.0, target=160.0)), weekly([v + 9e3 for v in values]), as_of))
    assert far["p_attain"] == pytest.approx(near["p_attain"])
    assert far["value_p50"] == pytest.approx(near["value_p50"] + 100)
    assert 30 < near["value_p10"] < near["value_p50"] < 70


@pytest.mark.parametrize("first", [START - dt.timedelta(days=57), START - dt.timedelta(days=56)])
def test_snapshots_on_sundays_and_on_mondays_tell_the_same_story(first):
    forecast = only(
        forecast_attainment(goals(goal()), weekly(cumulated([5.0] * 14), first=first), first + dt.timedelta(weeks=14))
    )
    assert forecast["p_attain"] == pytest.approx(0.6, abs=0.1)


def test_the_past_speaks_for_a_goal_that_has_just_begun():
    as_of = START
    fast, slow = (
        only(forecast_attainment(goals(goal()), weekly(cumulated([pace] * 8)), as_of))["p_attain"] for pace in (9, 2)
    )
    assert fast > 0.7
    assert slow < 0.2


def test_a_goal_that_must_fall_is_met_from_above():
    falling = weekly([100 - 2 * week for week in range(18)])
    row = goals(goal(kind=None, initial=84.0, target=60.0))
    forecast = only(forecast_attainment(row, falling, START + dt.timedelta(weeks=9)))
    assert forecast["method"] == "rise + trend"
    assert forecast["value_p10"] < forecast["value_p50"] < forecast["value_p90"] < 84
    met = only(forecast_attainment(row, falling, DUE + dt.timedelta(days=9)))
    assert (met["status"], met["p_attain"]) == ("closed", 0.0)


def test_the_kind_is_read_from_the_series_where_it_is_not_given():
    history = pl.concat([weekly([10, 14, 9, 13, 8, 12, 9, 14, 10, 15], series="t"), weekly(cumulated([2] * 9))])
    forecast = forecast_attainment(goals(goal("a", None), goal("b", None, "t")), history, START + dt.timedelta(days=8))
    assert forecast["method"].to_list() == ["gamma_shrunk", "damped_walk"]


@pytest.mark.parametrize(
    ("change", "as_of", "said"),
    [
        ({"target": None}, 30, "no target"),
        ({"initial": None}, 30, "no initial"),
        ({"target": 0.0}, 30, "equals"),
        ({"start": None}, 30, "no start date"),
        ({"due": None}, 30, "no due date"),
        ({"due": START - dt.timedelta(days=3)}, 30, "before it starts"),
        ({}, -5, "assessable from 2024-01-01"),
        ({"series": "unknown"}, 30, "No progress was ever recorded"),
        ({"kind": "wish"}, 30, "'wish' is unknown"),
    ],
)
def test_an_abstention_says_what_would_make_the_goal_assessable(change, as_of, said):
    forecast = only(
        forecast_attainment(goals(goal(**change)), weekly(cumulated([5] * 20)), START + dt.timedelta(days=as_of))
    )
    assert forecast["status"] == "not_assessed"
    assert said in forecast["reason"]


def test_one_value_in_the_first_days_is_too_little():
    history = weekly([3.0], first=START + dt.timedelta(days=2))
    young, older = (
        only(forecast_attainment(goals(goal()), history, START + dt.timedelta(days=day)))["status"] for day in (4, 9)
    )
    assert (young, older) == ("not_assessed", "assessed")


def test_a_closed_goal_without_a_value_of_its_own_is_not_called_missed():
    forecast = only(forecast_attainment(goals(goal()), weekly(cumulated([5] * 8)), DUE + dt.timedelta(days=5)))
    assert forecast["status"] == "not_assessed"
    assert "between start and due date" in forecast["reason"]


def test_the_predicted_date_is_when_it_was_met_or_will_be_or_nothing():
    as_of = START + dt.timedelta(weeks=6)
    rows = [goal("met", target=20.0), goal("soon", target=45.0), goal("never", target=5000.0)]
    met, soon, never = forecast_attainment(goals(*rows), weekly(cumulated([5.0] * 14)), as_of)["predicted_on"]
    assert met == START + dt.timedelta(days=27)
    assert as_of < soon < DUE
    assert never is None


def test_no_goals_and_no_history_give_an_empty_forecast_and_abstentions():
    nothing = weekly([])
    assert forecast_attainment(goals(), nothing, START).schema == ATTAINMENT
    assert forecast_attainment(goals(goal()), nothing, START)["status"].to_list() == ["not_assessed"]


def test_a_missing_or_mistyped_column_is_named():
    with pytest.raises(PermanentError, match="'due_on'"):
        forecast_attainment(goals(goal()).drop("due_on"), weekly([1]), START)
    with pytest.raises(PermanentError, match="'value'"):
        forecast_attainment(goals(goal()), weekly([1]).cast({"value": pl.String}), START)


def test_whole_numbers_and_timestamps_are_understood():
    as_of = START + dt.timedelta(weeks=5)
    plain = forecast_attainment(goals(goal()), weekly([2 * week for week in range(14)]), as_of)
    typed = forecast_attainment(
        goals(goal()).cast({"target_value": pl.Int64, "due_on": pl.Datetime("ns")}),
        weekly([2 * week for week in range(14)]).cast({"value": pl.Int32}),
        as_of,
    )
    assert typed.equals(plain)


def test_work_that_goes_well_may_still_break_down():
    history = weekly(cumulated([10.0] * 14))
    said = only(forecast_attainment(goals(goal()), history, START + dt.timedelta(weeks=4)))
    assert 0.9 < said["p_attain"] < 0.99


def test_late_in_a_goal_that_moves_in_bursts_the_band_begins_at_what_is_done():
    bursts = weekly(cumulated([0.0, 14.0, 0.0, 1.0] * 5))  # 30 before the start, 44 since
    said = only(forecast_attainment(goals(goal()), bursts, START + dt.timedelta(weeks=11)))
    assert said["value_p10"] == 44.0
    assert said["value_p10"] < said["value_p50"] < said["value_p90"]


def test_steady_work_is_not_expected_to_stop():
    steady = weekly(cumulated([3.0] * 20))
    said = only(forecast_attainment(goals(goal()), steady, START + dt.timedelta(weeks=10)))
    assert said["value_p10"] > 31

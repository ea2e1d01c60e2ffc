"""What a team lead can rely on when reading the coming weeks of the team."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.errors import PermanentError
from asana_intel.forecasts.capacity import forecast_person_weeks

MONDAY = dt.date(2024, 3, 4)
DECILES = [f"p{decile}" for decile in range(10, 100, 10)]


def weeks(values, *, person="ann", last=MONDAY - dt.timedelta(weeks=1)):
    days = [last - dt.timedelta(weeks=back) for back in range(len(values) - 1, -1, -1)]
    return pl.DataFrame(
        {
            "person_gid": [person] * len(values),
            "week_on": days,
            "value": [None if v is None else float(v) for v in values],
        },
        schema={"person_gid": pl.String, "week_on": pl.Date, "value": pl.Float64},
    )


def calendar(days_by_week, *, person="ann"):
    return pl.DataFrame(
        {
            "person_gid": [person] * len(days_by_week),
            "week_on": list(days_by_week),
            "working_days": list(days_by_week.values()),
        },
        schema={"person_gid": pl.String, "week_on": pl.Date, "working_days": pl.Int64},
    )


STEADY = [18, 22, 20, 19, 21, 20, 23, 17, 20, 20]
UNSTEADY = [20, 4, 31, 12, 0, 26, 18, 9, 22, 15, 35, 3, 17] * 3
busy_weeks = st.lists(st.floats(0, 1e4), min_size=1, max_size=60)


def test_every_person_gets_the_coming_mondays_and_a_total():
    forecast = forecast_person_weeks(pl.concat([weeks(STEADY), weeks(STEADY, person="bob")]), MONDAY, horizon=3)
    mondays = [MONDAY + dt.timedelta(weeks=week) for week in range(3)]
    assert forecast["week_on"].to_list() == [*mondays, None] * 2
    assert forecast.columns == ["person_gid", "week_on", "mean", *DECILES]
    total = forecast.row(3, named=True)
    assert total["mean"] == pytest.approx(60, abs=2)
    assert total["p10"] < 55 < 65 < total["p90"]


def test_in_the_middle_of_a_week_the_running_week_is_neither_read_nor_forecast():
    history = pl.concat([weeks(STEADY), weeks([900.0], last=MONDAY)])
    forecast = forecast_person_weeks(history, MONDAY + dt.timedelta(days=2), horizon=1)
    assert forecast["week_on"].to_list() == [MONDAY + dt.timedelta(weeks=1), None]
    assert forecast["mean"][0] == pytest.approx(20, abs=1)


def test_a_week_off_ahead_is_empty_and_a_short_week_is_shorter():
    days = calendar({MONDAY: 0, MONDAY + dt.timedelta(weeks=1): 2})
    plain = forecast_person_weeks(weeks(STEADY), MONDAY, 3)
    aware = forecast_person_weeks(weeks(STEADY), MONDAY, 3, days)
    for name in ("mean", *DECILES):
        off, short, full, _ = aware[name]
        assert off == 0
        assert short == pytest.approx(plain[name][1] * 2 / 5)
        assert full == plain[name][2]
    assert aware["mean"][3] == pytest.approx(aware["mean"][:3].sum())
    assert aware["p90"][3] < plain["p90"][3] / 2


def test_a_horizon_without_a_working_day_brings_nothing():
    forecast = forecast_person_weeks(weeks(STEADY), MONDAY, 1, calendar({MONDAY: 0}))
    assert forecast.select("mean", *DECILES).rows() == [(0.0,) * 10] * 2


def test_a_past_holiday_does_not_count_as_idleness():
    holiday = MONDAY - dt.timedelta(weeks=2)
    values = [*STEADY[:-2], 0, STEADY[-1]]
    plain, aware = (
        forecast_person_weeks(weeks(values), MONDAY, 1, days)["mean"][0] for days in (None, calendar({holiday: 0}))
    )
    assert aware == pytest.approx(20, abs=1)
    assert plain < aware - 0.5


def test_a_week_without_a_row_is_zero_and_a_null_is_unknown():
    steady = weeks(STEADY)
    missing = steady.filter(pl.col("week_on") != MONDAY - dt.timedelta(weeks=3))
    unknown = steady.with_columns(pl.when(pl.col("week_on") != MONDAY - dt.timedelta(weeks=3)).then("value"))
    as_zero, as_unknown = (forecast_person_weeks(history, MONDAY, 1)["mean"][0] for history in (missing, unknown))
    assert as_unknown == pytest.approx(20, abs=1)
    assert as_zero < as_unknown - 0.5


def test_a_newcomer_is_forecast_from_the_team():
    team = pl.concat([weeks(STEADY), weeks([4] * 10, person="bob"), weeks([0] * 30, person="gone")])
    history = pl.concat([team, weeks([1.0], person="new")])
    forecast = forecast_person_weeks(history, MONDAY, 8, calendar({MONDAY: 5}, person="newer"))
    for person in ("new", "newer"):
        total = forecast.filter((pl.col("person_gid") == person) & pl.col("week_on").is_null()).row(0, named=True)
        assert total["mean"] == pytest.approx(8 * 12, rel=0.05)
        assert total["p20"] < 8 * 8 < 8 * 16 < total["p80"]  # a colleague's level lasts all eight weeks


def test_nobody_known_means_no_rows():
    assert forecast_person_weeks(weeks([]), MONDAY).is_empty()
    assert forecast_person_weeks(weeks([5.0], last=MONDAY), MONDAY).is_empty()


@given(
    st.lists(st.floats(-50, 1e5) | st.none() | st.just(float("nan")), min_size=1, max_size=40),
    st.integers(1, 10),
    st.integers(-300, 20),
)
@settings(deadline=None, max_examples=40)
def test_any_history_gives_ordered_deciles_that_are_never_negative(values, horizon, shift):
    forecast = forecast_person_weeks(weeks(values), MONDAY + dt.timedelta(days=shift), horizon)
    assert forecast.height in (0, horizon + 1)
    for row in forecast.iter_rows(named=True):
        deciles = [row[name] for name in DECILES]
        assert deciles == sorted(deciles)
        assert deciles[0] >= 0


@given(busy_weeks, st.sampled_from([1e-6, 0.01, 7.0, 3600.0, 1e6]), st.integers(1, 10))
@settings(deadline=None, max_examples=15)
def test_hours_in_minutes_are_the_same_forecast(values, factor, horizon):
    history = weeks(values)
    small = forecast_person_weeks(history, MONDAY, horizon)
    large = forecast_person_weeks(history.with_columns(pl.col("value") * factor), MONDAY, horizon)
    for name in ("mean", *DECILES):
        assert large[name].to_list() == pytest.approx([figure * factor for figure in small[name]], rel=1e-6)


@given(busy_weeks, st.lists(st.floats(0, 1e4), min_size=1, max_size=6), st.integers(0, 6))
@settings(deadline=None, max_examples=20)
def test_whatever_happens_later_changes_nothing(values, later, day):
    as_of = MONDAY + dt.timedelta(days=day)
    future = weeks(later, last=MONDAY + dt.timedelta(weeks=len(later) - 1))
    colleague = weeks(later, person="new", last=MONDAY + dt.timedelta(weeks=len(later) - 1))
    seeing = forecast_person_weeks(pl.concat([future, weeks(values), colleague]), as_of)
    assert seeing.equals(forecast_person_weeks(weeks(values), as_of))


@given(st.floats(0.01, 1e4), st.integers(4, 80), st.integers(1, 12))
@settings(deadline=None, max_examples=15)
def test_who_does_the_same_every_week_is_forecast_to_go_on(value, count, horizon):
    forecast = forecast_person_weeks(weeks([value] * count), MONDAY, horizon)
    for row in forecast.iter_rows(named=True):
        share = row["p50"] / value / (1 if row["week_on"] else horizon)
        assert share == pytest.approx(1, abs=0.15)
    width = (forecast["p90"] - forecast["p10"])[0] / value
    assert width < 0.1 or count < 26


def test_who_did_nothing_for_half_a_year_is_forecast_to_do_nothing():
    forecast = forecast_person_weeks(weeks([9.0, *[0.0] * 26]), MONDAY)
    assert forecast.select("mean", *DECILES).to_numpy().max() == 0


def test_unknown_weeks_in_between_are_no_idle_weeks():
    gaps = [value if number % 3 else None for number, value in enumerate(STEADY * 3)]
    zeros = [value or 0 for value in gaps]
    known, idle = (forecast_person_weeks(weeks(values), MONDAY)["p50"][-1] for values in (gaps, zeros))
    assert known == pytest.approx(8 * 20, rel=0.08)
    assert idle < known - 4


@pytest.mark.parametrize("horizon", [1, 4, 26, 30])
def test_any_horizon_widens_with_its_length_but_less_than_in_proportion(horizon):
    total = forecast_person_weeks(weeks(UNSTEADY), MONDAY, horizon).row(-1, named=True)
    week = forecast_person_weeks(weeks(UNSTEADY), MONDAY, 1).row(0, named=True)
    assert total["p50"] == pytest.approx(horizon * week["p50"], rel=0.35)
    width, week_width = total["p90"] - total["p10"], week["p90"] - week["p10"]
    assert week_width * 0.8 * horizon**0.5 < width < week_width * horizon * 1.05


def test_the_band_of_the_total_is_wider_than_independent_weeks_would_make_it():
    forecast = forecast_person_weeks(weeks(UNSTEADY), MONDAY)
    width = forecast["p90"] - forecast["p10"]
    assert (width[:8] ** 2).sum() ** 0.5 < width[8] < width[:8].sum()


def test_christmas_is_short_without_a_calendar():
    december = dt.date(2024, 12, 16)
    history = weeks(UNSTEADY, last=december - dt.timedelta(weeks=1))
    before, during, _ = forecast_person_weeks(history, december, 2)["mean"]
    assert during < before / 2


@pytest.mark.parametrize("holiday_week", [dt.date(2024, 5, 27), dt.date(2024, 11, 25)])
def test_a_public_holiday_that_the_calendar_knows_is_not_taken_off_twice(holiday_week):
    history = weeks(UNSTEADY, last=holiday_week - dt.timedelta(weeks=1))
    plain = forecast_person_weeks(history, holiday_week, 1)
    aware = forecast_person_weeks(history, holiday_week, 1, calendar({holiday_week: 4}))
    assert plain["mean"][0] * 4 / 5 < aware["mean"][0] < plain["mean"][0] * 1.1


def test_a_steadier_person_gets_a_narrower_band():
    def width(values):
        forecast = forecast_person_weeks(weeks(values), MONDAY, 1)
        return (forecast["p90"] - forecast["p10"])[0]

    assert width(STEADY * 3) < width(UNSTEADY)


def test_a_colleague_in_their_first_weeks_does_not_change_my_forecast():
    alone = forecast_person_weeks(weeks(STEADY), MONDAY)
    together = forecast_person_weeks(pl.concat([weeks([50.0], person="aaa"), weeks(STEADY)]), MONDAY)
    assert together.filter(pl.col("person_gid") == "ann").equals(alone)


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_the_same_rows_in_any_order_give_the_same_bytes(random):
    history = pl.concat([weeks(STEADY), weeks([3, 1, 4, 1, 5], person="bob"), weeks([0.1, 0.7, 0.2])])
    order = list(range(history.height))
    random.shuffle(order)
    assert forecast_person_weeks(history[order], MONDAY).equals(forecast_person_weeks(history, MONDAY))


def test_a_colleague_does_not_change_my_forecast():
    alone = forecast_person_weeks(weeks(STEADY), MONDAY)
    together = forecast_person_weeks(pl.concat([weeks([50] * 9, person="aaa"), weeks(STEADY)]), MONDAY)
    assert together.filter(pl.col("person_gid") == "ann").equals(alone)


def test_what_happens_after_as_of_changes_nothing():
    later = weeks([500.0, 600.0], last=MONDAY + dt.timedelta(weeks=1))
    seeing = forecast_person_weeks(pl.concat([weeks(STEADY), later]), MONDAY)
    assert seeing.equals(forecast_person_weeks(weeks(STEADY), MONDAY))


def test_a_wrong_column_or_horizon_is_named():
    with pytest.raises(PermanentError, match="'week_on'"):
        forecast_person_weeks(weeks(STEADY).drop("week_on"), MONDAY)
    with pytest.raises(PermanentError, match="horizon is 0"):
        forecast_person_weeks(weeks(STEADY), MONDAY, horizon=0)

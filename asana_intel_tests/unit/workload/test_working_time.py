"""When people work: part time, other weeks, public holidays, time off; and what each hour was lost to."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from asana_intel.errors import ConfigError
from asana_intel.settings import ForecastSettings, WorkWeek
from asana_intel.workload.working_time import TEAM_PEOPLE, TIME_OFF, WorkingTime, with_own_hours, working_time

MONDAY = dt.date(2026, 3, 2)
PEOPLE = pl.DataFrame({"person_gid": ["p", "q"]})


def time(
    settings: ForecastSettings | None = None,
    *,
    off: list[tuple[str, dt.date, dt.date]] | None = None,
    teams: list[tuple[str, str]] | None = None,
    first_on: dt.date = MONDAY,
    days: int = 14,
) -> WorkingTime:
    return working_time(
        PEOPLE,
        pl.DataFrame(teams or [], schema=TEAM_PEOPLE, orient="row"),
        pl.DataFrame(off or [], schema=TIME_OFF, orient="row"),
        settings or ForecastSettings(),
        first_on,
        days,
    )


def weeks_of(person: str, laid_out: WorkingTime) -> list[tuple[float, ...]]:
    """working, holiday, off and available hours of each week."""
    return laid_out.by_week().filter(pl.col("person_gid") == person).drop("person_gid", "week_on").rows()


def march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


@pytest.mark.parametrize(
    ("spans", "hours"),
    [
        ([], [40, 40]),
        ([(2, 2)], [32, 40]),
        ([(5, 10)], [24, 24]),  # Thursday to Tuesday
        ([(7, 8)], [40, 40]),  # a weekend
        ([(1, 31)], [0, 0]),
        ([(2, 4), (3, 5)], [8, 40]),  # two entries that overlap
        ([(20, 25)], [40, 40]),
        ([(4, 3)], [40, 40]),  # ends before it starts
    ],
)
def test_time_off_takes_whole_working_days_and_each_once(spans, hours) -> None:
    laid_out = time(off=[("p", march(a), march(b)) for a, b in spans])
    assert [week[3] for week in weeks_of("p", laid_out)] == pytest.approx(hours)
    assert weeks_of("q", laid_out) == [(40.0, 0.0, 0.0, 40.0)] * 2


def test_part_time_is_the_persons_own_else_the_teams_else_everybodys() -> None:
    settings = ForecastSettings(
        default_weekly_hours=38,
        teams={"7": WorkWeek(weekly_hours=30, working_days=[1, 2, 3, 4])},
        people={"p": WorkWeek(weekly_hours=20)},
    )
    laid_out = time(settings, teams=[("p", "7"), ("q", "9")])
    assert laid_out.scheduled[0, :7].tolist() == [5, 5, 5, 5, 0, 0, 0]  # her hours on her team's days
    assert laid_out.scheduled[1, :7] == pytest.approx([7.6] * 5 + [0, 0])


def test_hours_of_a_field_in_asana_count_after_the_persons_in_the_settings_and_before_the_teams() -> None:
    settings = ForecastSettings(
        teams={"7": WorkWeek(weekly_hours=30, working_days=[1, 2, 3])}, people={"q": WorkWeek(weekly_hours=10)}
    )
    told = [
        ("user", "p", "1", "weekly hours", 18.0),
        ("user", "q", "1", "Weekly Hours", 25.0),
        ("user", "p", "2", "Height", 180.0),
        ("task", "p", "1", "Weekly Hours", 1.0),
    ]
    values = pl.DataFrame(
        told, schema=["object_type", "object_gid", "field_gid", "field_name", "number_value"], orient="row"
    )
    teams = [("p", "7"), ("q", "7")]
    assert time(with_own_hours(settings, values), teams=teams).scheduled[:, :4].tolist() == [
        [6, 6, 6, 0],
        [10 / 3] * 3 + [0],
    ]
    assert with_own_hours(settings.model_copy(update={"hours_field": ""}), values) == settings.model_copy(
        update={"hours_field": ""}
    )
    absurd = values.with_columns(number_value=pl.lit(1700.0))
    assert with_own_hours(settings, absurd) == settings


def test_somebody_who_works_no_hours_has_none() -> None:
    assert time(ForecastSettings(people={"p": WorkWeek(weekly_hours=0)})).available[0].sum() == 0


def test_a_week_may_begin_on_sunday() -> None:
    laid_out = time(ForecastSettings(working_days=[7, 1, 2, 3, 4]))
    assert laid_out.scheduled[0, :7].tolist() == [8, 8, 8, 8, 0, 0, 8]


def test_public_holidays_of_a_country_or_a_part_of_it_are_free() -> None:
    january = dt.date(2026, 1, 5)  # the week of Epiphany, a holiday in Bavaria only
    settings = ForecastSettings(holidays="DE", people={"p": WorkWeek(holidays="DE-BY"), "q": WorkWeek(holidays="")})
    laid_out = time(settings, first_on=january, days=7)
    assert weeks_of("p", laid_out) == [(40.0, 8.0, 0.0, 32.0)]
    assert weeks_of("q", laid_out) == [(40.0, 0.0, 0.0, 40.0)]


def test_a_holiday_within_time_off_is_lost_once_and_to_the_holiday() -> None:
    january = dt.date(2026, 1, 5)
    laid_out = time(
        ForecastSettings(holidays="DE-BY"), off=[("p", january, dt.date(2026, 1, 7))], first_on=january, days=7
    )
    assert weeks_of("p", laid_out) == [(40.0, 8.0, 16.0, 16.0)]


def test_holidays_of_the_next_year_are_known() -> None:
    laid_out = time(ForecastSettings(holidays="DE"), first_on=dt.date(2026, 12, 28), days=7)
    assert weeks_of("p", laid_out)[0][1] == 8.0  # Friday, 1 January


@pytest.mark.parametrize("country", ["XX", "DE-ZZ", "Atlantis"])
def test_an_unknown_country_is_a_mistake_in_the_settings_that_says_what_to_write(country: str) -> None:
    with pytest.raises(ConfigError, match=country) as wrong:
        time(ForecastSettings(holidays=country))
    assert "DE-BY" in str(wrong.value.fix)


def test_the_first_week_counts_from_the_first_day_on() -> None:
    assert weeks_of("p", time(first_on=march(5), days=11)) == [(16.0, 0.0, 0.0, 16.0), (40.0, 0.0, 0.0, 40.0)]


def test_nobody_and_no_days_are_empty() -> None:
    nobody = working_time(
        PEOPLE.clear(), pl.DataFrame(schema=TEAM_PEOPLE), pl.DataFrame(schema=TIME_OFF), ForecastSettings(), MONDAY, 7
    )
    assert nobody.by_week().is_empty()
    assert time(days=0).by_week().is_empty()

"""How much of a project will be done: what was finished lately against what is left and what is added."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import gamma

from asana_intel.forecasts.scope import DRAWS, forecast_share, measure_scope

AS_OF = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
SCHEMA = {"work_gid": pl.String, "arrived_at": pl.Datetime("us", "UTC"), "done_at": pl.Datetime("us", "UTC"),
          "weight": pl.Float64, "grows": pl.Boolean}  # fmt: skip


def weeks_ago(weeks: float | None) -> dt.datetime | None:
    return None if weeks is None else AS_OF - dt.timedelta(weeks=weeks)


def tasks(*ages: tuple[float, float | None], gid: str = "p", grows: bool = True, weight: float = 1.0) -> pl.DataFrame:
    """Tasks by how many weeks ago they came and were done."""
    rows = [(gid, weeks_ago(came), weeks_ago(done), weight, grows) for came, done in ages]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def shares(work: pl.DataFrame, weeks: float, gid: str = "p") -> np.ndarray:
    return forecast_share(measure_scope(work, pl.Series([gid]), AS_OF), np.array([weeks]))[0]


def plan(total: int, done: int, age: float = 26.0) -> list[tuple[float, float | None]]:
    """Tasks that all came at once, and were done one after the other since."""
    return [(age, age * (1 - (n + 1) / done) if n < done else None) for n in range(total)]


def test_the_odds_that_all_is_done_are_those_of_the_gamma_model() -> None:
    # 26 of 52 tasks in 26 weeks, 13 to go: an even pace is 52/39 a week, so m = (26 + 4 * 4/3) / 30.
    rate = (26 + 4 * 52 / 39) / 30
    scale = (2.0 + 1.5 * rate) * (1 + 13 / 30)
    # The last half of the 26 that are left takes twice the work: 13 + 2 * 13.
    expected = gamma.sf(39, 13 * rate / scale, scale=scale)
    found = shares(tasks(*plan(52, 26), grows=False), 13)
    assert (found >= 1).mean() == pytest.approx(expected, abs=2 / DRAWS)
    half = gamma.ppf(0.5, 13 * rate / scale, scale=scale)
    assert np.median(found) == pytest.approx((26 + half) / 52, abs=0.002)  # less than the first half of what is left


def test_without_time_left_the_share_stays_what_it_is() -> None:
    assert shares(tasks(*plan(8, 6)), 0.0) == pytest.approx(np.full(DRAWS, 0.75))


def test_a_project_without_tasks_has_no_share() -> None:
    scope = measure_scope(tasks(), pl.Series(["p"]), AS_OF)
    assert np.isnan(scope.share).all()
    assert np.isnan(forecast_share(scope, np.array([4.0]))).all()
    assert forecast_share(measure_scope(tasks(), pl.Series([], dtype=pl.String), AS_OF), np.array([])).shape == (
        0,
        DRAWS,
    )


def test_what_is_added_to_a_plan_holds_it_back() -> None:
    planned = plan(40, 20)
    creeping = [*planned, *((age, age - 0.5) for age in range(1, 21))]  # each week one more, done at once
    one_more_a_week = measure_scope(tasks(*creeping), pl.Series(["p"]), AS_OF)
    assert one_more_a_week.added == [20.0]
    same_pace = [*planned, *((26.0, age - 0.5) for age in range(1, 21))]  # the same work, planned from the start
    assert (shares(tasks(*creeping), 13) >= 1).mean() < (shares(tasks(*same_pace), 13) >= 1).mean()
    assert measure_scope(tasks(*same_pace), pl.Series(["p"]), AS_OF).added == [0.0]


def test_a_list_of_tasks_does_not_grow() -> None:
    growing, fixed = tasks(*plan(10, 5, age=2.0)), tasks(*plan(10, 5, age=2.0), grows=False)
    assert np.median(shares(fixed, 6)) > np.median(shares(growing, 6))


def test_nothing_after_as_of_counts() -> None:
    now = tasks(*plan(20, 10))
    later = pl.concat([now, tasks((-1.0, None), (-2.0, -3.0))]).with_columns(
        done_at=pl.coalesce("done_at", pl.lit(AS_OF + dt.timedelta(days=1)))
    )
    assert (shares(later, 8) == shares(now, 8)).all()


BODIES = st.lists(
    st.tuples(st.floats(0.1, 80), st.floats(0, 1) | st.none()).map(
        lambda pair: (pair[0], None if pair[1] is None else pair[0] * pair[1])
    ),
    min_size=1,
    max_size=30,
)


@given(BODIES, st.floats(0, 60), st.integers(0, 29), st.floats(0, 1), st.booleans())
@settings(deadline=None, max_examples=60)
def test_one_more_task_done_never_lowers_the_share(body, weeks, which, at, grows) -> None:
    which %= len(body)
    more = body.copy()
    more[which] = (body[which][0], body[which][1] if body[which][1] is not None else body[which][0] * at)
    before, after = shares(tasks(*body, grows=grows), weeks), shares(tasks(*more, grows=grows), weeks)
    assert (after >= before - 1e-9).all()


@given(BODIES, st.floats(0, 60), st.randoms())
@settings(deadline=None, max_examples=30)
def test_shares_rise_are_not_negative_and_ignore_the_order_of_rows_and_other_projects(body, weeks, random) -> None:
    found = shares(tasks(*body), weeks)
    assert (np.diff(found) >= 0).all()
    assert (found >= 0).all()
    shuffled = body.copy()
    random.shuffle(shuffled)
    among = pl.concat([tasks((3.0, 1.0), gid="other"), tasks(*shuffled)])
    assert shares(among, weeks) == pytest.approx(found)

"""What tasks really take: estimates corrected by experience, missing ones inferred, nothing from the future."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asana_intel.workload.effort import FINISHED, EffortModel, learn_effort

AS_OF = dt.date(2026, 3, 2)


def done(n: int, estimated: float | None, actual: float | None, **values: Any) -> list[dict[str, Any]]:
    """Tasks that stood in the plan for a month."""
    task = {
        "person_gid": "p",
        "project_gid": "j",
        "created_on": dt.date(2026, 1, 1),
        "completed_on": dt.date(2026, 2, 1),
        "effort_hours": estimated,
        "actual_hours": actual,
    }
    return [task | values] * n


def model(*rows: dict[str, Any], as_of: dt.date = AS_OF) -> EffortModel:
    return learn_effort(pl.DataFrame(list(rows), schema=FINISHED), as_of)


def median_hours(learned: EffortModel, effort: float | None, person: str = "p", project: str = "j") -> float:
    asked = pl.DataFrame(
        {"person_gid": [person], "project_gid": [project], "effort_hours": [effort]},
        schema={"person_gid": pl.String, "project_gid": pl.String, "effort_hours": pl.Float64},
    )
    return float(np.exp(learned.of(asked).median[0]))


def test_without_experience_estimates_are_believed_and_a_missing_one_is_four_hours() -> None:
    learned = model()
    assert median_hours(learned, 10.0) == pytest.approx(10.0)
    assert median_hours(learned, None) == pytest.approx(4.0)
    assert median_hours(learned, -3.0) == pytest.approx(4.0)


def test_few_tasks_move_an_estimate_little_and_many_all_the_way() -> None:
    few, many = model(*done(3, 4.0, 8.0)), model(*done(2000, 4.0, 8.0))
    assert 4.0 < median_hours(few, 4.0) < 5.5
    assert median_hours(many, 4.0) == pytest.approx(8.0, rel=0.03)


def test_a_person_who_overruns_is_corrected_more_than_colleagues() -> None:
    learned = model(*done(200, 4.0, 4.0, person_gid="q"), *done(60, 4.0, 8.0))
    assert median_hours(learned, 4.0, "q") == pytest.approx(4.0, rel=0.1)
    assert median_hours(learned, 4.0, "p") > 6.0
    assert median_hours(learned, 4.0, "new") < median_hours(learned, 4.0, "p")


def test_missing_effort_is_that_of_the_persons_work_in_the_project_then_the_projects_then_everybodys() -> None:
    learned = model(
        *done(300, None, 2.0, person_gid="q", project_gid="k"),
        *done(300, None, 6.0, person_gid="q"),
        *done(300, None, 20.0),
    )
    assert median_hours(learned, None) == pytest.approx(20.0, rel=0.2)
    assert 5.0 < median_hours(learned, None, "new") < 21.0
    assert median_hours(learned, None, "new", "k") == pytest.approx(2.0, rel=0.2)
    assert 2.0 < median_hours(learned, None, "new", "new") < 20.0


def test_where_nothing_was_logged_the_estimate_of_finished_work_says_what_it_took() -> None:
    assert median_hours(model(*done(500, 12.0, 0.0)), None) == pytest.approx(12.0, rel=0.1)


def test_what_was_done_at_once_teaches_nothing_about_estimates() -> None:
    at_once = done(500, 4.0, 4.0, created_on=dt.date(2026, 1, 30))
    assert median_hours(model(*at_once, *done(100, 4.0, 8.0)), 4.0) == pytest.approx(
        median_hours(model(*done(100, 4.0, 8.0)), 4.0)
    )


def test_an_organisation_that_guesses_well_gets_a_narrower_spread() -> None:
    asked = pl.DataFrame({"person_gid": ["p"], "project_gid": ["j"], "effort_hours": [8.0]})
    usual, good = model().of(asked), model(*done(300, 8.0, 8.0)).of(asked)
    assert good.above[0] < usual.above[0] / 2
    assert good.below[0] < usual.below[0] / 2


def test_nothing_finished_after_as_of_changes_anything() -> None:
    known = done(30, 4.0, 6.0)
    later = done(500, 4.0, 40.0, completed_on=dt.date(2026, 3, 3))
    undated = done(500, 4.0, 40.0, completed_on=None)
    for effort in (3.0, None):
        assert median_hours(model(*known, *later, *undated), effort) == median_hours(model(*known), effort)


odd = st.one_of(st.none(), st.floats(-10, 1e6), st.just(0.0))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(odd, odd), max_size=30), st.lists(st.floats(0.01, 2000), min_size=2, max_size=2))
def test_odd_tasks_never_raise_and_a_larger_estimate_is_never_less_work_at_any_luck(hours, sizes) -> None:
    learned = model(*(row for estimated, actual in hours for row in done(1, estimated, actual)))
    smaller, larger = (
        learned.of(pl.DataFrame({"person_gid": ["p"], "project_gid": ["j"], "effort_hours": [size]}))
        for size in sorted(sizes)
    )
    for luck in (-3.29, -1.0, 0.0, 1.0, 3.29):
        low, high = (float(e.median[0] + (e.below[0] if luck < 0 else e.above[0]) * luck) for e in (smaller, larger))
        assert math.isfinite(low)
        assert low <= high + 1e-9

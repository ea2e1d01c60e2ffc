"""People: what they did each week and what lies before them; answers worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

Run = Callable[..., list[dict[str, Any]]]
Day = Callable[[int], date]
At = Callable[..., datetime]


def open_task(gid: str = "1", person: str | None = "70", **values: Any) -> dict[str, Any]:
    return {"task_gid": gid, "assignee_gid": person} | values


def entry(gid: str, on: date, hours: float, person: str | None = "70") -> dict[str, Any]:
    return {"entry_gid": gid, "person_gid": person, "entered_on": on, "hours": hours}


def weeks(run: Run, *tasks: dict[str, Any], **options: Any) -> dict[str, float]:
    """Assigned hours by Monday."""
    rows = run("fct_person_assigned_weekly", tasks=list(tasks), **options)
    return {row["week_on"].isoformat(): round(row["assigned_hours"], 6) for row in rows}


# The data end on Wednesday 7 January 2026; the running week has Wednesday, Thursday and Friday left.


def test_effort_is_spread_evenly_over_the_working_days_to_the_due_date(run: Run, day: Day) -> None:
    assert weeks(run, open_task(effort_hours=16, due_on=day(16))) == {"2026-01-05": 6, "2026-01-12": 10}


def test_logged_hours_are_taken_off_and_half_an_hour_always_stays(run: Run, day: Day) -> None:
    assert weeks(run, open_task(effort_hours=8, actual_hours=3, due_on=day(9))) == {"2026-01-05": 5}
    assert sum(weeks(run, open_task(effort_hours=8, actual_hours=30, due_on=day(23))).values()) == pytest.approx(
        0.5, abs=1e-5
    )


@pytest.mark.parametrize("due", [date(2026, 1, 2), date(2025, 12, 1), date(2026, 1, 7), date(2026, 1, 9)])
def test_overdue_and_urgent_work_falls_on_the_next_five_days(run: Run, due: date) -> None:
    # Wednesday to Sunday: three working days, all of them in the running week.
    assert weeks(run, open_task(effort_hours=6, due_on=due)) == {"2026-01-05": 6}


def test_work_that_starts_later_counts_from_its_start(run: Run, day: Day) -> None:
    assert weeks(run, open_task(effort_hours=10, start_on=day(14), due_on=day(20))) == {
        "2026-01-12": 6,
        "2026-01-19": 4,
    }


def test_work_that_started_before_counts_from_today(run: Run, day: Day) -> None:
    assert weeks(run, open_task(effort_hours=8, start_on=date(2025, 11, 1), due_on=day(16))) == {
        "2026-01-05": 3,
        "2026-01-12": 5,
    }


def test_work_without_a_due_date_counts_evenly_over_eight_weeks(run: Run) -> None:
    spread = weeks(run, open_task(effort_hours=40))  # 56 days from Wednesday on: 40 working days
    assert spread == {
        "2026-01-05": 3, "2026-01-12": 5, "2026-01-19": 5, "2026-01-26": 5, "2026-02-02": 5, "2026-02-09": 5,
        "2026-02-16": 5, "2026-02-23": 5,
    }  # fmt: skip


def test_work_planned_for_a_weekend_is_not_lost(run: Run, day: Day) -> None:
    assert weeks(run, open_task(effort_hours=4, start_on=day(17), due_on=day(18))) == {"2026-01-19": 4}
    assert weeks(run, open_task(effort_hours=4, start_on=day(18))).keys() >= {"2026-01-19"}


def test_work_due_before_it_starts_is_done_on_its_start(run: Run, day: Day) -> None:
    assert weeks(run, open_task(effort_hours=4, start_on=day(21), due_on=day(14))) == {"2026-01-19": 4}


def test_on_a_saturday_what_is_due_falls_into_the_week_that_comes(run: Run, day: Day) -> None:
    saturday = datetime(2026, 1, 10, 6, tzinfo=UTC)
    assert weeks(run, open_task(effort_hours=6, due_on=day(10)), as_of=saturday) == {"2026-01-12": 6}


def test_work_beyond_eight_weeks_is_cut_at_the_horizon(run: Run) -> None:
    far = weeks(run, open_task(effort_hours=100, due_on=date(2027, 1, 5)))
    assert len(far) == 8
    assert sum(far.values()) < 20


def test_work_nobody_touched_for_half_a_year_is_no_load(run: Run) -> None:
    old = datetime(2025, 3, 1, tzinfo=UTC)
    assert weeks(run, open_task(effort_hours=8, created_at=old)) == {}
    assert weeks(run, open_task(effort_hours=8, created_at=old, due_on=date(2025, 4, 1))) == {}
    assert weeks(run, open_task(effort_hours=8, created_at=old, modified_at=datetime(2025, 12, 1, tzinfo=UTC))) != {}
    assert weeks(run, open_task(effort_hours=8, created_at=old, due_on=date(2026, 1, 9))) != {}


def test_work_of_nobody_and_finished_work_are_no_load(run: Run, at: At) -> None:
    done = open_task("2", is_completed=True, completed_at=at(6), effort_hours=5)
    assert weeks(run, open_task(person=None, effort_hours=8), done) == {}


def finished(n: int, hours: float, person: str, at: At) -> list[dict[str, Any]]:
    return [
        open_task(f"{person}-{k}", person, is_completed=True, completed_at=at(6), effort_hours=1, actual_hours=hours)
        for k in range(n)
    ]


def test_effort_nobody_estimated_is_the_median_of_the_same_person_and_flagged(run: Run, day: Day, at: At) -> None:
    tasks = [*finished(5, 2, "70", at), *finished(9, 10, "71", at)]
    tasks += [open_task("a", "70", due_on=day(9)), open_task("b", "72", due_on=day(9))]
    tasks += [open_task("c", "70", due_on=day(9), effort_hours=6)]
    rows = {r["person_gid"]: r for r in run("fct_person_assigned_weekly", tasks=tasks)}
    assert rows["70"]["assigned_hours"] == pytest.approx(8)
    assert rows["70"]["inferred_hours"] == pytest.approx(2)
    assert rows["70"]["open_tasks"] == 2
    assert rows["72"]["assigned_hours"] == pytest.approx(10)  # median of everyone's
    assert rows["72"]["inferred_hours"] == pytest.approx(10)


def test_with_four_finished_tasks_a_person_counts_like_everyone(run: Run, day: Day, at: At) -> None:
    tasks = [*finished(4, 2, "70", at), *finished(9, 10, "71", at), open_task("a", "70", due_on=day(9))]
    assert weeks(run, *tasks)["2026-01-05"] == pytest.approx(10)


def test_where_nothing_was_ever_finished_a_task_counts_four_hours(run: Run, day: Day) -> None:
    assert weeks(run, open_task(due_on=day(9))) == {"2026-01-05": 4}


def load(run: Run, **staging: Any) -> list[tuple[Any, ...]]:
    return [tuple(row.values())[1:] for row in run("fct_person_load_weekly", **staging)]


def test_a_week_without_work_is_a_row_of_zeros(run: Run, day: Day, at: At) -> None:
    entries = [entry("1", day(5), 4), entry("2", day(7), 2), entry("3", day(19), 1), entry("4", day(20), 9, None)]
    tasks = [open_task("t", is_completed=True, completed_at=at(25, 23))]  # Sunday, 23:00 UTC
    assert load(run, time_entries=entries, tasks=tasks) == [
        (day(5), 6.0, 0, 0.0, 5.0),
        (day(12), 0.0, 0, 0.0, 5.0),
        (day(19), 1.0, 1, 0.0, 5.0),
    ]


def test_days_off_count_on_working_days_and_once(run: Run, day: Day) -> None:
    def off(*spans: tuple[int, int]) -> list[float]:
        away = [
            {"entry_gid": str(n), "person_gid": "70", "start_on": day(a), "end_on": day(b)}
            for n, (a, b) in enumerate(spans)
        ]
        entries = [entry("1", day(5), 1), entry("2", day(19), 1)]
        rows = run("fct_person_load_weekly", time_entries=entries, time_off=away)
        assert all(r["days_off"] + r["working_days"] == 5 for r in rows)
        return [r["days_off"] for r in rows]

    assert off() == [0, 0, 0]
    assert off((8, 13)) == [2, 2, 0]  # Thursday to Tuesday
    assert off((10, 11)) == [0, 0, 0]  # a weekend
    assert off((1, 31)) == [5, 5, 5]
    assert off((12, 14), (13, 15)) == [0, 4, 0]  # two entries that overlap
    assert off((12, 12), (12, 12)) == [0, 1, 0]


def test_a_person_has_a_team_a_first_and_a_last_day_and_open_tasks(run: Run, day: Day, at: At) -> None:
    rows = run(
        "dim_person",
        users=[{"person_gid": "70", "name": "Ada"}, {"person_gid": "71", "name": "Ben"}],
        teams=[{"team_gid": "10", "name": "Web"}, {"team_gid": "11", "name": "Core"}],
        team_memberships=[{"team_gid": "10", "person_gid": "70"}, {"team_gid": "11", "person_gid": "70"}],
        time_entries=[entry("1", day(5), 1)],
        tasks=[open_task("1"), open_task("2"), open_task("3", is_completed=True, completed_at=at(2))],
    )
    assert rows[0] == {
        "person_gid": "70", "name": "Ada", "team_gid": "11", "team_name": "Core", "first_active_on": day(2),
        "last_active_on": day(5), "open_tasks": 2,
    }  # fmt: skip
    assert (rows[1]["team_gid"], rows[1]["first_active_on"], rows[1]["open_tasks"]) == (None, None, 0)

"""One chain from task to goal: what changes, changes together, and nothing else does."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from asana_intel.errors import PermanentError
from asana_intel.insights.scenario import Base, what_if
from asana_intel.insights.scenario.changes import (
    AddPerson,
    AddProject,
    GiveTask,
    MoveTask,
    NewTask,
    RemovePerson,
    RemoveTask,
    ShiftProject,
)
from asana_intel.workload.load_causes import explain_load
from asana_intel_tests.unit.insights.scenario.worlds import (
    MONDAY,
    by,
    day,
    goal,
    task,
    week,
    work,
    world,
)

BUSY = [task(f"t{n}", due_on=day(4 + n), effort_hours=30.0) for n in range(3)]


# -- nothing and known answers


def test_a_project_shifted_and_back_makes_no_difference() -> None:
    base = world([task("a", start_on=day(7), due_on=day(20)), task("b", start_on=day(3))], links=[("b", "a")])
    there, back = ShiftProject(project_gid="P", weeks=3), ShiftProject(project_gid="P", weeks=-3)
    assert not what_if(base, [there]).is_empty()
    assert what_if(base, [there, back]).is_empty()


def test_without_the_named_task_the_odds_are_those_that_the_causes_told() -> None:
    rows = [task(f"t{n}", due_on=day(3 + 2 * n), effort_hours=5.0 + 6 * n) for n in range(6)]
    told, base = explain_load(work(rows)), world(rows)
    assert told.height
    for cause in told.to_dicts():
        now = week(what_if(base, [RemoveTask(task_gid=cause["task_gid"])]), "p", cause["week_on"])
        assert now["p_over_110_before"] == cause["p_over_110"]
        assert now["p_over_110_after"] == pytest.approx(cause["p_without"], abs=0.0011)


# -- capacity


def test_a_task_given_to_another_moves_its_hours_and_both_odds() -> None:
    base = world([*BUSY, task("z", person_gid="q", due_on=day(4))])
    told = what_if(base, [GiveTask(task_gid="t0", person_gid="q")])
    mine, theirs = week(told, "p", MONDAY), week(told, "q", MONDAY)
    assert mine["hours_after"] < mine["hours_before"]
    assert mine["p_over_110_after"] < mine["p_over_110_before"]
    assert theirs["hours_after"] - theirs["hours_before"] > 20
    assert set(told.person_weeks["person_gid"]) == {"p", "q"}


def test_nobodys_task_loads_whoever_gets_it() -> None:
    told = what_if(world([*BUSY, task("z", person_gid=None, due_on=day(4))]), [GiveTask(task_gid="z", person_gid="r")])
    row = week(told, "r", MONDAY)
    assert row["hours_before"] == 0
    assert row["hours_after"] == pytest.approx(10, rel=0.3)


def test_a_team_has_the_sums_of_its_people_and_the_odds_that_one_of_them_is_overloaded() -> None:
    base = world(BUSY)
    told = what_if(base, [GiveTask(task_gid="t0", person_gid="q")])
    team = told.team_weeks.filter(pl.col("team_gid") == "A", pl.col("week_on") == MONDAY).to_dicts()[0]
    odds = [week(told, person, MONDAY)["p_over_110_after"] for person in "pq"]
    assert team["people"] == 5
    assert team["hours_after"] == pytest.approx(sum(week(told, person, MONDAY)["hours_after"] for person in "pq"))
    assert team["overloaded_after"] == pytest.approx(sum(odds))
    assert team["p_bottleneck_after"] == pytest.approx(1 - (1 - odds[0]) * (1 - odds[1]))
    assert "B" not in set(told.team_weeks["team_gid"])


def test_somebody_who_leaves_has_no_hours_from_that_day_on_and_keeps_what_ends_before() -> None:
    base = world([task("soon", due_on=day(3)), task("late", due_on=day(30)), task("z", person_gid="q")])
    told = what_if(base, [RemovePerson(person_gid="p", from_on=day(7), to=("q", "r"))])
    assert week(told, "p", day(7))["available_after"] == 0
    assert {row["task_gid"]: row["person_after_gid"] for row in told.moves.to_dicts()} == {"late": "r"}
    alone = what_if(base, [RemovePerson(person_gid="p", from_on=day(7))])
    assert alone.moves["person_after_gid"].to_list() == [None]
    assert by(alone.tasks, "task_gid")["late"]["finish_after"] is None


def test_somebody_who_joins_can_be_given_work() -> None:
    base = world(BUSY)
    joins = AddPerson(name="Neu", weekly_hours=40.0, start_on=day(7), team_gid="A")
    told = what_if(base, [joins, GiveTask(task_gid="t2", person_gid="new:Neu")])
    row = week(told, "new:Neu", day(7))
    assert row["available_before"] == 0
    assert row["available_after"] == 40
    team = told.team_weeks.filter(pl.col("team_gid") == "A", pl.col("week_on") == day(7)).to_dicts()[0]
    assert (team["people"], team["available_after"] - team["available_before"]) == (6, 40)


def test_somebody_who_joins_and_leaves_has_hours_in_between() -> None:
    joins = AddPerson(name="Neu", weekly_hours=40.0, start_on=day(7))
    told = what_if(world(BUSY), [joins, RemovePerson(person_gid="new:Neu", from_on=day(21))])
    weeks = {row["week_on"]: row["available_after"] for row in told.person_weeks.to_dicts()}
    assert weeks == {day(7): 40, day(14): 40}


def test_work_that_moves_beyond_the_days_that_are_known_leaves_the_horizon() -> None:
    told = what_if(world(BUSY), [MoveTask(task_gid="t0", start_on=day(200))])
    assert week(told, "p", MONDAY)["hours_after"] < week(told, "p", MONDAY)["hours_before"]
    lost = told.person_weeks["hours_before"] - told.person_weeks["hours_after"]
    assert lost.sum() == pytest.approx(30, rel=0.3)


# -- dates


def test_what_waits_ends_later_with_what_it_waits_for() -> None:
    rows = [
        task("a", due_on=day(4)),
        task("b", person_gid="q", project_gid="Q", due_on=day(30)),
        task("c", person_gid="r", project_gid="R"),
    ]
    told = what_if(world(rows, links=[("b", "a")]), [MoveTask(task_gid="a", start_on=day(14))])
    ends = by(told.tasks, "task_gid")
    assert ends["a"]["due_after"] == day(18)
    assert ends["a"]["finish_after"] == day(15)
    assert ends["b"]["finish_after"] > ends["b"]["finish_before"]
    assert ends["b"]["finish_after"] > ends["a"]["finish_after"]
    assert set(ends) == {"a", "b"}
    assert set(told.projects["project_gid"]) == {"P", "Q"}


def test_a_full_desk_makes_a_task_end_later_and_the_desk_it_leaves_sooner() -> None:
    rows = [*BUSY, task("z", due_on=day(40)), task("y", person_gid="q", due_on=day(40))]
    told = what_if(world(rows), [GiveTask(task_gid="t0", person_gid="q")])
    ends = by(told.tasks, "task_gid")
    assert ends["z"]["finish_after"] < ends["z"]["finish_before"]
    assert ends["y"]["finish_after"] > ends["y"]["finish_before"]


def test_what_a_change_takes_from_somebody_and_gives_nobody_never_ends_nor_does_what_waits_for_it() -> None:
    rows = [task("a", due_on=day(4)), task("b", person_gid="q"), task("c", person_gid="q", project_gid="Q")]
    told = what_if(world(rows, links=[("b", "a")]), [GiveTask(task_gid="a", person_gid=None)])
    ends = by(told.tasks, "task_gid")
    assert (ends["a"]["finish_after"], ends["b"]["finish_after"]) == (None, None)
    assert by(told.projects, "project_gid")["P"]["finish_after"] is None
    assert "c" not in ends


# -- goals and priorities


GOALS = [goal("g1", due_on=day(20)), goal("g2")]


def serving(**values) -> Base:
    rows = [
        task("a", due_on=day(10)),
        task("b", person_gid="q", due_on=day(12)),
        task("c", person_gid="r", project_gid="Q", due_on=day(12)),
    ]
    return world(rows, goals=GOALS, supports={"P": "g1", "Q": "g2"}, **values)


def test_a_task_that_ends_after_its_goals_due_day_costs_the_goal_odds_and_no_other() -> None:
    told = what_if(serving(), [MoveTask(task_gid="a", start_on=day(30))])
    (row,) = told.goals.to_dicts()
    assert (row["goal_gid"], row["lost_tasks"], row["won_tasks"]) == ("g1", 1, 0)
    assert row["contribution"] == pytest.approx(-30)  # half of the hours of the 60 that are missing
    assert row["p_after"] < row["p_before"] == 0.5


def test_a_task_that_now_ends_in_time_raises_the_odds_of_its_goal() -> None:
    base = world([task("a", start_on=day(30))], goals=GOALS, supports={"P": "g1"}, unit=5.0)
    (row,) = what_if(base, [MoveTask(task_gid="a", start_on=day(3))]).goals.to_dicts()
    assert (row["won_tasks"], row["contribution"]) == (1, 5.0)
    assert row["p_after"] > 0.5


def test_a_task_that_moves_and_still_ends_in_time_changes_no_odds() -> None:
    told = what_if(serving(), [MoveTask(task_gid="a", start_on=day(7))])
    assert by(told.tasks, "task_gid")["a"]["finish_after"] > day(6)
    assert told.goals.is_empty()


def test_a_new_supporting_task_that_somebody_free_does_raises_its_goal() -> None:
    new = NewTask(task="more", hours=8, person_gid="s", goal_gid="g1")
    told = what_if(serving(), [AddProject(name="X", tasks=(new,))])
    (row,) = told.goals.to_dicts()
    assert (row["goal_gid"], row["won_tasks"]) == ("g1", 1)
    assert row["p_after"] > row["p_before"]
    assert by(told.priorities, "task_gid")["new:X:1"]["score_before"] is None


def test_a_task_that_must_be_done_sooner_gains_points_and_places() -> None:
    rows = [task("a", due_on=day(40)), task("b", person_gid="q", due_on=day(20)), task("c", person_gid="r")]
    told = what_if(world(rows), [MoveTask(task_gid="a", due_on=day(1))])
    row = by(told.priorities, "task_gid")["a"]
    assert row["score_after"] > row["score_before"]
    assert row["rank_after"] == 1
    assert set(told.priorities["task_gid"]) == {"a"}


def test_a_fuller_desk_takes_points_from_the_tasks_on_it_and_an_emptier_one_gives_them() -> None:
    told = what_if(world([*BUSY, task("y", person_gid="q")]), [GiveTask(task_gid="t0", person_gid="q")])
    scores = by(told.priorities, "task_gid")
    assert scores["y"]["score_after"] < scores["y"]["score_before"]
    assert scores["t1"]["score_after"] > scores["t1"]["score_before"]


def test_a_removed_task_has_no_score_and_what_waited_for_it_is_free() -> None:
    rows = [task("a"), task("part", parent_gid="a"), task("b", person_gid="q")]
    told = what_if(world(rows, links=[("b", "a")]), [RemoveTask(task_gid="a")])
    scores = by(told.priorities, "task_gid")
    assert scores["a"]["score_after"] is None
    assert scores["part"]["score_after"] is None
    assert scores["b"]["score_after"] > scores["b"]["score_before"]


# -- projects


def test_a_new_project_is_laid_out_by_what_waits_for_what_and_given_to_the_skilled_with_room() -> None:
    base = world(BUSY, skills=[("p", "Design"), ("s", "design"), ("q", "Copy")])
    tasks = (
        NewTask(task="draw", hours=12, skill="DESIGN"),
        NewTask(task="write", hours=12, skill="Copy", depends_on=("draw",)),
        NewTask(task="sing", hours=2, skill="Song"),
    )
    told = what_if(base, [AddProject(name="X", tasks=tasks, start_on=day(7))])
    moves = by(told.moves, "task_gid")
    assert [moves[f"new:X:{n}"]["person_after_gid"] for n in (1, 2, 3)] == ["s", "q", None]
    assert moves["new:X:1"]["start_after"] == day(7)
    assert moves["new:X:2"]["start_after"] > moves["new:X:1"]["start_after"]
    assert told.notes == ("Nobody does 'sing': there is nobody with the skill Song.",)
    assert week(told, "s", day(7))["hours_after"] > 5
    assert "new:X" in set(told.projects["project_gid"])


def test_tasks_of_a_new_project_that_wait_in_a_circle_are_said_so() -> None:
    tasks = (NewTask(task="a", hours=8, depends_on=("b",)), NewTask(task="b", hours=8, depends_on=("a",)))
    notes = what_if(world(BUSY), [AddProject(name="X", tasks=tasks)]).notes
    assert sum("Waits in a circle" in note and "is left out" in note for note in notes) == 1


def test_a_new_project_moves_whole_with_its_start() -> None:
    tasks = (
        NewTask(task="a", hours=4, person_gid="s", start_on=day(1), due_on=day(3)),
        NewTask(task="b", hours=4, person_gid="s", start_on=day(5), due_on=day(9)),
    )
    told = what_if(world(BUSY), [AddProject(name="X", tasks=tasks, start_on=day(15))])
    dates = [(row["start_after"], row["due_after"]) for row in told.moves.to_dicts()]
    assert dates == [(day(15), day(17)), (day(19), day(23))]


def test_a_shifted_project_moves_all_its_open_tasks_and_no_others() -> None:
    rows = [task("a", due_on=day(4)), task("b", start_on=day(2), due_on=day(9)), task("c", project_gid="Q")]
    told = what_if(world(rows), [ShiftProject(project_gid="P", weeks=2)])
    moves = by(told.moves, "task_gid")
    assert (moves["a"]["start_after"], moves["a"]["due_after"]) == (day(14), day(18))
    assert (moves["b"]["start_after"], moves["b"]["due_after"]) == (day(16), day(23))
    assert set(moves) == {"a", "b"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (GiveTask(task_gid="x", person_gid="q"), "not an open task"),
        (GiveTask(task_gid="t0", person_gid="nobody"), "No working hours"),
        (ShiftProject(project_gid="X", weeks=1), "no open task"),
        (RemovePerson(person_gid="nobody"), "no known working hours"),
        (RemovePerson(person_gid="p", to=("p",)), "their own work"),
        (RemovePerson(person_gid="p", to=("x",)), "No working hours"),
        (AddProject(name="X", tasks=(NewTask(task="a", hours=1, depends_on=("b",)),)), "neither in the list"),
        (AddProject(name="X", tasks=(NewTask(task="a", hours=1, depends_on=("a",)),)), "waits for itself"),
        (AddProject(name="X", tasks=(NewTask(task="a", hours=1), NewTask(task="a", hours=1))), "there twice"),
    ],
)
def test_a_change_of_what_is_not_there_is_an_error_that_says_so(change, words) -> None:
    with pytest.raises(PermanentError, match=words):
        what_if(world(BUSY), [change])


def test_nothing_is_left_to_do_is_a_world_too() -> None:
    assert what_if(world([]), []).is_empty()


def test_later_days_are_like_the_last_week() -> None:
    told = what_if(world(BUSY), [MoveTask(task_gid="t0", start_on=day(1), due_on=day(300))])
    assert week(told, "p", MONDAY)["hours_after"] < week(told, "p", MONDAY)["hours_before"]
    assert isinstance(by(told.tasks, "task_gid")["t0"]["finish_after"], dt.date)


def test_what_lies_in_the_past_or_goes_to_nobody_is_said() -> None:
    for change, words in (
        (MoveTask(task_gid="t0", start_on=day(-9)), "the start, 2026-02-21, lies in the past"),
        (RemovePerson(person_gid="p", from_on=day(-9), to=("s",)), "is away from 2026-03-02 on"),
        (RemovePerson(person_gid="p"), "are nobody's then"),
        (AddProject(name="X", tasks=(NewTask(task="a", hours=1, person_gid="s", due_on=day(-9)),)), "lies in the past"),
    ):
        notes = what_if(world(BUSY), [change]).notes
        assert [words in note for note in notes] == [True], notes


def test_nobody_leaves_twice() -> None:
    with pytest.raises(PermanentError, match="leaves twice"):
        what_if(world(BUSY), [RemovePerson(person_gid="p"), RemovePerson(person_gid="p")])

"""What-ifs of random worlds: nothing without a change, there and back is nothing, and only what is touched changes."""

from __future__ import annotations

from unittest.mock import patch

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from asana_intel.insights.priority import score_tasks
from asana_intel.insights.scenario import Base, Change, what_if
from asana_intel.insights.scenario.changes import (
    AddPerson,
    AddProject,
    GiveTask,
    MoveTask,
    NewTask,
    RemovePerson,
    RemoveTask,
)
from asana_intel.insights.scenario.outcome import outcome_of
from asana_intel.workload.load import forecast_load
from asana_intel_tests.unit.insights.scenario.worlds import PEOPLE, by, day, random_worlds, work

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # each example is a whole world: shrinking takes minutes
few = settings(max_examples=6, phases=PHASES, suppress_health_check=[HealthCheck.too_slow])


def changes_of(base: Base, draw) -> Change:
    """Any one change that can be made there."""
    gid = draw(st.sampled_from(base.tasks["task_gid"].to_list()))
    return draw(
        st.one_of(
            st.builds(GiveTask, task_gid=st.just(gid), person_gid=st.sampled_from([*PEOPLE, None])),
            st.builds(MoveTask, task_gid=st.just(gid), start_on=st.integers(0, 50).map(day)),
            st.builds(MoveTask, task_gid=st.just(gid), due_on=st.integers(0, 70).map(day)),
            st.builds(RemoveTask, task_gid=st.just(gid)),
            st.builds(RemovePerson, person_gid=st.sampled_from(PEOPLE), from_on=st.integers(0, 30).map(day)),
            st.builds(AddPerson, name=st.just("Neu"), weekly_hours=st.just(40.0), team_gid=st.sampled_from("AB")),
        )
    )


@few
@given(random_worlds())
def test_no_change_makes_no_difference_anywhere(base) -> None:
    assert what_if(base, []).is_empty()


@few
@given(random_worlds(), st.data())
def test_a_task_given_away_and_back_makes_no_difference(base, data) -> None:
    row = data.draw(st.sampled_from(base.tasks.to_dicts()))
    there = GiveTask(task_gid=row["task_gid"], person_gid=data.draw(st.sampled_from(PEOPLE)))
    back = GiveTask(task_gid=row["task_gid"], person_gid=row["person_gid"])
    assert what_if(base, [there, back]).is_empty()


@few
@given(random_worlds(), st.data())
def test_the_load_after_a_change_is_what_the_forecast_would_say_of_the_changed_tasks(base, data) -> None:
    given_rows = base.tasks.filter(pl.col("person_gid").is_not_null())["task_gid"].to_list()
    gid = data.draw(st.sampled_from(given_rows or [None]))
    if gid is None:
        return
    person = data.draw(st.sampled_from(PEOPLE))
    rows = [row | {"created_on": None} for row in base.tasks.to_dicts() if row["person_gid"]]
    for row in rows:
        row["effort_hours"] = None if row["is_inferred"] else row["effort_hours"]
        row["person_gid"] = person if row["task_gid"] == gid else row["person_gid"]
    wanted = forecast_load(work(rows)).select("person_gid", "week_on", "assigned_hours", "p_over_110")
    told = what_if(base, [GiveTask(task_gid=gid, person_gid=person)]).person_weeks
    both = told.join(wanted, on=["person_gid", "week_on"])
    assert both["hours_after"].to_list() == pytest.approx(both["assigned_hours"].to_list())
    assert both["p_over_110_after"].to_list() == pytest.approx(both["p_over_110"].to_list(), abs=0.0011)


@few
@given(random_worlds(), st.data())
def test_only_touched_people_tasks_and_goals_change(base, data) -> None:
    change = changes_of(base, data.draw)
    told = what_if(base, [change])
    had = by(base.tasks, "task_gid")
    moved = {*told.moves["task_gid"], *(gid for gid in had if isinstance(change, RemoveTask))}
    owners = {had[gid]["person_gid"] for gid in moved if gid in had} | set(told.moves["person_after_gid"])
    named = {getattr(change, "person_gid", None), "new:Neu"}
    assert set(told.person_weeks["person_gid"]) <= owners | named
    serving = set(base.backlog.supports["goal_gid"])
    assert set(told.goals["goal_gid"]) <= serving
    ends = {row["task_gid"] for row in told.tasks.to_dicts() if row["finish_before"] != row["finish_after"]}
    people = set(told.person_weeks["person_gid"]) | owners | named
    islands = dict(base.islands.iter_rows())
    roots = moved | {gid for gid, row in had.items() if row["person_gid"] in people}
    assert {islands[gid] for gid in ends} <= {islands[gid] for gid in roots if gid in islands}


@few
@given(random_worlds(), st.data())
def test_scores_that_are_not_touched_would_be_the_same_if_all_were_made_again(base, data) -> None:
    change = changes_of(base, data.draw)
    told = what_if(base, [change]).priorities

    def all_again(previous, gids, backlog, before, rubric, as_of):
        return score_tasks(backlog, before, rubric, as_of)

    with patch("asana_intel.insights.scenario.priorities.rescore", all_again):
        assert_frame_equal(told, what_if(base, [change]).priorities)


@few
@given(random_worlds(), st.data())
def test_a_scenario_is_the_same_each_time_and_comes_back_from_json(base, data) -> None:
    change = changes_of(base, data.draw)
    told = what_if(base, [change])
    assert told.as_json() == what_if(base, [change]).as_json()
    assert outcome_of(told.as_json()).as_json() == told.as_json()


@few
@given(random_worlds(), st.sampled_from(["g1", "g2"]), st.sampled_from([None, "s"]), st.floats(1, 40))
def test_a_new_supporting_task_raises_the_odds_of_its_own_goal_and_of_no_other(base, gid, person, hours) -> None:
    new = NewTask(task="more", hours=hours, person_gid=person, goal_gid=gid, due_on=day(900))
    told = what_if(base, [AddProject(name="X", tasks=(new,))])
    assert all(row["p_after"] <= row["p_before"] for row in told.goals.to_dicts() if row["goal_gid"] != gid)
    if person is None:  # nobody does it
        assert told.goals.is_empty()

"""What is proposed for weeks that a manager would know how to mend."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings

from asana_intel.errors import PermanentError
from asana_intel.insights.rebalance.case import Rules
from asana_intel.insights.rebalance.odds import moved_tasks
from asana_intel.insights.rebalance.propose import propose_moves
from asana_intel.workload.kept import restored_work
from asana_intel_tests.unit.insights.rebalance.test_brute_force import worlds
from asana_intel_tests.unit.insights.rebalance.worlds import FRIDAY, TODAY, World

WEEK = timedelta(weeks=1)


def only(world: World) -> dict:
    """The one move that is proposed."""
    moves = world.propose().moves
    return moves.row(0, named=True) | {"moves": moves.height}


def test_one_task_goes_to_who_can_do_it_and_both_weeks_stay_below_the_limit() -> None:
    world = World().person("ann").person("bob").person("cy")
    for gid in ("t1", "t2", "t3"):
        world.task(gid, "ann", 20.0, "bob")
    proposal = world.propose()
    move = proposal.moves.row(0, named=True)
    assert (proposal.moves.height, move["kind"], move["to_person_gid"]) == (1, "reassign", "bob")
    assert (move["moved_hours"], move["relieved_person_gid"], move["relieved_week_on"]) == (20.0, "ann", TODAY)
    assert (move["start_on"], move["due_on"]) == (move["new_start_on"], move["new_due_on"]) == (TODAY, FRIDAY)
    assert move["p_after"] < 0.5 < move["p_before"]
    first = proposal.weeks.filter(pl.col("week_on") == TODAY).sort("person_gid")
    assert first["hours_before"].round(6).to_list() == [60.0, 0.0, 0.0]
    assert first["hours_after"].round(6).to_list() == [40.0, 20.0, 0.0]
    assert first["is_touched"].to_list() == [True, True, False]
    assert first["p_over_110_after"].is_null().to_list() == [False, False, True]
    assert (proposal.gap, proposal.spare_hours, proposal.limits.height) == (0.0, 0.0, 0)


def test_nothing_is_moved_where_nobody_has_too_much() -> None:
    proposal = World().person("ann").person("bob").task("t", "ann", 44.0, "bob").propose()
    assert proposal.moves.is_empty()
    assert not proposal.weeks["is_touched"].any()


def test_of_two_alike_the_begun_one_and_the_one_with_the_higher_score_stay() -> None:
    world = World().person("ann").person("bob")
    world.task("begun", "ann", 20.0, "bob", logged_hours=3.0).task("high", "ann", 20.0, "bob", score=90.0)
    assert only(world.task("low", "ann", 20.0, "bob", score=10.0))["task_gid"] == "low"


def test_one_large_task_is_moved_rather_than_two_small_ones() -> None:
    world = World().person("ann").person("bob").task("large", "ann", 14.0, "bob", score=99.0)
    for gid in ("s1", "s2", "s3", "s4", "s5", "s6"):
        world.task(gid, "ann", 7.0, "bob", score=1.0)
    move = only(world)
    assert (move["moves"], move["task_gid"]) == (1, "large")


def test_half_of_a_task_goes_where_the_whole_does_not_fit() -> None:
    world = World().person("ann").person("bob").task("t", "ann", 60.0, "bob").task("own", "bob", 10.0)
    move = only(world)
    assert (move["kind"], move["moved_hours"], move["to_person_gid"]) == ("split", 30.0, "bob")
    world.rules = Rules(may_split=False)
    assert world.propose().moves.is_empty()


def test_undated_and_overdue_work_may_come_later_but_a_due_date_ahead_holds() -> None:
    dated = World().person("ann").task("t1", "ann", 30.0).task("t2", "ann", 30.0)
    assert dated.propose().moves.is_empty()
    overdue = World().person("ann").task("t1", "ann", 30.0)
    overdue.task("t2", "ann", 30.0, start_on=None, due_on=TODAY - 2 * WEEK)
    move = only(overdue)
    assert (move["kind"], move["task_gid"], move["weeks_later"]) == ("shift", "t2", 1)
    assert (move["new_start_on"], move["new_due_on"]) == (TODAY + WEEK, FRIDAY + WEEK)
    undated = World().person("ann").task("t1", "ann", 43.0).task("t2", "ann", 30.0, week=None)
    move = only(undated)
    assert (move["kind"], move["task_gid"], move["new_due_on"]) == ("shift", "t2", None)


def test_slack_moves_a_due_date_as_far_as_it_reaches_and_the_projects_end_holds_it() -> None:
    def world(**facts: Any) -> World:
        return World().person("ann").task("t1", "ann", 30.0).task("t2", "ann", 30.0, **facts)

    assert only(world(slack_days=5.0))["new_due_on"] == FRIDAY + WEEK
    assert world(slack_days=4.9).propose().moves.is_empty()
    assert world(slack_days=9.0, latest_on=FRIDAY + timedelta(days=6)).propose().moves.is_empty()
    assert world(slack_days=9.0, before_on=FRIDAY + timedelta(days=3)).propose().moves.is_empty()


def test_a_delay_takes_along_what_waits_and_each_counts_as_a_move() -> None:
    world = World(Rules(may_delay=True)).person("ann").person("bob")
    world.task("t1", "ann", 30.0, keeps_dates=True).task("t2", "ann", 30.0)
    world.task("next", "bob", 10.0, week=1).task("last", "bob", 10.0, week=2).waits("next", "t2").waits("last", "next")
    moves = world.propose().moves
    assert moves["task_gid"].to_list() == ["t2", "next", "last"]
    assert moves["cascade_of_gid"].to_list() == [None, "t2", "next"]
    assert moves["new_due_on"].to_list() == [FRIDAY + n * WEEK for n in (1, 2, 3)]
    assert set(moves["relieved_person_gid"]) == {"ann"}
    world.task("free", "ann", 16.0, "bob", keeps_dates=True)
    world.tasks[0]["left_hours"] = 14.0
    assert world.propose().moves["task_gid"].to_list() == ["free"]


def test_a_task_is_worked_on_later_inside_its_own_dates() -> None:
    world = World().person("ann").task("t1", "ann", 40.0).task("t2", "ann", 40.0, due_on=FRIDAY + WEEK)
    move = only(world)
    assert (move["kind"], move["new_start_on"], move["new_due_on"]) == ("resequence", TODAY + WEEK, FRIDAY + WEEK)


def test_a_task_is_not_pressed_into_days_that_cannot_hold_it() -> None:
    world = World().person("ann").task("t1", "ann", 40.0, keeps_dates=True)
    world.task("t2", "ann", 30.0, due_on=TODAY + WEEK)  # the second week holds one day of it
    assert world.propose().moves.is_empty()


def test_pins_time_off_and_full_weeks_are_left_alone() -> None:
    world = World().person("ann").person("off", off=(0,)).person("full").task("own", "full", 44.0)
    world.task("pinned", "ann", 40.0, "off", "full", keeps_person=True, keeps_dates=True)
    world.task("t", "ann", 20.0, "off", "full")
    assert world.propose().moves.is_empty()
    later = World().person("ann").task("t1", "ann", 44.0)
    later.task("t2", "ann", 10.0, start_on=None, due_on=TODAY - WEEK)
    for week in range(1, 8):  # also after the fourth
        later.task(f"w{week}", "ann", 44.0, week=week)
    assert later.propose().moves.is_empty()


def test_who_has_too_much_gets_nothing_and_two_tasks_do_not_swap_people() -> None:
    world = World().person("ann").person("bob")
    world.task("a1", "ann", 50.0, "bob").task("b1", "bob", 8.0, "ann").task("b2", "bob", 41.0, "ann")
    assert all(to != from_ for to, from_ in world.propose().moves.select("to_person_gid", "from_person_gid").rows())
    assert world.propose().moves.is_empty()


def stuck(**facts: Any) -> World:
    """Ann has 50 h in a week of 44, and every task holds its dates; Bob has time, Cy none, Dan is off."""
    world = World(Rules(may_split=False)).person("ann").person("bob").person("cy").person("dan", off=(0,))
    world.task("own", "cy", 40.0, before_on=FRIDAY).task(
        "fixed", "ann", 30.0, keeps_person=True, keeps_dates=True, before_on=FRIDAY
    )
    return world.task("t", "ann", 20.0, **({"keeps_dates": True, "before_on": FRIDAY} | facts))


@pytest.mark.parametrize(
    ("constraint", "world"),
    [
        ("skills", stuck().can("t", "bob", is_able=False)),
        ("due dates", stuck(keeps_dates=False, before_on=None)),
        ("dependencies", stuck(keeps_dates=False, slack_days=5.0)),
        ("pins", stuck(keeps_person=True).can("t", "bob")),
        ("time off", stuck().can("t", "dan")),
        ("time", stuck().can("t", "cy")),
    ],
)
def test_what_stands_in_the_way_is_named_with_the_hours_that_must_go(constraint: str, world: World) -> None:
    proposal = world.propose()
    assert proposal.moves.is_empty()
    assert proposal.limits.rows() == [("ann", TODAY, constraint, 6.0)]


@settings(max_examples=8, deadline=None)
@given(worlds())
def test_the_hours_after_are_those_of_the_moved_tasks_laid_out_anew(world: World) -> None:
    proposal = world.propose()
    case = world.case()
    moved = moved_tasks(case.tasks, proposal.moves)
    work = restored_work(moved, case.work.time, case.rules.weeks)
    hours = moved.select("person_gid", "task_gid", "left_hours")
    left = work.tasks.select("person_gid", "task_gid").join(hours, on=["person_gid", "task_gid"], how="left")
    after = np.zeros(case.weekly.shape)
    np.add.at(after, work.rows, work.shares[:, :-1] * left["left_hours"].to_numpy()[:, None])
    told = proposal.weeks["hours_after"].to_numpy().reshape(after.shape)
    assert np.abs(told - after).max() < 0.1  # whole minutes
    assert proposal.moves["task_gid"].is_unique().all()
    pinned = case.tasks.filter("keeps_person", "keeps_dates")
    assert proposal.moves.join(pinned, on="task_gid", how="semi").is_empty()


def test_the_order_of_rows_changes_nothing() -> None:
    world = World().person("ann").person("bob").person("cy")
    for gid in ("t1", "t2", "t3", "t4"):
        world.task(gid, "ann", 20.0, "bob", "cy")
    turned = [frame.reverse() for frame in world.frames]
    one, other = world.propose(), propose_moves(turned[0], turned[1], turned[2], turned[3], world.rules)
    assert one.moves.equals(other.moves)
    assert one.weeks.equals(other.weeks)


def test_a_task_that_is_given_twice_is_refused_by_its_column() -> None:
    world = World().person("ann").task("t", "ann", 1.0).task("t", "ann", 1.0)
    with pytest.raises(PermanentError, match="task_gid"):
        world.propose()


def test_nobody_and_nothing_is_no_trouble() -> None:
    proposal = World().person("ann").propose()
    assert proposal.moves.is_empty()
    assert proposal.weeks.height == 8

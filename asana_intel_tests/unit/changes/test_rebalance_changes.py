"""Proposed moves of tasks as rows of a plan: whole or not at all, only of what may be moved, never too many."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from asana_intel.changes.canonical import parsed
from asana_intel.changes.inputs import PlanRules
from asana_intel.changes.nudges import within_budget
from asana_intel.changes.plan import build_plan
from asana_intel.changes.rebalance_changes import load_moves
from asana_intel.quality.evaluate import evaluate
from asana_intel_tests.unit.changes.load_world import AS_OF_AT, MONDAY, WEEK, WEEKS

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # each example is a whole plan: shrinking takes minutes
DUE = date(2026, 11, 27)


def move(rank, gid, **more):
    return WEEK | {
        "rank": rank, "kind": "reassign", "task_gid": gid, "from_person_gid": "71", "to_person_gid": "72",
        "moved_hours": 8.0, "due_on": DUE, "new_due_on": DUE, "relieved_person_gid": "71",
        "relieved_week_on": WEEKS[1], "reason": "Bob has time and did such work.", "p_before": 0.81, "p_after": 0.24,
        "is_public": True,
    } | more  # fmt: skip


def shift(rank, gid, **more):
    later = {"kind": "shift", "to_person_gid": None, "new_due_on": DUE + timedelta(days=7), "reason": "It can wait."}
    return move(rank, gid, **(later | more))


@pytest.fixture
def moving(full, inputs, make_frame):
    """A function that makes a world of these moves; tasks 301, 302 and 303 are Ada's and due on 27 November."""

    def make(*moves, **options):
        tasks = inputs.tasks.with_columns(
            assignee_gid=pl.lit("71"), due_on=pl.lit(DUE), start_on=pl.lit(None, dtype=pl.Date)
        )
        made = {
            "tasks": tasks, "person_load": make_frame("forecasts/person_load"),
            "rebalance_moves": make_frame("insights/rebalance_moves", *moves),
        }  # fmt: skip
        return full(**(made | options))

    return make


def rows(inputs, rules=None):
    frame = build_plan(inputs, MONDAY, AS_OF_AT, rules)
    assert evaluate("changes/plan", frame).failed == ()
    return frame.filter(pl.col("kind").is_in(["set_assignee", "set_dates"])).to_dicts()


def test_a_hand_over_becomes_a_row_with_its_reason_evidence_and_odds(moving):
    (row,) = rows(moving(move(1, "301")))
    assert (row["kind"], row["capability"], row["field"]) == ("set_assignee", "capacity", "assignee")
    assert (row["old_value"], row["new_value"], row["after_key"]) == ('"71"', '"72"', None)
    assert row["reason"] == (
        "Bob has time and did such work. The odds of more than 110 % in the week of 23 Nov are 81%,"
        " and 24% after all moves."
    )
    assert (row["evidence_gids"], row["risk"], row["made_by"]) == (["301"], "medium", "rebalance_moves")


def test_an_overdue_task_may_be_handed_over_as_it_is(moving):
    late = {"due_on": date(2026, 11, 2), "new_due_on": date(2026, 11, 2)}
    here = moving(move(1, "301", **late))
    (row,) = rows(replace(here, tasks=here.tasks.with_columns(due_on=pl.lit(late["due_on"]))))
    assert row["kind"] == "set_assignee"


def test_a_delay_sets_both_dates_and_a_hand_over_with_new_dates_sets_them_behind_it(moving):
    (row,) = rows(moving(shift(1, "301")))
    assert row["kind"] == "set_dates"
    assert (row["old_value"], row["new_value"]) == ('{"due_on":"2026-11-27"}', '{"due_on":"2026-12-04"}')
    both = move(1, "301", new_start_on=DUE, new_due_on=DUE + timedelta(days=3))
    given_away, later = rows(moving(both))
    assert parsed(later["new_value"]) == {"start_on": "2026-11-27", "due_on": "2026-11-30"}
    assert (given_away["after_key"], later["after_key"]) == (None, given_away["row_key"])


def test_what_a_move_makes_necessary_stands_right_behind_it_and_names_it(moving):
    chain = (
        shift(1, "301"), shift(2, "303", cascade_of_gid="301"), move(3, "302"),
    )  # fmt: skip
    first, second, third = rows(moving(*chain))
    assert [r["target_gid"] for r in (first, second, third)] == ["302", "301", "303"]
    assert third["after_key"] == second["row_key"]
    assert third["evidence_gids"] == ["303", "301"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"is_public": False},
        {"from_person_gid": "73"},
        {"due_on": DUE + timedelta(days=1)},
        {"to_person_gid": "404"},
        {"new_due_on": date(2026, 11, 19)},
        {"new_start_on": DUE + timedelta(days=30)},
        {"task_gid": "999"},
    ],
)
def test_half_a_move_is_none(moving, wrong):
    """A move of what is private, changed since, nobody's or nonsense takes its whole group with it."""
    assert len(rows(moving(move(1, "301"), move(2, "302", cascade_of_gid="301")))) == 2
    assert rows(moving(move(1, "301"), move(2, "302", cascade_of_gid="301") | wrong)) == []
    assert rows(moving(move(1, "301") | wrong, move(2, "302", cascade_of_gid="301"))) == []


def test_a_private_task_is_not_moved_whatever_the_table_says(moving, inputs):
    private = inputs.projects.with_columns(privacy_setting=pl.lit("private"))
    assert rows(moving(move(1, "301"), projects=private)) == []


def test_a_task_that_is_due_at_an_hour_keeps_it(moving):
    here = moving(move(1, "301"))
    hour = datetime(2026, 11, 27, 15, tzinfo=UTC)
    due_at = here.tasks.with_columns(due_at=pl.lit(hour).cast(here.tasks.schema["due_at"]))
    assert rows(replace(here, tasks=due_at)) == []


@pytest.mark.parametrize("field", ["assignee", "dates"])
def test_a_task_that_people_took_back_from_us_is_left_alone(moving, field):
    ours = {"assignee": '"72"', "dates": '{"due_on":"2026-12-04"}'}[field]
    assert rows(moving(move(1, "301"), last_applied={("301", field): ours})) == []
    assert rows(moving(move(1, "301"), persons_fields=frozenset({("301", field)}))) == []
    as_we_left_it = {"assignee": '"71"', "dates": '{"due_on":"2026-11-27"}'}[field]
    assert len(rows(moving(move(1, "301"), last_applied={("301", field): as_we_left_it}))) == 1


def test_so_many_tasks_a_week_and_no_more_whatever_was_moved_before(moving):
    moves = (move(1, "301"), move(2, "302"), shift(3, "303", cascade_of_gid="302"))
    assert len(rows(moving(*moves), PlanRules(moves=3))) == 3
    assert [r["target_gid"] for r in rows(moving(*moves), PlanRules(moves=2))] == ["301"], "a group is not cut"
    assert rows(moving(*moves), PlanRules(moves=0)) == []
    earlier = {"moved_tasks": frozenset({"7", "8"})}
    assert [r["target_gid"] for r in rows(moving(*moves, **earlier), PlanRules(moves=3))] == ["301"]
    assert rows(moving(move(1, "301"), moved_tasks=frozenset({"301"}))) == [], "once a week is enough"


def proposed(inputs, **rules):
    return {r["target_gid"] for r in rows(inputs, PlanRules(**rules))}


def test_those_that_relieve_most_a_move_are_proposed_first(moving, make_frame):
    by_hours = (move(1, "301", moved_hours=2.0), move(2, "302"), move(3, "303", moved_hours=4.0))
    assert proposed(moving(*by_hours), moves=1) == {"302"}
    by_odds = (move(1, "301", p_before=0.3), move(2, "302"))
    assert proposed(moving(*by_odds), moves=1) == {"302"}
    with_what_follows = (move(1, "301"), shift(2, "303", cascade_of_gid="301"), move(3, "302", moved_hours=5.0))
    assert proposed(moving(*with_what_follows), moves=2) == {"302"}
    # Of a week that is one hour too full, a move relieves an hour at most.
    full = make_frame("forecasts/person_load", WEEK | {"person_gid": "71", "week_on": WEEKS[1], "available_hours": 40.0,
                      "assigned_hours": 45.0}, WEEK | {"person_gid": "71", "week_on": WEEKS[2], "available_hours": 40.0,
                      "assigned_hours": 90.0})  # fmt: skip
    other = move(2, "302", moved_hours=3.0, relieved_week_on=WEEKS[2])
    assert proposed(moving(move(1, "301"), other, person_load=full), moves=1) == {"302"}


def test_nobody_has_to_change_more_than_a_few_tasks_a_week(moving):
    three = (move(1, "301"), move(2, "302"), move(3, "303"))
    assert proposed(moving(*three)) == {"301", "302"}
    assert proposed(moving(*three), moves_a_person=3) == {"301", "302", "303"}
    assert proposed(moving(*three, moved_tasks=frozenset({"302"}))) == {"301"}, "one of Ada's was moved this week"


def test_no_manager_is_asked_of_more_than_a_few_moves_a_week(moving):
    three = (shift(1, "301"), shift(2, "302"), shift(3, "303"))
    rules = {"moves_a_person": 3, "managers": {"71": "90", "72": "91"}}
    assert proposed(moving(*three), moves_a_manager=2, **rules) == {"301", "302"}
    assert proposed(moving(*three), moves_a_manager=3, **rules) == {"301", "302", "303"}


def test_who_gets_work_gives_their_own_away_first(moving, inputs):
    """A move into a person's weeks waits for the one before it that makes room there."""
    here = moving(move(1, "301", from_person_gid="72", to_person_gid="73", moved_hours=1.0), move(2, "302"))
    given = pl.when(pl.col("task_gid") == "301").then(pl.lit("72")).otherwise("assignee_gid").alias("assignee_gid")
    here = replace(here, tasks=here.tasks.with_columns(given))
    assert proposed(here, moves=1) == {"301"}
    assert proposed(here) == {"301", "302"}


def test_a_move_that_follows_from_none_that_is_proposed_before_it_is_left_out(moving):
    assert rows(moving(move(1, "301", cascade_of_gid="302"), move(2, "302"))) == rows(moving(move(2, "302")))
    assert rows(moving(move(1, "301", kind="split"), move(2, "302", cascade_of_gid="301"))) == []


def test_a_task_that_is_to_move_twice_does_not_move(moving):
    assert [r["target_gid"] for r in rows(moving(move(1, "301"), shift(2, "301"), move(3, "302")))] == ["302"]
    assert rows(moving(move(1, "301"), shift(2, "301", cascade_of_gid="301"))) == []


def test_a_split_is_no_row(moving):
    assert rows(moving(move(1, "301", kind="split"))) == []


def test_what_the_budget_holds_back_takes_its_group_with_it(moving):
    plan = build_plan(moving(move(1, "301", new_due_on=DUE + timedelta(days=3)), shift(2, "302")), MONDAY, AS_OF_AT)
    kept, held_back = within_budget(plan, {"72": 5}, 5)
    assert held_back == 2
    assert kept.filter(capability="capacity").select("target_gid", "kind").rows() == [("302", "set_dates")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, phases=PHASES)
@given(st.lists(st.tuples(st.sampled_from(["301", "302", "303"]), st.booleans(), st.booleans()), max_size=3,
                unique_by=lambda m: m[0]), st.integers(0, 4))  # fmt: skip
def test_whatever_the_moves_each_row_follows_one_that_is_there_and_stands_before_it(moving, drawn, most):
    moves, before = [], None
    for rank, (gid, is_shift, follows) in enumerate(drawn, 1):
        cause = {"cascade_of_gid": before} if follows else {}
        moves.append((shift if is_shift else move)(rank, gid, **cause))
        before = gid
    found = rows(moving(*moves), PlanRules(moves=most))
    keys = [r["row_key"] for r in found]
    assert all(r["after_key"] is None or r["after_key"] in keys[: keys.index(r["row_key"])] for r in found)
    assert len({r["target_gid"] for r in found}) <= most


def test_without_moves_nothing_is_read(inputs, make_frame):
    assert list(load_moves(inputs, None, PlanRules())) == []

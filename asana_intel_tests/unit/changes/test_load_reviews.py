"""What overloads lead to: one review a manager and week, which tells what is news, why, and what would help."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from asana_intel.changes.canonical import parsed
from asana_intel.changes.identity import idem_key, marker_of, row_marker
from asana_intel.changes.inputs import PlanRules
from asana_intel.changes.plan import build_plan
from asana_intel.quality.evaluate import evaluate
from asana_intel_tests.unit.changes.load_world import AS_OF_AT, MONDAY, WEEK, WEEKS, capacity, load

PHASES = (Phase.explicit, Phase.reuse, Phase.generate)  # each example is a whole plan: shrinking takes minutes


def body(row):
    return parsed(row["new_value"])


def told(*rows):
    """What the ledger knows once the rows are written."""
    return {
        "told_overloads": frozenset((gid, when) for row in rows for gid, when in body(row)["overloads"]),
        "created_markers": frozenset(row_marker(row, row["as_of_on"], AS_OF_AT) for row in rows),
    }


def test_all_likely_overloads_of_a_managers_people_become_one_review_with_the_tasks_and_two_fixes(full, make_frame):
    better = {"task_gid": "301", "person_gid": "72", "reason": "Has time.", "fit": 0.8, "free_hours": 9.0}
    assignment = make_frame("insights/task_assignment", WEEK | better | {"kind": "no_time"})
    (row,) = capacity(full(task_assignment=assignment))
    said = body(row)
    assert (row["kind"], row["target_type"], row["target_gid"]) == ("create_task", "user", "73")
    assert (row["field"], row["team_gid"], row["confidence"]) == ("load_review", "60", 0.81)
    assert row["reason"] == "1 person is likely above 110 % in one of the next four weeks."
    assert row["evidence_gids"] == ["301", "999"]
    assert said["name"] == "Capacity review, week of 16 Nov 2026: 1 person is likely overloaded"
    assert (said["assignee"], said["resource_subtype"], said["project"]) == ("73", "approval", "Capacity Review")
    assert said["due_on"] == "2026-11-21", "tomorrow, where the Friday before is over"
    first, second, ask = said["notes"].split("\n\n")
    assert first == (
        "Ada, the week of 23 Nov 2026: critical\n"
        "50 h of work and 40 h to do it in. The odds of more than 110 % are 81%, of more than 120 % 54%.\n"
        "The tasks behind it, and the odds without each or with it a week later:\n"
        "- Migrate billing: 12.0 h, not estimated; 30% without it, 41% a week later\n"
        "- a task of theirs: 9.0 h; 50% without it, 50% a week later\n"
        "What would help:\n"
        "1. give Migrate billing to Bob: 30%\n"
        "2. move Migrate billing a week later: 41%"
    )
    assert second.startswith("Ada, the week of 30 Nov 2026: warning\n50 h of work")
    assert ask.startswith("Move, hand over or shrink")


def test_people_of_two_managers_are_told_to_their_own_alone(full):
    rows = (load("71", WEEKS[1], 0.8), load("72", WEEKS[2], 0.7))
    ada, bob = capacity(full(*rows), PlanRules(managers={"71": "80", "72": "81"}))
    assert [(r["target_gid"], body(r)["assignee"]) for r in (ada, bob)] == [("80", "80"), ("81", "81")]
    assert "Bob" not in ada["new_value"]
    assert "Ada" not in bob["new_value"]
    (both,) = capacity(full(*rows))
    assert "2 people are likely overloaded" in body(both)["name"]
    assert not {"Ada", "Bob"} & set(body(both)["name"].split()), "a title is seen by more people than the text"


@pytest.mark.parametrize(
    ("managers", "admins", "who"),
    [
        ({"71": "80", "60": "81"}, ["73"], "80"),
        ({"60": "81"}, ["73"], "81"),
        ({}, ["73"], "73"),
        ({}, ["73", "74"], None),
        ({}, ["71"], None),
        ({}, [], None),
    ],
)
def test_it_goes_to_the_manager_else_to_the_teams_only_admin_else_to_nobody(full, make_frame, managers, admins, who):
    members = make_frame(
        "staging/team_memberships", *({"team_gid": "60", "person_gid": a, "is_admin": True} for a in admins)
    )
    (row,) = capacity(full(team_memberships=members), PlanRules(managers=managers))
    assert body(row).get("assignee") == who
    assert row["target_gid"] == (who or "71")
    assert who or (row["field"], row["team_gid"]) == ("team_load_review", "60"), "where nobody leads, it is the team's"


def test_teams_that_nobody_leads_have_a_review_each(full, make_frame):
    people = ({"person_gid": gid, "name": gid, "team_gid": team} for gid, team in (("71", "60"), ("72", "61")))
    here = full(
        load("71", WEEKS[1], 0.8), load("72", WEEKS[1], 0.8), people=make_frame("marts/dim_person", *people),
        team_memberships=make_frame("staging/team_memberships"),
    )  # fmt: skip
    rows = capacity(here)
    assert {r["team_gid"]: body(r)["overloads"] for r in rows} == {
        "60": [["71", "2026-11-23"]], "61": [["72", "2026-11-23"]],
    }  # fmt: skip
    assert len({row_marker(r, MONDAY, AS_OF_AT) for r in rows}) == 2


def test_nothing_is_told_twice_and_what_is_news_in_a_week_gets_a_task_of_its_own(full):
    (first,) = capacity(full())
    assert capacity(full(**told(first))) == []
    assert capacity(full(**told(first)), as_of_on=MONDAY + timedelta(weeks=1)) == []
    now = (load("71", WEEKS[1], 0.81), load("71", WEEKS[2], 0.6), load("72", WEEKS[1], 0.7))
    (news,) = capacity(full(*now, **told(first)))
    assert body(news)["overloads"] == [["72", "2026-11-23"]]
    assert row_marker(news, MONDAY, AS_OF_AT) != row_marker(first, MONDAY, AS_OF_AT)
    assert "Bob, the week of 23 Nov 2026" in body(news)["notes"]
    assert "Still likely, as you were told before:\n- Ada, week of 23 Nov: 81%\n- Ada" in body(news)["notes"]
    assert capacity(full(*now, **told(first, news))) == []


def test_a_review_that_is_planned_again_is_the_same_task_however_it_reads(full):
    (first,) = capacity(full())
    (later,) = capacity(full(load("71", WEEKS[1], 0.9, assigned=52.0)))
    assert row_marker(later, MONDAY, AS_OF_AT) == row_marker(first, MONDAY, AS_OF_AT)


def test_a_week_of_which_a_task_of_an_earlier_release_told_is_no_news(full):
    earlier = marker_of(idem_key("create_task", "71", "capacity_alert", "2026-11-23"))
    (row,) = capacity(full(created_markers=frozenset({earlier})))
    assert body(row)["overloads"] == [["71", "2026-11-30"]]


def test_it_says_why_the_week_is_too_full_above_the_list_of_tasks(full, make_frame):
    cause = WEEK | {
        "person_gid": "71", "week_on": WEEKS[1], "fact_ids": [], "facts_hash": "h", "written_by": "select",
        "text": "Ada is forecast at 125 % in week 48 because of two design reviews (21 hours).", "word_count": 15,
    }  # fmt: skip
    said = {
        "as_of_on": MONDAY, "kind": "capacity_cause", "subject_id": "71:2026-11-23", "position": 1, "claim_id": "load",
        "text": cause["text"], "fact_ids": ["person", "cause"], "source_gids": ["71", "301"],
    }  # fmt: skip
    other = cause | {"person_gid": "72", "text": "CANARY"}
    (row,) = capacity(
        full(
            capacity_causes=make_frame("narratives/capacity_causes", cause, other),
            sentences=make_frame("narratives/sentences", said),
        )
    )
    assert (
        cause["text"] + "\n\nEvidence: https://app.asana.com/0/0/301\nA language model chose among true sentences; "
        "every number is from your data.\nThe tasks behind it"
    ) in body(row)["notes"], "who wrote it and what proves it; a person is no proof"
    assert "CANARY" not in row["new_value"]
    assert row["made_by"] == "select"


def test_a_task_of_a_private_project_is_neither_named_nor_offered_as_a_fix(full, inputs):
    private = inputs.projects.with_columns(privacy_setting=pl.lit("private"))
    (row,) = capacity(full(projects=private))
    assert "Migrate" not in row["new_value"]
    assert "- a task of theirs: 12.0 h, not estimated" in body(row)["notes"]
    assert "What would help" not in body(row)["notes"]


def test_a_proposed_split_is_a_line_of_the_review_and_no_change_by_itself(full, make_frame):
    split = WEEK | {
        "rank": 1, "kind": "split", "task_gid": "301", "from_person_gid": "71", "to_person_gid": "72",
        "moved_hours": 8.2, "relieved_person_gid": "71", "relieved_week_on": WEEKS[1], "reason": "Too much.",
        "p_before": 0.8, "p_after": 0.2, "is_public": True,
    }  # fmt: skip
    (row,) = capacity(full(rebalance_moves=make_frame("insights/rebalance_moves", split)))
    assert "- split Migrate billing: about 8 h of it could go to Bob" in body(row)["notes"]


def test_what_all_proposed_moves_come_to_is_told_beside_the_single_fixes(full, make_frame):
    move = WEEK | {
        "rank": 1, "kind": "reassign", "task_gid": "301", "from_person_gid": "71", "to_person_gid": "72",
        "moved_hours": 8.2, "relieved_person_gid": "71", "relieved_week_on": WEEKS[1], "reason": "Too much.",
        "p_before": 0.8, "p_after": 0.22, "is_public": True,
    }  # fmt: skip
    moves = make_frame("insights/rebalance_moves", move, move | {"rank": 2, "task_gid": "303"})
    notes = body(next(r for r in capacity(full(rebalance_moves=moves)) if r["kind"] == "create_task"))["notes"]
    assert "1. give Migrate billing to Bob: 30%" in notes, "whom the rebalancer found"
    assert "- move 2 tasks for its sake, as proposed: 22%" in notes


def test_what_would_help_less_than_a_point_is_no_fix(full):
    (row,) = capacity(full(load("71", WEEKS[1], 0.3 + 0.2 + 0.005)))
    assert "a week later: 50%" not in body(row)["notes"].split("What would help:")[-1]


@pytest.mark.parametrize(
    "row",
    [
        load("71", WEEKS[1], 0.49),
        load("71", WEEKS[1], 0.9, available=0.0),
        load("71", MONDAY - timedelta(weeks=1), 0.9),
    ],
)
def test_what_is_unlikely_over_or_without_any_hour_is_not_told(full, row):
    assert capacity(full(row)) == []


def test_a_week_beyond_the_next_four_is_not_told(full):
    rows = [load("71", week_on, 0.1) for week_on in WEEKS[:4]] + [load("71", WEEKS[4], 0.9)]
    assert capacity(full(*rows)) == []


def test_at_most_so_many_people_are_told_of_in_one_plan_the_soonest_first(full):
    rows = [load(str(80 + n), WEEKS[1 + n % 2], 0.9) for n in range(6)]
    (row,) = capacity(full(*rows), PlanRules(capacity_alerts=4, managers={str(80 + n): "73" for n in range(6)}))
    assert sorted(gid for gid, _ in body(row)["overloads"]) == ["80", "81", "82", "84"]
    assert capacity(full(*rows), PlanRules(capacity_alerts=0)) == []


def test_a_manager_of_very_many_is_told_the_rest_in_a_later_plan(full, make_frame):
    managers = {str(1000 + n): "73" for n in range(400)}
    rows = [load(gid, WEEKS[1], 0.9) for gid in managers]
    rules = PlanRules(capacity_alerts=400, managers=managers)
    here = full(*rows)
    (first,) = capacity(here, rules)
    assert len(body(first)["notes"]) < 60_000
    (rest,) = capacity(replace(here, **told(first)), rules)
    seen = {gid for row in (first, rest) for gid, _ in body(row)["overloads"]}
    assert seen == set(managers)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15, phases=PHASES)
@given(
    st.lists(st.tuples(st.integers(71, 75), st.integers(0, 5), st.floats(0, 1)), max_size=12, unique_by=lambda r: r[:2])
)
def test_whatever_the_loads_no_week_is_told_twice_and_the_plan_passes_its_suite(full, rows):
    inputs = full(*(load(str(p), WEEKS[w], odds) for p, w, odds in rows)) if rows else full()
    plan = build_plan(inputs, MONDAY, AS_OF_AT)
    weeks = [tuple(w) for row in plan.filter(field="load_review").to_dicts() for w in body(row)["overloads"]]
    assert len(weeks) == len(set(weeks))
    assert evaluate("changes/plan", plan).failed == ()

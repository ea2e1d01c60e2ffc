"""What ranked tasks become in Asana: fields, comments, sections and assignees; small, once, and nothing private."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.changes.backlog import Backlog
from asana_intel.changes.canonical import parsed
from asana_intel.changes.identity import SETS
from asana_intel.changes.inputs import PlanRules, PriorityRules
from asana_intel.changes.nudges import within_budget
from asana_intel.changes.plan import build_plan
from asana_intel.quality.evaluate import evaluate
from asana_intel_tests.unit.changes.backlog_world import (
    AS_OF_AT,
    GIDS,
    MONDAY,
    ON,
    WEEK,
    applied,
    backlog_world,
    option,
    ranked,
)

GATE = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
ALL_ON = replace(ON, review=True, move=True, sprint=True)
SPRINT = {"team_gid": "60", "starts_on": date(2026, 11, 23), "ends_on": date(2026, 12, 4), "is_in": True, "hours": 4.0,
          "score": 80.0, "is_pinned": False, "reason": "Fits the free time and the skill."}  # fmt: skip


@pytest.fixture
def world(inputs, make_frame):
    """A function that makes the small backlog with other rows and frames."""

    def make(*rows, **frames):
        return backlog_world(inputs, make_frame, *rows, **frames)

    return make


def plan(inputs, rules=ON, on=MONDAY, at=AS_OF_AT):
    """What the plan holds of priorities, but for flags of risk."""
    frame = build_plan(inputs, on, at, PlanRules(priority=rules))
    return frame.filter((pl.col("capability") == "priority") & (pl.col("field") != "ai_risk_flag"))


def values(frame, gid="301"):
    """Field -> value of the fields set on a task."""
    rows = frame.filter(kind="set_field", target_gid=gid)
    return {field: parsed(value) for field, value in rows.select("field", "new_value").iter_rows()}


def test_a_ranked_task_gets_its_score_reasons_sprint_and_suggestions_with_who_found_them(world, make_frame):
    assignment = WEEK | {"task_gid": "301", "person_gid": "72", "reason": "Has 6 h left and the skill.", "fit": 0.7,
                         "free_hours": 6.0, "kind": "no_time"}  # fmt: skip
    frame = plan(world(ranked("301", 1, 82.4), task_assignment=make_frame("insights/task_assignment", assignment)))
    assert values(frame) == {
        "ai_priority_score": 82,
        "ai_confidence": 0.8,
        "ai_priority_rationale": "82 of 100 points: 49 for the goals it serves, 33 for its due day. (by rule)",
        "ai_recommended_sprint": option("ai_recommended_sprint", "Next Sprint"),
        "suggested_priority": option("suggested_priority", "High"),
        "recommended_assignee": ["72"],
    }
    by = dict(frame.filter(kind="set_field").select("field", "made_by").iter_rows())
    assert by["recommended_assignee"] == "task_assignment"
    assert set(frame.filter(kind="set_field")["evidence_gids"].explode()) == {"301", "1"}


def test_the_narrative_of_a_rank_is_the_rationale_and_says_who_phrased_it(world, make_frame):
    told = WEEK | {"task_gid": "301", "text": "Ranked 1 of 3 at 80 points.", "fact_ids": [], "facts_hash": "h",
                   "written_by": "select", "word_count": 6}  # fmt: skip
    said = {"as_of_on": MONDAY, "kind": "priority_rationale", "subject_id": "301", "position": 1, "text": "Ranked.",
            "claim_id": "place", "fact_ids": [], "source_gids": ["301", "1"]}  # fmt: skip
    here = world(
        ranked("301", 1, 80.0, rank_before=9),
        priority_rationales=make_frame("narratives/priority_rationale", told),
        sentences=make_frame("narratives/sentences", said),
    )
    frame = plan(here)
    assert values(frame)["ai_priority_rationale"] == "Ranked 1 of 3 at 80 points. (chosen by a model)"
    (comment,) = frame.filter(kind="comment").to_dicts()
    assert parsed(comment["new_value"])["text"] == (
        "Ranked 1 of 3 at 80 points.\n\nEvidence: https://app.asana.com/0/0/301 https://app.asana.com/0/0/1\n"
        "A language model chose among true sentences; every number is from your data."
    )


@pytest.mark.parametrize(("stands", "is_written"), [(80, False), (78, False), (77, True), (83, True), (82.4, False)])
def test_a_score_within_three_points_of_the_one_that_stands_is_left_with_its_reasons(world, stands, is_written):
    held = {"ai_priority_score": stands, "ai_confidence": 0.5, "ai_priority_rationale": "As before.",
            "ai_recommended_sprint": "Next Sprint", "suggested_priority": "High"}  # fmt: skip
    assert bool(values(plan(world(ranked("301", 1, 80.0), values={"301": held})))) == is_written


def test_a_score_that_tells_of_private_work_in_part_is_written_nowhere(world):
    assert plan(world(ranked("301", 1, 82.0, has_private_part=True, rank_before=9))).is_empty()


def test_so_many_tasks_a_plan_are_changed_first_ranks_first_and_a_fallen_score_is_corrected(world):
    rules = replace(ON, tasks=1, comments=0)
    first = plan(world(), rules)
    assert set(first["target_gid"]) == {"301"}
    fallen = world(
        ranked("301", 1, 90.0), ranked("302", 2, 20.0),
        values={"301": {"ai_priority_score": 90, "ai_confidence": 0.8, "ai_priority_rationale": "So.",
                        "ai_recommended_sprint": "Next Sprint", "suggested_priority": "High"},
                "302": {"ai_priority_score": 70}},
    )  # fmt: skip
    assert values(plan(fallen, rules), "302")["ai_priority_score"] == 20


def test_nothing_is_planned_for_a_task_whose_projects_do_not_have_the_fields(world, make_frame):
    bare = make_frame("staging/custom_field_settings")
    assert plan(world(custom_field_settings=bare), replace(ON, comments=0)).is_empty()


def test_nothing_of_priorities_is_planned_unless_the_settings_want_it(world):
    assert plan(world(), PriorityRules()).is_empty()


def test_a_score_out_of_its_range_is_not_written(world):
    for wrong in ({"score": 140.0}, {"score": float("nan")}, {"confidence": 1.2}):
        assert plan(world(ranked("301", 1, 80.0, score_before=None) | wrong)).is_empty()


# Approved suggestions


def test_a_suggestion_that_a_person_approved_becomes_a_row_of_its_own_for_the_official_priority(world):
    high = f'"{option("suggested_priority", "High")}"'
    held = {"301": {"suggested_priority": "High", "priority": "Low"}}
    (row,) = plan(world(values=held, approved_suggestions={"301": high})).filter(field="priority").to_dicts()
    assert (parsed(row["new_value"]), parsed(row["old_value"])) == (
        option("priority", "High"), option("priority", "Low"),
    )  # fmt: skip
    for changed in (
        {"301": {"suggested_priority": "Low"}},
        {"301": {"suggested_priority": "High", "priority": "High"}},
    ):
        here = world(values=changed, approved_suggestions={"301": high})
        assert plan(here).filter(field="priority").is_empty()
    assert plan(world(values=held)).filter(field="priority").is_empty(), "nobody approved it"


# Triage


def test_triage_fills_what_is_empty_by_options_that_the_field_offers(world, make_frame):
    arrived = WEEK | {"task_gid": "302", "arrived_at": AS_OF_AT, "category": "bug", "category_p": 0.91,
                      "complexity": "S", "complexity_p": 0.7, "priority": "Urgent", "priority_p": 0.8,
                      "evidence_gids": ["303", "999"]}  # fmt: skip
    here = world(ranked("301", 1, 1.0), task_triage=make_frame("insights/task_triage", arrived))
    frame = plan(here)
    assert values(frame, "302") == {"category": option("category", "Bug"), "complexity": option("complexity", "Small")}
    (row,) = frame.filter(field="category").to_dicts()
    assert (row["confidence"], row["evidence_gids"]) == (0.91, ["302", "303"]), "what is not public proves nothing here"
    again = replace(here, custom_field_values=applied(here, make_frame, frame).custom_field_values)
    assert values(plan(again), "302") == {}
    assert "category" not in values(plan(world(values={"302": {"category": "Feature"}}, task_triage=here.task_triage)))


# Comments


def test_the_first_five_get_their_reasons_where_they_are_news(world):
    rows = [ranked("301", 1, 90.0), ranked("302", 2, 80.0, rank_before=7), ranked("303", 3, 70.0, score_before=None)]
    told = plan(world(*rows)).filter(kind="comment", field="priority_rationale")
    assert told["target_gid"].to_list() == ["302", "303"]
    assert plan(world(*rows), replace(ON, comments=2)).filter(kind="comment")["target_gid"].to_list() == ["302"]


def test_the_assignee_is_told_of_a_large_change_once_with_its_cause_and_within_the_budget(world, make_frame):
    jump = ranked("301", 1, 80.0, score_before=41.0, rank_before=9, rank_cause="its blocker was finished")
    here = world(jump)
    frame = plan(here)
    (row,) = frame.filter(kind="comment").to_dicts()
    body = parsed(row["new_value"])
    assert row["field"] == "score_changed"
    assert body["mentions"] == "71"
    assert body["text"].startswith(
        "The priority of this task went from 41 to 80 of 100 points: its blocker was finished."
    )
    assert plan(applied(here, make_frame, frame)).filter(kind="comment").is_empty()
    kept, held_back = within_budget(frame, {"71": 5}, 5)
    assert held_back == 1
    assert kept.filter(kind="comment").is_empty()
    assert within_budget(frame, {"71": 4}, 5)[1] == 0
    nobody = replace(here, tasks=here.tasks.with_columns(assignee_gid=pl.lit(None, pl.String)))
    assert plan(nobody).filter(field="score_changed").is_empty()


def test_a_task_that_asks_for_a_plan_is_told_of_it_once(world, make_frame):
    asking = {"task_gid": "304", "name": " prioritize backlog ", "is_completed": False,
              "created_at": datetime(2026, 11, 19, tzinfo=UTC)}  # fmt: skip
    here = world()
    tasks = pl.concat([here.tasks, make_frame("staging/tasks", asking)])
    here = replace(here, tasks=tasks)
    frame = plan(here)
    (row,) = frame.filter(field="plan_made").to_dicts()
    assert row["target_gid"] == "304"
    assert "15 changes of 3 tasks" in row["new_value"]
    later = plan(applied(here, make_frame, frame), on=MONDAY + timedelta(weeks=1), at=AS_OF_AT + timedelta(weeks=1))
    assert later.filter(field="plan_made").is_empty()
    done = replace(here, tasks=tasks.with_columns(is_completed=pl.col("task_gid") == "304"))
    assert plan(done).filter(field="plan_made").is_empty()
    review = plan(here, replace(ON, review=True)).filter(field="priority_review")
    assert parsed(review["new_value"][0])["project"] == "OKR Actions"
    inside = pl.concat(
        [here.task_projects, make_frame("staging/task_projects", {"task_gid": "304", "project_gid": "20"})]
    )
    (body,) = map(parsed, plan(replace(here, task_projects=inside), replace(ON, review=True)).filter(
        field="priority_review")["new_value"])  # fmt: skip
    assert body["parent"] == "304"
    assert body["name"] == "Review AI Prioritization: Web shop"


# Sections and assignees


def test_a_sprint_proposal_becomes_a_section_its_tasks_in_it_and_an_assignee_for_nobodys(world, make_frame):
    proposed = make_frame(
        "insights/sprint_proposal",
        WEEK | SPRINT | {"task_gid": "301", "person_gid": "72"},
        WEEK | SPRINT | {"task_gid": "302", "person_gid": "72"},
        WEEK | SPRINT | {"task_gid": "303", "person_gid": "72", "is_in": False},
    )
    here = world(sprint_proposal=proposed)
    assert plan(here).filter(pl.col("kind").is_in(["create_section", "add_to_section", "set_assignee"])).is_empty()
    frame = plan(here, replace(ON, sprint=True))
    assert evaluate("changes/plan", frame).passed
    name = "Sprint 23 Nov to 4 Dec 2026"
    assert frame.filter(kind="create_section").select("target_gid", "new_value").rows() == [
        ("20", f'{{"name":"{name}"}}')
    ]
    moved = frame.filter(kind="add_to_section")
    assert moved["target_gid"].to_list() == ["301", "302"]
    assert parsed(moved["old_value"][0]) == {"project": "20", "section": "Untitled section", "section_gid": "401"}
    assert parsed(moved["new_value"][0]) == {"project": "20", "section": name}
    assigned = frame.filter(kind="set_assignee").select("target_gid", "new_value").rows()
    assert assigned == [("302", '"72"')], "nobody's task is taken from them"
    order = frame["kind"].unique(maintain_order=True).to_list()
    assert order.index("create_section") < order.index("add_to_section")


def test_only_tasks_that_nobody_has_begun_move_to_the_section_called_like_their_sprint(world):
    here = world()
    begun = here.task_projects.with_columns(
        section_gid=pl.col("task_gid").replace_strict({"301": "403", "302": "402", "303": "401"})
    )
    frame = plan(replace(here, task_projects=begun), replace(ON, move=True)).filter(kind="add_to_section")
    assert frame["target_gid"].to_list() == ["303"]
    none = replace(here, sections=here.sections.filter(pl.col("name") != "Next Sprint"))
    assert plan(none, replace(ON, move=True)).filter(kind="add_to_section").is_empty()


# What holds for all of it

SCORES = st.floats(0, 100, allow_nan=False)


@st.composite
def backlogs(draw):
    """Rows of task_priority with what was before, and a sprint proposal of some of them."""
    rows = [
        ranked(
            gid, n, draw(SCORES), score_before=draw(st.none() | SCORES),
            rank_before=draw(st.none() | st.integers(1, 9)),
            sprint=draw(st.sampled_from(["Next Sprint", "Future", "Backlog", "Icebox"])),
            label=draw(st.sampled_from(["P0", "P1", "P2", "P3"])), rank_cause=draw(st.none() | st.just("it moved")),
        )
        for n, gid in enumerate(("301", "302", "303"), 1)
    ]  # fmt: skip
    proposed = [
        WEEK | SPRINT | {"task_gid": gid, "person_gid": person, "is_in": draw(st.booleans())}
        for gid, person in (("301", None), ("302", "72"), ("303", "73"))
    ]
    return rows, proposed


@GATE
@given(made=backlogs())
def test_a_plan_that_was_applied_leaves_nothing_to_plan(world, make_frame, made):
    rows, proposed = made
    here = world(*rows, sprint_proposal=make_frame("insights/sprint_proposal", *proposed))
    after = applied(here, make_frame, plan(here, ALL_ON))
    assert plan(after, ALL_ON).is_empty()


@GATE
@given(made=backlogs(), kept=st.sets(st.sampled_from(["301", "302", "303"])), weeks=st.integers(0, 3))
def test_a_task_whose_manual_override_is_set_is_left_alone_also_in_later_weeks(world, make_frame, made, kept, weeks):
    rows, proposed = made
    here = world(
        *rows,
        values={gid: {"Manual Override": "Yes"} for gid in kept},
        sprint_proposal=make_frame("insights/sprint_proposal", *proposed),
    )
    frame = plan(here, ALL_ON, MONDAY + timedelta(weeks=weeks), AS_OF_AT + timedelta(weeks=weeks))
    written = set(frame.filter(pl.col("kind").is_in(SETS | {"comment"}))["target_gid"])
    assert not written & kept


@GATE
@given(made=backlogs(), hidden=st.sets(st.sampled_from(["301", "302", "303"]), min_size=1))
def test_nothing_of_a_private_task_gets_anywhere(world, make_frame, made, hidden):
    rows, proposed = made
    private = {"project_gid": "21", "name": "CANARY project", "is_archived": False, "is_completed": False,
               "privacy_setting": "private"}  # fmt: skip
    here = world()
    moved = here.task_projects.with_columns(
        project_gid=pl.when(pl.col("task_gid").is_in(hidden)).then(pl.lit("21")).otherwise("project_gid")
    )
    names = here.tasks["task_gid"].is_in(hidden)
    waits = [{"task_gid": gid, "depends_on_gid": other} for gid in hidden for other in {"301", "302", "303"} - hidden]
    caused = [row | {"cause_gid": min(hidden), "rank_cause": "CANARY", "dependency": 31.0} for row in rows]
    arrived = WEEK | {"task_gid": min(hidden), "arrived_at": AS_OF_AT, "category": "Bug", "category_p": 0.9}
    here = world(
        *caused,
        projects=pl.concat([here.projects, make_frame("staging/projects", private)]),
        task_projects=moved,
        tasks=here.tasks.with_columns(name=pl.when(names).then(pl.lit("CANARY")).otherwise("name")),
        custom_field_settings=pl.concat(
            [here.custom_field_settings, here.custom_field_settings.with_columns(parent_gid=pl.lit("21"))]
        ),
        task_dependencies=make_frame("staging/task_dependencies", *waits),
        sprint_proposal=make_frame("insights/sprint_proposal", *proposed),
        task_triage=make_frame("insights/task_triage", arrived),
    )
    told = json.dumps(plan(here, ALL_ON).to_dicts(), default=str)
    assert "CANARY" not in told
    assert "31 for the tasks that wait" not in told
    assert not any(f'"{gid}"' in told or f"/{gid}" in told for gid in (*hidden, "21"))


def test_a_task_of_ours_is_not_ranked(world):
    here = world()
    ours = here.tasks.with_columns(notes=pl.lit("Review.\n\nref AIW-ABCDEFGHIJKL"))
    assert Backlog.of(replace(here, tasks=ours)).ranked == []


def test_a_field_of_ours_that_a_person_changed_is_not_planned(world):
    mine = world(persons_fields=frozenset({("301", "ai_priority_score")}))
    assert "ai_priority_score" not in values(plan(mine))
    assert GIDS["ai_priority_score"]

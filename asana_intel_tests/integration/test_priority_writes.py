"""Priorities in Asana, against the sandbox: planned, approved, written, seen by the official client, and taken back."""

from datetime import date

import asana
import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.plan import build_plan
from asana_intel.changes.proposing import plan_rules, propose, weekly_proposal, whole_proposal
from asana_intel.changes.revert import revert
from asana_intel.changes.review import approve
from asana_intel.narratives.audience import public_projects
from asana_intel.quality.evaluate import evaluate
from asana_intel.settings import Mode
from asana_intel_tests.integration.test_setup import Wanting
from asana_intel_tests.integration.test_write_path import AT, WEEK, company, workspace

__all__ = ["company"]
_WEEK = {"as_of_on": WEEK, "as_of_at": AT}
SPRINT = "Sprint 11 May to 22 May 2026"
SEEN = "assignee.gid,custom_fields.name,custom_fields.display_value,memberships.project.gid,memberships.section.name"


class Planning(Wanting):
    """A company with two fresh tasks of nobody in one project, which are ranked and proposed for a sprint."""

    def begin(self):
        low, _ = self.forecast()
        projects = self.tables.read("staging/projects").sort("project_gid")
        self.project = projects.filter(pl.col("project_gid").is_in(public_projects(projects)))["project_gid"][0]
        self._put("marts/bridge_goal_project", [{"goal_gid": low, "project_gid": self.project, "depth": 0}])
        self.person = self.tables.read("staging/users").sort("person_gid")["person_gid"][0]
        assert set(self.set_up().counts) == {"done"}
        self.first, self.second, self.asking = (self.create_task(n) for n in ("One", "Two", "Prioritize Backlog"))
        self.section = self.see(self.first)["section"]
        self.sync()
        self._put("insights/task_priority", [self._ranked(self.first, 1, 82.0), self._ranked(self.second, 2, 61.0)])
        proposal = {"team_gid": "1", "starts_on": date(2026, 5, 11), "ends_on": date(2026, 5, 22), "is_in": True,
                    "hours": 3.0, "score": 82.0, "is_pinned": False, "reason": "Fits."}  # fmt: skip
        rows = [_WEEK | proposal | {"task_gid": gid, "person_gid": self.person} for gid in (self.first, self.second)]
        self._put("insights/sprint_proposal", rows)
        assignment = {"task_gid": self.first, "person_gid": self.person, "reason": "Has time.", "fit": 0.8,
                      "free_hours": 6.0, "kind": "nobody"}  # fmt: skip
        self._put("insights/task_assignment", [_WEEK | assignment])

    def _ranked(self, gid, rank, score):
        parts = dict.fromkeys(("strategic", "urgency", "dependency", "stakeholders", "effort", "capacity"), 10.0)
        return _WEEK | parts | {
            "task_gid": gid, "name": "x", "score": score, "rank": rank, "score_10": 8, "label": "P1",
            "confidence": 0.8, "blocked_tasks": 0, "is_blocked": False, "sprint": "Next Sprint", "is_public": True,
            "public_rank": rank, "left_hours": 3.0, "commenters": 0, "followers": 0, "has_private_part": False,
        }  # fmt: skip

    def create_task(self, name):
        body = {"data": {"name": name, "projects": [self.project]}}
        return asana.TasksApi(self.witness).create_task(body, {})["gid"]

    def see(self, gid):
        """A task as the official client shows it."""
        task = asana.TasksApi(self.witness).get_task(gid, {"opt_fields": SEEN})
        fields = {f["name"]: f["display_value"] for f in task["custom_fields"] if f["display_value"]}
        return {
            "assignee": (task["assignee"] or {}).get("gid"),
            "section": next(m["section"]["name"] for m in task["memberships"] if m["project"]["gid"] == self.project),
            "fields": {f: v for f, v in fields.items() if f in {spec.label for spec in BY_NAME.values()}},
        }

    def comments(self, gid):
        """Our comments on a task, as the official client shows them."""
        asked = {"opt_fields": "text,html_text,resource_subtype"}
        stories = asana.StoriesApi(self.witness).get_stories_for_task(gid, asked)
        return [s for s in stories if "ref AIW-" in (s.get("text") or "")]

    def planned(self):
        frame = build_plan(self.inputs(), WEEK, AT, plan_rules(self.settings)).filter(capability="priority")
        return frame.filter(pl.col("field") != "ai_risk_flag")

    def write(self, stored):
        approve(self.database, stored.plan_id, "ada", ledger_time(self.database))
        return apply_plan(
            self.database, self.writer, stored.plan_id, mode=Mode.propose, actor="bot",
            now=lambda: ledger_time(self.database),
        )  # fmt: skip

    def change(self):
        frame = self.planned()
        proposal = whole_proposal(self.inputs(), frame, (evaluate("changes/plan", frame),), self.settings, AT)
        stored = propose(self.database, proposal, self.settings, ledger_time(self.database))
        return stored, self.write(stored)


@pytest.fixture
def here(company):
    planning = Planning(
        company, mode="propose", fields={"priority": True}, priority_writes={"sprint": True, "review": True}
    )
    planning.begin()
    return planning


def test_priorities_are_written_once_seen_by_the_official_client_and_go_back_as_they_were(here):
    stored, report = here.change()
    assert set(report.counts) == {"done"}, [(o.kind, o.outcome, o.error) for o in report.outcomes]
    assert report.unverified == 0
    first = here.see(here.first)
    assert (first["assignee"], first["section"]) == (here.person, SPRINT)
    fields = first["fields"]
    assert fields.pop("Recommended Assignee")
    assert fields.pop("AI Rationale").startswith("82 of 100 points: 10 for")
    assert fields == {"AI Priority Score": "82", "AI Confidence": "80%", "AI Recommended Sprint": "Next Sprint",
                      "Suggested Priority": "High"}  # fmt: skip
    (reasons,) = here.comments(here.first)
    assert "Sentences by rule" in reasons["text"]
    (told,) = here.comments(here.asking)
    assert told["text"].startswith("The backlog was prioritised as of 6 May 2026")
    (review,) = asana.TasksApi(here.witness).get_subtasks_for_task(here.asking, {"opt_fields": "name,notes"})
    assert review["name"].startswith("Review AI Prioritization")

    here.sync()
    assert here.planned().is_empty()

    found = revert(here.database, here.writer, stored.plan_id, here.settings, ledger_time(here.database), "grace")
    assert (len(found.conflicts), [left.kind for left in found.kept]) == (0, ["create_section"])
    assert set(here.write(found.plan).counts) == {"done"}
    for gid in (here.first, here.second):
        assert here.see(gid) == {"assignee": None, "section": here.section, "fields": {}}
        assert here.comments(gid) == []


def test_the_assignee_is_mentioned_where_the_score_jumped_and_a_person_who_reassigned_keeps_it(here):
    asana.TasksApi(here.witness).update_task({"data": {"assignee": here.person}}, here.first, {})
    here.sync()
    jumped = here._ranked(here.first, 1, 82.0) | {"score_before": 30.0, "rank_before": 9}
    here._put("insights/task_priority", [jumped])
    stored, report = here.change()
    assert set(report.counts) == {"done"}
    (told,) = here.comments(here.first)
    assert f'data-asana-gid="{here.person}"' in told["html_text"]
    assert "went from 30 to 82 of 100 points" in told["text"]

    users = here.tables.read("staging/users").sort("person_gid")["person_gid"]
    asana.TasksApi(here.witness).update_task({"data": {"assignee": users[1]}}, here.second, {})
    found = revert(here.database, here.writer, stored.plan_id, here.settings, ledger_time(here.database), "grace")
    assert [(left.kind, left.target_gid) for left in found.conflicts] == [("set_assignee", here.second)]
    here.write(found.plan)
    assert here.see(here.second)["assignee"] == users[1]
    assert here.see(here.first)["assignee"] == here.person


def test_a_score_that_is_not_sound_is_not_written_and_said_while_the_rest_of_the_plan_goes_on(here):
    def planned(**wrong):
        rows = [here._ranked(here.first, 1, 60.0) | wrong, here._ranked(here.second, 2, 50.0) | {"strategic": 0.0}]
        here._put("insights/task_priority", rows)
        return weekly_proposal(here.tables, here.inputs(), here.settings, WEEK, AT)

    good = planned()
    assert "ai_priority_score" in set(good.frame["field"])
    stored = propose(here.database, good, here.settings, ledger_time(here.database))
    assert {"insights/task_priority", "insights/task_effort", "insights/sprint_proposal"} <= set(stored.required_gates)
    for wrong, rule in (({"confidence": 1.4}, "confidence_is_between_0_and_1"), ({"urgency": 9.0}, "parts_add_up")):
        proposal = planned(**wrong)
        fields = set(proposal.frame["field"])
        assert not fields & {"ai_priority_score", "ai_confidence", "priority_rationale", "plan_made"}
        assert {"section", "ai_confidence_score"} <= fields  # of the sprint, and of goals
        assert all(o.passed for o in proposal.outcomes)
        (problem,) = proposal.problems
        assert rule in problem
        assert here.first in problem


@pytest.fixture
def looking_back(company):
    """A company whose team finished a sprint with the two tasks, one of them kept."""
    planning = Planning(
        company, mode="propose", fields={"priority": True}, priority_writes={"retro": True, "tasks": 0, "comments": 0}
    )
    planning.begin()
    projects = planning.tables.read("staging/projects")
    key = _WEEK | {"team_gid": projects.filter(project_gid=planning.project)["team_gid"][0], "sprint": "Sprint 7"}
    totals = {"starts_on": date(2026, 4, 20), "ends_on": date(2026, 5, 3), "committed_tasks": 2, "done_tasks": 1,
              "added_tasks": 0, "rolled_tasks": 1, "estimated_tasks": 0, "is_public": True}  # fmt: skip
    planning._put("insights/sprint_retro", [key | totals])
    planning._put(
        "insights/sprint_retro_tasks",
        [
            key | {"task_gid": planning.first, "was_committed": True, "was_done": True},
            key | {"task_gid": planning.second, "was_committed": True, "was_done": False, "cause": "blocked"},
        ],
    )
    return planning


def retros(here):
    """Retros in the project of reviews, as the official client shows them."""
    projects = asana.ProjectsApi(here.witness).get_projects({"opt_fields": "name", "workspace": workspace(here)})
    home = next(project["gid"] for project in projects if project["name"] == "OKR Actions")
    tasks = asana.TasksApi(here.witness).get_tasks_for_project(home, {"opt_fields": "name,notes"})
    return [task for task in tasks if task["name"].startswith("Sprint retro")]


def test_a_sprint_retro_is_written_once_and_taken_back_unless_somebody_worked_on_it(looking_back):
    here = looking_back
    stored, report = here.change()
    assert [(o.kind, o.outcome) for o in report.outcomes if o.kind == "create_task"] == [("create_task", "done")]
    assert report.unverified == 0
    (written,) = retros(here)
    assert written["name"] == "Sprint retro: Sprint 7, 20 Apr to 3 May 2026"
    assert "1 of 2 committed tasks were done, 1 rolled over" in written["notes"]
    assert "Why work rolled over: blocked 1." in written["notes"]

    here.sync()
    assert here.planned().filter(field="sprint_retro").is_empty()

    asana.StoriesApi(here.witness).create_story_for_task({"data": {"text": "We talked it over"}}, written["gid"], {})
    found = revert(here.database, here.writer, stored.plan_id, here.settings, ledger_time(here.database), "grace")
    assert "create_task" in [left.kind for left in found.conflicts]
    assert len(retros(here)) == 1


def test_a_sprint_retro_that_nobody_touched_is_taken_back(looking_back):
    here = looking_back
    stored, _ = here.change()
    found = revert(here.database, here.writer, stored.plan_id, here.settings, ledger_time(here.database), "grace")
    assert not found.conflicts
    assert set(here.write(found.plan).counts) == {"done"}
    assert retros(here) == []

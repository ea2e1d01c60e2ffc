"""Undo and repair against a real server: what people see in Asana after a revert, a sweep and a look at our fields."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes import audit
from asana_intel.changes.apply import apply_plan
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.drift import check_drift
from asana_intel.changes.revert import revert
from asana_intel.changes.review import approve
from asana_intel.changes.sweep import sweep
from asana_intel.settings import Mode, load_settings
from asana_intel_tests.chaos.company import BOT, FLAG, MONDAY, SPRING, chaos_company, rule
from asana_intel_tests.conftest import NOW

SCORE = "ai_confidence_score"
SETTINGS = load_settings(mode=Mode.propose)


class Desk:
    """A company, our writer, and the path of a plan from its rows to Asana."""

    def __init__(self, company, database, stored):
        self.company, self.database, self.stored = company, database, stored
        self.writer = AsanaWriter(AsanaSession(company.url, SecretStr(BOT), role="writer", paced=False))

    def plan(self, *rows, **week):
        """Store and approve rows."""
        plan = self.stored(*({"as_of_on": MONDAY, "as_of_at": SPRING, **row, **week} for row in rows))
        return self.approve(plan, NOW)

    def approve(self, plan, at):
        approve(self.database, plan.plan_id, "ada", at)
        return plan

    def apply(self, plan, minutes=0, run="run-1"):
        at = NOW + timedelta(minutes=minutes)
        return apply_plan(
            self.database, self.writer, plan.plan_id, mode=Mode.propose, actor=f"job:{run}", now=lambda: at
        ).counts

    def revert(self, of, minutes):
        return revert(self.database, self.writer, of, SETTINGS, NOW + timedelta(minutes=minutes), "grace")

    def undo(self, found, minutes):
        return self.apply(self.approve(found.plan, NOW + timedelta(minutes=minutes)), minutes, "run-2")

    def value(self, kind, gid, name):
        """What a person sees in a field."""
        asked = "custom_fields.number_value,custom_fields.text_value"
        held = self.company.person("GET", f"/{kind}s/{gid}?opt_fields={asked}")
        entry = next(e for e in held["custom_fields"] if e["gid"] == self.company.fields[name])
        return entry.get("number_value") if name == SCORE else entry.get("text_value")

    def edit(self, kind, gid, name, value):
        self.company.person("PUT", f"/{kind}s/{gid}", {"custom_fields": {self.company.fields[name]: value}})

    def ours(self, path):
        """Objects with our marker in a list."""
        found = self.company.person("GET", f"{path}{'&' if '?' in path else '?'}opt_fields=text,notes,created_by.gid")
        return [r for r in found if "ref AIW-" in (r.get("text") or r.get("notes") or "")]

    def late(self, path, method, requests):
        """Our next request of that kind is answered 504 and comes to pass after so many requests."""
        match = {"method": method, "token": BOT, "path": path, "times": 1}
        do = rule("late", match, after_requests=requests)
        self.company.control("POST", "faults", {"faults": [do], "seed": 1})

    def wait_for(self, requests):
        for _ in range(requests):
            self.company.person("GET", "/users/me")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    with chaos_company(tmp_path_factory.mktemp("world"), 12) as company:
        yield company


@pytest.fixture
def desk(company, database, stored):
    desk = Desk(company, database, stored)
    yield desk
    company.heal()
    desk.writer.close()


def on_goal(gid, kind="set_field", field=SCORE, new="0.62", **row):
    return {"kind": kind, "target_gid": gid, "field": field, "new_value": new, **row}


def on_task(gid, new='"overdue"', **row):
    return {"target_type": "task", "target_gid": gid, "field": FLAG, "new_value": new, **row}


COMMENT = canonical_object({"text": "The odds fell."})
STATUS = canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."})


def test_apply_then_human_edits_then_revert_restores_the_others_and_reports_the_conflicts(desk):
    company = desk.company
    one, two, three = company.goals[:3]
    task, other = company.tasks[:2]
    desk.edit("goal", three, SCORE, 0.4)
    team = company.person("GET", f"/projects?workspace={workspace(company)}&opt_fields=team.gid")[0]["team"]
    project = {"workspace": workspace(company), "name": "OKR Actions"} | ({"team": team["gid"]} if team else {})
    project_gid = company.person("POST", "/projects", project)["gid"]
    reviews = [
        on_goal(gid, "create_task", "review_task", canonical_object(
            {"name": "Review", "notes": "Approve?", "resource_subtype": "approval", "project": "OKR Actions"}))
        for gid in (one, two)
    ]  # fmt: skip
    plan = desk.plan(
        on_goal(one), on_goal(two), on_goal(three, old_value="0.4"), on_goal(one, field="ai_summary", new='"On pace."'),
        on_task(task), on_task(other),
        on_goal(one, "status_update", "weekly_status", STATUS), on_goal(one, "comment", "odds_fell", COMMENT), *reviews,
    )  # fmt: skip
    assert desk.apply(plan) == {"done": 10}

    desk.edit("goal", two, SCORE, 0.9)
    desk.edit("task", other, FLAG, "by legal")
    review = next(r for r in desk.ours(f"/projects/{project_gid}/tasks"))
    company.person("POST", f"/tasks/{review['gid']}/stories", {"text": "I look at it."})

    found = desk.revert("run-1", 10)
    assert {(left.kind, left.target_gid) for left in found.conflicts} >= {("set_field", two), ("set_field", other)}
    assert [left.kind for left in found.conflicts].count("create_task") == 1
    assert (len(found.plan.rows), len(found.conflicts), found.kept) == (7, 3, ())
    assert desk.undo(found, 10) == {"done": 7}
    assert [desk.value("goal", gid, SCORE) for gid in (one, two, three)] == [None, 0.9, 0.4]
    assert desk.value("goal", one, "ai_summary") in (None, "")
    assert [desk.value("task", gid, FLAG) or None for gid in (task, other)] == [None, "by legal"]
    assert desk.ours(f"/status_updates?parent={one}") == []
    assert desk.ours(f"/goals/{one}/stories") == []
    assert [r["gid"] for r in desk.ours(f"/projects/{project_gid}/tasks")] == [review["gid"]]
    again = desk.revert("run-1", 20)
    assert (again.plan, again.back, len(again.conflicts)) == (None, 7, 3)
    assert audit.verify(desk.database) is None


def workspace(company):
    return company.person("GET", "/workspaces")[0]["gid"]


@pytest.mark.fault("F9")
def test_a_comment_that_comes_long_after_it_was_given_up_is_found_and_deleted(desk):
    goal = desk.company.goals[4]
    plan = desk.plan(on_goal(goal, "comment", "odds_fell", COMMENT))
    desk.late("/goals/{goal}/stories", "POST", 60)
    assert desk.apply(plan) == {"unknown": 1}
    assert desk.apply(plan, 4) == {"unknown": 1}
    assert desk.apply(plan, 5)["done"] == 1
    desk.wait_for(60)
    stories = f"/goals/{goal}/stories"
    assert len(desk.ours(stories)) == 2

    found = sweep(desk.database, desk.writer, SETTINGS, NOW + timedelta(minutes=11), "job:sweep")
    assert len(found.duplicates) == 1
    assert desk.undo(found, 11) == {"done": 1}
    (left,) = desk.ours(stories)
    assert left["gid"] not in found.duplicates


@pytest.mark.fault("F24")
def test_a_late_copy_of_our_earlier_value_is_found_by_its_author_and_mended(desk):
    task = desk.company.tasks[2]
    first = desk.plan(on_task(task))
    desk.late("/tasks/{task}", "PUT", 90)
    assert desk.apply(first) == {"unknown": 1}
    assert desk.apply(first, 4)["done"] == 1
    week = {"as_of_on": MONDAY + timedelta(weeks=1)}
    assert desk.apply(desk.plan(on_task(task, '"blocked"', old_value='"overdue"'), **week), 5) == {"done": 1}
    desk.wait_for(90)
    assert desk.value("task", task, FLAG) == "overdue"

    found = check_drift(desk.database, desk.writer, SETTINGS, NOW + timedelta(hours=5), "job:drift")
    assert (found.echoes, found.persons) == ([(task, FLAG)], [])
    assert desk.undo(found, 300) == {"done": 1}
    assert desk.value("task", task, FLAG) == "blocked"


@pytest.mark.fault("F25")
def test_a_status_update_that_a_person_deleted_is_not_posted_again(desk):
    goal = desk.company.goals[5]
    plan = desk.plan(on_goal(goal, "status_update", "weekly_status", STATUS))
    assert desk.apply(plan) == {"done": 1}
    (posted,) = desk.ours(f"/status_updates?parent={goal}")
    desk.company.person("DELETE", f"/status_updates/{posted['gid']}")
    found = sweep(desk.database, desk.writer, SETTINGS, NOW + timedelta(minutes=5), "job:sweep")
    assert (found.deleted, found.plan) == ([posted["gid"]], None)
    assert desk.apply(plan, 6) == {}
    assert desk.revert(plan.plan_id, 7).plan is None
    assert desk.ours(f"/status_updates?parent={goal}") == []

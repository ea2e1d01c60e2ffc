"""Who does a task, when, and where it stands: lost answers, deaths, people's edits; what is theirs stays theirs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from asana_intel.changes import audit
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.drift import check_drift
from asana_intel.changes.ownership import persons_fields
from asana_intel.changes.revert import revert
from asana_intel.changes.review import approve
from asana_intel.changes.task_kinds import dates_value, place_value
from asana_intel.settings import Mode, load_settings
from asana_intel_tests.faults.office import LATER, SETTLED, Died, Office, dying_at
from asana_intel_tests.faults.test_crash_points import POINTS
from asana_intel_tests.integration.fault_world import rule
from asana_intel_tests.integration.write_desk import NOW

SPRINT = "Sprint 9 Mar to 20 Mar 2026"
KINDS = ["set_assignee", "set_dates", "add_to_section"]
FIELDS = {"set_assignee": "assignee", "set_dates": "dates", "add_to_section": "section"}
REQUESTS = {
    "set_assignee": ("PUT", "/tasks/{task}"), "set_dates": ("PUT", "/tasks/{task}"),
    "add_to_section": ("POST", "/sections/{section}/addTask"),
}  # fmt: skip
FIRST = {"start_on": "2026-03-16", "due_on": "2026-03-20"}
OURS = {"start_on": "2026-03-23", "due_on": "2026-03-27"}
THEIRS = {"start_on": None, "due_on": "2026-04-10"}


class Place:
    """An open task in a project, with people and sections to choose from."""

    def __init__(self, office: Office) -> None:
        self.office, company = office, office.company
        workspace = company.read("/workspaces")[0]["gid"]
        self.ours, *others = (user["gid"] for user in company.read(f"/users?workspace={workspace}"))
        self.theirs = others[0]
        self.project = company.read(f"/projects?workspace={workspace}")[0]["gid"]
        self.task = company.write("POST", "/tasks", {"name": "Fresh", "projects": [self.project]})["gid"]
        self.sections = {
            name: company.write("POST", f"/projects/{self.project}/sections", {"name": name})["gid"]
            for name in ("Backlog", "Next Sprint", "Doing")
        }
        self.put("add_to_section", "Backlog")
        self.put("set_dates", FIRST)

    def wanted(self, kind: str, *, by_us: bool) -> str:
        """Canonical value that we or a person want."""
        if kind == "set_assignee":
            return json.dumps(self.ours if by_us else self.theirs)
        if kind == "set_dates":
            return dates_value(OURS if by_us else THEIRS) or ""
        return self.place("Next Sprint" if by_us else "Doing")

    def edited(self, kind: str, *, like_ours: bool = False) -> None:
        """A person sets what they want, or the same as we."""
        ours = {"set_assignee": self.ours, "set_dates": OURS, "add_to_section": "Next Sprint"}
        theirs = {"set_assignee": self.theirs, "set_dates": THEIRS, "add_to_section": "Doing"}
        self.put(kind, (ours if like_ours else theirs)[kind])

    def place(self, name: str) -> str:
        return place_value(self.project, {"gid": self.sections.get(name), "name": name})

    def row(self, kind: str, **more: Any) -> dict[str, Any]:
        """A row that we want written."""
        return {
            "kind": kind, "capability": "priority", "target_type": "task", "target_gid": self.task,
            "field": FIELDS[kind],
            "old_value": {"set_assignee": None, "set_dates": dates_value(FIRST),
                          "add_to_section": self.place("Backlog")}[kind],
            "new_value": self.wanted(kind, by_us=True), **more,
        }  # fmt: skip

    def put(self, kind: str, value: Any) -> None:
        """As a person: a person's gid, dates, or the name of a section."""
        if kind == "set_dates":
            self.office.company.write("PUT", f"/tasks/{self.task}", value)
        elif kind == "set_assignee":
            self.office.company.write("PUT", f"/tasks/{self.task}", {"assignee": value})
        else:
            section = f"/sections/{self.sections[value or '']}/addTask"
            self.office.company.write("POST", section, {"task": self.task})

    def a_person_between(self, kind: str) -> dict[str, Any]:
        """A person writes there between our look and our request."""
        method, path = REQUESTS[kind]
        match = {"method": method, "path": path, "nth": 1}
        if kind == "set_assignee":
            return rule("human_edit", match, fields={"assignee": self.theirs})
        if kind == "set_dates":
            return rule("human_edit", match, fields=THEIRS)
        section = self.sections["Doing"]
        return rule("human_edit", match, gid=section, action="addTask", fields={"task": self.task})

    def stands(self, kind: str) -> str | None:
        """Canonical value as a person sees it."""
        places = "memberships.project.gid,memberships.section.gid,memberships.section.name"
        asked = f"assignee.gid,start_on,due_on,due_at,{places}"
        task = self.office.company.read(f"/tasks/{self.task}?opt_fields={asked}")
        if kind == "set_assignee":
            return json.dumps(task["assignee"]["gid"]) if task["assignee"] else None
        if kind == "set_dates":
            return dates_value(task)
        return next(
            place_value(self.project, m["section"]) for m in task["memberships"] if m["project"]["gid"] == self.project
        )


@pytest.fixture
def place(office: Office) -> Place:
    return Place(office)


@pytest.mark.fault("F3", "F4", "F5")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("fault", "members"),
    [("drop", {}), ("drop", {"when": "after"}), ("status", {"status": 500, "when": "after"}),
     ("status", {"status": 503}), ("retry_after", {"value": "0"})],
)  # fmt: skip
def test_a_lost_request_or_answer_ends_with_one_effect(place: Place, kind: str, fault: str, members: dict) -> None:
    method, path = REQUESTS[kind]
    place.office.break_down(rule(fault, {"method": method, "path": path, "nth": 1}, **members))
    plan = place.office.plan(place.row(kind))
    place.office.apply(plan)
    assert place.office.settle(plan) == ["done"]
    assert place.stands(kind) == place.wanted(kind, by_us=True)
    assert sum(place.office.effects().values()) == 1


@pytest.mark.fault("F20", "F23")
@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_before_our_look_stays_and_one_equal_to_ours_is_left(place: Place, kind: str) -> None:
    plan = place.office.plan(place.row(kind))
    place.edited(kind)
    report = place.office.apply(plan)
    assert report.counts == {"stale": 1}
    assert "by user" in (report.outcomes[0].error or ""), "who changed it, and when"
    assert place.stands(kind) == place.wanted(kind, by_us=False)
    again = place.office.plan(place.row(kind, old_value=place.wanted(kind, by_us=False)))
    place.edited(kind, like_ours=True)
    assert place.office.apply(again).counts == {"noop": 1}


@pytest.mark.fault("F21")
@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_between_our_look_and_our_request_is_given_back(place: Place, kind: str) -> None:
    place.office.break_down(place.a_person_between(kind))
    assert place.office.apply(place.office.plan(place.row(kind))).counts == {"overridden": 1}
    assert place.stands(kind) == place.wanted(kind, by_us=False)


@pytest.mark.fault("F1", "F22")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "point", [p for p in POINTS if p.startswith(("sending", "answered", "sent", "restoring", "given"))]
)
def test_whoever_dies_at_a_point_is_followed_by_one_that_gives_back(place: Place, kind: str, point: str) -> None:
    place.office.break_down(place.a_person_between(kind))
    plan = place.office.plan(place.row(kind))
    with dying_at(point), pytest.raises(Died):
        place.office.apply(plan)
    assert place.office.settle(plan) == ["overridden"]
    assert place.stands(kind) == place.wanted(kind, by_us=False)
    assert audit.verify(place.office.database) is None


@pytest.mark.fault("F3", "F8")
def test_a_section_whose_answer_was_lost_is_made_once_and_its_task_waits_for_it(place: Place) -> None:
    office = place.office
    lost = {"method": "POST", "path": "/projects/{project}/sections", "nth": 1}
    office.break_down(rule("status", lost, status=500, when="after"))
    section = place.row("add_to_section") | {
        "kind": "create_section", "target_type": "project", "target_gid": place.project, "field": "sprint_section",
        "old_value": None, "new_value": canonical_object({"name": SPRINT}),
    }  # fmt: skip
    plan = office.plan(section, place.row("add_to_section", new_value=place.place(SPRINT)))
    assert office.apply(plan).counts == {"done": 1, "unknown": 1}, "made, though nobody said so"
    assert office.apply(plan, SETTLED).counts == {"done": 1}
    made = [s["gid"] for s in office.company.read(f"/projects/{place.project}/sections") if s["name"] == SPRINT]
    assert place.stands("add_to_section") == place_value(place.project, {"gid": made[0], "name": SPRINT})
    assert len(made) == 1
    writer = office.writer()
    found = revert(office.database, writer, plan.plan_id, load_settings(mode=Mode.propose), NOW + SETTLED, "grace")
    writer.close()
    assert found.plan is not None
    assert [left.kind for left in found.kept] == ["create_section"]
    approve(office.database, found.plan.plan_id, "ada", NOW + SETTLED)
    assert office.apply(found.plan, SETTLED).counts == {"done": 1}
    assert place.stands("add_to_section") == place.place("Backlog")


@pytest.mark.parametrize("kind", KINDS)
def test_a_task_that_is_kept_by_hand_or_done_since_the_approval_is_left_alone(place: Place, kind: str) -> None:
    company = place.office.company
    workspace = company.read("/workspaces")[0]["gid"]
    body = {"workspace": workspace, "name": "Manual Override", "resource_subtype": "text"}
    field = company.write("POST", "/custom_fields", body)["gid"]
    company.write("POST", f"/projects/{place.project}/addCustomFieldSetting", {"custom_field": field})
    company.write("PUT", f"/tasks/{place.task}", {"custom_fields": {field: "yes"}})
    report = place.office.apply(place.office.plan(place.row(kind)))
    assert report.counts == {"stale": 1}
    assert "Manual Override" in (report.outcomes[0].error or "")
    company.write("PUT", f"/tasks/{place.task}", {"custom_fields": {field: None}, "completed": True})
    report = place.office.apply(place.office.plan(place.row(kind, reason="Again.")))
    assert (report.counts, report.outcomes[0].error) == ({"failed": 1}, "the task is done")
    assert place.office.sent() == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_written_goes_back_unless_a_person_changed_it(place: Place, kind: str) -> None:
    office = place.office
    before = place.stands(kind)
    plan = office.plan(place.row(kind))
    assert office.apply(plan).counts == {"done": 1}
    writer = office.writer()
    found = revert(office.database, writer, plan.plan_id, load_settings(mode=Mode.propose), NOW, "grace")
    assert found.plan is not None
    approve(office.database, found.plan.plan_id, "ada", NOW)
    assert office.apply(found.plan, LATER).counts == {"done": 1}
    assert place.stands(kind) == before
    again = office.plan(place.row(kind, reason="Again."))
    assert office.apply(again, LATER).counts == {"done": 1}
    place.edited(kind)
    left = revert(office.database, writer, again.plan_id, load_settings(mode=Mode.propose), NOW, "grace")
    assert (left.plan, [one.reason for one in left.conflicts]) == (None, ["a person changed it since"])
    writer.close()


def test_a_task_that_is_due_at_an_hour_is_left_alone_and_a_persons_hour_is_given_back(place: Place) -> None:
    hour = {"start_on": None, "due_at": "2026-03-20T15:00:00.000Z"}
    place.put("set_dates", hour)
    report = place.office.apply(place.office.plan(place.row("set_dates")))
    assert report.counts == {"stale": 1}, "the day is the same, and the hour would be lost"
    place.put("set_dates", FIRST)
    method, path = REQUESTS["set_dates"]
    place.office.break_down(rule("human_edit", {"method": method, "path": path, "nth": 1}, fields=hour))
    report = place.office.apply(place.office.plan(place.row("set_dates", reason="Again.")))
    assert report.counts == {"overridden": 1}
    assert place.stands("set_dates") == dates_value(hour)


def test_dates_of_nobody_are_set_and_taken_away_again(place: Place) -> None:
    place.put("set_dates", {"start_on": None, "due_on": None})
    plan = place.office.plan(place.row("set_dates", old_value=None))
    assert place.office.apply(plan).counts == {"done": 1}
    writer = place.office.writer()
    settings = load_settings(mode=Mode.propose)
    found = revert(place.office.database, writer, plan.plan_id, settings, NOW, "grace")
    writer.close()
    assert found.plan is not None
    approve(place.office.database, found.plan.plan_id, "ada", NOW)
    assert place.office.apply(found.plan, LATER).counts == {"done": 1}
    assert place.stands("set_dates") is None


@pytest.mark.parametrize("kind", ["set_assignee", "set_dates"])
def test_what_a_person_put_back_after_us_is_theirs(place: Place, kind: str) -> None:
    office, before = place.office, place.stands(kind)
    assert office.apply(office.plan(place.row(kind))).counts == {"done": 1}
    place.edited(kind)
    writer = office.writer()
    drift = check_drift(office.database, writer, load_settings(mode=Mode.propose), NOW + LATER, "drift")
    writer.close()
    assert drift.persons == [(place.task, FIELDS[kind])]
    assert (place.task, FIELDS[kind]) in persons_fields(office.database)
    again = office.plan(place.row(kind, old_value=place.stands(kind), reason=f"Not {before}."))
    assert office.apply(again, LATER).counts == {"overridden": 1}
    assert place.stands(kind) == place.wanted(kind, by_us=False)

"""A scenario that adds a project, against the sandbox: planned, written, seen by the official client, taken back."""

from datetime import date, timedelta

import asana
import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.inputs import Week
from asana_intel.changes.ledger import ledger_time, load_plan, standing_markers
from asana_intel.changes.proposing import propose, scenario_proposal
from asana_intel.changes.revert import revert
from asana_intel.changes.review import approve, reject
from asana_intel.changes.scenario_changes import scenario_rows
from asana_intel.narratives.audience import public_projects
from asana_intel.settings import Mode
from asana_intel_tests.integration.test_setup import Wanting
from asana_intel_tests.integration.test_write_path import AT, WEEK, company, workspace

__all__ = ["company"]
SEEN = "name,notes,assignee.gid,start_on,due_on,dependencies.gid,custom_fields.name,custom_fields.number_value"
FIRST = WEEK + timedelta(weeks=1)


class Adding(Wanting):
    """A company with an open task of somebody's, and the scenario that adds the project Portal and moves that task."""

    def begin(self):
        self.forecast()
        projects = self.tables.read("staging/projects").sort("project_gid")
        self.project = projects.filter(pl.col("project_gid").is_in(public_projects(projects)))["project_gid"][0]
        users = self.tables.read("staging/users").sort("person_gid").select("person_gid", "name").rows()
        (self.giver, _), (self.taker, _), (self.third, _) = users[:3]
        (team,) = self.tables.read("staging/teams")["team_gid"][:1]
        self.moved = self.create_task("Moved", assignee=self.giver, due_on=FIRST.isoformat())
        self.open = self.create_task("Open")
        self.sync()
        self._put("marts/dim_person", [{"person_gid": gid, "name": name, "team_gid": team, "open_tasks": 1}
                                       for gid, name in users])  # fmt: skip

    def create_task(self, name, **more):
        body = {"data": {"name": name, "projects": [self.project], **more}}
        return asana.TasksApi(self.witness).create_task(body, {})["gid"]

    def scenario(self, name="Portal", **task):
        """Its changes and moves: draw, then build; the open task before draw; Moved goes to somebody else and later."""
        tasks = [
            {"task": "Draw", "hours": 7.5, "depends_on": [self.open]} | task,
            {"task": "Build", "hours": 16.0, "depends_on": ["Draw"]},
        ]
        changes = [{"kind": "add_project", "name": name, "tasks": tasks}]
        new = {"is_new": True, "person_before_gid": None, "start_before": None, "due_before": None}
        ends = FIRST, FIRST + timedelta(days=4)
        moves = [
            new
            | {"task_gid": f"new:{name}:1", "person_after_gid": self.taker, "start_after": FIRST, "due_after": FIRST},
            new | {"task_gid": f"new:{name}:2", "person_after_gid": None, "start_after": ends[0], "due_after": ends[1]},
            {"task_gid": self.moved, "is_new": False, "person_before_gid": self.giver, "person_after_gid": self.taker,
             "start_before": None, "start_after": None, "due_before": FIRST, "due_after": ends[1]},
        ]  # fmt: skip
        return changes, moves

    def rows(self, **more):
        changes, moves = self.scenario(**more)
        week = Week(WEEK, AT, self.inputs().teams())
        return scenario_rows(self.inputs(), week, "Bet", moves, changes, standing_markers(self.database))

    def stored(self, rows):
        proposal = scenario_proposal(self.inputs(), rows, self.settings, AT)
        assert all(outcome.passed for outcome in proposal.outcomes)
        return propose(self.database, proposal, self.settings, ledger_time(self.database), "grace", "scenario")

    def write(self, stored):
        approve(self.database, stored.plan_id, "ada", ledger_time(self.database))
        return self.go_on(stored)

    def go_on(self, stored):
        return apply_plan(
            self.database, self.writer, stored.plan_id, mode=Mode.propose, actor="bot",
            now=lambda: ledger_time(self.database), workers=3,
        )  # fmt: skip

    def taken_back(self, stored):
        return revert(self.database, self.writer, stored.plan_id, self.settings, ledger_time(self.database), "grace")

    def portals(self):
        asked = {"workspace": workspace(self), "opt_fields": "name,notes,team.gid"}
        return [p for p in asana.ProjectsApi(self.witness).get_projects(asked) if p["name"] == "Portal"]

    def tasks(self):
        """Tasks of the new project by name, as the official client shows them."""
        (portal,) = self.portals()
        found = asana.TasksApi(self.witness).get_tasks_for_project(portal["gid"], {"opt_fields": SEEN})
        return {task["name"]: task for task in found}


@pytest.fixture
def here(company):
    adding = Adding(company, mode="propose")
    adding.begin()
    return adding


def day(value):
    return value and date.fromisoformat(str(value)[:10])


def test_a_project_is_added_with_people_days_hours_and_links_beside_the_moves_and_taken_back_whole(here):
    told = here.rows()
    assert told.left_out == ()
    kinds = [row["kind"] for row in told.rows]
    assert kinds == ["create_project", "attach_effort", "create_task", "create_task", "add_dependency",
                     "add_dependency", "set_assignee", "set_dates"]  # fmt: skip
    stored = here.stored(told.rows)
    report = here.write(stored)
    assert set(report.counts) == {"done"}, [(o.kind, o.outcome, o.error) for o in report.outcomes]
    assert report.unverified == 0
    tasks = here.tasks()
    draw, build = tasks["Draw"], tasks["Build"]
    assert (draw["assignee"]["gid"], build["assignee"]) == (here.taker, None)
    assert (draw["start_on"], day(draw["due_on"])) == (None, FIRST), "one day is a due date alone"
    assert (day(build["start_on"]), day(build["due_on"])) == (FIRST, FIRST + timedelta(days=4))
    assert [link["gid"] for link in draw["dependencies"]] == [here.open]
    assert [link["gid"] for link in build["dependencies"]] == [draw["gid"]]
    (field,) = here.tables.read("raw/custom_fields").filter(pl.col("name").str.contains("(?i)estimate"))["name"]
    assert {f["name"]: f["number_value"] for f in draw["custom_fields"]}[field] == pytest.approx(7.5, abs=0.5)

    again = here.rows()
    assert [row["kind"] for row in again.rows] == ["set_assignee", "set_dates"], "before the next sync, too"
    assert [line.split(":")[1].split(",")[0] for line in again.left_out] == [" it was made before"] * 2
    here.sync()
    assert here.rows().rows == ()
    assert here.go_on(stored).counts == {}, "applied once"
    assert len(here.tasks()) == 2

    found = here.taken_back(stored)
    assert (found.conflicts, found.kept) == ((), ())
    counts = here.write(found.plan).counts
    while "waiting" in counts:  # the project goes when its tasks have gone
        counts = here.go_on(found.plan).counts
    assert here.portals() == []
    moved = asana.TasksApi(here.witness).get_task(here.moved, {"opt_fields": "assignee.gid,due_on"})
    assert (moved["assignee"]["gid"], day(moved["due_on"])) == (here.giver, FIRST)
    here.sync()
    assert "create_project" in {row["kind"] for row in here.rows().rows}, "what was taken back may be wanted again"


def test_what_somebody_worked_on_stays_with_its_project(here):
    stored = here.stored(here.rows().rows)
    assert set(here.write(stored).counts) == {"done"}
    asana.TasksApi(here.witness).update_task({"data": {"assignee": here.giver}}, here.tasks()["Build"]["gid"], {})
    found = here.taken_back(stored)
    assert {(left.kind, left.reason) for left in found.conflicts} == {
        ("create_task", "the task was given to somebody else"), ("create_project", "tasks that stay stand in it"),
    }  # fmt: skip
    here.write(found.plan)
    assert set(here.tasks()) == {"Build"}


def test_a_rejected_task_is_not_made_and_nothing_waits_for_it(here):
    stored = here.stored(here.rows().rows)
    draw = next(row for row in stored.rows if '"name":"Draw"' in row.new_value)
    reject(here.database, stored.plan_id, "ada", ledger_time(here.database), [draw.row_key])
    rest = [row.row_key for row in load_plan(here.database, stored.plan_id).rows if row.decision == "pending"]
    approve(here.database, stored.plan_id, "ada", ledger_time(here.database), rest)
    report = here.go_on(stored)
    assert set(here.tasks()) == {"Build"}
    (failed,) = [o for o in report.outcomes if o.outcome == "failed"]
    assert failed.error == "There is no task Draw in project Portal"
    assert load_plan(here.database, stored.plan_id).state == "applied"


def test_a_task_that_changed_since_the_scenario_was_kept_is_left_alone_and_the_project_is_made_all_the_same(here):
    stored = here.stored(here.rows().rows)
    asana.TasksApi(here.witness).update_task({"data": {"assignee": here.third}}, here.moved, {})
    report = here.write(stored)
    assert set(here.tasks()) == {"Draw", "Build"}
    assert {o.kind for o in report.outcomes if o.outcome == "stale"} == {"set_assignee", "set_dates"}
    here.sync()
    assert "not as it was when the scenario was worked out" in here.rows().left_out[-1]


def test_a_project_of_that_name_that_is_there_takes_the_tasks_and_is_never_deleted(here):
    made = here.writer.create_project(
        workspace(here), "Portal", "theirs", here.tables.read("staging/teams")["team_gid"][0]
    )["gid"]
    asana.ProjectsApi(here.witness).update_project({"data": {"privacy_setting": "public_to_workspace"}}, made, {})
    here.sync()
    told = here.rows()
    assert "create_project" not in {row["kind"] for row in told.rows}
    assert "hours are not written" in told.left_out[0]
    stored = here.stored(told.rows)
    assert set(here.write(stored).counts) == {"done"}
    assert set(here.tasks()) == {"Draw", "Build"}
    here.write(here.taken_back(stored).plan)
    assert here.tasks() == {}

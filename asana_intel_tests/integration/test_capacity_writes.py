"""People's load in Asana, against the sandbox: reviews of overload, moves of tasks, forecasts on people and tasks."""

from dataclasses import replace
from datetime import timedelta

import asana
import polars as pl
import pytest

from asana_intel.changes.apply import apply_plan
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.plan import build_plan
from asana_intel.changes.proposing import plan_rules, propose, weekly_proposal, whole_proposal
from asana_intel.changes.review import approve
from asana_intel.narratives.audience import public_projects
from asana_intel.quality.evaluate import evaluate
from asana_intel.settings import Mode
from asana_intel_tests.integration.test_setup import Wanting
from asana_intel_tests.integration.test_write_path import AT, WEEK, company, workspace

__all__ = ["company"]
NEXT = WEEK + timedelta(weeks=1)
FULL = {
    "as_of_on": WEEK, "as_of_at": AT, "week_on": NEXT, "working_hours": 40.0, "holiday_hours": 0.0,
    "time_off_hours": 0.0, "available_hours": 40.0, "assigned_hours": 50.0, "p10": 40.0, "p90": 60.0, "load_pct": 1.25,
    "open_tasks": 4, "p_over_110": 0.8, "p_over_120": 0.6, "p_overload": 0.8, "allocated_hours": 0.0,
    "promised_without_tasks_hours": 0.0, "tasks_without_promise_hours": 50.0,
}  # fmt: skip


@pytest.fixture
def here(company):
    """A function that gives the company other settings, with one person whose next week is likely too full."""

    def make(**settings):
        here = Wanting(company, mode="propose", **settings)
        here.forecast()
        users = here.tables.read("staging/users").sort("person_gid")
        here.person, name = users.select("person_gid", "name").row(0)
        here._put("marts/dim_person", [{"person_gid": here.person, "name": name, "open_tasks": 4}])
        here._put("forecasts/person_load", [FULL | {"person_gid": here.person}])
        return here

    return make


def change(here, capability="capacity"):
    """Plan, approve and apply what a capability wants."""
    inputs = here.inputs()
    frame = build_plan(inputs, WEEK, AT, plan_rules(here.settings)).filter(capability=capability)
    proposal = whole_proposal(inputs, frame, (evaluate("changes/plan", frame),), here.settings, AT)
    stored = propose(here.database, proposal, here.settings, ledger_time(here.database))
    if stored is None:
        return {}
    approve(here.database, stored.plan_id, "ada", ledger_time(here.database))
    return apply_plan(
        here.database, here.writer, stored.plan_id, mode=Mode.propose, actor="bot",
        now=lambda: ledger_time(here.database),
    ).counts  # fmt: skip


def tasks_of(here, project):
    """Tasks of a project, as the official client shows them."""
    projects = asana.ProjectsApi(here.witness).get_projects({"opt_fields": "name", "workspace": workspace(here)})
    (gid,) = [p["gid"] for p in projects if p["name"] == project]
    asked = {"opt_fields": "name,notes,resource_subtype,custom_fields.name,custom_fields.number_value"}
    return gid, list(asana.TasksApi(here.witness).get_tasks_for_project(gid, asked))


def test_a_likely_overload_becomes_one_task_in_a_private_project_and_is_never_told_again(here):
    company = here()
    assert set(company.set_up().counts) == {"done"}
    company.sync()
    assert change(company) == {"done": 1}
    gid, (task,) = tasks_of(company, "Capacity Review")
    assert task["resource_subtype"] == "approval"
    assert "ref AIW-" in task["notes"]
    assert "critical\n50 h of work and 40 h to do it in" in task["notes"]
    privacy = asana.ProjectsApi(company.witness).get_project(gid, {"opt_fields": "privacy_setting"})["privacy_setting"]
    assert privacy == "private"
    company.sync()
    assert change(company) == {}
    other = company.tables.read("staging/users").sort("person_gid")["person_gid"][1]
    company._put("forecasts/person_load", [FULL | {"person_gid": gid} for gid in (company.person, other)])
    assert change(company) == {"done": 1}, "what is news in a week is told in a task of its own"
    company.sync()
    assert change(company) == {}


def test_proposed_moves_are_written_in_their_order_and_one_that_a_person_was_first_on_is_left_with_all_that_follows(
    here,
):
    company = here(capacity={"alerts": False, "moves_a_person": 9})
    projects = company.tables.read("staging/projects").sort("project_gid")
    project = projects.filter(pl.col("project_gid").is_in(public_projects(projects)))["project_gid"][0]
    users = company.tables.read("staging/users").sort("person_gid").select("person_gid", "name").rows()
    (giver, _), (taker, _), (third, _) = users[:3]
    api, due = asana.TasksApi(company.witness), NEXT + timedelta(days=4)

    def task(name):
        body = {"name": name, "projects": [project], "assignee": giver, "due_on": due.isoformat()}
        return api.create_task({"data": body}, {})["gid"]

    def see(gid):
        asked = {"opt_fields": "assignee.gid,start_on,due_on"}
        found = api.get_task(gid, asked)
        return found["assignee"]["gid"], str(found["due_on"])[:10]

    given, delayed, behind, taken = map(task, ("Given away", "Delayed", "Behind it", "Taken"))
    company.sync()
    company._put("marts/dim_person", [{"person_gid": gid, "name": name, "open_tasks": 4} for gid, name in users[:3]])
    later = {"kind": "shift", "to_person_gid": None, "new_due_on": due + timedelta(weeks=1)}
    base = {
        "as_of_on": WEEK, "as_of_at": AT, "kind": "reassign", "from_person_gid": giver, "to_person_gid": taker,
        "moved_hours": 8.0, "due_on": due, "new_due_on": due, "relieved_person_gid": giver, "relieved_week_on": NEXT,
        "reason": "They have time.", "p_before": 0.8, "p_after": 0.3, "is_public": True,
    }  # fmt: skip
    moves = [
        base | {"task_gid": given}, base | later | {"task_gid": delayed},
        base | later | {"task_gid": behind, "cascade_of_gid": delayed}, base | {"task_gid": taken},
    ]  # fmt: skip
    company._put("insights/rebalance_moves", [move | {"rank": n} for n, move in enumerate(moves, 1)])

    inputs = company.inputs()
    frame = build_plan(inputs, WEEK, AT, plan_rules(company.settings)).filter(capability="capacity")
    proposal = whole_proposal(inputs, frame, (evaluate("changes/plan", frame),), company.settings, AT)
    stored = propose(company.database, proposal, company.settings, ledger_time(company.database))
    approve(company.database, stored.plan_id, "ada", ledger_time(company.database))
    api.update_task({"data": {"assignee": third}}, taken, {})
    api.update_task({"data": {"due_on": (due + timedelta(days=1)).isoformat()}}, delayed, {})
    report = apply_plan(
        company.database, company.writer, stored.plan_id, mode=Mode.propose, actor="bot",
        now=lambda: ledger_time(company.database), workers=4,
    )  # fmt: skip
    assert report.counts == {"done": 1, "stale": 3}
    assert see(given) == (taker, due.isoformat())
    assert see(taken) == (third, due.isoformat())
    assert see(behind) == (giver, due.isoformat()), "it follows from a move that was not made"
    errors = {outcome.target_gid: outcome.error for outcome in report.outcomes}
    assert f"by user {third}" not in errors[taken], "who did it, not who got it"
    assert "by user" in errors[taken]
    assert "by user" in errors[behind]

    company.sync()
    assert change(company) == {}, "the moves were of tasks as they stood, and none is moved twice a week"
    api.update_task({"data": {"assignee": giver}}, given, {})
    company.sync()
    assert change(company) == {}, "a person took it back"


def test_the_forecast_on_tasks_is_made_filled_and_then_stands(here):
    company = here(capacity={"alerts": False, "forecast": "tasks"})
    company.set_up()
    company.sync()
    company.set_up()
    assert change(company) == {"done": 1}
    company.sync()
    assert change(company) == {"done": 1}
    _, (task,) = tasks_of(company, "Capacity Planning")
    assert [f["number_value"] for f in task["custom_fields"] if f["name"] == "AI Capacity Forecast"] == [1.25]
    company.sync()
    assert change(company) == {}


def test_the_forecast_on_people_waits_until_the_field_is_on_them(here):
    company = here(capacity={"alerts": False, "forecast": "people"})
    company.set_up()
    company.sync()
    assert change(company) == {"waiting": 1}


def test_load_that_its_suites_find_anything_against_changes_nobodys_capacity_and_the_rest_goes_on(here):
    company = here()
    inputs = company.inputs()

    def planned(**wrong):
        company._put("forecasts/person_load", [FULL | {"person_gid": company.person} | wrong])
        told = replace(inputs, person_load=company.inputs().person_load)
        return weekly_proposal(company.tables, told, company.settings, WEEK, AT)

    good = planned()
    assert "capacity" in set(good.frame["capability"])
    assert {"forecasts/person_load", "forecasts/load_causes"} <= {o.table for o in good.outcomes}
    for wrong in ({"p_over_110": 1.4}, {"p_over_120": 0.9}, {"assigned_hours": float("nan")}):
        proposal = planned(**wrong)
        assert "capacity" not in set(proposal.frame["capability"])
        assert "goals" in set(proposal.frame["capability"])
        assert all(o.passed for o in proposal.outcomes)

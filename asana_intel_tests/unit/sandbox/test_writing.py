"""What writes do, what they refuse, and what they leave behind."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.times import to_iso
from asana_intel_tests.unit.sandbox.worlds import MID, Api, first_project, write_world

BORN = "2026-01-01T08:00:00.000Z"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def small(tmp_path: Path) -> Api:
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": {"gid": "4"}}]}
    world = write_world(
        tmp_path,
        projects=[{"gid": "3", "name": "P", "created_at": BORN, "workspace": {"gid": "1"}}],
        sections=[
            {"gid": "4", "name": "To do", "created_at": BORN, "project": {"gid": "3"}},
            {"gid": "5", "name": "Done", "created_at": BORN, "project": {"gid": "3"}},
        ],
        portfolios=[{"gid": "6", "name": "All", "created_at": BORN, "workspace": {"gid": "1"}, "items": ["3"]}],
        tasks=[
            {"gid": "10", "name": "A", "created_at": BORN, "workspace": {"gid": "1"}, **place},
            {"gid": "11", "name": "B", "created_at": BORN, "workspace": {"gid": "1"}, **place},
        ],
        goals=[
            {"gid": "20", "name": "G", "workspace": {"gid": "1"}, "x_created_at": BORN, "due_on": "2026-03-31"},
            {"gid": "21", "name": "H", "workspace": {"gid": "1"}, "x_created_at": BORN, "due_on": "2026-03-31"},
        ],
    )
    return Api(Sandbox(world, NOW))


def new_field(api: Api, kind: str, parent: str = "/projects/3", **more: Any) -> dict[str, Any]:
    field = api.write("POST", "/custom_fields", workspace="1", name=f"F {kind}", resource_subtype=kind, **more)
    api.write("POST", f"{parent}/addCustomFieldSetting", custom_field=field["gid"])
    return field


# -- tasks


def test_a_changed_task_reads_back_and_tells_its_story(small: Api) -> None:
    small.write("PUT", "/tasks/10", due_on="2026-02-10", start_on="2026-02-05", assignee="2", name="A2")
    task = small.get("/tasks/10")
    assert (task["due_on"], task["start_on"], task["name"]) == ("2026-02-10", "2026-02-05", "A2")
    assert task["assignee"] == {"gid": "2", "resource_type": "user", "name": "Ann"}
    stories = small.get("/tasks/10/stories", opt_fields="resource_subtype,source,old_dates,new_dates,created_by.name")
    by_kind = {story["resource_subtype"]: story for story in stories}
    assert set(by_kind) == {"name_changed", "assigned", "due_date_changed"}
    assert by_kind["due_date_changed"]["new_dates"]["due_on"] == "2026-02-10"
    assert by_kind["due_date_changed"]["old_dates"]["due_on"] is None
    assert {story["source"] for story in stories} == {"api"}
    assert small.sandbox.truth()["counts"]["stories"] == 3


def test_writing_what_already_stands_changes_nothing(small: Api) -> None:
    small.write("PUT", "/tasks/10", due_on="2026-02-10")
    before = small.get("/tasks/10")
    small.write("PUT", "/tasks/10", due_on="2026-02-10")
    assert small.get("/tasks/10") == before
    assert len(small.get("/tasks/10/stories")) == 1


def test_the_worlds_history_goes_on_around_a_written_field(api: Api) -> None:
    project, fields = first_project(api), "created_at,completed_at"
    api.sandbox.set_clock("2026-03-10")
    tasks = api.pages("/tasks", project=project, opt_fields=fields)
    running = next(t["gid"] for t in tasks if t["created_at"] < to_iso(MID) < (t["completed_at"] or ""))
    api.sandbox.set_clock(to_iso(MID))
    assert api.write("PUT", f"/tasks/{running}", notes="ours")["completed"] is False
    api.sandbox.set_clock("2026-03-10")
    task = api.get(f"/tasks/{running}")
    assert (task["notes"], task["completed"]) == ("ours", True)


def test_completing_and_reopening_a_task(small: Api) -> None:
    done = small.write("PUT", "/tasks/10", completed=True)
    assert (done["completed"], done["completed_by"]["gid"]) == (True, small.get("/users/me")["gid"])
    assert done["completed_at"].startswith("2026-02-01T00:00:00.0")
    assert small.write("PUT", "/tasks/10", completed=False)["completed_at"] is None


def test_an_approval_is_decided_once_and_complete(small: Api) -> None:
    body = {"projects": ["3"], "name": "Approve plan", "resource_subtype": "approval", "external": {"gid": "run-1"}}
    task = small.write("POST", "/tasks", **body)
    assert (task["approval_status"], task["completed"]) == ("pending", False)
    decided = small.write("PUT", f"/tasks/{task['gid']}", approval_status="rejected")
    assert (decided["approval_status"], decided["completed"]) == ("rejected", True)
    assert small.get("/tasks/external:run-1")["gid"] == task["gid"]
    assert small.refused("PUT", "/tasks/10", {"approval_status": "approved"})[0] == 400


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"parent": "11"}, 400, "use setParent"),
        ({"projects": ["3"]}, 400, "use addProject"),
        ({"permalink_url": "x"}, 400, "permalink_url: Cannot write this property"),
        ({"start_on": "2026-02-05"}, 400, "must also set due_on"),
        ({"due_on": "soon"}, 400, "due_on: Not a valid date"),
        ({"assignee": "99"}, 404, "assignee: Unknown object: 99"),
        ({"completed": "yes"}, 400, "completed: Not a boolean"),
        ({"html_notes": "<p>no body</p>"}, 400, "XML is invalid"),
        ({"custom_fields": {"99": 1}}, 404, "custom_field: Unknown object: 99"),
    ],
)
def test_a_refused_change_names_what_is_wrong_and_leaves_the_task(
    small: Api, body: dict[str, Any], status: int, message: str
) -> None:
    before = small.get("/tasks/10")
    code, text = small.refused("PUT", "/tasks/10", body)
    assert (code, message in text) == (status, True)
    assert small.get("/tasks/10") == before


def test_a_task_needs_a_place(small: Api) -> None:
    message = "You should specify one of workspace, parent, projects"
    assert small.refused("POST", "/tasks", {"name": "x"}) == (400, message)


def test_a_created_task_is_announced_with_its_location_and_listed(small: Api) -> None:
    raw = b'{"data": {"name": "New", "memberships": [{"project": "3", "section": "5"}]}}'
    reply = small.sandbox.answer("POST", "/tasks", {}, raw, "Bearer reader", "http://h/api/1.0")
    gid = reply.body["data"]["gid"]
    assert (reply.status, reply.headers["Location"]) == (201, f"http://h/api/1.0/tasks/{gid}")
    assert gid in small.gids("/tasks", section=5)
    small.write("DELETE", f"/tasks/{gid}")
    assert small.refused("GET", f"/tasks/{gid}")[0] == 404
    assert gid not in small.gids("/tasks", project=3)


def test_moving_linking_and_nesting_tasks(small: Api) -> None:
    small.write("POST", "/sections/5/addTask", task="10")
    assert small.gids("/tasks", section=5) == ["10"]
    small.write("POST", "/tasks/10/addDependencies", dependencies=["11"])
    assert small.gids("/tasks/10/dependencies") == ["11"]
    assert small.gids("/tasks/11/dependents") == ["10"]
    small.write("POST", "/tasks/10/removeDependencies", dependencies=["11"])
    assert small.gids("/tasks/11/dependents") == []
    small.write("POST", "/tasks/11/setParent", parent="10")
    assert small.gids("/tasks/10/subtasks") == ["11"]
    assert small.refused("POST", "/tasks/10/setParent", {"parent": "11"})[0] == 400
    small.write("POST", "/tasks/10/removeProject", project="3")
    assert "10" not in small.gids("/tasks", project=3)


# -- custom fields


def test_each_type_of_field_takes_its_value_and_shows_it(small: Api) -> None:
    options = [{"name": "P0"}, {"name": "P1"}]
    percent = new_field(small, "number", format="percentage", precision=0)["gid"]
    text = new_field(small, "text")["gid"]
    choice = new_field(small, "enum", enum_options=options)
    several = new_field(small, "multi_enum", enum_options=options)
    day, people = new_field(small, "date")["gid"], new_field(small, "people")["gid"]
    first = choice["enum_options"][0]["gid"]
    both = [option["gid"] for option in several["enum_options"]]
    values = {
        percent: 0.8749, text: "why", choice["gid"]: first, several["gid"]: both, day: {"date": "2026-03-31"},
        people: ["me", "ann@w.example"],
    }  # fmt: skip
    task = small.write("PUT", "/tasks/10", custom_fields=values)
    shown = {entry["gid"]: entry for entry in task["custom_fields"]}
    assert (shown[percent]["number_value"], shown[percent]["display_value"]) == (0.87, "87%")
    assert shown[text]["text_value"] == "why"
    assert (shown[choice["gid"]]["enum_value"]["name"], shown[choice["gid"]]["display_value"]) == ("P0", "P0")
    assert shown[several["gid"]]["display_value"] == "P0, P1"
    assert shown[day]["date_value"]["date"] == "2026-03-31"
    assert shown[people]["people_value"][1]["name"] == "Ann"
    cleared = small.write("PUT", "/tasks/10", custom_fields=dict.fromkeys(values))
    assert {entry["display_value"] for entry in cleared["custom_fields"]} == {None}
    subtypes = {story["resource_subtype"] for story in small.pages("/tasks/10/stories")}
    assert {f"{kind}_custom_field_changed" for kind in ("number", "text", "enum", "multi_enum", "date")} <= subtypes


@pytest.mark.parametrize(
    ("kind", "value"),
    [("number", "many"), ("number", True), ("text", 3), ("text", "x" * 1025), ("enum", "P0"), ("multi_enum", "P0"),
     ("date", "soon"), ("people", "2")],
)  # fmt: skip
def test_a_value_of_the_wrong_form_is_refused(small: Api, kind: str, value: Any) -> None:
    field = new_field(small, kind, enum_options=[{"name": "P0"}])
    assert small.refused("PUT", "/tasks/10", {"custom_fields": {field["gid"]: value}})[0] == 400


def test_a_field_that_is_not_attached_is_refused(small: Api) -> None:
    field = small.write("POST", "/custom_fields", workspace="1", name="F", resource_subtype="number")["gid"]
    for path in ("/tasks/10", "/projects/3", "/goals/20", "/portfolios/6"):
        refused = small.refused("PUT", path, {"custom_fields": {field: 1}})
        assert refused == (400, f"custom_field: field {field} is not on given object")


def test_names_of_fields_are_unique_in_a_workspace(small: Api) -> None:
    new_field(small, "number")
    body = {"workspace": "1", "name": "f NUMBER", "resource_subtype": "text"}
    assert small.refused("POST", "/custom_fields", body)[0] == 400


def test_fields_attach_to_goals_and_portfolio_fields_to_their_projects(small: Api) -> None:
    on_goal = new_field(small, "number", "/goals/20", precision=2)["gid"]
    on_shelf = new_field(small, "text", "/portfolios/6")["gid"]
    goal = small.write("PUT", "/goals/20", custom_fields={on_goal: 0.5})
    assert goal["custom_fields"][0]["number_value"] == 0.5
    assert small.write("PUT", "/projects/3", custom_fields={on_shelf: "x"})["custom_fields"][0]["text_value"] == "x"
    assert small.refused("POST", "/goals/20/addCustomFieldSetting", {"custom_field": on_goal})[0] == 400
    assert len(small.get("/goals/20/custom_field_settings")) == 1
    small.write("POST", "/goals/20/removeCustomFieldSetting", custom_field=on_goal)
    assert small.get("/goals/20/custom_field_settings") == []


def test_an_option_added_later_can_be_chosen(small: Api) -> None:
    field = new_field(small, "enum", enum_options=[{"name": "P0"}])["gid"]
    option = small.write("POST", f"/custom_fields/{field}/enum_options", name="P1", color="red")
    task = small.write("PUT", "/tasks/10", custom_fields={field: option["gid"]})
    assert task["custom_fields"][0]["display_value"] == "P1"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.floats(-1e6, 1e6), precision=st.integers(0, 6))
def test_a_number_reads_back_rounded_to_its_precision(small: Api, value: float, precision: int) -> None:
    name = f"N{len(small.sandbox.player.made)}"
    field = small.write(
        "POST", "/custom_fields", workspace="1", name=name, resource_subtype="number", precision=precision
    )
    small.write("POST", "/goals/20/addCustomFieldSetting", custom_field=field["gid"])
    goal = small.write("PUT", "/goals/20", custom_fields={field["gid"]: value})
    shown = next(entry["number_value"] for entry in goal["custom_fields"] if entry["gid"] == field["gid"])
    assert shown == round(value, precision)
    small.write("DELETE", f"/custom_fields/{field['gid']}")


# -- goals


def test_a_metric_is_set_reported_and_guarded(small: Api) -> None:
    assert small.refused("POST", "/goals/20/setMetricCurrentValue", {"current_number_value": 1})[0] == 400
    assert small.refused("PUT", "/goals/20", {"status": "green"})[0] == 400
    metric = {"unit": "percentage", "initial_number_value": 0, "target_number_value": 1, "precision": 0}
    small.write("POST", "/goals/20/setMetric", **metric)
    goal = small.write("POST", "/goals/20/setMetricCurrentValue", current_number_value=0.25)
    assert (goal["metric"]["current_number_value"], goal["metric"]["current_display_value"]) == (0.25, "25%")
    assert small.write("PUT", "/goals/20", status="yellow")["status"] == "yellow"
    small.write("POST", "/goals/21/setMetric", **metric, progress_source="subgoal_progress")
    small.write("POST", "/goals/21/addSupportingRelationship", supporting_resource="20", contribution_weight=1)
    assert small.get("/goals/21")["metric"]["current_number_value"] == 0.25
    assert small.refused("POST", "/goals/21/setMetricCurrentValue", {"current_number_value": 1})[0] == 403
    assert small.gids("/goals/20/parentGoals") == ["21"]
    small.write("POST", "/goals/21/removeSupportingRelationship", supporting_resource="20")
    assert small.get("/goals/21")["metric"]["current_number_value"] == 0


def test_a_later_recorded_value_follows_a_written_one(api: Api) -> None:
    workspace = api.get("/workspaces")[0]["gid"]
    fields = "due_on,metric.progress_source,metric.current_number_value"
    goals = api.pages("/goals", workspace=workspace, opt_fields=fields)
    manual = ("2025-12-31", "manual")
    goal = next(g["gid"] for g in goals if (g["due_on"], g["metric"]["progress_source"]) == manual)
    api.write("POST", f"/goals/{goal}/setMetricCurrentValue", current_number_value=12345)
    assert api.get(f"/goals/{goal}")["metric"]["current_number_value"] == 12345
    api.sandbox.set_clock("2025-11-08")
    assert api.get(f"/goals/{goal}")["metric"]["current_number_value"] != 12345


def test_a_status_update_becomes_current_and_cannot_be_edited(small: Api) -> None:
    update = small.write("POST", "/status_updates", parent="20", status_type="at_risk", text="Slow", title="W5")
    assert small.get("/goals/20")["current_status_update"]["title"] == "W5"
    assert small.refused("PUT", f"/status_updates/{update['gid']}", {"text": "x"})[0] == 404
    assert small.refused("POST", "/status_updates", {"parent": "20", "status_type": "on_hold", "text": "x"})[0] == 400
    assert small.write("POST", "/status_updates", parent="3", status_type="on_hold", text="x")
    assert small.refused("POST", "/status_updates", {"parent": "20", "status_type": "at_risk"})[0] == 400
    small.write("DELETE", f"/status_updates/{update['gid']}")
    assert small.get("/goals/20")["current_status_update"] is None


def test_only_ones_own_comments_can_be_changed(small: Api) -> None:
    comment = small.write("POST", "/goals/20/stories", text="first")["gid"]
    assert small.write("PUT", f"/stories/{comment}", text="second")["text"] == "second"
    other = Api(small.sandbox, token="someone else")
    assert other.refused("PUT", f"/stories/{comment}", {"text": "mine"})[0] == 403
    assert other.refused("DELETE", f"/stories/{comment}")[0] == 403
    small.write("DELETE", f"/stories/{comment}")
    assert small.get("/goals/20/stories") == []


def test_projects_sections_and_goals_can_be_made(small: Api) -> None:
    project = small.write("POST", "/projects", workspace="1", name="Plans")["gid"]
    section = small.write("POST", f"/projects/{project}/sections", name="Proposed")["gid"]
    task = small.write("POST", "/tasks", projects=[project], name="T")
    assert task["memberships"][0]["section"]["gid"] == section
    goal = small.write("POST", "/goals", workspace="1", name="New goal", owner="me")
    assert goal["owner"]["gid"] == small.get("/users/me")["gid"]
    counts = small.sandbox.truth()["counts"]
    assert (counts["projects"], counts["sections"], counts["goals"], counts["tasks"]) == (2, 3, 3, 3)


# -- clock and journal


def test_the_clock_does_not_go_behind_the_last_write_unless_reset(small: Api) -> None:
    small.write("PUT", "/tasks/10", name="ours")
    with pytest.raises(ApiError, match="the last write was at 2026-02-01"):
        small.sandbox.set_clock("2026-01-15")
    small.sandbox.set_clock("2026-01-15", reset=True)
    assert small.get("/tasks/10")["name"] == "A"


def test_a_second_run_continues_where_the_first_ended(company_dir: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    first = Api(Sandbox(company_dir, MID, state))
    project = first_project(first)
    workspace = first.get("/workspaces")[0]["gid"]
    field = first.write("POST", "/custom_fields", workspace=workspace, name="Score", resource_subtype="number")["gid"]
    first.write("POST", f"/projects/{project}/addCustomFieldSetting", custom_field=field)
    task = first.gids("/tasks", project=project)[0]
    first.write("PUT", f"/tasks/{task}", custom_fields={field: 3}, name="renamed")
    first.write("PUT", f"/tasks/{task}", name="renamed")
    others = first.gids("/tasks", project=project)[1:4]
    first.write("POST", f"/tasks/{task}/addDependencies", dependencies=others)
    first.sandbox.set_clock("2025-11-05")
    first.refused("PUT", f"/tasks/{task}", {"nonsense": 1})
    comment = first.write("POST", f"/tasks/{task}/stories", text="later")
    second = Api(Sandbox(company_dir, MID, state))
    paths = (f"/tasks/{task}", f"/tasks/{task}/stories", f"/stories/{comment['gid']}", f"/projects/{project}")
    assert [second.get(path) for path in paths] == [first.get(path) for path in paths]
    assert second.sandbox.truth() == first.sandbox.truth()
    assert second.write("POST", f"/tasks/{task}/stories", text="x")["gid"] > comment["gid"]


def test_a_journal_line_cut_by_a_crash_is_left_out(company_dir: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.jsonl"
    first = Api(Sandbox(company_dir, MID, state))
    task = first.gids("/tasks", project=first_project(first))[0]
    first.write("PUT", f"/tasks/{task}", name="kept")
    first.write("PUT", f"/tasks/{task}", name="lost")
    state.write_bytes(state.read_bytes()[:-10])
    assert Api(Sandbox(company_dir, MID, state)).get(f"/tasks/{task}")["name"] == "kept"


# -- events


def sync_token(api: Api, resource: str) -> str:
    status, body = api.call("GET", "/events", resource=resource)
    assert status == 412
    return body["sync"]


def test_events_tell_writes_and_the_worlds_history(api: Api) -> None:
    project = first_project(api)
    token = sync_token(api, project)
    task = api.gids("/tasks", project=project)[0]
    api.write("PUT", f"/tasks/{task}", notes="seen")
    api.sandbox.set_clock("2025-11-04T08:00:00Z")
    status, body = api.call("GET", "/events", resource=project, sync=token)
    assert (status, body["has_more"]) == (200, False)
    written = [event for event in body["data"] if event["user"]]
    assert {"changed"} <= {event["action"] for event in written if event["resource"]["gid"] == task}
    assert any(event["user"] is None for event in body["data"])
    again = api.call("GET", "/events", resource=project, sync=body["sync"])[1]
    assert again["data"] == []


def test_events_come_a_hundred_at_a_time_and_tokens_die_after_a_day(api: Api) -> None:
    project = first_project(api)
    token = sync_token(api, project)
    task = api.gids("/tasks", project=project)[0]
    for number in range(130):
        api.write("POST", f"/tasks/{task}/stories", text=str(number))
    seen = []
    while True:
        body = api.call("GET", "/events", resource=project, sync=token)[1]
        assert len(body["data"]) <= 100
        seen += [event["resource"]["gid"] for event in body["data"]]
        token = body["sync"]
        if not body["has_more"]:
            break
    assert len(seen) == len(set(seen)) == 130
    api.sandbox.set_clock("2025-11-06")
    assert api.call("GET", "/events", resource=project, sync=token)[0] == 412

"""Portfolios, goals and their metrics, status updates, and the definitions of custom fields, as clients write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox import progress
from asana_intel.sandbox.faults import FaultRules, Faults
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.worlds import Api, link, write_world

BORN = "2026-01-01T08:00:00.000Z"
NOW = datetime(2026, 2, 1, tzinfo=UTC)
METRIC = {"unit": "percentage", "initial_number_value": 0, "target_number_value": 1}


@pytest.fixture
def small(tmp_path: Path) -> Api:
    goal = {"workspace": {"gid": "1"}, "x_created_at": BORN, "due_on": "2026-03-31"}
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": None}]}
    world = write_world(
        tmp_path,
        users=[
            {"gid": "2", "name": "Ann", "email": "ann@w.example"},
            {"gid": "8", "name": "Bob", "email": "bob@w.example"},
        ],
        projects=[
            {"gid": gid, "name": gid, "created_at": BORN, "workspace": {"gid": "1"}} for gid in ("3", "4", "5")
        ],
        portfolios=[
            {"gid": "6", "name": "All", "created_at": BORN, "workspace": {"gid": "1"}, "items": ["3"],
             "owner": {"gid": "2"}},
            {"gid": "7", "name": "Sub", "created_at": BORN, "workspace": {"gid": "1"}, "owner": {"gid": "8"}},
        ],
        tasks=[{"gid": "10", "name": "A", "created_at": BORN, "workspace": {"gid": "1"}, **place}],
        goals=[{"gid": gid, "name": f"G{gid}", **goal} for gid in ("20", "21", "22")],
        goal_relationships=[link("26", "22", "21", "goal", 1.0)],
        custom_fields=[
            {"gid": "30", "name": "Locked", "resource_subtype": "number", "is_value_read_only": True,
             "x_projects": ["3"]},
            {"gid": "31", "name": "Stage", "resource_subtype": "enum", "x_projects": ["3"],
             "enum_options": [{"gid": g, "resource_type": "enum_option", "name": g, "enabled": True, "color": "none"}
                              for g in ("311", "312", "313")]},
            {"gid": "32", "name": "Day", "resource_subtype": "date", "x_projects": ["3"]},
            {"gid": "33", "name": "People", "resource_subtype": "people", "x_projects": ["3"]},
            {"gid": "34", "name": "Goals", "resource_subtype": "reference", "input_restrictions": ["goal"],
             "x_projects": ["3"]},
        ],
    )  # fmt: skip
    (tmp_path / "tokens.json").write_text('{"ann": "2", "bob": "8"}', encoding="utf-8")
    return Api(Sandbox(world, NOW))


def as_(api: Api, token: str) -> Api:
    return Api(api.sandbox, token)


# -- portfolios


def test_people_see_the_portfolios_they_own_and_a_service_sees_all(small: Api) -> None:
    assert small.gids("/portfolios", workspace="1") == ["6", "7"]
    assert small.gids("/portfolios", workspace="1", owner="8") == ["7"]
    ann = as_(small, "ann")
    assert ann.gids("/portfolios", workspace="1", owner="me") == ["6"]
    assert ann.gids("/portfolios", workspace="1", owner="8") == []
    assert ann.refused("GET", "/portfolios", workspace="1") == (400, "owner: Missing input")


def test_a_portfolio_is_made_filled_in_order_and_deleted(small: Api) -> None:
    made = as_(small, "ann").write("POST", "/portfolios", name="New", workspace="1", color="dark-red", public=True)
    assert (made["owner"]["gid"], made["privacy_setting"], made["color"]) == ("2", "public_to_domain", "dark-red")
    path = f"/portfolios/{made['gid']}"
    for item, where in (("3", {}), ("4", {}), ("5", {"insert_before": "3"}), ("7", {"insert_after": "5"})):
        assert small.write("POST", f"{path}/addItem", item=item, **where) == {}
    assert small.gids(f"{path}/items") == ["5", "7", "3", "4"]
    small.write("POST", f"{path}/addItem", item="4", insert_before="5")
    assert small.gids(f"{path}/items") == ["4", "5", "7", "3"]
    small.write("POST", f"{path}/removeItem", item="5")
    assert small.gids(f"{path}/items") == ["4", "7", "3"]
    assert "items" not in small.get(path)
    assert small.refused("POST", f"{path}/removeItem", {"item": "5"})[0] == 400
    assert small.refused("POST", f"{path}/addItem", {"item": "10"})[0] == 404
    assert small.refused("POST", "/portfolios/7/addItem", {"item": made["gid"]})[0] == 400
    small.write("DELETE", path)
    assert small.refused("GET", path)[0] == 404
    assert small.get("/projects/4/project_portfolio_settings") == []


def test_a_project_has_a_setting_in_each_of_its_portfolios(small: Api) -> None:
    (recorded,) = small.get("/portfolios/6/project_portfolio_settings")
    assert (recorded["project"]["gid"], recorded["portfolio"]["gid"]) == ("3", "6")
    small.write("POST", "/portfolios/7/addItem", item="3")
    assert [s["portfolio"]["gid"] for s in small.get("/projects/3/project_portfolio_settings")] == ["6", "7"]
    path = f"/project_portfolio_settings/{recorded['gid']}"
    assert small.write("PUT", path, is_access_control_inherited=True)["is_access_control_inherited"] is True
    assert small.get(path)["created_at"]
    small.write("POST", "/portfolios/6/removeItem", item="3")
    assert small.refused("GET", path)[0] == 404


def test_a_portfolio_holds_at_most_1500_items(tmp_path: Path) -> None:
    projects = [{"gid": str(g), "name": "P", "created_at": BORN, "workspace": {"gid": "1"}} for g in range(10, 1511)]
    full = {"gid": "5", "name": "F", "created_at": BORN, "items": [str(g) for g in range(10, 1510)]}
    api = Api(Sandbox(write_world(tmp_path, projects=projects, portfolios=[full]), NOW))
    status, message = api.refused("POST", "/portfolios/5/addItem", {"item": "1510"})
    assert (status, "at most 1500" in message) == (400, True)


def test_members_of_a_portfolio_come_and_go(small: Api) -> None:
    members = small.write("POST", "/portfolios/6/addMembers", members=["2", "bob@w.example"])["members"]
    assert [user["gid"] for user in members] == ["2", "8"]
    assert small.write("POST", "/portfolios/6/removeMembers", members="2")["members"][0]["gid"] == "8"


# -- goals


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"target_number_value": 0}, "target_number_value: Must differ"),
        ({"target_number_value": None}, "target_number_value: Missing input"),
        ({"precision": 7}, "precision: Must be"),
        ({"precision": 1.5}, "precision: Must be"),
        ({"unit": "hours"}, "unit: Not a recognized value"),
        ({"unit": "currency", "currency_code": "euro"}, "currency_code: Not an ISO"),
        ({"progress_source": "magic"}, "progress_source: Not a recognized value"),
        ({"current_number_value": "1"}, "current_number_value: Not a number"),
        ({"can_manage": True}, "can_manage: Cannot write"),
    ],
)
def test_a_metric_that_makes_no_sense_is_refused(small: Api, more: dict[str, Any], message: str) -> None:
    status, text = small.refused("POST", "/goals/20/setMetric", {**METRIC, **more})
    assert (status, text.startswith(message)) == (400, True), text
    assert small.get("/goals/20")["metric"] is None


def test_setting_a_metric_replaces_the_one_before(small: Api) -> None:
    first = small.write("POST", "/goals/20/setMetric", **METRIC)["metric"]
    small.write("POST", "/goals/20/setMetricCurrentValue", current_number_value=0.5)
    money = {"unit": "currency", "currency_code": "EUR", "initial_number_value": 5, "target_number_value": 9}
    second = small.write("POST", "/goals/20/setMetric", **money)["metric"]
    assert second["gid"] != first["gid"]
    assert (second["current_number_value"], second["current_display_value"]) == (5, "€5")
    assert small.write("POST", "/goals/20/setMetric", **METRIC, currency_code="EUR")["metric"]["currency_code"] is None


def test_an_external_metric_is_reported_by_its_maker_only(small: Api) -> None:
    made = small.write("POST", "/goals/20/setMetric", **METRIC, progress_source="external")
    assert made["metric"]["can_manage"] is True
    assert "creator" not in made["metric"]
    bob = as_(small, "bob")
    assert bob.get("/goals/20")["metric"]["can_manage"] is False
    shown = bob.get("/goals", workspace="1", opt_fields="metric.can_manage")
    assert shown[0]["metric"]["can_manage"] is False
    assert bob.refused("POST", "/goals/20/setMetricCurrentValue", {"current_number_value": 0.5})[0] == 403
    assert small.write("POST", "/goals/20/setMetricCurrentValue", current_number_value=0.5)["gid"] == "20"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=st.lists(st.sampled_from([0, 0.25, 0.5, 1]), min_size=2, max_size=2),
    values=st.lists(st.floats(0, 1), min_size=2, max_size=2),
    is_custom=st.booleans(),
)
def test_subgoals_count_by_their_weight_or_equally(
    small: Api, weights: list[float], values: list[float], is_custom: bool
) -> None:
    small.sandbox.reset()
    small.write("POST", "/goals/22/removeSupportingRelationship", supporting_resource="21")
    for goal, weight, value in zip(("20", "21"), weights, values, strict=True):
        small.write("POST", f"/goals/{goal}/setMetric", **METRIC)
        small.write("POST", f"/goals/{goal}/setMetricCurrentValue", current_number_value=value)
        small.write("POST", "/goals/22/addSupportingRelationship", supporting_resource=goal, contribution_weight=weight)
    body = {**METRIC, "progress_source": "subgoal_progress", "is_custom_weight": is_custom}
    read = small.write("POST", "/goals/22/setMetric", **body)["metric"]["current_number_value"]
    counted = [weight if is_custom else float(weight > 0) for weight in weights]
    total = sum(w * v for w, v in zip(counted, values, strict=True))
    assert read == pytest.approx(total / sum(counted) if sum(counted) else 0, abs=1e-5)
    assert small.refused("POST", "/goals/22/setMetricCurrentValue", {"current_number_value": 1})[0] == 403


def test_a_status_update_flips_the_goal_and_the_later_word_stands(small: Api) -> None:
    small.write("POST", "/goals/20/setMetric", **METRIC)
    assert small.write("PUT", "/goals/20", status="green")["status"] == "green"
    update = small.write("POST", "/status_updates", parent="20", status_type="off_track", text="Late")
    goal = small.get("/goals/20")
    assert (goal["status"], goal["current_status_update"]["gid"]) == ("red", update["gid"])
    assert small.write("PUT", "/goals/20", status="achieved")["status"] == "achieved"
    small.write("POST", "/status_updates", parent="20", status_type="partial", text="Closed")
    assert small.get("/goals/20")["status"] == "partial"
    assert small.refused("POST", "/status_updates", {"parent": "20", "status_type": "on_hold", "text": "x"})[0] == 400
    assert small.refused("POST", "/status_updates", {"parent": "3", "status_type": "achieved", "text": "x"})[0] == 400
    assert small.refused("PUT", f"/status_updates/{update['gid']}", {"text": "Other"})[0] == 404


def test_followers_of_a_goal_are_its_members(small: Api) -> None:
    goal = small.write("POST", "/goals/20/addFollowers", followers=["2", "bob@w.example"])
    assert [user["name"] for user in goal["followers"]] == ["Ann", "Bob"]
    assert [m["access_level"] for m in small.get("/memberships", parent="20")] == ["commenter", "commenter"]
    left = small.write("POST", "/goals/20/removeFollowers", followers=["2"])
    assert [user["name"] for user in left["followers"]] == ["Bob"]
    assert len(small.get("/memberships", parent="20")) == 1


def test_subgoals_stand_where_the_request_puts_them_and_no_goal_supports_itself(small: Api) -> None:
    body = {"supporting_resource": "20", "insert_before": "21"}
    small.write("POST", "/goals/22/addSupportingRelationship", **body)
    small.write("POST", "/goals/22/addSupportingRelationship", supporting_resource="3")
    found = small.get("/goal_relationships", supported_goal="22")
    assert [r["supporting_resource"]["gid"] for r in found] == ["20", "21", "3"]
    for goal, other in (("22", "22"), ("21", "22")):
        refused = small.refused("POST", f"/goals/{goal}/addSupportingRelationship", {"supporting_resource": other})
        assert refused[0] == 400


def test_a_goal_keeps_its_workspace_and_its_dates_in_order(small: Api) -> None:
    assert small.refused("PUT", "/goals/20", {"workspace": "3"})[0] == 400
    assert small.write("PUT", "/goals/20", workspace="1", start_on="2026-01-05")["start_on"] == "2026-01-05"
    assert small.refused("PUT", "/goals/20", {"start_on": "2026-04-01"})[0] == 400
    assert small.refused("POST", "/goals", {"name": "X", "workspace": "1", "status": "green"})[0] == 400


# -- custom fields


def test_enum_options_are_added_moved_renamed_and_disabled(small: Api) -> None:
    made = small.write("POST", "/custom_fields/31/enum_options", name="New", insert_before="312", color="red")
    assert (made["name"], made["color"], made["enabled"]) == ("New", "red", True)
    small.write("POST", "/custom_fields/31/enum_options/insert", enum_option="311", after_enum_option="313")
    names = [option["name"] for option in small.get("/custom_fields/31")["enum_options"]]
    assert names == ["New", "312", "313", "311"]
    assert small.write("PUT", "/enum_options/312", name="Renamed", enabled=False)["enabled"] is False
    assert small.refused("PUT", "/tasks/10", {"custom_fields": {"31": "312"}})[0] == 400
    assert small.refused("DELETE", "/enum_options/312")[0] == 404
    for option in (made["gid"], "313"):
        small.write("PUT", f"/enum_options/{option}", enabled=False)
    assert small.refused("PUT", "/enum_options/311", {"enabled": False})[0] == 400
    assert small.refused("POST", "/custom_fields/32/enum_options", {"name": "x"})[0] == 400


def test_a_field_has_at_most_500_options(small: Api) -> None:
    options = [{"name": str(n)} for n in range(500)]
    body = {"workspace": "1", "name": "Many", "resource_subtype": "enum"}
    field = small.write("POST", "/custom_fields", **body, enum_options=options)
    assert small.refused("POST", f"/custom_fields/{field['gid']}/enum_options", {"name": "one more"})[0] == 400
    body["name"] = "More"
    assert small.refused("POST", "/custom_fields", {**body, "enum_options": [*options, {"name": "x"}]})[0] == 400


@pytest.mark.parametrize(
    ("written", "date", "moment"),
    [
        ({"date": "2026-03-31"}, "2026-03-31", None),
        ("2026-03-31", "2026-03-31", None),
        ({"date_time": "2026-03-31T10:00:00Z"}, "2026-03-31", "2026-03-31T10:00:00.000Z"),
        ("2026-03-31T10:00:00Z", "2026-03-31", "2026-03-31T10:00:00.000Z"),
    ],
)
def test_a_date_is_an_object_or_a_bare_text(small: Api, written: Any, date: str, moment: str | None) -> None:
    task = small.write("PUT", "/tasks/10", custom_fields={"32": written})
    assert next(f["date_value"] for f in task["custom_fields"] if f["gid"] == "32") == {
        "date": date, "date_time": moment,
    }  # fmt: skip


def test_values_are_refused_passed_over_or_replaced_as_in_asana(small: Api) -> None:
    assert small.refused("PUT", "/tasks/10", {"custom_fields": {"30": 1}})[0] == 403
    small.write("PUT", "/tasks/10", custom_fields={"33": ["2", "8"], "34": ["20"]})
    small.write("PUT", "/tasks/10", custom_fields={"33": {"gid": "2"}})
    shown = {f["gid"]: f for f in small.get("/tasks/10")["custom_fields"]}
    assert [user["gid"] for user in shown["33"]["people_value"]] == ["2", "8"]
    assert [goal["name"] for goal in shown["34"]["reference_value"]] == ["G20"]
    small.write("PUT", "/tasks/10", custom_fields={"33": ["8"]})
    assert small.refused("PUT", "/tasks/10", {"custom_fields": {"34": ["3"]}})[0] == 400
    assert small.refused("PUT", "/tasks/10", {"custom_fields": {"34": ["99"]}})[0] == 404
    small.write("POST", "/projects/3/removeCustomFieldSetting", custom_field="33")
    shown = {f["gid"]: f for f in small.get("/tasks/10")["custom_fields"]}
    assert (shown["33"]["enabled"], shown["32"]["enabled"]) == (False, True)
    assert small.refused("PUT", "/tasks/10", {"custom_fields": {"33": ["2"]}})[0] == 400
    cleared = small.write("PUT", "/tasks/10", custom_fields={"33": None})
    assert "33" not in {f["gid"] for f in cleared["custom_fields"]}


def test_a_setting_stands_where_the_request_puts_it_and_may_define_its_field(small: Api) -> None:
    before = small.get("/projects/3/custom_field_settings")
    body = {"workspace": "1", "name": "Inline", "resource_subtype": "text"}
    made = small.write("POST", "/projects/3/addCustomFieldSetting", custom_field=body, insert_before=before[1]["gid"])
    names = [s["custom_field"]["name"] for s in small.get("/projects/3/custom_field_settings")]
    assert names == ["Locked", "Inline", "Stage", "Day", "People", "Goals"]
    assert set(made) == set(before[0])
    assert small.refused("POST", "/projects/3/addCustomFieldSetting", {"custom_field": "31"})[0] == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"name": "stage"}, "already exists"),
        ({"name": "Due date"}, "name of a property"),
        ({"name": "R", "resource_subtype": "reference"}, "input_restrictions: Missing input"),
        ({"name": "R", "resource_subtype": "reference", "input_restrictions": ["user"]}, "Not a recognized value"),
        ({"name": "N", "format": "roman"}, "format: Not a recognized value"),
        ({"name": "N", "resource_subtype": "formula"}, "resource_subtype: Not a recognized value"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(small: Api, body: dict[str, Any], message: str) -> None:
    status, text = small.refused("POST", "/custom_fields", {"workspace": "1", "resource_subtype": "number", **body})
    assert (status, message in text) == (400, True), text


def test_a_configured_service_account_sees_all_portfolios_as_a_made_up_user_does(small: Api) -> None:
    small.sandbox.set_tokens(
        {"robot": {"kind": "service_account"}, "super": {"user": "2", "kind": "service_account"}, "made": {}}
    )
    for token in ("robot", "super", "made"):
        api = as_(small, token)
        assert {portfolio["gid"] for portfolio in api.get("/portfolios", workspace="1")} == {"6", "7"}
        assert [portfolio["gid"] for portfolio in api.get("/portfolios", workspace="1", owner="8")] == ["7"]
    status, message = as_(small, "ann").refused("GET", "/portfolios", workspace="1")
    assert (status, message) == (400, "owner: Missing input")


def test_a_stale_read_of_a_goal_tells_the_value_and_the_status_that_were_written_then(small: Api) -> None:
    small.write("POST", "/goals/20/setMetric", target_number_value=10)
    small.write("POST", "/goals/20/setMetricCurrentValue", current_number_value=4)
    small.write("PUT", "/goals/20", status="green")
    small.write("POST", "/goals/20/setMetricCurrentValue", current_number_value=7)
    rule = {"match": {"method": "GET"}, "do": {"kind": "stale", "writes": 1}}
    small.sandbox.set_faults(Faults(FaultRules.model_validate({"faults": [rule]})))
    goal = small.get("/goals/20")
    assert (goal["metric"]["current_number_value"], goal["status"]) == (4, "green")


def test_a_project_is_counted_once_for_all_goals_that_hang_on_it(small: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    read = progress.project_tasks
    monkeypatch.setattr(progress, "project_tasks", lambda player, gid: (counted.append(gid), read(player, gid))[1])
    for goal in ("20", "21", "22"):
        small.write(
            "POST", f"/goals/{goal}/setMetric", target_number_value=8, progress_source="project_task_completion"
        )
        small.write("POST", f"/goals/{goal}/addSupportingRelationship", supporting_resource="3", contribution_weight=1)
    small.write("POST", "/tasks", name="B", projects=["3"], completed=True)
    for expected in (4, 8):
        counted.clear()
        goals = small.get("/goals", workspace="1", opt_fields="metric.current_number_value")
        assert [goal["metric"]["current_number_value"] for goal in goals if goal["metric"]] == [expected] * 3
        assert counted == ["3"]
        small.write("PUT", "/tasks/10", completed=True)


def test_nobody_is_told_that_someone_left_who_was_never_there(small: Api) -> None:
    _, first = small.call("GET", "/events", resource="20")
    small.write("POST", "/goals/20/removeFollowers", followers=["8"])
    _, told = small.call("GET", "/events", resource="20", sync=first["sync"])
    assert told["data"] == []
    small.write("POST", "/goals/20/addFollowers", followers=["8"])
    small.write("POST", "/goals/20/removeFollowers", followers=["8"])
    _, told = small.call("GET", "/events", resource="20", sync=told["sync"])
    assert [event["change"]["action"] for event in told["data"]] == ["added", "removed"]

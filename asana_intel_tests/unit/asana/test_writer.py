from __future__ import annotations

from datetime import UTC, datetime

import pytest

from asana_intel.asana.writer import AsanaWriter
from asana_intel.errors import PermanentError

WRITES = {
    "set_custom_field": (("goal", "1", "2", 0.87), "PUT", "/goals/1", {"custom_fields": {"2": 0.87}}),
    "set_metric_current_value": (
        ("1", 8.5),
        "POST",
        "/goals/1/setMetricCurrentValue",
        {"current_number_value": 8.5},
    ),
    "create_status_update": (
        ("1", "on_track", "Title", "Text"),
        "POST",
        "/status_updates",
        {"parent": "1", "status_type": "on_track", "title": "Title", "text": "Text"},
    ),
    "create_comment": (("task", "1", "Text"), "POST", "/tasks/1/stories", {"text": "Text"}),
    "create_task": (({"name": "n", "projects": ["1"]},), "POST", "/tasks", {"name": "n", "projects": ["1"]}),
    "create_project": (
        ("1", "OKR Actions", "why", "5"),
        "POST",
        "/projects",
        {"workspace": "1", "name": "OKR Actions", "notes": "why", "team": "5"},
    ),
    "create_custom_field": (
        ("1", {"name": "AI Summary", "resource_subtype": "text"}),
        "POST",
        "/custom_fields",
        {"workspace": "1", "name": "AI Summary", "resource_subtype": "text"},
    ),
    "attach_custom_field": (("project", "1", "2"), "POST", "/projects/1/addCustomFieldSetting", {"custom_field": "2"}),
    "add_supporting_relationship": (
        ("1", "2", 0.5),
        "POST",
        "/goals/1/addSupportingRelationship",
        {"supporting_resource": "2", "contribution_weight": 0.5},
    ),
    "set_dates": (
        ("1", {"start_on": None, "due_on": "2026-12-04"}),
        "PUT",
        "/tasks/1",
        {"start_on": None, "due_on": "2026-12-04"},
    ),
    "create_webhook": (
        ("1", "https://hooks.example/webhooks/x", [{"resource_type": "goal"}]),
        "POST",
        "/webhooks",
        {"resource": "1", "target": "https://hooks.example/webhooks/x", "filters": [{"resource_type": "goal"}]},
    ),
}


@pytest.fixture
def writer(session):
    return AsanaWriter(session)


def test_a_person_is_written_to_in_our_workspace_and_in_no_other(stub, session, writer, answer):
    session.workspace_gid = "9"
    stub.answers(answer(200, {"data": {"gid": "7"}}), answer(200, {"data": {"gid": "7"}}))
    writer.set_custom_field("user", "7", "2", 1.25)
    writer.read("user", "7", "custom_fields.gid")
    assert [call.path for call in stub.calls] == ["/workspaces/9/users/7"] * 2


def test_a_project_is_created_for_its_members_only_when_asked(stub, writer, answer):
    stub.answers(answer(201, {"data": {"gid": "99"}}))
    writer.create_project("1", "Capacity Review", "why", private=True)
    assert stub.calls[0].body["data"]["privacy_setting"] == "private"


@pytest.mark.fault("F45")
@pytest.mark.parametrize("name", WRITES)
def test_each_write_is_one_request_and_returns_asanas_record(stub, writer, answer, name):
    arguments, method, path, body = WRITES[name]
    stub.answers(answer(201, {"data": {"gid": "99"}}))
    assert getattr(writer, name)(*arguments) == {"gid": "99"}
    assert [(call.method, call.path, call.body) for call in stub.calls] == [(method, path, {"data": body})]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("set_custom_field", ("story", "1", "2", 1)),
        ("set_custom_field", ("goal", "1/../2", "2", 1)),
        ("set_custom_field", ("goal", "1", "AI Summary", 1)),
        ("create_comment", ("project", "1", "x")),
        ("attach_custom_field", ("task", "1", "2")),
        ("create_status_update", ("me", "on_track", "a", "b")),
    ],
)
def test_what_cannot_be_addressed_is_refused_before_anything_is_sent(stub, writer, name, arguments):
    with pytest.raises(PermanentError):
        getattr(writer, name)(*arguments)
    assert not stub.calls


def test_comments_are_told_from_system_stories(stub, writer, answer):
    stories = [
        {"gid": "1", "resource_subtype": "assigned"},
        {"gid": "2", "resource_subtype": "comment_added", "text": "ref AIW-1"},
    ]
    stub.answers(answer(body={"data": stories, "next_page": None}))
    assert [story["gid"] for story in writer.list_comments("goal", "7")] == ["2"]


def test_status_updates_are_asked_for_since_a_moment(stub, writer, answer):
    stub.answers(answer(body={"data": []}))
    writer.list_status_updates("7", datetime(2026, 1, 2, tzinfo=UTC))
    assert stub.calls[0].query["parent"] == "7"
    assert stub.calls[0].query["created_since"] == "2026-01-02T00:00:00+00:00"

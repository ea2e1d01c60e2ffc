"""Tags, comments, and the stories that changes of a task leave."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from asana_intel_tests.unit.sandbox.board import board
from asana_intel_tests.unit.sandbox.worlds import Api


@pytest.fixture
def small(tmp_path: Path) -> Api:
    return board(tmp_path)


def stories(api: Api, task: str, *fields: str) -> list[dict[str, Any]]:
    return api.get(f"/tasks/{task}/stories", opt_fields=",".join(("resource_subtype", "text", *fields)))


def test_a_tag_is_made_changed_put_on_taken_off_and_deleted(small: Api) -> None:
    tag = small.write("POST", "/workspaces/1/tags", name="later", color="light-teal", notes="n")
    assert (tag["color"], tag["workspace"]["gid"], tag["followers"]) == ("light-teal", "1", [])
    assert small.write("PUT", f"/tags/{tag['gid']}", name="soon")["name"] == "soon"
    small.write("POST", "/tasks/10/addTag", tag=tag["gid"])
    assert small.get("/tasks/10")["tags"] == [{"gid": tag["gid"], "resource_type": "tag", "name": "soon"}]
    assert small.gids(f"/tags/{tag['gid']}/tasks") == ["10"]
    small.write("POST", "/tasks/10/removeTag", tag=tag["gid"])
    told = [(story["resource_subtype"], story["tag"]["name"]) for story in stories(small, "10", "tag.name")]
    assert told == [("added_to_tag", "soon"), ("removed_from_tag", "soon")]
    small.write("POST", "/tasks/11/addTag", tag=tag["gid"])
    small.write("DELETE", f"/tags/{tag['gid']}")
    assert [item["gid"] for item in small.get("/tasks/11")["tags"]] == ["70"]
    assert small.refused("GET", f"/tags/{tag['gid']}")[0] == 404


def test_tags_that_only_tasks_name_stay_as_recorded(small: Api) -> None:
    assert small.gids("/tags", workspace="1") == ["70"]
    assert small.get("/tasks/12/tags") == [{"gid": "79", "resource_type": "tag", "name": "only here"}]
    new = small.write("POST", "/tasks", workspace="1", name="x", tags=["70", "79"])
    assert [tag["name"] for tag in new["tags"]] == ["urgent", "only here"]
    assert small.gids("/tags/79/tasks") == ["12", new["gid"]]
    assert small.refused("POST", "/tasks/10/addTag", {"tag": "404"})[0] == 404
    assert small.refused("POST", "/tags", {"workspace": "1", "color": "beige"})[0] == 400


def test_every_change_tells_its_old_and_new_values(small: Api) -> None:
    small.write("PUT", "/tasks/10", name="New", notes="Other", due_on="2026-02-10", assignee="22", liked=True)
    small.write("PUT", "/tasks/10", resource_subtype="approval", assignee=None)
    small.write("PUT", "/tasks/10", approval_status="rejected")
    small.write("POST", "/tasks/10/addFollowers", followers=["22"])
    small.write("POST", "/tasks/10/setParent", parent="11")
    small.write("POST", "/tasks/10/addProject", project="30")
    small.write("POST", "/tasks/10/addDependencies", dependencies=["12"])
    told = {
        story["resource_subtype"]: story for story in (small.get(f"/stories/{s['gid']}") for s in stories(small, "10"))
    }
    assert (told["name_changed"]["old_name"], told["name_changed"]["new_name"]) == ("T10", "New")
    assert told["due_date_changed"]["new_dates"] == {"start_on": None, "due_on": "2026-02-10", "due_at": None}
    assert told["assigned"]["assignee"]["name"] == "Bob"
    assert told["resource_subtype_changed"]["old_resource_subtype"] == "default_task"
    assert told["approval_status_changed"]["new_approval_status"] == "rejected"
    assert told["follower_added"]["follower"]["gid"] == "22"
    assert told["added_to_task"]["task"]["gid"] == "11"
    assert told["added_to_project"]["project"]["gid"] == "30"
    assert told["dependency_added"]["dependency"]["gid"] == "12"
    assert {"notes_changed", "unassigned", "marked_complete", "liked"} <= set(told)
    assert not any(story["text"].startswith("Sandbox user") for story in told.values())


def test_values_of_custom_fields_are_told_by_their_kind(small: Api) -> None:
    fields = {}
    for kind, more in (("text", {}), ("number", {}), ("date", {}), ("enum", {"enum_options": [{"name": "A"}]})):
        field = small.write("POST", "/custom_fields", workspace="1", name=kind, resource_subtype=kind, **more)
        small.write("POST", "/projects/3/addCustomFieldSetting", custom_field=field["gid"])
        fields[kind] = field
    option = fields["enum"]["enum_options"][0]["gid"]
    values = {"text": "t", "number": 2, "date": {"date": "2026-03-01"}, "enum": option}
    small.write("PUT", "/tasks/10", custom_fields={fields[kind]["gid"]: value for kind, value in values.items()})
    told = {s["resource_subtype"]: small.get(f"/stories/{s['gid']}") for s in stories(small, "10")}
    assert told["text_custom_field_changed"]["new_text_value"] == "t"
    assert told["number_custom_field_changed"]["old_number_value"] is None
    assert told["date_custom_field_changed"]["new_date_value"]["due_on"] == "2026-03-01"
    assert told["enum_custom_field_changed"]["new_enum_value"]["gid"] == option
    assert told["enum_custom_field_changed"]["custom_field"]["gid"] == fields["enum"]["gid"]


def test_moves_change_what_modified_since_finds_but_not_modified_at(small: Api) -> None:
    before = small.get("/tasks/10")["modified_at"]
    since = small.sandbox.player.now
    small.write("POST", "/sections/5/addTask", task="10")
    assert small.get("/tasks/10")["modified_at"] == before
    assert small.gids("/tasks", project="3", modified_since=since) == ["10"]
    assert small.gids("/projects/3/tasks", modified_since=since) != ["10"]


def test_a_new_subtask_does_not_modify_its_parent(small: Api) -> None:
    since = small.sandbox.player.now
    child = small.write("POST", "/tasks/10/subtasks", name="child", projects=["30"])["gid"]
    small.write("PUT", f"/tasks/{child}", name="changed")
    assert small.gids("/tasks", project="3", modified_since=since) == []


def test_a_comment_is_text_or_rich_text_or_a_sticker(small: Api) -> None:
    rich = small.write("POST", "/tasks/10/stories", html_text="<body>a <strong>b</strong> &amp; c</body>")
    assert rich["text"] == "a b & c"
    plain = small.write("POST", "/tasks/10/stories", text="x < y")["gid"]
    assert small.get(f"/stories/{plain}", opt_fields="html_text")["html_text"] == "<body>x &lt; y</body>"
    assert small.write("POST", "/tasks/10/stories", sticker_name="trophy")["sticker_name"] == "trophy"
    assert small.write("PUT", f"/stories/{plain}", is_pinned=True)["is_pinned"] is True
    edited = small.write("PUT", f"/stories/{plain}", html_text="<body><em>z</em></body>")
    assert (edited["text"], edited["is_edited"]) == ("z", True)


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "html_text": "<body>a</body>"},
        {"html_text": "<body>a<p>b</p></body>"},
        {"html_text": "<body><b>x</b></body>"},
        {"html_text": "<body>a &nbsp; b</body>"},
        {"html_text": "<body><strong>a</body>"},
        {"html_text": '<!DOCTYPE x [<!ENTITY e "e">]><body>&e;</body>'},
        {"html_text": "plain"},
        {"sticker_name": "sun"},
        {"text": "a", "is_pinned": "maybe"},
        {},
    ],
)
def test_a_comment_that_asana_would_not_take_is_refused(small: Api, body: dict[str, Any]) -> None:
    assert small.refused("POST", "/tasks/10/stories", body)[0] == 400
    assert stories(small, "10") == []


def test_headings_are_for_descriptions_only(small: Api) -> None:
    rich = "<body><h1>Plan</h1>do it</body>"
    assert small.write("PUT", "/tasks/10", html_notes=rich)["notes"] == "Plando it"
    assert small.get("/tasks/10", opt_fields="html_notes")["html_notes"] == rich
    small.write("PUT", "/tasks/10", notes="plain")
    assert small.get("/tasks/10", opt_fields="html_notes")["html_notes"] == "<body>plain</body>"
    assert small.refused("POST", "/tasks/10/stories", {"html_text": rich})[0] == 400


def test_a_system_story_can_be_neither_edited_nor_deleted_nor_pinned(small: Api) -> None:
    small.write("PUT", "/tasks/10", name="New")
    story = stories(small, "10")[0]["gid"]
    assert small.refused("PUT", f"/stories/{story}", {"text": "x"})[0] == 403
    assert small.refused("DELETE", f"/stories/{story}")[0] == 403
    assert small.refused("PUT", f"/stories/{story}", {"is_pinned": True})[0] == 400

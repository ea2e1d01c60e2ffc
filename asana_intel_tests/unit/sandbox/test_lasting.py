"""What is shown from memory is what would be built anew, after any writes and clock moves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.asana.fields import TASKS
from asana_intel.errors import ConfigError
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.standing import standing
from asana_intel.sandbox.times import plus_ms
from asana_intel.sandbox.world import load_world
from asana_intel_tests.unit.sandbox.worlds import Api, write_world

START = datetime(2025, 9, 1, 9, tzinfo=UTC)
WIDE = f"{TASKS},parent.name,dependents,followers.name,assignee.email,tags.name,memberships.section.name,projects.name"
HOUR_MS = 3_600_000
ACTIONS = (
    "rename_task", "complete", "assign", "value", "subtask", "reparent", "depend", "undepend", "leave", "join",
    "delete_task", "comment", "uncomment", "log_time", "rename_project", "rename_section", "rename_field", "add_option",
    "rename_user", "tag", "delete_story", "clock", "clock", "clock",
)  # fmt: skip
Draw = tuple[str, int, int]


def act(api: Api, action: str, one: int, two: int) -> None:
    """Do something to some object; what Asana refuses is refused, and that is all right."""
    player = api.sandbox.player

    def some(resource: str, number: int) -> str:
        found = player.all(resource)
        return found[number % len(found)] if found else "0"

    task, other = some("tasks", one), some("tasks", two)
    project, user, field = some("projects", two), some("users", two), some("custom_fields", two)
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "rename_task": ("PUT", f"/tasks/{task}", {"name": f"Task {two}"}),
        "complete": ("PUT", f"/tasks/{task}", {"completed": two % 2 == 0}),
        "assign": ("PUT", f"/tasks/{task}", {"assignee": user if two % 5 else None}),
        "value": ("PUT", f"/tasks/{task}", {"custom_fields": {field: two}}),
        "subtask": ("POST", f"/tasks/{task}/subtasks", {"name": f"Part {two}"}),
        "reparent": ("POST", f"/tasks/{task}/setParent", {"parent": other if two % 3 else None}),
        "depend": ("POST", f"/tasks/{task}/addDependencies", {"dependencies": [other]}),
        "undepend": ("POST", f"/tasks/{task}/removeDependencies", {"dependencies": [other]}),
        "leave": ("POST", f"/tasks/{task}/removeProject", {"project": project}),
        "join": ("POST", f"/tasks/{task}/addProject", {"project": project}),
        "delete_task": ("DELETE", f"/tasks/{task}", {}),
        "comment": ("POST", f"/tasks/{task}/stories", {"text": f"Well, {two}"}),
        "uncomment": ("DELETE", f"/stories/{next(reversed(player.made_of['stories']), '0')}", {}),
        "log_time": ("POST", f"/tasks/{task}/time_tracking_entries", {"duration_minutes": 5 + two % 50}),
        "rename_project": ("PUT", f"/projects/{some('projects', one)}", {"name": f"Project {two}"}),
        "rename_section": ("PUT", f"/sections/{some('sections', one)}", {"name": f"Section {two}"}),
        "rename_field": ("PUT", f"/custom_fields/{some('custom_fields', one)}", {"name": f"Field {two}"}),
        "add_option": ("POST", f"/custom_fields/{some('custom_fields', one)}/enum_options", {"name": f"O{two}"}),
        "rename_user": ("PUT", "/users/me", {"name": f"User {two}"}),
        "tag": ("POST", "/tags", {"name": f"Tag {two}"}),
        "delete_story": ("DELETE", f"/stories/{some('stories', one)}", {}),
    }
    if action == "clock":
        api.sandbox.set_clock(plus_ms(player.now, 1 + (two % (24 * 20)) * HOUR_MS))
    else:
        method, path, data = calls[action]
        status, body = api.call(method, path, {"data": data})
        assert status < 500, (method, path, data, body)


def shown(api: Api) -> bytes:
    """Read everything that exists, as it stands and as a wide request would show it."""
    player = api.sandbox.player
    everything = [standing(player, gid) for resource in player.world.by_resource for gid in player.all(resource)]
    lists = [
        api.call("GET", "/tasks", project=project, opt_fields=WIDE, limit=100) for project in player.all("projects")
    ]
    return orjson.dumps([everything, lists], option=orjson.OPT_SORT_KEYS)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    draws=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=14
    )
)
def test_after_any_writes_and_clock_moves_the_same_is_shown_as_without_memory(
    company_dir: Path, draws: list[Draw]
) -> None:
    api = Api(Sandbox(company_dir, START))
    shown(api)
    for draw in draws:
        act(api, *draw)
        remembered = shown(api)
        api.sandbox.player.forget_views()
        api.sandbox.player.lasting.clear()
        assert remembered == shown(api), draw


def test_a_write_builds_the_tasks_around_it_anew_and_leaves_the_others(company_dir: Path) -> None:
    api = Api(Sandbox(company_dir, datetime(2026, 1, 5, 9, tzinfo=UTC)))
    player = api.sandbox.player
    tasks = player.all("tasks")
    before = {gid: standing(player, gid) for gid in tasks}
    api.write("PUT", f"/tasks/{tasks[0]}", name="Renamed")
    rebuilt = {gid for gid in tasks if standing(player, gid) is not before[gid]}
    assert tasks[0] in rebuilt
    assert len(rebuilt) < 10


def test_a_list_of_a_changed_answer_does_not_change_what_others_are_shown(api: Api) -> None:
    project = api.sandbox.player.all("projects")[0]
    query = {"project": project, "opt_fields": "name,notes", "limit": "5"}
    first = api.sandbox.answer("GET", "/tasks", dict(query), b"", "Bearer reader", "").body["data"]
    name = first[0]["name"]
    first[0]["name"] = "tampered with"
    again = api.sandbox.answer("GET", "/tasks", dict(query), b"", "Bearer reader", "").body["data"]
    assert again[0]["name"] == name


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"gid": "9", "name": "a"}\n\n{"name": "b"}\n', "line 3, field gid: missing"),
        ('{"gid": 9, "name": "a"}\n', "line 1, field gid: 9 is no text"),
        ('{"gid": "9"}\n{"gid": "9"}\n', "line 2, field gid: 9 is taken by another record"),
        ('{"gid": "2"}\n', "line 1, field gid: 2 is taken by another record (users)"),
        ('{"gid": "9"}\n[1]\n', "line 2: not a JSON object"),
        ('{"gid": "9"\n', "line 1: not JSON"),
        ('{"gid": "9", "custom_fields": [{"gid": "4"}]}\n', "line 1: not a record of tasks"),
    ],
)
def test_a_bad_line_of_a_world_is_named_with_its_mend(tmp_path: Path, lines: str, message: str) -> None:
    write_world(tmp_path)
    (tmp_path / "tasks.jsonl").write_text(lines, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"tasks\.jsonl") as caught:
        load_world(tmp_path)
    assert message in str(caught.value)
    assert caught.value.fix


def test_a_world_file_that_was_cut_short_is_named(company_dir: Path, tmp_path: Path) -> None:
    write_world(tmp_path)
    whole = (company_dir / "tasks.jsonl.gz").read_bytes()
    (tmp_path / "tasks.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ConfigError, match=r"tasks\.jsonl\.gz is damaged after line"):
        load_world(tmp_path)

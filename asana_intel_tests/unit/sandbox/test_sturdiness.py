"""Whatever clients send, the sandbox answers as Asana, and its journal tells the same story again."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.worlds import MID, Api, crawl

NAMES = (
    "name", "notes", "assignee", "due_on", "completed", "custom_fields", "projects", "memberships", "parent",
    "workspace", "dependencies", "section", "project", "task", "status", "text", "contribution_weight",
    "supporting_resource", "custom_field", "resource_subtype", "current_number_value", "target_number_value",
    "precision", "status_type", "approval_status", "external", "followers", "enum_options", "unit",
)  # fmt: skip
OBJECTS = ("tasks", "projects", "goals", "users", "custom_fields", "sections", "workspaces", "stories")
KEYS = sorted(OPERATIONS)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(["", "x", "me", "2026-01-01", "number", "enum", "on_track", "green", "achieved"])
    | st.integers(-2, 9)
    | st.tuples(st.sampled_from(OBJECTS), st.integers(0, 5)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=2),
    max_leaves=4,
)
CALLS = st.tuples(
    st.sampled_from(KEYS),
    st.integers(0, 5),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4),
    st.dictionaries(st.sampled_from(("limit", "workspace", "project", "parent", "opt_fields")), VALUES, max_size=2),
)


def resolved(sandbox: Sandbox, value: Any) -> Any:
    """Turn `(resource, place)` into the gid of an object that is there."""
    if isinstance(value, tuple):
        gids = sandbox.player.all(value[0]) or ["1"]
        return gids[value[1] % len(gids)]
    if isinstance(value, list):
        return [resolved(sandbox, item) for item in value]
    if isinstance(value, dict):
        return {name: resolved(sandbox, item) for name, item in value.items()}
    return value


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(CALLS, min_size=5, max_size=40))
def test_any_calls_are_answered_and_replay_to_the_same_company(company_dir: Path, calls: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "journal.jsonl"
        api = Api(Sandbox(company_dir, MID, state))
        for (method, *parts), place, data, query in calls:
            gids = (api.sandbox.player.all(parts[0]) if parts[0] in OBJECTS else []) or ["1"]
            path = "/" + "/".join(gids[place % len(gids)] if part == "*" else part for part in parts)
            texts = {name: str(resolved(api.sandbox, value)) for name, value in query.items()}
            body = {"data": resolved(api.sandbox, data)} if method != "GET" else None
            before = api.sandbox.truth()
            status, _ = api.call(method, path, body, **texts)
            assert status in (200, 201, 400, 403, 404, 412)
            if status >= 400 or method == "GET":
                assert api.sandbox.truth() == before
        again = Api(Sandbox(company_dir, MID, state))
        assert again.sandbox.truth() == api.sandbox.truth()
        if again.sandbox.player.all("workspaces"):
            crawl(api)
            crawl(again)
            assert again.seen == api.seen

"""What tokens may do: who they are, how they end, plans, scopes, access levels. Not what users see."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from asana_intel.errors import ConfigError
from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import catalogue
from asana_intel.sandbox.conditions import Conditions
from asana_intel.sandbox.plans import PLANS
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox import private_world as w
from asana_intel_tests.unit.sandbox.worlds import MID, Api, Body


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(w.private_world(tmp_path), MID)


def as_(sandbox: Sandbox, token: str = "t", **right: object) -> Api:
    if right:
        sandbox.set_tokens({token: right})
    return Api(sandbox, token)


# -- who a token is


def test_tokens_come_from_the_world_a_file_and_requests(tmp_path: Path) -> None:
    folder = w.private_world(tmp_path)
    (folder / "tokens.json").write_text(json.dumps({"short": w.ANN, "long": {"user": "bob@w.example"}}))
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"tokens": {"short": {"user": w.CARL}, "file": {"user": w.GUS}}}))
    sandbox = Sandbox(folder, MID, conditions=Conditions.read(tokens=given, plan="advanced"))
    sandbox.set_tokens({"posted": {"user": w.SAM, "plan": "personal"}})
    whose = {token: Api(sandbox, token).get("/users/me")["gid"] for token in ("short", "long", "file", "posted")}
    assert whose == {"short": w.CARL, "long": w.BOB, "file": w.GUS, "posted": w.SAM}
    assert as_(sandbox, "file").refused("GET", f"/workspaces/{w.WORKSPACE}/audit_log_events")[0] in (402, 403)
    sandbox.set_tokens(None)
    assert Api(sandbox, "posted").get("/users/me")["gid"] != w.SAM


def test_a_token_without_a_user_is_made_up_and_sees_everything_unless_strict(sandbox: Sandbox) -> None:
    free, strict = as_(sandbox, "free", kind="pat"), as_(sandbox, "strict", user=None, strict=True)
    assert free.get("/users/me")["gid"] != strict.get("/users/me")["gid"]
    assert len(free.gids("/projects", workspace=w.WORKSPACE)) == 4
    assert strict.gids("/projects", workspace=w.WORKSPACE) == [w.OPEN]
    loose = as_(sandbox, "loose", user=w.ANN, strict=False)
    assert len(loose.gids("/projects", workspace=w.WORKSPACE)) == 4


def test_a_service_account_sees_everything_and_is_no_member(sandbox: Sandbox) -> None:
    account = as_(sandbox, kind="service_account")
    me = account.get("/users/me")
    assert me["name"].startswith("Service account")
    assert me["gid"] not in account.gids("/users", workspace=w.WORKSPACE)
    assert w.PRIVATE in account.gids("/projects", workspace=w.WORKSPACE)


def test_dead_and_unknown_tokens_are_refused_as_by_asana(sandbox: Sandbox) -> None:
    def status(token: str) -> tuple[int, Body]:
        return Api(sandbox, token).call("GET", "/users/me")

    sandbox.set_tokens({"brief": {"user": w.ANN, "expires_at": "2025-11-03T10:00:00Z"}, "gone": {"user": w.ANN}})
    assert status("brief")[0] == status("gone")[0] == status("anything")[0] == 200
    sandbox.set_clock("2025-11-03T10:00:00Z")
    sandbox.set_tokens({"gone": None})
    for token in ("brief", "gone"):
        code, body = status(token)
        assert (code, body["errors"][0]["message"]) == (401, "Not Authorized")
    sandbox.set_tokens({"only_configured": True, "kept": {"user": w.ANN}})
    assert (status("anything")[0], status("kept")[0]) == (401, 200)
    assert sandbox.answer("GET", "/users/me", {}, b"", "", "").status == 401
    assert sandbox.answer("GET", "/users/me", {}, b"", "Basic YTpi", "").status == 401


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"canary-token": {"plan": "gold"}}, "plan"),
        ({"canary-token": {"kind": "robot"}}, "kind"),
        ({"canary-token": {"user": "nobody@w.example"}}, "user"),
        ({"canary-token": {"scopes": ["tasks:fly"]}}, "tasks:fly"),
        ({"canary-token": {"scopes": "tasks:read"}}, "scopes"),
        ({"canary-token": {"expires_at": "tomorrow"}}, "expires_at"),
        ({"canary-token": {"colour": "red"}}, "colour"),
        ({"canary-token": 7}, "not an object"),
        ({"only_configured": "yes"}, "only_configured"),
        ({"plan": "gold"}, "plan"),
        ({"oauth_user": "nobody"}, "oauth_user"),
        ({"oauth_clients": {"app": {"secrets": "x"}}}, "secrets"),
    ],
)
def test_settings_that_cannot_be_read_are_named_without_the_token(
    sandbox: Sandbox, tmp_path: Path, settings: Body, named: str
) -> None:
    (tmp_path / "tokens.json").write_text(json.dumps(settings))
    with pytest.raises(ConfigError) as refused:
        Sandbox(tmp_path, MID)
    assert named in str(refused.value)
    assert "canary-token" not in str(refused.value)


def test_the_tokens_are_listed_by_fingerprint(sandbox: Sandbox) -> None:
    shown = sandbox.set_tokens({"canary-token": {"user": w.ANN, "scopes": ["tasks:read"]}, "plan": "starter"})
    assert "canary-token" not in json.dumps(shown)
    (token,) = shown["tokens"]
    assert (token["user"], token["kind"], token["plan"], token["scopes"]) == (w.ANN, "oauth", "starter", ["tasks:read"])


# -- plans


@pytest.mark.parametrize(
    ("method", "path", "data", "lowest"),
    [
        ("GET", f"/workspaces/{w.WORKSPACE}/custom_fields", None, "starter"),
        ("GET", f"/tasks/{w.OPEN_TASK}/dependencies", None, "starter"),
        ("GET", f"/workspaces/{w.WORKSPACE}/tasks/search", None, "starter"),
        ("PUT", f"/tasks/{w.OPEN_TASK}", {"custom_fields": {w.PUBLIC_FIELD: "x"}}, "starter"),
        ("GET", "/goals?workspace", None, "advanced"),
        ("GET", f"/goals/{w.OPEN_GOAL}", None, "advanced"),
        ("GET", "/goal_relationships?supported_goal", None, "advanced"),
        ("GET", "/portfolios?workspace", None, "advanced"),
        ("GET", "/allocations?workspace", None, "advanced"),
        ("GET", f"/tasks/{w.OPEN_TASK}/time_tracking_entries", None, "advanced"),
        ("GET", "/status_updates?parent", None, "advanced"),
        ("POST", "/status_updates", {"parent": w.OPEN_PORTFOLIO, "status_type": "on_track", "text": "x"}, "advanced"),
        ("POST", "/rule_triggers/1/run", {"resource": w.OPEN_TASK}, "advanced"),
        ("POST", "/exports/graph", {"parent": w.OPEN}, "enterprise"),
        ("GET", f"/workspaces/{w.WORKSPACE}/audit_log_events", None, "enterprise"),
        ("POST", "/organization_exports", {"organization": w.WORKSPACE}, "enterprise"),
        ("POST", "/exports/resource", {"workspace": w.WORKSPACE}, "enterprise_plus"),
        ("GET", f"/workspaces/{w.WORKSPACE}/events", None, "enterprise_plus"),
    ],
)
def test_each_feature_is_refused_below_its_plan_only(
    sandbox: Sandbox, method: str, path: str, data: Body | None, lowest: str
) -> None:
    path, _, name = path.partition("?")
    values = {"workspace": w.WORKSPACE, "supported_goal": w.OPEN_GOAL, "parent": w.OPEN_GOAL}
    query = {name: values[name]} if name else {}
    for plan in PLANS:
        api = as_(sandbox, plan, plan=plan, kind="service_account")
        status, body = api.call(method, path, {"data": data} if data else None, **query)
        assert (status == 402) == (PLANS.index(plan) < PLANS.index(lowest)), (plan, body)
        if status == 402:
            assert body["errors"][0]["message"].endswith(("users.", "above."))


def test_free_plans_get_tasks_without_custom_fields_rather_than_a_refusal(sandbox: Sandbox) -> None:
    free = as_(sandbox, plan="personal", kind="pat")
    task = free.get(f"/tasks/{w.OPEN_TASK}", opt_fields="name,custom_fields.name,actual_time_minutes")
    assert (task["custom_fields"], task["actual_time_minutes"]) == ([], None)
    assert free.get(f"/projects/{w.OPEN}")["custom_field_settings"] == []
    assert free.write("PUT", f"/tasks/{w.OPEN_TASK}", name="new")["name"] == "new"
    assert free.get(f"/workspaces/{w.WORKSPACE}/typeahead", resource_type="goal") == []


def test_a_world_has_a_plan_that_the_api_does_not_tell(tmp_path: Path) -> None:
    sandbox = Sandbox(w.private_world(tmp_path, workspace={"plan": "starter"}), MID)
    assert Api(sandbox).refused("GET", "/goals", workspace=w.WORKSPACE)[0] == 402
    assert "plan" not in Api(sandbox).get(f"/workspaces/{w.WORKSPACE}")
    sandbox.set_tokens({"plan": "advanced"})
    assert Api(sandbox).get("/goals", workspace=w.WORKSPACE)


@pytest.mark.parametrize("kind", ["pat", "oauth"])
def test_some_endpoints_are_for_service_accounts_alone(sandbox: Sandbox, kind: str) -> None:
    for path in (f"/workspaces/{w.WORKSPACE}/audit_log_events", f"/workspaces/{w.WORKSPACE}/events"):
        status, message = as_(sandbox, kind, kind=kind).refused("GET", path)
        assert status == 403
        assert "service account" in message
        assert as_(sandbox, "sa", kind="service_account").call("GET", path)[0] != 403


# -- scopes


def test_every_operation_needs_one_of_its_scopes_or_full_rights(sandbox: Sandbox) -> None:
    without = as_(sandbox, "without", user=w.ANN, kind="oauth", scopes=["openid"])
    full = as_(sandbox, "full", user=w.ANN, kind="oauth", scopes=["default"])
    for key in OPERATIONS:
        documented = catalogue()[key]
        path = "/" + "/".join("1" if part == "*" else part for part in key[1:])
        status, body = without.call(documented.method, path)
        assert status == 403, documented.operation_id
        message = body["errors"][0]["message"]
        assert all(scope in message for scope in documented.scopes or {"default"})
        status, body = full.call(documented.method, path)
        assert status != 403 or "scope" not in body["errors"][0]["message"]
        if documented.scopes:
            one = as_(sandbox, "one", user=w.ANN, scopes=[min(documented.scopes)])
            status, body = one.call(documented.method, path)
            assert status != 403 or "scope" not in body["errors"][0]["message"], documented.operation_id


def test_granular_rights_read_tasks_and_cannot_write_goals(sandbox: Sandbox) -> None:
    api = as_(sandbox, user=w.ANN, scopes=["tasks:read", "goals:read", "users:read"])
    assert api.get(f"/tasks/{w.OPEN_TASK}")
    assert api.get(f"/goals/{w.OPEN_GOAL}")
    assert "tasks:write" in api.refused("PUT", f"/tasks/{w.OPEN_TASK}", {"name": "x"})[1]
    assert "Full permissions" in api.refused("PUT", f"/goals/{w.OPEN_GOAL}", {"name": "x"})[1]
    assert "Full permissions" in api.refused("GET", "/status_updates", parent=w.OPEN_GOAL)[1]


# -- access levels


def test_a_commenter_comments_and_changes_nothing_else(sandbox: Sandbox) -> None:
    carl = as_(sandbox, user=w.CARL)
    assert carl.write("POST", f"/tasks/{w.OPEN_TASK}/stories", text="well")
    for method, path, data in (
        ("PUT", f"/tasks/{w.OPEN_TASK}", {"name": "x"}),
        ("PUT", f"/projects/{w.OPEN}", {"name": "x"}),
        ("POST", "/tasks", {"name": "x", "projects": [w.OPEN]}),
        ("POST", "/tasks", {"name": "x", "memberships": [{"project": w.OPEN}]}),
        ("POST", f"/sections/9{w.OPEN}/addTask", {"task": w.SHARED_TASK}),
        ("POST", f"/projects/{w.OPEN}/sections", {"name": "x"}),
        ("POST", "/status_updates", {"parent": w.OPEN, "status_type": "on_track", "text": "x"}),
        ("DELETE", f"/tasks/{w.OPEN_TASK}", {}),
    ):
        assert carl.refused(method, path, data)[0] == 403, path
    assert carl.write("POST", "/tasks", name="mine", workspace=w.WORKSPACE)
    assert carl.write("PUT", f"/tasks/{w.SHARED_TASK}", name="assigned to him")["name"] == "assigned to him"


def test_a_viewer_of_a_goal_does_not_even_comment(sandbox: Sandbox) -> None:
    carl, ann = as_(sandbox, "carl", user=w.CARL), as_(sandbox, "ann", user=w.ANN)
    assert carl.get(f"/goals/{w.OPEN_GOAL}")
    assert carl.refused("POST", f"/goals/{w.OPEN_GOAL}/stories", {"text": "x"})[0] == 403
    assert carl.refused("PUT", f"/goals/{w.OPEN_GOAL}", {"name": "x"})[0] == 403
    assert ann.write("PUT", f"/goals/{w.OPEN_GOAL}", name="hers")["name"] == "hers"


def test_a_view_only_licence_reads_and_a_made_up_user_writes(sandbox: Sandbox) -> None:
    vera = as_(sandbox, "vera", user=w.VERA)
    assert vera.get(f"/tasks/{w.OPEN_TASK}")
    assert vera.refused("POST", f"/tasks/{w.OPEN_TASK}/stories", {"text": "x"})[0] == 403
    assert vera.refused("POST", "/tasks", {"name": "x", "workspace": w.WORKSPACE})[0] == 403
    assert as_(sandbox, "anyone").write("PUT", f"/projects/{w.OPEN}", name="x")


def test_a_journal_of_limited_writes_replays_to_the_same_world(tmp_path: Path) -> None:
    folder, journal = w.private_world(tmp_path), tmp_path / "journal.jsonl"
    (folder / "tokens.json").write_text(json.dumps({"ann": w.ANN, "bob": w.BOB}))
    sandbox = Sandbox(folder, MID, journal)
    Api(sandbox, "bob").write("POST", "/tasks", name="secret", projects=[w.PRIVATE, w.OPEN])
    made = Api(sandbox, "ann").write("POST", "/tasks", name="open", projects=[w.OPEN])["gid"]
    Api(sandbox, "ann").write("POST", f"/tasks/{made}/addProject", project=w.SHARED)
    Api(sandbox, "ann").write("DELETE", f"/goals/{w.OPEN_GOAL}")
    again = Sandbox(folder, datetime(2025, 11, 3, 9, tzinfo=UTC), journal)
    for token in ("ann", "bob", None):
        assert again.truth(token) == sandbox.truth(token)
    assert Api(again, "ann").get(f"/tasks/{made}") == Api(sandbox, "ann").get(f"/tasks/{made}")

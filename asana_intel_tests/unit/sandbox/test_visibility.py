"""What one user sees of a world, and that nothing else ever leaves the server. Not what tokens may do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asana_intel.sandbox.calls import OPERATIONS
from asana_intel.sandbox.catalogue import catalogue
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.schema import DEFAULTS, MANY, ONE, TYPES
from asana_intel_tests.unit.sandbox import private_world as w
from asana_intel_tests.unit.sandbox.worlds import MID, Api, Body, write_world

NAMES = sorted({name for table in (ONE, MANY, DEFAULTS) for names in table.values() for name in names})
WIDE = ",".join(
    [*NAMES, *(f"{name}.name" for name in NAMES), "memberships.project.name", "memberships.section.name",
     "custom_fields.name", "custom_fields.display_value", "custom_fields.reference_value.name",
     "custom_field_settings.custom_field.name", "custom_field.name", "member.email", "resource.name", "text",
     "dependencies.name", "dependents.name", "projects.owner.name", "parent.parent.name", "permalink_url"]
)  # fmt: skip


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    sandbox = Sandbox(w.private_world(tmp_path_factory.mktemp("private")), MID)
    sandbox.set_tokens({"ann": w.ANN, "bob": w.BOB, "gus": w.GUS, "top": {"kind": "pat"}})
    return sandbox


def as_(sandbox: Sandbox, token: str) -> Api:
    return Api(sandbox, token)


def test_a_member_sees_what_is_public_or_shared_with_them(sandbox: Sandbox) -> None:
    assert as_(sandbox, "ann").gids("/projects", workspace=w.WORKSPACE) == [w.OPEN, w.OF_TEAM, w.SHARED]
    assert as_(sandbox, "bob").gids("/projects", workspace=w.WORKSPACE) == [w.OPEN, w.PRIVATE]
    assert as_(sandbox, "gus").gids("/projects", workspace=w.WORKSPACE) == [w.SHARED]
    assert len(as_(sandbox, "top").gids("/projects", workspace=w.WORKSPACE)) == 4


def test_what_is_not_seen_is_not_found(sandbox: Sandbox) -> None:
    ann = as_(sandbox, "ann")
    for path in (
        f"/projects/{w.PRIVATE}", f"/projects/{w.PRIVATE}/tasks", f"/sections/9{w.PRIVATE}", f"/goals/{w.PRIVATE_GOAL}",
        f"/tasks/{w.PRIVATE_TASK}", f"/tasks/{w.PRIVATE_SUBTASK}", f"/portfolios/{w.PRIVATE_PORTFOLIO}",
        f"/custom_fields/{w.PRIVATE_FIELD}", "/stories/83000000002", "/status_updates/86000000001",
        "/allocations/87000000001", "/goal_relationships/85000000001", f"/teams/{w.SECRET_TEAM}",
    ):  # fmt: skip
        status, message = ann.refused("GET", path)
        assert status == 404, path
        assert "Unknown object" in message
    for method, path, data in (
        ("PUT", f"/tasks/{w.PRIVATE_TASK}", {"name": "x"}),
        ("PUT", f"/projects/{w.PRIVATE}", {"name": "x"}),
        ("POST", f"/tasks/{w.OPEN_TASK}/addProject", {"project": w.PRIVATE}),
        ("POST", f"/goals/{w.OPEN_GOAL}/addSupportingRelationship", {"supporting_resource": w.PRIVATE_TASK}),
        ("POST", "/tasks", {"name": "x", "projects": [w.PRIVATE]}),
    ):
        assert ann.refused(method, path, data)[0] in (400, 404), path


def test_references_and_counts_follow_what_is_seen(sandbox: Sandbox) -> None:
    ann, bob = as_(sandbox, "ann"), as_(sandbox, "bob")
    fields = "dependencies,custom_fields.reference_value,custom_fields.name,memberships.project,projects"
    task = ann.get(f"/tasks/{w.OPEN_TASK}", opt_fields=fields)
    assert [item["gid"] for item in task["dependencies"]] == [w.BOTH_TASK]
    values = {entry["gid"]: entry.get("reference_value") for entry in task["custom_fields"]}
    assert set(values) == {w.PUBLIC_FIELD, w.REFERENCE_FIELD}
    assert [item["gid"] for item in values[w.REFERENCE_FIELD]] == [w.SHARED_TASK]
    both = ann.get(f"/tasks/{w.BOTH_TASK}", opt_fields=fields)
    assert [item["gid"] for item in both["projects"]] == [w.SHARED]
    assert [item["project"]["gid"] for item in both["memberships"]] == [w.SHARED]
    assert ann.gids(f"/portfolios/{w.OPEN_PORTFOLIO}/items") == [w.OPEN]
    assert bob.get(f"/tasks/{w.PRIVATE_TASK}", opt_fields="num_subtasks")["num_subtasks"] == 1


def test_a_hidden_subtask_does_not_count_but_progress_counts_everything(sandbox: Sandbox) -> None:
    assert as_(sandbox, "gus").refused("GET", f"/tasks/{w.PRIVATE_TASK}")[0] == 404
    values = {
        token: as_(sandbox, token).get(f"/goals/{w.OPEN_GOAL}")["metric"]["current_number_value"]
        for token in ("ann", "bob", "top")
    }
    assert values == dict.fromkeys(values, pytest.approx(1 / 3))


def test_a_task_is_seen_by_its_assignee_creator_and_followers(sandbox: Sandbox) -> None:
    gus = as_(sandbox, "gus")
    assert gus.get(f"/tasks/{w.GUEST_TASK}", opt_fields="projects,memberships") == {
        "gid": w.GUEST_TASK, "projects": [], "memberships": [],
    }  # fmt: skip
    assert gus.gids("/tasks", assignee="me", workspace=w.WORKSPACE) == [w.GUEST_TASK]


def test_a_guest_sees_the_people_of_what_they_see(sandbox: Sandbox) -> None:
    gus, ann = as_(sandbox, "gus"), as_(sandbox, "ann")
    assert gus.gids("/users", workspace=w.WORKSPACE) == [w.ANN, w.BOB, w.GUS, w.CARL]
    assert gus.refused("GET", f"/users/{w.SAM}")[0] == 404
    assert len(ann.gids("/users", workspace=w.WORKSPACE)) == 6
    assert gus.gids(f"/workspaces/{w.WORKSPACE}/teams") == []
    assert gus.get("/users/me")["gid"] == w.GUS


def test_typeahead_and_events_keep_the_secret(sandbox: Sandbox) -> None:
    ann, bob = as_(sandbox, "ann"), as_(sandbox, "bob")
    path = f"/workspaces/{w.WORKSPACE}/typeahead"
    assert [item["gid"] for item in ann.get(path, resource_type="project", query="Project")] == [
        w.OPEN, w.OF_TEAM, w.SHARED,
    ]  # fmt: skip
    assert ann.refused("GET", "/events", resource=w.PRIVATE)[0] == 404
    sync = bob.call("GET", "/events", resource=w.OPEN)[1]["sync"]
    mine = ann.call("GET", "/events", resource=w.OPEN)[1]["sync"]
    made = bob.write("POST", "/tasks", name="Quiet", projects=[w.OPEN, w.PRIVATE])["gid"]
    bob.write("POST", f"/tasks/{made}/removeProject", project=w.OPEN)
    assert bob.call("GET", "/events", resource=w.OPEN, sync=sync)[1]["data"]
    assert made not in str(ann.call("GET", "/events", resource=w.OPEN, sync=mine)[1])


def test_search_finds_what_is_seen_and_takes_no_hidden_object_as_a_filter(sandbox: Sandbox) -> None:
    ann, path = as_(sandbox, "ann"), f"/workspaces/{w.WORKSPACE}/tasks/search"
    sandbox.player.behaviour = replace(sandbox.player.behaviour, search_lag_s=30.0)
    found = {item["gid"] for item in ann.get(path, text="Task-")}
    assert found == {w.OPEN_TASK, w.TEAM_TASK, w.SHARED_TASK, w.BOTH_TASK}
    assert {item["gid"] for item in as_(sandbox, "gus").get(path, text="Task-")} == {
        w.SHARED_TASK, w.GUEST_TASK, w.BOTH_TASK,
    }  # fmt: skip
    for hidden in (
        {"projects.any": w.PRIVATE},
        {"sections.not": f"{w.OPEN},9{w.PRIVATE}"},
        {"portfolios.any": w.PRIVATE_PORTFOLIO},
        {f"custom_fields.{w.PRIVATE_FIELD}.value": "Unseen-1"},
    ):
        assert ann.refused("GET", path, None, **hidden)[0] == 404, hidden
    assert as_(sandbox, "bob").get(path, **{"projects.any": w.PRIVATE})


def test_a_batch_shows_no_more_than_its_actions_would(sandbox: Sandbox) -> None:
    actions = [{"relative_path": f"/tasks/{gid}", "method": "get"} for gid in (w.PRIVATE_TASK, w.OPEN_TASK)]
    results = as_(sandbox, "ann").write("POST", "/batch", actions=actions)
    assert [result["status_code"] for result in results] == [404, 200]


def test_truth_counts_what_a_token_sees(sandbox: Sandbox) -> None:
    counts = {token: sandbox.truth(token)["counts"] for token in ("ann", "gus", "top")}
    assert counts["top"] == sandbox.truth()["counts"]
    assert (counts["ann"]["projects"], counts["gus"]["projects"], counts["top"]["projects"]) == (3, 1, 4)
    assert counts["gus"]["tasks"] == 3


def test_a_write_that_lets_somebody_in_is_seen_at_once(tmp_path: Path) -> None:
    sandbox = Sandbox(w.private_world(tmp_path), MID)
    sandbox.set_tokens({"ann": w.ANN, "bob": w.BOB})
    ann, bob = as_(sandbox, "ann"), as_(sandbox, "bob")
    assert ann.refused("GET", f"/tasks/{w.PRIVATE_TASK}")[0] == 404
    bob.write("POST", f"/tasks/{w.PRIVATE_TASK}/addFollowers", followers=[w.ANN])
    assert ann.get(f"/tasks/{w.PRIVATE_TASK}")["projects"] == []
    bob.write("POST", f"/tasks/{w.PRIVATE_TASK}/removeFollowers", followers=[w.ANN])
    assert ann.refused("GET", f"/tasks/{w.PRIVATE_TASK}")[0] == 404


def test_deleting_takes_what_the_deleter_cannot_see_with_it(tmp_path: Path) -> None:
    sandbox = Sandbox(w.private_world(tmp_path), MID)
    sandbox.set_tokens({"ann": w.ANN})
    before = sandbox.truth()["counts"]["goal_relationships"]
    as_(sandbox, "ann").write("DELETE", f"/goals/{w.OPEN_GOAL}")
    assert sandbox.truth()["counts"]["goal_relationships"] == before - 2


# -- nothing leaks


def hidden_from(sandbox: Sandbox, token: str) -> dict[str, str]:
    """Return the objects that a token must not see, by the plain rules above: gid -> a text that tells of it."""
    secrets = {
        "gus": [
            w.OPEN, w.PRIVATE, w.OF_TEAM, w.OPEN_TASK, w.PRIVATE_TASK, w.TEAM_TASK, w.PRIVATE_SUBTASK, w.OPEN_GOAL,
            w.PRIVATE_GOAL, w.OPEN_PORTFOLIO, w.PRIVATE_PORTFOLIO, w.PRIVATE_FIELD, w.TEAM, w.SECRET_TEAM, w.SAM,
            w.VERA, f"9{w.OPEN}", f"9{w.PRIVATE}", "83000000001", "83000000002", "83000000003", "88000000001",
        ],
        "ann": [
            w.PRIVATE, w.PRIVATE_TASK, w.GUEST_TASK, w.PRIVATE_SUBTASK, w.PRIVATE_GOAL, w.PRIVATE_PORTFOLIO,
            w.PRIVATE_FIELD, w.SECRET_TEAM, f"9{w.PRIVATE}", "83000000002", "83000000003", "85000000001",
        ],
    }[token]  # fmt: skip
    return {gid: str(sandbox.player.field(gid, "name") or sandbox.player.field(gid, "text")) for gid in secrets}


def every_read(sandbox: Sandbox) -> Iterator[tuple[str, Body]]:
    """Give every implemented read with every object in every place."""
    gids = [gid for gid in sandbox.player.world.records if gid.startswith(("7", "9"))]
    places = ("parent", "project", "task", "team", "portfolio", "supported_goal", "section", "target", "resource",
              "attributable_to", "goal")  # fmt: skip
    people = [w.ANN, w.BOB, w.GUS, w.SAM, "me"]
    lists: list[Body] = [{}, {"workspace": w.WORKSPACE}, {"workspace": w.WORKSPACE, "owner": "me"}]
    lists += [{place: gid} for place, gid in product(places, gids)]
    lists += [{place: user, "workspace": w.WORKSPACE} for place, user in product(("user", "assignee"), people)]
    lists += [{"workspace": w.WORKSPACE, "entered_on_start_date": "2020-01-01"}]
    for key in OPERATIONS:
        if key[0] != "GET":
            continue
        parts, kinds = catalogue()[key].path.strip("/").split("/"), list(gids)
        if "*" not in key:
            yield from (("/" + "/".join(parts), query) for query in lists)
        elif "typeahead" in key:
            yield from ((f"/workspaces/{w.WORKSPACE}/typeahead", {"resource_type": kind}) for kind in TYPES.values())
        else:
            extra = {"organization": w.WORKSPACE, "workspace": w.WORKSPACE, "text": ""}
            for gid in kinds:
                path = "/" + "/".join(gid if part == "*" else part for part in key[1:])
                yield path, extra if key[1] in ("users", "workspaces") else {}


@pytest.mark.parametrize("token", ["gus", "ann"])
def test_no_read_shows_what_a_viewer_must_not_see(sandbox: Sandbox, token: str) -> None:
    secrets, api, reads = hidden_from(sandbox, token), as_(sandbox, token), 0
    for path, query in every_read(sandbox):
        for asked in [{"opt_fields": WIDE}] if query else [{}, {"opt_fields": WIDE}]:
            status, body = api.call("GET", path, None, **query, **asked)
            assert status < 500 or status == 501, (path, query, body)
            text = orjson.dumps(body).decode()
            named = {*re.findall(r"\d+", path), *map(str, query.values())}
            for gid, name in secrets.items():
                assert name not in text, (path, query, gid)
                assert f'"{gid}"' not in text or gid in named, (path, query, gid)
            if status == 200:
                reads += 1
                assert not any(f'"{gid}"' in text for gid in secrets), (path, query)
    assert reads > 100


PRIVACY = st.sampled_from(["public_to_workspace", "private"])
PEOPLE = st.lists(st.sampled_from(["72", "73", "74"]), unique=True)


@given(
    projects=st.lists(st.tuples(PRIVACY, PEOPLE), min_size=1, max_size=3),
    tasks=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), PEOPLE), max_size=5),
    guest=st.booleans(),
)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_visibility_of_tasks_is_that_of_their_project_parent_or_people(
    tmp_path_factory: pytest.TempPathFactory,
    projects: list[tuple[str, list[str]]],
    tasks: list[tuple[int, int, list[str]]],
    guest: bool,
) -> None:
    records = [
        {"gid": f"9{n}", "name": f"P{n}", "privacy_setting": privacy, "members": [{"gid": u} for u in members],
         "workspace": {"gid": "1"}, "created_at": "2025-01-01T00:00:00.000Z"}
        for n, (privacy, members) in enumerate(projects)
    ]  # fmt: skip
    made, expected = [], set()
    seen = {f"9{n}" for n, (p, members) in enumerate(projects) if "72" in members or (p[0:2] == "pu" and not guest)}
    for n, (project, parent, followers) in enumerate(tasks):
        homes = [f"9{project}"] if project < len(projects) else []
        above = f"5{parent}" if parent < n else None
        made.append(
            {"gid": f"5{n}", "name": f"T{n}", "created_at": "2025-01-01T00:00:00.000Z",
             "projects": [{"gid": home} for home in homes], "parent": {"gid": above} if above else None,
             "memberships": [{"project": {"gid": home}, "section": None} for home in homes],
             "followers": [{"gid": user} for user in followers], "workspace": {"gid": "1"}}
        )  # fmt: skip
        if "72" in followers or seen & set(homes) or above in expected:
            expected.add(f"5{n}")
    membership = {"gid": "60", "user": {"gid": "72"}, "workspace": {"gid": "1"}, "is_guest": guest}
    folder = write_world(
        tmp_path_factory.mktemp("w"), projects=records, tasks=made, workspace_memberships=[membership],
        users=[{"gid": gid, "name": f"U{gid}"} for gid in ("72", "73", "74")],
    )  # fmt: skip
    sandbox = Sandbox(folder, MID)
    sandbox.set_tokens({"t": "72"})
    api = Api(sandbox, "t")
    found = {f"5{n}" for n in range(len(tasks)) if api.call("GET", f"/tasks/5{n}")[0] == 200}
    assert found == expected
    assert {f"9{n}" for n in range(len(projects)) if api.call("GET", f"/projects/9{n}")[0] == 200} == seen
    assert sandbox.truth("t")["counts"]["tasks"] == len(expected)

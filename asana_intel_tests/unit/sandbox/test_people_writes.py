"""Allocations, absences, users, teams, workspaces, memberships and requests for access, as clients write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.worlds import Api, write_world

BORN = "2026-01-01T08:00:00.000Z"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def small(tmp_path: Path) -> Api:
    world = write_world(
        tmp_path,
        workspaces=[{"gid": "1", "name": "W", "is_organization": True, "email_domains": ["w.example"]}],
        users=[
            {"gid": "2", "name": "Ann", "email": "ann@w.example", "x_favorites": ["7", "3"]},
            {"gid": "8", "name": "Bob", "email": "bob@w.example"},
        ],
        teams=[{"gid": "5", "name": "T", "organization": {"gid": "1"}}],
        team_memberships=[{"gid": "51", "team": {"gid": "5"}, "user": {"gid": "2"}}],
        workspace_memberships=[
            {"gid": "52", "workspace": {"gid": "1"}, "user": {"gid": "2"}, "is_admin": True},
            {"gid": "53", "workspace": {"gid": "1"}, "user": {"gid": "8"}},
        ],
        projects=[
            {"gid": "3", "name": "P", "created_at": BORN, "workspace": {"gid": "1"}, "owner": {"gid": "8"}},
            {"gid": "7", "name": "Q", "created_at": BORN, "workspace": {"gid": "1"}},
        ],
        portfolios=[{"gid": "6", "name": "All", "created_at": BORN, "workspace": {"gid": "1"}, "items": ["3"]}],
        goals=[{"gid": "20", "name": "G", "workspace": {"gid": "1"}, "x_created_at": BORN}],
        custom_fields=[{"gid": "30", "name": "Hours", "resource_subtype": "number", "precision": 1, "x_teams": ["5"]}],
        placeholders=[{"gid": "40", "name": "Designer"}],
    )
    (tmp_path / "tokens.json").write_text('{"ann": "2", "bob": "8"}', encoding="utf-8")
    return Api(Sandbox(world, NOW))


def as_(api: Api, token: str) -> Api:
    return Api(api.sandbox, token)


def test_an_allocation_is_made_changed_and_deleted(small: Api) -> None:
    body = {"assignee": "ann@w.example", "parent": "3", "start_date": "2026-02-02", "end_date": "2026-02-06"}
    made = small.write("POST", "/allocations", **body, effort={"type": "hours", "value": 12})
    assert made["assignee"]["gid"] == "2"
    assert made["effort"] == {"type": "hours", "value": 12}
    assert made["resource_subtype"] == "project_allocation"
    assert made["created_by"]["gid"] == small.get("/users/me")["gid"]
    moved = small.write("PUT", f"/allocations/{made['gid']}", assignee="40", end_date="2026-02-20")
    assert (moved["assignee"]["name"], moved["end_date"]) == ("Designer", "2026-02-20")
    assert small.gids("/allocations", assignee="2") == []
    assert small.gids("/allocations", assignee="40") == small.gids("/allocations", parent="3") == [made["gid"]]
    small.write("DELETE", f"/allocations/{made['gid']}")
    assert small.gids("/allocations", workspace="1") == []


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"start_date": None}, 400, "start_date: Missing input"),
        ({"end_date": "2026-01-01"}, 400, "start_date: Start date must be on or before"),
        ({"effort": {"type": "days", "value": 1}}, 400, "effort.type: Not a recognized value"),
        ({"effort": {"type": "hours", "value": -1}}, 400, "effort.value: Must be a number"),
        ({"effort": 5}, 400, "effort: Not an object"),
        ({"assignee": "99"}, 404, "assignee: Unknown object"),
        ({"parent": "6"}, 404, "parent: Unknown object"),
        ({"created_by": "2"}, 400, "created_by: Cannot write"),
    ],
)
def test_an_allocation_that_makes_no_sense_is_refused(
    small: Api, body: dict[str, object], status: int, message: str
) -> None:
    good = {"assignee": "2", "parent": "3", "start_date": "2026-02-02", "end_date": "2026-02-06"}
    code, text = small.refused("POST", "/allocations", {**good, **body})
    assert (code, text.startswith(message)) == (status, True), text
    assert small.gids("/allocations", workspace="1") == []


def test_absences_are_whole_days_of_one_user(small: Api) -> None:
    made = small.write("POST", "/ooo_entries", user="2", workspace="1", start_date="2026-03-02", end_date="2026-03-06")
    assert set(made) == {"gid", "resource_type", "start_date", "end_date", "user", "created_by"}
    small.write("PUT", f"/ooo_entries/{made['gid']}", end_date="2026-03-13")
    assert small.get("/ooo_entries", user="2", workspace="1", start_date="2026-03-10")[0]["end_date"] == "2026-03-13"
    assert small.refused("PUT", f"/ooo_entries/{made['gid']}", {"user": "8"})[0] == 400
    small.write("DELETE", f"/ooo_entries/{made['gid']}")
    assert small.get("/ooo_entries", user="2", workspace="1") == []


def test_a_user_holds_the_custom_fields_of_their_team_and_only_they_change_their_name(small: Api) -> None:
    (setting,) = small.get("/teams/5/custom_field_settings")
    assert (setting["custom_field"]["gid"], setting["parent"]["resource_type"]) == ("30", "team")
    changed = small.write("PUT", "/users/2?workspace=1".partition("?")[0], custom_fields={"30": 32.5})
    assert [(f["gid"], f["number_value"], f["enabled"]) for f in changed["custom_fields"]] == [("30", 32.5, True)]
    assert small.write("PUT", "/workspaces/1/users/ann@w.example", custom_fields={"30": None})["gid"] == "2"
    assert small.refused("PUT", "/users/8", {"custom_fields": {"30": 1}})[0] == 400
    assert small.refused("PUT", "/users/2", {"name": "X"})[0] == 403
    assert as_(small, "ann").write("PUT", "/users/me", name="Anna")["name"] == "Anna"
    assert small.write("PUT", "/users/me", name="Robot")["name"] == small.get("/users/me")["name"] == "Robot"
    assert small.refused("PUT", "/users/2", {"email": "x@y.example"})[0] == 400


def test_favorites_are_shown_to_their_owner_in_order(small: Api) -> None:
    ann = as_(small, "ann")
    query = {"workspace": "1", "resource_type": "project"}
    assert [item["name"] for item in ann.get("/users/me/favorites", **query)] == ["Q", "P"]
    assert small.refused("GET", "/users/2/favorites", **query)[0] == 403
    assert ann.refused("GET", "/users/me/favorites", workspace="1", resource_type="goal")[0] == 400


def test_teams_are_made_and_joined_and_left(small: Api) -> None:
    team = small.write("POST", "/teams", name="New", organization="1", visibility="secret")
    assert {"permalink_url", "endorsed", "custom_field_settings"} <= set(team)
    assert "description" not in team
    membership = small.write("POST", f"/teams/{team['gid']}/addUser", user="8")
    assert membership["user"]["name"] == "Bob"
    assert small.write("POST", f"/teams/{team['gid']}/addUser", user="8")["gid"] == membership["gid"]
    assert "8" in [user["gid"] for user in small.get(f"/teams/{team['gid']}/users")]
    small.write("POST", f"/teams/{team['gid']}/removeUser", user="bob@w.example")
    assert small.refused("POST", f"/teams/{team['gid']}/removeUser", {"user": "8"})[0] == 400
    bob = as_(small, "bob")
    assert bob.refused("PUT", "/teams/5", {"name": "Ours"})[0] == 403
    assert as_(small, "ann").write("PUT", "/teams/5", name="Ours", endorsed=True)["name"] == "Ours"
    assert small.refused("PUT", "/teams/5", {"visibility": "open"})[0] == 400


def test_users_are_invited_to_and_removed_from_a_workspace(small: Api) -> None:
    guest = small.write("POST", "/workspaces/1/addUser", user="carl@other.example")
    assert guest["email"] == "carl@other.example"
    memberships = small.get(f"/users/{guest['gid']}/workspace_memberships", opt_fields="is_guest")
    assert [m["is_guest"] for m in memberships] == [True]
    assert small.write("POST", "/workspaces/1/addUser", user="carl@other.example")["gid"] == guest["gid"]
    assert as_(small, "bob").refused("POST", "/workspaces/1/removeUser", {"user": "2"})[0] == 403
    as_(small, "ann").write("POST", "/workspaces/1/removeUser", user="8")
    assert small.refused("GET", "/users/8")[0] == 404
    assert small.get("/projects/3")["owner"]["gid"] == "2"
    assert small.write("PUT", "/workspaces/1", name="W2")["name"] == "W2"
    assert small.refused("PUT", "/workspaces/1", {"email_domains": []})[0] == 400


@pytest.mark.parametrize(
    ("parent", "kind", "level", "worse"),
    [("3", "project", "commenter", "user"), ("6", "portfolio", "editor", "commenter"),
     ("20", "goal", "admin", "user"), ("30", "custom_field", "user", "viewer")],
)  # fmt: skip
def test_users_and_teams_belong_to_objects_at_a_level(
    small: Api, parent: str, kind: str, level: str, worse: str
) -> None:
    made = small.write("POST", "/memberships", parent=parent, member="2", access_level=level)
    assert (made["resource_type"], made["resource_subtype"]) == ("membership", f"{kind}_membership")
    assert (made["parent"]["gid"], made["member"]["gid"], made["access_level"]) == (parent, "2", level)
    team = small.write("POST", "/memberships", parent=parent, member="5")
    assert small.gids("/memberships", parent=parent) == [made["gid"], team["gid"]]
    assert small.gids("/memberships", parent=parent, member="5") == [team["gid"]]
    assert small.refused("PUT", f"/memberships/{made['gid']}", {"access_level": worse})[0] == 400
    changed = small.write("PUT", f"/memberships/{made['gid']}", access_level="admin")
    assert small.get(f"/memberships/{made['gid']}") == changed
    small.write("DELETE", f"/memberships/{made['gid']}")
    assert small.refused("GET", f"/memberships/{made['gid']}")[0] == 404
    assert small.gids("/memberships", parent=parent) == [team["gid"]]


def test_who_joins_a_project_or_goal_is_among_its_people(small: Api) -> None:
    for parent, people in (("/projects/3", "members"), ("/portfolios/6", "members"), ("/goals/20", "followers")):
        made = small.write("POST", "/memberships", parent=parent.rpartition("/")[2], member="2")
        assert [user["gid"] for user in small.get(parent)[people]] == ["2"]
        small.write("DELETE", f"/memberships/{made['gid']}")
        assert small.get(parent)[people] == []


def test_older_forms_of_memberships_show_the_same_people(small: Api) -> None:
    project = small.write("POST", "/memberships", parent="3", member="2", access_level="commenter")
    assert small.get(f"/project_memberships/{project['gid']}")["write_access"] == "comment_only"
    assert small.get("/projects/3/project_memberships")[0]["gid"] == project["gid"]
    portfolio = small.write("POST", "/memberships", parent="6", member="2")
    shown = small.get(f"/portfolio_memberships/{portfolio['gid']}")
    assert (shown["user"]["gid"], shown["access_level"]) == ("2", "editor")
    assert small.gids("/portfolio_memberships", portfolio="6") == [portfolio["gid"]]
    assert small.gids("/portfolio_memberships", workspace="1", user="2") == [portfolio["gid"]]
    assert small.gids("/portfolios/6/portfolio_memberships", user="8") == []
    assert small.refused("GET", "/portfolio_memberships", user="2")[0] == 400


def test_access_is_asked_for_once_and_granted_or_not(small: Api) -> None:
    bob = as_(small, "bob")
    asked = bob.write("POST", "/access_requests", target="3", message="Please")
    assert (asked["approval_status"], asked["requester"]["gid"]) == ("pending", "8")
    assert asked["target"] == {"gid": "3", "resource_type": "project"}
    assert bob.refused("POST", "/access_requests", {"target": "3"})[0] == 400
    assert [r["gid"] for r in small.get("/access_requests", target="3", user="8")] == [asked["gid"]]
    small.write("POST", f"/access_requests/{asked['gid']}/approve")
    assert "8" in [user["gid"] for user in small.get("/projects/3")["members"]]
    assert small.get("/access_requests", target="3") == []
    other = bob.write("POST", "/access_requests", target="6")
    small.write("POST", f"/access_requests/{other['gid']}/reject")
    assert small.refused("POST", f"/access_requests/{other['gid']}/approve")[0] == 400
    assert bob.refused("POST", "/access_requests", {"target": "20"})[0] == 400

"""A company with secrets: members, a guest, private projects, goals, portfolios and fields. No tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from asana_intel_tests.unit.sandbox.worlds import link, write_world

WORKSPACE = "71000000001"
ANN, BOB, GUS, VERA, CARL, SAM = (f"7200000000{n}" for n in range(1, 7))
TEAM, SECRET_TEAM = "73000000001", "73000000002"
OPEN, PRIVATE, OF_TEAM, SHARED = (f"7400000000{n}" for n in range(1, 5))
OPEN_TASK, PRIVATE_TASK, TEAM_TASK, SHARED_TASK, GUEST_TASK, PRIVATE_SUBTASK, BOTH_TASK = (
    f"7500000000{n}" for n in range(1, 8)
)
OPEN_GOAL, PRIVATE_GOAL = "76000000001", "76000000002"
OPEN_PORTFOLIO, PRIVATE_PORTFOLIO = "77000000001", "77000000002"
PUBLIC_FIELD, PRIVATE_FIELD, REFERENCE_FIELD = "78000000001", "78000000002", "78000000003"
Record = dict[str, Any]


def ref(gid: str) -> Record:
    return {"gid": gid}


def _user(gid: str, name: str) -> Record:
    return {"gid": gid, "name": f"{name}-{gid}", "email": f"{name}@w.example", "workspaces": [ref(WORKSPACE)]}


def _project(gid: str, privacy: str, **more: Any) -> Record:
    head = {"gid": gid, "name": f"Project-{gid}", "created_at": "2025-01-01T00:00:00.000Z", "team": ref(TEAM)}
    return {**head, "workspace": ref(WORKSPACE), "privacy_setting": privacy, **more}


def _task(gid: str, *projects: str, **more: Any) -> Record:
    return {
        "gid": gid,
        "name": f"Task-{gid}",
        "created_at": "2025-02-01T00:00:00.000Z",
        "workspace": ref(WORKSPACE),
        "projects": [ref(project) for project in projects],
        "memberships": [{"project": ref(project), "section": ref(f"9{project}")} for project in projects],
        **more,
    }


def _story(gid: str, task: str, **more: Any) -> Record:
    head = {"gid": gid, "target": ref(task), "created_at": "2025-03-01T00:00:00.000Z", "text": f"Story-{gid}"}
    return {**head, "resource_subtype": "comment_added", "type": "comment", **more}


def _goal(gid: str, privacy: str, **more: Any) -> Record:
    head = {"gid": gid, "name": f"Goal-{gid}", "workspace": ref(WORKSPACE), "privacy_setting": privacy}
    return {**head, "due_on": "2025-12-31", **more}


def _field(gid: str, privacy: str, kind: str, **more: Any) -> Record:
    head = {"gid": gid, "name": f"Field-{gid}", "resource_subtype": kind, "type": kind}
    return {**head, "privacy_setting": privacy, "x_projects": [OPEN, PRIVATE, SHARED], **more}


def _membership(gid: str, parent: str, kind: str, member: str, level: str) -> Record:
    return {"gid": gid, "parent": ref(parent), "member": ref(member), "access_level": level, "resource_subtype": kind}


METRIC: Record = {
    "gid": "79000000001", "resource_type": "goal_metric", "resource_subtype": "number", "precision": 2,
    "unit": "percentage", "initial_number_value": 0, "target_number_value": 1, "current_number_value": 0,
    "progress_source": "project_task_completion", "is_custom_weight": False,
}  # fmt: skip


def _value(field: str, **value: Any) -> Record:
    kind = "reference" if "reference_value" in value else "text"
    return {"gid": field, "resource_subtype": kind, "type": kind, **value}


def private_world(folder: Path, **more: Any) -> Path:
    """Write the company.

    Ann and Bob are members, Gus is a guest with one shared project and one task, Vera has a view-only licence,
    Carl is a commenter of the open project, Sam shares nothing with Gus.
    """
    people = ((ANN, "ann"), (BOB, "bob"), (GUS, "gus"), (VERA, "vera"), (CARL, "carl"), (SAM, "sam"))
    world: dict[str, list[Record]] = {
        "workspaces": [{"gid": WORKSPACE, "name": "W", **more.pop("workspace", {})}],
        "users": [_user(gid, name) for gid, name in people],
        "workspace_memberships": [
            {"gid": f"8{gid}", "user": ref(gid), "workspace": ref(WORKSPACE), "is_guest": gid == GUS,
             "is_view_only": gid == VERA}
            for gid, _ in people
        ],
        "teams": [
            {"gid": TEAM, "name": f"Team-{TEAM}", "organization": ref(WORKSPACE), "visibility": "public"},
            {"gid": SECRET_TEAM, "name": f"Team-{SECRET_TEAM}", "organization": ref(WORKSPACE),
             "visibility": "secret"},
        ],
        "team_memberships": [
            {"gid": "81000000001", "team": ref(TEAM), "user": ref(ANN)},
            {"gid": "81000000002", "team": ref(SECRET_TEAM), "user": ref(BOB)},
        ],
        "projects": [
            _project(OPEN, "public_to_workspace", owner=ref(ANN)),
            _project(PRIVATE, "private", members=[ref(BOB)], followers=[ref(BOB)]),
            _project(OF_TEAM, "private_to_team"),
            _project(SHARED, "private", members=[ref(GUS), ref(ANN)]),
        ],
        "project_memberships": [_membership("82000000001", OPEN, "project_membership", CARL, "commenter")],
        "memberships": [_membership("82000000002", OPEN_GOAL, "goal_membership", CARL, "viewer")],
        "sections": [
            {"gid": f"9{gid}", "name": f"Section-9{gid}", "project": ref(gid)}
            for gid in (OPEN, PRIVATE, OF_TEAM, SHARED)
        ],
        "portfolios": [
            {"gid": OPEN_PORTFOLIO, "name": f"Portfolio-{OPEN_PORTFOLIO}", "workspace": ref(WORKSPACE),
             "owner": ref(ANN), "privacy_setting": "public_to_domain", "items": [OPEN, PRIVATE]},
            {"gid": PRIVATE_PORTFOLIO, "name": f"Portfolio-{PRIVATE_PORTFOLIO}", "workspace": ref(WORKSPACE),
             "owner": ref(BOB), "privacy_setting": "members_only", "items": [OPEN]},
        ],
        "custom_fields": [
            _field(PUBLIC_FIELD, "public_with_guests", "text"),
            _field(PRIVATE_FIELD, "private", "text", created_by=ref(BOB)),
            _field(REFERENCE_FIELD, "public_with_guests", "reference"),
        ],
        "tasks": [
            _task(OPEN_TASK, OPEN, assignee=ref(SAM), dependencies=[ref(PRIVATE_TASK), ref(BOTH_TASK)],
                  custom_fields=[
                      _value(PUBLIC_FIELD, text_value="seen"), _value(PRIVATE_FIELD, text_value="Unseen-1"),
                      _value(REFERENCE_FIELD, reference_value=[ref(PRIVATE_TASK), ref(SHARED_TASK)]),
                  ]),
            _task(PRIVATE_TASK, PRIVATE, created_by=ref(BOB), completed=True,
                  completed_at="2025-03-01T00:00:00.000Z", parent=None),
            _task(TEAM_TASK, OF_TEAM),
            _task(SHARED_TASK, SHARED, assignee=ref(CARL), dependencies=[ref(OPEN_TASK)]),
            _task(GUEST_TASK, PRIVATE, assignee=ref(GUS), parent=None),
            _task(PRIVATE_SUBTASK, parent=ref(PRIVATE_TASK), assignee=ref(BOB)),
            _task(BOTH_TASK, PRIVATE, SHARED),
        ],
        "stories": [
            _story("83000000001", OPEN_TASK, created_by=ref(SAM)),
            _story("83000000002", PRIVATE_TASK, created_by=ref(BOB)),
            _story("83000000003", BOTH_TASK, type="system", resource_subtype="added_to_project",
                   text=f"Bob added to Project-{PRIVATE}", project=ref(PRIVATE), created_by=ref(BOB)),
            _story("83000000004", SHARED_TASK, created_by=ref(ANN)),
        ],
        "time_tracking_entries": [
            {"gid": f"8400000000{n}", "task": ref(task), "attributable_to": ref(PRIVATE), "created_by": ref(BOB),
             "duration_minutes": 30, "entered_on": "2025-03-01", "created_at": "2025-03-01T00:00:00.000Z"}
            for n, task in enumerate((OPEN_TASK, PRIVATE_TASK, BOTH_TASK))
        ],
        "goals": [
            _goal(OPEN_GOAL, "public_to_workspace", owner=ref(ANN), metric=METRIC),
            _goal(PRIVATE_GOAL, "members_only", owner=ref(BOB)),
        ],
        "goal_relationships": [
            link("85000000001", OPEN_GOAL, PRIVATE, "project", 1.0),
            link("85000000002", PRIVATE_GOAL, OPEN_GOAL, "goal", 1.0),
        ],
        "status_updates": [
            {"gid": f"8600000000{n}", "parent": ref(parent), "title": f"Update-{n}{parent}", "text": "…",
             "status_type": "on_track", "created_at": "2025-03-01T00:00:00.000Z", "author": ref(ANN)}
            for n, parent in enumerate((OPEN, PRIVATE, OPEN_GOAL, PRIVATE_GOAL))
        ],
        "allocations": [
            {"gid": f"8700000000{n}", "parent": ref(parent), "assignee": ref(ANN), "start_date": "2025-03-01",
             "end_date": "2025-03-08"}
            for n, parent in enumerate((OPEN, PRIVATE))
        ],
        "ooo_entries": [
            {"gid": "88000000001", "user": ref(SAM), "start_date": "2025-03-01", "end_date": "2025-03-08"}
        ],
        **more,
    }  # fmt: skip
    return write_world(folder, **world)

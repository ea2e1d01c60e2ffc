"""Duplicating tasks and projects, saving and using templates, and the jobs that tell of it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.copies import (
    PROJECT_PARTS,
    TASK_PARTS,
    copy_dependencies,
    copy_project,
    copy_settings,
    copy_task,
)
from asana_intel.sandbox.downloads import with_export
from asana_intel.sandbox.drafts import draft_of, make_project, make_task_from_template
from asana_intel.sandbox.edits import default_record, stated_choice, stated_date, stated_flag
from asana_intel.sandbox.jobs import look_at_job, start_job
from asana_intel.sandbox.members import join
from asana_intel.sandbox.order import tasks_in_project
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.rich_text import rich_of
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.standing import portfolio_items, standing
from asana_intel.sandbox.world import Fields, placement_record

_PRIVACY = ("public_to_workspace", "private_to_team", "private")
# Gids of the two dates that every project template may ask for.
_START, _DUE = "1", "2"
_ALL_OF_TASKS = frozenset(part for part in PROJECT_PARTS if part.startswith("task_") and part != "task_projects")


@operation("GET", "/jobs/{job}")
def get_job(call: Call, job: str) -> Reply:
    """How far a job is; only who started it may ask."""
    record = call.player.get("jobs", job)
    if record.fields["created_by"]["gid"] != call.actor["gid"]:
        raise ApiError(403, "job: You do not have access to this job")
    view = {**standing(call.player, job), "status": look_at_job(call.player, job)}
    return call.view("jobs", with_export(call, view))


@operation("POST", "/tasks/{task}/duplicate")
def duplicate_task(call: Call, task: str) -> Reply:
    """Copy a task."""
    player, source = call.player, task_gid(call, task)
    call.reject_unknown({"name", "include"})
    name = _text(call, "name") or f"Duplicate of {player.field(source, 'name')}"
    parts = _parts(call, TASK_PARTS)
    memberships = player.field(source, "memberships") if "projects" in parts else []
    places: Fields = {
        "parent": player.field(source, "parent") if "parent" in parts else None,
        "memberships": [{"project": m["project"], "section": m.get("section")} for m in memberships],
    }
    player.tick()
    copied = copy_task(call, source, name, parts, places)
    if "dependencies" in parts:
        copy_dependencies(call, copied)
    return start_job(call, "duplicate_task", new_task=copied[source])


@operation("POST", "/projects/{project}/duplicate")
def duplicate_project(call: Call, project: str) -> Reply:
    """Copy a project with its tasks."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown({"name", "include", "schedule_dates"})
    name = _text(call, "name")
    if not name:
        raise missing("name")
    parts = _parts(call, PROJECT_PARTS)
    move, skips = _schedule(call, project, parts)
    fields = _taken(call, project, parts)
    player.tick()
    gid = copy_project(call, project, {**fields, "name": name}, parts, lambda n, value: _shifted(value, move, skips))
    members = [user["gid"] for user in player.field(project, "members") or ()] if "members" in parts else []
    for user in dict.fromkeys([*members, call.actor["gid"]]):
        if player.record(user):
            join(call, gid, user)
    return start_job(call, "duplicate_project", new_project=gid)


def _taken(call: Call, project: str, parts: Collection[str]) -> Fields:
    """Read the raw fields of a project that its copy has, too."""
    kept = ["workspace", "team", "color", "icon", "default_view", "owner", "privacy_setting"]
    kept += ["notes", "html_notes"] if "notes" in parts else []
    kept += ["default_access_level"] if "permissions" in parts else []
    return {n: value for n in kept if (value := call.player.field(project, n)) is not None}


def _text(call: Call, name: str) -> str:
    value = call.data.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid(name, "Not a string")
    return value or ""


def _parts(call: Call, allowed: frozenset[str]) -> frozenset[str]:
    parts = frozenset(part.strip() for text in call.listed("include") for part in str(text).split(",") if part.strip())
    for part in sorted(parts - allowed):
        raise invalid("include", f"Not a recognized value: {part}; expected some of {', '.join(sorted(allowed))}")
    return parts


def _schedule(call: Call, project: str, parts: frozenset[str]) -> tuple[int, bool]:
    """Read `schedule_dates`: by how many days the copy's dates move, and whether they skip weekends."""
    given = call.data.get("schedule_dates")
    if given is None:
        return 0, False
    if not isinstance(given, dict):
        raise invalid("schedule_dates", "Not an object")
    if "task_dates" not in parts:
        raise invalid("schedule_dates", "task_dates must be included")
    if "should_skip_weekends" not in given:
        raise missing("schedule_dates.should_skip_weekends")
    skips = stated_flag("schedule_dates.should_skip_weekends", given["should_skip_weekends"])
    named = [name for name in ("start_on", "due_on") if given.get(name) is not None]
    if len(named) != 1:
        raise invalid("schedule_dates", "Exactly one of start_on and due_on is required")
    target = stated_date(named[0], given[named[0]])
    days = [d for t in tasks_in_project(call.player, project) if (d := call.player.field(t, named[0]))]
    if not days or target is None:
        return 0, skips
    known = min(days) if named[0] == "start_on" else max(days)
    return (date.fromisoformat(target) - date.fromisoformat(known)).days, skips


def _shifted(value: Any, days: int, skips_weekends: bool) -> Any:
    if not days:
        return value
    day = date.fromisoformat(value[:10]) + timedelta(days=days)
    while skips_weekends and day.weekday() >= 5:
        day += timedelta(days=1)
    return day.isoformat() + value[10:]


_OF_PORTFOLIO = ("color", "due_on", "start_on", "workspace", "default_access_level")
_PORTFOLIO_PARTS = frozenset(
    {"description", "members", "permissions", "templates", "rules", "child_projects", "child_portfolios"}
)


@operation("POST", "/portfolios/{portfolio}/duplicate")
def duplicate_portfolio(call: Call, portfolio: str) -> Reply:
    """Copy a portfolio, with copies of what is in it where that is asked for."""
    call.player.get("portfolios", portfolio)
    call.reject_unknown({"name", "include"})
    name = _text(call, "name")
    if not name:
        raise missing("name")
    parts = _parts(call, _PORTFOLIO_PARTS)
    call.player.tick()
    return start_job(call, "duplicate_portfolio", new_portfolio=_copy_portfolio(call, portfolio, name, parts))


def _copy_portfolio(call: Call, source: str, name: str, parts: frozenset[str]) -> str:
    player = call.player
    kept = [
        *_OF_PORTFOLIO,
        *(["members"] if "members" in parts else []),
        *(["privacy_setting"] if "permissions" in parts else []),
    ]
    fields = {n: value for n in kept if (value := player.field(source, n)) is not None}
    fields.setdefault("members", [{"gid": call.actor["gid"]}])
    fields |= {"name": name, "owner": {"gid": call.actor["gid"]}, "created_at": player.now}
    gid = player.create(default_record(call, "portfolios", fields))
    player.note(gid, "added", call.actor["gid"])
    copy_settings(call, source, gid, "portfolio")
    items = [copy for item in portfolio_items(player, source) if (copy := _copy_item(call, item, parts))]
    player.write(gid, {"items": items})
    for item in items:
        record = player.record(item)
        if record and record.resource == "projects":
            player.create(placement_record(player.new_gid(), item, gid, player.now))
    return gid


def _copy_item(call: Call, item: str, parts: frozenset[str]) -> str | None:
    record, name = call.player.record(item), call.player.field(item, "name")
    if record and record.resource == "portfolios":
        return _copy_portfolio(call, item, name, parts) if "child_portfolios" in parts else None
    if "child_projects" not in parts:
        return None
    return copy_project(
        call, item, _taken(call, item, ("notes",)) | {"name": name}, _ALL_OF_TASKS, lambda _, value: value
    )


# -- templates


@operation("POST", "/projects/{project}/saveAsTemplate")
def save_as_template(call: Call, project: str) -> Reply:
    """Make a project template from a project."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown({"name", "team", "workspace", "public"})
    name = _text(call, "name")
    if not name:
        raise missing("name")
    if "public" not in call.data:
        raise missing("public")
    public = stated_flag("public", call.data["public"])
    if call.data.get("workspace") is not None:
        call.existing("workspace", "workspaces", call.data["workspace"])
    team = call.data.get("team")
    draft = draft_of(call, project)
    dates = [{"gid": _START, "name": "Start Date", "description": "Choose a start date for your project."}]
    notes = draft.get("notes") or ""
    fields: Fields = {
        "name": name,
        "public": public,
        "description": notes,
        "html_description": draft.get("html_notes") or rich_of(notes),
        "color": draft.get("color"),
        "owner": {"gid": call.actor["gid"]},
        "team": {"gid": call.existing("team", "teams", team)} if team else player.field(project, "team"),
        "requested_dates": [{**dates[0], "resource_type": "date_variable"}] if draft["has_dates"] else [],
    }
    player.tick()
    record = default_record(call, "project_templates", fields, authored=False)
    record.extra = {"draft": draft}
    gid = player.create(record)
    player.note(gid, "added", call.actor["gid"])
    return start_job(call, "save_as_template", new_project_template=gid)


@operation("POST", "/project_templates/{template}/instantiateProject")
def instantiate_project(call: Call, template: str) -> Reply:
    """Make a project from a template."""
    player = call.player
    record = player.get("project_templates", template)
    call.reject_unknown(
        {"name", "team", "public", "privacy_setting", "is_strict", "requested_dates", "requested_roles"}
    )
    name = _text(call, "name")
    if not name:
        raise missing("name")
    team = call.data.get("team")
    home = {"gid": call.existing("team", "teams", team)} if team else player.field(template, "team")
    organization = player.field(home["gid"], "organization") if home else None
    fields: Fields = {
        "name": name,
        "team": home,
        "owner": {"gid": call.actor["gid"]} if player.record(call.actor["gid"]) else None,
        "workspace": organization or {"gid": player.all("workspaces")[0]},
        "created_from_template": {"gid": template},
    }
    if "privacy_setting" in call.data:
        fields["privacy_setting"] = stated_choice("privacy_setting", call.data["privacy_setting"], _PRIVACY)
    elif "public" in call.data:
        is_public = stated_flag("public", call.data["public"])
        fields["privacy_setting"] = "public_to_workspace" if is_public else "private"
    roles = {gid: call.user_gid("requested_roles", user) for gid, user in _mapping(call, "requested_roles").items()}
    draft = record.extra.get("draft") or {}
    first = _first_day(call, template, draft)
    player.tick()
    gid = make_project(call, draft, fields, first, roles)
    if player.record(call.actor["gid"]):
        join(call, gid, call.actor["gid"])
    return start_job(call, "instantiate_project", new_project=gid)


def _mapping(call: Call, name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in call.listed(name):
        if not isinstance(item, dict) or item.get("gid") is None:
            raise invalid(name, "Not an array of {gid, value}")
        if item.get("value") is not None:
            found[str(item["gid"])] = str(item["value"])
    return found


def _first_day(call: Call, template: str, draft: Fields) -> date:
    """Tell from which day the template counts: from its requested dates, or from today if it is not strict."""
    given = {gid: stated_date("requested_dates", value) for gid, value in _mapping(call, "requested_dates").items()}
    is_strict = "is_strict" in call.data and stated_flag("is_strict", call.data["is_strict"])
    for wanted in call.player.field(template, "requested_dates") or ():
        if is_strict and wanted["gid"] not in given:
            raise ApiError(422, f"requested_dates: A value is required for {wanted['name']}")
    today = date.fromisoformat(call.player.now[:10])
    if start := given.get(_START):
        return date.fromisoformat(start)
    if due := given.get(_DUE):
        days = [task.get("due_day") or 0 for section in draft.get("sections", []) for task in section.get("tasks", [])]
        return date.fromisoformat(due) - timedelta(days=max(days, default=0))
    return today


@operation("POST", "/task_templates/{template}/instantiateTask")
def instantiate_task(call: Call, template: str) -> Reply:
    """Make a task from a template."""
    call.player.get("task_templates", template)
    call.reject_unknown({"name"})
    name = _text(call, "name") or None
    call.player.tick()
    gid = make_task_from_template(call, template, name, date.fromisoformat(call.player.now[:10]))
    return start_job(call, "instantiate_task", new_task=gid)

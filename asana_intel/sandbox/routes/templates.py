"""Templates of projects and tasks, and project briefs. Making something from a template is jobs' work."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import text_fields
from asana_intel.sandbox.rejections import ApiError, invalid, missing
from asana_intel.sandbox.rich_text import BRIEF, plain_of
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import add, change, delete_one

for _resource in ("project_templates", "task_templates", "project_briefs"):
    operation("GET", f"/{_resource}/{{gid}}")(read_one(_resource))
    operation("DELETE", f"/{_resource}/{{gid}}")(delete_one(_resource))

_BRIEF = frozenset({"title", "html_text", "text"})


@operation("GET", "/project_templates")
def get_project_templates(call: Call) -> Reply:
    """Project templates of a workspace or team."""
    player, query = call.player, call.query
    if query.get("team"):
        return _of_team(call, call.existing("team", "teams", query["team"]))
    workspace = call.existing("workspace", "workspaces", call.required("workspace"))
    gids = [gid for gid in player.all("project_templates") if _home(call, gid) in (None, workspace)]
    return call.many("project_templates", gids)


def _home(call: Call, template: str) -> str | None:
    team = call.player.field(template, "team")
    organization = call.player.field(team["gid"], "organization") if team else None
    return organization["gid"] if organization else None


@operation("GET", "/teams/{team}/project_templates")
def get_project_templates_for_team(call: Call, team: str) -> Reply:
    """Project templates of a team."""
    call.player.get("teams", team)
    return _of_team(call, team)


def _of_team(call: Call, team: str) -> Reply:
    player = call.player
    gids = [gid for gid in player.all("project_templates") if (player.field(gid, "team") or {}).get("gid") == team]
    return call.many("project_templates", gids)


@operation("GET", "/task_templates")
def get_task_templates(call: Call) -> Reply:
    """Task templates of a project, which is required."""
    project = call.existing("project", "projects", call.required("project"))
    return call.many("task_templates", call.player.related("task_templates.project", project))


# -- briefs


@operation("POST", "/projects/{project}/project_briefs")
def create_project_brief(call: Call, project: str) -> Reply:
    """Write the brief of a project that has none."""
    call.player.get("projects", project)
    call.reject_unknown(_BRIEF)
    if call.player.related("briefs.project", project):
        raise ApiError(400, f"project: The project has a brief already: {project}")
    if call.data.get("html_text") is None and call.data.get("text") is None:
        raise missing("html_text")
    fields = {**_brief(call), "project": {"gid": project}}
    return call.one(add(call, "project_briefs", fields, parent=project, authored=False), 201)


@operation("PUT", "/project_briefs/{brief}")
def update_project_brief(call: Call, brief: str) -> Reply:
    """Change the title or the whole text of a brief."""
    call.player.get("project_briefs", brief)
    call.reject_unknown(_BRIEF)
    change(call, brief, _brief(call))
    return call.one(brief)


def _brief(call: Call) -> Fields:
    given = {name: value for name, value in call.data.items() if value is not None}
    if "html_text" in given and "text" in given:
        raise ApiError(400, "text: Only one of text and html_text can be given")
    fields = text_fields(call, [name for name in ("title", "text") if name in given])
    if "html_text" in given:
        if not isinstance(given["html_text"], str):
            raise invalid("html_text", "Not a string")
        fields |= {"html_text": given["html_text"], "text": plain_of("html_text", given["html_text"], BRIEF)}
    return fields

"""Sections: the parts of a project, in order. Which tasks stand in them is task_relations.py's."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation, read_one
from asana_intel.sandbox.edits import default_record
from asana_intel.sandbox.order import rank_among_sections, sections_of, stands_in
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.writes import change, remove

operation("GET", "/sections/{gid}")(read_one("sections"))
_NEIGHBOURS = {"before_section": "insert_before", "after_section": "insert_after"}


@operation("GET", "/projects/{project}/sections")
def get_sections_for_project(call: Call, project: str) -> Reply:
    """Sections of a project, in order."""
    call.player.get("projects", project)
    return call.many("sections", sections_of(call.player, project))


@operation("POST", "/projects/{project}/sections")
def create_section(call: Call, project: str) -> Reply:
    """Create a section in a project, at its end unless the request names a place."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown({"name", "insert_before", "insert_after"})
    name = _name(call)
    is_placed = any(call.data.get(end) is not None for end in _NEIGHBOURS.values())
    rank = {"rank": rank_among_sections(call, project, None)} if is_placed else {}
    at = player.tick()
    fields = {"name": name, "created_at": at, "project": {"gid": project}, **rank}
    gid = player.create(default_record(call, "sections", fields, authored=False))
    player.note(gid, "added", call.actor["gid"], parent=player.ref(project))
    return call.one(gid, 201)


@operation("PUT", "/sections/{section}")
def update_section(call: Call, section: str) -> Reply:
    """Rename a section; the other members of the body have no effect, as in Asana."""
    call.player.get("sections", section)
    call.reject_unknown({"name", "insert_before", "insert_after"})
    name = _name(call)
    if name != call.player.field(section, "name"):
        change(call, section, {"name": name})
    return call.one(section)


def _name(call: Call) -> str:
    name = call.input("name")
    if not isinstance(name, str) or not name:
        raise invalid("name", "Must be a text that is not empty")
    return name


@operation("DELETE", "/sections/{section}")
def delete_section(call: Call, section: str) -> Reply:
    """Delete a section that is empty and not the last one."""
    player = call.player
    player.get("sections", section)
    project = player.field(section, "project")["gid"]
    with player.in_full():
        if any(stands_in(player, task, section) for task in player.related("tasks.section", section)):
            raise ApiError(400, "section: Cannot delete a section that has tasks in it")
        if len(sections_of(player, project)) == 1:
            raise ApiError(400, "section: Cannot delete the last section of a project")
    remove(call, section, parent=project)
    return call.done()


@operation("POST", "/projects/{project}/sections/insert")
def insert_section(call: Call, project: str) -> Reply:
    """Move a section before or after another one of its project."""
    player = call.player
    player.get("projects", project)
    call.reject_unknown({"section", *_NEIGHBOURS})
    section = call.existing("section", "sections", call.input("section"))
    if player.field(section, "project")["gid"] != project:
        raise invalid("section", f"{section} is not in project {project}")
    named = {end: call.data[name] for name, end in _NEIGHBOURS.items() if call.data.get(name) is not None}
    if not named:
        raise ApiError(400, "One of before_section or after_section is required")
    call.data.update(named)
    rank = rank_among_sections(call, project, section)
    player.tick()
    player.write(section, {"rank": rank})
    player.note(project, "changed", call.actor["gid"], {"field": "sections", "action": "changed"})
    return call.done()

"""A task's place: projects, sections, parent, dependencies, followers."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.history import story
from asana_intel.sandbox.rejections import ApiError
from asana_intel.sandbox.routes.tasks import first_section, task_gid
from asana_intel.sandbox.standing import dependencies_of, dependents_of
from asana_intel.sandbox.world import Fields

MAX_PROJECTS = 20
MAX_LINKS = 30


@operation("GET", "/tasks/{task}/projects")
def get_projects_for_task(call: Call, task: str) -> Reply:
    """Projects that a task is in."""
    gid = task_gid(call, task)
    return call.many("projects", call.player.existing(p["gid"] for p in call.player.field(gid, "projects")))


@operation("POST", "/tasks/{task}/addProject")
def add_project(call: Call, task: str) -> Reply:
    """Put a task into a project, or into another section of it."""
    gid = task_gid(call, task)
    project = call.existing("project", "projects", call.input("project"))
    section = call.data.get("section")
    place: Fields | None
    if section is not None:
        place = {"gid": call.existing("section", "sections", section)}
        if call.player.field(place["gid"], "project")["gid"] != project:
            raise ApiError(400, f"section: {section} is not in project {project}")
    else:
        place = first_section(call, project)
    _move(call, gid, project, place)
    return call.done()


@operation("POST", "/sections/{section}/addTask")
def add_task_to_section(call: Call, section: str) -> Reply:
    """Move a task into a section."""
    call.player.get("sections", section)
    gid = task_gid(call, str(call.input("task")))
    _move(call, gid, call.player.field(section, "project")["gid"], {"gid": section})
    return call.done()


def _move(call: Call, gid: str, project: str, section: Fields | None) -> None:
    player = call.player
    memberships = list(player.field(gid, "memberships"))
    old = next((m for m in memberships if m["project"]["gid"] == project), None)
    if old is None and len(memberships) >= MAX_PROJECTS:
        raise ApiError(400, f"A task can be in at most {MAX_PROJECTS} projects")
    before = (old.get("section") or {}).get("gid") if old else None
    if old and before == (section or {}).get("gid"):
        return
    kept = [m for m in memberships if m is not old]
    player.tick()
    memberships = [*kept, {"project": {"gid": project}, "section": section}]
    player.write(gid, {"memberships": memberships, "projects": [m["project"] for m in memberships]}, modifies=False)
    name = player.field(project, "name")
    if old is None:
        story(call, gid, "added_to_project", f"added to {name}", project={"gid": project})
        player.note(gid, "added", call.actor["gid"], parent=player.ref(project))
    else:
        facts = {"old_section": {"gid": before} if before else None, "new_section": section}
        story(call, gid, "section_changed", f"moved this task in {name}", **facts)
        player.note(gid, "changed", call.actor["gid"], {"field": "memberships", "action": "changed"})


@operation("POST", "/tasks/{task}/removeProject")
def remove_project(call: Call, task: str) -> Reply:
    """Take a task out of a project."""
    player, gid = call.player, task_gid(call, task)
    project = call.existing("project", "projects", call.input("project"))
    kept = [m for m in player.field(gid, "memberships") if m["project"]["gid"] != project]
    if len(kept) < len(player.field(gid, "memberships")):
        player.tick()
        player.write(gid, {"memberships": kept, "projects": [m["project"] for m in kept]}, modifies=False)
        story(call, gid, "removed_from_project", "removed from a project", project={"gid": project})
        player.note(gid, "removed", call.actor["gid"], parent=player.ref(project))
    return call.done()


@operation("POST", "/tasks/{task}/setParent")
def set_parent(call: Call, task: str) -> Reply:
    """Put a task under another, or free it with `parent: null`."""
    player, gid = call.player, task_gid(call, task)
    parent = call.data.get("parent")
    if parent is not None:
        parent = task_gid(call, str(parent))
        above: Fields | None = {"gid": parent}
        while above:
            if above["gid"] == gid:
                raise ApiError(400, "parent: A task cannot be a subtask of itself")
            above = player.field(above["gid"], "parent")
    player.tick()
    player.write(gid, {"parent": {"gid": parent} if parent else None}, modifies=False)
    player.note(gid, "changed", call.actor["gid"], {"field": "parent", "action": "changed"})
    return call.one(gid)


@operation("GET", "/tasks/{task}/dependencies")
def get_dependencies(call: Call, task: str) -> Reply:
    """Tasks that a task waits for."""
    return call.many("tasks", dependencies_of(call.player, task_gid(call, task)))


@operation("GET", "/tasks/{task}/dependents")
def get_dependents(call: Call, task: str) -> Reply:
    """Tasks that wait for a task."""
    return call.many("tasks", dependents_of(call.player, task_gid(call, task)))


@operation("POST", "/tasks/{task}/addDependencies")
def add_dependencies(call: Call, task: str) -> Reply:
    """Make a task wait for others."""
    gid = task_gid(call, task)
    others = [task_gid(call, str(other)) for other in call.listed("dependencies")]
    return _link(call, [(gid, other) for other in others], "dependency_added")


@operation("POST", "/tasks/{task}/addDependents")
def add_dependents(call: Call, task: str) -> Reply:
    """Make others wait for a task."""
    gid = task_gid(call, task)
    others = [task_gid(call, str(other)) for other in call.listed("dependents")]
    return _link(call, [(other, gid) for other in others], "dependency_added")


@operation("POST", "/tasks/{task}/removeDependencies")
def remove_dependencies(call: Call, task: str) -> Reply:
    """Let a task no longer wait for others."""
    gid = task_gid(call, task)
    others = [task_gid(call, str(other)) for other in call.listed("dependencies")]
    return _link(call, [(gid, other) for other in others], "dependency_removed")


@operation("POST", "/tasks/{task}/removeDependents")
def remove_dependents(call: Call, task: str) -> Reply:
    """Let others no longer wait for a task."""
    gid = task_gid(call, task)
    others = [task_gid(call, str(other)) for other in call.listed("dependents")]
    return _link(call, [(other, gid) for other in others], "dependency_removed")


def _link(call: Call, pairs: list[tuple[str, str]], subtype: str) -> Reply:
    player, adding = call.player, subtype == "dependency_added"
    for gid, other in pairs:
        if gid == other:
            raise ApiError(400, "dependencies: A task cannot depend on itself")
        links = len(dependencies_of(player, gid)) + len(dependents_of(player, gid))
        if adding and links + len(pairs) > MAX_LINKS:
            raise ApiError(400, f"A task can have at most {MAX_LINKS} dependencies and dependents")
    for gid, other in pairs:
        known = [item["gid"] for item in player.field(gid, "dependencies")]
        if (other in known) == adding:
            continue
        links = [*known, other] if adding else [item for item in known if item != other]
        player.tick()
        player.write(gid, {"dependencies": [{"gid": item} for item in links]})
        text = "made this task wait for another" if adding else "removed a dependency"
        story(call, gid, subtype, text, dependency={"gid": other})
        change = {"field": "dependencies", "action": "added" if adding else "removed"}
        player.note(gid, "changed", call.actor["gid"], change)
    return call.done()


@operation("POST", "/tasks/{task}/addFollowers")
def add_followers(call: Call, task: str) -> Reply:
    """Let users follow a task."""
    gid = task_gid(call, task)
    known = list(call.player.field(gid, "followers"))
    wanted = [call.user_gid("followers", str(user)) for user in call.listed("followers")]
    new = [{"gid": user} for user in wanted if user not in {item["gid"] for item in known}]
    call.player.tick()
    call.player.write(gid, {"followers": [*known, *new]})
    return call.one(gid)


@operation("POST", "/tasks/{task}/removeFollowers")
def remove_followers(call: Call, task: str) -> Reply:
    """Let users no longer follow a task."""
    gid = task_gid(call, task)
    gone = {call.user_gid("followers", str(user)) for user in call.listed("followers")}
    kept = [item for item in call.player.field(gid, "followers") if item["gid"] not in gone]
    call.player.tick()
    call.player.write(gid, {"followers": kept})
    return call.one(gid)

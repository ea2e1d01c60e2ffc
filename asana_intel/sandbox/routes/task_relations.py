"""A task's place: projects, sections, parent, dependencies, followers."""

from __future__ import annotations

from asana_intel.sandbox.calls import Call, Reply, operation
from asana_intel.sandbox.history import story
from asana_intel.sandbox.order import (
    END,
    START,
    membership,
    rank_among_subtasks,
    rank_in_section,
    sections_of,
    tasks_in_project,
)
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.routes.task_writes import MAX_PROJECTS, check_depth, levels_below
from asana_intel.sandbox.routes.tasks import task_gid
from asana_intel.sandbox.standing import dependencies_of, dependents_of
from asana_intel.sandbox.world import Fields
from asana_intel.sandbox.writes import users_of

MAX_LINKS = 30


@operation("GET", "/tasks/{task}/projects")
def get_projects_for_task(call: Call, task: str) -> Reply:
    """Projects that a task is in."""
    gid = task_gid(call, task)
    return call.many("projects", call.player.existing(p["gid"] for p in call.player.field(gid, "projects")))


@operation("POST", "/tasks/{task}/addProject")
def add_project(call: Call, task: str) -> Reply:
    """Put a task into a project, or at another place of it: a section, before or after another task."""
    player, gid = call.player, task_gid(call, task)
    call.reject_unknown({"project", "section", "insert_before", "insert_after"})
    project = call.existing("project", "projects", call.input("project"))
    held = membership(player, gid, project)
    given = call.data.get("section")
    if given is not None:
        section = call.existing("section", "sections", given)
        if player.field(section, "project")["gid"] != project:
            raise ApiError(400, f"section: {section} is not in project {project}")
        is_there = held is not None and (held.get("section") or {}).get("gid") == section
        rank = rank_in_section(call, project, section, gid, None if is_there else END)
    else:
        rank = rank_in_section(call, project, None, gid, None if held else END)
        section = _section_at(call, project, gid, held)
    _move(call, gid, project, section, rank)
    return call.done()


def _section_at(call: Call, project: str, gid: str, held: Fields | None) -> str | None:
    """Tell the section of the place that a request names without a section."""
    player, sections = call.player, sections_of(call.player, project)
    neighbour = call.data.get("insert_before") or call.data.get("insert_after")
    if neighbour is not None:
        return ((membership(player, str(neighbour), project) or {}).get("section") or {}).get("gid")
    if "insert_after" in call.data:  # null: the beginning of the list, before what stands without a section
        first = next((task for task in tasks_in_project(player, project) if task != gid), None)
        outside = first and not (membership(player, first, project) or {}).get("section")
        return None if outside or not sections else sections[0]
    if held is not None and "insert_before" not in call.data:
        return (held.get("section") or {}).get("gid")
    return sections[-1] if sections else None


@operation("POST", "/sections/{section}/addTask")
def add_task_to_section(call: Call, section: str) -> Reply:
    """Move a task into a section, to its top unless the request names a place."""
    call.player.get("sections", section)
    call.reject_unknown({"task", "insert_before", "insert_after"})
    gid = task_gid(call, str(call.input("task")))
    project = call.player.field(section, "project")["gid"]
    held = membership(call.player, gid, project)
    is_there = held is not None and (held.get("section") or {}).get("gid") == section
    _move(call, gid, project, section, rank_in_section(call, project, section, gid, None if is_there else START))
    return call.done()


def _move(call: Call, gid: str, project: str, section: str | None, rank: str | None) -> None:
    """Write a task's new place in a project; a rank of None keeps its place in the order."""
    player = call.player
    memberships = list(player.field(gid, "memberships"))
    old = membership(player, gid, project)
    if old is None and len(memberships) >= MAX_PROJECTS:
        raise ApiError(400, f"A task can be in at most {MAX_PROJECTS} projects")
    before = (old.get("section") or {}).get("gid") if old else None
    if old and before == section and rank is None:
        return
    place: Fields = {"project": {"gid": project}, "section": {"gid": section} if section else None}
    if rank or (old and old.get("rank")):
        place["rank"] = rank or (old or {})["rank"]
    player.tick()
    new = [place if m is old else m for m in memberships] if old else [*memberships, place]
    player.write(gid, {"memberships": new, "projects": [m["project"] for m in new]}, modifies=False)
    name = player.field(project, "name")
    if old is None:
        story(call, gid, "added_to_project", f"added to {name}", project={"gid": project})
        player.note(gid, "added", call.actor["gid"], parent=player.ref(project))
        return
    if before != section:
        facts = {"old_section": {"gid": before} if before else None, "new_section": place["section"]}
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
        text = f"removed from {player.field(project, 'name')}"
        story(call, gid, "removed_from_project", text, project={"gid": project})
        player.note(gid, "removed", call.actor["gid"], parent=player.ref(project))
    return call.done()


@operation("POST", "/tasks/{task}/setParent")
def set_parent(call: Call, task: str) -> Reply:
    """Put a task under another, at a place among its subtasks, or free it with `parent: null`."""
    player, gid = call.player, task_gid(call, task)
    call.reject_unknown({"parent", "insert_before", "insert_after"})
    if "parent" not in call.data:
        raise ApiError(400, "parent: Missing input")
    parent: str | None = call.data["parent"]
    old: str | None = (player.field(gid, "parent") or {}).get("gid")
    if parent is None:
        rank = None
    else:
        parent = _new_parent(call, gid, str(parent))
        rank = rank_among_subtasks(call, parent, gid)
        if parent == old and not {"insert_before", "insert_after"} & set(call.data):
            return call.one(gid)
    if parent is None and old is None:
        return call.one(gid)
    player.tick()
    player.write(gid, {"parent": {"gid": parent} if parent else None, "rank": rank}, modifies=False)
    if old != parent:
        _parent_stories(call, gid, old, parent)
    change = {"field": "parent", "action": "changed", "new_value": player.ref(parent)}
    player.note(gid, "changed", call.actor["gid"], change)
    return call.one(gid)


def _new_parent(call: Call, gid: str, named: str) -> str:
    parent = task_gid(call, named)
    above: Fields | None = {"gid": parent}
    while above:
        if above["gid"] == gid:
            raise ApiError(400, "parent: A task cannot be a subtask of itself")
        above = call.player.field(above["gid"], "parent")
    check_depth(call, parent, levels_below(call, gid))
    return parent


def _parent_stories(call: Call, gid: str, old: str | None, new: str | None) -> None:
    if old:
        text = f"removed from task {call.player.field(old, 'name')}"
        story(call, gid, "removed_from_task", text, task={"gid": old})
    if new:
        story(call, gid, "added_to_task", f"added to task {call.player.field(new, 'name')}", task={"gid": new})


# -- dependencies


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
    return _link(call, [(gid, other) for other in _others(call, "dependencies")], adding=True)


@operation("POST", "/tasks/{task}/addDependents")
def add_dependents(call: Call, task: str) -> Reply:
    """Make others wait for a task."""
    gid = task_gid(call, task)
    return _link(call, [(other, gid) for other in _others(call, "dependents")], adding=True)


@operation("POST", "/tasks/{task}/removeDependencies")
def remove_dependencies(call: Call, task: str) -> Reply:
    """Let a task no longer wait for others."""
    gid = task_gid(call, task)
    return _link(call, [(gid, other) for other in _others(call, "dependencies")], adding=False)


@operation("POST", "/tasks/{task}/removeDependents")
def remove_dependents(call: Call, task: str) -> Reply:
    """Let others no longer wait for a task."""
    gid = task_gid(call, task)
    return _link(call, [(other, gid) for other in _others(call, "dependents")], adding=False)


def _others(call: Call, name: str) -> list[str]:
    return list(dict.fromkeys(task_gid(call, str(other)) for other in call.listed(name)))


def _link(call: Call, pairs: list[tuple[str, str]], *, adding: bool) -> Reply:
    player = call.player
    new = [pair for pair in pairs if (pair[1] in _waits_for(call, pair[0])) != adding]
    if adding:
        _check_links(call, new)
    for gid, other in new:
        known = _waits_for(call, gid)
        links = [*known, other] if adding else [item for item in known if item != other]
        player.tick()
        player.write(gid, {"dependencies": [{"gid": item} for item in links]})
        player.touch(other, modifies=False)  # for `modified_since` the other end has changed as well
        subtype = "dependency_added" if adding else "dependency_removed"
        text = "marked this task as waiting for another" if adding else "removed a dependency"
        story(call, gid, subtype, text, dependency={"gid": other})
        action = "added" if adding else "removed"
        change = {"field": "dependencies", "action": action, f"{action}_value": player.ref(other)}
        player.note(gid, "changed", call.actor["gid"], change)
    return call.done()


def _waits_for(call: Call, gid: str) -> list[str]:
    return [item["gid"] for item in call.player.field(gid, "dependencies")]


def _check_links(call: Call, new: list[tuple[str, str]]) -> None:
    counts: dict[str, int] = {}
    for gid, other in new:
        if gid == other:
            raise ApiError(400, "dependencies: A task cannot depend on itself")
        if gid in _waits_for(call, other) or (other, gid) in new:
            raise invalid("dependencies", "This would create a circular dependency")
        for end in (gid, other):
            counts[end] = counts.get(end, 0) + 1
    for end, added in counts.items():
        if len(dependencies_of(call.player, end)) + len(dependents_of(call.player, end)) + added > MAX_LINKS:
            raise ApiError(400, f"A task can have at most {MAX_LINKS} dependencies and dependents combined")


# -- followers


@operation("POST", "/tasks/{task}/addFollowers")
def add_followers(call: Call, task: str) -> Reply:
    """Let users follow a task."""
    player, gid = call.player, task_gid(call, task)
    known = list(player.field(gid, "followers"))
    new = [user for user in users_of(call, "followers") if user not in {item["gid"] for item in known}]
    if new:
        player.tick()
        player.write(gid, {"followers": [*known, *({"gid": user} for user in new)]})
    for user in new:
        name = (player.ref(user) or {}).get("name")
        story(call, gid, "follower_added", f"added {name} as a collaborator", follower={"gid": user})
        change = {"field": "followers", "action": "added", "added_value": player.ref(user)}
        player.note(gid, "changed", call.actor["gid"], change)
    return call.one(gid)


@operation("POST", "/tasks/{task}/removeFollowers")
def remove_followers(call: Call, task: str) -> Reply:
    """Let users no longer follow a task; Asana tells no story of that."""
    player, gid = call.player, task_gid(call, task)
    known = list(player.field(gid, "followers"))
    gone = [user for user in users_of(call, "followers") if user in {item["gid"] for item in known}]
    if gone:
        player.tick()
        player.write(gid, {"followers": [item for item in known if item["gid"] not in gone]})
    for user in gone:
        change = {"field": "followers", "action": "removed", "removed_value": player.ref(user)}
        player.note(gid, "changed", call.actor["gid"], change)
    return call.one(gid)

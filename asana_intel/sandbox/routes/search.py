"""Search over the tasks and the projects of a workspace: its parameters, its order, its one page. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asana_intel.sandbox.calls import PAGE_MAX, Call, Reply, operation
from asana_intel.sandbox.edits import stated_choice
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.rejections import invalid
from asana_intel.sandbox.search_conditions import (
    Condition,
    field_conditions,
    flag,
    gids_in,
    moment_conditions,
    words_in,
)
from asana_intel.sandbox.search_index import searched
from asana_intel.sandbox.standing import dependencies_of, dependents_of, modified_at, portfolio_items

Get = Callable[[str], str | None]
_SUBTYPES = ("default_task", "milestone", "approval", "custom")
_PEOPLE = {"assignee": "assignee", "created_by": "created_by", "assigned_by": "assigned_by"}


@operation("GET", "/workspaces/{workspace}/tasks/search")
def search_tasks(call: Call, workspace: str) -> Reply:
    """Tasks that fit all parameters: at most 100, never paged, as they stood a while ago."""
    call.player.get("workspaces", workspace)
    seen = searched(call.player)
    conditions = [
        *_texts(call, seen, ("name", "notes")),
        *_task_people(call, seen),
        *_task_places(call, seen),
        *_task_flags(call, seen),
        *_moments(call, _task_moments(seen)),
        *field_conditions(call, seen),
        *_custom_type(call, seen),
    ]
    found = _found(seen, "tasks", workspace, conditions)
    keys = {
        "due_date": lambda gid: seen.field(gid, "due_on"),
        "created_at": lambda gid: seen.field(gid, "created_at"),
        "completed_at": lambda gid: seen.field(gid, "completed_at") if seen.is_completed(gid) else None,
        "likes": lambda gid: str(seen.field(gid, "num_likes") or 0).zfill(9),
        "modified_at": lambda gid: modified_at(seen, gid),
    }
    return _page(call, "tasks", found, keys)


@operation("GET", "/workspaces/{workspace}/projects/search")
def search_projects(call: Call, workspace: str) -> Reply:
    """Projects that fit all parameters: at most 100, never paged, as they stood a while ago."""
    call.player.get("workspaces", workspace)
    seen = searched(call.player)
    conditions = [
        *_texts(call, seen, ("name",)),
        *_people(call, "owner", lambda gid: _gid_of(seen, gid, "owner")),
        *_people(call, "members", lambda gid: _gids_of(seen, gid, "members")),
        *_sets(call, "teams", lambda gid: _gid_of(seen, gid, "team")),
        *_portfolios(call, seen, lambda gid: [gid]),
        *([flag(call, "completed", seen.is_completed)] if "completed" in call.query else []),
        *_moments(call, _project_moments(seen)),
        *field_conditions(call, seen),
    ]
    found = _found(seen, "projects", workspace, conditions)
    keys = {
        "due_date": lambda gid: seen.field(gid, "due_on"),
        "created_at": lambda gid: seen.field(gid, "created_at"),
        "completed_at": lambda gid: seen.field(gid, "completed_at") if seen.is_completed(gid) else None,
        "modified_at": lambda gid: seen.modified.get(gid) or seen.field(gid, "modified_at"),
    }
    return _page(call, "projects", found, keys)


def _found(seen: Player, resource: str, workspace: str, conditions: list[Condition]) -> list[str]:
    return [
        gid
        for gid in seen.all(resource)
        if (seen.field(gid, "workspace") or {"gid": workspace})["gid"] == workspace
        and all(fits(gid) for fits in conditions)
    ]


def _page(call: Call, resource: str, found: list[str], keys: dict[str, Get]) -> Reply:
    """Sort, cut and show what was found; what is gone by now, or not to be seen, is left out."""
    by = stated_choice("sort_by", call.query.get("sort_by", "modified_at"), {*keys, "relevance"})
    key = keys["modified_at"] if by == "relevance" else keys[by]
    ascending = call.query.get("sort_ascending", "false").lower() == "true"
    known = [gid for gid in found if key(gid)]
    known.sort(key=lambda gid: key(gid) or "", reverse=not ascending)
    ordered = [*known, *(gid for gid in found if not key(gid))]
    if by == "relevance" and (text := call.query.get("text")):
        ordered.sort(key=lambda gid: text.casefold() not in str(call.player.field(gid, "name")).casefold())
    limit = call.limit() or PAGE_MAX
    for name in ("limit", "offset"):
        call.query.pop(name, None)
    shown = call.many(resource, call.player.existing(ordered)[:limit])
    return Reply({"data": shown.body["data"]})


# -- what a thing says of itself


def _gid_of(seen: Player, gid: str, name: str) -> list[str]:
    reference = seen.field(gid, name)
    return [reference["gid"]] if reference else []


def _gids_of(seen: Player, gid: str, name: str) -> list[str]:
    return [item["gid"] for item in seen.field(gid, name) or ()]


def _sections(seen: Player, gid: str) -> list[str]:
    return [m["section"]["gid"] for m in seen.field(gid, "memberships") or () if m.get("section")]


def _texts(call: Call, seen: Player, names: tuple[str, ...]) -> Iterable[Condition]:
    if text := call.query.get("text"):
        yield lambda gid: words_in(text, " ".join(str(seen.field(gid, name) or "") for name in names))
    if "resource_subtype" in call.query:
        subtype = stated_choice("resource_subtype", call.query["resource_subtype"], _SUBTYPES)
        yield lambda gid: seen.field(gid, "resource_subtype") == subtype


# -- people and places


def _sets(call: Call, name: str, of: Callable[[str], list[str]]) -> Iterable[Condition]:
    return gids_in(call, name, of, lambda text: text)


def _people(call: Call, name: str, of: Callable[[str], list[str]]) -> Iterable[Condition]:
    return gids_in(call, name, of, lambda text: text if text == "null" else call.user_gid(name, text))


def _task_people(call: Call, seen: Player) -> Iterable[Condition]:
    for name, field in _PEOPLE.items():
        yield from _people(call, name, lambda gid, field=field: _gid_of(seen, gid, field))
    yield from _people(call, "followers", lambda gid: _gids_of(seen, gid, "followers"))
    yield from _people(
        call, "liked_by", lambda gid: [like["user"]["gid"] for like in seen.field(gid, "likes") or () if "user" in like]
    )
    yield from _people(call, "commented_on_by", lambda gid: _commenters(seen, gid))


def _commenters(seen: Player, gid: str) -> list[str]:
    comments = [s for s in seen.related("stories.target", gid) if seen.field(s, "type") == "comment"]
    return [author["gid"] for story in comments if (author := seen.field(story, "created_by"))]


def _task_places(call: Call, seen: Player) -> Iterable[Condition]:
    # Asana joins the two: tasks of the projects and those of the sections.
    either = {name: call.query.get(f"{name}.any") for name in ("projects", "sections")}
    if all(either.values()):
        wanted = {gid.strip() for text in either.values() for gid in str(text).split(",")}
        yield lambda gid: bool(wanted & {*_gids_of(seen, gid, "projects"), *_sections(seen, gid)})
        for name in either:
            call.query.pop(f"{name}.any")
    yield from _sets(call, "projects", lambda gid: _gids_of(seen, gid, "projects"))
    yield from _sets(call, "sections", lambda gid: _sections(seen, gid))
    yield from _sets(call, "tags", lambda gid: _gids_of(seen, gid, "tags"))
    yield from _sets(
        call, "teams", lambda gid: [t for p in _gids_of(seen, gid, "projects") for t in _gid_of(seen, p, "team")]
    )
    yield from _portfolios(call, seen, lambda gid: _gids_of(seen, gid, "projects"))


def _portfolios(call: Call, seen: Player, projects_of: Callable[[str], list[str]]) -> Iterable[Condition]:
    if text := call.query.get("portfolios.any"):
        named = [part.strip() for part in text.split(",")]
        inside = {item for portfolio in named for item in portfolio_items(seen, portfolio)}
        yield lambda gid: bool(inside & set(projects_of(gid)))


def _task_flags(call: Call, seen: Player) -> Iterable[Condition]:
    def is_open(gid: str) -> bool:
        return not seen.is_completed(gid)

    checks: dict[str, Callable[[str], bool]] = {
        "completed": seen.is_completed,
        "is_subtask": lambda gid: bool(seen.field(gid, "parent")),
        "is_blocked": lambda gid: any(is_open(other) for other in dependencies_of(seen, gid)),
        "is_blocking": lambda gid: is_open(gid) and bool(dependents_of(seen, gid)),
        "has_attachment": lambda gid: bool(seen.related("attachments.parent", gid)),
    }
    return [flag(call, name, check) for name, check in checks.items() if name in call.query]


def _custom_type(call: Call, seen: Player) -> Iterable[Condition]:
    named = [name for name in call.query if name.startswith("custom_types.")]
    if len(named) > 1:
        raise invalid(named[1], "Only one custom_types parameter may be given")
    for name in named:
        parts = name.split(".")
        if parts[2:] != ["custom_type_status_option", "gid"] or call.query.get("resource_subtype") != "custom":
            raise invalid(name, "Needs custom_types.{gid}.custom_type_status_option.gid and resource_subtype=custom")
        custom_type, option = call.existing("custom_type", "custom_types", parts[1]), call.query[name]
        yield (
            lambda gid, custom_type=custom_type, option=option: (
                _gid_of(seen, gid, "custom_type") == [custom_type]
                and _gid_of(seen, gid, "custom_type_status_option") == [option]
            )
        )


# -- times


def _task_moments(seen: Player) -> dict[str, Get]:
    def completed(gid: str) -> str | None:
        return seen.field(gid, "completed_at") if seen.is_completed(gid) else None

    return {
        "due_on": lambda gid: seen.field(gid, "due_on"),
        "due_at": lambda gid: seen.field(gid, "due_at"),
        "start_on": lambda gid: seen.field(gid, "start_on"),
        "created_on": lambda gid: seen.field(gid, "created_at"),
        "created_at": lambda gid: seen.field(gid, "created_at"),
        "completed_on": completed,
        "completed_at": completed,
        "modified_on": lambda gid: modified_at(seen, gid),
        "modified_at": lambda gid: modified_at(seen, gid),
    }


def _project_moments(seen: Player) -> dict[str, Get]:
    moments = _task_moments(seen)
    return {name: moments[name] for name in moments if not name.startswith("modified")}


def _moments(call: Call, of: dict[str, Get]) -> Iterable[Condition]:
    for name, get in of.items():
        yield from moment_conditions(call, name, get)

"""The order of sections, tasks, subtasks and items in their lists: ranks, and where a request puts a thing. No effects.

A rank is a string of digits that sorts as text. Until somebody moves it, a record's rank is its place among the
records of its kind; a moved one gets a rank between its new neighbours. A task's rank in a project stands in its
membership, a subtask's and a section's in the field `rank`, which never leaves the server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asana_intel.sandbox.calls import Call
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.progress import project_tasks
from asana_intel.sandbox.rejections import ApiError, invalid
from asana_intel.sandbox.standing import subtasks_of
from asana_intel.sandbox.world import Fields

_DIGITS = 9
START, END = "start", "end"


def end_rank(player: Player) -> str:
    """Give a rank behind everything that has one."""
    return str(player.new_place()).zfill(_DIGITS)


def between(before: str | None, after: str) -> str:
    """Give a rank between two, or before the first if `before` is None."""
    width = max(len(before or ""), len(after)) + 1
    low, high = (int((text or "0").ljust(width, "0")) for text in (before, after))
    middle = (low + high) // 2
    # A rank never ends in 0: "15" and "150" would be one number and two ranks, with nothing between them.
    return str(middle + (middle % 10 == 0)).zfill(width)


def _own_rank(player: Player, gid: str) -> str:
    return player.field(gid, "rank") or _default(player, gid)


def membership(player: Player, task: str, project: str) -> Fields | None:
    """Return a task's raw membership in a project."""
    return _among(player.field(task, "memberships"), project)


def _among(memberships: list[Fields] | None, project: str) -> Fields | None:
    return next((m for m in memberships or () if (m.get("project") or {}).get("gid") == project), None)


def _rank_in(player: Player, task: str, project: str) -> str:
    return (membership(player, task, project) or {}).get("rank") or _default(player, task)


def _default(player: Player, gid: str) -> str:
    record = player.record(gid)
    return str(record.place if record else 0).zfill(_DIGITS)


# -- lists in order


def sections_of(player: Player, project: str) -> list[str]:
    """List the existing sections of a project, in order."""
    found = player.related("sections.project", project)
    return sorted(found, key=lambda section: _own_rank(player, section))


def tasks_in_project(player: Player, project: str) -> list[str]:
    """List the tasks of a project: those without a section, then section by section, each in its order."""
    key = ("project", project)
    if key not in player.lists:
        places = {section: n for n, section in enumerate(sections_of(player, project))}

        def place(held: Fields) -> tuple[int, str | None]:
            section = (held.get("section") or {}).get("gid")
            return places.get(str(section), -1), held.get("rank")

        tasks = project_tasks(player, project)
        held = player.column(tasks, "memberships")
        # Tasks share their lists of memberships, so that few have to be looked at.
        spots = {id(list_): place(_among(list_, project) or {}) for list_ in {id(one): one for one in held}.values()}
        ranked = [(task, *spots[id(one)]) for task, one in zip(tasks, held, strict=True)]
        ranked.sort(key=lambda spot: (spot[1], spot[2] or _default(player, spot[0])))
        player.lists[key] = [task for task, _, _ in ranked]
    return player.lists[key]


def tasks_in_section(player: Player, section: str) -> list[str]:
    """List the tasks of a section, in order."""
    key = ("section", section)
    if key not in player.lists:
        project = player.field(section, "project")["gid"]
        found = [task for task in player.related("tasks.section", section) if stands_in(player, task, section)]
        player.lists[key] = sorted(found, key=lambda task: _rank_in(player, task, project))
    return player.lists[key]


def stands_in(player: Player, task: str, section: str) -> bool:
    """Tell whether a task is in a section now."""
    return any((m.get("section") or {}).get("gid") == section for m in player.field(task, "memberships") or ())


def subtasks_in_order(player: Player, parent: str) -> list[str]:
    """List the direct subtasks of a task, in order."""
    return sorted(subtasks_of(player, parent), key=lambda task: _own_rank(player, task))


# -- where a request puts a thing


def asked_rank(call: Call, siblings: Sequence[str], rank: Callable[[str], str], default: str | None) -> str | None:
    """Read `insert_before` and `insert_after`, and give the rank of that place.

    Args:
        call: The call; `insert_before: null` means the end, `insert_after: null` the beginning.
        siblings: The others of the list, in order.
        rank: Gives the rank of one of them.
        default: `start` or `end`, where the request names no place; None for no rank then.

    Raises:
        ApiError: 400 if both are given, or the neighbour is not in the list.
    """
    index = asked_index(call, siblings)
    if index is None:
        if default is None:
            return None
        index = 0 if default == START else len(siblings)
    if index >= len(siblings):
        return end_rank(call.player)
    return between(rank(siblings[index - 1]) if index else None, rank(siblings[index]))


def asked_index(call: Call, siblings: Sequence[str]) -> int | None:
    """Read `insert_before` and `insert_after` as an index into the other members of a list; None if neither is given.

    Raises:
        ApiError: 400 if both are given, or the neighbour is not in the list.
    """
    names = [name for name in ("insert_before", "insert_after") if name in call.data]
    if len(names) == 2:
        raise ApiError(400, "You may only specify one of insert_before or insert_after")
    if not names:
        return None
    name, neighbour = names[0], call.data[names[0]]
    if neighbour is None:
        return len(siblings) if name == "insert_before" else 0
    if str(neighbour) not in siblings:
        raise invalid(name, f"{neighbour} is not in the list")
    return list(siblings).index(str(neighbour)) + (name == "insert_after")


def rank_among_sections(call: Call, project: str, section: str | None) -> str:
    """Give the rank for a section that is made or moved in a project; at the end unless the request names a place."""
    others = [gid for gid in sections_of(call.player, project) if gid != section]
    return asked_rank(call, others, lambda gid: _own_rank(call.player, gid), END) or ""


def rank_among_subtasks(call: Call, parent: str, task: str) -> str:
    """Give the rank for a task that becomes, or is moved as, a subtask; at the end unless the request says."""
    others = [gid for gid in subtasks_in_order(call.player, parent) if gid != task]
    return asked_rank(call, others, lambda gid: _own_rank(call.player, gid), END) or ""


def rank_in_section(call: Call, project: str, section: str | None, task: str, default: str | None) -> str | None:
    """Give the rank for a task that is put into a section of a project; None if no place is named and none is due."""
    player = call.player
    listed = tasks_in_section(player, section) if section else tasks_in_project(player, project)
    others = [gid for gid in listed if gid != task]
    return asked_rank(call, others, lambda gid: _rank_in(player, gid, project), default)

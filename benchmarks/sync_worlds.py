"""Worlds of an exact size: how they are written, what a sync must find in them, and the fewest requests for that.

The minimum is that of documented endpoints at 100 records a page: lists with all fields, nothing asked twice.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

Record = dict[str, Any]
PAGE = 100
WORKSPACE = {"gid": "1"}
_BEGUN = "2026-01-05T08:00:00.000Z"


@dataclass(frozen=True)
class Size:
    """How much a world holds.

    Args:
        projects: Projects.
        tasks_in_each: Tasks whose home is one project.
        subtasks: Tasks below those, two under one parent; one in ten is below another subtask.
        multi_homed: Tasks that are in a second project, too.
        loose: Tasks in no project and below no task.
        stories: Stories of tasks, spread evenly.
        people: Users, to whom four of five tasks are assigned.
        goals: Goals.
    """

    projects: int
    tasks_in_each: int
    subtasks: int
    multi_homed: int
    loose: int
    stories: int
    people: int
    goals: int


@dataclass
class World:
    """A company as records, by resource."""

    records: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))

    def write(self, folder: Path) -> None:
        """Write it as a world folder (docs/sandbox.md)."""
        folder.mkdir(parents=True)
        for resource, records in self.records.items():
            (folder / f"{resource}.jsonl").write_bytes(b"".join(orjson.dumps(r) + b"\n" for r in records))

    @cached_property
    def tasks(self) -> dict[str, Record]:
        """Gid -> task."""
        return {task["gid"]: task for task in self.records["tasks"]}

    def kind_of(self, task: Record) -> str:
        """Where a task hangs: `tasks` (in a project), `subtasks` or `loose_tasks`."""
        if task.get("parent"):
            return "subtasks"
        return "tasks" if task["projects"] else "loose_tasks"

    def kind_of_story(self, story: Record) -> str:
        """What kind of task a story tells of: `stories`, `subtask_stories` or `loose_stories`."""
        return {"tasks": "stories", "subtasks": "subtask_stories", "loose_tasks": "loose_stories"}[
            self.kind_of(self.tasks[story["target"]["gid"]])
        ]


def draw_world(size: Size) -> World:
    """Make a world of exactly that size; the same size gives the same world."""
    world = World()
    _draw_structure(world, size)
    _draw_tasks(world, size)
    tasks = world.records["tasks"]
    people = [u["gid"] for u in world.records["users"]]
    for n in range(size.stories):
        world.records["stories"].append(_story(n, tasks[n % len(tasks)]["gid"], people[n % len(people)]))
    _draw_goals(world, size)
    return world


def _draw_structure(world: World, size: Size) -> None:
    put = world.records
    put["workspaces"].append({**WORKSPACE, "name": "Acme", "is_organization": True, "email_domains": ["acme.example"]})
    for n in range(size.people):
        user = {"gid": str(1_000 + n)}
        put["users"].append({**user, "name": f"Person {n}", "email": f"p{n}@acme.example"})
        put["workspace_memberships"].append({"gid": str(2_000 + n), "user": user, "workspace": WORKSPACE})
        put["team_memberships"].append({"gid": str(3_000 + n), "user": user, "team": {"gid": str(4_000 + n % 4)}})
    put["teams"] += [{"gid": str(4_000 + n), "name": f"Team {n}", "organization": WORKSPACE} for n in range(4)]
    put["tags"] += [{"gid": str(4_100 + n), "name": f"tag {n}", "workspace": WORKSPACE} for n in range(6)]
    projects = [str(10_000 + n) for n in range(size.projects)]
    for n, gid in enumerate(projects):
        team, owner = {"gid": str(4_000 + n % 4)}, {"gid": str(1_000 + n % size.people)}
        dated = {"created_at": _BEGUN, "modified_at": _BEGUN}
        put["projects"].append(
            {"gid": gid, "name": f"Project {n}", "workspace": WORKSPACE, "team": team, "owner": owner, **dated}
        )
        put["sections"] += [
            {"gid": f"{gid}{k}", "name": name, "project": {"gid": gid}, "created_at": _BEGUN}
            for k, name in enumerate(("To do", "Doing", "Done"))
        ]
        put["project_memberships"].append({"gid": f"{gid}5", "parent": {"gid": gid}, "member": owner})
        put["allocations"].append(
            {"gid": f"{gid}6", "parent": {"gid": gid}, "assignee": owner, "start_date": "2026-01-05",
             "end_date": "2026-03-27", "effort": {"type": "hours", "value": 20}}
        )  # fmt: skip
        if n % 2:
            put["status_updates"].append(
                {"gid": f"{gid}7", "parent": {"gid": gid}, "status_type": "on_track", "title": "Week", "text": "Fine",
                 "author": owner, "created_by": owner, "created_at": _BEGUN}
            )  # fmt: skip
    put["portfolios"].append({"gid": "5000", "name": "All", "workspace": WORKSPACE, "items": projects})
    put["custom_fields"] += _custom_fields(projects)


def _custom_fields(projects: list[str]) -> list[Record]:
    common = {"x_projects": projects}
    options = [{"gid": f"610{k}", "name": name, "enabled": True, "color": "blue"} for k, name in enumerate("ABC")]
    return [
        {"gid": "6000", "name": "Estimate", "resource_subtype": "number", "precision": 1, **common},
        {"gid": "6001", "name": "Class", "resource_subtype": "enum", "enum_options": options, **common},
        {"gid": "6002", "name": "Note", "resource_subtype": "text", **common},
    ]


def _draw_tasks(world: World, size: Size) -> None:
    tasks = world.records["tasks"]
    for n in range(size.projects * size.tasks_in_each):
        homes = [n % size.projects] + ([(n + 1) % size.projects] if n < size.multi_homed else [])
        places = [
            {"project": {"gid": str(10_000 + home)}, "section": {"gid": f"{10_000 + home}{n % 3}"}} for home in homes
        ]
        fields = {"6000": float(1 + n % 13), "6001": f"610{n % 3}", "6002": f"note {n}"}
        before = [{"gid": tasks[n - size.projects]["gid"]}] if n >= size.projects and n % 7 == 0 else []
        tasks.append(
            _task(n, size.people) | {"memberships": places, "projects": [p["project"] for p in places],
                                     "custom_fields": fields, "dependencies": before,
                                     "tags": [{"gid": str(4_100 + n % 6)}] if n % 4 == 0 else []}
        )  # fmt: skip
    rooted = len(tasks)
    direct = size.subtasks - size.subtasks // 10
    for n in range(size.subtasks):
        above = tasks[n // 2 * 2 % rooted] if n < direct else tasks[rooted + n - direct]
        tasks.append(_task(rooted + n, size.people) | {"parent": {"gid": above["gid"]}})
    for n in range(size.loose):
        number = len(tasks)
        tasks.append(_task(number, size.people) | {"assignee": {"gid": str(1_000 + n % size.people)}})
    world.records["time_tracking_entries"] += [
        {"gid": str(80_000_000 + n), "task": {"gid": tasks[n]["gid"]}, "duration_minutes": 30 + n % 90,
         "entered_on": "2026-02-02", "created_by": {"gid": "1000"}, "created_at": "2026-02-02T17:00:00.000Z"}
        for n in range(0, rooted, 10)
    ]  # fmt: skip


def _task(n: int, people: int) -> Record:
    created = f"2026-{1 + n % 2:02d}-{5 + n % 20:02d}T{8 + n % 9:02d}:{n % 60:02d}:00.000Z"
    person = {"gid": str(1_000 + n % people)}
    is_done = n % 3 == 0
    return {
        "gid": str(20_000_000 + n),
        "name": f"Write down number {n} for everyone",
        "notes": f"What number {n} is about, in a line or so." if n % 3 else "",
        "created_at": created,
        "modified_at": "2026-02-27T12:00:00.000Z",
        "created_by": person,
        "assignee": person if n % 5 else None,
        "followers": [person],
        "due_on": f"2026-{3 + n % 6:02d}-{1 + n % 28:02d}",
        "completed": is_done,
        "completed_at": "2026-02-27T12:00:00.000Z" if is_done else None,
        "projects": [],
        "workspace": WORKSPACE,
    }


def _story(n: int, task: str, person: str) -> Record:
    is_comment = n % 3 == 0
    return {
        "gid": str(100_000_000 + n),
        "resource_subtype": "comment_added" if is_comment else "assigned",
        "type": "comment" if is_comment else "system",
        "text": f"Something about {n} that needed to be said." if is_comment else f"assigned to Person {n % 50}",
        "created_at": f"2026-02-26T{8 + n % 9:02d}:{n % 60:02d}:00.000Z",
        "created_by": {"gid": person},
        "target": {"gid": task},
        "assignee": None if is_comment else {"gid": person},
    }


def _draw_goals(world: World, size: Size) -> None:
    put = world.records
    period = {"gid": "7000"}
    put["time_periods"].append(
        {**period, "period": "Q1", "display_name": "Q1 FY26", "start_on": "2026-01-01", "end_on": "2026-03-31"}
    )
    for n in range(size.goals):
        goal = {"gid": str(7_100 + n)}
        metric = {"gid": str(7_500 + n), "target_number_value": 100.0, "current_number_value": float(n)}
        put["goals"].append(
            {**goal, "name": f"Goal {n}", "workspace": WORKSPACE, "owner": {"gid": "1000"}, "time_period": period,
             "status": "green", "metric": metric, "x_created_at": _BEGUN}
        )  # fmt: skip
        put["goal_relationships"].append(
            {
                "gid": str(7_800 + n),
                "supported_goal": goal,
                "supporting_resource": {"gid": str(10_000 + n % size.projects)},
                "resource_subtype": "supporting_work",
                "contribution_weight": 1.0,
            }
        )


# -- the fewest requests

ROOTS = (
    "workspaces", "users", "teams", "projects", "portfolios", "goals", "tags", "custom_fields", "time_periods",
    "workspace_memberships", "allocations", "time_tracking_entries",
)  # fmt: skip
# Stream -> what it is listed for, and the field that tells so.
_PER_PARENT = {
    "team_memberships": ("teams", "team"),
    "sections": ("projects", "project"),
    "project_memberships": ("projects", "parent"),
    "goal_relationships": ("goals", "supported_goal"),
    "ooo_entries": ("users", "user"),
}
OUR_STREAMS = (
    *ROOTS, *_PER_PARENT, "portfolio_items", "status_updates", "tasks", "subtasks", "loose_tasks", "stories",
    "subtask_stories", "loose_stories", "goal_stories",
)  # fmt: skip


def minimum_requests(world: World, streams: Collection[str]) -> int:
    """The fewest requests that read these streams once, in full."""
    return sum(_minimum_of(world, stream) for stream in streams)


def _minimum_of(world: World, stream: str) -> int:
    records = world.records
    if stream in ROOTS:
        return _pages(len(records[stream]))
    if stream in _PER_PARENT:
        parents, name = _PER_PARENT[stream]
        return _lists(records[parents], Counter(r[name]["gid"] for r in records[stream]))
    match stream:
        case "portfolio_items":
            return sum(_pages(len(p["items"])) for p in records["portfolios"])
        case "status_updates":  # only of parents that show one
            return len({u["parent"]["gid"] for u in records["status_updates"]})
        case "tasks":
            return _lists(records["projects"], Counter(p["gid"] for t in records["tasks"] for p in t["projects"]))
        case "subtasks":  # only of tasks that say they have some
            return len({t["parent"]["gid"] for t in records["tasks"] if t.get("parent")})
        case "loose_tasks":  # each person's list, and no more of it than the tasks that no other list shows
            loose = (t for t in records["tasks"] if world.kind_of(t) == "loose_tasks")
            return _lists(records["users"], Counter(t["assignee"]["gid"] for t in loose))
        case "goal_stories":
            return len(records["goals"])
        case _:
            return _lists(_story_targets(world, stream), Counter(s["target"]["gid"] for s in records["stories"]))


def _story_targets(world: World, stream: str) -> Sequence[Record]:
    kind = {"stories": "tasks", "subtask_stories": "subtasks", "loose_stories": "loose_tasks"}[stream]
    return [task for task in world.records["tasks"] if world.kind_of(task) == kind]


def minimum_of_changes(world: World, changed: int, *, has_workspace_events: bool) -> int:
    """The fewest requests that bring tasks and stories up to date: what happened, one search, and stories.

    Each project tells what happened in it; where the plan has events of the whole workspace, one call tells it all.
    What no event tells of (people, tags, …) is not part of it.

    Args:
        world: Where it happened.
        changed: Tasks that changed, subtasks included; deletions stand in the events.
        has_workspace_events: Whether the plan has them.
    """
    return (1 if has_workspace_events else len(world.records["projects"])) + _pages(changed) + changed


def _lists(parents: Sequence[Record], children: Counter[str]) -> int:
    return sum(_pages(children[parent["gid"]]) for parent in parents)


def _pages(records: int) -> int:
    return max(1, -(-records // PAGE))


# -- the truth


def truth_of(world: World) -> Iterator[tuple[str, str, str | None]]:
    """Every task and story that stands: kind, gid, and the name of tasks."""
    for task in world.records["tasks"]:
        yield world.kind_of(task), task["gid"], task["name"]
    for story in world.records["stories"]:
        yield world.kind_of_story(story), story["gid"], None

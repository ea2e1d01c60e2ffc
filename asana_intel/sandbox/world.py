"""A world on disk: its records, read once and indexed, never changed. What stands at a moment is player.py's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from asana_intel.errors import ConfigError
from asana_intel.sandbox.garbage import collecting_nothing
from asana_intel.sandbox.records import Change, Fields, Record
from asana_intel.sandbox.schema import DEFAULTS, FILES, TYPES
from asana_intel.sandbox.times import ALWAYS, normal_iso
from asana_intel.sandbox.world_files import path_of, records, rows

__all__ = ["Change", "Fields", "Record", "World", "load_world", "setting_record"]

# Born and written all the time, and shown by the tasks around them only.
LOCAL = frozenset({"tasks", "stories", "time_tracking_entries"})
# No task shows these.
_UNSEEN = LOCAL | {
    "project_memberships", "memberships", "portfolio_memberships", "team_memberships", "workspace_memberships",
    "allocations", "ooo_entries", "status_updates", "goals", "goal_relationships", "time_periods",
}  # fmt: skip


@dataclass
class World:
    """All records of a company, with the indexes that the server asks.

    Attributes:
        records: gid -> record.
        by_resource: Resource -> gids in the order of the file.
        index: (relation, gid) -> gids that ever stood in that relation.
        history: Goal gid -> its `(at, value)` pairs, oldest first.
        tokens: What `tokens.json` says (see tokens.py).
        turns: Moments, in order, at which anything is born or changes that tasks show, but they and what is theirs.
        next_gid: First number free for created objects.
    """

    records: dict[str, Record] = field(default_factory=dict)
    by_resource: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in TYPES})
    index: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    history: dict[str, list[tuple[str, float]]] = field(default_factory=lambda: defaultdict(list))
    tokens: Fields = field(default_factory=dict)
    turns: list[str] = field(default_factory=list)
    next_gid: int = 1

    def add(self, record: Record) -> None:
        """Enter a record and its relations, those of earlier states included."""
        gid: str = record.field("gid")
        self.records[gid] = record
        self.by_resource[record.resource].append(gid)
        record.place = len(self.by_resource[record.resource])
        for end in record.relations():
            self.index[end].append(gid)

    def related(self, relation: str, gid: str) -> Sequence[str]:
        """Return what ever stood in a relation to an object, in the order of the files; not to be changed."""
        return self.index.get((relation, gid), ())

    def of(self, resource: str) -> list[Record]:
        """Return all records of a resource, in the order of the file."""
        return [self.records[gid] for gid in self.by_resource[resource]]


def load_world(folder: Path) -> World:
    """Read a world folder.

    Args:
        folder: Holds `<resource>.jsonl.gz` or `.jsonl`, one record a line; a missing file is an empty resource.

    Returns:
        The indexed world.

    Raises:
        ConfigError: If the folder is missing or holds no world, or a line is not a record.
    """
    found = {name: path for name in FILES if (path := path_of(folder, name))}
    if not found:
        raise ConfigError(
            f"{folder} is not a world: it holds none of workspaces.jsonl.gz, tasks.jsonl.gz, …",
            fix="generate one with `asana-intel sandbox generate`, or name a folder of <resource>.jsonl.gz files",
        )
    with collecting_nothing():
        return _read(folder, found)


def _read(folder: Path, found: dict[str, Path]) -> World:
    world = World()
    for name, path in found.items():
        for record in records(path, name, world.records):
            world.add(record)
    readings = path_of(folder, "goal_metric_history")
    for number, row in rows(readings) if readings else ():
        try:
            world.history[row["goal"]].append((normal_iso(row["at"]), row["current_number_value"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"goal_metric_history, line {number}: not a reading ({type(error).__name__}: {error})",
                fix='write {"goal": gid, "at": moment, "current_number_value": number}',
            ) from error
    for values in world.history.values():
        values.sort(key=lambda pair: pair[0])
    tokens = folder / "tokens.json"
    if tokens.exists():
        try:
            world.tokens = orjson.loads(tokens.read_bytes())
        except orjson.JSONDecodeError as error:
            raise ConfigError(f"{tokens}: not JSON ({error})", fix="see docs/sandbox.md, section Tokens") from error
    _mirror_dependents(world)
    world.next_gid = max((int(gid) for gid in world.records if gid.isdecimal()), default=0) + 1
    _derive_settings(world)
    _derive_task_lists(world)
    _derive_placements(world)
    _settle_births(world)
    world.turns = sorted({moment for name in TYPES if name not in _UNSEEN for moment in _turns_of(world.of(name))})
    return world


def _turns_of(records: list[Record]) -> Iterator[str]:
    for record in records:
        yield record.born
        completed_at = record.field("completed_at")
        if completed_at:
            yield completed_at
        for change in record.changes:
            yield change.until


def _mirror_dependents(world: World) -> None:
    """Keep one direction of a dependency: `dependents` of A become `dependencies` of B."""
    for record in world.of("tasks"):
        for other in record.extra.get("dependents", ()):
            target, gid = world.records.get(other["gid"]), record.field("gid")
            before = target.field("dependencies") if target else None
            if target and before is not None and gid not in {item["gid"] for item in before}:
                target.set_field("dependencies", [*before, {"gid": gid}])
                world.index["tasks.dependency", gid].append(other["gid"])


def _derive_settings(world: World) -> None:
    for custom_field in world.of("custom_fields"):
        for kind in ("projects", "portfolios", "goals", "teams"):
            for parent in custom_field.extra.get(kind, []):
                if parent in world.records:
                    world.add(setting_record(str(world.next_gid), custom_field.field("gid"), parent, TYPES[kind]))
                    world.next_gid += 1


def setting_record(gid: str, custom_field: str, parent: str, parent_type: str, *, important: bool = False) -> Record:
    """Build the record of a custom field's attachment to a project, portfolio or goal."""
    fields: Fields = {
        "gid": gid,
        "resource_type": "custom_field_setting",
        "custom_field": {"gid": custom_field},
        "is_important": important,
        "parent": {"gid": parent, "resource_type": parent_type},
    }
    return Record(resource="custom_field_settings", fields=fields)


def _derive_task_lists(world: World) -> None:
    workspaces = world.by_resource["workspaces"]
    for user in list(world.by_resource["users"]):
        fields: Fields = {
            "gid": str(world.next_gid),
            "resource_type": "user_task_list",
            "name": "My Tasks",
            "owner": {"gid": user},
            "workspace": {"gid": workspaces[0]} if workspaces else None,
        }
        world.add(Record(resource="user_task_lists", fields=fields))
        world.next_gid += 1


def _derive_placements(world: World) -> None:
    for portfolio in world.of("portfolios"):
        for item in portfolio.extra["items"]:
            project = item if isinstance(item, str) else item["gid"]
            if project in world.records and world.records[project].resource == "projects":
                world.add(placement_record(str(world.next_gid), project, portfolio.fields["gid"], portfolio.born))
                world.next_gid += 1


def placement_record(gid: str, project: str, portfolio: str, born: str) -> Record:
    """Build the record of a project's standing in a portfolio (a "project portfolio setting")."""
    fields: Fields = {
        "gid": gid,
        "resource_type": TYPES["project_portfolio_settings"],
        "project": {"gid": project},
        "portfolio": {"gid": portfolio},
        **DEFAULTS["project_portfolio_settings"],
        "created_at": born or None,
    }
    return Record(resource="project_portfolio_settings", fields=fields, born=born)


def _settle_births(world: World) -> None:
    """Move births so that nothing exists before what it belongs to, and containers not after their first task."""
    records = world.records

    def first_task(relation: str, gid: str, own: str) -> str:
        tasks = (records[task] for task in world.related(relation, gid))
        return min([own, *(task.born for task in tasks if not task.changes)])

    for record in world.of("projects"):
        record.born = first_task("tasks.project", record.field("gid"), record.born)
    for record in world.of("sections"):
        record.born = max(
            first_task("tasks.section", record.field("gid"), record.born), _birth(world, record.field("project"))
        )
    for record in world.of("tasks"):
        if record.field("parent"):
            record.born = max(link.born for link in _lineage(records, record))
    for resource, ends in _OWNERS.items():
        for gid in world.by_resource[resource]:
            record = records[gid]
            for end in ends:
                reference = record.field(end)
                owner = records.get(reference["gid"]) if reference else None
                if owner is not None and owner.born > record.born:
                    record.born = owner.born


def _lineage(records: dict[str, Record], task: Record) -> list[Record]:
    """List a task and all tasks above it."""
    chain = {task.field("gid"): task}
    while (parent := task.field("parent")) and (gid := parent["gid"]) in records:
        if gid in chain:
            raise ConfigError(f"tasks: {gid} is a subtask of itself", fix="let the topmost of its parents have none")
        task = chain[gid] = records[gid]
    return list(chain.values())


_OWNERS: dict[str, tuple[str, ...]] = {
    "custom_field_settings": ("parent", "custom_field"),
    "user_task_lists": ("owner",),
    "project_portfolio_settings": ("project", "portfolio"),
    "portfolio_memberships": ("parent", "portfolio", "member", "user"),
    "timesheet_approval_statuses": ("user",),
    "budgets": ("parent",),
    "rates": ("parent", "resource"),
    "access_requests": ("target", "requester"),
    "task_templates": ("project",),
    "project_briefs": ("project",),
    "attachments": ("parent",),
    "reactions": ("target", "user"),
    "goal_relationships": ("supported_goal", "supporting_resource"),
    "status_updates": ("parent",),
    "stories": ("target",),
    "time_tracking_entries": ("task",),
    "team_memberships": ("team", "user"),
    "workspace_memberships": ("user",),
    "project_memberships": ("parent", "project", "member", "user"),
    "memberships": ("parent", "member"),
    "allocations": ("parent", "assignee"),
    "ooo_entries": ("user",),
}


def _birth(world: World, reference: Fields | None) -> str:
    other = world.records.get(reference["gid"]) if reference else None
    return other.born if other else ALWAYS

"""A read-only stub of Asana's REST API, built from the API documents alone; no code or rule of the product goes here.

`company` makes a `World` of records, `PlainAsana` serves it on a local port, and the mutators of `World` change it the
way people would. Records are plain dicts. A reference to another record is a `Ref`, looked up when it is shown.
"""

from __future__ import annotations

import json
import random
import re
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Record = dict[str, Any]
Tree = dict[str, Any]  # field -> Tree of its own fields, or None for the field's default form
Params = dict[str, str]

PREFIX = "/api/1.0"
PAGE = 100


def words(text: str) -> list[str]:
    """Split a list of names."""
    return text.split()


def pairs(text: str) -> dict[str, str]:
    """Read `name:value` pairs, where a value may join several names with a plus."""
    return {name: value.replace("+", " ") for name, _, value in (word.partition(":") for word in text.split())}


def blank(text: str) -> Record:
    """Read the fields of an empty record: `a?` null, `a!` false, `a#` zero, `a*` empty list, `a` empty text."""
    values: dict[str, Callable[[], Any]] = {"?": lambda: None, "!": bool, "#": int, "*": list}
    return {word.rstrip("?!#*"): values.get(word[-1], str)() for word in text.split()}


LIKES = "liked! likes* num_likes# "
BLANK = {  # what a record holds besides what it is made with
    "custom_field": "enum_value? number_value? text_value? display_value? is_formula_field! input_restrictions* "
    "description",
    "goal": LIKES + "notes html_notes start_on? team? is_workspace_level! status? metric? current_status_update? "
    "custom_fields* custom_field_settings*",
    "portfolio": "color? archived! start_on? due_on? public! current_status_update? custom_fields* "
    "custom_field_settings*",
    "project": "color? start_on? completed! completed_at? completed_by? archived! custom_fields* "
    "custom_field_settings* current_status_update? current_status? project_brief? created_from_template?",
    "status_update": LIKES + "reaction_summary*",
    "story": LIKES + "hearted! hearts* num_hearts#",
    "tag": "notes followers*",
    "task": LIKES + "hearted! hearts* num_hearts# completed! completed_at? completed_by? due_on? due_at? start_on? "
    "start_at? actual_time_minutes? assignee_section? custom_type? custom_type_status_option? memberships* projects* "
    "tags* dependencies* dependents* custom_fields* num_subtasks# is_rendered_as_separator! notes",
    "team": "description html_description",
    "time_tracking_entry": "categories* description",
    "user": "photo? custom_fields*",
    "workspace_membership": "is_view_only! vacation_dates?",
}
MEMBERS = "resource_subtype parent member access_level"
COMPACT = {  # what a list shows besides gid, resource_type and name when no fields are asked for
    "custom_field": "type resource_subtype enum_options enabled representation_type is_formula_field",
    "goal": "owner",
    "goal_membership": MEMBERS + " role is_commenter is_editor goal",
    "goal_relationship": "resource_subtype supporting_resource contribution_weight",
    "portfolio_membership": MEMBERS,
    "project_membership": MEMBERS,
    "project_portfolio_setting": "project portfolio is_access_control_inherited",
    "status_update": "title resource_subtype",
    "story": "created_at created_by resource_subtype text",
    "task": "resource_subtype",
    "team_membership": "user team is_guest is_limited_access is_admin",
    "time_period": "start_on end_on period display_name",
    "time_tracking_entry": "duration_minutes entered_on attributable_to created_by categories",
    "user_task_list": "owner workspace",
    "workspace_membership": "user workspace",
}
WHOLE_IN_LISTS = words("allocation ooo_entry custom_field custom_field_setting")
OPT_IN = {  # left out of a single record too, unless asked for
    "custom_field": "description",
    "portfolio": "archived",
    "project": "html_notes project_brief created_from_template",
    "status_update": "html_text",
    "story": "html_text",
    "task": "dependencies dependents html_notes num_subtasks is_rendered_as_separator created_by external assigned_by",
    "team": "description html_description",
}
NEVER_IN_LISTS = {"time_tracking_entry": "task created_at approval_status billable_status description"}
COLLECTIONS = words(
    "allocations custom_field_settings custom_fields goal_relationships goals ooo_entries portfolios "
    "project_memberships project_portfolio_settings projects sections status_updates stories tags tasks teams "
    "team_memberships time_periods time_tracking_entries user_task_lists users workspace_memberships workspaces"
)
SINGLES = {name: [re.sub("ie$", "y", name[:-1])] for name in COLLECTIONS}  # collection -> kinds of record it gives
SINGLES["memberships"] = words("project_membership portfolio_membership goal_membership")
NESTED = {
    "goals": "custom_field_settings stories",
    "portfolios": "items custom_field_settings project_portfolio_settings",
    "projects": "tasks sections project_memberships custom_field_settings project_portfolio_settings project_statuses",
    "sections": "tasks",
    "tags": "tasks",
    "tasks": "subtasks stories dependencies dependents projects tags time_tracking_entries",
    "teams": "projects team_memberships project_templates",
    "user_task_lists": "tasks",
    "users": "teams team_memberships workspace_memberships",
    "workspaces": "projects teams tags custom_fields workspace_memberships agents",
}
NEEDED = pairs(  # the query parameters a list refuses to work without; lists that hold nothing here are named too
    "access_requests:target attachments:parent budgets:parent custom_types:project goal_relationships:supported_goal "
    "ooo_entries:user+workspace portfolios:workspace project_templates: rates: reactions:target+emoji_base roles: "
    "status_updates:parent task_templates: time_periods:workspace time_tracking_categories:workspace "
    "timesheet_approval_statuses:workspace webhooks:workspace"
)
PAID = words(
    "custom_fields custom_field_settings dependencies dependents goals goal_relationships parentGoals allocations "
    "time_tracking_entries portfolios search"
)
OWNED = {  # the lists that go away with their owner
    "project": "sections memberships custom_field_settings project_portfolio_settings status_updates allocations",
    "task": "subtasks stories time_tracking_entries",
}
LINKED = {  # the lists that only end with their owner
    "project": "tasks",
    "section": "tasks",
    "task": "dependencies dependents projects tags",
}


class Ref(str):
    """The gid of another record."""

    __slots__ = ()


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault
    """An error answer with its status and, for events, extra keys of the body."""

    def __init__(self, status: int, message: str, **extra: str) -> None:
        super().__init__(message)
        self.status, self.extra = status, extra


def stamp(moment: datetime) -> str:
    """Show a moment the way Asana does: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


class World:
    """Every record of one workspace, the ordered lists that hold them, and the log of what changed."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.tables: dict[str, dict[str, Record]] = defaultdict(dict)
        self.kinds: dict[str, str] = {}
        self.trash: dict[str, Record] = {}
        self.lists: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.places: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self.streams: dict[str, list[Record]] = defaultdict(list)
        self.lock = threading.RLock()
        self.workspace = self.me = Ref("")
        self._latest = datetime.now(UTC)

    # Records and lists

    def put(self, kind: str, *lists: tuple[str, str], resource_type: str = "", **fields: Any) -> Ref:
        """Add a record of a kind, at the end of each named (list, owner)."""
        gid = Ref(self.random.randrange(10**15, 10**16))
        while gid in self.kinds:
            gid = Ref(self.random.randrange(10**15, 10**16))
        self.kinds[gid] = kind
        record = {"gid": str(gid), "resource_type": resource_type or kind, **blank(BLANK.get(kind, "")), **fields}
        self.tables[kind][gid] = record
        for name, owner in lists:
            self.enlist(name, owner, gid)
        return gid

    def enlist(self, name: str, owner: str, gid: str) -> None:
        """Add a record to the end of a list."""
        self.lists[name, owner].append(gid)
        self.places[gid].add((name, owner))

    def delist(self, name: str, owner: str, gid: str) -> None:
        """Take a record out of a list."""
        self.lists[name, owner].remove(gid)
        self.places[gid].discard((name, owner))

    def live(self, gid: str, *kinds: str) -> Record | None:
        """Find a record that is not deleted and, when kinds are given, is of one of them."""
        kind = self.kinds.get(gid, "")
        return None if kinds and kind not in kinds else self.tables[kind].get(gid)

    def find(self, gid: str) -> Record:
        """Find a record, deleted ones included."""
        return self.live(gid) or self.trash[gid]

    def truth(self) -> dict[str, set[str]]:
        """Name the gids a complete reader ends up with, by resource; portfolio items are 'portfolio/item' pairs."""
        plural = {kinds[0]: name for name, kinds in SINGLES.items() if name != "memberships"}
        plural |= {"portfolio_membership": "portfolio_memberships", "goal_membership": "goal_memberships"}
        with self.lock:
            gids = {name: set(self.tables[kind]) for kind, name in plural.items() if kind != "user_task_list"}
            gids["portfolio_items"] = {
                f"{owner}/{gid}" for (name, owner), items in self.lists.items() if name == "items" for gid in items
            }
        return gids

    def now(self) -> str:
        """Take a stamp from the real clock, later than any taken before."""
        self._latest = max(datetime.now(UTC), self._latest + timedelta(milliseconds=1))
        return stamp(self._latest)

    # Events

    def above(self, gid: str) -> set[str]:
        """Name the streams that hear of a record: its own, and those of the tasks, goals and projects above it."""
        record = self.find(gid)
        up = [record.get("parent"), record.get("project"), record.get("target"), *record.get("projects", [])]
        return {str(gid)}.union(*(self.above(one) for one in up if isinstance(one, Ref)))

    def emit(self, action: str, gid: str, parent: str | None = None, change: Record | None = None) -> None:
        """Tell every stream that hears of a record what happened to it."""
        event: Record = {"user": self.me, "resource": Ref(gid), "type": self.find(gid)["resource_type"]}
        event |= {"action": action, "parent": Ref(parent) if parent else None, "created_at": self.now()}
        event |= {"change": change} if change else {}
        for stream in self.above(gid) | (self.above(parent) if parent else set()) | {str(self.workspace)}:
            self.streams[stream].append(event)

    def _story(self, on: str, subtype: str, text: str, **fields: Any) -> Ref:
        """Add a story to a task, which counts as a change of the task."""
        at = self.now()
        story = put_story(self, on, at, self.me, subtype, text, **fields)
        self.tables["task"][on].update(modified_at=at, _touched=at)
        self.emit("added", story, parent=on)
        return story

    def _changed(self, gid: str, **fields: Any) -> None:
        self.tables["task"][gid].update(fields)
        self.emit("changed", gid, change={"field": next(iter(fields)), "action": "changed"})

    # Mutators

    def rename_task(self, task: str, name: str) -> None:
        """Give a task another name."""
        with self.lock:
            old = self.tables["task"][task]["name"]
            self._changed(task, name=name)
            self._story(task, "name_changed", f'changed the name to "{name}"', old_name=old, new_name=name)

    def rename_subtask(self, task: str, name: str) -> None:
        """Give a subtask another name; its parent does not count as modified."""
        if not self.tables["task"][task]["parent"]:
            raise ValueError(f"{task} has no parent")
        self.rename_task(task, name)

    def complete_task(self, task: str) -> None:
        """Mark a task complete."""
        with self.lock:
            self._changed(task, completed=True, completed_at=self.now(), completed_by=self.me)
            self._story(task, "marked_complete", "marked this task complete")

    def add_task(self, name: str, *, project: str = "", section: str = "", parent: str = "", assignee: str = "") -> Ref:
        """Create a task in a project (its first section unless one is named), under a parent task, or in neither."""
        with self.lock:
            task = put_task(self, name, self.now(), parent=parent, assignee=assignee)
            if project:
                section = section or self.lists["sections", project][0]
                place(self, task, project, section)
                self.emit("added", task, parent=project)
                self.emit("added", task, parent=section)
                self._story(task, "added_to_project", "added to project", project=Ref(project))
            else:
                self.emit("added", task, parent=parent or None)
            if assignee:
                self._story(task, "assigned", "assigned this task", assignee=Ref(assignee))
            return task

    def comment(self, task: str, text: str) -> Ref:
        """Write a comment on a task or subtask."""
        with self.lock:
            return self._story(task, "comment_added", text)

    def move_task(self, task: str, section: str, *, quiet: bool = False) -> None:
        """Move a task to another section of a project it is in; a quiet move leaves no story and no modified_at."""
        with self.lock:
            project = self.tables["section"][section]["project"]
            membership = next(m for m in self.tables["task"][task]["memberships"] if m["project"] == project)
            old, membership["section"] = membership["section"], Ref(section)
            self.delist("tasks", old, task)
            self.enlist("tasks", section, task)
            self.tables["task"][task]["_touched"] = self.now()
            self.emit("removed", task, parent=old)
            self.emit("added", task, parent=section)
            if not quiet:
                self._story(task, "section_changed", "moved this task", old_section=old, new_section=Ref(section))

    def delete_task(self, task: str, *, tell_subtasks: bool = True) -> None:
        """Delete a task and everything under it; with tell_subtasks=False only the task itself has an event."""
        with self.lock:
            for gid in [*self.below(task)] if tell_subtasks else []:
                self.emit("deleted", gid)
            self.emit("deleted", task)
            if parent := self.tables["task"][task]["parent"]:
                self.tables["task"][parent]["num_subtasks"] -= 1
            self._drop(task)

    def below(self, task: str) -> Iterator[str]:
        """Name the subtasks under a task at every depth, the deepest first."""
        for subtask in self.lists["subtasks", task]:
            yield from self.below(subtask)
            yield subtask

    def delete_project(self, project: str) -> None:
        """Delete a project; its tasks go with it unless they are assigned to someone or in another project."""
        with self.lock:
            for gid in list(self.lists["tasks", project]):
                task = self.tables["task"][gid]
                if not task["assignee"] and len(task["projects"]) == 1:
                    self.delete_task(gid)
                    continue
                self.emit("removed", gid, parent=project)
                gone = next(m for m in task["memberships"] if m["project"] == project)
                task["memberships"].remove(gone)
                task["projects"].remove(project)
                self.delist("projects", gid, project)
                self.delist("tasks", project, gid)
                self.delist("tasks", gone["section"], gid)
                self._story(gid, "removed_from_project", "removed from project", project=Ref(project))
            self.emit("deleted", project)
            for entry in self.tables["time_tracking_entry"].values():
                if entry["attributable_to"] == project:
                    entry["attributable_to"] = None
            self._drop(project)

    def _drop(self, gid: str) -> None:
        """Put a record, what it owns and what only links to it in the trash."""
        kind = self.kinds[gid]
        for name in OWNED.get(kind, "").split():
            for child in list(self.lists[name, gid]):
                self._drop(child)
        for name in LINKED.get(kind, "").split():
            for child in list(self.lists[name, gid]):
                self.delist(name, gid, child)
        for link in list(self.tables["goal_relationship"].values()):
            if link["supporting_resource"] == gid:
                self._drop(link["gid"])
        for name, owner in list(self.places[gid]):
            self.delist(name, owner, gid)
            if name in ("dependencies", "dependents"):
                self.tables["task"][owner][name].remove(gid)
        self.trash[gid] = self.tables[kind].pop(gid)


# Making a company


def put_task(world: World, name: str, at: str, *, parent: str = "", assignee: str = "", **fields: Any) -> Ref:
    """Add a task outside any project; `place` puts it in one."""
    stamps = {"created_at": at, "modified_at": at, "_touched": at, "html_notes": "<body></body>"}
    made = {"created_by": world.me, "assigned_by": world.me if assignee else None, "followers": [world.me]}
    links = {"assignee": Ref(assignee) if assignee else None, "parent": Ref(parent) if parent else None}
    fields = {"resource_subtype": "default_task", "assignee_status": "upcoming"} | stamps | made | links | fields
    lists = [("subtasks", parent)] if parent else []
    task = world.put("task", *lists, name=name, workspace=world.workspace, **fields)
    world.find(task)["permalink_url"] = f"https://app.asana.com/1/{world.workspace}/task/{task}"
    if parent:
        world.find(parent)["num_subtasks"] += 1
    return task


def place(world: World, task: str, project: str, section: str) -> None:
    """Put a task in a section of a project."""
    record = world.find(task)
    record["projects"].append(Ref(project))
    record["memberships"].append({"project": Ref(project), "section": Ref(section)})
    for name, owner, gid in (("tasks", project, task), ("tasks", section, task), ("projects", task, project)):
        world.enlist(name, owner, gid)


def put_story(world: World, on: str, at: str, by: str, subtype: str, text: str, **fields: Any) -> Ref:
    """Add a story to a task or goal."""
    is_comment = subtype == "comment_added"
    more = {"type": "comment" if is_comment else "system", "is_editable": is_comment, "source": "web"}
    more |= {"is_edited": False, "is_pinned": False} if is_comment else {}
    fields |= {"created_at": at, "created_by": by, "resource_subtype": subtype, "text": text, "target": Ref(on)}
    return world.put("story", ("stories", on), html_text=f"<body>{escape(text)}</body>", **more, **fields)


def company(
    projects: int = 5, tasks_per_project: int = 12, subtasks: int = 2, stories_per_task: int = 2, seed: int = 1
) -> World:
    """Make a workspace with every kind of record the stub serves, for seven people; it began 120 days ago.

    Every third task has `subtasks` subtasks; the first of them has one of its own, and that one too (depth 3). Tasks
    are created in threes, which share a created_at. Every fifth task is in a second project. Each person has two tasks
    outside any project; three more have no project and no assignee, so only the search finds them.
    """
    return Founding(World(seed), stories_per_task).found(projects, tasks_per_project, subtasks)


class Founding:
    """The making of a company, one department of records after the other."""

    def __init__(self, world: World, stories_per_task: int) -> None:
        self.world, self.stories_per_task, self.count = world, stories_per_task, 0
        self.born = datetime.now(UTC).replace(microsecond=0) - timedelta(days=120)
        self.users: list[Ref] = []
        self.teams: list[Ref] = []
        self.fields: list[Ref] = []
        self.tags: list[Ref] = []
        self.projects: list[Ref] = []

    def at(self, hours: float) -> str:
        """Stamp a moment of the company's life."""
        return stamp(self.born + timedelta(hours=hours))

    def day(self, days: int) -> str:
        """Name a day of the company's life."""
        return (self.born.date() + timedelta(days=days)).isoformat()

    def user(self, n: int) -> Ref:
        """Take one person after the other."""
        return self.users[n % len(self.users)]

    def found(self, projects: int, tasks_per_project: int, subtasks: int) -> World:
        """Make everything."""
        self.people()
        self.definitions()
        for n in range(projects):
            self.project(n)
        self.world.random.shuffle(self.projects)
        for n, project in enumerate(self.projects):
            other = self.projects[(n + 1) % projects]
            for k in range(tasks_per_project):
                self.project_task(k, project, other, subtasks)
        for who in self.users * 2:
            self.task(f"For myself {self.count}", assignee=who)
        for _ in range(3):
            self.task(f"Nobody's {self.count}")
        self.portfolios()
        self.goals()
        for n, project in enumerate(self.projects[:3]):
            what = {"assignee": self.user(n), "created_by": self.user(0), "effort": {"type": "hours", "value": 6}}
            span = {"start_date": self.day(n * 7), "end_date": self.day(n * 7 + 30), "parent": project}
            lists = ("allocations", self.world.workspace), ("allocations", project)
            self.world.put("allocation", *lists, resource_subtype="project_allocation", **what, **span)
        return self.world

    def people(self) -> None:
        """Make the workspace, its people, their absences and their teams."""
        world = self.world
        ws = world.workspace = world.put("workspace", name="Färber & Söhne", is_organization=True, email_domains=[])
        for n, name in enumerate(words("Ylva Bo Ana Çetin Desi Emre Fay")):
            who = world.put("user", ("users", ws), name=name, email=f"p{n}@f.test", workspaces=[ws])
            home = world.put("user_task_list", ("home", who), name="My tasks", owner=who, workspace=ws)
            flags = {"is_active": n != 3, "is_admin": n == 0, "is_guest": n == 6, "created_at": self.at(n)}
            lists = ("workspace_memberships", ws), ("workspace_memberships", who)
            world.put("workspace_membership", *lists, user=who, workspace=ws, user_task_list=home, **flags)
            if n % 2 == 0:
                span = {"start_date": self.day(n * 9), "end_date": self.day(n * 9 + 4)}
                world.put("ooo_entry", ("ooo_entries", who), user=who, created_by=who, **span)
            self.users.append(who)
        world.me = self.user(0)
        for n, name in enumerate(words("Press Bindery Office")):
            team = world.put("team", ("teams", ws), name=name, visibility="public", organization=ws)
            for who in self.users[n::2]:
                world.enlist("users", team, who)
                world.enlist("teams", who, team)
                flags: Record = {"is_guest": False, "is_limited_access": False, "is_admin": who == world.me}
                lists = ("team_memberships", team), ("team_memberships", who)
                world.put("team_membership", *lists, user=who, team=team, **flags)
            self.teams.append(team)

    def definitions(self) -> None:
        """Make the custom fields and tags."""
        world, ws = self.world, self.world.workspace
        options = [
            {"gid": str(10**15 + n), "resource_type": "enum_option", "name": name, "enabled": True, "color": "red"}
            for n, name in enumerate(words("High Low"))
        ]
        more: Record = {"Rank": {"enum_options": options}, "Cost": {"precision": 2, "format": "currency"}, "Code": {}}
        for name, kind in pairs("Rank:enum Cost:number Code:text").items():
            flags = {"enabled": True, "is_global_to_workspace": True, "created_by": world.me, **more[name]}
            kinds = dict.fromkeys(["type", "resource_subtype", "representation_type"], kind)
            self.fields.append(world.put("custom_field", ("custom_fields", ws), name=name, **kinds, **flags))
        for name in ("urgent", "später", "a,b"):
            about = {"color": "dark-red", "workspace": ws, "created_at": self.at(3)}
            self.tags.append(world.put("tag", ("tags", ws), name=name, **about))

    def values(self, n: int) -> list[Record]:
        """Make the custom field values of one task."""
        rank, cost, code = (self.world.find(field) for field in self.fields)
        option = rank["enum_options"][n % 2]
        return [
            rank | {"enum_value": option, "display_value": option["name"]},
            cost | {"number_value": n * 1.25, "display_value": f"€{n * 1.25:.2f}"},
            code | {"text_value": f"ref-{n}", "display_value": f"ref-{n}"},
        ]

    def status(self, kind: str, parent: str, by: str) -> None:
        """Post a status update on a project, portfolio or goal."""
        text = {"title": "This week", "text": "Going well.", "html_text": "<body>Going well.</body>", "author": by}
        more = {"created_by": by, "created_at": self.at(90), "modified_at": self.at(90), "parent": Ref(parent)}
        more |= {"status_type": "on_track", "resource_subtype": f"{kind}_status_update"}
        made = self.world.put("status_update", ("status_updates", parent), **text, **more)
        self.world.find(parent)["current_status_update"] = made

    def member(self, kind: str, parent: str, who: str, level: str, **fields: Any) -> None:
        """Give a user or team access to a project, portfolio or goal."""
        subtype = f"{kind}_membership"
        lists = [("memberships", parent)] + [("project_memberships", parent)] * (kind == "project")
        fields |= {"resource_subtype": subtype, "parent": Ref(parent), "member": Ref(who), "access_level": level}
        self.world.put(subtype, *lists, resource_type="membership" if kind == "goal" else subtype, **fields)

    def setting(self, parent: str, field: str) -> None:
        """Attach a custom field to a project or portfolio."""
        links = {"parent": Ref(parent), "project": Ref(parent), "custom_field": Ref(field)}
        made = self.world.put("custom_field_setting", ("custom_field_settings", parent), is_important=True, **links)
        self.world.find(parent)["custom_field_settings"].append(made)

    def project(self, n: int) -> None:
        """Make a project with its sections, members, fields and status."""
        world, ws, owner, team = self.world, self.world.workspace, self.user(n), self.teams[n % 3]
        text = {"name": f"Book {n}", "notes": "a < b", "html_notes": "<body>a &lt; b</body>", "default_view": "list"}
        when = {"created_at": self.at(5 + n), "modified_at": self.at(9 + n), "due_on": self.day(150 + n)}
        links = {"owner": owner, "team": team, "workspace": ws, "members": [owner], "followers": [owner]}
        rest = {"archived": n % 4 == 3, "public": True, "privacy_setting": "public_to_workspace"}
        lists = ("projects", ws), ("projects", team)
        project = world.put(
            "project", *lists, permalink_url=f"https://app.asana.com/0/{n}", **text, **when, **links, **rest
        )
        for name in ("Inbox", "On press", "Done"):
            inside = {"created_at": self.at(6 + n), "project": project, "projects": [project]}
            world.put("section", ("sections", project), name=name, **inside)
        for who in dict.fromkeys([owner, world.me, team]):
            self.member("project", project, who, "admin" if who == owner else "editor")
        for field in self.fields:
            self.setting(project, field)
        self.status("project", project, owner)
        self.projects.append(project)

    def task(self, name: str, *, parent: str = "", assignee: str = "") -> Ref:
        """Make a task outside any project, with its stories."""
        n, self.count = self.count, self.count + 1
        fields: Record = {"due_on": self.day(n % 140), "completed": n % 4 == 1}
        if n % 11 == 4:
            fields |= {"resource_subtype": "approval", "approval_status": "approved" if n % 4 == 1 else "pending"}
        elif n % 11 == 7:
            fields["resource_subtype"] = "milestone"
        if fields["completed"]:
            fields |= {"completed_at": self.at(150 + n % 900), "completed_by": self.user(n)}
        task = put_task(self.world, name, self.at(20 + n // 3 / 20), parent=parent, assignee=assignee, **fields)
        for k in range(self.stories_per_task):
            moment, by = self.at(1000 + n / 20 + k / 100), self.user(n + k)
            if k % 2:
                put_story(self.world, task, moment, by, "comment_added", f"Note {n}/{k} ✓ <&>")
            else:
                put_story(self.world, task, moment, by, "assigned", "assigned this", assignee=self.user(n + k))
            self.world.find(task).update(modified_at=moment, _touched=moment)
        return task

    def project_task(self, k: int, project: str, other: str, subtasks: int) -> None:
        """Make a task of a project with all that hangs on it; the first of a project has no name."""
        world, n = self.world, self.count
        task = self.task(f"Sheet {n}" if k else "", assignee=self.user(n) if n % 3 else "")
        record = world.find(task)
        record["custom_fields"] = self.values(n)
        place(world, task, project, world.lists["sections", project][k % 2])
        if k % 5 == 0 and other != project:
            place(world, task, other, world.lists["sections", other][0])
        if k % 4 == 0:
            tag = self.tags[k % 3]
            record["tags"].append(tag)
            world.enlist("tasks", tag, task)
            world.enlist("tags", task, tag)
        if k % 6 == 2:
            spent = {"duration_minutes": 30 + k, "entered_on": self.day(12 + k % 9), "created_by": self.user(n)}
            more = {"created_at": self.at(300 + k), "approval_status": "DRAFT", "billable_status": "notApplicable"}
            lists = ("time_tracking_entries", task)
            world.put("time_tracking_entry", lists, task=task, attributable_to=project, **spent, **more)
            record["actual_time_minutes"] = 30 + k
        for below in range(subtasks if k % 3 == 0 else 0):
            parent = task
            for depth in range(1 if below else 3):
                parent = self.task(f"Step {depth}", parent=parent, assignee=self.user(below) if depth else "")
        if k % 4 == 3:
            before = world.lists["tasks", project][0]
            for name, owner, gid in (("dependencies", task, before), ("dependents", before, task)):
                world.find(owner)[name].append(Ref(gid))
                world.enlist(name, owner, gid)

    def portfolios(self) -> None:
        """Make two portfolios of the token's user and one of someone else, which is an item of the first."""
        world, ws = self.world, self.world.workspace
        for n, owner in enumerate([world.me, world.me, self.users[-1]]):
            links = {"owner": owner, "created_by": owner, "workspace": ws, "members": [owner]}
            about = {"created_at": self.at(40), "permalink_url": f"https://app.asana.com/0/portfolio/{n}"}
            folder = world.put("portfolio", ("portfolios", ws), name=f"Shelf {n}", **links, **about)
            for project in self.projects[n::3]:
                world.enlist("items", folder, project)
                lists = [("project_portfolio_settings", one) for one in (folder, project)]
                more = {"is_access_control_inherited": False, "created_at": self.at(41)}
                world.put("project_portfolio_setting", *lists, project=project, portfolio=folder, **more)
            self.member("portfolio", folder, owner, "admin")
            self.setting(folder, self.fields[0])
            self.status("portfolio", folder, owner)
        first, _, others = world.lists["portfolios", ws]
        world.enlist("items", first, others)

    def goals(self) -> None:
        """Make the time periods and goals, with what supports them."""
        world, ws, year = self.world, self.world.workspace, self.born.year
        spans = {"FY": ("01-01", "12-31"), "Q1": ("01-01", "03-31"), "Q2": ("04-01", "06-30"), "Q3": ("07-01", "09-30")}
        whole: Ref | None = None
        for period, (first, last) in spans.items():
            about = {"start_on": f"{year}-{first}", "end_on": f"{year}-{last}", "display_name": f"{period} {year}"}
            made = world.put("time_period", ("time_periods", ws), parent=whole, period=period, **about)
            whole = whole or made
        metric = blank("currency_code? precision# initial_number_value# is_custom_weight!")
        metric |= {"resource_type": "goal_metric", "resource_subtype": "number", "unit": "percentage"}
        metric |= {"target_number_value": 1, "current_number_value": 0.25, "current_display_value": "25%"}
        metric |= {"progress_source": "manual", "can_manage": True}
        goals: list[Ref] = []
        for n in range(4):
            owner = self.user(n)
            links = {"owner": owner, "workspace": ws, "followers": [owner], "time_period": whole}
            more: Record = {"due_on": self.day(170), "is_workspace_level": n == 0, "default_access_level": "editor"}
            if n:
                more |= {"team": self.teams[n % 3], "metric": metric | {"gid": str(2 * 10**15 + n)}, "status": "green"}
            goal = world.put("goal", ("goals", ws), name=f"Aim {n}", **links, **more)
            role: Record = {"role": "editor", "is_commenter": False, "is_editor": True, "user": owner, "workspace": ws}
            self.member("goal", goal, owner, "editor", goal=goal, **role)
            put_story(world, goal, self.at(95 + n), owner, "comment_added", f"About aim {n}")
            self.status("goal", goal, owner)
            goals.append(goal)
        helpers = [
            (0, goals[1]),
            (0, goals[2]),
            (1, world.lists["portfolios", ws][0]),
            (3, next(iter(world.tables["task"]))),
        ]
        helpers += [(2, project) for project in self.projects[:1]]
        for n, helper in helpers:
            subtype = "subgoal" if helper in goals else "supporting_work"
            link = {"supported_goal": goals[n], "supporting_resource": helper, "contribution_weight": 0.5}
            world.put("goal_relationship", ("goal_relationships", goals[n]), resource_subtype=subtype, **link)


def request_plan(world: World) -> dict[str, int]:
    """Count the requests of `least_requests` by what they read."""

    def each(name: str, owners: Iterable[str]) -> int:
        return sum(max(1, -(-len(world.lists[name, owner]) // PAGE)) for owner in owners)

    kinds, ws = world.tables, [world.workspace]
    tasks, goals, people = kinds["task"], kinds["goal"], kinds["user"]
    loose = [task for task in tasks.values() if not task["projects"] and not task["parent"]]
    plan = {name: each(name, ws) for name in words("users teams workspace_memberships projects tags custom_fields")}
    plan |= {name: each(name, ws) for name in words("goals portfolios time_periods allocations")}
    plan |= {
        "workspaces": 1,
        "team_memberships": each("team_memberships", kinds["team"]),
        "sections": each("sections", kinds["project"]),
        "memberships": each("memberships", [*kinds["project"], *kinds["portfolio"], *goals]),
        "custom_field_settings": each("custom_field_settings", [*kinds["project"], *kinds["portfolio"]]),
        "status_updates": each("status_updates", [*kinds["project"], *kinds["portfolio"], *goals]),
        "portfolio_items": each("items", kinds["portfolio"]),
        "project_tasks": each("tasks", kinds["project"]),
        "loose_tasks": -(-len(loose) // PAGE),
        "subtasks": each("subtasks", [gid for gid, task in tasks.items() if task["num_subtasks"]]),
        "stories": each("stories", [*tasks, *goals]),
        "goal_relationships": each("goal_relationships", goals),
        "time_tracking_entries": max(1, -(-len(kinds["time_tracking_entry"]) // PAGE)),
        "ooo_entries": each("ooo_entries", people),
    }
    return plan


def least_requests(world: World) -> int:
    """Count the fewest requests that read the whole world in pages of 100 with nothing asked twice.

    One list for the workspace of each of: workspaces, users, teams, workspace memberships, projects, tags, custom
    fields, goals, portfolios, time periods, allocations, time entries. One list for each team of its memberships; for
    each project of its tasks, sections, memberships, field settings and status updates; for each portfolio of its
    items, memberships, field settings and status updates; for each goal of its relationships, memberships, stories and
    status updates; for each person of the out-of-office entries. One list of subtasks for each task that has some, and
    one of stories for each task and subtask. Tasks with neither project nor parent cost pages of the search. An empty
    list costs one request; one of n records costs n / 100, rounded up. Dependencies, tags, memberships and fields of a
    task come with the task. Not counted: field settings of goals, project-portfolio settings, user task lists.
    """
    return sum(request_plan(world).values())


# Showing records


def parse_fields(text: str) -> Tree:
    """Read opt_fields: comma-separated paths, with `this.` and groups such as `a.(b|c).d`."""
    tree: Tree = {}
    for path in re.split(r",(?![^(]*\))", text):
        parts = [re.sub(r"[()\s]", "", part).split("|") for part in re.findall(r"\([^)]*\)|[^.]+", path)]
        for steps in product(*parts):
            node = tree
            for step in steps[1:] if steps[:1] == ("this",) else steps:
                node = node.setdefault(step, {})
    return tree


def show(world: World, value: Any, tree: Tree | None) -> Any:
    """Show a value with the fields of a tree; a record always has its gid, and unknown fields are left out."""
    if isinstance(value, list):
        return [show(world, one, tree) for one in value]
    if isinstance(value, Ref):
        record = world.find(value)
        return show(world, record, compact(world.kinds[value]) if tree is None else tree)
    if not isinstance(value, dict):
        return value
    wanted: Tree = dict.fromkeys(value) if tree is None else tree
    shown = {"gid": value["gid"]} if "gid" in value else {}
    for key, below in wanted.items():
        if key in value and not key.startswith("_"):
            shown[key] = show(world, value[key], {} if below and key in ("dependencies", "dependents") else below)
    return shown


def compact(kind: str) -> Tree:
    """Name the fields of a record shown without opt_fields inside a list or another record."""
    return dict.fromkeys(["gid", "resource_type", "name", *COMPACT.get(kind, "").split()])


# Serving


class PlainAsana:
    """The API on a local port, from `with` to the end of the block; its switches stand for plans and kinds of token.

    Without `has_events`, /events answers 403. With `has_workspace_events` the token is a service account's, which also
    sees the portfolios of others. Without `has_search` or `is_paid`, the search answers 402; without `is_paid` so do
    custom fields, dependencies, goals, portfolios, allocations and time tracking.
    """

    def __init__(
        self,
        world: World,
        *,
        has_events: bool = True,
        has_workspace_events: bool = False,
        has_search: bool = True,
        is_paid: bool = True,
    ) -> None:
        self.world, self.has_events, self.has_workspace_events = world, has_events, has_workspace_events
        self.has_search, self.is_paid = has_search and is_paid, is_paid
        self.token = "0/" + secrets.token_hex(16)
        self.requests: list[tuple[str, str]] = []
        self._offsets: dict[str, tuple[str, list[str], int]] = {}
        self._syncs: dict[str, tuple[str, int, float]] = {}
        self._server = Listener(("127.0.0.1", 0), handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}{PREFIX}"

    def __enter__(self) -> PlainAsana:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def expire_syncs(self) -> None:
        """Make every sync token given so far too old."""
        self._syncs.clear()

    def expire_offsets(self) -> None:
        """Make every pagination offset given so far too old."""
        self._offsets.clear()

    def answer(self, method: str, target: str, body: bytes, authorization: str) -> tuple[int, Record]:
        """Answer one request with its status and body; the actions of a batch are noted instead of the batch."""
        with self.world.lock:
            url = urlsplit(target)
            path = url.path.removeprefix(PREFIX)
            if (method, path) != ("POST", "/batch"):
                self.requests.append((method, target.removeprefix(PREFIX)))
            try:
                self._admit(method, url.path, authorization)
                if path == "/batch":
                    return 200, {"data": self._batch(body)}
                return 200, self._get(path, dict(parse_qsl(url.query, keep_blank_values=True)))
            except Refusal as no:
                text = "For more information on API status codes and how to handle them, read the docs on errors"
                return no.status, {"errors": [{"message": str(no), "help": text}]} | no.extra

    def _admit(self, method: str, path: str, authorization: str) -> None:
        if not secrets.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
            raise Refusal(401, "Not Authorized")
        if not path.startswith(PREFIX) or method != ("POST" if path == f"{PREFIX}/batch" else "GET"):
            raise Refusal(404, "No matching route for request")

    def _batch(self, body: bytes) -> list[Record]:
        try:
            actions = json.loads(body)["data"]["actions"]
        except (ValueError, KeyError, TypeError):
            raise Refusal(400, "actions: Missing input") from None
        if not isinstance(actions, list) or not 1 <= len(actions) <= 10:
            raise Refusal(400, "actions: Must be between 1 and 10 actions")
        results: list[Record] = []
        for action in actions:
            path, options = action.get("relative_path", ""), dict(action.get("options") or {})
            if "fields" in options:
                options["opt_fields"] = ",".join(options.pop("fields"))
            query = urlencode(dict(action.get("data") or {}) | options)
            if "?" in path or path.strip("/") == "batch":
                status, answer = 400, {"errors": [{"message": f"relative_path: Not allowed: {path}"}]}
            else:
                target = f"{PREFIX}{path}?{query}" if query else PREFIX + path
                status, answer = self.answer(action.get("method", "").upper(), target, b"", f"Bearer {self.token}")
            results.append({"status_code": status, "headers": {}, "body": answer})
        return results

    def _get(self, path: str, params: Params) -> Record:
        parts = path.strip("/").split("/")
        if not self.is_paid and set(PAID) & set(parts):
            raise Refusal(402, "Payment required. This feature is not available on your current plan.")
        match parts:
            case ["events"]:
                if not self.has_events:
                    raise Refusal(403, "Forbidden")
                return self._events(
                    self._known(need(params, "resource"), "resource", "task", "project", "goal"), params, 100
                )
            case ["workspaces", gid, "events"]:
                if not self.has_workspace_events:
                    raise Refusal(403, "Workspace events are only available to service accounts")
                return self._events(self._known(gid, "workspace", "workspace"), params, 1000)
            case ["workspaces", gid, "tasks", "search"]:
                self._known(gid, "workspace", "workspace")
                return {"data": self._rows(self._search(params), params)}
            case ["workspaces", gid, "projects", "search"]:
                raise Refusal(404, "No matching route for request")
            case ["workspaces" | "teams" as owner, gid, "users"]:
                self._known(gid, owner, owner[:-1])
                users = sorted(self.world.lists["users", gid], key=lambda user: self.world.find(user)["name"])
                return {"data": self._rows(users[:2000], params)}
            case ["workspaces", gid, "users", who]:
                self._known(gid, "workspace", "workspace")
                return self._one(self._user(who), params)
            case ["users", who]:
                return self._one(self._user(who), params)
            case ["users", who, "user_task_list"]:
                self._known(need(params, "workspace"), "workspace", "workspace")
                return self._one(self.world.lists["home", self._user(who)][0], params)
            case ["users", who, "teams" | "team_memberships" as name]:
                need(params, "organization" if name == "teams" else "workspace")
                return self._page(self.world.lists[name, self._user(who)], path, params)
            case ["teams", gid, "custom_field_settings"]:
                self._known(gid, "team", "team")
                return {"data": []}
            case ["goals", gid, "parentGoals"]:
                self._known(gid, "goal", "goal")
                links = self.world.tables["goal_relationship"].values()
                over = [link["supported_goal"] for link in links if link["supporting_resource"] == gid]
                return {"data": self._rows(over, params)}
            case ["projects", gid, "task_counts"]:
                self._known(gid, "project", "project")
                done = [self.world.find(task)["completed"] for task in self.world.lists["tasks", gid]]
                counts = {"num_tasks": len(done), "num_completed_tasks": sum(done)}
                counts["num_incomplete_tasks"] = len(done) - sum(done)
                return {"data": show(self.world, counts, parse_fields(params.get("opt_fields", "")))}
            case [plural, gid] if plural in SINGLES:
                return self._one(self._known(gid, plural, *SINGLES[plural]), params)
            case [plural, gid, name] if name in NESTED.get(plural, "").split():
                gid = self._user(gid) if plural == "users" else self._known(gid, plural, *SINGLES[plural])
                gids = self.world.lists[name, gid]
                if plural == "user_task_lists":
                    owner = self.world.find(gid)["owner"]
                    gids = [one for one, task in self.world.tables["task"].items() if task["assignee"] == owner]
                return self._page(self._narrowed(gids, name, params), path, params)
            case [name]:
                return self._page(self._narrowed(self._filtered(name, params), name, params), path, params)
            case _:
                raise Refusal(404, "No matching route for request")

    def _filtered(self, name: str, params: Params) -> list[str]:
        """List what a top-level collection holds for its filters; refuse it without those it needs."""
        world, lists, ws = self.world, self.world.lists, self.world.workspace
        for needed in NEEDED.get(name, "").split():
            if need(params, needed) and needed not in ("user", "workspace", "emoji_base"):
                self._known(params[needed], needed)
        if "workspace" in params:
            self._known(params["workspace"], "workspace", "workspace")
        table = world.tables[SINGLES[name][0]] if name in SINGLES else {}
        match name:
            case "workspaces":
                return [ws]
            case "users":
                return sorted(
                    lists["users", self._known(params["team"], "team", "team")] if "team" in params else table
                )
            case "projects":
                return lists[name, self._known(params["team"], "team", "team") if "team" in params else ws]
            case "tags" | "time_periods":
                return lists[name, ws]
            case "portfolios":
                if not self.has_workspace_events and "owner" not in params:
                    raise Refusal(400, "owner: Missing input")
                owner = self._user(params["owner"]) if "owner" in params else None
                if not self.has_workspace_events and owner != world.me:
                    raise Refusal(403, "You can only list portfolios that you own")
                return [gid for gid in lists[name, ws] if owner in (None, table[gid]["owner"])]
            case "status_updates":
                gids = lists[name, self._known(params["parent"], "parent", "project", "portfolio", "goal")]
                since = moment(params["created_since"]) if "created_since" in params else ""
                return [gid for gid in gids if table[gid]["created_at"] >= since]
            case "goal_relationships":
                goal = self._known(params["supported_goal"], "supported_goal", "goal")
                subtype = params.get("resource_subtype")
                return [gid for gid in lists[name, goal] if subtype in (None, table[gid]["resource_subtype"])]
            case "ooo_entries":
                first, last = params.get("start_date", ""), params.get("end_date", "9")
                gids = lists[name, self._user(params["user"])]
                return [gid for gid in gids if table[gid]["end_date"] >= first and table[gid]["start_date"] <= last]
            case "memberships":
                if "parent" in params:
                    gids = lists[
                        name, self._known(params["parent"], "parent", "goal", "project", "portfolio", "custom_field")
                    ]
                    return [gid for gid in gids if params.get("member") in (None, world.find(gid)["member"])]
                member = self._known(need(params, "member"), "member", "team")
                if need(params, "resource_subtype") != "project_membership":
                    raise Refusal(400, "resource_subtype: Not a valid value")
                return [gid for gid, one in world.tables["project_membership"].items() if one["member"] == member]
            case "team_memberships":
                if "team" in params:
                    return lists[name, self._known(params["team"], "team", "team")]
                user = self._user(need(params, "user"))
                need(params, "workspace")
                return lists[name, user]
            case "goals":
                if not params.keys() & {"workspace", "team", "portfolio", "project", "task"}:
                    raise Refusal(400, "You must specify a workspace, team, portfolio, project or task")
                if "is_workspace_level" in params:
                    need(params, "workspace")
                return [gid for gid, goal in table.items() if self._goal_fits(goal, params)]
            case "allocations":
                keys = params.keys() & {"parent", "assignee", "workspace"}
                if not keys:
                    raise Refusal(400, "You must specify a parent, assignee or workspace")
                wanted = {
                    key: self._user(params[key]) if key == "assignee" else params[key] for key in keys - {"workspace"}
                }
                return [gid for gid, one in table.items() if all(one[key] == wanted[key] for key in wanted)]
            case "time_tracking_entries":
                return self._entries(table, params)
            case "tasks":
                return self._tasks(params)
            case _ if name in NEEDED:
                return []
            case _:
                raise Refusal(404, "No matching route for request")

    def _goal_fits(self, goal: Record, params: Params) -> bool:
        supported = [
            link["supporting_resource"]
            for link in self.world.tables["goal_relationship"].values()
            if link["supported_goal"] == goal["gid"]
        ]
        return (
            all(params[key] in supported for key in ("portfolio", "project", "task") if key in params)
            and params.get("team") in (None, goal["team"])
            and params.get("is_workspace_level") in (None, str(goal["is_workspace_level"]).lower())
            and ("time_periods" not in params or goal["time_period"] in params["time_periods"].split(","))
        )

    def _entries(self, table: dict[str, Record], params: Params) -> list[str]:
        first, last = params.get("entered_on_start_date"), params.get("entered_on_end_date")
        keys = params.keys() & {"task", "attributable_to", "portfolio", "user"}
        if not keys and not ("workspace" in params and (first or last)):
            raise Refusal(400, "You must specify a task, attributable_to, portfolio, user, or a workspace and a date")
        items = self.world.lists["items", params.get("portfolio", "")]
        fits: dict[str, Callable[[Record], bool]] = {
            "task": lambda entry: entry["task"] == params["task"],
            "attributable_to": lambda entry: entry["attributable_to"] == params["attributable_to"],
            "portfolio": lambda entry: entry["attributable_to"] in items,
            "user": lambda entry: entry["created_by"] == self._user(params["user"]),
        }
        held = {gid: entry for gid, entry in table.items() if (first or "") <= entry["entered_on"] <= (last or "9")}
        return [gid for gid, entry in held.items() if all(fits[key](entry) for key in keys)]

    def _tasks(self, params: Params) -> list[str]:
        owners = params.keys() & {"project", "tag", "section"}
        if ("assignee" in params) != ("workspace" in params) and not owners:
            raise Refusal(400, f"{'workspace' if 'assignee' in params else 'assignee'}: Missing input")
        if len(owners) + ("assignee" in params) != 1:
            raise Refusal(400, "Must specify exactly one of project, tag, section, or assignee + workspace")
        for kind in owners:
            return self.world.lists["tasks", self._known(params[kind], kind, kind)]
        who = self._user(params["assignee"])
        return [gid for gid, task in self.world.tables["task"].items() if task["assignee"] == who]

    def _narrowed(self, gids: list[str], name: str, params: Params) -> list[str]:
        """Apply the filters that only some lists of tasks or projects have."""
        find = self.world.find
        if "completed_since" in params and name == "tasks":
            text = params["completed_since"]
            since = stamp(datetime.now(UTC)) if text == "now" else moment(text)
            gids = [gid for gid in gids if not find(gid)["completed"] or find(gid)["completed_at"] >= since]
        if "modified_since" in params and name == "tasks":
            since = moment(params["modified_since"])
            gids = [gid for gid in gids if find(gid)["_touched"] >= since]
        if "archived" in params and name == "projects":
            gids = [gid for gid in gids if str(find(gid)["archived"]).lower() == params["archived"].lower()]
        return list(gids)

    def _search(self, params: Params) -> list[str]:
        """Search tasks: the documented filters over people, containers, dates, state and text."""
        if not self.has_search:
            raise Refusal(402, "Search is only available to premium users")
        tasks = list(self.world.tables["task"].values())
        for name, text in params.items():
            if test := self._test(name, text):
                tasks = [task for task in tasks if test(task)]
        key = {"due_date": "due_on", "likes": "num_likes", "relevance": "modified_at"}
        by = params.get("sort_by", "modified_at")
        if by not in {"due_date", "created_at", "completed_at", "likes", "modified_at", "relevance"}:
            raise Refusal(400, f"sort_by: Not a valid value: {by}")
        tasks.sort(
            key=lambda task: str(task[key.get(by, by)] or ""),
            reverse=params.get("sort_ascending", "").lower() != "true",
        )
        return [task["gid"] for task in tasks[: limit_of(params) or PAGE]]

    def _test(self, name: str, text: str) -> Callable[[Record], bool] | None:
        """Make the test of one search parameter, or none for a parameter that filters nothing."""
        world, (field, _, how) = self.world, name.partition(".")
        yes = text.lower() == "true"
        plain: dict[str, Callable[[Record], bool]] = {
            "text": lambda task: text.lower() in f"{task['name']} {task['notes']}".lower(),
            "resource_subtype": lambda task: task["resource_subtype"] == text,
            "completed": lambda task: task["completed"] == yes,
            "is_subtask": lambda task: bool(task["parent"]) == yes,
            "has_attachment": lambda task: not yes,
            "is_blocking": lambda task: (not task["completed"] and bool(task["dependents"])) == yes,
            "is_blocked": lambda task: any(not world.find(one)["completed"] for one in task["dependencies"]) == yes,
        }
        if name in plain:
            return plain[name]
        if re.fullmatch("(due|start|created|completed|modified)_(on|at)", field):
            stored = field if field in ("due_on", "due_at", "start_on") else field.replace("_on", "_at")
            size = 10 if field.endswith("_on") else 24
            edge = text if size == 10 else moment(text)

            def dated(task: Record) -> bool:
                value = (task[stored] or "")[:size]
                if not how:
                    return value == ("" if text == "null" else edge)
                return bool(value) and (value > edge if how == "after" else value < edge)

            return dated
        if how not in ("any", "not", "all"):
            return None
        people = field in ("assignee", "followers", "created_by", "assigned_by")
        asked = {self._user(one) if people and one != "null" else one for one in text.split(",")}

        def held(task: Record) -> set[str]:
            match field:
                case "sections":
                    return {one["section"] for one in task["memberships"]}
                case "portfolios":
                    return {folder for one in task["projects"] for name, folder in world.places[one] if name == "items"}
                case "teams":
                    return {world.find(one)["team"] for one in task["projects"]}
                case _:
                    value = task.get(field)
                    return set(value) if isinstance(value, list) else {value or "null"}

        tests = {"any": lambda task: held(task) & asked, "not": lambda task: not held(task) & asked}
        return tests.get(how, lambda task: asked <= held(task))

    def _events(self, stream: str, params: Params, most: int) -> Record:
        log, known = self.world.streams[stream], self._syncs.get(params.get("sync", ""))
        if not known or known[0] != stream or known[2] < time.time() - 24 * 3600:
            text = "Sync token invalid or too old. If you are attempting to keep resources in sync, you must fetch "
            raise Refusal(412, text + "the full dataset for this query now.", sync=self._sync(stream, len(log)))
        start = known[1]
        page = log[start : start + most]
        names: Tree = {"gid": None, "resource_type": None, "resource_subtype": None, "name": None}
        default: Tree = dict.fromkeys(["user", "type", "action", "created_at", "change"]) | {
            "resource": names,
            "parent": names,
        }
        tree = parse_fields(params["opt_fields"]) if "opt_fields" in params else default
        more = len(log) > start + most
        sync = self._sync(stream, start + len(page))
        return {"data": [show(self.world, event, tree) for event in page], "sync": sync, "has_more": more}

    def _sync(self, stream: str, position: int) -> str:
        sync = secrets.token_hex(16) + ":0"
        self._syncs[sync] = (stream, position, time.time())
        return sync

    def _one(self, gid: str, params: Params) -> Record:
        kind = self.world.kinds[gid]
        if "opt_fields" in params:
            tree = parse_fields(params["opt_fields"])
        else:
            tree = dict.fromkeys(key for key in self.world.find(gid) if key not in OPT_IN.get(kind, "").split())
        return {"data": show(self.world, self.world.find(gid), tree)}

    def _rows(self, gids: Iterable[str], params: Params) -> list[Record]:
        asked = parse_fields(params["opt_fields"]) if "opt_fields" in params else None
        rows: list[Record] = []
        for gid in gids:
            kind, record = self.world.kinds[gid], self.world.find(gid)
            tree = asked
            if tree is None:
                tree = dict.fromkeys(record) if kind in WHOLE_IN_LISTS else compact(kind)
            hidden = NEVER_IN_LISTS.get(kind, "").split()
            rows.append(show(self.world, record, {key: below for key, below in tree.items() if key not in hidden}))
        return rows

    def _page(self, gids: list[str], path: str, params: Params) -> Record:
        """Show one page of a list; the list an offset belongs to stays as it was at its first page, less deletions."""
        limit, offset = limit_of(params), params.get("offset")
        asked = {key: value for key, value in params.items() if key not in ("limit", "offset") and key[:4] != "opt_"}
        key, start = f"{path}?{urlencode(sorted(asked.items()))}", 0
        if offset is not None:
            known = self._offsets.get(offset)
            if not known or known[0] != key:
                raise Refusal(400, "offset: Your pagination token has expired.")
            _, gids, start = known
        elif not limit and len(gids) > 1000:
            raise Refusal(
                400, "The result is too large. You should use pagination (may require specifying a workspace)!"
            )
        end = start + (limit or 1000)
        answer: Record = {"data": self._rows([gid for gid in gids[start:end] if self.world.live(gid)], params)}
        if limit:
            answer["next_page"] = None
            if end < len(gids):
                token = secrets.token_urlsafe(24)
                self._offsets[token] = (key, list(gids) if offset is None else gids, end)
                onward = f"{path}?{urlencode({**params, 'offset': token})}"
                answer["next_page"] = {"offset": token, "path": onward, "uri": self.url + onward}
        return answer

    def _known(self, gid: str, name: str, *kinds: str) -> str:
        if not self.world.live(gid, *kinds):
            raise Refusal(404, f"{name}: Unknown object: {gid}")
        return gid

    def _user(self, who: str) -> str:
        """Read a user named by gid, email or `me`."""
        if who == "me":
            return self.world.me
        by_email = {user["email"]: gid for gid, user in self.world.tables["user"].items()} if "@" in who else {}
        return self._known(by_email.get(who, who), "user", "user")


def need(params: Params, name: str) -> str:
    """Take a parameter that must be there."""
    if not params.get(name):
        raise Refusal(400, f"{name}: Missing input")
    return params[name]


def limit_of(params: Params) -> int | None:
    """Read `limit`, which must be between 1 and 100."""
    if "limit" not in params:
        return None
    if not params["limit"].isdecimal() or not 1 <= int(params["limit"]) <= PAGE:
        raise Refusal(400, f"limit: Must be between 1 and {PAGE}")
    return int(params["limit"])


def moment(text: str) -> str:
    """Read an ISO 8601 date or time into the form records hold."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(400, f"Not a valid date or time: {text}") from None
    return stamp(read if read.tzinfo else read.replace(tzinfo=UTC))


class Listener(ThreadingHTTPServer):
    """A threading server that leaves no thread behind."""

    daemon_threads = True
    request_queue_size = 128


def handler_of(stub: PlainAsana) -> type[BaseHTTPRequestHandler]:
    """Make the request handler of one stub: HTTP/1.1 with connections kept alive."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            auth = self.headers.get("Authorization") or ""
            status, answer = stub.answer(self.command, self.path, body, auth)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=UTF-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - the names http.server looks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Stay silent."""

    return Handler

"""How each kind of change is looked up in Asana and sent: one small class a kind. When to send is apply.py's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any

from asana_intel.changes.canonical import canonical_number, parsed
from asana_intel.changes.fields import BY_NAME, FieldSpec, entry_of, is_override
from asana_intel.changes.goal_changes import metric_decimals
from asana_intel.changes.identity import CREATES, row_idem_key, row_marker, with_marker
from asana_intel.changes.ledger import PlanRow, StoredPlan
from asana_intel.changes.project_kinds import (
    PROJECT,
    AddDependency,
    AttachEffort,
    project_touched,
    task_body,
    tasks_in,
)
from asana_intel.changes.sight import Base, Change, Kind, Sight, address_of, first
from asana_intel.changes.task_kinds import OWN_VALUES, AddToSection, CreateSection, SetAssignee, SetDates
from asana_intel.changes.writing import Record, Writer
from asana_intel.errors import PermanentError

METRIC = "current_value"
"""What stands as the field of a row that sets a goal's metric."""
_VALUES = ",".join(
    f"custom_fields.{f}"
    for f in (
        "gid",
        "name",
        "resource_subtype",
        "enabled",
        "number_value",
        "text_value",
        "date_value.date",
        "enum_value.gid",
        "multi_enum_values.gid",
        "people_value.gid",
        "display_value",
        "privacy_setting",
        "precision",
        "format",
        "is_value_read_only",
        "is_formula_field",
        "enum_options.gid",
        "enum_options.enabled",
    )
)
_SETTINGS = "workspace.gid,custom_field_settings.custom_field.gid,custom_field_settings.custom_field.name"
# What a row says of a task that is not a member of it.
_OURS = frozenset({"project", "period", "workspace", "asks", "overloads"})
_CREATED = {
    "comment": "text,created_by.gid",
    "status_update": "text,created_by.gid,author.gid",
    "task": "notes,created_by.gid,completed,approval_status,assignee.gid",
    "project": "name,notes,current_status_update.gid",
}
_METRIC = "metric.current_number_value,metric.precision,metric.unit"


class Kinds:
    """The kinds of one plan, over one writer; lists of fields and projects are read once and kept.

    Args:
        writer: Asana's writer.
        plan: The plan, for its week and so the markers of its rows.
        registry: Our fields, by the names they have in this workspace.
    """

    def __init__(self, writer: Writer, plan: StoredPlan, registry: Mapping[str, FieldSpec] = BY_NAME) -> None:
        self.writer = writer
        self.plan = plan
        self._registry = registry
        self._fields: dict[str, list[Record]] = {}
        self._projects: dict[str, list[Record]] = {}
        self._sections: dict[str, list[Record]] = {}
        self._attached: dict[str, frozenset[str]] = {}
        self._kinds: dict[str, Kind] = {
            "set_field": _SetField(self),
            "set_metric": _SetMetric(self),
            "status_update": _StatusUpdate(self),
            "comment": _Comment(self),
            "create_task": _CreateTask(self),
            "create_custom_field": _CreateCustomField(self),
            "attach_custom_field": _AttachCustomField(self),
            "create_project": _CreateProject(self),
            "set_assignee": SetAssignee(self),
            "set_dates": SetDates(self),
            "create_section": CreateSection(self),
            "add_to_section": AddToSection(self),
            "attach_effort": AttachEffort(self),
            "add_dependency": AddDependency(self),
            "delete_object": _DeleteObject(self),
        }

    def of(self, row: PlanRow) -> Kind:
        """The kind of a row.

        Raises:
            PermanentError: Nobody has taught us that kind.
        """
        if row.kind not in self._kinds:
            raise PermanentError(f"Row {row.row_key} is of kind '{row.kind}', which cannot be sent")
        return self._kinds[row.kind]

    def spec(self, row: PlanRow) -> FieldSpec:
        """The registry's field that a row is about.

        Raises:
            PermanentError: It is not in the registry.
        """
        if row.field is None or row.field not in self._registry:
            raise PermanentError(f"Row {row.row_key} names the field '{row.field}', which is not in the registry")
        return self._registry[row.field]

    def marker(self, row: PlanRow) -> str:
        """Marker of a row that creates something."""
        return row_marker(vars(row), self.plan.as_of_on, self.plan.as_of_at)

    def idem_key(self, row: PlanRow) -> str:
        """Idempotency key of a row that creates something."""
        return row_idem_key(vars(row), self.plan.as_of_on, self.plan.as_of_at)

    def custom_fields(self, workspace_gid: str) -> list[Record]:
        """Custom fields of a workspace."""
        if workspace_gid not in self._fields:
            self._fields[workspace_gid] = self.writer.list_custom_fields(workspace_gid)
        return self._fields[workspace_gid]

    def project_called(self, workspace_gid: str, name: str) -> str | None:
        """Gid of the project of that name, the oldest where several have it."""
        if workspace_gid not in self._projects:
            self._projects[workspace_gid] = self.writer.list_projects(workspace_gid)
        gids = [p["gid"] for p in self._projects[workspace_gid] if p.get("name") == name and not p.get("archived")]
        return min(gids, key=int, default=None)

    @cached_property
    def me(self) -> str:
        """Gid of the writer's user, the author of all our changes."""
        return self.writer.me()

    def sections(self, project_gid: str) -> list[Record]:
        """Sections of a project, in order."""
        if project_gid not in self._sections:
            self._sections[project_gid] = self.writer.list_sections(project_gid)
        return self._sections[project_gid]

    def attached(self, project_gid: str) -> frozenset[str]:
        """Gids of a project's custom fields."""
        if project_gid not in self._attached:
            settings = self.writer.read("project", project_gid, _SETTINGS).get("custom_field_settings") or []
            self._attached[project_gid] = frozenset(setting["custom_field"]["gid"] for setting in settings)
        return self._attached[project_gid]

    def forget(self) -> None:
        """Drop the kept lists after something was created."""
        self._fields.clear()
        self._projects.clear()
        self._sections.clear()
        self._attached.clear()


def creates(row: PlanRow) -> bool:
    """Whether a row creates an object (rather than setting a value)."""
    return row.kind in CREATES


class _SetField(Base):
    def look(self, row: PlanRow) -> Sight:
        spec = self._kinds.spec(row)
        record = self._writer.read(row.target_type, row.target_gid, _VALUES)
        entries = [e for e in record.get("custom_fields") or [] if e.get("enabled", True)]
        entry = entry_of(spec, entries)
        if entry is None:
            mend = "add it in a team's tab Members" if row.target_type == "user" else "apply the setup plan first"
            return Sight(missing=f"{spec.label} is not on this {row.target_type}: {mend}")
        changes = self._changes(row, spec, entry["gid"]) if row.target_type == "task" else None
        return Sight(
            value=spec.live(entry), address=entry["gid"], changes=changes,
            is_private=entry.get("privacy_setting") == "private",
            kept_by_hand=any(is_override(e.get("name"), e.get("display_value")) for e in entries),
            unfit=spec.refuses(entry, row.new_value),
        )  # fmt: skip

    def _changes(self, row: PlanRow, spec: FieldSpec, field_gid: str) -> tuple[Change, ...]:
        stories = self._writer.list_field_changes(row.target_gid, field_gid)
        return tuple(self.change(story, spec.live(story, "old_"), spec.live(story, "new_")) for story in stories)

    def send(self, row: PlanRow, sight: Sight) -> str:
        value = self._kinds.spec(row).wire(row.new_value)
        self._writer.set_custom_field(row.target_type, row.target_gid, address_of(sight), value)
        return row.target_gid

    def restore(self, row: PlanRow, sight: Sight, value: str) -> None:
        self._writer.set_custom_field(
            row.target_type, row.target_gid, address_of(sight), self._kinds.spec(row).wire(value)
        )


class _SetMetric(Base):
    def look(self, row: PlanRow) -> Sight:
        metric = self._writer.read("goal", row.target_gid, _METRIC).get("metric")
        return Sight(missing="The goal has no metric") if metric is None else Sight(value=_current(metric))

    def send(self, row: PlanRow, sight: Sight) -> str:
        self._writer.set_metric_current_value(row.target_gid, parsed(row.new_value))
        return row.target_gid


class _StatusUpdate(Base):
    def look(self, row: PlanRow) -> Sight:
        return Sight(found_gid=first(self.copies(row)))

    def copies(self, row: PlanRow) -> list[Record]:
        # A day of slack: the plan's week is UTC, and the marker decides anyway.
        since = datetime.combine(self._kinds.plan.as_of_on, time.min, UTC) - timedelta(days=1)
        return self.marked(row, self._writer.list_status_updates(row.target_gid, since), "text")

    def send(self, row: PlanRow, sight: Sight) -> str:
        body = parsed(row.new_value)
        text = with_marker(body["text"], self._kinds.marker(row))
        return self._writer.create_status_update(row.target_gid, body["status_type"], body["title"], text)["gid"]


class _Comment(Base):
    def look(self, row: PlanRow) -> Sight:
        return Sight(found_gid=first(self.copies(row)))

    def copies(self, row: PlanRow) -> list[Record]:
        return self.marked(row, self._writer.list_comments(row.target_type, row.target_gid), "text")

    def send(self, row: PlanRow, sight: Sight) -> str:
        body = parsed(row.new_value)
        text = with_marker(body["text"], self._kinds.marker(row))
        return self._writer.create_comment(row.target_type, row.target_gid, text, body.get("mentions"))["gid"]


class _CreateTask(Base):
    def look(self, row: PlanRow) -> Sight:
        body = parsed(row.new_value)
        if "parent" in body:
            return Sight(found_gid=first(self.copies(row)), address=body["parent"])
        project_gid = self._project(row)
        if project_gid is None:
            return Sight(missing=f"There is no project {body['project']}: apply the setup plan first")
        if "field_gid" in body:
            self._kinds.attached(project_gid)  # read here: sending is one request
        return Sight(found_gid=first(self._copies_in(project_gid, row)), address=project_gid)

    def copies(self, row: PlanRow) -> list[Record]:
        parent = parsed(row.new_value).get("parent")
        if parent is not None:
            return self.marked(row, self._writer.list_subtasks(parent, "gid,notes,created_by.gid"), "notes")
        project_gid = self._project(row)
        return [] if project_gid is None else self._copies_in(project_gid, row)

    def _project(self, row: PlanRow) -> str | None:
        body = parsed(row.new_value)
        return self._kinds.project_called(self._workspace_gid(row, body), body["project"])

    def _copies_in(self, project_gid: str, row: PlanRow) -> list[Record]:
        return self.marked(row, self._writer.list_project_tasks(project_gid, "gid,notes,created_by.gid"), "notes")

    def _workspace_gid(self, row: PlanRow, body: Record) -> str:
        """That of the object; a person is in several, so there the plan says which."""
        if row.target_type == "workspace":
            return row.target_gid
        if row.target_type != "user":
            return self._writer.read(row.target_type, row.target_gid, "workspace.gid")["workspace"]["gid"]
        member_of = self._writer.read("user", row.target_gid, "workspaces.gid").get("workspaces") or []
        if body["workspace"] not in {workspace["gid"] for workspace in member_of}:
            raise PermanentError(f"User {row.target_gid} is not in workspace {body['workspace']}")
        return body["workspace"]

    def send(self, row: PlanRow, sight: Sight) -> str:
        body = {name: value for name, value in parsed(row.new_value).items() if name not in _OURS}
        body["notes"] = with_marker(body["notes"], self._kinds.marker(row))
        if "parent" in body:
            return self._writer.create_task(body)["gid"]
        project_gid = address_of(sight)
        attached = self._kinds.attached(project_gid) if "field_gid" in body else ()
        return self._writer.create_task(task_body(body, attached) | {"projects": [project_gid]})["gid"]


class _CreateCustomField(Base):
    def look(self, row: PlanRow) -> Sight:
        # Names of fields are unique in a workspace: the name is the marker.
        entry = entry_of(self._kinds.spec(row), self._kinds.custom_fields(row.target_gid))
        return Sight(found_gid=entry["gid"] if entry else None)

    def send(self, row: PlanRow, sight: Sight) -> str:
        gid = self._writer.create_custom_field(row.target_gid, parsed(row.new_value))["gid"]
        self._kinds.forget()
        return gid


class _AttachCustomField(Base):
    def look(self, row: PlanRow) -> Sight:
        spec = self._kinds.spec(row)
        record = self._writer.read(row.target_type, row.target_gid, _SETTINGS)
        attached = entry_of(spec, (s["custom_field"] for s in record.get("custom_field_settings") or []))
        if attached is not None:
            return Sight(value=row.new_value, address=attached["gid"])
        field = entry_of(spec, self._kinds.custom_fields(record["workspace"]["gid"]))
        if field is None:
            return Sight(missing=f"There is no field {spec.label} yet")
        return Sight(address=field["gid"])

    def send(self, row: PlanRow, sight: Sight) -> str:
        self._writer.attach_custom_field(row.target_type, row.target_gid, address_of(sight))
        return address_of(sight)


class _CreateProject(Base):
    def look(self, row: PlanRow) -> Sight:
        return Sight(found_gid=self._kinds.project_called(row.target_gid, parsed(row.new_value)["name"]))

    def send(self, row: PlanRow, sight: Sight) -> str:
        body = parsed(row.new_value)
        is_private = body.get("privacy_setting") == "private"
        # What may be deleted again must be known for ours.
        notes = with_marker(body["notes"], self._kinds.marker(row)) if row.field == PROJECT else body["notes"]
        gid = self._writer.create_project(row.target_gid, body["name"], notes, body.get("team"), private=is_private)[
            "gid"
        ]
        self._kinds.forget()
        return gid


class _DeleteObject(Base):
    """Its row's old value is what we created and by which marker, the new one `null`: there is nothing any more."""

    def look(self, row: PlanRow) -> Sight:
        record = self._writer.find(row.target_type, row.target_gid, _CREATED[row.target_type])
        if record is None:
            return Sight()
        # Asana deletes a project with its tasks: those that stay keep it.
        held = len(tasks_in(self._kinds, row.target_gid)) if row.target_type == "project" else 0
        return Sight(
            value=row.old_value, touched=self._touched(row, record),
            missing=f"{held} tasks still stand in this project" if held else None,
        )  # fmt: skip

    def _touched(self, row: PlanRow, record: Record) -> str | None:
        us, wanted = self._kinds.me, parsed(row.old_value)
        if row.target_type == "project":
            return project_touched(record, wanted)
        if author_of(record) != us:
            return f"this {row.target_type} was not made by our user"
        if wanted["marker"] not in (record.get("notes") or record.get("text") or ""):
            return f"the text of this {row.target_type} was changed"
        if row.target_type != "task":
            return None
        if record.get("completed") or record.get("approval_status") not in (None, "pending"):
            return "the task was completed"
        if (record.get("assignee") or {}).get("gid") != wanted.get("assignee", wanted.get("person")):
            return "the task was given to somebody else"
        others = {author_of(story) for story in self._writer.list_stories("task", row.target_gid)} - {us, None}
        return "somebody worked on the task" if others else None

    def send(self, row: PlanRow, sight: Sight) -> str:
        self._writer.delete(row.target_type, row.target_gid)
        return row.target_gid


def read_values(
    writer: Writer,
    target_type: str,
    target_gid: str,
    fields: Collection[str],
    registry: Mapping[str, FieldSpec] = BY_NAME,
) -> dict[str, str | None]:
    """Canonical values of fields that we write on one object, in one request; those it does not have are left out.

    Args:
        writer: Asana's writer.
        target_type: goal, project or task.
        target_gid: The object.
        fields: Registry names, `current_value` for a goal's metric, and what a task has of its own (`OWN_VALUES`).
        registry: Our fields, by the names they have in this workspace.
    """
    own = {name: OWN_VALUES[name] for name in fields if name in OWN_VALUES}
    asked = [_VALUES, *([_METRIC] if target_type == "goal" else []), *(members for members, _ in own.values())]
    record = writer.read(target_type, target_gid, ",".join(asked))
    entries = [e for e in record.get("custom_fields") or [] if e.get("enabled", True)]
    specs = [registry[name] for name in fields if name in registry]
    values = {spec.name: spec.live(entry) for spec in specs if (entry := entry_of(spec, entries)) is not None}
    if METRIC in fields and record.get("metric") is not None:
        values[METRIC] = _current(record["metric"])
    return values | {name: value_of(record) for name, (_, value_of) in own.items()}


def _current(metric: Mapping[str, Any]) -> str | None:
    value = metric.get("current_number_value")
    decimals = metric_decimals(metric.get("precision"), metric.get("unit"))
    return None if value is None else canonical_number(value, decimals)


def author_of(record: Mapping[str, Any]) -> str | None:
    """Gid of who made a comment, status update, task or story."""
    return (record.get("created_by") or record.get("author") or {}).get("gid")

"""Every write we can do in Asana, one request each, and the reads needed to look before and to check after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any, NoReturn

from asana_intel.asana import fields as opt_fields
from asana_intel.asana.pagination import pages
from asana_intel.asana.session import AsanaSession, path
from asana_intel.errors import PermanentError
from asana_intel.settings import Settings

if TYPE_CHECKING:
    from asana_intel.storage.postgres import Database

Record = dict[str, Any]

# Kind of object -> its segment in a path.
SEGMENTS = {"task": "tasks", "project": "projects", "portfolio": "portfolios", "goal": "goals", "user": "users"}
# Kind of object that can be taken back -> its segment.
_OBJECTS = {"comment": "stories", "status_update": "status_updates", "task": "tasks", "project": "projects"}
_COMMENTABLE = ("task", "goal")
_FIELD_HOLDERS = ("project", "portfolio", "goal")


class AsanaWriter:
    """Writes under the writer's token.

    Every writing method sends exactly one request and returns Asana's record. It raises `RetriableError` (certainly
    not applied), `PermanentError` (refused), or `UnknownOutcomeError` (it may have been applied: look first).

    Args:
        session: Connection of role writer.
    """

    def __init__(self, session: AsanaSession) -> None:
        self._session = session

    @classmethod
    def from_settings(cls, settings: Settings, database: Callable[[], Database] | None = None) -> AsanaWriter:
        """Connect as configured; ConfigError when there is no token. `database`: see `AsanaSession.from_settings`."""
        return cls(AsanaSession.from_settings(settings, "writer", database))

    def __repr__(self) -> str:
        return f"AsanaWriter({self._session!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a writer is not pickled: connect again from the settings")

    @property
    def request_count(self) -> int:
        """HTTP requests sent so far."""
        return self._session.request_count

    def close(self) -> None:
        """Give the pooled connections back."""
        self._session.close()

    # Writes

    def set_custom_field(self, target_type: str, target_gid: str, field_gid: str, value: Any) -> Record:
        """Set one custom field of a task, project, portfolio, goal or user.

        Args:
            target_type: One of `SEGMENTS`.
            target_gid: The object.
            field_gid: The custom field, attached to it.
            value: As Asana writes it: number (0.87 = 87 %), text, option gid, `{"date": …}`, list of gids; None clears.
        """
        path("{}", field_gid)
        return self._send("PUT", self._address(target_type, target_gid), {"custom_fields": {field_gid: value}})

    def set_metric_current_value(self, goal_gid: str, value: float) -> Record:
        """Set where the goal's metric stands, in its unit (percent as a fraction)."""
        return self._send("POST", path("/goals/{}/setMetricCurrentValue", goal_gid), {"current_number_value": value})

    def create_status_update(self, parent_gid: str, status_type: str, title: str, text: str) -> Record:
        """Post a status update on a goal, project or portfolio; it notifies followers and cannot be edited."""
        path("{}", parent_gid)
        body = {"parent": parent_gid, "status_type": status_type, "title": title, "text": text}
        return self._send("POST", "/status_updates", body)

    def create_comment(self, target_type: str, target_gid: str, text: str, mention: str | None = None) -> Record:
        """Comment on a task or goal.

        Args:
            target_type: task or goal.
            target_gid: The object.
            text: Plain text, whatever it holds.
            mention: Gid of a person who is told of it by name, before the text.
        """
        body = {"text": text}
        if mention is not None:
            path("{}", mention)
            body = {"html_text": f'<body><a data-asana-gid="{mention}"/> {escape(text, quote=False)}</body>'}
        return self._send("POST", _of(target_type, target_gid, "/stories", _COMMENTABLE), body)

    def set_assignee(self, task_gid: str, person_gid: str | None) -> Record:
        """Give a task to somebody, or to nobody; Asana tells them."""
        return self._send("PUT", _of("task", task_gid), {"assignee": person_gid})

    def set_dates(self, task_gid: str, dates: Mapping[str, str | None]) -> Record:
        """Set when a task starts and is due, by day or hour; None clears. Asana takes no start without a due date."""
        return self._send("PUT", _of("task", task_gid), dates)

    def create_section(self, project_gid: str, name: str) -> Record:
        """Create a section at the end of a project."""
        return self._send("POST", _of("project", project_gid, "/sections"), {"name": name})

    def add_to_section(self, section_gid: str, task_gid: str) -> None:
        """Move a task to the top of a section, out of the other ones of that project."""
        path("{}", task_gid)
        self._send("POST", path("/sections/{}/addTask", section_gid), {"task": task_gid})

    def add_dependency(self, task_gid: str, blocker_gid: str) -> None:
        """Let a task wait for another one."""
        path("{}", blocker_gid)
        self._send("POST", _of("task", task_gid, "/addDependencies"), {"dependencies": [blocker_gid]})

    def create_task(self, body: Mapping[str, Any]) -> Record:
        """Create a task; `body` names one of workspace, projects, parent."""
        return self._send("POST", "/tasks", body)

    def create_project(
        self, workspace_gid: str, name: str, notes: str, team_gid: str | None = None, *, private: bool = False
    ) -> Record:
        """Create a project; organisations require the team. A private one is for its members only."""
        path("{}", workspace_gid)
        body: Record = {"workspace": workspace_gid, "name": name, "notes": notes}
        if team_gid:
            body["team"] = team_gid
        if private:
            body["privacy_setting"] = "private"
        return self._send("POST", "/projects", body)

    def create_custom_field(self, workspace_gid: str, body: Mapping[str, Any]) -> Record:
        """Create a custom field; `body` holds name and resource_subtype at least."""
        path("{}", workspace_gid)
        return self._send("POST", "/custom_fields", {**body, "workspace": workspace_gid})

    def attach_custom_field(self, target_type: str, target_gid: str, field_gid: str) -> Record:
        """Attach a custom field to a project, portfolio or goal; returns the setting."""
        path("{}", field_gid)
        where = _of(target_type, target_gid, "/addCustomFieldSetting", _FIELD_HOLDERS)
        return self._send("POST", where, {"custom_field": field_gid})

    def add_supporting_relationship(self, goal_gid: str, supporting_gid: str, weight: float = 0.0) -> Record:
        """Connect work to a goal; weight 0 shows it without moving the goal's progress."""
        path("{}", supporting_gid)
        body = {"supporting_resource": supporting_gid, "contribution_weight": weight}
        return self._send("POST", path("/goals/{}/addSupportingRelationship", goal_gid), body)

    def create_webhook(self, resource_gid: str, target: str, filters: Sequence[Mapping[str, Any]] = ()) -> Record:
        """Have Asana push a resource's events to an address, which must shake hands before this returns."""
        path("{}", resource_gid)
        return self._send("POST", "/webhooks", {"resource": resource_gid, "target": target, "filters": list(filters)})

    def delete_webhook(self, webhook_gid: str) -> None:
        """Remove one of our webhooks."""
        self._send("DELETE", path("/webhooks/{}", webhook_gid), {})

    def delete(self, object_type: str, object_gid: str) -> None:
        """Delete a comment, status update, task or project; who calls has made sure that it is ours."""
        self._send("DELETE", _object(object_type, object_gid), {})

    # Reads

    def find(self, object_type: str, object_gid: str, fields: str) -> Record | None:
        """Read a comment, status update, task or project; None where Asana has none of that gid."""
        answer = self._session.get_answer(_object(object_type, object_gid), {"opt_fields": fields}, also=(404,))
        return None if answer.status == 404 else answer.body["data"]

    def list_webhooks(self, workspace_gid: str) -> list[Record]:
        """Our webhooks in the workspace, with the state of their deliveries."""
        path("{}", workspace_gid)
        return self._list("/webhooks", {"workspace": workspace_gid}, opt_fields.WEBHOOKS)

    def read(self, target_type: str, target_gid: str, fields: str) -> Record:
        """Read an object as it stands; `fields` are opt_fields, comma-separated."""
        asked = {"opt_fields": f"{fields},workspace.gid"} if self._session.workspace_gid else {"opt_fields": fields}
        return self._session.get(self._address(target_type, target_gid), asked)["data"]

    def list_status_updates(self, parent_gid: str, created_since: datetime | None = None) -> list[Record]:
        """Status updates of a goal, project or portfolio, with their texts."""
        path("{}", parent_gid)
        since = {"created_since": created_since.isoformat()} if created_since else {}
        return self._list("/status_updates", {"parent": parent_gid, **since}, opt_fields.STATUS_UPDATES)

    def list_comments(self, target_type: str, target_gid: str) -> list[Record]:
        """Comments on a task or goal, oldest first; system stories are left out."""
        stories = self.list_stories(target_type, target_gid)
        return [story for story in stories if story.get("resource_subtype") == "comment_added"]

    def list_stories(self, target_type: str, target_gid: str) -> list[Record]:
        """Comments on a task or goal and what Asana itself tells of it, oldest first."""
        return self._list(_of(target_type, target_gid, "/stories", _COMMENTABLE), {}, opt_fields.STORIES)

    def list_field_changes(self, task_gid: str, field_gid: str) -> list[Record]:
        """Stories that tell of changes of one custom field of a task, oldest first, with old and new values."""
        stories = self._list(_of("task", task_gid, "/stories"), {}, opt_fields.FIELD_CHANGES)
        return [story for story in stories if (story.get("custom_field") or {}).get("gid") == field_gid]

    def list_project_tasks(self, project_gid: str, fields: str) -> list[Record]:
        """Top-level tasks of a project; `fields` are opt_fields, comma-separated."""
        return self._list(path("/projects/{}/tasks", project_gid), {}, fields)

    def list_subtasks(self, task_gid: str, fields: str) -> list[Record]:
        """Subtasks of a task; `fields` are opt_fields, comma-separated."""
        return self._list(_of("task", task_gid, "/subtasks"), {}, fields)

    def list_sections(self, project_gid: str) -> list[Record]:
        """Sections of a project, in order."""
        return self._list(_of("project", project_gid, "/sections"), {}, "name")

    def list_custom_fields(self, workspace_gid: str) -> list[Record]:
        """Custom fields of the workspace, with their options."""
        return self._list(path("/workspaces/{}/custom_fields", workspace_gid), {}, opt_fields.CUSTOM_FIELDS)

    def list_projects(self, workspace_gid: str) -> list[Record]:
        """Projects of the workspace that are not archived."""
        path("{}", workspace_gid)
        return self._list("/projects", {"workspace": workspace_gid, "archived": "false"}, opt_fields.PROJECTS)

    def me(self) -> str:
        """Gid of the user whose token this is: the author of all our writes."""
        return self._session.get("/users/me", {"opt_fields": "gid"})["data"]["gid"]

    def _address(self, target_type: str, target_gid: str) -> str:
        """Of an object; of a person in our workspace, since in others they have other fields."""
        if target_type == "user" and self._session.workspace_gid:
            return path("/workspaces/{}/users/{}", self._session.workspace_gid, target_gid)
        return _of(target_type, target_gid)

    def _send(self, method: str, resource_path: str, body: Mapping[str, Any]) -> Record:
        return self._session.send(method, resource_path, {"data": body})["data"]

    def _list(self, resource_path: str, params: Mapping[str, str | int], fields: str) -> list[Record]:
        found = pages(self._session, resource_path, {**params, "opt_fields": fields})
        return [record for page in found for record in page]


def _object(object_type: str, object_gid: str) -> str:
    if object_type not in _OBJECTS:
        raise PermanentError(f"A {object_type} cannot be taken back", fix=f"one of {', '.join(_OBJECTS)}")
    return path(f"/{_OBJECTS[object_type]}/{{}}", object_gid)


def _of(target_type: str, target_gid: str, rest: str = "", allowed: tuple[str, ...] = tuple(SEGMENTS)) -> str:
    if target_type not in allowed:
        raise PermanentError(f"'{target_type}' cannot be addressed like this", fix=f"one of {', '.join(allowed)}")
    return path(f"/{SEGMENTS[target_type]}/{{}}{rest}", target_gid)

"""What the write path needs of Asana's writer, as a protocol: tests bring an Asana in memory. No behaviour here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

Record = dict[str, Any]


class Writer(Protocol):
    """What applying a plan needs of Asana's writer (`asana_intel.asana.writer.AsanaWriter`)."""

    def set_custom_field(self, target_type: str, target_gid: str, field_gid: str, value: Any) -> Record:
        """Set one custom field."""
        ...

    def set_metric_current_value(self, goal_gid: str, value: float) -> Record:
        """Set a goal's metric."""
        ...

    def create_status_update(self, parent_gid: str, status_type: str, title: str, text: str) -> Record:
        """Post a status update."""
        ...

    def create_comment(self, target_type: str, target_gid: str, text: str, mention: str | None = None) -> Record:
        """Comment, and mention a person."""
        ...

    def set_assignee(self, task_gid: str, person_gid: str | None) -> Record:
        """Assign a task."""
        ...

    def set_dates(self, task_gid: str, dates: Mapping[str, str | None]) -> Record:
        """Set when a task starts and is due."""
        ...

    def create_section(self, project_gid: str, name: str) -> Record:
        """Create a section."""
        ...

    def add_to_section(self, section_gid: str, task_gid: str) -> None:
        """Move a task to a section."""
        ...

    def add_dependency(self, task_gid: str, blocker_gid: str) -> None:
        """Let a task wait for another."""
        ...

    def create_task(self, body: Mapping[str, Any]) -> Record:
        """Create a task."""
        ...

    def create_project(
        self, workspace_gid: str, name: str, notes: str, team_gid: str | None = None, *, private: bool = False
    ) -> Record:
        """Create a project."""
        ...

    def create_custom_field(self, workspace_gid: str, body: Mapping[str, Any]) -> Record:
        """Create a custom field."""
        ...

    def attach_custom_field(self, target_type: str, target_gid: str, field_gid: str) -> Record:
        """Attach a custom field."""
        ...

    def read(self, target_type: str, target_gid: str, fields: str) -> Record:
        """Read one object."""
        ...

    def list_status_updates(self, parent_gid: str, created_since: datetime | None = None) -> list[Record]:
        """List status updates."""
        ...

    def list_comments(self, target_type: str, target_gid: str) -> list[Record]:
        """List comments."""
        ...

    def list_field_changes(self, task_gid: str, field_gid: str) -> list[Record]:
        """List the stories that tell of changes of one custom field of a task, oldest first."""
        ...

    def me(self) -> str:
        """Gid of the writer's user."""
        ...

    def find(self, object_type: str, object_gid: str, fields: str) -> Record | None:
        """Read a comment, status update or task; None where it is gone."""
        ...

    def list_stories(self, target_type: str, target_gid: str) -> list[Record]:
        """List all stories of a task or goal."""
        ...

    def delete(self, object_type: str, object_gid: str) -> None:
        """Delete a comment, status update, task or project."""
        ...

    def list_project_tasks(self, project_gid: str, fields: str) -> list[Record]:
        """List a project's tasks."""
        ...

    def list_subtasks(self, task_gid: str, fields: str) -> list[Record]:
        """List a task's subtasks."""
        ...

    def list_sections(self, project_gid: str) -> list[Record]:
        """List a project's sections, in order."""
        ...

    def list_custom_fields(self, workspace_gid: str) -> list[Record]:
        """List custom fields."""
        ...

    def list_projects(self, workspace_gid: str) -> list[Record]:
        """List projects."""
        ...

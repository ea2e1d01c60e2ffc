"""Which tasks, projects and goals may be named to everybody who may open the page; others are counted only."""

import re
from dataclasses import dataclass

from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject, asana_url, named, names_by_gid

_QUOTED = re.compile("“([^”]*)”")
_FIRST_TO_LAST_QUOTE = re.compile("“.*”", re.DOTALL)  # a name may hold quotes itself


@dataclass(frozen=True)
class _Task:
    name: str | None
    is_public: bool


class Shared:
    """Names what everybody may read.

    Args:
        inputs: Of the report; what they do not know to be public counts as private.
    """

    def __init__(self, inputs: ReportInputs) -> None:
        rows = inputs.insights.work.iter_rows(named=True)
        self._tasks = {row["task_gid"]: _Task(row["name"], row["is_public"]) for row in rows}
        self._public_projects = inputs.insights.public_projects
        self._projects = names_by_gid(inputs.projects, "project_gid")
        self._public_goals = frozenset(inputs.shared_goals["goal_gid"])
        self._goals = names_by_gid(inputs.goals, "goal_gid")

    def task(self, gid: str | None) -> AsanaObject | None:
        """A task, or None where not everybody may read it."""
        found = self._tasks.get(gid or "")
        return AsanaObject(found.name or f"task {gid}", asana_url(gid)) if found and found.is_public else None

    def worded(self, text: str) -> str:
        """A sentence that names tasks in “quotes”, as everybody may read it: all quoted must be public names."""
        names = {task.name for task in self._tasks.values() if task.is_public}
        is_shared = all(name in names for name in _QUOTED.findall(text))
        return text if is_shared else _FIRST_TO_LAST_QUOTE.sub("a private task", text)

    def tasks(self, gids: list[str] | None) -> list[AsanaObject]:
        """Those of some tasks that everybody may read."""
        return [task for gid in gids or [] if (task := self.task(gid))]

    def project(self, gid: str | None) -> AsanaObject | None:
        """A project, or None where not everybody may read it."""
        return named(gid, self._projects, "project") if gid in self._public_projects and gid else None

    def goal(self, gid: str | None) -> AsanaObject | None:
        """A goal, or None where not everybody may read it."""
        return named(gid, self._goals, "goal") if gid in self._public_goals and gid else None

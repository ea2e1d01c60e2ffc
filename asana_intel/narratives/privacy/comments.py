"""Which comments belong to a sheet: of its goal and of public work in its sources, none of the future; no redaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import polars as pl

from asana_intel.narratives.audience import public_goals, public_projects, public_tasks
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrated import Read

_STORIES, _TASKS, _IN_PROJECTS = "staging/stories", "staging/tasks", "staging/task_projects"
_PROJECTS, _GOALS = "staging/projects", "staging/goals"
READS = (_STORIES, _TASKS, _IN_PROJECTS, _PROJECTS, _GOALS)
MOST = 5
_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass
class WorkspaceComments:
    """Recent comments of a sheet's objects, newest first.

    A comment counts where its task or goal, or a project that the task is in, is a source of the sheet, and everybody
    in the workspace may read it.

    Args:
        read: Reads the tables of `READS`, each when first needed.
        until: Last instant whose comments are known; may be moved on.
    """

    read: Read
    until: datetime = _NEVER

    def __call__(self, sheet: FactSheet) -> Sequence[str]:
        """At most five texts, as written."""
        sources = set(sheet.sources([fact.fact_id for fact in sheet]))
        targets = [gid for gid, places in self._places.items() if sources.intersection(places)]
        known = self._comments.filter(pl.col("created_at") <= self.until, pl.col("target_gid").is_in(targets))
        return known.head(MOST)["text"].to_list()

    @cached_property
    def _comments(self) -> pl.DataFrame:
        written = pl.col("subtype") == "comment_added", pl.col("text").str.strip_chars().str.len_chars() > 0
        order = ["created_at", "story_gid"]
        return self.read(_STORIES).filter(*written).sort(order, descending=True)

    @cached_property
    def _places(self) -> Mapping[str, Sequence[str]]:
        """Goals and tasks with comments that everybody may read, each with itself and the public projects it is in."""
        projects = public_projects(self.read(_PROJECTS))
        inside = self.read(_IN_PROJECTS)
        readable = public_tasks(self.read(_TASKS), inside, projects) | public_goals(self.read(_GOALS))
        places = {gid: [gid] for gid in self._comments["target_gid"].unique() if gid in readable}
        for task_gid, project_gid in inside.select("task_gid", "project_gid").iter_rows():
            if task_gid in places and project_gid in projects:
                places[task_gid].append(project_gid)
        return places

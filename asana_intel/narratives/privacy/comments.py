"""Which comments belong to a sheet: of its goal and of public work in its sources, none of the future; no redaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

import polars as pl

from asana_intel.narratives.audience import public_projects
from asana_intel.narratives.facts import FactSheet
from asana_intel.narratives.narrated import Read

_STORIES, _IN_PROJECTS, _PROJECTS, _GOALS = (
    "staging/stories", "staging/task_projects", "staging/projects", "staging/goals"
)  # fmt: skip
READS = (_STORIES, _IN_PROJECTS, _PROJECTS, _GOALS)
MOST = 5


@dataclass
class WorkspaceComments:
    """Recent comments of a sheet's objects, newest first.

    A comment on a task counts where the task, or a project it is in, is a source of the sheet, and one of its projects
    is open to the whole workspace: a task of private projects only, or of none, has fewer readers than the narrative.
    Of goals, only the one that the sheet is about counts.

    Args:
        read: Reads the tables of `READS`, each when first needed.
        until: Last instant whose comments are known; may be moved on.
    """

    read: Read
    until: datetime = datetime.min.replace(tzinfo=UTC)

    def __call__(self, sheet: FactSheet) -> Sequence[str]:
        """At most five texts, as written."""
        sources = set(sheet.sources([fact.fact_id for fact in sheet]))
        subjects = {str(part) for part in sheet.subject.values()} & self._goals
        targets = subjects | {
            task for task, projects in self._public_tasks.items() if task in sources or sources.intersection(projects)
        }
        known = self._comments.filter(pl.col("created_at") <= self.until, pl.col("target_gid").is_in(list(targets)))
        return known.head(MOST)["text"].to_list()

    @cached_property
    def _comments(self) -> pl.DataFrame:
        written = pl.col("subtype") == "comment_added", pl.col("text").str.strip_chars().str.len_chars() > 0
        order = ["created_at", "story_gid"]
        return self.read(_STORIES).filter(*written).sort(order, descending=True)

    @cached_property
    def _goals(self) -> set[str]:
        return set(self.read(_GOALS)["goal_gid"])

    @cached_property
    def _public_tasks(self) -> Mapping[str, Sequence[str]]:
        """Tasks with comments that everybody may read, and all the public projects they are in."""
        public = list(public_projects(self.read(_PROJECTS)))
        inside = self.read(_IN_PROJECTS).filter(
            pl.col("project_gid").is_in(public),
            pl.col("task_gid").is_in(self._comments["target_gid"].unique().to_list()),
        )
        return dict(inside.group_by("task_gid").agg("project_gid").iter_rows())

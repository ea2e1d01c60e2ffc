"""The ranked tasks that a plan may speak of: open, everybody's to read, and not kept by hand. Plans nothing.

What not everybody may read is left out altogether: who reads a plan, a comment or a field is another circle than the
members of a private project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.changes.canonical import canonical_number, is_gid
from asana_intel.changes.inputs import PlanInputs
from asana_intel.narratives.audience import is_ours, public_goals, public_projects, public_tasks

Row = dict[str, Any]
MADE_BY = "task_priority"
_PARTS = {
    "strategic": "for the goals it serves",
    "urgency": "for its due day",
    "dependency": "for the tasks that wait for it",
    "stakeholders": "for the interest taken in it",
    "effort": "for its small effort",
    "capacity": "for the free time of who may do it",
}
_PARTS_TOLD = 3


@dataclass(frozen=True)
class Backlog:
    """What a plan may speak of.

    Args:
        ranked: Rows of insights/task_priority, first rank first.
        tasks: Gids of open tasks that may be written to, ranked or not.
        assignees: Task gid -> assignee as the last sync saw it; None = nobody.
        projects: Task gid -> its projects that everybody may read, oldest first.
        told: Gids of everything that may be named: tasks, goals and projects that everybody may read.
        rationales: Task gid -> the narrative of its rank, with `proofs`.
        private_waits: Tasks for which something waits that not everybody may read.
    """

    ranked: list[Row]
    tasks: frozenset[str]
    assignees: Mapping[str, str | None]
    projects: Mapping[str, list[str]]
    told: frozenset[str]
    rationales: Mapping[str, Row]
    private_waits: frozenset[str]

    @classmethod
    def of(cls, inputs: PlanInputs) -> Backlog:
        """Collect it from the frames of the week."""
        everybodys = public_projects(inputs.projects)
        public = public_tasks(inputs.tasks, inputs.task_projects, everybodys)
        writable = inputs.tasks.filter(
            ~pl.col("is_completed"), ~is_ours("notes"), pl.col("task_gid").is_in(public - inputs.kept_by_hand())
        )
        tasks = frozenset(writable["task_gid"])
        is_sound = pl.col("score").is_between(0, 100) & pl.col("confidence").is_between(0, 1)
        is_told = pl.col("is_public") & ~pl.col("has_private_part")  # a score may not tell of what others keep private
        ranked = inputs.task_priority.filter(is_told & is_sound & pl.col("task_gid").is_in(tasks))
        waits = inputs.task_dependencies.filter(~pl.col("task_gid").is_in(public))["depends_on_gid"]
        told = public | public_goals(inputs.goals) | everybodys
        return cls(
            ranked.sort("rank", "task_gid").to_dicts(),
            tasks,
            dict(writable.select("task_gid", "assignee_gid").iter_rows()),
            _projects(inputs.task_projects, everybodys),
            frozenset(told),
            _rationales(inputs, told),
            frozenset(waits),
        )

    def evidence(self, task: Row, *more: str | None) -> list[str]:
        """The task, the goal it serves and what moved it, as far as everybody may read them."""
        gids = (task["task_gid"], task["goal_gid"], *more)
        return [gid for gid in dict.fromkeys(gids) if gid in self.told]

    def cause(self, task: Row) -> str:
        """What moved a task, as the end of a sentence; nothing where not everybody may know it."""
        is_told = task["rank_cause"] and task["cause_gid"] in self.told | {None}
        return f": {task['rank_cause'].rstrip('. ')}" if is_told else ""

    def narrative(self, task: Row) -> Row:
        """Why a task ranks where it does: its narrative, or a sentence by rule."""
        by_rule = {"text": self._sentence(task), "written_by": "template", "proofs": self.evidence(task)}
        return self.rationales.get(task["task_gid"], by_rule)

    def _sentence(self, task: Row) -> str:
        hidden = {"strategic"} if task["goal_gid"] not in self.told else set()
        hidden |= {"dependency"} if task["task_gid"] in self.private_waits else set()
        points = [(task[part], words) for part, words in _PARTS.items() if part not in hidden and task[part] >= 0.5]
        parts = [f"{whole(p)} {words}" for p, words in sorted(points, key=lambda p: -p[0])[:_PARTS_TOLD]]
        return f"{whole(task['score'])} of 100 points{': ' if parts else ''}{', '.join(parts)}."


def whole(points: float) -> str:
    """Points as their field shows them."""
    return canonical_number(points, 0)


def _projects(task_projects: pl.DataFrame, everybodys: frozenset[str]) -> dict[str, list[str]]:
    public = task_projects.filter(pl.col("project_gid").is_in(everybodys)).sort("task_gid", "project_gid")
    return dict(public.group_by("task_gid", maintain_order=True).agg("project_gid").iter_rows())


def _rationales(inputs: PlanInputs, told: frozenset[str]) -> dict[str, Row]:
    proofs = inputs.proofs("priority_rationale")
    return {
        n["task_gid"]: n | {"proofs": [gid for gid in proofs.get(n["task_gid"], []) if gid in told and is_gid(gid)]}
        for n in inputs.priority_rationales.to_dicts()
    }

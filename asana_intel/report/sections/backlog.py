"""The section on priority: open tasks in order, what each score is made of, and why a task moved. Scores nothing."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.report import formats
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.sections.links import AsanaObject
from asana_intel.report.sections.roster import Roster
from asana_intel.report.sections.shared import Shared

Row = dict[str, Any]
TASKS_SHOWN = 60
# Parts of the score, in the order of the bar, and how they are called; the style sheet has a colour for each.
PARTS = {
    "strategic": "goals",
    "urgency": "urgency",
    "dependency": "others wait",
    "stakeholders": "stakeholders",
    "effort": "little effort",
    "capacity": "someone free",
}
_METHODS = {"estimate": "from people's estimate", "similar": "from similar work", "usual": "from usual work"}


@dataclass(frozen=True)
class ScorePart:
    """One piece of a score's bar; `width` is percent of the bar, which is 100 points long."""

    number: int
    name: str
    points: str
    width: float


@dataclass(frozen=True)
class Move:
    """How far a task moved in a week, and why."""

    direction: str
    symbol: str
    places: int
    cause: str | None
    task: AsanaObject | None


@dataclass(frozen=True)
class SimilarTask:
    """A finished task that an effort rests on."""

    task: AsanaObject
    hours: str


@dataclass(frozen=True)
class BacklogLine:
    """One open task; `gain` says what doing it changes for its goal."""

    place: int
    task: AsanaObject
    project: AsanaObject | None
    person: str | None
    due: str | None
    score: str
    score_10: int
    label: str
    parts: list[ScorePart]
    spoken: str
    confidence: str
    goal: AsanaObject | None
    gain: str
    move: Move | None
    sprint: str
    blocks: str | None
    is_blocked: bool
    effort: str | None
    similar: list[SimilarTask]


@dataclass(frozen=True)
class BacklogSection:
    """All of it: `lines` of `public` tasks; `private` ones are counted only. `sprints` counts all by place."""

    lines: list[BacklogLine]
    public: int
    private: int
    parts: list[str]
    sprints: list[tuple[str, int]]
    goalless: int


def backlog_section(inputs: ReportInputs) -> BacklogSection:
    """Arrange the scores of the week, the first task first."""
    priority = inputs.insights.priority
    public = priority.filter("is_public").sort("public_rank", "rank", "task_gid", nulls_last=True)
    lines, efforts = _Lines(inputs), _by_gid(inputs.insights.effort)
    shown = public.head(TASKS_SHOWN).iter_rows(named=True)
    counted = dict(priority["sprint"].value_counts().iter_rows())
    return BacklogSection(
        lines=[lines.line(place, row, efforts.get(row["task_gid"])) for place, row in enumerate(shown, start=1)],
        public=public.height,
        private=priority.height - public.height,
        parts=list(PARTS.values()),
        sprints=[(name, counted[name]) for name in ("Next Sprint", "Future", "Backlog", "Icebox") if name in counted],
        goalless=priority.filter(pl.col("strategic") == 0).height,
    )


def _by_gid(frame: pl.DataFrame) -> dict[str, Row]:
    return {row["task_gid"]: row for row in frame.iter_rows(named=True)}


class _Lines:
    """Looks up what stands beside a score."""

    def __init__(self, inputs: ReportInputs) -> None:
        self._shared = Shared(inputs)
        self._roster = Roster(inputs.people)

    def line(self, place: int, row: Row, effort: Row | None) -> BacklogLine:
        parts, goal = score_parts(row), self._shared.goal(row["goal_gid"])
        spoken = ", ".join(f"{part.name} {part.points}" for part in parts)
        return BacklogLine(
            place=place,
            task=self._shared.task(row["task_gid"]) or AsanaObject(f"task {row['task_gid']}", None),
            project=self._shared.project(row["project_gid"]),
            person=self._roster.name(row["person_gid"]) if row["person_gid"] else None,
            due=formats.day(row["due_on"]) if row["due_on"] else None,
            score=formats.number(row["score"], 0),
            score_10=row["score_10"],
            label=row["label"],
            parts=parts,
            spoken=f"Score {formats.number(row['score'], 0)} of 100: {spoken}",
            confidence=formats.percent(row["confidence"]),
            goal=goal,
            gain=_gain(row, is_named=goal is not None),
            move=self._move(row),
            sprint=row["sprint"],
            blocks=_blocks(row["blocked_tasks"]),
            is_blocked=row["is_blocked"],
            effort=effort_said(effort) if effort else None,
            similar=self._similar(effort) if effort else [],
        )

    def _move(self, row: Row) -> Move | None:
        """Places gained or lost among all tasks; None where it did not move or is new."""
        if row["rank_before"] is None or row["rank_before"] == row["rank"]:
            return None
        places = row["rank_before"] - row["rank"]
        direction, symbol = ("up", "▲") if places > 0 else ("down", "▼")
        other = None if row["cause_gid"] == row["task_gid"] else self._shared.task(row["cause_gid"])
        return Move(direction, symbol, abs(places), row["rank_cause"], other)

    def _similar(self, effort: Row) -> list[SimilarTask]:
        pairs = zip(effort["similar_gids"] or [], effort["similar_efforts"] or [], strict=False)
        found = [(self._shared.task(gid), hours) for gid, hours in pairs]
        return [SimilarTask(task, f"{formats.number(hours, 1)} h") for task, hours in found if task]


def score_parts(row: Row) -> list[ScorePart]:
    """The parts of a score that have points."""
    return [
        ScorePart(number, name, formats.number(row[column], 1), max(0.0, row[column]))
        for number, (column, name) in enumerate(PARTS.items(), start=1)
        if row[column]
    ]


def effort_said(effort: Row) -> str:
    """Expected hours with their band and where they come from."""
    band = f"{formats.number(effort['p10_hours'], 1)}–{formats.number(effort['p90_hours'], 1)} h"
    how = _METHODS.get(effort["method"], effort["method"])
    return f"{formats.number(effort['p50_hours'], 1)} h, 8 in 10 between {band}, {how}"


def _gain(row: Row, *, is_named: bool) -> str:
    if not row["goal_gid"]:
        return "no path to a goal"
    if not is_named:
        return "a goal that not everybody may read"
    if not row["goal_gain"]:
        return "does not change its odds"
    tenths = formats.number(100 * row["goal_gain"], 1)
    return f"{'+' if row['goal_gain'] > 0 else ''}{tenths} points of its odds"


def _blocks(tasks: int) -> str | None:
    return f"{formats.count(tasks, 'task waits', 'tasks wait')} for it" if tasks else None

"""What a what-if answers, and the same as JSON and back; nothing is computed here.

Rows of persons are kept apart: pages show teams of at least five people, and nobody's week but one's own.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from asana_intel.insights.scenario.capacity import PERSON_WEEKS, TEAM_WEEKS
from asana_intel.insights.scenario.goals import GOALS
from asana_intel.insights.scenario.priorities import PRIORITIES

DATES: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "project_gid": pl.String(),
    "is_changed": pl.Boolean(),
    "start_before": pl.Date(),
    "start_after": pl.Date(),
    "due_before": pl.Date(),
    "due_after": pl.Date(),
    "finish_before": pl.Date(),
    "finish_after": pl.Date(),
}
PROJECTS: dict[str, pl.DataType] = {
    "project_gid": pl.String(),
    "finish_before": pl.Date(),
    "finish_after": pl.Date(),
    "moved_tasks": pl.Int64(),
}
MOVES: dict[str, pl.DataType] = {
    "task_gid": pl.String(),
    "person_before_gid": pl.String(),
    "person_after_gid": pl.String(),
    "start_before": pl.Date(),
    "start_after": pl.Date(),
    "due_before": pl.Date(),
    "due_after": pl.Date(),
    "is_new": pl.Boolean(),
}
_SCHEMAS = {
    "person_weeks": PERSON_WEEKS,
    "team_weeks": TEAM_WEEKS,
    "tasks": DATES,
    "projects": PROJECTS,
    "priorities": PRIORITIES,
    "goals": GOALS,
    "moves": MOVES,
}
PERSONAL = ("person_weeks", "moves")
"""Frames that tell of single people."""


@dataclass(frozen=True)
class Outcome:
    """What changes, and only that: without any change every frame is empty.

    Attributes:
        person_weeks: Load of people, hours and odds of more than 110 %, before and after; personal.
        team_weeks: The same of their teams: sums, expected number of people above 110 %, odds that somebody is.
        tasks: Expected ends of tasks (null: never as it stands, or not there); is_changed: by the scenario itself.
        projects: Expected end of all open work of a project.
        priorities: Scores and ranks.
        goals: Odds of goals.
        moves: Tasks whose person or dates the scenario itself changes, and new ones; personal.
        notes: What could not be done, in sentences.
    """

    person_weeks: pl.DataFrame
    team_weeks: pl.DataFrame
    tasks: pl.DataFrame
    projects: pl.DataFrame
    priorities: pl.DataFrame
    goals: pl.DataFrame
    moves: pl.DataFrame
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain lists and texts; frames that tell of single people under `personal`."""
        told = {name: _plain(getattr(self, name)) for name in _SCHEMAS if name not in PERSONAL}
        return told | {"notes": list(self.notes), "personal": {name: _plain(getattr(self, name)) for name in PERSONAL}}

    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return all(getattr(self, name).is_empty() for name in _SCHEMAS)


def outcome_of(told: dict[str, Any]) -> Outcome:
    """The outcome that `as_json` told."""
    rows = told | told.get("personal", {})
    frames = {name: _frame(rows.get(name, []), schema) for name, schema in _SCHEMAS.items()}
    return Outcome(**frames, notes=tuple(told.get("notes", ())))


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    return frame.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()


def _frame(rows: list[dict[str, Any]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    days = {name for name, dtype in schema.items() if dtype == pl.Date}
    read = [{name: _day(row.get(name)) if name in days else row.get(name) for name in schema} for row in rows]
    return pl.DataFrame(read, schema=schema, orient="row")


def _day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)

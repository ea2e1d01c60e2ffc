"""A caller's own frames made a backlog, by other names too and as they stood at an instant; nothing is scored here."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

import polars as pl

from asana_intel.errors import PermanentError
from asana_intel.insights.handed_in import checked_frame, instants
from asana_intel.insights.priority.backlog import Backlog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ALSO: Mapping[str, Mapping[str, str]] = {
    "work": {"left_hours": "estimate"},
    "effort": {f"p{q}_hours": f"p{q}" for q in (10, 50, 90)},
    "load": {"owner_gid": "person_gid"},
}
"""Frame -> our column -> what is read where there is none: as `estimate_effort` takes and gives it."""


def backlog_of(tasks: pl.DataFrame, frames: Mapping[str, pl.DataFrame], as_of: datetime) -> Backlog:
    """The backlog as it stood at an instant.

    Args:
        tasks: `WORK` of the backlog; where it has created_at or completed_at, tasks that were not there yet, or were
            finished, are left out.
        frames: The other frames of `Backlog`, by name.
        as_of: In UTC.

    Raises:
        PermanentError: As `Backlog`; or there is no frame of that name.
    """
    names = [each.name for each in fields(Backlog)]
    if unknown := sorted(set(frames) - set(names[1:])):
        raise PermanentError(f"no frame is called '{unknown[0]}'", fix=f"use {', '.join(names[1:])}")
    given = {"work": _open(checked_frame(tasks, "tasks"), as_of), **frames}
    return Backlog(**{name: _renamed(checked_frame(frame, name), name) for name, frame in given.items()})


def _open(tasks: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Tasks that were there, and not finished; where it is not told when, they are."""
    if "created_at" in tasks.columns:
        tasks = tasks.filter((instants(tasks["created_at"], "tasks") <= as_of).fill_null(value=True))
    if "completed_at" in tasks.columns:
        tasks = tasks.filter((instants(tasks["completed_at"], "tasks") > as_of).fill_null(value=True))
    return tasks


def _renamed(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    also = _ALSO.get(name, {})
    return frame.rename({b: a for a, b in also.items() if a not in frame.columns and b in frame.columns})

"""A small company in tables, for the tests of sprints."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from asana_intel.storage.contracts import CONTRACTS

AS_OF = datetime(2026, 3, 4, 9, tzinfo=UTC)  # a Wednesday
WEEK_ON = date(2026, 3, 2)
SPRINT = (date(2026, 3, 9), date(2026, 3, 22))
LONG_AGO = datetime(2026, 1, 5, tzinfo=UTC)
WEEKLY = ("insights/task_priority", "insights/task_effort")
_SCHEMAS = {
    "insights/task_priority": {"as_of_on": pl.Date, "task_gid": pl.String, "score": pl.Float64},
    "insights/task_effort": {
        "as_of_on": pl.Date, "task_gid": pl.String, "p10_hours": pl.Float64, "p50_hours": pl.Float64,
        "p90_hours": pl.Float64, "left_p50_hours": pl.Float64,
    },
}  # fmt: skip
_FILLER = {
    pl.String: "x", pl.Boolean: False, pl.Int64: 0, pl.Float64: 0.0, pl.Date: date(2026, 1, 5),
    pl.Datetime: LONG_AGO,
}  # fmt: skip


class World:
    """Rows by table; what a contract requires and nobody gave is filled in."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, key: str, **row: Any) -> None:
        self.rows.setdefault(key, []).append(row)

    def read(self, key: str) -> pl.DataFrame:
        rows = self.rows.get(key, [])
        if key in WEEKLY:  # declared elsewhere
            return pl.DataFrame(rows, schema=_SCHEMAS[key])
        columns = CONTRACTS[key].columns
        filler = {c.name: _FILLER[c.dtype.base_type()] for c in columns if c.required}
        return pl.DataFrame([{**filler, **row} for row in rows], schema=CONTRACTS[key].schema)

    def read_week(self, key: str) -> pl.DataFrame:
        return self.read(key).filter(pl.col("as_of_on") == WEEK_ON)

    def person(self, gid: str, name: str, *teams: str, hours: float = 10.0, skills: str | None = None) -> None:
        """A member of teams with hours in each week."""
        self.add("staging/users", person_gid=gid, name=name)
        for team in teams:
            self.add("staging/team_memberships", team_gid=team, person_gid=gid)
        for week in range(8):
            self.add(
                "forecasts/person_load",
                as_of_on=WEEK_ON,
                person_gid=gid,
                week_on=WEEK_ON + timedelta(weeks=week),
                available_hours=hours,
            )
        if skills:
            self.field(gid, "user", "Skills", skills)

    def field(self, gid: str, kind: str, name: str, value: str) -> None:
        self.add(
            "staging/custom_field_values",
            object_gid=gid,
            object_type=kind,
            field_gid=name,
            field_name=name,
            display_value=value,
        )

    def log(self, gid: str, hours: float, at: datetime = LONG_AGO) -> None:
        """Hours that Asana counts on a task, which it changes."""
        row = next(row for row in self.rows["staging/tasks"] if row["task_gid"] == gid)
        row |= {"actual_hours": hours, "modified_at": at}

    def pin(self, gid: str, value: str, since: datetime = LONG_AGO) -> None:
        self.add(
            "staging/task_field_intervals",
            task_gid=gid,
            field_gid="pin",
            field_name="Sprint Pin",
            text_value=value,
            valid_from=since,
        )

    def project(self, gid: str, team: str) -> None:
        self.add("staging/projects", project_gid=gid, team_gid=team, name=gid)

    def task(
        self,
        gid: str,
        project: str | None = "project",
        *,
        person: str | None = None,
        score: float | None = 1.0,
        hours: float | None = 2.0,
        section: str | None = None,
        parent: str | None = None,
        subtype: str = "default_task",
        name: str | None = None,
        due_on: date | None = None,
        created_at: datetime = LONG_AGO,
        done_at: datetime | None = None,
        **further: Any,
    ) -> None:
        """A task as it was from its creation on, done at an instant or open."""
        self.add(
            "staging/tasks",
            task_gid=gid,
            name=name or gid,
            parent_gid=parent,
            subtype=subtype,
            created_at=created_at,
            **further,
        )
        self.add("staging/task_lifetimes", task_gid=gid, valid_from=created_at)
        key = "staging/task_completion_intervals"
        self.add(key, task_gid=gid, is_completed=False, valid_from=created_at, valid_to=done_at)
        if done_at is not None:
            self.add(key, task_gid=gid, is_completed=True, valid_from=done_at)
        self.add("staging/task_assignee_intervals", task_gid=gid, assignee_gid=person, valid_from=created_at)
        self.add("staging/task_date_intervals", task_gid=gid, due_on=due_on, valid_from=created_at)
        if project:
            self.add("staging/task_projects", task_gid=gid, project_gid=project)
            if section:
                self.add("staging/sections", section_gid=section, name=section, project_gid=project)
                self.add(
                    "staging/task_section_intervals",
                    task_gid=gid,
                    project_gid=project,
                    section_gid=section,
                    valid_from=created_at,
                )
        if score is not None:
            self.add("insights/task_priority", as_of_on=WEEK_ON, task_gid=gid, score=score)
        if hours is not None:
            band = {"p10_hours": hours / 2, "p50_hours": hours, "p90_hours": hours * 2, "left_p50_hours": hours}
            self.add("insights/task_effort", as_of_on=WEEK_ON, task_gid=gid, **band)


def company() -> World:
    """One team of two with a project."""
    world = World()
    world.person("ana", "Ana", "team", skills="Design, SQL")
    world.person("bo", "Bo", "team", hours=20.0)
    world.project("project", "team")
    return world

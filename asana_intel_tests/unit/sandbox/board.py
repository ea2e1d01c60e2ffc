"""A small board written by hand for tests of tasks, sections, tags and search. No fixtures, no tests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from asana_intel.sandbox.sandbox import Sandbox
from asana_intel_tests.unit.sandbox.worlds import Api, Body, write_world

BORN = "2026-01-01T08:00:00.000Z"
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def task(gid: str, section: str, **more: object) -> Body:
    """Write a task of project 3 in one of its sections."""
    place = {"projects": [{"gid": "3"}], "memberships": [{"project": {"gid": "3"}, "section": {"gid": section}}]}
    return {"gid": gid, "name": f"T{gid}", "created_at": BORN, "workspace": {"gid": "1"}, **place, **more}


def board(folder: Path, state: Path | None = None) -> Api:
    """Play a project 3 with sections 4 and 5, tasks 10 to 12 and 13, a project 30, a tag 70 and a team 9."""
    home = {"created_at": BORN, "workspace": {"gid": "1"}}
    folder.mkdir(exist_ok=True)
    world = write_world(
        folder,
        users=[
            {"gid": "2", "name": "Ann", "email": "ann@w.example"},
            {"gid": "22", "name": "Bob", "email": "bob@w.example"},
        ],
        teams=[{"gid": "9", "name": "Team", "organization": {"gid": "1"}}],
        projects=[{"gid": "3", "name": "P", "team": {"gid": "9"}, **home}, {"gid": "30", "name": "Q", **home}],
        sections=[
            {"gid": "4", "name": "To do", "created_at": BORN, "project": {"gid": "3"}},
            {"gid": "5", "name": "Done", "created_at": BORN, "project": {"gid": "3"}},
        ],
        tags=[{"gid": "70", "name": "urgent", **home}],
        tasks=[
            task("10", "4", notes="Fix the export", assignee={"gid": "2"}),
            task("11", "4", due_on="2026-02-20", tags=[{"gid": "70"}]),
            task("12", "4", tags=[{"gid": "79", "name": "only here"}]),
            task("13", "5", completed=True, completed_at="2026-01-20T08:00:00.000Z"),
        ],
    )
    return Api(Sandbox(world, NOW, state))

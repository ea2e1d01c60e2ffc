"""Task breakdowns from files: names become gids, and what is wrong is named by row, column and mend."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.insights.scenario.breakdown import read_project

KNOWN = {"person": {"Ada": "1"}, "team": {"Design": "50"}, "goal": {"Grow": "1000"}}


def looked_up(kind: str):
    def gid(name: str) -> str:
        if name not in KNOWN[kind]:
            raise ConfigError(f"There is no {kind} called '{name}'")
        return KNOWN[kind][name]

    return gid


GID_OF = {kind: looked_up(kind) for kind in KNOWN}


def test_a_csv_file_becomes_a_project_with_gids(tmp_path: Path) -> None:
    file = tmp_path / "portal.csv"
    file.write_text(
        "Task,Effort,Role,Person,Team,Depends on,Start,Due,Goal,Contribution\n"
        "draw,12,design,,Design,,2026-03-09,2026-03-13,Grow,2.5\n"
        "build,40,,Ada,,draw; 8001,,,,\n"
    )
    project = read_project(file, GID_OF, dt.date(2026, 4, 1))
    draw, build = project.tasks
    assert (project.name, project.start_on) == ("portal", dt.date(2026, 4, 1))
    assert (draw.skill, draw.team_gid, draw.goal_gid, draw.contribution) == ("design", "50", "1000", 2.5)
    assert (draw.start_on, draw.due_on) == (dt.date(2026, 3, 9), dt.date(2026, 3, 13))
    assert (build.person_gid, build.depends_on, build.hours) == ("1", ("draw", "8001"), 40)


def test_a_json_file_says_the_same_and_can_name_the_project(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text(json.dumps([{"initiative": "Portal", "task": "draw", "hours": 3, "depends_on": ["8001"]}]))
    project = read_project(file, GID_OF)
    assert (project.name, project.tasks[0].depends_on) == ("Portal", ("8001",))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("task,hours\ndraw,0\n", "row 1, column 'hours': '0'"),
        ("task,hours\ndraw,soon\n", "row 1, column 'hours': 'soon'"),
        ("task,hours\n,3\n", "row 1, column 'task'"),
        ("task,hours,person\na,1,Ada\nb,1,Bob\n", "row 2, column 'person': 'Bob'"),
        ("task,hours,due\na,1,May\n", "row 1, column 'due': 'May'"),
        ("task,hours,colour\na,1,red\n", "not known: colour"),
        ("task,hours\n", "holds no task"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "p.csv"
    file.write_text(text)
    with pytest.raises(PermanentError, match=words):
        read_project(file, GID_OF)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no \.csv or \.json file"):
        read_project(tmp_path / "p.xlsx", GID_OF)

"""Task breakdowns from files: names become gids, and what is wrong is named by row, column and mend."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
        ("", "holds no task"),
        ("task\na\n", "missing: hours"),
        ("task,hours,effort\na,1,2\n", "there twice: hours"),
        ("task,hours\na,1\n\na,2\n", "line 4, row 2, column 'task': 'a' .*line 2, row 1 has that name"),
        ("task,hours\na,1,b\n", "line 2, row 1: 'b' is in no column"),
        ('task;hours\na;"1,200"\n', "column 'hours': '1,200'"),
        ("task,hours\na,nan\n", "column 'hours': 'nan'"),
        ("task,hours,due\na,1,31.12.2026\n", "'31.12.2026' .*YYYY-MM-DD"),
        ("task,hours,start,due\na,1,2026-03-09,2026-03-08\n", "column 'due'.*before the start, 2026-03-09"),
        ("task,hours,depends_on\na,1,b\n", "column 'depends_on': 'b'"),
        ("task,hours,depends_on\na,1,a\n", "cannot wait for itself"),
        ("task,hours,initiative\na,1,X\nb,1,Y\n", "row 2, column 'initiative': 'Y'"),
        ('task,hours\na,1\n"b,2\nc,3\n', "begins in line 3"),
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


SHEET = (
    "Task;Effort;Person;Depends on;Contribution\r\n"
    '"Draw; the first";7,5;Ada;;2,25\r\n'
    "\r\n"
    ";;;;\r\n"
    'Build;40;"Ada";"Draw; the first";;\r\n'
)


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_sheet_with_semicolons_or_tabs_decimal_commas_and_blank_lines_is_read(
    tmp_path: Path, mark: bytes, separator: str
) -> None:
    text = SHEET.replace('"Draw; the first"', '"Draw, the first"').replace(";", separator)
    file = tmp_path / "p.csv"
    file.write_bytes(mark + text.encode())
    draw, build = read_project(file, GID_OF).tasks
    assert (draw.task, draw.hours, draw.contribution, draw.person_gid) == ("Draw, the first", 7.5, 2.25, "1")
    assert (build.hours, build.depends_on) == (40, ("Draw, the first",))


@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8),
            st.integers(1, 9999),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda row: row[0],
    ),
    separator=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_spreadsheet_writes_is_read_back(
    rows: list[tuple[str, int]], separator: str, line_end: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("sheet") / "p.csv"
    with file.open("w", encoding="utf-8", newline="") as sheet:
        writer = csv.writer(sheet, delimiter=separator, lineterminator=line_end)
        writer.writerow(["task", "hours"])
        writer.writerows((name, f"{tenths / 10:.1f}") for name, tenths in rows)
    tasks = read_project(file, GID_OF).tasks
    assert [(task.task, round(task.hours * 10)) for task in tasks] == rows

"""Initiatives from files: what a row means, and which row and column is wrong."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.insights.portfolio.initiative_file import read_initiatives

EXAMPLE = Path(__file__).resolve().parents[4] / "docs" / "examples" / "initiative.csv"
HEAD = "initiative,task,hours,depends_on,start,due,goal,contribution"


def file(folder: Path, *rows: str, head: str = HEAD, name: str = "wishes.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return path


def test_the_example_is_one_initiative_with_its_tasks_and_what_they_wait_for() -> None:
    (asked,) = read_initiatives(EXAMPLE)
    assert (asked.name, asked.start_on, asked.due_on) == ("Self-service portal", None, dt.date(2026, 12, 18))
    assert [ask.hours for ask in asked.asks] == [40, 120, 32, 60]
    assert asked.asks[-1].depends_on == ("Build the sign-up", "Write the guides")


def test_json_says_the_same_as_csv(tmp_path: Path) -> None:
    csv = file(tmp_path, "P,a,5,,2026-03-02,2026-03-13,Grow,2", "P,b,7.5,a,,,,")
    rows = [
        {"Initiative": "P", "task": "a", "effort": 5, "start": "2026-03-02", "due": "2026-03-13", "goal": "Grow",
         "contribution": 2, "role": None},
        {"initiative": "P", "task": "b", "hours": "7.5", "depends on": ["a"]},
    ]  # fmt: skip
    path = tmp_path / "wishes.json"
    path.write_text(json.dumps(rows))
    assert read_initiatives(path) == read_initiatives(csv)


def test_effort_and_role_are_other_words_for_hours_and_skill(tmp_path: Path) -> None:
    (asked,) = read_initiatives(file(tmp_path, "P,a,5,SQL,2026-03-13", head="Initiative,Task,Effort,Role,Due"))
    assert (asked.asks[0].hours, asked.asks[0].skill) == (5, "SQL")


def test_a_folder_holds_all_initiatives_of_its_files(tmp_path: Path) -> None:
    file(tmp_path, "Q,a,5,,,2026-03-13,,", "P,a,5,,,2026-03-13,,", name="b.csv")
    file(tmp_path, "R,a,5,,,2026-03-13,,", name="a.csv")
    (tmp_path / "notes.txt").write_text("not for us")
    assert [asked.name for asked in read_initiatives(tmp_path)] == ["R", "Q", "P"]
    file(tmp_path, "R,a,5,,,2026-03-13,,", name="c.csv")
    with pytest.raises(PermanentError, match="two files have an initiative 'R'"):
        read_initiatives(tmp_path)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["P,a,0,,,2026-03-13,,"], "wishes.csv: row 1, column 'hours': '0'"),
        (["P,a,5,,,2026-03-13,,", "P,b,nan,,,,,"], "row 2, column 'hours': 'nan'"),
        (["P,a,much,,,2026-03-13,,"], "row 1, column 'hours': 'much'"),
        (["P,a,-1,,,2026-03-13,,"], "row 1, column 'hours': '-1'"),
        ([",a,5,,,2026-03-13,,"], "row 1, column 'initiative': ''"),
        (["P,,5,,,2026-03-13,,"], "row 1, column 'task': ''"),
        (["P,a,5,,,2026-03-13,,", "P,a,6,,,,,"], "row 2, column 'task': 'a'"),
        (["P,a,5,z,,2026-03-13,,"], "row 1, column 'depends_on': 'z'"),
        (["P,a,5,a,,2026-03-13,,"], "row 1, column 'depends_on': 'a'"),
        (["P,a,5,,soon,2026-03-13,,"], "row 1, column 'start': 'soon'"),
        (["P,a,5,,,13.3.2026,,"], "row 1, column 'due': '13.3.2026'"),
        (["P,a,5,,,,,"], "row 1, column 'due': ''"),
        (["P,a,5,,2026-03-14,2026-03-13,,"], "row 1, column 'due': '2026-03-13'"),
        (["P,a,5,,,2026-03-13,,3"], "row 1, column 'contribution': '3'"),
        (["P,a,5,,,2026-03-13,Grow,-3"], "row 1, column 'contribution': '-3'"),
    ],
)
def test_what_is_wrong_is_named_with_row_column_and_mend(tmp_path: Path, rows: list[str], said: str) -> None:
    with pytest.raises(PermanentError) as wrong:
        read_initiatives(file(tmp_path, *rows))
    assert said in wrong.value.message
    assert wrong.value.fix


def test_columns_that_are_missing_or_unknown_are_named(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="missing: hours"):
        read_initiatives(file(tmp_path, "P,a", head="initiative,task"))
    with pytest.raises(PermanentError, match="not known: ours"):
        read_initiatives(file(tmp_path, "P,a,5,6", head="initiative,task,hours,ours"))
    with pytest.raises(PermanentError, match="quote values") as wrong:
        read_initiatives(file(tmp_path, "P,a,5,6", head="initiative,task,hours"))
    assert wrong.value.fix


def test_what_is_no_file_of_initiatives_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no file or folder"):
        read_initiatives(tmp_path / "none.csv")
    (tmp_path / "x.xlsx").write_bytes(b"PK")
    with pytest.raises(ConfigError, match="neither"):
        read_initiatives(tmp_path / "x.xlsx")
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(PermanentError, match="cannot be read"):
        read_initiatives(tmp_path / "x.json")
    (tmp_path / "y.json").write_text('{"a": 1}')
    with pytest.raises(PermanentError, match="no list of objects"):
        read_initiatives(tmp_path / "y.json")

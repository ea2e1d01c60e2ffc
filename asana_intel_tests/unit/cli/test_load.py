"""The command load: who is asked too much, which tasks cause it, and what it says where nothing is known."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from asana_intel.cli.load_strip import week_marks
from asana_intel.cli.main import app
from asana_intel.cli.output import console
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore

WEEK = date(2026, 11, 16)
AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
STAMP = {"as_of_on": WEEK, "as_of_at": AT}
run = CliRunner().invoke


def _put(store: TableStore, key: str, rows: list[dict[str, Any]]) -> None:
    """Numbers that a row leaves out are zero."""
    frame = pl.DataFrame(rows, schema=CONTRACTS[key].schema)
    store.overwrite(key, frame.with_columns(pl.col(pl.Float64, pl.Int64).fill_null(0)))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setattr(console, "width", 160)  # made once, for all tests
    return TableStore(str(tmp_path / "tables"))


@pytest.fixture
def loaded(home: TableStore) -> TableStore:
    odds = {"2000": [0.9, 0.3, 0.1, 0.0, 0.9], "2001": [0.2] * 5}
    weeks = [
        {**STAMP, "person_gid": gid, "week_on": WEEK + timedelta(weeks=n), "p_over_110": p, "load_pct": 2 * p}
        for gid, likely in odds.items()
        for n, p in enumerate(likely)
    ]
    causes = [
        {**STAMP, "person_gid": "2000", "week_on": WEEK + timedelta(weeks=n), "rank": 1, "task_gid": "4000",
         "hours": 12.5, "is_inferred": True, "p_over_110": odds["2000"][n]}
        for n in (0, 1)
    ]  # fmt: skip
    _put(home, "forecasts/person_load", weeks)
    _put(home, "forecasts/load_causes", causes)
    _put(home, "marts/dim_person", [{"person_gid": "2000", "name": "Ada [Berg]"}, {"person_gid": "2001", "name": "Bo"}])
    task = {"task_gid": "4000", "name": "Write [the] export", "is_completed": False, "created_at": AT}
    _put(home, "staging/tasks", [task])
    return home


def week_of(ahead: int, **hours: Any) -> dict[str, Any]:
    return {**STAMP, "person_gid": "2000", "week_on": WEEK + timedelta(weeks=ahead), "working_hours": 40.0,
            "available_hours": 40.0, "state": "At Capacity", **hours}  # fmt: skip


def test_eight_weeks_tell_tasks_promises_and_time_off_apart_without_any_colour(home: TableStore) -> None:
    weeks = [
        week_of(0, assigned_hours=16.0, promised_without_tasks_hours=8.0, available_hours=32.0, time_off_hours=8.0),
        week_of(1, assigned_hours=60.0, p10=31.6, p90=80.2, state="Overloaded"),
        week_of(2, promised_without_tasks_hours=60.0, state="Overloaded"),
        week_of(3, available_hours=0.0, time_off_hours=40.0, state=None),
        *(week_of(ahead) for ahead in range(4, 9)),
    ]
    _put(home, "forecasts/person_load", weeks)
    _put(home, "marts/dim_person", [{"person_gid": "2000", "name": "Ada"}])
    lines = run(app, ["load", "--week", "2026-11-18"], color=False).output.splitlines()
    strip = next(line for line in lines if "█" in line and line.startswith("Ada"))
    assert strip.split() == ["Ada", "██▒·╱", "█████▲", "▒▒▒▒▒▲", "╱╱╱╱╱", *["·····"] * 4]  # the ninth is too far
    band = next(line for line in lines if "32–80" in line)
    assert band.split()[:5] == ["Ada", "0–0", "32–80", "0–0", "no"]


def test_a_week_that_only_promises_overfill_is_told_with_both_parts(home: TableStore) -> None:
    week = week_of(0, assigned_hours=6.0, allocated_hours=60.0, promised_without_tasks_hours=54.0, state="Overloaded")
    _put(home, "forecasts/person_load", [week | {"p_state": 0.98}])
    _put(home, "marts/dim_person", [{"person_gid": "2000", "name": "Ada"}])
    said = run(app, ["load", "--week", "2026-11-18"]).output
    assert "6 h on tasks, 54 h promised and not yet on tasks, of 40 h available; 98% likely" in said


@given(*[st.floats(0, 500)] * 4, st.booleans())
def test_a_week_has_five_marks_whatever_its_hours(working, lost, assigned, promised, full) -> None:
    marks = week_marks(working, max(working - lost, 0.0), assigned, promised, is_full=full)
    assert marks == "no hours" or len(marks.rstrip("▲")) == 5


def test_four_weeks_of_everybody_and_the_tasks_of_likely_overloads(loaded: TableStore) -> None:
    said = run(app, ["load", "--week", "2026-11-18"]).output
    assert "90 % (180 %)" in said
    assert "Hours promised" not in said
    assert "2026-12-07" in said
    assert "2026-12-14" not in said
    assert "Ada [Berg], week of 2026-11-16" in said
    assert said.count("Write [the] export") == 1  # the second week is less likely than not


def test_promises_are_told_beside_tasks_and_time_off_and_states_with_their_odds(home: TableStore) -> None:
    week = {**STAMP, "person_gid": "2000", "week_on": WEEK, "working_hours": 40.0, "time_off_hours": 8.0,
            "available_hours": 32.0, "assigned_hours": 6.0, "estimated_share": 0.62, "inferred_share": 0.38,
            "state": "Underutilized", "p_state": 0.97, "allocated_hours": 20.0,
            "promised_without_tasks_hours": 14.5, "tasks_without_promise_hours": 0.5}  # fmt: skip
    _put(home, "forecasts/person_load", [week])
    _put(home, "marts/dim_person", [{"person_gid": "2000", "name": "Ada"}])
    said = run(app, ["load", "--week", "2026-11-18"]).output
    assert "Underutilized 97 %" in said
    assert "62 % estimated, 38 % inferred" in said
    (line,) = [line.split() for line in said.splitlines() if "2026-11-16" in line and line.startswith("Ada ")]
    assert line == ["Ada", "2026-11-16", "20", "6", "8", "32", "14.5", "0.5", "12"]


def test_one_person_can_be_asked_for_and_programs_get_rows(loaded: TableStore) -> None:
    told = json.loads(run(app, ["load", "--week", "2026-11-16", "--person", "ada", "--json"]).output)
    assert [row["p_over_110"] for row in told["weeks"]] == [0.9, 0.3, 0.1, 0.0, 0.9]
    assert [(row["task"], row["hours"]) for row in told["causes"]] == [("Write [the] export", 12.5)]


def test_a_person_nobody_knows_and_a_week_without_forecast_are_said_so(loaded: TableStore) -> None:
    unknown = run(app, ["load", "--week", "2026-11-16", "--person", "zoe"])
    assert unknown.exit_code == 1
    assert "Nobody called 'zoe'" in unknown.output
    assert "No load in the week of 2026-11-09" in run(app, ["load", "--week", "2026-11-09"]).output


def test_people_are_listed_by_name_whatever_their_figures(loaded: TableStore) -> None:
    def names(command: str) -> list[str]:
        rows = json.loads(run(app, [command, "--week", "2026-11-18", "--json"]).output)
        return list(dict.fromkeys(row["name"] for row in (rows["weeks"] if isinstance(rows, dict) else rows)))

    hours = {"2000": 9.0, "2001": 31.0}
    for turned in (False, True):
        _put(
            loaded,
            "forecasts/person_capacity",
            [
                {
                    **STAMP,
                    "person_gid": gid,
                    "week_on": WEEK,
                    "mean": 40.0 - mean if turned else mean,
                    "status": "assessed",
                    "method": "person_weeks",
                }
                for gid, mean in hours.items()
            ],
        )
        assert names("capacity") == names("load") == ["Ada [Berg]", "Bo"]

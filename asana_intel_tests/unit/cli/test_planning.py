"""The commands for leaders: what they say, as text and as JSON, and what they say where nothing is known."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from asana_intel.cli.headcount_stairs import Quarter, stairs
from asana_intel.cli.main import app
from asana_intel.cli.output import console
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.tables import TableStore
from asana_intel_tests.unit.report.example_insights import examples
from asana_intel_tests.unit.report.test_report_insights import TASKS, WEEK

run = CliRunner().invoke
KEYS = ("team_utilisation", "capacity_cost", "headcount", "ramp_plan")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setattr(console, "width", 220)  # made once, for all tests
    return TableStore(str(tmp_path / "tables"))


@pytest.fixture
def known(home: TableStore) -> TableStore:
    made = examples(WEEK, TASKS, ["3000"], ["1000"], ["50"], ["2000", "2001"])
    for key in KEYS:
        home.overwrite(f"insights/{key}", made[f"insights/{key}"])
    home.overwrite("staging/teams", pl.DataFrame({"team_gid": ["50"], "name": ["Plat [form]"]}))
    people = pl.DataFrame(
        [{"person_gid": "2000", "name": "Ada Berg", "open_tasks": 0}], schema=CONTRACTS["marts/dim_person"].schema
    )
    home.overwrite("marts/dim_person", people)
    return home


def said(*words: str) -> str:
    done = run(app, [*words, "--week", WEEK.isoformat()])
    assert done.exit_code == 0, done.output
    return done.output


def test_leaders_see_teams_their_weeks_and_what_the_shortage_costs_and_nobody_by_name(known: TableStore) -> None:
    text = said("capacity", "--executive")
    for words in ("Plat [form]", "everybody", "125 % (80 %)", "31 points", "Capacity for leaders"):
        assert words in text
    assert "Ada" not in text


def test_leaders_get_a_page_that_names_nobody(known: TableStore, tmp_path: Path) -> None:
    page = tmp_path / "leaders.html"
    told = run(app, ["capacity", "--executive", "--out", str(page), "--week", WEEK.isoformat()])
    assert told.exit_code == 0
    assert "What the shortage costs" in page.read_text()
    assert "Ada" not in page.read_text()
    assert run(app, ["capacity", "--out", str(page), "--week", WEEK.isoformat()]).exit_code == 1


def test_headcount_says_missing_people_with_an_interval_and_when_to_start_hiring(known: TableStore) -> None:
    text = said("headcount")
    for words in (
        "Q1 2027",
        "1.3 (0.8 to 1.8)",
        "70 %",
        "2026-10-09, passed",
        "2027-01-07",
        "New role: 9 weeks of history",
    ):
        assert words in text
    assert "2027-01-07, passed" not in text


def test_headcount_draws_what_is_missing_and_what_is_to_spare_on_one_scale(known: TableStore) -> None:
    text = said("headcount")
    assert f"Q1 2027  {'█' * 32}{'▒' * 8}  1,000 h asked, 800 h can be done" in text
    assert stairs([Quarter("Q1", 50, 100), Quarter("Q2", 0, 0)]) == [
        f"Q1  {'█' * 20}{'·' * 20}  50 h asked, 100 h can be done",
        f"Q2  {' ' * 40}  0 h asked, 0 h can be done",
    ]


def test_ramp_says_the_steps_of_a_new_person_and_may_be_asked_for_one(known: TableStore) -> None:
    assert "Ada Berg could begin with: 1" in said("ramp")
    assert "days to 90" in said("ramp", "--person", "ada")
    assert "Nobody joined" in said("ramp", "--person", "nobody")


@pytest.mark.parametrize("words", [["capacity", "--executive"], ["headcount"], ["ramp"]])
def test_programs_get_the_rows_as_json(known: TableStore, words: list[str]) -> None:
    told = json.loads(said(*words, "--json"))
    rows = told if isinstance(told, list) else next(iter(told.values()))
    assert rows[0]["as_of_on"] == WEEK.isoformat()


@pytest.mark.parametrize("words", [["capacity", "--executive"], ["headcount"]])
def test_where_nothing_is_known_it_says_what_to_run(home: TableStore, words: list[str]) -> None:
    done = run(app, [*words, "--week", WEEK.isoformat()])
    assert done.exit_code == 1
    assert "asana-intel forecast" in done.output

"""The commands whatif and scenarios on a small home: four parts, nothing written, kept, compared, made a plan."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from asana_intel.changes.ledger import open_plans
from asana_intel.cli.main import app
from asana_intel.cli.output import console
from asana_intel.forecasts import weekly
from asana_intel.settings import Settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

WEEK = date(2026, 11, 16)
AT = datetime(2026, 11, 16, 6, tzinfo=UTC)
BORN = AT - timedelta(days=60)
STAMP = {"as_of_on": WEEK, "as_of_at": AT}
SETTINGS = Settings()  # pyright: ignore[reportCallIssue]
run = CliRunner().invoke


class Home:
    """Tables of a home, filled row by row."""

    def __init__(self, root: Path) -> None:
        self.store = TableStore(str(root / "tables"))
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def put(self, key: str, *rows: dict[str, Any]) -> None:
        self._rows.setdefault(key, []).extend(rows)

    def task(self, gid: str, name: str, person: str | None, due_on: date, hours: float) -> None:
        """An open task of project 3000, made two months ago."""
        since = {"task_gid": gid, "valid_from": BORN, "source": "record"}
        self.put("staging/tasks", {"task_gid": gid, "name": name, "created_at": BORN, "assignee_gid": person,
                                   "due_on": due_on, "effort_hours": hours, "is_completed": False,
                                   "modified_at": BORN, "workspace_gid": "900"})  # fmt: skip
        self.put("staging/task_lifetimes", since)
        self.put("staging/task_completion_intervals", since | {"is_completed": False})
        self.put("staging/task_date_intervals", since | {"due_on": due_on})
        self.put("staging/task_assignee_intervals", since | {"assignee_gid": person})
        self.put("staging/task_projects", {"task_gid": gid, "project_gid": "3000"})
        self.put("staging/task_section_intervals", since | {"project_gid": "3000"})
        band = {"p10_hours": hours / 2, "p50_hours": hours, "p90_hours": hours * 2, "left_p50_hours": hours}
        self.put("insights/task_effort", STAMP | band | {"task_gid": gid, "estimated_hours": hours, "method": "usual"})

    def write(self) -> None:
        for key, rows in self._rows.items():
            schema = CONTRACTS[key].schema
            frame = pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)
            some = [pl.col(pl.Boolean).fill_null(value=False), pl.col(pl.Int64).fill_null(0)]
            self.store.overwrite(key, frame.with_columns(some))
        load = weekly.person_load(self.store.read, WEEK, AT, SETTINGS.forecast)
        for key, frame in zip(("person_load", "load_causes", "task_load", "person_days"), load, strict=True):
            self.store.overwrite(f"forecasts/{key}", frame)


@pytest.fixture
def home(tmp_path: Path, database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    """Ada (2000) has three long tasks this week, Bo (2001) none; all serve the goal Grow."""
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setenv("ASANA_INTEL_PG_URL", postgres_url)
    monkeypatch.setenv("ASANA_INTEL_MODE", "propose")
    monkeypatch.setattr(console, "width", 220)
    made = Home(tmp_path)
    for n in range(3):
        made.task(str(8000 + n), f"Fix [it] {n}", "2000", WEEK + timedelta(days=4 + n), 30.0)
    made.task("8003", "Draw", "2001", WEEK + timedelta(days=30), 4.0)
    made.put("staging/projects", {"project_gid": "3000", "name": "Launch", "team_gid": "50", "created_at": BORN,
                                  "privacy_setting": "public_to_workspace"})  # fmt: skip
    made.put("staging/teams", {"team_gid": "50", "name": "Design"})
    made.put("marts/dim_project", {"project_gid": "3000", "name": "Launch"})
    for gid, name in (("2000", "Ada [Berg]"), ("2001", "Bo")):
        made.put("marts/dim_person", {"person_gid": gid, "name": name, "team_gid": "50", "open_tasks": 1})
        made.put("staging/team_memberships", {"team_gid": "50", "person_gid": gid})
    known = {"goal_gid": "1000", "name": "Grow", "progress_source": "manual", "unit": "none"}
    made.put("marts/dim_goal", known)
    made.put("staging/goals", known | {"privacy_setting": "public_to_workspace"})
    made.put("marts/bridge_goal_project", {"goal_gid": "1000", "project_gid": "3000"})
    made.put("forecasts/goal_attainment", STAMP | {
        "goal_gid": "1000", "kind": "flow", "status": "assessed", "p_attain": 0.5, "value_p10": 80.0,
        "value_p50": 100.0, "value_p90": 120.0, "initial_value": 0.0, "current_value": 40.0, "target_value": 100.0,
        "due_on": WEEK + timedelta(days=40), "method": "flow"})  # fmt: skip
    made.write()
    synced(database, AT)
    return made.store


def synced(database: Database, at: datetime) -> None:
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted) VALUES ('900', 'http://x', %s, 1, 1, 0, 0)",
            (at,),
        )


def said(*arguments: str, code: int = 0) -> str:
    done = run(app, [*arguments])
    assert done.exit_code == code, done.output
    return done.output


def told(*arguments: str, code: int = 0) -> Any:
    return json.loads(said(*arguments, "--json", code=code))


def test_a_move_is_told_in_four_parts_and_writes_nothing(home: TableStore, database: Database) -> None:
    before = {key: home.version(key) for key in ("staging/tasks", "forecasts/person_load", "forecasts/task_load")}
    shown = said("whatif", "move", "Fix [it] 0", "--to", "bo")
    for part in ("Capacity", "Dates", "Priorities", "Goals"):
        assert part in shown
    assert "Ada [Berg]" in shown
    assert "Nothing was written" in shown
    rows = told("whatif", "move", "8000", "--to", "2001")
    assert {row["person_gid"] for row in rows["personal"]["person_weeks"]} == {"2000", "2001"}
    assert {key: home.version(key) for key in before} == before
    assert open_plans(database, AT) == []


@pytest.mark.usefixtures("home")
def test_a_later_sync_in_the_week_changes_no_answer_until_the_work_is_laid_out_again(database: Database) -> None:
    before = told("whatif", "move", "8000", "--to", "bo")
    synced(database, AT + timedelta(days=2))
    assert told("whatif", "move", "8000", "--to", "bo") == before


@pytest.mark.usefixtures("home")
def test_every_kind_of_change_can_be_asked_and_asked_on_top_of_another(tmp_path: Path) -> None:
    file = tmp_path / "portal.csv"
    file.write_text("task,hours,person,depends_on,goal\ndraw,8,Bo,,Grow\nbuild,16,new:Cy,draw,Grow\n")
    assert told("whatif", "add-person", "Cy", "--team", "Design", "--save", "Cy")["saved"] == "Cy"
    both = told("whatif", "add-project", str(file), "--start", "2026-11-23", "--on", "Cy")
    assert "new:Cy" in {row["person_gid"] for row in both["personal"]["person_weeks"]}
    assert [row["goal_gid"] for row in both["goals"]] == ["1000"]
    assert both["goals"][0]["p_after"] > both["goals"][0]["p_before"]
    for asked in (
        ["remove", "8001"],
        ["remove-person", "ada", "--to", "bo"],
        ["shift-project", "launch", "--weeks", "9"],
    ):
        assert told("whatif", *asked)["tasks"]
    assert told("whatif", "shift-project", "launch", "--weeks", "9")["goals"][0]["lost_tasks"] == 4


@pytest.mark.usefixtures("home")
def test_what_is_not_there_is_an_error_with_its_mend() -> None:
    for asked in (
        ["move", "8000"], ["move", "Sing", "--to", "bo"], ["move", "8000", "--to", "zoe"], ["add-person", " "],
        ["move", "8000", "--to", "new:Zed"], ["move", "8000", "--to", ""], ["remove", ""], ["add-project", "none.csv"],
        ["shift-project", "nope", "--weeks", "1"], ["remove", "8000", "--on", "never kept"],
    ):  # fmt: skip
        assert told("whatif", *asked, code=1)["fix"]


@pytest.mark.usefixtures("home")
def test_scenarios_are_listed_shown_compared_and_deleted() -> None:
    assert "No scenario" in said("scenarios")
    said("whatif", "move", "8000", "--to", "bo", "--save", "to Bo")
    said("whatif", "shift-project", "3000", "--weeks", "9", "--save", "later")
    listed = told("scenarios")
    assert [row["name"] for row in listed] == ["later", "to Bo"]
    assert listed[0]["goals_down"] == 1
    shown = said("scenarios", "show", "to Bo")
    assert "give task" in shown
    assert "Capacity" in shown
    rows = told("scenarios", "compare", "to Bo", "later")
    assert {row["what"] for row in rows} == {"project", "goal"}  # a team of two would tell of each
    assert next(row for row in rows if row["what"] == "goal")["to Bo"] == "="
    said("scenarios", "delete", "later")
    assert [row["name"] for row in told("scenarios")] == ["to Bo"]
    assert told("scenarios", "show", "later", code=1)["message"] == "There is no scenario 'later'"


@pytest.mark.usefixtures("home")
def test_a_scenario_becomes_a_plan_beside_that_of_the_week_for_somebody_else_to_approve(database: Database) -> None:
    said("whatif", "move", "8000", "--to", "bo", "--due", "2026-11-27", "--save", "to Bo")
    said("whatif", "remove", "8001", "--on", "to Bo", "--save", "less")
    plan = told("scenarios", "plan", "less", code=2)
    rows = [(row["kind"], row["target_gid"], row["new_value"]) for row in plan["plan"]["rows"]]
    assert rows == [("set_assignee", "8000", '"2001"'), ("set_dates", "8000", '{"due_on":"2026-11-27"}')]
    assert plan["by_hand"] == ["remove_task"]
    assert plan["plan"]["purpose"] == "scenario"
    refused = run(app, ["approve", plan["plan"]["plan_id"], "--as", plan["plan"]["author"]])
    assert refused.exit_code == 1
    assert run(app, ["approve", plan["plan"]["plan_id"], "--as", "somebody-else"]).exit_code == 0
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT state FROM plan")
        assert cursor.fetchall() == [("approved",)]


def test_a_task_that_was_changed_since_is_left_out_and_said(home: TableStore) -> None:
    said("whatif", "move", "8000", "--to", "bo", "--save", "to Bo")
    tasks = home.read("staging/tasks")
    home.overwrite("staging/tasks", tasks.with_columns(assignee_gid=pl.lit("2001")))
    assert "not as it was" in said("scenarios", "plan", "to Bo")


def test_a_mixed_scenario_becomes_one_plan_and_says_first_what_it_does_not_hold(
    home: TableStore, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "portal.csv"
    file.write_text("task;hours;person;depends_on;goal\nDraw;7,5;Bo;8003;Grow\nBuild;16;Ada [Berg];Draw;\n")
    shown = said("whatif", "add-project", str(file), "--start", "2026-11-23", "--save", "Portal")
    assert "Draw (new)" in shown
    assert "portal (new)" in shown
    said("whatif", "move", "8000", "--to", "bo", "--on", "Portal", "--save", "two")
    said("whatif", "remove-person", "ada", "--to", "bo", "--from", "2026-11-30", "--on", "two", "--save", "all")
    about = said("scenarios", "show", "all")
    assert "add project: of 2 tasks" in about
    assert "give task: task Fix [it] 0, person Bo" in about
    before = {key: home.version(key) for key in ("staging/tasks", "staging/projects", "forecasts/person_load")}
    shown = said("scenarios", "plan", "all", code=2)
    for words in ("that it serves “Grow” is not written", "Ada [Berg] leaves", "hours are not written"):
        assert words in shown
    assert shown.index("Ada [Berg] leaves") < shown.index("Plan p-")
    assert "create_task “Draw” in “portal”" in shown
    assert ", for Bo" in shown
    (plan,) = open_plans(database, AT)
    kinds = [row.kind for row in plan.rows]
    assert kinds[:5] == ["create_project", "create_task", "create_task", "add_dependency", "add_dependency"]
    assert "set_assignee" in kinds
    assert {key: home.version(key) for key in before} == before


@pytest.mark.usefixtures("home")
def test_names_that_miss_say_what_may_be_meant() -> None:
    wrong = told("whatif", "move", "Fix [it] 4", "--to", "bo", code=1)
    assert "Fix [it] 0" in wrong["fix"]
    own = told("whatif", "remove-person", "ada", "--to", "ada", code=1)
    assert own["message"] == "Ada [Berg] would get their own work"


@pytest.mark.usefixtures("home")
def test_a_plan_larger_than_allowed_is_refused_before_it_is_stored(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASANA_INTEL_REVIEW__MAX_ROWS_PER_PLAN", "2")
    file = tmp_path / "portal.csv"
    file.write_text("task,hours,person\na,1,Bo\nb,1,Bo\n")
    said("whatif", "add-project", str(file), "--save", "large")
    assert "3 changes" in told("scenarios", "plan", "large", code=1)["message"]
    assert open_plans(database, AT) == []

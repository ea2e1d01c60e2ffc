"""The commands prioritize, triage, sprint, portfolio and retro, and suggestions on the scoreboard."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from asana_intel.cli import triaging
from asana_intel.cli.main import app
from asana_intel.cli.output import console
from asana_intel.errors import PermanentError
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore
from asana_intel.storage.triage_answers import Verb, answers_of, record_answers, waiting, wanted
from asana_intel_tests.unit.report.example_insights import examples, frame

WEEK = date(2026, 11, 16)
AT = datetime(2026, 11, 18, 9, tzinfo=UTC)
TASKS = [
    {"task_gid": str(8000 + n), "name": f"Fix [it] {n}", "project_gid": "3000" if n % 2 else "3001",
     "person_gid": "2000", "due_on": None, "is_public": n % 3 == 0}
    for n in range(60)
]  # fmt: skip
run = CliRunner().invoke


def put(store: TableStore, key: str, *rows: dict[str, Any]) -> None:
    """Numbers and flags that a row leaves out are zero."""
    table = pl.DataFrame(rows, schema=CONTRACTS[key].schema)
    store.overwrite(key, table.with_columns(pl.col(pl.Boolean).fill_null(False), pl.col(pl.Int64).fill_null(0)))


def test_an_initiative_is_weighed_in_six_scenarios_and_nobody_is_named(home: TableStore, tmp_path: Path) -> None:
    zero = dict.fromkeys((n for n, t in CONTRACTS["forecasts/person_load"].schema.items() if t.is_numeric()), 0)
    stamp = zero | {"as_of_on": WEEK, "as_of_at": AT, "available_hours": 40.0, "assigned_hours": 10.0}
    weeks = [WEEK + timedelta(weeks=n) for n in range(8)]
    people = [f"200{n}" for n in range(5)]
    load = [stamp | {"person_gid": gid, "week_on": week} for gid in people for week in weeks]
    home.overwrite("forecasts/person_load", pl.DataFrame(load, schema=CONTRACTS["forecasts/person_load"].schema))
    put(
        home,
        "staging/team_memberships",
        *({"membership_gid": gid, "team_gid": "50", "person_gid": gid} for gid in people),
    )
    put(home, "staging/users", *({"person_gid": gid, "name": "Ada [Berg]"} for gid in people))
    before = {key: home.read(key).height for key in ("insights/initiative_outlook", "insights/task_priority")}
    file = tmp_path / "new.csv"
    file.write_text("initiative,task,hours,team,due\nPortal [new],Build,60,Design,2026-12-18\n")
    shown = said("initiative", str(file))
    assert "Portal [new]  60 h, wanted by 2026-12-18" in shown
    assert all(
        scenario in shown for scenario in ("start as wanted", "4 weeks later", "8 weeks later", "one more person")
    )
    assert "No odds: fewer than 30 finished tasks" in shown
    assert "Design" in shown
    assert "Ada" not in shown
    (told,) = json.loads(said("initiative", str(file), "--json"))
    assert {"initiative", "scenarios", "teams", "projects", "goals"} == told.keys()
    assert len(told["scenarios"]) == 6
    assert not [gid for gid in people if gid in json.dumps(told)]
    assert {key: home.read(key).height for key in before} == before, "nothing is written"
    file.write_text("initiative,task,hours,due\nPortal,Build,none,2026-12-18\n")
    wrong = run(app, ["initiative", str(file), "--week", "2026-11-18", "--json"])
    assert wrong.exit_code == 1
    assert "new.csv: row 1, column 'hours': 'none'" in json.loads(wrong.stdout)["message"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TableStore:
    monkeypatch.setenv("ASANA_INTEL_HOME", str(tmp_path))
    monkeypatch.setattr(console, "width", 220)
    store = TableStore(str(tmp_path / "tables"))
    for key, table in examples(WEEK, TASKS, ["3000", "3001"], ["1000"], ["50", "51"], ["2000", "2001"]).items():
        store.overwrite(key, table)
    opened = {"is_completed": False, "created_at": store.read("insights/task_triage")["as_of_at"][0]}
    tasks = [{"task_gid": t["task_gid"], "name": t["name"]} | opened for t in TASKS]
    store.overwrite("staging/tasks", frame("staging/tasks", tasks))
    for key, gid, names in (
        ("staging/teams", "team_gid", {"50": "Design", "51": "Platform"}),
        ("marts/dim_person", "person_gid", {"2000": "Ada [Berg]", "2001": "Bo"}),
        ("marts/dim_project", "project_gid", {"3000": "Launch", "3001": "Rewrite"}),
    ):
        put(store, key, *({gid: g, "name": name} for g, name in names.items()))
    put(store, "marts/dim_goal", {"goal_gid": "1000", "name": "Grow"})
    return store


def said(*arguments: str) -> str:
    done = run(app, [arguments[0], *arguments[1:], "--week", "2026-11-18"])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.usefixtures("home")
def test_tasks_come_in_order_with_what_moved_them() -> None:
    shown = said("prioritize", "--limit", "5")
    assert shown.count("Fix [it]") == 5
    assert "5 of 60 shown" in shown
    everything = said("prioritize", "--limit", "60")
    assert "▲12: " in everything
    assert "▼9: " in everything
    assert "new" in everything
    rows = json.loads(said("prioritize", "--json", "--limit", "60"))
    assert [row["rank"] for row in rows] == list(range(1, 61))


@pytest.mark.usefixtures("home")
def test_a_project_can_be_asked_for_by_part_of_its_name() -> None:
    rows = json.loads(said("prioritize", "--project", "laun", "--json", "--limit", "60"))
    assert {row["project"] for row in rows} == {"Launch"}
    assert len(rows) == 30
    unknown = run(app, ["prioritize", "--project", "zoo", "--week", "2026-11-18", "--json"])
    assert unknown.exit_code == 1
    assert "zoo" in json.loads(unknown.stdout)["message"]


def test_a_score_is_explained_in_parts_that_add_up(home: TableStore) -> None:
    first = home.read("insights/task_priority").filter(rank=1).row(0, named=True)
    shown = said("prioritize", "--explain", first["task_gid"])
    assert f"Place 1 of 60, score {first['score']:.0f} of 100" in shown
    for part in ("goals", "urgency", "others wait", "stakeholders", "little effort", "someone free"):
        assert part in shown
    assert "No path leads from it to a goal." in shown  # no goal gains in this home
    assert "Effort: " in shown
    assert shown.count("like Fix [it]") == 3
    told = json.loads(said("prioritize", "--explain", first["task_gid"], "--json"))
    parts = ("strategic", "urgency", "dependency", "stakeholders", "effort", "capacity")
    assert sum(told["task"][part] for part in parts) == pytest.approx(told["task"]["score"])
    assert told["effort"]["task_gid"] == first["task_gid"]


def test_goals_of_an_explained_task_stand_with_their_odds(home: TableStore) -> None:
    gain = {"task_gid": "8000", "goal_gid": "1000", "project_gid": "3000", "contribution": 1.0, "p_now": 0.4,
            "p_done": 0.45, "gain": 0.05, "as_of_on": WEEK}  # fmt: skip
    gain["as_of_at"] = home.read("insights/task_priority")["as_of_at"][0]
    home.overwrite("insights/task_goal_gain", frame("insights/task_goal_gain", [gain]))
    assert "Grow: odds 40.0% now, 45.0% with it done" in said("prioritize", "--explain", "8000")


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("command", [["prioritize"], ["portfolio"], ["retro"], ["sprint", "propose"]])
def test_a_week_without_anything_says_what_to_run(command: list[str]) -> None:
    done = run(app, [*command, "--week", "2026-01-05", "--json"])
    assert done.exit_code == 1
    assert json.loads(done.stdout)["fix"] == "run `asana-intel forecast`"


@pytest.mark.usefixtures("home")
def test_a_task_without_a_score_is_an_error() -> None:
    assert run(app, ["prioritize", "--explain", "77", "--week", "2026-11-18"]).exit_code == 1


@pytest.mark.usefixtures("home")
def test_a_sprint_shows_time_tasks_and_why_others_are_left_out() -> None:
    shown = said("sprint", "propose", "Design")
    assert "Platform" not in shown
    assert "Ada [Berg]" in shown
    assert "Nearly made it" in shown
    assert "left out because" in shown
    assert "odds that all is finished 31%, 85 % of the hours 84%" in shown
    told = json.loads(said("sprint", "propose", "--json"))
    assert {row["team_gid"] for row in told["outlook"]} == {"50", "51"}
    assert {"tasks", "capacity", "outlook"} == told.keys()
    assert run(app, ["sprint", "propose", "Zoo", "--week", "2026-11-18"]).exit_code == 1


@pytest.mark.usefixtures("home")
def test_portfolio_and_retro_are_told_by_name() -> None:
    shown = said("portfolio")
    assert all(name in shown for name in ("Launch", "Rewrite", "Grow"))
    assert [row["rank"] for row in json.loads(said("portfolio", "--json"))] == [1, 2, 3]
    shown = said("retro", "platform")
    assert "15 of 20 committed tasks done" in shown
    assert "Design" not in shown
    told = json.loads(said("retro", "--json"))
    assert [row["team"] for row in told["sprints"]] == ["Design", "Platform"]
    assert "person_gid" not in told["tasks"][0]  # of work, not of people


@pytest.fixture
def asked(home: TableStore, database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    assert home
    monkeypatch.setenv("ASANA_INTEL_PG_URL", postgres_url)
    return database


def _queue() -> list[dict]:
    return json.loads(said("triage", "--json"))


def _answers(database: Database) -> list[tuple]:
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_gid, capability, value, answer, answered_by, snooze_until FROM triage_answer ORDER BY 1, 2"
        )
        return cursor.fetchall()


@pytest.mark.usefixtures("asked")
def test_without_a_terminal_the_queue_is_listed_with_how_sure_each_suggestion_is() -> None:
    shown = said("triage", "--limit", "4")
    assert shown.count("Fix [it]") >= 4
    assert "4 of 25 shown" in shown
    assert "complexity M" in shown
    assert len(_queue()) == 25


def test_one_key_answers_a_task_which_then_leaves_the_queue(asked: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triaging, "is_interactive", lambda: True)
    before = _queue()
    can_accept = [any(row[c] for c in ("category", "complexity", "priority", "person_gid")) for row in before]
    keys = ["1" if can_accept[0] else "3", "h", "s", "3", "x", "q"]
    done = run(app, ["triage", "--week", "2026-11-18", "--as", "ana"], input="".join(keys))
    assert done.exit_code == 0, done.output
    assert "Nothing was written to Asana" in done.output
    answered = {gid: answer for gid, _, _, answer, _, _ in _answers(asked)}
    gids = [row["task_gid"] for row in before]
    assert answered == {gids[0]: "accept" if can_accept[0] else "decline", gids[1]: "snooze", gids[3]: "decline"}
    assert {who for *_, who, _ in _answers(asked)} == {"ana"}
    assert [row["task_gid"] for row in _queue()] == [gids[2], *gids[4:]]


def test_a_snoozed_task_comes_back_on_its_day_and_a_declined_one_does_not(asked: Database, home: TableStore) -> None:
    triage = home.read("insights/task_triage").sort("task_gid")
    first, second = triage.head(2).iter_rows(named=True)
    today = first["as_of_at"].date()
    answers = [*answers_of(first, Verb.snooze, today), *answers_of(second, Verb.decline)]
    record_answers(asked, answers, "ana", first["as_of_at"])
    left = set(waiting(triage, asked)["task_gid"])
    assert first["task_gid"] in left
    assert second["task_gid"] not in left
    assert waiting(triage.clear(), asked).is_empty()


def test_what_was_declined_is_not_proposed_and_what_was_accepted_is_until_somebody_says_otherwise(
    asked: Database, home: TableStore
) -> None:
    triage = home.read("insights/task_triage").sort("task_gid")
    row = next(r for r in triage.iter_rows(named=True) if r["category"] is not None)
    record_answers(asked, answers_of(row, Verb.accept), "ana", row["as_of_at"])
    assert row["task_gid"] in set(wanted(triage, asked)["task_gid"])
    assert row["task_gid"] not in set(waiting(triage, asked)["task_gid"])
    record_answers(asked, answers_of(row, Verb.decline), "ben", row["as_of_at"])
    assert row["task_gid"] not in set(wanted(triage, asked)["task_gid"])


def test_what_was_not_suggested_cannot_be_accepted() -> None:
    row = dict.fromkeys(("category", "complexity", "priority", "person_gid", "duplicate_of_gid")) | {"task_gid": "7"}
    for verb in (Verb.accept, Verb.duplicate):
        with pytest.raises(PermanentError):
            answers_of(row, verb)
    assert [(a.capability, a.value) for a in answers_of(row, Verb.decline)] == [("task", None)]
    full = row | {"category": "Bug", "duplicate_of_gid": "8"}
    assert [(a.capability, a.value) for a in answers_of(full, Verb.accept)] == [("category", "Bug")]
    assert [(a.capability, a.value) for a in answers_of(full, Verb.duplicate)] == [("duplicate", "8")]
    assert [a.capability for a in answers_of(full, Verb.decline)] == ["category", "duplicate"]


def test_an_answer_is_never_changed_or_removed(asked: Database) -> None:
    row = {"task_gid": "7"} | dict.fromkeys(
        ("category", "complexity", "priority", "person_gid", "duplicate_of_gid"), "1"
    )
    record_answers(asked, answers_of(row, Verb.decline), "ana", AT)
    for statement in ("UPDATE triage_answer SET answer = 'accept'", "DELETE FROM triage_answer"):
        with pytest.raises(Exception, match="append"), asked.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.mark.usefixtures("asked")
def test_the_scoreboard_shows_suggestions_beside_a_naive_guess() -> None:
    shown = run(app, ["scoreboard"])
    assert shown.exit_code == 0, shown.output
    assert "score order" in shown.output
    told = json.loads(run(app, ["scoreboard", "--json"]).output)
    (effort,) = [row for row in told["suggestions"] if row["capability"] == "effort" and row["label"] == "all"]
    assert (effort["decided"], effort["baseline"]) == (90, 0.48)

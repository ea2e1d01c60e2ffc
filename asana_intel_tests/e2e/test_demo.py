"""The demo as a new user runs it, and what it leaves behind."""

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import asana
import orjson
import pytest

from asana_intel.cli.demo_state import DemoState
from asana_intel.cli.sandbox_process import READER_TOKEN, WRITER_TOKEN, SandboxProcess
from asana_intel_tests.e2e.conftest import Played, run_cli

pytestmark = pytest.mark.slow


def records(world: Path, name: str) -> list[dict]:
    """Records of a world's resource."""
    return [orjson.loads(line) for line in gzip.decompress((world / f"{name}.jsonl.gz").read_bytes()).splitlines()]


@pytest.fixture(scope="module")
def sandbox(played: Played):
    state = DemoState.load(played.home)
    assert state is not None
    running = SandboxProcess.start(Path(state.world), state.clock_at, state.journal(played.home))
    yield running
    running.stop()


def test_the_demo_forecasts_writes_scores_and_reports(played: Played) -> None:
    assert played.summary["rows_written"] > 20
    assert played.summary["forecasts_scored"] >= 6
    assert 0 <= played.summary["brier"] <= 1
    page = Path(played.summary["report"]).read_text()
    assert "<svg" in page
    assert "Scoreboard" in page


def test_the_monday_review_tells_of_overload_moves_tasks_and_leaves_one_to_a_person(played: Played) -> None:
    assert played.summary["capacity_reviews"] >= 1
    assert played.summary["tasks_moved"] >= 2
    left = played.summary["moves_left_to_people"]
    assert left
    assert "was changed since the plan was made" in left[0]
    assert re.search(r"by \D+ at 20\d\d-\d\d-\d\d", left[0]), "who, and when"
    page = Path(played.summary["report"]).read_text()
    assert "Left to people, who were first" in page
    plan = played.bench.tables.read("changes/plan").filter(capability="capacity")
    notes = [json.loads(v)["notes"] for v in plan.filter(field="load_review")["new_value"]]
    assert any("The tasks behind it" in n and "What would help:" in n for n in notes)
    reasons = plan.filter(made_by="rebalance_moves")["reason"].to_list()
    assert all("The odds of more than 110 %" in reason for reason in reasons)


def test_the_official_client_sees_what_was_written(played: Played, sandbox: SandboxProcess) -> None:
    configuration = asana.Configuration()
    configuration.host = sandbox.url
    configuration.access_token = READER_TOKEN
    api = asana.ApiClient(configuration)
    goals = played.bench.tables.read("staging/goals")
    wanted = played.bench.tables.read("forecasts/goal_attainment").filter(status="assessed")["goal_gid"].unique()
    gid = goals.filter(goals["goal_gid"].is_in(wanted.implode()))["goal_gid"][0]
    goal = asana.GoalsApi(api).get_goal(gid, {"opt_fields": "custom_fields.name,custom_fields.number_value"})
    fields = {f["name"]: f for f in goal["custom_fields"]}
    assert 0 <= fields["AI Confidence Score"]["number_value"] <= 1
    updates = list(asana.StatusUpdatesApi(api).get_statuses_for_object(gid, {"opt_fields": "text,author.name"}))
    assert any("ref AIW-" in u["text"] for u in updates)
    workspace = goals["goal_gid"].len() and records(played.world, "workspaces")[0]["gid"]
    projects = list(asana.ProjectsApi(api).get_projects({"workspace": workspace, "opt_fields": "name"}))
    review = next(p for p in projects if p["name"] == "OKR Actions")
    tasks = list(asana.TasksApi(api).get_tasks_for_project(review["gid"], {"opt_fields": "name,resource_subtype"}))
    assert tasks
    assert {t["resource_subtype"] for t in tasks} == {"approval"}


def test_applying_again_writes_nothing(played: Played, sandbox: SandboxProcess) -> None:
    database = played.bench.database
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT plan_id FROM plan WHERE state = 'applied' ORDER BY created_at DESC LIMIT 1")
        (plan_id,) = cursor.fetchone() or (None,)
    before = len([r for r in sandbox.requests() if r["method"] != "GET"])
    done = played.run(
        "apply", plan_id, "--json",
        ASANA_INTEL_MODE="propose", ASANA_INTEL_ASANA_URL=sandbox.url,
        ASANA_INTEL_ASANA_TOKEN=READER_TOKEN, ASANA_INTEL_WRITER_TOKEN=WRITER_TOKEN,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["written"] == 0
    assert len([r for r in sandbox.requests() if r["method"] != "GET"]) == before


@pytest.mark.fault("F36")
def test_observe_sends_nothing_but_reads(played: Played, sandbox: SandboxProcess) -> None:
    mark = len(sandbox.requests())
    variables = {"ASANA_INTEL_ASANA_URL": sandbox.url, "ASANA_INTEL_ASANA_TOKEN": READER_TOKEN}
    for command in (["sync"], ["forecast"], ["plan"], ["setup"], ["report"], ["doctor"]):
        done = played.run(*command, **variables)
        assert done.returncode in {0, 2}, (command, done.stdout, done.stderr)
    assert {r["method"] for r in sandbox.requests()[mark:]} == {"GET"}


def test_past_weeks_are_replayed_and_scored_without_any_credential(played: Played) -> None:
    blind = {name: value for name, value in played.environment.items() if "TOKEN" not in name}
    done = run_cli(
        "replay", "--weeks", "8", "--json", environment={**blind, "ASANA_INTEL_ASANA__URL": "http://127.0.0.1:9"}
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert len(told["weeks"]) == 8
    (overall,) = [row for row in told["scores"] if row["elapsed"] == "all"]
    assert 0 <= overall["brier"] <= 1
    assert {warned["source"] for warned in told["warnings"]} == {"ours", "pace rule", "owner"}
    assert {row["weeks_ahead"] for row in told["people"]} == {*map(str, range(8)), "total"}


def test_the_scoreboard_says_that_nothing_frozen_was_altered(played: Played) -> None:
    done = played.run("scoreboard", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["changed_rows"] == {"forecast_ledger": [], "capacity_ledger": []}
    assert all(told["heads"].values())
    assert told["weeks"]


def test_a_second_demo_plays_the_next_quarter_on_what_the_first_left(played: Played) -> None:
    first = DemoState.load(played.home)
    done = played.run("demo", "--stops", "2", "--json")
    assert done.returncode == 0, done.stdout[-1500:] + done.stderr[-3000:]
    second = DemoState.load(played.home)
    assert first is not None
    assert second is not None
    assert second.played_until is not None
    assert first.played_until is not None
    assert second.played_until > first.played_until
    summary = json.loads(done.stdout.splitlines()[-1])
    assert summary["forecasts_scored"] > played.summary["forecasts_scored"]


def test_dagster_keeps_no_persons_name_and_no_token(played: Played) -> None:
    names = {u["name"] for u in records(played.world, "users")} | {u["email"] for u in records(played.world, "users")}
    kept = _dump_of_dagster(played) + _files_of_dagster(played.home / "dagster")
    assert "sync_asana" in kept
    found = {name for name in names if name in kept}
    assert not found
    assert READER_TOKEN not in kept
    assert WRITER_TOKEN not in kept


def _dump_of_dagster(played: Played) -> str:
    """Every row of Dagster's own tables (schema public), as text."""
    database, parts = played.bench.database, []
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM public."{table}" t')
            parts += [row[0] for row in cursor.fetchall()]
    return "\n".join(parts)


def _files_of_dagster(folder: Path) -> str:
    return "\n".join(f.read_text(errors="replace") for f in folder.rglob("*") if f.is_file())


def test_no_plan_of_the_demo_is_left_half_done(played: Played) -> None:
    database = played.bench.database
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT state, count(*) FROM plan_row"
            " WHERE state IN ('sending', 'sent', 'unknown', 'restoring', 'failed') GROUP BY 1"
        )
        assert cursor.fetchall() == []


def test_every_command_has_help_that_says_what_it_does(played: Played) -> None:
    overview = played.run("--help").stdout
    commands = (
        "demo up doctor sandbox sync query forecast capacity load prioritize triage sprint portfolio "
        "initiative retro rebalance narrative scoreboard replay report digest setup plan review approve "
        "reject apply release revert adopt policy stop resume audit headcount ramp whatif scenarios "
        "evidence-pack "
    )
    for command in commands.split():
        assert command in overview
    assert "Writes nothing" in " ".join(played.run("plan", "--help").stdout.split())


def test_sql_runs_over_raw_and_marts(played: Played) -> None:
    done = played.run("query", "select count(*) as n, count(distinct gid) as gids from raw.tasks", "--json")
    (row,) = json.loads(done.stdout)
    assert row["n"] == row["gids"] > 200
    weeks = played.run("query", "select count(*) as n from marts.fct_goal_progress_weekly", "--json")
    assert json.loads(weeks.stdout)[0]["n"] > 0


def test_without_litellm_the_demo_still_gives_every_result(played: Played) -> None:
    """The sandbox, the plan and the texts need no model: litellm was never imported by the demo's process."""
    code = (
        "import sys; sys.modules['litellm'] = None\n"
        "from asana_intel.cli.main import app\n"
        "sys.argv = ['asana-intel', 'forecast', '--json']\n"
        "app()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**played.environment, "ASANA_INTEL_LLM_MODEL": "openai/none", "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    texts = played.bench.tables.read("narratives/goal_progress")
    assert texts["text"].str.len_chars().min() > 40

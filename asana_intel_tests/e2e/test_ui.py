"""Dagster's UI on what the demo left, as a new user meets it: seen and clicked in a real browser."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import dagster as dg
import polars as pl
import psycopg2
import pytest
import requests

from asana_intel.changes.ledger import ledger_time, load_plan
from asana_intel.changes.review import approve
from asana_intel.cli.setting_up import store_setup_plan
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import WEEK
from asana_intel.settings import Mode, load_settings
from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.sync_log import require_last_sync
from asana_intel_tests.e2e.conftest import Played
from asana_intel_tests.e2e.dagster_ui import DagsterUi, Run, eventually, processes_of

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed"),
]

STAGES = ("raw", "staging", "marts", "forecasts", "insights", "narratives", "changes", "report")
SENSOR_TAG = "dagster/sensor_name"
SWITCH = "label[class*=formatSwitch] input"
QUIET_CHROMIUM = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
RUNBOOK = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
ATTAINMENT = dg.AssetKey(["forecasts", "goal_attainment"])


@pytest.fixture(scope="module")
def ui(played: Played, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DagsterUi]:
    log = tmp_path_factory.mktemp("up") / "up.log"
    running = DagsterUi.start({**played.environment, "ASANA_INTEL_MODE": "propose"}, log)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET_CHROMIUM.split())
        yield chromium
        chromium.close()


@pytest.fixture
def page(ui: DagsterUi, browser, tmp_path: Path) -> Iterator:
    """A page whose relative addresses are the UI's; a picture of how it ended stays in tmp_path."""
    shown = browser.new_page(base_url=ui.url, viewport={"width": 1600, "height": 900})
    complaints: list[str] = []
    shown.on("pageerror", lambda error: complaints.append(str(error)))
    yield shown
    shown.screenshot(path=tmp_path / "page.png")
    assert shown.get_by_text(re.compile("GraphQL error|Unexpected|PythonError|failed to load", re.I)).count() == 0
    assert complaints == []
    shown.close()


@pytest.fixture(scope="module")
def first_look(ui: DagsterUi, browser) -> list[dict]:
    """Ticks of the sensor of events right after someone turned it on in the UI."""
    shown = browser.new_page(base_url=ui.url)
    turn_on(shown, "asana_events_sensor")
    ticks = eventually(lambda: ui.ticks("asana_events_sensor") or None, "the sensor of events ticks")
    shown.close()
    return ticks


def turn_on(page, sensor: str) -> None:
    """Turn a sensor on by its switch."""
    page.goto(f"/locations/asana_intel/sensors/{sensor}")
    switch = page.locator(SWITCH)
    switch.wait_for(state="attached")
    assert not switch.is_checked()
    page.locator("label[class*=formatSwitch]").click()
    eventually(switch.is_checked, f"{sensor} is on")


def requested(ui: DagsterUi, tag: str, name: str) -> Run:
    """The newest run that an automation has asked for, when it is over."""
    try:
        newest = eventually(lambda: next(iter(ui.runs(tags=[{"key": tag, "value": name}])), None), f"a run of {name}")
    except AssertionError as late:
        raise AssertionError(f"{late}; its ticks, newest first: {ui.ticks(name)}") from late
    return ui.ended(newest.run_id)


def documented_automations() -> set[str]:
    return set(re.findall(r"^\| `(\w+_(?:sensor|schedule))`", RUNBOOK.read_text(), re.MULTILINE))


def test_the_lineage_reads_from_left_to_right(page) -> None:
    page.goto("/asset-groups")
    page.locator("svg foreignObject").nth(len(STAGES) - 1).wait_for()
    boxes = {node.text_content(): node.bounding_box() for node in page.locator("svg foreignObject").all()}
    assert set(boxes) == set(STAGES)
    for left, right in pairwise(STAGES):
        assert boxes[left]["x"] + boxes[left]["width"] < boxes[right]["x"], f"{left} stands left of {right}"


def test_an_asset_tells_what_it_is_how_many_rows_it_has_and_whether_its_check_passed(page) -> None:
    page.goto("/assets/forecasts/goal_attainment")
    page.get_by_text("Odds that each open goal reaches its target").wait_for()
    page.get_by_text("Row count", exact=True).wait_for()
    page.get_by_text("Polars", exact=True).wait_for()
    page.goto("/assets/staging/tasks?view=checks")
    page.get_by_text("keeps_its_contract").first.wait_for()
    page.get_by_text("Passed", exact=True).first.wait_for()


def test_the_ui_lists_the_jobs_and_what_the_runbook_says_runs_by_itself_all_of_it_stopped(page) -> None:
    page.goto("/jobs")
    for job in ("refresh_workspace", "rebuild_week", "replay_forecasts", "publish_digest", "apply_approved_changes"):
        page.get_by_text(job, exact=True).wait_for()
    page.goto("/automation")
    names = documented_automations()
    assert len(names) >= 6
    for name in names:
        page.get_by_text(name, exact=True).wait_for()
    eventually(lambda: page.locator(SWITCH).count() == len(names), "every automation has its switch")
    assert not any(switch.is_checked() for switch in page.locator(SWITCH).all())


def test_the_first_look_at_asanas_events_starts_no_run(ui: DagsterUi, first_look: list[dict]) -> None:
    assert [tick["status"] for tick in first_look] == ["SKIPPED"]
    assert ui.runs(tags=[{"key": SENSOR_TAG, "value": "asana_events_sensor"}]) == []


def test_a_change_in_asana_is_made_while_the_sensor_listens(ui: DagsterUi, played: Played, first_look) -> None:
    """What follows is looked at further down: the sensor asks once a minute."""
    tasks = played.bench.tables.read("staging/tasks").filter(~pl.col("is_completed"))
    live = played.bench.tables.read("staging/projects").filter(~pl.col("is_archived"))  # nobody listens to the others
    placed = played.bench.tables.read("staging/task_projects").join(live, on="project_gid", how="semi")
    gid = tasks.join(placed, on="task_gid", how="semi")["task_gid"].min()
    colleague = {"Authorization": "Bearer colleague"}
    done = requests.put(
        f"{ui.sandbox_url}/tasks/{gid}", json={"data": {"completed": True}}, headers=colleague, timeout=30
    )  # fmt: skip
    assert done.json()["data"]["completed"] is True
    goal = {
        "name": "Answer every question within a day",
        "workspace": require_last_sync(played.bench.database).workspace_gid,
        "due_on": (played.bench.latest_week() + 8 * WEEK).isoformat(),
    }
    made = requests.post(f"{ui.sandbox_url}/goals", json={"data": goal}, headers=colleague, timeout=30)
    assert made.status_code == 201, made.text


def test_a_group_can_be_materialized(ui: DagsterUi, page) -> None:
    page.goto("/locations/__repository__@asana_intel/asset-groups/staging/lineage")
    page.get_by_role("button", name="Materialize all").click()
    toast = page.get_by_text("Launched run")
    toast.wait_for()
    short_id = re.search("Launched run (\\w+)", toast.text_content())[1]
    (run,) = [run for run in ui.runs() if run.run_id.startswith(short_id)]
    assert ui.ended(run.run_id).status == "SUCCESS"
    page.goto(f"/runs/{run.run_id}")
    page.get_by_text("Success", exact=True).first.wait_for()


def test_the_change_in_asana_is_heard_followed_and_read(ui: DagsterUi) -> None:
    """Before any other refresh: what one has read needs no run of its own."""
    requested(ui, SENSOR_TAG, "asana_events_sensor")
    (asked,) = [tick for tick in ui.ticks("asana_events_sensor") if tick["runIds"]]
    runs = [ui.ended(run_id) for run_id in asked["runIds"]]
    assert sorted((run.job, run.status) for run in runs) == [
        ("follow_events", "SUCCESS"),
        ("refresh_workspace", "SUCCESS"),
    ]


def test_a_tick_of_the_nightly_schedule_refreshes_the_week_of_asanas_clock(ui: DagsterUi, played: Played, page) -> None:
    schedule = "nightly_refresh_workspace_schedule"
    page.goto(f"/locations/asana_intel/schedules/{schedule}")
    page.get_by_role("button", name="Preview tick result").click()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name=re.compile("Launch")).first.click()
    run = requested(ui, "dagster/schedule_name", schedule)
    assert run.status == "SUCCESS"
    assert run.tags["dagster/partition"] == played.bench.latest_week().isoformat()


def test_weeks_without_a_forecast_are_backfilled_in_one_run(ui: DagsterUi, played: Played, page) -> None:
    instance = played.bench.instance
    before = instance.get_materialized_partitions(ATTAINMENT)
    turn_on(page, "missing_forecasts_sensor")
    run = requested(ui, SENSOR_TAG, "missing_forecasts_sensor")
    assert run.status == "SUCCESS"
    first, last = run.weeks
    weeks = {first + n * WEEK for n in range((last - first).days // 7 + 1)}
    assert len(weeks) > 1
    assert not weeks & {date.fromisoformat(key) for key in before}
    assert {week.isoformat() for week in weeks} <= instance.get_materialized_partitions(ATTAINMENT)
    for table in ("forecasts/project_pace", "forecasts/person_capacity"):
        assert weeks <= set(played.bench.tables.read(table)["as_of_on"]), table


def test_an_approved_plan_is_applied_by_the_daemon(ui: DagsterUi, played: Played, page) -> None:
    """The goal that a colleague made has none of our fields yet: the plan is to attach them."""
    bench = Workbench(load_settings(home=played.home, mode=Mode.propose))
    plan = store_setup_plan(bench)
    assert plan is not None
    approve(bench.database, plan.plan_id, "reviewer", ledger_time(bench.database))
    turn_on(page, "approved_changes_sensor")
    assert requested(ui, SENSOR_TAG, "approved_changes_sensor").status == "SUCCESS"
    assert load_plan(bench.database, plan.plan_id).state == "applied"


def test_no_sensor_had_an_error(ui: DagsterUi) -> None:
    for sensor in sorted(name for name in documented_automations() if name.endswith("_sensor")):
        assert [tick["error"] for tick in ui.ticks(sensor) if tick["error"]] == []


def test_ctrl_c_stops_everything_even_in_the_middle_of_a_run(ui: DagsterUi, played: Played) -> None:
    run_id = ui.launch("refresh_workspace", played.bench.latest_week())
    eventually(lambda: ui.runs(runIds=[run_id], statuses=["STARTED"]) or None, "the run starts")
    assert len(processes_of(played.home)) >= 5
    url = EmbeddedPostgres(played.home).url.replace("+psycopg2", "")
    assert ui.stop() == 0
    assert processes_of(played.home) == {}
    with pytest.raises(psycopg2.OperationalError):
        psycopg2.connect(url)

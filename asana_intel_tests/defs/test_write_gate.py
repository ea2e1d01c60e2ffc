"""Every way around the gate that Dagster leaves open, tried against a real server that counts the writes."""

import itertools
import threading
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import dagster as dg
import polars as pl
import pytest
from pydantic import SecretStr

from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.assets import build_plan_asset
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.jobs import APPLIED, apply_approved_changes
from asana_intel.changes.ledger import ledger_time, open_plans
from asana_intel.changes.review import approve, set_kill_switch
from asana_intel.changes.sensors import MAX_ATTEMPTS, approved_changes_sensor
from asana_intel.errors import RefusedError, RetriableError
from asana_intel.quality.checks import build_checks
from asana_intel.quality.evaluate import Check, CheckOutcome
from asana_intel.quality.gate import record_gate
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import AsanaSettings, Mode, load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.resources import DeltaIOManager
from asana_intel.storage.tables import TableStore

AT = datetime(2026, 5, 6, 9, tzinfo=UTC)
WEEK = date(2026, 5, 4)
_WEEKS = itertools.count(1)
COMMENT = {"kind": "comment", "field": "odds_fell", "new_value": canonical_object({"text": "The odds fell."})}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    world = tmp_path_factory.mktemp("world")
    generate_world(world, seed=1, people=4, projects=3, tasks=60, goals=6, start_on=date(2026, 1, 5), weeks=26)
    with RunningSandbox(world, AT) as running:
        yield running


@pytest.fixture
def goal_gid(sandbox):
    goals = AsanaSession(sandbox.url, SecretStr("reader"), paced=False).get(
        "/goals", {"workspace": workspace_of(sandbox), "is_workspace_level": "true"}
    )
    return goals["data"][0]["gid"]


def workspace_of(sandbox):
    return AsanaSession(sandbox.url, SecretStr("reader"), paced=False).get("/workspaces", {})["data"][0]["gid"]


@pytest.fixture
def writes(sandbox):
    """Requests that would change something, since the test began."""
    before = len(sandbox.requests())
    return lambda: [r for r in sandbox.requests()[before:] if r["method"] != "GET"]


@pytest.fixture
def resources(database, sandbox, tmp_path):
    tables = TableStore(str(tmp_path / "tables"))
    writer = AsanaWriter(AsanaSession(sandbox.url, SecretStr("bot"), role="writer", paced=False))
    settings = load_settings(home=tmp_path, mode=Mode.propose)
    return {
        "database": database,
        "settings": settings,
        "asana_writer": writer,
        "tables": tables,
        "io_manager": DeltaIOManager(tables),
    }


@pytest.fixture
def run_apply(resources):
    """Run the apply job for a plan; the result and what the failed step said."""

    def run(plan_id, **overrides):
        with dg.DagsterInstance.ephemeral() as instance:
            result = apply_approved_changes.execute_in_process(
                run_config={"ops": {"load_approved_plan": {"config": {"plan_id": plan_id}}}},
                resources={
                    **{k: v for k, v in resources.items() if k not in {"tables", "io_manager"}},
                    "mem_io_manager": dg.mem_io_manager,
                    **overrides,
                },
                instance=instance,
                raise_on_error=False,
            )
        failures = [e.step_failure_data.user_failure_data for e in result.all_events if e.is_step_failure]
        return result, " ".join(said.description for said in failures if said is not None)

    return run


@pytest.fixture
def plan(stored, database, goal_gid):
    """A plan of one comment, stored at the ledger's own time."""

    def make(*, approved=True, **options):
        now = ledger_time(database)
        # A week of its own for each plan: the same comment in the same week would be found and not written.
        as_of = {"as_of_on": WEEK + timedelta(weeks=next(_WEEKS)), "as_of_at": AT, "target_gid": goal_gid}
        made = stored(COMMENT | as_of, now=now, **options)
        if approved:
            approve(database, made.plan_id, "ada", now)
        return made

    return make


def test_an_approved_plan_behind_an_open_gate_is_written_once_and_shown_in_the_lineage(plan, run_apply, writes):
    made = plan()
    result, _ = run_apply(made.plan_id)
    assert result.success
    assert len(writes()) == 1
    (shown,) = [e for e in result.all_events if e.is_step_materialization]
    assert shown.asset_key == APPLIED
    figures = {k: v.value for k, v in shown.materialization.metadata.items()}
    assert (figures["plan_id"], figures["written"], figures["rows_done"]) == (made.plan_id, 1, 1)
    again, _ = run_apply(made.plan_id)
    assert again.success
    assert len(writes()) == 1


def test_the_job_writes_several_objects_at_once_as_far_as_the_settings_allow(stored, database, resources, run_apply):
    gids = ["1", "2", "3"]
    made = stored(*({"target_gid": gid} for gid in gids), now=ledger_time(database))
    approve(database, made.plan_id, "ada", ledger_time(database))
    for allowed in (3, 1):
        meeting = threading.Barrier(allowed)
        writer = SimpleNamespace(me=lambda: "99", read=lambda *_, meeting=meeting: _unreadable(meeting))
        settings = resources["settings"].model_copy(update={"asana": AsanaSettings(writes_in_flight=allowed)})
        result, _ = run_apply(made.plan_id, asana_writer=writer, settings=settings)
        assert result.success
        assert not meeting.broken


def _unreadable(meeting):
    meeting.wait(5)  # breaks where fewer look at the same time
    raise RetriableError("the network is down")


def test_an_unapproved_plan_writes_nothing(plan, run_apply, writes):
    result, why = run_apply(plan(approved=False).plan_id)
    assert not result.success
    assert "not approved" in why
    assert writes() == []


@pytest.mark.fault("F30")
def test_a_missing_evaluation_is_a_closed_gate(plan, run_apply, writes):
    result, why = run_apply(plan(gate=False).plan_id)
    assert not result.success
    assert "never evaluated for changes/plan" in why
    assert writes() == []


@pytest.mark.fault("F30")
def test_the_apply_job_alone_after_a_failed_check_writes_nothing(plan, run_apply, writes, database):
    made = plan()
    check = Check("new_value_is_present", False, "error", 1)
    with database.transaction() as connection:
        failed = CheckOutcome("changes/plan", False, (check,), 1)
        record_gate(connection, made.plan_hash, failed, ledger_time(database))
    result, why = run_apply(made.plan_id)
    assert not result.success
    assert "failed for changes/plan: new_value_is_present" in why
    assert writes() == []


def test_a_plan_that_was_changed_after_approval_writes_nothing(plan, run_apply, writes, database):
    made = plan()
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute('UPDATE plan_row SET new_value = \'{"text":"Hello"}\'')
    result, why = run_apply(made.plan_id)
    assert not result.success
    assert "not those that were approved" in why
    assert writes() == []


@pytest.mark.fault("F32")
def test_the_author_cannot_approve_by_any_door(plan, run_apply, writes, database):
    made = plan(approved=False)
    with pytest.raises(RefusedError, match="may not approve"):
        approve(database, made.plan_id, "planner", ledger_time(database))
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("UPDATE plan_row SET decision = 'approved', decided_by = 'planner'")
        cursor.execute("UPDATE plan SET state = 'approved'")
    result, why = run_apply(made.plan_id)
    assert not result.success
    assert "approved by its own author" in why
    assert writes() == []


@pytest.mark.parametrize("mode", [Mode.observe, Mode.shadow])
def test_a_plan_is_not_written_in_less_than_its_own_mode(plan, run_apply, writes, tmp_path, mode):
    result, why = run_apply(plan().plan_id, settings=load_settings(home=tmp_path, mode=mode))
    assert not result.success
    assert mode.value in why
    assert writes() == []


@pytest.mark.fault("F35")
def test_the_kill_switch_stops_the_job(plan, run_apply, writes, database):
    made = plan()
    set_kill_switch(database, stopped=True, actor="ada", now=ledger_time(database))
    result, why = run_apply(made.plan_id)
    assert not result.success
    assert "kill switch" in why
    assert writes() == []


def test_a_refusal_is_never_retried_by_dagster(plan, run_apply):
    result, _ = run_apply(plan(approved=False).plan_id)
    assert not [e for e in result.all_events if e.is_step_up_for_retry]
    assert apply_approved_changes.tags["dagster/max_retries"] == "0"


def forecast_table(tables, **row):
    contract = CONTRACTS["forecasts/goal_attainment"]
    base = dict.fromkeys(contract.schema) | {"as_of_on": WEEK, "as_of_at": AT, "status": "assessed"}
    tables.overwrite("forecasts/goal_attainment", pl.DataFrame([base | row], schema=contract.schema))


def goal_table(tables, gid):
    contract = CONTRACTS["staging/goals"]
    row = dict.fromkeys(contract.schema) | {"goal_gid": gid, "is_workspace_level": True, "is_closed": False}
    tables.overwrite("staging/goals", pl.DataFrame([row], schema=contract.schema))


@pytest.fixture
def materialize(resources, database):
    """Materialize the plan of a week, alone or with checks, on a ledger that knows one sync."""
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_run (workspace_gid, asana_url, synced_at, requests, rows_added, rows_changed,"
            " rows_deleted) VALUES ('900', 'http://localhost', %s, 1, 0, 0, 0)",
            (AT,),
        )

    def run(week_on=WEEK, assets=None, selection=None):
        weeks = dg.WeeklyPartitionsDefinition(start_date="2026-01-05", day_offset=1, end_offset=1)
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize(
                [build_plan_asset(weeks), *(assets or [])],
                partition_key=week_on.isoformat(),
                resources=resources,
                instance=instance,
                selection=selection,
                raise_on_error=False,
            )

    return run


@pytest.mark.fault("F30", "F31")
def test_a_plan_made_from_forecasts_that_break_their_suite_can_be_approved_but_never_written(
    resources, materialize, run_apply, writes, database, goal_gid
):
    """Dagster runs the plan alone although the check on the forecasts failed elsewhere; the gate remembers."""
    goal_table(resources["tables"], goal_gid)
    forecast_table(resources["tables"], goal_gid=goal_gid, p_attain=0.5, baseline_p=7.0)
    assert materialize().success
    (made,) = open_plans(database, ledger_time(database))
    approve(database, made.plan_id, "ada", ledger_time(database))
    result, why = run_apply(made.plan_id)
    assert not result.success
    assert "failed for forecasts/goal_attainment: baseline_p_is_between_0_and_1" in why
    assert writes() == []


def test_the_plan_of_the_running_week_waits_for_review_and_a_past_week_does_not(
    resources, materialize, database, goal_gid
):
    goal_table(resources["tables"], goal_gid)
    forecast_table(resources["tables"], goal_gid=goal_gid, p_attain=0.5, baseline_p=0.5)
    assert materialize(WEEK - timedelta(days=7)).success
    assert open_plans(database, ledger_time(database)) == []
    result = materialize()
    (made,) = open_plans(database, ledger_time(database))
    table = resources["tables"].read("changes/plan", partition=WEEK)
    assert made.frame().sort("position").equals(table.sort("position"))
    assert {row.field for row in made.rows} == {"ai_confidence_score", "review_task"}
    (event,) = result.asset_materializations_for_node("changes__plan")
    assert event.metadata["plan_id"].value == made.plan_id
    assert event.metadata["rows_set_field"].value == 1


def test_a_backfill_of_plans_writes_nothing(resources, materialize, writes, database, goal_gid):
    goal_table(resources["tables"], goal_gid)
    forecast_table(resources["tables"], goal_gid=goal_gid, p_attain=0.5, baseline_p=0.5)
    for weeks in range(4):
        assert materialize(WEEK - timedelta(weeks=weeks)).success
    assert len(open_plans(database, ledger_time(database))) == 1
    assert writes() == []


def test_a_table_that_breaks_its_suite_stops_what_follows_in_its_run(resources, database):
    forecast_table(resources["tables"], goal_gid="1", p_attain=1.5)

    @dg.asset(key=["forecasts", "goal_attainment"])
    def goal_attainment():
        return dg.MaterializeResult()

    @dg.asset(deps=[goal_attainment])
    def follows():
        return dg.MaterializeResult()

    check = next(c for c in build_checks() if c.check_key.asset_key.path == ["forecasts", "goal_attainment"])
    with dg.DagsterInstance.ephemeral() as instance:
        defs = dg.Definitions([goal_attainment, follows], asset_checks=[check], resources=resources)
        job = defs.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance, raise_on_error=False)
    assert not result.success
    assert result.asset_materializations_for_node("follows") == []
    (evaluation,) = result.get_asset_check_evaluations()
    assert evaluation.metadata["failed"].value[0]["check"] == "p_attain_is_between_0_and_1"


def test_the_sensor_sleeps_by_default_and_launches_the_oldest_approved_plan_once_per_attempt(plan, database):
    assert approved_changes_sensor.default_status == dg.DefaultSensorStatus.STOPPED
    with dg.DagsterInstance.ephemeral() as instance:

        def tick():
            context = dg.build_sensor_context(instance=instance, resources={"database": database})
            return approved_changes_sensor.evaluate_tick(context)

        assert "No approved plan" in tick().skip_message
        made = plan()
        (request,) = tick().run_requests
        assert request.run_key == f"{made.plan_id}:0"
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("UPDATE plan SET apply_attempts = %s", (MAX_ATTEMPTS,))
        assert "No approved plan" in tick().skip_message


@pytest.mark.fault("F30")
def test_a_gate_that_cannot_be_asked_is_closed(plan, run_apply, writes, database):
    made = plan()
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE gate_result RENAME TO gate_result_gone")
    try:
        result, _ = run_apply(made.plan_id)
    finally:
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gate_result_gone RENAME TO gate_result")
    assert not result.success
    assert writes() == []

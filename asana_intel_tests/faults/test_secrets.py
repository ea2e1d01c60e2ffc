"""A token that is repeated by Asana, by errors and by logs while a plan is applied stands nowhere afterwards."""

from __future__ import annotations

import logging
from pathlib import Path

import dagster as dg
import pytest
from pydantic import SecretStr

from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.jobs import apply_approved_changes
from asana_intel.changes.ledger import ledger_time
from asana_intel.settings import load_settings
from asana_intel.storage.postgres import SCHEMA
from asana_intel_tests.faults.office import Office, post_on, score_of
from asana_intel_tests.integration.fault_world import rule

CANARY = "2/9876/5432:CANARYCANARYCANARYCANARY"


def everything_in(office: Office) -> str:
    """All rows of the ledger as text."""
    tables = office.query("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
    return "\n".join(str(office.query(f"SELECT t::text FROM {table} t")) for (table,) in tables)


@pytest.mark.fault("F40")
@pytest.mark.parametrize("fails", [False, True])
def test_the_token_stands_in_no_table_file_or_log_after_a_run(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fails: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("ASANA_INTEL_WRITER_TOKEN", CANARY)
    monkeypatch.setenv("ASANA_INTEL_ASANA_URL", office.company.url)
    monkeypatch.setenv("ASANA_INTEL_MODE", "propose")
    settings = load_settings(home=tmp_path / "home")
    assert settings.asana.writer_token == SecretStr(CANARY)
    now = ledger_time(office.database)
    plan = office.plan(*(score_of(goal) for goal in office.goals[:3]), post_on(office.goal, "comment"), now=now)
    match = {"token": CANARY}
    office.break_down(
        rule("status", {**match, "method": "PUT", "nth": 1}, status=500, message=f"who is {CANARY}?"),
        rule("status", {**match, "method": "PUT", "nth": 2}, status=400, message=f"{CANARY} may not"),
        *([rule("expire_token", {**match, "method": "PUT", "nth": 3})] if fails else []),
    )
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        result = apply_approved_changes.execute_in_process(
            run_config={"ops": {"load_approved_plan": {"config": {"plan_id": plan.plan_id}}}},
            resources={
                "database": office.database, "settings": settings, "mem_io_manager": dg.mem_io_manager,
                "asana_writer": AsanaWriter.from_settings(settings),
            },
            instance=instance,
            raise_on_error=False,
        )  # fmt: skip
    assert result.success is not fails
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any("CANARY" not in path.name and path.suffix == ".db" for path in files)
    for told in (everything_in(office), caplog.text, str(result.all_events), repr(settings)):
        assert CANARY not in told
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []

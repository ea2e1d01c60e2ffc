"""dbt_like_sql under dbt itself, on exported tables: it builds, its tests pass, and its rows are the platform's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest
import requests
import yaml
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from asana_intel.cli.main import app
from asana_intel.definitions import build_resources
from asana_intel.marts.assets import run_sql_models
from asana_intel.marts.models import MODELS_FOLDER, mart_models
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.settings import load_settings
from asana_intel.staging.assets import clean_workspace
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

SPRING = datetime(2026, 3, 10, 12, tzinfo=UTC)
DBT = Path(sys.executable).with_name("dbt")


@dataclass(frozen=True)
class Exported:
    """A company that was synced, modelled by the platform, and exported.

    Args:
        tables: The platform's tables.
        folder: What `asana-intel export` wrote.
        said: What it printed.
    """

    tables: TableStore
    folder: Path
    said: dict


@pytest.fixture
def home(tmp_path: Path, database: Database, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, value in {"HOME": str(tmp_path / "home"), "PG_URL": postgres_url, "ASANA_TOKEN": "canary"}.items():
        monkeypatch.setenv(f"ASANA_INTEL_{name}", value)
    return tmp_path / "home"


@pytest.fixture
def exported(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exported:
    world = tmp_path / "world"
    generate_world(world, seed=3, people=6, projects=4, tasks=90, goals=12, start_on=date(2025, 10, 1), weeks=40)
    with RunningSandbox(world, SPRING) as running:
        tag_a_task(running.url)
        monkeypatch.setenv("ASANA_INTEL_ASANA_URL", running.url)
        monkeypatch.setenv("ASANA_INTEL_ASANA__REQUESTS_PER_MINUTE", "1000000")
        synced = CliRunner().invoke(app, ["sync", "--json"])
        assert synced.exit_code == 0, synced.output
    settings = load_settings()
    assert dg.materialize([clean_workspace, run_sql_models], resources=build_resources(settings)).success
    done = CliRunner().invoke(app, ["export", "export", "--json"])
    assert done.exit_code == 0, done.output
    return Exported(TableStore(settings.tables_root), tmp_path / "export", json.loads(done.stdout))


def tag_a_task(url: str) -> None:
    """What generated companies do not have."""
    mine = {"Authorization": "Bearer somebody"}

    def ask(method: str, path: str, **options: Any) -> Any:
        reply = requests.request(method, url + path, headers=mine, timeout=5, **options)
        reply.raise_for_status()
        return reply.json()["data"]

    workspace = ask("GET", "/workspaces")[0]["gid"]
    project = ask("GET", "/projects", params={"workspace": workspace, "limit": 1})[0]["gid"]
    task = ask("GET", "/tasks", params={"project": project, "limit": 1})[0]["gid"]
    tag = ask("POST", "/tags", json={"data": {"name": "urgent", "workspace": workspace}})["gid"]
    ask("POST", f"/tasks/{task}/addTag", json={"data": {"tag": tag}})


def dbt(exported: Exported, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a dbt command over the export; what dbt writes stays out of the repository."""
    project, beside = str(MODELS_FOLDER), exported.folder.parent
    return subprocess.run(
        [str(DBT), "--no-use-colors", *arguments, "--project-dir", project, "--profiles-dir", project,
         "--vars", (exported.folder / "vars.yml").read_text(),
         "--target-path", str(beside / "target"), "--log-path", str(beside / "logs")],
        env={**os.environ, "ASANA_INTEL_EXPORT": str(exported.folder)},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not DBT.exists(), reason="dbt is not installed; it comes with the extra `dev`")
def test_dbt_builds_the_rows_that_the_platform_builds_and_all_its_tests_pass(exported: Exported) -> None:
    import duckdb

    done = dbt(exported, "--warn-error", "build")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    built = duckdb.connect(str(exported.folder / "marts.duckdb"), read_only=True)
    built.execute("SET TimeZone = 'UTC'")
    for name in mart_models():
        contract = CONTRACTS[f"marts/{name}"]
        theirs = pl.DataFrame(built.sql(f'SELECT * FROM "{name}"').to_arrow_table())
        ours = exported.tables.read(contract.key)
        assert ours.height, f"{name} has no row to compare"
        assert theirs.schema == contract.schema, name
        assert_frame_equal(
            conform(contract, theirs).sort(contract.unique), ours.sort(contract.unique), rel_tol=1e-9, abs_tol=1e-9
        )


def test_an_export_holds_every_staging_table_of_the_last_sync(exported: Exported) -> None:
    tables = [c for c in CONTRACTS.values() if c.stage == "staging"]
    assert exported.said["rows"] == {c.name: exported.tables.count(c.key) for c in tables}
    assert exported.said["rows"]["tasks"] > 50
    assert datetime.fromisoformat(exported.said["as_of"]) == SPRING
    assert datetime.fromisoformat(yaml.safe_load((exported.folder / "vars.yml").read_text())["as_of"]) == SPRING
    shown = subprocess.run(
        ["sh", "-c", f"dbt() {{ printf '%s\\n' \"$ASANA_INTEL_EXPORT\" \"$@\"; }}; {exported.said['dbt']}"],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert shown[:4] == [str(exported.folder), "build", "--project-dir", str(MODELS_FOLDER)]
    assert shown[-1] == 'as_of: "2026-03-10 12:00:00.000000+00"'
    (exported.folder.parent / "file").write_text("in the way")
    refused = CliRunner().invoke(app, ["export", "file", "--json"])
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["fix"] == "name another folder"


def test_an_export_before_the_first_sync_says_so(home: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["export", str(tmp_path / "out"), "--json"])
    assert done.exit_code == 1
    assert "Nothing was synced yet" in json.loads(done.stdout)["message"]
    assert not (tmp_path / "out").exists()

"""The marts as Dagster shows them: what schema.yml says of them, which column comes from which, and their tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl
import pytest

from asana_intel.marts import assets
from asana_intel.marts.assets import run_sql_models
from asana_intel.marts.data_tests import declared_tests
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.sync_log import LastSync
from asana_intel.storage.tables import TableStore

AS_OF = datetime(2026, 1, 7, 6, tzinfo=UTC)
CANARY = "Canary Lark"
Store = Callable[..., None]
Ran = Callable[..., dg.ExecuteInProcessResult]


@pytest.fixture
def tables(tmp_path: Path) -> TableStore:
    return TableStore(str(tmp_path / "tables"))


@pytest.fixture(autouse=True)
def store(tables: TableStore) -> Store:
    """Write one row to a staging table; goal 1 is there from the start."""

    def write(table: str, **row: Any) -> None:
        contract = CONTRACTS[f"staging/{table}"]
        tables.overwrite(contract.key, pl.DataFrame([dict.fromkeys(contract.schema) | row], schema=contract.schema))

    write("goals", goal_gid="1", name=CANARY, is_workspace_level=False, is_closed=False)
    return write


@pytest.fixture
def run(tables: TableStore, monkeypatch: pytest.MonkeyPatch) -> Ran:
    """Run some marts with their checks, or checks alone, in a throw-away instance."""
    monkeypatch.setattr(assets, "require_last_sync", lambda _database: LastSync(AS_OF, "9", "http://127.0.0.1"))
    definitions = dg.Definitions(
        assets=[run_sql_models],
        resources={"tables": tables, "database": dg.ResourceDefinition.none_resource()},
    )
    job = definitions.resolve_implicit_global_asset_job_def()

    def execute(*names: str, only: list[dg.AssetCheckKey] | None = None) -> dg.ExecuteInProcessResult:
        chosen = job.get_subset(
            asset_selection={dg.AssetKey(["marts", name]) for name in names},
            asset_check_selection=None if only is None else set(only),
        )
        return chosen.execute_in_process(instance=dg.DagsterInstance.ephemeral(), raise_on_error=False)

    return execute


@pytest.fixture
def twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model returns each of its rows twice."""
    real = assets.run_models
    monkeypatch.setattr(
        assets, "run_models", lambda *asked: ((name, pl.concat([rows, rows])) for name, rows in real(*asked))
    )


def outcomes(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {evaluation.check_name: evaluation.passed for evaluation in result.get_asset_check_evaluations()}


def spec(name: str) -> dg.AssetSpec:
    return run_sql_models.specs_by_key[dg.AssetKey(["marts", name])]


def test_an_asset_says_what_schema_yml_says_of_the_model() -> None:
    goal = spec("dim_goal")
    assert goal.description
    assert goal.description.startswith("One row per goal.")
    assert list(goal.owners) == ["team:data"]
    columns = {c.name: c for c in goal.metadata["dagster/column_schema"].columns}
    assert (columns["goal_gid"].type, columns["goal_gid"].description) == ("varchar", "Goal.")
    assert columns["goal_gid"].constraints == dg.TableColumnConstraints(nullable=False, unique=True)
    assert columns["due_on"].type == "date"
    assert columns["due_on"].constraints == dg.TableColumnConstraints(nullable=True, unique=False)
    assert "personal" in {c.name: c for c in spec("dim_person").metadata["dagster/column_schema"].columns}["name"].tags


def test_every_data_test_is_a_check_and_those_of_severity_error_block() -> None:
    specs = {(s.asset_key.path[-1], s.name): s for s in run_sql_models.check_specs}
    tests = {(t.model, t.name): t for tests in declared_tests().values() for t in tests}
    assert set(specs) == set(tests)
    assert ("dim_goal", "goal_gid_is_unique") in specs
    assert ("fct_goal_progress_weekly", "goal_gid_and_week_on_are_unique") in specs
    assert all(specs[key].blocking == (test.severity == "error") for key, test in tests.items())


def test_a_run_materializes_the_lineage_of_the_columns_and_asks_the_tests(run: Ran, tables: TableStore) -> None:
    result = run("dim_goal", "bridge_goal_project")
    assert result.success
    assert tables.read("marts/dim_goal")["goal_gid"].to_list() == ["1"]
    made = {e.asset_key.path[-1]: e.materialization.metadata for e in result.get_asset_materialization_events()}
    lineage = made["dim_goal"]["dagster/column_lineage"].value.deps_by_column
    assert [(d.asset_key.path, d.column_name) for d in lineage["progress_pct"]] == [
        (["staging", "goals"], "current_value"),
        (["staging", "goals"], "initial_value"),
        (["staging", "goals"], "target_value"),
    ]
    assert made["dim_goal"]["dagster/row_count"].value == 1
    asked = {t.name for name in ("dim_goal", "bridge_goal_project") for t in declared_tests()[name]}
    assert outcomes(result) == dict.fromkeys(asked, True)


def test_a_model_that_repeats_its_key_fails_its_test_and_is_not_stored(
    run: Ran, tables: TableStore, twice: None
) -> None:
    result = run("dim_goal")
    assert not result.success
    (evaluation,) = (e for e in result.get_asset_check_evaluations() if e.check_name == "goal_gid_is_unique")
    assert (evaluation.passed, evaluation.metadata["breaking_rows"].value) == (False, 2)
    assert tables.version("marts/dim_goal") is None


def test_a_check_can_be_asked_alone_of_the_table_as_it_stands(run: Ran, tables: TableStore) -> None:
    assert run("dim_goal").success
    version = tables.version("marts/dim_goal")
    key = dg.AssetCheckKey(dg.AssetKey(["marts", "dim_goal"]), "goal_gid_is_unique")
    result = run(only=[key])
    assert outcomes(result) == {"goal_gid_is_unique": True}
    assert tables.version("marts/dim_goal") == version


def test_a_relationship_is_asked_when_both_tables_are_written(run: Ran, store: Store) -> None:
    store("goal_relationships", relationship_gid="5", goal_gid="1", supporting_gid="20", supporting_type="project")
    hidden = run("bridge_goal_project", "dim_project")
    assert hidden.success  # a project that the token does not see is worth a warning
    assert outcomes(hidden)["project_gid_is_in_marts_dim_project"] is False
    store("projects", project_gid="20", is_archived=False, is_completed=False)
    seen = run("bridge_goal_project", "dim_project")
    assert outcomes(seen)["project_gid_is_in_marts_dim_project"] is True


def test_no_name_of_a_goal_or_a_person_reaches_the_event_log(run: Ran) -> None:
    result = run("dim_goal", "bridge_goal_project")
    assert not [event for event in result.all_events if CANARY in str(event)]

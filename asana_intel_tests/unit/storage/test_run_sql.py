"""SQL for people: every table is there, and nothing else of the machine is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from asana_intel.errors import ConfigError
from asana_intel.storage.sql import run_sql
from asana_intel.storage.tables import TableStore

Frames = Callable[..., pl.DataFrame]


@pytest.fixture
def filled(tables: TableStore, tasks: Frames) -> TableStore:
    tables.merge("raw/tasks", tasks(a="A", b="B"))
    return tables


@pytest.mark.parametrize("name", ["raw.tasks", "RAW.TASKS", '"raw"."tasks"', "Raw.Tasks"])
def test_a_table_is_called_stage_and_name_in_any_case(filled: TableStore, name: str) -> None:
    assert run_sql(filled, f"SELECT gid, name FROM {name} ORDER BY gid").rows() == [("a", "A"), ("b", "B")]


def test_tables_of_all_stages_are_visible_and_empty_before_they_exist(tables: TableStore) -> None:
    for name in ("raw.goals", "staging.quarantine", "marts.dim_goal", "forecasts.goal_attainment", "changes.plan"):
        assert run_sql(tables, f"SELECT count(*) AS n FROM {name}").item() == 0


def test_a_query_sees_the_tables_as_they_are_now(filled: TableStore, tasks: Frames) -> None:
    assert run_sql(filled, "SELECT count(*) FROM raw.tasks").item() == 2
    filled.merge("raw/tasks", tasks(c="C"))
    assert run_sql(filled, "SELECT count(*) FROM raw.tasks").item() == 3


def test_a_join_may_repeat_a_column_name(filled: TableStore) -> None:
    both = run_sql(filled, "SELECT a.gid, b.gid, a.name FROM raw.tasks a JOIN raw.tasks b ON a.gid < b.gid")
    assert both.to_dicts() == [{"gid": "a", "gid_2": "b", "name": "A"}]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "ATTACH '/etc/passwd' AS other",
        "INSTALL httpfs",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
    ],
)
def test_a_statement_cannot_read_the_machine(tables: TableStore, statement: str) -> None:
    with pytest.raises(ConfigError, match="The statement failed"):
        run_sql(tables, statement)


def test_a_statement_cannot_write_files_or_tables(filled: TableStore, tmp_path: Path) -> None:
    target = tmp_path / "stolen.csv"
    for statement in (
        f"COPY (SELECT 1) TO '{target}'",
        f"EXPORT DATABASE '{target}'",
        f"ATTACH '{target}' AS mine",
        "DELETE FROM raw.tasks",
        "INSERT INTO raw.tasks (gid) VALUES ('c')",
        "UPDATE raw.tasks SET gid = 'x'",
        "DROP TABLE raw.tasks",
    ):
        with pytest.raises(ConfigError):
            run_sql(filled, statement)
    run_sql(filled, "DROP VIEW raw.tasks")  # goes with the session
    assert not target.exists()
    assert filled.read("raw/tasks").height == 2
    assert filled.version("raw/tasks") == 0


@pytest.mark.parametrize("statement", ["SELEC 1", "SELECT * FROM raw.nonsense", "SELECT nope FROM raw.tasks", "'"])
def test_wrong_sql_is_told_with_the_list_of_tables(filled: TableStore, statement: str) -> None:
    with pytest.raises(ConfigError) as told:
        run_sql(filled, statement)
    assert "raw.tasks" in (told.value.fix or "")
    assert "marts.dim_goal" in (told.value.fix or "")


def test_a_value_that_no_table_can_hold_is_told_and_not_a_crash(tables: TableStore) -> None:
    with pytest.raises(ConfigError, match="The statement failed"):
        run_sql(tables, "SELECT INTERVAL 1 DAY AS away")


def test_a_statement_without_a_result_is_an_empty_frame(tables: TableStore) -> None:
    assert run_sql(tables, "").is_empty()
    assert run_sql(tables, "CREATE TEMP TABLE mine AS SELECT 1 AS n; SELECT n + 1 AS n FROM mine").item() == 2

"""Which column comes from which, through views down to stored tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from asana_intel.marts import lineage, models
from asana_intel.marts.lineage import ColumnSource, column_lineage
from asana_intel.storage.contracts import CONTRACTS

load_models_of = models.load_models.__wrapped__
Traced = Callable[..., Mapping[str, set[str]]]


@pytest.fixture
def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Traced]:
    """Sources of dim_goal's columns, as `stage/table.column`, when these models (`layer__name` -> SQL) are all."""

    def trace(**files: str) -> Mapping[str, set[str]]:
        for name, sql in files.items():
            layer, _, stem = name.partition("__")
            (tmp_path / layer).mkdir(exist_ok=True)
            (tmp_path / layer / f"{stem}.sql").write_text(sql)
        for module in (models, lineage):
            monkeypatch.setattr(module, "load_models", lambda: load_models_of(tmp_path))
        column_lineage.cache_clear()
        found = column_lineage()["dim_goal"]
        return {column: {f"{s.table}.{s.column}" for s in sources} for column, sources in found.items()}

    yield trace
    column_lineage.cache_clear()


STG = "select * from {{ source('staging', 'goals') }}"


def test_a_column_is_followed_through_views_and_stars_to_the_staging_table(traced: Traced) -> None:
    found = traced(
        staging__stg_goals=STG,
        intermediate__int_goals="select goal_gid, current_value - initial_value as gained from {{ ref('stg_goals') }}",
        marts__dim_goal="with g as (select * from {{ ref('int_goals') }}) select goal_gid, 2 * gained as twice from g",
    )
    assert found == {
        "goal_gid": {"staging/goals.goal_gid"},
        "twice": {"staging/goals.current_value", "staging/goals.initial_value"},
    }


def test_another_mart_is_where_the_trace_ends(traced: Traced) -> None:
    found = traced(
        staging__stg_goals=STG,
        marts__bridge_goal_project="select goal_gid, goal_gid as project_gid, 1 as depth from {{ ref('stg_goals') }}",
        marts__dim_goal="select max(depth) as deepest from {{ ref('bridge_goal_project') }}",
    )
    assert found == {"deepest": {"marts/bridge_goal_project.depth"}}


def test_both_sides_of_a_union_are_sources_and_a_count_of_rows_has_none(traced: Traced) -> None:
    found = traced(
        staging__stg_goals=STG,
        staging__stg_tasks="select * from {{ source('staging', 'tasks') }}",
        marts__dim_goal=(
            "select name, count(*) as n, 1 as one from (select name from {{ ref('stg_goals') }} union all "
            "select name from {{ ref('stg_tasks') }}) group by name"
        ),
    )
    assert found == {"name": {"staging/goals.name", "staging/tasks.name"}, "n": set(), "one": set()}


def test_a_model_that_cannot_be_read_has_no_lineage_and_breaks_nothing(traced: Traced) -> None:
    assert traced(marts__dim_goal="select from where (") == {}


def test_every_mart_is_traced_to_columns_that_exist() -> None:
    traced = column_lineage()
    for name, columns in traced.items():
        assert set(columns) == set(CONTRACTS[f"marts/{name}"].schema), name
        for source in {s for sources in columns.values() for s in sources}:
            assert source.column in CONTRACTS[source.table].schema, f"{name} from {source}"
        assert any(columns.values()) or name == "fct_data_readiness", name
    assert traced["dim_goal"]["progress_pct"] == (
        ColumnSource("staging/goals", "current_value"),
        ColumnSource("staging/goals", "initial_value"),
        ColumnSource("staging/goals", "target_value"),
    )
    assert {s.table for s in traced["bridge_goal_project"]["project_gid"]} == {
        "staging/goal_relationships", "staging/portfolio_items",
    }  # fmt: skip

"""The folder of SQL models: found, ordered, run, and wrong ones named."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import jinja2
import polars as pl
import pytest
import yaml

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.marts import models
from asana_intel.marts.models import (
    MODELS_FOLDER,
    load_models,
    mart_inputs,
    mart_models,
    run_models,
    staging_inputs,
)
from asana_intel.storage.contracts import CONTRACTS, empty_frame
from asana_intel.storage.contracts.marts import read_schema

AS_OF = datetime(2026, 1, 7, 6, tzinfo=UTC)
load_models_of = load_models.__wrapped__


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Write models (`layer/name` -> SQL) that replace the product's."""

    def write(**files: str) -> None:
        for name, sql in files.items():
            layer, _, stem = name.partition("__")
            (tmp_path / layer).mkdir(exist_ok=True)
            (tmp_path / layer / f"{stem}.sql").write_text(sql)
        monkeypatch.setattr(models, "load_models", lambda: load_models_of(tmp_path))

    return write


def empty(key: str) -> pl.DataFrame:
    return empty_frame(CONTRACTS[key])


def test_every_model_runs_over_an_empty_company_and_keeps_its_contract() -> None:
    built = dict(run_models(mart_models(), empty, AS_OF))
    assert set(built) == {c.name for c in CONTRACTS.values() if c.stage == "marts"}
    for name, rows in built.items():
        assert rows.schema == CONTRACTS[f"marts/{name}"].schema, name  # dbt refuses what the platform would only cast
    assert {name for name, rows in built.items() if rows.height} == {"fct_data_readiness"}


def test_models_come_after_those_they_read() -> None:
    order = mart_models()
    for name in order:
        assert all(order.index(other) < order.index(name) for other in mart_inputs(name))
    assert mart_inputs("dim_goal") == {"bridge_goal_project"}


def test_the_inputs_of_a_mart_are_followed_through_views() -> None:
    assert staging_inputs("dim_person") == {"users", "team_memberships", "teams", "tasks", "time_entries"}
    assert all(f"staging/{table}" in CONTRACTS for mart in mart_models() for table in staging_inputs(mart))


def test_a_part_of_the_marts_reads_the_others_from_their_tables() -> None:
    asked: list[str] = []

    def read(key: str) -> pl.DataFrame:
        asked.append(key)
        return empty(key)

    assert [name for name, _ in run_models(["dim_goal"], read, AS_OF)] == ["dim_goal"]
    assert "marts/bridge_goal_project" in asked


def test_a_model_that_refers_to_nothing_is_named(folder: Callable[..., None]) -> None:
    folder(marts__dim_a="select * from {{ ref('stg_nothing') }}")
    with pytest.raises(ConfigError, match=r"marts/dim_a\.sql refers to 'stg_nothing'"):
        models.load_models()


def test_models_in_a_circle_are_shown_as_a_circle(folder: Callable[..., None]) -> None:
    folder(marts__dim_a="select * from {{ ref('dim_b') }}", marts__dim_b="select * from {{ ref('dim_a') }}")
    with pytest.raises(ConfigError, match="circle: dim_a → dim_b → dim_a"):
        mart_models()
    with pytest.raises(ConfigError, match="circle"):
        list(run_models(["dim_b"], empty, AS_OF))


def test_two_models_of_one_name_are_refused(folder: Callable[..., None]) -> None:
    folder(staging__same="select 1 as n", marts__same="select 1 as n")
    with pytest.raises(ConfigError, match="Two SQL models are called same"):
        models.load_models()


@pytest.mark.parametrize("sql", ["selec 1", "select nope from {{ ref('int_b') }}", "select 1/'x' as n"])
def test_an_error_of_the_database_names_the_model(folder: Callable[..., None], sql: str) -> None:
    folder(marts__dim_a=sql, intermediate__int_b="select 1 as n")
    with pytest.raises(PermanentError, match="SQL model dim_a failed") as told:
        list(run_models(["dim_a"], empty, AS_OF))
    assert "dim_a.sql" in (told.value.fix or "")


def test_an_error_in_a_view_names_the_view(folder: Callable[..., None]) -> None:
    folder(marts__dim_a="select * from {{ ref('int_b') }}", intermediate__int_b="select nope from range(1)")
    with pytest.raises(PermanentError, match="SQL model int_b failed"):
        list(run_models(["dim_a"], empty, AS_OF))


def test_the_models_use_nothing_of_dbt_but_ref_source_and_var() -> None:
    spoken = jinja2.Environment(autoescape=True)
    for name, model in load_models().items():
        text = model.template
        assert "{%" not in text, name
        for call in re.findall(r"{{(.*?)}}", text):
            assert re.fullmatch(r"""\s*(ref\('\w+'\)|source\('staging', '\w+'\)|var\("as_of"\))\s*""", call), call
        spoken.parse(text)


def test_sources_are_read_by_staging_models_only_and_each_exists() -> None:
    for model in load_models().values():
        assert bool(model.sources) == (model.layer == "staging"), model.name
        assert all(f"staging/{table}" in CONTRACTS for table in model.sources)
        if model.layer == "staging":
            assert model.name == f"stg_asana__{model.sources[0]}"


def test_the_folder_is_a_dbt_project() -> None:
    project = yaml.safe_load((MODELS_FOLDER / "dbt_project.yml").read_text())
    assert project["name"] == "asana_intel"
    assert project["model-paths"] == ["."]  # where schema.yml is
    assert {model.layer for model in load_models().values()} <= set(project["models"]["asana_intel"])
    datetime.fromisoformat(project["vars"]["as_of"])


def test_every_staging_table_is_a_source() -> None:
    (source,) = read_schema()["sources"]
    listed = {table["name"]: table["description"] for table in source["tables"]}
    contracts = {c.name: c for c in CONTRACTS.values() if c.stage == "staging"}
    missing = [
        f'- {{name: {name}, description: "{contract.grain.capitalize()}."}}'
        for name, contract in contracts.items()
        if listed.get(name) != f"{contract.grain.capitalize()}."
    ]
    assert not missing, "add to sources in dbt_like_sql/schema.yml:\n" + "\n".join(missing)
    assert set(listed) == set(contracts), "sources that are no staging tables"


def test_every_mart_is_declared_with_its_grain_its_owners_and_a_test_of_its_key() -> None:
    declared = {model["name"]: model for model in read_schema()["models"]}
    assert set(declared) == set(mart_models())
    for name, model in declared.items():
        contract = CONTRACTS[f"marts/{name}"]
        assert model["description"].lower().startswith(contract.grain.lower()), name
        assert model["config"]["contract"] == {"enforced": True}, name
        assert model["config"]["meta"]["owners"], name
        assert all(column["description"] for column in model["columns"]), name
        if len(contract.unique) == 1:
            (key,) = (c for c in model["columns"] if c["name"] == contract.unique[0])
            assert "unique" in key["data_tests"], name
        else:
            together = {"unique_combination": {"arguments": {"columns": list(contract.unique)}}}
            assert together in model["data_tests"], name


def test_the_same_tables_give_the_same_bytes() -> None:
    n = 40_000
    people = pl.int_range(n, eager=True) % 997
    entries = pl.DataFrame(
        {
            "entry_gid": pl.int_range(n, eager=True).cast(pl.String),
            "person_gid": people.cast(pl.String),
            "project_gid": (people % 31).cast(pl.String),
            "hours": (people % 7).cast(pl.Float64),
        }
    ).with_columns(
        task_gid=pl.lit(None, pl.String), entered_on=pl.date(2025, 1, 1) + pl.duration(days=people % 365)
    ).select(CONTRACTS["staging/time_entries"].schema.names())  # fmt: skip

    def read(key: str) -> pl.DataFrame:
        return entries if key == "staging/time_entries" else empty(key)

    names = ["fct_person_load_weekly", "fct_project_throughput_weekly"]
    first, second = (dict(run_models(names, read, AS_OF)) for _ in range(2))
    for name in names:
        assert first[name].height > 300
        assert first[name].equals(second[name])

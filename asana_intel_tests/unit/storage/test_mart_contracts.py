"""Contracts of the marts come from schema.yml, and a wrong entry is named by model and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from asana_intel.errors import ConfigError
from asana_intel.storage.contracts.contract import COUNT, INSTANT, TEXT, TEXTS, Column
from asana_intel.storage.contracts.marts import load_contracts

MODEL = """
models:
  - name: fct_x
    description: "One row per task: what it is."
    config: {{contract: {{enforced: true}}, meta: {{grain: "one row per task", {key}owners: ["team:data"]}}}}
    columns:
      - {{name: task_gid, data_type: varchar, description: "Task.", data_tests: [not_null, unique]}}
      - {{name: title, data_type: varchar, description: "Title.", config: {{meta: {{personal: true}}}}}}
      - {{name: tags, data_type: "varchar[]", description: "Tags."}}
      - {{name: n, data_type: {data_type}, description: "How many."}}
      - {{name: seen_at, data_type: timestamp with time zone, description: "Seen."}}
"""


def declared(folder: Path, *, key: str = "unique: [task_gid], ", data_type: str = "bigint") -> Path:
    file = folder / "schema.yml"
    file.write_text(MODEL.format(key=key, data_type=data_type))
    return file


def test_a_declared_model_is_a_contract(tmp_path: Path) -> None:
    (contract,) = load_contracts(declared(tmp_path))
    assert (contract.key, contract.grain, contract.unique) == ("marts/fct_x", "one row per task", ("task_gid",))
    assert contract.columns == (
        Column("task_gid", TEXT, "Task.", required=True),
        Column("title", TEXT, "Title.", personal=True),
        Column("tags", TEXTS, "Tags."),
        Column("n", COUNT, "How many."),
        Column("seen_at", INSTANT, "Seen."),
    )


def test_a_type_that_the_platform_does_not_know_is_named_with_its_column(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"fct_x\.n has the data_type hugeint") as told:
        load_contracts(declared(tmp_path, data_type="hugeint"))
    assert "bigint" in (told.value.fix or "")


def test_a_model_without_a_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="model fct_x has no unique"):
        load_contracts(declared(tmp_path, key=""))


def test_a_key_of_columns_that_do_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="key of model fct_x names no column: goal_gid"):
        load_contracts(declared(tmp_path, key="unique: [task_gid, goal_gid], "))

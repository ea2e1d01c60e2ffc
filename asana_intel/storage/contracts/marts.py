"""Contracts of the marts, read from dbt_like_sql/schema.yml: the one place that says what each model returns."""

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from asana_intel.errors import ConfigError
from asana_intel.storage.contracts.contract import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NUMBER,
    TEXT,
    TEXTS,
    Column,
    TableContract,
)

SCHEMA_FILE = Path(__file__).parents[3] / "dbt_like_sql" / "schema.yml"

DATA_TYPES: dict[str, pl.DataType] = {
    "varchar": TEXT,
    "varchar[]": TEXTS,
    "double": NUMBER,
    "bigint": COUNT,
    "boolean": FLAG,
    "date": DAY,
    "timestamp with time zone": INSTANT,
}


@cache
def read_schema(file: Path = SCHEMA_FILE) -> dict[str, Any]:
    """The file as it stands: `sources` and `models`, in dbt's own words. Treat it as read-only."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the same language, read ten times faster in C
    return yaml.load(file.read_text(), Loader=loader)  # noqa: S506 - both are safe loaders


def load_contracts(file: Path = SCHEMA_FILE) -> tuple[TableContract, ...]:
    """The contract of every model in the file, in its order.

    Raises:
        ConfigError: An entry lacks what a contract needs; the message names the model and the column.
    """
    return tuple(_contract(model) for model in read_schema(file)["models"])


def data_type(dtype: pl.DataType) -> str:
    """The word of schema.yml for a column type of the contracts."""
    return next(word for word, known in DATA_TYPES.items() if known == dtype)


def _contract(model: dict[str, Any]) -> TableContract:
    name = model["name"]
    meta = model.get("config", {}).get("meta", {})
    if missing := [word for word in ("grain", "unique") if not meta.get(word)]:
        raise ConfigError(f"schema.yml: model {name} has no {' and no '.join(missing)}", fix="add it to config.meta")
    columns = tuple(_column(name, column) for column in model.get("columns", ()))
    if unknown := set(meta["unique"]) - {c.name for c in columns}:
        raise ConfigError(f"schema.yml: the key of model {name} names no column: {', '.join(sorted(unknown))}")
    return TableContract("marts", name, meta["grain"], tuple(meta["unique"]), columns)


def _column(model: str, column: dict[str, Any]) -> Column:
    data_type = str(column.get("data_type")).lower()
    if data_type not in DATA_TYPES:
        raise ConfigError(
            f"schema.yml: {model}.{column['name']} has the data_type {data_type}",
            fix=f"take one of: {', '.join(DATA_TYPES)}",
        )
    return Column(
        column["name"],
        DATA_TYPES[data_type],
        column.get("description", ""),
        required="not_null" in column.get("data_tests", ()),
        personal=bool(column.get("config", {}).get("meta", {}).get("personal")),
    )


MART_TABLES: tuple[TableContract, ...] = load_contracts()

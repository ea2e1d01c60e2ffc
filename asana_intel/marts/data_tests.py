"""The data tests of schema.yml: what they are called, and how many rows of a frame break them. Stores nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import polars as pl

from asana_intel.errors import ConfigError
from asana_intel.marts.models import load_models
from asana_intel.storage.contracts.marts import read_schema

Read = Callable[[str], pl.DataFrame]

_REF = re.compile(r"^ref\('(\w+)'\)$")
_SOURCE = re.compile(r"^source\('(\w+)', *'(\w+)'\)$")


@dataclass(frozen=True)
class DataTest:
    """One data test of one model, in dbt's words.

    Args:
        model: Mart it is about.
        kind: not_null, unique, unique_combination, accepted_values or relationships.
        columns: Columns it is about; several for unique_combination only.
        values: What accepted_values allows.
        to: Table that relationships looks into, `stage/name`.
        field: Column of that table.
        severity: `error` stops what follows, `warn` does not.
    """

    model: str
    kind: str
    columns: tuple[str, ...]
    values: tuple[Any, ...] = ()
    to: str = ""
    field: str = ""
    severity: Literal["error", "warn"] = "error"

    @property
    def name(self) -> str:
        """The test as a sentence, such as `goal_gid_is_unique`."""
        subject = "_and_".join(self.columns)
        says = {
            "not_null": "is_present",
            "unique": "is_unique",
            "unique_combination": "are_unique",
            "accepted_values": "is_known",
            "relationships": f"is_in_{self.to.replace('/', '_')}",
        }
        return f"{subject}_{says[self.kind]}"


@cache
def declared_tests() -> Mapping[str, tuple[DataTest, ...]]:
    """The tests of every model that has an entry in schema.yml, by model; without the plain `not_null`.

    That one makes a column `required` in the model's contract: no write ever breaks it, and there is nothing to ask.

    Raises:
        ConfigError: A test is of a kind that is not known here, or looks into a table that does not exist.
    """
    return {model["name"]: tuple(_of_model(model)) for model in read_schema()["models"]}


def _of_model(model: Mapping[str, Any]) -> Iterable[DataTest]:
    for test in model.get("data_tests", ()):
        yield _test(model["name"], None, test)
    for column in model.get("columns", ()):
        for test in column.get("data_tests", ()):
            if test != "not_null":
                yield _test(model["name"], column["name"], test)


def _test(model: str, column: str | None, declared: str | Mapping[str, Any]) -> DataTest:
    kind, body = (declared, {}) if isinstance(declared, str) else next(iter(declared.items()))
    asked = (body or {}).get("arguments", {})
    severity = (body or {}).get("config", {}).get("severity", "error")
    one = (column or asked.get("column_name", ""),)
    if kind in {"not_null", "unique"}:
        return DataTest(model, kind, one, severity=severity)
    if kind == "unique_combination":
        return DataTest(model, kind, tuple(asked["columns"]), severity=severity)
    if kind == "accepted_values":
        return DataTest(model, kind, one, values=tuple(asked["values"]), severity=severity)
    if kind == "relationships":
        return DataTest(model, kind, one, to=_table(model, asked["to"]), field=asked["field"], severity=severity)
    raise ConfigError(
        f"schema.yml: {model} has a data test of the kind {kind}",
        fix="take not_null, unique, unique_combination, accepted_values or relationships",
    )


def _table(model: str, to: str) -> str:
    """Stored table behind a ref() or source(); a staging view stands for the table it reads."""
    if found := _SOURCE.match(to):
        return f"{found[1]}/{found[2]}"
    found = _REF.match(to)
    target = load_models().get(found[1]) if found else None
    if target is None or target.layer == "intermediate":
        raise ConfigError(f"schema.yml: {model} has a relationship to {to}", fix="name a mart or a staging model")
    return f"marts/{target.name}" if target.layer == "marts" else f"staging/{target.sources[0]}"


def breaking_rows(test: DataTest, rows: pl.DataFrame, read: Read) -> int:
    """How many rows break the test; as in dbt, a null breaks `not_null` alone.

    Args:
        test: The test.
        rows: The model's rows.
        read: Reads a table by key; asked by relationships only.
    """
    if test.kind in {"unique", "unique_combination"}:
        keys = rows.select(test.columns)
        return int((keys.drop_nulls() if test.kind == "unique" else keys).is_duplicated().sum())
    column = rows[test.columns[0]]
    if test.kind == "not_null":
        return column.null_count()
    known = pl.Series(test.values) if test.kind == "accepted_values" else read(test.to)[test.field]
    return int((~column.drop_nulls().is_in(known.unique().implode())).sum())

"""Which columns a mart's column is computed from, read out of the SQL by sqlglot; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from asana_intel.marts.models import SqlModel, load_models, models_in_order
from asana_intel.storage.contracts import CONTRACTS

if TYPE_CHECKING:
    from sqlglot.lineage import Node


@dataclass(frozen=True, order=True)
class ColumnSource:
    """One column that a value is computed from.

    Args:
        table: Stored table, `stage/name`.
        column: Its column.
    """

    table: str
    column: str


Lineage = Mapping[str, tuple[ColumnSource, ...]]


@cache
def column_lineage() -> Mapping[str, Lineage]:
    """Sources of every column of every mart: columns of staging tables and of other marts; views are seen through.

    A column that only counts rows, or holds a constant, has no sources. What filters and joins read is not listed.
    A model that sqlglot cannot read has no lineage, and neither has what comes through it.

    Returns:
        Model name -> column -> its sources, sorted. Worked out once in a process.
    """
    models = load_models()
    found: dict[str, Lineage] = {}
    for name in models_in_order():
        found[name] = _of_model(models[name], models, found)
    return {name: columns for name, columns in found.items() if models[name].layer == "marts"}


def _of_model(model: SqlModel, models: Mapping[str, SqlModel], found: Mapping[str, Lineage]) -> Lineage:
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage

    tables = {f"source__{name}": _stored(f"staging/{name}") for name in model.sources} | {
        name: _stored(f"marts/{name}") if models[name].layer == "marts" else found[name] for name in model.refs
    }
    sql = model.render(ref=str, source=lambda _stage, name: f"source__{name}")
    schema = {table: dict.fromkeys(columns, "TEXT") for table, columns in tables.items()}
    try:
        nodes = lineage(None, sql, schema, dialect="duckdb", trim_selects=False)
    except (SqlglotError, ValueError):
        return {}
    return {
        column: tuple(sorted({source for table, name in _ends(node) for source in tables.get(table, {}).get(name, ())}))
        for column, node in nodes.items()
    }


def _stored(key: str) -> Lineage:
    """A stored table's columns, each its own source."""
    return {c.name: (ColumnSource(key, c.name),) for c in CONTRACTS[key].columns}


def _ends(node: Node) -> Iterator[tuple[str, str]]:
    """(relation, column) at the ends of sqlglot's graph; other ends are constants and counts of rows."""
    from sqlglot import exp

    for end in node.walk():
        if not end.downstream and isinstance(end.expression, exp.Table):
            yield end.expression.name, end.name.rsplit(".", 1)[-1]

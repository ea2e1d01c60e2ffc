"""The SQL models of `dbt_like_sql`: finding them, resolving ref() and source(), running them in DuckDB.

The folder is a dbt project; this module reads the small part of dbt's language it uses: ref, source and var.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import polars as pl
from jinja2 import Environment, StrictUndefined

from asana_intel.errors import ConfigError, PermanentError

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

MODELS_FOLDER = Path(__file__).parents[2] / "dbt_like_sql"
_SQL = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - SQL, not HTML
SESSION_SETTINGS = "SET TimeZone = 'UTC'; SET threads = 2; SET enable_progress_bar = false"


@dataclass(frozen=True)
class SqlModel:
    """One model file.

    Args:
        name: File name without ending, such as `dim_goal`.
        layer: Folder: staging, intermediate or marts. Only marts are stored; the others are views.
        template: The SQL with ref(), source() and var().
        refs: Models it reads.
        sources: Staging tables it reads itself.
    """

    name: str
    layer: str
    template: str
    refs: tuple[str, ...]
    sources: tuple[str, ...]

    def render(self, ref: Callable[[str], str], source: Callable[[str, str], str], as_of: str = "2000-01-01") -> str:
        """The SQL with what the functions say in place of ref() and source(), and `as_of` in place of var()."""
        return _render(self.template, ref, source, as_of)


def _render(template: str, ref: Callable[[str], str], source: Callable[[str, str], str], as_of: str) -> str:
    return _SQL.from_string(template).render(ref=ref, source=source, var=lambda _name: as_of)


@cache
def load_models(folder: Path = MODELS_FOLDER) -> dict[str, SqlModel]:
    """All models by name.

    Raises:
        ConfigError: Two files share a name, or a model refers to one that does not exist.
    """
    models: dict[str, SqlModel] = {}
    for layer in ("staging", "intermediate", "marts"):
        for file in sorted((folder / layer).glob("*.sql")):
            if file.stem in models:
                raise ConfigError(f"Two SQL models are called {file.stem}", fix=f"rename {layer}/{file.name}")
            models[file.stem] = _read_model(file, layer)
    for model in models.values():
        for name in model.refs:
            if name not in models:
                raise ConfigError(f"{model.layer}/{model.name}.sql refers to '{name}', which does not exist")
    return models


def _read_model(file: Path, layer: str) -> SqlModel:
    refs: list[str] = []
    sources: list[str] = []
    template = file.read_text()

    def ref(name: str) -> str:
        refs.append(name)
        return name

    def source(_stage: str, name: str) -> str:
        sources.append(name)
        return name

    _render(template, ref, source, "")
    return SqlModel(file.stem, layer, template, tuple(dict.fromkeys(refs)), tuple(dict.fromkeys(sources)))


def models_in_order() -> list[str]:
    """Names of all models, views too, each after those it reads."""
    models = load_models()
    return _in_order(models, models)


def mart_models() -> list[str]:
    """Names of the stored models, each after those it reads."""
    models = load_models()
    return [name for name in models_in_order() if models[name].layer == "marts"]


def staging_inputs(name: str) -> set[str]:
    """Staging tables that a model reads, itself or through views; stored marts it reads are not followed."""
    models = load_models()
    found = set(models[name].sources)
    for other in models[name].refs:
        if models[other].layer != "marts":
            found |= staging_inputs(other)
    return found


def mart_inputs(name: str) -> set[str]:
    """Stored marts that a model reads, itself or through views."""
    models = load_models()
    found: set[str] = set()
    for other in models[name].refs:
        found |= {other} if models[other].layer == "marts" else mart_inputs(other)
    return found


def run_models(
    names: Iterable[str], read: Callable[[str], pl.DataFrame], as_of: datetime
) -> Iterable[tuple[str, pl.DataFrame]]:
    """Run marts in order, in one DuckDB session.

    Args:
        names: Marts to run.
        read: Reads a table by key (`staging/tasks`, `marts/dim_goal`) when a model needs it.
        as_of: Instant of the last sync (`var('as_of')`).

    Yields:
        (name, rows) per mart, in an order in which each comes after those it reads.

    Raises:
        PermanentError: DuckDB refused a model; the message names the model.
    """
    import duckdb

    wanted = set(names)
    models = load_models()
    session = duckdb.connect(":memory:")
    try:
        session.execute(SESSION_SETTINGS)
        built = _Built(session, models, read, as_of)
        for name in _in_order(models, wanted):
            if name in wanted:
                rows = built.mart(name)
                wanted.discard(name)
                built.release(wanted)
                yield name, rows
    finally:
        session.close()


class _Built:
    """What one DuckDB session holds so far; tables and views are made when a model first needs them."""

    def __init__(
        self,
        session: DuckDBPyConnection,
        models: dict[str, SqlModel],
        read: Callable[[str], pl.DataFrame],
        as_of: datetime,
    ) -> None:
        self._session = session
        self._models = models
        self._read = read
        self._as_of = as_of.strftime("%Y-%m-%d %H:%M:%S.%f+00")
        self._present: set[str] = set()
        self._registered: set[str] = set()

    def mart(self, name: str) -> pl.DataFrame:
        """Rows of one mart; it stays in the session for the marts that read it."""
        statement = f"SELECT * FROM ({self._compile(name)}) ORDER BY ALL"  # threads finish in any order
        rows = self._guarded(name, lambda: self._session.sql(statement).to_arrow_table())
        self._register(f"model_{name}", rows)
        return cast("pl.DataFrame", pl.from_arrow(rows))

    def release(self, to_come: Iterable[str]) -> None:
        """Let go of the tables that none of the marts to come reads: together they are the most of the memory."""
        needed = {f"source_staging_{table}" for name in to_come for table in staging_inputs(name)}
        needed |= {f"model_{mart}" for name in to_come for mart in mart_inputs(name)}
        for relation in self._registered - needed:
            self._session.unregister(relation)
        self._present -= self._registered - needed
        self._registered &= needed

    def _compile(self, name: str) -> str:
        return self._models[name].render(self._relation, self._source, self._as_of)

    def _relation(self, name: str) -> str:
        relation = f"model_{name}"
        if relation not in self._present:
            if self._models[name].layer == "marts":
                self._register(relation, self._read(f"marts/{name}").to_arrow())
            else:
                view = f"CREATE VIEW {relation} AS {self._compile(name)}"
                self._guarded(name, lambda: self._session.execute(view))
                self._present.add(relation)
        return relation

    def _source(self, stage: str, name: str) -> str:
        relation = f"source_{stage}_{name}"
        if relation not in self._present:
            self._register(relation, self._read(f"{stage}/{name}").to_arrow())
        return relation

    def _register(self, relation: str, rows: pa.Table) -> None:
        self._session.register(relation, rows)
        self._present.add(relation)
        self._registered.add(relation)

    @staticmethod
    def _guarded(name: str, run: Callable[[], T]) -> T:
        import duckdb

        try:
            return run()
        except duckdb.Error as wrong:
            raise PermanentError(f"SQL model {name} failed: {wrong}", fix=f"see dbt_like_sql/**/{name}.sql") from wrong


def _in_order(models: dict[str, SqlModel], names: Iterable[str]) -> list[str]:
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ConfigError(f"SQL models refer to each other in a circle: {' → '.join((*above, name))}")
        if name not in order:
            for other in models[name].refs:
                visit(other, (*above, name))
            order.append(name)

    for name in sorted(names):
        visit(name, ())
    return order

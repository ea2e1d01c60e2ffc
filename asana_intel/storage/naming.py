"""What gids are called in Asana: work, people, groups, options of fields. Who may read a name is not decided here."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

import orjson
import polars as pl

from asana_intel.storage.tables import TableStore

_NAMED = {
    "staging/tasks": "task_gid",
    "staging/goals": "goal_gid",
    "staging/projects": "project_gid",
    "staging/portfolios": "portfolio_gid",
    "staging/sections": "section_gid",
    "staging/teams": "team_gid",
    "marts/dim_person": "person_gid",
}
_GID_IN_JSON = re.compile(r'"(\d+)"')


def names_of(tables: TableStore, gids: Collection[str]) -> dict[str, str]:
    """Gid -> name of those that the tables know; an object without a name is left out."""
    wanted = pl.Series("gid", sorted(set(gids)), pl.String)
    found = names_of_options(tables, gids)
    for key, column in _NAMED.items():
        frame = tables.scan(key).select(gid=pl.col(column), name=pl.col("name"))
        found |= dict(frame.filter(pl.col("gid").is_in(wanted.implode()), pl.col("name") != "").collect().iter_rows())
    return found


def names_of_options(tables: TableStore, gids: Collection[str]) -> dict[str, str]:
    """Gid -> name of those that are options of a field; they stand inside the field that offers them."""
    wanted, named = set(gids), dict[str, str]()
    for record in tables.read("raw/custom_fields")["record"]:
        offered = orjson.loads(record).get("enum_options") or []
        named |= {option["gid"]: option["name"] for option in offered if option["gid"] in wanted and option.get("name")}
    return named


class Change(Protocol):
    """A change of a plan, or one that was written."""

    @property
    def target_gid(self) -> str: ...  # noqa: D102
    @property
    def old_value(self) -> str | None: ...  # noqa: D102
    @property
    def new_value(self) -> str: ...  # noqa: D102


def gids_of(changes: Collection[Change]) -> set[str]:
    """Gids of what changes are about, and of what their values refer to."""
    values = [value for change in changes for value in (change.old_value, change.new_value)]
    return {change.target_gid for change in changes} | gids_in(values)


def gids_in(values: Iterable[str | None]) -> set[str]:
    """Gids that stand in some values of a plan (canonical JSON)."""
    return {gid for value in values if value for gid in _GID_IN_JSON.findall(value)}


def with_names(value: str, names: Mapping[str, str]) -> str:
    """A value of a plan with the names of what it refers to in place of their gids; canonical JSON, as it was.

    >>> with_names('{"assignee":"123"}', {"123": "Ada"})
    '{"assignee":"Ada"}'
    """
    if not gids_in([value]) & names.keys():
        return value
    try:
        return json.dumps(_called(json.loads(value), names), ensure_ascii=False, separators=(",", ":"))
    except ValueError:  # a text that only looks like it
        return value


def _called(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_called(one, names) for one in value]
    if isinstance(value, dict):
        return {key: _called(one, names) for key, one in value.items()}
    return value

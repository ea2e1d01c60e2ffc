"""Scenarios that people keep, in the database: saved, found, listed, deleted. What they mean is not known here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.storage.postgres import Database

_COLUMNS = "name, created_at, created_by, as_of_on, changes, outcome"


@dataclass(frozen=True)
class SavedScenario:
    """One scenario.

    Attributes:
        name: What it is called.
        created_at: When it was saved, UTC.
        created_by: Who saved it.
        as_of_on: Monday of the week that it starts from.
        changes: List of changes, as JSON.
        outcome: What they do, as JSON; rows of single persons under `personal`.
    """

    name: str
    created_at: datetime
    created_by: str
    as_of_on: date
    changes: list[dict[str, Any]]
    outcome: dict[str, Any]


def save_scenario(database: Database, scenario: SavedScenario) -> None:
    """Keep a scenario.

    Raises:
        PermanentError: One of that name is there, or the name is empty, too long or holds control characters.
    """
    import psycopg2.errors

    values = (
        scenario.name, scenario.created_at, scenario.created_by, scenario.as_of_on,
        json.dumps(scenario.changes), json.dumps(scenario.outcome),
    )  # fmt: skip
    try:
        with database.transaction(role="planner") as connection, connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO scenario ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)", values)
    except psycopg2.errors.UniqueViolation:
        fix = f"give another name, or delete it: asana-intel scenarios delete '{scenario.name}'"
        raise PermanentError(f"There is a scenario '{scenario.name}' already", fix=fix) from None
    except psycopg2.errors.CheckViolation:
        raise PermanentError(f"'{scenario.name}' cannot be a name", fix="one line of at most 100 characters") from None


def saved_scenarios(database: Database) -> list[SavedScenario]:
    """All scenarios, the newest first."""
    return _found(database, "ORDER BY created_at DESC, name", ())


def saved_scenario(database: Database, name: str) -> SavedScenario:
    """The scenario of that name.

    Raises:
        ConfigError: There is none.
    """
    found = _found(database, "WHERE name = %s", (name,))
    if not found:
        raise ConfigError(f"There is no scenario '{name}'", fix="asana-intel scenarios lists them")
    return found[0]


def delete_scenario(database: Database, name: str) -> None:
    """Forget a scenario.

    Raises:
        ConfigError: There is none of that name.
    """
    saved_scenario(database, name)
    with database.transaction(role="planner") as connection, connection.cursor() as cursor:
        cursor.execute("DELETE FROM scenario WHERE name = %s", (name,))


def _found(database: Database, condition: str, values: tuple[str, ...]) -> list[SavedScenario]:
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT {_COLUMNS} FROM scenario {condition}", values)
        return [SavedScenario(*row) for row in cursor.fetchall()]

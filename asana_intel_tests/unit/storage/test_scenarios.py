"""Scenarios are kept under their names until somebody deletes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from asana_intel.errors import ConfigError, PermanentError
from asana_intel.storage.postgres import Database
from asana_intel.storage.scenarios import (
    SavedScenario,
    delete_scenario,
    save_scenario,
    saved_scenario,
    saved_scenarios,
)

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
KEPT = SavedScenario("Ada leaves", AT, "eve", date(2026, 11, 16), [{"kind": "remove_person"}], {"goals": []})


def test_what_is_kept_comes_back_the_newest_first_until_it_is_deleted(database: Database) -> None:
    later = replace(KEPT, name="Bo joins", created_at=AT + timedelta(hours=1))
    for one in (KEPT, later):
        save_scenario(database, one)
    assert saved_scenarios(database) == [later, KEPT]
    assert saved_scenario(database, "Ada leaves") == KEPT
    delete_scenario(database, "Ada leaves")
    assert saved_scenarios(database) == [later]


def test_a_name_is_taken_once_and_must_be_a_line(database: Database) -> None:
    save_scenario(database, KEPT)
    with pytest.raises(PermanentError, match="already"):
        save_scenario(database, KEPT)
    for name in ("", "a\nb", "x" * 101):
        with pytest.raises(PermanentError, match="cannot be a name"):
            save_scenario(database, replace(KEPT, name=name))


def test_what_is_not_kept_is_said(database: Database) -> None:
    for ask in (saved_scenario, delete_scenario):
        with pytest.raises(ConfigError, match="no scenario 'x'"):
            ask(database, "x")

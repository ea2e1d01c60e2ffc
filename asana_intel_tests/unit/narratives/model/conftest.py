"""A model's server and clients that ask it; litellm is imported once, before any clock runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from asana_intel.narratives.model.capture import payload_of
from asana_intel.narratives.model.client import ModelClient
from asana_intel.settings import LlmSettings
from asana_intel.storage.postgres import Database
from asana_intel_tests.model_server import ModelServer
from asana_intel_tests.unit.narratives.model.questions import KEY, question


@pytest.fixture(scope="session")
def _imported() -> None:
    payload_of(LlmSettings(model="openai/any"), question())


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(_imported: None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")) or name.startswith("AWS_"):
            monkeypatch.delenv(name)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture
def waited() -> list[float]:
    """Seconds that clients would have waited."""
    return []


@pytest.fixture
def client(server: ModelServer, database: Database, waited: list[float]) -> Callable[..., ModelClient]:
    """A client of the server, with other settings where given; it never really waits."""

    def make(**changes: Any) -> ModelClient:
        settings = {"model": "openai/any", "api_base": server.url, "api_key": SecretStr(KEY), "timeout_s": 20.0}
        return ModelClient(LlmSettings(**settings | {"allow_plain_http": True} | changes), database, wait=waited.append)

    return make


@pytest.fixture
def ledger(database: Database) -> Callable[[str], list[tuple[Any, ...]]]:
    """Columns of the ledger, in the order of the calls."""

    def rows(columns: str) -> list[tuple[Any, ...]]:
        with database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {columns} FROM model_call ORDER BY call_id")
            return cursor.fetchall()

    return rows

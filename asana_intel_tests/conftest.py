"""Fixtures of all tests: an embedded PostgreSQL per session (and per xdist worker), emptied for each test."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.postgres import SCHEMA, Database


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """SQLAlchemy URL of a server that lives as long as the session."""
    home = Path(tempfile.mkdtemp(prefix="aiw-t-"))
    server = EmbeddedPostgres(home)
    try:
        yield server.ensure_running()
    finally:
        server.stop()
        shutil.rmtree(server._cluster.parent, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def _migrated(postgres_url: str) -> Database:
    database = Database(postgres_url)
    database.migrate()
    with database.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE asana_intel SET synchronous_commit = off")  # no test pulls the plug
    return database


@pytest.fixture
def database(_migrated: Database) -> Database:
    """The product's schema, migrated and empty."""
    with _migrated.transaction() as connection, connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # the ledger's triggers forbid what follows
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
        for (table,) in cursor.fetchall():
            if table not in {"schema_migrations", "control"}:
                cursor.execute(f"DELETE FROM {table}")
        cursor.execute("UPDATE control SET kill_switch = false")
    return _migrated

"""Fixtures of all tests: an embedded PostgreSQL per session (and per xdist worker), emptied for each test; plans."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

from asana_intel.changes.identity import fingerprint, period_of, row_key
from asana_intel.changes.ledger import StoredPlan, store_plan
from asana_intel.changes.scope import note_objects
from asana_intel.quality.evaluate import CheckOutcome
from asana_intel.quality.gate import record_gate
from asana_intel.settings import Mode
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.postgres import SCHEMA, Database

AS_OF_ON = date(2026, 11, 16)
AS_OF_AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)


# The gate draws the same examples everywhere; HYPOTHESIS_PROFILE=default looks for new ones.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.register_profile("full", deadline=None)  # faults/test_any_order.py at its full size
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "gate"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the end-to-end tests on one worker, in order: they tell one story in one home.

    xdist's own `loadgroup` does this by renaming tests, which pytest 9.2 no longer lets it do.
    """
    from xdist.scheduler import LoadScopeScheduling

    class OneStory(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "e2e" if "/e2e/" in nodeid else nodeid

    return OneStory(config, log)


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
            if table not in {"schema_migrations", "control", "allowed_change"}:
                cursor.execute(f"DELETE FROM {table}")
        cursor.execute(
            "UPDATE control SET kill_switch = false, automatic_a_day = DEFAULT, comments_per_object_week = DEFAULT,"
            " nudges_per_person_week = DEFAULT"
        )
    return _migrated


@pytest.fixture
def make_plan() -> Callable[..., pl.DataFrame]:
    """A plan of rows; by default one row that sets the odds of goal 1."""

    def make(*rows: dict[str, Any]) -> pl.DataFrame:
        full = []
        for position, row in enumerate(rows or ({},)):
            base = {
                "as_of_on": AS_OF_ON, "as_of_at": AS_OF_AT, "kind": "set_field", "capability": "goals",
                "target_type": "goal", "target_gid": "1", "field": "ai_confidence_score", "old_value": None,
                "new_value": "0.62", "reason": "The odds are 62 %.", "evidence_gids": ["1"], "confidence": 0.62,
                "position": position, "team_gid": None, "made_by": "rules", "risk": "low",
            } | row  # fmt: skip
            base = {"base": fingerprint(base["old_value"])} | base
            period = period_of(base["kind"], base["as_of_on"], base["as_of_at"])
            key = row_key(base["kind"], base["target_gid"], base["field"], base["new_value"], period)
            full.append({"row_key": key} | base)
        return pl.DataFrame(full, schema=CONTRACTS["changes/plan"].schema)

    return make


@pytest.fixture
def stored(database: Database, make_plan: Callable[..., pl.DataFrame]) -> Callable[..., StoredPlan]:
    """Store a plan of the author `planner` for objects that were seen, with an open gate unless told otherwise."""

    def store(
        *rows: dict[str, Any],
        mode: Mode = Mode.propose,
        gate: bool = True,
        now: datetime = NOW,
        seen: bool = True,
        **options: Any,
    ) -> StoredPlan:
        frame = make_plan(*rows)
        if seen:
            note_objects(database, frame.select("target_type", "target_gid").rows(), frame["as_of_at"][0])
        plan = store_plan(database, frame, "planner", mode, now, **options)
        assert plan is not None
        if gate:
            with database.transaction() as connection:
                record_gate(connection, plan.plan_hash, CheckOutcome("changes/plan", True, (), frame.height), now)
        return plan

    return store

"""`make chaos` runs this with 1,000 writes, `make chaos-full` with 10,000; the suite itself with fewer."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.postgres import SCHEMA, Database
from asana_intel_tests.chaos.company import BOT, ChaosCompany, approved_plan, chaos_company
from asana_intel_tests.chaos.fleet import Orders
from asana_intel_tests.chaos.mutants import MUTANTS
from asana_intel_tests.chaos.verdict import Verdict, judge

WRITES = int(os.environ.get("CHAOS_WRITES", "240"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
POINTS = 20


class Ledger:
    """A PostgreSQL of its own, which may be killed."""

    def __init__(self, home: Path) -> None:
        self.server = EmbeddedPostgres(home)
        self.database = Database(self.server.ensure_running())
        self.database.migrate()

    def forget(self) -> None:
        """Be as on the first day; the triggers would forbid it."""
        with self.database.transaction() as connection, connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (SCHEMA,))
            for (table,) in cursor.fetchall():
                if table not in {"schema_migrations", "control", "allowed_change"}:
                    cursor.execute(f"DELETE FROM {table}")

    def kill(self) -> None:
        """Take the power away, and bring the server back."""
        pid = int((self.server._cluster / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        while True:
            with contextlib.suppress(Exception):  # its remains may still be in the way
                self.server.ensure_running()
                return
            time.sleep(0.1)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    with tempfile.TemporaryDirectory(prefix="aiw-c-") as home:
        ledger = Ledger(Path(home))
        yield ledger
        ledger.server.stop()


def run_chaos(
    ledger: Ledger,
    company: ChaosCompany,
    folder: Path,
    writes: int,
    *,
    mutant: str | None = None,
    kills: int = 0,
    seed: int = SEED,
    **trouble: Any,
) -> tuple[Verdict, Counter[str]]:
    """Apply a plan by a fleet of mortal workers.

    Args:
        ledger: PostgreSQL.
        company: Asana.
        folder: For the list of kills.
        writes: Rows of the plan.
        mutant: Defence that is taken away.
        kills: How often PostgreSQL dies.
        seed: Of faults and deaths.
        trouble: Shares of faults and races, where they are not the usual.
    """
    plan = approved_plan(ledger.database, company, writes)
    company.break_down(seed, **trouble)
    hits = folder / "hits"
    orders = Orders(
        ledger.server.url, company.url, BOT, plan.plan_id, workers=6, kill_share=0.02, seed=seed,
        hits_path=str(hits), deadline_s=300 + writes * 0.3, mutant=mutant,
    )  # fmt: skip
    with company.heartbeat():
        fleet = subprocess.Popen([sys.executable, "-m", "asana_intel_tests.chaos.fleet", orders.as_json()])
        for _ in range(kills):
            ended = threading.Event()
            ended.wait(2.0)
            if fleet.poll() is None:
                ledger.kill()
        fleet.wait()
        time.sleep(0.5)  # the last late effects
    company.heal()
    points = Counter(hits.read_text().splitlines() if hits.exists() else [])
    verdict = judge(ledger.database, company, plan.plan_id)
    sys.stdout.write(f"\n{writes} writes, {points.total()} kills at {len(points)} points: {verdict.figures}\n")
    return verdict, points


@pytest.mark.fault("F1", "F2", "F8", "F11", "F12", "F20", "F21", "F22")
def test_nothing_is_doubled_lost_or_taken_from_people_whatever_dies(ledger: Ledger, tmp_path: Path) -> None:
    with chaos_company(tmp_path / "world", WRITES) as company:
        verdict, points = run_chaos(ledger, company, tmp_path, WRITES, kills=3 if WRITES >= 1000 else 1)
    assert verdict.faults == {}
    assert verdict.figures["people's edits"] > 0
    if WRITES >= 1000:
        assert len(points) >= POINTS


@pytest.mark.fault("F48")
@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_suite_fails_on_a_protocol_without_one_of_its_defences(mutant: str, ledger: Ledger, tmp_path: Path) -> None:
    # What goes wrong is drawn, and when depends on the machine: no mutant survives eight draws.
    for seed in range(1, 9):
        folder = tmp_path / str(seed)
        folder.mkdir()
        ledger.forget()
        with chaos_company(folder / "world", 120) as company:
            verdict, _ = run_chaos(
                ledger, company, folder, 120, mutant=mutant, seed=seed, faults=0.3, races=0.8, late=50
            )
        if verdict.faults:
            return
    pytest.fail(f"nothing is wrong with a protocol that {mutant}")

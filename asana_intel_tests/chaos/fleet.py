"""Workers that are killed at random points and replaced: `python -m asana_intel_tests.chaos.fleet JSON`.

One warm process forks them, so that a new worker costs milliseconds. Each applies the plan until nothing is left.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sys
import time
from dataclasses import asdict, dataclass
from datetime import timedelta

from pydantic import SecretStr

from asana_intel.asana.session import AsanaSession
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes import crash_points
from asana_intel.changes.apply import apply_plan
from asana_intel.changes.ledger import ledger_clock
from asana_intel.changes.protocol import Timing
from asana_intel.errors import AsanaIntelError
from asana_intel.settings import Mode
from asana_intel.storage.postgres import Database
from asana_intel_tests.chaos.mutants import mutate

TIMING = Timing(
    lease=timedelta(seconds=1.0), send_within=0.3, settle=timedelta(seconds=6),
    look_again=timedelta(seconds=0.1), visible_within=1.0, glance=0.03,
)  # fmt: skip
CLIENT_TIMEOUT_S = 0.4
MID_REQUEST = "half of the request is sent"
RARE = ("unknown", "planned", "restoring", "overridden", "stale", "noop", "given back", "looked for")
"""Beginnings of points that few rows reach; death is likelier there."""
_LIKELIER = 8.0


@dataclass(frozen=True)
class Orders:
    """What a fleet is to do.

    Args:
        database_url: The ledger's.
        asana_url: The sandbox's.
        token: The writer's.
        plan_id: Plan to apply.
        workers: At once.
        kill_share: Chance to die at each point.
        seed: Of these chances.
        hits_path: File that gets a line per kill.
        deadline_s: When to give up.
        mutant: Defence that is taken away, or None.
    """

    database_url: str
    asana_url: str
    token: str
    plan_id: str
    workers: int
    kill_share: float
    seed: int
    hits_path: str
    deadline_s: float
    mutant: str | None = None

    def as_json(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


class Reaper:
    """Kills its own process at a point, by lot, and leaves a line that says where."""

    def __init__(self, orders: Orders, lot: random.Random) -> None:
        self._share = orders.kill_share
        self._lot = lot
        self._hits = os.open(orders.hits_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def __call__(self, point: str) -> None:
        share = self._share * (_LIKELIER if point.startswith(RARE) else 1.0)
        if self._lot.random() < share:
            os.write(self._hits, f"{point}\n".encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def cut_requests(self) -> None:
        """Also die when half of a write is on the wire."""
        whole = http.client.HTTPConnection.send

        def send(connection: http.client.HTTPConnection, data: bytes) -> None:
            if data.startswith(b'{"data"') and self._lot.random() < self._share:
                whole(connection, data[: len(data) // 2])
                os.write(self._hits, f"{MID_REQUEST}\n".encode())
                os.kill(os.getpid(), signal.SIGKILL)
            whole(connection, data)

        http.client.HTTPConnection.send = send  # pyright: ignore[reportAttributeAccessIssue]


def work(orders: Orders, number: int) -> None:
    """One worker's life."""
    reaper = Reaper(orders, random.Random(f"{orders.seed}:{number}"))
    crash_points.watch(reaper)
    reaper.cut_requests()
    database = Database(orders.database_url)
    session = AsanaSession(
        orders.asana_url, SecretStr(orders.token), role="writer", paced=False, timeout_s=CLIENT_TIMEOUT_S,
        sleep=lambda seconds: time.sleep(min(seconds, 0.05)),
    )  # fmt: skip
    writer = AsanaWriter(session)
    while True:
        try:
            report = apply_plan(
                database, writer, orders.plan_id,
                mode=Mode.propose, actor=f"worker-{number}", now=ledger_clock(database), timing=TIMING,
            )  # fmt: skip
        except AsanaIntelError:
            time.sleep(0.05)
            continue
        if report.plan_state == "applied":
            return
        if not report.outcomes:
            time.sleep(0.05)


def command(orders: Orders) -> int:
    """Keep the workers' number until one says that nothing is left; 0 then, 1 when time ran out."""
    until = time.monotonic() + orders.deadline_s
    alive: set[int] = set()
    number = 0
    while time.monotonic() < until:
        while len(alive) < orders.workers:
            number += 1
            alive.add(_forked(orders, number))
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            time.sleep(0.005)
            continue
        alive.discard(pid)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0:
            _end(alive)
            return 0
    _end(alive)
    return 1


def _forked(orders: Orders, number: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(orders, number)
        code = 0
    except BaseException as error:  # noqa: BLE001
        os.write(2, f"worker {number}: {error!r}\n".encode())
    finally:
        os._exit(code)


def _end(alive: set[int]) -> None:
    for pid in alive:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    given = Orders(**json.loads(sys.argv[1]))
    mutate(given.mutant)
    sys.exit(command(given))

"""What applying a plan costs: requests, the share of the limit that is used, and what we ourselves add to each write.

    python benchmarks/writes.py                        # 10,000 changes at a paid plan's pace: about half an hour
    python benchmarks/writes.py --quick                # 300 changes
    python benchmarks/writes.py --setting alone --rows 1000

A plan of new values on goals and tasks, and a few comments and status updates, is stored, approved and applied as the
job does it, by as many workers, against a sandbox in a process of its own. Beside `paid`, which has a paid plan's
limits and 80 ms latency, `alone` has neither and one worker: what it takes beyond its requests is our own. `all`
is the same with all workers: how many writes a second we could do. `refused` has a server that allows half of what we
expect: it answers 429, and until its Retry-After is over nothing may be sent. The exit code is 1 where a row was not
written, or something was sent in that time. Writes benchmarks/results/writes.json, keeping what was not measured.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import requests
from programs import ROOT
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from rich.console import Console
from rich.table import Table
from served import Server, serving
from sync_worlds import WORKSPACE, Size, World, draw_world

from asana_intel.asana.transport import Received, Transport
from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.apply import apply_plan, workers_for
from asana_intel.changes.canonical import canonical_object
from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.identity import fingerprint, period_of, row_key
from asana_intel.changes.ledger import StoredPlan, ledger_clock, ledger_time, load_plan, store_plan
from asana_intel.changes.review import approve
from asana_intel.changes.scope import note_objects
from asana_intel.quality.evaluate import CheckOutcome
from asana_intel.quality.gate import record_gate
from asana_intel.settings import Mode, Settings, load_settings
from asana_intel.storage.contracts import CONTRACTS
from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.postgres import Database, Role

RESULT = ROOT / "benchmarks" / "results" / "writes.json"
BOT = "bot-that-writes"
MONDAY = date(2026, 3, 2)
GOAL_FIELDS = ("ai_confidence_score", "top_blocking_project", "ai_summary")
TASK_FIELD = "ai_risk_flag"
# Of 20 rows: values on three fields of three goals, values on nine tasks, a status update and a comment.
_OF_20 = {"goals": 3, "tasks": 9}
COLUMNS = (
    "setting", "rows", "outcomes", "applies", "minutes", "writes/s", "requests/write", "requests/min", "of limit",
    "429", "sent in a wait", "in flight", "own ms", "CPU ms", "database ms", "statements", "store s", "approve s",
)  # fmt: skip
PAID = {"requests_per_minute": 1500, "concurrent_reads": 50, "concurrent_writes": 15}


@dataclass(frozen=True)
class Setting:
    """What is applied, and how the server behaves.

    Attributes:
        title: For the table.
        rows: Of the plan.
        quick_rows: Of the plan with `--quick`.
        latency_ms: Of every answer.
        limits: As `/_sandbox/limits` takes them.
        ceiling: Our own, requests a minute; None: none until the server refuses.
        workers: At once; None: as many as the settings give.
    """

    title: str
    rows: int
    quick_rows: int
    latency_ms: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)
    ceiling: int | None = None
    workers: int | None = None


SETTINGS = {
    "paid": Setting("paid: 80 ms, 1,500 a minute, 15 writes", 10_000, 300, 80, PAID, ceiling=1500),
    "alone": Setting("alone: no latency, no limits, one worker", 5_000, 300, workers=1),
    "all": Setting("all: no latency, no limits, all workers", 2_000, 300),
    "refused": Setting(
        "refused: 20 ms, 750 a minute where 1,500 are expected", 600, 300, 20,
        PAID | {"requests_per_minute": 750}, ceiling=1500,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one apply took.

    Attributes:
        counts: Rows by state at the end.
        applies: How often it took to apply the plan; a row that was refused waits for the next time.
        minutes: Wall time of all.
        asked: What was asked (method and path, `{}` for gids) -> requests.
        requests_per_write: All of them by rows.
        per_minute: Requests a minute, all of them.
        of_limit: The same by what the server allows; None where it allows anything.
        refused: Answers of status 429.
        during_wait: Requests sent after a 429 had come and before its Retry-After was over.
        writes_in_flight: Most at once.
        own_ms: Wall time of a write that was not spent waiting for Asana or for a turn, milliseconds; None with
            several workers, which wait for each other, too.
        cpu_ms: Our own CPU by rows, milliseconds.
        database_cpu_ms: PostgreSQL's CPU by rows, milliseconds.
        statements: Statements by rows.
        writes_per_s: Rows done a second.
        store_s: Storing the plan, seconds.
        approve_s: Approving it, seconds.
    """

    counts: Mapping[str, int]
    applies: int
    minutes: float
    asked: Mapping[str, int]
    requests_per_write: float
    per_minute: float
    of_limit: float | None
    refused: int
    during_wait: int
    writes_in_flight: int
    own_ms: float | None
    cpu_ms: float
    database_cpu_ms: float
    statements: float
    writes_per_s: float
    store_s: float
    approve_s: float

    @property
    def is_good(self) -> bool:
        """Whether every row was written, and nothing sent that should have waited."""
        return self.counts.keys() == {"done"} and not self.during_wait


# -- what is written to


def draw_company(rows: int) -> World:
    """A company with a place for each of so many rows: goals and tasks."""
    portion = -(-rows // 20)
    tasks = portion * _OF_20["tasks"]
    projects = -(-tasks // 500)
    world = draw_world(Size(projects, -(-tasks // projects), 0, 0, 0, 2 * tasks, 20, 0))
    world.records["goals"] += [
        {"gid": str(90_000_000 + n), "name": f"Goal {n}", "workspace": WORKSPACE, "owner": {"gid": "1000"},
         "time_period": {"gid": "7000"}, "status": "green"}
        for n in range(portion * _OF_20["goals"])
    ]  # fmt: skip
    return world


def set_up_fields(server: Server, world: World) -> None:
    """Create our fields and attach them, as a setup plan would."""
    fields = {
        name: server.write("POST", "/custom_fields", {**BY_NAME[name].definition(), "workspace": WORKSPACE["gid"]})[
            "gid"
        ]
        for name in (*GOAL_FIELDS, TASK_FIELD)
    }
    for project in world.records["projects"]:
        path = f"/projects/{project['gid']}/addCustomFieldSetting"
        server.write("POST", path, {"custom_field": fields[TASK_FIELD]})
    for goal in world.records["goals"]:
        for name in GOAL_FIELDS:
            server.write("POST", f"/goals/{goal['gid']}/addCustomFieldSetting", {"custom_field": fields[name]})


@contextmanager
def company_of(setting: Setting, world: World) -> Iterator[Server]:
    """Serve a company under a setting while the block lasts."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "world"
        world.write(folder)
        with serving(folder) as server:
            server.control("POST", "tokens", {BOT: {"kind": "service_account"}, "e": {"kind": "service_account"}})
            set_up_fields(server, world)
            server.control("DELETE", "requests")
            if setting.latency_ms:
                server.control("POST", "faults", {"faults": [{"do": {"kind": "latency", "ms": setting.latency_ms}}]})
            if setting.limits:
                server.control("POST", "limits", setting.limits)
            yield server


def draw_plan(world: World, rows: int) -> pl.DataFrame:
    """Rows in the order in which a planner gives them: goal by goal, then task by task."""
    status = canonical_object({"status_type": "at_risk", "title": "Week", "text": "Half way."})
    comment = canonical_object({"text": "The odds fell."})
    wanted: list[tuple[str, str, str, str, str]] = []
    for n, goal in enumerate(world.records["goals"]):
        gid = goal["gid"]
        wanted += [("set_field", "goal", gid, name, _value(name, n)) for name in GOAL_FIELDS]
        wanted += [("status_update", "goal", gid, "weekly_status", status)] if n % 3 == 0 else []
        wanted += [("comment", "goal", gid, "odds_fell", comment)] if n % 3 == 1 else []
    wanted += [("set_field", "task", task["gid"], TASK_FIELD, '"overdue"') for task in world.records["tasks"]]
    as_of = datetime.combine(MONDAY, datetime.min.time(), UTC)
    records = [
        {
            "as_of_on": MONDAY, "as_of_at": as_of, "capability": "goals", "kind": kind, "target_type": target_type,
            "target_gid": gid, "field": name, "old_value": None, "new_value": value, "reason": "Because.",
            "evidence_gids": [gid], "confidence": None, "position": n, "base": fingerprint(None), "made_by": "rules",
            "risk": "low", "team_gid": None,
            "row_key": row_key(kind, gid, name, value, period_of(kind, MONDAY, as_of)),
        }
        for n, (kind, target_type, gid, name, value) in enumerate(_spread(wanted, rows))
    ]  # fmt: skip
    return pl.DataFrame(records, schema=CONTRACTS["changes/plan"].schema)


def _spread(wanted: list[tuple[str, str, str, str, str]], rows: int) -> list[tuple[str, str, str, str, str]]:
    """So many of them, evenly, so that their kinds keep their shares."""
    return [wanted[n * len(wanted) // rows] for n in range(rows)]


def _value(name: str, n: int) -> str:
    spec = BY_NAME[name]
    text = spec.canonical(round(0.3 + (n % 50) / 100, 2) if spec.value_type == "number" else f"Says {name} {n}")
    assert text is not None
    return text


# -- what is watched


class CountingCursor(Cursor):
    """Counts the statements of all connections that have it."""

    executed = 0

    def execute(self, *arguments: Any, **options: Any) -> Any:
        CountingCursor.executed += 1
        return super().execute(*arguments, **options)


class WatchedDatabase(Database):
    """Whose connections count their statements."""

    def connect(self, role: Role | None = None) -> Any:
        connection = super().connect(role)
        connection.cursor_factory = CountingCursor
        return connection


class WatchedTransport:
    """Stands before a transport and notes what goes when.

    Args:
        transport: What sends.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._lock = threading.Lock()
        self._in_flight = 0
        self._closed_until = float("-inf")
        self.writes_in_flight = 0
        self.refused = 0
        self.during_wait = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def send(self, method: str, path: str, **options: Any) -> Received | requests.RequestException:
        """Send one request."""
        is_write = method != "GET"
        with self._lock:
            self.during_wait += time.monotonic() < self._closed_until
            self._in_flight += is_write
            self.writes_in_flight = max(self.writes_in_flight, self._in_flight)
        received = self._transport.send(method, path, **options)
        with self._lock:
            self._in_flight -= is_write
            if isinstance(received, Received) and received.status == 429:
                self.refused += 1
                until = time.monotonic() + float(received.headers["Retry-After"])
                self._closed_until = max(self._closed_until, until)
        return received


class Watched:
    """A writer as the job gets it, watched.

    Args:
        settings: As the job's.
        database: Through which processes share a pace.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self.writer = AsanaWriter.from_settings(settings, lambda: database)
        session = self.writer._session
        self.transport = WatchedTransport(session._transport)
        session._transport = self.transport  # pyright: ignore[reportAttributeAccessIssue]
        self._requested = session._request
        session._request = self._request  # pyright: ignore[reportAttributeAccessIssue]
        self._lock = threading.Lock()
        self.waited_s = 0.0

    def _request(self, *arguments: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        try:
            return self._requested(*arguments, **options)
        finally:
            with self._lock:
                self.waited_s += time.perf_counter() - begun


def database_cpu_s(server: EmbeddedPostgres) -> float:
    """What PostgreSQL used so far with all its processes, seconds."""
    pid = int((server._cluster / "postmaster.pid").read_text().split()[0])
    root = psutil.Process(pid)
    return sum(root.cpu_times()[:4]) + sum(sum(child.cpu_times()[:2]) for child in root.children())


# -- one run


def approved_plan(database: Database, frame: pl.DataFrame) -> tuple[StoredPlan, float, float]:
    """Store, judge and approve; returns the plan and the seconds of storing and of approving."""
    begun = time.perf_counter()
    note_objects(database, frame.select("target_type", "target_gid").rows(), frame["as_of_at"][0])
    plan = store_plan(database, frame, "planner", Mode.propose, ledger_time(database))
    store_s = time.perf_counter() - begun
    assert plan is not None
    with database.transaction() as connection:
        outcome = CheckOutcome("changes/plan", True, (), frame.height)
        record_gate(connection, plan.plan_hash, outcome, ledger_time(database))
    begun = time.perf_counter()
    approve(database, plan.plan_id, "ada", ledger_time(database))
    return plan, round(store_s, 2), round(time.perf_counter() - begun, 2)


def run(setting: Setting, rows: int, console: Console) -> Outcome:
    """Let one plan be applied under a setting."""
    world = draw_company(rows)
    with ExitStack() as stack:
        server = stack.enter_context(company_of(setting, world))
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aiw-b-")))
        postgres = EmbeddedPostgres(home)
        database = WatchedDatabase(postgres.ensure_running())
        stack.callback(postgres.stop)
        database.migrate()
        plan, store_s, approve_s = approved_plan(database, draw_plan(world, rows))
        paced = {} if setting.ceiling is None else {"requests_per_minute": setting.ceiling}
        settings = load_settings(
            home=home, mode=Mode.propose, asana={"url": server.url, "writer_token": BOT, **paced}
        )  # fmt: skip
        watched = Watched(settings, database)
        with closing(watched.writer):
            cpu_s, database_s, statements = time.process_time(), database_cpu_s(postgres), CountingCursor.executed
            begun = time.perf_counter()
            applies = _apply(database, watched, plan, settings, setting, console)
            wall_s = time.perf_counter() - begun
            cpu_s, database_s = time.process_time() - cpu_s, database_cpu_s(postgres) - database_s
            statements = CountingCursor.executed - statements
        asked, counts = _asked(server), load_plan(database, plan.plan_id).counts("state")
    allowed = setting.limits.get("requests_per_minute")
    per_minute = sum(asked.values()) * 60 / wall_s
    return Outcome(
        counts=counts,
        applies=applies,
        minutes=round(wall_s / 60, 2),
        asked=asked,
        requests_per_write=round(sum(asked.values()) / rows, 2),
        per_minute=round(per_minute, 1),
        of_limit=round(per_minute / allowed, 3) if allowed else None,
        refused=watched.transport.refused,
        during_wait=watched.transport.during_wait,
        writes_in_flight=watched.transport.writes_in_flight,
        own_ms=round(1000 * (wall_s - watched.waited_s) / rows, 2) if setting.workers == 1 else None,
        cpu_ms=round(1000 * cpu_s / rows, 2),
        database_cpu_ms=round(1000 * database_s / rows, 2),
        statements=round(statements / rows, 1),
        writes_per_s=round(counts.get("done", 0) / wall_s, 1),
        store_s=store_s,
        approve_s=approve_s,
    )


def _apply(
    database: Database, watched: Watched, plan: StoredPlan, settings: Settings, setting: Setting, console: Console
) -> int:
    """Apply the plan until nothing is left, ten times at the most; returns how often."""
    done = Counter[str]()

    def tell(row: Any) -> None:
        done[row.outcome] += 1
        if sum(done.values()) % 500 == 0:
            console.print(f"{setting.title}: {dict(done)}", highlight=False)

    workers = setting.workers or workers_for(settings.asana)
    applies = 0
    while applies < 10:
        applies += 1
        report = apply_plan(
            database, watched.writer, plan.plan_id, mode=settings.mode, actor="benchmark", now=ledger_clock(database),
            on_row=tell, workers=workers,
        )  # fmt: skip
        if report.plan_state == "applied":
            break
    return applies


def _asked(server: Server) -> dict[str, int]:
    """What the server was asked, by method and path."""
    asked = server.control("GET", "requests")["requests"]
    paths = ("".join("{}" if part.isdigit() else part for part in _parts(entry["path"])) for entry in asked)
    return dict(Counter(f"{e['method']} {path}" for e, path in zip(asked, paths, strict=True)).most_common())


def _parts(path: str) -> Iterator[str]:
    for part in path.split("/")[1:]:
        yield "/"
        yield part


# -- what is shown


def show(outcomes: Mapping[str, tuple[int, Outcome]], console: Console) -> None:
    """Print the table."""
    table = Table(title="Applying a plan", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("setting", "outcomes") else "right")
    for key, (rows, o) in outcomes.items():
        told = ", ".join(f"{n:,} {word}" for word, n in o.counts.items())
        table.add_row(
            key, f"{rows:,}", told, f"{o.applies}", f"{o.minutes}",
            f"{o.writes_per_s}", f"{o.requests_per_write}", f"{o.per_minute:,}",
            "" if o.of_limit is None else f"{o.of_limit:.1%}", f"{o.refused}", f"{o.during_wait}",
            f"{o.writes_in_flight}", "" if o.own_ms is None else f"{o.own_ms}", f"{o.cpu_ms}", f"{o.database_cpu_ms}",
            f"{o.statements}", f"{o.store_s}", f"{o.approve_s}",
        )  # fmt: skip
    console.print(table)
    for key, (_, o) in outcomes.items():
        console.print(f"{key}: " + ", ".join(f"{n:,} {what}" for what, n in o.asked.items()), highlight=False)


def keep(key: str, setting: Setting, rows: int, outcome: Outcome) -> None:
    """Write the figures of a setting beside those that are there."""
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    results[key] = {"setting": asdict(replace(setting, rows=rows)), **asdict(outcome)}
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(results, indent=1) + "\n")


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Measure how a plan is applied.")
    parser.add_argument("--setting", nargs="*", choices=[*SETTINGS], default=[*SETTINGS])
    parser.add_argument("--rows", type=int, help="of every plan; keeps no figures")
    parser.add_argument("--quick", action="store_true", help="small plans; keeps no figures")
    asked = parser.parse_args()
    console = Console(width=200)
    outcomes: dict[str, tuple[int, Outcome]] = {}
    for key in asked.setting:
        setting = SETTINGS[key]
        rows = asked.rows or (setting.quick_rows if asked.quick else setting.rows)
        outcomes[key] = rows, run(setting, rows, console)
        if not asked.quick and not asked.rows:
            keep(key, setting, rows, outcomes[key][1])
    show(outcomes, console)
    return int(not all(outcome.is_good for _, outcome in outcomes.values()))


if __name__ == "__main__":
    sys.exit(main())

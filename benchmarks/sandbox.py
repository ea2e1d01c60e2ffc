"""How fast and how large the sandbox is: CPU of a page of full tasks, and what a world of many tasks costs to load.

    python benchmarks/sandbox.py                      # pages of a world of 5,000 wide tasks
    python benchmarks/sandbox.py --load 1000000       # load a world of that many wide tasks, in a process of its own
    python benchmarks/sandbox.py --generate 1000000   # draw a company of that size, and load it

A *wide* task has eight custom-field values and two stories. CPU is the process's own, so that neighbours do not count.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import gzip
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from asana_intel.asana.fields import TASKS
from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.sandbox import Sandbox
from asana_intel.sandbox.server import create_app

Fields = dict[str, Any]
AT = datetime(2026, 2, 2, 6, tzinfo=UTC)
TASKS_PER_PROJECT = 500
ROUNDS = 31


# -- a world of wide tasks


def write_wide_world(folder: Path, tasks: int) -> None:
    """Write a company whose tasks have eight custom-field values and two stories each."""
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(7)
    projects = [str(10_000 + n) for n in range(max(1, tasks // TASKS_PER_PROJECT))]
    users = [str(1_000 + n) for n in range(max(5, min(2_000, tasks // 500)))]
    fields = list(_definitions(projects))
    _write(folder, "workspaces", [{"gid": "1", "name": "Wide"}])
    _write(folder, "users", ({"gid": gid, "name": f"User {gid}", "email": f"u{gid}@w.example"} for gid in users))
    _write(folder, "projects", (_project(gid) for gid in projects))
    _write(folder, "sections", ({"gid": f"{gid}9", "name": "Doing", "project": {"gid": gid}} for gid in projects))
    _write(folder, "custom_fields", fields)
    _write(folder, "tasks", (_task(draw, n, projects, users, fields) for n in range(tasks)))
    _write(folder, "stories", (_story(n, k, users) for n in range(tasks) for k in range(2)))


def _write(folder: Path, name: str, records: Any) -> None:
    with gzip.open(folder / f"{name}.jsonl.gz", "wb", compresslevel=1) as file:
        for record in records:
            file.write(orjson.dumps(record) + b"\n")


def _definitions(projects: list[str]) -> Iterator[Fields]:
    kinds = ("number", "number", "text", "enum", "enum", "multi_enum", "date", "people")
    for n, kind in enumerate(kinds):
        gid = str(100 + n)
        record: Fields = {"gid": gid, "name": f"Field {n}", "resource_subtype": kind, "x_projects": projects}
        if kind == "number":
            record |= {"precision": 1, "format": "none"}
        if "enum" in kind:
            record["enum_options"] = [
                {"gid": f"{gid}{k}", "resource_type": "enum_option", "name": f"Option {k}", "enabled": True,
                 "color": "blue"}
                for k in range(6)
            ]  # fmt: skip
        yield record


def _project(gid: str) -> Fields:
    return {"gid": gid, "name": f"Project {gid}", "workspace": {"gid": "1"}, "created_at": "2025-01-01T08:00:00.000Z"}


def _task(draw: random.Random, n: int, projects: list[str], users: list[str], fields: list[Fields]) -> Fields:
    project, assignee = projects[n % len(projects)], draw.choice(users)
    created = f"2025-{1 + n % 12:02d}-{1 + n % 28:02d}T{8 + n % 9:02d}:{n % 60:02d}:00.000Z"
    place = {"gid": project, "resource_type": "project", "name": f"Project {project}"}
    section = {"gid": f"{project}9", "resource_type": "section", "name": "Doing"}
    person = {"gid": assignee, "resource_type": "user", "name": f"User {assignee}"}
    return {
        "gid": str(10_000_000 + n),
        "resource_type": "task",
        "resource_subtype": "default_task",
        "name": f"Write down number {n} for everyone",
        "notes": f"What number {n} is about, in a line or so." if n % 3 else "",
        "completed": False,
        "completed_at": None,
        "completed_by": None,
        "created_at": created,
        "modified_at": created,
        "created_by": person,
        "assignee": person,
        "due_on": f"2026-{1 + n % 12:02d}-{1 + n % 28:02d}",
        "parent": None,
        "projects": [place],
        "memberships": [{"project": place, "section": section}],
        "followers": [person],
        "dependencies": [],
        "workspace": {"gid": "1", "resource_type": "workspace", "name": "Wide"},
        "custom_fields": [_entry(draw, field, assignee) for field in fields],
    }


def _entry(draw: random.Random, field: Fields, person: str) -> Fields:
    kind = field["resource_subtype"]
    entry: Fields = {"gid": field["gid"], "resource_type": "custom_field", "resource_subtype": kind, "type": kind,
                     "name": field["name"], "enabled": True}  # fmt: skip
    if kind == "number":
        entry["number_value"] = round(draw.uniform(0, 1000), 1)
    elif kind == "text":
        entry["text_value"] = f"note {draw.randrange(10**9)}"
    elif kind == "enum":
        entry["enum_value"] = draw.choice(field["enum_options"])
    elif kind == "multi_enum":
        entry["multi_enum_values"] = draw.sample(field["enum_options"], 2)
    elif kind == "date":
        entry["date_value"] = {"date": f"2026-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}", "date_time": None}
    else:
        entry["people_value"] = [{"gid": person, "resource_type": "user"}]
    return entry


def _story(n: int, k: int, users: list[str]) -> Fields:
    return {
        "gid": str(100_000_000 + 2 * n + k),
        "resource_type": "story",
        "resource_subtype": "comment_added",
        "type": "comment",
        "text": f"Something about {n} that needed to be said.",
        "created_at": f"2026-{1 + k:02d}-{1 + n % 28:02d}T12:{n % 60:02d}:00.000Z",
        "created_by": {"gid": users[n % len(users)]},
        "target": {"gid": str(10_000_000 + n), "resource_type": "task"},
        "source": "web",
    }


# -- CPU of a page


class Bench:
    """A sandbox that is asked like a server, without a socket: the whole web application runs, and JSON is written."""

    def __init__(self, folder: Path) -> None:
        self.app = create_app(folder, AT)
        self.sandbox: Sandbox = self.app.state.sandbox
        self._loop = asyncio.new_event_loop()
        self._minute = 0

    def ask(self, method: str, path: str, query: str = "", body: bytes = b"") -> bytes:
        """Send one request through the web application and return the body of the answer."""
        sent: list[bytes] = []

        async def receive() -> Fields:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message.get("body", b""))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": f"/api/1.0{path}", "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"authorization", b"Bearer reader"), (b"host", b"sandbox"),
                        (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
        }  # fmt: skip
        self._loop.run_until_complete(self.app(scope, receive, send))
        return b"".join(sent)

    def move_clock(self) -> None:
        """Let a minute pass."""
        self._minute += 1
        self.sandbox.set_clock(f"2026-02-03T{self._minute // 60:02d}:{self._minute % 60:02d}:00.000Z")

    def write(self) -> None:
        """Change one task of the first page."""
        self._minute += 1
        body = orjson.dumps({"data": {"notes": f"changed {self._minute}"}})
        answer = self.ask("PUT", "/tasks/10000000", body=body)
        assert b"errors" not in answer, answer


def measure(bench: Bench, name: str, request: Callable[[], bytes], before: Callable[[], None] | None) -> float:
    """Print and return the median CPU of a request in ms, each time after `before`."""
    spent: list[float] = []
    answer = b""
    for _ in range(ROUNDS):
        if before:
            before()
        start = time.process_time_ns()
        answer = request()
        spent.append((time.process_time_ns() - start) / 1e6)
        assert answer.startswith(b'{"data":'), answer[:300]
    median = statistics.median(spent)
    print(f"{name:<64}{median:8.2f} ms   (worst {max(spent):.2f})  {len(answer) / 1000:,.0f} kB")
    return median


def pages(tasks: int = 5_000) -> None:
    """Measure pages of 100 wide tasks and full single reads."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_wide_world(folder, tasks)
        bench = Bench(folder)
        gc.collect()
        gc.freeze()
        wide = f"project=10000&limit=100&opt_fields={TASKS}"
        kinds: list[tuple[str, Callable[[], None] | None]] = [
            ("warm", None), ("after a clock move", bench.move_clock), ("after a write", bench.write),
            ("after all changed", bench.sandbox.player.forget_views),
        ]  # fmt: skip
        start = time.process_time_ns()
        bench.ask("GET", "/tasks", wide)
        print(f"first page ever: {(time.process_time_ns() - start) / 1e6:.2f} ms")
        for kind, before in kinds:
            measure(bench, f"100 tasks, wide opt_fields, {kind}", lambda: bench.ask("GET", "/tasks", wide), before)
        single = [f"/tasks/{gid}" for gid in range(10_000_000, 10_000_000 + tasks, tasks // 100)]

        def read_singles() -> bytes:
            return [bench.ask("GET", path) for path in single][-1]

        for kind, before in kinds:
            measure(bench, f"100 single reads, default full record, {kind}", read_singles, before)


# -- size


def load(folder: Path) -> None:
    """Print what loading a world costs; to be run in a process that does nothing else."""
    start, wall = time.process_time(), time.monotonic()
    sandbox = Sandbox(folder, AT)
    spent, passed = time.process_time() - start, time.monotonic() - wall
    gc.freeze()
    counts = {name: len(gids) for name, gids in sandbox.player.world.by_resource.items() if gids}
    print(f"load: {spent:.1f} s CPU, {passed:.1f} s wall; peak RSS {_peak_gib():.2f} GiB; {counts}")
    project = sandbox.player.all("projects")[0]
    query = {"project": project, "limit": "100", "opt_fields": TASKS}
    task = sandbox.answer("GET", "/tasks", query, b"", "Bearer reader", "").body["data"][0]["gid"]
    for name, act in (
        ("clock move", lambda: sandbox.set_clock("2026-03-02T06:00:00.000Z")),
        ("page of 100 after it", lambda: sandbox.answer("GET", "/tasks", query, b"", "Bearer reader", "")),
        ("write", lambda: sandbox.answer("PUT", f"/tasks/{task}", {}, b'{"data":{"notes":"x"}}', "Bearer w", "")),
        ("page of 100 after it", lambda: sandbox.answer("GET", "/tasks", query, b"", "Bearer reader", "")),
    ):
        start = time.process_time_ns()
        act()
        print(f"  {name:<24}{(time.process_time_ns() - start) / 1e6:8.2f} ms")
    print(f"  peak RSS afterwards {_peak_gib():.2f} GiB")


def _peak_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def _load_apart(folder: Path) -> None:
    subprocess.run([sys.executable, __file__, "--load-folder", str(folder)], check=True)


def main() -> None:
    """Run what the arguments ask for; the pages where they ask for nothing."""
    parser = argparse.ArgumentParser(description="Measure the sandbox.")
    parser.add_argument("--load", type=int, metavar="TASKS", help="write and load a world of so many wide tasks")
    parser.add_argument("--generate", type=int, metavar="TASKS", help="draw and load a company of so many tasks")
    parser.add_argument("--load-folder", type=Path, metavar="WORLD", help="load this world")
    parser.add_argument("--pages", action="store_true", help="measure pages of 100 tasks (the default)")
    asked = parser.parse_args()
    if asked.load_folder:
        load(asked.load_folder)
    with tempfile.TemporaryDirectory() as name:
        if asked.load:
            write_wide_world(Path(name) / "wide", asked.load)
            _load_apart(Path(name) / "wide")
        if asked.generate:
            start, size = time.process_time(), asked.generate
            generate_world(Path(name) / "drawn", seed=1, people=max(5, size // 250), projects=max(3, size // 250),
                           tasks=size, goals=max(10, size // 500))  # fmt: skip
            print(f"generate: {time.process_time() - start:.0f} s CPU; peak RSS {_peak_gib():.2f} GiB")
            _load_apart(Path(name) / "drawn")
    if asked.pages or not (asked.load or asked.generate or asked.load_folder):
        pages()


if __name__ == "__main__":
    main()

"""Kills syncs at random moments and starts them again: do the raw tables then hold the truth, and nothing twice?

    python benchmarks/kills.py                          # 200 kills
    python benchmarks/kills.py --kills 30 --seed 7 --mode events

Each trial begins with a fresh copy of a home: an empty one (`listing`), or one that read the world before it changed
(`events`, `reconcile`). Its sync is killed with its whole process group at a moment drawn evenly between its first
request and its usual end; one restart in four is killed, too; the last one runs to its end. Then every raw table must
hold what it holds after a sync of the same kind that nobody kills, what is gone and superseded states included; and
that must be what a fresh home reads, but for tables of which no event tells. Prints which phase was hit how often; the
exit code is 1 where a table differed.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import psycopg2
from programs import our_command
from rich.console import Console
from rich.table import Table
from served import AT, Server, serving
from sync_worlds import Size, World, draw_world

from asana_intel.storage.contracts.raw import RAW_TABLES
from asana_intel.storage.embedded import DATABASE, EmbeddedPostgres
from asana_intel.storage.postgres import Database
from asana_intel.storage.tables import TableStore

SIZE = Size(projects=4, tasks_in_each=25, subtasks=20, multi_homed=20, loose=5, stories=300, people=5, goals=4)
ARGUMENTS = {"listing": (), "events": (), "reconcile": ("--reconcile",)}
# What only lists show: a sync by events leaves these to the next reconcile.
ONLY_LISTED = {"allocations", "portfolio_items"}
_KILL_AGAIN = 0.25
_VERSIONS = ("resource", "gid", "valid_from", "record", "is_deleted")
# End of the last path that was asked for -> phase of the sync; what is not named here is structure.
_PHASES = {"events": "events", "search": "tasks", "tasks": "tasks", "subtasks": "tasks", "stories": "stories"}


class Homes:
    """Homes that can be copied: a folder of tables, and a database on one server.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server = EmbeddedPostgres(folder / "postgres")
        self._url = self._server.ensure_running()
        Database(self._url).migrate()

    def stop(self) -> None:
        """Stop the server and remove its cluster."""
        self._server.stop()
        shutil.rmtree(self._server._cluster.parent, ignore_errors=True)

    def make(self, name: str, like: str | None = None) -> Home:
        """A home as another one is now; an empty one otherwise."""
        if like:
            shutil.copytree(self.folder / like, self.folder / name)
        else:
            (self.folder / name).mkdir()
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{like or DATABASE}"')
        return Home(self.folder / name, self._url.replace(f"/{DATABASE}?", f"/{name}?"))

    def drop(self, name: str) -> None:
        """Remove a home."""
        shutil.rmtree(self.folder / name)
        self._execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        address = self._url.replace("+psycopg2", "").replace(f"/{DATABASE}?", "/postgres?")
        with closing(psycopg2.connect(address)) as connection:
            connection.autocommit = True
            connection.cursor().execute(statement)


@dataclass(frozen=True)
class Home:
    """One home.

    Args:
        folder: Of its tables.
        database_url: Of its database.
    """

    folder: Path
    database_url: str

    def start(self, server: Server, mode: str) -> subprocess.Popen[bytes]:
        """Start a sync as users do."""
        variables = {
            "ASANA_INTEL_HOME": str(self.folder),
            "ASANA_INTEL_PG_URL": self.database_url,
            "ASANA_INTEL_ASANA_URL": server.url,
            "ASANA_INTEL_ASANA_TOKEN": "reader",
        }
        return subprocess.Popen(
            our_command("sync", "--json", *ARGUMENTS[mode]), env=os.environ | variables,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def sync(self, server: Server, mode: str) -> str:
        """Sync to the end; returns what went wrong, or nothing."""
        process = self.start(server, mode)
        output, _ = process.communicate(timeout=300)
        return "" if process.returncode == 0 else output.decode(errors="replace")[-2000:]

    def contents(self) -> Contents:
        """What its raw tables hold."""
        return Contents(TableStore(str(self.folder / "tables")))

    def half_written(self) -> bool:
        """Whether a table has a file that no commit names: it was being written."""
        return any(_uncommitted(folder) for folder in (self.folder / "tables" / "raw").glob("*"))


def _uncommitted(folder: Path) -> bool:
    written = {file.name for file in folder.glob("*.parquet")}
    commits = "".join(file.read_text() for file in (folder / "_delta_log").glob("*.json"))
    return any(name not in commits for name in written)


class Contents:
    """The raw tables of a home.

    Attributes:
        standing: Table -> gid -> record, of what is not gone.
        gone: Table -> gids of what is gone.
        versions: Superseded states, once each.
        doubled: Tables with two rows of one key.
    """

    def __init__(self, tables: TableStore) -> None:
        self.standing: dict[str, dict[str, str]] = {}
        self.gone: dict[str, set[str]] = {}
        self.versions: set[tuple[Any, ...]] = set()
        self.doubled: list[str] = []
        for contract in RAW_TABLES:
            rows = tables.read(contract.key)
            if rows.select(contract.unique).is_duplicated().any():
                self.doubled.append(contract.name)
            if "deleted_at" in rows.columns:
                stands = pl.col("deleted_at").is_null()
                self.standing[contract.name] = dict(rows.filter(stands).select("gid", "record").iter_rows())
                self.gone[contract.name] = set(rows.filter(~stands)["gid"])
            elif contract.name == "record_versions":
                self.versions = set(rows.select(_VERSIONS).iter_rows())


def differences(found: Contents, truth: Contents) -> list[str]:
    """What a home holds otherwise than it should, in words."""
    told = [f"{table} has rows of the same key" for table in found.doubled]
    for table, expected in truth.standing.items():
        rows = found.standing[table]
        wrong = {
            "missing": expected.keys() - rows.keys(),
            "too many": rows.keys() - expected.keys(),
            "other": {gid for gid in expected.keys() & rows.keys() if expected[gid] != rows[gid]},
            "gone otherwise": found.gone[table] ^ truth.gone[table],
        }
        told += [f"{table}: {len(gids)} {what}: {sorted(gids)[:5]}" for what, gids in wrong.items() if gids]
    if other := found.versions ^ truth.versions:
        told.append(f"record_versions: {len(other)} states differ: {sorted((t, g) for t, g, *_ in other)[:5]}")
    return told


def untrue(unkilled: Contents, fresh: Contents) -> set[str]:
    """Tables in which something stands otherwise than a fresh home reads it."""
    return {table for table, rows in fresh.standing.items() if unkilled.standing[table] != rows}


# -- the world


def change(world: World, server: Server) -> None:
    """Edits, completions, new tasks, comments and links, and deletions of each kind."""
    server.process.set_clock(AT + timedelta(hours=1))
    write = server.write
    tasks = [t["gid"] for t in world.records["tasks"] if world.kind_of(t) == "tasks"]
    subtasks = [t["gid"] for t in world.records["tasks"] if world.kind_of(t) == "subtasks"]
    project, goal = world.records["projects"][1]["gid"], world.records["goals"][0]["gid"]
    for gid in [*tasks[10:16], *subtasks[:3]]:
        write("PUT", f"/tasks/{gid}", {"name": f"Renamed {gid}"})
    for gid in tasks[30:33]:
        write("PUT", f"/tasks/{gid}", {"completed": True})
        write("POST", f"/tasks/{gid}/stories", {"text": "Done at last"})
    for gid in [*tasks[-3:], subtasks[5], tasks[2]]:
        write("DELETE", f"/tasks/{gid}")
    write("POST", f"/tasks/{tasks[40]}/subtasks", {"name": "A part that is new"})
    write("POST", "/tasks", {"name": "New", "projects": [project]})
    write("POST", f"/tasks/{tasks[41]}/addDependencies", {"dependencies": [tasks[40]]})
    section = write("POST", f"/projects/{project}/sections", {"name": "Another column"})["gid"]
    write("POST", f"/sections/{section}/addTask", {"task": tasks[43]})
    write("DELETE", f"/projects/{world.records['projects'][3]['gid']}")
    write("PUT", f"/goals/{goal}", {"name": "Another goal"})
    write("POST", f"/goals/{goal}/stories", {"text": "Who looks after this?"})
    write("POST", "/status_updates", {"parent": goal, "status_type": "at_risk", "title": "Late", "text": "Late."})
    write("DELETE", f"/goals/{world.records['goals'][3]['gid']}")


class Clock:
    """The server's clock, which goes on a little before every sync."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._now = AT + timedelta(hours=2)

    def tick(self) -> None:
        """Let ten seconds pass."""
        self._now += timedelta(seconds=10)
        self._server.process.set_clock(self._now)


# -- trials


@dataclass
class Usual:
    """How a sync goes that nobody kills.

    Args:
        lasts_s: From its first request to its end, seconds; of the last ones that were not killed.
        requests: That it sends.
        contents: What it leaves.
    """

    lasts_s: float
    requests: int
    contents: Contents


@dataclass
class Tally:
    """What became of the kills so far.

    Attributes:
        phases: Mode and phase -> kills.
        half_written: Kills in the middle of writing a table.
        wrong: What was wrong after restarts.
    """

    phases: Counter[tuple[str, str]] = field(default_factory=Counter)
    half_written: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def kills(self) -> int:
        """All of them."""
        return self.phases.total()


class Trials:
    """Kills syncs of one world, and compares.

    Args:
        homes: Where they are kept.
        server: Of the world, which has changed since `early` was read.
        random: Draws the moments.
    """

    def __init__(self, homes: Homes, server: Server, random: Random) -> None:
        self.tally = Tally()
        self._homes = homes
        self._server = server
        self._random = random
        self._clock = Clock(server)
        self._usual = {mode: self._unkilled(mode) for mode in ARGUMENTS}
        self._number = 0
        for mode, usual in self._usual.items():
            behind = untrue(usual.contents, self._usual["listing"].contents)
            if behind - (ONLY_LISTED if mode == "events" else set()):
                self.tally.wrong.append(f"{mode}, not killed: {', '.join(sorted(behind))} differ from a fresh home's")

    def once(self, mode: str) -> None:
        """Kill a sync, start it again until it ends, and compare."""
        self._number += 1
        name = f"trial{self._number}"
        home = self._homes.make(name, _start_of(mode))
        hits = [self._kill(home, mode)]
        while hits[-1] and self._random.random() < _KILL_AGAIN:
            hits.append(self._kill(home, mode))
        self._clock.tick()
        problem = home.sync(self._server, mode) if hits[-1] else ""
        found = [problem] if problem else differences(home.contents(), self._usual[mode].contents)
        if found:
            self.tally.wrong.append(f"{name}, {mode}, killed in {[hit for hit in hits if hit]}: {'; '.join(found)}")
        else:
            self._homes.drop(name)

    def _kill(self, home: Home, mode: str) -> str | None:
        """Start a sync and kill it; returns the phase that it was in, None where it ended before."""
        usual = self._usual[mode]
        with self._first_request(home, mode) as process:
            begun = time.perf_counter()
            try:
                process.wait(self._random.uniform(0, usual.lasts_s))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            else:
                usual.lasts_s = time.perf_counter() - begun
                return None
        phase = self._phase(usual)
        self.tally.phases[mode, phase] += 1
        self.tally.half_written += home.half_written()
        return phase

    @contextmanager
    def _first_request(self, home: Home, mode: str) -> Iterator[subprocess.Popen[bytes]]:
        """A sync that has just sent its first request."""
        self._clock.tick()
        self._server.control("DELETE", "requests")
        process = home.start(self._server, mode)
        while not self._asked() and process.poll() is None:
            time.sleep(0.01)
        try:
            yield process
        finally:
            if process.stdout:
                process.stdout.close()

    def _asked(self) -> list[dict[str, Any]]:
        return self._server.control("GET", "requests")["requests"]

    def _phase(self, usual: Usual) -> str:
        asked = self._asked()
        if len(asked) >= usual.requests:
            return "after all requests"
        return _PHASES.get(asked[-1]["path"].split("?")[0].rsplit("/", 1)[-1], "structure")

    def _unkilled(self, mode: str) -> Usual:
        name = f"unkilled-{mode}-{time.monotonic_ns()}"
        home = self._homes.make(name, _start_of(mode))
        with self._first_request(home, mode) as process:
            begun = time.perf_counter()
            output, _ = process.communicate(timeout=300)
            lasts_s = time.perf_counter() - begun
        if process.returncode:
            raise RuntimeError(output.decode(errors="replace")[-3000:])
        usual = Usual(lasts_s, len(self._asked()), home.contents())
        self._homes.drop(name)
        return usual


def _start_of(mode: str) -> str | None:
    """The home from which the syncs of a mode begin."""
    return None if mode == "listing" else "early"


def run(folder: Path, kills: int, modes: list[str], random: Random, on_trial: Callable[[Tally], None]) -> Tally:
    """Kill as often as asked, the modes in turn."""
    world = draw_world(SIZE)
    world.write(folder / "world")
    homes = Homes(folder)
    try:
        with serving(folder / "world") as server:
            if problem := homes.make("early").sync(server, "listing"):
                raise RuntimeError(problem)
            change(world, server)
            trials = Trials(homes, server, random)
            while trials.tally.kills < kills:
                for mode in modes:
                    trials.once(mode)
                    on_trial(trials.tally)
            return trials.tally
    finally:
        homes.stop()


def show(tally: Tally, console: Console) -> None:
    """Print the phases that were hit, and what was wrong."""
    phases = sorted({phase for _, phase in tally.phases})
    table = Table(title=f"{tally.kills} kills, {tally.half_written} of them in the middle of a write")
    for name in ("sync", *phases):
        table.add_column(name, justify="right" if name != "sync" else "left")
    for mode in ARGUMENTS:
        table.add_row(mode, *(str(tally.phases[mode, phase]) for phase in phases))
    console.print(table)
    console.print("\n".join(tally.wrong) if tally.wrong else "After each of them the tables held the truth.")


def main() -> int:
    """Run what the arguments ask for; the homes of trials that went wrong stay."""
    parser = argparse.ArgumentParser(description="Kill syncs and compare.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", nargs="*", choices=[*ARGUMENTS], default=[*ARGUMENTS])
    asked = parser.parse_args()
    console = Console(width=150, soft_wrap=True)
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    reported: list[str] = []

    def on_trial(tally: Tally) -> None:
        for wrong in tally.wrong[len(reported) :]:
            console.print(wrong)
            reported.append(wrong)

    tally = run(folder, asked.kills, asked.mode, Random(asked.seed), on_trial)
    show(tally, console)
    if tally.wrong:
        console.print(f"The homes lie in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

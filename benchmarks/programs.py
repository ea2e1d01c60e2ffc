"""The programs that are compared: where they are installed, how each is run, and what it left behind. No measuring.

Other programs keep what they need between runs in a folder of theirs; we keep a home.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import orjson
import polars as pl
import psutil

from asana_intel.asana.fields import STORIES, TASKS
from asana_intel.storage.embedded import EmbeddedPostgres
from asana_intel.storage.tables import TableStore

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT.parent / ".peers"
# Stream -> (gid, name) of every row that was delivered, in order; the name is None where the stream has none.
Rows = dict[str, list[tuple[str, str | None]]]


@dataclass(frozen=True)
class Peer:
    """Another program that reads Asana.

    Args:
        script: File in benchmarks/peers.
        packages: What its environment needs; empty = our own environment.
        blind_to: Rows that it never asks for, by design.
        streams: What it asks for, in the terms of `sync_worlds.minimum_requests`.
    """

    script: str
    packages: tuple[str, ...]
    blind_to: str
    streams: tuple[str, ...] = ()


_COMMON = ("workspaces", "users", "teams", "projects", "sections", "tags", "tasks", "stories")
PEERS = {
    "official client 5.4.0": Peer("sdk_sync.py", (), "tasks outside of projects, stories of subtasks"),
    "tap-asana 2.5.1": Peer(
        "tap_asana_sync.py",
        ("tap-asana==2.5.1", "setuptools<81"),
        "tasks outside of projects, stories of subtasks",
        (*_COMMON, "subtasks", "portfolios"),
    ),
    "dlt 1.31.0": Peer(
        "dlt_sync.py",
        ("dlt[duckdb,parquet]==1.31.0",),
        "tasks outside of projects, subtasks of subtasks, their stories",
        (*_COMMON, "subtasks", "custom_fields", "goals"),
    ),
    "airbyte-source-asana 1.7.2": Peer(
        "airbyte_sync.py",
        ("airbyte-source-asana==1.7.2",),
        "subtasks and their stories, tasks outside of projects",
        (*_COMMON, "team_memberships", "custom_fields", "portfolios"),
    ),
}


def python_of(name: str, peer: Peer, folder: Path) -> str:
    """The interpreter of a program's environment, made if it is not there."""
    if not peer.packages:
        return sys.executable
    home = folder / name.replace(" ", "-")
    python = home / "bin" / "python"
    if not (home / ".installed").exists():
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *peer.packages], check=True)
        (home / ".installed").touch()
    return str(python)


def command_of(name: str, url: str, folder: Path, environments: Path = ENVIRONMENTS) -> list[str]:
    """The command that lets a peer sync once from `url`, going on from what `folder` holds."""
    peer = PEERS[name]
    fields = [TASKS, STORIES] if peer.script.startswith("dlt") else []
    script = str(ROOT / "benchmarks" / "peers" / peer.script)
    return [python_of(name, peer, environments), script, url, str(folder), *fields]


def rows_of(folder: Path) -> Rows:
    """What a peer's runs left in its folder."""
    if (folder / "asana.duckdb").exists():
        return _rows_of_duckdb(folder / "asana.duckdb")
    rows: Rows = {}
    for line in (folder / "records.jsonl").read_bytes().splitlines():
        message = orjson.loads(line)
        if message["type"] == "RECORD":
            body = message["record"]
            stream, record = (message["stream"], body) if "stream" in message else (body["stream"], body["data"])
            rows.setdefault(stream, []).append((record["gid"], record.get("name")))
    return rows


def _rows_of_duckdb(file: Path) -> Rows:
    import duckdb

    rows: Rows = {}
    with duckdb.connect(str(file), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, list(column_name) from information_schema.columns "
            "where table_schema = 'loaded' and not starts_with(table_name, '_dlt') group by all"
        ).fetchall()
        for table, names in columns:
            name = "name" if "name" in names else "null"
            rows[table] = connection.execute(f"select gid, {name} from loaded.{table}").fetchall()
    return rows


class OurHome:
    """A home of our own with its database running, while the block lasts; then both are removed.

    The embedded PostgreSQL is started here, so that it counts in no run.

    Args:
        home: Folder, made if missing.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {"ASANA_INTEL_HOME": str(home)}
        self._server = EmbeddedPostgres(home)

    def __enter__(self) -> OurHome:
        program = "from asana_intel.cli.workbench import Workbench; Workbench().database"
        subprocess.run([sys.executable, "-c", program], env={**os.environ, **self.environment}, check=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()
        shutil.rmtree(self._server._cluster.parent, ignore_errors=True)

    def database_cpu_s(self) -> float:
        """What the database used so far, seconds; connections that are still open do not count yet."""
        pid = int((self._server._cluster / "postmaster.pid").read_text().split()[0])
        return sum(psutil.Process(pid).cpu_times()[:4])


def our_command(*arguments: str) -> list[str]:
    """The command that runs the product, as its console script does."""
    return [sys.executable, "-m", "asana_intel.cli.main", *arguments]


def our_rows(home: Path) -> Rows:
    """What stands in our raw tables."""
    store = TableStore(str(home / "tables"))
    rows: Rows = {}
    for key in store.existing():
        frame = store.read(key)
        if key.startswith("raw/") and "deleted_at" in frame.columns:
            standing = frame.filter(pl.col("deleted_at").is_null())
            name = pl.col("name") if "name" in frame.columns else pl.lit(None, pl.String).alias("name")
            rows[key.removeprefix("raw/")] = standing.select("gid", name).rows()
    return rows

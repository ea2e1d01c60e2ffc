"""How other programs for Asana fare against the sandbox: each syncs one company, and its counts stand beside the truth.

Run: python benchmarks/peers.py [--only NAME …] [--environments FOLDER]. Each program is installed once in an
environment of its own under FOLDER (default .peers beside the repository's folder, not kept in it). Nothing but the
host they talk to is changed. Prints a table and writes benchmarks/results/peers.json; the exit code is 1 where a
program failed, or missed rows that it asks for.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.sandbox.standing import portfolio_items

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "peers.json"
AT = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Peer:
    """A program that reads Asana.

    Args:
        script: File in benchmarks/peers.
        packages: What its environment needs; empty = our own environment.
        blind_to: Rows that it never asks for, by design.
    """

    script: str
    packages: tuple[str, ...]
    blind_to: str


PEERS = {
    "official client 5.4.0": Peer("sdk_sync.py", (), "tasks outside of projects, stories of subtasks"),
    "tap-asana 2.5.1": Peer(
        "tap_asana_sync.py", ("tap-asana==2.5.1", "setuptools<81"), "tasks outside of projects, stories of subtasks"
    ),
    "dlt 1.31.0": Peer(
        "dlt_sync.py",
        ("dlt[duckdb,parquet]==1.31.0",),
        "tasks outside of projects, subtasks of subtasks, their stories",
    ),
    "airbyte-source-asana 1.7.2": Peer(
        "airbyte_sync.py", ("airbyte-source-asana==1.7.2",), "subtasks and their stories, tasks outside of projects"
    ),
}


def expected(player: Player, peer: str) -> dict[str, int]:
    """How many distinct objects each stream of a program must find, from the world itself, not through the API."""
    in_projects = {t for t in player.all("tasks") if any(player.ref(p) for p in player.field(t, "projects") or ())}
    parent = {t: (player.field(t, "parent") or {}).get("gid") for t in player.all("tasks")}
    below = {t for t in parent if _root(t, parent) in in_projects and parent[t]}
    if peer.startswith("dlt"):
        below = {t for t in below if parent[t] in in_projects}
    stories = [s for s in player.all("stories") if player.field(s, "target")["gid"] in in_projects]
    simple = ("workspaces", "users", "teams", "projects", "custom_fields", "goals", "sections", "team_memberships")
    mine = {"portfolios": sum(1 for p in player.all("portfolios") if portfolio_items(player, p) is not None)}
    return {
        **{name: len(player.all(name)) for name in simple},
        **(mine if peer.startswith("tap") else {}),
        "tasks": len(in_projects),
        "subtasks": len(below),
        "stories": len(stories),
    }


def _root(task: str, parent: dict[str, str | None]) -> str:
    while above := parent.get(task):
        task = above
    return task


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


def run(name: str, peer: Peer, world: Path, folder: Path) -> dict:
    """Sync once; what was found, asked, and how long it took."""
    python = python_of(name, peer, folder)
    with RunningSandbox(world, AT) as sandbox:
        begun = time.perf_counter()
        done = subprocess.run(
            [python, ROOT / "benchmarks" / "peers" / peer.script, sandbox.url],
            capture_output=True, text=True, check=False, timeout=3600,
        )  # fmt: skip
        wall_s = time.perf_counter() - begun
        asked = sandbox.requests()
        truth = expected(sandbox._sandbox.player, name)
    refused = sorted({f"{r['status']} {r['method']} {r['path']}" for r in asked if r["status"] >= 400})
    if done.returncode:
        return {"error": done.stderr[-2000:], "refused": refused[:10]}
    found = json.loads(done.stdout.splitlines()[-1])
    missed = {s: [n["distinct"], truth[s]] for s, n in found.items() if s in truth and n["distinct"] != truth[s]}
    return {
        "requests": len(asked),
        "wall_s": round(wall_s, 1),
        "refused": refused[:10],
        "missed": missed,
        "streams": found,
        "blind_to": peer.blind_to,
    }


def main() -> int:
    """Run the chosen programs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="names that begin so")
    parser.add_argument("--environments", type=Path, default=ROOT.parent / ".peers")
    chosen = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        world = Path(scratch) / "company"
        generate_world(world, seed=3, people=8, projects=4, tasks=90, goals=12, start_on=dt.date(2025, 9, 1), weeks=26)
        for name, peer in PEERS.items():
            if not chosen.only or any(name.startswith(start) for start in chosen.only):
                results[name] = run(name, peer, world, chosen.environments)
    table = Table("program", "requests", "seconds", "differs from the truth", "refused", "never asks for")
    for name, row in results.items():
        shown = row.get("error", "")[-300:] or json.dumps(row["missed"]) if row.get("error") or row["missed"] else "no"
        refused = " · ".join(row["refused"]) or "no"
        table.add_row(name, str(row.get("requests")), str(row.get("wall_s")), shown, refused, row.get("blind_to"))
    Console(width=160).print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(results, indent=1) + "\n")
    return int(any(row.get("error") or row["missed"] for row in results.values()))


if __name__ == "__main__":
    sys.exit(main())

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
import sys
import tempfile
from pathlib import Path

from measuring import measured
from programs import ENVIRONMENTS, PEERS, ROOT, command_of, rows_of
from rich.console import Console
from rich.table import Table

from asana_intel.sandbox.generate import generate_world
from asana_intel.sandbox.player import Player
from asana_intel.sandbox.server import RunningSandbox
from asana_intel.sandbox.standing import portfolio_items

RESULT = ROOT / "benchmarks" / "results" / "peers.json"
AT = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)


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


def run(name: str, world: Path, environments: Path) -> dict:
    """Sync once; what was found, asked, and how long it took."""
    with RunningSandbox(world, AT) as sandbox, tempfile.TemporaryDirectory() as folder:
        cost = measured(command_of(name, sandbox.url, Path(folder), environments), budget_s=3600)
        asked = sandbox.requests()
        truth = expected(sandbox._sandbox.player, name)
        refused = sorted({f"{r['status']} {r['method']} {r['path']}" for r in asked if r["status"] >= 400})
        if cost.exit_code != 0:
            return {"error": cost.errors, "refused": refused[:10]}
        gids = {stream: [gid for gid, _ in rows] for stream, rows in rows_of(Path(folder)).items()}
    found = {stream: {"rows": len(rows), "distinct": len({*rows})} for stream, rows in gids.items()}
    missed = {s: [n["distinct"], truth[s]] for s, n in found.items() if s in truth and n["distinct"] != truth[s]}
    return {
        "requests": len(asked),
        "wall_s": round(cost.wall_s, 1),
        "refused": refused[:10],
        "missed": missed,
        "streams": found,
        "blind_to": PEERS[name].blind_to,
    }


def main() -> int:
    """Run the chosen programs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="names that begin so")
    parser.add_argument("--environments", type=Path, default=ENVIRONMENTS)
    chosen = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory() as scratch:
        world = Path(scratch) / "company"
        generate_world(world, seed=3, people=8, projects=4, tasks=90, goals=12, start_on=dt.date(2025, 9, 1), weeks=26)
        for name in PEERS:
            if not chosen.only or any(name.startswith(start) for start in chosen.only):
                results[name] = run(name, world, chosen.environments)
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

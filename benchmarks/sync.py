"""How syncs compare: tap-asana, airbyte-source-asana, dlt's REST source and ours read the same worlds, in turn.

    python benchmarks/sync.py                          # every setting, every program
    python benchmarks/sync.py --quick                  # an eighth of the large worlds, short time budgets
    python benchmarks/sync.py --setting fresh --only ours dlt

The server runs in a process of its own and counts the requests; CPU and memory are those of the client's process tree.
A run whose time budget ends is reported with its rate. Prints a table for each setting and writes
benchmarks/results/sync.json, keeping what this run did not measure; the exit code is 1 where a program failed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from measuring import Cost, measured
from programs import PEERS, ROOT, OurHome, Rows, command_of, our_command, our_rows, rows_of
from rich.console import Console
from rich.table import Table
from served import AT, Server, serving
from sync_worlds import (
    OUR_STREAMS,
    Size,
    World,
    draw_world,
    minimum_of_changes,
    minimum_requests,
    truth_of,
)

RESULT = ROOT / "benchmarks" / "results" / "sync.json"
OURS = "ours"
COMPARED = (OURS, *(name for name in PEERS if PEERS[name].streams))
# Streams of other programs that hold what we keep in one table.
_SAME_AS = {"subtasks": "tasks"}
_GIDS = re.compile(r"[0-9]+")
_WORK = re.compile(r"/(tasks|stories|events|batch)\b|/workspaces/[0-9]+/(tasks/search|events)|/projects/[0-9]+/tasks")


@dataclass(frozen=True)
class Setting:
    """What all programs have to sync, and how the server behaves.

    Args:
        title: For the table.
        size: Of the world.
        latency_ms: Of every answer.
        limits: As `/_sandbox/limits` takes them.
        budget_s: Longest time for one run, seconds.
        changed: Tasks and subtasks renamed and tasks deleted afterwards, for a second sync; None: there is none.
        plan: Of the tokens; None: the top one, as a service account, which has events of the whole workspace.
        programs: That sync it.
    """

    title: str
    size: Size
    latency_ms: int = 0
    limits: Mapping[str, int] = field(default_factory=dict)
    budget_s: float = 300.0
    changed: tuple[int, int, int] | None = None
    plan: str | None = None
    programs: tuple[str, ...] = COMPARED


_SMALL = Size(projects=4, tasks_in_each=50, subtasks=40, multi_homed=40, loose=10, stories=750, people=8, goals=6)
_FEW = (5, 3, 2)
PAID = {"requests_per_minute": 1500, "concurrent_reads": 50, "concurrent_writes": 15}
SETTINGS = {
    "a": Setting("a: 20 × 250 tasks, 1,000 subtasks, 18,000 stories", Size(20, 250, 1000, 0, 0, 18_000, 50, 30)),
    "b": Setting("b: 250 tasks, 750 stories, 100 ms latency", _SMALL, latency_ms=100),
    "c": Setting(
        "c: 20 × 100 tasks, 400 subtasks, 7,200 stories, 80 ms, 1,500 a minute",
        Size(20, 100, 400, 0, 0, 7_200, 50, 30), latency_ms=80, limits=PAID, budget_s=600.0,
    ),
    "fresh": Setting("fresh: 250 tasks, 8 changed, 2 deleted", _SMALL, changed=_FEW),
    "fresh-advanced": Setting(
        "fresh-advanced: the same without events of the workspace", _SMALL, changed=_FEW, plan="advanced"
    ),
    "large": Setting(
        "large: 200 × 450 tasks, 10,000 subtasks, 15,000 stories; 90 changed, 10 deleted",
        Size(200, 450, 10_000, 0, 0, 15_000, 200, 30), budget_s=3600.0, changed=(60, 30, 10), programs=(OURS,),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """One sync of one program.

    Attributes:
        requests: Sent, as the server counted them.
        minimum: The fewest requests for the streams that it asks for.
        of_work: Requests for tasks, their stories, and what happened to them.
        asked: Path, with `{}` for gids -> requests.
        rejected: Answers of status 429.
        cost: What the run took.
        database_cpu_s: CPU of our own database meanwhile, seconds; other programs have none.
        rows: Rows delivered, of all streams.
        missing: Kind -> tasks and stories of the world that it does not hold; other streams are only counted.
        streams: Streams that it asked for and of which it holds something.
        duplicates: Rows that repeat another one of their stream.
        stale: Changed tasks that it holds as they were before.
        ghosts: Tasks and stories that it holds and that are gone.
        quota_used: Accepted requests by what the limit allows in that time.
        error: Why it failed.
    """

    requests: int
    minimum: int
    of_work: int
    asked: Mapping[str, int]
    rejected: int
    cost: Cost
    database_cpu_s: float
    rows: int
    missing: Mapping[str, int]
    streams: int
    duplicates: int
    stale: int
    ghosts: int
    quota_used: float | None
    error: str

    @property
    def ratio(self) -> float:
        """Requests by their minimum."""
        return round(self.requests / self.minimum, 2)

    @property
    def cpu_ms_per_row(self) -> float | None:
        """CPU by rows, milliseconds."""
        return round(1000 * self.cost.cpu_s / self.rows, 2) if self.rows else None


@contextmanager
def serving_as(setting: Setting, folder: Path) -> Iterator[Server]:
    """Serve a world under a setting while the block lasts."""
    with serving(folder) as server:
        if setting.plan:
            server.control("POST", "tokens", {"plan": setting.plan})
        if setting.latency_ms:
            server.control("POST", "faults", {"faults": [{"do": {"kind": "latency", "ms": setting.latency_ms}}]})
        if setting.limits:
            server.control("POST", "limits", setting.limits)
        yield server


# -- what happens between two syncs


def change_world(world: World, server: Server, changed: tuple[int, int, int]) -> tuple[World, set[str]]:
    """Rename some tasks and subtasks and delete others; returns the world as it is then, and what was renamed."""
    tasks, subtasks, deleted = changed
    server.process.set_clock(AT + timedelta(hours=1))
    by_kind = {kind: [t for t in world.records["tasks"] if world.kind_of(t) == kind] for kind in ("tasks", "subtasks")}
    is_parent = {t["parent"]["gid"] for t in by_kind["subtasks"]}
    single = [t for t in by_kind["tasks"] if t["gid"] not in is_parent and len(t["projects"]) == 1]
    renamed = {t["gid"] for t in by_kind["tasks"][:tasks]}
    # Below tasks that did not change themselves: a changed subtask does not touch its parent.
    apart = [t for t in by_kind["subtasks"] if t["parent"]["gid"] not in renamed]
    renamed |= {t["gid"] for t in apart[:subtasks]}
    gone = {t["gid"] for t in single[-deleted:]}
    for gid in sorted(renamed):
        server.write("PUT", f"/tasks/{gid}", {"name": f"Renamed {gid}"})
    for gid in sorted(gone):
        server.write("DELETE", f"/tasks/{gid}")
    told = [e["new"] for e in server.control("GET", "effects")["effects"] if e["action"] == "added"]
    server.process.set_clock(AT + timedelta(hours=2))
    after = World()
    after.records.update(world.records)
    after.records["tasks"] = [
        task | ({"name": f"Renamed {task['gid']}"} if task["gid"] in renamed else {})
        for task in world.records["tasks"]
        if task["gid"] not in gone
    ]
    stories = [s for s in world.records["stories"] if s["target"]["gid"] not in gone]
    after.records["stories"] = [*stories, *(s for s in told if s["target"]["gid"] not in gone)]
    return after, renamed


# -- syncs


class Program:
    """One program with what it keeps between its syncs.

    Args:
        name: `ours`, or a name of `PEERS`.
        folder: What it keeps lies here.
        setting: Under which it runs.
    """

    def __init__(self, name: str, folder: Path, setting: Setting) -> None:
        self.name = name
        self._folder = folder
        self._setting = setting
        self._home = OurHome(folder) if name == OURS else None
        folder.mkdir(parents=True)

    def __enter__(self) -> Program:
        if self._home:
            self._home.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        if self._home:
            self._home.__exit__()

    def streams(self) -> Sequence[str]:
        """What it asks for, in the terms of `minimum_requests`."""
        return OUR_STREAMS if self._home else PEERS[self.name].streams

    def sync(self, server: Server, world: World, minimum: int, renamed: frozenset[str] = frozenset()) -> Outcome:
        """Sync once, and compare what the program then holds with the world."""
        server.control("DELETE", "requests")
        used = self._home.database_cpu_s() if self._home else 0.0
        cost = self._run(server.url)
        used = self._home.database_cpu_s() - used if self._home else 0.0
        asked = server.control("GET", "requests")["requests"]
        rejected = sum(entry["status"] == 429 for entry in asked)
        allowed = self._setting.limits.get("requests_per_minute")
        return Outcome(
            requests=len(asked),
            minimum=minimum,
            of_work=sum(map(_is_of_work, asked)),
            asked=dict(Counter(_GIDS.sub("{}", entry["path"]) for entry in asked).most_common()),
            rejected=rejected,
            cost=replace(cost, output=""),
            database_cpu_s=round(used, 2),
            quota_used=round((len(asked) - rejected) / (allowed * cost.wall_s / 60), 3) if allowed else None,
            error=(cost.errors or cost.output)[-500:] if cost.exit_code else "",
            **self._compared(world, renamed),
        )

    def _run(self, url: str) -> Cost:
        if not self._home:
            return measured(command_of(self.name, url, self._folder), budget_s=self._setting.budget_s)
        environment = {**self._home.environment, "ASANA_INTEL_ASANA_URL": url, "ASANA_INTEL_ASANA_TOKEN": "ours-reader"}
        if self._setting.limits:
            environment["ASANA_INTEL_ASANA__PLAN"] = "paid"
        return measured(our_command("sync", "--json"), environment=environment, budget_s=self._setting.budget_s)

    def _compared(self, world: World, renamed: frozenset[str]) -> dict[str, Any]:
        try:
            rows = our_rows(self._folder) if self._home else rows_of(self._folder)
        except (OSError, ValueError):  # it was stopped before it wrote anything that can be read
            rows = {}
        return compared(rows, world, renamed)


def _is_of_work(entry: Mapping[str, Any]) -> bool:
    """Whether a request concerns tasks; the events of goals do not."""
    return bool(_WORK.match(entry["path"])) and "resource=7" not in entry["query"]


def compared(rows: Rows, world: World, renamed: frozenset[str]) -> dict[str, Any]:
    """What a program holds, beside the world; in the terms of `Outcome`."""
    held: dict[str, dict[str, str | None]] = {}
    for stream, found in rows.items():
        held.setdefault(_SAME_AS.get(stream, stream), {}).update(found)
    work = {**held.get("tasks", {}), **held.get("stories", {})}
    truth = {gid: (kind, name) for kind, gid, name in truth_of(world)}
    of_goals = {gid for gid in held.get("stories", {}) if gid not in truth and len(gid) < len("100000000")}
    return {
        "rows": sum(map(len, held.values())),
        "streams": sum(map(bool, held.values())),
        "missing": dict(Counter(kind for gid, (kind, _) in truth.items() if gid not in work)),
        "duplicates": sum(len(found) - len(dict(found)) for found in rows.values()),
        "stale": sum(1 for gid in renamed if gid in work and work[gid] != truth[gid][1]),
        "ghosts": len(work.keys() - truth.keys() - of_goals),
    }


def run_setting(setting: Setting, names: Sequence[str]) -> dict[str, dict[str, Outcome]]:
    """Let each program sync the setting's world; `first` and, where the world changes, `second` of each."""
    outcomes: dict[str, dict[str, Outcome]] = {}
    world = draw_world(setting.size)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "world"
        world.write(folder)
        for name in (name for name in names if name in setting.programs):
            place = Path(scratch) / name.replace(" ", "-")
            with serving_as(setting, folder) as server, Program(name, place, setting) as program:
                first = program.sync(server, world, minimum_requests(world, program.streams()))
                outcomes[name] = {"first": first}
                if setting.changed and first.cost.exit_code == 0:
                    after, renamed = change_world(world, server, setting.changed)
                    told = setting.plan is None
                    minimum = minimum_of_changes(after, len(renamed), has_workspace_events=told)
                    outcomes[name]["second"] = program.sync(server, after, minimum, frozenset(renamed))
    return outcomes


# -- what is shown


def show(setting: Setting, outcomes: Mapping[str, Mapping[str, Outcome]], which: str, console: Console) -> None:
    """Print one table."""
    second = which == "second"
    names = ["program", "requests", "minimum", "ratio", "429", "wall s", "CPU s", "CPU ms/row", "peak MB", "streams",
             "missing", "duplicates"]  # fmt: skip
    table = Table(title=f"{setting.title}{', second sync' if second else ''}", title_justify="left")
    for name in names + (["of tasks", "stale", "ghosts"] if second else []) + (["quota"] if setting.limits else []):
        table.add_column(name, justify="left" if name in ("program", "missing") else "right")
    for name, of_program in outcomes.items():
        if which in of_program:
            table.add_row(*_cells(name, of_program[which], second=second))
    console.print(table)


def _cells(name: str, outcome: Outcome, *, second: bool) -> list[str]:
    cost = outcome.cost
    missing = ", ".join(f"{n:,} {kind.replace('_', ' ')}" for kind, n in outcome.missing.items()) or "nothing"
    if cost.exit_code is None:
        missing = f"not run to the end: {outcome.requests / cost.wall_s:.1f} requests/s"
    elif cost.exit_code:
        missing = f"failed: {outcome.error[-200:]}"
    database = f" + {outcome.database_cpu_s:.1f}" if outcome.database_cpu_s else ""
    return [
        name, f"{outcome.requests:,}", f"{outcome.minimum:,}", f"{outcome.ratio:.2f}", str(outcome.rejected),
        f"{cost.wall_s:.1f}", f"{cost.cpu_s:.1f}{database}", str(outcome.cpu_ms_per_row), f"{cost.peak_mb:,.0f}",
        str(outcome.streams), missing, str(outcome.duplicates),
        *([str(outcome.of_work), str(outcome.stale), str(outcome.ghosts)] if second else []),
        *([f"{outcome.quota_used:.0%}"] if outcome.quota_used is not None else []),
    ]  # fmt: skip


def keep(key: str, setting: Setting, outcomes: Mapping[str, Mapping[str, Outcome]]) -> None:
    """Write the figures of a setting beside those that are there."""
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    told = results.setdefault(key, {})
    told["setting"] = asdict(setting)
    for name, of_program in outcomes.items():
        told[name] = {
            which: {**asdict(o), "ratio": o.ratio, "cpu_ms_per_row": o.cpu_ms_per_row}
            for which, o in of_program.items()
        }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(results, indent=1) + "\n")


def _eighth(setting: Setting) -> Setting:
    size = setting.size
    if size.stories < 1_000:
        return setting
    smaller = replace(size, **{n: -(-getattr(size, n) // 8) for n in ("tasks_in_each", "subtasks", "stories")})
    return replace(
        setting, title=f"{setting.title}, an eighth of it", size=smaller, budget_s=max(60.0, setting.budget_s / 8)
    )


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Compare syncs.")
    parser.add_argument("--setting", nargs="*", choices=[*SETTINGS], default=[*SETTINGS])
    parser.add_argument("--only", nargs="*", metavar="PROGRAM", help="names that begin so")
    parser.add_argument("--quick", action="store_true", help="an eighth of the large worlds; keeps no figures")
    asked = parser.parse_args()
    names = [n for n in COMPARED if not asked.only or any(n.startswith(start) for start in asked.only)]
    console, failed = Console(width=190), False
    for key in asked.setting:
        setting = _eighth(SETTINGS[key]) if asked.quick else SETTINGS[key]
        outcomes = run_setting(setting, names)
        for which in ("first", "second"):
            if any(which in of_program for of_program in outcomes.values()):
                show(setting, outcomes, which, console)
        if not asked.quick:
            keep(key, setting, outcomes)
        failed |= any(o.cost.exit_code for of_program in outcomes.values() for o in of_program.values())
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())

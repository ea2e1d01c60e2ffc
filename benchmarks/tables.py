"""What the tables cost: raw tables of 10,000, 100,000 and 1,000,000 tasks become staging tables and all marts.

    python benchmarks/tables.py                     # all three
    python benchmarks/tables.py --tasks 10000 100000

A company of a thousand tasks (and six stories per ten tasks) is synced twice from the sandbox and laid down as often as
needed (multiplied.py). Each size is made in a process of its own, by what Dagster's assets call: raw records are
decoded as staging asks for them, every table is made and written, then the marts' data tests are asked. Prints the
most expensive parts, and CPU per task by size; writes benchmarks/results/tables.json.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from measuring import measured
from multiplied import Seed, sync_seed
from programs import ROOT
from rich.console import Console
from rich.table import Table

from asana_intel.marts.data_tests import breaking_rows, declared_tests
from asana_intel.marts.models import mart_models, run_models
from asana_intel.staging.recipes import RECIPES, staged
from asana_intel.storage.tables import TableStore

RESULT = ROOT / "benchmarks" / "results" / "tables.json"
SIZES = (10_000, 100_000, 1_000_000)
AS_OF = datetime(2026, 5, 4, 6, tzinfo=UTC)
DATA_TESTS = "data tests"
_SHOWN = 14


@dataclass(frozen=True)
class Figure:
    """What one part cost.

    Args:
        cpu_s: User and system time of all threads, seconds.
        peak_mb: Highest resident memory of the process meanwhile, MB.
        rows: Of the table that was made or decoded.
    """

    cpu_s: float
    peak_mb: float
    rows: int


class Meter:
    """Takes the figures of one part after another, in this process.

    Attributes:
        figures: Part -> what it cost.
    """

    def __init__(self) -> None:
        self.figures: dict[str, Figure] = {}
        self._begin()

    def note(self, name: str, rows: int = 0) -> None:
        """Write down what happened since the last note."""
        self.figures[name] = Figure(round(time.process_time() - self._begun, 3), _peak_mb(), rows)
        self._begin()

    def _begin(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        self._begun = time.process_time()


def _peak_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return round(next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3, 1)


def make_tables(root: Path) -> dict[str, Figure]:
    """Make all staging tables and marts of a home, as the assets do; returns what each cost, in order."""
    tables, meter = TableStore(str(root)), Meter()
    _make_staging(tables, meter)
    for name, rows in run_models(mart_models(), tables.read, AS_OF):
        tables.overwrite(f"marts/{name}", rows)
        meter.note(f"marts/{name}", rows.height)
    for name, tests in declared_tests().items():
        rows = tables.read(f"marts/{name}")
        for test in tests:
            breaking_rows(test, rows, tables.read)
    meter.note(DATA_TESTS)
    return meter.figures


def _make_staging(tables: TableStore, meter: Meter) -> None:
    for name, cleaned in staged(tables.scan, RECIPES):
        tables.overwrite(f"staging/{name}", cleaned.frame)
        meter.note(f"staging/{name}", cleaned.frame.height)


# -- each size in a process of its own


@dataclass(frozen=True)
class Outcome:
    """One size.

    Args:
        tasks: In the raw tables.
        stories: In the raw tables.
        cpu_s: Of the whole process, seconds.
        wall_s: Of the whole process, seconds.
        peak_mb: Of the whole process, MB.
        figures: Part -> what it cost.
    """

    tasks: int
    stories: int
    cpu_s: float
    wall_s: float
    peak_mb: float
    figures: Mapping[str, Figure]


def run_size(seed: Seed, tasks: int) -> Outcome:
    """Lay down so many tasks and make all tables of them."""
    with tempfile.TemporaryDirectory() as root:
        seed.multiply(Path(root), max(1, round(tasks / seed.tasks)))
        cost = measured([sys.executable, __file__, "--make", root])
        if cost.exit_code:
            raise RuntimeError(cost.errors)
        raw = TableStore(root)
        figures = {name: Figure(**figure) for name, figure in json.loads(cost.output).items()}
        return Outcome(raw.count("raw/tasks"), raw.count("raw/stories"), cost.cpu_s, cost.wall_s, cost.peak_mb, figures)


# -- what is shown


def show(outcomes: Sequence[Outcome], console: Console) -> None:
    """Print the whole of each size, and the tables that cost most at the largest."""
    whole = Table(title="Staging and all marts", title_justify="left")
    for name in ("tasks", "stories", "CPU s", "CPU µs/task", "wall s", "peak MB"):
        whole.add_column(name, justify="right")
    for one in outcomes:
        each = f"{1e6 * one.cpu_s / one.tasks:,.0f}"
        whole.add_row(
            f"{one.tasks:,}", f"{one.stories:,}", f"{one.cpu_s:,.1f}", each, f"{one.wall_s:,.1f}", f"{one.peak_mb:,.0f}"
        )
    console.print(whole)
    dearest = sorted(outcomes[-1].figures, key=lambda name: -outcomes[-1].figures[name].cpu_s)[:_SHOWN]
    parts = Table(title="The most expensive parts: CPU s, peak MB", title_justify="left")
    parts.add_column("part")
    for one in outcomes:
        parts.add_column(f"{one.tasks:,} tasks", justify="right")
    for name in dearest:
        figures = [one.figures[name] for one in outcomes]
        parts.add_row(name, *(f"{figure.cpu_s:,.2f}, {figure.peak_mb:,.0f}" for figure in figures))
    console.print(parts)


def keep(outcomes: Sequence[Outcome]) -> None:
    """Write the figures, beside those of sizes that were not run."""
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    results |= {str(round(one.tasks, -4)): asdict(one) for one in outcomes}
    RESULT.write_text(json.dumps(results, indent=1) + "\n")


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description="Measure staging and marts.")
    parser.add_argument("--tasks", type=int, nargs="*", default=[*SIZES])
    parser.add_argument("--seed", type=Path, help="folder of the seed's raw tables; made if missing")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        print(json.dumps({name: asdict(figure) for name, figure in make_tables(asked.make).items()}))
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.seed or Path(scratch) / "seed"
        if not folder.exists():
            sync_seed(folder)
        seed = Seed(folder)
        outcomes = [run_size(seed, tasks) for tasks in asked.tasks]
    show(outcomes, Console(width=150))
    keep(outcomes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the narratives cost: 50 goals with 50 linked projects each, by rule and with a model that answers at once.

    python benchmarks/narratives.py

A generated company is synced and forecast as users do; then every goal is said to be supported by every project. Prints
CPU of the rule's texts and of their check, and how often a model on this machine is asked in a first and a second run.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date, datetime
from functools import cache
from pathlib import Path

import polars as pl
from programs import ROOT, OurHome, our_command

from asana_intel.cli.sandbox_process import SandboxProcess
from asana_intel.narratives.gate.check import check_text
from asana_intel.narratives.narrate import TemplateWriter, narrate_week
from asana_intel.narratives.narrated import NARRATED
from asana_intel.narratives.writers import writer_for
from asana_intel.sandbox.generate import generate_world
from asana_intel.settings import LlmMode, LlmSettings
from asana_intel.storage.postgres import Database, database_url
from asana_intel.storage.tables import TableStore

sys.path.insert(0, str(ROOT))
from asana_intel_tests.model_server import ModelServer, Received, Wire, answer

GOALS = PROJECTS = 50
REPEATS = 5
AT = datetime(2026, 3, 2, 6).astimezone()
RESULTS = Path(__file__).parent / "results" / "narratives.json"


class Company:
    """A home whose every goal is supported by every project."""

    def __init__(self, tables: TableStore) -> None:
        self._read = cache(tables.read)
        attainment = tables.read("forecasts/goal_attainment")
        self.week_on: date = attainment["as_of_on"].max()  # type: ignore[assignment]
        self.as_of: datetime = attainment.filter(as_of_on=self.week_on)["as_of_at"][0]

    def read(self, key: str, /, *, partition: date | None = None) -> pl.DataFrame:
        rows = self._read(key, partition=partition)
        if key != "marts/bridge_goal_project":
            return rows
        goals = self._read("forecasts/goal_attainment", partition=self.week_on).sort("goal_gid").head(GOALS)
        projects = self._read("marts/dim_project").sort("project_gid").head(PROJECTS)
        links = goals.select("goal_gid").join(projects.select("project_gid"), how="cross")
        return links.with_columns(depth=pl.lit(0, pl.Int64))


def sensible(received: Received, wire: Wire) -> None:
    """Answers with what the prompt says would pass."""
    told = json.loads(received.json["messages"][-1]["content"])
    if "if_unsure_answer_with" in told:
        answer({"claims": told["if_unsure_answer_with"]})(received, wire)
    else:
        answer({"text": told["text_that_would_pass"]})(received, wire)


def by_rule(company: Company) -> dict[str, float]:
    """CPU seconds of all kinds by rule, and of checking each text, medians."""
    spent = []
    for _ in range(REPEATS):
        begun = time.process_time()
        told = narrate_week(company.read, TemplateWriter(), company.week_on, company.as_of)
        spent.append(time.process_time() - begun)
    texts = {kind.table: told[kind.table].height for kind in NARRATED}
    checked = []
    for kind in NARRATED:
        for sheet in kind.sheets(company.read, company.week_on, company.as_of):
            text = TemplateWriter().write(sheet, kind.outline).text
            begun = time.process_time()
            check_text(text, sheet, kind.outline)
            checked.append(time.process_time() - begun)
    return {
        "cpu_s": statistics.median(spent),
        "check_ms": 1000 * statistics.median(checked),
        **{f"rows of {table}": rows for table, rows in texts.items()},
    }


def with_a_model(company: Company, database: Database, mode: LlmMode) -> dict[str, object]:
    """Requests of a first and a second run, who wrote, and CPU seconds of each."""
    figures: dict[str, object] = {}
    with ModelServer(sensible) as server:
        settings = LlmSettings(
            model="openai/any", api_base=server.url, api_key="k", mode=mode, max_calls_per_run=10_000
        )  # pyright: ignore[reportCallIssue]
        for run in ("first", "second"):
            before, begun = len(server.received), time.process_time()
            told = narrate_week(company.read, writer_for(settings, database), company.week_on, company.as_of)
            figures[f"requests of the {run} run"] = len(server.received) - before
            figures[f"cpu_s of the {run} run"] = round(time.process_time() - begun, 2)
        figures["written by"] = dict(Counter(w for kind in NARRATED for w in told[kind.table]["written_by"]))
    return figures


def main() -> int:
    """Make the company, measure, print, keep."""
    with tempfile.TemporaryDirectory() as scratch:
        world = Path(scratch) / "world"
        generate_world(
            world,
            seed=7,
            people=40,
            projects=PROJECTS,
            tasks=4_000,
            goals=5 * GOALS,
            start_on=date(2025, 7, 1),
            weeks=60,
        )
        sandbox = SandboxProcess.start(world, AT, Path(scratch) / "journal.jsonl")
        try:
            with OurHome(Path(scratch) / "home") as ours:
                environment = {**os.environ, **ours.environment, **sandbox.environment()}
                for command in ("sync", "forecast"):
                    subprocess.run(our_command(command), env=environment, check=True, stdout=subprocess.DEVNULL)
                os.environ |= ours.environment
                from asana_intel.settings import load_settings

                home = load_settings()
                company, database = Company(TableStore(home.tables_root)), Database(database_url(home))
                figures = {"by rule": by_rule(company)} | {
                    mode: with_a_model(company, database, LlmMode(mode)) for mode in ("select", "slots", "prose")
                }
        finally:
            sandbox.stop()
    print(json.dumps(figures, indent=2))
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

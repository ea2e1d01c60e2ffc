"""The demo: a quarter of a company's life, a week at a time, through the whole product."""

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import orjson
import polars as pl
import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from asana_intel.changes.fields import BY_NAME
from asana_intel.changes.ledger import StoredPlan, ledger_time, load_plan, open_plans
from asana_intel.changes.review import approve
from asana_intel.cli.changing import apply_config
from asana_intel.cli.demo_review import MondayReview
from asana_intel.cli.demo_state import DemoState
from asana_intel.cli.output import JsonFlag, command, console, show_json
from asana_intel.cli.sandbox_process import SandboxProcess
from asana_intel.cli.setting_up import store_setup_plan
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import WEEK, monday_of
from asana_intel.errors import ConfigError
from asana_intel.settings import Mode, load_settings
from asana_intel.storage.postgres import Database

SCORE = BY_NAME["ai_priority_score"]
THEIR_SCORE = 99.0
REVIEWERS = ("demo-reviewer", "demo-lead")  # the second where a plan is large
_SIP_START = date(2008, 1, 1)
_OPEN_DATA = Path(__file__).parents[3] / "shared" / "data" / "worlds" / "sip"


@dataclass(frozen=True)
class Quarter:
    """A quarter of the world's calendar."""

    name: str
    start_on: date
    end_on: date

    def steps(self) -> list[datetime]:
        """When the clock stops: on its first noon, and every Monday evening."""
        # At noon: what was written since the quarter before was resolved, that morning, lies behind it.
        first = datetime.combine(self.start_on, time(12), UTC)
        monday = monday_of(self.start_on)
        mondays = (monday + n * WEEK for n in range(1, 15))
        evenings = [datetime.combine(day, time(20), UTC) for day in mondays if self.start_on < day <= self.end_on]
        return [first, *evenings]

    @property
    def resolved_at(self) -> datetime:
        """The morning after its last day, when the outcome of its goals is known."""
        return datetime.combine(self.end_on + timedelta(days=1), time(9), UTC)


@command
def demo(
    world: Annotated[
        Path | None,
        typer.Option(help="World to play; default: the open work history beside the repository, else a generated one."),
    ] = None,
    stops: Annotated[
        int | None, typer.Option(min=2, help="Stop the clock only this often, evenly spread; default: every week.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Play a quarter of a company: sync, forecast, explain, plan, approve, write back and score, week by week.

    Everything happens on this machine, against a local sandbox. Run it again, and the next quarter is played.
    """
    home = load_settings().home
    state = _state(home, world)
    quarter = _next_quarter(Path(state.world), state.played_until)
    with _sandbox(home, state, quarter) as (sandbox, bench):
        story = _Story(bench, sandbox, quiet=as_json)
        if quarter is not None:
            story.play(quarter, stops)
            state = state.model_copy(update={"clock_at": quarter.resolved_at, "played_until": quarter.end_on})
            state.save(home)
        summary = story.close(quarter)
    if as_json:
        show_json(summary)


def _state(home: Path, world: Path | None) -> DemoState:
    """The demo's memory, or a new one for the world that is to be played."""
    remembered = DemoState.load(home)
    if remembered is None and (home / "tables").exists():
        raise ConfigError(f"{home} holds another workspace already", fix="ASANA_INTEL_HOME=some/empty/folder")
    if remembered is not None and world is not None and Path(remembered.world) != world.absolute():
        raise ConfigError(
            f"{home} has played another world ({remembered.world})", fix="ASANA_INTEL_HOME=some/empty/folder"
        )
    if remembered is not None:
        return remembered
    if world is None:
        world = _OPEN_DATA if _OPEN_DATA.exists() else _generated_world(home)
    if not world.exists():
        raise ConfigError(f"There is no world at {world}", fix="asana-intel sandbox generate --out FOLDER")
    return DemoState(world=str(world.absolute()), clock_at=datetime.combine(_SIP_START, time(9), UTC))


def _generated_world(home: Path) -> Path:
    from asana_intel.sandbox.generate import generate_world

    folder = home / "demo" / "world"
    if not folder.exists():
        generate_world(
            folder, seed=7, people=24, projects=8, tasks=3600, goals=96, start_on=date(2024, 7, 1), weeks=104
        )
    return folder


def _next_quarter(world: Path, played_until: date | None) -> Quarter | None:
    """The quarter to play: after the last one played, else the first with a year of history before it."""
    quarters = _quarters(world)
    if played_until is not None:
        return next((q for q in quarters if q.start_on > played_until), None)
    wanted = _SIP_START if world == _OPEN_DATA else quarters[0].start_on + timedelta(days=365) if quarters else None
    found = next((q for q in quarters if wanted is not None and q.start_on >= wanted), None)
    if found is None:
        raise ConfigError(f"{world} has no quarter to play", fix="a world of at least 15 months, with time periods")
    return found


def _quarters(world: Path) -> list[Quarter]:
    packed, plain = world / "time_periods.jsonl.gz", world / "time_periods.jsonl"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes() if plain.exists() else b""
    records = [orjson.loads(line) for line in text.splitlines() if line.strip()]
    quarters = [
        Quarter(r["display_name"], date.fromisoformat(r["start_on"]), date.fromisoformat(r["end_on"]))
        for r in records
        if r["period"] in {"Q1", "Q2", "Q3", "Q4"}
    ]
    return sorted(quarters, key=lambda q: q.start_on)


@contextmanager
def _sandbox(home: Path, state: DemoState, quarter: Quarter | None) -> Iterator[tuple[SandboxProcess, Workbench]]:
    start = quarter.steps()[0] if quarter else state.clock_at
    journal = state.journal(home)
    journal.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    sandbox = SandboxProcess.start(Path(state.world), max(start, state.clock_at) if quarter is None else start, journal)
    try:
        os.environ.update(sandbox.environment())
        known = load_settings()
        asana = {**known.asana.model_dump(), "workspace_gid": None, "requests_per_minute": 1_000_000}
        fields = {**known.fields.model_dump(), "priority": True}
        yield sandbox, Workbench(load_settings(mode=Mode.propose, asana=asana, fields=fields))
    finally:
        sandbox.stop()


def _approve(database: Database, plan_id: str) -> None:
    """As many people as the plan needs."""
    for reviewer in REVIEWERS:
        if not approve(database, plan_id, reviewer, ledger_time(database)).needs_another:
            return


def _spread(steps: list[datetime], stops: int | None) -> list[datetime]:
    """`stops` of the steps at even distances, the first and the last among them."""
    if stops is None or stops >= len(steps):
        return steps
    return [steps[round(n * (len(steps) - 1) / (stops - 1))] for n in range(stops)]


class _Story:
    """The weeks of the demo and what is told about them."""

    def __init__(self, bench: Workbench, sandbox: SandboxProcess, *, quiet: bool) -> None:
        self._bench = bench
        self._sandbox = sandbox
        self._quiet = quiet
        self._monday = MondayReview(sandbox, bench.tables)
        self._written = 0
        self._scored: list[str] = []  # tasks whose score was written by the last plan
        self._theirs: str | None = None  # the task on which somebody disagreed

    def play(self, quarter: Quarter, stops: int | None) -> None:
        """Every step of the quarter, or as many as were asked for."""
        steps = _spread(quarter.steps(), stops)
        self._say(f"[bold]{quarter.name}[/bold], {quarter.start_on} to {quarter.end_on}, in {len(steps)} steps")
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True, disable=self._quiet) as progress:
            bar = progress.add_task("", total=len(steps) + 1)

            def tell(what: str) -> None:
                progress.update(bar, description=what)

            for number, at in enumerate(steps):
                self._week(at, is_first=number == 0, tell=tell)
                progress.advance(bar)
            tell("the quarter is over: resolve its goals, score what was said")
            self._sandbox.set_clock(quarter.resolved_at)
            self._bench.run_job("score_forecasts")
            progress.advance(bar)

    def _week(self, at: datetime, *, is_first: bool, tell: Callable[[str], None]) -> None:
        day, bench = f"{at:%d %b}", self._bench
        self._sandbox.set_clock(at)
        tell(f"{day}: sync, clean, model, forecast, explain, check, plan")
        bench.run_job("refresh_workspace", week_on=monday_of(at))
        if is_first and store_setup_plan(bench) is not None:
            tell(f"{day}: set up the fields that hold the results")
            self._review_and_apply()
            bench.run_job("refresh_workspace", week_on=monday_of(at))
        tell(f"{day}: review and write back")
        written = self._review_and_apply()
        self._say(f"  {day}  {self._odds(at)}   {written} changes reviewed and written")
        if self._theirs is None and self._scored:
            self._theirs = self._scored[0]
            self._sandbox.set_field(self._theirs, SCORE.label, THEIR_SCORE)
            self._say("           a person sets a score of their own on one task; it is theirs from now on")

    def _review_and_apply(self) -> int:
        """Approve every open plan as the demo's reviewer and apply it; returns how many rows were written."""
        database, written = self._bench.database, 0
        for plan in open_plans(database, ledger_time(database)):
            if any(row.decision == "pending" for row in plan.rows):
                _approve(database, plan.plan_id)
            self._tell(self._monday.before(load_plan(database, plan.plan_id)))
            self._bench.run_job("apply_approved_changes", config=apply_config(plan.plan_id))
            stored = load_plan(database, plan.plan_id)
            self._tell(self._monday.after(stored))
            written += done_rows(stored)
            self._scored = [row.target_gid for row in stored.rows if row.field == SCORE.name and row.state == "done"]
        self._written += written
        return written

    def _odds(self, at: datetime) -> str:
        rows = self._bench.tables.read("forecasts/goal_attainment", partition=monday_of(at)).filter(
            pl.col("status") == "assessed"
        )
        shown = [f"{100 * p:3.0f} %" for p in rows.sort("goal_gid")["p_attain"].head(8)]
        return "odds " + " ".join(shown) + (" …" if rows.height > len(shown) else "")

    def close(self, quarter: Quarter | None) -> dict:
        """Write the report and say what there is to look at."""
        from asana_intel.report.assets import report_path
        from asana_intel.report.audience import LEAD
        from asana_intel.report.inputs import inputs_of_week
        from asana_intel.report.render import write_report

        bench = self._bench
        scores = bench.tables.read("forecasts/forecast_scores")
        # The page of a finished quarter shows its last Monday, when its goals were still open.
        week_on = monday_of(quarter.end_on) if quarter else bench.latest_week()
        inputs = inputs_of_week(bench.tables, bench.database, bench.settings, week_on)
        path = write_report(report_path(bench.settings, week_on.isoformat()), inputs)
        # Nobody of the sandbox is a real person, so that all there is to see may be seen.
        for_leads = write_report(report_path(bench.settings, week_on.isoformat(), LEAD), inputs, LEAD)
        summary = {
            "quarter": quarter.name if quarter else None,
            "rows_written": self._written,
            "forecasts_scored": scores.height,
            "score_of_a_person_kept": self._is_kept(),
            "capacity_reviews": self._monday.reviews,
            "tasks_moved": self._monday.moved,
            "moves_left_to_people": self._monday.left,
            "brier": scores["brier"].mean(),
            "pace_rule_brier": scores["baseline_brier"].mean(),
            "report": str(path),
            "report_for_leads": str(for_leads),
        }
        self._tell_end(quarter, summary)
        return summary

    def _is_kept(self) -> bool | None:
        """Whether the score that a person set is still there; None where nobody set one."""
        return None if self._theirs is None else self._sandbox.field(self._theirs, SCORE.label) == THEIR_SCORE

    def _tell_end(self, quarter: Quarter | None, summary: dict) -> None:
        if quarter is None:
            self._say("Every quarter of this world has been played.")
        if summary["forecasts_scored"]:
            self._say(
                f"\nScored: {summary['forecasts_scored']} forecasts, Brier {summary['brier']:.3f}"
                f" (naive pace rule {summary['pace_rule_brier']:.3f}; lower is better)"
            )
        if summary["score_of_a_person_kept"] is not None:
            kept = "stands as they left it" if summary["score_of_a_person_kept"] else "[red]was overwritten[/red]"
            self._say(f"The score that a person set {kept}")
        if summary["tasks_moved"] or summary["capacity_reviews"]:
            self._say(
                f"Overload: {summary['capacity_reviews']} reviews for managers, {summary['tasks_moved']} tasks moved,"
                f" {len(summary['moves_left_to_people'])} left to a person who was first"
            )
        self._say(f"Written to the sandbox: {summary['rows_written']} changes, each approved by people")
        self._say(f"Report: [bold]{summary['report']}[/bold]")
        self._say(f"The same for leads, with each person's weeks: [bold]{summary['report_for_leads']}[/bold]")
        self._say("Next: `make up` opens Dagster on what the demo left; `make demo` again plays the next quarter.")
        self._say(
            "New work in mind? `asana-intel initiative FILE` says what it would do to all this; it writes nothing."
        )

    def _tell(self, lines: list[str]) -> None:
        for line in lines:
            self._say(f"           {escape(line)}")

    def _say(self, text: str) -> None:
        if not self._quiet:
            console.print(text)


def done_rows(plan: StoredPlan) -> int:
    """Rows of a plan that were written and verified."""
    return sum(row.state == "done" for row in plan.rows)

"""What the report is made from: reads tables and ledger up to one week, and nothing later. No arranging here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from asana_intel.clock import end_of_week
from asana_intel.report.insights import InsightFrames, collect_insights, no_insights
from asana_intel.report.ledger import LedgerRows, read_ledger
from asana_intel.settings import Settings
from asana_intel.storage.naming import gids_in, gids_of, names_of_options
from asana_intel.storage.postgres import Database
from asana_intel.storage.scenarios import SavedScenario, saved_scenarios
from asana_intel.storage.tables import TableStore
from asana_intel.workload.groups import circles_of
from asana_intel.workload.load import OVERLOADS

GHOST_WEEKS = 8
SCENARIOS_SHOWN = 4
_WEEKLY = (
    "forecasts/goal_attainment",
    "forecasts/person_capacity",
    "forecasts/person_load",
    "forecasts/load_causes",
    "narratives/goal_progress",
    "changes/plan",
)
_NARRATIVES = {
    "portfolio_reports": "narratives/portfolio_report",
    "alignment_notes": "narratives/alignment_notes",
    "retrospectives": "narratives/quarter_retrospective",
    "capacity_causes": "narratives/capacity_causes",
    "sentences": "narratives/sentences",
    "facts": "narratives/facts",
    "tone_trend": "narratives/tone_trend",
    "urgency": "narratives/urgency",
}


@dataclass(frozen=True)
class ReportInputs:
    """Frames by section, all typed by their contracts; any of them may be empty.

    Args:
        workspace_name: Name of the workspace in Asana.
        as_of_on: Monday of the week the report shows; None while nothing was computed.
        as_of_at: Last instant that week's forecasts know anything of.
        mode: observe, shadow, propose or auto.
        attainment: forecasts/goal_attainment, all weeks up to `as_of_on`.
        trajectory: forecasts/goal_trajectory, the last eight weeks up to `as_of_on`.
        goals: marts/dim_goal.
        shared_goals: staging/goals that everybody in the workspace may read; what goes to many names no other.
        progress: marts/fct_goal_progress_weekly up to `as_of_on`.
        narratives: narratives/goal_progress of the week.
        portfolio_reports: narratives/portfolio_report of the week.
        alignment_notes: narratives/alignment_notes of the week.
        retrospectives: narratives/quarter_retrospective of the week.
        capacity_causes: narratives/capacity_causes of the week.
        sentences: narratives/sentences of the week.
        facts: narratives/facts of the week.
        tone_trend: narratives/tone_trend of the week.
        urgency: narratives/urgency of the week.
        drivers: forecasts/goal_drivers of the week.
        anomalies: forecasts/goal_anomalies of the week.
        capacity: forecasts/person_capacity of the week.
        load: forecasts/person_load of the week.
        load_causes: forecasts/load_causes of the week.
        tasks: staging/tasks, those that `load_causes` or `sentences` name.
        people: marts/dim_person.
        teams: staging/teams.
        portfolios: staging/portfolios.
        projects: marts/dim_project.
        project_health: marts/fct_project_health.
        plan: changes/plan of the week.
        scores: forecasts/forecast_scores of goals that were due by `as_of_on`.
        replayed: forecasts/replay_scores, likewise.
        warnings: forecasts/early_warnings.
        alerts: forecasts/overload_alerts.
        verdicts: forecasts/model_verdicts.
        readiness: marts/fct_data_readiness.
        quarantine: Rejected records counted by `table_name`, `field`, `reason` (column `records`).
        ledger: Plans, decisions, receipts and syncs from PostgreSQL.
        insights: Priority, triage, sprints and portfolio of the week.
        scenarios: The newest that were kept, of the week or before.
        options: Gid -> name of the options of fields that plans and receipts set.
        circles: Whose figures each manager may see one by one, themselves included.
        overload_above: Load over availability that moves are to mend.
        holders: Who has had each task whose dates or edits the plans speak of, since the first of these plans.
        proposed_moves: Tasks that the week's plan moves so that no week is too full.
        waiting_moves: Moves that it left for later weeks: all others that could be written.
        made_for: In words, for whom the report is made; see audience.py.
    """

    workspace_name: str
    as_of_on: date | None
    as_of_at: datetime | None
    mode: str
    attainment: pl.DataFrame
    trajectory: pl.DataFrame
    goals: pl.DataFrame
    shared_goals: pl.DataFrame
    progress: pl.DataFrame
    narratives: pl.DataFrame
    portfolio_reports: pl.DataFrame
    alignment_notes: pl.DataFrame
    retrospectives: pl.DataFrame
    capacity_causes: pl.DataFrame
    sentences: pl.DataFrame
    facts: pl.DataFrame
    tone_trend: pl.DataFrame
    urgency: pl.DataFrame
    drivers: pl.DataFrame
    anomalies: pl.DataFrame
    capacity: pl.DataFrame
    load: pl.DataFrame
    load_causes: pl.DataFrame
    tasks: pl.DataFrame
    people: pl.DataFrame
    teams: pl.DataFrame
    portfolios: pl.DataFrame
    projects: pl.DataFrame
    project_health: pl.DataFrame
    plan: pl.DataFrame
    scores: pl.DataFrame
    replayed: pl.DataFrame
    warnings: pl.DataFrame
    alerts: pl.DataFrame
    verdicts: pl.DataFrame
    readiness: pl.DataFrame
    quarantine: pl.DataFrame
    ledger: LedgerRows
    insights: InsightFrames = field(default_factory=no_insights)
    scenarios: tuple[SavedScenario, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict[str, str])
    circles: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    overload_above: float = OVERLOADS[0]
    holders: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    proposed_moves: frozenset[str] = frozenset()
    waiting_moves: int = 0
    made_for: str = ""

    @property
    def attainment_now(self) -> pl.DataFrame:
        """Rows of `attainment` that belong to the report's week."""
        return _in_week(self.attainment, self.as_of_on)


def inputs_of_week(
    tables: TableStore, database: Database | None, settings: Settings, week_on: date | None
) -> ReportInputs:
    """Read everything the report of a week shows, as the settings have it."""
    return collect_inputs(
        tables,
        database,
        as_of_on=week_on,
        mode=settings.mode.value,
        managers=settings.capacity.managers,
        overload_above=settings.forecast.overload_above,
    )


def collect_inputs(
    tables: TableStore,
    database: Database | None,
    *,
    as_of_on: date | None = None,
    mode: str,
    managers: Mapping[str, str] | None = None,
    overload_above: float = OVERLOADS[0],
) -> ReportInputs:
    """Read everything the report shows.

    Args:
        tables: The Delta tables; tables that do not exist yet count as empty.
        database: The ledger; None leaves out decisions, receipts and syncs.
        as_of_on: Monday of the week to show; None = the newest week anything was computed for.
        mode: Mode the product runs in, shown as a badge.
        managers: Person or team gid -> gid of their manager.
        overload_above: Load over availability that counts as overload, of the settings.
    """
    weekly = {key: tables.read(key) for key in _WEEKLY}
    week_on = as_of_on or _newest_week(list(weekly.values()))
    this_week = {key: _in_week(frame, week_on) for key, frame in weekly.items()}
    causes = this_week["forecasts/load_causes"]
    told = {name: _in_week(tables.read(key), week_on) for name, key in _NARRATIVES.items()}
    ledger = read_ledger(database)
    people, memberships = tables.read("marts/dim_person"), tables.read("staging/team_memberships")
    progress = _up_to(tables.read("marts/fct_goal_progress_weekly"), "week_on", week_on)
    changed = _changed_gids(ledger, this_week["changes/plan"])
    insights = collect_insights(tables, database, week_on, changed)
    proposed, waiting = _moves_of_plan(this_week["changes/plan"], insights.moves)
    return ReportInputs(
        workspace_name=_workspace_name(tables, ledger),
        as_of_on=week_on,
        as_of_at=_newest_instant(list(this_week.values())),
        mode=mode,
        attainment=_up_to(weekly["forecasts/goal_attainment"], "as_of_on", week_on),
        trajectory=_recent(tables.read("forecasts/goal_trajectory"), week_on),
        goals=_with_status_of_then(tables.read("marts/dim_goal"), progress),
        shared_goals=tables.read("staging/goals").filter(pl.col("privacy_setting") == "public_to_workspace"),
        progress=progress,
        narratives=this_week["narratives/goal_progress"],
        **told,
        drivers=_in_week(tables.read("forecasts/goal_drivers"), week_on),
        anomalies=_in_week(tables.read("forecasts/goal_anomalies"), week_on),
        capacity=this_week["forecasts/person_capacity"],
        load=this_week["forecasts/person_load"],
        load_causes=causes,
        tasks=_named_tasks(tables, causes, told["sentences"]),
        people=people,
        teams=tables.read("staging/teams"),
        portfolios=tables.read("staging/portfolios"),
        projects=tables.read("marts/dim_project"),
        project_health=tables.read("marts/fct_project_health"),
        plan=this_week["changes/plan"],
        scores=_due_by(tables.read("forecasts/forecast_scores"), week_on),
        replayed=_due_by(tables.read("forecasts/replay_scores"), week_on),
        warnings=tables.read("forecasts/early_warnings"),
        alerts=tables.read("forecasts/overload_alerts"),
        verdicts=tables.read("forecasts/model_verdicts"),
        readiness=tables.read("marts/fct_data_readiness"),
        quarantine=_counted(tables.read("staging/quarantine")),
        insights=insights,
        options=names_of_options(tables, changed),
        scenarios=_scenarios(database, week_on),
        ledger=ledger,
        circles=circles_of(people, managers or {}, memberships),
        holders=_holders(tables, ledger, this_week["changes/plan"]),
        proposed_moves=proposed,
        waiting_moves=waiting,
        overload_above=overload_above,
        made_for="",
    )


def _changed_gids(ledger: LedgerRows, plan: pl.DataFrame) -> set[str]:
    """What changes are about: their objects, the evidence for them, and what their values refer to."""
    targets = {row.target_gid for row in ledger.left} | set(plan["target_gid"])
    evidence = {gid for row in ledger.rows for gid in row.evidence_gids or ()} | set(plan["evidence_gids"].explode())
    planned = gids_in([*plan["old_value"], *plan["new_value"]])
    return targets | (evidence - {None}) | planned | gids_of([*ledger.rows, *ledger.receipts])


def _scenarios(database: Database | None, week_on: date | None) -> tuple[SavedScenario, ...]:
    """The newest scenarios of the week or before."""
    kept = [] if database is None else saved_scenarios(database)
    return tuple(one for one in kept if week_on is None or one.as_of_on <= week_on)[:SCENARIOS_SHOWN]


def _moves_of_plan(plan: pl.DataFrame, moves: pl.DataFrame) -> tuple[frozenset[str], int]:
    """Tasks that the plan moves, and how many other moves might be written: of a split nothing is."""
    of_moves = plan.filter(pl.col("made_by") == "rebalance_moves")["target_gid"].unique()
    could_be = moves.filter("is_public", pl.col("kind") != "split")
    return frozenset(of_moves), could_be.filter(~pl.col("task_gid").is_in(of_moves.implode())).height


def _holders(tables: TableStore, ledger: LedgerRows, plan: pl.DataFrame) -> dict[str, frozenset[str]]:
    """People who have or had the tasks of all changes, since the first week of the plans."""
    of_tasks = [row.target_gid for row in (*ledger.rows, *ledger.receipts) if row.target_type == "task"]
    gids = {*of_tasks, *plan.filter(pl.col("target_type") == "task")["target_gid"]}
    weeks = [*(kept.as_of_on for kept in ledger.plans), *plan["as_of_on"].unique()]
    if not gids or not weeks:
        return {}
    held = (
        tables.scan("staging/task_assignee_intervals")
        .filter(pl.col("task_gid").is_in(sorted(gids)), pl.col("assignee_gid").is_not_null())
        .filter(pl.col("valid_to").is_null() | (pl.col("valid_to").dt.date() >= min(weeks)))
        .group_by("task_gid")
        .agg("assignee_gid")
        .collect()
    )
    return {gid: frozenset(people) for gid, people in held.sort("task_gid").iter_rows()}


def _named_tasks(tables: TableStore, causes: pl.DataFrame, sentences: pl.DataFrame) -> pl.DataFrame:
    proofs = sentences.select(task_gid=pl.col("source_gids").explode()).drop_nulls()
    wanted = pl.concat([causes.select("task_gid"), proofs]).unique()
    return tables.scan("staging/tasks").join(wanted.lazy(), on="task_gid", how="semi").collect()


def _with_status_of_then(goals: pl.DataFrame, progress: pl.DataFrame) -> pl.DataFrame:
    """Goals with the status they had in Asana in the week shown, where a snapshot of then tells it."""
    then = progress.sort("week_on").group_by("goal_gid").agg(status_then=pl.col("status").last())
    known = goals.join(then, on="goal_gid", how="left", maintain_order="left")
    return known.with_columns(status=pl.coalesce("status_then", "status")).drop("status_then")


def _newest_week(frames: list[pl.DataFrame]) -> date | None:
    weeks = [frame["as_of_on"].max() for frame in frames if frame.height]
    return max((w for w in weeks if isinstance(w, date)), default=None)


def _newest_instant(frames: list[pl.DataFrame]) -> datetime | None:
    instants = [frame["as_of_at"].max() for frame in frames if frame.height]
    return max((i for i in instants if isinstance(i, datetime)), default=None)


def _in_week(frame: pl.DataFrame, week_on: date | None) -> pl.DataFrame:
    return frame.filter(pl.col("as_of_on") == week_on) if week_on else frame.clear()


def _up_to(frame: pl.DataFrame, column: str, week_on: date | None) -> pl.DataFrame:
    return frame.filter(pl.col(column) <= week_on) if week_on else frame


def _recent(trajectory: pl.DataFrame, week_on: date | None) -> pl.DataFrame:
    if week_on is None:
        return trajectory.clear()
    return trajectory.filter(pl.col("as_of_on").is_between(week_on - timedelta(weeks=GHOST_WEEKS - 1), week_on))


def _due_by(scores: pl.DataFrame, week_on: date | None) -> pl.DataFrame:
    """Scores whose outcome was known by the end of the week; a page for a past week shows no later outcome."""
    if week_on is None:
        return scores
    resolved_on = pl.col("as_of_on") + pl.duration(weeks=pl.col("weeks_ahead"))
    return scores.filter(resolved_on <= end_of_week(week_on).date())


def _counted(quarantine: pl.DataFrame) -> pl.DataFrame:
    by = ["table_name", "field", "reason"]
    return (
        quarantine.group_by(by).agg(pl.len().alias("records")).sort(["records", *by], descending=[True, *[False] * 3])
    )


def _workspace_name(tables: TableStore, ledger: LedgerRows) -> str:
    names = tables.read("raw/workspaces").filter(pl.col("deleted_at").is_null(), pl.col("name").is_not_null())
    if names.height > 1 and ledger.syncs:
        names = names.filter(pl.col("gid") == ledger.syncs[0].workspace_gid)
    return names["name"][0] if names.height == 1 else "Asana workspace"

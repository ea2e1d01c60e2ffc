"""Commands that say how good the forecasts were: scoreboard and replay."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import WEEK
from asana_intel.errors import PermanentError
from asana_intel.settings import load_settings

_SHOWN = (
    "elapsed", "n", "goals", "brier", "pace_rule_brier", "skill", "owner_brier", "log_loss", "crps", "coverage_80",
    "calibration_error",
)  # fmt: skip
_SUGGESTED = ("capability", "label", "suggested", "decided", "accuracy", "baseline", "adoption")
_SUGGESTED_TITLE = "Suggestions: how often right, beside a naive guess, and how many were taken"
_PEOPLE_TITLE = "People's weeks, hours: ours and the mean of the eight before"


@command
def scoreboard(as_json: JsonFlag = False) -> None:
    """How past forecasts turned out, beside the pace rule and the owners' own status; and whether any was altered."""
    from asana_intel.forecasts import ledger
    from asana_intel.forecasts.early_warning import alerts_in_words

    bench = Workbench()
    scores = bench.tables.read("forecasts/forecast_scores")
    weeks = bench.tables.read("forecasts/capacity_scores")
    suggested = _suggestions(bench.tables.read("insights/suggestion_scores"))
    heads = {chain.table: chain.head(bench.database) for chain in (ledger.GOALS, ledger.PEOPLE)}
    changed = {chain.table: chain.changed_rows(bench.database) for chain in (ledger.GOALS, ledger.PEOPLE)}
    if as_json:
        show_json(
            {**_summary(scores), "weeks": _weeks(weeks).to_dicts(), "suggestions": suggested.to_dicts(),
             "changed_rows": changed, "heads": heads}
        )  # fmt: skip
    elif scores.is_empty():
        console.print("No forecast of a goal has met its outcome yet; scores come when goals pass their due date.")
    else:
        _show(scores, "Forecasts scored, by share of the goal's time that had gone")
    if weeks.height and not as_json:
        show_frame(_weeks(weeks), as_json=False, title=_PEOPLE_TITLE)
    alerts = bench.tables.read("forecasts/overload_alerts")
    if alerts.height and not as_json:
        show_frame(alerts, as_json=False, title="Alerts of overload (above 110 %), by weeks ahead")
        console.print(alerts_in_words(alerts))
    if suggested.height and not as_json:
        show_frame(suggested.select(_SUGGESTED), as_json=False, title=_SUGGESTED_TITLE)
    for table, ids in changed.items():
        if ids:
            raise PermanentError(
                f"{len(ids)} rows of {table} are not as they were frozen, the first of them #{ids[0]}",
                fix=f"compare the table {table} with a backup; scores from altered rows mean nothing",
            )
    for table, head in heads.items():
        if head and not as_json:
            console.print(f"{table} is unbroken; its head is {head}")


@command
def replay(
    weeks: Annotated[int, typer.Option(min=1, max=520, help="How many weeks back from the last sync.")] = 12,
    as_json: JsonFlag = False,
) -> None:
    """Rebuild the forecasts of past weeks, each from what was known then, and score them. Needs no token."""
    bench = Workbench(load_settings().without_credentials(), offline=True)
    last = bench.latest_week()
    first = last - weeks * WEEK
    with console.status(f"Replaying {weeks} weeks from {first} …"):
        bench.run_job("replay_odds", weeks=(first, last - WEEK))
        bench.run_job("score_replay")
        people = _weeks(_replayed_people(bench, _mondays(first, last)))
    scores = bench.tables.read("forecasts/replay_scores").filter(pl.col("as_of_on") >= first)
    if as_json:
        mondays = [monday.isoformat() for monday in _mondays(first, last)]
        show_json({"weeks": mondays, **_summary(scores), "people": people.to_dicts()})
        return
    console.print(f"Replayed {weeks} weeks, {first} to {last - WEEK}")
    if scores.is_empty():
        console.print("None of these forecasts has met its outcome yet.")
    else:
        _show(scores, "Replayed forecasts scored, by share of the goal's time that had gone")
    if people.height:
        show_frame(people, as_json=False, title=f"Replayed. {_PEOPLE_TITLE}")


def _mondays(first: date, until: date) -> list[date]:
    return [first + ahead * WEEK for ahead in range((until - first).days // 7)]


def _replayed_people(bench: Workbench, mondays: list[date]) -> pl.DataFrame:
    from asana_intel.forecasts.people_replay import replay_people
    from asana_intel.storage.sync_log import require_last_sync

    return replay_people(
        bench.tables.read("marts/fct_person_load_weekly"),
        bench.tables.read("staging/team_memberships"),
        mondays,
        require_last_sync(bench.database).synced_at,
        bench.settings.forecast,
    )


def _summary(scores: pl.DataFrame) -> dict:
    from asana_intel.forecasts.champion import judge
    from asana_intel.forecasts.early_warning import judge_warnings

    return {
        "scores": _figures(scores).to_dicts(),
        "warnings": [asdict(warned) for warned in judge_warnings(scores)],
        "models": [asdict(verdict) for verdict in judge(scores)],
    }


def _figures(scores: pl.DataFrame) -> pl.DataFrame:
    from asana_intel.forecasts.scoring import summarise_scores

    summary = summarise_scores(scores.with_columns(pl.col("elapsed_pct") * 100)).filter(pl.col("method") == "all")
    near = pl.format("about {} %", "elapsed_pct").fill_null("all")
    return summary.rename({"baseline_brier": "pace_rule_brier"}).with_columns(elapsed=near)


def _weeks(scores: pl.DataFrame) -> pl.DataFrame:
    """All people together; one person's figures are nobody's business here."""
    ahead = pl.col("weeks_ahead").cast(pl.String).fill_null("total")
    return (
        scores.group_by(weeks_ahead=ahead)
        .agg(
            pl.len().alias("n"),
            pl.col("person_gid").n_unique().alias("people"),
            pl.mean("crps"),
            pl.mean("baseline_crps").alias("mean_of_8_crps"),
            pl.mean("abs_error"),  # of the median: what the single number of the mean of eight compares with
            pl.col("in_80_band").mean().alias("coverage_80"),
        )
        .sort("weeks_ahead")
    )


def _suggestions(scores: pl.DataFrame) -> pl.DataFrame:
    """Those of the newest week that has any."""
    return scores.filter(pl.col("as_of_on") == pl.col("as_of_on").max()).sort("capability", "label")


def _show(scores: pl.DataFrame, title: str) -> None:
    from asana_intel.forecasts.champion import judge
    from asana_intel.forecasts.early_warning import in_words, judge_warnings

    show_frame(_figures(scores).select(_SHOWN), as_json=False, title=title)
    console.print(in_words(judge_warnings(scores)))
    for verdict in judge(scores):
        if verdict.is_off:
            console.print(f"[yellow]switched off[/yellow] {escape(verdict.reason)}")

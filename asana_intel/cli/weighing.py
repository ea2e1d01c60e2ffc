"""The command initiative: what new work would do to load, dates, projects and goals. It writes nothing anywhere."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.insight_tables import names, week_of, with_name
from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench

if TYPE_CHECKING:
    from asana_intel.insights.portfolio.weighing import Weighed

Row = dict[str, Any]
_SCENARIOS = {
    "now": "start as wanted",
    "after_sprint": "after this sprint",
    "in_4_weeks": "4 weeks later",
    "in_8_weeks": "8 weeks later",
    "half_time": "half of all free time",
    "one_more": "one more person",
}


@command
def initiative(
    file: Annotated[Path, typer.Argument(help="CSV or JSON file, or a folder of them; columns: docs/priority.md.")],
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Weigh new initiatives against the work there is, in six scenarios, before anybody plans them. Writes nothing."""
    from asana_intel.insights.portfolio.initiative_file import read_initiatives
    from asana_intel.insights.portfolio.weighing import gather, weigh

    asked = read_initiatives(file)
    bench = Workbench()
    week_on = week_wanted(bench, week)
    as_of = week_of(bench, "forecasts/person_load", week_on)["as_of_at"][0]
    ground = gather(
        cache(bench.tables.read), lambda key: bench.tables.read(key, partition=week_on), as_of, bench.settings
    )
    shown = [(one.name, _named(bench, weigh(one, ground, as_of, bench.settings))) for one in asked]
    if as_json:
        show_json([{"initiative": name} | {part: frame.to_dicts() for part, frame in parts.items()}
                   for name, parts in shown])  # fmt: skip
        return
    for name, parts in shown:
        _show(name, parts)


def _named(bench: Workbench, weighed: "Weighed") -> dict[str, pl.DataFrame]:
    """Its frames, with names beside gids."""
    goals, outlook = names(bench, "marts/dim_goal", "goal_gid"), weighed.outlook.drop("initiative", "position")
    return {
        "scenarios": outlook,
        "teams": with_name(weighed.teams, names(bench, "staging/teams", "team_gid"), "team_gid", "team"),
        "projects": with_name(
            weighed.projects, names(bench, "marts/dim_project", "project_gid"), "project_gid", "project"
        ),
        "goals": with_name(weighed.goals, goals, "goal_gid", "goal"),
    }


def _show(name: str, parts: dict[str, pl.DataFrame]) -> None:
    first = parts["scenarios"].row(0, named=True)
    console.print(f"\n[bold]{escape(name)}[/bold]  {first['hours']:,.0f} h, wanted by {first['due_on']}")
    console.print(
        f"  Score {first['score']:.0f} of 100: value {first['value']:.0f}, risk {first['risk']:.0%}. "
        f"[dim]{escape(first['why'])}[/dim]"
    )
    table = parts["scenarios"].select(
        _scenario(),
        pl.col("starts_on").alias("start"),
        pl.col("finish_on").alias("end"),
        pl.format("{} to {}", _day("finish_p10_on"), _day("finish_p90_on")).alias("8 in 10"),
        _percent("p_in_time", "odds in time"),
        _percent("fit", "fits"),
        pl.col("displaced_hours").round(0).alias("hours put off"),
        "reason",
    )
    show_frame(table, as_json=False)
    if first["p_in_time"] is None:
        console.print("  [dim]No odds: fewer than 30 finished tasks have an estimate and hours.[/dim]")
    _show_teams(parts["teams"])
    if parts["projects"].height:
        columns = [_scenario(), "project", "tasks", pl.col("hours").round(0), pl.col("wait_days").alias("days later")]
        show_frame(parts["projects"].select(columns), as_json=False, title="Put off, if it has to be in time")
    if parts["goals"].height:
        odds = [_percent("odds_before", "odds now"), _percent("odds_after", "odds then")]
        columns = [_scenario(), "goal", *odds, pl.col("reason").fill_null("")]
        show_frame(parts["goals"].select(columns), as_json=False, title="Goals")


def _show_teams(teams: pl.DataFrame) -> None:
    """Weeks of the first scenario; the others are in the JSON."""
    now = teams.filter(pl.col("scenario") == "now").sort("team", "team_gid", "week_on")
    if now.is_empty():
        console.print("  [dim]No team of five people or more has a part in it.[/dim]")
        return
    columns = [
        "team",
        pl.col("week_on").alias("week"),
        pl.col("hours").round(0),
        _percent("load_before", "load now"),
        _percent("load_after", "load then"),
    ]
    show_frame(now.select(columns), as_json=False, title="Load of teams, started as wanted and in time")


def _scenario() -> pl.Expr:
    return pl.col("scenario").replace(_SCENARIOS)


def _day(column: str) -> pl.Expr:
    return pl.col(column).dt.strftime("%-d %b").fill_null("?")


def _percent(column: str, name: str) -> pl.Expr:
    return pl.format("{} %", (100 * pl.col(column)).round(0).cast(pl.Int64)).alias(name)

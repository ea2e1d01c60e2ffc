"""The commands sprint and retro: the next sprint that is proposed, and what the last one brought. They plan nothing."""

from typing import Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.insight_tables import chosen, names, task_names, week_of, with_name
from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError

Row = dict[str, Any]
TeamArgument = Annotated[str | None, typer.Argument(help="Gid or name of a team; default: all.")]
sprint_app = typer.Typer(help="The next sprint that is proposed for each team.", no_args_is_help=True)
_OUT_SHOWN = 10
_BAR = 24


@sprint_app.callback()
def sprint() -> None:
    """The next sprint that is proposed for each team. Writes nothing."""


@sprint_app.command("propose")
@command
def propose(team: TeamArgument = None, week: WeekOption = None, as_json: JsonFlag = False) -> None:
    """The best tasks for each team's time, what nearly made it and why, and odds of finishing. Writes nothing."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    teams = names(bench, "staging/teams", "team_gid")
    gids = chosen(teams, team, "team") if team else None
    proposal = _of(week_of(bench, "insights/sprint_proposal", week_on), gids)
    capacity = _of(bench.tables.read("insights/sprint_capacity", partition=week_on), gids)
    outlook = _of(bench.tables.read("insights/sprint_outlook", partition=week_on), gids)
    people = names(bench, "marts/dim_person", "person_gid")
    proposal = with_name(proposal, task_names(bench, proposal["task_gid"]), "task_gid", "task")
    proposal = with_name(proposal, people, "person_gid", "person").sort("team_gid", "score", descending=[False, True])
    capacity = with_name(capacity, people, "person_gid", "person").sort("team_gid", "person")
    if as_json:
        show_json({"tasks": proposal.to_dicts(), "capacity": capacity.to_dicts(), "outlook": outlook.to_dicts()})
        return
    known = dict(teams.iter_rows())
    for gid in sorted(proposal["team_gid"].unique(), key=lambda gid: known.get(gid, gid)):
        mine = pl.col("team_gid") == gid
        _show_team(known.get(gid, gid), proposal.filter(mine), capacity.filter(mine), outlook.filter(mine).to_dicts())


@command
def retro(team: TeamArgument = None, week: WeekOption = None, as_json: JsonFlag = False) -> None:
    """What each team's last sprint promised and brought, how estimates held, and why work rolled over."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    teams = names(bench, "staging/teams", "team_gid")
    ended = bench.tables.read("insights/sprint_retro").filter(pl.col("as_of_on") <= week_on)
    last = _of(ended, chosen(teams, team, "team") if team else None)
    if last.is_empty():
        raise ConfigError(f"No sprint has ended by the week of {week_on}", fix="run `asana-intel forecast`")
    last = last.sort("team_gid", "as_of_on", "ends_on", "sprint").unique("team_gid", keep="last", maintain_order=True)
    last = with_name(last, teams, "team_gid", "team").sort("team", "team_gid")
    tasks = bench.tables.read("insights/sprint_retro_tasks").join(
        last, on=["as_of_on", "team_gid", "sprint"], how="semi"
    )
    tasks = with_name(tasks, task_names(bench, tasks["task_gid"]), "task_gid", "task").drop("person_gid")
    if as_json:
        show_json({"sprints": last.to_dicts(), "tasks": tasks.to_dicts()})
        return
    for row in last.iter_rows(named=True):
        _show_retro(row, tasks.filter(pl.col("team_gid") == row["team_gid"]))


def _of(frame: pl.DataFrame, gids: list[str] | None) -> pl.DataFrame:
    return frame if gids is None else frame.filter(pl.col("team_gid").is_in(gids))


def _show_team(name: str, tasks: pl.DataFrame, capacity: pl.DataFrame, outlook: list[Row]) -> None:
    first = tasks.row(0, named=True)
    console.print(f"\n[bold]{escape(name)}[/bold]  {first['starts_on']} to {first['ends_on']}")
    for row in outlook:
        best = "proven best" if row["is_proven"] else f"within {row['gap']:.1%} of the best"
        odds = f"odds that all is finished {row['p_all']:.0%}, 85 % of the hours {row['p_85']:.0%}"
        console.print(f"  {row['tasks']} tasks, {row['hours']:.0f} h; {odds}; {best}")
    for row in capacity.iter_rows(named=True):
        words = (
            f"{row['committed_hours']:.0f} h committed, {row['proposed_hours']:.0f} h proposed of"
            f" {row['available_hours']:.0f} h"
        )
        console.print(f"  {_bar(row)} {escape(row['person'])}  [dim]{words}[/dim]")
    columns = ["task", "person", pl.col("hours").round(1), pl.col("score").round(0), "reason"]
    inside, outside = tasks.filter("is_in"), tasks.filter(~pl.col("is_in"))
    show_frame(inside.select(columns), as_json=False, title="In")
    if outside.height:
        show_frame(outside.head(_OUT_SHOWN).select(columns), as_json=False, title="Nearly made it")
    if outside.height > _OUT_SHOWN:
        console.print(f"[dim]{_OUT_SHOWN} of {outside.height} shown; all with --json.[/dim]")


def _bar(row: Row) -> str:
    """Committed and proposed hours of those available; what is more than there is makes the bar full."""
    length = max(row["available_hours"], row["committed_hours"] + row["proposed_hours"]) or 1.0
    committed = round(_BAR * row["committed_hours"] / length)
    proposed = round(_BAR * (row["committed_hours"] + row["proposed_hours"]) / length) - committed
    return f"[white]{'█' * committed}[/][blue]{'█' * proposed}[/][dim]{'░' * (_BAR - committed - proposed)}[/dim]"


def _show_retro(row: Row, tasks: pl.DataFrame) -> None:
    console.print(
        f"\n[bold]{escape(row['team'])}[/bold]  {escape(row['sprint'])}, {row['starts_on']} to {row['ends_on']}"
    )
    console.print(
        f"  {row['committed_tasks'] - row['rolled_tasks']} of {row['committed_tasks']} committed tasks done,"
        f" {row['rolled_tasks']} rolled over; {row['added_tasks']} came after the start,"
        f" {row['done_tasks']} done in all"
    )
    if row["estimate_ratio"] is not None:
        console.print(
            f"  Half of {row['estimated_tasks']} tasks took more than {row['estimate_ratio']:.2f} times the estimate"
        )
    if row["bottleneck"]:
        waited = "" if row["bottleneck_hours"] is None else f", a median of {row['bottleneck_hours']:.0f} h"
        console.print(f"  Work waited longest in {escape(row['bottleneck'])}{waited}")
    if row["themes"]:
        console.print(f"  Comments spoke of {escape(', '.join(row['themes']))}")
    if row["reason"]:
        console.print(f"  [dim]{escape(row['reason'])}[/dim]")
    rolled = tasks.filter("was_committed", ~pl.col("was_done")).sort("cause", "task", nulls_last=True)
    if rolled.height:
        columns = ["task", "cause", pl.col("estimated_hours").round(1), pl.col("actual_hours").round(1)]
        show_frame(rolled.select(columns), as_json=False, title="Rolled over")

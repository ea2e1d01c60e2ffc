"""The command rebalance: the fewest moves that mend the next weeks, and what they leave. It computes nothing."""

from datetime import date
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.insight_tables import chosen, names, task_names, week_of, with_name
from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench

TeamOption = Annotated[str | None, typer.Option(help="Gid or name of a team; default: all.")]
_WEEKS_SHOWN = 4


@command
def rebalance(team: TeamOption = None, week: WeekOption = None, as_json: JsonFlag = False) -> None:
    """Whose next weeks are too full, the fewest moves that mend them, and what cannot be mended. Moves nothing."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    weeks = week_of(bench, "insights/rebalance_weeks", week_on)
    moves = bench.tables.read("insights/rebalance_moves", partition=week_on).sort("rank")
    limits = bench.tables.read("insights/rebalance_limits", partition=week_on)
    if team:
        members = _members(bench, team)
        weeks, limits = (frame.filter(pl.col("person_gid").is_in(members)) for frame in (weeks, limits))
        moves = moves.filter(pl.any_horizontal(pl.col(*_PEOPLE).is_in(members)))
    people = names(bench, "marts/dim_person", "person_gid")
    moves = with_name(moves, task_names(bench, moves["task_gid"]), "task_gid", "task")
    for gid, name in zip(_PEOPLE, ("from", "to", "relieved"), strict=True):
        moves = with_name(moves, people, gid, name)
    weeks, limits = (with_name(frame, people, "person_gid", "person") for frame in (weeks, limits))
    if as_json:
        show_json({"weeks": weeks.to_dicts(), "moves": moves.to_dicts(), "limits": limits.to_dicts()})
        return
    _show(week_on, weeks, moves, limits)


_PEOPLE = ("from_person_gid", "to_person_gid", "relieved_person_gid")


def _members(bench: Workbench, team: str) -> list[str]:
    gids = chosen(names(bench, "staging/teams", "team_gid"), team, "team")
    memberships = bench.tables.read("staging/team_memberships").filter(pl.col("team_gid").is_in(gids))
    return memberships["person_gid"].unique().sort().to_list()


def _show(week_on: date, weeks: pl.DataFrame, moves: pl.DataFrame, limits: pl.DataFrame) -> None:
    stuck = limits.select("person_gid").unique()
    concerned = weeks.filter(pl.col("is_touched") | pl.col("person_gid").is_in(stuck["person_gid"].implode()))
    if concerned.is_empty():
        console.print(f"Nobody's next weeks are too full in the week of {week_on}.")
        return
    show_frame(
        _before_after(concerned),
        as_json=False,
        title="Hours before → after of hours available (odds of more than 110 %)",
    )
    for row in moves.iter_rows(named=True):
        indent = "" if row["cascade_of_gid"] is None else "   "
        what = "" if row["is_public"] else f" [dim]({escape(row['task'])})[/dim]"
        console.print(f"{indent}{row['rank']}. {escape(row['reason'])}{what}", highlight=False)
    for row in limits.sort("person", "week_on").iter_rows(named=True):
        who = f"{row['person']}, week of {row['week_on']}"
        console.print(f"[bold]{escape(who)}[/bold]: {escape(row['reason'])}", highlight=False)


def _before_after(weeks: pl.DataFrame) -> pl.DataFrame:
    """One row a person, one column for each of the next weeks."""
    next_weeks = weeks["week_on"].unique().sort().head(_WEEKS_SHOWN)
    words = pl.format(
        "{} → {} of {} h ({} → {} %)",
        *(pl.col(name).round(0).cast(pl.Int64) for name in ("hours_before", "hours_after", "available_hours")),
        *((100 * pl.col(f"p_over_110_{when}")).round(0).cast(pl.Int64) for when in ("before", "after")),
    )
    rows = weeks.filter(pl.col("week_on").is_in(next_weeks.implode())).sort("person", "person_gid", "week_on")
    table = rows.select("person_gid", "person", "week_on", words.alias("hours"))
    return table.pivot("week_on", index=["person_gid", "person"], values="hours").drop("person_gid")

"""The commands prioritize and portfolio: the order of tasks, of projects and goals, and why. They compute nothing."""

from typing import Annotated, Any

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table

from asana_intel.cli.insight_tables import chosen, names, task_names, week_of, with_name
from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError

Row = dict[str, Any]
LimitOption = Annotated[int, typer.Option(min=1, help="How many rows at most.")]
# Parts of a score, how they are called, and their piece of the bar: two shades, so that it reads without colour, too.
_PARTS = {
    "strategic": ("goals", "blue", "█"),
    "urgency": ("urgency", "red", "▒"),
    "dependency": ("others wait", "magenta", "█"),
    "stakeholders": ("stakeholders", "cyan", "▒"),
    "effort": ("little effort", "green", "█"),
    "capacity": ("someone free", "yellow", "▒"),
}
_BAR = 20  # characters for 100 points


@command
def prioritize(
    explain: Annotated[str | None, typer.Option(help="Gid of a task: what its score is made of.")] = None,
    project: Annotated[str | None, typer.Option(help="Only tasks of projects whose name holds this.")] = None,
    limit: LimitOption = 25,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Open tasks in the order of their score, what each score is made of, and why a task moved. Writes nothing."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    tasks = week_of(bench, "insights/task_priority", week_on).sort("rank")
    projects = names(bench, "marts/dim_project", "project_gid")
    tasks = with_name(tasks, projects, "project_gid", "project")
    if explain is not None:
        _explain(bench, tasks, explain, as_json=as_json)
        return
    if project is not None:
        tasks = tasks.filter(pl.col("project_gid").is_in(chosen(projects, project, "project")))
    shown = tasks.head(limit)
    if as_json:
        show_json(shown.to_dicts())
        return
    _show_list(shown, f"Open tasks by priority, week of {week_on}")
    if shown.height < tasks.height:
        console.print(f"[dim]{shown.height} of {tasks.height} shown; more with --limit.[/dim]")


@command
def portfolio(limit: LimitOption = 40, week: WeekOption = None, as_json: JsonFlag = False) -> None:
    """Projects and goals of all portfolios in one list, by value and risk. Writes nothing."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    rows = week_of(bench, "insights/portfolio_priority", week_on).sort("rank")
    known = pl.concat([
        names(bench, "marts/dim_project", "project_gid").rename({"project_gid": "object_gid"}),
        names(bench, "marts/dim_goal", "goal_gid").rename({"goal_gid": "object_gid"}),
    ])  # fmt: skip
    named = with_name(rows, known.unique("object_gid", keep="first", maintain_order=True), "object_gid", "name")
    shown = named.head(limit)
    if as_json:
        show_json(shown.to_dicts())
        return
    columns = [
        "rank",
        pl.col("object_type").alias("kind"),
        "name",
        pl.col("score").round(0),
        pl.col("value").round(0),
        _percent("risk"),
        _percent("odds"),
        pl.col("slip_days").alias("days late"),
        pl.col("finish_on").alias("finish"),
        pl.col("left_hours").round(0).alias("hours left"),
        "reason",
    ]
    show_frame(shown.select(columns), as_json=False, title=f"Projects and goals by priority, week of {week_on}")
    if shown.height < named.height:
        console.print(f"[dim]{shown.height} of {named.height} shown; more with --limit.[/dim]")


def _show_list(tasks: pl.DataFrame, title: str) -> None:
    table = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name, justify in (("#", "right"), ("score", "right"), ("", "left"), ("", "left"), ("task", "left")):
        table.add_column(name, justify=justify)  # pyright: ignore[reportArgumentType]
    for name in ("sure", "goal", "for", "moved"):
        table.add_column(name)
    for row in tasks.iter_rows(named=True):
        about = f"{escape(row['name'] or row['task_gid'])}\n[dim]{escape(row['project'] or '')}[/dim]"
        cells = [f"{row['confidence']:.0%}", _gain(row), row["sprint"], escape(_moved(row))]
        table.add_row(str(row["rank"]), f"{row['score']:.0f}", row["label"], _bar(row), about, *cells)
    console.print(table)
    console.print("  ".join(f"[{colour}]{shade}[/] {name}" for name, colour, shade in _PARTS.values()))


def _bar(row: Row) -> str:
    """Pieces as long as their points; their rounding errors do not add up."""
    pieces, points, drawn = [], 0.0, 0
    for part, (_, colour, shade) in _PARTS.items():
        points += row[part]
        length = max(0, round(points * _BAR / 100) - drawn)
        drawn += length
        pieces.append(f"[{colour}]{shade * length}[/]" if length else "")
    return "".join(pieces) + "[dim]" + "·" * max(0, _BAR - drawn) + "[/dim]"


def _gain(row: Row) -> str:
    return f"{100 * row['goal_gain']:+.1f}" if row["goal_gid"] and row["goal_gain"] is not None else "–"


def _moved(row: Row) -> str:
    if row["rank_before"] is None:
        return "new"
    places = row["rank_before"] - row["rank"]
    if not places:
        return ""
    cause = f": {row['rank_cause']}" if row["rank_cause"] else ""
    return f"{'▲' if places > 0 else '▼'}{abs(places)}{cause}"


def _explain(bench: Workbench, tasks: pl.DataFrame, gid: str, *, as_json: bool) -> None:
    found = tasks.filter(pl.col("task_gid") == gid)
    if found.is_empty():
        raise ConfigError(f"Task {gid} has no score", fix="give the gid of an open task: asana-intel prioritize --json")
    row, mine = found.row(0, named=True), pl.col("task_gid") == gid
    week_on = row["as_of_on"]
    effort = bench.tables.read("insights/task_effort", partition=week_on).filter(mine).to_dicts()
    goals = bench.tables.read("insights/task_goal_gain", partition=week_on).filter(mine)
    goals = with_name(
        goals.sort("gain", descending=True), names(bench, "marts/dim_goal", "goal_gid"), "goal_gid", "goal"
    )
    if as_json:
        show_json({"task": row, "effort": effort[0] if effort else None, "goals": goals.to_dicts()})
        return
    console.print(f"[bold]{escape(row['name'] or gid)}[/bold]  [dim]https://app.asana.com/0/0/{gid}[/dim]")
    console.print(
        f"Place {row['rank']} of {tasks.height}, score {row['score']:.0f} of 100 ({row['label']}, {row['score_10']} of"
        f" 10), {row['confidence']:.0%} sure, suggested for {row['sprint']}. {escape(_moved(row))}"
    )
    for part, (name, colour, shade) in _PARTS.items():
        console.print(f"  {name:<14}{row[part]:>6.1f}  [{colour}]{shade * max(0, round(row[part]))}[/]")
    _show_goals(goals)
    for line in (*_effort_lines(bench, effort), *_links(row)):
        console.print(f"  {escape(line)}")


def _show_goals(goals: pl.DataFrame) -> None:
    if goals.is_empty():
        console.print("  No path leads from it to a goal.")
    for goal in goals.iter_rows(named=True):
        odds = f"odds {goal['p_now']:.1%} now, {goal['p_done']:.1%} with it done"
        console.print(f"  {escape(goal['goal'])}: {odds}")


def _effort_lines(bench: Workbench, effort: list[Row]) -> list[str]:
    if not effort:
        return []
    (row,) = effort
    hours = f"{row['p50_hours']:.1f} h, 8 in 10 between {row['p10_hours']:.1f} and {row['p90_hours']:.1f} h"
    similar = pl.DataFrame(
        {"task_gid": row["similar_gids"] or [], "hours": row["similar_efforts"] or []},
        schema={"task_gid": pl.String, "hours": pl.Float64},
    )
    known = with_name(similar, task_names(bench, similar["task_gid"]), "task_gid", "name")
    return [
        f"Effort: {hours} ({row['method']})",
        *(f"  like {t['name']}: {t['hours']:.1f} h" for t in known.to_dicts()),
    ]


def _links(row: Row) -> list[str]:
    lines = [f"{row['blocked_tasks']} open tasks wait for it."] if row["blocked_tasks"] else []
    return [*lines, "It waits for an open task."] if row["is_blocked"] else lines


def _percent(column: str) -> pl.Expr:
    return pl.format("{} %", (100 * pl.col(column)).round(0).cast(pl.Int64)).alias(column)

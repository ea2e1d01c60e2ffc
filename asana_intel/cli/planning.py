"""The commands for leaders: capacity --executive, headcount, ramp. They compute nothing; only new people are named."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.headcount_stairs import KEY, Quarter, stairs
from asana_intel.cli.insight_tables import names, task_names, week_of, with_name
from asana_intel.cli.output import JsonFlag, command, console, errors, show_frame, show_json
from asana_intel.cli.reading import WeekOption, week_wanted
from asana_intel.cli.workbench import Workbench

Row = dict[str, Any]
_EVERYBODY = "everybody"


def show_executive(bench: Workbench, week_on: date, out: Path | None, *, as_json: bool) -> None:
    """How full teams are, and what a shortage costs: teams of five people and more, nobody by name.

    Args:
        bench: Of the command.
        week_on: Monday of the week.
        out: File to write as a page too; None = no page.
        as_json: Print JSON.
    """
    if out is not None:
        _write_page(bench, week_on, out)
    teams = names(bench, "staging/teams", "team_gid")
    weeks, cost = (
        with_name(week_of(bench, f"insights/{key}", week_on), teams, "team_gid", "team").with_columns(
            pl.col("team").fill_null(_EVERYBODY)
        )
        for key in ("team_utilisation", "capacity_cost")
    )
    if as_json:
        show_json({"utilisation": weeks.to_dicts(), "cost": cost.to_dicts()})
        return
    show_frame(_costs(cost), as_json=False, title=f"Capacity for leaders, week of {week_on}")
    coming = weeks.filter(~pl.col("is_past")).sort("week_on")
    words = (
        pl.when(pl.col("load_pct").is_null())
        .then(pl.lit("no hours"))
        .otherwise(pl.format("{} ({})", _percent("load_pct"), _percent("p_bottleneck")))
    )
    table = coming.select("team", "week_on", words.alias("load")).pivot("week_on", index="team", values="load")
    show_frame(table.sort("team"), as_json=False, title="Load (odds of more than 110 %) of each team in coming weeks")
    console.print("[dim]Teams under five people are only in the row of everybody. Work yet to come is not in it.[/dim]")


@command
def headcount(week: WeekOption = None, as_json: JsonFlag = False) -> None:
    """People needed by role and quarter, four quarters ahead, with an interval and the day to start hiring by."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    rows = week_of(bench, "insights/headcount", week_on).with_columns(pl.col("role").fill_null(_EVERYBODY))
    if as_json:
        show_json(rows.to_dicts())
        return
    said = rows.filter(pl.col("status") == "assessed")
    shown = said.select(
        "role",
        pl.col("quarter_on").map_elements(quarter_name, return_dtype=pl.String).alias("quarter"),
        pl.col("people_expected").round(1).alias("people"),
        _band("demand_p{}0_hours", 0).alias("hours asked for"),
        _band("capacity_p{}0_hours", 0).alias("hours they can do"),
        _band("gap_fte_p{}0", 1).alias("people missing"),
        _percent("p_short").alias("short"),
        _hire_by().alias("start hiring by"),
    )
    show_frame(shown, as_json=False, title=f"Headcount, week of {week_on}: median (8 in 10 between)")
    _show_stairs(said)
    for role, reason in rows.unique("role", keep="first", maintain_order=True).select("role", "reason").iter_rows():
        console.print(f"[dim]{escape(role)}: {escape(reason)}[/dim]")
    console.print("[dim]Below 0: to spare. Roles under five people are only in the rows of everybody.[/dim]")


@command
def ramp(
    person: Annotated[str | None, typer.Option(help="Only people whose name holds this.")] = None,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """The first 90 days of new people: share of a full load, hours a week, and small tasks to begin with."""
    bench = Workbench()
    week_on = week_wanted(bench, week)
    plan = bench.tables.read("insights/ramp_plan", partition=week_on)
    plan = with_name(plan, names(bench, "marts/dim_person", "person_gid"), "person_gid", "name")
    if person is not None:
        plan = plan.filter(pl.col("name").str.to_lowercase().str.contains(person.lower(), literal=True))
    plan = plan.sort("name", "person_gid", "step")
    tasks = task_names(bench, plan["task_gids"].explode()).sort("task_gid")
    if as_json:
        show_json({"plan": plan.to_dicts(), "tasks": tasks.to_dicts()})
        return
    if plan.is_empty():
        console.print(f"Nobody joined in the 90 days before the week of {week_on}.")
        return
    shown = plan.select(
        "name",
        pl.format("days to {}", "step").alias("step"),
        pl.col("from_on").alias("from"),
        pl.col("until_on").alias("until"),
        _percent("load_share").alias("load"),
        pl.col("hours_week").round(0).alias("hours a week"),
    )
    show_frame(shown, as_json=False, title=f"First 90 days, week of {week_on}")
    called = dict(tasks.iter_rows())
    for row in plan.filter(pl.col("task_gids").list.len() > 0).iter_rows(named=True):
        listed = "; ".join(called.get(gid, gid) for gid in row["task_gids"])
        console.print(f"{escape(row['name'])} could begin with: {escape(listed)}")
    console.print(f"[dim]{escape(plan['reason'][0].split(':')[0])}. The forecast of the load does not heed it.[/dim]")


def quarter_name(day: date) -> str:
    """A quarter as people say it: Q3 2026."""
    return f"Q{(day.month + 2) // 3} {day.year}"


def _show_stairs(said: pl.DataFrame) -> None:
    """The quarters of each role as a small chart, each role on its own scale."""
    for (role,), rows in said.group_by("role", maintain_order=True):
        quarters = rows.select("quarter_on", "demand_p50_hours", "capacity_p50_hours").iter_rows()
        console.print(f"\n[bold]{escape(str(role))}[/bold]")
        for line in stairs([Quarter(quarter_name(day), asked, can_do) for day, asked, can_do in quarters]):
            console.print(line, soft_wrap=True)
    if said.height:
        console.print(f"[dim]{KEY}.[/dim]")


def _write_page(bench: Workbench, week_on: date, out: Path) -> None:
    from asana_intel.report.inputs import collect_inputs
    from asana_intel.report.render import render_leaders, write_whole

    inputs = collect_inputs(bench.tables, None, as_of_on=week_on, mode=bench.settings.mode.value)
    errors.print(f"Page for leaders: {write_whole(out, render_leaders(inputs).encode())}")


def _costs(cost: pl.DataFrame) -> pl.DataFrame:
    return cost.sort("team").select(
        "team",
        "people",
        pl.col("available_hours").round(0).alias("hours"),
        pl.col("assigned_hours").round(0).alias("asked"),
        pl.col("late_hours").round(0).alias("late"),
        pl.col("short_hours").round(0).alias("not in time"),
        pl.col("goals_at_stake").alias("goals"),
        pl.format("{} points", (100 * pl.col("odds_lost")).round(0).cast(pl.Int64)).alias("odds lost"),
        pl.col("hiring_gap_fte").round(1).alias("people missing"),
        "reason",
    )


def _hire_by() -> pl.Expr:
    """The day to start hiring by; one that has passed says so."""
    day = pl.col("hire_by_on").cast(pl.String)
    is_past = pl.col("hire_by_on") < pl.col("as_of_at").dt.date()
    return pl.when(is_past).then(pl.format("{}, passed", day)).otherwise(day)


def _band(name: str, digits: int) -> pl.Expr:
    """Median, and 10th to 90th percentile in brackets."""
    low, middle, high = (pl.col(name.format(q)).round(digits) for q in (1, 5, 9))
    if digits == 0:
        low, middle, high = (each.cast(pl.Int64) for each in (low, middle, high))
    return pl.format("{} ({} to {})", middle, low, high)


def _percent(column: str) -> pl.Expr:
    return pl.format("{} %", (100 * pl.col(column)).round(0).cast(pl.Int64))

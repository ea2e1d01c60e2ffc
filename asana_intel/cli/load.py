"""The command load: how full people's next weeks are, and the tasks behind likely overloads. Computes nothing."""

from datetime import date
from typing import Annotated

import polars as pl
import typer
from rich.markup import escape
from rich.table import Table

from asana_intel.cli.load_strip import KEY, strip
from asana_intel.cli.output import JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.reading import WeekOption
from asana_intel.cli.workbench import Workbench
from asana_intel.clock import monday_of
from asana_intel.errors import ConfigError
from asana_intel.settings import OVERLOAD_ODDS, OVERLOAD_WEEKS
from asana_intel.storage.tables import TableStore

_WEEKS_DRAWN = 8


@command
def load(
    person: Annotated[str | None, typer.Option(help="Only people whose name holds this.")] = None,
    week: WeekOption = None,
    as_json: JsonFlag = False,
) -> None:
    """How full each person's next eight weeks are; of four the odds of more than 110 %, and what causes an overload."""
    bench = Workbench()
    week_on = monday_of(week.date()) if week else bench.latest_week()
    drawn = _weeks(bench.tables, week_on, person)
    first = drawn["week_on"].unique().sort().head(OVERLOAD_WEEKS)
    weeks = drawn.filter(pl.col("week_on").is_in(first.implode()))
    causes = _causes(bench.tables, week_on, weeks)
    if as_json:
        show_json({"weeks": drawn.to_dicts(), "causes": causes.to_dicts()})
        return
    _show_strip(drawn)
    show_frame(_bands(drawn), as_json=False, title="Hours of tasks: 8 in 10 outcomes are between")
    show_frame(
        _by_person(weeks), as_json=False, title=f"Odds of a load above 110 % (load), from the week of {week_on} on"
    )
    console.print("[dim]Of a week that has begun only what is left counts.[/dim]")
    show_frame(_states(weeks), as_json=False, title="State of each week and its odds; where the hours are from")
    if (weeks["allocated_hours"] > 0).any():
        show_frame(_promises(weeks), as_json=False, title="Hours promised in allocations beside hours of tasks")
        for line in _too_much_promised(weeks):
            console.print(escape(line))
    for over, tasks in _overloads(weeks, causes):
        console.print(f"\n[bold]{escape(over)}[/bold]")
        show_frame(tasks, as_json=False)


def _weeks(tables: TableStore, week_on: date, person: str | None) -> pl.DataFrame:
    """Rows of forecasts/person_load of the next eight weeks with the name, by name and week."""
    rows = tables.read("forecasts/person_load", partition=week_on)
    if rows.is_empty():
        raise ConfigError(f"No load in the week of {week_on}", fix="run `asana-intel forecast`")
    names = tables.read("marts/dim_person").select("person_gid", "name")
    named = rows.join(names, on="person_gid", how="left").with_columns(pl.coalesce("name", "person_gid").alias("name"))
    if person is not None:
        named = named.filter(pl.col("name").str.to_lowercase().str.contains(person.lower(), literal=True))
        if named.is_empty():
            raise ConfigError(f"Nobody called '{person}' has a load in the week of {week_on}", fix="give another name")
    next_weeks = named["week_on"].unique().sort().head(_WEEKS_DRAWN)
    return named.filter(pl.col("week_on").is_in(next_weeks.implode())).sort("name", "person_gid", "week_on")


def _causes(tables: TableStore, week_on: date, weeks: pl.DataFrame) -> pl.DataFrame:
    """Rows of forecasts/load_causes that explain likely overloads among these weeks, with the task's name."""
    over = weeks.filter(pl.col("p_over_110") >= OVERLOAD_ODDS).select("person_gid", "week_on")
    causes = tables.read("forecasts/load_causes", partition=week_on).join(
        over, on=["person_gid", "week_on"], how="semi"
    )
    wanted = causes.lazy().select("task_gid").unique()
    names = tables.scan("staging/tasks").join(wanted, on="task_gid", how="semi").select("task_gid", task="name")
    return causes.join(names.collect(), on="task_gid", how="left").sort("person_gid", "week_on", "rank")


def _show_strip(weeks: pl.DataFrame) -> None:
    table = Table(title="Load of the next weeks", title_justify="left", header_style="bold", box=None, pad_edge=False)
    table.add_column("name")
    for week_on in weeks["week_on"].unique().sort():
        table.add_column(f"{week_on:%-d %b}", no_wrap=True)
    for name, marks in strip(weeks):
        table.add_row(escape(name), *marks)
    console.print(table)
    console.print(f"[dim]{KEY}.[/dim]")


def _bands(weeks: pl.DataFrame) -> pl.DataFrame:
    """One row a person, one column a week: 10th to 90th percentile of the hours of tasks."""
    hours = (pl.col(name).round(0).cast(pl.Int64) for name in ("p10", "p90"))
    band = pl.when(pl.col("available_hours") > 0).then(pl.format("{}–{}", *hours)).otherwise(pl.lit("no hours"))
    day = pl.col("week_on").dt.strftime("%-d %b").alias("week")
    return weeks.select("person_gid", "name", day, band.alias("band")).pivot(
        "week", index=["person_gid", "name"], values="band"
    ).drop("person_gid")  # fmt: skip


def _by_person(weeks: pl.DataFrame) -> pl.DataFrame:
    """One row a person, one column a week: odds and load."""
    words = (
        pl.when(pl.col("load_pct").is_null())
        .then(pl.lit("no hours"))
        .otherwise(pl.format("{} % ({} %)", _percent("p_over_110"), _percent("load_pct")))
    )
    return weeks.select("person_gid", "name", "week_on", words.alias("load")).pivot(
        "week_on", index=["person_gid", "name"], values="load"
    ).drop("person_gid")  # fmt: skip


def _states(weeks: pl.DataFrame) -> pl.DataFrame:
    """One row a person: the state of each week with its odds, and how much of the hours people estimated."""
    state = pl.when(pl.col("state").is_null()).then(pl.lit("no hours"))
    words = state.otherwise(pl.format("{} {} %", "state", _percent("p_state")))
    inferred = pl.col("assigned_hours") * pl.col("inferred_share").fill_null(0.0)
    share = (100 * inferred.sum() / pl.col("assigned_hours").sum()).round(0)
    shares = weeks.group_by("person_gid").agg(inferred=share.fill_nan(None).cast(pl.Int64))
    words_of = pl.format("{} % estimated, {} % inferred", 100 - pl.col("inferred"), "inferred")
    effort = shares.select("person_gid", effort=words_of.fill_null("no work"))
    table = weeks.select("person_gid", "name", "week_on", words.alias("state")).pivot(
        "week_on", index=["person_gid", "name"], values="state"
    )
    return table.join(effort, on="person_gid", how="left", maintain_order="left").drop("person_gid")


def _promises(weeks: pl.DataFrame) -> pl.DataFrame:
    """Weeks with a promise: what is promised, what tasks take, what is off, and the gaps between them."""
    off = pl.col("holiday_hours") + pl.col("time_off_hours")
    told = {
        "promised h": pl.col("allocated_hours"),
        "tasks h": pl.col("assigned_hours"),
        "off h": off,
        "available h": pl.col("available_hours"),
        "promised, no tasks": pl.col("promised_without_tasks_hours"),
        "tasks, not promised": pl.col("tasks_without_promise_hours"),
        "not promised": pl.col("available_hours") - pl.col("allocated_hours"),
    }
    hours = [column.round(1).alias(name) for name, column in told.items()]
    return weeks.filter(pl.col("allocated_hours") > 0).select("name", pl.col("week_on").alias("week"), *hours)


def _too_much_promised(weeks: pl.DataFrame) -> list[str]:
    """Weeks that tasks alone would leave room in, in words."""
    is_likely = pl.col("p_over_110") >= OVERLOAD_ODDS
    over = weeks.filter(pl.col("state") == "Overloaded", pl.col("allocated_hours") > 0, ~is_likely)
    return [
        f"{row['name']}, week of {row['week_on']}: too full with what is promised: "
        f"{row['assigned_hours']:.0f} h on tasks, "
        f"{row['promised_without_tasks_hours']:.0f} h promised and not yet on tasks, of {row['available_hours']:.0f} h "
        f"available; {row['p_state']:.0%} likely"
        for row in over.sort("week_on", "name").iter_rows(named=True)
    ]


def _overloads(weeks: pl.DataFrame, causes: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Each likely overload in words, and its tasks."""
    found = []
    for row in weeks.filter(pl.col("p_over_110") >= OVERLOAD_ODDS).sort("week_on", "name").iter_rows(named=True):
        tasks = causes.filter(pl.col("person_gid") == row["person_gid"], pl.col("week_on") == row["week_on"])
        words = (
            f"{row['name']}, week of {row['week_on']}: {row['assigned_hours']:.0f} h on tasks of "
            f"{row['available_hours']:.0f} h available, odds of more than 110 %: {row['p_over_110']:.0%}"
        )
        shown = tasks.select(
            pl.coalesce("task", "task_gid").alias("task"),
            pl.col("hours").round(1),
            pl.col("share_of_week").alias("part"),
            pl.col("p_without").alias("without it"),
            pl.col("p_week_later").alias("week later"),
            pl.when("is_inferred").then(pl.lit("inferred")).otherwise(pl.lit("estimated")).alias("effort"),
        )
        found.append((words, shown))
    return found


def _percent(column: str) -> pl.Expr:
    return (100 * pl.col(column)).round(0).cast(pl.Int64)

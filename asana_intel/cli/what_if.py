"""The commands whatif and scenarios: ask what a change would do, keep answers, make a plan of one. Computes nothing."""

import getpass
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import polars as pl
import typer
from rich.markup import escape

from asana_intel.cli.insight_tables import names, task_names, with_name
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_frame, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError, PermanentError
from asana_intel.storage.scenario_compare import compared, totals
from asana_intel.storage.scenarios import (
    SavedScenario,
    delete_scenario,
    save_scenario,
    saved_scenario,
    saved_scenarios,
)
from asana_intel.storage.sync_log import as_of_week, require_last_sync

if TYPE_CHECKING:
    from asana_intel.insights.scenario import Base, Change, Outcome

whatif_app = typer.Typer(no_args_is_help=True, help="What a change would do to load, dates, priorities and goals.")
scenarios_app = typer.Typer(help="Scenarios that were kept: list, show, compare, delete, make a plan of one.")

SaveOption = Annotated[str | None, typer.Option("--save", help="Keep the scenario under this name.")]
OnOption = Annotated[str | None, typer.Option("--on", help="A kept scenario whose changes come first.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
FromOption = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day away.")]
TaskArgument = Annotated[str, typer.Argument(help="Task: its gid, or its whole name.")]
NameArgument = Annotated[str, typer.Argument(help="Name of a kept scenario.")]
SHOWN = 15  # rows of each part; --json tells all


@whatif_app.command("move")
@command
def move(
    task: TaskArgument,
    to: Annotated[str | None, typer.Option("--to", help="Person who gets it: name or gid; `nobody`.")] = None,
    start: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its first day; it moves whole.")] = None,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Its due date.")] = None,
    save: SaveOption = None,
    on: OnOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Give a task to another person, or move it to other days."""
    from asana_intel.insights.scenario.changes import GiveTask, MoveTask

    if to is None and start is None and due is None:
        raise ConfigError("Nothing is to be moved", fix="give --to, --start or --due")
    if start and due and due < start:
        raise ConfigError("The due date lies before the start", fix="give a later --due")
    desk = _Desk()
    gid, changes = desk.task(task), list[Any]()
    if to is not None:
        changes.append(GiveTask(task_gid=gid, person_gid=None if to == "nobody" else desk.person(to)))
    if start or due:
        changes.append(MoveTask(task_gid=gid, start_on=_day(start), due_on=_day(due)))
    desk.answer(changes, save, on, as_json=as_json)


@whatif_app.command("remove")
@command
def remove(task: TaskArgument, save: SaveOption = None, on: OnOption = None, as_json: JsonFlag = False) -> None:
    """Do not do a task, nor its subtasks."""
    from asana_intel.insights.scenario.changes import RemoveTask

    desk = _Desk()
    desk.answer([RemoveTask(task_gid=desk.task(task))], save, on, as_json=as_json)


@whatif_app.command("remove-person")
@command
def remove_person(
    person: Annotated[str, typer.Argument(help="Name or gid.")],
    from_on: FromOption = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="Who gets the work; repeat for more.")] = None,
    save: SaveOption = None,
    on: OnOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let a person be away from a day on; their work goes to those in --to, or to nobody."""
    from asana_intel.insights.scenario.changes import RemovePerson

    desk = _Desk()
    takers = tuple(desk.person(name) for name in to or ())
    change = RemovePerson(person_gid=desk.person(person), from_on=_day(from_on), to=takers)
    desk.answer([change], save, on, as_json=as_json)


@whatif_app.command("add-person")
@command
def add_person(
    name: Annotated[str, typer.Argument(help="What to call them; `new:NAME` in --to.")],
    hours: Annotated[float, typer.Option(min=1, max=80, help="Hours a week.")] = 40.0,
    start: Day = None,
    team: Annotated[str | None, typer.Option(help="Team: name or gid.")] = None,
    skill: Annotated[list[str] | None, typer.Option(help="What they can; repeat for more.")] = None,
    save: SaveOption = None,
    on: OnOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let somebody join; give them work with --on."""
    from asana_intel.insights.scenario.changes import AddPerson

    if not name.strip():
        raise ConfigError("Who joins has no name", fix="give a name")
    desk = _Desk()
    team_gid = desk.team(team) if team else None
    change = AddPerson(
        name=name, weekly_hours=hours, start_on=_day(start), skills=tuple(skill or ()), team_gid=team_gid
    )
    desk.answer([change], save, on, as_json=as_json)


@whatif_app.command("add-project")
@command
def add_project(
    file: Annotated[Path, typer.Argument(help="Task breakdown, .csv or .json; see docs/capacity.md.")],
    start: Day = None,
    save: SaveOption = None,
    on: OnOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Add a project from its task breakdown."""
    from asana_intel.insights.scenario.breakdown import read_project

    desk = _Desk()
    gid_of = {"person": desk.person, "team": desk.team, "goal": desk.goal}
    desk.answer([read_project(file, gid_of, _day(start))], save, on, as_json=as_json)


@whatif_app.command("shift-project")
@command
def shift_project(
    project: Annotated[str, typer.Argument(help="Name or gid.")],
    weeks: Annotated[int, typer.Option(min=-52, max=52, help="Weeks later; below 0 earlier.")],
    save: SaveOption = None,
    on: OnOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Move all open tasks of a project by weeks."""
    from asana_intel.insights.scenario.changes import ShiftProject

    desk = _Desk()
    desk.answer([ShiftProject(project_gid=desk.project(project), weeks=weeks)], save, on, as_json=as_json)


@scenarios_app.callback(invoke_without_command=True)
@command
def scenarios(context: typer.Context, as_json: JsonFlag = False) -> None:
    """List the scenarios that were kept, the newest first."""
    if context.invoked_subcommand:
        return
    rows = [
        {"name": kept.name, "week": kept.as_of_on, "changes": len(kept.changes), "saved": kept.created_at,
         "by": kept.created_by, **totals(kept.outcome)}
        for kept in saved_scenarios(Workbench().database)
    ]  # fmt: skip
    if rows or as_json:
        show_frame(pl.DataFrame(rows), as_json=as_json, title="Scenarios")
    else:
        console.print("No scenario was kept. Keep one: asana-intel whatif … --save NAME")


@scenarios_app.command("show")
@command
def show(name: NameArgument, as_json: JsonFlag = False) -> None:
    """Show what a kept scenario does, as it was worked out."""
    from asana_intel.insights.scenario.outcome import outcome_of

    bench = Workbench()
    kept = saved_scenario(bench.database, name)
    if as_json:
        show_json(asdict(kept))
        return
    console.print(f"[bold]{escape(kept.name)}[/bold]  of the week of {kept.as_of_on}, by {escape(kept.created_by)}")
    desk = _Desk(bench)
    for change in kept.changes:
        console.print(f"  {change['kind'].replace('_', ' ')}: {escape(desk.said(change))}")
    desk.show(outcome_of(kept.outcome), new_names(kept.changes))


@scenarios_app.command("compare")
@command
def compare(first: NameArgument, second: NameArgument, as_json: JsonFlag = False) -> None:
    """Two kept scenarios side by side: load of teams, ends of projects, odds of goals."""
    bench = Workbench()
    kept = [saved_scenario(bench.database, name) for name in (first, second)]
    told = compared([one.outcome for one in kept])
    columns = {name: [row.then[n] or "=" for row in told] for n, name in enumerate((first, second))}
    rows = pl.DataFrame({name: [getattr(row, name) for row in told] for name in ("what", "gid", "now")} | columns)
    if as_json:
        show_json(rows.to_dicts())
        return
    if kept[0].as_of_on != kept[1].as_of_on:
        console.print(f"[yellow]They start from different weeks: {kept[0].as_of_on}, {kept[1].as_of_on}.[/yellow]")
    new = new_names([change for one in kept for change in one.changes])
    named = _Desk(bench).named(rows).with_columns(pl.col("name").replace(new))
    show_frame(named, as_json=False, title=f"{first} beside {second}")


@scenarios_app.command("delete")
@command
def delete(name: NameArgument, as_json: JsonFlag = False) -> None:
    """Forget a kept scenario."""
    delete_scenario(Workbench().database, name)
    show_json({"deleted": name}) if as_json else console.print(f"Scenario {escape(name)} is deleted.")


@scenarios_app.command("plan")
@command
def plan(name: NameArgument, as_json: JsonFlag = False) -> None:
    """Make a plan of a scenario: new projects, assignments and dates. It waits for review; exit code 2 then."""
    from asana_intel.changes.inputs import Week
    from asana_intel.changes.ledger import ledger_time, standing_markers
    from asana_intel.changes.proposing import collect_inputs, propose, scenario_proposal, wanted_fields
    from asana_intel.changes.scenario_changes import scenario_rows
    from asana_intel.cli.plan_pages import names_in, show_plan
    from asana_intel.insights.scenario.outcome import outcome_of

    bench = Workbench()
    kept, settings = saved_scenario(bench.database, name), bench.settings
    week_on, synced = bench.latest_week(), require_last_sync(bench.database)
    inputs = collect_inputs(
        bench.tables, bench.database, synced.workspace_gid, week_on, settings.measures, wanted_fields(settings)
    )
    week = Week(week_on, as_of_week(bench.database, week_on), inputs.teams())
    moves = outcome_of(kept.outcome).moves.to_dicts()
    told = scenario_rows(inputs, week, kept.name, moves, kept.changes, standing_markers(bench.database))
    for line in () if as_json else told.left_out:
        console.print(f"[yellow]not written[/yellow] {escape(line)}")
    if len(told.rows) > settings.review.max_rows_per_plan:
        raise PermanentError(
            f"The plan would hold {len(told.rows)} changes; at most {settings.review.max_rows_per_plan} are allowed",
            fix="make several scenarios of it, or raise review.max_rows_per_plan",
        )
    proposal = scenario_proposal(inputs, told.rows, settings, week.as_of_at)
    now, who = ledger_time(bench.database), getpass.getuser()
    stored = propose(bench.database, proposal, settings, now, author=who, purpose="scenario")
    others = [change["kind"] for change in kept.changes if change["kind"] in _BY_HAND]
    if as_json:
        show_json({"plan": stored and asdict(stored), "left_out": told.left_out, "by_hand": others,
                   "held_back": proposal.held_back})  # fmt: skip
    else:
        if stored is not None:
            show_plan(stored, names_in(bench, stored))
        if proposal.held_back:
            console.print(f"[yellow]{proposal.held_back} rows held back: too much for one person this week[/yellow]")
        if stored is None:
            console.print("Nothing to change.")
        elif stored.state in _ENDED:
            console.print(f"Plan {stored.plan_id} holds these very changes and is {stored.state}: no other is made.")
        else:
            console.print(f"Next: somebody else than {escape(who)} approves it: asana-intel review {stored.plan_id}")
    if stored is not None and stored.state not in _ENDED:
        raise typer.Exit(CHANGES)


_BY_HAND = {"remove_task", "add_person", "remove_person"}
_ENDED = {"applied", "rejected"}


class _Desk:
    """A base of the latest week, looked up by name, and answers shown."""

    def __init__(self, bench: Workbench | None = None) -> None:
        self._bench = bench or Workbench()
        self._names = cache(partial(names, self._bench))

    def task(self, wanted: str) -> str:
        """Gid of a task."""
        if wanted.startswith("new:"):
            return wanted
        rows = self._bench.tables.scan("staging/tasks").filter(~pl.col("is_completed"))
        known = rows.select("task_gid", "name").collect()
        return _only(_meant(known, "task_gid", wanted), known, wanted, "open task")

    def person(self, wanted: str) -> str:
        """Gid of a person; one whom the scenario adds has their name behind `new:`."""
        return wanted if wanted.startswith("new:") else self._gid("marts/dim_person", "person_gid", wanted, "person")

    def team(self, wanted: str) -> str:
        """Gid of a team."""
        return self._gid("staging/teams", "team_gid", wanted, "team")

    def project(self, wanted: str) -> str:
        """Gid of a project."""
        return wanted if wanted.startswith("new:") else self._gid("marts/dim_project", "project_gid", wanted, "project")

    def goal(self, wanted: str) -> str:
        """Gid of a goal."""
        return self._gid("marts/dim_goal", "goal_gid", wanted, "goal")

    def _gid(self, key: str, gid: str, wanted: str, what: str) -> str:
        known = self._names(key, gid)
        exact = _meant(known, gid, wanted)
        holds = pl.col("name").str.to_lowercase().str.contains(wanted.lower(), literal=True)
        return _only(exact if exact.height or not wanted else known.filter(holds), known, wanted, what)

    def answer(self, changes: Sequence["Change"], save: str | None, on: str | None, *, as_json: bool) -> None:
        """Work it out, keep it where wanted, show it."""
        from asana_intel.insights.scenario import CHANGES as AS_JSON
        from asana_intel.insights.scenario import what_if

        bench, every = self._bench, list(changes)
        if on is not None:
            every = [*AS_JSON.validate_python(saved_scenario(bench.database, on).changes), *every]
        started = time.monotonic()
        base, week_on = self._base()
        gathered = time.monotonic()
        try:
            outcome = what_if(base, every)
        except PermanentError as wrong:
            raise PermanentError(self._with_names(wrong.message), fix=wrong.fix) from wrong
        took = time.monotonic() - gathered
        if save is not None:
            from asana_intel.changes.ledger import ledger_time

            said, told = AS_JSON.dump_python(every, mode="json"), outcome.as_json()
            kept = SavedScenario(save, ledger_time(bench.database), getpass.getuser(), week_on, said, told)
            save_scenario(bench.database, kept)
        if as_json:
            show_json({"week": week_on, "saved": save, **outcome.as_json()})
            return
        self.show(outcome, new_names(AS_JSON.dump_python(every, mode="json")))
        console.print(
            f"[dim]Week of {week_on}: gathered in {gathered - started:.1f} s, worked out in {took:.1f} s. Nothing was"
            f" written to Asana or the tables.[/dim]"
        )
        if save is not None:
            console.print(f"Kept as {escape(save)}. Next: asana-intel scenarios plan '{escape(save)}'")

    def _base(self) -> tuple["Base", date]:
        from asana_intel.insights.scenario import gather

        bench = self._bench
        week_on, tables = bench.latest_week(), bench.tables
        as_of = as_of_week(bench.database, week_on)
        return gather(cache(tables.read), week_on, as_of, bench.settings), week_on

    def show(self, outcome: "Outcome", new: Mapping[str, str]) -> None:
        """Print the four parts of an answer; `new` names what is not in Asana yet."""
        from asana_intel.cli.what_if_tables import parts

        if outcome.is_empty():
            console.print("Nothing changes.")
        for title, rows in parts(outcome):
            if rows.is_empty():
                console.print(f"[bold]{title}[/bold]: no change\n")
                continue
            named = self.named(rows.head(SHOWN)).with_columns(pl.col("^(task|project)$").replace(new))
            show_frame(named, as_json=False, title=title)
            more = f"{rows.height - SHOWN} more; --json tells all" if rows.height > SHOWN else ""
            console.print(f"[dim]{more}[/dim]")
        for note in outcome.notes:
            console.print(f"[yellow]![/yellow] {escape(self._with_names(note))}")

    def said(self, change: Mapping[str, Any]) -> str:
        """What a change says beside its kind, with names for gids."""
        tasks = change.get("tasks")
        parts = [f"of {len(tasks)} tasks"] if tasks else []
        for name, value in change.items():
            if name in {"kind", "tasks"} or value in (None, []):
                continue
            if (gid := f"{name.removesuffix('_gid')}_gid") in {"task_gid", "person_gid", "project_gid", "team_gid"}:
                value = self.named(pl.DataFrame({gid: [value]})).item()
            elif name == "to":
                value = ", ".join(self.named(pl.DataFrame({"person_gid": value}))["person"])
            parts.append(f"{name.removesuffix('_gid').removesuffix('_on').replace('_', ' ')} {value}")
        return ", ".join(parts)

    def _with_names(self, sentence: str) -> str:
        """A sentence with people's names for their gids."""
        if "erson " not in sentence:
            return sentence
        known = dict(self._names("marts/dim_person", "person_gid").iter_rows())
        return re.sub(r"\b[Pp]erson (\d+)", lambda found: known.get(found[1], found[0]), sentence)

    def named(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Gids as names."""
        known = {
            "task_gid": lambda: task_names(self._bench, rows["task_gid"]),
            "person_gid": lambda: self._names("marts/dim_person", "person_gid"),
            "team_gid": lambda: self._names("staging/teams", "team_gid"),
            "project_gid": lambda: self._names("marts/dim_project", "project_gid"),
            "goal_gid": lambda: self._names("marts/dim_goal", "goal_gid"),
            "gid": lambda: pl.concat(
                self._names(key, gid).rename({gid: "gid"})
                for key, gid in (("staging/teams", "team_gid"), ("marts/dim_project", "project_gid"),
                                 ("marts/dim_goal", "goal_gid"))
            ).unique("gid", keep="first", maintain_order=True),
        }  # fmt: skip
        for gid, find in known.items():
            if gid in rows.columns:
                as_column = gid.removesuffix("_gid") if gid != "gid" else "name"
                order = [as_column if name == gid else name for name in rows.columns]
                rows = with_name(rows, find(), gid, as_column).select(order)
        return rows


def new_names(changes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What projects and tasks that changes add are called, by the gids they have meanwhile."""
    called: dict[str, str] = {}
    for change in changes:
        if change["kind"] == "add_project":
            gid = f"new:{change['name']}"
            tasks = {f"{gid}:{n}": f"{task['task']} (new)" for n, task in enumerate(change["tasks"], start=1)}
            called |= {gid: f"{change['name']} (new)"} | tasks
    return called


def _meant(known: pl.DataFrame, gid: str, wanted: str) -> pl.DataFrame:
    """Those of that gid or name, whatever its case."""
    return known.filter((pl.col(gid) == wanted) | (pl.col("name").str.to_lowercase() == wanted.lower()))


def _only(found: pl.DataFrame, known: pl.DataFrame, wanted: str, what: str) -> str:
    """The one gid found; else those that may be meant are named."""
    if found.height == 1:
        return found[0, 0]
    if found.height:
        several = ", ".join(
            f"{name} ({gid})" for gid, name in found.select(known.columns[0], "name").head(5).iter_rows()
        )
        raise ConfigError(f"{found.height} {what}s may be meant by '{wanted}': {several}", fix="give the gid")
    names = known["name"].drop_nulls().unique().sort().to_list()
    like = get_close_matches(wanted, names, n=3)
    meant = f"perhaps {' or '.join(like)}; " if like else ""
    raise ConfigError(f"There is no {what} called '{wanted}'", fix=f"{meant}give the whole name or the gid")


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None

"""Commands that say what may be written without asking: policy rules, limits, and stopping everything."""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from asana_intel.changes import policy
from asana_intel.changes.ledger import ledger_time
from asana_intel.changes.policy import ALL, Scope
from asana_intel.changes.review import set_kill_switch
from asana_intel.cli.output import JsonFlag, command, console, show_json
from asana_intel.cli.workbench import Workbench
from asana_intel.settings import Mode

policy_app = typer.Typer(help="What may be written in which mode, by capability, team and field.", no_args_is_help=True)
CapabilityArgument = Annotated[str, typer.Argument(help="goals, capacity, priority, review, setup, or * for all.")]
TeamOption = Annotated[str, typer.Option("--team", help="Gid of a team; default: all.")]
FieldOption = Annotated[str, typer.Option("--field", help="Our name of a field or purpose; default: all.")]
AsOption = Annotated[str | None, typer.Option("--as", help="Who says so; default: the user of this machine.")]


@policy_app.command("show")
@command
def show(as_json: JsonFlag = False) -> None:
    """The rules in force, and the program's own mode, which none of them exceeds."""
    bench = Workbench()
    rules = policy.rules(bench.database)
    if as_json:
        show_json({"mode": bench.settings.mode.value, "rules": [asdict(rule) for rule in rules]})
        return
    console.print(
        f"Mode of the program: [bold]{bench.settings.mode.value}[/bold]; where no rule says auto, people decide."
    )
    for rule in rules:
        console.print(
            f"  {rule.scope}: [bold]{rule.mode.value}[/bold]  [dim]{escape(rule.reason)},"
            f" {escape(rule.set_by)}, {rule.set_at:%Y-%m-%d}[/dim]"
        )


@policy_app.command("set")
@command
def set_(
    capability: CapabilityArgument,
    mode: Annotated[Mode, typer.Argument(help="observe, shadow, propose or auto; auto needs evidence.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the audit.")],
    team: TeamOption = ALL,
    field: FieldOption = ALL,
    who: AsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let a mode hold for a capability, a team, a field. Automatic writing is refused without evidence."""
    bench, scope = Workbench(), Scope(capability, team, field)
    policy.set_rule(bench.database, scope, mode, reason, who or getpass.getuser(), ledger_time(bench.database))
    if as_json:
        show_json({**asdict(scope), "mode": mode.value})
    else:
        console.print(f"{scope}: {mode.value}")


@policy_app.command("clear")
@command
def clear(
    capability: CapabilityArgument,
    team: TeamOption = ALL,
    field: FieldOption = ALL,
    who: AsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take a rule away."""
    bench, scope = Workbench(), Scope(capability, team, field)
    was_there = policy.clear_rule(bench.database, scope, who or getpass.getuser(), ledger_time(bench.database))
    if as_json:
        show_json({**asdict(scope), "cleared": was_there})
    else:
        console.print(f"{scope}: {'cleared' if was_there else 'there was no rule'}")


@policy_app.command("evidence")
@command
def evidence(
    capability: CapabilityArgument, team: TeamOption = ALL, field: FieldOption = ALL, as_json: JsonFlag = False
) -> None:
    """What speaks for writing without a person, and what is missing."""
    bench, scope = Workbench(), Scope(capability, team, field)
    found = policy.evidence(bench.database, scope)
    lacking = found.lacking(ledger_time(bench.database))
    if as_json:
        show_json({**asdict(found), "lacking": lacking})
        return
    console.print(
        f"{scope}: {found.approved} of {found.decided} decided rows approved, {found.written} written,"
        f" {found.overridden} changed by people, {found.failed} failed"
    )
    for reason in lacking or ["Nothing is missing: it may be set to auto."]:
        console.print(f"  {escape(reason)}")


@policy_app.command("limit")
@command
def limit(
    automatic_a_day: Annotated[int | None, typer.Option(min=0, help="Automatic changes a day and team.")] = None,
    comments: Annotated[int | None, typer.Option(min=0, help="Comments an object and week.")] = None,
    nudges: Annotated[int | None, typer.Option(min=0, help="Things addressed to one person a week.")] = None,
    who: AsOption = None,
) -> None:
    """Change the limits that hold whatever is approved."""
    bench = Workbench()
    policy.set_limits(
        bench.database, who or getpass.getuser(), ledger_time(bench.database),
        automatic_a_day=automatic_a_day, comments=comments, nudges=nudges,
    )  # fmt: skip
    console.print("Limits are set.")


@command
def stop(who: AsOption = None, as_json: JsonFlag = False) -> None:
    """Stop every write to Asana at once, in all programs. A file STOP in the home folder does the same."""
    _switch(True, who, as_json=as_json)


@command
def resume(who: AsOption = None, as_json: JsonFlag = False) -> None:
    """Allow writes again after `stop`."""
    _switch(False, who, as_json=as_json)


def _switch(stopped: bool, who: str | None, *, as_json: bool) -> None:
    database = Workbench().database
    set_kill_switch(database, stopped=stopped, actor=who or getpass.getuser(), now=ledger_time(database))
    if as_json:
        show_json({"stopped": stopped})
    else:
        console.print("Nothing is written any more." if stopped else "Writes are allowed again.")

"""Commands that undo what was written. They only plan; approving and applying are changing.py's."""

import getpass
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape

from asana_intel.asana.writer import AsanaWriter
from asana_intel.changes.adopting import adopt_after_restore
from asana_intel.changes.ledger import StoredPlan, ledger_time
from asana_intel.changes.revert import Left, Reversal
from asana_intel.changes.revert import revert as plan_back
from asana_intel.cli.changing import AsOption
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.plan_pages import names_in, show_plan
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError


@command
def revert(
    of: Annotated[str, typer.Argument(metavar="PLAN|RUN", help="Plan, such as p-1a2b3c4d, or a run of the apply job.")],
    who: AsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Plan the way back from what a plan or a run wrote. Writes nothing by itself; what people changed since stays.

    Approve and apply the plan like any other. Exit code 2 when there is something to take back.
    """
    bench = Workbench()
    with console.status("Looking at what stands …"):
        found = plan_back(
            bench.database, _writer(bench), of, bench.settings, ledger_time(bench.database), who or getpass.getuser()
        )
    if as_json:
        show_json(asdict(found))
    else:
        _show(bench, found)
    if found.plan is not None:
        raise typer.Exit(CHANGES)


@command
def adopt(
    after_restore: Annotated[
        bool, typer.Option("--after-restore", help="An older database was restored: our values look like people's.")
    ] = False,
    who: AsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Take fields back that look like people's because an older database was restored. Writes nothing to Asana.

    Tasks tell who wrote what stands there. For goals and projects a plan asks: approve the rows that we wrote, then
    apply it. Exit code 2 when there is such a plan.
    """
    if not after_restore:
        raise ConfigError("Fields are adopted after a restore only", fix="asana-intel adopt --after-restore")
    bench = Workbench()
    with console.status("Looking at what stands …"):
        found = adopt_after_restore(
            bench.database, _writer(bench), bench.settings, ledger_time(bench.database), who or getpass.getuser()
        )
    if as_json:
        show_json(asdict(found))
    else:
        console.print(f"{len(found.adopted)} fields are ours again, {len(found.persons)} stay people's,"
                      f" {found.unread} could not be read")  # fmt: skip
        if found.plan is not None:
            show_plan(found.plan, names_in(bench, found.plan))
            _show_next(found.plan)
    if found.plan is not None:
        raise typer.Exit(CHANGES)


def _writer(bench: Workbench) -> AsanaWriter:
    return AsanaWriter.from_settings(bench.settings, lambda: bench.database)


def _show(bench: Workbench, found: Reversal) -> None:
    if found.plan is None:
        console.print(f"{found.of}: nothing to revert.")
    else:
        show_plan(found.plan, names_in(bench, found.plan))
    for left in found.conflicts:
        console.print(f"  [yellow]a person's, kept[/yellow] {_line(left)}")
    for left in found.kept:
        console.print(f"  [dim]kept[/dim] {_line(left)}")
    if found.plan is not None:
        _show_next(found.plan)


def _show_next(stored: StoredPlan) -> None:
    console.print(f"\nNext: asana-intel approve {stored.plan_id} --as SOMEONE && asana-intel apply {stored.plan_id}")


def _line(left: Left) -> str:
    return escape(f"{left.kind} {left.target_type} {left.target_gid} {left.field or ''}: {left.reason}")

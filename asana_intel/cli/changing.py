"""Commands of the write path: plan, review, approve, reject, apply, release."""

import getpass
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer
from rich.markup import escape
from rich.prompt import Prompt

from asana_intel.changes import review as decisions
from asana_intel.changes.ledger import StoredPlan, following, ledger_time, load_plan, open_plans
from asana_intel.changes.ownership import persons_fields, release_field
from asana_intel.changes.policy import modes_of_rows
from asana_intel.cli.output import CHANGES, JsonFlag, command, console, show_json
from asana_intel.cli.plan_pages import facts, line, names_in, show_plan
from asana_intel.cli.workbench import Workbench
from asana_intel.errors import ConfigError, PermanentError

PlanArgument = Annotated[str | None, typer.Argument(help="Plan, such as p-1a2b3c4d; default: the newest open one.")]
AsOption = Annotated[str | None, typer.Option("--as", help="Who decides; default: the user of this machine.")]
HashOption = Annotated[str | None, typer.Option("--hash", help="Hash of the plan you looked at; another is refused.")]
RowOption = Annotated[list[str] | None, typer.Option("--row", help="Only this row (its key); repeat for more.")]


@command
def plan(as_json: JsonFlag = False) -> None:
    """Compute what should change in Asana, and show it. Writes nothing. Exit code 2 when there are changes."""
    bench = Workbench()
    with console.status("Planning …"):
        bench.run_job("rebuild_week", week_on=bench.latest_week())
    waiting = [p for p in open_plans(bench.database, ledger_time(bench.database)) if p.purpose != "ask"]
    if as_json:
        show_json([asdict(p) for p in waiting])
    elif not waiting:
        console.print("Nothing to change.")
    for stored in [] if as_json else waiting:
        show_plan(stored, names_in(bench, stored))
    if waiting:
        raise typer.Exit(CHANGES)


@command
def review(
    plan_id: PlanArgument = None,
    who: AsOption = None,
    pull: Annotated[bool, typer.Option("--pull", help="Only read what reviewers decided in Asana.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Only ask the reviewers in Asana about the open plans.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Look at a plan and decide row by row: y approve, n reject, s skip, a approve the rest, ? show all, q stop."""
    bench = Workbench()
    if pull or ask:
        _pull(bench, as_json=as_json) if pull else _ask(bench, as_json=as_json)
        return
    stored = _chosen(bench, plan_id)
    if as_json:
        show_json(asdict(stored))
        return
    names = names_in(bench, stored)
    show_plan(stored, names)
    if stored.approvals_needed > 1:
        console.print(f"{stored.approvals_needed} people must approve each row; you are one of them.")
    _decide_one_by_one(bench, stored, who, names)
    after = load_plan(bench.database, stored.plan_id)
    console.print(f"{stored.plan_id}: {after.state}, {after.counts('decision').get('pending', 0)} rows undecided")


@command
def approve(
    plan_id: PlanArgument = None,
    rows: RowOption = None,
    who: AsOption = None,
    plan_hash: HashOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Approve a plan, or some of its rows, exactly as they stand. The plan's author cannot."""
    _decide_all(decisions.approve, plan_id, rows, who, plan_hash, as_json=as_json)


@command
def reject(
    plan_id: PlanArgument = None,
    rows: RowOption = None,
    who: AsOption = None,
    plan_hash: HashOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Reject a plan, or some of its rows."""
    _decide_all(decisions.reject, plan_id, rows, who, plan_hash, as_json=as_json)


@command
def apply(plan_id: PlanArgument = None, as_json: JsonFlag = False) -> None:
    """Write the approved rows to Asana, each checked before and read back after. Again writes nothing."""
    bench = Workbench()
    stored = _chosen(bench, plan_id, approved=True)
    with console.status(f"Applying {stored.plan_id} …"):
        bench.run_job("apply_approved_changes", config=apply_config(stored.plan_id))
    after = load_plan(bench.database, stored.plan_id)
    before = {row.row_key: row.state for row in stored.rows}
    written = [row for row in after.rows if row.state == "done" and before[row.row_key] != "done"]
    left = [row for row in after.rows if row.decision == "approved" and row.state not in {"done", "noop"}]
    if as_json:
        show_json({**asdict(after), "written": len(written)})
        return
    console.print(f"{after.plan_id}: {len(written)} rows written and read back, {len(left)} approved rows not written")
    names = names_in(bench, after)
    for row in left:
        console.print(f"  [yellow]{row.state}[/yellow] {line(row, names)}  {escape(row.error or '')}")


@command
def release(
    target: Annotated[str, typer.Argument(help="Gid of the goal, project or task.")],
    field: Annotated[str, typer.Argument(help="Our field, such as ai_confidence_score.")],
    who: AsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Let asana-intel write a field again that a person had changed; the next plan shows their value as the old one."""
    database = Workbench().database
    was_theirs = release_field(database, target, field, who or getpass.getuser(), ledger_time(database))
    if not was_theirs:
        theirs = ", ".join(f"{gid} {name}" for gid, name in sorted(persons_fields(database))) or "none is"
        raise PermanentError(f"{field} of {target} is not a person's", fix=f"people's fields: {theirs}")
    if as_json:
        show_json({"target_gid": target, "field": field, "released": True})
    else:
        console.print(f"{field} of {target} may be written again")


def apply_config(plan_id: str) -> dict:
    """Run configuration of the job apply_approved_changes."""
    return {"ops": {"load_approved_plan": {"config": {"plan_id": plan_id}}}}


def _decide_one_by_one(bench: Workbench, stored: StoredPlan, who: str | None, names: Mapping[str, str]) -> None:
    """Ask about each undecided row; what is decided is what was shown, or nothing."""
    modes = modes_of_rows(bench.database, stored.plan_id)
    pending = [row for row in stored.rows if row.decision == "pending"]
    left_out: set[str] = set()
    for number, row in enumerate(pending):
        if row.row_key in left_out:
            console.print(f"{line(row, names)}\n  [dim]left out with row {row.after_key}, from which it follows[/dim]")
            continue
        console.print(f"{line(row, names)}\n  {facts(row, modes[row.row_key])}")
        while (answer := Prompt.ask("  approve?", choices=[*"ynsaq?"], console=console)) == "?":
            for name, value in asdict(row).items():
                console.print(f"    [dim]{name}[/dim] {escape(str(value))}")
        if answer == "q":
            return
        if answer in {"s", "n"}:
            left_out |= following(pending, [row.row_key])
        if answer == "s":
            left_out.add(row.row_key)
            continue
        rest = [r.row_key for r in pending[number:] if r.row_key not in left_out]
        keys = rest if answer == "a" else [row.row_key]
        decide = decisions.reject if answer == "n" else decisions.approve
        if _decide(bench, decide, stored.plan_id, who, keys, stored.plan_hash).needs_another:
            console.print("  A second person must approve it, too.")
        if answer == "a":
            return


def _ask(bench: Workbench, *, as_json: bool) -> None:
    from asana_intel.changes.asking import ask_reviewers

    if not bench.settings.review.ask_in_asana:
        raise ConfigError("Reviewers are not asked in Asana", fix="review.ask_in_asana and review.reviewers")
    asking = ask_reviewers(bench.database, bench.tables, bench.settings, ledger_time(bench.database))
    if as_json:
        show_json(asdict(asking))
        return
    for plan in asking.plans:
        console.print(f"{plan.plan_id}: {len(plan.rows)} approval tasks, {plan.state}")
    console.print(f"{len(asking.plans)} plans are newly asked about, {asking.held_back} questions held back")
    for problem in asking.problems:
        console.print(f"[yellow]{escape(problem)}[/yellow]")
    for plan in asking.plans:
        if plan.state == "approved":
            console.print(f"Next: asana-intel apply {plan.plan_id}")
    if any(plan.state == "proposed" for plan in asking.plans):
        console.print("Let them be sent: asana-intel policy set review auto --field approval_request --reason WHY")


def _pull(bench: Workbench, *, as_json: bool) -> None:
    from asana_intel.asana.reader import AsanaReader
    from asana_intel.changes.answers import pull_answers

    reader = AsanaReader.from_settings(bench.settings, lambda: bench.database)
    answers = pull_answers(bench.database, reader, bench.settings.review, ledger_time(bench.database))
    if as_json:
        show_json([asdict(answer) for answer in answers])
        return
    for answer in answers:
        why = f": {escape(answer.reason)}" if answer.reason else ""
        console.print(
            f"{answer.plan_id}: {answer.change.status} by user {answer.change.user_gid}, {answer.outcome}{why}"
        )
    console.print(f"{len(answers)} answers were new.")


def _decide_all(
    decide, plan_id: str | None, rows: list[str] | None, who: str | None, plan_hash: str | None, *, as_json: bool
) -> None:
    bench = Workbench()
    decision = _decide(bench, decide, _chosen(bench, plan_id).plan_id, who, rows, plan_hash)
    if as_json:
        show_json(asdict(decision))
    else:
        console.print(f"{decision.plan_id}: {decision.rows} rows decided, the plan is {decision.plan_state}")
        if decision.needs_another:
            console.print("A second person must approve them, too.")


def _decide(
    bench: Workbench, decide, plan_id: str, who: str | None, rows: list[str] | None, plan_hash: str | None
) -> decisions.Decision:
    return decide(
        bench.database,
        plan_id,
        who or getpass.getuser(),
        ledger_time(bench.database),
        rows,
        approvers=bench.settings.review.approvers,
        plan_hash=plan_hash,
    )


def _chosen(bench: Workbench, plan_id: str | None, *, approved: bool = False) -> StoredPlan:
    if plan_id is not None:
        return load_plan(bench.database, plan_id)
    waiting = open_plans(bench.database, ledger_time(bench.database))
    wanted = [p for p in waiting if not approved or any(r.decision == "approved" for r in p.rows)]
    if not wanted:
        raise ConfigError(
            "No approved plan is waiting" if approved else "No plan is waiting",
            fix="asana-intel approve" if approved else "asana-intel plan",
        )
    # Questions about plans come after them, notices beside them: neither is what one wants to look at first.
    places = {"ask": 0, "notice": 1}
    return max(wanted, key=lambda p: (places.get(p.purpose, len(places)), p.created_at))

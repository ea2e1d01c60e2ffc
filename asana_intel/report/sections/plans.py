"""The plan and write sections: what would change, who decided, what was written and proven."""

import re
from dataclasses import dataclass, fields
from datetime import date, timedelta

from markupsafe import Markup

from asana_intel.clock import monday_of
from asana_intel.report import formats
from asana_intel.report.charts.weeks import weekly_columns
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.ledger import LeftRow, PlanRow, Receipt, StoredPlan
from asana_intel.report.sections.links import AsanaObject, asana_url, named, names_by_gid

ROWS_SHOWN = 200
RECEIPTS_SHOWN = 50
_WEEKS_OF_WRITES = 12
_EVIDENCE_SHOWN = 6
_OPEN_STATES = ("proposed", "approved", "applying")
_CREATING = ("create_", "status_update", "comment", "attach_", "add_dependency")
_FIELD_WORDS = {
    "ai_confidence_score": "AI Confidence Score",
    "predicted_completion_date": "Predicted Completion Date",
    "top_blocking_project": "Top Blocking Project",
    "ai_summary": "AI Summary",
    "ai_health": "AI Project Health",
}


@dataclass(frozen=True)
class DiffLine:
    """One change as a diff shows it: `+` creates, `~` changes."""

    sign: str
    what: str
    target: AsanaObject
    target_type: str
    old: str
    new: str
    reason: str
    evidence: list[AsanaObject]
    evidence_total: int
    decision: str
    decided_by: str | None
    state: str


@dataclass(frozen=True)
class PlanBlock:
    """One plan with its diff."""

    plan_id: str | None
    purpose: str
    state: str
    meta: str
    creates: int
    changes: int
    lines: list[DiffLine]
    total: int


@dataclass(frozen=True)
class PlanSection:
    """Plans to look at, newest first; `waiting` counts rows that nobody decided on."""

    blocks: list[PlanBlock]
    waiting: int


@dataclass(frozen=True)
class ReceiptLine:
    """One write."""

    at: str
    what: str
    target: AsanaObject
    old: str
    new: str
    is_verified: bool
    plan_id: str


@dataclass(frozen=True)
class LeftLine:
    """One change that was left to a person who was first: who, when, and what they set."""

    what: str
    target: AsanaObject
    why: str
    plan_id: str


@dataclass(frozen=True)
class WritesSection:
    """Everything written so far, and what was left to people; `lines` and `left` hold the newest fifty."""

    is_connected: bool
    lines: list[ReceiptLine]
    total: int
    verified: int
    by_week: Markup
    left: list[LeftLine]


def plan_section(inputs: ReportInputs) -> PlanSection:
    """Plans that are open, and the report's week's; the week's table where the ledger does not hold its plan."""
    names = _names(inputs)
    ledger, week_on = inputs.ledger, inputs.as_of_on
    plans = [plan for plan in ledger.plans if _is_shown(plan, week_on)]
    people = names_by_gid(inputs.people, "person_gid")
    blocks = [
        _block(plan, [row for row in ledger.rows if row.plan_id == plan.plan_id], names, people) for plan in plans
    ]
    waiting = sum(
        row.decision == "pending" and row.plan_id == plan.plan_id
        for plan in plans
        if plan.state == "proposed"
        for row in ledger.rows
    )
    if inputs.plan.height and not any(plan.as_of_on == week_on and plan.purpose == "weekly" for plan in plans):
        rows = _rows_of_table(inputs)
        blocks.insert(0, _block(None, rows, names, people))
        waiting += len(rows)
    return PlanSection(blocks, waiting)


def writes_section(inputs: ReportInputs) -> WritesSection:
    """Arrange the receipts."""
    names, people = _names(inputs), names_by_gid(inputs.people, "person_gid")
    receipts = inputs.ledger.receipts
    return WritesSection(
        is_connected=inputs.ledger.is_connected,
        lines=[_receipt_line(receipt, names, people) for receipt in receipts[:RECEIPTS_SHOWN]],
        total=len(receipts),
        verified=sum(receipt.is_verified for receipt in receipts),
        by_week=weekly_columns(_writes_by_week(receipts), "write") if receipts else Markup(""),
        left=[_left_line(row, names, people) for row in inputs.ledger.left],
    )


def _is_shown(plan: StoredPlan, week_on: date | None) -> bool:
    if week_on is not None and plan.as_of_on > week_on:
        return False
    return plan.state in _OPEN_STATES or (plan.as_of_on == week_on and plan.state != "superseded")


def _names(inputs: ReportInputs) -> dict[str, str]:
    portfolios = names_by_gid(inputs.portfolios, "portfolio_gid")
    return names_by_gid(inputs.goals, "goal_gid") | names_by_gid(inputs.projects, "project_gid") | portfolios


def _rows_of_table(inputs: ReportInputs) -> list[PlanRow]:
    columns = [f.name for f in fields(PlanRow) if f.name in inputs.plan.columns]
    rows = inputs.plan.sort("position", "row_key").select(columns).iter_rows(named=True)
    return [PlanRow(plan_id=None, **row) for row in rows]


def _block(plan: StoredPlan | None, rows: list[PlanRow], names: dict[str, str], people: dict[str, str]) -> PlanBlock:
    signs = [_sign(row) for row in rows]
    return PlanBlock(
        plan_id=plan.plan_id if plan else None,
        purpose=plan.purpose if plan else "weekly",
        state=plan.state if plan else "not stored",
        meta=_plan_meta(plan),
        creates=signs.count("+"),
        changes=signs.count("~"),
        lines=[_diff_line(row, names, people) for row in rows[:ROWS_SHOWN]],
        total=len(rows),
    )


def _plan_meta(plan: StoredPlan | None) -> str:
    if plan is None:
        return "In the tables, not yet in the ledger: asana-intel plan stores it for review."
    created, expires = formats.instant(plan.created_at), formats.instant(plan.expires_at)
    return f"by {plan.author}, {created} · expires {expires} · mode {plan.mode}"


def _sign(row: PlanRow) -> str:
    return "+" if row.kind.startswith(_CREATING) else "~"


def _diff_line(row: PlanRow, names: dict[str, str], people: dict[str, str]) -> DiffLine:
    evidence = row.evidence_gids or []
    is_new = _sign(row) == "+"
    return DiffLine(
        sign=_sign(row),
        what=_what(row.kind, row.field),
        target=named(row.target_gid, names, row.target_type),
        target_type=row.target_type,
        old="" if is_new else formats.planned_value(row.old_value, row.field),
        new=_new(row, people),
        reason=row.reason,
        evidence=[AsanaObject(names.get(gid) or gid, asana_url(gid)) for gid in evidence[:_EVIDENCE_SHOWN]],
        evidence_total=len(evidence),
        decision=row.decision,
        decided_by=row.decided_by,
        state=row.state,
    )


def _new(row: PlanRow | Receipt, people: dict[str, str]) -> str:
    """The value wanted; of a new task that a scenario gives to somebody, with their name."""
    text = formats.planned_value(row.new_value, row.field)
    if row.field != "scenario_task":
        return text
    return re.sub(
        r"^person: (\d+)$", lambda found: f"person: {people.get(found[1], found[1])}", text, flags=re.MULTILINE
    )


def _what(kind: str, field: str | None) -> str:
    if kind == "set_metric":
        return "metric value"
    if kind == "set_field" and field:
        return _FIELD_WORDS.get(field, field.replace("_", " "))
    return kind.removeprefix("set_").replace("_", " ")


def _receipt_line(receipt: Receipt, names: dict[str, str], people: dict[str, str]) -> ReceiptLine:
    is_new = receipt.kind.startswith(_CREATING)
    return ReceiptLine(
        at=formats.instant(receipt.written_at),
        what=_what(receipt.kind, receipt.field),
        target=named(receipt.target_gid, names, receipt.target_type),
        old="" if is_new else formats.planned_value(receipt.old_value, receipt.field),
        new=_new(receipt, people),
        is_verified=receipt.is_verified,
        plan_id=receipt.plan_id,
    )


def _left_line(row: LeftRow, names: dict[str, str], people: dict[str, str]) -> LeftLine:
    why = re.sub(r"\buser (\d+)", lambda found: people.get(found[1], found[0]), row.why)
    return LeftLine(_what(row.kind, row.field), named(row.target_gid, names, row.target_type), why, row.plan_id)


def _writes_by_week(receipts: tuple[Receipt, ...]) -> list[tuple[date, int]]:
    """Writes a week over the last twelve weeks with writes between them; weeks without any count zero."""
    weeks = [monday_of(receipt.written_at) for receipt in receipts]
    first = max(min(weeks), max(weeks) - timedelta(weeks=_WEEKS_OF_WRITES - 1))
    span = (max(weeks) - first).days // 7 + 1
    return [(on := first + timedelta(weeks=k), weeks.count(on)) for k in range(span)]

"""Goal sheets of every sort, made by hand fact by fact; the texts about them are in the files beside."""

from __future__ import annotations

from datetime import date

from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind
from asana_intel.narratives.sheets import goal as kinds
from asana_intel.narratives.wording import amount, day, percent, plural, rate


def goal_sheet(
    name: str = "Win 40 shops",
    *,
    current: float | None = 22.0,
    gained: float | None = None,
    target: float | None = 40.0,
    initial: float = 0.0,
    unit: str = "none",
    currency: str | None = None,
    precision: int = 0,
    elapsed: float | None = 0.69,
    odds: float | None = 0.62,
    change: int | None = -18,
    due: date = date(2026, 3, 31),
    predicted: date | None = date(2026, 4, 9),
    status: str | None = "green",
    pace: float | None = 1.5,
    needed: float | None = 4.7,
    weeks: int | None = 4,
    done: int | None = 1,
    project: str | None = "Web shop",
    recent: float = 2.0,
    usual: float = 5.5,
    overdue: int = 3,
    blocked: int = 1,
    lever: tuple[str, int] | None = None,
    reason: str = "it has no target value; give it one",
    worst: str | None = None,
    gid: str = "500",
) -> FactSheet:
    """The sheet of one goal; None leaves a fact out. `worst` is the risk that must be told beside odds."""
    required = {"odds", "not_assessed", worst} | ({"odds_before"} if (change or 0) <= kinds.FALL * -1 else set())
    facts = [Fact(kinds.GOAL, name, name, (gid,)), Fact(kinds.DUE, due, day(due), (gid,))]

    def add(kind: FactKind, value: float | str | date | None, text: str) -> None:
        if value is not None:
            facts.append(Fact(kind, value, text, (gid,), is_required=kind.name in required))

    def shown(value: float | None) -> str:
        return amount(value or 0.0, unit, precision, currency)

    def per_week(value: float | None) -> str:
        if unit == "percentage":
            return f"{rate(100 * (value or 0.0), None, precision)} points"
        return rate(value or 0.0, unit, precision, currency)

    if target is not None and current is not None:
        add(kinds.CURRENT, current, shown(current))
        add(kinds.TARGET, target, shown(target))
        way = (current - initial) / (target - initial)
        add(kinds.PROGRESS, way, percent(max(way, 0.0)))
        add(kinds.VALUE_CHANGE, gained, per_week(abs(gained or 0.0)) if gained else "unchanged")
    add(kinds.ELAPSED, elapsed, percent(elapsed or 0.0))
    if odds is None:
        add(kinds.NOT_ASSESSED, reason, reason)
    else:
        add(kinds.ODDS, odds, percent(odds))
        before = min(max(odds - (change or 0) / 100, 0.0), 1.0)
        add(kinds.ODDS_BEFORE, before if change is not None else None, percent(before))
        add(kinds.ODDS_CHANGE, change, plural(abs(change or 0), "point"))
        add(kinds.PREDICTED, predicted, day(predicted or due))
        add(kinds.ASANA_STATUS, status, status or "")
    if lever is not None:
        add(kinds.LEVER, lever[0], lever[0])
        add(kinds.LEVER_POINTS, lever[1], plural(lever[1], "point"))
    add(kinds.PACE, pace, per_week(pace))
    add(kinds.WEEKS_LEFT, weeks, plural(weeks or 0, "week"))
    add(kinds.NEEDED_PACE, needed, per_week(needed))
    add(kinds.WINDOW, 4, "four weeks")
    add(kinds.SCOPE, "the supporting projects", "the supporting projects")
    add(kinds.DONE_LAST_WEEK, done, plural(done or 0, "task") if done else "no task")
    if project is not None:
        add(kinds.SLOW_PROJECT, project, project)
        add(kinds.SLOW_RECENT, recent, f"{recent:.1f}" if recent else "no")
        add(kinds.SLOW_USUAL, usual, f"{usual:.1f}")
    add(kinds.OVERDUE, overdue or None, plural(overdue, "task"))
    add(kinds.BLOCKED, blocked or None, plural(blocked, "task"))
    return FactSheet(Kind.goal_progress, {"goal_gid": gid}, facts)


SLOWING = goal_sheet()
LATE = goal_sheet(worst="overdue")
GAINING = goal_sheet(gained=3.0, change=5, odds=0.62, project=None, lever=("two more weeks", 12))
SAFE = goal_sheet(
    "Publish 24 guides",
    current=20,
    target=24,
    elapsed=0.64,
    odds=0.93,
    change=4,
    due=date(2026, 6, 30),
    predicted=date(2026, 5, 28),
    pace=1.3,
    needed=0.44,
    weeks=9,
    done=5,
    project=None,
    overdue=0,
    blocked=0,
)
LOST = goal_sheet(
    "Cut response time",
    current=12.0,
    target=60.0,
    elapsed=0.91,
    odds=0.04,
    change=-11,
    due=date(2026, 9, 15),
    predicted=date(2027, 2, 2),
    pace=0.8,
    needed=24.0,
    weeks=2,
    done=0,
    project="PC2",
    recent=1.0,
    usual=7.2,
    overdue=14,
    blocked=6,
)
EVEN = goal_sheet(
    "Sign new partners",
    current=9,
    target=18,
    elapsed=0.5,
    odds=0.5,
    change=0,
    due=date(2026, 12, 31),
    predicted=None,
    status="yellow",
    pace=0.75,
    needed=0.9,
    weeks=10,
    done=2,
    project=None,
    overdue=2,
    blocked=0,
)
MONEY = goal_sheet(
    "Renew contracts",
    current=812_500.0,
    target=1_200_000.0,
    unit="currency",
    currency="EUR",
    elapsed=0.6,
    odds=0.71,
    change=6,
    due=date(2026, 8, 31),
    predicted=date(2026, 8, 20),
    pace=31_250.0,
    needed=27_679.0,
    weeks=14,
    done=8,
    project="Renewals EMEA",
    recent=6.0,
    usual=9.5,
    overdue=0,
    blocked=4,
)
SHARE = goal_sheet(
    "Raise coverage",
    current=0.642,
    target=0.8,
    initial=0.5,
    unit="percentage",
    precision=1,
    elapsed=0.45,
    odds=0.58,
    change=-3,
    due=date(2026, 7, 10),
    predicted=date(2026, 7, 24),
    status=None,
    pace=0.012,
    needed=0.0175,
    weeks=9,
    done=11,
    project=None,
    overdue=1,
    blocked=2,
)
REACHED = goal_sheet(
    "Migrate 30 services",
    current=31,
    target=30,
    elapsed=0.8,
    odds=1.0,
    change=2,
    due=date(2026, 5, 29),
    predicted=None,
    pace=2.5,
    needed=-0.3,
    weeks=3,
    done=4,
    project=None,
    overdue=0,
    blocked=0,
)
UNKNOWN = goal_sheet(
    "Hire the platform group",
    current=None,
    target=None,
    elapsed=None,
    odds=None,
    pace=None,
    needed=None,
    weeks=None,
    project=None,
    done=6,
    overdue=2,
    blocked=0,
)
NO_START = goal_sheet(
    "Open the second office",
    current=3,
    target=9,
    elapsed=None,
    odds=None,
    pace=None,
    needed=1.2,
    weeks=5,
    project=None,
    done=0,
    overdue=0,
    blocked=3,
    reason="it has no start date; set one",
)
BARE = goal_sheet(
    "Onboard 12 clients",
    current=None,
    target=None,
    elapsed=0.3,
    odds=0.44,
    change=None,
    due=date(2026, 10, 2),
    predicted=date(2026, 10, 30),
    status="red",
    pace=None,
    needed=None,
    weeks=None,
    project=None,
    done=3,
    overdue=5,
    blocked=0,
)
HUGE = goal_sheet(
    "متجر الويب 🚀",
    current=4_200_000.0,
    target=12_000_000.0,
    elapsed=0.995,
    odds=0.003,
    change=-1,
    due=date(2027, 1, 1),
    predicted=date(2028, 11, 3),
    pace=150_000.0,
    needed=7_800_000.0,
    weeks=1,
    done=1_204,
    project="v2.0 (beta) & <b>ops</b>",
    recent=12.5,
    usual=130.1,
    overdue=1_018,
    blocked=333,
)
CALM = goal_sheet(
    "Close 15 audits",
    current=11,
    target=15,
    elapsed=0.72,
    odds=0.78,
    change=0,
    due=date(2026, 4, 17),
    predicted=date(2026, 4, 14),
    pace=1.0,
    needed=0.67,
    weeks=6,
    done=3,
    project="Field audits",
    recent=3.5,
    usual=5.0,
    overdue=1,
    blocked=0,
)
SHEETS = {name: sheet for name, sheet in globals().items() if isinstance(sheet, FactSheet)}

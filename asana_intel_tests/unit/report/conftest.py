"""A small deterministic company whose frames conform to the contracts, for the report's tests."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from asana_intel.changes.identity import fingerprint
from asana_intel.clock import end_of_week
from asana_intel.report.inputs import ReportInputs
from asana_intel.report.ledger import LedgerRows, LeftRow, PlanRow, Receipt, StoredPlan, SyncRun
from asana_intel.storage.contracts import CONTRACTS, conform, empty_frame

WEEK = date(2026, 11, 16)
AT = end_of_week(WEEK)
NAMES = [
    "Ship 60 issues of the billing rewrite",
    "Adoption of the new editor to 40 %",
    "Close 25 enterprise deals",
    "Halve open security findings",
    "Onboard 12 partners in the Nordics",
    "Median first answer under two hours",
    "Migrate 180 tenants to the new region",
    "Publish 30 customer stories",
]
TEAMS = ["Design", "Platform", "Sales"]
_TASK = {"task_gid": "4000", "name": "Write the invoice export", "is_completed": False, "created_at": AT}
PEOPLE = ["Ada Berg", "Bo Chen", "Cleo Díaz", "Dana Ek", "Eli Fox", "Fay Gül", "Gus Hahn", "Ida Ito", "Jo Kim"]


def frame(key: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows as a frame of the contract `key`; columns that a row leaves out are null."""
    contract = CONTRACTS[key]
    return conform(contract, pl.DataFrame(rows, schema=contract.schema))


def company(goals: int = 14, seed: int = 7) -> ReportInputs:
    """A company with `goals` open goals, every sixth of them not assessable."""
    chance = random.Random(seed)
    made = [_goal(number, chance) for number in range(goals)]
    return ReportInputs(
        workspace_name="Nordlys",
        as_of_on=WEEK,
        as_of_at=AT,
        mode="propose",
        attainment=frame("forecasts/goal_attainment", [row for goal in made for row in goal["attainment"]]),
        trajectory=frame("forecasts/goal_trajectory", [row for goal in made for row in goal["trajectory"]]),
        goals=frame("marts/dim_goal", [goal["dim"] for goal in made]),
        shared_goals=frame("staging/goals", [_shared(goal["dim"]) for goal in made]),
        progress=frame("marts/fct_goal_progress_weekly", [row for goal in made for row in goal["progress"]]),
        narratives=frame("narratives/goal_progress", [goal["narrative"] for goal in made if goal["narrative"]]),
        **_narratives(made),
        drivers=frame("forecasts/goal_drivers", [row for goal in made for row in _drivers(goal["dim"]["goal_gid"])]),
        anomalies=frame("forecasts/goal_anomalies", [_stalled(goal["dim"]["goal_gid"]) for goal in made]),
        capacity=frame("forecasts/person_capacity", _capacity(chance)),
        load=frame("forecasts/person_load", load := _load()),
        load_causes=frame("forecasts/load_causes", [row for week in load for row in _load_causes(week)]),
        tasks=frame("staging/tasks", [_TASK]),
        people=frame("marts/dim_person", [_person(number, name) for number, name in enumerate(PEOPLE)]),
        teams=frame("staging/teams", [{"team_gid": str(50 + n), "name": name} for n, name in enumerate(TEAMS)]),
        portfolios=frame("staging/portfolios", [{"portfolio_gid": "6000", "name": "Growth bets"}]),
        projects=frame("marts/dim_project", [_project(number) for number in range(6)]),
        project_health=frame("marts/fct_project_health", [_health(number, chance) for number in range(6)]),
        plan=frame("changes/plan", [_planned(number) for number in range(5)]),
        scores=frame("forecasts/forecast_scores", _scores(chance)),
        replayed=frame("forecasts/replay_scores", _scores(random.Random(8))),
        warnings=frame("forecasts/early_warnings", _warnings()),
        alerts=frame("forecasts/overload_alerts", _alerts()),
        verdicts=frame("forecasts/model_verdicts", _verdicts()),
        readiness=frame("marts/fct_data_readiness", _readiness()),
        quarantine=pl.DataFrame(
            {"table_name": ["tasks"], "field": ["due_on"], "reason": ["not a date; mend it in Asana"], "records": [3]}
        ),
        ledger=_ledger(),
    )


def _goal(number: int, chance: random.Random) -> dict[str, Any]:
    gid, target = str(1000 + number), float(20 + 10 * number)
    start_on, due_on = date(2026, 10, 5), date(2026, 12, 31)
    assessed = number % 6 != 5
    pace = chance.uniform(0.5, 1.3) * target / 88
    weeks = [start_on + timedelta(weeks=k) for k in range(7)]
    values = [round(pace * (k * 7 + 6) * chance.uniform(0.85, 1.1), 1) for k in range(7)]
    wobble = [min(0.97, max(0.03, pace * 88 / target - 0.35 + chance.uniform(-0.12, 0.12))) for _ in weeks]
    p = wobble[-1]
    end = values[-1] + pace * (due_on - AT.date()).days
    dim = {
        "goal_gid": gid,
        "name": f"{NAMES[number % len(NAMES)]}{f' ({number})' if number >= len(NAMES) else ''}",
        "owner_gid": str(2000 + number % len(PEOPLE)),
        "team_gid": str(50 + number % 3),
        "parent_goal_gid": None if number < 2 else str(1000 + (number - 2) // 3),
        "is_workspace_level": number < 2,
        "start_on": start_on,
        "due_on": due_on,
        "period_name": "Q4 FY26",
        "status": ["green", "yellow", "red", None][number % 4],
        "is_closed": False,
        "unit": "none",
        "precision": 0,
        "is_metric_writable": True,
        "initial_value": 0.0,
        "target_value": target,
        "current_value": values[-1],
        "supporting_projects": 1,
        "supporting_goals": 0,
    }
    attainment = [
        {
            "as_of_on": week_on,
            "as_of_at": end_of_week(week_on),
            "goal_gid": gid,
            "kind": "flow",
            "p_attain": wobble[k] if assessed else None,
            "value_p10": end * 0.8,
            "value_p50": end,
            "value_p90": end * 1.22,
            "predicted_on": due_on + timedelta(days=int((1 - pace * 88 / target) * 60)) if p > 0.2 else None,
            "current_value": values[k],
            "target_value": target,
            "due_on": due_on,
            "elapsed_pct": (k * 7 + 6) / 87,
            "baseline_p": 0.9 if pace * 88 >= target else 0.1,
            "p_attain_change": wobble[k] - wobble[k - 1] if k and assessed else None,
            "status": "assessed" if assessed else "not_assessed",
            "reason": None if assessed else "The goal has no metric; add one with a target to have it assessed.",
            "method": "gamma_shrunk" if assessed else None,
            "top_blocking_project_gid": str(3000 + number % 6),
        }
        for k, week_on in enumerate(weeks)
    ]
    progress = [
        {"goal_gid": gid, "week_on": w, "snapshot_at": end_of_week(w), "value": v}
        for w, v in zip(weeks, values, strict=True)
    ]
    narrative = {
        "as_of_on": WEEK,
        "as_of_at": AT,
        "goal_gid": gid,
        "text": f"The odds are {p:.0%}, after {wobble[-2]:.0%} a week ago. At the pace of the last four weeks the goal "
        f"ends near {end:.0f} of {target:.0f}. The project that holds it back most has eleven overdue tasks.",
        "status_type": "on_track",
        "fact_ids": ["odds"],
        "facts_hash": "a1",
        "written_by": "template",
        "word_count": 41,
    }
    return {
        "dim": dim,
        "attainment": attainment,
        "progress": progress,
        "narrative": narrative if assessed else None,
        "trajectory": [row for k in range(3, 7) for row in _path(gid, weeks[k], values[k], pace, due_on)]
        if assessed
        else [],
    }


def _shared(goal: dict[str, Any]) -> dict[str, Any]:
    named = {name: goal[name] for name in ("goal_gid", "name", "is_workspace_level", "is_closed")}
    return named | {"privacy_setting": "public_to_workspace"}


def told(**subject: Any) -> dict[str, Any]:
    """A narrative's row, by rule unless told otherwise."""
    text = "Five of eight goals are on track. Billing rewrite needs help."
    shared = {"as_of_on": WEEK, "as_of_at": AT, "fact_ids": ["odds"], "facts_hash": "a1", "written_by": "template"}
    return shared | {"text": text, "word_count": len(text.split())} | subject


def _narratives(made: list[dict[str, Any]]) -> dict[str, pl.DataFrame]:
    """Texts of every kind, their sentences and facts; Eli's week alone is explained."""
    reports = [
        told(
            portfolio_gid="6000",
            status_type="off_track",
            written_by="fallback",
            refusals=["word", "number", "word"],
            text="The odds of two bets fell. Billing rewrite needs help.",
        ),
        told(portfolio_gid="workspace", status_type="at_risk", written_by="select", model="some/model"),
    ]
    notes = [told(subject_gid="3003", subject_type="project", written_by="slots")]
    looked_back = [told(quarter_on=date(2026, 7, 1))]
    over_on = WEEK + timedelta(weeks=1)
    full = [told(person_gid="2004", week_on=over_on, text="Eli's week is full because of three design reviews.")]
    subjects = [
        *(("goal_progress", goal["dim"]["goal_gid"], goal["narrative"]) for goal in made if goal["narrative"]),
        *(("portfolio_report", row["portfolio_gid"], row) for row in reports),
        ("alignment_note", "3003", notes[0]),
        ("quarter_retrospective", "2026-07-01", looked_back[0]),
        ("capacity_cause", f"2004:{over_on}", full[0]),
    ]
    return {
        "portfolio_reports": frame("narratives/portfolio_report", reports),
        "alignment_notes": frame("narratives/alignment_notes", notes),
        "retrospectives": frame("narratives/quarter_retrospective", looked_back),
        "capacity_causes": frame("narratives/capacity_causes", full),
        "sentences": frame("narratives/sentences", [row for about in subjects for row in _sentences(*about)]),
        "tone_trend": frame("narratives/tone_trend", [_tone("project", "3000", 31), _tone("team", "50", 7)]),
        "urgency": frame("narratives/urgency", [_urgent(number) for number in range(6)]),
        "facts": frame("narratives/facts", [row for kind, subject, _ in subjects for row in _facts(kind, subject)]),
    }


def _tone(scope_type: str, scope_gid: str, comments: int) -> dict[str, Any]:
    shared = {"as_of_on": WEEK, "as_of_at": AT, "scope_type": scope_type, "scope_gid": scope_gid, "authors": 5}
    if comments < 20:
        reason = f"{comments} comments in four weeks; 20 are needed"
        return shared | {"comments": comments, "status": "not_assessed", "reason": reason}
    values = {"tone": 0.02, "usual_tone": 0.21, "change": -0.19, "confidence": 0.93}
    return shared | values | {"comments": comments, "status": "assessed"}


def _urgent(number: int) -> dict[str, Any]:
    """The last project is calm; of the others one has had no word for a while."""
    counts = {"open_tasks": 20, "overdue_tasks": 5 - number, "overdue_days": 9, "blocked_tasks": 1, "blocked_days": 3}
    shared = {"as_of_on": WEEK, "as_of_at": AT, "project_gid": str(3000 + number), "rank": number + 1}
    urgency = 0.0 if number == 5 else 0.8 - number / 10
    return shared | counts | {"urgency": urgency, "silent_days": 12 if number == 1 else 0, "pushed_dates": 2}


def _sentences(kind: str, subject_id: str, row: dict[str, Any]) -> list[dict[str, Any]]:
    """The first sentence of each text rests on the odds, the others on work in six projects."""
    shared = {"as_of_on": WEEK, "kind": kind, "subject_id": subject_id}
    parts = [part.removesuffix(".") + "." for part in row["text"].split(". ")]
    proofs = [str(3000 + number) for number in range(6)]
    return [
        shared
        | {
            "position": position,
            "text": part,
            "claim_id": "odds_first",
            "fact_ids": ["odds"] if position == 1 else ["overdue"],
            "source_gids": ["1000"] if position == 1 else proofs,
        }
        for position, part in enumerate(parts, start=1)
    ]


def _facts(kind: str, subject_id: str) -> list[dict[str, Any]]:
    shared = {"as_of_on": WEEK, "kind": kind, "subject_id": subject_id, "unit": "probability", "is_required": True}
    return [
        shared | {"fact_id": "odds", "meaning": "odds now", "value": "48 %", "number": 0.48, "source_gids": ["1000"]},
        shared
        | {"fact_id": "overdue", "meaning": "overdue tasks", "value": "11 tasks", "source_gids": ["3000", "3001"]},
    ]


def _path(gid: str, week_on: date, value: float, pace: float, due_on: date) -> list[dict[str, Any]]:
    first = end_of_week(week_on).date()
    days = [*range(0, (due_on - first).days, 7), (due_on - first).days]
    return [
        {
            "as_of_on": week_on,
            "as_of_at": end_of_week(week_on),
            "goal_gid": gid,
            "on": first + timedelta(days=ahead),
            "p10": value + pace * ahead - 0.9 * ahead**0.5 * pace,
            "p50": value + pace * ahead,
            "p90": value + pace * ahead + 1.3 * ahead**0.5 * pace,
            "method": "closed form",
        }
        for ahead in days
    ]


def _person(number: int, name: str) -> dict[str, Any]:
    team = number % 3
    return {
        "person_gid": str(2000 + number),
        "name": name,
        "team_gid": str(50 + team),
        "team_name": TEAMS[team],
        "open_tasks": 4,
    }


def _capacity(chance: random.Random) -> list[dict[str, Any]]:
    rows = []
    for number in range(len(PEOPLE)):
        gid, usual = str(2000 + number), chance.uniform(18, 36)
        shared = {"as_of_on": WEEK, "as_of_at": AT, "person_gid": gid, "method": "bootstrap", "status": "assessed"}
        if number == 8:
            reason = "only 2 weeks of history; 4 are needed"
            rows.append(shared | {"week_on": None, "mean": usual, "status": "not_assessed", "reason": reason})
            continue
        for ahead in range(1, 9):
            is_off = (number, ahead) in {(1, 2), (4, 5), (4, 6)}
            mean = usual * (0.5 if is_off else 1.0) * chance.uniform(0.9, 1.1)
            deciles = {f"p{d}0": mean * (0.5 + d / 10) for d in range(1, 10)}
            rows.append(
                shared
                | deciles
                | {
                    "week_on": WEEK + timedelta(weeks=ahead),
                    "mean": mean,
                }
            )
        total = {f"p{d}0": usual * 8 * (0.75 + d / 20) for d in range(1, 10)}
        rows.append(shared | total | {"week_on": None, "mean": usual * 8})
    return rows


def _load() -> list[dict[str, Any]]:
    """Ada and Eli are asked too much; Gus has no tasks, Jo no hours, and nobody estimated what Ida has to do."""
    return [_loaded(number, ahead) for number in range(len(PEOPLE)) for ahead in range(1, 9)]


def _loaded(number: int, ahead: int) -> dict[str, Any]:
    off = 20.0 if (number, ahead) in {(1, 2), (4, 5), (4, 6)} else 0.0
    available = 0.0 if number == 8 else 40.0 - off
    share = 0.0 if number in {6, 8} else (1.6 if number in {0, 4} else 0.5) / ahead**0.5
    odds = min(0.97, share / 2)
    return {
        "as_of_on": WEEK,
        "as_of_at": AT,
        "person_gid": str(2000 + number),
        "week_on": WEEK + timedelta(weeks=ahead),
        "working_hours": 40.0,
        "holiday_hours": 0.0,
        "time_off_hours": 40.0 - available,
        "available_hours": available,
        "assigned_hours": available * share,
        "p10": available * share * 0.6,
        "p90": available * share * 1.5,
        "load_pct": share if available else None,
        "estimated_share": None if not share else 0.0 if number == 7 else 0.75,
        "inferred_share": None if not share else 1.0 if number == 7 else 0.25,
        "open_tasks": 3 if share else 0,
        "p_over_110": odds,
        "p_over_120": odds * 0.9,
        "p_overload": 0.99,  # of another factor: the page does not speak of it
        "state": None if not available else "Overloaded" if odds > 0.5 else "Underutilized",
        "p_state": 0.8 if available else None,
        "allocated_hours": 0.0,
        "promised_without_tasks_hours": 0.0,
        "tasks_without_promise_hours": 0.0,
    }


def _load_causes(week: dict[str, Any]) -> list[dict[str, Any]]:
    if week["p_over_110"] < 0.25 or week["person_gid"] == "2004":
        return []
    shared = {name: week[name] for name in ("as_of_on", "as_of_at", "person_gid", "week_on", "p_over_110")}
    return [
        shared
        | {
            "rank": rank,
            "task_gid": gid,
            "hours": week["assigned_hours"] * part,
            "share_of_week": part,
            "is_inferred": rank == 2,
            "p_without": week["p_over_110"] / (4 - rank),
            "points": 10.0,
            "p_week_later": week["p_over_110"] / 2,
        }
        for rank, gid, part in ((1, "4000", 0.6), (2, "4001", 0.4))
    ]


def _project(number: int) -> dict[str, Any]:
    return {
        "project_gid": str(3000 + number),
        "name": ["Billing rewrite", "Editor", "Enterprise push", "Hardening", "Nordics", "Region move"][number],
        "team_gid": str(50 + number % 3),
        "is_archived": False,
    }


def _health(number: int, chance: random.Random) -> dict[str, Any]:
    open_tasks = chance.randint(8, 140)
    return {
        "project_gid": str(3000 + number),
        "open_tasks": open_tasks,
        "overdue_tasks": int(open_tasks * chance.uniform(0, 0.4)),
        "blocked_tasks": chance.randint(0, 6),
        "unassigned_tasks": chance.randint(0, 20),
        "completed_4w": (done := chance.randint(0, 40)),
        "created_4w": chance.randint(0, 45),
        "median_cycle_days": chance.uniform(2, 20),
        "weeks_to_clear": open_tasks / (done / 4) if done else None,
    }


def _planned(number: int) -> dict[str, Any]:
    kind, field, old, new = [
        ("set_field", "ai_confidence_score", "0.79", "0.81"),
        ("set_field", "predicted_completion_date", '"2026-12-18"', '"2026-12-29"'),
        (
            "status_update",
            None,
            None,
            '{"status_type":"at_risk","text":"The odds fell to 48 %.","title":"Week of 16 Nov"}',
        ),
        ("comment", None, None, '{"text":"The odds fell by 17 points since last week."}'),
        ("create_task", None, None, '{"due_on":"2026-11-27","name":"Review: Close 25 enterprise deals"}'),
    ][number]
    return {
        "as_of_on": WEEK,
        "as_of_at": AT,
        "row_key": f"{number:016x}",
        "kind": kind,
        "capability": "goals",
        "target_type": "goal",
        "target_gid": str(1000 + number % 3),
        "field": field,
        "old_value": old,
        "new_value": new,
        "base": fingerprint(old),
        "made_by": "ensemble",
        "risk": "low",
        "reason": "The odds moved by two points since the value was written.",
        "evidence_gids": ["1000", "3001"],
        "confidence": 0.9,
        "position": number,
    }


def _ledger() -> LedgerRows:
    at = datetime(2026, 11, 23, 6, 5, tzinfo=UTC)
    plan = StoredPlan("p-7f3a9c01", "weekly", WEEK, "asana-intel", "propose", at, at + timedelta(days=3), "proposed")
    shown = (
        "row_key",
        "kind",
        "target_type",
        "target_gid",
        "field",
        "old_value",
        "new_value",
        "reason",
        "evidence_gids",
    )
    rows = tuple(
        PlanRow(plan_id=plan.plan_id, position=n, **{k: v for k, v in _planned(n).items() if k in shown})
        for n in range(5)
    )
    decided = (replace(rows[0], decision="approved", decided_by="Dana Ek"), *rows[1:])
    receipts = tuple(
        Receipt("p-11112222", "set_field", "goal", str(1000 + n), "ai_confidence_score", "0.7", "0.79", n != 2, written)
        for n, written in enumerate([at - timedelta(days=6 + 3 * k) for k in range(9)])
    )
    syncs = tuple(
        SyncRun(
            "1",
            at - timedelta(days=k),
            "listing" if k == 4 else "reconcile" if k == 3 else "events",
            2140 if k == 4 else 96 + k,
            2100 if k == 4 else 90,
            14,
            3 if k == 3 else 0,
            12,
            80,
            1,
            {"allocations": "402"},
            ["tasks: field likes is new: in 3 of 8 objects"] if k == 0 else [],
        )
        for k in range(5)
    )
    first = "assignee was changed since the plan was made, from empty to 9, by user 404 at 2026-11-23T05:00:00Z"
    left = (LeftRow("p-11112222", "set_assignee", "task", "5001", "assignee", first),)
    return LedgerRows(is_connected=True, plans=(plan,), rows=decided, receipts=receipts, syncs=syncs, left=left)


def _scores(chance: random.Random) -> list[dict[str, Any]]:
    rows = []
    for number in range(12):
        lean, attained = chance.uniform(0.15, 0.85), chance.random() < 0.5
        for week in range(1, 12):
            elapsed = week / 12.5
            outcome = 1.0 if attained else 0.0
            p = min(0.98, max(0.02, lean + (outcome - lean) * elapsed + chance.uniform(-0.1, 0.1)))
            pace = 0.9 if chance.random() < 0.25 + 0.5 * outcome else 0.1
            rows.append(
                {
                    "as_of_on": (week_on := date(2026, 6, 29) + timedelta(weeks=week)),
                    "as_of_at": end_of_week(week_on),
                    "goal_gid": str(900 + number),
                    "p_attain": p,
                    "baseline_p": pace,
                    "attained": attained,
                    "final_value": 40.0 + number,
                    "elapsed_pct": elapsed,
                    "brier": (p - outcome) ** 2,
                    "baseline_brier": (pace - outcome) ** 2,
                    "log_loss": 0.4,
                    "in_80_band": chance.random() < 0.8,
                    "weeks_ahead": 13 - week,
                }
            )
    return rows


def _drivers(gid: str) -> list[dict[str, Any]]:
    points = [("moved", "progress", -8.2), ("moved", "time", -3.1), ("moved", "model", 0.2), ("lever", "pace_up", 11.4)]
    shared = {"as_of_on": WEEK, "as_of_at": AT, "goal_gid": gid}
    return [
        {**shared, "role": role, "driver": driver, "rank": rank + 1, "points": value}
        for rank, (role, driver, value) in enumerate(points)
    ]


def _stalled(gid: str) -> dict[str, Any]:
    return {"as_of_on": WEEK, "as_of_at": AT, "goal_gid": gid, "anomaly": "stalled", "observed": 3.0, "chance": 0.01}


def _warnings() -> list[dict[str, Any]]:
    rows = [("ours", 6, 42.0, 7, 1 / 7), ("pace rule", 6, 50.0, 11, 5 / 11), ("owner", 2, 0.0, 2, 0.0)]
    return [
        {"basis": "shown", "source": source, "missed": 7, "warned": warned, "lead_days": lead, "alarms": alarms,
         "false_alarms": share}
        for source, warned, lead, alarms, share in rows
    ]  # fmt: skip


def _alerts() -> list[dict[str, Any]]:
    return [
        {
            "weeks_ahead": n,
            "weeks": 40,
            "overloaded": 5,
            "alerts": 4,
            "confirmed": 3,
            "sent": first + 1,
            "first_warned": first,
            "brier": 0.08,
        }
        for n, first in ((1, 0), (2, 1), (3, 3))
    ]


def _verdicts() -> list[dict[str, Any]]:
    numbers = {"goals": 25, "brier": 0.24, "baseline_brier": 0.19}
    lost = {"kind": "level", "is_off": True, "reason": "the model for level goals is off here: it lost", **numbers}
    return [lost, {**numbers, "kind": "flow", "is_off": False, "brier": 0.1}]


def _readiness() -> list[dict[str, Any]]:
    measures = [
        ("tasks_with_assignee", 910, 1000, "capacity by person"),
        ("tasks_with_due_date", 780, 1000, "load by week, overdue work"),
        ("tasks_with_effort", 410, 1000, "load in hours instead of inferred effort"),
        ("goals_with_metric", 12, 19, "odds of a goal"),
    ]
    return [
        {"measure": m, "covered": c, "total": t, "share": c / t, "unlocks": unlocks} for m, c, t, unlocks in measures
    ]


def nothing() -> ReportInputs:
    """A home where nothing ran yet."""
    tables = {
        "attainment": "forecasts/goal_attainment",
        "trajectory": "forecasts/goal_trajectory",
        "goals": "marts/dim_goal",
        "shared_goals": "staging/goals",
        "progress": "marts/fct_goal_progress_weekly",
        "narratives": "narratives/goal_progress",
        "portfolio_reports": "narratives/portfolio_report",
        "alignment_notes": "narratives/alignment_notes",
        "retrospectives": "narratives/quarter_retrospective",
        "capacity_causes": "narratives/capacity_causes",
        "sentences": "narratives/sentences",
        "facts": "narratives/facts",
        "tone_trend": "narratives/tone_trend",
        "urgency": "narratives/urgency",
        "drivers": "forecasts/goal_drivers",
        "anomalies": "forecasts/goal_anomalies",
        "capacity": "forecasts/person_capacity",
        "load": "forecasts/person_load",
        "load_causes": "forecasts/load_causes",
        "tasks": "staging/tasks",
        "people": "marts/dim_person",
        "teams": "staging/teams",
        "portfolios": "staging/portfolios",
        "projects": "marts/dim_project",
        "project_health": "marts/fct_project_health",
        "plan": "changes/plan",
        "scores": "forecasts/forecast_scores",
        "replayed": "forecasts/replay_scores",
        "warnings": "forecasts/early_warnings",
        "alerts": "forecasts/overload_alerts",
        "verdicts": "forecasts/model_verdicts",
        "readiness": "marts/fct_data_readiness",
    }
    quarantine = {"table_name": pl.String, "field": pl.String, "reason": pl.String, "records": pl.UInt32}
    return ReportInputs(
        workspace_name="Asana workspace",
        as_of_on=None,
        as_of_at=None,
        mode="observe",
        quarantine=pl.DataFrame(schema=quarantine),
        ledger=LedgerRows(),
        **{name: empty_frame(CONTRACTS[key]) for name, key in tables.items()},
    )


@pytest.fixture(scope="session")
def full_inputs() -> ReportInputs:
    return company()


@pytest.fixture(scope="session")
def many_goals() -> ReportInputs:
    return company(goals=57)


@pytest.fixture(scope="session")
def empty_inputs() -> ReportInputs:
    return nothing()

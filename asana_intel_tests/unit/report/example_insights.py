"""Made-up insight tables over tasks that exist, to look at pages before and beside the real ones.

As a program: `python -m asana_intel_tests.unit.report.example_insights HOME COPY` copies a home's tables, adds the
examples, and writes the report of its newest week to COPY/report.html.
"""

import random
import shutil
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from asana_intel.clock import end_of_week
from asana_intel.storage.contracts import CONTRACTS, conform
from asana_intel.storage.tables import TableStore

Rows = list[dict[str, Any]]
PARTS = ("strategic", "urgency", "dependency", "stakeholders", "effort", "capacity")
_CAUSES = (
    "its blocker was finished",
    "its due date came nearer",
    "the odds of its goal fell",
    "its priority was raised",
)
_REASONS = ("left out because there is no time left for it", "left out because nobody with the skill is free")


def examples(
    week_on: date,
    tasks: Rows,
    projects: list[str],
    goals: list[str],
    teams: list[str],
    people: list[str],
    seed: int = 5,
) -> dict[str, pl.DataFrame]:
    """Insight tables of one week by key.

    Args:
        week_on: Monday.
        tasks: task_gid, name, project_gid, person_gid, due_on, is_public of open tasks.
        projects: Gids.
        goals: Gids; may be empty.
        teams: Gids.
        people: Gids.
        seed: Of the chance behind the numbers.
    """
    stamp = {"as_of_on": week_on, "as_of_at": end_of_week(week_on)}
    chance = random.Random(seed)
    priority = _priority(tasks, goals, chance)
    made = {
        "task_priority": priority,
        "task_effort": [_effort(row, tasks, chance) for row in priority],
        "task_triage": [_triage(row, stamp["as_of_at"], tasks, people, chance) for row in priority[:25]],
        **_sprint(week_on, priority, teams, people, chance),
        "portfolio_priority": _portfolio(week_on, projects, goals, teams, chance),
        "initiative_outlook": _initiatives(week_on, goals),
        **_retro(week_on, tasks, teams, chance),
        "suggestion_scores": _scores(),
        **_for_leaders(week_on, goals, teams, people),
        **_rebalance(week_on, tasks, teams, people),
    }
    return {f"insights/{name}": frame(f"insights/{name}", [stamp | row for row in rows]) for name, rows in made.items()}


def _for_leaders(week_on: date, goals: list[str], teams: list[str], people: list[str]) -> dict[str, Rows]:
    """One team that is short of a person, and everybody; quarters in which that stays so; one new person."""
    groups = (teams[0], None)
    weeks = [
        {"team_gid": team, "week_on": week_on + timedelta(weeks=n), "people": 6, "unknown_people": 1, "is_past": n < 0,
         "available_hours": 240.0, "assigned_hours": 300.0 - 30 * n if n >= 0 else 150.0,
         "load_pct": 1.25 - 0.125 * n if n >= 0 else 0.625, "p10": 220.0 if n >= 0 else None,
         "p90": 390.0 if n >= 0 else None, "p_bottleneck": max(0.8 - 0.3 * n, 0.0) if n >= 0 else None}
        for team in groups
        for n in range(-8, 4)
    ]  # fmt: skip
    cost = [
        {"team_gid": team, "people": 6, "available_hours": 960.0, "assigned_hours": 1020.0, "short_hours": 60.0,
         "late_hours": 140.0, "goals_at_stake": len(goals), "goal_gids": goals, "odds_lost": 0.31,
         "hiring_gap_fte": 0.4, "reason": "1020 h of tasks for 960 h of time: 140 h come late."}
        for team in groups
    ]  # fmt: skip
    quarter = {"people": 6, "people_expected": 5.8, "committed_hours": 40.0, "last_quarter_hours": 900.0,
               "status": "assessed", "reason": "From 60 weeks.", "p_short": 0.7}  # fmt: skip
    middles = {"demand_p{}0_hours": 1000.0, "capacity_p{}0_hours": 800.0, "gap_fte_p{}0": 1.3}
    bands = {name.format(q): middle * (0.5 + q / 10) for name, middle in middles.items() for q in (1, 5, 9)}
    starts = (date(week_on.year + 1, 1, 1), date(week_on.year + 1, 4, 1))
    headcount = [
        quarter | bands | {"role": role, "quarter_on": start, "hire_by_on": start - timedelta(weeks=12)}
        for role in ("Platform", None)
        for start in starts
    ] + [{"role": "New role", "quarter_on": starts[0], "people": 5, "status": "not_assessed",
          "reason": "9 weeks of history, 26 are needed."}]  # fmt: skip
    ramp = [
        {"person_gid": people[0], "team_gid": teams[0], "step": step, "load_share": share, "hours_week": 40 * share,
         "from_on": week_on, "until_on": week_on, "task_gids": ["1"], "reason": "Shares of the settings."}
        for step, share in ((30, 0.25), (60, 0.5), (90, 0.8))
    ]  # fmt: skip
    return {"team_utilisation": weeks, "capacity_cost": cost, "headcount": headcount, "ramp_plan": ramp}


def _rebalance(week_on: date, tasks: Rows, teams: list[str], people: list[str]) -> dict[str, Rows]:
    """Twenty moves of all kinds that mend the first person's next week; the week after stays too full."""
    kinds = ("reassign", "shift", "split", "resequence")
    weeks = [week_on + timedelta(weeks=n) for n in range(1, 5)]
    moves = [
        {"rank": place + 1, "team_gid": teams[place % len(teams)] if place % 5 else None, "kind": kinds[place % 4],
         "task_gid": task["task_gid"], "from_person_gid": people[0], "relieved_person_gid": people[0],
         "to_person_gid": people[1] if place % 2 == 0 and len(people) > 1 else None, "moved_hours": 6.5,
         "start_on": weeks[0], "due_on": weeks[1],
         "new_start_on": weeks[1] if place % 4 == 1 else weeks[0],
         "new_due_on": weeks[2] if place % 4 == 1 else weeks[1],
         "cascade_of_gid": tasks[place - 1]["task_gid"] if place % 6 == 5 else None, "relieved_week_on": weeks[0],
         "reason": f"Because of move {place}: there is room for it.", "p_before": 0.91, "p_after": 0.32,
         "is_public": task["is_public"]}
        for place, task in enumerate(tasks[:20])
    ]  # fmt: skip
    held = [
        {"person_gid": person, "week_on": week, "available_hours": 40.0, "is_touched": number < 2,
         "hours_before": 52.0 if number == 0 and n < 2 else 20.0,
         "hours_after": (38.0, 47.0, 24.0, 20.0)[n] if number == 0 else 30.0 if number == 1 else 20.0,
         "p_over_110_before": 0.91 if number == 0 and n < 2 else 0.02,
         "p_over_110_after": 0.62 if number == 0 and n == 1 else 0.1}
        for number, person in enumerate(people)
        for n, week in enumerate(weeks)
    ]  # fmt: skip
    stuck = {"person_gid": people[0], "week_on": weeks[1], "constraint": "due dates", "cut_hours": 3.0,
             "reason": "Later due dates would mend it; as it stands 3 h must go."}  # fmt: skip
    return {"rebalance_moves": moves, "rebalance_weeks": held, "rebalance_limits": [stuck]}


_NOTHING: dict[Any, Any] = {pl.Float64(): 0.0, pl.Int64(): 0, pl.Boolean(): True, pl.String(): ""}


def frame(key: str, rows: Rows) -> pl.DataFrame:
    """Rows as a frame of the contract `key`; what a row leaves out is null, or nothing where it must be set."""
    contract = CONTRACTS[key]
    nothing = {c.name: _NOTHING[c.dtype] for c in contract.columns if c.required and c.dtype in _NOTHING}
    return conform(contract, pl.DataFrame([nothing | row for row in rows], schema=contract.schema))


def _priority(tasks: Rows, goals: list[str], chance: random.Random) -> Rows:
    scored = []
    for task in tasks:
        weights = (40, 20, 12, 8, 12, 8)
        points = {part: round(most * chance.random() ** 1.5, 1) for part, most in zip(PARTS, weights, strict=True)}
        if not goals or chance.random() < 0.4:
            points["strategic"] = 0.0
        scored.append((sum(points.values()), task, points))
    scored.sort(key=lambda item: (-item[0], item[1]["task_gid"]))
    rows, public = [], 0
    for rank, (score, task, points) in enumerate(scored, start=1):
        public += task["is_public"]
        before = None if rank % 7 == 3 else max(1, rank + chance.choice((-9, 0, 0, 12, 3)))
        gained = bool(points["strategic"])
        rows.append(
            {k: task[k] for k in ("task_gid", "name", "project_gid", "person_gid", "due_on", "is_public")}
            | points
            | {
                "score": score,
                "rank": rank,
                "score_10": max(1, min(10, round(score / 10))),
                "label": "P0" if score > 60 else "P1" if score > 45 else "P2" if score > 30 else "P3",
                "confidence": round(chance.uniform(0.35, 0.95), 2),
                "goal_gid": chance.choice(goals) if gained else None,
                "goal_gain": points["strategic"] / 400 if gained else None,
                "goal_points": points["strategic"] if gained else None,
                "blocked_tasks": chance.choice((0, 0, 0, 1, 4)),
                "is_blocked": chance.random() < 0.1,
                "score_before": score,
                "rank_before": before,
                "rank_cause": chance.choice(_CAUSES) if before not in (None, rank) else None,
                "cause_gid": chance.choice(tasks)["task_gid"] if before not in (None, rank) else None,
                "sprint": chance.choice(("Next Sprint", "Future", "Backlog", "Icebox")),
                "public_rank": public if task["is_public"] else None,
            }
        )
    return rows


def _effort(row: dict[str, Any], tasks: Rows, chance: random.Random) -> dict[str, Any]:
    middle = round(2 ** chance.uniform(0, 5), 1)
    similar = [t["task_gid"] for t in chance.sample(tasks, min(3, len(tasks)))]
    return {
        "task_gid": row["task_gid"],
        "p10_hours": middle / 3,
        "p50_hours": middle,
        "p90_hours": middle * 3,
        "left_p50_hours": middle,
        "method": chance.choice(("estimate", "similar", "usual")),
        "similar_gids": similar,
        "similar_efforts": [round(middle * chance.uniform(0.5, 2), 1) for _ in similar],
    }


def _triage(
    row: dict[str, Any], as_of: datetime, tasks: Rows, people: list[str], chance: random.Random
) -> dict[str, Any]:
    sure = {about: round(chance.uniform(0.3, 0.98), 2) for about in ("category", "complexity", "priority", "person")}
    values = {"category": "Bug", "complexity": "M", "priority": "High", "person": people[0] if people else None}
    said = {about: value if sure[about] >= 0.6 else None for about, value in values.items()}
    is_repeated = chance.random() < 0.15
    left = ", ".join(about for about in ("category", "priority") if said[about] is None)
    return {
        "task_gid": row["task_gid"],
        "arrived_at": as_of - timedelta(days=chance.randint(0, 13)),
        "project_gid": row["project_gid"],
        "category": said["category"],
        "complexity": said["complexity"],
        "priority": said["priority"],
        "person_gid": said["person"],
        **{f"{about}_p": p for about, p in sure.items()},
        "duplicate_of_gid": chance.choice(tasks)["task_gid"] if is_repeated else None,
        "duplicate_p": 0.91 if is_repeated else 0.05,
        "reason": f"too little like it was seen to tell the {left}" if left else None,
        "evidence_gids": [t["task_gid"] for t in chance.sample(tasks, min(2, len(tasks)))],
    }


def _sprint(
    week_on: date, priority: Rows, teams: list[str], people: list[str], chance: random.Random
) -> dict[str, Rows]:
    span = {"starts_on": week_on + timedelta(days=7), "ends_on": week_on + timedelta(days=20)}
    proposal, capacity, outlook = [], [], []
    for number, team in enumerate(teams):
        mine = priority[number :: len(teams)][:40]
        for place, row in enumerate(mine):
            waits = place in (3, 12)
            reason = _REASONS[place % 2] if place >= 14 else f"fits the time of {place % 3 + 1} people"
            proposal.append(
                {"team_gid": team, **span, "task_gid": row["task_gid"], "is_in": place < 14, "hours": 2.0 + place % 5,
                 "person_gid": people[place % len(people)] if people else None, "score": row["score"],
                 "is_pinned": place == 1, "reason": "waits for Another task" if waits else reason,
                 "waits_for_gid": chance.choice(priority)["task_gid"] if waits else None}
            )  # fmt: skip
        for place, person in enumerate(people[number :: len(teams)][:8]):
            hours = {"available_hours": 60.0, "committed_hours": 8.0 * place, "proposed_hours": 14.0}
            capacity.append({"team_gid": team, "person_gid": person, **hours})
        outlook.append(
            {"team_gid": team, **span, "tasks": 14, "hours": 56.0, "value": 700.0, "p_all": 0.31, "p_85": 0.84,
             "gap": 0.0 if number else 0.004, "is_proven": bool(number)}
        )  # fmt: skip
    return {"sprint_proposal": proposal, "sprint_capacity": capacity, "sprint_outlook": outlook}


def _portfolio(week_on: date, projects: list[str], goals: list[str], teams: list[str], chance: random.Random) -> Rows:
    rows, due_on = [], week_on + timedelta(days=30)
    for kind, gid in [*(("project", gid) for gid in projects), *(("goal", gid) for gid in goals)]:
        risk, value, slip = chance.random(), chance.uniform(5, 95), chance.choice((0, 0, 4, 19))
        rows.append(
            {"object_type": kind, "object_gid": gid, "portfolio_gids": [], "team_gid": chance.choice(teams or [None]),
             "score": min(100.0, value * (0.5 + risk / 2)), "value": value, "risk": risk, "odds": 1 - risk,
             "slip_days": slip, "finish_on": due_on + timedelta(days=slip), "due_on": due_on,
             "open_tasks": chance.randint(1, 60), "left_hours": chance.uniform(5, 400),
             "budget": 40_000.0 if slip else None, "budget_used": 44_000.0 if slip == 19 else 12_000.0,
             "reason": f"{slip} days late on its critical path" if slip else "much value, on time"}
        )  # fmt: skip
    rows.sort(key=lambda row: (-row["score"], row["object_gid"]))
    return [row | {"rank": rank} for rank, row in enumerate(rows, start=1)]


def _initiatives(week_on: date, goals: list[str]) -> Rows:
    """One that is in time if it starts now, and one that serves no goal and has no odds."""
    due_on = week_on + timedelta(days=40)
    both = {"due_on": due_on, "hours": 240.0, "score": 44.0, "value": 52.0, "risk": 0.4, "why": "Its tasks score 52."}
    served = {"goal_gid": goals[0], "odds_before": 0.41, "odds_after": 0.47} if goals else {}
    rows = []
    for place, scenario in enumerate(("now", "in_4_weeks", "one_more"), start=1):
        starts_on = week_on + timedelta(days=28 * (scenario == "in_4_weeks"))
        finish_on = starts_on + timedelta(days=25)
        late = scenario == "in_4_weeks"
        rows += [
            both | served | {
                "initiative": "Self-service portal", "scenario": scenario, "position": place, "starts_on": starts_on,
                "finish_on": finish_on, "finish_p10_on": finish_on - timedelta(days=7),
                "finish_p50_on": finish_on, "finish_p90_on": finish_on + timedelta(days=20), "is_in_time": not late,
                "p_in_time": 0.3 if late else 0.8, "fit": 0.5 if late else 1.0, "displaced_tasks": 4 * late,
                "displaced_hours": 31.0 * late, "reason": "Free hours hold it."},
            both | {
                "initiative": "Second site", "scenario": scenario, "position": place, "starts_on": starts_on,
                "is_in_time": False, "fit": 0.0, "displaced_tasks": 0, "displaced_hours": 0.0, "score": 12.0,
                "reason": "Nobody has the skill Danish."},
        ]  # fmt: skip
    return rows


def _retro(week_on: date, tasks: Rows, teams: list[str], chance: random.Random) -> dict[str, Rows]:
    retro, rolled = [], []
    for number, team in enumerate(teams):
        mine = tasks[number :: len(teams)][:24]
        named = {"team_gid": team, "sprint": f"two weeks to {week_on:%d %b %Y}"}
        for place, task in enumerate(mine):
            hours = 2 ** chance.uniform(-1, 5)
            is_done = place % 4 != 0
            rolled.append(
                {**named, "task_gid": task["task_gid"], "estimated_hours": hours, "was_committed": place % 6 != 5,
                 "actual_hours": hours * 2 ** chance.gauss(0.4, 0.8) if is_done else None, "was_done": is_done,
                 "cause": None if is_done else chance.choice(("blocked", "came late", "no time logged", "unknown"))}
            )  # fmt: skip
        retro.append(
            {**named, "starts_on": week_on - timedelta(days=7), "ends_on": week_on + timedelta(days=6),
             "committed_tasks": 20, "done_tasks": 15, "committed_hours": 160.0, "done_hours": 121.0, "added_tasks": 4,
             "rolled_tasks": 5, "estimate_ratio": 1.32, "estimated_tasks": 18, "bottleneck": "In review",
             "bottleneck_hours": 31.0, "is_public": True, "themes": ["unclear scope", "waiting for a customer"]}
        )  # fmt: skip
    return {"sprint_retro": retro, "sprint_retro_tasks": rolled}


def _scores() -> Rows:
    figures = [
        ("effort", "all", 220, 90, 55, 0.48, None),
        ("effort", "similar", 90, 31, 16, 0.42, None),
        ("category", "all", 60, 40, 33, 0.51, 0.8),
        ("priority", "all", 60, 22, 11, 0.55, 0.4),
        ("duplicate", "all", 5, 2, 2, None, 1.0),
        ("score order", "all", 4000, 700, 441, 0.52, None),
    ]
    return [
        {"capability": what, "label": label, "suggested": made, "decided": decided, "right": right,
         "accuracy": right / decided, "baseline": baseline, "adoption": adoption}
        for what, label, made, decided, right, baseline, adoption in figures
    ]  # fmt: skip


def add_examples(tables: TableStore, week_on: date) -> None:
    """Write the examples of a week over a home's open tasks."""
    public = tables.read("staging/projects").filter(privacy_setting="public_to_workspace")["project_gid"]
    places = tables.read("staging/task_projects").sort("task_gid", "project_gid").unique("task_gid", keep="first")
    tasks = (
        tables.read("staging/tasks")
        .filter(~pl.col("is_completed"))
        .join(places.select("task_gid", "project_gid"), on="task_gid", how="left")
        .with_columns(is_public=pl.col("project_gid").is_in(public.implode()).fill_null(False))
        .select("task_gid", "name", "project_gid", "due_on", "is_public", person_gid="assignee_gid")
        .sort("task_gid")
    )
    goals = tables.read("marts/dim_goal").filter(~pl.col("is_closed"))["goal_gid"].sort().to_list()
    projects = tables.read("staging/projects")["project_gid"].sort().to_list()
    teams = tables.read("staging/teams")["team_gid"].sort().to_list()
    people = tables.read("marts/dim_person")["person_gid"].sort().to_list()
    for key, made in examples(week_on, tasks.to_dicts(), projects, goals, teams, people).items():
        tables.overwrite_partition(key, made, week_on)


def main(home: str, copy: str) -> None:
    """Copy a home's tables, add examples for its newest week, and write its report."""
    from asana_intel.report.inputs import collect_inputs
    from asana_intel.report.render import write_report

    shutil.copytree(Path(home) / "tables", Path(copy) / "tables", dirs_exist_ok=True)
    tables = TableStore(str(Path(copy) / "tables"))
    week_on = tables.read("forecasts/goal_attainment")["as_of_on"].max()
    if not isinstance(week_on, date):
        raise SystemExit(f"{home} has no forecast")
    add_examples(tables, week_on)
    write_report(Path(copy) / "report.html", collect_inputs(tables, None, as_of_on=week_on, mode="propose"))


if __name__ == "__main__":
    main(*sys.argv[1:3])

"""Quarterly goals above the work: company goals, team goals, key results of every progress source. No status texts."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from asana_intel.sandbox.generate.calendars import Quarter, moment, quarters
from asana_intel.sandbox.generate.company import Company, Person
from asana_intel.sandbox.generate.draft import Draft, Fields, ref
from asana_intel.sandbox.generate.projects import Project

READ_MINUTE = 18 * 60
# Kinds of key results, dealt in turn: how the value comes to be.
KINDS = (
    "flow", "flow", "project_task_completion", "percent", "task_completion", "external", "flow",
    "project_milestone_completion", "currency",
)  # fmt: skip
_COMPUTED = frozenset({"project_task_completion", "project_milestone_completion", "task_completion"})


@dataclass(slots=True)
class Aim:
    """A goal in the making.

    Attributes:
        record: The goal record.
        quarter: When it runs.
        owner: Who answers for it.
        readings: Friday -> progress from 0 to 1 (may exceed 1).
    """

    record: Fields
    quarter: Quarter
    owner: Person
    readings: dict[date, float] = field(default_factory=dict)

    def progress(self) -> float:
        """Return the last known progress."""
        return list(self.readings.values())[-1] if self.readings else 0.0


@dataclass(slots=True)
class Work:
    """The task records, looked up by project: what goals are measured on."""

    by_project: dict[str, list[Fields]]
    done_on: dict[str, list[str]]

    @staticmethod
    def of(tasks: list[Fields]) -> Work:
        """Index task records by project; completions sorted by time."""
        by_project: dict[str, list[Fields]] = defaultdict(list)
        for task in tasks:
            for project in task["projects"]:
                by_project[project["gid"]].append(task)
        done = {gid: sorted(t["completed_at"] for t in rows if t["completed_at"]) for gid, rows in by_project.items()}
        return Work(by_project, done)

    def completed_between(self, project: str, start: str, end: str) -> int:
        """Count completions after one moment and up to another."""
        done = self.done_on.get(project, [])
        return bisect_right(done, end) - bisect_right(done, start)


def draw_goals(draft: Draft, company: Company, projects: list[Project], tasks: list[Fields], count: int) -> list[Aim]:
    """Draw goals over all quarters, their relationships, and the weekly values of reported metrics.

    A quarter has one company goal, then team goals (a third), then key results.

    Args:
        draft: Receives the records.
        company: Who aims.
        projects: What supports the goals.
        tasks: Finished task records.
        count: How many goals in all.
    """
    work, spans = Work.of(tasks), quarters(company.start_on, company.end_on)
    aims: list[Aim] = []
    dealt = 0
    for index, quarter in enumerate(spans):
        share = count * (index + 1) // len(spans) - count * index // len(spans)
        teams = min(len(company.teams), max(1, share // 3)) if share >= 3 else 0
        results = share - teams - (1 if share >= 2 else 0)
        tree = _Tree(draft, company, quarter, work)
        below = []
        for offset in range(results):
            below.append(tree.key_result(KINDS[dealt % len(KINDS)], projects, (dealt + offset) % len(projects)))
            dealt += 1
        aims += tree.tops(below, teams, has_company=share >= 2)
    return aims


class _Tree:
    """One quarter's goals."""

    def __init__(self, draft: Draft, company: Company, quarter: Quarter, work: Work) -> None:
        self.draft, self.company, self.quarter, self.work = draft, company, quarter, work
        self.born = moment(quarter.start_on, 6 * 60)
        self.is_over = quarter.due_on < company.end_on
        self.fridays = quarter.fridays(company.end_on)

    def tops(self, below: list[tuple[Aim, int]], teams: int, *, has_company: bool) -> list[Aim]:
        """Put team goals and the company goal above the key results; returns all, top first."""
        middle: list[Aim] = []
        for index in range(teams):
            team = (index + self.quarter.start_on.month) % len(self.company.teams)
            name = f"{self.company.teams[team]['name']} delivers in {self.quarter.display_name}"
            own = [aim for place, (aim, _) in enumerate(below) if place % teams == index]
            middle.append(self._parent(name, own, team=team, is_weighted=index % 2 == 1))
        top: list[Aim] = []
        if has_company:
            children = middle or [aim for aim, _ in below]
            top.append(self._parent(f"One company in {self.quarter.display_name}", children, team=None))
        return [*top, *middle, *(aim for aim, _ in below)]

    def _parent(self, name: str, children: list[Aim], *, team: int | None, is_weighted: bool = False) -> Aim:
        metric = _metric("percentage", 0.0, 1.0, "subgoal_progress") | {"is_custom_weight": is_weighted}
        owner = self.company.people[0] if team is None else self.draft.random.choice(self.company.members(team))
        aim = self._goal(name, owner, team, metric)
        weights = [self.draft.random.choice((0.25, 0.5, 1.0)) if is_weighted else 1.0 for _ in children]
        for child, weight in zip(children, weights, strict=True):
            self._support(aim, child.record, "subgoal", weight)
        for friday in self.fridays:
            shares = [min(1.0, child.readings.get(friday, 0.0)) for child in children]
            weighted = sum(weight * share for weight, share in zip(weights, shares, strict=True))
            aim.readings[friday] = weighted / sum(weights) if weights else 0.0
        self._close(aim)
        return aim

    def key_result(self, kind: str, projects: list[Project], index: int) -> tuple[Aim, int]:
        """Draw a key result of a kind on the project of that place, or the next one open in the quarter."""
        open_now = [p for p in projects if p.opens_on <= self.quarter.start_on <= p.closes_on] or projects[:1]
        project = open_now[index % len(open_now)]
        if kind == "flow":
            aim = self._flow(project)
        elif kind in _COMPUTED:
            aim = self._computed(kind, project)
        else:
            aim = self._level(kind, project)
        self._close(aim)
        return aim, project.team

    # -- key results

    def _flow(self, project: Project) -> Aim:
        """`complete n tasks`: the value is what the project really completed since the quarter began."""
        gid, start = project.record["gid"], self.quarter.start_on
        last = self.work.completed_between(gid, moment(start - timedelta(days=91), 0), moment(start, 0))
        own = self.work.completed_between(gid, moment(start, 0), moment(self.quarter.due_on, 1439))
        target = max(3, round((last or own) * self.draft.random.uniform(0.75, 1.3)))
        name = f"{project.record['name']}: complete {target} tasks in {self.quarter.display_name}"
        aim = self._goal(name, project.owner, project.team, _metric("none", 0, target, "manual"))
        self._support(aim, project.record, "supporting_work", 0.0)
        days = [*self.fridays, *([self.quarter.due_on] if self.is_over else [])]
        for day in dict.fromkeys(days):
            self._read(aim, day, self.work.completed_between(gid, moment(start, 0), moment(day, READ_MINUTE)))
        return aim

    def _computed(self, kind: str, project: Project) -> Aim:
        name = f"{project.record['name']}: {_NAMES[kind]} by the end of {self.quarter.display_name}"
        aim = self._goal(name, project.owner, project.team, _metric("percentage", 0.0, 1.0, kind))
        tasks = self.work.by_project.get(project.record["gid"], [])
        if kind == "task_completion":
            begun = [task for task in tasks if task["created_at"] < moment(self.quarter.due_on, 0)]
            tasks = begun[-5:] or tasks[:1]
            for task in tasks:
                self._support(aim, task, "supporting_work", 1.0)
        else:
            self._support(aim, project.record, "supporting_work", 1.0)
            if kind == "project_milestone_completion":
                tasks = [task for task in tasks if task["resource_subtype"] == "milestone"]
        for friday in self.fridays:
            at = moment(friday, READ_MINUTE)
            there = [task for task in tasks if task["created_at"] <= at]
            done = sum(1 for task in there if task["completed_at"] and task["completed_at"] <= at)
            aim.readings[friday] = done / len(there) if there else 0.0
        return aim

    def _level(self, kind: str, project: Project) -> Aim:
        """A level that drifts towards its target: a share, an amount of money, or another system's number."""
        chance = self.draft.random
        name, unit, initial, target, step = {
            "percent": ("share of satisfied customers", "percentage", 0.62, 0.8, 0.02),
            "currency": ("quarterly savings", "currency", 0.0, 120000.0, 9000.0),
            "external": ("sessions per day in the analytics system", "none", 4000.0, 5200.0, 120.0),
        }[kind]
        title = f"{project.record['name']}: {name}, {self.quarter.display_name}"
        source = "external" if kind == "external" else "manual"
        aim = self._goal(title, project.owner, project.team, _metric(unit, initial, target, source))
        pace = (target - initial) / 13 * chance.uniform(0.5, 1.35)
        value = initial
        for friday in self.fridays:
            value += pace + chance.gauss(0.0, step)
            value = min(1.0, max(0.0, value)) if unit == "percentage" else max(0.0, value)
            self._read(aim, friday, round(value, 3 if unit == "percentage" else 0))
        return aim

    # -- records

    def _goal(self, name: str, owner: Person, team: int | None, metric: Fields) -> Aim:
        period = self.company.periods[self.quarter.display_name]
        shown = ("gid", "resource_type", "display_name", "period", "start_on", "end_on")
        record = self.draft.add(
            "goals",
            "goal",
            name=name,
            notes="",
            owner=ref(owner.user),
            team=None if team is None else ref(self.company.teams[team]),
            workspace=ref(self.company.workspace),
            is_workspace_level=team is None,
            start_on=self.quarter.start_on.isoformat(),
            due_on=self.quarter.due_on.isoformat(),
            time_period={key: period[key] for key in shown},
            status=None,
            metric={"gid": self.draft.gid(), **metric},
            followers=[ref(owner.user)],
            x_created_at=self.born,
        )
        return Aim(record, self.quarter, owner)

    def _support(self, aim: Aim, supporter: Fields, subtype: str, weight: float) -> None:
        self.draft.add(
            "goal_relationships",
            "goal_relationship",
            resource_subtype=subtype,
            supporting_resource=ref(supporter),
            supported_goal=ref(aim.record),
            contribution_weight=weight,
        )

    def _read(self, aim: Aim, day: date, value: float) -> None:
        metric = aim.record["metric"]
        row = {"goal": aim.record["gid"], "at": moment(day, READ_MINUTE), "current_number_value": value}
        self.draft.files["goal_metric_history"].append(row)
        metric["current_number_value"] = value
        span = metric["target_number_value"] - metric["initial_number_value"]
        aim.readings[day] = (value - metric["initial_number_value"]) / span

    def _close(self, aim: Aim) -> None:
        """Set the final status: closed where the quarter is over, otherwise by pace."""
        progress = aim.progress()
        if not self.is_over:
            passed = max(0.1, len(self.fridays) / 13)
            pace = progress / passed
            aim.record["status"] = "green" if pace >= 0.9 else "yellow" if pace >= 0.6 else "red"
        elif self.draft.chance(0.04):
            aim.record["status"] = "dropped"
        else:
            aim.record["status"] = "achieved" if progress >= 1 else "partial" if progress >= 0.7 else "missed"


_NAMES = {
    "project_task_completion": "all tasks done",
    "project_milestone_completion": "all milestones reached",
    "task_completion": "the five key tasks done",
}


def _metric(unit: str, initial: float, target: float, source: str) -> dict[str, Any]:
    return {
        "resource_type": "goal_metric",
        "resource_subtype": "number",
        "unit": unit,
        "precision": 0,
        "currency_code": "USD" if unit == "currency" else None,
        "initial_number_value": initial,
        "target_number_value": target,
        "current_number_value": initial,
        "progress_source": source,
        "is_custom_weight": False,
        "can_manage": source == "manual",
    }

"""Sprint retros in Asana: one review task for each sprint that ended, to talk over. Pure; reckons nothing anew.

Where a sprint, or a task of it, is not for everybody to read, only totals are told. No person is named.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from asana_intel.changes.backlog import Row
from asana_intel.changes.canonical import canonical_number, canonical_object, shortened
from asana_intel.changes.identity import row_marker
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week
from asana_intel.changes.signed import signed
from asana_intel.narratives.audience import public_projects, public_tasks

RETRO = "Sprint retro"
_MADE_BY = "sprint_retro"
_UNKNOWN = "unknown"
_NAME_LENGTH = 250


def sprint_retros(inputs: PlanInputs, week: Week, rules: PlanRules) -> Iterator[Row]:
    """A task for each sprint that ended with what it promised and brought, where the settings want it; once ever.

    It stands beside the other reviews, and is about the public project of the team with most of the sprint's tasks.
    """
    if not rules.priority.retro:
        return
    known, everybodys = inputs.known_markers(), public_projects(inputs.projects)
    public = public_tasks(inputs.tasks, inputs.task_projects, everybodys)
    for retro in inputs.sprint_retro.sort("team_gid", "sprint").to_dicts():
        of_sprint = (pl.col("team_gid") == retro["team_gid"]) & (pl.col("sprint") == retro["sprint"])
        tasks = inputs.sprint_retro_tasks.filter(of_sprint).sort("task_gid").to_dicts()
        project_gid = _project(inputs, everybodys, retro["team_gid"], [task["task_gid"] for task in tasks])
        if project_gid is None:
            continue
        is_told = retro["is_public"] and all(task["task_gid"] in public for task in tasks)
        row = _review(week, rules, retro, tasks if is_told else None, project_gid)
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            yield row


def _project(inputs: PlanInputs, everybodys: frozenset[str], team_gid: str, tasks: list[str]) -> str | None:
    """The team's public project that holds most of the tasks; of several the oldest; None where it has none."""
    own = inputs.projects.filter(
        pl.col("team_gid") == team_gid, ~pl.col("is_archived"), pl.col("project_gid").is_in(everybodys)
    )
    held = Counter(inputs.task_projects.filter(pl.col("task_gid").is_in(tasks))["project_gid"])
    return min(own["project_gid"], key=lambda gid: (-held[gid], int(gid)), default=None)


def _review(week: Week, rules: PlanRules, retro: Row, tasks: list[Row] | None, project_gid: str) -> Row:
    """`tasks` are those of the sprint; None = only totals may be told."""
    days = f"{_day(retro['starts_on'])} to {_day(retro['ends_on'])} {retro['ends_on'].year}"
    title = f"{RETRO}: {days}" if tasks is None else f"{RETRO}: {retro['sprint']}, {days}"
    rolled = [task for task in tasks or () if task["was_committed"] and not task["was_done"]]
    lines = _totals(retro) if tasks is None else [*_totals(retro), *_told(retro, rolled)]
    text = "\n".join([*lines, "", "Talk it over, then complete this task."])
    proofs = [task["task_gid"] for task in rolled]
    body = {
        "name": shortened(title, _NAME_LENGTH),
        "notes": signed({"text": text, "written_by": "template"}, proofs),
        "due_on": (week.today + timedelta(days=rules.review_due_days)).isoformat(),
        "period": f"{retro['team_gid']}|{retro['sprint']}|{retro['ends_on']}",
        "project": rules.review_project,
    }
    return week.row(
        "create_task", "priority", ("project", project_gid), "sprint_retro", canonical_object(body),
        f"A sprint of the team ended on {_day(retro['ends_on'])}.", evidence=[project_gid, *proofs], made_by=_MADE_BY,
    )  # fmt: skip


def _totals(retro: Row) -> list[str]:
    """What was promised and done, in numbers."""
    committed, rolled = retro["committed_tasks"], retro["rolled_tasks"]
    lines = [
        f"{committed - rolled} of {committed} committed tasks were done, {rolled} rolled over;"
        f" {retro['added_tasks']} came after the start, {retro['done_tasks']} were done in all."
    ]
    if retro["committed_hours"] is not None:
        done = canonical_number(retro["done_hours"] or 0.0, 0)
        lines.append(f"{canonical_number(retro['committed_hours'], 0)} h were committed, {done} h done.")
    if retro["estimate_ratio"] is not None:
        times = canonical_number(retro["estimate_ratio"], 2)
        lines.append(f"Half of {retro['estimated_tasks']} tasks took more than {times} times the estimate.")
    return lines


def _told(retro: Row, rolled: list[Row]) -> list[str]:
    """Why work rolled over, where it waited, what people wrote about, and what could not be said."""
    causes = Counter(task["cause"] or _UNKNOWN for task in rolled)
    lines = []
    if causes:
        counted = sorted(causes.items(), key=lambda item: (item[0] == _UNKNOWN, -item[1], item[0]))
        lines.append(f"Why work rolled over: {', '.join(f'{cause} {count}' for cause, count in counted)}.")
    if retro["bottleneck"]:
        hours = retro["bottleneck_hours"]
        waited = "" if hours is None else f", a median of {canonical_number(hours, 0)} h"
        lines.append(f"Work waited longest in {retro['bottleneck']}{waited}.")
    if retro["themes"]:
        lines.append(f"Comments spoke of {', '.join(retro['themes'])}.")
    return [*lines, retro["reason"]] if retro["reason"] else lines


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"

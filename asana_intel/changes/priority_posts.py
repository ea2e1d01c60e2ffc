"""What is said about priorities on tasks: reasons, a large change, a review, and that a plan was made. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

import polars as pl

from asana_intel.changes.backlog import MADE_BY, Backlog, Row, whole
from asana_intel.changes.canonical import canonical_object, shortened
from asana_intel.changes.identity import period_of, row_marker
from asana_intel.changes.inputs import PlanInputs, PlanRules, Week
from asana_intel.changes.signed import signed

REVIEW = "Review AI Prioritization"
EVER = "ever"
_CHANGED, _REASONS = TOLD = ("score_changed", "priority_rationale")  # a task is told one of them a week
_PROJECT = "https://app.asana.com/0/{}/list"


def priority_comments(inputs: PlanInputs, week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    """Tell assignees of large changes, and on the tasks ranked first the reasons where they are news; once a week."""
    yield from _untold(inputs, week, (*_large_changes(week, rules, backlog), *_reasons(week, rules, backlog)))


def score_notices(inputs: PlanInputs, week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    """Tell assignees of large changes alone, as `priority_comments` would."""
    yield from _untold(inputs, week, _large_changes(week, rules, backlog))


def priority_reviews(inputs: PlanInputs, week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    """A task for each project of the tasks ranked first that asks to look at their order, where the settings want it.

    It is a subtask of the task that asked for a plan, where the project has one.
    """
    if not rules.priority.review:
        return
    known, names, asking = inputs.known_markers(), inputs.project_names(), triggers(inputs, rules)
    ranked: dict[str, list[Row]] = {}
    for task in backlog.ranked[: rules.priority.tasks]:
        for project_gid in backlog.projects.get(task["task_gid"], [])[:1]:
            ranked.setdefault(project_gid, []).append(task)
    for project_gid, tasks in sorted(ranked.items()):
        parents = [gid for gid in asking if project_gid in backlog.projects.get(gid, [])]
        body = {
            "name": shortened(f"{REVIEW}: {names.get(project_gid) or project_gid}", 250),
            "notes": f"{len(tasks)} of the tasks ranked first are in {_PROJECT.format(project_gid)}\n\nSort by"
            " AI Priority Score; correct what is wrong, or set Manual Override to keep a task as it is. Then complete"
            " this task.",
            "due_on": (week.today + timedelta(days=rules.review_due_days)).isoformat(),
            "period": period_of("comment", week.as_of_on, week.as_of_at),
            **({"parent": parents[0]} if parents else {"project": rules.review_project}),
        }
        row = week.row(
            "create_task", "priority", ("project", project_gid), "priority_review", canonical_object(body),
            f"{len(tasks)} of its tasks are among those ranked first.", evidence=[t["task_gid"] for t in tasks],
            made_by=MADE_BY,
        )  # fmt: skip
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            yield row


def plan_made(inputs: PlanInputs, week: Week, rules: PlanRules, rows: Sequence[Row]) -> Iterator[Row]:
    """Say once, on each task that asked for a plan, that there is one.

    Args:
        inputs: Frames of the week.
        week: Of the plan.
        rules: For the name of such a task.
        rows: What of priorities the plan holds.
    """
    if inputs.task_priority.is_empty():
        return  # no order was made: there is none, or it must not be written from
    known, tasks = inputs.known_markers(), len({row["target_gid"] for row in rows if row["target_type"] == "task"})
    what = f"{len(rows)} changes of {tasks} tasks" if rows else "nothing to change"
    text = f"The backlog was prioritised as of {week.today.day} {week.today:%b %Y}: {what}. People review each change."
    for gid in triggers(inputs, rules):
        row = week.row(
            "comment", "priority", ("task", gid), "plan_made", canonical_object({"text": text, "period": EVER}),
            "The task asked for a plan.", evidence=[gid], confidence=1.0,
        )  # fmt: skip
        if row_marker(row, week.as_of_on, week.as_of_at) not in known:
            yield row


def triggers(inputs: PlanInputs, rules: PlanRules) -> list[str]:
    """Gids of the open tasks that ask for a plan by their name."""
    if not rules.priority.trigger_task:
        return []
    name = pl.col("name").str.strip_chars().str.to_lowercase()
    wanted = rules.priority.trigger_task.strip().lower()
    return inputs.tasks.filter(~pl.col("is_completed"), name == wanted)["task_gid"].sort().to_list()


def _untold(inputs: PlanInputs, week: Week, rows: Iterable[Row]) -> Iterator[Row]:
    """One comment a task, none where the task has one of this week."""
    known = inputs.known_markers()
    told: set[str] = set()
    for row in rows:
        either = {row_marker(row | {"field": field}, week.as_of_on, week.as_of_at) for field in TOLD}
        if row["target_gid"] not in told and not either & known:
            told.add(row["target_gid"])
            yield row


def _reasons(week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    most = rules.priority.comments
    for task in backlog.ranked[:most]:
        if _is_news(task, most, rules.priority.score_points):
            yield _comment(week, backlog, task, _REASONS, "", {}, "It is among the tasks ranked first.")


def _is_news(task: Row, most: int, points: float) -> bool:
    """Whether it was not among the first a week ago, or its score has changed."""
    before, rank = task["score_before"], task["rank_before"]
    return before is None or rank is None or rank > most or abs(task["score"] - before) >= points


def _large_changes(week: Week, rules: PlanRules, backlog: Backlog) -> Iterator[Row]:
    least = rules.priority.tell_owner_points
    for task in backlog.ranked:
        before, owner = task["score_before"], backlog.assignees.get(task["task_gid"])
        if least is None or before is None or owner is None or abs(task["score"] - before) < least:
            continue
        said = f"The priority of this task went from {whole(before)} to {whole(task['score'])} of 100 points"
        intro = f"{said}{backlog.cause(task)}.\n\n"
        reason = f"The score changed by {whole(abs(task['score'] - before))} points within a week."
        yield _comment(week, backlog, task, _CHANGED, intro, {"mentions": owner}, reason)


def _comment(week: Week, backlog: Backlog, task: Row, field: str, intro: str, more: dict[str, str], reason: str) -> Row:
    narrative = backlog.narrative(task)
    text = intro + signed(narrative, narrative["proofs"])
    return week.row(
        "comment", "priority", ("task", task["task_gid"]), field, canonical_object({"text": text, **more}), reason,
        evidence=backlog.evidence(task), confidence=task["confidence"], made_by=narrative["written_by"],
    )  # fmt: skip

"""What a goal's metric reads at the clock: recorded, written, or computed from subgoals and supporting work."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable

from asana_intel.sandbox.player import Player

COMPUTED = frozenset({"subgoal_progress", "project_task_completion", "project_milestone_completion", "task_completion"})


def metric_value(player: Player, gid: str) -> float | None:
    """Return a goal's current number value.

    A computed source reads `initial + (target - initial) * p`, where p is the mean of its supporters'
    progress. Those of `contribution_weight` 0 do not count; the others count by their weight where the metric
    has `is_custom_weight`, else equally. Otherwise the later of the last recorded and the last written value
    stands, or the metric's own value where the world has no readings at all, or the initial value.

    Args:
        player: The player.
        gid: An existing goal with a metric.

    Returns:
        The value in the metric's unit (percentages as fractions), or None where nothing is known.
    """
    if gid in player.progress:
        return player.progress[gid]
    metric = player.field(gid, "metric")
    player.progress[gid] = metric["initial_number_value"]  # a goal that supports itself reads as not begun
    if metric["progress_source"] in COMPUTED:
        with player.in_full():  # progress counts what the reader may not see, too
            share = _supporters_progress(player, gid, metric["progress_source"])
        span = metric["target_number_value"] - metric["initial_number_value"]
        value = round(metric["initial_number_value"] + span * share, 6)
    else:
        value = _reported(player, gid)
    player.progress[gid] = value
    return value


def goal_progress(player: Player, gid: str) -> float | None:
    """Return (current - initial) / (target - initial), held within 0..1; None without a metric."""
    metric = player.field(gid, "metric")
    if not metric:
        return None
    value, initial = metric_value(player, gid), metric["initial_number_value"]
    span = metric["target_number_value"] - initial
    return min(1.0, max(0.0, ((value if value is not None else initial) - initial) / span)) if span else None


def _reported(player: Player, gid: str) -> float | None:
    pairs = player.world.history.get(gid, [])
    place = bisect_right(pairs, player.now, key=lambda pair: pair[0])
    metric = player.field(gid, "metric")
    written_at = player.metric_written.get(gid)
    if written_at and (not place or written_at >= pairs[place - 1][0]):
        return metric["current_number_value"]
    if place:
        return pairs[place - 1][1]
    known = None if pairs else metric.get("current_number_value")
    return metric["initial_number_value"] if known is None else known


def _supporters_progress(player: Player, gid: str, source: str) -> float:
    measure, by_weight = _MEASURES[source], bool(player.field(gid, "metric").get("is_custom_weight"))
    total = weights = 0.0
    for relationship in player.related("relationships.supported", gid):
        weight = player.field(relationship, "contribution_weight") or 0.0
        share = measure(player, player.field(relationship, "supporting_resource")["gid"]) if weight else None
        if share is not None:
            counted = weight if by_weight else 1.0
            total += counted * share
            weights += counted
    return total / weights if weights else 0.0


def _subgoal(player: Player, gid: str) -> float | None:
    record = player.record(gid)
    return goal_progress(player, gid) if record and record.resource == "goals" else None


def _project_tasks(player: Player, gid: str) -> float | None:
    return _completed_share(player, gid, "tasks")


def _project_milestones(player: Player, gid: str) -> float | None:
    return _completed_share(player, gid, "milestones")


def _completed_share(player: Player, project: str, counted: str) -> float | None:
    key = (project, counted)  # many goals may hang on one large project
    if key not in player.shares:
        player.shares[key] = _counted_share(player, project, only_milestones=counted == "milestones")
    return player.shares[key]


def _counted_share(player: Player, project: str, *, only_milestones: bool) -> float | None:
    record = player.record(project)
    if record is None or record.resource != "projects":
        return None
    tasks = project_tasks(player, project)
    if only_milestones:
        subtypes = player.column(tasks, "resource_subtype")
        tasks = [task for task, subtype in zip(tasks, subtypes, strict=True) if subtype == "milestone"]
    return sum(map(player.is_completed, tasks)) / len(tasks) if tasks else 0.0


def project_tasks(player: Player, project: str) -> list[str]:
    """List the existing tasks that stand in a project (subtasks only if added to it)."""
    tasks = player.related("tasks.project", project)
    homes = player.column(tasks, "projects")
    # Tasks share their lists of projects, so that few have to be looked at.
    lists = {id(home): home for home in homes}
    holds = {key: any(item["gid"] == project for item in home or ()) for key, home in lists.items()}
    return [task for task, home in zip(tasks, homes, strict=True) if holds[id(home)]]


def _task(player: Player, gid: str) -> float | None:
    record = player.record(gid)
    return float(player.is_completed(gid)) if record and record.resource == "tasks" else None


_MEASURES: dict[str, Callable[[Player, str], float | None]] = {
    "subgoal_progress": _subgoal,
    "project_task_completion": _project_tasks,
    "project_milestone_completion": _project_milestones,
    "task_completion": _task,
}

"""The fact sheet of a task's priority, from the parts of its score; the score itself is not computed here."""

from collections.abc import Callable, Mapping
from datetime import date, datetime

import polars as pl

from asana_intel.clock import WEEK
from asana_intel.narratives.audience import public_goals
from asana_intel.narratives.facts import Fact, FactKind, FactSheet, Kind, Unit
from asana_intel.narratives.wording import day, percent, plural, short_name

TASK = FactKind("task", Unit.entity, "the task")
RANK = FactKind("rank", Unit.tally, "its place among the ranked tasks, where the most urgent is first")
RANKED = FactKind("ranked", Unit.tally, "open tasks that were ranked")
SCORE = FactKind("score", Unit.amount, "its score, of at most a hundred")
GOAL = FactKind("goal", Unit.entity, "the goal that it serves most")
GOAL_POINTS = FactKind("goal_points", Unit.amount, "points of the score for that goal")
NO_GOAL = FactKind("no_goal", Unit.text, "that nothing links it to a goal")
DUE = FactKind("due", Unit.day, "the day it is due")
URGENCY_POINTS = FactKind("urgency_points", Unit.amount, "points of the score for its due day")
WAITING = FactKind("waiting", Unit.tally, "open tasks that wait for it")
DEPENDENCY_POINTS = FactKind("dependency_points", Unit.amount, "points of the score for the tasks that wait for it")
EFFORT_POINTS = FactKind("effort_points", Unit.amount, "points of the score for its small effort")
STAKEHOLDER_POINTS = FactKind("stakeholder_points", Unit.amount, "points of the score for the interest taken in it")
CAPACITY_POINTS = FactKind("capacity_points", Unit.amount, "points of the score for the free time of who may do it")
PLACES = FactKind("places", Unit.tally, "places it rose since last week, negative where it fell")
PLACES_CAUSE = FactKind("places_cause", Unit.text, "why it rose or fell")
IS_NEW = FactKind("newcomer", Unit.text, "that it was not ranked last week")
LOW_CONFIDENCE = FactKind("low_confidence", Unit.share, "confidence in the score, where it is low")

SCORES: Mapping[str, pl.DataType] = {
    "task_gid": pl.String(),
    "name": pl.String(),
    "score": pl.Float64(),
    "rank": pl.Int64(),
    "rank_before": pl.Int64(),
    "rank_cause": pl.String(),
    "strategic": pl.Float64(),
    "effort": pl.Float64(),
    "urgency": pl.Float64(),
    "dependency": pl.Float64(),
    "stakeholders": pl.Float64(),
    "capacity": pl.Float64(),
    "goal_gid": pl.String(),
    "goal_name": pl.String(),
    "goal_points": pl.Float64(),
    "blocked_tasks": pl.Int64(),
    "due_on": pl.Date(),
    "confidence": pl.Float64(),
}
"""Frame that the sheets are built from, one row per ranked task.

score: 0..100. rank: 1 = first; rank_before: a week ago, null where it was not ranked. rank_cause: what moved it, in our
own words and as half a sentence, such as `its blocker was finished`. strategic, effort, urgency, dependency,
stakeholders, capacity: parts of the score in points; a negative or missing one is not spoken of. goal_gid, goal_name,
goal_points: the goal with most of the strategic points and its part of them; no gid and no name = no path to a goal, no
name alone = a goal without a word that can be told. blocked_tasks:
open tasks that wait for it. confidence: 0..1.
"""

TOLD_TASKS = 50
_UNSURE_BELOW = 0.5
_TABLE = "insights/task_priority"
READS = (_TABLE, "staging/goals")


def sheets_of_week(read: Callable[..., pl.DataFrame], week_on: date, as_of: datetime) -> list[FactSheet]:
    """One sheet per task among the first fifty that everybody may read, first place first.

    Rank, rank a week ago and number of ranked tasks are those of the public tasks alone. A task whose points come in
    part from a private goal, or from a private task that waits for it, keeps its place and is not explained.

    Args:
        read: Reads a table by key; with `partition`, the rows of that week.
        week_on: Week of the scores, a Monday.
        as_of: Last instant they know anything of.
    """
    ranked = read(_TABLE, partition=week_on).filter("is_public")
    told = ranked.filter(pl.col("public_rank") <= TOLD_TASKS, ~pl.col("has_private_part"))
    before = read(_TABLE, partition=week_on - WEEK).filter("is_public").select("task_gid", public_before="public_rank")
    goals = read("staging/goals")
    names = goals.filter(pl.col("goal_gid").is_in(list(public_goals(goals)))).select("goal_gid", goal_name="name")
    places = pl.col("public_before") - pl.col("public_rank")
    scores = (
        told.join(before, on="task_gid", how="left")
        .join(names, on="goal_gid", how="left")
        .with_columns(
            # The cause is that of the whole list: it holds where the task moved the same way among the public ones.
            rank_cause=pl.when(places.sign() == (pl.col("rank_before") - pl.col("rank")).sign()).then("rank_cause"),
            # The due day that makes it urgent may be another task's.
            due_on=pl.when(pl.col("urgent_for_gid").is_null()).then("due_on"),
            rank="public_rank",
            rank_before="public_before",
        )
        .select(SCORES.keys())
    )
    return sheets_of_scores(scores, ranked.height)


def sheets_of_scores(scores: pl.DataFrame, ranked: int | None = None) -> list[FactSheet]:
    """One sheet per ranked task, first place first.

    Args:
        scores: Columns of `SCORES`. Whoever reads the rationale must be allowed to read every task and goal in it:
            rank only what everybody may see, because a place among others counts them.
        ranked: How many were ranked; None = these.
    """
    rows = scores.sort("rank", "task_gid")
    ranked = rows.height if ranked is None else ranked
    return [
        FactSheet(Kind.priority_rationale, {"task_gid": row["task_gid"]}, _facts(row, ranked))
        for row in rows.iter_rows(named=True)
    ]


def _facts(row: Mapping, ranked: int) -> list[Fact]:
    gid = (row["task_gid"],)
    facts = [
        Fact(RANK, row["rank"], f"{row['rank']:,}", gid, is_required=True),
        Fact(RANKED, ranked, plural(ranked, "open task"), gid),
        Fact(SCORE, row["score"], plural(_whole(row["score"]), "point"), gid, is_required=True),
    ]
    if name := short_name(row["name"] or ""):
        facts.insert(0, Fact(TASK, name, name, gid))
    facts += _goal_facts(row)
    if (points := _whole(row["urgency"])) > 0 and row["due_on"] is not None:
        facts += [_points(URGENCY_POINTS, points, gid), Fact(DUE, row["due_on"], day(row["due_on"]), gid)]
    if (points := _whole(row["dependency"])) > 0 and (waiting := row["blocked_tasks"] or 0) > 0:
        facts += [_points(DEPENDENCY_POINTS, points, gid), Fact(WAITING, waiting, plural(waiting, "task"), gid)]
    parts = {EFFORT_POINTS: "effort", STAKEHOLDER_POINTS: "stakeholders", CAPACITY_POINTS: "capacity"}
    facts += [_points(kind, _whole(row[part]), gid) for kind, part in parts.items() if _whole(row[part]) > 0]
    if row["confidence"] is not None and row["confidence"] < _UNSURE_BELOW:
        facts.append(Fact(LOW_CONFIDENCE, row["confidence"], percent(row["confidence"]), gid, is_required=True))
    return facts + _move_facts(row)


def _goal_facts(row: Mapping) -> list[Fact]:
    gids = tuple(gid for gid in (row["task_gid"], row["goal_gid"]) if gid)
    name = short_name(row["goal_name"] or "")
    if not name and row["goal_gid"] is not None:
        return []
    if not name:
        return [Fact(NO_GOAL, "no path to a goal", "no path to a goal", gids, is_required=True)]
    points = _whole(row["strategic"] if row["goal_points"] is None else row["goal_points"])
    return [Fact(GOAL, name, name, gids)] + ([_points(GOAL_POINTS, points, gids)] if points > 0 else [])


def _move_facts(row: Mapping) -> list[Fact]:
    gid = (row["task_gid"],)
    if row["rank_before"] is None:
        return [Fact(IS_NEW, "new", "new", gid)]
    places = row["rank_before"] - row["rank"]
    facts = [Fact(PLACES, places, plural(abs(places), "place"), gid)]
    cause = short_name(row["rank_cause"] or "").rstrip(".:;, ")
    return facts + ([Fact(PLACES_CAUSE, cause, cause, gid)] if cause and places else [])


def _points(kind: FactKind, points: int, gids: tuple[str, ...]) -> Fact:
    return Fact(kind, points, f"{points:,}", gids)


def _whole(points: float | None) -> int:
    return round(points or 0)

"""Why a task's rank changed since a week ago, in half a sentence from a closed list; ranks are not made here.

The part of the score that moved most in the direction of the rank speaks, if it moved at least half a point and the
score as a whole moved that way; otherwise the others did it.
"""

from __future__ import annotations

import polars as pl

from asana_intel.insights.priority.parts import PARTS

CAUSES = (
    "its blocker was finished",
    "it no longer waits for another task",
    "it waits for another task",
    "who would do it has more time",
    "who would do it has less time",
    "it was given to somebody else",
    "its due day came closer",
    "its due day was moved closer",
    "its due day was moved back",
    "it was given a due day",
    "its due day was taken away",
    "its due day is long past",
    "a task that waits for it is due sooner",
    "a task that waits for it is due later",
    "more tasks wait for it",
    "fewer tasks wait for it",
    "less work is left on it",
    "more work is left on it",
    "it was commented on",
    "fewer people spoke about it lately",
    "more people follow it",
    "fewer people follow it",
    "its business value was raised",
    "its business value was lowered",
    "people raised its priority",
    "people lowered its priority",
    "people take more interest in it",
    "people take less interest in it",
    "it serves an open goal now",
    "it no longer serves an open goal",
    "its goal fell behind",
    "its goal is safer now",
    "it counts for more of its goal",
    "it counts for less of its goal",
    "others fell behind it",
    "others moved ahead of it",
)
"""Every cause there is."""

_LEAST_POINTS = 0.5
_LEAST_ODDS = 0.01
_KEPT = (
    "score", "rank", *PARTS, "goal_gid", "blocked_tasks", "is_blocked", "blocker_gid", "due_on", "urgent_for_gid",
    "commenters", "followers", "set_priority", "business_value", "person_gid",
)  # fmt: skip


def with_causes(rows: pl.DataFrame, before: pl.DataFrame, goals: pl.DataFrame, finished: pl.DataFrame) -> pl.DataFrame:
    """Add score_before, rank_before, rank_cause and cause_gid.

    Args:
        rows: Columns of insights/task_priority but these four.
        before: The rows of a week ago, or none.
        goals: goal_gid, p_attain_change.
        finished: task_gid, finished_gid (the last task it waited for that is finished).
    """
    then = before.select("task_gid", pl.col(_KEPT).name.suffix("_then"))
    joined = (
        rows.join(then, on="task_gid", how="left")
        .join(goals.select("goal_gid", "p_attain_change"), on="goal_gid", how="left")
        .join(finished, on="task_gid", how="left")
    )
    rises = pl.col("rank") < pl.col("rank_then")
    sign = pl.when(rises).then(1.0).otherwise(-1.0)
    moves = {part: sign * (pl.col(part) - pl.col(f"{part}_then")) for part in PARTS}
    most = pl.max_horizontal(*moves.values())
    others = (most < _LEAST_POINTS) | (sign * (pl.col("score") - pl.col("score_then")) <= 0)
    text, about = pl.lit(None, pl.String), pl.lit(None, pl.String)
    for part in reversed(PARTS):
        own_text, own_about = _WORDS[part](rises)
        text = pl.when(moves[part] == most).then(own_text).otherwise(text)
        about = pl.when(moves[part] == most).then(own_about).otherwise(about)
    stands = pl.col("rank_then").is_null() | (pl.col("rank") == pl.col("rank_then"))
    return joined.select(
        *rows.columns,
        score_before="score_then",
        rank_before="rank_then",
        rank_cause=pl.when(stands)
        .then(pl.lit(None, pl.String))
        .when(others)
        .then(_either(rises, "others fell behind it", "others moved ahead of it"))
        .otherwise(text),
        cause_gid=pl.when(stands | others).then(pl.lit(None, pl.String)).otherwise(about),
    )


Words = tuple[pl.Expr, pl.Expr]
_NONE, _SELF = pl.lit(None, pl.String), pl.col("task_gid")


def _either(rises: pl.Expr, up: str, down: str) -> pl.Expr:
    return pl.when(rises).then(pl.lit(up)).otherwise(pl.lit(down))


def _changed(column: str) -> pl.Expr:
    return pl.col(column).ne_missing(pl.col(f"{column}_then"))


def _rose(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0) > pl.col(f"{column}_then").fill_null(0)


def _fell(column: str) -> pl.Expr:
    return pl.col(column).fill_null(0) < pl.col(f"{column}_then").fill_null(0)


def _strategic(rises: pl.Expr) -> Words:
    was_none, is_none = pl.col("goal_gid_then").is_null(), pl.col("goal_gid").is_null()
    odds = pl.col("p_attain_change").fill_null(0.0)
    text = (
        pl.when(rises & was_none)
        .then(pl.lit("it serves an open goal now"))
        .when(~rises & is_none)
        .then(pl.lit("it no longer serves an open goal"))
        .when(odds <= -_LEAST_ODDS)
        .then(_either(rises, "its goal fell behind", "it counts for less of its goal"))
        .when(~rises & (odds >= _LEAST_ODDS))
        .then(pl.lit("its goal is safer now"))
        .otherwise(_either(rises, "it counts for more of its goal", "it counts for less of its goal"))
    )
    return text, pl.coalesce("goal_gid", "goal_gid_then")


def _urgency(rises: pl.Expr) -> Words:
    own = pl.col("urgent_for_gid").is_null()
    now, then = pl.col("due_on"), pl.col("due_on_then")
    is_first, is_gone = then.is_null() & now.is_not_null(), now.is_null() & then.is_not_null()
    up = (
        pl.when(~own & (_changed("urgent_for_gid") | ~_changed("due_on")))
        .then(pl.lit("a task that waits for it is due sooner"))
        .when(is_first)
        .then(pl.lit("it was given a due day"))
        .when(now < then)
        .then(pl.lit("its due day was moved closer"))
        .when(now == then)
        .then(pl.lit("its due day came closer"))
        .otherwise(pl.lit("more work is left on it"))
    )
    down = (
        pl.when(is_gone)
        .then(pl.lit("its due day was taken away"))
        .when(now > then)
        .then(pl.lit("its due day was moved back"))
        .when(~own | pl.col("urgent_for_gid_then").is_not_null())
        .then(pl.lit("a task that waits for it is due later"))
        .when(now < pl.col("as_of_on"))
        .then(pl.lit("its due day is long past"))
        .otherwise(pl.lit("less work is left on it"))
    )
    about = pl.coalesce("urgent_for_gid", "task_gid")
    return pl.when(rises).then(up).otherwise(down), about


def _dependency(rises: pl.Expr) -> Words:
    return _either(rises, "more tasks wait for it", "fewer tasks wait for it"), _SELF


def _stakeholders(rises: pl.Expr) -> Words:
    up = (
        pl.when(_rose("set_priority"))
        .then(pl.lit("people raised its priority"))
        .when(_rose("business_value"))
        .then(pl.lit("its business value was raised"))
        .when(_rose("commenters"))
        .then(pl.lit("it was commented on"))
        .when(_rose("followers"))
        .then(pl.lit("more people follow it"))
        .otherwise(pl.lit("people take more interest in it"))
    )
    down = (
        pl.when(_fell("set_priority"))
        .then(pl.lit("people lowered its priority"))
        .when(_fell("business_value"))
        .then(pl.lit("its business value was lowered"))
        .when(_fell("commenters"))
        .then(pl.lit("fewer people spoke about it lately"))
        .when(_fell("followers"))
        .then(pl.lit("fewer people follow it"))
        .otherwise(pl.lit("people take less interest in it"))
    )
    return pl.when(rises).then(up).otherwise(down), _SELF


def _effort(rises: pl.Expr) -> Words:
    return _either(rises, "less work is left on it", "more work is left on it"), _SELF


def _capacity(rises: pl.Expr) -> Words:
    is_freed = ~pl.col("is_blocked") & pl.col("is_blocked_then")
    is_stuck = pl.col("is_blocked") & ~pl.col("is_blocked_then")
    text = (
        pl.when(rises & is_freed & pl.col("finished_gid").is_not_null())
        .then(pl.lit("its blocker was finished"))
        .when(rises & is_freed)
        .then(pl.lit("it no longer waits for another task"))
        .when(~rises & is_stuck)
        .then(pl.lit("it waits for another task"))
        .when(_changed("person_gid"))
        .then(pl.lit("it was given to somebody else"))
        .otherwise(_either(rises, "who would do it has more time", "who would do it has less time"))
    )
    about = pl.when(is_freed).then("finished_gid").when(is_stuck).then("blocker_gid").otherwise("task_gid")
    return text, about


_WORDS = {
    "strategic": _strategic,
    "urgency": _urgency,
    "dependency": _dependency,
    "stakeholders": _stakeholders,
    "effort": _effort,
    "capacity": _capacity,
}

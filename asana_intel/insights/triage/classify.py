"""Guesses a value of new tasks from past ones, with a probability, or says why not. What it is for, others say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

import numpy as np
import polars as pl

from asana_intel.insights.handed_in import checked_as_of, checked_frame
from asana_intel.insights.ladder import in_order
from asana_intel.insights.triage.frames import as_told, checked_allowed, checked_tasks, known_history
from asana_intel.insights.triage.kernel_model import KernelModel, cut, expected, fit, learn_cuts
from asana_intel.insights.triage.likeness import Likeness, coded, codes_of, days_of, learn_likeness, texts_of

MOST_HISTORY = 3000
_LEAST_EXAMPLES = 30
_AT_ONCE = 1000
_EVIDENCE = 3
Matrix = np.ndarray
SCHEMA = {
    "task_gid": pl.String(),
    "value": pl.String(),
    "p": pl.Float64(),
    "runner_up": pl.String(),
    "runner_up_p": pl.Float64(),
    "reason": pl.String(),
    "evidence_gids": pl.List(pl.String),
}


@dataclass(frozen=True)
class _Judge:
    """What was learned of one label."""

    past: pl.DataFrame
    values: list[str]
    classes: Matrix
    codes: dict[str, dict[str, int]]
    likeness: Likeness
    model: KernelModel
    cuts: Matrix | None


def classify(
    tasks: pl.DataFrame,
    history: pl.DataFrame,
    as_of: datetime,
    label: str,
    *,
    order: Sequence[str] | None = None,
    allowed: pl.DataFrame | None = None,
    least_p: float = 0.0,
    least_examples: int = _LEAST_EXAMPLES,
) -> pl.DataFrame:
    """Guess a label of tasks from past tasks that have it.

    Tasks count as alike by the words, letters, template lines and shape of their name and notes, and by the same
    project, section, team, requester, person, category, sub-category and type; words of the same project count double,
    and in a project tasks of the same weeks are alike, since what it is asked for changes.
    Of the past, the last 3000 tasks are read, and none that is itself to be judged.

    A label whose values are numbers, P0 to P9 or words such as Low to Urgent (see `ladder`), or that has an `order`, is
    ordered: then not the most likely value is given but the one that agrees best with people's when errors count by
    their square (see `kernel_model.learn_cuts`).

    Args:
        tasks: task_gid; optional name, notes, project_gid, section_gid, team_gid, requester_gid, person_gid, category,
            subcategory, type (text), created_at. Other columns, and the label's own, are not read.
        history: The same columns, the label's, and known_at (default completed_at, where it is empty created_at), as
            instants, days or text; read as UTC where they name no zone. It may be empty. Of a column that `tasks` lacks
            nothing is learnt.
        as_of: Nothing known later is used.
        label: Column of `history`; one of the above, or any other.
        order: Values of an ordered label from lowest to highest; any that it lacks are appended.
        allowed: task_gid, value: the only values a task may get; others keep no probability. Tasks without a row may
            get any.
        least_p: Probability (0..1) below which nothing is said.
        least_examples: Past tasks below which nothing is said.

    Returns:
        One row per task, in the order given: task_gid, value (text, or a number where the label holds numbers; null
        where it abstains), p (calibrated probability of the
        value, also where it is held back; null where there is no evidence), runner_up, runner_up_p (the most likely of
        the others), reason (why it abstains), evidence_gids (up to three most similar past tasks with that value, most
        similar first).

    Raises:
        PermanentError: A column is missing or of the wrong type; the message names row, column and mend.
    """
    until = checked_as_of(as_of)
    asked = checked_tasks(tasks, label)
    allowed = None if allowed is None else checked_allowed(allowed)
    if not checked_frame(history, "history").columns:
        history = pl.DataFrame(schema={"task_gid": pl.String(), label: pl.String()})
    past = as_told(known_history(history, until, label), tasks)
    past = past.join(asked.select("task_gid"), on="task_gid", how="anti")
    if reason := _no_evidence(past, label, least_examples):
        return _typed(_abstaining(asked, reason), history[label].dtype)
    judge = _learn(_dealt(past.tail(MOST_HISTORY)), label, order)
    parts = [_judged(judge, part, allowed, least_p) for part in asked.iter_slices(_AT_ONCE)]
    said = pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)
    return _typed(said, history[label].dtype)


def _typed(said: pl.DataFrame, dtype: pl.DataType) -> pl.DataFrame:
    """Values as numbers again where the label holds numbers."""
    return said.with_columns(pl.col("value", "runner_up").cast(dtype)) if dtype.is_numeric() else said


def _no_evidence(past: pl.DataFrame, label: str, least_examples: int) -> str | None:
    count, values = past.height, past.tail(MOST_HISTORY)["label"].unique()
    if count < max(least_examples, 2):
        have = {0: "no past task has", 1: "only 1 past task has"}.get(count, f"only {count} past tasks have")
        return f"{have} '{label}'; {max(least_examples, 2)} are needed"
    if len(values) < 2:
        return f"all past tasks have the same '{label}', {values[0]}; two different ones are needed"
    return None


def _dealt(past: pl.DataFrame) -> pl.DataFrame:
    """In order of time, and by lot where that is the same: gids may stand in the order of the label that is learnt."""
    lots = [crc32(gid.encode()) for gid in past["task_gid"]]
    return past.with_columns(lot=pl.Series(lots, dtype=pl.UInt32)).sort("known_at", "lot", "task_gid").drop("lot")


def _learn(past: pl.DataFrame, label: str, order: Sequence[str] | None) -> _Judge:
    values, is_ordered = _in_order(past["label"].unique().to_list(), order)
    position = {value: index for index, value in enumerate(values)}
    classes = np.array([position[value] for value in past["label"]])
    codes = codes_of(past)
    likeness = learn_likeness(texts_of(past), coded(past, codes), days_of(past))
    model = fit(likeness.among(), classes, len(values))
    cuts = learn_cuts(model.left_out, classes) if is_ordered else None
    return _Judge(past, values, classes, codes, likeness, model, cuts)


def _in_order(values: list[str], order: Sequence[str] | None) -> tuple[list[str], bool]:
    """Values from lowest to highest, and whether that order means anything."""
    if order:
        rank = {str(value): index for index, value in enumerate(order)}
        return sorted(values, key=lambda value: (rank.get(value, len(rank)), value)), True
    usual = in_order(sorted(values))
    return (usual, len(usual) > 2) if usual else (sorted(values), False)


def _judged(judge: _Judge, tasks: pl.DataFrame, allowed: pl.DataFrame | None, least_p: float) -> pl.DataFrame:
    """Rows of the result for some of the tasks."""
    facts = coded(tasks, judge.codes)
    texts = texts_of(tasks)
    likeness = judge.likeness.to(texts, facts, days_of(tasks))
    chances = _restricted(judge.model.probabilities(likeness), judge.values, tasks, allowed)
    everyone = np.arange(tasks.height)
    chosen = chances.argmax(axis=1)
    if judge.cuts is not None and allowed is None:
        chosen = cut(expected(chances), judge.cuts)
    others = chances.copy()
    others[everyone, chosen] = -1.0
    second = others.argmax(axis=1)
    p, said = chances[everyone, chosen], _said(texts, facts)
    values = np.array(judge.values, dtype=object)
    reasons = [_why_not(bool(said[i]), float(p[i]), least_p) for i in everyone]
    return pl.DataFrame(
        {
            "task_gid": tasks["task_gid"],
            "value": [value if why is None else None for value, why in zip(values[chosen], reasons, strict=True)],
            "p": p,
            "runner_up": values[second],
            "runner_up_p": np.maximum(others[everyone, second], 0.0),
            "reason": reasons,
            "evidence_gids": _evidence(judge, likeness, chosen),
        },
        schema=SCHEMA,
    )


def _why_not(is_said: bool, p: float, least_p: float) -> str | None:
    if not is_said:
        return "it has no text, and nothing else is known of it"
    if p < least_p:
        return f"too uncertain: {100 * p:.0f} % where {100 * least_p:.0f} % are asked for"
    return None


def _said(texts: Sequence[tuple[str, str]], facts: dict[str, Matrix]) -> Matrix:
    """Whether there is anything to go by: a text, or a fact that past tasks share."""
    told = np.array([bool(name.strip() or notes.strip()) for name, notes in texts])
    return told | np.any([codes >= 0 for codes in facts.values()] or [told], axis=0)


def _restricted(chances: Matrix, values: list[str], tasks: pl.DataFrame, allowed: pl.DataFrame | None) -> Matrix:
    """Chances of the values a task may get, adding up to 1 again; 0 for all where none of them is known."""
    if allowed is None:
        return chances
    position = {value: index for index, value in enumerate(values)}
    rows = {gid: index for index, gid in enumerate(tasks["task_gid"])}
    pairs = [(rows[gid], position.get(value)) for gid, value in allowed.iter_rows() if gid in rows]
    mask = np.ones_like(chances)
    mask[sorted({row for row, _ in pairs})] = 0.0
    for row, column in pairs:
        if column is not None:
            mask[row, column] = 1.0
    kept = chances * mask
    whole = kept.sum(axis=1, keepdims=True)
    return np.divide(kept, whole, out=np.zeros_like(kept), where=whole > 0)


def _evidence(judge: _Judge, likeness: Matrix, chosen: Matrix) -> list[list[str]]:
    """The past tasks most like each task among those that have its value; the later of two that are equally like."""
    gids = judge.past["task_gid"].to_numpy()
    found: list[list[str]] = [[] for _ in chosen]
    for value in np.unique(chosen):
        rows, holders = np.flatnonzero(chosen == value), np.flatnonzero(judge.classes == value)[::-1]
        nearest = np.argsort(-likeness[np.ix_(rows, holders)], axis=1, kind="stable")[:, :_EVIDENCE]
        for row, near in zip(rows, nearest, strict=True):
            found[row] = list(gids[holders[near]])
    return found


def _abstaining(tasks: pl.DataFrame, reason: str) -> pl.DataFrame:
    empty = [pl.lit(None, SCHEMA[name]).alias(name) for name in ("value", "p", "runner_up", "runner_up_p")]
    none = pl.lit([], SCHEMA["evidence_gids"]).alias("evidence_gids")
    return tasks.select("task_gid", *empty, pl.lit(reason).alias("reason"), none)

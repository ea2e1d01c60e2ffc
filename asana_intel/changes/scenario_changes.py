"""Changes wanted because somebody chose a scenario: projects it adds, who does a task, and when, as rows. Pure.

What a scenario does is insights/scenario's, rows of new projects are scenario_projects.py's. A task is left out where
it is not open any more, not everybody's to read, kept by hand, or does not stand as it did when the scenario was worked
out. People who join or leave, and tasks that are not to be done, are no rows. Each of these is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from asana_intel.changes.backlog import Backlog
from asana_intel.changes.canonical import canonical
from asana_intel.changes.inputs import PlanInputs, Week
from asana_intel.changes.published import published
from asana_intel.changes.scenario_projects import MADE_BY, NewProjects, made_by_hand
from asana_intel.changes.task_kinds import dates_value

Row = dict[str, Any]


@dataclass(frozen=True)
class ScenarioRows:
    """Rows of a plan, and a sentence on each change of the scenario that has none."""

    rows: tuple[Row, ...]
    left_out: tuple[str, ...]


def scenario_rows(
    inputs: PlanInputs,
    week: Week,
    name: str,
    moves: Sequence[Row],
    changes: Sequence[Row] = (),
    made: frozenset[str] = frozenset(),
) -> ScenarioRows:
    """The rows of a scenario.

    Args:
        inputs: Frames of the week.
        week: Makes the rows.
        name: What the scenario is called.
        moves: Its outcome's moves: task_gid, is_new; person_before_gid, start_before, due_before and the same with
            `after`; gids and days, null = none.
        changes: What the scenario changes, as it was kept.
        made: Markers of what we made and did not take back.
    """
    writable, people = Backlog.of(inputs).tasks, frozenset(inputs.people["person_gid"])
    tasks = {row["task_gid"]: row for row in inputs.tasks.to_dicts()}
    new = NewProjects(inputs, week, name, writable, made)
    rows = new.rows(changes, moves)
    left_out = new.left_out
    for move in sorted(moves, key=lambda move: move["task_gid"]):
        if move["is_new"]:
            continue
        why = _unfit(move, tasks.get(move["task_gid"]), writable, people, week.today)
        if why:
            left_out.append(f"{_called(move['task_gid'], tasks)}: {why}.")
        else:
            rows += _rows(week, name, move, tasks[move["task_gid"]])
    names = dict(inputs.people.select("person_gid", "name").iter_rows())
    names |= {gid: task["name"] for gid, task in tasks.items() if task["name"]}
    by_hand = made_by_hand(changes, names, {row["kind"] for row in rows})
    return ScenarioRows(tuple(rows), (*left_out, *by_hand))


def _called(gid: str, tasks: Mapping[str, Row]) -> str:
    name = tasks.get(gid, {}).get("name")
    return f"Task “{name}” ({gid})" if name else f"Task {gid}"


def _unfit(move: Row, task: Row | None, writable: frozenset[str], people: frozenset[str], today: date) -> str | None:
    """Why nothing is proposed for a task."""
    if task is None or move["task_gid"] not in writable:
        return "it is not open, not everybody's to read, or kept by hand"
    stands = (task["assignee_gid"], task["start_on"], task["due_on"])
    if stands != (move["person_before_gid"], move["start_before"], move["due_before"]):
        return "it is not as it was when the scenario was worked out"
    if move["person_after_gid"] not in {None, move["person_before_gid"], *people}:
        return "who gets it is not in Asana yet"
    if _moves_in_time(move):
        if task["due_at"] is not None or task["start_at"] is not None:
            return "it is due at an hour, which a day would take away"
        if move["due_after"] is None:
            return "a start alone cannot be set; give it a due date"
        if move["due_after"] < today:
            return "its due date would lie in the past"
    return None


def _moves_in_time(move: Row) -> bool:
    return (move["start_before"], move["due_before"]) != (move["start_after"], move["due_after"])


def _rows(week: Week, name: str, move: Row, task: Row) -> Iterator[Row]:
    """Who does it, then when."""
    gid, after = move["task_gid"], None
    if move["person_after_gid"] != move["person_before_gid"]:
        old, new = (canonical(move[f"person_{when}_gid"], "enum") for when in ("before", "after"))
        to = "another person" if new else "nobody yet"
        row = _row(week, "set_assignee", gid, "assignee", new or "null", f"{_said(name)}: {to} does it.", old, None)
        after = row["row_key"]
        yield row
    if _moves_in_time(move):
        new = dates_value({"start_on": move["start_after"], "due_on": move["due_after"]})
        when = f"due {move['due_after'].day} {move['due_after']:%b %Y}"
        yield _row(week, "set_dates", gid, "dates", new or "null", f"{_said(name)}: {when}.", dates_value(task), after)


def _said(name: str) -> str:
    return f"Scenario “{published(name)}”"


def _row(week: Week, kind: str, gid: str, field: str, new: str, reason: str, old: str | None, after: str | None) -> Row:
    return week.row(
        kind, "capacity", ("task", gid), field, new, reason,
        old_value=old, evidence=[gid], made_by=MADE_BY, verbatim=True, after_key=after,
    )  # fmt: skip
